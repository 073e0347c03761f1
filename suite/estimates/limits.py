"""To what parameters tend where the objective rises without limit.

Such an objective has no maximum, yet a parameter may tend to one limit on all the ways on which it rises: of an exact
fit the coefficients do, as sigma goes to zero. From several places the ways are followed, and the limits compared: of a
mixture each datum draws a component to itself, and no one limit is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from triptych.base.linalg import equilibrate
from triptych.existence.coordinate_paths import RATE_STEPS, SHRINKS, endless
from triptych.existence.findings import before_rounding
from triptych.existence.ways import ELSEWHERE, joint_way, random_place
from triptych.problem.table import Row, Status

if TYPE_CHECKING:
    from triptych.engine.estimands import Estimand
    from triptych.estimates.optimum import Optimum
    from triptych.optimise.objective import Objective

MOST_PATHS = 24  # logarithmic coordinates up to which all ways are looked for; pinned by mixture_half_normal (a tenth)
STARTS = 3  # times that the path that was found is to be found again; pinned by one_datum_inverse_gamma (a tenth)
PLACES_TRIED = 9  # random places from which it is looked for; pinned by component_on_one_of_two_data (doubled)
FEWEST_PATHS = 3  # paths that have to lead to the same limit; pinned by component_on_one_of_two_data (doubled)
COME_TO_REST = 1e-6  # distance of a scalar from its limit, relative to its largest value on the path, that is none
NEAR_LIMIT = 0.01  # largest distance from the limit at the end of a path, relative to the same value
# COMMON_LIMIT is pinned by wide_sigma_unknown (tenfold).
COMMON_LIMIT = 1e-5  # relative difference up to which the limits of two paths are one


class Labelling(Protocol):
    """The rule by which exchangeable components have their labels."""

    def in_order(self, z: np.ndarray) -> np.ndarray:
        """Return the points ``(m, p)`` of one way, with the components in the order of its end."""

    def rule_of(self, row: Row) -> str:
        """Return the rule, as a sentence, on which a scalar depends; empty where it depends on none."""


def with_limits(
    optimum: Optimum, estimands: list[Estimand], rows: list[Row], labels: Labelling | None = None
) -> list[Row]:
    """Return the rows, of which those that are ``unbounded`` name the limit to which the scalar tends, if it is one.

    Each way has a mirror image for each permutation of exchangeable components: a limit is that of the components in
    the order of ``labels``.
    """
    if not any(row.status is Status.UNBOUNDED for row in rows):
        return rows
    ways = _ways(optimum)
    if len(ways) < FEWEST_PATHS:
        return rows
    objective = optimum.verdict.objective
    if labels is not None:
        ways = [labels.in_order(np.array([objective.full(x) for x in way]))[:, objective.active] for way in ways]
    shown = [_natural(optimum, way) for way in ways]
    moved = [_natural(optimum, _moved(objective, way)) for way in ways]
    by_name = {estimand.name: estimand for estimand in estimands}
    found = []
    for row in rows:
        i = by_name[row.estimand].variable.labels.index(row.label)
        if row.status is Status.UNBOUNDED:
            values = [s[row.estimand].reshape(len(s[row.estimand]), -1)[:, i] for s in shown]
            near = [m[row.estimand].reshape(3, objective.size + 1, -1)[..., i] for m in moved]
            limit = _common(values, [np.ptp(n, axis=1) for n in near])
            if limit is not None:
                rule = "" if labels is None else labels.rule_of(row)
                row = row.also(rule) if rule else row
                row = row.also(f"{row.name} tends to {limit:.6g} on every such way that was found")
        found.append(row)
    return found


def _natural(optimum: Optimum, points: np.ndarray) -> dict[str, np.ndarray]:
    return optimum.engine.natural_values_many(np.array([optimum.verdict.objective.full(x) for x in points]))


def _moved(objective: Objective, way: np.ndarray) -> np.ndarray:
    """Return both ends of a way, each with the points a conditional standard error from it along one coordinate.

    And the last end with the points up to which rounding hides a change of place, where it hides more than that.
    """
    hidden = np.sqrt(2 * objective.rounding_error(way[-1]))
    points = []
    for x, errors in ((way[0], 1.0), (way[-1], 1.0), (way[-1], hidden if hidden > 1 else 0.0)):
        error = np.minimum(errors * np.nan_to_num(equilibrate(objective.derivatives(x)[2]), nan=0.0), 1.0)
        points += [x, *(x + np.diag(error))]
    return np.array(points)


def _ways(optimum: Optimum) -> list[np.ndarray]:
    """Return points, ``(steps, p)``, on ways without end, from several places and along several coordinates."""
    verdict, objective = optimum.verdict, optimum.verdict.objective
    trace = verdict.unbounded
    assert trace is not None
    positions = np.flatnonzero(objective.logarithmic)
    if positions.size > MOST_PATHS:
        return []
    rng = np.random.default_rng(6)
    sign = 1.0 if trace.steps[-1] > trace.steps[0] else -1.0
    wanted = [(int(j), s) for j in positions for s in (-1.0, 1.0) if (int(j), s) != (trace.position, sign)]
    # Far out rounding may hide that the rest is not at its best on the path that was found: it is followed once more.
    first = joint_way(objective, trace.points[0], trace.position, sign)
    first = first or (trace if endless(trace, RATE_STEPS) else before_rounding(objective, trace))
    ways = [first.points]
    for k in range(PLACES_TRIED):
        place = random_place(objective, rng, 1 + k / 4)
        if len(ways) <= STARTS and (again := joint_way(objective, place, trace.position, sign)) is not None:
            ways.append(again.points)
    for j, way in wanted:
        if (other := joint_way(objective, random_place(objective, rng, ELSEWHERE), j, way)) is not None:
            ways.append(other.points)
    return ways


def _common(ways: list[np.ndarray], errors: list[np.ndarray]) -> float | None:
    """Return the one limit of a scalar on all ways; None where one has none or is too short, or two differ.

    ``errors`` are its standard errors at both ends of each way, and what rounding hides at the last: a limit smaller
    than these two counts as zero, where they are small beside the first of them.
    """
    limits, size = [], 0.0
    widest = max(float(first) for first, *_ in errors)
    for values, (first, last, hidden) in zip(ways, errors, strict=True):
        # Two extrapolations, which are compared, take four values.
        if len(values) < 4 or not np.all(np.isfinite(values)):
            return None
        largest = float(np.max(np.abs(values)))
        least = max(
            COME_TO_REST * largest,
            min(float(hidden), COME_TO_REST * widest),
            min(float(last), COME_TO_REST * float(first)),
        )
        before, limit = _extrapolated(values[-4:-1]), _extrapolated(values[-3:])
        if np.ptp(values[-4:]) <= least:
            before = limit = float(values[-1])
        if not abs(limit - before) <= least or not abs(limit - values[-1]) <= NEAR_LIMIT * largest + least:
            return None
        limits.append(limit if abs(limit) > least else 0.0)
        size = max(size, abs(limits[-1]))
    return limits[0] if np.ptp(limits) <= COMMON_LIMIT * size else None


def _extrapolated(values: np.ndarray) -> float:
    """Return where three values lead that come to a limit by steps of one ratio (Aitken 1926); NaN if they do not."""
    first, second = np.diff(values)
    if second == 0:
        return float(values[-1])
    ratio = second / first if first else np.inf
    return float(values[-1] + second * ratio / (1 - ratio)) if abs(ratio) < SHRINKS else np.nan
