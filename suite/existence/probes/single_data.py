"""Paths without end, and maxima, on a single datum, where no ascent from the best point leads.

A component of a mixture that shrinks onto one datum is the plain case (Kiefer and Wolfowitz 1956); a prior that does
not let it vanish makes a maximum there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from triptych.existence.coordinate_paths import PROBE_STEPS, endless, pushed_path
from triptych.existence.findings import LEAST_SLOPE, Finding, Higher, Trace, without_limit
from triptych.existence.probe import Probe
from triptych.existence.tolerance import ABOVE_ROUNDING
from triptych.existence.verdict import Verdict
from triptych.optimise.kinks import Met, climb
from triptych.optimise.newton import Point
from triptych.optimise.objective import Objective
from triptych.optimise.smoothed_kinks import climb_a_little, climb_beside

DRAWN = 8  # units that a coordinate is pushed while one datum is heavy
FEW_DATA = 12  # of which each is looked at
HEAVIEST = 10  # times the weight of all the others, of a datum that an ascent is drawn to
TO_DATUM = 24  # steps of an ascent to a heavy datum
FARTHEST_SCALE = 12  # units of a logarithm up to which the scale is looked for at which it explains one datum
# RUIN is pinned by test_a_push_is_ruinous_that_costs_three_quarters_of_the_data_ten_thousand.
RUIN = 1e4  # fall of one log-density term that no other makes up for
# LARGE_RISE is pinned by test_a_rise_of_one_is_none_of_rounding.
LARGE_RISE = 1.0  # in log-density: a smaller one may be the rounding error of where it leads
# MOST_DRAWN is pinned by test_single_data_are_tried_for_up_to_six_scales.
MOST_DRAWN = 6  # logarithmic coordinates up to which single data are tried
# MOST_RUINED is pinned by test_a_push_is_ruinous_that_costs_three_quarters_of_the_data_ten_thousand.
MOST_RUINED = 0.75  # share of the data that a push costs so much, above which no single datum makes up for them
# DATA_EACH is pinned by test_two_data_a_parameter_may_be_fitted_exactly.
DATA_EACH = 2  # data for each parameter, from which these are too few to fit most data exactly


class SingleData(Probe):
    """A density that rises without limit on one datum, seen when that datum is made heavy."""

    name = "single data made heavy"

    def needed(self, verdict: Verdict) -> bool:
        """A density has no limit, a probability has; each coordinate that is pushed costs as much as a fit."""
        return not verdict.objective.discrete and 0 < int(np.sum(verdict.objective.logarithmic)) <= MOST_DRAWN

    def look(self, verdict: Verdict) -> Sequence[Finding]:
        """Return a path without limit that begins on a single datum, or a better point on one, if there is one."""
        terms = verdict.objective.engine.pointwise(verdict.objective.full(verdict.point.z))
        if len(terms) != 1 or next(iter(terms.values())).size < 2:
            return ()
        if (better := _point_on_a_datum(verdict)) is not None:
            return [Higher(better)]
        path = _path_from_a_datum(verdict)
        return without_limit(verdict.objective, path) if path is not None else ()


def _point_on_a_datum(verdict: Verdict) -> np.ndarray | None:
    """Return a better point to which a heavy datum draws the ascent.

    Of few data each is tried; of more the worst explained, the middle one and the best: from where the model starts and
    from the best point where the ascents did not all lead to that one.
    """
    objective = verdict.objective
    terms = objective.engine.pointwise(objective.full(verdict.point.z))
    (values,) = terms.values()
    several = bool(verdict.others) or not verdict.regular
    least = verdict.point.value + verdict.tolerance.higher
    few = values.size <= FEW_DATA
    rows = range(values.size) if few else sorted(_extremes(values))
    places = [objective.origin[objective.active], verdict.point.z] if few or several else []
    at_scale = _at_scales(verdict, rows)
    best: np.ndarray | None = None
    met: Met = []
    for row in rows:
        heavy = _with_heavy(objective, terms, row, HEAVIEST * values.size)
        wide = [climb_beside(heavy, start, j, TO_DATUM).z for j, start in at_scale.get(row, ())]
        for start in (*places, *wide):
            drawn = climb_a_little(heavy, start, TO_DATUM)
            if drawn.usable and np.isfinite(objective.value(drawn.z)):
                end, _ = climb(objective, drawn.z, met)
                # An ascent that neither arrived nor still rises was stopped by rounding, and its value is chance.
                if end.usable and (end.arrived or end.slow) and end.value > least and _above_rounding(verdict, end):
                    best, least = end.z, end.value
    return best


def _at_scales(verdict: Verdict, rows: Sequence[int]) -> dict[int, list[tuple[int, np.ndarray]]]:
    """Return for some of the data where one logarithm alone explains each best, if better than the best point.

    A component that is narrow and stands between the data is drawn by none of them before it is as wide as its
    distance, and before it is there it must stay so wide. A scale that all data share is left alone.
    """
    point, objective = verdict.point, verdict.objective
    moves = [
        (int(j), step * sign)
        for j in np.flatnonzero(objective.logarithmic)
        for sign in (-1.0, 1.0)
        if not _ruinous(verdict, int(j), sign)
        for step in range(1, FARTHEST_SCALE + 1)
    ]
    trials = [point.z + step * (np.arange(objective.size) == j) for j, step in moves]
    (here, *there) = (
        next(iter(objective.engine.pointwise(objective.full(x)).values())).ravel() for x in (point.z, *trials)
    )
    found: dict[int, list[tuple[int, np.ndarray]]] = {}
    for row in rows:
        heights = [terms[row] if np.isfinite(terms[row]) else -np.inf for terms in there]
        if heights and max(heights) > here[row] + verdict.tolerance.higher:
            k = int(np.argmax(heights))
            found[row] = [(moves[k][0], trials[k])]
    return found


def _above_rounding(verdict: Verdict, end: Point) -> bool:
    """Whether a rise is large, as one without limit soon is, or above the rounding error of where it leads."""
    rise = end.value - verdict.point.value
    return rise > LARGE_RISE or rise > ABOVE_ROUNDING * verdict.objective.rounding_error(end.z)


def _extremes(values: np.ndarray) -> set[int]:
    """Return the positions of the data that are explained worst, best, and in the middle."""
    order = np.argsort(values.ravel())
    return {int(order[0]), int(order[values.size // 2]), int(order[-1])}


def _with_heavy(objective: Objective, terms: dict[str, np.ndarray], row: int, weight: float) -> Objective:
    """Return the objective with another weight of one datum."""
    ((name, values),) = terms.items()
    weights = np.ones(values.size)
    weights[row] = weight
    return replace(objective, engine=objective.engine.with_weights({name: weights.reshape(values.shape)}))


def _path_from_a_datum(verdict: Verdict) -> Trace | None:
    """Push each coordinate with the weight of one datum raised to that of all, and go on with all weights at one."""
    objective = verdict.objective
    positions = np.flatnonzero(objective.logarithmic)
    terms = objective.engine.pointwise(objective.full(verdict.point.z))
    (values,) = terms.values()
    pushes = [(int(j), sign) for j in positions for sign in (-1.0, 1.0) if not _ruinous(verdict, int(j), sign)]
    for row in _extremes(values):
        heavy = _with_heavy(objective, terms, row, values.size)
        for j, sign in pushes:
            drawn = pushed_path(heavy, verdict.point, j, sign, steps=DRAWN, patient=True)
            if len(drawn.steps) < DRAWN or drawn.values[-1] - drawn.values[-2] < LEAST_SLOPE:
                continue  # not even the heavy datum gains by going on
            start = climb_beside(objective, drawn.points[-1], j)
            if not start.usable:
                continue
            trace = pushed_path(objective, start, j, sign)
            if endless(trace):
                return trace
    return None


def _ruinous(verdict: Verdict, j: int, sign: float) -> bool:
    """Whether pushing a coordinate costs most data more than any one of them can give back.

    So it is with a scale that all of them share, in both directions, unless there are parameters enough to fit them
    exactly.
    """
    objective = verdict.objective
    x = verdict.point.z.copy()
    ((_, before),) = objective.engine.pointwise(objective.full(x)).items()
    x[j] += sign * PROBE_STEPS
    ((_, after),) = objective.engine.pointwise(objective.full(x)).items()
    lost = before - after
    ruined = np.mean(~(lost < RUIN)) > MOST_RUINED or np.all(lost > LEAST_SLOPE * PROBE_STEPS)
    return bool(before.size > DATA_EACH * objective.size and ruined)
