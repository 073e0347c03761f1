"""Parameters whose likelihood is highest at an end: Student's nu, the negative binomial's alpha."""

from __future__ import annotations

import numpy as np

from triptych.design.design import Design
from triptych.problem.table import Status


def edge_of_nu(design: Design) -> Status | None:
    """Where the profile likelihood of nu peaks, if that is an end: EM on a grid, from normal down."""
    from scipy import stats

    y = design.target
    coef, *_ = np.linalg.lstsq(design.full, y, rcond=None)
    sigma = float(np.sqrt(np.mean((y - design.full @ coef) ** 2)))
    heights = [float(stats.norm.logpdf(y, design.full @ coef, sigma).sum())]
    for above in np.logspace(4, -4, 33):
        nu = 2.0 + above
        for _ in range(30):
            squares = (y - design.full @ coef) ** 2
            root = np.sqrt((nu + 1) / (nu + squares / sigma**2))
            coef, *_ = np.linalg.lstsq(design.full * root[:, None], y * root, rcond=None)
            sigma = float(np.sqrt(np.mean((root * (y - design.full @ coef)) ** 2)))
        heights.append(float(stats.t.logpdf(y, nu, design.full @ coef, sigma).sum()))
    best = int(np.argmax(heights))
    if best == 0:
        return Status.AT_INFINITY
    return Status.AT_BOUNDARY if best == len(heights) - 1 else None


def alpha_holds(design: Design) -> bool:
    """Whether a posterior of flat coefficients and alpha ~ Exponential(1) has a finite integral at alpha = 0.

    Let ``m`` counts be above zero. There the likelihood is ``alpha ** m`` times a function of ``alpha * eta``, whose
    integral over the coefficients is ``alpha ** -d``: ``d`` is the dimension of the cone of those directions in which
    the linear predictor falls in none of these rows. So ``m - d > -1``; at the other end alpha has its own tail. With
    an intercept ``d`` is the number of coefficients.
    """
    from scipy.optimize import linprog

    x = design.full[design.outcome > 0]
    m, p = x.shape
    if design.intercept or not m:
        return bool(m >= p)
    # As many rows as can rise at once: their slack is 1 at the optimum. The others stand still in all directions.
    best = linprog(
        np.r_[np.zeros(p), -np.ones(m)],
        A_ub=np.hstack([-x, np.eye(m)]),
        b_ub=np.zeros(m),
        bounds=[(None, None)] * p + [(0, 1)] * m,
    )
    still = x[best.x[p:] < 0.5]
    return bool(m >= p - (int(np.linalg.matrix_rank(still)) if len(still) else 0))


def underdispersed(design: Design) -> bool:
    """The sign of the likelihood's slope at the Poisson end, by the score for overdispersion."""
    mean = _poisson_means(design)
    return bool(np.sum((design.outcome - mean) ** 2 - design.outcome) <= 0)


def _poisson_means(design: Design) -> np.ndarray:
    """Fitted means of a Poisson regression, by Newton steps that are halved until the likelihood rises."""
    x, _ = np.linalg.qr(design.full)
    y = design.outcome

    def climbed(b: np.ndarray) -> float:
        with np.errstate(over="ignore"):
            eta = x @ b + design.outcome_centre
            return float(y @ eta - np.exp(eta).sum())

    b = np.zeros(x.shape[1])
    for _ in range(200):
        mean = np.exp(x @ b + design.outcome_centre)
        step = np.linalg.lstsq(x.T @ (mean[:, None] * x), x.T @ (y - mean), rcond=None)[0]
        best, size = climbed(b), 1.0
        while size > 1e-10 and not climbed(b + size * step) > best:
            size /= 2
        if size <= 1e-10:
            break
        b = b + size * step
    return np.asarray(np.exp(x @ b + design.outcome_centre))
