"""Paths: one coordinate pushed away step by step, the rest re-optimised, and what is seen along them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from triptych.existence.findings import LEAST_SLOPE, Trace
from triptych.existence.tolerance import MEASURED, Tolerance
from triptych.existence.verdict import Verdict
from triptych.optimise.newton import Point, ascent_step
from triptych.optimise.objective import Objective
from triptych.optimise.smoothed_kinks import climb_beside

PROBE_STEPS = 18  # units that a coordinate is pushed; pinned by bound_by_another (halved)
LATE_STEPS = 10  # further units for a rise that began late, until its rate has settled
RATE_STEPS = 8  # last steps over which a rate has to be settled; pinned by test_a_rate_is_settled_over_eight_steps
NONE_ALONG: Mapping[int, float] = MappingProxyType({})
# CLEAR is pinned by test_a_path_is_seen_to_be_level_where_rounding_is_a_millionth.
CLEAR = 1e-6  # rounding error up to which a path can be seen to be level
# GO_ALONG is pinned by test_the_rest_goes_along_by_up_to_four_units_for_a_gain_of_a_tenth.
GO_ALONG = 4.0  # longest step by which a transformed coordinate may be extrapolated on a path
# WORTH is pinned by test_the_rest_goes_along_by_up_to_four_units_for_a_gain_of_a_tenth.
WORTH = 0.1  # gain in log-density from which the extrapolated start of a step is taken
LEAST_LEVEL = 2  # units over which a path has to be level; pinned by test_a_path_is_level_over_two_units
# SHRINKS is pinned by test_what_moves_by_a_tenth_less_at_each_step_settles.
SHRINKS = 0.9  # ratio of two steps in a row on a path, of a scalar or of a height, below which these come to a limit
SHRUNK = 1e-6  # relative change of a coordinate on the whole path below which it stays
# RATE_SPREAD is pinned by test_a_rate_is_settled_if_its_last_slopes_differ_by_a_twentieth.
RATE_SPREAD = 0.05  # largest range of the last slopes, relative to their mean, at which the rate is settled
FALLS_SEEN = 4  # last steps by which a fall is judged to go on; pinned by test_a_fall_is_seen_to_go_on_after_four_steps
# DEEP is pinned by test_a_path_may_fall_by_ten_on_its_way_to_another_maximum.
DEEP = 10.0  # fall of the objective up to which a path is not given up: it may lead through a valley to another maximum
# FASTER is pinned by test_falls_that_grow_by_four_fifths_lead_nowhere.
FASTER = 1.8  # ratio of two falls in a row above which they grow as those of an exponential do, by e per unit
# SAME_FALL is pinned by test_falls_at_one_rate_lead_nowhere.
SAME_FALL = 1e-5  # relative range of the last falls up to which a path falls at one rate for ever


def pushed_path(
    objective: Objective,
    end: Point,
    j: int,
    sign: float,
    *,
    steps: int = PROBE_STEPS,
    patient: bool = False,
    along: Mapping[int, float] = NONE_ALONG,
) -> Trace:
    """Push a coordinate away from ``end`` by one unit at a time; ``patient`` goes on where the objective falls fast.

    ``along`` are the signs of further coordinates, by position, that are pushed as far.
    """
    signs = {j: sign, **along}
    held, outwards = np.array(list(signs)), np.array(list(signs.values()))
    values, points, last = [end.value], [end.z.copy()], end
    for step in range(1, steps + LATE_STEPS + 1):
        if step > steps and not _unsettled(np.diff(values)):
            break
        x = _next(objective, end, points, held, outwards)
        if not np.isfinite(objective.value(x)):
            break
        point = climb_beside(objective, x, held, known=last.hessian, top=end.value)
        if not point.usable:
            break
        last = point
        values.append(point.value)
        points.append(point.z)
        if not patient and _hopeless(np.diff(values), values[0] - values[-1]):
            break
    return Trace(j, np.array([p[j] for p in points]), np.array(values), np.array(points))


def _next(
    objective: Objective, end: Point, points: list[np.ndarray], held: np.ndarray, outwards: np.ndarray
) -> np.ndarray:
    """Return where the next step of a path starts: the rest as it is, or as it goes on if that is higher.

    Where a density concentrates, its rate has to grow with its shape: from the old rate no ascent recovers.
    """
    still = points[-1].copy()
    still[held] = end.z[held] + outwards * len(points)
    if len(points) > 1:
        ahead = 2 * points[-1] - points[-2]
    else:
        rest = np.delete(np.arange(still.size), held)
        slope, _ = ascent_step(end.hessian[np.ix_(rest, held)] @ outwards, end.hessian[np.ix_(rest, rest)])
        ahead = still.copy()
        ahead[rest] += slope
    ahead[held] = still[held]
    if not np.all(np.isfinite(ahead)) or np.any(np.abs(ahead - points[-1])[objective.transformed] > GO_ALONG):
        return still
    # Without a gain the start stays: a level extrapolation may lead to where the objective is rounding error.
    return ahead if objective.value(ahead) > objective.value(still) + WORTH else still


def endless(trace: Trace, least: int = PROBE_STEPS - 1) -> bool:
    """Whether the objective still rises at a settled rate at the end of a path of at least so many steps."""
    slopes = np.diff(trace.values)
    return slopes.size >= least and _settled(slopes)


def _unsettled(slopes: np.ndarray) -> bool:
    """Whether a rise has begun so late that its rate is not settled yet."""
    return bool(slopes.size >= PROBE_STEPS and slopes[-1] > LEAST_SLOPE and not _settled(slopes))


def _settled(slopes: np.ndarray) -> bool:
    last = slopes[-RATE_STEPS:]
    if not np.all(last > LEAST_SLOPE):
        return False
    # Or the slopes still grow, by less each time: the rate comes to its limit from below.
    gains = np.diff(last)
    return bool(
        np.ptp(last) <= RATE_SPREAD * float(np.mean(last)) or (np.all(gains > 0) and np.all(np.diff(gains) < 0))
    )


def _hopeless(slopes: np.ndarray, fallen: float) -> bool:
    """Whether a path falls ever faster, or at a settled rate: it leads to no higher point."""
    last = slopes[-FALLS_SEEN:]
    if last.size < FALLS_SEEN or fallen < DEEP or np.any(last >= -LEAST_SLOPE):
        return False
    faster = bool(np.all(last[1:] < FASTER * last[:-1]))
    return faster or float(np.ptp(last)) < SAME_FALL * abs(float(last[-1]))


def level(verdict: Verdict, trace: Trace, whole: bool) -> int:
    """Return at which step a path is as high as it began, at its end or where the numbers end; 0 if it is not.

    A curved path to a supremum is seen so and not otherwise: along straight lines the objective falls.
    """
    objective, top = verdict.objective, verdict.point.value
    least = top - MEASURED * CLEAR
    high = [k for k in range(LEAST_LEVEL, len(trace.values)) if trace.values[k] >= least]
    if not high:
        return 0
    # Rounding error grows on the way out. Where the measured one shrinks, its differences vanished by chance.
    seen = trace.points[: high[-1] + 2]
    rounding_error = np.maximum.accumulate([max(verdict.rounding_error, objective.rounding_error(x)) for x in seen])
    for k in high[::-1]:
        if rounding_error[k] < CLEAR:
            ends = whole if k == len(trace.values) - 1 else rounding_error[k + 1] >= CLEAR
            return k if ends and trace.values[k] >= top - Tolerance(rounding_error[k], 1.0).same else 0
    return 0


def onwards(objective: Objective, end: Point, trace: Trace, reached: int, sign: float) -> np.ndarray:
    """Return the direction of a level path: its own coordinate, and those that go on with it and do not settle."""
    back = pushed_path(objective, end, trace.position, -sign, steps=LEAST_LEVEL, patient=True).points[:0:-1]
    return going_on(np.vstack([back, trace.points[: reached + 1]]), trace.position, SHRUNK * (1 + np.abs(end.z)))


def going_on(points: np.ndarray, position: int, least: np.ndarray) -> np.ndarray:
    """Return the last step of a path in the coordinate pushed, and in those that go on with it and do not settle.

    These move by no less from one step to the next, and by more than ``least`` in all.
    """
    steps = np.diff(points[-1 - 2 * RATE_STEPS :], axis=0)
    size = np.abs(steps)
    along = np.all(steps * steps[-1] > 0, axis=0) & np.all(size[1:] > SHRINKS * size[:-1], axis=0)
    along &= size.sum(axis=0) > least
    along[position] = True
    return np.where(along, steps[-1], 0.0)


def still_rising(verdict: Verdict, ray: np.ndarray) -> Trace | None:
    """Return the path to an end at which the numbers stop but the rise does not, such as a shift on a datum."""
    objective, point = verdict.objective, verdict.point
    j = int(np.argmax(np.abs(ray)))
    slope = float(point.gradient[j]) * float(np.sign(ray[j]))
    if not objective.transformed[j] or slope < LEAST_SLOPE or point.decrement < LEAST_SLOPE:
        return None
    return reversed_path(pushed_path(objective, point, j, -float(np.sign(ray[j])), steps=RATE_STEPS))


def reversed_path(way: Trace) -> Trace:
    """Return a path from its other end."""
    return replace(way, steps=way.steps[::-1], values=way.values[::-1], points=way.points[::-1])
