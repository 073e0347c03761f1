"""Linear programmes over a regression's rows: separated outcomes, and medians that are not unique."""

from __future__ import annotations

import numpy as np

from triptych.design.design import Design
from triptych.design.outcome import Kind

MOST_CELLS = 2_000_000
FEW_CELLS = 20_000  # cells of a design up to which a linear programme costs next to nothing
SCORED = 25  # steps of iteratively reweighted least squares
LONGEST = 2.0  # change of a linear predictor in one of them
SURE = 10.0  # ratio of every residual to its correction from which nothing separates
PASSES = 3  # linear programmes in turn, each on the residuals of the one before
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
    """Terms in which the points of least absolute deviations differ, when there are several."""
    from scipy.optimize import linprog

    n, p = design.full.shape
    if n * p > MOST_CELLS // 10:
        return []
    unit = design.outcome_scale if design.outcome_scale != 1.0 else design.spread
    target = (design.outcome - design.outcome_centre) / unit
    # target = X b + up - down with up, down >= 0: the classical linear programme.
    equal = np.hstack([design.full, np.eye(n), -np.eye(n)])
    bounds = [(None, None)] * p + [(0, None)] * (2 * n)
    cost = np.concatenate([np.zeros(p), np.ones(2 * n)])
    # Solved again in units of the residuals, which may be as small as the programme's tolerance.
    for _ in range(PASSES):
        if not np.any(target):
            return []
        target = target / np.abs(target).mean()
        best = linprog(cost, A_eq=equal, b_eq=target, bounds=bounds, method="highs")
        if best.x is None:
            return []
        target = target - design.full @ best.x[:p]
    least = float(np.abs(target).sum())
    rng = np.random.default_rng(0)
    gaps = []
    for _ in range(3):
        direction = np.concatenate([rng.normal(size=p), np.zeros(2 * n)])
        ends = [
            linprog(
                sign * direction,
                A_eq=equal,
                b_eq=target,
                A_ub=cost[None],
                b_ub=[least * (1 + 1e-9)],
                bounds=bounds,
                method="highs",
            )
            for sign in (1.0, -1.0)
        ]
        if any(end.x is None for end in ends):
            return []
        if abs(ends[0].fun + ends[1].fun) <= 1e-4:
            return []
        gap = ends[0].x[:p] - ends[1].x[:p]
        gaps.append(np.where(np.abs(gap) > 1e-6, gap, 0.0))
    return design.moved(np.array(gaps), rounding=1e-5)
