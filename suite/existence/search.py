"""Does an optimum exist? Decided by curvature and by probing around the best point found.

Vanishing gradient and negative curvature alone are fooled: the log-likelihood of separated classes
flattens on its way to infinity, a ridge has both along its length. So from the best end point the
objective is followed along every principal direction and along the last steps of the ascent, in
units of the standard error there, and each logarithmic coordinate is pushed away while the rest is
re-optimised. What theory puts out of reach of these probes is ``ok``: then it means the best of
the starts, with no ascent found.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from triptych.base.linalg import equilibrate
from triptych.base.progress import Share, between, unheard
from triptych.engine.angles import TURN, turns, wrapped
from triptych.existence.chains import in_own_values, keep_order
from triptych.existence.directions import SINGULAR
from triptych.existence.findings import without_limit
from triptych.existence.probe import Probe
from triptych.existence.probes.domain_edges import DomainEdge
from triptych.existence.probes.few_values import FewValues
from triptych.existence.probes.hidden_kinks import HiddenKink
from triptych.existence.probes.pushed_coordinates import PushedCoordinates
from triptych.existence.probes.ran_away import RanAway, another_ran_away, away_by_rounds, clear
from triptych.existence.probes.rounded import Rounded
from triptych.existence.probes.single_data import SingleData
from triptych.existence.probes.stalled import Stalled
from triptych.existence.probes.walk import Walk
from triptych.existence.spare_parameters import held_elsewhere, with_redundant, without_redundant
from triptych.existence.tolerance import LEFT_BY_ASCENT
from triptych.existence.verdict import ALL_ROUNDING, COARSE, Verdict
from triptych.optimise.approach import CONFIRMED, approach
from triptych.optimise.kinks import Corner, Met, climb
from triptych.optimise.newton import LOG_RANGE, WIDE, Point
from triptych.optimise.objective import Objective

ROUNDS = 6  # times that the ascents start again from a higher point that a probe met
TRIES = 200  # points looked at when the first one is outside the domain
STAGES = 8  # times that an ascent goes on that was stopped for having gone far
# LOWEST is pinned by test_a_start_in_many_coordinates_is_moved_from_a_hundred_below_the_maximum_each.
LOWEST = 100.0  # fall, for each coordinate, from the maximum to a start: one lower is moved half the way
START_HALVES = 20  # times that it is moved at most
AS_FAR = 1e-6  # relative difference of two distances from the start up to which two ends may be mirror images
# DISTINCT is pinned by test_ends_are_two_maxima_a_hundredth_of_a_standard_error_apart.
DISTINCT = 0.01  # distance in standard errors from which two end points are two maxima
SAME_RATE = 0.95  # ratio of the slopes of two stages from which an ascent is taken to have no end
KINKED_STARTS = 2  # dispersed starts where there are kinks: an ascent over them costs many others
# START_WIDTH is pinned by component_on_one_of_four_data (halved).
START_WIDTH = 4  # standard errors about the best end from which further ascents start: outside a regular maximum
# FARTHEST_START is pinned by component_on_one_of_four_data (a tenth).
FARTHEST_START = 12  # units of a logarithm between a dispersed start and the model's: beyond, densities overflow
# Distances from the model's start, in the coordinates' own units, of the first place that is tried when that is outside
# the domain, and by how much the last of the tries is farther.
FIRST_TRY, TRIES_GROW = 0.5, 8
# A coordinate with steps is scanned at so many places, up to so many units on either side of the start, every so many
# places where several have steps, with so many Newton steps of the others at each: the height alone ranks the places.
SCANNED, SCAN_REACH, SCANNED_OF_SEVERAL, SCAN_STEPS = 400, 6, 8, 8
OTHER_HEIGHT = 1e-6  # relative difference of two ends from which they are maxima of different height
# In the order in which they look: what one moves the point to, the next ones start from.
PROBES: tuple[Probe, ...] = (
    RanAway(),
    Rounded(),
    Stalled(),
    HiddenKink(),
    DomainEdge(),
    PushedCoordinates(),
    FewValues(),
    SingleData(),
    Walk(),
)


def find(
    objective: Objective, seed: int = 0, starts: int = 6, progress: Share = unheard, *, brief: bool = False
) -> Verdict:
    """Maximise an objective from several starts and judge what was found.

    Parameters
    ----------
    objective
        What to maximise.
    seed
        Seed of the dispersed starts.
    starts
        How many dispersed starts besides the model's initial point.
    progress
        Called with the share that is done; the starts are the first half.
    brief
        Whether probes look at fewer coordinates where there are many.
    """
    verdict = _found(objective, seed, starts, progress, brief)
    if (own := in_own_values(verdict)) is None:
        return verdict
    low = verdict.point.value - verdict.tolerance.level
    for x in own[1:]:
        again = _probed(own[0], [climb(own[0], x)], brief)
        again = keep_order(again)
        if (
            again.starts
            and again.regular
            and (again.diverging.size or own[0].engine.unseen)
            and again.point.value >= low
        ):
            return again
    return verdict


def _found(objective: Objective, seed: int, starts: int, progress: Share, brief: bool) -> Verdict:
    """Maximise in the coordinates of the objective and judge what was found."""
    if objective.size == 0:  # nothing to climb in: a likelihood that no parameter moves
        nothing = np.zeros(0)
        point = Point(nothing, objective.value(nothing), nothing, np.zeros((0, 0)), 0.0, 0, nothing[None])
        return Verdict(objective, point, None, 0.0, 1)
    if not objective.parts[1] and (fewer := without_redundant(objective)) is not None:
        inner = _found(fewer, seed, starts, progress, brief)
        whole = with_redundant(objective, inner)
        # Of a sum, the part that was held may be the maximum of the sum or exceed it; the other parts then go to zero.
        driven = inner.diverging.size and inner.unbounded is None and (whole is None or _on_one_ridge(whole))
        if driven and (other := held_elsewhere(objective, fewer)) is not None:
            again = with_redundant(objective, _found(other, seed, starts, progress, brief))
            whole = again if whole is None or (again is not None and not again.diverging.size) else whole
        if whole is not None:
            return whole
    rng = np.random.default_rng(seed)
    found = _ends(objective, rng, starts, between(progress, 0.0, 0.5))
    return _probed(objective, found, brief)


def _on_one_ridge(verdict: Verdict) -> bool:
    """Whether a logarithm goes away that a redundancy moves as well."""
    both = np.any(verdict.diverging != 0, axis=0) & np.any(verdict.unidentified != 0, axis=0)
    return bool(np.any(both & verdict.objective.transformed))


def _probed(objective: Objective, found: list[tuple[Point, Corner | None]], brief: bool) -> Verdict:
    """Judge the best end point; from a better point that the probes meet, climb and judge again."""
    rounds: list[Point] = []
    for _ in range(ROUNDS):
        verdict = _judged(replace(_verdict(objective, found), brief=brief))
        if verdict.higher is None:
            return verdict
        rounds.append(verdict.point)
        found = [climb(objective, verdict.higher), *found]
    # The point may have been the same in each round, where the ascents from higher ones all ended in rounding.
    path = away_by_rounds(objective, rounds) or another_ran_away(verdict)
    if path is None:
        # Where several coordinates lead higher at once, one alone may do so without end.
        alone = FewValues()
        ways = alone.look(verdict) if alone.needed(verdict) else ()
        return replace(verdict.having(*ways, by=alone.name), settled=False)
    return verdict.having(*without_limit(objective, path), by="higher points, farther out each time")


def _ends(
    objective: Objective, rng: np.random.Generator, starts: int, progress: Share
) -> list[tuple[Point, Corner | None]]:
    origin = objective.origin[objective.active]
    kinked = objective.kinked
    if not np.isfinite(objective.value(origin)):
        origin = _inside(objective, origin, rng)
    met: Met = []
    found = [_ascend(objective, _on_steps(objective, origin), met)]
    transformed = objective.transformed
    starts = KINKED_STARTS if kinked else starts
    for k in range(starts):
        progress((1 + k) / (1 + starts))
        centre, scale = origin, np.ones_like(origin)
        if k % 2 and found[0][0].usable:
            best = max((p for p, _ in found if p.usable), key=lambda p: p.value)
            if not best.slow:
                centre = best.z
                scale = np.where(transformed, 1.0, START_WIDTH * equilibrate(best.hessian))
        start = centre + scale * rng.standard_normal(origin.size) * (1 + k / 2)
        start = np.where(transformed, np.clip(start, origin - FARTHEST_START, origin + FARTHEST_START), start)
        start = _on_steps(objective, _not_too_low(objective, centre, start, found[0][0]))
        end = _led_back(objective, start, found[0][0]) or _ascend(objective, start, met)
        if end[0].usable:
            found.append(end)
    progress(1.0)
    return found


def _not_too_low(objective: Objective, centre: np.ndarray, start: np.ndarray, top: Point) -> np.ndarray:
    """Halve the way to a start in many coordinates until the objective is not absurdly low there.

    A unit in each of hundreds of coordinates is a long way: it costs hundreds of steps to come back from there, and the
    farthest of the starts about a regular maximum are no lower than this.
    """
    if objective.size < WIDE or not top.usable:
        return start
    for _ in range(START_HALVES):
        if objective.value(start) >= top.value - LOWEST * objective.size:
            break
        start = (start + centre) / 2
    return start


def _led_back(objective: Objective, start: np.ndarray, top: Point) -> tuple[Point, Corner | None] | None:
    """Return a maximum of many coordinates once more, where an ascent by gradients leads to it."""
    if objective.size < WIDE or objective.kinked or top.slow or not top.arrived:
        return None
    end = approach(objective, start, top.hessian, done=CONFIRMED)
    if (
        end is None
        or apart(objective, end, [top])
        or abs(end.value - top.value) > LEFT_BY_ASCENT * (1 + abs(top.value))
    ):
        return None
    return top, None


def _ascend(objective: Objective, start: np.ndarray, met: Met) -> tuple[Point, Corner | None]:
    """Climb; an ascent that was stopped for having gone far goes on, unless it has settled on a rate.

    A vague prior may put the initial point as far from the maximum as a density without limit would lead.
    """
    end, corner = climb(objective, start, met)
    trail = end.trail
    for _ in range(STAGES):
        if not end.usable or not end.slow or _way(objective, end) <= LOG_RANGE:
            break
        beyond, kinks = climb(objective, end.z)
        if not beyond.usable or not beyond.value > end.value:
            break
        before, after = _rate(objective, end), _rate(objective, beyond)
        if _way(objective, beyond) > LOG_RANGE and after > SAME_RATE * before:
            break
        end, corner = beyond, kinks
        trail = np.vstack([trail, end.trail[1:]])
    # The last stage may lie in rounding from its beginning; the whole way is clear near the start.
    return replace(end, trail=trail), corner


def _way(objective: Objective, end: Point) -> float:
    """Units that an ascent has carried the logarithmic coordinate that went farthest."""
    return float(np.max(np.abs(end.z - end.trail[0])[objective.transformed], initial=0.0))


def _rate(objective: Objective, end: Point) -> float:
    """Rise per unit of that coordinate over the second half of its way."""
    at = np.max(np.abs(end.trail - end.trail[0])[:, objective.transformed], axis=1)
    half = int(np.flatnonzero(at <= at[-1] / 2)[-1])
    return (end.value - objective.value(end.trail[half])) / float(at[-1] - at[half])


def _inside(objective: Objective, origin: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a point at which the objective is finite, when the model's initial point is outside its domain."""
    for k in range(TRIES):
        x = origin + (FIRST_TRY + TRIES_GROW * k / TRIES) * rng.standard_normal(origin.size)
        if np.isfinite(objective.value(x)):
            return x
    return origin


def _on_steps(objective: Objective, x: np.ndarray) -> np.ndarray:
    """Scan coordinates along which the objective is a step function: no slope leads along them.

    Of many coordinates some may have lost their slope far out, as where probabilities are one to all digits: these are
    no steps.
    """
    if objective.size >= WIDE and not np.any(np.isin(objective.active, objective.stepwise)):
        return x
    value, gradient, hessian = objective.derivatives(x)
    if not np.isfinite(value):
        return x
    steps = np.flatnonzero((gradient == 0) & np.all(hessian == 0, axis=0))
    for j in steps:
        trial = np.tile(x, (SCANNED, 1))
        trial[:, j] = np.linspace(-SCAN_REACH, SCAN_REACH, SCANNED) + (0.0 if objective.transformed[j] else x[j])
        ends = []
        for row in trial[:: 1 if len(steps) == 1 else SCANNED_OF_SEVERAL]:
            if np.isfinite(objective.value(row)):
                ends.append((objective.climb(row, fixed=int(j), max_iterations=SCAN_STEPS).value, row[j]))
        if ends and max(v for v, _ in ends) > value:
            best = max(v for v, _ in ends)
            x = x.copy()
            x[j] = float(np.median([at for v, at in ends if v >= best - LEFT_BY_ASCENT * (1 + abs(best))]))
    return x


def _verdict(objective: Objective, found: list[tuple[Point, Corner | None]]) -> Verdict:
    usable = sorted((e for e in found if e[0].usable), key=lambda e: -e[0].value)
    if not usable:
        point, corner = found[0]
        return Verdict(objective, point, corner, np.inf, 0)
    rounding_error = {id(end): objective.rounding_error(end.z) for end in {id(end): end for end, _ in usable}.values()}
    # The value of a point dominated by rounding error means nothing; such a point is taken only when there is no other.
    usable.sort(key=lambda e: rounding_error[id(e[0])] > COARSE)
    best = usable[0][0].value
    told = max(LEFT_BY_ASCENT * (1 + abs(best)), min(rounding_error[id(usable[0][0])], COARSE))
    equal = [e for e in usable if abs(e[0].value - best) <= told]
    point, corner = _of_equals(objective, equal)
    if rounding_error[id(point)] > ALL_ROUNDING:
        # All candidates are dominated by rounding error, so their values cannot rank them. The ascent with the
        # longest stretch before rounding shows best where the objective rises to.
        point, corner = max(
            usable, key=lambda e: float(np.max(np.ptp(clear(objective, e[0].trail), axis=0), initial=0))
        )
    others: list[Point] = []
    for other, _ in usable:
        values = [point.value, *(o.value for o in others)]
        if all(abs(other.value - v) > OTHER_HEIGHT * (1 + abs(v)) for v in values):
            others.append(other)
    ties = [end for end, _ in equal if not end.slow and apart(objective, end, [point])]
    ties = [end for k, end in enumerate(ties) if apart(objective, end, ties[:k])]
    return Verdict(objective, point, corner, rounding_error[id(point)], len(usable), tuple(others), tuple(ties))


def _of_equals(objective: Objective, equal: list[tuple[Point, Corner | None]]) -> tuple[Point, Corner | None]:
    """Return one of several ends of the same height: the nearest to the start, and of mirror images always the same."""
    mixed, origin = len({end.slow for end, _ in equal}) > 1, objective.origin[objective.active]

    def rank(end: Point) -> tuple[bool, float]:
        # One ascent may have leapt to where the objective has no curvature; one that stopped before tells more. Of a
        # place far out the sum of squares overflows.
        return end.slow or (mixed and _is_flat(end)), math.hypot(*(end.z - origin))

    first = min(equal, key=lambda e: rank(e[0]))
    worse, distance = rank(first[0])
    images = [e for e in equal if rank(e[0])[0] == worse and rank(e[0])[1] <= distance * (1 + AS_FAR)]
    images = [e for e in images if apart(objective, e[0], [first[0]])]
    return max([first, *images], key=lambda e: tuple(np.rint((e[0].z - origin) / (AS_FAR * (distance or 1.0)))))


def apart(objective: Objective, end: Point, from_others: list[Point]) -> bool:
    """Whether an end point is farther from all others than rounding, in standard errors; whole turns are no way."""
    d, period = equilibrate(end.hessian), TURN * turns(objective.engine)[objective.active]
    gaps = [np.abs(wrapped(end.z - other.z, period)) / d for other in from_others]
    return all(bool(np.max(gap, initial=0.0) > DISTINCT) for gap in gaps)


def _is_flat(point: Point) -> bool:
    """Whether some direction has lost its curvature."""
    d = equilibrate(point.hessian)
    return float(np.linalg.eigvalsh(-(d[:, None] * point.hessian * d)).min(initial=1.0)) < SINGULAR


def _judged(verdict: Verdict) -> Verdict:
    """Ask the probes in their order, until one finds a higher point or a rise without limit."""
    for probe in PROBES if verdict.starts else ():
        if verdict.higher is not None or verdict.unbounded is not None:
            break
        if probe.needed(verdict):
            verdict = verdict.having(*probe.look(verdict), by=probe.name)
    return verdict
