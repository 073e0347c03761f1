"""Rows that some coefficients fit exactly: what likelihood, mode and posterior do as sigma goes to zero there.

Where ``m`` of ``n`` rows are fitted exactly, the likelihood of normal and Laplace errors stays bounded unless ``m`` is
``n``, and then goes as ``sigma ** -n``; that of Student errors goes as ``sigma ** (nu * (n - m) - m)``. The density of
sigma, exponential, is finite at zero. With ``r`` the rank of these rows:

- A prior of the slopes that does not know sigma is finite and positive at the fit: the joint density has no maximum
  where that power is negative. The coefficients that keep all residuals within sigma have a volume of
  ``sigma ** r``, so a posterior exists where power plus ``r`` is above -1 (Fernandez and Steel 1999, Biometrika 86,
  153-167, for the flat prior ``1 / sigma``, which takes one away).
- A prior that goes with sigma takes ``exp(-c / sigma)`` from a fit with slopes other than zero. At slopes of zero its
  density is ``sigma ** -k`` for ``k`` slopes, which their volume gives back; the intercept's volume is ``sigma``.
- A horseshoe, whose scale goes with sigma and has heavy tails, takes one power of sigma from a posterior and two from
  a mode at slopes other than zero (its global scale goes as 1 / sigma), and nothing at slopes of zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from triptych.design.design import Design
from triptych.regression.spec import Regression

LEAST_NU = 2.0  # of degrees of freedom that are estimated


@dataclass(frozen=True)
class ExactFit:
    """Rows that some coefficients fit exactly.

    Attributes
    ----------
    rows
        How many.
    rank
        The rank of their design.
    level
        Whether slopes of zero fit them.
    power
        The power of sigma that the likelihood goes as on the way there.
    """

    rows: int
    rank: int
    level: bool
    power: float


def exact_fits(design: Design, spec: Regression) -> list[ExactFit]:
    """Return the exact fits at which the likelihood may go to infinity or slowly to zero."""
    n, found = design.n, []
    if fits_exactly(design):
        found.append(ExactFit(n, design.rank, False, -float(n)))
    if spec.family == "student":
        nu = LEAST_NU if spec.nu is None else spec.nu
        tied = tied_rows(design)
        some = [(design.rank, design.rank, False)] if not found else []
        if tied.any():
            some.append((int(tied.sum()), int(np.linalg.matrix_rank(design.full[tied])), True))
        found += [ExactFit(m, r, level, nu * (n - m) - m) for m, r, level in some]
    return found


def likelihood_unbounded(fits: list[ExactFit]) -> bool:
    """Whether the likelihood rises without limit at an exact fit."""
    return any(fit.power < 0 for fit in fits)


def mode_unbounded(fits: list[ExactFit], design: Design, spec: Regression) -> bool | None:
    """Whether likelihood times prior rises without limit at an exact fit; None where this was not derived."""
    slopes = len(design.labels)
    if spec.conditional and slopes:
        return any(fit.level and fit.power < slopes for fit in fits)
    if spec.prior == "horseshoe" and slopes:
        if any(fit.power + (0 if fit.level else 2) < 0 for fit in fits):
            return True
        return None if likelihood_unbounded(fits) else False
    return likelihood_unbounded(fits)


def without_posterior(fits: list[ExactFit], design: Design, spec: Regression) -> ExactFit | None:
    """Return the exact fit around which the posterior has no finite integral."""
    slopes = bool(design.labels)
    # Degrees of freedom that are estimated are at their least with a density of zero, which saves the equality.
    least = -1.0 + (-1e-9 if spec.nu is None and spec.family == "student" else 1e-9)
    for fit in fits:
        if spec.prior == "flat":
            total = fit.power + fit.rank - 1
        elif slopes and (spec.conditional or (spec.prior == "horseshoe" and fit.level)):
            total = fit.power + design.intercept if fit.level else np.inf
        else:
            total = fit.power + fit.rank + (spec.prior == "horseshoe" and slopes)
        if total <= least:
            return fit
    return None


def fits_exactly(design: Design) -> bool:
    """Whether some coefficients fit all rows, but for rounding."""
    return design.rank == design.n or misfit(design) <= 64 * float(np.finfo(float).eps)


def misfit(design: Design) -> float:
    """Return the largest residual of least squares, in units of the largest number that it is a difference of."""
    y = design.outcome
    unit = design.outcome_scale if design.outcome_scale != 1.0 else design.spread
    target = (y - design.outcome_centre) / unit
    coef, *_ = np.linalg.lstsq(design.full, target, rcond=None)
    left = float(np.abs(target - design.full @ coef).max())
    return left / float(max(np.abs(y).max() / unit, np.abs(target).max()))


def tied_rows(design: Design) -> np.ndarray:
    """Return which rows slopes of zero fit exactly: those of the commonest value, or of zero without an intercept."""
    if not design.intercept:
        return np.asarray(design.outcome == 0)
    _, inverse, counts = np.unique(design.outcome, return_inverse=True, return_counts=True)
    return np.asarray(inverse == np.argmax(counts))
