"""Studies by the real engines against answers that are known without them: closed forms, t integrals, sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import stats

import triptych

Z = stats.norm.ppf(0.975)
CHI2 = stats.chi2.ppf(0.95, 1)
# Two-sided chance of one false alarm in ten thousand, for each of about fifty comparisons: 4.6 standard errors.
SURE = float(stats.norm.isf(0.5e-4 / 50))


def figure(study: Any, measure: str, estimand: str, *, method: str = "mle", kind: str = "none", label: str = "",
           cell: int = 0) -> tuple[float, float, int]:  # fmt: skip
    """Return value, Monte Carlo error and number of replicates of one measure."""
    rows = study.of(measure).query(
        "estimand == @estimand and method == @method and interval_kind == @kind and label == @label and cell == @cell"
    )
    return float(rows["value"].item()), float(rows["mcse"].item()), int(rows["replicates"].item())


def covers(study: Any, exact: float, estimand: str, kind: str, **which: Any) -> None:
    value, _, count = figure(study, "coverage", estimand, kind=kind, **which)
    assert abs(value - exact) < SURE * np.sqrt(exact * (1 - exact) / count), (estimand, kind, value, exact)


def close(study: Any, measure: str, exact: float, estimand: str, **which: Any) -> None:
    value, mcse, _ = figure(study, measure, estimand, **which)
    assert abs(value - exact) < SURE * mcse, (measure, estimand, value, exact)


def check_normal_sample(study: Any, n: int, cell: int) -> None:
    """Hold a study of mean and variance of n normals, sigma = 1.2, to what theory says of it."""
    sigma = 1.2
    # Bias of the MLE of the variance: -sigma^2/n; its variance: 2 (n - 1) sigma^4 / n^2.
    close(study, "bias", -(sigma**2) / n, "variance", cell=cell)
    close(study, "empirical_se", np.sqrt(2 * (n - 1)) * sigma**2 / n, "variance", cell=cell)
    close(study, "bias", 0.0, "mu", cell=cell)
    close(study, "empirical_se", sigma / np.sqrt(n), "mu", cell=cell)
    # Mean -+ z S/sqrt(n) with the MLE S: |t| <= z sqrt((n - 1)/n).
    covers(study, 1 - 2 * stats.t.sf(Z * np.sqrt((n - 1) / n), n - 1), "mu", "wald", cell=cell)
    # The likelihood ratio is n log(1 + t^2/(n - 1)).
    away = np.sqrt((n - 1) * np.expm1(CHI2 / n))
    covers(study, 1 - 2 * stats.t.sf(away, n - 1), "mu", "profile", cell=cell)


@pytest.fixture(scope="module")
def normal() -> Any:
    options: dict[str, Any] = {"methods": ("mle",), "intervals": ("wald", "profile"), "progressbar": False}
    return triptych.study("small_n_variance", n=(3, 10), replicates=1500, **options)


def test_normal_sample_has_the_bias_and_coverage_of_theory(normal: Any) -> None:
    for cell, n in enumerate((3, 10)):
        check_normal_sample(normal, n, cell)


def test_the_bound_of_a_normal_sample_is_its_inverse_information(normal: Any) -> None:
    for cell, n in enumerate((3, 10)):
        exact = [1.2 / np.sqrt(n), 1.2 / np.sqrt(2 * n), 2 * 1.2 * 1.2 / np.sqrt(2 * n)]
        # The information of sigma is averaged over 64 data sets; that of mu is known without error.
        np.testing.assert_allclose(normal.plan.bounds[cell][0], exact[0], rtol=0.02)
        np.testing.assert_allclose(normal.plan.bounds[cell][1:], exact[1:], rtol=0.5)


def test_replicates_that_a_wanted_error_needs(normal: Any) -> None:
    needed = normal.needed("coverage", 0.005).query("estimand == 'mu' and cell == 0 and interval_kind == 'wald'")
    p, _, count = figure(normal, "coverage", "mu", kind="wald")
    assert count == 1500
    assert needed["needed"].item() == int(np.ceil(p * (1 - p) / 0.005**2))
    with pytest.raises(triptych.InputError, match="no measure 'coverrage'"):
        normal.needed("coverrage", 0.01)


TRIALS, SHARE, RATE, COUNTS, HAZARD, WAITS = 12, 0.35, 1.3, 5, 0.7, 8


@pytest.fixture(scope="module")
def three() -> Any:
    """Three independent parts in one model, so that it is compiled once; data are drawn from the model itself."""
    with pm.Model() as model:
        p = pm.Beta("p", 1, 1)
        lam = pm.Gamma("lam", 1, 1)
        hazard = pm.Gamma("hazard", 1, 1)
        pm.Binomial("successes", TRIALS, p, observed=np.array([4]))
        pm.Poisson("counts", lam, observed=np.full(COUNTS, 1))
        pm.Exponential("waits", hazard, observed=np.full(WAITS, 1.0))
    return triptych.study(
        model,
        truth={"p": SHARE, "lam": RATE, "hazard": HAZARD},
        replicates=800,
        methods=("mle",),
        intervals=("wald", "profile"),
        progressbar=False,
        random_seed=3,
    )


def test_binomial_coverage_is_its_sum(three: Any) -> None:
    k = np.arange(TRIALS + 1)
    mass = stats.binom.pmf(k, TRIALS, SHARE)
    inner = (k > 0) & (k < TRIALS)
    with np.errstate(all="ignore"):
        half = Z / np.sqrt(k * (1 - k / TRIALS))
        inside = np.abs(np.log(k / (TRIALS - k)) - np.log(SHARE / (1 - SHARE))) <= half
    covers(three, float(np.sum(mass[inner & inside]) / np.sum(mass[inner])), "p", "wald")
    ratio = 2 * (stats.binom.logpmf(k, TRIALS, k / TRIALS) - stats.binom.logpmf(k, TRIALS, SHARE))
    covers(three, float(np.sum(mass[ratio <= CHI2])), "p", "profile")


def test_poisson_coverage_is_its_sum(three: Any) -> None:
    total = np.arange(200)
    mass = stats.poisson.pmf(total, COUNTS * RATE)
    with np.errstate(all="ignore"):
        inside = np.abs(np.log(total / COUNTS / RATE)) <= Z / np.sqrt(total)
    seen = total > 0
    covers(three, float(np.sum(mass[seen & inside]) / np.sum(mass[seen])), "lam", "wald")
    with np.errstate(all="ignore"):
        ratio = 2 * (stats.poisson.logpmf(total, total) - stats.poisson.logpmf(total, COUNTS * RATE))
    covers(three, float(np.sum(mass[ratio <= CHI2])), "lam", "profile")
    close(three, "bias", 0.0, "lam")
    close(three, "empirical_se", np.sqrt(RATE / COUNTS), "lam")


def test_exponential_rate_is_too_large_by_its_known_factor(three: Any) -> None:
    n = WAITS
    close(three, "bias", HAZARD / (n - 1), "hazard")
    close(three, "relative_bias", 1 / (n - 1), "hazard")
    close(three, "empirical_se", n * HAZARD / ((n - 1) * np.sqrt(n - 2)), "hazard")
    # The MLE over the rate is n over a gamma variable of shape n; the Wald interval is formed on its logarithm.
    gamma = stats.gamma(n)
    ends = n * np.exp(np.array([-1, 1]) * Z / np.sqrt(n))
    covers(three, float(gamma.cdf(ends[1]) - gamma.cdf(ends[0])), "hazard", "wald")


def test_what_has_no_wald_interval_says_so_and_counts_elsewhere(three: Any) -> None:
    """A zero count is at the boundary: it has a bias and a profile interval, and no Wald interval."""
    share, _, _ = figure(three, "share_ok", "p")
    exact = 1 - stats.binom.pmf([0, TRIALS], TRIALS, SHARE).sum()
    assert abs(share - exact) < SURE * np.sqrt(exact * (1 - exact) / 800) + 1 / 800
    assert figure(three, "bias", "p")[2] == 800
    assert figure(three, "coverage", "p", kind="wald")[2] == round(800 * share)
    assert set(three.replicates["engine"]) <= {"batched", "serial"}


DISPERSION, MEAN = 2.0, 4.0


def overdispersed() -> triptych.Data:
    return triptych.Data({"counts": np.array([4, 1, 9, 2, 6])})


def poisson(data: Any) -> None:
    lam = pm.Gamma("lam", 1, 0.25)
    pm.Poisson("obs", lam, observed=data.counts)


def negative_binomial(rng: np.random.Generator, n: int = COUNTS, **_: Any) -> tuple[triptych.Data, dict[str, float]]:
    """Draw counts whose variance is 1 + mean/dispersion times their mean."""
    counts = rng.negative_binomial(DISPERSION, DISPERSION / (DISPERSION + MEAN), n)
    return triptych.Data({"counts": counts}), {"lam": MEAN}


def test_poisson_intervals_of_overdispersed_counts_cover_as_their_sum_says() -> None:
    """The total of n negative binomial counts is negative binomial, with n times the dispersion."""
    wrong = triptych.Scenario(
        name="overdispersed", question="How often does it cover?", source="simulated", model=poisson,
        data=overdispersed, simulate=negative_binomial, estimands=("lam",),
    )  # fmt: skip
    options: dict[str, Any] = {"methods": ("mle",), "intervals": ("wald", "profile"), "progressbar": False}
    study = triptych.study(wrong, n=COUNTS, replicates=1200, random_seed=4, **options)
    total = np.arange(1000)
    mass = stats.nbinom.pmf(total, COUNTS * DISPERSION, DISPERSION / (DISPERSION + MEAN))
    seen = total > 0
    with np.errstate(all="ignore"):
        inside = np.abs(np.log(total / COUNTS / MEAN)) <= Z / np.sqrt(total)
        ratio = 2 * (stats.poisson.logpmf(total, total) - stats.poisson.logpmf(total, COUNTS * MEAN))
    wald = float(np.sum(mass[seen & inside]) / np.sum(mass[seen]))
    assert 0.7 < wald < 0.75  # where a right model has 0.95
    covers(study, wald, "lam", "wald")
    covers(study, float(np.sum(mass[ratio <= CHI2])), "lam", "profile")
    spread = np.sqrt(MEAN * (1 + MEAN / DISPERSION) / COUNTS)
    close(study, "bias", 0.0, "lam")
    close(study, "empirical_se", spread, "lam")
    # The model's own standard error is the root of the mean count over n.
    close(study, "model_se", np.sqrt(MEAN / COUNTS), "lam")


@pytest.fixture(scope="module")
def ridge() -> tuple[Any, np.ndarray, np.ndarray]:
    x, beta = np.random.default_rng(9).normal(size=(12, 2)), np.array([1.0, -0.5])
    with pm.Model() as model:
        b = pm.Normal("b", 0, 0.4, shape=2)
        pm.Normal("y", x @ b, 1.0, observed=np.zeros(12))
    options: dict[str, Any] = {"methods": ("mle", "map"), "intervals": ("wald", "laplace"), "progressbar": False}
    return triptych.study(model, truth={"b": beta}, replicates=1500, **options), x, beta


def test_ridge_has_the_bias_and_variance_of_its_closed_form(ridge: tuple[Any, np.ndarray, np.ndarray]) -> None:
    study, x, beta = ridge
    gram = x.T @ x
    shrunk = np.linalg.solve(gram + np.eye(2) / 0.4**2, gram)
    bias = shrunk @ beta - beta
    covariance = shrunk @ np.linalg.inv(gram) @ shrunk.T
    spread, free = np.sqrt(np.diag(covariance)), np.sqrt(np.diag(np.linalg.inv(gram)))
    posterior = np.sqrt(np.diag(np.linalg.inv(gram + np.eye(2) / 0.4**2)))
    for j, label in enumerate(("0", "1")):
        close(study, "bias", bias[j], "b", method="map", label=label)
        close(study, "empirical_se", spread[j], "b", method="map", label=label)
        close(study, "mse", bias[j] ** 2 + spread[j] ** 2, "b", method="map", label=label)
        close(study, "empirical_se", free[j], "b", label=label)
        covers(study, 0.95, "b", "wald", label=label)
        off = (np.array([-1, 1]) * Z * posterior[j] - bias[j]) / spread[j]
        covers(study, float(np.diff(stats.norm.cdf(off))[0]), "b", "laplace", method="map", label=label)
    np.testing.assert_allclose(study.plan.bounds[0], free, rtol=1e-8)


@pytest.mark.slow
def test_normal_sample_at_every_n() -> None:
    sizes = (2, 3, 5, 10, 20, 30, 50, 100)
    options: dict[str, Any] = {"methods": ("mle",), "intervals": ("wald", "profile"), "progressbar": False}
    study = triptych.study("small_n_variance", n=sizes, replicates=4000, random_seed=2, **options)
    for cell, n in enumerate(sizes):
        check_normal_sample(study, n, cell)


@pytest.mark.slow
def test_a_matching_prior_has_exact_coverage() -> None:
    """Under p(mu, sigma) ~ 1/sigma credible intervals of mu and of sigma are confidence intervals."""
    study = triptych.study("small_n_variance", n=5, replicates=1000, methods=("map", "mcmc"), progressbar=False)
    for name in ("mu", "sigma", "variance"):
        covers(study, 0.95, name, "eti", method="mcmc")
    log_score, mcse, _ = figure(study, "log_score", "", method="mcmc")
    # The mean log density of a Student predictive at another observation, by simulation of the exact predictive.
    rng = np.random.default_rng(1)
    y, new = rng.normal(1.5, 1.2, (200_000, 5)), rng.normal(1.5, 1.2, 200_000)
    exact = stats.t.logpdf(new, 4, y.mean(1), y.std(1, ddof=1) * np.sqrt(1.2)).mean()
    assert abs(log_score - exact) < SURE * mcse + 0.01
