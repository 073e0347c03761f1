"""Twenty seeds of every scenario that ships, none of which alarms against its baseline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import triptych
from triptych.testing import Baseline
from triptych.testing.of_comparison import of_comparison

FOLDER = Path(__file__).parents[1] / "baselines"
SEEDS = 20


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_no_seed_alarms(name: str, solved: Callable[[str], Any]) -> None:
    """Maxima are searched from other starts, and posteriors drawn anew, as with another ``random_seed``."""
    baseline = Baseline.load(FOLDER / f"{name}.json")
    given = of_comparison(solved(name))
    wrong = []
    for seed in range(101, 101 + SEEDS):
        maxima = of_comparison(triptych.run(name, methods=("mle", "map"), random_seed=seed, progressbar=False))
        variants = {
            variant: replace(
                one,
                points=maxima.variants[variant].points,
                sampled=one.sampled if one.redraw is None else one.redraw(1, seed),
            )
            for variant, one in given.variants.items()
        }
        found = baseline.compare(replace(given, variants=variants))
        if found.verdict != "agree":
            wrong.append(f"seed {seed}: {found}")
    assert not wrong, "\n".join(wrong)
