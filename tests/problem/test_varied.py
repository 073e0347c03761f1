"""Ranges and questions say what they cannot be, and a simulator's own truth stands where none is given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import triptych
from triptych.problem.varied import overridden


@pytest.mark.parametrize(
    ("ends", "message"),
    [((1.0, 1.0), "to another"), ((float("inf"), 1.0), "finite"), ((0.0, 1.0), "positive ends")],
)
def test_a_range_without_two_usable_ends_is_refused(ends: tuple[float, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        triptych.Range(*ends, "a prior scale")


def test_a_range_from_diffuse_to_tight_has_what_lies_between() -> None:
    span = triptych.Range(10.0, 0.1, "a prior scale")
    assert [span.has(value) for value in (0.05, 0.1, 3.0, 10.0, 11.0)] == [False, True, True, True, False]
    assert triptych.Range(-1.0, 1.0, "a shift", log=False).has(0.0)


def test_a_question_ends_with_a_question_mark() -> None:
    with pytest.raises(ValueError, match="question mark"):
        triptych.Question("Which panel is widest.", str)


def test_a_given_truth_replaces_what_the_simulator_knows_and_nothing_else() -> None:
    assert overridden({"mu": 1.0, "sigma": 2.0}, {"sigma": 3.0, "tau": 9.0}) == {"mu": 1.0, "sigma": 3.0}
    assert overridden({"mu": 1.0}, None) == {"mu": 1.0}


@pytest.mark.parametrize("said", ["null", "units"])
def test_nulls_and_units_of_what_is_no_estimand_are_refused(said: str) -> None:
    scenario = triptych.scenarios()["lasso"]
    wrong: dict[str, Any] = {said: {"gamma": 0.0}}
    with pytest.raises(ValueError, match=f"{said} names \\['gamma'\\]"):
        replace(scenario, **wrong)
