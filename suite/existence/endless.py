"""Probes for an ascent without end: coordinates pushed away, the rest re-optimised.

A density that rises without limit does so at a constant rate per unit of a logarithm: n for an exact
fit, the number of ties for a mixture's component on a datum. A path may begin where no ascent from the
best point leads, so one datum at a time is also made heavy enough to draw the parameters to it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from triptych.existence.push import LEAST_SLOPE, PROBE_STEPS, SETTLED, endless, level, onwards, probe
from triptych.existence.verdict import ALL_ROUNDING, Trace, Verdict
from triptych.optimise.newton import Point
from triptych.optimise.objective import Objective
from triptych.optimise.smoothed_kinks import climb_beside

FEW_STEPS = 8
PROBED = 24  # logarithmic coordinates pushed away
UNROUNDED = 1e-2  # rounding error of an objective whose slope is still seen
FADES = 0.95  # of a rise over 8 units, over the next 8: less will come to an end
RAN_AWAY = 34.0  # units that an ascent to a finite maximum does not travel; at 37 a logistic is one in double precision
DRAWN = 8  # units that a coordinate is pushed while one datum is heavy
RUIN = 1e4  # fall of one log-density term that no other makes up for
MOST_COLUMNS = 60  # coordinates up to which spare ones are looked for
ROUNDING = 1e-10  # of the terms of a sum that is zero
MOST_DRAWN = 6  # logarithmic coordinates up to which single data are tried


def _outwards(objective: Objective, trace: Trace) -> bool:
    """Whether a path leads away from where the model starts, and not back from where an ascent got lost."""
    way = np.abs(trace.steps - objective.origin[objective.active][trace.position])
    return bool(way[-1] > way[0])


def push_away(verdict: Verdict, end: Point) -> np.ndarray | None:
    """Push each logarithmic coordinate away; record an endless path, return a better point if met."""
    objective = verdict.objective
    positions = np.flatnonzero(objective.logarithmic)
    if positions.size > PROBED:
        curvature = np.abs(np.diag(end.hessian))[positions]
        positions = positions[np.argsort(curvature)[:PROBED]]
    least = verdict.point.value + max(1e3 * verdict.rounding_error, 1e-6 * (1 + abs(verdict.point.value)))
    better = None
    # A probability has no endless path, and only another maximum may be met.
    steps = FEW_STEPS if objective.discrete and not objective.parts[1] else PROBE_STEPS
    for j in positions:
        for sign in (-1.0, 1.0):
            trace = probe(objective, end, int(j), sign, steps=steps)
            if endless(trace) and _outwards(objective, trace):
                verdict.unbounded = trace
                return None
            # After a slow ascent the numbers may end before the steps do.
            whole = len(trace.values) == steps + 1 or (end.slow and len(trace.values) > 2)
            if end is verdict.point and (reached := level(verdict, trace, whole)):
                verdict.level.append((int(j), onwards(objective, end, trace, reached, sign)))
            top = int(np.argmax(trace.values))
            if trace.values[top] > least and _believable(verdict, trace, top):
                better, least = trace.points[top], float(trace.values[top])
    return better


def draw_to_data(verdict: Verdict) -> None:
    """Look for an endless path that starts on a single datum, and record it.

    The datum's weight is raised to that of all the others while a logarithmic coordinate is pushed;
    with the weights back at one, the push goes on from there.
    """
    objective = verdict.objective
    positions = np.flatnonzero(objective.logarithmic)
    terms = objective.engine.pointwise(objective.full(verdict.point.z))
    if len(terms) != 1 or objective.discrete or not 0 < positions.size <= MOST_DRAWN:
        return
    ((name, values),) = terms.items()
    if values.ndim == 0 or values.size < 3:
        return
    pushes = [(int(j), sign) for j in positions for sign in (-1.0, 1.0) if not _ruinous(verdict, int(j), sign)]
    order = np.argsort(values.ravel())
    for row in {int(order[0]), int(order[values.size // 2]), int(order[-1])}:
        weights = np.ones(values.size)
        weights[row] = values.size
        heavy = replace(objective, engine=objective.engine.with_weights({name: weights.reshape(values.shape)}))
        for j, sign in pushes:
            drawn = probe(heavy, verdict.point, j, sign, steps=DRAWN, patient=True)
            if len(drawn.steps) < DRAWN or drawn.values[-1] - drawn.values[-2] < LEAST_SLOPE:
                continue  # not even the heavy datum gains by going on
            start = climb_beside(objective, drawn.points[-1], j)
            if not start.usable:
                continue
            trace = probe(objective, start, j, sign)
            if endless(trace):
                verdict.unbounded = trace
                return


def _ruinous(verdict: Verdict, j: int, sign: float) -> bool:
    """Whether pushing a coordinate costs most data more than any one of them can give back.

    So it is with a scale that all of them share, in both directions, unless there are parameters enough to fit them
    exactly.
    """
    objective = verdict.objective
    x = verdict.point.z.copy()
    ((_, before),) = objective.engine.pointwise(objective.full(x)).items()
    x[j] += sign * PROBE_STEPS
    ((_, after),) = objective.engine.pointwise(objective.full(x)).items()
    lost = before - after
    ruined = np.mean(~(lost < RUIN)) > 0.75 or np.all(lost > LEAST_SLOPE * PROBE_STEPS)
    return bool(before.size > 2 * objective.size and ruined)


def ran_away(verdict: Verdict) -> Trace | None:
    """Whether the ascent itself carried a logarithmic coordinate away at a slope that did not fade.

    It ends where it is stopped, still rising, or where residuals are nothing but rounding.
    """
    objective, trail = verdict.objective, verdict.point.trail
    if not np.any(objective.logarithmic):
        return None
    if not verdict.rounding_error > ALL_ROUNDING:
        return _still_as_steep(objective, trail, RAN_AWAY) if verdict.point.decrement >= LEAST_SLOPE else None
    # On a datum residuals are zero and not rounding: then the way is exact to its end.
    return _still_as_steep(objective, trail, RAN_AWAY / 2) or _still_as_steep(
        objective, clear(objective, trail), RAN_AWAY / 2
    )


def _still_as_steep(objective: Objective, trail: np.ndarray, far: float) -> Trace | None:
    """Return the way back from the end of an ascent, if that went ``far`` and rose as much at last as before."""
    if len(trail) < 8:
        return None
    j = int(np.argmax(np.where(objective.logarithmic, np.abs(trail[-1] - trail[0]), 0.0)))
    way = float(trail[-1, j] - trail[0, j])
    if abs(way) < far:
        return None
    # An ascent is beside the best way, the more so at first: from each place the rest is let come to its best.
    end = climb_beside(objective, trail[-1], j)
    if not end.usable:
        return None
    found = _reversed(probe(objective, end, j, -float(np.sign(way)), steps=2 * SETTLED, patient=True))
    if len(found.values) <= 2 * SETTLED:
        return None
    early, middle, late = found.values[[-1 - 2 * SETTLED, -1 - SETTLED, -1]]
    return found if late - middle >= max(LEAST_SLOPE * SETTLED, FADES * (middle - early)) else None


def away_by_rounds(objective: Objective, rounds: list[Point]) -> Trace | None:
    """Whether every round led higher, until derivatives ended far beyond where a finite maximum may be.

    Where several scales go away at once, each at its own rate, no single path has a settled one.
    """
    origin = objective.origin[objective.active]
    away = [np.abs(point.z - origin) for point in (rounds[0], rounds[-1])]
    j = int(np.argmax(np.where(objective.logarithmic, away[1] - away[0], -np.inf)))
    further = [
        point
        for k, point in enumerate(rounds)
        if all(abs(point.z[j] - origin[j]) > abs(before.z[j] - origin[j]) for before in rounds[:k])
    ]
    first, last = further[0], further[-1]
    way, rise = abs(float(last.z[j] - first.z[j])), last.value - first.value
    if away[1][j] < 2 * RAN_AWAY or way < RAN_AWAY or rise < LEAST_SLOPE * way:
        return None
    points = np.array([point.z for point in further])
    return Trace(j, points[:, j], np.array([point.value for point in further]), points)


def clear(objective: Objective, trail: np.ndarray) -> np.ndarray:
    """Return the part of an ascent on which the objective is not rounding alone."""
    return trail[[k for k, x in enumerate(trail) if k == 0 or objective.rounding_error(x) < UNROUNDED]]


def still_rising(verdict: Verdict, ray: np.ndarray) -> Trace | None:
    """Return the path to an end at which the numbers stop but the rise does not, such as a shift on a datum."""
    objective, point = verdict.objective, verdict.point
    j = int(np.argmax(np.abs(ray)))
    slope = float(point.gradient[j]) * float(np.sign(ray[j]))
    if not objective.transformed[j] or slope < LEAST_SLOPE or point.decrement < LEAST_SLOPE:
        return None
    return _reversed(probe(objective, point, j, -float(np.sign(ray[j])), steps=SETTLED))


def _reversed(way: Trace) -> Trace:
    return replace(way, steps=way.steps[::-1], values=way.values[::-1], points=way.points[::-1])


def _believable(verdict: Verdict, trace: Trace, top: int) -> bool:
    """Whether a rise is neither rounding nor a leap of a density that is computed wrongly far out."""
    objective = verdict.objective
    rise = float(trace.values[top]) - verdict.point.value
    # A single measurement of the rounding may miss it.
    rounding_error = max(objective.rounding_error(x) for x in trace.points[max(0, top - 2) : top + 3])
    if rise <= 20 * rounding_error:
        return False
    return not objective.leaps(trace.points[top - 1], trace.points[top])


def column_sizes(columns: np.ndarray) -> np.ndarray:
    """Return the length of each column; squares of what is far out would overflow."""
    largest = np.max(np.abs(columns), axis=0, initial=0.0)
    unit = np.where(largest > 0, largest, 1.0)
    return np.asarray(unit * np.linalg.norm(columns / unit, axis=0))


def structural_null(objective: Objective) -> np.ndarray:
    """Return directions, as rows, along which no term of the objective changes anywhere.

    The terms' derivatives at several random points share this null space: collinear columns, more
    columns than rows, a sum of which only the total matters.
    """
    rng, size = np.random.default_rng(2), objective.size
    points = [objective.origin[objective.active] + scale * rng.standard_normal(size) for scale in (0.1, 0.5, 1.0, 1.0)]
    blocks = [block for x in points if np.all(np.isfinite(block := objective.term_slopes(x)))]
    if not blocks:
        return np.zeros((0, size))
    flat = null_directions(np.vstack(blocks))
    return _prior_too(objective, flat, rng) if objective.parts[1] and len(flat) else flat


def _prior_too(objective: Objective, flat: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the combinations of directions, as rows, along which the prior does not change either.

    The prior is one term, whose slope at one point says of one direction that it changes: so it is taken at more points
    than there are directions.
    """
    slopes = []
    for scale in (0.1, 0.5, *np.ones(len(flat))):
        x = objective.origin[objective.active] + scale * rng.standard_normal(objective.size)
        slope = objective.engine.slopes(objective.full(x))[1][1, objective.active]
        if np.all(np.isfinite(slope)):
            slopes.append(slope)
    if not slopes:
        return flat
    terms = np.abs(slopes) @ np.abs(flat).T
    moved = np.array(slopes) @ flat.T
    moved = np.where(np.abs(moved) > ROUNDING * terms, moved, 0.0)
    return np.asarray(null_directions(moved) @ flat)


def null_directions(columns: np.ndarray, least: int = 0) -> np.ndarray:
    """Return combinations of columns that vanish, as rows, at ``least`` so many; their own rounding is left out."""
    size = column_sizes(columns)
    unit = np.where(size > 0, size, 1.0)
    _, sizes, vectors = np.linalg.svd(columns / unit)
    rank = min(int(np.sum(sizes > 1e-10 * sizes.max(initial=0.0))), len(vectors) - least)
    flat = vectors[rank:] / unit
    # A combination that all but vanishes carries as much of the others.
    part = max(1e-8, 10 * sizes[rank:].max(initial=0.0))
    biggest = np.max(np.abs(flat * size), axis=1, keepdims=True, initial=0.0)
    return np.where(np.abs(flat * size) > part * biggest, flat, 0.0)
