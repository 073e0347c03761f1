"""Suprema that are attained on the edge of the support: a zero rate, a bound, a zero variance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm

from .case import BOTH, Along, Answers, Case, least_squares, root_of, same

EDGE = "at_boundary"
ZEROS = np.zeros(5, int)


def decay(method: str, name: str, rest: dict[str, Any] | None = None, edge: float = 0.0,
          side: float = 1.0) -> Along:  # fmt: skip
    """Walk to an edge by a factor e at a time."""
    return Along(method, EDGE, lambda t: {name: edge + side * float(np.exp(-t)), **(rest or {})})


def zero_rate(prior: Callable[[], Any]) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            pm.Poisson("y", prior(), observed=ZEROS)
        return model

    return build


def no_success(a: float, b: float, successes: int = 0) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            p = pm.Beta("p", a, b)
            pm.Binomial("y", n=10, p=p, observed=successes)
        return model

    return build


BOUNDED = np.array([-3.0, -1.0, 0.5, 1.5, 2.0, 4.0, 3.0, -2.0])


def bounded_sigma(low: float, high: float) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            mu = pm.Flat("mu")
            sigma = pm.Uniform("sigma", low, high)
            pm.Normal("y", mu, sigma, observed=BOUNDED)
        return model

    return build


SLOPE_X = np.arange(8.0)
SLOPE_Y = np.array([5.1, 4.2, 4.6, 3.1, 3.4, 2.2, 2.0, 1.2])


def positive_slope() -> pm.Model:
    with pm.Model() as model:
        intercept = pm.Flat("intercept")
        slope = pm.HalfNormal("slope", 1)
        sigma = pm.HalfFlat("sigma")
        pm.Normal("y", intercept + slope * SLOPE_X, sigma, observed=SLOPE_Y)
    return model


SHARES = np.array([5, 3, 0])


def empty_category(concentration: float) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model(coords={"kind": ["a", "b", "c"]}) as model:
            p = pm.Dirichlet("p", np.full(3, concentration), dims="kind")
            pm.Multinomial("y", n=8, p=p, observed=SHARES)
        return model

    return build


def to_the_face(t: float) -> dict[str, Any]:
    small = np.exp(-t)
    return {"p": np.array([5 / 8 * (1 - small), 3 / 8 * (1 - small), small])}


EFFECT = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
ERROR = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])


def marginal_schools(prior: Callable[[], Any], effect: np.ndarray = EFFECT,
                     error: np.ndarray = ERROR) -> Callable[[], pm.Model]:  # fmt: skip
    """Meta-analysis with the effects integrated out; mu is flat and tau has the prior."""

    def build() -> pm.Model:
        with pm.Model() as model:
            mu = pm.Flat("mu")
            tau = prior()
            pm.Normal("y", mu, pm.math.sqrt(tau**2 + error**2), observed=effect)
        return model

    return build


def pooled(tau: float, effect: np.ndarray = EFFECT, error: np.ndarray = ERROR) -> float:
    """Return the mean weighted by precision, the best mu given tau."""
    return float(np.average(effect, weights=1 / (tau**2 + error**2)))


def tau_score(tau: float, effect: np.ndarray, error: np.ndarray) -> float:
    """Return the derivative of the profile log-likelihood by tau, over tau."""
    variance = tau**2 + error**2
    residual = effect - pooled(tau, effect, error)
    return float(np.sum(residual**2 / variance**2 - 1 / variance))


INTERIOR = np.array([11.2, 7.9, 8.3, 9.8, 8.7, 10.4])
INTERIOR_ERROR = np.array([0.9, 0.8, 1.0, 1.1, 0.9, 0.7])


def interior_known() -> Answers:
    tau = root_of(lambda t: tau_score(t, INTERIOR, INTERIOR_ERROR), 1e-6, 10)
    return same({"tau": tau, "mu": pooled(tau, INTERIOR, INTERIOR_ERROR)})


def schools_gamma_known() -> Answers:
    """Gamma(2, 0.1) adds 1/tau - 0.1 to the profile score."""
    tau = root_of(lambda t: t * tau_score(t, EFFECT, ERROR) + 1 / t - 0.1, 1e-3, 100)
    return {
        ("mle", "tau"): 0.0, ("mle", "mu"): pooled(0.0),
        ("map", "tau"): tau, ("map", "mu"): pooled(tau),
    }  # fmt: skip


ALIVE = np.array([2.0, 3.0, 5.0, 5.0])


def all_censored() -> pm.Model:
    with pm.Model() as model:
        rate = pm.HalfNormal("rate", 1)
        pm.Censored("y", pm.Exponential.dist(rate), lower=None, upper=ALIVE, observed=ALIVE)
    return model


FEW_ZEROS = np.array([1, 2, 2, 3, 1, 4, 2, 1])


def no_excess_zeros() -> pm.Model:
    with pm.Model() as model:
        psi = pm.Uniform("psi", 0, 1)
        mu = pm.HalfFlat("mu")
        pm.ZeroInflatedPoisson("y", psi, mu, observed=FEW_ZEROS)
    return model


EXPLOSIVE = np.array([1.0, 1.3, 1.5, 2.1, 2.6, 3.4, 4.1, 5.6])


def explosive() -> pm.Model:
    with pm.Model() as model:
        rho = pm.Uniform("rho", -1, 1)
        sigma = pm.HalfFlat("sigma")
        pm.AR("y", rho=pm.math.stack([rho]), sigma=sigma, init_dist=pm.Normal.dist(0, 10),
              constant=False, ar_order=1, observed=EXPLOSIVE)  # fmt: skip
    return model


EXPLOSIVE_SD = float(np.sqrt(np.mean(np.diff(EXPLOSIVE) ** 2)))
SD = float(BOUNDED.std())
WEIGHTS_X = np.array([0.2, -0.5, 0.3, 0.1, -0.1, 0.4])


def known_components() -> pm.Model:
    with pm.Model() as model:
        w = pm.Uniform("w", 0, 1)
        parts = [pm.Normal.dist(0, 1), pm.Normal.dist(6, 1)]
        pm.Mixture("y", w=pm.math.stack([1 - w, w]), comp_dists=parts, observed=WEIGHTS_X)
    return model


FLAT_SLOPE = least_squares(np.ones((8, 1)), SLOPE_Y)
EDGE_P = {"mle": {"p": EDGE}, "map": {"p": EDGE}}
SCHOOLS = {"tau": 0.0, "mu": pooled(0.0)}


def zero_count_case(name: str, prior: Callable[[], Any], note: str) -> Case:
    return Case(name, zero_rate(prior), {m: EDGE for m in BOTH}, note=note,
                known=lambda: same({"rate": 0.0}),
                along=tuple(decay(m, "rate") for m in BOTH))  # fmt: skip


def schools_case(name: str, prior: Callable[[], Any], note: str) -> Case:
    return Case(name, marginal_schools(prior), {m: {"tau": EDGE} for m in BOTH}, note=note,
                known=lambda: same(SCHOOLS),
                along=tuple(decay(m, "tau", {"mu": pooled(0.0)}) for m in BOTH))  # fmt: skip


INCOMES = np.array([1.2, 1.5, 2.2, 3.1, 1.9])


def pareto() -> pm.Model:
    with pm.Model() as model:
        shape = pm.Gamma("shape", 2, 1)
        smallest = pm.Uniform("smallest", 0, 5)  # its middle, where a search would start, is impossible
        pm.Pareto("y", alpha=shape, m=smallest, observed=INCOMES)
    return model


def pareto_known() -> Answers:
    logs = np.log(INCOMES / 1.2).sum()
    shapes = {("mle", "shape"): 5 / logs, ("map", "shape"): 6 / (logs + 1)}
    return same({"smallest": 1.2}) | shapes


def ones_without_zeros() -> pm.Model:
    with pm.Model() as model:
        rate = pm.HalfFlat("rate")
        pm.Truncated("y", pm.Poisson.dist(rate), lower=1, observed=np.ones(6, int))
    return model


def at_the_truncation(base: Callable[[Any], Any], lowest: int,
                      prior: Callable[[], Any]) -> Callable[[], pm.Model]:  # fmt: skip
    """The only datum is the smallest value that a truncated distribution has."""

    def build() -> pm.Model:
        with pm.Model() as model:
            pm.Truncated("y", base(prior()), lower=lowest, observed=np.array([lowest]))
        return model

    return build


def truncation_case(name: str, base: Callable[[Any], Any], lowest: int, prior: Callable[[], Any],
                    edge: float = 0.0) -> Case:  # fmt: skip
    return Case(f"all_at_the_truncation_{name}", at_the_truncation(base, lowest, prior), EDGE_RATE,
                known=lambda: same({"rate": edge}),
                along=tuple(Along(m, EDGE, lambda t: {"rate": abs(edge - np.exp(-t))}, start=1.0, stop=5.0)
                            for m in BOTH),
                note="The lowest value for certain in the limit; one minus a distribution function is rounding "
                     "there.")  # fmt: skip


EDGE_RATE = {m: {"rate": EDGE} for m in BOTH}


CASES = (
    truncation_case("poisson", pm.Poisson.dist, 2, lambda: pm.HalfFlat("rate")),
    truncation_case("binomial", lambda p: pm.Binomial.dist(n=6, p=p), 2, lambda: pm.Uniform("rate", 0, 1)),
    truncation_case("negative_binomial", lambda mu: pm.NegativeBinomial.dist(mu=mu, alpha=2.0), 2,
                    lambda: pm.HalfFlat("rate")),
    truncation_case("geometric", pm.Geometric.dist, 2, lambda: pm.Uniform("rate", 0, 1), 1.0),
    zero_count_case("zero_counts_half_normal", lambda: pm.HalfNormal("rate", 2),
                    "-n rate and the half-normal both fall from zero."),
    zero_count_case("zero_counts_uniform", lambda: pm.Uniform("rate", 0, 10),
                    "-n rate falls from zero; the prior is flat."),
    zero_count_case("zero_counts_gamma_1", lambda: pm.Gamma("rate", 1, 1),
                    "Gamma(1, 1) is exponential: -(n + 1) rate."),
    Case("zero_counts_gamma_2", zero_rate(lambda: pm.Gamma("rate", 2, 1)),
         {"mle": EDGE}, note="Conjugate: the mode is (a - 1)/(n + b) with a = 2.",
         known=lambda: {("mle", "rate"): 0.0, ("map", "rate"): 1 / 6},
         along=(decay("mle", "rate"),)),
    Case("zero_counts_gamma_half", zero_rate(lambda: pm.Gamma("rate", 0.5, 1)),
         {"mle": EDGE, "map": "unbounded"}, known=lambda: {("mle", "rate"): 0.0},
         note="Gamma(1/2) rises as rate^(-1/2) towards zero and no count stops it.",
         along=(decay("mle", "rate"),
                Along("map", "unbounded", lambda t: {"rate": np.exp(-t)}))),
    Case("no_success_beta_1_1", no_success(1, 1), EDGE_P, note="(1 - p)^10 falls from one.",
         known=lambda: same({"p": 0.0}), along=tuple(decay(m, "p") for m in BOTH)),
    Case("no_success_beta_2_2", no_success(2, 2), {"mle": EDGE},
         note="Conjugate: the mode is (k + 1)/(n + 2).",
         known=lambda: {("mle", "p"): 0.0, ("map", "p"): 1 / 12}, along=(decay("mle", "p"),)),
    Case("no_success_jeffreys", no_success(0.5, 0.5), {"mle": EDGE, "map": "unbounded"},
         note="Beta(1/2, 1/2) rises as p^(-1/2) towards zero and (1 - p)^10 stays near one.",
         known=lambda: {("mle", "p"): 0.0},
         along=(decay("mle", "p"), Along("map", "unbounded", lambda t: {"p": np.exp(-t)}))),
    Case("all_successes_beta_1_1", no_success(1, 1, 10), EDGE_P, note="p^10 rises up to one.",
         known=lambda: same({"p": 1.0}),
         along=tuple(decay(m, "p", edge=1.0, side=-1.0) for m in BOTH)),
    Case("all_successes_beta_2_2", no_success(2, 2, 10), {"mle": EDGE},
         note="Conjugate: the mode is (k + 1)/(n + 2).",
         known=lambda: {("mle", "p"): 1.0, ("map", "p"): 11 / 12},
         along=(decay("mle", "p", edge=1.0, side=-1.0),)),
    Case("sigma_bounded_above", bounded_sigma(0, 1), {m: {"sigma": EDGE} for m in BOTH},
         note="The normal likelihood rises in sigma up to the sample's 2.2: the bound 1 is best.",
         known=lambda: same({"mu": BOUNDED.mean(), "sigma": 1.0}),
         along=tuple(decay(m, "sigma", {"mu": BOUNDED.mean()}, 1.0, -1.0) for m in BOTH)),
    Case("sigma_bounded_below", bounded_sigma(5, 10), {m: {"sigma": EDGE} for m in BOTH},
         note="The normal likelihood falls in sigma beyond the sample's 2.2: the bound 5 is best.",
         known=lambda: same({"mu": BOUNDED.mean(), "sigma": 5.0}),
         along=tuple(decay(m, "sigma", {"mu": BOUNDED.mean()}, 5.0) for m in BOTH)),
    Case("sigma_bounded_but_interior", bounded_sigma(0, 10), {},
         note="The bound is far away and changes nothing.",
         known=lambda: same({"mu": BOUNDED.mean(), "sigma": SD})),
    Case("slope_held_positive", positive_slope, {m: {"slope": EDGE} for m in BOTH},
         note="Least squares wants a negative slope; a quadratic on a half-line ends at zero.",
         known=lambda: same({"intercept": FLAT_SLOPE[0][0], "slope": 0.0, "sigma": FLAT_SLOPE[1]}),
         along=tuple(decay(m, "slope", {"intercept": FLAT_SLOPE[0][0], "sigma": FLAT_SLOPE[1]})
                     for m in BOTH)),
    Case("empty_category_dirichlet_1", empty_category(1.0), {m: {"p": {"c": EDGE}} for m in BOTH},
         note="Shares are counts over n; the third is zero.",
         known=lambda: same({"p": SHARES / 8}),
         along=tuple(Along(m, EDGE, to_the_face) for m in BOTH)),
    Case("empty_category_dirichlet_2", empty_category(2.0), {"mle": {"p": {"c": EDGE}}},
         note="Conjugate: (count + 1)/(n + 3).",
         known=lambda: {("mle", "p"): SHARES / 8, ("map", "p"): (SHARES + 1) / 11},
         along=(Along("mle", EDGE, to_the_face),)),
    Case("empty_category_dirichlet_half", empty_category(0.5),
         {"mle": {"p": {"c": EDGE}}, "map": "unbounded"},
         note="Dirichlet(1/2) rises as p^(-1/2) on the empty face.",
         known=lambda: {("mle", "p"): SHARES / 8},
         along=(Along("mle", EDGE, to_the_face), Along("map", "unbounded", to_the_face))),
    schools_case("eight_schools_marginal", lambda: pm.HalfNormal("tau", 10),
                 "The profile likelihood of tau falls from zero (BDA3, section 5.5)."),
    schools_case("eight_schools_marginal_cauchy", lambda: pm.HalfCauchy("tau", 25),
                 "As with the half-normal: the half-Cauchy falls from zero too."),
    Case("eight_schools_marginal_gamma", marginal_schools(lambda: pm.Gamma("tau", 2, 0.1)),
         {"mle": {"tau": EDGE}}, known=schools_gamma_known,
         note="Gamma(2, 0.1) vanishes at zero: a boundary-avoiding prior has an interior mode.",
         along=(decay("mle", "tau", {"mu": pooled(0.0)}),)),
    Case("small_tau_interior",
         marginal_schools(lambda: pm.HalfFlat("tau"), INTERIOR, INTERIOR_ERROR), {},
         note="The spread exceeds the standard errors: one root of the profile score.",
         known=interior_known),
    Case("everyone_censored", all_censored, {m: {"rate": EDGE} for m in BOTH},
         note="No event: -rate times the time at risk.", known=lambda: same({"rate": 0.0}),
         along=tuple(decay(m, "rate") for m in BOTH)),
    Case("no_excess_zeros", no_excess_zeros, {m: {"psi": EDGE} for m in BOTH},
         note="No zero was seen, so mixing in zeros only costs: psi = 1 and mu is the mean.",
         known=lambda: same({"psi": 1.0, "mu": FEW_ZEROS.mean()}),
         along=tuple(decay(m, "psi", {"mu": FEW_ZEROS.mean()}, 1.0, -1.0) for m in BOTH)),
    Case("explosive_autoregression", explosive, {m: {"rho": EDGE} for m in BOTH},
         note="Least squares gives rho above one; on (-1, 1) the quadratic ends at one.",
         known=lambda: same({"rho": 1.0, "sigma": EXPLOSIVE_SD}),
         along=tuple(decay(m, "rho", {"sigma": EXPLOSIVE_SD}, 1.0, -1.0) for m in BOTH)),
    Case("component_not_needed", known_components, {m: {"w": EDGE} for m in BOTH},
         note="All data sit on the first component; the score at w = 0 is negative.",
         known=lambda: same({"w": 0.0}), along=tuple(decay(m, "w") for m in BOTH)),
    Case("pareto_scale", pareto, {m: {"smallest": "at_boundary"} for m in BOTH}, smooth=False,
         known=pareto_known, note="The density rises with the scale up to the smallest datum and ends there.",
         along=tuple(Along(m, "at_boundary", lambda t, m=m: {
             "smallest": 1.2 - 0.1 * np.exp(-t), "shape": pareto_known()[m, "shape"]}) for m in BOTH)),
    Case("ones_where_zeros_are_not_seen", ones_without_zeros, {m: {"rate": EDGE} for m in BOTH},
         note="A one for certain as the rate goes to zero; far down PyMC's density is rounding alone.",
         known=lambda: same({"rate": 0.0}),
         along=tuple(Along(m, EDGE, lambda t: {"rate": np.exp(-t)}, start=1.0, stop=6.0) for m in BOTH)),
)  # fmt: skip
