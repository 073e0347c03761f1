"""To what parameters tend where the objective rises without limit.

Such an objective has no maximum, yet a parameter may tend to one limit on all the ways on which it rises: of an exact
fit the coefficients do, as sigma goes to zero. From several places the ways are followed, and the limits compared: of a
mixture each datum draws a component to itself, and no one limit is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from triptych.existence.push import endless, pushed_path
from triptych.optimise.smoothed_kinks import climb_beside
from triptych.problem.table import Row, Status

if TYPE_CHECKING:
    from triptych.engine.estimands import Estimand
    from triptych.estimates.optimum import Optimum
    from triptych.existence.findings import Trace
    from triptych.optimise.objective import Objective

MOST_PATHS = 6  # logarithmic coordinates up to which all ways are looked for
STARTS = 3  # random places from which the path that was found is looked for again
BEGIN = 6.0  # distance of a path's first point from the model's start, in units of the coordinate that is pushed
FEWEST_PATHS = 3  # paths that have to lead to the same limit
COME_TO_REST = 1e-6  # change over the last step, relative to the largest value on a path, up to which it has a limit
COMMON_LIMIT = 1e-5  # relative difference up to which the limits of two paths are one


def with_limits(optimum: Optimum, estimands: list[Estimand], rows: list[Row]) -> list[Row]:
    """Return the rows, of which those that are ``unbounded`` name the limit to which the scalar tends, if it is one."""
    if not any(row.status is Status.UNBOUNDED for row in rows):
        return rows
    ways = _ways(optimum)
    if len(ways) < FEWEST_PATHS:
        return rows
    shown = [
        optimum.engine.natural_values_many(np.array([optimum.verdict.objective.full(x) for x in way])) for way in ways
    ]
    by_name = {estimand.name: estimand for estimand in estimands}
    found = []
    for row in rows:
        i = by_name[row.estimand].variable.labels.index(row.label)
        if row.status is Status.UNBOUNDED:
            limit = _common([s[row.estimand].reshape(len(way), -1)[:, i] for s, way in zip(shown, ways, strict=True)])
            if limit is not None:
                row = row.also(f"{row.name} tends to {limit:.6g} on every such way that was found")
        found.append(row)
    return found


def _ways(optimum: Optimum) -> list[np.ndarray]:
    """Return points, ``(steps, p)``, on ways without end, from several places and along several coordinates."""
    verdict, objective = optimum.verdict, optimum.verdict.objective
    trace = verdict.unbounded
    assert trace is not None
    positions = np.flatnonzero(objective.logarithmic)
    if positions.size > MOST_PATHS:
        return []
    rng = np.random.default_rng(6)
    sign = 1.0 if trace.steps[-1] > trace.steps[0] else -1.0
    wanted = [(trace.position, sign)] * STARTS
    wanted += [(int(j), s) for j in positions for s in (-1.0, 1.0) if (int(j), s) != (trace.position, sign)]
    ways = [trace.points]
    for k, (j, way) in enumerate(wanted):
        if (other := _way_from(objective, rng, j, way, 1 + k / 2)) is not None:
            ways.append(other.points)
    return ways


def _way_from(objective: Objective, rng: np.random.Generator, j: int, sign: float, width: float) -> Trace | None:
    """Return a way without end along a coordinate, from a random place; None where there is none."""
    origin = objective.origin[objective.active]
    x = origin + width * rng.standard_normal(origin.size)
    x[j] = origin[j] + sign * BEGIN
    if not np.isfinite(objective.value(x)):
        return None
    start = climb_beside(objective, x, j, max_iterations=100)
    if not start.usable:
        return None
    trace = pushed_path(objective, start, j, sign)
    return trace if endless(trace) else None


def _common(ways: list[np.ndarray]) -> float | None:
    """Return the one limit of a scalar on all ways; None where one has none, or two differ."""
    limits, size = [], 0.0
    for values in ways:
        if not np.all(np.isfinite(values)):
            return None
        largest = float(np.max(np.abs(values)))
        if abs(values[-1] - values[-2]) > COME_TO_REST * largest:
            return None
        limits.append(float(values[-1]) if abs(values[-1]) > COME_TO_REST * largest else 0.0)
        size = max(size, abs(limits[-1]))
    return limits[0] if np.ptp(limits) <= COMMON_LIMIT * size else None
