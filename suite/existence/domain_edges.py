"""Maxima on a hard edge of the domain: beyond it the objective is not defined, and before it still rises.

The supports of data that depend on parameters make such edges: the ends of a uniform distribution, a probability
that is a line. Newton's method stops where its way leaves the domain; the maximum may lie farther along the edge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from triptych.base.interrupt import raise_if_interrupted
from triptych.base.linalg import equilibrate
from triptych.existence.verdict import Verdict
from triptych.optimise.approach import WIDE
from triptych.optimise.corners import best_in_corner
from triptych.optimise.newton import Point
from triptych.optimise.objective import Objective

NEAR = 1e-7  # from an edge, relative to a coordinate, that is on it
SHORTEST = 1e-10  # step of the search along an edge at which it ends
LONGER = 1.5  # a step after a success; one in five is meant to be one
LOOKS = 150  # steps tried, for each coordinate
BELOW = (0.0, 1.0, 8.0)  # steps from a trial back into the domain
HALVES = 50
TURNS = 6  # of both
CLOSE = 1e-3  # distance, relative to a coordinate, over which an edge is looked for up the slope


def cliff(verdict: Verdict) -> np.ndarray:
    """Return axes, as rows, whose ends of the domain are here, if the objective rises right up to one of them.

    In many coordinates none is looked for where nothing is left of the ascent: it rises up to no end.
    """
    point, objective = verdict.point, verdict.objective
    axes = []
    if objective.size >= WIDE and point.arrived:
        return np.zeros((0, point.z.size))
    rising = False
    for j in range(point.z.size):
        for sign in (1.0, -1.0):
            step = np.zeros_like(point.z)
            step[j] = sign * NEAR * max(1.0, abs(point.z[j]))
            if not np.isfinite(objective.value(point.z + step)):
                inside = objective.value(point.z - step)
                rising |= np.isfinite(inside) and inside < point.value and sign * point.gradient[j] > 0
                axes.append(np.sign(step))
                break
    return np.array(axes if rising else []).reshape(-1, point.z.size)


def slide(verdict: Verdict, edges: np.ndarray) -> None:
    """Move the verdict's point along the edge to where the objective is highest, from edge to edge.

    Then, in turns, to the best of the corner and to that of the coordinates that no edge stops.
    """
    objective = verdict.objective
    free = ~np.any(edges != 0, axis=0)
    starts = [objective.origin[objective.active], *(end.trail[0] for end in [verdict.point, *verdict.others])]
    starts = [x for x in starts if np.isfinite(objective.value(x))]
    back = max((x - verdict.point.z for x in starts), key=lambda way: float(np.linalg.norm(way)))
    _slide(verdict)
    for _ in range(TURNS):
        before = verdict.point.value
        if np.count_nonzero(~free) > 1 and not objective.kinked:
            x = best_in_corner(objective, verdict.point.z, back, ~free)
            _put(verdict, x, objective.value(x))
        x = verdict.point.z.copy()
        if np.any(free) and not objective.kinked:
            end = replace(objective, origin=objective.full(x)).without(np.flatnonzero(~free)).climb(x[free])
            x[free] = end.z if end.usable else x[free]
            _put(verdict, x, objective.value(x))
        if not verdict.point.value > before + 1e-14 * (1 + abs(before)):
            return


def _slide(verdict: Verdict) -> None:
    objective, point = verdict.objective, verdict.point
    up = point.gradient / np.linalg.norm(point.gradient)

    def beside(x: np.ndarray, aside: np.ndarray, size: float) -> np.ndarray:
        return _edge(objective, x + size * (aside - (aside @ up) * up), up, size)

    _put(verdict, *_shaken(objective, point, beside))


def shake(verdict: Verdict) -> None:
    """Move a point at which an ascent stalled to a better one nearby: its steps may all have led out of the domain."""
    objective, point = verdict.objective, verdict.point
    scale = np.minimum(equilibrate(point.hessian), 1.0)
    x, value = _shaken(objective, point, lambda x, aside, size: x + size * scale * aside)
    x, value = _up_to_the_edge(objective, x, value)
    if value > point.value:
        end = objective.climb(x)
        _put(verdict, *((end.z, end.value) if end.usable and end.value > value else (x, value)))


def _shaken(
    objective: Objective, point: Point, step: Callable[[np.ndarray, np.ndarray, float], np.ndarray]
) -> tuple[np.ndarray, float]:
    """Climb by random steps, longer after a success and shorter after a failure.

    The (1+1) evolution strategy (Rechenberg 1973): in the corners of an edge of unknown shape no derivative leads.
    """
    rng = np.random.default_rng(4)
    x, best, size = point.z, point.value, 0.1
    for _ in range(LOOKS * min(x.size, 20)):
        raise_if_interrupted()
        trial = step(x, rng.standard_normal(x.size), size)
        value = objective.value(trial)
        if value > best:
            x, best, size = trial, value, size * LONGER
        elif (size := size * LONGER**-0.25) < SHORTEST * max(1.0, float(np.max(np.abs(x)))):
            break
    return x, best


def _edge(objective: Objective, x: np.ndarray, up: np.ndarray, size: float) -> np.ndarray:
    """Return the last point of the domain on the way up from just below ``x``; ``x`` when there is none."""
    below = next((k * size for k in BELOW if np.isfinite(objective.value(x - k * size * up))), None)
    if below is None:
        return x
    inside, outside = -below, size
    for _ in range(HALVES):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if np.isfinite(objective.value(x + middle * up)) else (inside, middle)
    return np.asarray(x + inside * up)


def _up_to_the_edge(objective: Objective, x: np.ndarray, value: float) -> tuple[np.ndarray, float]:
    """Return the last point of the domain straight up the slope, if the domain ends close by and that is higher."""
    _, gradient, _ = objective.derivatives(x)
    size = float(np.linalg.norm(gradient))
    reach = CLOSE * max(1.0, float(np.max(np.abs(x))))
    if not (np.isfinite(size) and size > 0) or np.isfinite(objective.value(x + reach * gradient / size)):
        return x, value
    there = _edge(objective, x, gradient / size, reach)
    best = objective.value(there)
    return (there, best) if best > value else (x, value)


def _put(verdict: Verdict, x: np.ndarray, value: float) -> None:
    if not value > verdict.point.value:
        return
    there = verdict.objective.at(x)
    if there.usable:
        verdict.point = verdict.point.moved_to(replace(there, value=value))
