"""Intervals where the likelihood jumps to zero at the maximum, because data are on the moving ends of their supports.

There the room between the true end and the datum next to it is exponential, at the rate at which data come to the end,
and the log-likelihood falls in proportion to that room. Twice its fall is chi-square with two degrees of freedom for
one end, as for the upper end of a uniform distribution, where that is exact (Smith 1985, Biometrika 72, 67-90;
Chernozhukov and Hong 2004, Econometrica 72, 1445-1480). For a function of several ends it is that of a weighted sum of
exponentials. What moves in the regular directions too is less sure than any end by an order of magnitude, and keeps one
degree of freedom.
"""

from __future__ import annotations

import numpy as np

from triptych.engine.estimands import Estimand
from triptych.estimates.optimum import Optimum
from triptych.estimates.rows import Frame
from triptych.problem.table import Row, Status
from triptych.profiles.held_profile import HeldProfile
from triptych.profiles.jump import Jump, Reference
from triptych.profiles.profile import MOST_PROFILES
from triptych.profiles.supports import moving_edges

SHORT = 1e-12  # share of the way to the next data on their ends that is not followed
MOVING_DOUBLINGS = 60  # doublings of a step until it is beyond an end of an interval
CROSSING_ERROR = 1e-9  # relative, of the way at which a profile falls by the quantile
Curve = list[tuple[float, float]]


def jump_rows(
    optimum: Optimum, frame: Frame, estimands: list[Estimand], rows: list[Row]
) -> tuple[list[Row], list[Row], dict[tuple[str, str], Curve]] | None:
    """Return headline rows, profile intervals and profiles at a jump; None where the edge is the parameter space's.

    Headline rows say why there is no interval where there is none.
    """
    edges = moving_edges(optimum)
    if not edges:
        return None
    jump = Jump(optimum, edges)
    by_name = {estimand.name: estimand for estimand in estimands}
    headline, intervals, curves = [], [], {}
    for row in rows:
        headline.append(row)
        if row.status not in (Status.OK, Status.AT_BOUNDARY) or len(rows) > MOST_PROFILES:
            continue
        estimand = by_name[row.estimand]
        found = _interval(jump, estimand, estimand.variable.labels.index(row.label), frame.ci_prob)
        if isinstance(found, str):
            headline[-1] = row.also(f"no profile interval: {found}")
            continue
        lower, upper, curve, name = found
        said = f"the data's support ends at the estimate: twice the fall of the log-likelihood is referred to {name}"
        intervals.append(row.also(said).but(lower=lower, upper=upper, interval_kind="profile"))
        curves[row.estimand, row.label] = curve
    return headline, intervals, curves


def _interval(jump: Jump, estimand: Estimand, i: int, ci_prob: float) -> tuple[float, float, Curve, str] | str:
    """Return both ends of a scalar's profile, the profile and its reference; or why there is none."""
    if jump.doubt:
        return jump.doubt
    slope = jump.scalar(estimand, i, np.zeros(jump.gradient.size))[1]
    if not np.any(slope != 0):
        return "it stands still at the maximum"
    reference = jump.reference(slope, ci_prob)
    if isinstance(reference, str):
        return reference
    ends = _ends(jump, estimand, i, reference)
    return "its profile could not be followed" if ends is None else (*ends, reference.name)


def _ends(jump: Jump, estimand: Estimand, i: int, reference: Reference) -> tuple[float, float, Curve] | None:
    """Return the lowest and highest value whose profile has not fallen by more than half the quantile."""
    value, slope = jump.scalar(estimand, i, np.zeros(jump.gradient.size))
    seen: Curve = [(value, 0.0)]
    found = [value, value]
    for sign in sorted(reference.sides):
        profile = HeldProfile(jump, estimand, i, value, sign, seen)
        limit = jump.limit(estimand, i, value, slope, sign) * (1 - SHORT)
        way = _crossing(profile, jump.unit(slope), limit, reference.quantile)
        if way is None:
            return None
        found[int(sign > 0)] = value + sign * way
    return found[0], found[1], sorted(seen)


def _crossing(profile: HeldProfile, unit: float, limit: float, quantile: float) -> float | None:
    """Return the way on which the profile falls by the quantile, or to where other data end the domain.

    None where that was not seen, and infinity where it does not fall so far.
    """
    from scipy.optimize import brentq

    near, far = 0.0, min(unit, limit)
    for _ in range(MOVING_DOUBLINGS):
        fallen = profile(far)
        if fallen is None or fallen > quantile:
            break
        if far == limit:
            return limit
        near, far = far, min(2 * far, limit)
    else:
        return np.inf
    if fallen is None:
        return None
    try:
        return float(brentq(lambda way: profile.must(way) - quantile, near, far, rtol=CROSSING_ERROR))
    except ArithmeticError:
        return None
