"""Profile intervals with one end at an edge of the support or at infinity, against the likelihood re-optimised here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import special, stats
from scipy.optimize import brentq, minimize, minimize_scalar

import triptych

HIGH, WITHOUT, OF_WITHOUT, WITH = 17, 66, 49, 13  # all 13 of one group are cases, 17 of 66 of the other
LEVEL = 0.9
HALF = stats.chi2.ppf(LEVEL, 1) / 2


def lower_end() -> float:
    """Return the log odds ratio at which the likelihood, re-optimised over the intercept, is lower by ``HALF``."""

    def fall(ratio: float) -> float:
        def minus(a: float) -> float:
            one = HIGH * np.logaddexp(0, -a) + OF_WITHOUT * np.logaddexp(0, a)
            return float(one + WITH * np.logaddexp(0, -a - ratio))

        highest = HIGH * np.log(HIGH / WITHOUT) + OF_WITHOUT * np.log(OF_WITHOUT / WITHOUT)
        return float(highest + minimize_scalar(minus, bounds=(-5, 5), options={"xatol": 1e-10}).fun - HALF)

    return float(brentq(fall, -2, 20))


def fitted() -> Any:
    table = {"high": [HIGH, WITH], "n": [WITHOUT, WITH], "group": ["a", "b"]}
    options: dict[str, Any] = {"family": "binomial", "methods": ("mle",), "ci_prob": LEVEL}
    return triptych.fit(table, "high / n ~ group", **options), "coef", "group[T.b]"


def compared() -> Any:
    with pm.Model() as model:
        eta = pm.Normal("a", 0, 5) + pm.Normal("ratio", 0, 5) * np.array([0.0, 1.0])
        pm.Binomial("high", np.array([WITHOUT, WITH]), logit_p=eta, observed=np.array([HIGH, WITH]))
    return triptych.compare(model, methods=("mle",), ci_prob=LEVEL), "ratio", ""


@pytest.mark.parametrize("solve", [fitted, compared])
def test_under_separation_the_interval_has_one_finite_end(solve: Any) -> None:
    comparison, estimand, label = solve()
    solution = comparison["default"]
    assert solution.row("mle", estimand, label).status == "at_infinity"
    row = solution.interval("mle", "profile", estimand, label)
    assert row.upper == np.inf
    assert row.lower == pytest.approx(lower_end(), rel=1e-5)
    assert np.isnan(row.estimate)


@pytest.mark.parametrize("counts", [[5, 3, 0], [0, 0, 5, 3], [0, 3, 0, 2, 0], [20, 0, 1]])
def test_unseen_categories_are_bounded_from_above(counts: list[int]) -> None:
    n = sum(counts)
    with pm.Model() as model:
        pm.Multinomial("n", n, pm.Dirichlet("p", np.ones(len(counts))), observed=counts)
    solution = triptych.compare(model, methods=("mle",), ci_prob=LEVEL)["default"]
    for k in np.flatnonzero(np.array(counts) == 0):
        row = solution.interval("mle", "profile", "p", str(k))
        # With one share held the others divide what is left of it as they divide the whole without it.
        assert (row.lower, row.upper) == (0.0, pytest.approx(-np.expm1(-HALF / n), rel=1e-6))


def test_functions_of_a_scale_at_zero_have_its_interval() -> None:
    """Between-group spread whose likelihood is highest at zero; sigma and its square have one upper end."""
    effect, error = np.array([28.0, 8, -3, 7, -1, 1, 18, 12]), np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
    with pm.Model() as model:
        tau = pm.HalfNormal("tau", 50)
        pm.Deterministic("variance", tau**2)
        pm.Normal("y", pm.Normal("mu", 0, 50), pm.math.sqrt(tau**2 + error**2), observed=effect)

    def profile(variance: float) -> float:
        weight = 1 / (variance + error**2)
        mean = np.average(effect, weights=weight)
        return float(0.5 * np.sum(np.log(weight) - weight * (effect - mean) ** 2))

    exact = brentq(lambda v: profile(0.0) - profile(v) - HALF, 1, 1e5)
    solution = triptych.compare(model, methods=("mle",), ci_prob=LEVEL)["default"]
    for name, expected in (("tau", np.sqrt(exact)), ("variance", exact)):
        assert solution.row("mle", name).status == "at_boundary"
        row = solution.interval("mle", "profile", name)
        assert (row.lower, row.upper) == (0.0, pytest.approx(expected, rel=1e-5))


def straight_line() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    x, other = rng.normal(size=40), rng.normal(size=40)
    return {"x": x, "g": other, "y": 0.5 * x + rng.normal(size=40)}


def test_parameters_to_spare_leave_the_profiles_as_they_are() -> None:
    """A horseshoe's scales times its effects are coefficients like any others to the likelihood."""
    spare, plain = (
        triptych.fit(straight_line(), "y ~ x * g", prior=prior, methods=("mle",)).intervals.set_index(
            ["estimand", "label"]
        )[["lower", "upper"]]
        for prior in ("horseshoe", "normal")
    )
    assert len(plain) == 5
    np.testing.assert_allclose(spare.loc[plain.index], plain, rtol=1e-5)


def test_a_product_of_which_neither_factor_is_identified_has_both_intervals_of_a_mean() -> None:
    y = np.random.default_rng(2).normal(0.02, 1, size=50)
    with pm.Model() as model:
        pm.Deterministic("product", pm.Normal("a", 0, 1) * pm.Normal("b", 0, 1))
        pm.Normal("y", model["product"], pm.HalfNormal("sigma", 1), observed=y)
    solution = triptych.compare(model, methods=("mle",), ci_prob=LEVEL)["default"]
    assert [solution.row("mle", name).status for name in ("a", "b")] == ["not_identified"] * 2
    assert solution.row("mle", "sigma").estimate == pytest.approx(y.std(), rel=1e-6)
    row, profile = solution.row("mle", "product"), solution.interval("mle", "profile", "product")
    wald = stats.norm.ppf(0.5 + LEVEL / 2) * y.std() / np.sqrt(y.size)
    exact = y.std() * np.sqrt(np.expm1(2 * HALF / y.size))
    for found, width in ((row, wald), (profile, exact)):
        np.testing.assert_allclose([found.lower, found.upper], y.mean() + np.array([-1, 1]) * width, rtol=1e-5)


def test_degrees_of_freedom_at_infinity_come_back_where_a_profile_asks_for_them() -> None:
    """At the maximum errors are normal; with an intercept held far off heavier tails fit better."""
    table = straight_line()
    solution = triptych.fit(table, "y ~ x", family="student", nu="estimate", methods=("mle",))["default"]
    assert solution.row("mle", "nu").status == "at_infinity"

    def lack(held: str, at: float) -> float:
        """Return by how much the likelihood falls short of the normal one, re-optimised from several starts."""

        def minus(free: np.ndarray, start: dict[str, float]) -> float:
            p = start | dict(zip([k for k in start if k != held], free, strict=True))
            nu = 2 + np.exp(min(p["nu"], 14.0))
            residuals = table["y"] - p["intercept"] - p["x"] * table["x"]
            return -float(stats.t.logpdf(residuals, nu, scale=np.exp(p["sigma"])).sum())

        lowest = np.inf
        for nu in (-1.0, 2.0, 12.0):
            start = {"intercept": 0.0, "x": 0.5, "sigma": -0.2, "nu": nu} | {held: at}
            first = np.array([v for k, v in start.items() if k != held])
            options = {"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4000}
            lowest = min(lowest, minimize(minus, first, (start,), method="Nelder-Mead", options=options).fun)
        return lowest + highest - float(stats.chi2.ppf(0.95, 1)) / 2

    x, y = table["x"], table["y"]
    residuals = y - np.polyval(np.polyfit(x, y, 1), x)
    highest = float(stats.norm.logpdf(residuals, scale=residuals.std()).sum())
    found = solution.interval("mle", "profile", "coef", "Intercept")
    assert found.upper == pytest.approx(brentq(lambda b: lack("intercept", b), 0.1, 0.5, xtol=1e-6), rel=1e-4)
    assert found.upper - found.estimate > 1.05 * (found.estimate - found.lower)  # not the normal interval's symmetry
    found = solution.interval("mle", "profile", "sigma")
    assert found.lower == pytest.approx(np.exp(brentq(lambda s: lack("sigma", s), -1, -0.3, xtol=1e-6)), rel=1e-4)
    found = solution.interval("mle", "profile", "nu")
    end = 2 + np.exp(brentq(lambda v: lack("nu", v), -4, 2, xtol=1e-6))
    assert (found.lower, found.upper) == (pytest.approx(end, rel=1e-3), np.inf)


def test_the_curve_of_a_profile_is_the_likelihood_re_optimised() -> None:
    y = np.array([3.0, 1.0, 4.0, 2.0, 0.0])
    with pm.Model() as model:
        pm.Poisson("y", pm.Gamma("rate", 2, 1), observed=y)
    curve = np.array(triptych.compare(model, methods=("mle",))["default"].panels["mle"].profiles["rate", ""])
    assert np.all(np.diff(curve, axis=0) > 0)
    value, root = curve[np.abs(curve[:, 1]) < 2.0].T
    assert value.size > 5
    exact = 2 * (stats.poisson.logpmf(y, y.mean()).sum() - stats.poisson.logpmf(y[:, None], value).sum(axis=0))
    np.testing.assert_allclose(root**2, exact, rtol=1e-6, atol=1e-9)
    assert (curve[0, 1], curve[-1, 1]) == (-4.0, 4.0)  # continued beyond the interval, within the support
    assert curve[0, 0] > 0


def profiled(model: pm.Model) -> Any:
    table = triptych.compare(model, methods=("mle",)).intervals
    return table.set_index(["estimand", "label"])[["lower", "upper"]]


def extremes(values: np.ndarray, log_likelihood: np.ndarray) -> list[float]:
    """Return the least and greatest value where the likelihood, on a fine grid, is within the level."""
    inside = values[2 * (log_likelihood.max() - log_likelihood) <= stats.chi2.ppf(0.95, 1)]
    return [float(inside.min()), float(inside.max())]


def test_profiles_of_functions_are_their_range_over_the_likelihood_region() -> None:
    """Shares far from the data, a mean and a ratio with one parameter at its edge: none is nearly linear."""
    x, y = np.arange(8.0), np.array([0, 0, 1, 0, 1, 0, 1, 1])
    with pm.Model() as model:
        a, b = pm.Normal("a", 0, 5), pm.Normal("b", 0, 5)
        pm.Bernoulli("y", logit_p=a + b * x, observed=y)
        pm.Deterministic("far", pm.math.invlogit(a + 10 * b))
        pm.Deterministic("before", pm.math.invlogit(a - 3 * b))
    found = profiled(model)
    one, two = np.meshgrid(np.linspace(-9, 3, 1201), np.linspace(-0.6, 3, 1201), indexing="ij")
    eta = one[..., None] + two[..., None] * x
    height = (y * eta - np.logaddexp(0, eta)).sum(axis=-1)
    for name, at in (("far", 10), ("before", -3)):
        np.testing.assert_allclose(found.loc[name, ""], extremes(special.expit(one + at * two), height), atol=3e-3)

    counts = np.array([0, 2, 3, 1, 4, 2, 2, 3])
    with pm.Model() as model:
        share, mu = pm.Beta("share", 1, 1), pm.HalfNormal("mu", 5)
        pm.ZeroInflatedPoisson("y", share, mu, observed=counts)
        pm.Deterministic("mean", share * mu)
        pm.Deterministic("ratio", mu / share)
        pm.Deterministic("gap", mu - share)
    found = profiled(model)
    p, m = np.meshgrid(np.linspace(0.3, 1, 2801), np.linspace(0.5, 5, 3001), indexing="ij")
    height = np.log(1 - p + p * np.exp(-m)) + 7 * (np.log(p) - m) + counts.sum() * np.log(m)
    for name, values in (("mean", p * m), ("ratio", m / p), ("gap", m - p)):
        np.testing.assert_allclose(found.loc[name, ""], extremes(values, height), atol=3e-3)


def test_functions_of_parameters_at_their_edges_have_the_range_that_these_leave() -> None:
    """No event in ten, twice: a share's upper end is 1 - exp(-h / 10), and differences go both ways."""
    with pm.Model() as model:
        p = pm.Beta("p", 2, 2, shape=2)
        pm.Binomial("y", 10, p, observed=[0, 0])
        pm.Deterministic("difference", p[1] - p[0])
        pm.Deterministic("ratio", p[1] / p[0])
    solution = triptych.compare(model, methods=("mle",))["default"]
    end = -np.expm1(-stats.chi2.ppf(0.95, 1) / 20)
    for name, expected in (("difference", (-end, end)), ("ratio", (0.0, np.inf))):
        row = solution.interval("mle", "profile", name)
        assert (row.lower, row.upper) == pytest.approx(expected, rel=1e-6)
    row = solution.row("mle", "difference")
    assert (row.status, row.estimate) == ("at_boundary", 0.0)
    assert "p[0], p[1] go to their lower limit, where this is 0" in row.reason


def test_a_function_that_stands_still_at_the_maximum_has_an_interval() -> None:
    """Half of ten trials: p (1 - p) is at its greatest, and can only be less."""
    with pm.Model() as model:
        p = pm.Beta("p", 1, 1)
        pm.Binomial("y", 10, p, observed=5)
        pm.Deterministic("variance", p * (1 - p))
        pm.Deterministic("size", abs(p - 0.5))
    found = profiled(model)
    low = brentq(lambda v: 10 * (2 * np.log(0.5) - np.log(v) - np.log1p(-v)) - stats.chi2.ppf(0.95, 1), 0.01, 0.5)
    np.testing.assert_allclose(found.loc["variance", ""], [low * (1 - low), 0.25], rtol=1e-6)
    np.testing.assert_allclose(found.loc["size", ""], [0, 0.5 - low], rtol=1e-6, atol=1e-6)


def test_two_modes_are_one_interval_and_two_maxima() -> None:
    """Cauchy errors, two data far apart: between the modes the likelihood falls by less than the level."""
    data = np.array([0.0, 10.0])
    with pm.Model() as model:
        pm.Cauchy("y", pm.Normal("mu", 5, 10), 1, observed=data)
    comparison = triptych.compare(model, methods=("mle",))
    grid = np.linspace(-5, 15, 200_001)
    height = -np.log1p((grid[:, None] - data) ** 2).sum(axis=1)
    np.testing.assert_allclose(profiled(model).loc["mu", ""], extremes(grid, height), atol=2e-4)
    row, other = comparison["default"].row("mle", "mu"), comparison.optima.iloc[0]
    assert row.estimate + other["estimate"] == pytest.approx(10, rel=1e-8)
    assert "one of several maxima as high; see optima" in row.reason
    assert other["reason"].startswith("maximum as high as the first")


@pytest.mark.parametrize(("x", "y"), [(1.0, 0.1), (-0.2, 0.36), (0.3, 0.366), (1.0, 2.0), (0.1, -0.4), (1.0, 0.37)])
def test_a_ratio_whose_denominator_may_be_zero_has_no_ends(x: float, y: float) -> None:
    """Fieller's theorem: where the denominator is not told from zero, no ratio is excluded; elsewhere it gives both."""
    n, square = 20, 2 * HALF / 20
    with pm.Model() as model:
        top, bottom = pm.Flat("top"), pm.Flat("bottom")
        pm.Deterministic("ratio", top / bottom)
        pm.Normal("x", top, 1, observed=np.full(n, x))
        pm.Normal("y", bottom, 1, observed=np.full(n, y))
    row = triptych.compare(model, methods=("mle",), ci_prob=LEVEL)["default"].interval("mle", "profile", "ratio", "")
    # (x - r y)^2 = (1 + r^2) square
    roots = np.sort(np.roots([y**2 - square, -2 * x * y, x**2 - square])) if y**2 > square else [-np.inf, np.inf]
    assert [row.lower, row.upper] == pytest.approx(list(roots), rel=1e-5)


@pytest.mark.parametrize("mean", [0.5, 0.36, 0.24])
def test_a_coefficient_of_variation_that_is_nearly_without_limit_has_its_end(mean: float) -> None:
    """The likelihood hardly falls on the way there, and no number of steps along it arrives."""
    y = mean + 0.5 * np.array([-1.3, -0.8, -0.2, 0.1, 0.6, 1.6])
    n = y.size

    def deviance(ratio: float) -> float:
        """Return it with the ratio held; the mean then is a root of (ratio mean)^2 + mean(y) mean - mean(y^2)."""
        mu = (np.sqrt(y.mean() ** 2 + 4 * ratio**2 * np.mean(y**2)) - y.mean()) / (2 * ratio**2)
        variance = (ratio * mu) ** 2
        return float(n * np.log(variance / y.var()) + np.sum((y - mu) ** 2) / variance - n)

    with pm.Model() as model:
        mu, sigma = pm.Flat("mu"), pm.HalfFlat("sigma")
        pm.Deterministic("variation", sigma / mu)
        pm.Normal("y", mu, sigma, observed=y)
    found = triptych.compare(model, methods=("mle",), ci_prob=LEVEL)["default"].interval(
        "mle", "profile", "variation", ""
    )
    best, endless = y.std() / y.mean(), n * np.log(np.mean(y**2) / y.var()) < 2 * HALF
    ends = (
        [-np.inf, np.inf]
        if endless
        else [brentq(lambda ratio: deviance(ratio) - 2 * HALF, *sorted((best, far)), xtol=1e-12) for far in (0.05, 1e6)]
    )
    assert [found.lower, found.upper] == pytest.approx(ends, rel=1e-5)


def test_a_lower_end_falls_as_long_as_the_width_makes_up_for_it() -> None:
    """On (low, low + width) twice the fall is chi-square with two degrees of freedom for an end, four for both."""
    y = np.array([0.3, 1.2, 2.7, 0.9, 1.8])
    with pm.Model() as model:
        low, width = pm.Normal("low", 0, 10), pm.Exponential("width", 0.1)
        pm.Uniform("y", low, low + width, observed=y)
    solution = triptych.compare(model, methods=("mle",), ci_prob=LEVEL)["default"]
    assert solution.row("mle", "low").estimate == pytest.approx(0.3)
    found = {row.estimand: row for row in solution.panels["mle"].intervals if row.interval_kind == "profile"}
    far = [2.4 * np.exp(stats.chi2.ppf(LEVEL, degrees) / 10) for degrees in (2, 4)]
    assert (found["width"].lower, found["width"].upper) == pytest.approx((2.4, far[1]), rel=1e-5)
    assert (found["low"].lower, found["low"].upper) == pytest.approx((2.7 - far[0], 0.3), rel=1e-4)
