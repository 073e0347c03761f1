"""The contract suite for scenarios accepts those that ship and names what is wrong with a broken one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import triptych
from triptych.base.errors import InputError
from triptych.problem.scenario import Data, Scenario
from triptych.testing import check_scenario


def data() -> Data:
    return Data({"heads": np.array([1, 0, 1, 1, 0, 1, 0, 1, 1, 1])})


def model(data: Data) -> None:
    import pymc as pm

    pm.Bernoulli("y", pm.Beta("p", 1, 1), observed=data.heads)


def simulate(rng: np.random.Generator, n: int = 10, **_: Any) -> tuple[Data, dict[str, float]]:
    return Data({"heads": rng.integers(0, 2, n)}), {"p": 0.5}


@triptych.claim("the mode is the share of heads")
def mode_is_the_share(c: Any) -> Any:
    return triptych.at_most(abs(c["default"].row("map", "p").estimate - 0.7), 1e-8)


COIN = Scenario(
    name="coin",
    question="Is the coin fair?",
    source="ten throws",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("p",),
    claims=(mode_is_the_share,),
)


@triptych.claim("the coin is fair")
def is_fair(c: Any) -> Any:
    return triptych.at_most(abs(c["default"].row("mle", "p").estimate - 0.5), 0.1)


def test_a_scenario_that_keeps_the_contract_is_returned_solved() -> None:
    comparison = check_scenario(COIN, draws=500, tune=500)
    assert comparison is not None
    assert comparison.ok


def test_a_claim_that_does_not_hold_is_named() -> None:
    with pytest.raises(AssertionError, match="claim is_fair does not hold"):
        check_scenario(replace(COIN, claims=(is_fair,), variants={}), draws=500, tune=500)


@pytest.mark.parametrize("name", sorted(triptych.scenarios()))
def test_what_ships_is_defined_as_the_contract_says(name: str) -> None:
    check_scenario(name, solve=False)


def careless(rng: np.random.Generator, **_: Any) -> Any:
    return Data({"heads": np.random.default_rng().normal(size=5)}), {"q": 0.5}


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"question": "A coin."}, "does not end in a question mark"),
        ({"source": " "}, "names no source"),
        ({"claims": ()}, "has no claims"),
        ({"claims": (is_fair, is_fair)}, "two of its claims have the name is_fair"),
        ({"estimands": ("p", "q")}, "the model has no q; it has p"),
        ({"model": lambda data: 1 / 0}, "its data or its model fail: ZeroDivisionError"),
        ({"simulate": None}, "has no simulator"),
        ({"simulate": careless}, "tells no truth of p"),
        ({"simulate": careless}, "other data for the same seed"),
        ({"holdout": lambda data: [1, 2]}, "its hold-out is no boolean mask"),
    ],
)
def test_a_breach_is_named(broken: dict[str, Any], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_scenario(replace(COIN, variants={}, **broken), solve=False)


def test_what_is_no_scenario_is_refused() -> None:
    with pytest.raises(InputError, match="no scenario 'none'"):
        check_scenario("none")
    with pytest.raises(InputError, match="takes the name of a scenario"):
        check_scenario(3)  # type: ignore[arg-type]
