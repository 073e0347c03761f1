"""Weight decay: answers by quadrature and other units, where AdamW rests, what the claims would notice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import arviz as az
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq, lsq_linear

from triptych.models import weight_decay as decay
from triptych.models.weight_decay import scenario
from triptych.panels.settings import Settings
from triptych.panels.solve import solve


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    return solved(scenario.name)


def test_it_is_clean(run: Any) -> None:
    assert run.problems == []
    assert len(run.claims) == len(scenario.claims)
    assert all(s.panels["mcmc"].diagnostics["gate"] == [] for s in run.solutions.values())


def test_the_residual_sd_is_nists(run: Any) -> None:
    # Certified 304.854073561965 divides by 16 - 7; the MLE divides by 16.
    fitted = run.results["mle"]
    sigma = dict(zip(fitted.model.exog_names, fitted.params, strict=True))["sigma"]
    assert sigma * run["default"].data.y_sd == pytest.approx(304.854073561965 * np.sqrt(9 / 16), rel=1e-9)


def test_sigma_and_the_spread_of_the_weights_are_the_integrals(run: Any) -> None:
    d, posterior = run["default"].data, run["default"].panels["mcmc"].native["posterior"]
    gram = d.X.T @ d.X + decay.PENALTY * np.eye(6)
    rest = d.employed @ d.employed - d.employed @ d.X @ np.linalg.solve(gram, d.X.T @ d.employed)

    def log_density(s: float) -> float:
        # Level and weights integrated out: sigma^-(n-1) exp(-rest/2 sigma^2) times the half-normal prior.
        return float(-(d.employed.size - 1) * np.log(s) - rest / (2 * s**2) - s**2 / 2)

    def moment(power: int) -> float:
        top = log_density(0.13)
        return float(quad(lambda s: s**power * np.exp(log_density(s) - top), 0.01, 3, points=(0.1, 0.2, 0.5))[0])

    variance = moment(2) / moment(0)
    squares = posterior["sigma"].values ** 2
    assert abs(squares.mean() - variance) <= 5 * float(az.mcse(squares))
    exact = np.sqrt(variance * np.diag(np.linalg.inv(gram)))
    errors = az.mcse(posterior["weight"], method="sd").values
    assert np.all(np.abs(run["default"].std_errors("mcmc", "weight") - exact) <= 5 * errors)


def test_sigma_at_the_mode_solves_its_equation(run: Any) -> None:
    d, mode = run["default"].data, run["default"].panels["map"].native.params
    weight = decay._ridge(d)
    total = np.sum((d.employed - d.X @ weight) ** 2) + decay.PENALTY * weight @ weight
    root = brentq(lambda s: -(16 + 6) / s + total / s**3 - s, 0.01, 2, xtol=1e-14)
    assert float(mode["sigma"]) == pytest.approx(root, rel=1e-9)
    assert float(mode["level"]) == pytest.approx(0, abs=1e-12)


def test_another_prior_moves_the_mode_and_nothing_else(run: Any) -> None:
    tight = replace(scenario, variants={"tight": {"decay_sd": 0.1}}, expect={}, claims=())
    solved = solve(tight, "tight", settings=Settings(methods=("mle", "map"), profile=False))
    assert solved.values("mle", "weight") == pytest.approx(run["default"].values("mle", "weight"), rel=1e-9)
    assert solved.values("map", "weight") == pytest.approx(decay._ridge(solved.data, 100.0), rel=1e-9)
    assert np.max(np.abs(solved.values("map", "weight") - run["default"].values("map", "weight"))) > 0.05


def test_units_change_the_coefficients_and_not_the_weights(run: Any) -> None:
    from statsmodels.datasets import longley

    table = longley.load_pandas()
    factors = np.array([1e3, 1e-6, 1.0, 7.0, 1e6, 1.0])
    data = decay._data(table.exog.to_numpy() * factors, table.endog.to_numpy() * 10, list(table.exog.columns))
    solved = solve(scenario, settings=Settings(methods=("mle", "map"), profile=False), data=data)
    for method in ("mle", "map"):
        assert solved.values(method, "weight") == pytest.approx(run["default"].values(method, "weight"), rel=1e-8)
        slopes = run["default"].values(method, "coef")[1:] * 10 / factors
        assert solved.values(method, "coef")[1:] == pytest.approx(slopes, rel=1e-8)


def test_the_mode_nears_the_mle_as_data_grow() -> None:
    gaps = []
    for n in (200, 20_000):
        data, _ = scenario.simulate(np.random.default_rng(5), n=n)
        solved = solve(scenario, settings=Settings(methods=("mle", "map"), profile=False), data=data)
        gaps.append(np.max(np.abs(solved.values("map", "weight") - solved.values("mle", "weight"))))
    # The shift is of order penalty/n; a hundred times the data leave between 1/50 and 1/200 of it.
    assert 50 < gaps[0] / gaps[1] < 200


def test_adamw_heads_for_a_box_and_away_from_every_ridge_estimate() -> None:
    """AdamW's steps have unit size, so decay can only hold weights within 1/penalty: least squares in that box."""
    d = scenario.data()
    box = lsq_linear(d.X, d.employed, bounds=(-1 / decay.PENALTY, 1 / decay.PENALTY), tol=1e-14).x
    ridges = np.array([decay._ridge(d, penalty) for penalty in np.logspace(-8, 6, 1000)])
    ends = [decay._last(decay._adam(d, decoupled=True, steps=steps)) for steps in (3000, 10_000, 40_000)]
    to_box = [np.max(np.abs(end - box)) for end in ends]
    to_ridge = [np.min(np.max(np.abs(end - ridges), axis=1)) for end in ends]
    assert to_box[0] > to_box[1] > to_box[2]
    assert to_ridge[0] < to_ridge[1] < to_ridge[2]
    assert to_ridge[2] > to_box[2]


def test_claims_notice_a_prior_on_the_wrong_scale(run: Any) -> None:
    def squared(data: Any, decay_sd: float = 1.0, sigma_known: bool = False) -> None:
        import pymc as pm

        sigma = decay.KNOWN_SIGMA if sigma_known else pm.HalfNormal("sigma", 1)
        level = pm.Flat("level")
        weight = pm.Normal("weight", 0, decay_sd * sigma**2, dims="predictor")
        pm.Normal("y", level + data.X @ weight, sigma, observed=data.employed, dims="year")

    wrong = replace(scenario, model=squared, estimands=("weight",), null={}, units={})
    solved = solve(wrong, settings=Settings(methods=("map",)))
    c = {"default": solved, "sigma_known": run["sigma_known"]}
    for claim in (
        decay.map_is_ridge,
        decay.map_is_sklearn,
        decay.map_is_statsmodels,
        decay.map_ignores_sigma,
        decay.descent_ends_at_map,
        decay.coupled_adam_ends_at_map,
    ):
        assert not claim(c).holds


def test_claims_notice_another_posterior(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert decay.posterior_covariance_is_closed_form(run).holds
    monkeypatch.setattr(decay, "KNOWN_SIGMA", 0.11)
    assert not decay.posterior_covariance_is_closed_form(run).holds
    ridge = decay._ridge
    monkeypatch.setattr(decay, "_ridge", lambda d: ridge(d, 1.5))
    assert not decay.posterior_mean_is_closed_form(run).holds
    assert not decay.posterior_mean_is_the_mode(run).holds


def test_claims_notice_the_other_divisor(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decay, "CERTIFIED", decay.CERTIFIED * np.sqrt([1.0, 16 / 9]))
    assert decay.mle_has_certified_digits(run).holds
    assert not decay.mle_errors_have_certified_digits(run).holds


def test_its_figures_show_the_panels(run: Any) -> None:
    path, descents = (figure(run) for figure in scenario.figures)
    by_name = {s.label: s for s in path.series}
    assert by_name["YEAR"].y[0] == pytest.approx(run["default"].values("mle", "weight")[5], rel=1e-2)
    assert by_name["MAP"].y == pytest.approx(run["default"].values("map", "weight"))
    ends = [s.y[-1] for s in descents.series]
    assert ends[0] < 1e-9
    assert ends[2] > 0.1
