"""Maxima at a kink that no absolute value of the model makes: the joint of two lines, the mode of a triangle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from triptych.base.interrupt import raise_if_interrupted
from triptych.base.linalg import equilibrate
from triptych.existence.findings import Finding, Place
from triptych.existence.probe import Probe
from triptych.existence.verdict import Verdict
from triptych.optimise.kinks import Corner
from triptych.optimise.newton import Point
from triptych.optimise.objective import Objective

NEAREST = 1e-9  # way from a stalled ascent, in a coordinate's own units, at which its kink is first looked for
KINK_DOUBLINGS, KINK_HALVES = 30, 80  # of a step until the slope changes its sign, and of the bracket then
# SHARP is pinned by test_a_slope_leaps_at_a_kink_by_a_thousand_times_what_the_curvature_explains.
SHARP = 1e3  # least ratio of the change of slope to that which the curvature explains
MOST_TRIED = 6  # coordinates looked at, the steepest first
BESIDE_STEPS = 25  # most steps of an ascent beside a kink: from the place next to it few are needed


class HiddenKink(Probe):
    """A kink at which an ascent stalled, although the model has no absolute value there."""

    name = "kink beside a stalled ascent"
    cases = ("mode_of_a_triangle", "joint_of_two_lines_on_a_datum")

    def needed(self, verdict: Verdict) -> bool:
        """Only an ascent that has stalled is beside a kink."""
        return verdict.stalled

    def look(self, verdict: Verdict) -> Sequence[Finding]:
        """Return the place on the kink, if one is found."""
        found = cusp(verdict)
        return [Place(*found)] if found is not None else ()


def cusp(verdict: Verdict) -> tuple[Point, Corner] | None:
    """Return the maximum at a kink across one coordinate, if an ascent has stalled beside one.

    With the rest at its best, the slope along the coordinate changes its sign there from one number to the next.
    """
    point, objective = verdict.point, verdict.objective
    steepness = np.abs(point.gradient) * equilibrate(point.hessian)
    for j in np.argsort(-steepness, kind="stable")[:MOST_TRIED]:
        sides = _sides(objective, point, int(j))
        if sides is not None and _sharp(verdict, *sides, int(j)):
            return _held(*sides, int(j))
    return None


def _beside(objective: Objective, from_point: Point, j: int, at: float) -> Point | None:
    """Return the best point with a coordinate held; None where the rest does not come to its best, as on a ridge."""
    raise_if_interrupted()
    x = from_point.z.copy()
    x[j] = at
    end = objective.climb(x, fixed=j, max_iterations=BESIDE_STEPS) if np.isfinite(objective.value(x)) else None
    return end if end is not None and end.usable and end.arrived else None


def _sides(objective: Objective, point: Point, j: int) -> tuple[Point, Point] | None:
    """Return the points next to each other from which both the objective rises towards the other, below and above."""
    here = _beside(objective, point, j, float(point.z[j]))
    if here is None or here.gradient[j] == 0:
        return None
    sign = float(np.sign(here.gradient[j]))
    there: Point | None = None
    for k in range(KINK_DOUBLINGS):
        step = sign * NEAREST * 2.0**k * max(1.0, abs(float(point.z[j])))
        there = _beside(objective, here, j, float(point.z[j]) + step)
        if there is None or there.gradient[j] * sign < 0:
            break
        here = there
    if there is None or there is here:
        return None
    for _ in range(KINK_HALVES):
        middle = (here.z[j] + there.z[j]) / 2
        if middle in (here.z[j], there.z[j]):
            break
        end = _beside(objective, here, j, float(middle))
        if end is None:
            return None
        here, there = (end, there) if end.gradient[j] * sign > 0 else (here, end)
    return (here, there) if sign > 0 else (there, here)


def _sharp(verdict: Verdict, below: Point, above: Point, j: int) -> bool:
    """Whether the slope leaps between two points while the objective does not."""
    width = float(above.z[j] - below.z[j])
    slope = min(float(below.gradient[j]), -float(above.gradient[j]))
    bent = max(abs(float(end.hessian[j, j])) for end in (below, above))
    leap = abs(above.value - below.value)
    level = leap <= verdict.tolerance.same + width * float(below.gradient[j] - above.gradient[j])
    return bool(level and slope > SHARP * (bent * width + np.finfo(float).eps * (1 + abs(below.value))))


def _held(below: Point, above: Point, j: int) -> tuple[Point, Corner]:
    """Return the higher of two points on either side of a kink, with the kink as one that holds."""
    best = max((below, above), key=lambda end: end.value)
    rise, fall = float(below.gradient[j]), float(above.gradient[j])
    gradient = best.gradient.copy()
    gradient[j] = 0.0  # between those of both sides
    residual = float(np.max(np.abs(equilibrate(best.hessian) * gradient), initial=0.0))
    row = np.eye(gradient.size)[j : j + 1]
    return replace(best, gradient=gradient), Corner(row, np.array([(rise + fall) / (rise - fall)]), residual)
