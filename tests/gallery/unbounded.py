"""Objectives that rise without limit, and the priors that stop them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
from scipy import special

from .case import BOTH, Along, Case, root_of, same

UP = "unbounded"
X = np.arange(6.0)
LINE = 1 + 2 * X


def climbs(point: Callable[[float], dict[str, Any]], *methods: str) -> tuple[Along, ...]:
    return tuple(Along(method, UP, point) for method in methods or BOTH)


def one_datum(prior: Callable[[], Any]) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            mu = pm.Flat("mu")
            pm.Normal("y", mu, prior(), observed=[2.5])
        return model

    return build


def one_datum_precision() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Flat("mu")
        tau = pm.Gamma("tau", 2, 1)
        pm.Normal("y", mu, tau=tau, observed=[2.5])
    return model


def exact_line(prior: Callable[[], Any]) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            intercept, slope = pm.Flat("intercept"), pm.Flat("slope")
            pm.Normal("y", intercept + slope * X, prior(), observed=LINE)
        return model

    return build


GRID = np.arange(21.0)
SQUARES = 1 + GRID**2


def exact_parabola() -> pm.Model:
    columns = np.column_stack([GRID, GRID**2])
    unit = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    with pm.Model() as model:
        middle = pm.Flat("middle")
        slope = pm.Flat("slope", shape=2)
        pm.Normal("y", middle + unit @ slope, pm.HalfFlat("sigma"), observed=SQUARES)
    return model


def on_the_parabola(t: float) -> dict[str, Any]:
    return {"middle": SQUARES.mean(), "slope": np.array([0.0, SQUARES.std()]), "sigma": np.exp(-t)}


def exact_line_laplace() -> pm.Model:
    with pm.Model() as model:
        intercept, slope = pm.Flat("intercept"), pm.Flat("slope")
        pm.Laplace("y", intercept + slope * X, pm.HalfNormal("sigma", 1), observed=LINE)
    return model


def exact_line_log_sigma() -> pm.Model:
    with pm.Model() as model:
        intercept, slope = pm.Flat("intercept"), pm.Flat("slope")
        log_sd = pm.Normal("log_sd", 0, 1)
        pm.Normal("y", intercept + slope * X, pm.math.exp(log_sd), observed=LINE)
    return model


def instant() -> pm.Model:
    with pm.Model() as model:
        rate = pm.Gamma("rate", 2, 1)
        pm.Exponential("y", rate, observed=np.zeros(4))
    return model


def constant_gamma() -> pm.Model:
    with pm.Model() as model:
        alpha = pm.Exponential("alpha", 1)
        beta = pm.Exponential("beta", 1)
        pm.Gamma("y", alpha, beta, observed=np.full(5, 2.0))
    return model


def constant_gamma_mode() -> tuple[float, float]:
    """Solve beta = 5 alpha / (5 c + 1) and the shape's equation, with c = 2."""
    alpha = root_of(lambda a: float(5 * (np.log(5 * a / 11) - special.digamma(a) + np.log(2)) - 1), 0.01, 50)
    return alpha, 5 * alpha / 11


LINKED = np.column_stack([[0.0, 1.0, 2.0, 4.0, 5.0, 6.0], [1.0, 3.0, 5.0, 9.0, 11.0, 13.0]])


def perfect_correlation() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10, shape=2)
        chol, _, _ = pm.LKJCholeskyCov("chol", eta=2, n=2, sd_dist=pm.Exponential.dist(0.2))
        pm.MvNormal("y", mu, chol=chol, observed=LINKED)
    return model


def to_a_line(t: float) -> dict[str, Any]:
    return {"mu": LINKED.mean(axis=0), "chol": np.array([2.0, 4.0, np.exp(-t)])}


def own_sigmas() -> pm.Model:
    with pm.Model(coords={"datum": list("abcd")}) as model:
        mu = pm.Normal("mu", 0, 10)
        sigma = pm.HalfNormal("sigma", 2, dims="datum")
        pm.Normal("y", mu, sigma, observed=[1.0, 2.0, 4.0, 3.0])
    return model


def tied_cauchy() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10)
        sigma = pm.HalfNormal("sigma", 5)
        pm.StudentT("y", nu=1, mu=mu, sigma=sigma, observed=[2.0, 2.0, 2.0, 0.0, 5.0])
    return model


SPREAD = np.array([-2.1, -0.4, 0.3, 1.2, 2.0, 3.9])


def student_small_nu() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10)
        sigma = pm.HalfNormal("sigma", 5)
        nu = pm.Gamma("nu", 2, 0.1)
        pm.StudentT("y", nu=nu, mu=mu, sigma=sigma, observed=SPREAD)
    return model


def on_the_line(t: float) -> dict[str, Any]:
    return {"intercept": 1.0, "slope": 2.0, "sigma": np.exp(-t)}


def alone(t: float) -> dict[str, Any]:
    return {"mu": 2.5, "sigma": np.exp(-t)}


EVERYWHERE = {"mle": UP, "map": UP}

TIMES = np.random.default_rng(2).weibull(2, 30) * 0.4 + 0.3


def shifted_weibull() -> pm.Model:
    with pm.Model() as model:
        shift = pm.Uniform("shift", 0, TIMES.min())
        shape, scale = pm.HalfNormal("shape", 3), pm.HalfNormal("scale", 1)
        pm.Potential("density", pm.logp(pm.Weibull.dist(shape, scale), TIMES - shift))
    return model


def from_the_bound_on(rate: Callable[[], Any]) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            pm.Truncated("y", pm.Exponential.dist(rate()), lower=1.0, observed=np.ones(3))
        return model

    return build


def constant_shares() -> pm.Model:
    with pm.Model() as model:
        alpha, beta = pm.HalfNormal("alpha", 50), pm.HalfNormal("beta", 50)
        pm.Beta("y", alpha, beta, observed=np.full(6, 0.3))
    return model


def softplus_scale() -> pm.Model:
    with pm.Model() as model:
        mu, u = pm.Flat("mu"), pm.Flat("u")
        pm.Normal("y", mu, pm.math.softplus(u), observed=np.full(5, 3.0))
    return model


CASES = (
    *(
        Case(f"one_datum_{name}", one_datum(prior), EVERYWHERE, along=climbs(alone),
             note="The density at its centre is 1/sigma, and the prior is positive at zero.")
        for name, prior in (
            ("half_normal", lambda: pm.HalfNormal("sigma", 2)),
            ("half_cauchy", lambda: pm.HalfCauchy("sigma", 2)),
            ("exponential", lambda: pm.Exponential("sigma", 1)),
        )
    ),
    Case("one_datum_inverse_gamma", one_datum(lambda: pm.InverseGamma("sigma", 2, 1)),
         {"mle": UP}, known=lambda: same({"mu": 2.5, "sigma": 1 / 4}, ("map",)),
         note="InverseGamma(a, b) vanishes faster than any power: b / (a + 1 + n).",
         along=climbs(alone, "mle")),
    Case("one_datum_precision", one_datum_precision, {"mle": UP},
         known=lambda: same({"mu": 2.5, "tau": 1.5}, ("map",)),
         note="sqrt(tau) rises without limit; with Gamma(2, 1): (a - 1 + 1/2) / b.",
         along=climbs(lambda t: {"mu": 2.5, "tau": np.exp(t)}, "mle")),
    Case("exact_line_half_normal", exact_line(lambda: pm.HalfNormal("sigma", 1)), EVERYWHERE,
         note="No residual: the likelihood is sigma^-n.", along=climbs(on_the_line)),
    Case("exact_line_inverse_gamma", exact_line(lambda: pm.InverseGamma("sigma", 2, 1)),
         {"mle": UP}, note="b / (a + 1 + n) on the line itself.",
         known=lambda: same({"intercept": 1.0, "slope": 2.0, "sigma": 1 / 9}, ("map",)),
         along=climbs(on_the_line, "mle")),
    Case("exact_line_laplace", exact_line_laplace, EVERYWHERE, smooth=False,
         note="Least absolute deviations find the line as well: sigma^-n again.", along=climbs(on_the_line)),
    Case("exact_parabola", exact_parabola, EVERYWHERE,
         note="Centred columns fit to rounding only, where the ascent ends.", along=climbs(on_the_parabola)),
    Case("exact_line_log_sigma", exact_line_log_sigma, {"mle": UP},
         known=lambda: same({"intercept": 1.0, "slope": 2.0, "log_sd": -6.0}, ("map",)),
         note="-n s - s^2/2 peaks at s = -n: on the log scale a normal prior does stop it.",
         along=climbs(lambda t: {"intercept": 1.0, "slope": 2.0, "log_sd": -t}, "mle")),
    Case("exponential_of_zeros", instant, {"mle": UP}, known=lambda: {("map", "rate"): 5.0},
         note="rate^n with nothing against it; Gamma(2, 1) makes it (n + 1)/1.",
         along=climbs(lambda t: {"rate": np.exp(t)}, "mle")),
    Case("gamma_of_a_constant", constant_gamma, {"mle": UP},
         known=lambda: same(dict(zip(("alpha", "beta"), constant_gamma_mode(), strict=True)),
                            ("map",)),
         note="alpha grows with the mean held: the spike has height sqrt(alpha) per datum.",
         along=climbs(lambda t: {"alpha": np.exp(t), "beta": np.exp(t) / 2}, "mle")),
    Case("exponential_truncated_at_its_data", from_the_bound_on(lambda: pm.Exponential("rate", 1)), {"mle": UP},
         known=lambda: {("map", "rate"): 3.0},
         note="rate^n is left, and with Exponential(1) n / 1; as a difference it is rounding far out, in wide steps.",
         along=(Along("mle", UP, lambda t: {"rate": np.exp(t)}, stop=6.0),)),
    Case("exponential_truncated_at_its_data_by_scale",
         from_the_bound_on(lambda: 1 / pm.HalfNormal("scale", 10)), EVERYWHERE,
         note="scale^-n is left, and the prior is positive at zero.",
         along=tuple(Along(m, UP, lambda t: {"scale": np.exp(-t)}, stop=6.0) for m in BOTH)),
    Case("beta_of_a_constant", constant_shares, {"mle": UP},
         note="alpha and beta grow with the mean held, by n/2 per log unit; far out the density is all rounding.",
         along=climbs(lambda t: {"alpha": 0.3 * np.exp(t), "beta": 0.7 * np.exp(t)}, "mle")),
    Case("softplus_of_a_scale", softplus_scale, EVERYWHERE,
         note="softplus(u) is exp(u) far down: a logarithm, though no transform says so.",
         along=climbs(lambda t: {"mu": 3.0, "u": -t})),
    Case("perfect_correlation", perfect_correlation, EVERYWHERE, along=climbs(to_a_line),
         note="Points on a line: the determinant goes to zero with n = 6 against a finite power.",
         estimands=("mu", "chol_stds")),
    Case("a_sigma_for_each_datum", own_sigmas, EVERYWHERE,
         note="mu on one datum and its sigma to zero.",
         along=climbs(lambda t: {"mu": 2.0, "sigma": np.array([2.0, np.exp(-t), 2.0, 2.0])})),
    Case("cauchy_with_a_majority_tied", tied_cauchy, EVERYWHERE,
         note="Three of five tied: sigma^-3 against sigma^2 for the others.",
         along=climbs(lambda t: {"mu": 2.0, "sigma": np.exp(-t)})),
    Case("student_nu_free_to_zero", student_small_nu, EVERYWHERE,
         note="For nu < 1/(n - 1), sigma to zero at one datum gains 1 - (n - 1) nu a log unit.",
         along=climbs(lambda t: {"mu": 1.2, "sigma": np.exp(-t), "nu": 0.1})),
    Case("shift_on_a_datum", shifted_weibull, EVERYWHERE, options={"likelihood": ("density",)},
         note="As the shift nears the shortest time a shape below one makes the density there endless.",
         along=tuple(Along(m, UP, lambda t: {"shift": TIMES.min() * (1 - np.exp(-t)), "shape": 0.6, "scale": 0.2},
                           start=8.0, stop=20.0) for m in BOTH)),
)  # fmt: skip
