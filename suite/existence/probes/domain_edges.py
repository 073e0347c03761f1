"""Maxima on a hard edge of the domain: beyond it the objective is not defined, and before it still rises.

The supports of data that depend on parameters make such edges: the ends of a uniform distribution, a probability
that is a line. Newton's method stops where its way leaves the domain; the maximum may lie farther along the edge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from triptych.base.interrupt import raise_if_interrupted
from triptych.existence.findings import Finding, Place
from triptych.existence.probe import Probe
from triptych.existence.verdict import Verdict
from triptych.optimise.corners import best_in_corner
from triptych.optimise.newton import WIDE, Point
from triptych.optimise.objective import Objective

ON_DOMAIN_EDGE = 1e-7  # relative distance from an edge of the domain up to which a point is on it
SHORTEST_STEP = 1e-10  # step of the search along an edge at which it ends
# LONGER is pinned by log_binomial_edge (halved).
LONGER = 1.5  # factor of a step after a success; with the factor after a failure, one step in five succeeds
RANDOM_STEPS = 150  # random steps for each coordinate; pinned by log_binomial_edge (halved)
BELOW = (0.0, 1.0, 8.0)  # multiples of a step by which a trial is put back into the domain
EDGE_HALVES = 50  # bisections that find the edge to all digits; pinned by log_binomial_edge (a tenth)
TURNS = 6  # times that the corner and the free coordinates are improved in turn
NO_RISE = 1e-14  # relative rise of a turn up to which it is rounding and no further one is made
FIRST_STEP = 0.1  # length of the first random step, in the coordinates' own units; it adapts within some ten
MOST_SHAKEN = 20  # coordinates from which the number of random steps grows no more


class DomainEdge(Probe):
    """The best point along an edge of the domain, where the objective rises up to that edge."""

    name = "edge of the domain"
    cases = ("both_ends_of_a_uniform", "shares_by_hand", "log_binomial_edge")

    def needed(self, verdict: Verdict) -> bool:
        """At kinks that hold, the multipliers have the last word."""
        return verdict.corner is None

    def look(self, verdict: Verdict) -> Sequence[Finding]:
        """Return the best place on the edge, if the ascent ended at one."""
        edges = cliff(verdict)
        return [Place(_along(verdict, edges))] if len(edges) else ()


def cliff(verdict: Verdict) -> np.ndarray:
    """Return axes, as rows, whose ends of the domain are here, if the objective rises right up to one of them.

    In many coordinates none is looked for at a point whose ascent has arrived: there the slope is zero.
    """
    point, objective = verdict.point, verdict.objective
    axes = []
    if objective.size >= WIDE and point.arrived:
        return np.zeros((0, point.z.size))
    rising = False
    for j in range(point.z.size):
        for sign in (1.0, -1.0):
            step = np.zeros_like(point.z)
            step[j] = sign * ON_DOMAIN_EDGE * max(1.0, abs(point.z[j]))
            if not np.isfinite(objective.value(point.z + step)):
                inside = objective.value(point.z - step)
                rising |= np.isfinite(inside) and inside < point.value and sign * point.gradient[j] > 0
                axes.append(np.sign(step))
                break
    return np.array(axes if rising else []).reshape(-1, point.z.size)


def _along(verdict: Verdict, edges: np.ndarray) -> Point:
    """Return the point along the edge at which the objective is highest, from edge to edge.

    From there it goes on in turns: to the best of the corner, and to the best of the coordinates that no edge stops.
    """
    objective, point = verdict.objective, verdict.point
    # A step that leaves the domain ends an ascent: with the coordinate at the edge fixed, the others go on.
    end = objective.climb(point.z, fixed=int(np.argmax(np.abs(edges[0]))))
    point = end if end.usable and end.value >= point.value else point
    free = ~np.any(edges != 0, axis=0)
    starts = [objective.origin[objective.active], *(end.trail[0] for end in [point, *verdict.others])]
    starts = [x for x in starts if np.isfinite(objective.value(x))]
    back = max((x - point.z for x in starts), key=lambda way: float(np.linalg.norm(way)))
    point = _slide(objective, point)
    for _ in range(TURNS):
        before = point.value
        if np.count_nonzero(~free) > 1 and not objective.kinked:
            x = best_in_corner(objective, point.z, back, ~free)
            point = higher(objective, point, x, objective.value(x))
        x = point.z.copy()
        if np.any(free) and not objective.kinked:
            end = replace(objective, origin=objective.full(x)).without(np.flatnonzero(~free)).climb(x[free])
            x[free] = end.z if end.usable else x[free]
            point = higher(objective, point, x, objective.value(x))
        if not point.value > before + NO_RISE * (1 + abs(before)):
            break
    return point


def _slide(objective: Objective, point: Point) -> Point:
    """Return the highest point that random steps along the edge lead to."""
    up = point.gradient / np.linalg.norm(point.gradient)

    def beside(x: np.ndarray, aside: np.ndarray, size: float) -> np.ndarray:
        return edge(objective, x + size * (aside - (aside @ up) * up), up, size)

    return higher(objective, point, *shaken(objective, point, beside))


def shaken(
    objective: Objective, point: Point, step: Callable[[np.ndarray, np.ndarray, float], np.ndarray]
) -> tuple[np.ndarray, float]:
    """Climb by random steps, longer after a success and shorter after a failure.

    The (1+1) evolution strategy (Rechenberg 1973): in the corners of an edge of unknown shape no derivative leads.
    """
    rng = np.random.default_rng(4)
    x, best, size = point.z, point.value, FIRST_STEP
    for _ in range(RANDOM_STEPS * min(x.size, MOST_SHAKEN)):
        raise_if_interrupted()
        trial = step(x, rng.standard_normal(x.size), size)
        value = objective.value(trial)
        if value > best:
            x, best, size = trial, value, size * LONGER
        elif (size := size * LONGER**-0.25) < SHORTEST_STEP * max(1.0, float(np.max(np.abs(x)))):
            break
    return x, best


def edge(objective: Objective, x: np.ndarray, up: np.ndarray, size: float) -> np.ndarray:
    """Return the last point of the domain on the way up from just below ``x``; ``x`` when there is none."""
    below = next((k * size for k in BELOW if np.isfinite(objective.value(x - k * size * up))), None)
    if below is None:
        return x
    inside, outside = -below, size
    for _ in range(EDGE_HALVES):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if np.isfinite(objective.value(x + middle * up)) else (inside, middle)
    return np.asarray(x + inside * up)


def higher(objective: Objective, point: Point, x: np.ndarray, value: float) -> Point:
    """Return the point at ``x``, where the objective has a value, if that is higher and has derivatives."""
    if not value > point.value:
        return point
    there = objective.at(x)
    return point.moved_to(replace(there, value=value)) if there.usable else point
