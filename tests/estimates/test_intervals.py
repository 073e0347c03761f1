"""Every kind of interval against its closed form, at a level that no library has for its default."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import special, stats
from scipy.optimize import brentq

import triptych
from triptych.estimates.optimum import Optimum

Y = np.array([1.3, 2.1, 0.7, 1.9, 2.6])
N, MEAN, SD = Y.size, Y.mean(), Y.std()
LEVEL = 0.8
Q = stats.norm.ppf(0.9)
PRIOR_SD = 2.0


def described() -> pm.Model:
    """Normal data of unknown mean and spread, and functions of these with every kind of range."""
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, PRIOR_SD), pm.HalfFlat("sigma")
        pm.Deterministic("variance", sigma**2)
        pm.Deterministic("share", pm.math.sigmoid(mu))
        pm.Deterministic("correlation", pm.math.tanh(mu - 1))
        pm.Deterministic("twice", 2 * mu)
        pm.Normal("y", mu, sigma, observed=Y)
    return model


@pytest.fixture(scope="module")
def points() -> Any:
    return triptych.compare(described(), methods=("mle", "map"), ci_prob=LEVEL)["default"]


def ends(solution: Any, estimand: str, kind: str, method: str = "mle", label: str = "") -> np.ndarray:
    row = solution.interval(method, kind, estimand, label)
    assert row.ci_prob == LEVEL
    return np.array([row.lower, row.upper])


def test_wald_intervals_are_formed_where_a_quantity_has_no_bounds(points: Any) -> None:
    mu = MEAN + np.array([-1, 1]) * Q * SD / np.sqrt(N)
    log_sigma = np.log(SD) + np.array([-1, 1]) * Q / np.sqrt(2 * N)  # the information of log sigma is 2n
    exact = {
        "mu": mu,
        "sigma": np.exp(log_sigma),
        "variance": np.exp(2 * log_sigma),
        "share": special.expit(mu),
        "correlation": np.tanh(mu - 1),
        "twice": 2 * mu,
    }
    for name, expected in exact.items():
        assert ends(points, name, "wald") == pytest.approx(expected, rel=1e-7), name


def test_laplace_intervals_have_the_curvature_of_likelihood_and_prior(points: Any) -> None:
    mode, sigma = (points.row("map", name).estimate for name in ("mu", "sigma"))
    # Minus the second derivatives by mu and log sigma; the prior of sigma is flat.
    spread = np.sum((Y - mode) ** 2)
    cross = 2 * np.sum(Y - mode) / sigma**2
    information = [[N / sigma**2 + 1 / PRIOR_SD**2, cross], [cross, 2 * spread / sigma**2]]
    assert [np.sum(Y - mode) / sigma**2, spread / sigma**2] == pytest.approx([mode / PRIOR_SD**2, N], rel=1e-8)
    deviations = np.sqrt(np.diag(np.linalg.inv(information)))
    signs = np.array([-1, 1])
    assert ends(points, "mu", "laplace", "map") == pytest.approx(mode + signs * Q * deviations[0], rel=1e-7)
    assert ends(points, "sigma", "laplace", "map") == pytest.approx(sigma * np.exp(signs * Q * deviations[1]), rel=1e-7)


def test_profile_intervals_fall_by_half_a_chi_square_of_one_degree(points: Any) -> None:
    quantile = stats.chi2.ppf(LEVEL, 1)
    # With mu held the spread is SD^2 + (mu - MEAN)^2; with sigma held the mean stays.
    mu = MEAN + np.array([-1, 1]) * SD * np.sqrt(np.expm1(quantile / N))

    def fall(ratio: float) -> float:
        return float(N * (1 / ratio - 1 + np.log(ratio)) - quantile)

    variance = SD**2 * np.array([brentq(fall, 1e-3, 1), brentq(fall, 1, 1e3)])
    exact = {"mu": mu, "variance": variance, "sigma": np.sqrt(variance), "share": special.expit(mu), "twice": 2 * mu}
    for name, expected in exact.items():
        assert ends(points, name, "profile") == pytest.approx(expected, rel=1e-6), name


@pytest.mark.parametrize("method", ["mle", "map"])
def test_a_parameter_between_two_bounds_keeps_between_them(method: str) -> None:
    """Formed on log((mu - low) / (high - mu)) and mapped back; the prior is flat between the bounds."""
    low, high = 1.0, 2.0
    with pm.Model() as model:
        pm.Normal("y", pm.Uniform("mu", low, high), 2.0, observed=Y)
    solution = triptych.compare(model, methods=(method,), profile=False, ci_prob=LEVEL)["default"]
    share = (MEAN - low) / (high - low)
    width = Q * 2 / np.sqrt(N) / (high - low) / (share * (1 - share))
    expected = low + (high - low) * special.expit(special.logit(share) + np.array([-1, 1]) * width)
    kind = "wald" if method == "mle" else "laplace"
    assert ends(solution, "mu", kind, method) == pytest.approx(expected, rel=1e-7)


def test_the_interval_of_sigma_does_not_depend_on_what_it_is_written_on() -> None:
    run = triptych.run(
        "small_n_variance", variants=["default", "log_sigma"], methods=("mle",), profile=False, ci_prob=LEVEL
    )
    y = run["default"].data.hours
    exact = y.std() * np.exp(np.array([-1, 1]) * Q / np.sqrt(2 * y.size))
    for variant in ("default", "log_sigma"):
        assert ends(run[variant], "sigma", "wald") == pytest.approx(exact, rel=1e-7)
        assert ends(run[variant], "variance", "wald") == pytest.approx(exact**2, rel=1e-7)


def test_an_estimated_correlation_has_fishers_interval() -> None:
    data = np.random.default_rng(3).normal(size=(12, 2)) @ np.array([[1, 0.6], [0, 0.8]])
    with pm.Model() as model:
        chol, _, _ = pm.LKJCholeskyCov("chol", n=2, eta=1, sd_dist=pm.Exponential.dist(1.0))
        pm.MvNormal("y", pm.Normal("mu", 0, 10, shape=2), chol=chol, observed=data)
    solution = triptych.compare(model, methods=("mle",), profile=False, ci_prob=LEVEL)["default"]
    r = np.corrcoef(data.T)[0, 1]
    row = solution.row("mle", "chol_corr", "0, 1")
    assert row.estimate == pytest.approx(r, rel=1e-6)
    assert row.std_error == pytest.approx((1 - r**2) / np.sqrt(12), rel=1e-6)
    z = np.arctanh(r) + np.array([-1, 1]) * Q / np.sqrt(12)
    assert ends(solution, "chol_corr", "wald", label="0, 1") == pytest.approx(np.tanh(z), rel=1e-6)


@pytest.mark.parametrize("counts", [[5, 3, 2], [9, 1], [40, 1, 1]])
def test_shares_of_a_whole_have_the_width_of_their_logits_and_stay_below_one(counts: list[int]) -> None:
    with pm.Model() as model:
        pm.Multinomial("n", sum(counts), pm.Dirichlet("p", np.ones(len(counts))), observed=counts)
    solution = triptych.compare(model, methods=("mle",), profile=False, ci_prob=LEVEL)["default"]
    for k, count in enumerate(counts):
        p = count / sum(counts)
        logit = special.logit(p) + np.array([-1, 1]) * Q / np.sqrt(sum(counts) * p * (1 - p))
        assert ends(solution, "p", "wald", label=str(k)) == pytest.approx(special.expit(logit), rel=1e-6)


def test_a_shifted_scale_keeps_above_its_shift() -> None:
    """A function of one parameter has that parameter's interval; its own logarithm would not know of the bound."""
    with pm.Model() as model:
        excess = pm.Gamma("excess", 2, 1)
        pm.Deterministic("above_two", 2 + excess)
        pm.Poisson("y", excess, observed=[1, 0, 2])
    solution = triptych.compare(model, methods=("mle", "map"), profile=False, ci_prob=LEVEL)["default"]
    for method, kind in (("mle", "wald"), ("map", "laplace")):
        found, own = (solution.interval(method, kind, name) for name in ("above_two", "excess"))
        assert found.lower > 2
        assert (found.lower, found.upper) == pytest.approx((2 + own.lower, 2 + own.upper), rel=1e-12)


def test_a_function_that_turns_has_its_range_over_the_interval_of_its_parameter() -> None:
    """The ends of a square or a sine lie inside; one with a pole there has no range, and Wald's interval is plain."""
    with pm.Model() as model:
        mu = pm.Flat("mu")
        pm.Deterministic("square", mu**2)
        pm.Deterministic("size", abs(mu))
        pm.Deterministic("wave", pm.math.sin(5 * mu))
        pm.Deterministic("reciprocal", 1 / mu)
        pm.Deterministic("late", (mu - (MEAN - 1.6) - 0.995 * Q / np.sqrt(N)) ** 2)  # turns just before the upper end
        pm.Normal("y", mu, 1, observed=Y - 1.6)
    solution = triptych.compare(model, methods=("mle",), ci_prob=LEVEL)["default"]
    mean, width = MEAN - 1.6, Q / np.sqrt(N)
    low, high = mean - width, mean + width
    assert low < -np.pi / 10
    assert high > np.pi / 10
    expected = {
        "mu": (low, high),
        "square": (0, high**2),
        "size": (0, high),
        "wave": (-1, 1),
        "late": (0, (1.995 * width) ** 2),
    }
    for name, both in expected.items():
        for kind in ("wald", "profile"):
            assert ends(solution, name, kind) == pytest.approx(both, rel=1e-6, abs=1e-12), (name, kind)
    assert ends(solution, "reciprocal", "wald") == pytest.approx(
        [1 / mean - width / mean**2, 1 / mean + width / mean**2]
    )
    assert list(ends(solution, "reciprocal", "profile")) == [-np.inf, np.inf]


def test_a_coordinate_held_at_a_kink_has_no_deviation_of_its_own() -> None:
    # Rounding leaves 1e-18 of the variance with all else held.
    held, free, unknown, without_curvature = 0.04 * 1e-18, 0.09, np.nan, 1e-20
    optimum: Any = SimpleNamespace(
        covariance=np.diag([held, free, unknown, without_curvature]), conditional=np.array([0.04, 0.04, 1.0, 0.0])
    )
    found = vars(Optimum)["coordinate_deviation"].func(optimum)
    np.testing.assert_allclose(found, [0.0, 0.3, 0.0, 0.0])
