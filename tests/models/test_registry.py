"""The registry finds the scenarios, and each can build its data and simulate."""

from __future__ import annotations

import numpy as np
import pytest

import triptych

NAMES = {"lasso", "mixture", "small_n_variance", "weight_decay"}


def test_all_scenarios_are_found() -> None:
    assert set(triptych.scenarios()) >= NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_simulates_what_its_model_reads(name: str) -> None:
    scenario = triptych.scenarios()[name]
    data, truth = scenario.simulate(np.random.default_rng(1))
    assert set(data.arrays) == set(scenario.data().arrays)
    assert set(truth) <= set(scenario.estimands)


def test_an_unknown_scenario_is_named() -> None:
    with pytest.raises(triptych.InputError, match="no scenario 'lassso'"):
        triptych.run("lassso")


@pytest.mark.parametrize("name", ["lasso", "weight_decay"])
def test_the_simulator_is_recovered(name: str) -> None:
    scenario = triptych.scenarios()[name]
    from triptych.solve import solve

    data, truth = scenario.simulate(np.random.default_rng(3), n=20_000)
    solved = solve(scenario, methods=("mle",), profile=False, data=data)
    for estimand, value in truth.items():
        gap = np.abs(solved.values("mle", estimand) - np.ravel(value))
        assert np.all(gap <= 5 * solved.std_errors("mle", estimand))
