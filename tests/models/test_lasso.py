"""The lasso: published figures, the paper's own sampler, extremes of lambda, what the claims would notice."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import arviz as az
import numpy as np
import pytest

from triptych.models import lasso
from triptych.models.lasso import RATE, scenario
from triptych.panels.settings import Settings
from triptych.panels.solve import solve


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    return solved(scenario.name)


def _at(rate: float) -> Any:
    """Solve for the MAP at another lambda."""
    other = replace(scenario, variants={"other": {"rate": rate}}, claims=())
    return solve(other, "other", settings=Settings(methods=("map",), profile=False))


def _log_density(data: Any, intercept: Any, beta: Any, sigma: Any, rate: float = RATE) -> Any:
    """Log of likelihood times prior, but for constants, for rows of parameters."""
    squares = np.sum((data.progression - np.reshape(intercept, (-1, 1)) - np.atleast_2d(beta) @ data.X.T) ** 2, axis=1)
    n, p = data.X.shape
    prior = rate * np.sqrt(n) * np.abs(np.atleast_2d(beta)).sum(1) / sigma
    return -(n + p + 1) * np.log(sigma) - squares / (2 * sigma**2) - prior


def test_it_is_clean(run: Any) -> None:
    assert run.problems == []
    assert len(run.claims) == len(scenario.claims)
    assert run["default"].panels["mcmc"].diagnostics["gate"] == []


def test_the_mle_is_what_r_prints(run: Any) -> None:
    # R, lm(y ~ x) on the diabetes data of the package lars; its x has unit length and is rounded.
    published = [-10.012, -239.819, 519.840, 324.390, -792.184, 476.746, 101.045, 177.064, 751.279, 67.625]
    assert run["default"].values("mle", "beta") * np.sqrt(442) == pytest.approx(published, abs=0.02)


def test_predictors_enter_in_the_published_order() -> None:
    # Efron et al. (2004), section 2: the lasso on these data takes up 3, 9, 4, 7, 2, 10, 5, 8, 6, 1.
    from sklearn.linear_model import lars_path

    data = scenario.data()
    y = data.progression - data.progression.mean()
    _, order, _ = lars_path(data.X, y, method="lar")
    assert [int(j) + 1 for j in order] == [3, 9, 4, 7, 2, 10, 5, 8, 6, 1]
    # Between two of its knots the MAP has taken up exactly those that come before.
    assert set(np.flatnonzero(_at(4.0).values("map", "beta")) + 1) == {3, 9, 4, 7}


def test_the_posterior_is_that_of_the_papers_own_sampler(run: Any) -> None:
    """Park and Casella's Gibbs sampler: normal scale mixtures, inverse Gaussian scales."""
    data, rng = run["default"].data, np.random.default_rng(7)
    x, y = data.X, data.progression - data.progression.mean()
    (n, p), beta, variance, rate = x.shape, np.full(x.shape[1], 5.0), 3000.0, RATE * np.sqrt(len(x))
    kept = np.empty((12_000, p + 1))
    for i in range(-500, len(kept)):
        inverse_tau = rng.wald(np.sqrt(rate**2 * variance / beta**2), rate**2)
        root = np.linalg.cholesky(x.T @ x + np.diag(inverse_tau))
        mean = np.linalg.solve(root @ root.T, x.T @ y)
        beta = mean + np.sqrt(variance) * np.linalg.solve(root.T, rng.standard_normal(p))
        rest = np.sum((y - x @ beta) ** 2) + np.sum(beta**2 * inverse_tau)
        variance = rest / 2 / rng.gamma((n - 1 + p) / 2)
        if i >= 0:
            kept[i] = [*beta, np.sqrt(variance)]
    posterior = run["default"].panels["mcmc"].native["posterior"]
    ours = np.concatenate([posterior["beta"].values, posterior["sigma"].values[..., None]], axis=2)
    for j in range(p + 1):
        a, b = ours[..., j], kept[None, :, j]
        for method, statistic in (("mean", np.mean), ("sd", np.std), ("median", np.median)):
            error = np.hypot(float(az.mcse(a, method=method)), float(az.mcse(b, method=method)))
            assert abs(statistic(a) - statistic(b)) <= 5 * error, (j, method)


def test_no_point_nearby_is_higher(run: Any) -> None:
    data, mode = run["default"].data, run["default"].panels["map"].native.params
    rng = np.random.default_rng(3)
    centre = np.concatenate([[mode["intercept"]], mode["beta"], [mode["sigma"]]])
    at = _log_density(data, centre[0], centre[1:-1], centre[-1])
    for size in (1e-4, 1e-2, 1e-1):
        moved = centre + size * np.abs(centre).max() * rng.standard_normal((500, centre.size))
        moved = moved[moved[:, -1] > 0]
        # One coordinate at a time too: a zero is left by one coefficient alone.
        single = centre + np.vstack([np.eye(centre.size), -np.eye(centre.size)]) * size * 10
        for points in (moved, single):
            assert np.all(_log_density(data, points[:, 0], points[:, 1:-1], points[:, -1]) < at)


def test_beyond_the_largest_correlation_everything_is_zero() -> None:
    data = scenario.data()
    y = data.progression - data.progression.mean()
    sigma = np.sqrt(np.sum(y**2) / (y.size + 10 + 1))
    limit = np.max(np.abs(data.X.T @ y)) / sigma / np.sqrt(y.size)
    above, below = _at(1.001 * limit), _at(0.999 * limit)
    assert np.all(above.values("map", "beta") == 0)
    assert above.values("map", "sigma")[0] == pytest.approx(sigma, rel=1e-9)
    assert list(np.flatnonzero(below.values("map", "beta"))) == [2]


def test_a_vanishing_penalty_leaves_least_squares(run: Any) -> None:
    # The shift is (X'X)^-1 lambda sigma sqrt(n) sign(b): at most this, and proportional to lambda.
    data = scenario.data()
    solved = _at(1e-6)
    scale = np.sqrt(len(data.X)) * solved.values("map", "sigma")[0]
    bound = 1e-6 * scale * np.abs(np.linalg.inv(data.X.T @ data.X)).sum(1)
    gap = np.abs(solved.values("map", "beta") - run["default"].values("mle", "beta"))
    assert np.all(gap <= 1.001 * bound)
    assert np.all(solved.values("map", "beta") != 0)


def test_claims_notice_a_scale_that_is_wrong() -> None:
    def doubled(data: Any) -> None:
        scenario.model(data, rate=RATE / 2)

    c = {"default": solve(replace(scenario, model=doubled), settings=Settings(methods=("map",)))}
    assert lasso.kkt_residual_is_reported(c).holds
    for claim in (lasso.map_is_the_lasso, lasso.kkt_holds, lasso.sigma_is_stationary, lasso.other_libraries_agree):
        assert not claim(c).holds


def test_claims_notice_a_prior_of_sigma_that_is_missing() -> None:
    def flat(data: Any) -> None:
        import pymc as pm

        intercept, sigma = pm.Flat("intercept"), pm.HalfFlat("sigma")
        beta = pm.Laplace("beta", 0, sigma / (RATE * data.root_n), dims="predictor")
        pm.Normal("y", intercept + data.X @ beta, sigma, observed=data.progression, dims="patient")

    c = {"default": solve(replace(scenario, model=flat), settings=Settings(methods=("map",)))}
    assert lasso.map_is_the_lasso(c).holds
    assert not lasso.sigma_is_stationary(c).holds


def test_claims_notice_another_lambda(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lasso.lambda_is_the_published_one(run).holds
    monkeypatch.setattr(lasso, "RATE", 0.25)
    assert not lasso.lambda_is_the_published_one(run).holds
    assert not lasso.kkt_holds(run).holds


def test_its_figure_shows_the_zeros_and_the_three_answers(run: Any) -> None:
    (figure,) = (f(run) for f in scenario.figures)
    by_name = {s.label: s for s in figure.series}
    assert [name for name, series in by_name.items() if series.accent] == ["age", "s2"]
    assert [by_name["MAP"].y[k] for k in (0, 5)] == [0.0, 0.0]
    assert "age and s2" in figure.caption
    # The lines go through the MAP, and begin where the MLE is but for the smallest lambda.
    for k, name in enumerate(run["default"].data.coords["predictor"]):
        line = by_name[name]
        assert np.interp(RATE, line.x, line.y) == pytest.approx(by_name["MAP"].y[k], abs=0.15)
        assert abs(line.y[0] - by_name["MLE, without a prior"].y[k]) < 1.5
    assert all(by_name[name].y[-1] == 0 for name in run["default"].data.coords["predictor"])


def test_what_the_page_says_of_the_priors_scale_is_that_of_the_model(run: Any) -> None:
    assert run["default"].data.X.shape[0] == lasso.PATIENTS
    (prior,) = [one for one in run.explanations["default"].consequences if one.rule == "which_number"]
    (scale,) = re.findall(r"beta ~ Laplace\(0, sigma / ([\d.]+)\)", prior.text)
    assert float(scale) == pytest.approx(RATE * np.sqrt(lasso.PATIENTS), abs=5e-4)
    assert f"its scale is sigma / (lambda sqrt({lasso.PATIENTS})) = sigma / {scale}." in scenario.about
