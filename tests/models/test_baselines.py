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


def test_every_scenario_that_ships_has_a_baseline() -> None:
    shipped = {p.stem for p in (Path(__file__).parents[2] / "models").glob("[!_]*.py")}
    lacking = sorted(shipped - set(NAMES))
    assert not lacking, f"triptych baseline update {' '.join(lacking)} --baseline tests/baselines"
