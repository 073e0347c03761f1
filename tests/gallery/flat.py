"""Flat and singular directions: the rows involved are not identified, the others are fine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
from scipy import special

from .case import BOTH, Along, Answers, Case, least_squares, same, zero_of

FLAT = "not_identified"

RNG = np.random.default_rng(31)
X1, X2 = RNG.normal(size=(2, 18))
Y = 1 + X1 - 0.5 * X2 + RNG.normal(size=18)
DUPLICATE = np.column_stack([np.ones(18), X1, X1, X2])
SUM = np.column_stack([np.ones(18), X1, X2, X1 + X2])
NAMES = ["one", "a", "b", "c"]


def regression(X: np.ndarray, flat: bool) -> pm.Model:
    with pm.Model(coords={"predictor": NAMES}) as model:
        if flat:
            beta = pm.Flat("beta", dims="predictor", initval=np.zeros(4))
        else:
            beta = pm.Normal("beta", 0, 2, dims="predictor")
        sigma = pm.HalfFlat("sigma")
        pm.Normal("y", X @ beta, sigma, observed=Y)
    return model


def reduced() -> tuple[np.ndarray, float]:
    return least_squares(DUPLICATE[:, [0, 1, 3]], Y)


def ridge_mode(X: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the joint mode with Normal(0, 2) coefficients and sigma flat."""

    def coefficients(sigma: float) -> np.ndarray:
        return np.linalg.solve(X.T @ X + sigma**2 / 4 * np.eye(4), X.T @ Y)

    def score(s: np.ndarray) -> np.ndarray:
        return np.array([np.mean((Y - X @ coefficients(float(s[0]))) ** 2) - s[0] ** 2])

    sigma = float(zero_of(score, [1.0])[0])
    return coefficients(sigma), sigma


def duplicate_known() -> Answers:
    (one, _, c), sigma = reduced()
    mode, mode_sigma = ridge_mode(DUPLICATE)
    return {
        ("mle", "beta"): np.array([one, np.nan, np.nan, c]), ("mle", "sigma"): sigma,
        ("map", "beta"): mode, ("map", "sigma"): mode_sigma,
    }  # fmt: skip


def along_duplicate(t: float) -> dict[str, Any]:
    (one, a, c), sigma = reduced()
    return {"beta": np.array([one, a + t, -t, c]), "sigma": sigma}


def sum_known() -> Answers:
    (one, _, _), sigma = reduced()
    beta = np.array([one, np.nan, np.nan, np.nan])
    return same({"beta": beta, "sigma": sigma})


def along_sum(t: float) -> dict[str, Any]:
    (one, a, b), sigma = reduced()
    return {"beta": np.array([one, a + t, b + t, -t]), "sigma": sigma}


def zero_column() -> pm.Model:
    with pm.Model(coords={"predictor": ["used", "unused"]}) as model:
        beta = pm.Normal("beta", 0, 5, dims="predictor")
        pm.Normal("y", np.column_stack([X1, np.zeros(18)]) @ beta, 1.0, observed=Y)
    return model


LEVEL = np.repeat([0, 1], 9)
LEVEL_MEAN = np.array([Y[:9].mean(), Y[9:].mean()])


def dummy_trap() -> pm.Model:
    with pm.Model(coords={"level": ["low", "high"]}) as model:
        intercept = pm.Flat("intercept")
        effect = pm.Flat("effect", dims="level", initval=np.zeros(2))
        pm.Deterministic("difference", effect[1] - effect[0])
        pm.Deterministic("mean", intercept + effect, dims="level")
        pm.Normal("y", intercept + effect[LEVEL], 1.0, observed=Y)
    return model


def sum_of_two() -> pm.Model:
    with pm.Model() as model:
        a, b = pm.Normal("a", 0, 1), pm.Normal("b", 0, 2)
        pm.Deterministic("total", a + b)
        pm.Normal("y", a + b, 1.0, observed=Y)
    return model


def sum_of_two_known() -> Answers:
    total = Y.mean() * 5 / (5 + 1 / 18)
    return {
        ("mle", "total"): Y.mean(), ("map", "total"): total,
        ("map", "a"): total / 5, ("map", "b"): total * 4 / 5,
    }  # fmt: skip


PRODUCT = np.array([2.1, 3.0, 2.4, 2.9, 2.6])


def product() -> pm.Model:
    with pm.Model() as model:
        a, b = pm.HalfNormal("a", 1), pm.Normal("b", 0, 1)
        pm.Deterministic("product", a * b)
        pm.Normal("y", a * b, 1.0, observed=PRODUCT)
    return model


def product_known() -> Answers:
    square = PRODUCT.mean() - 1 / 5
    mode = {"a": np.sqrt(square), "b": np.sqrt(square), "product": square}
    return {("mle", "product"): PRODUCT.mean(), **same(mode, ("map",))}


def probit_scale() -> pm.Model:
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, 1), pm.LogNormal("sigma", 0, 0.5)
        pm.Deterministic("ratio", mu / sigma)
        pm.Binomial("y", n=20, p=pm.math.invprobit(mu / sigma), observed=14)
    return model


WIDE = np.random.default_rng(32).normal(size=(4, 6))
WIDE_Y = np.array([1.0, -0.5, 2.0, 0.3])
WIDE_BINARY = np.array([1, 0, 1, 0])
NULL = np.linalg.svd(WIDE)[2][-1]
THROUGH = np.linalg.pinv(WIDE) @ WIDE_Y


def wide(sigma: float | None) -> pm.Model:
    with pm.Model(coords={"predictor": list("abcdef")}) as model:
        beta = pm.Normal("beta", 0, 1, dims="predictor")
        pm.Deterministic("fitted", WIDE @ beta)
        noise: Any = pm.HalfNormal("sigma", 1) if sigma is None else sigma
        pm.Normal("y", WIDE @ beta, noise, observed=WIDE_Y)
    return model


def wide_known() -> Answers:
    mode = np.linalg.solve(WIDE.T @ WIDE + 0.25 * np.eye(6), WIDE.T @ WIDE_Y)
    return {
        ("mle", "fitted"): WIDE_Y, ("map", "beta"): mode, ("map", "fitted"): WIDE @ mode,
    }  # fmt: skip


def wide_logistic() -> pm.Model:
    with pm.Model(coords={"predictor": list("abcdef")}) as model:
        beta = pm.Normal("beta", 0, 1, dims="predictor")
        pm.Bernoulli("y", logit_p=WIDE @ beta, observed=WIDE_BINARY)
    return model


def wide_logistic_known() -> Answers:
    return {("map", "beta"): zero_of(
        lambda b: WIDE.T @ (WIDE_BINARY - special.expit(WIDE @ b)) - b, np.zeros(6))}  # fmt: skip


COUNTS = np.array([4, 5, 3, 6, 4, 5, 1, 0, 2, 1, 1])


def switch_point() -> pm.Model:
    with pm.Model() as model:
        when = pm.Uniform("when", 0, 10)
        early, late = pm.Exponential("early", 1), pm.Exponential("late", 1)
        rate = pm.math.switch(np.arange(11) <= when, early, late)
        pm.Poisson("y", rate, observed=COUNTS)
    return model


def switch_known() -> Answers:
    """Try every split; an Exponential(1) prior turns sum/n into sum/(n + 1)."""
    out: dict[tuple[str, str], Any] = {}
    for method, extra in (("mle", 0), ("map", 1)):
        splits = [(COUNTS[:k], COUNTS[k:]) for k in range(1, 11)]
        rates = [(a.sum() / (a.size + extra), b.sum() / (b.size + extra)) for a, b in splits]
        gains = [
            a.sum() * np.log(x) - (a.size + extra) * x + b.sum() * np.log(z) - (b.size + extra) * z
            for (a, b), (x, z) in zip(splits, rates, strict=True)
        ]
        best = rates[int(np.argmax(gains))]
        out |= {(method, "early"): best[0], (method, "late"): best[1]}
    return out


def along_switch(method: str) -> Along:
    known = switch_known()
    rates = {name: known[method, name] for name in ("early", "late")}
    return Along(method, FLAT, lambda t: {"when": 5.05 + 0.08 * t, **rates})


def two_cauchy() -> pm.Model:
    with pm.Model() as model:
        mu, sigma = pm.Flat("mu"), pm.HalfFlat("sigma")
        pm.Cauchy("y", mu, sigma, observed=np.array([100.0, 100.5]))
    return model


def product_with_a_floor() -> pm.Model:
    with pm.Model() as model:
        a = pm.Gumbel("a", 0, 1)
        b = pm.InverseGamma("b", 3, 1)
        pm.Normal("y", pm.math.exp(pm.math.clip(a, -20, 20)) * b, 1, observed=-1 + X1)
    return model


def sum_of_scales() -> pm.Model:
    """Return a regression whose least-squares slope is near one, and beyond what the prior allows."""
    with pm.Model() as model:
        level = pm.Flat("level")
        slope = pm.Uniform("slope", -1, 0.5)
        scale = pm.HalfFlat("scale", shape=2)
        sigma = pm.Deterministic("sigma", scale.sum())
        pm.Normal("y", level + slope * X1, sigma, observed=Y)
    return model


def sum_of_scales_known() -> dict[str, float]:
    left = Y - 0.5 * X1
    return {"level": left.mean(), "slope": 0.5, "sigma": left.std()}


def sum_of_scales_path(slope: float) -> dict[str, Any]:
    known = sum_of_scales_known()
    return {"level": known["level"], "slope": slope, "scale": np.full(2, known["sigma"] / 2)}


CASES = (
    Case("duplicated_column", lambda: regression(DUPLICATE, False),
         {"mle": {"beta": {"a": FLAT, "b": FLAT}}}, known=duplicate_known,
         note="Only the sum of the twins enters; the ridge splits it evenly.",
         elsewhere={"mle": along_duplicate(0.5)},
         along=(Along("mle", FLAT, along_duplicate),)),
    Case("collinear_flat_priors", lambda: regression(SUM, True),
         {m: {"beta": {"a": FLAT, "b": FLAT, "c": FLAT}} for m in BOTH}, known=sum_known,
         note="c = a + b: three rows involved, intercept and sigma are least squares' own.",
         elsewhere={m: along_sum(0.5) for m in BOTH},
         along=tuple(Along(m, FLAT, along_sum) for m in BOTH)),
    Case("column_of_zeros", zero_column, {"mle": {"beta": {"unused": "not_in_likelihood"}}},
         known=lambda: {
             ("mle", "beta"): np.array([X1 @ Y / (X1 @ X1), np.nan]),
             ("map", "beta"): np.array([X1 @ Y / (X1 @ X1 + 1 / 25), 0.0])},
         note="A predictor that is zero throughout: nothing is learnt of its coefficient.",
         elsewhere={"mle": {"beta": np.array([X1 @ Y / (X1 @ X1), 1.0])}},
         along=(Along("mle", FLAT, lambda t: {"beta": np.array([0.5, t])}),)),
    Case("dummy_trap", dummy_trap, {m: {"intercept": FLAT, "effect": FLAT} for m in BOTH},
         estimands=("intercept", "effect", "difference", "mean"),
         known=lambda: same({"difference": LEVEL_MEAN[1] - LEVEL_MEAN[0], "mean": LEVEL_MEAN}),
         elsewhere={m: {"intercept": 0.0, "effect": LEVEL_MEAN} for m in BOTH},
         note="Intercept and all levels: only means and their contrasts are determined.",
         along=tuple(Along(m, FLAT, lambda t: {"intercept": t, "effect": -t + LEVEL_MEAN})
                     for m in BOTH)),
    Case("sum_of_two", sum_of_two, {"mle": {"a": FLAT, "b": FLAT}}, known=sum_of_two_known,
         estimands=("a", "b", "total"), elsewhere={"mle": {"a": 0.0, "b": Y.mean()}},
         note="Only a + b enters; the priors split it by their variances, 1 to 4.",
         along=(Along("mle", FLAT, lambda t: {"a": t, "b": -t}),)),
    Case("product_of_two", product, {"mle": {"a": FLAT, "b": FLAT}}, known=product_known,
         estimands=("a", "b", "product"), elsewhere={"mle": {"a": 1.0, "b": PRODUCT.mean()}},
         note="A hyperbola of maxima; with unit normal priors a = b and a^2 = mean - 1/n.",
         along=(Along("mle", FLAT, lambda t: {"a": np.exp(t / 4), "b": 2 * np.exp(-t / 4)}),)),
    Case("probit_scale", probit_scale, {"mle": {"mu": FLAT, "sigma": FLAT}},
         estimands=("mu", "sigma", "ratio"),
         known=lambda: {("mle", "ratio"): float(special.ndtri(0.7))},
         elsewhere={"mle": {"mu": float(special.ndtri(0.7)), "sigma": 1.0}},
         note="A latent scale: only mu / sigma enters, and its probit is 14/20.",
         along=(Along("mle", FLAT, lambda t: {"mu": t, "sigma": 2 * t}),)),
    Case("product_with_a_floor", product_with_a_floor, {"mle": {"a": "at_infinity", "b": FLAT}},
         note="The mean of negative data is best at its lower limit, to which a goes and b is free; "
              "below a floor of a the ridge along a product ends.",
         along=(Along("mle", FLAT, lambda t: {"a": -t, "b": np.exp(t)}),
                Along("mle", "at_infinity", lambda t: {"a": -t, "b": 1.0}))),
    Case("sum_of_scales_at_an_edge", sum_of_scales, {m: {"slope": "at_boundary", "scale": FLAT} for m in BOTH},
         known=lambda: same(sum_of_scales_known()), estimands=("level", "slope", "scale", "sigma"),
         elsewhere={m: {"slope": 0.5 - 1e-9, "scale": np.full(2, sum_of_scales_known()["sigma"] / 2)} for m in BOTH},
         note="Of two scales that add up the sum alone is known, while a slope is at its upper bound.",
         along=tuple(along for m in BOTH for along in (
             Along(m, FLAT, lambda t: {"level": 0.0, "slope": 0.0, "scale": np.array([t, 12 - t])}),
             Along(m, "at_boundary", lambda t: sum_of_scales_path(0.5 - np.exp(-t)))))),
    Case("wide_sigma_known", lambda: wide(0.5), {"mle": {"beta": FLAT}}, known=wide_known,
         estimands=("beta", "fitted"), elsewhere={"mle": {"beta": THROUGH}},
         note="More columns than rows: fitted values are the data, coefficients are free.",
         along=(Along("mle", FLAT, lambda t: {"beta": THROUGH + t * NULL}),)),
    Case("wide_sigma_unknown", lambda: wide(None),
         {"mle": {"beta": FLAT, "sigma": "unbounded"}, "map": "unbounded"},
         estimands=("beta", "sigma"), note="The fit is exact, so sigma^-n rises without limit.",
         along=(Along("mle", FLAT, lambda t: {"beta": t * NULL, "sigma": 1.0}),
                *(Along(m, "unbounded", lambda t: {"beta": THROUGH, "sigma": np.exp(-t)})
                  for m in BOTH))),
    Case("wide_logistic", wide_logistic, {"mle": FLAT}, known=wide_logistic_known,
         note="The coefficients have a null space, and the classes are separated besides.",
         along=(Along("mle", FLAT, lambda t: {"beta": t * NULL}),
                Along("mle", "at_infinity",
                      lambda t: {"beta": 2 * t * np.linalg.pinv(WIDE) @ (2 * WIDE_BINARY - 1)}))),
    Case("switch_point", switch_point, {m: {"when": FLAT} for m in BOTH}, known=switch_known,
         elsewhere={m: {"when": 5.5} for m in BOTH}, smooth=False,
         note="A step function of the switch point: the best split by trying all of them.",
         along=tuple(along_switch(m) for m in BOTH)),
    Case("cauchy_of_two_data", two_cauchy, {m: FLAT for m in BOTH},
         note="As high all along the half circle over the two data (Copas 1975).",
         along=tuple(Along(m, FLAT, lambda t: {"mu": 100.25 + 0.25 * np.tanh(t), "sigma": 0.25 / np.cosh(t)},
                           start=-4.0, stop=4.0) for m in BOTH)),
)  # fmt: skip
