"""Ways without end from a random place, where a logarithmic coordinate is moved far out and then pushed on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from triptych.existence.coordinate_paths import RATE_STEPS, endless, pushed_path
from triptych.existence.findings import LEAST_SLOPE, OUTRUN, UNROUNDED, Trace, before_rounding
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
    return _way(objective, _starts(objective, random_place(objective, rng, width), {j: sign}), j, {j: sign})


def random_place(objective: Objective, rng: np.random.Generator, width: float) -> np.ndarray:
    """Return a place about the model's start."""
    origin = objective.origin[objective.active]
    return np.asarray(origin + width * rng.standard_normal(origin.size))


def joint_way(objective: Objective, place: np.ndarray, j: int, sign: float) -> Trace | None:
    """Return a way without end along a coordinate, from near a place but for that coordinate; None where there is none.

    What outruns it in the ascents, as another scale without which the rest has no best place, is pushed along with it.
    """
    found = []
    x, signs = place, {j: sign}
    while starts := _starts(objective, x, signs):
        found.append((starts, signs))
        x = starts[-1].z
        way = np.where(objective.logarithmic, x - objective.origin[objective.active], 0.0)
        least = OUTRUN * abs(way[j])
        way[list(signs)] = 0.0
        fastest = int(np.argmax(np.abs(way)))
        if abs(way[fastest]) <= least:
            break
        signs = {**signs, fastest: float(np.sign(way[fastest]))}
    return next((trace for starts, signs in found[::-1] if (trace := _way(objective, starts, j, signs))), None)


def _starts(objective: Objective, place: np.ndarray, signs: Mapping[int, float]) -> list[Point]:
    """Return where ways begin that push some coordinates away: near the model's start, and farther out."""
    origin, x = objective.origin[objective.active], place.copy()
    held, outwards = np.array(list(signs)), np.array(list(signs.values()))
    starts: list[Point] = []
    for away in BEGIN:
        x[held] = origin[held] + outwards * away
        if not np.isfinite(objective.value(x)):
            return []
        starts.append(climb_beside(objective, x, held, max_iterations=BEGIN_STEPS))
        if not starts[-1].usable:
            return []
        x = starts[-1].z.copy()
    return starts


def _way(objective: Objective, starts: list[Point], j: int, signs: Mapping[int, float]) -> Trace | None:
    """Push from where ways begin, first from farther out; None where none is without end.

    Where rounding ends a way before it has settled, it is looked for once more from nearer to the model's start.
    """
    for start in starts[::-1]:
        rises = {i: sign * start.gradient[i] for i, sign in signs.items()}
        # Only what rises by itself goes along, and nothing is pushed against its slope while others rise.
        if any(rise < (-LEAST_SLOPE if i == j else LEAST_SLOPE) for i, rise in rises.items()):
            return None
        trace = pushed_path(objective, start, j, signs[j], along=signs)
        if endless(trace):
            return trace
        seen = before_rounding(objective, trace)
        if seen is not trace and endless(seen, RATE_STEPS):
            return seen
        if objective.rounding_error(trace.points[-1]) < UNROUNDED:
            break
    return None
