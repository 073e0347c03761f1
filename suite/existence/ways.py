"""Ways without end from a random place, where a logarithmic coordinate is moved far out and then pushed on."""

from __future__ import annotations

import numpy as np

from triptych.existence.coordinate_paths import RATE_STEPS, endless, pushed_path
from triptych.existence.findings import UNROUNDED, Trace, before_rounding
from triptych.optimise.newton import Point
from triptych.optimise.objective import Objective
from triptych.optimise.smoothed_kinks import climb_beside

# ELSEWHERE is pinned by mixture_half_normal (a tenth).
ELSEWHERE = 2.0  # spread of the random places from which ways are looked for
# BEGIN is pinned by component_on_one_of_two_data (doubled).
BEGIN = (2.0, 6.0)  # units from the model's start to which a coordinate is moved, one after the other, then pushed
BEGIN_STEPS = 100  # most Newton steps to the place where a path begins: it is far from where the rest is at its best


def way_from(objective: Objective, rng: np.random.Generator, j: int, sign: float, width: float) -> Trace | None:
    """Return a way without end along a coordinate, from a random place; None where there is none."""
    origin = objective.origin[objective.active]
    return way_by(objective, origin + width * rng.standard_normal(origin.size), j, sign)


def way_by(objective: Objective, place: np.ndarray, j: int, sign: float) -> Trace | None:
    """Return a way without end along a coordinate, from near a place but for that coordinate; None where there is none.

    Where rounding ends it before it has settled, it is looked for once more from nearer to the model's start.
    """
    origin, x = objective.origin[objective.active], place.copy()
    starts: list[Point] = []
    for away in BEGIN:
        x[j] = origin[j] + sign * away
        if not np.isfinite(objective.value(x)):
            return None
        starts.append(climb_beside(objective, x, j, max_iterations=BEGIN_STEPS))
        if not starts[-1].usable:
            return None
        x = starts[-1].z.copy()
    for start in starts[::-1]:
        trace = pushed_path(objective, start, j, sign)
        if endless(trace):
            return trace
        seen = before_rounding(objective, trace)
        if seen is not trace and endless(seen, RATE_STEPS):
            return seen
        if objective.rounding_error(trace.points[-1]) < UNROUNDED:
            break
    return None
