"""Ascents that carried a coordinate away and were stopped while the objective still rose.

The ascent itself is the evidence: it went far on a logarithmic scale, at a slope that did not fade. Of an exact fit the
slope is the number of observations, of a mixture's component on one datum the number of ties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from triptych.existence.coordinate_paths import RATE_STEPS, endless, pushed_path, reversed_path
from triptych.existence.findings import LEAST_SLOPE, UNROUNDED, Finding, Trace, without_limit
from triptych.existence.probe import Probe
from triptych.existence.verdict import ALL_ROUNDING, COARSE, Verdict
from triptych.optimise.newton import LOG_STEP, Point
from triptych.optimise.objective import Objective
from triptych.optimise.smoothed_kinks import climb_beside

# RISE_FADES is pinned by test_a_rise_without_limit_does_not_fade_by_a_twentieth.
RISE_FADES = 0.95  # least ratio of the rise over 8 units to that over the 8 before, for a rise without limit
# RAN_AWAY is pinned by gamma_of_a_constant (doubled).
RAN_AWAY = 34.0  # units from which an ascent may have no end; at 37 a logistic function is one in double precision
LINE_FAR = 12.0  # units of a logarithm, beyond its own unit, from which a coordinate on a line may have no end
LINE_STEPS = 8  # units of a logarithm over which it is led back there, the rise over whose halves is compared
# LEAST_TRAIL is pinned by test_an_ascent_of_fewer_than_eight_points_has_not_run_away.
LEAST_TRAIL = 8  # points of an ascent below which it cannot have run away in steps of LOG_STEP


class RanAway(Probe):
    """An ascent that went far on a logarithmic scale and rose as much at last as before."""

    name = "ascent that ran away"
    cases = ("component_on_one_of_two_data",)

    def needed(self, verdict: Verdict) -> bool:
        """On another scale too a density may rise with the logarithm of a coordinate, where that comes far enough."""
        return bool(np.any(verdict.objective.logarithmic)) or _farthest_on_a_line(verdict) is not None

    def look(self, verdict: Verdict) -> Sequence[Finding]:
        """Return the way back from the end of the ascent, if it was still rising there."""
        logarithmic = bool(np.any(verdict.objective.logarithmic))
        path = ran_away(verdict) if logarithmic else None
        # A regular maximum is no place where all is flat: the probes that follow look for the steepest way from it.
        if path is None and logarithmic and not verdict.regular:
            path = another_ran_away(verdict)
        path = path or ran_away_on_a_line(verdict)
        return without_limit(verdict.objective, path) if path is not None else ()


def ran_away(verdict: Verdict) -> Trace | None:
    """Whether the ascent itself carried a logarithmic coordinate away at a slope that did not fade.

    It ends where it is stopped, still rising, or where residuals are nothing but rounding.
    """
    objective, trail = verdict.objective, verdict.point.trail
    if not verdict.rounding_error > ALL_ROUNDING:
        if verdict.point.decrement >= LEAST_SLOPE:
            return _still_as_steep(objective, trail, RAN_AWAY)
        return _into_rounding(objective, trail)
    # Residuals may be exactly zero, as on a datum: then the values on the path are exact to its end.
    return _still_as_steep(objective, trail, RAN_AWAY / 2) or _still_as_steep(
        objective, trail, RAN_AWAY / 2, clear(objective, trail)[-1]
    )


def _into_rounding(objective: Objective, trail: np.ndarray) -> Trace | None:
    """Whether an ascent rose without fading until it came to rounding, and ended where nothing changes any more.

    There a correlation is one to all digits, so that the objective is level, and the place of its end is chance.
    """
    if np.max(np.abs(trail[-1] - trail[0])[objective.logarithmic]) < RAN_AWAY / 2:
        return None
    first = next((k for k, x in enumerate(trail) if k > 0 and objective.rounding_error(x) >= UNROUNDED), None)
    return None if first is None else _still_as_steep(objective, trail, RAN_AWAY / 2, trail[first - 1])


def ran_away_on_a_line(verdict: Verdict) -> Trace | None:
    """Whether the ascent carried a coordinate that is no logarithm away, at a rise that each time it doubles repeats.

    So rises the hazard of a normal density as its mean goes away. Towards a finite supremum rises fade.
    """
    objective, j = verdict.objective, _farthest_on_a_line(verdict)
    if j is None:
        return None
    origin = float(objective.origin[objective.active][j])
    at = clear(objective, verdict.point.trail)[-1]
    size, sign = abs(float(at[j]) - origin), float(np.sign(at[j] - origin))
    if np.log(size / max(1.0, abs(origin))) < LINE_FAR:
        return None
    points, values = [], []
    for k in range(LINE_STEPS + 1):
        at = at.copy()
        at[j] = origin + sign * size * np.exp(-k)
        end = climb_beside(objective, at, j)
        if not end.usable:
            return None
        at = end.z
        points.append(at)
        values.append(end.value)
    rise = -np.diff(values)[::-1]
    early, late = np.sum(rise[: LINE_STEPS // 2]), np.sum(rise[LINE_STEPS // 2 :])
    if np.any(rise <= 0) or late < max(LEAST_SLOPE * LINE_STEPS / 2, RISE_FADES * early):
        return None
    steps = sign * (np.log(size) - np.arange(LINE_STEPS + 1.0))
    return Trace(j, steps[::-1], np.array(values[::-1]), np.array(points[::-1]), on_a_line=True)


def _farthest_on_a_line(verdict: Verdict) -> int | None:
    """Return the coordinate, no logarithm, that an ascent to no regular maximum carried farthest, if that is far."""
    objective = verdict.objective
    if verdict.rounding_error <= COARSE and verdict.regular:
        return None
    origin = objective.origin[objective.active]
    far = np.abs(verdict.point.trail[-1] - origin) / np.maximum(1.0, np.abs(origin))
    far = np.where(objective.transformed, 0.0, far)
    j = int(np.argmax(far))
    return j if far[j] > np.exp(LINE_FAR) else None


def another_ran_away(verdict: Verdict) -> Trace | None:
    """Whether an ascent that led higher than the point, and into rounding, rose without fading as long as it was clear.

    The point leads because the ends of the others are rounding; it may be no more than a place where all is flat.
    """
    objective = verdict.objective
    for end in verdict.others:
        if end.value > verdict.point.value and end.slow:
            found = _still_as_steep(objective, end.trail, RAN_AWAY / 2, clear(objective, end.trail)[-1])
            if found is not None and found.values[-1] > verdict.point.value:
                return found
    return None


def _still_as_steep(
    objective: Objective, trail: np.ndarray, far: float, seen: np.ndarray | None = None
) -> Trace | None:
    """Return the way back from the end of an ascent, if that went ``far`` and rose as much at last as before.

    ``seen`` is the last place on it at which the objective is not rounding, from where the way back begins.
    """
    if len(trail) < LEAST_TRAIL:
        return None
    j = int(np.argmax(np.where(objective.logarithmic, np.abs(trail[-1] - trail[0]), 0.0)))
    way = float(trail[-1, j] - trail[0, j])
    if abs(way) < far:
        return None
    start = trail[-1] if seen is None else seen
    found = _way_back(objective, start, j, -float(np.sign(way)))
    if seen is None or (found is not None and endless(found, RATE_STEPS)):
        return found
    # Another scale that goes away at a rate of its own leaves the rest no best place: held, it hides no rise in this.
    others = np.flatnonzero(objective.logarithmic & (np.abs(start - trail[0]) > LOG_STEP))
    others = others[others != j]
    alone = _way_back(objective, start, j, -float(np.sign(way)), others) if others.size else None
    return found if alone is None else alone


def _way_back(
    objective: Objective, start: np.ndarray, j: int, sign: float, held: np.ndarray | None = None
) -> Trace | None:
    """Return the way back from a place in one coordinate, read from its end, if it rose as much at last as before.

    The ascent itself may be far from the best path, so the rest is re-optimised at each step, but what is ``held``.
    """
    kept = np.delete(np.arange(start.size), [] if held is None else held)
    part = objective if held is None else replace(objective, origin=objective.full(start)).without(held)
    place = int(np.flatnonzero(kept == j)[0])
    end = climb_beside(part, start[kept], place)
    if not end.usable:
        return None
    found = reversed_path(pushed_path(part, end, place, sign, steps=2 * RATE_STEPS, patient=True))
    # Values that are rounding alone fall and rise.
    if len(found.values) <= 2 * RATE_STEPS or np.any(np.diff(found.values) <= 0):
        return None
    early, middle, late = found.values[[-1 - 2 * RATE_STEPS, -1 - RATE_STEPS, -1]]
    if late - middle < max(LEAST_SLOPE * RATE_STEPS, RISE_FADES * (middle - early)):
        return None
    points = np.tile(start, (len(found.points), 1))
    points[:, kept] = found.points
    return replace(found, position=j, points=points)


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
