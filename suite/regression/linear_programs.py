"""Linear programmes over a regression's rows: separated outcomes, and medians that are not unique."""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.base.linalg import SAME_DIRECTION, null_space, unit_rows
from triptych.design.design import Design
from triptych.design.outcome import Kind

MOST_CELLS = 2_000_000
FEW_CELLS = 20_000  # cells of a design up to which a linear programme costs next to nothing
SCORED = 25  # steps of iteratively reweighted least squares
LONGEST = 2.0  # change of a linear predictor in one of them
SURE = 10.0  # ratio of every residual to its correction from which nothing separates
PASSES = 4  # looks at the residuals, each but the last followed by a linear programme that may make them smaller
SMALLER = 1e2  # times that residuals have become smaller by one of them, from which another is solved
TIGHTEST = 1e-10  # least tolerance of HiGHS
INSIDE = 1e-8  # distance of a dual variable from its bounds, which are -1 and 1, from which it is between them
ROUNDED = 64 * np.finfo(float).eps  # share of the largest outcome that is rounding of a residual
TIED = 1e-9  # share of the median residual up to which one is zero
DUALITY_GAP = 1e-8  # share of the sum of absolute deviations by which it may exceed the dual programme's value
MOSTLY = 0.5  # share of zeros from which a column is kept sparse
UNCHANGED = 1e-9  # change of a row along a direction, relative to the row's length, that is rounding
MOST_TERMS_APART = 60  # beyond it separation is not sought for each coefficient


def separated(design: Design) -> list[str]:
    """Terms that the likelihood of a discrete outcome carries to infinity.

    Rows push the linear predictor up (all successes), down (none) or hold it (in between);
    linear programmes look for directions that no row resists and that some row wants.
    """
    from scipy.optimize import linprog

    x = design.full
    if x.size > MOST_CELLS:
        return []
    y = design.outcome
    if design.kind is Kind.COUNTS:
        push = np.where(y == 0, -1.0, 0.0)
    else:
        total = np.ones(design.n) if design.trials is None else design.trials
        push = np.where(y == 0, -1.0, np.where(y == total, 1.0, 0.0))
    held = push == 0
    pushed = push[~held, None] * x[~held]
    if not len(pushed) or (x.size > FEW_CELLS and design.full_rank and overlap(design, held)):
        return []

    def furthest(along: np.ndarray) -> np.ndarray | None:
        """The direction that goes furthest along a functional, unless some row resists it."""
        found = linprog(
            -along,
            A_ub=-pushed,
            b_ub=np.zeros(len(pushed)),
            A_eq=x[held] if held.any() else None,
            b_eq=np.zeros(int(held.sum())) if held.any() else None,
            bounds=(-1.0, 1.0),
            method="highs",
        ).x
        if found is None:
            return None
        gains, resisted = pushed @ found, np.abs(x[held] @ found).max() if held.any() else 0.0
        good = gains.max() > 1e-6 and gains.min() > -1e-7 and resisted < 1e-7
        return np.where(np.abs(found) > 1e-7, found, 0.0) if good else None

    first = furthest(pushed.sum(axis=0))
    if first is None:
        return []
    if len(design.terms) > MOST_TERMS_APART:
        return design.terms
    # Each coefficient on the user's scale as a functional of the direction, in both senses.
    each = np.eye(len(design.terms))
    if design.intercept:
        each[0, 1:] = -design.centre / design.scale
    ends = [furthest(sign * row) for row in each for sign in (1.0, -1.0)]
    return design.moved(np.array([first, *(end for end in ends if end is not None)]))


def overlap(design: Design, held: np.ndarray) -> bool:
    """Whether the residuals of a maximum-likelihood fit prove that no direction separates the outcome.

    At a maximum ``sum (y - mu) x = 0`` with residuals that are never zero: were there a direction that no row resists
    and some row wants, the sum along it could not vanish (Albert and Anderson 1984, Biometrika 71, 1-10). What rounding
    leaves of the sum is put right by the smallest change of the residuals, which must not turn the sign of any whose
    row pushes; rows that hold may have either sign.
    """
    x, y = design.full, design.outcome
    total = np.ones(design.n) if design.trials is None else design.trials
    counts = design.kind is Kind.COUNTS
    start = np.log(y.mean()) if counts else np.log(y.sum() / (total.sum() - y.sum()))
    b = np.linalg.lstsq(x, np.full(design.n, start), rcond=None)[0]
    for _ in range(SCORED):
        eta = np.clip(x @ b, -40.0, 40.0)
        mu = np.exp(eta) if counts else total / (1 + np.exp(-eta))
        weight = mu if counts else mu * (1 - mu / total)
        left = y - mu
        information = (x * weight[:, None]).T @ x
        try:
            step = np.linalg.solve(information, x.T @ left)
        except np.linalg.LinAlgError:
            return False
        b = b + step * min(1.0, LONGEST / max(float(np.max(np.abs(x @ step))), LONGEST))
        if float(step @ information @ step) < 1e-18:
            break
    else:
        return False
    change = x @ np.linalg.lstsq(x.T @ x, x.T @ left, rcond=None)[0]
    return bool(np.all(np.abs(left[~held]) > SURE * np.abs(change[~held])))


def several_medians(design: Design) -> list[str]:
    """Terms in which the points of least absolute deviations differ, when there are several.

    Rows whose dual variable is strictly between its bounds are fitted exactly by every solution, and the residuals of
    the others keep their sign or are zero (complementary slackness; Koenker 2005, Quantile Regression, section 6.2).
    All coefficients of which this holds are solutions, so there is a single one where those rows determine it.
    """
    solved = _least_deviations(design)
    if solved is None:
        return []
    residuals, dual, zero = solved
    x, fitted = design.full, 1 - np.abs(dual) > INSIDE
    free = null_space(x[fitted])
    if not free.shape[1]:
        return []
    # The residual of a row that is fitted by this solution alone may go to one side only.
    tied = ~fitted & (np.abs(residuals) <= zero)
    changes = np.sign(dual[tied])[:, None] * (x[tied] @ free)
    changed = np.linalg.norm(changes, axis=1) > UNCHANGED * np.linalg.norm(x[tied], axis=1)
    return design.moved((free @ _spanned(changes[changed])).T)


def _least_deviations(design: Design) -> tuple[np.ndarray, np.ndarray, float] | None:
    """Return residuals of least absolute deviations, each row's dual variable, and the size of a residual that is zero.

    The dual programme, ``max y'd`` with ``X'd = 0`` and ``-1 <= d <= 1``, has as many equations as there are
    coefficients; these are its multipliers. None where it is too large or its solution is not confirmed.
    """
    from scipy.optimize import linprog

    columns = _with_zeros(design)
    if columns.nnz > MOST_CELLS // 2:
        return None
    rounding = ROUNDED * float(np.abs(design.outcome).max()) / design.outcome_scale
    residuals, before = design.residuals, np.inf
    # Solved again on its own residuals, which may be as small as the programme's tolerance.
    for _ in range(PASSES):
        size = np.abs(residuals)
        if not np.any(size > rounding):
            return None
        unit = float(np.median(size[size > rounding]))
        if unit > before / SMALLER:
            break
        best = linprog(
            -residuals / unit,
            A_eq=columns.T,
            b_eq=np.zeros(columns.shape[1]),
            bounds=(-1.0, 1.0),
            method="highs-ds",
            options={"primal_feasibility_tolerance": TIGHTEST, "dual_feasibility_tolerance": TIGHTEST},
        )
        if best.x is None:
            return None
        residuals, before = residuals + unit * (columns @ best.eqlin.marginals), unit
    least = float(np.abs(residuals).sum())
    if least - float(best.x @ residuals) > DUALITY_GAP * least + design.n * rounding:
        return None
    return residuals, best.x, max(rounding, TIED * unit)


def _with_zeros(design: Design) -> Any:
    """Return columns with the span of the design's: those that are mostly zero, as a level's, are not centred."""
    from scipy.sparse import csc_array

    if not design.intercept:
        return csc_array(design.full)
    sparse = np.mean(design.columns == 0, axis=0) > MOSTLY
    return csc_array(np.column_stack([np.ones(design.n), np.where(sparse, design.columns / design.scale, design.z)]))


def _spanned(rows: np.ndarray) -> np.ndarray:
    """Return a basis of the directions that ``{w : rows @ w <= 0}`` spans, a direction a column."""
    from scipy.optimize import linprog

    m, k = rows.shape
    if not m:
        return np.eye(k)
    rows = unit_rows(rows)
    # Every inequality that holds strictly somewhere does so by 1 somewhere, and all of these together.
    best = linprog(
        np.concatenate([np.zeros(k), -np.ones(m)]),
        A_ub=np.hstack([rows, np.eye(m)]),
        b_ub=np.zeros(m),
        bounds=[(None, None)] * k + [(0.0, 1.0)] * m,
        method="highs",
    )
    return null_space(rows[best.x[k:] < 0.5], SAME_DIRECTION)
