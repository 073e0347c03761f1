"""Maxima of objectives that are linear between their kinks: a linear programme has the kinks that hold.

With Laplace errors, the logarithm of the scale apart, ``-sum c_k |u_k(x)|`` is all there is, and ``u`` is linear: the
median regression (Koenker 2005, Quantile Regression, section 6.2). No rounding of the kinks and no step along them is
needed then to tell which of them hold.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.optimise.objective import Objective
from triptych.optimise.smoothed_kinks import split

LINEAR_BETWEEN = 1e-12  # curvature between kinks, relative to the squares of their slopes, that is rounding
STRICTLY_INSIDE = 1e-8  # distance of a multiplier from its limits, relative to these, from which its kink holds
MEETS_KINK = 1e-9  # argument of a kink, relative to its terms, up to which it is zero


def linear_maximum(objective: Objective, x: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the maximum over the coordinates that kinks know, the others held, and a mask of those others.

    None unless a linear programme has that maximum. The point lies on its kinks up to rounding; where there are several
    maxima it is any of them. Whether the other coordinates are at a maximum is not looked at.
    """
    u, jacobian, fall = objective.kinks(x)
    moving, kinks = np.any(jacobian != 0, axis=0), fall > 0
    if not np.any(moving & np.any(jacobian[kinks] != 0, axis=0)):
        return None
    shapes = [a.shape for a in objective.engine.kink_arguments(objective.full(x))]
    sides = np.where(u < 0, -1.0, 1.0)
    _, slope, curvature = objective.derivatives(x, (tuple(np.ones(s) for s in shapes), 0.0, split(sides, shapes)))
    rows = fall[kinks, None] * jacobian[np.ix_(kinks, moving)]
    if not np.all(np.abs(curvature[np.ix_(moving, moving)]) <= LINEAR_BETWEEN * np.sum(rows**2, axis=0)):
        return None
    # What is left of the slope beside the kinks' own is that of a smooth part, which is linear as well.
    beside = slope[moving] + rows.T @ sides[kinks]
    found = _least(fall[kinks] * u[kinks], rows, beside)
    if found is None:
        return None
    step, share = found
    there = x.copy()
    there[moving] += step
    after = u + jacobian[:, moving] @ step
    terms = np.abs(u) + np.abs(jacobian[:, moving]) @ np.abs(step)
    holds = np.abs(after) <= MEETS_KINK * terms
    holds[kinks] |= np.abs(share) < 1 - STRICTLY_INSIDE
    holds &= kinks
    there[moving] -= np.linalg.lstsq(jacobian[np.ix_(holds, moving)], after[holds], rcond=None)[0]
    return there, ~moving


def _least(ends: np.ndarray, rows: np.ndarray, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Minimise ``sum |ends + rows d| - slope d``; return ``d`` and each row's multiplier, between -1 and 1.

    The dual programme, ``max ends'm`` with ``rows'm = slope``, has as many equations as there are coordinates; these
    are its multipliers.
    """
    from scipy.optimize import linprog

    columns, back = _with_zeros(rows)
    best = linprog(-ends, A_eq=columns.T, b_eq=back.T @ slope, bounds=(-1.0, 1.0), method="highs-ds")
    return None if best.x is None else (back @ best.eqlin.marginals, best.x)


def _with_zeros(rows: np.ndarray) -> tuple[Any, np.ndarray]:
    """Return columns of the same span, many of them sparse, as sums of the given ones, and the matrix of the sums.

    The columns of a factor that were centred are freed of their commonest number by means of a constant one.
    """
    from scipy.sparse import csc_array

    back = np.eye(rows.shape[1])
    constant = np.flatnonzero((rows[0] != 0) & np.all(rows == rows[0], axis=0))
    if constant.size:
        first = int(constant[0])
        middle = np.median(rows, axis=0)
        middle[first] = 0.0
        back[first] -= middle / rows[0, first]
        rows = rows - middle
    return csc_array(rows), back
