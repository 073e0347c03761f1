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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triptych.design.design import Design


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
    saved
        Whether a posterior exists where power and volume together are just -1, the least that has no integral.
    """

    rows: int
    rank: int
    level: bool
    power: float
    saved: bool = False


def likelihood_unbounded(fits: Sequence[ExactFit]) -> bool:
    """Whether the likelihood rises without limit at an exact fit."""
    return any(fit.power < 0 for fit in fits)


def fits_exactly(design: Design) -> bool:
    """Whether some coefficients fit all rows, but for rounding."""
    return design.rank == design.n or misfit(design) <= 64 * float(np.finfo(float).eps)


def misfit(design: Design) -> float:
    """Return the largest residual of least squares, in units of the largest number that it is a difference of."""
    y, scale = np.abs(design.outcome).max(), design.outcome_scale
    return float(np.abs(design.residuals).max() / max(y / scale, np.abs(design.target).max()))


def tied_rows(design: Design) -> np.ndarray:
    """Return which rows slopes of zero fit exactly: those of the commonest value, or of zero without an intercept."""
    if not design.intercept:
        return np.asarray(design.outcome == 0)
    _, inverse, counts = np.unique(design.outcome, return_inverse=True, return_counts=True)
    return np.asarray(inverse == np.argmax(counts))
