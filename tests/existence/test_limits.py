"""Where the objective rises without limit, what tends to one limit on all such ways is told; nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import optimize

import triptych
from tests.some import one_in

X = np.arange(6.0)
Answers = dict[str, float | None]
POINTS: dict[str, Any] = {"methods": ("mle",), "profile": False, "random_seed": 1}


def line(error: Callable[[str, Any, Any], Any] | None = None) -> pm.Model:
    with pm.Model() as model:
        a, b, sigma = pm.Normal("a", 0, 50), pm.Normal("b", 0, 50), pm.HalfNormal("sigma", 10)
        pm.Deterministic("twice", 2 * b)
        mean, y = a + b * X, 2 + 3 * X
        _ = pm.Normal("y", mean, sigma, observed=y) if error is None else error("y", mean, sigma)
    return model


def student() -> pm.Model:
    return line(lambda name, mean, sigma: pm.StudentT(name, nu=4, mu=mean, sigma=sigma, observed=2 + 3 * X))


def laplace() -> pm.Model:
    return line(lambda name, mean, sigma: pm.Laplace(name, mean, sigma, observed=2 + 3 * X))


def one_datum() -> pm.Model:
    with pm.Model() as model:
        pm.Normal("y", pm.Normal("mu", 0, 50), pm.Gamma("sigma", 2, 1), observed=[2.5])
    return model


def curve() -> pm.Model:
    with pm.Model() as model:
        top, rate = pm.HalfNormal("top", 20), pm.HalfNormal("rate", 5)
        pm.Normal("y", top * pm.math.exp(-rate * X), pm.HalfNormal("sigma", 1), observed=4 * np.exp(-0.5 * X))
    return model


def two_groups() -> pm.Model:
    """The first group's data are the same and the second's not: the second's mean has no limit but its own."""
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, 50, shape=2), pm.HalfNormal("sigma", 5, shape=2)
        group = np.array([0, 0, 0, 1, 1, 1])
        pm.Normal("y", mu[group], sigma[group], observed=[1.5, 1.5, 1.5, 1.0, 2.0, 4.5])
    return model


def mixture() -> pm.Model:
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, 50, shape=2), pm.HalfNormal("sigma", 5, shape=2)
        pm.NormalMixture("y", w=[0.5, 0.5], mu=mu, sigma=sigma, observed=[-1.0, 0.2, 1.0, 3.0, 3.5])
    return model


def seven_scales() -> pm.Model:
    """Seven groups with scales of their own, of which the first group's data are the same."""
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, 50, shape=7), pm.HalfNormal("sigma", 5, shape=7)
        pm.Normal("y", mu[SEVENTH], sigma[SEVENTH], observed=SEVEN.ravel())
    return model


def precise() -> pm.Model:
    """The standard deviation falls by half a unit of the logarithm for each of the precision's."""
    with pm.Model() as model:
        a, b, tau = pm.Normal("a", 0, 50), pm.Normal("b", 0, 50), pm.Gamma("tau", 2, 1)
        pm.Deterministic("deviation", tau**-0.5)
        pm.Normal("y", a + b * X, tau=tau, observed=2 + 3 * X)
    return model


def one_logistic() -> pm.Model:
    """Far from the datum the density has no curvature that leads there."""
    with pm.Model() as model:
        pm.Logistic("y", pm.Normal("mu", 0, 10), pm.Uniform("scale", 0, 10), observed=[3.0])
    return model


def scale_on_x() -> pm.Model:
    with pm.Model() as model:
        a, b, g = pm.Normal("a", 0, 50), pm.Normal("b", 0, 50), pm.Normal("g", 0, 5, shape=2)
        pm.Normal("y", a + b * X, pm.math.exp(g[0] + g[1] * X), observed=2 + 3 * X)
    return model


def level_line() -> pm.Model:
    """The slope's limit is zero, and what is computed of it is rounding."""
    with pm.Model() as model:
        a, b = pm.Normal("a", 0, 10), pm.Normal("b", 0, 10)
        pm.Normal("y", a + b * X, pm.HalfNormal("sigma", 5), observed=np.full(6, 5.0))
    return model


def constant(family: Callable[..., Any], **of: tuple[str, float]) -> pm.Model:
    """Six times one positive number, whose densities are rounding where they are highest."""
    with pm.Model() as model:
        free = {argument: pm.HalfNormal(name, sd) for argument, (name, sd) in of.items()}
        family("y", **free, observed=np.full(6, 2.0))
    return model


def constant_gamma() -> pm.Model:
    return constant(pm.Gamma, mu=("mu", 10), sigma=("sigma", 5))


def constant_inverse_gamma() -> pm.Model:
    return constant(pm.InverseGamma, mu=("mu", 10), sigma=("sigma", 5))


def constant_wald() -> pm.Model:
    return constant(pm.Wald, mu=("mu", 10), lam=("lam", 50))


def constant_weibull() -> pm.Model:
    return constant(pm.Weibull, alpha=("alpha", 10), beta=("beta", 5))


def gamma_by_rate() -> pm.Model:
    with pm.Model() as model:
        a, b = pm.HalfNormal("a", 10), pm.HalfNormal("b", 5)
        pm.Deterministic("mean", a / b)
        pm.Gamma("y", a, b, observed=np.full(5, 3.0))
    return model


SEVENTH = np.repeat(np.arange(7), 3)
SEVEN = np.array([[1.5, 1.5, 1.5], *(np.array([0.0, 1.0, 2.0 + k]) + k for k in range(6))])
MEANS, DEVIATIONS = SEVEN.mean(axis=1), SEVEN.std(axis=1)
LINE: Answers = {"a": 2.0, "b": 3.0, "twice": 6.0, "sigma": 0.0}
CASES: dict[str, tuple[Callable[[], pm.Model], Answers]] = {
    "line": (line, LINE),
    "student": (student, LINE),
    "laplace": (laplace, LINE),
    "one datum": (one_datum, {"mu": 2.5, "sigma": 0.0}),
    "curve": (curve, {"top": 4.0, "rate": 0.5, "sigma": 0.0}),
    # Least squares within the second group: mean 2.5, and the root of the mean square 13/6.
    "two groups": (two_groups, {"mu[0]": 1.5, "mu[1]": 2.5, "sigma[0]": 0.0, "sigma[1]": (13 / 6) ** 0.5}),
    "seven scales": (
        seven_scales,
        {f"mu[{k}]": MEANS[k] for k in range(7)} | {f"sigma[{k}]": DEVIATIONS[k] for k in range(7)},
    ),
    "precision": (precise, {"a": 2.0, "b": 3.0, "tau": None, "deviation": 0.0}),
    "one logistic": (one_logistic, {"mu": 3.0, "scale": 0.0}),
    # Whichever data the scale leaves, at least two lie on the line with no scale at all.
    "scale on x": (scale_on_x, {"a": 2.0, "b": 3.0, "g[0]": None, "g[1]": None}),
    "level line": (level_line, {"a": 5.0, "b": 0.0, "sigma": 0.0}),
    "constant gamma": (constant_gamma, {"mu": 2.0, "sigma": 0.0}),
    "constant inverse gamma": (constant_inverse_gamma, {"mu": 2.0, "sigma": 0.0}),
    "constant Wald": (constant_wald, {"mu": 2.0, "lam": None}),
    "constant Weibull": (constant_weibull, {"alpha": None, "beta": 2.0}),
    "gamma by rate": (gamma_by_rate, {"a": None, "b": None, "mean": 3.0}),
    "mixture": (mixture, dict.fromkeys(("mu[0]", "mu[1]", "sigma[0]", "sigma[1]"))),
}


@pytest.mark.parametrize("name", one_in(3, CASES))
def test_a_limit_is_named_where_it_is_one(name: str) -> None:
    build, answers = CASES[name]
    rows = triptych.compare(build(), **POINTS)["default"].panels["mle"].estimates
    assert {row.name for row in rows} == set(answers)
    for row in rows:
        assert row.status == "unbounded"
        assert np.isnan(row.estimate)
        limit = answers[row.name]
        assert row.reason.endswith("such way that was found") == (limit is not None)
        if limit is not None:
            assert f"{row.name} tends to {limit:.6g} on every such way" in row.reason


@pytest.mark.parametrize("seed", one_in(3, [1, 2, 3]))
@pytest.mark.parametrize("share", [0.5, None])
def test_a_limit_of_a_component_is_that_in_the_order_of_the_labels(share: float | None, seed: int) -> None:
    """A component on the three equal data and one on the other, whichever is first: sorted, there is one limit.

    Under the exponential prior both standard deviations go to zero, each at a rate of its own.
    """
    with pm.Model() as model:
        weight = pm.Uniform("weight", 0, 1) if share is None else share
        mu, sigma = pm.Normal("mu", 0, 10, shape=2), pm.Exponential("sigma", 1, shape=2)
        weights = pm.math.stack([weight, 1 - weight])
        pm.NormalMixture("y", w=weights, mu=mu, sigma=sigma, observed=[2.0, 2.0, 2.0, 5.0])
    panels = triptych.compare(model, **{**POINTS, "methods": ("mle", "map"), "random_seed": seed})["default"].panels
    known = {"mu[0]": 2, "mu[1]": 5, "sigma[0]": 0, "sigma[1]": 0} | ({"weight": 0.75} if share is None else {})
    for panel in panels.values():
        said = {row.name: row.reason for row in panel.estimates}
        for name, limit in known.items():
            assert f"components are sorted by mu; {name} tends to {limit:g} on every such way" in said[name]
        # What goes to its limit without end, and what is told to tend to it, is the same component.
        goes = "sigma[0]" if "by 3 per" in said["mu[0]"] else "sigma[1]"
        assert f"rises without limit as {goes} goes" in said["mu[0]"]


@pytest.mark.parametrize("seed", one_in(2, [1, 2]))
@pytest.mark.parametrize("eta", one_in(2, [2.0, 1.0]))
def test_points_on_a_line_leave_means_and_deviations_their_limits(eta: float, seed: int) -> None:
    """The factor's last entry goes to zero; what it leaves of the density is one of the first mean and deviation.

    Of the second these are 1 + 2 m and 2 s. A Cholesky factor with entry L22 = s1 sqrt(1 - rho^2) has the density of
    s0, s1 and rho times sqrt(1 - rho^2) / s1, which takes s1 to the power -2 eta and L22 to that of 2 eta - 1.
    """
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10, shape=2)
        factor, _, _ = pm.LKJCholeskyCov("factor", n=2, eta=eta, sd_dist=pm.Exponential.dist(1.0), compute_corr=True)
        pm.MvNormal("y", mu, chol=factor, observed=np.column_stack([X, 1 + 2 * X]))

    def fall(p: np.ndarray) -> float:
        m, s = p[0], np.exp(p[1])
        prior = -3 * s - 2 * eta * p[1] - (m**2 + (1 + 2 * m) ** 2) / 200
        return float(6 * p[1] + np.sum((X - m) ** 2) / (2 * s**2) - prior)

    m, log_s = optimize.minimize(fall, [2.5, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13}).x
    panels = triptych.compare(model, **{**POINTS, "methods": ("mle", "map"), "random_seed": seed})["default"].panels
    answers = {"mle": (X.mean(), X.std(), 6), "map": (m, float(np.exp(log_s)), 6 - (2 * eta - 1))}
    for method, (mean, deviation, rate) in answers.items():
        rows = {row.name: row for row in panels[method].estimates}
        limits = {"mu[0]": mean, "mu[1]": 1 + 2 * mean, "factor_stds[0]": deviation, "factor_stds[1]": 2 * deviation}
        for name, limit in {**limits, "factor[2]": 0.0, "factor_corr[0, 1]": 1.0}.items():
            assert rows[name].status == "unbounded"
            assert f"{name} tends to {limit:.6g} on every such way" in rows[name].reason
            assert f"by {rate:g} per unit" in rows[name].reason


def test_of_three_columns_on_a_line_two_scales_go_away_at_once() -> None:
    """With either of the factor's last two diagonal entries held, the other one has no best place.

    What is left of the density is one of the first mean and deviation. The rows of the factor leave the powers
    ``-2 eta - 1`` of the second and the third deviation, by the Jacobian of a Cholesky factor and LKJ's density. The
    likelihood knows nothing of the third row's second entry, so that the third deviation has no limit there.
    """
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10, shape=3)
        factor, _, _ = pm.LKJCholeskyCov("factor", n=3, eta=1.0, sd_dist=pm.Exponential.dist(1.0), compute_corr=True)
        pm.MvNormal("y", mu, chol=factor, observed=np.column_stack([X, 1 + 2 * X, 3 - X]))

    def slopes(p: np.ndarray) -> list[float]:
        m, s = p
        by_mean = np.sum(X - m) / s**2 - (m + 2 * (1 + 2 * m) - (3 - m)) / 100
        return [by_mean, -6 / s + np.sum((X - m) ** 2) / s**3 - 2 * 3 / s - (1 + 2 + 1)]

    m, s = optimize.fsolve(slopes, [2.5, 1.0], xtol=1e-14)
    panels = triptych.compare(model, **{**POINTS, "methods": ("mle", "map")})["default"].panels
    rows = {row.name: row for row in panels["map"].estimates}
    limits = {
        "mu[0]": m, "mu[1]": 1 + 2 * m, "mu[2]": 3 - m, "factor_stds[0]": s, "factor_stds[1]": 2 * s,
        "factor_stds[2]": s, "factor_corr[0, 1]": 1.0, "factor_corr[0, 2]": -1.0, "factor_corr[1, 2]": -1.0,
        "factor[2]": 0.0, "factor[4]": 0.0, "factor[5]": 0.0,
    }  # fmt: skip
    for name, limit in limits.items():
        assert rows[name].status == "unbounded"
        assert f"{name} tends to {limit:.6g} on every such way" in rows[name].reason
    rows = {row.name: row for row in panels["mle"].estimates}
    for name, of in {"factor_stds[0]": X, "factor_stds[1]": 2 * X, "factor[4]": None, "factor_stds[2]": None}.items():
        said = rows[name].reason
        assert "tends to" not in said if of is None else f"{name} tends to {of.std():.6g} on every such way" in said


@pytest.mark.parametrize("seed", one_in(3, [1, 2, 3]))
def test_a_correlation_that_is_one_to_all_digits_is_on_its_way_without_end(seed: int) -> None:
    """Its ascent ends where nothing changes any more, neither arrived nor still rising.

    On the line the quadratic form of two equal scores a is 2 a^2 / (1 + rho), so that s^2 tends to half the variance
    under the likelihood; the prior's limit is that of what is left.
    """
    with pm.Model() as model:
        mu, s, rho = pm.Normal("mu", 0, 10, shape=2), pm.HalfNormal("s", 5, shape=2), pm.Uniform("rho", -1, 1)
        joint = rho * s[0] * s[1]
        cov = pm.math.stack([pm.math.stack([s[0] ** 2, joint]), pm.math.stack([joint, s[1] ** 2])])
        pm.MvNormal("y", mu, cov=cov, observed=np.column_stack([X, 1 + 2 * X]))

    def fall(p: np.ndarray) -> float:
        m, s = p[0], np.exp(p[1])
        prior = -5 * s**2 / 50 - (m**2 + (1 + 2 * m) ** 2) / 200
        return float(12 * p[1] + np.sum((X - m) ** 2) / (2 * s**2) - prior)

    m, log_s = optimize.minimize(fall, [2.5, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13}).x
    panels = triptych.compare(model, **{**POINTS, "methods": ("mle", "map"), "random_seed": seed})["default"].panels
    answers = {"mle": (X.mean(), X.std() / 2**0.5), "map": (m, float(np.exp(log_s)))}
    for method, (mean, deviation) in answers.items():
        rows = {row.name: row for row in panels[method].estimates}
        limits = {"mu[0]": mean, "mu[1]": 1 + 2 * mean, "s[0]": deviation, "s[1]": 2 * deviation, "rho": 1.0}
        for name, limit in limits.items():
            assert rows[name].status == "unbounded"
            assert f"{name} tends to {limit:.6g} on every such way" in rows[name].reason
            assert "by 3 per unit" in rows[name].reason


@pytest.mark.parametrize(
    ("build", "rate"),
    # By n per unit of the logarithm of a standard deviation, by n / 2 of what goes with its square.
    [(constant_gamma, 6), (constant_inverse_gamma, 6), (constant_wald, 3), (constant_weibull, 6), (gamma_by_rate, 2.5)],
)
def test_the_rate_is_that_of_the_density_and_not_of_its_rounding(build: Callable[[], pm.Model], rate: float) -> None:
    for row in triptych.compare(build(), **POINTS)["default"].panels["mle"].estimates:
        assert f"by {rate:g} per unit of its logarithm" in row.reason


def test_the_rate_of_one_scale_is_not_that_of_two() -> None:
    """Of two Laplace components each has a rate of its own, three equal data or one, and they go away together."""
    with pm.Model() as model:
        mu, b = pm.Normal("mu", 0, 10, shape=2), pm.HalfNormal("b", 5, shape=2)
        pm.Mixture("y", w=[0.5, 0.5], comp_dists=pm.Laplace.dist(mu, b), observed=[2.0, 2.0, 2.0, 5.0])
    panels = triptych.compare(model, **{**POINTS, "methods": ("mle", "map")})["default"].panels
    for panel in panels.values():
        said = panel.estimates[0].reason
        assert (
            "as b[0] goes to its lower limit, by 3 per" in said or "as b[1] goes to its lower limit, by 1 per" in said
        )
        for name, limit in {"mu[0]": 2, "mu[1]": 5, "b[0]": 0, "b[1]": 0}.items():
            reason = next(row.reason for row in panel.estimates if row.name == name)
            assert f"{name} tends to {limit:g} on every such way" in reason


@pytest.mark.parametrize("units", [1.0, 1e6])
def test_a_table_that_a_line_fits_exactly_names_its_coefficients(units: float) -> None:
    table = {"x": X * units, "y": (2 + 3 * X) * units}
    solution = triptych.fit(table, "y ~ x", prior="flat", methods=("mle", "map"), profile=False)["default"]
    for method in ("mle", "map"):
        for row, limit in zip(solution.rows(method, "coef"), (2 * units, 3), strict=True):
            assert (row.status, np.isnan(row.estimate)) == ("unbounded", True)
            assert f"{row.name} tends to {limit:.6g} on every such way" in row.reason
        assert "sigma tends to 0 on every such way" in solution.row(method, "sigma").reason
