"""The scenarios that ship agree with the baselines that are kept of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from triptych.testing import Baseline
from triptych.testing.agree import BUDGET

FOLDER = Path(__file__).parents[1] / "baselines"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_agrees_with_its_baseline(name: str, solved: Callable[[str], Any]) -> None:
    found = Baseline.load(FOLDER / f"{name}.json").compare(solved(name), budget=BUDGET / len(NAMES))
    assert found.verdict == "agree", str(found)


def test_the_first_scenarios_have_a_baseline() -> None:
    assert {"lasso", "mixture", "small_n_variance", "weight_decay"} <= set(NAMES)
