"""Coordinates on a logarithmic scale pushed away, one at a time, the rest re-optimised.

A density that rises without limit does so at a constant rate per unit of a logarithm: n for an exact fit, the number of
ties for a mixture's component on a datum. A path that keeps its height leads to a supremum at infinity, and one that
comes to a higher point shows that the best one was none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from triptych.existence.coordinate_paths import PROBE_STEPS, endless, level, onwards, pushed_path
from triptych.existence.findings import Finding, Higher, LevelPath, Rise, Trace, without_limit
from triptych.existence.probe import Probe
from triptych.existence.tolerance import ABOVE_ROUNDING
from triptych.existence.verdict import Verdict
from triptych.optimise.newton import Point
from triptych.optimise.objective import Objective

FEW_STEPS = 8  # units that a coordinate of a probability is pushed
PROBED = 24  # coordinates pushed away at most, the least curved ones; pinned by mixture_half_normal (a tenth)
PROBED_BRIEFLY = 6  # the same in a brief search, as of a first look


class PushedCoordinates(Probe):
    """A rise without limit, a higher point, or a level way out along one coordinate."""

    name = "coordinates pushed away"
    cases = ("student_nu_free_to_zero", "shift_on_a_datum", "truncated_normal_of_wide_spread")

    def needed(self, verdict: Verdict) -> bool:
        """Only coordinates on a logarithmic scale are pushed."""
        return bool(np.any(verdict.objective.logarithmic))

    def look(self, verdict: Verdict) -> Sequence[Finding]:
        """Push from the best point and from the best of the other maxima."""
        found: list[Finding] = []
        others = [other for other in verdict.others if other.arrived]
        for end in [verdict.point, *others[:1]]:
            found += _pushed(verdict, end)
            if any(isinstance(finding, (Rise, Higher)) for finding in found):
                break
        return found


def _pushed(verdict: Verdict, end: Point) -> list[Finding]:
    """Push each coordinate from an end point both ways; a path without limit ends the search."""
    objective = verdict.objective
    positions = np.flatnonzero(objective.logarithmic)
    most = PROBED_BRIEFLY if verdict.brief else PROBED
    if positions.size > most:
        curvature = np.abs(np.diag(end.hessian))[positions]
        positions = positions[np.argsort(curvature)[:most]]
    least = verdict.point.value + verdict.tolerance.higher
    better: np.ndarray | None = None
    found: list[Finding] = []
    # A probability is at most one, so no path rises without limit; fewer steps may still meet a higher maximum.
    steps = FEW_STEPS if objective.discrete and not objective.parts[1] else PROBE_STEPS
    for j in positions:
        for sign in (-1.0, 1.0):
            trace = pushed_path(objective, end, int(j), sign, steps=steps)
            if endless(trace) and _outwards(objective, trace):
                return without_limit(objective, trace)
            # After an ascent of linear convergence the values may overflow before all steps are made.
            whole = len(trace.values) == steps + 1 or (end.slow and len(trace.values) > 2)
            if end is verdict.point and (reached := level(verdict, trace, whole)):
                found.append(LevelPath(int(j), onwards(objective, end, trace, reached, sign)))
            top = int(np.argmax(trace.values))
            if trace.values[top] > least and _believable(verdict, trace, top):
                better, least = trace.points[top], float(trace.values[top])
    return [*found, Higher(better)] if better is not None else found


def _outwards(objective: Objective, trace: Trace) -> bool:
    """Whether a path leads away from where the model starts, and not back from where an ascent got lost."""
    way = np.abs(trace.steps - objective.origin[objective.active][trace.position])
    return bool(way[-1] > way[0])


def _believable(verdict: Verdict, trace: Trace, top: int) -> bool:
    """Whether a rise is neither rounding nor a leap of a density that is computed wrongly far out."""
    objective = verdict.objective
    rise = float(trace.values[top]) - verdict.point.value
    # One measurement may miss the rounding error: the neighbours on the path are measured too.
    rounding_error = max(objective.rounding_error(x) for x in trace.points[max(0, top - 2) : top + 3])
    if rise <= ABOVE_ROUNDING * rounding_error:
        return False
    return not objective.leaps(trace.points[top - 1], trace.points[top])
