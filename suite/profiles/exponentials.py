"""Sums of exponentials, as the rooms between the ends of supports and the data next to them are."""

from __future__ import annotations

import numpy as np

QUANTILE_ERROR = 1e-12  # absolute and relative, of a quantile: it is an exact figure, of which ends of intervals follow


def fall_quantile(room: np.ndarray, cost: np.ndarray, ci_prob: float) -> float:
    """Return the quantile of twice the fall of a profile whose scalar is a sum of exponential rooms.

    Parameters
    ----------
    room
        What the scalar gains by the mean room of each end, ``a``; the scalar is off by ``S = sum(a * E)``.
    cost
        By how much the log-likelihood falls with the mean room of each end; one where data come to all ends.

    Notes
    -----
    On each side the profile moves the end that costs least: twice its fall is ``2 c |S|`` with ``c`` the least of
    ``cost / a`` there. ``P(S > x) = e' exp(A x) prod(inverse(I + b A)) 1`` with the generator ``A`` of the rooms that
    add and the means ``b`` of those that take away (phase-type distribution; Neuts 1981).
    """
    from scipy.optimize import brentq

    least = [min((c / (s * a) for a, c in zip(room, cost, strict=True) if s * a > 0), default=np.inf) for s in (1, -1)]

    def outside(quantile: float) -> float:
        return sum(
            _tail(side * room, quantile / (2 * c)) for side, c in zip((1, -1), least, strict=True) if np.isfinite(c)
        )

    top = 1.0
    while outside(top) > 1 - ci_prob:
        top *= 2
    return float(brentq(lambda q: outside(q) - (1 - ci_prob), 0.0, top, xtol=QUANTILE_ERROR, rtol=QUANTILE_ERROR))


def _tail(means: np.ndarray, x: float) -> float:
    """Return the probability that a sum of exponentials with these means, of either sign, is more than ``x`` >= 0."""
    adding, taking = means[means > 0], -means[means < 0]
    generator = np.diag(-1 / adding) + np.diag(1 / adding[:-1], 1)
    rest = np.ones(adding.size)
    for b in taking:
        rest = np.linalg.solve(np.eye(adding.size) - b * generator, rest)
    return float((_exponential(generator * x) @ rest)[0])


def _exponential(triangular: np.ndarray) -> np.ndarray:
    """Return the exponential of a triangular matrix.

    SciPy 1.18 divides by the differences of the diagonal of a triangular matrix and loses up to all digits where they
    are rounding: 6 % of the tail of two exponentials of one mean. A reflection, its own inverse, fills the matrix.
    """
    from scipy.linalg import expm

    axis = np.arange(1.0, len(triangular) + 1)
    reflection = np.eye(len(triangular)) - 2 * np.outer(axis, axis) / (axis @ axis)
    return np.asarray(reflection @ expm(reflection @ triangular @ reflection) @ reflection)
