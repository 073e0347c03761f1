"""Structure behind the data: a Gaussian process integrated out, factors that turn, effects that sum to zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
from scipy import stats
from scipy.optimize import minimize

from .case import BOTH, Along, Answers, Case, Near

FLAT = "not_identified"

TIME = np.linspace(0, 6, 16)
LEVEL = np.sin(TIME) + 0.2 * np.random.default_rng(71).normal(size=16)
JITTER = 1e-6  # what PyMC adds to the diagonal
SCALES = ("length", "amplitude", "sigma")


def process() -> pm.Model:
    with pm.Model() as model:
        length = pm.Gamma("length", 4, 2)
        amplitude = pm.HalfNormal("amplitude", 2)
        sigma = pm.HalfNormal("sigma", 1)
        kernel = pm.gp.cov.ExpQuad(1, length)
        marginal = pm.gp.Marginal(cov_func=amplitude**2 * kernel)
        marginal.marginal_likelihood("y", X=TIME[:, None], y=LEVEL, sigma=sigma)
    return model


def process_known() -> Answers:
    """Return both maxima by a simplex search over the density of one normal vector."""

    def loss(logs: np.ndarray, prior: bool) -> float:
        length, amplitude, sigma = np.exp(logs)
        away = (TIME[:, None] - TIME) ** 2
        cov = amplitude**2 * np.exp(-away / (2 * length**2)) + (sigma**2 + JITTER) * np.eye(16)
        value = stats.multivariate_normal.logpdf(LEVEL, cov=cov)
        if prior:
            value += stats.gamma.logpdf(length, 4, scale=0.5)
            value += stats.norm.logpdf(amplitude, 0, 2) + stats.norm.logpdf(sigma)
        return float(-value)

    found: dict[tuple[str, str], Any] = {}
    for method in BOTH:
        start = np.log([1.5, 0.8, 0.2])
        for _ in range(3):  # from where it stopped: a simplex search may collapse
            start = minimize(
                loss, start, args=(method == "map",), method="Nelder-Mead",
                options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000},
            ).x  # fmt: skip
        found |= {(method, name): Near(value, 1e-5) for name, value in zip(SCALES, np.exp(start), strict=True)}
    return found


LOADINGS = np.array([[1.0, 0.2], [0.8, -0.5], [0.3, 1.0], [-0.6, 0.9], [1.1, 0.4], [0.2, -0.8]])


def answers_of_people() -> np.ndarray:
    rng = np.random.default_rng(72)
    return rng.normal(size=(120, 2)) @ LOADINGS.T + 0.7 * rng.normal(size=(120, 6))


def factors() -> pm.Model:
    with pm.Model() as model:
        loading = pm.Normal("loading", 0, 1, shape=(6, 2))
        unique = pm.HalfNormal("unique", 1, shape=6)
        pm.MvNormal("y", np.zeros(6), cov=loading @ loading.T + np.eye(6) * unique**2, observed=answers_of_people())
    return model


def turned(t: float) -> dict[str, np.ndarray]:
    c, s = np.cos(t / 4), np.sin(t / 4)
    return {"loading": LOADINGS @ np.array([[c, -s], [s, c]]), "unique": np.full(6, 0.7)}


SITE = np.repeat(np.arange(4), 5)
YIELD = SITE + np.random.default_rng(73).normal(size=20)


def sites() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfNormal("tau", 2)
        effect = pm.ZeroSumNormal("effect", tau, shape=4)
        sigma = pm.HalfNormal("sigma", 2)
        pm.Normal("y", mu + effect[SITE], sigma, observed=YIELD)
    return model


def sites_known() -> Answers:
    means = YIELD.reshape(4, 5).mean(axis=1)
    residual = YIELD - means[SITE]
    return {
        ("mle", "mu"): YIELD.mean(),
        ("mle", "effect"): means - YIELD.mean(),
        ("mle", "sigma"): np.sqrt(np.mean(residual**2)),
    }


CASES = (
    Case("gaussian_process", process, {}, known=process_known,
         note="Integrated out it is one normal vector; its three scales by a search without gradients."),
    Case("rotated_factors", factors, {m: {"loading": FLAT} for m in BOTH}, estimands=("loading", "unique"),
         note="Loadings turned by any angle give the same covariance, and the same normal prior.",
         along=tuple(Along(m, FLAT, turned) for m in BOTH)),
    Case("zero_sum_effects", sites, {"mle": {"tau": "not_in_likelihood"}, "map": "unbounded"}, known=sites_known,
         note="Only the prior knows the spread; centred, the joint density rises as it shrinks.",
         along=(Along("map", "unbounded", lambda t: {
             "mu": YIELD.mean(), "tau": np.exp(-t), "effect": np.zeros(4), "sigma": 1.0}),)),
)  # fmt: skip
