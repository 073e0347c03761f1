"""Posteriors on scales that no sampler learns by itself, and draws that stand still."""

from __future__ import annotations

from typing import Any

import arviz as az
import numpy as np
import pymc as pm
import pytest
import statsmodels.api as sm

import triptych
from triptych.engine.engine import Engine
from triptych.sampling.gate import diagnose
from triptych.sampling.whitening import whitening

Y = np.array([1.3, 2.1, 0.7, 1.9, 2.6, 1.1, 1.6, 2.2, 1.0, 1.8, 2.4, 1.5])
SAMPLED: dict[str, Any] = {"methods": ("map", "mcmc"), "random_seed": 3}


def located(y: np.ndarray) -> pm.Model:
    with pm.Model() as model:
        mu = pm.Flat("mu")
        sigma = pm.HalfFlat("sigma")
        pm.Potential("scale_free", -pm.math.log(sigma))
        pm.Normal("y", mu, sigma, observed=y)
    return model


def error_of(solution: Any, estimand: str, label: str = "") -> float:
    summary = solution.panels["mcmc"].diagnostics["summary"]
    return next(float(r["mcse_mean"]) for r in summary if (r["estimand"], r["label"]) == (estimand, label))


@pytest.mark.parametrize(("unit", "offset"), [(1e-12, 0.0), (1e12, 0.0), (1.0, 1e6)])
def test_units_and_offsets_only_change_the_numbers(unit: float, offset: float) -> None:
    solution = triptych.compare(located(offset + unit * Y), **SAMPLED)["default"]
    row = solution.row("mcmc", "mu")
    assert row.status == "ok"
    # Under p(mu, sigma) ~ 1/sigma the posterior of mu is Student's t around the mean.
    assert abs(row.estimate - (offset + unit * Y.mean())) < 4 * error_of(solution, "mu")
    n = Y.size
    sd = unit * Y.std(ddof=1) / np.sqrt(n) * np.sqrt((n - 1) / (n - 3))
    draws = solution.panels["mcmc"].native["posterior"]["mu"]
    assert abs(row.std_error - sd) < 4 * float(az.mcse(draws, method="sd"))


def test_raw_longley_is_sampled() -> None:
    data = sm.datasets.longley.load_pandas()
    X = sm.add_constant(data.exog).to_numpy()
    with pm.Model(coords={"term": ["const", *data.exog.columns]}) as model:
        beta = pm.Flat("beta", dims="term")
        sigma = pm.HalfFlat("sigma")
        pm.Normal("y", pm.math.dot(X, beta), sigma, observed=data.endog.to_numpy())
    solution = triptych.compare(model, **SAMPLED)["default"]
    expected = sm.OLS(data.endog.to_numpy(), X).fit().params
    for row, value in zip(solution.rows("mcmc", "beta"), expected, strict=True):
        assert row.status == "ok"
        assert abs(row.estimate - value) < 4 * error_of(solution, "beta", row.label)


def test_well_scaled_posteriors_keep_their_coordinates() -> None:
    assert whitening(Engine.build(located(Y)), None) is None
    found = whitening(Engine.build(located(1e-9 * Y)), None)
    assert found is not None
    # The curvature at the mode under 1/sigma: mu has the deviation sigma / sqrt(n).
    sigma = 1e-9 * np.sqrt(np.sum((Y - Y.mean()) ** 2) / (Y.size + 1))
    assert found.mode[0] == pytest.approx(1e-9 * Y.mean(), rel=1e-6)
    assert np.linalg.norm(found.root, axis=1)[0] == pytest.approx(sigma / np.sqrt(Y.size), rel=1e-4)


def vague(size: int = 1) -> Engine:
    """Return an engine whose posterior is its prior, of a given deviation about zero."""
    with pm.Model() as model:
        x = pm.Normal("x", 0, pm.Data("deviation", 1.0), shape=size)
        pm.Normal("y", x.sum(), 1e12, observed=0.0)
    return Engine.build(model)


def test_deviations_from_a_thousandth_to_a_thousand_need_no_other_coordinates() -> None:
    engine = vague()
    for deviation, other in ((0.9e-3, True), (1.1e-3, False), (0.9e3, False), (1.1e3, True)):
        assert (whitening(engine.with_data(deviation=deviation), np.zeros(1)) is not None) == other


def test_a_start_a_thousand_deviations_from_the_mode_needs_other_coordinates() -> None:
    engine = vague()
    assert [whitening(engine, np.array([away])) is not None for away in (900.0, 1100.0)] == [False, True]


def test_a_mode_that_is_not_known_is_looked_for_in_up_to_thirty_dimensions() -> None:
    found = [whitening(vague(size).with_data(deviation=1e-6), None) for size in (30, 31)]
    assert [one is not None for one in found] == [True, False]


def test_chains_that_stand_still_do_not_pass() -> None:
    rng = np.random.default_rng(1)
    moving = rng.normal(size=(4, 300, 2))
    stuck = moving.copy()
    stuck[2, :, 1] = 0.3
    for z, said in ((moving, []), (stuck, ["1 of 4 chains did not move"])):
        groups = {
            "posterior": {"x": z[..., 0]},
            "sample_stats": {"diverging": np.zeros((4, 300), bool), "energy": rng.normal(size=(4, 300))},
        }
        assert diagnose(az.from_dict(groups), z).gate == said


def test_a_deterministic_of_few_values_has_no_tail() -> None:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        pm.Deterministic("positive", pm.math.switch(mu > 0, 1.0, 0.0))
        pm.Deterministic("two", mu * 0.0 + 2.0)
        pm.Normal("y", mu, 1, observed=Y)
    comparison = triptych.compare(model, draws=500, tune=300, random_seed=1, methods=("mcmc",))
    assert comparison["default"].row("mcmc", "two").estimate == 2.0
    assert comparison["default"].row("mcmc", "positive").estimate > 0.9


def test_a_small_probability_has_a_mean_however_long_its_tail_looks() -> None:
    with pm.Model() as model:
        eta = pm.StudentT("eta", nu=1, mu=-20, sigma=1)
        pm.Deterministic("chance", pm.math.sigmoid(eta))
        pm.Deterministic("odds", pm.math.exp(eta))
        pm.Normal("y", eta, 1000.0, observed=Y)
    estimates = triptych.compare(model, random_seed=1, methods=("mcmc",)).estimates.set_index("estimand")
    assert estimates.loc["odds", "status"] == "no_moment"
    assert estimates.loc["chance", "status"] != "no_moment"


def test_a_spike_or_a_plateau_is_found_out_cheaply() -> None:
    x = np.arange(6.0)
    with pm.Model() as spike:
        line = pm.Flat("intercept") + pm.Flat("slope") * x
        pm.Normal("y", line, pm.HalfNormal("sigma", 1), observed=1 + 2 * x)
    with pm.Model() as plateau:
        pm.Normal("y", pm.Flat("a") + pm.Flat("b"), 1, observed=Y)
    for model, advice in ((spike, "spike"), (plateau, "proper priors")):
        posterior = triptych.compare(model, draws=200, tune=200, random_seed=1)["default"].panels["mcmc"]
        assert {str(row.status) for row in posterior.estimates} == {"unreliable"}
        assert all(advice in row.reason for row in posterior.estimates)
        assert len(posterior.diagnostics["attempts"]) < 3
