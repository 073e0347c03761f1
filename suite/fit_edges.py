"""Parameters whose likelihood is highest at an end: Student's nu and sigma, the negative binomial's alpha."""

from __future__ import annotations

import numpy as np

from triptych.design import Design
from triptych.table import Status


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


def fits_enough(design: Design, nu: float) -> bool:
    """With ``m`` rows fitted exactly Student's likelihood goes as ``sigma ** (nu * (n - m) - m)``."""
    fitted = max(design.rank, _tied(design) if design.intercept else 0)
    return bool(fitted > nu * (design.n - fitted))


def holds_off(design: Design, nu: float) -> bool:
    """Whether a posterior under a flat prior is proper where Student's likelihood is not bounded.

    Around a fit that is exact in ``m`` rows the ``k`` coefficients keep within sigma, which gives back ``sigma ** k``
    of the likelihood (Fernandez and Steel 1999, Biometrika 86, 153-167).
    """
    fitted = max(design.rank, _tied(design) if design.intercept else 0)
    return bool(nu * (design.n - fitted) > fitted - design.rank)


def ties(design: Design, nu: float) -> tuple[bool, str]:
    """Whether rows of one value leave no mode under a prior of the slopes scaled by sigma, and why no posterior.

    Slopes at zero and sigma to zero: ``sigma ** (nu * (n - m) - m)``, over one more for each slope's density; an
    intercept within sigma of the value gives one back.
    """
    tied = _tied(design)
    power = nu * (design.n - tied) - tied
    reason = (
        f"no posterior exists: {tied} of {design.n} values of {design.outcome_name!r} are the same, and Student errors "
        "let sigma go to zero on them; use --family gaussian, or look for what ties them"
    )
    unbounded = tied > 0 and power < design.rank - design.intercept
    return unbounded, reason if tied > 0 and power + 1 + design.intercept <= 0 else ""


def _tied(design: Design) -> int:
    """Return the number of rows that slopes of zero fit exactly."""
    if not design.intercept:
        return int(np.sum(design.outcome == 0))
    return int(np.unique(design.outcome, return_counts=True)[1].max())


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
