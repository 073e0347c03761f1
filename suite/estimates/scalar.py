"""One scalar at the best point: which directions move it, and what becomes of it along a ray."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cached_property

import numpy as np

from triptych.base.linalg import NEXT_TO_ZERO, equilibrate
from triptych.engine.estimands import Estimand
from triptych.estimates.optimum import Optimum
from triptych.optimise.kinks import climb

INVOLVED = 1e-6  # least change along a direction, relative to the terms of the sum, that is more than rounding
# FAR is pinned by eight_schools_marginal_cauchy (halved).
FAR = (30.0, 45.0)  # units of a logarithm at which a function is looked at
FARTHER = ((2.0**30, 2.0**50), (2.0**12, 2.0**20))  # the same for other coordinates; the second keeps more digits
ONWARDS = 4.0  # units of a logarithm over which it is seen whether a standard error vanishes
SAME_LIMIT = 1e-6  # relative difference up to which two limits are one
SPREAD = (-1.5, -1.0, 0.0, 1.0, 1.5)  # multiples of the way along a ray by which unknown coordinates are moved
EMPTY_SHARE = 1e-8  # share of a simplex up to which it is zero, where a ray leads to an edge
# GROWS is pinned by test_a_scalar_goes_to_infinity_that_doubles_from_one_place_far_out_to_the_next.
GROWS = 2  # ratio of a scalar far out to what it was nearer, from which it goes to infinity
MOVED_ON = 8.0  # units of a logarithm along a ray after which it is seen whether a scalar has moved
LEFT_LIMIT = 1e-4  # of a scalar and its standard error: the least move from its limit that is one
SETTLED, GONE = 1e-9, 1e-12  # of a scalar: change between two places far out, and size there, at which it has a limit
LIMIT_ZERO = 1e-9  # of a scalar: size of a limit up to which that is zero
# FADES is pinned by eight_schools_marginal_cauchy (doubled).
FADES = 0.5  # ratio of a standard error farther out to that here, from which it does not vanish


class Fate(Enum):
    """What becomes of a scalar along a ray."""

    INFINITE = auto()  # it goes to infinity
    ON_EDGE = auto()  # its own coordinate goes away, and it comes to an edge of the support
    ANY_LIMIT = auto()  # its limit hangs on the way: on how fast each of several coordinates goes away, for one
    CERTAIN = auto()  # it comes to a limit, or stays, and its uncertainty vanishes on the way
    LIMIT = auto()  # it comes to a limit, about which the rest leaves it uncertain


@dataclass(frozen=True, eq=False)
class Along:
    """What becomes of a scalar along one ray, and the limit to which it comes."""

    ray: np.ndarray
    fate: Fate
    limit: float = np.nan


class Scalar:
    """One scalar of an estimand, by its position ``i`` in it, at the best point of an objective."""

    def __init__(self, optimum: Optimum, estimand: Estimand, i: int, gradient: np.ndarray, here: float) -> None:
        self.optimum, self.verdict = optimum, optimum.verdict
        self.estimand, self.i, self.gradient, self.here = estimand, i, gradient, here

    @cached_property
    def moved_by(self) -> np.ndarray:
        """How much each coordinate moves it, here or near the start: at one of the two it may happen to stand still."""
        return np.asarray(np.abs(self.gradient) + np.abs(np.nan_to_num(self._gradient_near_start)))

    @cached_property
    def hangs_on_unknown(self) -> bool:
        """Whether it moves with coordinates that the objective does not know."""
        return bool(np.any(self.moved_by[self.optimum.unknown] != 0))

    @cached_property
    def level(self) -> list[np.ndarray]:
        """Directions in which the objective is level and which move the scalar."""
        if self.verdict.diverging.size and self.optimum.on_a_ridge:
            # What moves along the ridge has no value, although a ray leads it away; what does not goes along the ray,
            # and so does a share of nothing, of which the ray leaves no more wherever on the ridge it begins.
            return [] if self._nothing_left() else self.moved_near_start
        # What the prior's terms say of a redundancy is not asked.
        no_ridge = not self.verdict.unidentified.size and not self.verdict.objective.parts[1]
        if self.verdict.diverging.size and no_ridge and self.moved_near_start and self._spare_at_the_end():
            return self.moved_near_start
        found = [v for v in self.verdict.unidentified if self.touched(v, None)]
        return [] if found and (self._goes_without_spare() or self._nothing_left()) else found

    @cached_property
    def along(self) -> list[Along]:
        """What becomes of it along each ray that concerns it, up to the first that leaves it no estimate of its own.

        A ray that does not move it concerns it where nothing is known of it in the end.
        """
        found: list[Along] = []
        value = self.here
        for ray in self._rays():
            fate = self._along(ray, value)
            if fate is None:
                continue
            found.append(fate)
            if fate.fate is not Fate.LIMIT:
                break
            value = fate.limit
        forgotten = [] if found else [ray for ray in self._rays() if self._forgotten(ray)]
        return found or [Along(ray, Fate.ANY_LIMIT) for ray in forgotten[:1]]

    @cached_property
    def estimate(self) -> float:
        """Its value at the maximum, or in the limit along the rays."""
        return self.along[-1].limit if self.along else self.here

    def _along(self, ray: np.ndarray, value: float) -> Along | None:
        """Say what becomes of it along one ray, from a value on; None where the ray leaves it as it is."""
        if not self.touched(ray, value):
            fades = self._fades(ray)
            limit = self._limit(ray) if fades or self._goes_to_edges else None
            # Two parameters that go at one pace leave their ratio as it is; it is anything if they do not.
            if limit is not None and self._goes_to_edges and self._many_limits(limit):
                return Along(ray, Fate.ANY_LIMIT)
            return Along(ray, Fate.CERTAIN, limit) if fades and limit is not None else None
        limit = self._limit(ray)
        if limit is None:
            return Along(ray, Fate.INFINITE)
        if self.estimand.positions is not None:
            return Along(ray, Fate.ON_EDGE, limit)
        if self._many_limits(limit):
            return Along(ray, Fate.ANY_LIMIT)
        return Along(ray, Fate.CERTAIN if self._fades(ray) else Fate.LIMIT, limit)

    @cached_property
    def _gradient_near_start(self) -> np.ndarray:
        return np.asarray(self.estimand.slopes(self.optimum.jacobian_near_start)[self.i])

    @cached_property
    def one_end(self) -> tuple[np.ndarray | None, float]:
        """Return the ray that takes a scalar to one end wherever the unknown coordinates are, and that end.

        A cutpoint that no datum knows, and that is below one that goes to minus infinity, goes there as well.
        """
        optimum, unknown = self.optimum, self.optimum.unknown
        here = abs(self.here) + np.finfo(float).tiny
        for ray in self._rays() if optimum.verdict.diverging.size else []:
            unit = ray / np.max(np.abs(ray))
            logarithm = bool(np.any(optimum.verdict.objective.transformed & (ray != 0)))
            ends = []
            for far in FAR if logarithm else FARTHER[-1]:
                way = np.where(optimum.engine.transformed[unknown] & (not logarithm), np.log(far), far)
                for share in SPREAD:
                    z = optimum.z.copy()
                    z[optimum.active] += far * unit
                    z[unknown] += share * way
                    with np.errstate(over="ignore", invalid="ignore"):
                        ends.append(float(optimum.natural_values_at(z)[self.estimand.name].ravel()[self.i]))
            near, there = np.abs(np.reshape(ends, (2, len(SPREAD))))
            last = ends[len(SPREAD)]
            if np.ptp(ends[len(SPREAD) :]) <= SAME_LIMIT * max(there[0], here):
                return ray, 0.0 if there[0] <= SAME_LIMIT * here else last
            if np.all(np.sign(ends) == np.sign(last)) and np.all(there > GROWS * np.maximum(near, here)):
                return ray, float(np.copysign(np.inf, last))
        return None, np.nan

    @cached_property
    def moved_near_start(self) -> list[np.ndarray]:
        """Return the directions in which no term of the likelihood changes near the start, and this scalar does."""
        near = self._gradient_near_start[self.optimum.active]
        level = self.optimum.level_near_start
        return [v for v in level if abs(float(near @ v)) > INVOLVED * float(np.abs(near) @ np.abs(v))]

    def _spare_at_the_end(self) -> bool:
        """Whether the rest alone reaches the supremum, with what this scalar is made of left at the start.

        Where all that the likelihood knows goes away, each parameter of a redundancy may go, and none has to.
        """
        verdict, objective = self.verdict, self.verdict.objective
        own = self.optimum.depends(self.estimand, self.i)
        origin, least = objective.origin[objective.active], verdict.point.value - verdict.tolerance.level
        for x in (np.where(own, origin, verdict.point.z), origin):
            end, _ = climb(replace(objective, origin=objective.full(x)).without(np.flatnonzero(own)), x[~own])
            if end.usable and end.value >= least:
                return True
        return False

    def _goes_without_spare(self) -> bool:
        """Whether a function goes away along a ray of the parameters that were kept when redundant ones were held.

        So far out the directions of the redundant parameters are known to few digits, and only seem to move it.
        """
        without_redundant = self.verdict.without_redundant
        if without_redundant is None or self.estimand.positions is not None or without_redundant.unidentified.size:
            return False
        if self.moved_near_start:
            return False  # it is not known where nothing is far out either
        return any(self.touched(ray, self.here) for ray in self.verdict.diverging)

    def _nothing_left(self) -> bool:
        """Whether the shares of a whole that the objective knows add up to one, so that this one is zero.

        Of several categories without data the likelihood knows only the sum of their probabilities.
        """
        if not self.estimand.simplex or not self.verdict.diverging.size or self.here > EMPTY_SHARE:
            return False
        parts = self.estimand.variable.shape[-1]
        values = self.optimum.natural_values[self.estimand.name].ravel()
        slopes = self.estimand.slopes(self.optimum.jacobian)
        first = self.i - self.i % parts
        known = 0.0
        for j in range(first, first + parts):
            if values[j] > EMPTY_SHARE:
                share = Scalar(self.optimum, self.estimand, j, slopes[j], float(values[j]))
                known += 0.0 if share.level else share.here
        return bool(known >= 1 - EMPTY_SHARE)

    def _rays(self) -> list[np.ndarray]:
        """Return the rays; all of them as one for a function, where each leads to an edge of its own."""
        diverging = list(self.verdict.diverging)
        if not self._goes_to_edges:
            return diverging
        unit = np.array([ray / np.max(np.abs(ray)) for ray in diverging])
        return [np.sign(unit.sum(axis=0)) * np.abs(unit).max(axis=0)]

    @cached_property
    def _goes_to_edges(self) -> bool:
        """Whether it is a function, and several rays lead each to an edge of its own."""
        diverging, transformed = self.verdict.diverging, self.verdict.objective.transformed
        several = self.estimand.positions is None and len(diverging) > 1
        return several and all(transformed[ray != 0].all() for ray in diverging)

    def touched(self, direction: np.ndarray, value: float | None) -> bool:
        """Whether a direction moves this scalar.

        With ``value`` None only the tangent counts: a ridge may be curved.
        """
        if self.estimand.positions is not None:
            return bool(np.any(self.optimum.active[direction != 0] == self.estimand.positions[self.i]))
        return self._moves(direction, value)

    def _moves(self, v: np.ndarray, value: float | None) -> bool:
        g = self.gradient[self.optimum.active]
        if value is None or not self.verdict.objective.transformed[np.abs(v) > 0].any():
            along = abs(float(g @ v))
            size = float(np.linalg.norm(v / equilibrate(self.verdict.point.hessian)))
            # The change is compared with the terms that cancel in it, and with the scalar's own standard error.
            least = max(float(np.abs(g) @ np.abs(v)), size * float(np.sqrt(g**2 @ self.optimum.conditional)))
            return bool(along > INVOLVED * (least + np.finfo(float).tiny))
        depends = self.optimum.depends(self.estimand, self.i)
        if depends.sum() == 1 and v[depends][0] != 0:
            return True  # it is a function of that one coordinate, however flat the function is so far out
        # At the best point it may have reached its limit to all digits; with the logarithms at the start it has not.
        home = self.optimum.engine.graph.start[self.optimum.active] - self.optimum.z[self.optimum.active]
        back = np.where((v != 0) & self.verdict.objective.transformed, home, 0.0)
        ends = [
            self.optimum.natural(self.estimand, shift)[self.i] for shift in (v / np.max(np.abs(v)) * MOVED_ON, back)
        ]
        # The standard errors of coordinates that go away say nothing of its uncertainty.
        deviation = float(np.sqrt(np.where(v == 0, g**2, 0.0) @ self.optimum.conditional))
        return bool(max(abs(end - value) for end in ends) > LEFT_LIMIT * (abs(value) + deviation))

    def _limit(self, ray: np.ndarray) -> float | None:
        """Follow a ray to its end: the limit that a scalar comes to, an edge of the support as a rule; else None."""
        transformed = self.verdict.objective.transformed
        away = np.where(transformed, ray, 0.0)
        unit, ways = (ray / np.max(np.abs(away)), (FAR,)) if np.any(away) else (ray / np.max(np.abs(ray)), FARTHER)
        if self.estimand.positions is not None:
            # The ray is scaled so that the scalar's own coordinate goes far, although others may go farther.
            own = float(ray[self.optimum.active == self.estimand.positions[self.i]][0])
            unit = ray / abs(own) if transformed[self.optimum.active == self.estimand.positions[self.i]][0] else unit
        # A difference of parameters that go to one limit is zero, compared with the terms that cancel in it.
        size = max(abs(self.here), float(np.abs(self.gradient[self.optimum.active]) @ (away != 0)), NEXT_TO_ZERO)
        for far in ways:
            near, end = self._seen(unit, far)
            if np.isfinite(end) and (abs(end - near) <= SETTLED * max(size, abs(end)) or abs(end) < GONE * size):
                return 0.0 if abs(end) < LIMIT_ZERO * size else end
        if np.any(away) and np.isnan(end):
            # As 1 - p is zero where p is one to the last digit, a ratio of two is defined only on the way.
            home = np.max(np.abs((self.optimum.engine.graph.start - self.optimum.z)[self.optimum.active][ray != 0]))
            near, end = self._seen(unit, (-home / 2, -home / 3))
            return end if abs(end - near) <= SAME_LIMIT * max(size, abs(end)) else None
        return None

    def _seen(self, unit: np.ndarray, steps: Sequence[float]) -> tuple[float, ...]:
        """Return what a scalar is at so many steps along a direction."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return tuple(float(self.optimum.natural(self.estimand, step * unit)[self.i]) for step in steps)

    def _many_limits(self, limit: float) -> bool:
        """Whether a scalar comes to another limit where one of several rays is followed farther than the rest."""
        diverging = self.verdict.diverging
        unit = diverging / np.abs(diverging).max(axis=1, keepdims=True)
        others = [self._limit(unit.sum(axis=0) + ray) for ray in unit] if len(diverging) > 1 else []
        room = SAME_LIMIT * (abs(limit) + NEXT_TO_ZERO)
        return any(other is None or abs(other - limit) > room for other in others)

    def _forgotten(self, ray: np.ndarray) -> bool:
        """Whether less and less is known of a scalar on the way along a ray of logarithms: at its end it is anything.

        So it is with the middle of a step: the steeper that is, the less it matters where between two data it lies.
        """
        verdict, objective = self.verdict, self.verdict.objective
        away = np.where(objective.transformed, ray, 0.0)
        if not np.any(away):
            return False
        # Farther out numbers overflow, so the place to compare with is nearer to the start.
        hessian = objective.derivatives(verdict.point.z - away * (ONWARDS / np.max(np.abs(away))))[2]
        if not np.all(np.isfinite(hessian)) or not np.all(np.isfinite(verdict.covariance)):
            return False
        variances, axes = np.linalg.eigh(verdict.covariance)
        root = axes * np.sqrt(np.maximum(variances, 0.0))
        known, parts = np.linalg.eigh(-(root.T @ hessian @ root))
        share = (self.gradient[self.optimum.active] @ root @ parts) ** 2
        return bool(GROWS**2 * np.sum(share / np.maximum(known, NEXT_TO_ZERO)) < np.sum(share))

    def _fades(self, ray: np.ndarray) -> bool:
        """Whether the uncertainty that is left to a scalar vanishes on the way along a ray.

        That of a scalar that goes with it alone is none to begin with.
        """
        away = np.where(self.verdict.objective.transformed, ray, 0.0)
        if np.any(away):
            shift = away * (ONWARDS / np.max(np.abs(away)))
        else:
            # As far again as the point has come from the start.
            way = np.abs(self.optimum.z - self.optimum.engine.graph.start)[self.optimum.active][ray != 0]
            shift = ray * (max(ONWARDS, float(way.max())) / np.max(np.abs(ray)))
        z = self.optimum.z.copy()
        z[self.optimum.active] += shift
        places = (self.optimum.jacobian, self.optimum.engine.natural_jacobian(z), self.optimum.jacobian_near_start)
        slopes = (self.estimand.slopes(jacobian)[self.i : self.i + 1] for jacobian in places)
        before, after, at_start = np.nan_to_num([self.optimum.deviation(slope)[0] for slope in slopes])
        if max(before, after) <= GONE * at_start:
            before = after = 0.0  # a difference of two shares that are one: its slopes are the rounding of theirs
        touched = self.touched(ray, self.here)
        # A function at its limit to the last digit has no slope, although it depends on what goes away.
        touched |= (
            before == 0
            and self.estimand.positions is None
            and bool(np.any(self.optimum.depends(self.estimand, self.i)[ray != 0]))
        )
        return bool(not after > FADES * before and (before > 0 or touched))
