"""The likelihood re-optimised with one scalar held fixed: one point of a profile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from triptych.base.linalg import equilibrate
from triptych.existence.verdict import Verdict
from triptych.optimise.kinks import stay_or_climb
from triptych.optimise.newton import ARMIJO, ARRIVED, DONE, ascent_step, share
from triptych.profiles.held_scalar import Scalar
from triptych.profiles.start import out_alone, together

# A coordinate that diverges at the maximum stays fixed while a profile is followed. It is freed when the objective
# falls outwards by more than PULL per unit, or still rises by more than PUSH.
PULL, PUSH = 1e-7, 1e-3  # pinned by test_what_diverges_is_freed_where_the_objective_pulls_it_back_or_pushes_it_on
KEEPS_VALUE = 1e-9  # slope of a scalar along a ray, relative to its terms, up to which it keeps its value there
HELD_STEPS, LEVEL_HALVES = 100, 40  # most steps of an ascent on a level set, and most halvings of a step
RETURNS = 12  # Newton corrections that put a point back onto a level set; pinned by noncentred_wide (a tenth)
ON_LEVEL = 1e-9  # length of a correction, in standard errors, at which it is on it
BENT = 1e-5  # step, in standard errors, of the differences that give a scalar's second derivatives
MOST_BENT = 8  # most coordinates of a scalar whose second derivatives are computed
NEARLY_ON = 1e3  # times that length, up to which a correction that shrinks no more is rounding
NEW_DIRECTION = 1e-8  # singular value of unit directions, of ways or of ends, up to which one repeats others

Held = tuple[np.ndarray, float]  # a point and the log-likelihood there


def hold(verdict: Verdict, scalar: Scalar, start: np.ndarray, at: float) -> Held | None:
    """Maximise with the scalar held at ``at``; None when no usable point was found, NaN when none was settled on.

    What goes to infinity at the maximum stays where it is, as long as the objective does not pull it back: coordinates
    that the scalar does not know, and several of which it keeps a function, as a ratio, however far they go together.
    """
    held = _hold_function if scalar.alone is None else _hold_coordinate
    slope = scalar.evaluate(start)[1]
    out = {k: sign for k, sign in out_alone(verdict, start).items() if slope[k] == 0}
    ways = [sign * (np.arange(start.size) == k) for k, sign in out.items()]
    ways += [ray for ray in together(verdict) if _keeps(slope, ray)]
    found = held(verdict, scalar, start, at, ways)
    if not ways or found is None or np.isnan(found[1]):
        return found
    gradient = verdict.objective.derivatives(found[0])[1]
    if all(-PULL < gradient @ way < PUSH for way in ways):
        return found
    freed = held(verdict, scalar, found[0], at, [])
    return found if freed is None or not freed[1] > found[1] else freed


def _keeps(slope: np.ndarray, ray: np.ndarray) -> bool:
    """Whether a scalar that hangs on what goes away keeps its value on the way."""
    moved = float(np.abs(slope) @ np.abs(ray))
    return moved > 0 and abs(float(slope @ ray)) <= KEEPS_VALUE * moved


def _hold_coordinate(
    verdict: Verdict, scalar: Scalar, start: np.ndarray, at: float, ways: list[np.ndarray]
) -> Held | None:
    """Climb in all other coordinates: the one that a scalar hangs on is told by its value."""
    objective, x = verdict.objective, onto_level(scalar, start, at)
    if x is None:
        return None
    x = objective.with_room(x, np.array([scalar.alone]))
    positions = np.unique([scalar.alone, *(int(k) for way in ways for k in np.flatnonzero(way))])
    rest = replace(objective, origin=objective.full(x)).without(positions)
    if rest.size == 0:
        value = objective.value(x)
        return (x, value) if np.isfinite(value) else None
    point, corner = stay_or_climb(rest, np.delete(x, positions))
    if not point.usable:
        return None
    # An ascent that ends far out has come to a limit; one that was stopped by the next ordered value has not arrived.
    ran = corner is not None or (point.slow and not objective.engine.in_order)
    settled = ran or point.decrement <= ARRIVED * (1 + abs(point.value))
    x[np.delete(np.arange(x.size), positions)] = point.z
    return x, point.value if settled else np.nan


def _hold_function(
    verdict: Verdict, scalar: Scalar, start: np.ndarray, at: float, ways: list[np.ndarray]
) -> Held | None:
    """Climb on the level set of a function: Newton's steps along it for the Lagrangian, each put back onto it."""
    objective = verdict.objective
    x = onto_level(scalar, start, at)
    if x is None:
        return None
    x = objective.with_room(x, np.flatnonzero(scalar.evaluate(x)[1]))
    last: Held | None = None
    decrement = np.inf
    for _ in range(HELD_STEPS):
        here = objective.derivatives(x)
        normal = scalar.evaluate(x)[1]
        if not all(np.all(np.isfinite(part)) for part in (*here, normal)) or not np.any(normal != 0):
            if last is None:
                return None
            x, value = last
            break
        value, gradient, hessian = here
        d = equilibrate(hessian)
        size = float(np.max(np.abs(normal * d)))
        if not 0 < size < np.inf:
            return None
        unit = normal * d / size
        pull = float(unit @ (gradient * d)) / float(unit @ unit) / size  # the multiplier
        hessian = hessian - pull * _bend(scalar, x, d)
        basis = _beside(normal, d, [*verdict.unidentified, *ways])
        step, decrement = ascent_step(gradient, hessian, basis)
        if decrement <= DONE * (1 + abs(value)):
            return x, value
        moved = _climbed(verdict, scalar, at, x, value, gradient, step * share(step, objective.transformed))
        if moved is None:
            break
        last, x = (x, value), moved
    return x, value if decrement <= ARRIVED * (1 + abs(value)) else np.nan


def _climbed(
    verdict: Verdict, scalar: Scalar, at: float, x: np.ndarray, value: float, gradient: np.ndarray, step: np.ndarray
) -> np.ndarray | None:
    """Return a higher point on the level set, by as much of a step as leads to one."""
    slope, length = float(gradient @ step), 1.0
    for _ in range(LEVEL_HALVES):
        candidate = onto_level(scalar, x + length * step, at)
        if candidate is not None:
            if np.array_equal(candidate, x):
                return None
            if verdict.objective.value(candidate) >= value + ARMIJO * length * slope:
                return candidate
        length /= 2
    return None


def onto_level(scalar: Scalar, x: np.ndarray, at: float) -> np.ndarray | None:
    """Return a point near ``x`` where the scalar has a value, by Newton's steps along its own slope; None without."""
    last = np.inf
    for _ in range(RETURNS):
        value, slope = scalar.evaluate(x)
        if not (np.isfinite(value) and np.all(np.isfinite(slope))):
            return None
        if value == at:
            return x
        way = scalar.covariance @ slope
        if not float(slope @ way) > 0:
            way = slope * scalar.unit**2
        # Without a slope the scalar cannot be brought to the value.
        if not float(slope @ way) > 0:
            return None
        change = way * (scalar.short(value, at) / float(slope @ way))
        size = float(np.max(np.abs(change) / scalar.unit))
        if not np.isfinite(size):
            return None
        x = x + change
        if size <= ON_LEVEL or (size < NEARLY_ON * ON_LEVEL and size >= last):
            return x
        last = size
    return None


def _bend(scalar: Scalar, x: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Return the second derivatives of a scalar, by differences of its slope; none of one of many coordinates."""
    here = scalar.evaluate(x)[1]
    bend = np.zeros((x.size, x.size))
    moving = np.flatnonzero(here)
    if moving.size > MOST_BENT:
        return bend
    for k in moving:
        step = BENT * min(d[k], max(1.0, abs(x[k]))) * (np.arange(x.size) == k)
        ends = [scalar.evaluate(x + sign * step)[1] for sign in (-1.0, 1.0)]
        if all(np.all(np.isfinite(end)) for end in ends):
            bend[k] = (ends[1] - ends[0]) / (2 * step[k])
    return (bend + bend.T) / 2


def _beside(normal: np.ndarray, d: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """Directions, as columns, that hold the scalar and keep off some others, as that of a ridge."""
    rows = [v / np.max(np.abs(v)) for v in (normal * d, *(v / d for v in others))]
    _, sizes, vectors = np.linalg.svd(np.array([v / np.linalg.norm(v) for v in rows]))
    return np.asarray(d[:, None] * vectors[int(np.sum(sizes > NEW_DIRECTION)) :].T)
