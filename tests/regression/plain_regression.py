"""Likelihoods, priors and maximum-likelihood fits of the regressions in NumPy and SciPy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats
from scipy.optimize import linprog
from scipy.special import expit

from triptych.design.design import Design
from triptych.design.outcome import Kind
from triptych.regression.priors.horseshoe import SLAB_DF
from triptych.regression.priors.student import PRIOR_DF
from triptych.regression.regression import Regression

Point = dict[str, Any]


def eta_of(design: Design, point: Point) -> np.ndarray:
    """The linear predictor at a point of the free parameters, on the outcome's own scale."""
    beta = np.atleast_1d(point["beta"]) if design.labels else np.zeros(0)
    return design.outcome_centre + design.outcome_scale * (design.z @ beta + float(point.get("intercept", 0.0)))


def log_likelihood(design: Design, regression: Regression, point: Point) -> float:
    """Sum over the rows, from SciPy's distributions."""
    eta, y = eta_of(design, point), design.outcome
    with np.errstate(all="ignore"):
        match regression.family:
            case "gaussian":
                terms = stats.norm.logpdf(y, eta, point["sigma"])
            case "laplace":
                terms = stats.laplace.logpdf(y, eta, point["sigma"])
            case "student":
                nu = regression.nu if regression.nu is not None else 2.0 + point["nu_above_2"]
                terms = stats.t.logpdf(y, nu, eta, point["sigma"])
            case "bernoulli":
                terms = y * eta - np.logaddexp(0, eta)
            case "binomial":
                terms = y * eta - design.trials * np.logaddexp(0, eta)
            case "poisson":
                terms = y * eta - np.exp(eta)
            case _:
                alpha = point["alpha"]
                terms = stats.nbinom.logpmf(y, alpha, alpha / (alpha + np.exp(eta)))
    return float(np.sum(terms))


def log_prior(design: Design, regression: Regression, point: Point) -> float:
    """Log prior density of the free parameters, up to a constant."""
    width = prior_widths(design, regression, point.get("sigma"))
    total = 0.0
    if regression.measured:
        total += -np.log(point["sigma"]) if regression.prior == "flat" else -point["sigma"] / design.spread
    if regression.family == "negative_binomial":
        total -= point["alpha"]
    if "nu_above_2" in point:
        total += stats.gamma.logpdf(point["nu_above_2"], 2, scale=10)
    if regression.prior == "flat" or not design.labels:
        return float(total)
    if regression.prior == "horseshoe":
        half = stats.halfcauchy.logpdf
        total += half(point["tau"]) + np.sum(half(point["lambda"]))
        total += np.sum(stats.norm.logpdf(point["raw"], 0, _horseshoe_scales(design, regression, point)[1]))
        return float(total + stats.invgamma.logpdf(point["slab"], SLAB_DF / 2, scale=SLAB_DF / 2))
    b = np.atleast_1d(point["beta"])
    match regression.prior:
        case "normal" | "ridge":
            terms = stats.norm.logpdf(b, 0, width)
        case "laplace" | "lasso":
            terms = stats.laplace.logpdf(b, 0, width)
        case "student":
            terms = stats.t.logpdf(b, PRIOR_DF, 0, width)
        case _:
            terms = (
                -regression.l1_ratio * np.abs(b) / width
                - (1 - regression.l1_ratio) * (b / width) ** 2 / 2
                - np.log(width)
            )
    return float(total + np.sum(terms))


def prior_widths(design: Design, regression: Regression, sigma: float | None) -> np.ndarray:
    """Scales of the slopes' prior over ``z``: in units of sd(y) / sd(x), of the user, or of sigma."""
    scale = 2.5 if regression.prior_scale == "auto" else float(regression.prior_scale)
    if regression.measured and regression.prior in ("ridge", "lasso", "elastic_net"):
        assert sigma is not None
        return np.full(len(design.labels), scale * sigma / design.outcome_scale)
    if not regression.measured or regression.prior_scale != "auto":
        return np.full(len(design.labels), float(scale))
    own = 2.5 * np.std(design.outcome, ddof=1) / np.std(design.columns, axis=0, ddof=1)
    return np.asarray(own * design.scale / design.outcome_scale)


def horseshoe_slopes(design: Design, regression: Regression, point: Point) -> np.ndarray:
    """Slopes from the horseshoe's scales."""
    shrunk, wide = _horseshoe_scales(design, regression, point)
    return np.asarray(point["raw"] * shrunk / wide)


def _horseshoe_scales(design: Design, regression: Regression, point: Point) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviations of the slopes, and of what the model writes in their place."""
    noise = point["sigma"] / design.outcome_scale if regression.measured else 1.0
    spread = regression.scale(design) * noise * point["tau"] * point["lambda"]
    shrunk = spread / np.sqrt(1 + spread**2 / (2.5**2 * point["slab"]))
    return shrunk, np.sqrt(1 + (shrunk / regression.slope_errors(design)) ** 2)


def runaway_rows(design: Design) -> np.ndarray:
    """Rows whose linear predictor goes to infinity when the likelihood of a discrete outcome is maximised."""
    y, x = design.outcome, design.full / np.abs(design.full).max(axis=0)
    if design.kind is Kind.COUNTS:
        push = np.where(y == 0, -1.0, 0.0)
    else:
        total = np.ones(design.n) if design.trials is None else design.trials
        push = np.where(y == 0, -1.0, np.where(y == total, 1.0, 0.0))
    free, (n, p) = push != 0, x.shape
    # Slack s with 0 <= s <= 1 and s <= push * (x b): as many as can be positive are 1 at the optimum.
    found = linprog(
        np.r_[np.zeros(p), -np.ones(n)],
        A_ub=np.hstack([-push[free, None] * x[free], np.eye(n)[free]]),
        b_ub=np.zeros(int(free.sum())),
        A_eq=np.hstack([x[~free], np.zeros((n - int(free.sum()), n))]) if (~free).any() else None,
        b_eq=np.zeros(n - int(free.sum())) if (~free).any() else None,
        bounds=[(None, None)] * p + [(0, 1 if f else 0) for f in free],
    )
    return np.asarray(found.x[p:] > 0.5)


def exponential_fit(design: Design, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients over ``full``, their covariance, and the directions that these rows leave open (as rows)."""
    size = np.abs(design.full).max(axis=0)
    x = design.full[kept] / size
    u, d, vt = np.linalg.svd(x, full_matrices=True)
    rank = int(np.sum(d > 1e-11 * d.max())) if d.size else 0
    q, y = u[:, :rank], design.outcome[kept]
    total = np.ones(len(y)) if design.trials is None else design.trials[kept]
    binary = design.kind in (Kind.CLASSES, Kind.TRIALS)

    def mean(eta: np.ndarray) -> np.ndarray:
        return total * expit(eta) if binary else np.exp(eta)

    def height(b: np.ndarray) -> float:
        eta = q @ b + design.outcome_centre
        with np.errstate(over="ignore"):
            return float(y @ eta - np.sum(total * np.logaddexp(0, eta) if binary else np.exp(eta)))

    b = np.zeros(rank)
    for _ in range(500):
        m = mean(q @ b + design.outcome_centre)
        weight = m * (1 - m / total) if binary else m
        information = q.T @ (weight[:, None] * q)
        step = np.linalg.solve(information, q.T @ (y - m))
        while not height(b + step) >= height(b) and np.abs(step).max() > 1e-14:
            step = step / 2
        b = b + step
    back = (vt[:rank] / d[:rank, None]).T / size[:, None]
    return back @ b, back @ np.linalg.inv(information) @ back.T, vt[rank:] / size
