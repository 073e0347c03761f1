"""Hierarchical models, conditional on their latent variables: curved ridges and missing modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm

from .boundaries import EFFECT, ERROR
from .case import Along, Answers, Case, least_squares, root_of

PRIOR_ONLY = "not_in_likelihood"
FLAT = "not_identified"
SCHOOL = {"school": list("ABCDEFGH")}


def centred(prior: Callable[[], Any]) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model(coords=SCHOOL) as model:
            mu = pm.Normal("mu", 0, 10)
            theta = pm.Normal("theta", mu, prior(), dims="school")
            pm.Normal("y", theta, ERROR, observed=EFFECT)
        return model

    return build


def profile(tau: float) -> tuple[float, np.ndarray, float]:
    """Return mu, theta and the squared distance, all best given tau."""
    variance = ERROR**2 + tau**2
    mu = float(np.sum(EFFECT / variance) / (np.sum(1 / variance) + 1 / 100))
    theta = mu + tau**2 / variance * (EFFECT - mu)
    return mu, theta, float(np.sum((EFFECT - mu) ** 2 / variance**2))


def centred_known(tau: float) -> Answers:
    mu, theta, _ = profile(tau)
    return {
        ("mle", "theta"): EFFECT, ("map", "theta"): theta,
        ("map", "mu"): mu, ("map", "tau"): tau,
    }  # fmt: skip


def lognormal_tau() -> float:
    """Solve tau times the profile score with a LogNormal(log 8, 0.3) prior."""

    def score(tau: float) -> float:
        return float(profile(tau)[2] * tau**2 - 8 - 1 - np.log(tau / 8) / 0.3**2)

    return root_of(score, 0.5, 50)


def inverse_gamma_tau() -> float:
    """Solve tau times the profile score with an InverseGamma(3, 10) prior."""
    return root_of(lambda t: profile(t)[2] * t**2 - 8 - 4 + 10 / t, 0.01, 50)


def centred_fixed_tau() -> pm.Model:
    with pm.Model(coords=SCHOOL) as model:
        mu = pm.Normal("mu", 0, 10)
        theta = pm.Normal("theta", mu, 8.0, dims="school")
        pm.Normal("y", theta, ERROR, observed=EFFECT)
    return model


def fixed_known() -> Answers:
    mu, theta, _ = profile(8.0)
    return {("mle", "theta"): EFFECT, ("map", "theta"): theta, ("map", "mu"): mu}


def noncentred(scale: float) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model(coords=SCHOOL) as model:
            mu = pm.Normal("mu", 0, 10)
            tau = pm.HalfNormal("tau", scale)
            z = pm.Normal("z", 0, 1, dims="school")
            theta = pm.Deterministic("theta", mu + tau * z, dims="school")
            pm.Normal("y", theta, ERROR, observed=EFFECT)
        return model

    return build


def noncentred_known(scale: float) -> Answers:
    """Given tau, z has the closed form of ridge; the profile has no determinant to pull tau."""
    at_zero = profile(1e-9)[2] <= 1 / scale**2
    tau = 0.0 if at_zero else root_of(lambda t: profile(t)[2] - 1 / scale**2, 1e-6, 200)
    mu, theta, _ = profile(tau)
    return {
        ("mle", "theta"): EFFECT, ("map", "theta"): theta, ("map", "mu"): mu,
        ("map", "tau"): tau, ("map", "z"): tau / (ERROR**2 + tau**2) * (EFFECT - mu),
    }  # fmt: skip


def ridge_walk(t: float) -> dict[str, Any]:
    """Walk along the curved ridge: every mu and tau reach the data."""
    mu, tau = 2.0 * t, np.exp(t / 3)
    return {"mu": mu, "tau": tau, "z": (EFFECT - mu) / tau}


def to_the_mean(t: float) -> dict[str, Any]:
    return {"mu": 5.0, "tau": np.exp(-t), "theta": np.full(8, 5.0)}


def to_no_variance(t: float) -> dict[str, Any]:
    mu = profile(0.0)[0]
    tau = np.exp(-t)
    return {"mu": mu, "tau": tau, "z": tau / (ERROR**2 + tau**2) * (EFFECT - mu)}


def horseshoe_data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(9)
    X = rng.normal(size=(20, 3))
    return X, X @ [2.0, 0.0, 0.1] + rng.normal(size=20)


def horseshoe() -> pm.Model:
    X, y = horseshoe_data()
    with pm.Model(coords={"predictor": ["x1", "x2", "x3"]}) as model:
        tau = pm.HalfCauchy("tau", 1)
        lam = pm.HalfCauchy("lam", 1, dims="predictor")
        beta = pm.Normal("beta", 0, tau * lam, dims="predictor")
        pm.Normal("y", X @ beta, 1.0, observed=y)
    return model


def to_no_signal(t: float) -> dict[str, Any]:
    return {"tau": np.exp(-t), "lam": np.ones(3), "beta": np.zeros(3)}


LEVEL = np.array([1.0, 1.6, 0.9, 2.2, 2.8, 2.4])


def random_walk() -> pm.Model:
    with pm.Model(coords={"time": range(6)}) as model:
        step = pm.HalfNormal("step", 1)
        level = pm.GaussianRandomWalk("level", sigma=step, init_dist=pm.Normal.dist(0, 10), dims="time")
        pm.Normal("y", level, 0.5, observed=LEVEL)
    return model


SITES = np.array([3, 0, 5])


def sites() -> pm.Model:
    with pm.Model(coords={"site": ["north", "south", "west"]}) as model:
        rate = pm.Gamma("rate", 2, 0.5, dims="site")
        pm.Poisson("y", rate, observed=SITES)
    return model


TWO_WAY = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 4.5, 6.5, 4.0], [0.5, 2.0, 1.0, 2.5]])


def groups() -> pm.Model:
    """Group means about a hyper-mean, the residual variance unknown."""
    with pm.Model(coords={"group": ["a", "b", "c"]}) as model:
        mu = pm.Normal("mu", 0, 10)
        theta = pm.Normal("theta", mu, 2.0, dims="group")
        sigma = pm.HalfFlat("sigma")
        pm.Normal("y", theta[:, None], sigma, observed=TWO_WAY)
    return model


def groups_known() -> Answers:
    means, n = TWO_WAY.mean(axis=1), 4

    def modes(sigma: float) -> tuple[float, np.ndarray]:
        precision = 1 / (sigma**2 / n + 4)
        mu = float(precision * means.sum() / (3 * precision + 1 / 100))
        return mu, mu + 4 * precision * (means - mu)

    def score(sigma: float) -> float:
        return float(np.mean((TWO_WAY - modes(sigma)[1][:, None]) ** 2) - sigma**2)

    sigma = root_of(score, 0.1, 10)
    mu, theta = modes(sigma)
    return {
        ("mle", "theta"): means,
        ("mle", "sigma"): np.sqrt(np.mean((TWO_WAY - means[:, None]) ** 2)),
        ("map", "mu"): mu, ("map", "theta"): theta, ("map", "sigma"): sigma,
    }  # fmt: skip


HYPER = {"mu": PRIOR_ONLY, "tau": PRIOR_ONLY}
RIDGE = {"mu": FLAT, "tau": FLAT, "z": FLAT}
FREE = {"mle": {"mu": 0.0, "tau": 1.0}}

CASES = (
    Case("centred_half_normal", centred(lambda: pm.HalfNormal("tau", 5)),
         {"mle": HYPER, "map": "unbounded"}, known=lambda: {("mle", "theta"): EFFECT},
         note="All effects equal and tau to zero: the prior density gains tau^-8.",
         elsewhere=FREE, along=(Along("map", "unbounded", to_the_mean),)),
    Case("centred_half_cauchy", centred(lambda: pm.HalfCauchy("tau", 5)),
         {"mle": HYPER, "map": "unbounded"}, known=lambda: {("mle", "theta"): EFFECT},
         note="As with the half-normal: positive at zero.",
         elsewhere=FREE, along=(Along("map", "unbounded", to_the_mean),)),
    Case("centred_log_normal", centred(lambda: pm.LogNormal("tau", np.log(8), 0.3)),
         {"mle": HYPER}, known=lambda: centred_known(lognormal_tau()), elsewhere=FREE,
         note="The log-normal vanishes faster than tau^8: one root of the profile score."),
    Case("centred_inverse_gamma", centred(lambda: pm.InverseGamma("tau", 3, 10)),
         {"mle": HYPER}, known=lambda: centred_known(inverse_gamma_tau()), elsewhere=FREE,
         note="So does the inverse gamma."),
    Case("centred_tau_known", centred_fixed_tau, {"mle": {"mu": PRIOR_ONLY}},
         known=fixed_known, elsewhere={"mle": {"mu": 0.0}},
         note="Everything is normal: the joint mode is the shrinkage estimate."),
    Case("noncentred_wide", noncentred(20.0), {"mle": RIDGE},
         known=lambda: noncentred_known(20.0), elsewhere={"mle": ridge_walk(1.0)},
         note="Nine unknowns and one more for eight means: a curved ridge; the mode is interior.",
         along=(Along("mle", FLAT, ridge_walk),)),
    Case("noncentred_tight", noncentred(4.0), {"mle": RIDGE, "map": {"tau": "at_boundary"}},
         known=lambda: noncentred_known(4.0), elsewhere={"mle": ridge_walk(1.0)},
         note="With this prior the profile in tau falls from zero; z is zero there.",
         along=(Along("mle", FLAT, ridge_walk), Along("map", "at_boundary", to_no_variance))),
    Case("horseshoe", horseshoe, {"mle": {"tau": PRIOR_ONLY, "lam": PRIOR_ONLY},
                                  "map": "unbounded"},
         known=lambda: {("mle", "beta"): least_squares(*horseshoe_data())[0]},
         elsewhere={"mle": {"tau": 1.0, "lam": np.ones(3)}},
         note="Coefficients of zero and tau to zero: the prior gains tau^-3 at a finite cost.",
         along=(Along("map", "unbounded", to_no_signal),)),
    Case("random_walk", random_walk, {"mle": {"step": PRIOR_ONLY}, "map": "unbounded"},
         known=lambda: {("mle", "level"): LEVEL}, elsewhere={"mle": {"step": 1.0}},
         note="A level that never moves and a step of zero: five innovations gain step^-5.",
         along=(Along("map", "unbounded",
                      lambda t: {"step": np.exp(-t), "level": np.full(6, 1.8)}),)),
    Case("sites_one_without_events", sites, {"mle": {"rate": {"south": "at_boundary"}}},
         known=lambda: {("mle", "rate"): SITES, ("map", "rate"): (SITES + 1) / 1.5},
         note="Conjugate site by site; one count is zero.",
         along=(Along("mle", "at_boundary",
                      lambda t: {"rate": np.array([3.0, np.exp(-t), 5.0])}),)),
    Case("group_means", groups, {"mle": {"mu": PRIOR_ONLY}}, known=groups_known,
         elsewhere={"mle": {"mu": 0.0}},
         note="Group means and the pooled within sd; shrinkage given sigma, one root for sigma."),
)  # fmt: skip
