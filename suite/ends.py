"""Intervals where the likelihood jumps to zero at the maximum, because data are on the moving ends of their supports.

There the room between the true end and the datum next to it is exponential, at the rate at which data come to the end,
and the log-likelihood falls in proportion to that room. Twice its fall is chi-square with two degrees of freedom for
one end, as for the upper end of a uniform distribution, where that is exact (Smith 1985, Biometrika 72, 67-90;
Chernozhukov and Hong 2004, Econometrica 72, 1445-1480). For a function of several ends it is that of a weighted sum of
exponentials. What moves in the regular directions too is less sure than any end by an order of magnitude, and keeps one
degree of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from triptych.estimands import Estimand
from triptych.exponentials import fall_quantile
from triptych.held_profile import MARGIN, HeldProfile
from triptych.natural import natural_scale
from triptych.profile import MOST
from triptych.rows import Frame, Optimum
from triptych.scalars import ENDLESS
from triptych.supports import Edge, moving_edges
from triptych.table import Row, Status

SETTLED = 1e-3  # of the slope at the maximum, that the ends do not explain
REGULAR = 1e-6  # share of a standard error that is rounding
INSIDE = 1e-10  # of the way to where the parameter space ends, that is left out
SHORT = 1e-12  # of the way to other data's ends, that is left out
FARTHEST = 60  # doublings of the way on which an end of an interval is looked for
Curve = list[tuple[float, float]]


@dataclass(frozen=True)
class Reference:
    """What twice the fall of the log-likelihood of one scalar is referred to: the quantile, and its name."""

    quantile: float
    name: str
    sides: frozenset[float]  # to which the scalar can go


class Jump:
    """The held edges at a maximum, with the slopes of the log-likelihood towards them.

    All is in the natural parameters that the likelihood knows, from the maximum on.
    """

    def __init__(self, optimum: Optimum, edges: list[Edge]) -> None:
        self.optimum, self.edges = optimum, edges
        natural = natural_scale(optimum.engine)
        self.centre = natural.params(optimum.z)
        self.held = [edge for edge in edges if edge.held]
        self.normals = np.array([edge.normal for edge in self.held]).reshape(-1, optimum.active.size)
        self.rates = np.array([edge.rate for edge in self.held])
        self.best = optimum.verdict.point.value
        # On the edge itself rounding may leave a datum outside.
        inside = self.centre.copy()
        inside[optimum.active] += np.linalg.pinv(self.normals) @ (MARGIN / np.where(self.rates > 0, self.rates, np.inf))
        _, gradient, hessian = natural.derivatives(inside)
        self.gradient = gradient[0, optimum.active]
        self.hessian = hessian[0][np.ix_(optimum.active, optimum.active)]
        self.slopes = np.linalg.pinv(self.normals.T) @ -self.gradient
        self.doubt = self._doubt()

    def _doubt(self) -> str:
        """Say why the usual theory does not hold, if it does not."""
        if not self.held:
            return "no datum was found on the end of its support"
        against = [-edge.direction for edge in self.held]
        for edge in self.edges:
            if not edge.held and not any(np.max(np.abs(edge.direction - d)) < 1e-6 for d in against):
                return "the supports of the data end in more ways than there are data on their ends"
        if np.linalg.matrix_rank(self.normals / np.linalg.norm(self.normals, axis=1, keepdims=True)) < len(self.held):
            return "more data are on the ends of their supports than there are parameters"
        if not all(edge.straight for edge in self.held):
            return "an end of the data's support is no linear function of the parameters"
        if not np.all((self.slopes > 0) & (self.rates > 0) & np.isfinite(self.rates)):
            return "the likelihood does not rise up to all of the ends"
        left = self.normals.T @ self.slopes + self.gradient
        if not np.max(np.abs(left)) <= SETTLED * np.max(np.abs(self.gradient)):
            return "the likelihood is not level along the ends"
        return ""

    @cached_property
    def regular(self) -> np.ndarray:
        """Directions along all edges, as columns with the information's inverse as their square."""
        from scipy.linalg import null_space

        along = np.asarray(null_space(self.normals / np.linalg.norm(self.normals, axis=1, keepdims=True), rcond=1e-8))
        if not along.shape[1]:
            return along
        values, vectors = np.linalg.eigh(-(along.T @ self.hessian @ along))
        return np.asarray(along @ (vectors / np.sqrt(np.where(values > 0, values, np.nan))))

    def reference(self, slope: np.ndarray, ci_prob: float) -> Reference | str:
        """Return the reference of a scalar with these derivatives ``(p,)``; or why there is none."""
        from scipy.stats import chi2

        regular = self.regular
        deviation = float(np.linalg.norm(slope @ regular)) if regular.shape[1] else 0.0
        room = np.linalg.lstsq(self.normals.T, slope, rcond=None)[0] / self.rates
        by_ends = float(np.linalg.norm(room))
        if not np.isfinite(deviation):
            return "the likelihood is not curved along the ends of the data's support"
        if deviation > REGULAR * by_ends:
            if deviation < by_ends:
                return "it hangs on an end of the data's support as much as on a regular parameter"
            quantile = float(chi2.ppf(ci_prob, 1))
            return Reference(quantile, "chi-square with one degree of freedom", frozenset((-1.0, 1.0)))
        room = np.where(np.abs(room) > REGULAR * np.max(np.abs(room)), room, 0.0)
        cost = self.slopes / self.rates
        quantile = fall_quantile(room, cost, ci_prob)
        sides = frozenset(float(s) for s in (-1.0, 1.0) if np.any(s * room > 0))
        of_ends = range(2, 2 * room.size + 1, 2)
        degrees = next((d for d in of_ends if np.isclose(quantile, chi2.ppf(ci_prob, d))), None)
        name = (
            f"chi-square with {degrees} degrees of freedom"
            if degrees
            else f"a weighted sum of exponentials (quantile {quantile:.4g})"
        )
        return Reference(quantile, name, sides)

    def ends(self, estimand: Estimand, i: int, reference: Reference) -> tuple[float, float, Curve] | None:
        """Return the lowest and highest value whose profile has not fallen by more than half the quantile."""
        value, slope = self.scalar(estimand, i, np.zeros(self.gradient.size))
        seen: Curve = [(value, 0.0)]
        found = [value, value]
        for sign in sorted(reference.sides):
            profile = HeldProfile(self, estimand, i, value, sign, seen)
            limit = self._limit(estimand, i, value, slope, sign) * (1 - SHORT)
            way = self._crossing(profile, self._unit(slope), limit, reference.quantile)
            if way is None:
                return None
            found[int(sign > 0)] = value + sign * way
        return found[0], found[1], sorted(seen)

    def _crossing(self, profile: HeldProfile, unit: float, limit: float, quantile: float) -> float | None:
        """Return the way on which the profile falls by the quantile, or to where other data end the domain.

        None where that was not seen, and infinity where it does not fall so far.
        """
        from scipy.optimize import brentq

        near, far = 0.0, min(unit, limit)
        for _ in range(FARTHEST):
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
            return float(brentq(lambda way: profile.must(way) - quantile, near, far, rtol=1e-9))
        except ArithmeticError:
            return None

    def _limit(self, estimand: Estimand, i: int, value: float, slope: np.ndarray, sign: float) -> float:
        """Return the way to where other data come to the ends of their supports, or the parameter space ends."""
        from scipy.optimize import linprog

        others = [edge for edge in self.edges if not edge.held]
        unit = self._unit(slope)
        normals = np.vstack([self.normals * self.rates[:, None], *(e.normal * e.rate for e in others)])
        room = [0.0] * len(self.held) + [e.room * e.rate for e in others]
        found = linprog(-sign * slope / unit, A_ub=-normals, b_ub=room, bounds=self.bounds)
        return np.inf if found.status else sign * (self.scalar(estimand, i, found.x)[0] - value)

    @cached_property
    def bounds(self) -> np.ndarray:
        """The steps that the parameters' own supports leave room for, ``(p, 2)``."""
        optimum = self.optimum
        ends = []
        with np.errstate(all="ignore"):
            for far in (-ENDLESS, ENDLESS):
                z = optimum.z.copy()
                z[optimum.active] = far
                ends.append((natural_scale(optimum.engine).params(z) - self.centre)[optimum.active])
        free = ~optimum.verdict.objective.capped
        low, high = (
            np.where(free | ~np.isfinite(end), side * np.inf, end) for end, side in zip(ends, (-1, 1), strict=True)
        )
        swapped = low > high
        low, high = np.where(swapped, high, low), np.where(swapped, low, high)
        return np.column_stack([low, high]) * (1 - INSIDE)

    def _unit(self, slope: np.ndarray) -> float:
        regular = self.regular
        deviation = float(np.linalg.norm(slope @ regular)) if regular.shape[1] else 0.0
        room = np.linalg.lstsq(self.normals.T, slope, rcond=None)[0] / self.rates
        return max(deviation, float(np.max(np.abs(room))))

    def z(self, step: np.ndarray) -> np.ndarray:
        """Return the unconstrained coordinates a step from the maximum."""
        params = self.centre.copy()
        params[self.optimum.active] += step
        return natural_scale(self.optimum.engine).coordinates(params)

    def scalar(self, estimand: Estimand, i: int, step: np.ndarray) -> tuple[float, np.ndarray]:
        """Return a scalar and its derivatives by the natural parameters, a step from the maximum."""
        engine, active = self.optimum.engine, self.optimum.active
        z = self.z(step)
        value = float(engine.shown(z)[estimand.name].ravel()[i])
        by_z = estimand.slopes(engine.shown_jacobian(z))[i]
        return value, np.linalg.solve(natural_scale(engine).slopes(z).T, by_z)[active]

    def fall(self, step: np.ndarray) -> tuple[float, np.ndarray]:
        """Return by how much twice the log-likelihood has fallen, and how it goes on to."""
        natural = natural_scale(self.optimum.engine)
        params = self.centre.copy()
        params[self.optimum.active] += step
        value = float(natural.value(params)[0])
        if not np.isfinite(value):
            return 1e10, np.zeros(step.size)
        return 2 * (self.best - value), -2 * natural.derivatives(params)[1][0, self.optimum.active]


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
        if row.status not in (Status.OK, Status.AT_BOUNDARY) or len(rows) > MOST:
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
    ends = jump.ends(estimand, i, reference)
    return "its profile could not be followed" if ends is None else (*ends, reference.name)
