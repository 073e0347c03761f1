"""Profile-likelihood intervals: the likelihood re-optimised with one estimand held fixed.

The interval is ``{c : 2 (l_max - l_profile(c)) <= chi2_1 quantile}`` (Wilks 1938; Venzon and
Moolgavkar 1988). Its ends are found on the signed root ``r(c) = sqrt(2 (l_max - l_profile(c)))``,
which is nearly linear, by safeguarded secant steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from triptych.anchor import pulled_back, ways_out
from triptych.angles import whole, wrapped
from triptych.estimands import Estimand
from triptych.interrupt import look
from triptych.kinks import climb
from triptych.newton import newton
from triptych.progress import Share, unheard
from triptych.reasons import Reasons
from triptych.region import Region
from triptych.rows import INVOLVED, Frame, Optimum
from triptych.scalars import Scalar
from triptych.table import Row, Status
from triptych.verdict import Verdict

Curve = list[tuple[float, float]]
FURTHER = (3.0, 4.0)  # signed roots beyond the interval's that a curve is continued to
FLAT = 1e-3
MOST = 40  # profiles per panel
PULL, PUSH = 1e-7, 1e-3  # slopes of what is on its way to infinity: back, or further than it was followed
BEYOND = 1e-3  # of an interval's width, by which a point of the region shows that it is too short
HIGHER = 1e-3  # log-likelihood by which a point on a profile shows that the maximum was none
STALLED = 1e-6  # Newton decrement above which a constrained ascent has not arrived
SHORTER = 6  # times that a step is cut short when the ascent did not arrive
PROFILED = (Status.OK, Status.AT_BOUNDARY, Status.AT_INFINITY)


def profile_rows(
    optimum: Optimum, frame: Frame, estimands: list[Estimand], rows: list[Row], progress: Share = unheard
) -> tuple[list[Row], dict[tuple[str, str], Curve]]:
    """Return a profile interval for each scalar that has a maximum or a one-sided limit, and the profile itself.

    A profile is a list of values with their signed root, by estimand and label. None is computed for more than 40
    scalars: each end costs several re-optimisations.
    """
    from scipy.stats import chi2

    wanted = [row for row in rows if row.status in PROFILED or _has_many_limits(optimum.verdict, row)]
    if not wanted or len(wanted) > MOST or not optimum.verdict.objective.size:
        return [], {}
    deviance = float(chi2.ppf(frame.ci_prob, 1))
    target = float(np.sqrt(deviance))
    whole = pulled_back(optimum, optimum.verdict)
    region = Region(whole, deviance / 2, list(dict.fromkeys(row.estimand for row in wanted)))
    # On the ridge of parameters to spare a re-optimisation wanders.
    lesser = optimum.verdict.lesser
    followed = whole if lesser is None else pulled_back(optimum, lesser)
    by_name = {estimand.name: estimand for estimand in estimands}
    found, curves = [], {}
    for done, row in enumerate(wanted):
        look()
        progress(done / len(wanted))
        estimand = by_name[row.estimand]
        i = estimand.variable.labels.index(row.label)
        ends, curve = _followed(followed, estimand, i, row, target)
        wider = _widened(region, estimand, i, ends)
        if wider is not None:
            found.append(_reported(optimum, estimand, i, row, wider))
        if curve and wider == ends:
            curves[row.estimand, row.label] = curve
    return found, curves


def _reported(optimum: Optimum, estimand: Estimand, i: int, row: Row, ends: tuple[float, float]) -> Row:
    """Return the row of an interval; of an angle's that goes round, it says so."""
    period = float(optimum.period(estimand)[i])
    if not whole(*ends, period):
        return row.but(lower=ends[0], upper=ends[1], interval_kind="profile")
    said = Reasons(optimum, [estimand], row.method).whole_circle(row.ci_prob)
    lower, upper = row.estimate - period / 2, row.estimate + period / 2
    row = row.but(lower=lower, upper=upper, interval_kind="profile")
    return row if said in row.reason else row.also(said)


def _has_many_limits(verdict: Verdict, row: Row) -> bool:
    """Whether a scalar takes several values at a supremum far out: its region is searched all the same."""
    return row.status is Status.NOT_IDENTIFIED and verdict.rays.size > 0 and not verdict.flat.size


def _followed(
    optimum: Optimum, estimand: Estimand, i: int, row: Row, target: float
) -> tuple[tuple[float, float] | None, Curve]:
    """Return both ends by re-optimisation, and the profile; None where they were not found."""
    described = None if row.status is Status.NOT_IDENTIFIED else _described(optimum, estimand, i, row)
    if described is None:
        return None, []
    scalar, open_sides = described
    ends: list[float] = []
    seen: Curve = [(scalar.centre, 0.0)]
    for sign in (-1.0, 1.0):
        with np.errstate(over="ignore", invalid="ignore"):  # as happens on the way to an end at infinity
            limit = row.estimate if row.status is Status.AT_BOUNDARY else scalar.natural(sign * np.inf)
            end = limit if sign in open_sides else scalar.natural(_end(optimum, scalar, sign, target, seen))
        if np.isnan(end):
            return None, []
        ends.append(end)
    curve = [(scalar.natural(at), r) for at, r in _continued(seen, target)]
    # Below an upper bound a coordinate goes up as the parameter goes down.
    falling = curve[0][0] > curve[-1][0]
    return (min(ends), max(ends)), [(v, -r) for v, r in curve[::-1]] if falling else curve


def _widened(
    region: Region, estimand: Estimand, i: int, ends: tuple[float, float] | None
) -> tuple[float, float] | None:
    """Return the ends where no point of the region lies beyond them, else those that a search on it finds, or none."""
    rough = _is_rough(region.optimum.verdict)
    function = estimand.positions is None
    period = float(region.optimum.period(estimand)[i])
    if ends is not None and whole(*ends, period):
        return ends
    if ends is not None and (rough or not function or np.all(np.isfinite(ends))):
        values = region.values(estimand, i)
        values = values[np.isfinite(values)]
        if period > 0:  # an arc may reach farther than half a circle from the estimate
            middle = (ends[0] + ends[1]) / 2
            values = middle + wrapped(values - middle, period)
        room = BEYOND * max(ends[1] - ends[0], np.finfo(float).tiny)
        if not values.size or (values.min() >= ends[0] - room and values.max() <= ends[1] + room):
            return ends
    if rough:
        return None  # the search needs derivatives, and a domain that does not end
    low, high = region.ends(estimand, i)
    if ends is not None and not function:
        low, high = min(low, ends[0]), max(high, ends[1])
    return (low, high) if low < high else None


def _is_rough(verdict: Verdict) -> bool:
    """Whether there are kinks, or edges of the domain, at which a search by derivatives ends."""
    return verdict.objective.kinked or verdict.cliff.size > 0


def _continued(seen: Curve, target: float) -> Curve:
    """Sort what was seen of a profile, and continue it straight beyond the ends of the interval, on its own scale."""
    rising = sorted(seen)
    rising = [point for k, point in enumerate(rising) if k == 0 or point[1] > max(r for _, r in rising[:k])]
    for sign, inner, outer in ((-1.0, 1, 0), (1.0, -2, -1)) if len(rising) > 1 else ():
        (one, before), (end, last) = rising[inner], rising[outer]
        if sign * last >= 0.999 * target:
            further = [(end + (sign * r - last) * (end - one) / (last - before), sign * r) for r in FURTHER]
            rising = sorted([*rising, *(point for point in further if sign * point[1] > sign * last)])
    return rising


def _described(optimum: Optimum, estimand: Estimand, i: int, row: Row) -> tuple[Scalar, set[float]] | None:
    """Return the scalar to hold and its open sides.

    None where no digit is left to tell its distance from an edge, or where it is a coordinate to spare.
    """
    if estimand.positions is not None and estimand.positions[i] not in optimum.active:
        return None
    if row.status is Status.AT_BOUNDARY and len(optimum.verdict.cliff) > 1:
        return None  # where one stands at an edge of several parameters others have to make room, and none is led on
    if estimand.positions is None and not optimum.verdict.cliff.size and row.status is not Status.OK:
        here = float(optimum.shown[estimand.name].ravel()[i])
        if row.status is Status.AT_BOUNDARY:
            return None if here == row.estimate else (Scalar.from_edge(optimum, estimand, i, row.estimate), {-1.0})
        slope = estimand.slopes(optimum.jacobian)[i, optimum.active]
        if np.any(slope[list(ways_out(optimum.verdict))] != 0):
            scalar = Scalar.from_edge(optimum, estimand, i, 0.0)
            return scalar, _open_sides(optimum, scalar)
    scalar = Scalar.of(optimum, estimand, i)
    return scalar, _open_sides(optimum, scalar) if row.status is not Status.OK else set()


def _open_sides(optimum: Optimum, scalar: Scalar) -> set[float]:
    """Return the sides to which a scalar goes along a ray, where the likelihood never falls again."""
    slope = scalar.evaluate(optimum.verdict.point.z)[1]
    moves = [(float(slope @ ray), float(np.abs(slope) @ np.abs(ray))) for ray in optimum.verdict.rays]
    return {float(np.sign(move)) for move, most in moves if abs(move) > INVOLVED * most}


def _end(optimum: Optimum, scalar: Scalar, sign: float, target: float, seen: Curve) -> float:
    """Return the end of the interval on one side; infinite when the profile never falls so far.

    The points met on the way, with their signed root, are added to ``seen``.
    """
    verdict = optimum.verdict
    best, x = verdict.point.value, verdict.point.z
    bracket = Bracket(scalar.centre, sign, sign * scalar.scale * target, target)
    at, shorter = scalar.centre + bracket.step, 0
    for _ in range(60):
        held = hold(verdict, scalar, x, at)
        if held is None and bracket.inside != scalar.centre and bracket.r_inside < FLAT * target:
            return sign * np.inf  # still level where the numbers end
        if held is not None and np.isnan(held[1]):
            # Too long a step at once: a shorter one starts nearer to what it looks for.
            shorter += 1
            if shorter > SHORTER:
                return np.nan
            at = bracket.inside + (at - bracket.inside) / 4
            continue
        if held is not None and held[1] > best + max(HIGHER, 8 * verdict.noise):
            return np.nan
        r = np.inf
        if held is not None:
            r = float(np.sqrt(max(0.0, 2 * (best - held[1]))))
            seen.append((at, sign * r))
            x = held[0] if r <= target else x
        bracket.take(at, r)
        if abs(r - target) < 1e-7 * target:
            return at
        if np.isnan(bracket.outside):
            at = bracket.further(scalar.stride)
            if abs(at - scalar.centre) > scalar.reach:
                return sign * np.inf
        elif abs(bracket.outside - bracket.inside) < 1e-10 * (abs(bracket.inside) + scalar.scale):
            # A coordinate ends where its domain does; whether a function does is to be searched for.
            return bracket.inside if scalar.position is not None or _is_rough(verdict) else np.nan
        else:
            at = bracket.between()
    return np.nan


@dataclass
class Bracket:
    """Two values of a scalar between which a profile's root passes the target; NaN while the outer is not known."""

    centre: float
    sign: float
    step: float
    target: float
    r_inside: float = 0.0
    outside: float = np.nan
    r_outside: float = np.nan
    weight: float = 1.0  # of the end that stays, halved each time it does (Illinois' rule)
    stays: str = ""

    def __post_init__(self) -> None:
        self.inside = self.centre

    def take(self, at: float, r: float) -> None:
        """Put a value with its root in the place of one of the two."""
        stays = "outside" if r <= self.target else "inside"
        self.weight, self.stays = (self.weight / 2 if stays == self.stays else 1.0), stays
        if r <= self.target:
            self.inside, self.r_inside = at, r
        else:
            self.outside, self.r_outside = at, r

    def further(self, stride: float) -> float:
        """Return where to look for the outer value: a little beyond where a straight root would pass the target."""
        way = abs(self.inside - self.centre)
        wanted = (self.target - self.r_inside) * way / self.r_inside if self.r_inside > 0 else np.inf
        grow = 1.0 if self.r_inside > 0.3 * self.target else 2.0
        return self.inside + self.sign * min(1.05 * wanted, grow * way + abs(self.step), stride)

    def between(self) -> float:
        """Return the next value between the two."""
        short, over = self.target - self.r_inside, self.r_outside - self.target
        short, over = (short, self.weight * over) if self.stays == "outside" else (self.weight * short, over)
        share = short / (short + over) if np.isfinite(self.r_outside) else 0.5
        return self.inside + float(np.clip(share, 0.05, 0.95)) * (self.outside - self.inside)


def _beside(normal: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """Directions, as columns, that hold the scalar and keep off some others, as that of a ridge."""
    rows = np.vstack([normal[None], *(v[None] / np.linalg.norm(v) for v in others)])
    _, sizes, vectors = np.linalg.svd(rows)
    return np.asarray(vectors[int(np.sum(sizes > 1e-8)) :].T)


def hold(verdict: Verdict, scalar: Scalar, start: np.ndarray, at: float) -> tuple[np.ndarray, float] | None:
    """Maximise with the scalar held at ``at``; None when no usable point was found, NaN when none was settled on.

    What goes to infinity at the maximum stays where it is, as long as the objective does not pull it back.
    """
    held = _hold_coordinate if scalar.position is not None else _hold_function
    slope = scalar.evaluate(start)[1]
    out = {k: sign for k, sign in ways_out(verdict).items() if slope[k] == 0}
    found = held(verdict, scalar, start, at, list(out))
    if not out or found is None or np.isnan(found[1]):
        return found
    gradient = verdict.objective.derivatives(found[0])[1]
    if all(-PULL < sign * gradient[k] < PUSH for k, sign in out.items()):
        return found
    freed = held(verdict, scalar, found[0], at, [])
    return found if freed is None or not freed[1] > found[1] else freed


def _hold_coordinate(
    verdict: Verdict, scalar: Scalar, start: np.ndarray, at: float, fixed: list[int]
) -> tuple[np.ndarray, float] | None:
    objective, x = verdict.objective, start.copy()
    x[scalar.position] = at
    x = objective.with_room(x, np.array([scalar.position]))
    positions = np.array([scalar.position, *fixed])
    rest = replace(objective, origin=objective.full(x)).without(positions)
    if rest.size == 0:
        value = objective.value(x)
        return (x, value) if np.isfinite(value) else None
    point, _ = climb(rest, np.delete(x, positions))
    if not point.usable:
        return None
    x[np.delete(np.arange(x.size), positions)] = point.z
    # An ascent that another value stops has not arrived.
    stopped = objective.engine.in_order and point.decrement > STALLED * (1 + abs(point.value))
    return x, np.nan if stopped else point.value


def _hold_function(
    verdict: Verdict, scalar: Scalar, start: np.ndarray, at: float, fixed: list[int]
) -> tuple[np.ndarray, float] | None:
    objective = verdict.objective
    x, settled = start.copy(), False
    for _ in range(12):
        value, slope = scalar.evaluate(x)
        if not np.all(np.isfinite(slope)):
            return None
        direction = scalar.covariance @ slope
        if not float(slope @ direction) > 0:
            direction = slope
        # Where the scalar has stopped moving there is nothing left to hold.
        if not float(slope @ direction) > 0:
            return None
        x = x + direction * (scalar.short(value, at) / float(slope @ direction))
        x = objective.with_room(x, np.flatnonzero(slope))
        if abs(scalar.short(scalar.evaluate(x)[0], at)) > 1e-9 * (abs(at) + scalar.scale):
            continue
        normal = scalar.evaluate(x)[1]
        if not np.all(np.isfinite(normal)) or not np.any(normal != 0):
            return None
        normal = normal / np.max(np.abs(normal))  # its squares may underflow
        basis = _beside(normal, [*verdict.flat, *np.eye(x.size)[fixed]])
        point = newton(
            objective.derivatives, objective.value, x, basis=basis, capped=objective.capped, max_iterations=30, polish=0
        )
        if not point.usable:
            return None
        moved = abs(scalar.short(scalar.evaluate(point.z)[0], at))
        x = point.z
        settled = point.decrement <= STALLED * (1 + abs(point.value))
        if moved <= 1e-8 * scalar.scale and settled:
            return x, point.value
    near = abs(scalar.short(scalar.evaluate(x)[0], at)) <= 1e-4 * scalar.scale
    return x, objective.value(x) if near and settled else np.nan
