"""Maxima at corners: exact zeros under a Laplace prior, exact fits under Laplace errors.

The objective is smooth but for terms ``-c |u(z)|``. The corner is smoothed by
``sqrt(u^2 + eps^2)`` with ``eps`` going to zero, which tells which ``u`` vanish; those become
equality constraints, Newton runs on their null space, and the multipliers decide whether each
stays. The end point satisfies the subgradient (Karush-Kuhn-Tucker) conditions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from triptych.base.linalg import NEXT_TO_ZERO, equilibrate, null_space
from triptych.optimise.linear_kinks import linear_maximum
from triptych.optimise.newton import NEWTON_POLISH, WIDE, Point, newton
from triptych.optimise.objective import Objective
from triptych.optimise.smoothed_kinks import LEVELS, Roundings, rounded, roundings_at, sharpened, split

FEW, ONE = 10, 1e-3  # Newton steps that may lead to the end of an earlier ascent, and its radius in standard errors
LETS_GO, CROSSINGS = 4, 60  # changes of the active set: at most so many for each kink close by, and so many besides
NEW_KINK = 1e-9  # part of a kink's unit normal that those before it do not make up, above which it is independent
NEAR_KINK = 1e3  # times what the last rounding hides of the objective, by which it falls from a kink that may hold
IMPLIED = 1e-3  # share of that distance which is left to a kink that holds because others do
PIECE_STEPS = 60  # most Newton steps on a smooth piece
ONTO_STEPS = 3  # Newton corrections that put a point onto the kinks: these are linear, or nearly
CROSSED = 1e-12  # value of a kink's argument, relative to the largest change, up to which its sign is rounding
MULTIPLIERS_DONE = 1e-14  # tolerance of the bounded least squares for multipliers of dependent kinks
CORNER_REACHED = 1e-6  # slope left at kinks that hold, in standard errors, up to which it moves no digit that is told
OVER_LIMIT = 1e-9  # excess of a multiplier over its limit, relative, up to which it is rounding


@dataclass(frozen=True)
class Corner:
    """Which kinks hold at an optimum and how well its optimality conditions are met.

    Attributes
    ----------
    jacobian
        Rows of ``du/dz`` for the kinks that vanish, shape ``(a, p)``.
    share
        Multipliers of those kinks in units of the largest that each can bear, shape ``(a,)``.
    residual
        Largest violation of the stationarity conditions, in units of one standard error.
    """

    jacobian: np.ndarray
    share: np.ndarray
    residual: float

    @property
    def basis(self) -> np.ndarray:
        """Orthonormal directions along which no kink that holds is left, shape ``(p, q)``."""
        return null_space(self.jacobian)


Met = list[tuple[Roundings, Point, tuple[Point, Corner]]]


def climb(objective: Objective, x: np.ndarray, met: Met | None = None) -> tuple[Point, Corner | None]:
    """Climb from ``x``, by the solver that the objective's kinks ask for; ``met`` as in :func:`climb_kinked`."""
    if objective.kinked:
        return climb_kinked(objective, x, [] if met is None else met)
    return objective.climb(x), None


def climb_kinked(objective: Objective, start: np.ndarray, met: Met) -> tuple[Point, Corner]:
    """Climb to a maximum of an objective with kinks.

    ``met`` has the earlier climbs, with the tops to which they came while all corners were well rounded, and is added
    to: from the same top the way is the same.

    Returns
    -------
    Point
        With the gradient and the Hessian of the smooth piece that meets there.
    Corner
        The kinks that hold.
    """
    roundings = roundings_at(objective, start, LEVELS[0])
    first = rounded(objective, start, roundings)
    for theirs, top, (end, corner) in met:
        if _leads_to(objective, first, theirs, top):
            return replace(end, trail=np.vstack([first.trail, end.z])), corner
    found = _from_top(objective, first)
    met.append((roundings, first, found))
    return found


def stay_or_climb(objective: Objective, x: np.ndarray) -> tuple[Point, Corner | None]:
    """Climb from ``x``; where all kinks at ``x`` hold, or those that a linear programme finds, only along them.

    What is held of a profile may be no matter of the kinks, as the scale of Laplace errors is none of the medians.
    """
    if not objective.kinked:
        return climb(objective, x)
    if (found := linear_maximum(objective, x)) is None:
        stays = _stays(objective, x)
    else:
        there, others = found
        # Where that is one of several maxima no way along them is to be gone.
        stays = _stays(objective, there, np.eye(x.size)[:, others])
    return climb(objective, x) if stays is None else stays


def _stays(objective: Objective, x: np.ndarray, basis: np.ndarray | None = None) -> tuple[Point, Corner] | None:
    """Return the maximum on the kinks on which ``x`` lies, if no other is met there and each of them holds.

    Steps stay in the span of ``basis`` where it is given.
    """
    u, jacobian, fall = objective.kinks(x)
    unit = np.maximum(np.abs(u), np.abs(jacobian) @ np.maximum(np.abs(x), 1.0))
    held = (fall > 0) & (np.abs(u) <= CROSSED * unit)
    if not np.any(held):
        return None
    signs = np.where(held, 0.0, np.where(u < 0, -1.0, 1.0))
    shapes = [a.shape for a in objective.engine.kink_arguments(objective.full(x))]
    x = _onto(objective, x, signs)
    point = _constrained(objective, x, signs, shapes, basis=basis)
    if not (point.usable and point.arrived) or _first_crossing(objective, x, point.z, signs) is not None:
        return None
    release, corner = _multipliers(objective, point, signs)
    if release is not None or corner.residual > CORNER_REACHED:
        return None
    return _ended(objective, point, signs, shapes, point.trail)


def _leads_to(objective: Objective, first: Point, roundings: Roundings, top: Point) -> bool:
    """Whether an ascent comes from one top to another, rounded as the objective is there."""
    if objective.size < WIDE or not (first.usable and top.usable):
        return False
    end = rounded(objective, first.z, roundings, max_iterations=FEW)
    return end.usable and bool(np.all(np.abs(end.z - top.z) <= ONE * equilibrate(top.hessian)))


def _from_top(objective: Objective, first: Point) -> tuple[Point, Corner]:
    """Sharpen the corners, find which of them hold, and climb to where the multipliers let them."""
    trail = sharpened(objective, first.trail)
    x = trail[-1]
    u, _, fall = objective.kinks(x)
    active = _together(objective, x, (np.abs(u) < _near(fall)) & (fall > 0))
    signs = np.where(active, 0.0, np.where(u < 0, -1.0, 1.0))
    shapes = [a.shape for a in objective.engine.kink_arguments(objective.full(x))]
    for _ in range(LETS_GO * int(active.sum()) + CROSSINGS):
        x = _onto(objective, x, signs)
        u, _, fall = objective.kinks(x)
        # The projection onto some kinks may have carried x across others, whose sign then changes.
        signs = np.where((signs != 0) & (u * signs < -_near(fall)), -signs, signs)
        point = _constrained(objective, x, signs, shapes)
        trail = np.vstack([trail, point.trail])
        crossed = _first_crossing(objective, x, point.z, signs)
        if crossed is not None:
            x, k = crossed
            signs[k] = 0.0
            continue
        x = point.z
        release, _ = _multipliers(objective, point, signs)
        if release is None:
            break
        k, sign = release
        signs[k] = sign
    return _ended(objective, replace(point, z=x), signs, shapes, trail)


def _ended(
    objective: Objective, point: Point, signs: np.ndarray, shapes: list[tuple[int, ...]], trail: np.ndarray
) -> tuple[Point, Corner]:
    """Return the end of an ascent with the derivatives of its piece, and the kinks that hold there."""
    x = _snap(objective, point.z, signs)
    final, corner = _at(objective, x, signs, shapes)
    return Point(x, objective.value(x), final.gradient, final.hessian, point.decrement, point.iterations, trail), corner


def at_corner(objective: Objective, x: np.ndarray, held: int) -> tuple[Point, Corner]:
    """Return the point at which the ``held`` nearest kinks hold, and the conditions there."""
    u, _, fall = objective.kinks(x)
    nearest = np.argsort(np.where(fall > 0, np.abs(u) * fall, np.inf), kind="stable")[:held]
    signs = np.where(u < 0, -1.0, 1.0)
    signs[nearest] = 0.0
    return _at(objective, x, signs, [a.shape for a in objective.engine.kink_arguments(objective.full(x))])


def _at(objective: Objective, x: np.ndarray, signs: np.ndarray, shapes: list[tuple[int, ...]]) -> tuple[Point, Corner]:
    point = _constrained(objective, x, signs, shapes, max_iterations=0)
    return point, _multipliers(objective, point, signs)[1]


def _together(objective: Objective, x: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Keep as many of the kinks close by as can hold at once, the closest first."""
    u, jacobian, fall = objective.kinks(x)
    at = np.flatnonzero(active)
    if at.size == 0 or np.linalg.matrix_rank(jacobian[at]) == at.size:
        return active
    at = at[np.argsort(np.abs(u[at]) / _near(fall)[at])]
    kept: list[int] = []
    basis = np.zeros((0, x.size))
    for k in at:
        row = jacobian[k] / np.linalg.norm(jacobian[k])
        left = row - (basis @ row) @ basis
        if np.linalg.norm(left) > NEW_KINK:
            kept.append(int(k))
            basis = np.vstack([basis, left / np.linalg.norm(left)])
    signs = np.ones(active.size)
    signs[kept] = 0.0
    left_over = np.abs(objective.kinks(_onto(objective, x, signs))[0])
    return np.asarray((signs == 0) | (active & (left_over < IMPLIED * _near(fall))))


def _near(fall: np.ndarray) -> np.ndarray:
    """How far off a kink still counts as on it, by what the objective falls there."""
    return np.asarray(NEAR_KINK * LEVELS[-1] / np.maximum(np.abs(fall), NEXT_TO_ZERO))


def _constrained(
    objective: Objective,
    x: np.ndarray,
    signs: np.ndarray,
    shapes: list[tuple[int, ...]],
    max_iterations: int = PIECE_STEPS,
    basis: np.ndarray | None = None,
) -> Point:
    """Newton on the piece where inactive kinks keep their sign and active ones stay at zero.

    ``basis`` are directions, as columns, in which they do, where fewer than all of them are wanted; each moves either
    coordinates that kinks know or others.
    """
    pieces = split(signs, shapes)
    corner = (tuple(np.ones(s) for s in shapes), 0.0, pieces)
    unit = units(objective, x, objective.derivatives(x, corner)[2])

    def derivatives(y: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        value, gradient, hessian = objective.derivatives(unit * y, corner)
        return value, unit * gradient, unit[:, None] * hessian * unit

    end = newton(
        derivatives,
        lambda y: objective.value(unit * y, corner),
        x / unit,
        basis=null_space(objective.kinks(x)[1][signs == 0] * unit) if basis is None else basis,
        transformed=objective.transformed,
        max_iterations=max_iterations,
        polish=NEWTON_POLISH if max_iterations else 0,
    )
    return replace(
        end,
        z=unit * end.z,
        gradient=end.gradient / unit,
        hessian=end.hessian / unit[:, None] / unit,
        trail=unit * end.trail,
    )


def units(objective: Objective, x: np.ndarray, hessian: np.ndarray) -> np.ndarray:
    """Return the scale of each coordinate: a power of two near one over what its kinks let the objective fall.

    Without curvature nothing else tells how far a step should go.
    """
    _, jacobian, fall = objective.kinks(x)
    slope = np.abs(fall) @ np.abs(jacobian)
    bare = (np.diag(hessian) == 0) & (slope > 0) & np.isfinite(slope)
    return np.where(bare, 2.0 ** np.round(-np.log2(np.where(bare, slope, 1.0))), 1.0)


def _onto(objective: Objective, x: np.ndarray, signs: np.ndarray) -> np.ndarray:
    for _ in range(ONTO_STEPS):
        u, jacobian, _ = objective.kinks(x)
        held = signs == 0
        if not np.any(held) or np.all(u[held] == 0):
            break
        x = x - np.linalg.lstsq(jacobian[held], u[held], rcond=None)[0]
    return x


def _first_crossing(
    objective: Objective, old: np.ndarray, new: np.ndarray, signs: np.ndarray
) -> tuple[np.ndarray, int] | None:
    before, _, fall = objective.kinks(old)
    after = objective.kinks(new)[0]
    # An observation of weight zero has no kink to stop at.
    wrong = (
        (signs != 0)
        & (fall > 0)
        & (after * signs < 0)
        & (np.abs(after) > CROSSED * np.abs(after - before).max(initial=0))
    )
    if not np.any(wrong):
        return None
    span = before - after
    share = np.where(wrong, np.clip(before / np.where(span == 0, 1.0, span), 0.0, 1.0), np.inf)
    k = int(np.argmin(share))
    return old + share[k] * (new - old), k


def _multipliers(objective: Objective, point: Point, signs: np.ndarray) -> tuple[tuple[int, float] | None, Corner]:
    """Return the kink to let go with the side it leaves to, or None, and the conditions as they stand."""
    from scipy.optimize import lsq_linear

    _, jacobian, fall = objective.kinks(point.z)
    held = np.flatnonzero(signs == 0)
    d = equilibrate(point.hessian) * units(objective, point.z, point.hessian)
    rows, limit = jacobian[held], np.maximum(fall[held], NEXT_TO_ZERO)
    if held.size == 0:
        return None, Corner(rows, np.zeros(0), float(np.max(np.abs(d * point.gradient), initial=0.0)))
    # Columns are multipliers in units of their limits, so that the bounds are -1 and 1.
    matrix = (d * rows * limit[:, None]).T
    share = np.linalg.lstsq(matrix, d * point.gradient, rcond=None)[0]
    if held.size > np.linalg.matrix_rank(matrix) and np.any(np.abs(share) > 1):
        share = lsq_linear(matrix, d * point.gradient, bounds=(-1, 1), tol=MULTIPLIERS_DONE).x
    residual = float(np.max(np.abs(d * point.gradient - matrix @ share), initial=0.0))
    worst = int(np.argmax(np.abs(share)))
    corner = Corner(rows, share, residual)
    if np.abs(share[worst]) > 1 + OVER_LIMIT:
        return (int(held[worst]), float(np.sign(share[worst]))), corner
    return None, corner


def _snap(objective: Objective, x: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Put a coordinate on its kink exactly where the kink is that coordinate alone."""
    u, jacobian, _ = objective.kinks(x)
    x = x.copy()
    for k in np.flatnonzero(signs == 0):
        moved = np.flatnonzero(jacobian[k])
        if moved.size == 1:
            x[moved[0]] -= u[k] / jacobian[k, moved[0]]
    return x
