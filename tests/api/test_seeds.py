"""The same seed gives the same numbers, and the mode is never below what PyMC's optimiser reaches."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytensor
import pytest

import triptych
from triptych.engine.engine import Engine
from triptych.graph.from_scenario import build_model, model_settings, scenario_data
from triptych.problem.scenario import DEFAULT

FEW: dict[str, Any] = {"draws": 150, "tune": 200}
RNG = np.random.default_rng(8)
COUNTS = RNG.poisson(4.0, size=30)


def hierarchy() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 1, 1)
        tau = pm.InverseGamma("tau", 4, 2)
        rate = pm.Normal("rate", mu, tau, shape=5)
        pm.Poisson("y", pm.math.exp(rate[np.arange(30) % 5]), observed=COUNTS)
    return model


def numbers(comparison: Any) -> pd.DataFrame:
    return comparison.estimates[["method", "estimate", "std_error", "lower", "upper", "status", "reason"]]


def test_a_seed_gives_identical_estimates_and_draws_however_many_cores() -> None:
    one, two = (triptych.compare(hierarchy(), random_seed=3, cores=cores, **FEW) for cores in (1, 2))
    pd.testing.assert_frame_equal(numbers(one), numbers(two), check_exact=True)
    for name in ("mu", "tau", "rate"):
        assert np.array_equal(one["default"].draws(name), two["default"].draws(name))
    for group in ("posterior_predictive", "prior_predictive"):
        assert np.array_equal(one.to_datatree()[group]["y"], two.to_datatree()[group]["y"])


def test_another_seed_gives_other_draws_and_the_same_maximum() -> None:
    one, two = (triptych.compare(hierarchy(), random_seed=seed, profile=False, **FEW) for seed in (3, 4))
    assert not np.array_equal(one["default"].draws("mu"), two["default"].draws("mu"))
    ours = [c.estimates.query("method == 'map'")["estimate"].to_numpy() for c in (one, two)]
    assert ours[0] == pytest.approx(ours[1], rel=1e-7)


def test_a_refit_on_other_data_is_the_fresh_fit() -> None:
    def model(y: np.ndarray) -> pm.Model:
        with pm.Model() as built:
            mu = pm.Normal("mu", 0, 5)
            sigma = pm.InverseGamma("sigma", 3, 2)
            pm.Normal("y", mu, sigma, observed=pm.Data("seen", y))
        return built

    first, second = RNG.normal(size=12), RNG.normal(3, 2, size=40)
    engine = Engine.build(model(first)).with_data(seen=second)
    fresh = Engine.build(model(second))
    z = np.array([0.3, 0.1])
    assert np.array_equal(engine.observed["y"], second)
    for ours, theirs in zip(engine.derivatives(z), fresh.derivatives(z), strict=True):
        assert np.asarray(ours) == pytest.approx(np.asarray(theirs), rel=1e-12)


@pytest.mark.parametrize("name", sorted(triptych.scenarios()))
def test_the_mode_is_not_below_that_of_find_map(name: str) -> None:
    scenario = triptych.scenarios()[name]
    comparison = triptych.run(name, methods=("map",), profile=False)
    for variant, settings in scenario.variants.items():
        if str(scenario.expected(variant, "map", scenario.estimands[0])) != "ok":
            continue
        model = build_model(scenario, scenario_data(scenario, dict(settings)), model_settings(scenario, dict(settings)))
        # PyMC's default mode compiles for ten seconds what is evaluated a hundred times.
        with warnings.catch_warnings(), pytensor.config.change_flags(mode="FAST_COMPILE"):
            warnings.simplefilter("ignore")
            point = pm.find_MAP(model=model, progressbar=False, include_transformed=True)
        # find_MAP maximises the density without the Jacobian, as the panel does. Both points are judged by one
        # function, the engine's: PyMC's own rounds constants such as 0.15 to single precision.
        z = np.concatenate([np.ravel(point[v.name]) for v in model.value_vars])
        theirs = float(np.sum(Engine.build(model).value(z)))
        ours = comparison[variant].panels["map"].diagnostics["objective"]
        assert ours >= theirs - 1e-9 * abs(theirs), (variant, ours, theirs)
    assert DEFAULT in comparison.solutions
