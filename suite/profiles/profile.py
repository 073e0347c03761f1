"""Profile-likelihood intervals: the likelihood re-optimised with one estimand held fixed.

The interval is ``{c : 2 (l_max - l_profile(c)) <= chi2_1 quantile}`` (Wilks 1938; Venzon and
Moolgavkar 1988). Its ends are found on the signed root ``r(c) = sqrt(2 (l_max - l_profile(c)))``,
which is nearly linear, by safeguarded secant steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from triptych.base.interrupt import raise_if_interrupted
from triptych.base.progress import Share, unheard
from triptych.engine.angles import whole, wrapped
from triptych.engine.estimands import Estimand
from triptych.estimates.optimum import Optimum
from triptych.estimates.reasons import Reasons
from triptych.estimates.rows import Frame
from triptych.estimates.scalar import INVOLVED
from triptych.existence.findings import Unidentified
from triptych.existence.verdict import Verdict
from triptych.problem.table import OpenEnd, Row, Status
from triptych.profiles.held_scalar import Scalar
from triptych.profiles.interval_image import interval_image
from triptych.profiles.ordered_neighbours import between_neighbours
from triptych.profiles.profile_side import End, Kind, ProfileSide
from triptych.profiles.region import Region
from triptych.profiles.region_ends import NOT_FOUND, region_end
from triptych.profiles.start import pulled_back, ways_out

Curve = list[tuple[float, float]]
CURVE_ROOTS = (3.0, 4.0)  # signed roots of the deviance to which a curve is continued beyond its interval
MOST_PROFILES = 40  # most profiles in a panel; pinned by test_up_to_forty_scalars_have_a_profile
AT_LEVEL = 0.999  # of the level's root, from which a curve has come to the level and is continued beyond it
PROFILED = (Status.OK, Status.AT_BOUNDARY, Status.AT_INFINITY)


@dataclass(frozen=True)
class Profiles:
    """The profile intervals of one panel: rows, curves, and why there is none, the latter two by estimand and label."""

    rows: list[Row]
    curves: dict[tuple[str, str], Curve]
    missing: dict[tuple[str, str], str]


def profile_rows(
    optimum: Optimum, frame: Frame, estimands: list[Estimand], rows: list[Row], progress: Share = unheard
) -> Profiles:
    """Return a profile interval for each scalar that has a maximum or a one-sided limit, and the profile itself.

    A profile is a list of values with their signed root. None is computed for more than 40 scalars: each end costs
    several re-optimisations.
    """
    from scipy.stats import chi2

    found = Profiles([], {}, {})
    wanted = [row for row in rows if row.status in PROFILED or _has_many_limits(optimum.verdict, row)]
    if not wanted or len(wanted) > MOST_PROFILES or not optimum.verdict.objective.size:
        return found
    deviance = float(chi2.ppf(frame.ci_prob, 1))
    followed = pulled_back(optimum, _followed(optimum.verdict))
    search = Search(followed, deviance / 2, list(dict.fromkeys(row.estimand for row in wanted)))
    by_name = {estimand.name: estimand for estimand in estimands}
    between = []
    for done, row in enumerate(wanted):
        raise_if_interrupted()
        progress(done / len(wanted))
        estimand = by_name[row.estimand]
        key, i = (row.estimand, row.label), estimand.variable.labels.index(row.label)
        if not search.knows(estimand, i):
            between.append((estimand, i, row))
            continue
        with np.errstate(all="ignore"):  # numbers end on the way to an end at infinity
            ends, curve = search.profile(estimand, i, row)
        lower, upper = _both_ways(ends)
        if (why := _missing(lower, upper)) is not None:
            if row.status in PROFILED:
                found.missing[key] = why
            continue
        found.rows.append(_reported(optimum, estimand, i, row, lower, upper, deviance / 2))
        if curve:
            found.curves[key] = curve
    for estimand, i, row in between:
        placed = between_neighbours(optimum, estimand, i, row, found.rows)
        if isinstance(placed, str):
            found.missing[row.estimand, row.label] = placed
        else:
            found.rows.append(placed)
    return found


def _followed(verdict: Verdict) -> Verdict:
    """Return the verdict in whose coordinates the profiles are followed.

    Along the ridge that redundant parameters make, re-optimisation does not converge, and they are held. Shares of a
    whole that are zero together are on no ridge any more where one of them is held off zero: the others have to make
    room for it.
    """
    if verdict.without_redundant is None:
        return verdict
    shares = np.zeros(verdict.objective.engine.size, dtype=bool)
    for block in verdict.objective.engine.blocks:
        shares[block.slice] = block.simplex
    if verdict.diverging.size and not np.any(verdict.unidentified[:, ~shares[verdict.objective.active]]):
        kept = tuple(finding for finding in verdict.findings if not isinstance(finding, Unidentified))
        return replace(verdict, findings=kept, without_redundant=None)
    return verdict.without_redundant


def _has_many_limits(verdict: Verdict, row: Row) -> bool:
    """Whether a scalar takes several values at a supremum far out: its region is searched all the same."""
    return row.status is Status.NOT_IDENTIFIED and verdict.diverging.size > 0 and not verdict.unidentified.size


class Search:
    """The profiles of one maximum; that of a coordinate is followed once for all that hangs on it alone."""

    def __init__(self, optimum: Optimum, fall: float, names: list[str]) -> None:
        self.optimum, self.target = optimum, float(np.sqrt(2 * fall))
        self.region = Region(optimum, fall, names)
        self.followed: dict[int, tuple[list[End], Curve]] = {}

    def profile(self, estimand: Estimand, i: int, row: Row) -> tuple[list[End], Curve]:
        """Return the lower and the upper end of a scalar, and its curve where it is all from the maximum."""
        if estimand.positions is not None and estimand.positions[i] not in self.optimum.active:
            return [NOT_FOUND, NOT_FOUND], []  # a coordinate to spare
        if row.status is Status.AT_BOUNDARY and len(self.optimum.verdict.cliff) > 1:
            # At an edge made by several parameters one of them can move only if others do, so none is followed alone.
            return [NOT_FOUND, NOT_FOUND], []
        scalar = Scalar.of(self.optimum, estimand, i)
        return self._function(estimand, i, row, scalar) if scalar.alone is None else self._alone(scalar)

    def knows(self, estimand: Estimand, i: int) -> bool:
        """Whether the objective knows all coordinates on which a scalar hangs."""
        return not np.any(estimand.slopes(self.optimum.jacobian_near_start)[i, self.optimum.unknown] != 0)

    def _alone(self, scalar: Scalar) -> tuple[list[End], Curve]:
        j = scalar.alone
        assert j is not None
        if j not in self.followed:
            self.followed[j] = self._wider(scalar, scalar, self.region.points[:, j], _open_sides(self.optimum, scalar))
        ends, curve = self.followed[j]
        if any(end.kind is Kind.LOST for end in ends):
            return ends, []
        found, way = interval_image(scalar, ends)
        if not way:
            return found, []
        curve = [(scalar.natural(at), way * r) for at, r in curve]
        return found, curve if way > 0 else curve[::-1]

    def _function(self, estimand: Estimand, i: int, row: Row, scalar: Scalar) -> tuple[list[End], Curve]:
        values = self.region.values(estimand, i)
        # A function that goes away with others is followed back from there; one that goes both ways is at no edge.
        both = row.status is Status.AT_BOUNDARY and values.min() < row.estimate < values.max()
        if both or row.status is Status.NOT_IDENTIFIED or not (described := self._described(estimand, i, row, scalar)):
            ends = [region_end(self.region, scalar, values, NOT_FOUND, sign) for sign in (-1.0, 1.0)]
            return ends, []
        first, open_sides = described
        return self._wider(first, scalar, values, open_sides, row)

    def _wider(
        self, first: Scalar, scalar: Scalar, values: np.ndarray, open_sides: set[float], row: Row | None = None
    ) -> tuple[list[End], Curve]:
        """Follow a scalar from the maximum, and from points of the region beyond that; the curve is of the former."""
        ends: list[End] = []
        seen: Curve = [(first.centre, 0.0)]
        for sign in (-1.0, 1.0):
            if sign in open_sides:
                at = row.estimate if row is not None and row.status is Status.AT_BOUNDARY else sign * np.inf
                ends.append(End(at if first is scalar or np.isfinite(at) else first.natural(at), Kind.OPEN, 0.0))
                continue
            side = ProfileSide(self.optimum.verdict, first, sign, self.target)
            end = side.end()
            seen += side.seen
            ends.append(end if first is scalar else replace(end, at=first.natural(end.at)))
        curve = _continued(seen, self.target)
        curve = curve if first is scalar else [(first.natural(at), r) for at, r in curve]
        if first.falling:
            ends, curve = ends[::-1], [(v, -r) for v, r in curve[::-1]]
        if scalar.period:
            if not all(np.isfinite(end.at) for end in ends):
                return ends, []
            middle = (ends[0].at + ends[1].at) / 2  # an arc may reach farther than half a circle from the estimate
            values = middle + wrapped(values - middle, scalar.period)
        wider = [region_end(self.region, scalar, values, e, s) for e, s in zip(ends, (-1.0, 1.0), strict=True)]
        return wider, curve if wider == ends else []

    def _described(self, estimand: Estimand, i: int, row: Row, scalar: Scalar) -> tuple[Scalar, set[float]] | None:
        """Return what to hold of a function, and its open sides; None where no digit tells how far an edge is."""
        optimum = self.optimum
        if row.status is Status.OK:
            return scalar, set()
        if optimum.verdict.cliff.size:
            return scalar, _open_sides(optimum, scalar)
        if row.status is Status.AT_BOUNDARY:
            if float(optimum.natural_values[estimand.name].ravel()[i]) == row.estimate:
                return None
            return Scalar.from_edge(optimum, estimand, i, row.estimate), {-1.0}
        slope = estimand.slopes(optimum.jacobian)[i, optimum.active]
        if np.any(slope[list(ways_out(optimum.verdict))] != 0):
            scalar = Scalar.from_edge(optimum, estimand, i, 0.0)
        return scalar, _open_sides(optimum, scalar)


def _both_ways(ends: list[End]) -> tuple[End, End]:
    """Return both ends, where beyond a pole at one of them the scalar comes back from the other side."""
    lower, upper = ends
    if upper.both or lower.both:
        return End(-np.inf, Kind.OPEN), End(np.inf, Kind.OPEN)
    return lower, upper


def _missing(lower: End, upper: End) -> str | None:
    """Say why there is no interval; None where there is one."""
    lost = [side for side, end in (("lower", lower), ("upper", upper)) if end.kind is Kind.LOST]
    if lost:
        return (
            f"no profile interval: the search for its {' and '.join(lost)} end stopped before the likelihood was seen "
            "to cross the level"
        )
    return None if lower.at < upper.at else "no profile interval: the likelihood does not move this"


def _reported(optimum: Optimum, estimand: Estimand, i: int, row: Row, lower: End, upper: End, level: float) -> Row:
    """Return the row of an interval; of one that is open, or of an angle's that goes round, it says so."""
    period = float(optimum.period(estimand)[i])
    row = row.but(lower=lower.at, upper=upper.at, interval_kind="profile")
    if not whole(lower.at, upper.at, period):
        return _said(row, lower, upper, level)
    row = row.but(lower=row.estimate - period / 2, upper=row.estimate + period / 2)
    if row.whole_circle:  # the curvature interval is as well, and the reason says so
        return row
    return row.also(Reasons(optimum, [estimand], row.method).whole_circle(row.ci_prob)).but(whole_circle=True)


def _said(row: Row, lower: End, upper: End, level: float) -> Row:
    """Say of an interval where it is open, and why."""
    for side, end in (("below", lower), ("above", upper)):
        if end.kind is Kind.OPEN and not (np.isfinite(end.at) and end.fall == 0):
            row = row.opened(OpenEnd(side, end.at, end.fall, level))
        # Otherwise an open end is the estimate itself, and its reason says so.
    return row


def _continued(seen: Curve, target: float) -> Curve:
    """Sort what was seen of a profile, and continue it straight beyond the ends of the interval, on its own scale."""
    rising = sorted(seen)
    rising = [point for k, point in enumerate(rising) if k == 0 or point[1] > max(r for _, r in rising[:k])]
    for sign, inner, outer in ((-1.0, 1, 0), (1.0, -2, -1)) if len(rising) > 1 else ():
        (one, before), (end, last) = rising[inner], rising[outer]
        if sign * last >= AT_LEVEL * target:
            further = [(end + (sign * r - last) * (end - one) / (last - before), sign * r) for r in CURVE_ROOTS]
            rising = sorted([*rising, *(point for point in further if sign * point[1] > sign * last)])
    return rising


def _open_sides(optimum: Optimum, scalar: Scalar) -> set[float]:
    """Return the sides to which a scalar goes along a ray, where the likelihood never falls again."""
    slope = scalar.evaluate(optimum.verdict.point.z)[1]
    moves = [(float(slope @ ray), float(np.abs(slope) @ np.abs(ray))) for ray in optimum.verdict.diverging]
    return {float(np.sign(move)) for move, most in moves if abs(move) > INVOLVED * most}
