"""Walks from the best point: where the objective does not fall it is flat, or at a supremum it never attains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from triptych.base.linalg import NEXT_TO_ZERO, equilibrate
from triptych.existence.coordinate_paths import CLEAR, still_rising
from triptych.existence.curved_rays import curved_rays
from triptych.existence.directions import FAR_OFF, LEAST_UNITS, SINGULAR, curvature_along, from_slope, principal, span
from triptych.existence.findings import Edge, Finding, Higher, Place, Rays, Rise, Unidentified, directions
from triptych.existence.flat_faces import face
from triptych.existence.limit_problem import carried_along
from triptych.existence.null_space import MOST_COLUMNS, OFF_START, structural_null
from triptych.existence.probe import Probe
from triptych.existence.probes.domain_edges import cliff
from triptych.existence.tolerance import ABOVE_ROUNDING, MEASURED
from triptych.existence.verdict import Verdict
from triptych.optimise.kinks import climb
from triptych.optimise.newton import WIDE, Point

# VAGUE_REACH is pinned by test_one_without_curvature_is_followed_for_a_million.
VAGUE_REACH = 1e6  # conditional standard errors up to which a direction without curvature is followed
NEARBY = 11  # halvings of 1024 standard errors, after which the rounding error is that of the best point
# ONE_WAY is pinned by test_rays_are_one_that_differ_by_a_hundredth_or_in_other_parts_by_a_thousandth.
ONE_WAY = 1e-3  # largest difference, relative to the longest part, of two rays that are one
# SAME_PARTS is pinned by test_rays_are_one_that_differ_by_a_hundredth_or_in_other_parts_by_a_thousandth.
SAME_PARTS = 1e-2  # the same, of rays that move the same coordinates
# RATES is pinned by test_rates_of_logarithms_are_twelfths_to_a_hundredth.
RATES = 12  # rates of logarithms are rounded to such parts of the fastest: halves, thirds, quarters
# TRACE is pinned by test_a_part_of_a_thousandth_is_rounding.
TRACE = 1e-3  # share of a direction's longest part, or of a sum's terms, up to which it is rounding
# RAY_COST is pinned by test_a_direction_is_a_ray_but_for_what_costs_a_thousandth.
RAY_COST = 1e-3  # fall over a ray's length below which a direction differs from the ray by nothing
# MAIN_PART is pinned by test_a_direction_is_level_for_a_step_that_is_half_of_its_longest_part.
MAIN_PART = 0.5  # share of its longest part from which a level direction is owed to a coordinate with steps alone
# OWN_RIDGE is pinned by test_a_ridge_that_is_all_but_a_ray_is_that_ray_bent.
OWN_RIDGE = 0.9  # largest cosine of a ridge and the span of the rays: above, the ray bent is the ridge
# PLAIN is pinned by test_rates_of_logarithms_are_twelfths_to_a_hundredth.
PLAIN = 0.01  # largest difference of a rate from a plain one, in the parts to which it is rounded, that is rounding
# AMONG is pinned by test_a_level_direction_is_the_exact_one_beside_it.
AMONG = 0.99  # cosine of a level direction and the span of the exact ones from which it is one of these
# COMBINED is pinned by test_a_direction_is_a_combination_of_others_but_for_a_millionth.
COMBINED = 1e-6  # part of a direction that no combination of others makes up, up to which it is rounding
PUSHED_ON = (4.0, 2.0, 1.0)  # units of a logarithm by which the place of a maximum at an edge is pushed on, in turn
# A walk goes to WALK_REACH standard errors, from its 2^-WALK_HALVES on in doublings: from where a regular maximum has
# just begun to fall to where any has fallen. A curvature below LEAST_CURVATURE, a rounding error, gives no unit.
# WALK_REACH is pinned by test_a_direction_is_followed_for_a_thousand_standard_errors.
# WALK_HALVES is pinned by poisson_identity_link (halved).
WALK_REACH, WALK_HALVES, LEAST_CURVATURE = 1024, 12, 1e-15
# CLOSE_BY is pinned by log_rate_of_zero_counts (doubled).
CLOSE_BY = 6  # halvings of the way from which a value that is not finite is the end of the domain, not overflow
MEASURED_AT = (1.0, 0.99, 0.97, 0.94, 0.9)  # shares of the way at which rounding error is measured
SMALL_CHANGE = 1e-3  # change of the objective below which one measurement of its rounding error may not do
# VAGUE_FALL is pinned by test_along_a_direction_without_curvature_a_fall_is_one_of_a_tenth.
VAGUE_FALL = 0.1  # fall along a direction known to few digits that is more than the error of these
OVERFLOW_HALVES = 40  # halvings, from a place where the objective overflows, to where it does not
# PROMISED is pinned by test_a_level_up_to_overflow_is_seen_where_four_times_rounding_was_promised.
PROMISED = 4  # times the difference that is rounding, from which a fall that curvature promises would be seen
# A ridge is looked for at a long and a short distance, for it may end soon: in units of a logarithm, or in standard
# errors, the long one no less than a part of the coordinate.
RIDGE_UNITS, RIDGE_WIDTHS, RIDGE_PART = (0.5, 0.1), (3, 0.6), 0.1
RIDGE_STEPS = 100  # most steps of the ascent back onto a ridge, along which it converges slowly
SETTLING = 1e-4  # share of a direction's longest part, in standard errors, up to which a part is the rest settling
CLEAN_WIDTHS = 0.03  # standard errors over which a part moves, up to which it is the rest settling


class Walk(Probe):
    """Directions along which the objective does not fall: level for ever, on the way to a supremum, or rising."""

    name = "directions followed"
    cases = (
        "median_of_even",
        "zero_counts_gamma_1",
        "component_not_needed",
        "linear_probability_edge",
        "all_at_the_truncation_poisson",
    )

    def look(self, verdict: Verdict) -> Sequence[Finding]:
        """Return a higher point if one is met; otherwise all directions in which the maximum is none, and its place."""
        point, objective = verdict.point, verdict.objective
        d = equilibrate(point.hessian)
        known = np.zeros((0, d.size))
        if verdict.corner is not None:
            known = face(objective, point, verdict.corner, verdict.tolerance.same)
        walked = _walked(verdict, d, known)
        if isinstance(walked, Higher):
            return [walked]
        diverging = [_logarithms_alone(verdict, v, d) for v in walked.diverging]
        flat = [v for v in walked.flat if not any(_same_way(verdict, v, ray) for ray in diverging)]
        rising = next((path for v in diverging if (path := still_rising(verdict, v)) is not None), None)
        found: list[Finding] = [Rise(rising)] if rising is not None else []
        diverging += _bent(verdict, [*diverging, *flat, *walked.ridges, *known])
        diverging = _distinct([_at_plain_rates(_clean(r, verdict, d), objective.transformed) for r in diverging])
        flat += _on_ridges(verdict, walked.ridges, diverging, d)
        tails = [v for v in flat if _is_tail(verdict, v, diverging)]
        flat = [v for v in flat if not any(v is tail for tail in tails)]
        diverging += [_clean(v, verdict, d) for v in tails]
        exact = structural_null(objective) if flat and objective.size <= MOST_COLUMNS else np.zeros((0, d.size))
        for way in curved_rays(verdict) if flat else []:
            carried = [v for v in flat if not np.any(_moved(v) & (way == 0)) and not _within(exact / d, v / d)]
            if carried:
                diverging.append(way)
                flat = [v for v in flat if not any(v is other for other in carried)]
        steps = _steps(verdict)
        flat = [v for v in flat if not _owed_to(steps, v)]
        flat = _exactly(flat, exact, d) + list(np.eye(objective.size)[steps])
        level = np.array([*(_clean(v, verdict, d) for v in flat), *known]).reshape(-1, d.size)
        rays = np.array(diverging).reshape(-1, d.size)
        found += directions(Unidentified, level)
        if rays.size and not np.any(objective.transformed & np.any(rays != 0, axis=0)):
            rays = np.vstack([rays, carried_along(verdict.having(*found, Rays(rays)))])
        found += directions(Rays, rays)
        if (settled := _settled(verdict.having(*found))) is not None:
            found.append(Place(settled))
        if not (so_far := verdict.having(*found)).regular:
            found += directions(Edge, cliff(so_far))
        return found


@dataclass(frozen=True)
class Walked:
    """Directions by what the objective does along them: it is level both ways, falls one way only, or is a ridge."""

    flat: list[np.ndarray]
    diverging: list[np.ndarray]
    ridges: list[np.ndarray]


def _walked(verdict: Verdict, d: np.ndarray, known: np.ndarray) -> Walked | Higher:
    """Follow every direction both ways, but those that are ``known`` to be level; stop at a higher point."""
    walked = Walked([], [], [])
    for v, curvature in zip(*principal(verdict, d), strict=True):
        if _within(known / d, v / d):
            continue
        sides = []
        for sign in (1.0, -1.0):
            fell, better = _walk(verdict, sign * v, curvature)
            if better is not None:
                return Higher(better)
            sides.append(fell and not _is_level(verdict, sign * v))
        if not any(sides):
            walked.flat.append(v)
        elif not all(sides):
            walked.diverging.append(v if sides[1] else -v)
        elif curvature < SINGULAR + from_slope(verdict, v, d):
            walked.ridges.append(v)
    return walked


def _on_ridges(
    verdict: Verdict, ridges: list[np.ndarray], diverging: list[np.ndarray], d: np.ndarray
) -> list[np.ndarray]:
    """Return the directions of curved ridges, which no combination of the rays is."""
    along = span(np.array(diverging).reshape(-1, d.size) / d)
    found = []
    for v in ridges:
        unit = (v / d) / np.linalg.norm(v / d)
        if np.linalg.norm(along.T @ unit) < OWN_RIDGE and _ridge(verdict, v, d):
            found.append(v)
    return found


def _steps(verdict: Verdict) -> np.ndarray:
    """Return the coordinates along which the objective has neither slope nor curvature, and no edge of its domain."""
    point = verdict.point
    steps = (point.gradient == 0) & np.all(point.hessian == 0, axis=0)
    if verdict.corner is not None:
        steps &= np.all(verdict.corner.jacobian == 0, axis=0)
    if np.any(steps):
        steps &= ~np.any(cliff(verdict) != 0, axis=0)
    return np.asarray(steps)


def _owed_to(steps: np.ndarray, v: np.ndarray) -> bool:
    """Whether a direction is level because of coordinates with steps, of which each is level by itself."""
    return bool(np.any(steps & (np.abs(v) > MAIN_PART * np.abs(v).max())))


def _is_tail(verdict: Verdict, v: np.ndarray, diverging: list[np.ndarray]) -> bool:
    """Whether a direction is level only because what it moves has gone far along the rays.

    There likelihood terms are at their supremum to all digits whichever way it leads; near the model's start they
    change along it, as they do not along a redundancy.
    """
    moved = _moved(v)
    if not diverging or np.any(moved & ~np.any(np.array(diverging) != 0, axis=0)):
        return False
    objective = verdict.objective
    start = objective.origin[objective.active] + OFF_START * np.random.default_rng(3).standard_normal(v.size)
    slopes = objective.term_slopes(start)
    change, terms = slopes @ v, np.abs(slopes) @ np.abs(v)
    return bool(np.all(np.isfinite(change)) and np.any(np.abs(change) > TRACE * np.maximum(terms, NEXT_TO_ZERO)))


def _moved(v: np.ndarray) -> np.ndarray:
    """Which coordinates a direction moves, but for rounding."""
    return np.asarray(np.abs(v) > TRACE * np.max(np.abs(v)))


def _at_plain_rates(ray: np.ndarray, transformed: np.ndarray) -> np.ndarray:
    """Put plain numbers in place of the rates at which logarithms go away together: the rest is rounding.

    As far as a limit is followed it would be seen.
    """
    moving = ray != 0
    if not np.all(transformed[moving]):
        return ray
    unit = ray / np.max(np.abs(ray))
    plain = np.round(unit * RATES) / RATES
    return plain if np.all(plain[moving] != 0) and np.max(np.abs(unit - plain)) < PLAIN / RATES else ray


def _distinct(diverging: list[np.ndarray]) -> list[np.ndarray]:
    """Leave out rays that say the same as one before them, but for what rounding left of the way there."""
    units = [ray / np.max(np.abs(ray)) for ray in diverging]

    def same(one: np.ndarray, other: np.ndarray) -> bool:
        room = SAME_PARTS if np.array_equal(one != 0, other != 0) else ONE_WAY
        return bool(np.max(np.abs(one - other)) < room)

    return [ray for k, ray in enumerate(diverging) if not any(same(units[k], before) for before in units[:k])]


def _logarithms_alone(verdict: Verdict, v: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Leave out of a ray what only settles while logarithms go away."""
    logarithms = np.where(verdict.objective.transformed, v, 0.0)
    rest = v - logarithms
    if not np.any(logarithms) or not np.any(rest):
        return v

    def falls(u: np.ndarray) -> bool:
        return _walk(verdict, u, curvature_along(verdict, u, d))[0]

    return logarithms if not falls(logarithms) and falls(rest) and falls(-rest) else v


def _same_way(verdict: Verdict, v: np.ndarray, ray: np.ndarray) -> bool:
    """Whether a direction is a logarithm's ray but for what costs nothing: rounding hides that the way back falls."""
    j = int(np.argmax(np.abs(ray)))
    if v[j] == 0 or not verdict.objective.transformed[j]:
        return False
    left = (v / v[j] - ray / ray[j]) * FAR_OFF
    return bool(0.5 * abs(left @ verdict.point.hessian @ left) < RAY_COST)


def _one_way(verdict: Verdict) -> dict[int, np.ndarray]:
    """Return the directions in which a coordinate goes away at no cost, where it does so one way only."""
    ways: dict[int, list[np.ndarray]] = {}
    for path in verdict.level:
        ways.setdefault(path.position, []).append(path.direction)
    return {j: way[0] for j, way in ways.items() if len(way) == 1}


def _is_level(verdict: Verdict, v: np.ndarray) -> bool:
    """Whether a direction is that of one logarithm that goes away alone and at no cost: what falls is rounding."""
    if np.count_nonzero(v) != 1 or abs(v @ verdict.point.hessian @ v) > CLEAR * np.max(np.abs(v)) ** 2:
        return False
    return any(v @ way > 0 and np.count_nonzero(way) == 1 for way in _one_way(verdict).values())


def _bent(verdict: Verdict, found: list[np.ndarray]) -> list[np.ndarray]:
    """Return the ways of coordinates that go away at no cost, along no straight line found."""
    return [way for j, way in _one_way(verdict).items() if not any(v[j] != 0 for v in found)]


def _exactly(flat: list[np.ndarray], exact: np.ndarray, d: np.ndarray) -> list[np.ndarray]:
    """Put in place of directions found by walking those in which no term changes anywhere: these have no rounding."""
    if not len(exact):
        return flat
    along = span(exact / d)
    other = [v for v in flat if np.linalg.norm(along.T @ (v / d)) < AMONG * np.linalg.norm(v / d)]
    return flat if len(flat) - len(other) < len(exact) else [*exact, *other]


def _within(rows: np.ndarray, v: np.ndarray) -> bool:
    """Whether a direction is a combination of those in the rows."""
    if not len(rows):
        return False
    left = v - np.linalg.lstsq(rows.T, v, rcond=None)[0] @ rows
    return bool(np.linalg.norm(left) < COMBINED * np.linalg.norm(v))


def _settled(verdict: Verdict) -> Point | None:
    """Return where the rest is at its limit, with the coordinates that go to an edge of the support pushed on."""
    objective, point = verdict.objective, verdict.point
    away = np.flatnonzero(np.any(verdict.diverging != 0, axis=0))
    if away.size == 0 or not np.all(objective.transformed[away]) or away.size == objective.size:
        return None
    size = np.abs(verdict.diverging).max(axis=1, keepdims=True)
    way = np.sign(verdict.diverging.sum(axis=0)) * np.abs(verdict.diverging / size).max(axis=0)
    keep = np.setdiff1d(np.arange(objective.size), away)
    for step in PUSHED_ON:
        x = point.z + step * way
        end, _ = climb(replace(objective, origin=objective.full(x)).without(away), x[keep])
        x[keep] = end.z
        there = objective.at(x)
        as_high = there.value >= point.value - verdict.tolerance.reached
        if there.usable and as_high and objective.rounding_error(x) <= verdict.tolerance.reached:
            return point.moved_to(there)
    return None


def _walk(verdict: Verdict, v: np.ndarray, curvature: float) -> tuple[bool, np.ndarray | None]:
    """Follow ``v`` for many standard errors; return whether it falls, and a better point if met."""
    point, objective = verdict.point, verdict.objective
    d = equilibrate(point.hessian)
    unit = v / np.linalg.norm(v / d)
    longest = WALK_REACH / np.sqrt(max(curvature, LEAST_CURVATURE))
    transformed = objective.transformed
    # A direction without curvature is known to few digits, and their error alone makes the objective fall far along it.
    vague = curvature < SINGULAR and not np.all(transformed[unit != 0])
    if vague:
        longest = min(longest, VAGUE_REACH)
    logarithm = bool(np.any(transformed & (unit != 0)))
    if logarithm:
        far = FAR_OFF
        if np.all(transformed[unit != 0]):
            # At least as far as the ascent came, because on the way back the objective may fall only near the start.
            far = max(far, float(np.max(np.abs(point.z - objective.origin[objective.active])[unit != 0])))
        longest = min(longest, far / float(np.max(np.abs(unit[transformed]))))
    threshold, gain = verdict.tolerance.same, verdict.tolerance.higher
    rounding_error = 0.0
    for k in range(WALK_HALVES, -1, -1):
        x = point.z + longest * 2.0**-k * unit
        value = objective.value(x)
        if not np.isfinite(value):
            # A value that is not finite is overflow far out and the end of the domain close by.
            return k > CLOSE_BY and not (k == WALK_HALVES and _levels_off(verdict, x, curvature, threshold)), None
        change = value - point.value
        if k >= NEARBY and objective.size >= WIDE and not vague:
            rounding_error = verdict.rounding_error  # so close it is what it was measured to be
        elif abs(change) > threshold:
            # Rounding error grows on the way out, and one measurement may miss it: several places are measured.
            near = MEASURED_AT if logarithm or abs(change) < SMALL_CHANGE else MEASURED_AT[:1]
            rounding_error = max(
                rounding_error, *(objective.rounding_error(point.z + share * (x - point.z)) for share in near)
            )
        if change < -max(threshold, MEASURED * rounding_error) and (change < -VAGUE_FALL or not vague):
            return True, None
        if change > gain and change > ABOVE_ROUNDING * rounding_error:
            return False, None if objective.leaps(point.z, x) else x
    return False, None


def _levels_off(verdict: Verdict, outside: np.ndarray, curvature: float, threshold: float) -> bool:
    """Whether the objective stays level to where it overflows, though its curvature says that it falls."""
    point, objective = verdict.point, verdict.objective
    d = equilibrate(point.hessian)
    for k in range(1, OVERFLOW_HALVES):
        step = (outside - point.z) * 2.0**-k
        value = objective.value(point.z + step)
        if np.isfinite(value):
            promised = 0.5 * curvature * float(np.sum((step / d) ** 2))
            return bool(promised > PROMISED * threshold and value > point.value - threshold)
    return False


def _ridge(verdict: Verdict, v: np.ndarray, d: np.ndarray) -> bool:
    """Whether a curved ridge runs along ``v``: displaced and re-optimised, the maximum is as high."""
    point, objective = verdict.point, verdict.objective
    j = int(np.argmax(np.abs(v / d)))
    if objective.transformed[j]:
        step, short = RIDGE_UNITS
    else:
        step, short = max(RIDGE_WIDTHS[0] * d[j], RIDGE_PART * abs(point.z[j])), RIDGE_WIDTHS[1] * d[j]
    for way in (step, -step, short, -short):
        x = point.z.copy()
        x[j] += way
        if not np.isfinite(objective.value(x)):
            continue
        end = objective.climb(x, fixed=j, max_iterations=RIDGE_STEPS)
        if end.usable and end.value > point.value - verdict.tolerance.reached:
            return True
    return False


def _clean(v: np.ndarray, verdict: Verdict, d: np.ndarray) -> np.ndarray:
    """Drop the components of a direction that are only the rest still settling."""
    transformed = verdict.objective.transformed
    share = np.abs(v / d)
    kept = np.where(share > SETTLING * share.max(), v, 0.0)
    if np.any(transformed & (kept != 0)):
        far = v * (FAR_OFF / np.max(np.abs(v[transformed])))
        kept = np.where(np.abs(far) > np.where(transformed, LEAST_UNITS, CLEAN_WIDTHS * d), v, 0.0)

    def falls(u: np.ndarray) -> bool:
        return _walk(verdict, u, curvature_along(verdict, u, d))[0]

    # The shortened direction is taken unless the objective falls along it and not along the whole one.
    return kept if not falls(kept) or falls(v) else v
