"""Posteriors of the textbooks, by quadrature here and as printed there."""

from __future__ import annotations

from typing import Any

import arviz as az
import numpy as np
import pymc as pm
import pytest
from scipy import special, stats
from scipy.optimize import brentq

from tests.references.solving import all_ok, compared, fitted, norris, rows

ERRORS = 4  # Monte Carlo standard errors; among the 30 figures below one in five hundred runs would exceed it


def draws(comparison: Any, name: str, index: int | None = None) -> np.ndarray:
    values = comparison["default"].panels["mcmc"].native["posterior"][name].values
    return np.ascontiguousarray(values if index is None else values[..., index])


def mean_is(sample: np.ndarray, expected: Any) -> None:
    assert abs(sample.mean() - expected) < ERRORS * float(az.mcse(sample, method="mean"))


def quantile_is(sample: np.ndarray, probability: float, expected: Any) -> None:
    error = float(az.mcse(sample, method="quantile", prob=probability))
    assert abs(np.quantile(sample, probability) - expected) < ERRORS * error


def weights(log_density: np.ndarray) -> np.ndarray:
    density = np.exp(log_density - log_density.max())
    return np.asarray(density / density.sum())


def test_bioassay() -> None:
    # Racine et al. (1986); Gelman et al., Bayesian Data Analysis, 3rd ed., section 3.7: flat prior.
    dose, deaths = np.array([-0.86, -0.30, -0.05, 0.73]), np.array([0, 1, 3, 5])
    solved = fitted({"dose": dose, "deaths": deaths, "n": 5}, "deaths / n ~ dose", "binomial", methods=("mle", "mcmc"))
    mle = rows(solved)
    np.testing.assert_allclose(mle["estimate"], [0.8, 7.7], atol=0.051)
    np.testing.assert_allclose(mle["std_error"], [1.0, 4.9], atol=0.051)
    a, b = np.meshgrid(np.linspace(-8, 16, 801), np.linspace(-15, 100, 1151), indexing="ij")
    eta = a[..., None] + b[..., None] * dose
    density = weights(np.sum(deaths * eta - 5 * np.logaddexp(0, eta), axis=-1))
    assert all_ok(rows(solved, method="mcmc"))
    mean_is(draws(solved, "coef", 0), float((density * a).sum()))
    mean_is(draws(solved, "coef", 1), float((density * b).sum()))
    assert (draws(solved, "coef", 1) > 0).mean() > 0.999


def test_speed_of_light() -> None:
    # Newcomb's 66 measurements (Stigler 1977); BDA3, section 3.2: mean 26.2, 95 % interval [23.6, 28.8].
    y = [
        28,
        26,
        33,
        24,
        34,
        -44,
        27,
        16,
        40,
        -2,
        29,
        22,
        24,
        21,
        25,
        30,
        23,
        29,
        31,
        19,
        24,
        20,
        36,
        32,
        36,
        28,
        25,
        21,
    ]
    y += [28, 29, 37, 25, 28, 26, 30, 32, 36, 26, 30, 22, 36, 23, 27, 27, 28, 27, 31, 27, 26, 33, 26, 32, 32, 24, 39]
    y += [28, 24, 25, 32, 25, 29, 27, 28, 29, 16, 23]
    solved = fitted({"y": y}, "y ~ 1", methods=("mle", "mcmc"))
    posterior = rows(solved, method="mcmc")
    assert all_ok(posterior)
    mu, sigma = draws(solved, "coef", 0), draws(solved, "sigma")
    mean, variance, n = np.mean(y), np.var(y, ddof=1), len(y)
    assert n == 66
    exact = stats.t(n - 1, mean, np.sqrt(variance / n))
    np.testing.assert_allclose(exact.interval(0.95), [23.6, 28.8], atol=0.06)
    mean_is(mu, mean)
    for probability in (0.025, 0.975):
        quantile_is(mu, probability, exact.ppf(probability))
        chi2 = stats.chi2.isf(probability, n - 1)
        quantile_is(sigma, probability, np.sqrt((n - 1) * variance / chi2))


def line_under_the_default_prior(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Grid of sigma with its posterior weight, and mean and deviation of the slope given it.

    Flat intercept, slope ~ Normal(0, 2.5 sd(y) / sd(x)), sigma ~ Exponential(mean sd(y)). Given sigma the slope of
    least squares is normal about the slope with the variance sigma^2 / Sxx, and the residuals know sigma alone.
    """
    width = 2.5 * y.std(ddof=1) / x.std(ddof=1)
    sxx = float(np.sum((x - x.mean()) ** 2))
    slope = float((x - x.mean()) @ y) / sxx
    rest = float(np.sum((y - y.mean() - slope * (x - x.mean())) ** 2))
    sigma = np.sqrt(rest / len(y)) * np.exp(np.linspace(-3, 4, 20_001))
    spread = width**2 + sigma**2 / sxx
    height = -(len(y) - 2) * np.log(sigma) - rest / (2 * sigma**2) - sigma / y.std(ddof=1)
    height += np.log(sigma) - 0.5 * np.log(spread) - slope**2 / (2 * spread)
    return sigma, weights(height), slope * width**2 / spread, np.sqrt(1 / (1 / width**2 + sxx / sigma**2))


def test_norris_under_the_default_prior() -> None:
    """A good fit leaves sigma to the data: certified 0.8848, where a prior scaled by sigma made it 24.3."""
    x, y = norris().values()
    solved = fitted(norris(), "y ~ x", prior="normal", methods=("mle", "map", "mcmc"), random_seed=3)
    assert solved.problems == []
    sigma, density, mean, deviation = line_under_the_default_prior(x, y)
    assert all_ok(rows(solved, method="mcmc"))
    mean_is(draws(solved, "sigma"), float(density @ sigma))
    mean_is(draws(solved, "coef", 1), float(density @ mean))
    for probability in (0.025, 0.975):

        def below(b: float, probability: float = probability) -> float:
            return float(density @ stats.norm.cdf(b, mean, deviation)) - probability

        quantile_is(draws(solved, "coef", 1), probability, float(brentq(below, 0.9, 1.1)))
    row = rows(solved, method="mcmc").loc["x"]
    certified, error = 1.00211681802045, 0.429796848199937e-03
    half = stats.t.ppf(0.975, 34) * error
    assert abs(row["estimate"] - certified) < 0.1 * error
    assert row["upper"] - row["lower"] == pytest.approx(2 * half, rel=0.1)
    assert rows(solved, "sigma", "mcmc")["estimate"].item() == pytest.approx(0.884796396144373, rel=0.05)
    mode = sigma[np.argmax(density / sigma)]
    assert rows(solved, "sigma", "map")["estimate"].item() == pytest.approx(mode, rel=0.03)


@pytest.mark.parametrize("prior", ["normal", "laplace", "student"])
def test_a_line_of_ten_rows_by_brute_force(prior: str) -> None:
    """Posterior on a grid of intercept, slope and sigma: no closed form is used."""
    x = np.arange(10.0)
    y = np.array([0.1, 1.0, 2.1, 2.9, 4.0, 5.1, 5.9, 7.0, 8.1, 8.9])
    solved = fitted({"x": x, "y": y}, "y ~ x", prior=prior, methods=("mcmc",), random_seed=3)
    width = 2.5 * y.std(ddof=1) / x.std(ddof=1)
    sigma, slope, centre = (
        np.exp(np.linspace(-3.6, 0.5, 200))[:, None, None],
        np.linspace(0.85, 1.13, 401)[None, :, None],
        np.linspace(4.0, 5.0, 301)[None, None, :],
    )
    rest = sum((yi - centre - slope * (xi - x.mean())) ** 2 for xi, yi in zip(x, y, strict=True))
    height = -9 * np.log(sigma) - rest / (2 * sigma**2) - sigma / y.std(ddof=1)
    height += {
        "normal": stats.norm.logpdf(slope, 0, width),
        "laplace": stats.laplace.logpdf(slope, 0, width),
        "student": stats.t.logpdf(slope, 3, 0, width),
    }[prior]
    density = weights(height)
    assert all_ok(rows(solved, method="mcmc"))
    mean_is(draws(solved, "sigma"), float((density * sigma).sum()))
    mean_is(draws(solved, "coef", 1), float((density * slope).sum()))
    spread = draws(solved, "coef", 1)
    exact = float(np.sqrt((density * (slope - (density * slope).sum()) ** 2).sum()))
    assert abs(spread.std() - exact) < ERRORS * float(az.mcse(spread, method="sd"))


def test_eight_schools() -> None:
    # Rubin (1981); BDA3, section 5.5, with the priors of Stan's posterior database, where mean mu is 4.4, tau 3.6.
    y = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
    error = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
    with pm.Model() as model:
        mu, tau = pm.Normal("mu", 0, 5), pm.HalfCauchy("tau", 5)
        theta = pm.Deterministic("theta", mu + tau * pm.Normal("raw", 0, 1, shape=8))
        pm.Normal("y", theta, error, observed=y)
    solved = compared(model, methods=("mcmc",), estimands=("mu", "tau", "theta"), random_seed=2)
    # Given tau all is normal: mu has mean m and precision k, each school's effect is shrunk towards m.
    grid = np.exp(np.linspace(-9, 11, 8001))
    precision = 1 / (error**2 + grid[:, None] ** 2)
    k = precision.sum(axis=1) + 1 / 25
    m = (precision * y).sum(axis=1) / k
    height = 0.5 * np.log(precision).sum(axis=1) - 0.5 * np.log(k) + 0.5 * k * m**2
    height -= 0.5 * (precision * y**2).sum(axis=1)
    density = weights(height + stats.halfcauchy.logpdf(grid, scale=5) + np.log(grid))
    first = m + (y[0] - m) * grid**2 * precision[:, 0]
    assert density @ m == pytest.approx(4.4, abs=0.06)
    for name in ("mu", "tau", "theta"):
        assert all_ok(rows(solved, name, "mcmc"))
    mean_is(draws(solved, "mu"), density @ m)
    mean_is(draws(solved, "tau"), density @ grid)
    mean_is(draws(solved, "theta", 0), density @ first)


def test_pumps() -> None:
    # George, Makov & Smith (1993); OpenBUGS examples, volume I: alpha 0.70, beta 0.93, theta[1] 0.060, theta[10] 1.99.
    hours = np.array([94.3, 15.7, 62.9, 126, 5.24, 31.4, 1.05, 1.05, 2.1, 10.5])
    failures = np.array([5, 1, 5, 14, 3, 19, 1, 1, 4, 22])
    with pm.Model() as model:
        alpha, beta = pm.Exponential("alpha", 1.0), pm.Gamma("beta", 0.1, 1.0)
        theta = pm.Gamma("theta", alpha, beta, shape=10)
        pm.Poisson("failures", theta * hours, observed=failures)
    solved = compared(model, methods=("mle", "mcmc"))
    # The pumps' rates are integrated out: a negative binomial for each.
    a, b = np.meshgrid(*[np.exp(np.linspace(-6, 2.5, 601))] * 2, indexing="ij")
    height = -a - 0.9 * np.log(b) - b + np.log(a) + np.log(b)
    for x, t in zip(failures, hours, strict=True):
        height += a * np.log(b) - special.gammaln(a) + special.gammaln(a + x) - (a + x) * np.log(b + t)
    density = weights(height)
    assert (density * a).sum() == pytest.approx(0.70, abs=0.006)
    assert (density * b).sum() == pytest.approx(0.93, abs=0.006)
    mean_is(draws(solved, "alpha"), (density * a).sum())
    mean_is(draws(solved, "beta"), (density * b).sum())
    for i in (0, 9):
        mean_is(draws(solved, "theta", i), (density * (a + failures[i]) / (b + hours[i])).sum())
    # Only the prior knows alpha and beta; each rate's maximum is its own count per hour.
    assert set(rows(solved, "alpha")["status"]) | set(rows(solved, "beta")["status"]) == {"not_in_likelihood"}
    rate = rows(solved, "theta")
    np.testing.assert_allclose(rate["estimate"], failures / hours, rtol=1e-10)
    np.testing.assert_allclose(rate["std_error"], np.sqrt(failures) / hours, rtol=1e-8)
