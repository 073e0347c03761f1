"""Ascents that stalled because their steps led out of the domain: random steps find the higher point close by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from triptych.base.linalg import equilibrate
from triptych.existence.findings import Finding, Place
from triptych.existence.probe import Probe
from triptych.existence.probes.domain_edges import edge, higher, shaken
from triptych.existence.tolerance import ABOVE_ROUNDING
from triptych.existence.verdict import COARSE, Verdict
from triptych.optimise.newton import Point
from triptych.optimise.objective import Objective

UPHILL_REACH = 1e-3  # distance, relative to a coordinate, over which an edge is looked for up the slope


class Stalled(Probe):
    """A higher point close to where an ascent stalled, because its steps all led out of the domain."""

    name = "random steps where an ascent stalled"
    cases = ("log_binomial_edge",)

    def needed(self, verdict: Verdict) -> bool:
        """Only an ascent that has stalled needs another kind of step."""
        return verdict.stalled

    def look(self, verdict: Verdict) -> Sequence[Finding]:
        """Return the higher place, if there is one."""
        point = shake(verdict)
        return [Place(point)] if point is not verdict.point else ()


def shake(verdict: Verdict) -> Point:
    """Return a better point close to where an ascent stalled; the point itself where there is none."""
    objective, point = verdict.objective, verdict.point
    scale = np.minimum(equilibrate(point.hessian), 1.0)
    x, value = shaken(objective, point, lambda x, aside, size: x + size * scale * aside)
    x, value = _up_to_the_edge(objective, x, value)
    if not value > point.value:
        return point
    end = objective.climb(x)
    ends = [(end.z, end.value)] if end.usable and end.value > value else []
    for there, best in [*ends, (x, value)]:
        if objective.rounding_error(there) <= max(COARSE, (best - point.value) / ABOVE_ROUNDING):
            return higher(objective, point, there, best)
    return point


def _up_to_the_edge(objective: Objective, x: np.ndarray, value: float) -> tuple[np.ndarray, float]:
    """Return the last point of the domain straight up the slope, if the domain ends close by and that is higher."""
    _, gradient, _ = objective.derivatives(x)
    size = float(np.linalg.norm(gradient))
    reach = UPHILL_REACH * max(1.0, float(np.max(np.abs(x))))
    if not (np.isfinite(size) and size > 0) or np.isfinite(objective.value(x + reach * gradient / size)):
        return x, value
    there = edge(objective, x, gradient / size, reach)
    best = objective.value(there)
    return (there, best) if best > value else (x, value)
