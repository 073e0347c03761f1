"""Normal mixtures: with a variance of its own for each component the likelihood has no maximum."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pymc as pm
from scipy import optimize, stats

from .case import Along, Answers, Case, same, zero_of


@cache
def data() -> np.ndarray:
    rng = np.random.default_rng(51)
    return np.round(np.concatenate([rng.normal(-2, 0.7, 22), rng.normal(3, 1.0, 18)]), 3)


def mixture(prior: Callable[[], Any] | None) -> Callable[[], pm.Model]:
    """Two components with ordered means; ``None`` shares one sigma, flat."""

    def build() -> pm.Model:
        with pm.Model(coords={"component": ["low", "high"]}) as model:
            share = pm.Uniform("share", 0, 1)
            mu = pm.Normal(
                "mu", 0, 10, dims="component", transform=pm.distributions.transforms.ordered,
                initval=[-1.0, 1.0],
            )  # fmt: skip
            sigma = pm.HalfFlat("sigma") if prior is None else prior()
            weights = pm.math.stack([1 - share, share])
            pm.NormalMixture("y", w=weights, mu=mu, sigma=sigma, observed=data())
        return model

    return build


def score(p: np.ndarray, shared: bool, precision: float, a: float, b: float) -> np.ndarray:
    """Return the score by share, means and sigmas.

    ``precision`` is of the means' prior, ``a`` and ``b`` of an inverse gamma on each sigma; with
    zero for all there is the likelihood alone.
    """
    y = data()
    share, mu = p[0], p[1:3]
    sigma = np.repeat(p[3], 2) if shared else p[3:5]
    z = (y[:, None] - mu) / sigma
    weight = np.array([1 - share, share]) * stats.norm.pdf(z) / sigma
    r = weight / weight.sum(axis=1, keepdims=True)
    by_sigma = np.sum(r * (z**2 - 1), axis=0) / sigma
    if b:
        by_sigma = by_sigma - (a + 1) / sigma + b / sigma**2
    size = r.sum(axis=0)
    return np.concatenate(
        [
            [size[1] / share - size[0] / (1 - share)],
            np.sum(r * z, axis=0) / sigma - precision * mu,
            [by_sigma.sum()] if shared else by_sigma,
        ]
    )


def known(method: str, shared: bool, a: float = 0.0, b: float = 0.0) -> Answers:
    precision = 0.01 if method == "map" else 0.0
    start = [0.45, -2.0, 3.0, *([0.9] if shared else [0.7, 1.0])]
    p = zero_of(lambda p: score(p, shared, precision, a, b), start)
    sigma: Any = p[3] if shared else p[3:]
    return same({"share": p[0], "mu": p[1:3], "sigma": sigma}, (method,))


def spike(t: float) -> dict[str, Any]:
    """Put the upper component on one datum and let its sigma go to zero."""
    return {"share": 0.05, "mu": np.array([0.0, data()[30]]), "sigma": np.array([3.0, np.exp(-t)])}


def up(*methods: str) -> tuple[Along, ...]:
    return tuple(Along(method, "unbounded", spike) for method in methods)


WAITS = np.array([0.8, 1.2, 1.9, 2.3, 2.4, 2.5, 3.6, 0.5, 1.1, 3.1, 1.6, 2.0])


def two_gammas() -> pm.Model:
    with pm.Model() as model:
        share = pm.Uniform("share", 0, 1)
        shape = pm.HalfFlat("shape", shape=2, initval=[1.0, 3.0])
        rate = pm.HalfFlat("rate", shape=2, initval=[1.0, 1.0])
        pm.Mixture("y", w=pm.math.stack([1 - share, share]), comp_dists=pm.Gamma.dist(shape, rate), observed=WAITS)
    return model


def gamma_spike(t: float) -> dict[str, Any]:
    return {"share": 0.05, "shape": np.array([1.5, np.exp(t)]), "rate": np.array([0.8, np.exp(t) / WAITS[3]])}


TWO = np.array([-0.6, 2.1])
FOUR = np.exp([5.0, -5.0, 0.1, 0.2])


def one_known(y: np.ndarray, share: float, known: Any, other: Callable[[Any, Any], Any],
              sigma: Callable[[], Any]) -> Callable[[], pm.Model]:  # fmt: skip
    """A mixture of a component that is known and one that is not, in known shares."""

    def build() -> pm.Model:
        with pm.Model() as model:
            mu = pm.Normal("mu", 0, 5)
            parts = [known(), other(mu, sigma())]
            pm.Mixture("y", w=[share, 1 - share], comp_dists=parts, observed=y)
        return model

    return build


def best_of_all(y: np.ndarray, share: float, density: Callable[[np.ndarray, float, float], np.ndarray]) -> Answers:
    """Return the mode under an InverseGamma(3, 1.5) for sigma, by Nelder and Mead's simplex from a grid of starts."""
    known = share * density(y, 0.0, 1.0)

    def fall(p: np.ndarray) -> float:
        terms = np.log(known + (1 - share) * density(y, p[0], np.exp(p[1])))
        prior = stats.norm.logpdf(p[0], 0, 5) + stats.invgamma.logpdf(np.exp(p[1]), 3, scale=1.5)
        return -float(terms.sum() + prior)

    options = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 2000}
    found = [
        optimize.minimize(fall, [mu, log_sigma], method="Nelder-Mead", options=options)
        for mu in np.linspace(-6, 6, 13) for log_sigma in (-1.0, 0.0, 1.0)
    ]  # fmt: skip
    best = min(found, key=lambda end: end.fun).x
    return {("map", "mu"): best[0], ("map", "sigma"): float(np.exp(best[1]))}


def inverse_gamma() -> Any:
    return pm.InverseGamma("sigma", 3, 1.5)


def on_datum(value: float) -> tuple[Along, ...]:
    return tuple(Along(method, "unbounded", lambda t: {"mu": value, "sigma": np.exp(-t)}) for method in ("mle", "map"))


TIED = np.array([2.0, 2.0, 2.0, 5.0])


def on_tied_data(sigma: Callable[[], Any]) -> Callable[[], pm.Model]:
    """Two components on data of two values."""

    def build() -> pm.Model:
        with pm.Model() as model:
            share = pm.Uniform("share", 0, 1)
            mu = pm.Normal("mu", 0, 10, shape=2)
            pm.NormalMixture("y", w=pm.math.stack([share, 1 - share]), mu=mu, sigma=sigma(), observed=TIED)
        return model

    return build


def on_both_values(t: float) -> dict[str, Any]:
    return {"share": 0.75, "mu": np.array([2.0, 5.0]), "sigma": np.exp(-t)}


def on_the_tied_value(t: float) -> dict[str, Any]:
    return {"share": 0.75, "mu": np.array([2.0, 5.0]), "sigma": np.array([np.exp(-t), 1.0])}


def of_both(point: Callable[[float], dict[str, Any]]) -> tuple[Along, ...]:
    return tuple(Along(method, "unbounded", point) for method in ("mle", "map"))


CASES = (
    Case("shared_sigma_on_two_values", on_tied_data(lambda: pm.HalfNormal("sigma", 5)),
         {"mle": "unbounded", "map": "unbounded"}, along=of_both(on_both_values),
         note="One component on each of the two values: one sigma vanishes at all four data, by four a log unit."),
    Case("sigmas_on_tied_data", on_tied_data(lambda: pm.HalfNormal("sigma", 5, shape=2)),
         {"mle": "unbounded", "map": "unbounded"}, along=of_both(on_the_tied_value),
         note="The component on three equal data gains three a log unit, the other one where it vanishes as well."),
    Case("component_on_one_of_two_data",
         one_known(TWO, 0.5, lambda: pm.Normal.dist(0, 1), pm.Normal.dist, lambda: pm.HalfFlat("sigma")),
         {"mle": "unbounded", "map": "unbounded"}, along=on_datum(2.1),
         note="The known component explains the other datum; far from both the likelihood is flat."),
    Case("component_on_the_better_of_two_data",
         one_known(TWO, 0.5, lambda: pm.Normal.dist(0, 1), pm.Normal.dist, inverse_gamma),
         {"mle": "unbounded"}, along=on_datum(2.1)[:1],
         known=lambda: best_of_all(TWO, 0.5, lambda y, m, s: stats.norm.pdf(y, m, s)),
         note="One local mode on each datum; the one that leaves the nearer datum to N(0, 1) is the higher."),
    Case("component_on_one_of_four_data",
         one_known(FOUR, 0.5, lambda: pm.LogNormal.dist(0, 1), pm.LogNormal.dist, inverse_gamma),
         {"mle": "unbounded"}, along=(Along("mle", "unbounded", lambda t: {"mu": 5.0, "sigma": np.exp(-t)}),),
         known=lambda: best_of_all(FOUR, 0.5, lambda y, m, s: stats.lognorm.pdf(y, s, scale=np.exp(m))),
         note="The mode is a broad component over all data; those on single data are lower."),
    Case("mixture_shared_sigma", mixture(None), {},
         known=lambda: {**known("mle", True), **known("map", True)},
         note="One sigma cannot vanish at a single datum: bounded; well separated, one maximum."),
    Case("mixture_sigma_bounded",
         mixture(lambda: pm.Uniform("sigma", 0.4, 5, dims="component")), {},
         known=lambda: {**known("mle", False), **known("map", False)},
         note="Bounded away from zero a spike gains less than the second component."),
    Case("mixture_half_normal",
         mixture(lambda: pm.HalfNormal("sigma", 2, dims="component")),
         {"mle": "unbounded", "map": "unbounded"}, along=up("mle", "map"),
         note="A component on one datum gains 1/sigma (Day 1969); the half-normal allows it."),
    Case("mixture_inverse_gamma",
         mixture(lambda: pm.InverseGamma("sigma", 3, 2, dims="component")),
         {"mle": "unbounded"}, known=lambda: known("map", False, 3.0, 2.0), along=up("mle"),
         note="The inverse gamma vanishes faster than any power of sigma: a mode exists."),
    Case("mixture_of_gammas", two_gammas, {"mle": "unbounded", "map": "unbounded"},
         note="Shape and rate of one component go to infinity with its mean on a datum: half a log unit each.",
         along=tuple(Along(m, "unbounded", gamma_spike, start=10.0, stop=20.0) for m in ("mle", "map"))),
)  # fmt: skip
