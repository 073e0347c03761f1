"""Objectives with kinks and jumps: medians, lassos, hinges, data-dependent edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
from scipy import special

from .case import BOTH, Along, Answers, Case, Near, least_squares, root_of, same
from .regressions import PREDICTOR, design, ridge_data, stackloss

FLAT = "not_identified"


def quantile_fit(X: np.ndarray, y: np.ndarray, q: float) -> np.ndarray:
    """Solve quantile regression as a linear programme, then exactly through its vertex."""
    from scipy.optimize import linprog

    n, p = X.shape
    cost = np.concatenate([np.zeros(p), np.full(n, q), np.full(n, 1 - q)])
    equal = np.hstack([X, np.eye(n), -np.eye(n)])
    bounds = [(None, None)] * p + [(0, None)] * (2 * n)
    rough = linprog(cost, A_eq=equal, b_eq=y, bounds=bounds, method="highs").x[:p]
    on = np.argsort(np.abs(y - X @ rough))[:p]
    return np.linalg.solve(X[on], y[on])


def absolute_deviations() -> pm.Model:
    X, y = stackloss()
    with pm.Model(coords={"predictor": ["one", "air", "water", "acid"]}) as model:
        beta = pm.Flat("beta", dims="predictor", initval=np.zeros(4))
        b = pm.HalfFlat("b")
        pm.Laplace("y", X @ beta, b, observed=y)
    return model


def absolute_deviations_known() -> Answers:
    X, y = stackloss()
    beta = quantile_fit(X, y, 0.5)
    return same({"beta": beta, "b": np.mean(np.abs(y - X @ beta))})


ODD = np.array([1.0, 2.0, 4.0, 7.0, 11.0])
EVEN = ODD[:4]


def median(y: np.ndarray) -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10)
        b = pm.HalfFlat("b")
        pm.Laplace("y", mu, b, observed=y)
    return model


LEVELS = np.repeat([0, 1, 2], [6, 5, 4])
SHIFTS = np.array([3.0, 7.1, 1.2, 4.4, 9.3, 2.6, 11.0, 17.5, 12.1, 14.8, 13.3, -3.2, -8.1, -1.7, -5.9])


def medians_of_levels() -> pm.Model:
    with pm.Model(coords={"level": ["even", "odd", "even too"]}) as model:
        base = pm.Flat("base")
        effect = pm.Flat("effect", shape=2)
        pm.Deterministic("middle", pm.math.stack([base, base + effect[0], base + effect[1]]), dims="level")
        pm.Laplace("y", (base + pm.math.stack([0.0, effect[0], effect[1]]))[LEVELS], pm.HalfFlat("b"), observed=SHIFTS)
    return model


def medians_of_levels_known() -> Answers:
    medians = np.array([np.median(SHIFTS[LEVELS == k]) for k in range(3)])
    b = np.mean(np.abs(SHIFTS - medians[LEVELS]))
    return same({"b": b, "middle": np.array([np.nan, medians[1], np.nan])})


ORTHOGONAL = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1]]).T.repeat(3, axis=0) * 1.0
ORTHOGONAL_Y = np.array([3.1, 2.2, 3.5, 0.8, 1.4, 1.0, 2.6, 2.9, 2.0, 1.1, 0.3, 0.9])


def soft_threshold() -> pm.Model:
    with pm.Model(coords={"predictor": ["one", "x1", "x2"]}) as model:
        beta = pm.Laplace("beta", 0, 1 / 6, dims="predictor")
        pm.Normal("y", ORTHOGONAL @ beta, 1.0, observed=ORTHOGONAL_Y)
    return model


def soft_threshold_known() -> Answers:
    inner = ORTHOGONAL.T @ ORTHOGONAL_Y
    shrunk = np.sign(inner) * np.maximum(np.abs(inner) - 6, 0)
    return {("mle", "beta"): inner / 12, ("map", "beta"): Near(shrunk / 12, atol=0.0)}


def sparse() -> tuple[np.ndarray, np.ndarray]:
    X = np.hstack([design(40, 41)[:, 1:], design(40, 42)[:, 1:], design(40, 43)[:, 1:2]])
    return X, X @ [1.5, 0.0, -1.0, 0.0, 0.05] + np.random.default_rng(44).normal(size=40)


SPARSE_NAMES = {"predictor": list("abcde")}


def lasso() -> pm.Model:
    X, y = sparse()
    with pm.Model(coords=SPARSE_NAMES) as model:
        beta = pm.Laplace("beta", 0, 1 / 10, dims="predictor")
        pm.Normal("y", X @ beta, 1.0, observed=y)
    return model


def sklearn_lasso(alpha: float, l1_ratio: float = 1.0) -> np.ndarray:
    from sklearn.linear_model import ElasticNet

    X, y = sparse()
    fit = ElasticNet(alpha, l1_ratio=l1_ratio, fit_intercept=False, tol=1e-15, max_iter=10**6)
    return np.asarray(fit.fit(X, y).coef_)


def elastic_net() -> pm.Model:
    X, y = sparse()
    with pm.Model(coords=SPARSE_NAMES) as model:
        beta = pm.Laplace("beta", 0, 1 / 8, dims="predictor")
        pm.Potential("ridge", -0.5 * 20 * pm.math.sum(beta**2))
        pm.Normal("y", X @ beta, 1.0, observed=y)
    return model


def lasso_free_sigma() -> pm.Model:
    X, y = sparse()
    with pm.Model(coords=SPARSE_NAMES) as model:
        sigma = pm.HalfFlat("sigma")
        beta = pm.Laplace("beta", 0, sigma / 10, dims="predictor")
        pm.Normal("y", X @ beta, sigma, observed=y)
    return model


def lasso_free_sigma_known() -> Answers:
    """Given sigma it is the lasso at alpha = sigma * 10 / n; then one root for sigma."""
    X, y = sparse()
    n, p = X.shape

    def score(sigma: float) -> float:
        beta = sklearn_lasso(sigma * 10 / n)
        rss = np.sum((y - X @ beta) ** 2)
        return float(rss + 10 * sigma * np.sum(np.abs(beta)) - (n + p) * sigma**2)

    sigma = root_of(score, 0.1, 10)
    mle, mle_sigma = least_squares(X, y)
    return {
        ("mle", "beta"): mle, ("mle", "sigma"): mle_sigma,
        ("map", "beta"): sklearn_lasso(sigma * 10 / n), ("map", "sigma"): sigma,
    }  # fmt: skip


SIGN_X = np.array([-2.0, -1.5, -0.5, 0.4, 1.1, 2.3])
SIGN_Y = (SIGN_X > 0).astype(int)


def separated_lasso() -> pm.Model:
    with pm.Model() as model:
        slope = pm.Laplace("slope", 0, 2)
        pm.Bernoulli("y", logit_p=slope * SIGN_X, observed=SIGN_Y)
    return model


def separated_mode() -> float:
    return root_of(lambda s: float(np.sum(np.abs(SIGN_X) * special.expit(-s * np.abs(SIGN_X)))) - 0.5, 0, 50)


def quartile() -> pm.Model:
    X, y = ridge_data()
    with pm.Model(coords={"predictor": PREDICTOR}) as model:
        beta = pm.Flat("beta", dims="predictor", initval=np.zeros(3))
        pm.AsymmetricLaplace("y", q=0.25, mu=X @ beta, b=1.0, observed=y)
    return model


HINGE_X = np.arange(12.0)
HINGE_Y = np.array([1.1, 0.9, 1.2, 1.0, 0.8, 1.6, 2.4, 3.1, 3.6, 4.7, 5.2, 5.8])


def hinge() -> pm.Model:
    with pm.Model() as model:
        knot = pm.Uniform("knot", 0, 11)
        level, slope = pm.Flat("level"), pm.Flat("slope")
        mean = level + slope * pm.math.maximum(HINGE_X - knot, 0.0)
        pm.Normal("y", mean, 0.2, observed=HINGE_Y)
    return model


def hinge_known() -> Answers:
    """Between two x the model is two lines: the level is a mean, the right line is free."""
    best: tuple[float, dict[str, Any]] = (np.inf, {})
    for k in range(2, 10):
        level = HINGE_Y[:k].mean()
        (a, slope), _ = least_squares(np.column_stack([np.ones(12 - k), HINGE_X[k:]]), HINGE_Y[k:])
        knot = (level - a) / slope
        if k - 1 <= knot <= k:
            fit = level + slope * np.maximum(HINGE_X - knot, 0)
            found = float(np.sum((HINGE_Y - fit) ** 2))
            best = min(best, (found, {"knot": knot, "level": level, "slope": slope}))
    return same(best[1])


INSIDE = np.array([4.7, 5.2, 5.0, 5.5])


def width_one() -> pm.Model:
    with pm.Model() as model:
        centre = pm.Uniform("centre", 0, 10, initval=5.1)
        pm.Uniform("y", centre - 0.5, centre + 0.5, observed=INSIDE)
    return model


def upper_end() -> pm.Model:
    with pm.Model() as model:
        end = pm.HalfNormal("end", 100, initval=8.0)
        pm.Uniform("y", 0, end, observed=INSIDE)
    return model


ON_THE_UNIT = np.array([0.1, 0.3, 0.35, 0.5, 0.62, 0.8])


def triangle() -> pm.Model:
    with pm.Model() as model:
        mode = pm.Uniform("mode", 0, 1)
        pm.Triangular("y", lower=0, c=mode, upper=1, observed=ON_THE_UNIT)
    return model


def triangle_known() -> Answers:
    def value(mode: float) -> float:
        rising = ON_THE_UNIT <= mode
        return float(np.sum(np.where(rising, np.log(ON_THE_UNIT / mode), np.log((1 - ON_THE_UNIT) / (1 - mode)))))

    return same({"mode": max(ON_THE_UNIT, key=value)})


HOURS = np.arange(12.0)
ERRORS = np.array([0.1, -0.1, 0.05, 0.2, -0.2, 0.1, 0, -0.1, 0.1, 0.05, -0.05, 0.1])
BROKEN = np.minimum(HOURS, 4 + 0.2 * HOURS) + ERRORS


def two_lines() -> pm.Model:
    with pm.Model() as model:
        joint = pm.Uniform("joint", 1, 10)
        start, slope, change = pm.Flat("start"), pm.Flat("slope"), pm.Flat("change")
        sigma = pm.HalfFlat("sigma")
        mean = start + slope * HOURS + change * pm.math.maximum(HOURS - joint, 0)
        pm.Normal("y", mean, sigma, observed=BROKEN)
    return model


def two_lines_known() -> Answers:
    (start, slope, change), sigma = least_squares(
        np.column_stack([np.ones(12), HOURS, np.maximum(HOURS - 5, 0)]), BROKEN
    )
    return same({"joint": 5.0, "start": start, "slope": slope, "change": change, "sigma": sigma})


CASES = (
    Case("least_absolute_deviations", absolute_deviations, {}, smooth=False,
         known=absolute_deviations_known,
         note="Stack loss: a linear programme's vertex; the scale is the mean absolute residual."),
    Case("median_of_odd", lambda: median(ODD), {}, smooth=False,
         known=lambda: same({"mu": 4.0, "b": 3.0}),
         note="The median is a datum; the prior's pull is weaker than the kink."),
    Case("median_of_even", lambda: median(EVEN), {"mle": {"mu": FLAT}}, smooth=False,
         known=lambda: {("mle", "b"): 2.0, ("map", "mu"): 2.0, ("map", "b"): 2.0},
         elsewhere={"mle": {"mu": 3.0}},
         note="All between 2 and 4 are medians; a prior about zero takes the lower one.",
         along=(Along("mle", FLAT, lambda t: {"mu": 2.2 + 0.1 * t, "b": 2.0}),)),
    Case("medians_of_levels", medians_of_levels,
         {m: {"base": FLAT, "effect": FLAT, "middle": {"even": FLAT, "even too": FLAT}} for m in BOTH},
         smooth=False, known=medians_of_levels_known, elsewhere={m: {"base": 4.0, "effect": [9.3, -8.1]} for m in BOTH},
         note="Levels of six, five and four rows: only the middle one has a single median."),
    Case("soft_threshold", soft_threshold, {}, known=soft_threshold_known, smooth=False,
         note="Orthogonal columns: the lasso is soft thresholding, one coefficient exactly zero."),
    Case("lasso_sigma_known", lasso, {}, smooth=False,
         known=lambda: {("mle", "beta"): least_squares(*sparse())[0],
                        ("map", "beta"): sklearn_lasso(10 / 40)},
         note="scikit-learn's lasso at alpha = 10/n."),
    Case("lasso_sigma_unknown", lasso_free_sigma, {}, smooth=False, known=lasso_free_sigma_known,
         note="scikit-learn's lasso at alpha = 10 sigma/n, with the root for sigma."),
    Case("elastic_net", elastic_net, {}, smooth=False,
         known=lambda: {("mle", "beta"): least_squares(*sparse())[0],
                        ("map", "beta"): sklearn_lasso(28 / 40, 8 / 28)},
         note="A potential adds the quadratic: alpha = (8 + 20)/n, l1_ratio = 8/28."),
    Case("separated_lasso", separated_lasso, {"mle": "at_infinity"},
         known=lambda: {("map", "slope"): separated_mode()},
         note="Signs separate; the Laplace prior's constant pull stops the slope at one root.",
         along=(Along("mle", "at_infinity", lambda t: {"slope": 2 * t}),)),
    Case("quartile_regression", quartile, {}, smooth=False,
         known=lambda: same({"beta": quantile_fit(*ridge_data(), 0.25)}),
         note="Asymmetric Laplace errors of known scale: a linear programme at q = 1/4."),
    Case("hinge", hinge, {}, known=hinge_known,
         note="Two lines between each pair of x, the best knot that lies where it should."),
    Case("uniform_of_known_width", width_one, {m: {"centre": FLAT} for m in BOTH},
         note="Every centre between max - 1/2 and min + 1/2 is as likely, and no other at all.",
         along=tuple(Along(m, FLAT, lambda t: {"centre": 5.0 + 0.018 * t}) for m in BOTH)),
    Case("uniform_upper_end", upper_end, {m: {"end": "at_boundary"} for m in BOTH}, smooth=False,
         known=lambda: same({"end": 5.5}),
         note="end^-n falls from the largest datum, below which the density is zero.",
         along=tuple(Along(m, "at_boundary", lambda t: {"end": 5.5 + np.exp(-t)})
                     for m in BOTH)),
    Case("mode_of_a_triangle", triangle, {}, known=triangle_known, smooth=False,
         note="Between two data the likelihood is convex in the mode: the best is one of the data (Oliver 1972)."),
    Case("joint_of_two_lines_on_a_datum", two_lines, {}, known=two_lines_known, smooth=False,
         note="The sum of squares has a kink where the joint passes a datum, and there its least (Hudson 1966)."),
)  # fmt: skip
