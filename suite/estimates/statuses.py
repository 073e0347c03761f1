"""Whether a scalar has an estimate, decided from the verdict on its objective: first what rules one out."""

from __future__ import annotations

import numpy as np

from triptych.base.linalg import equilibrate
from triptych.engine.estimands import Estimand
from triptych.estimates.optimum import Optimum
from triptych.estimates.reasons import Reasons
from triptych.existence.verdict import ALL_ROUNDING
from triptych.problem.table import Status

INVOLVED = 1e-6
FAR = (30.0, 45.0)  # units of a logarithm at which a function is looked at
FARTHER = ((2.0**30, 2.0**50), (2.0**12, 2.0**20))  # of what is none; less where others would lose all digits
BEYOND = 4.0  # units of a logarithm after which uncertainty that goes with it is seen to
LIMIT = 1e-6  # relative difference of two limits that are not one
SPREAD = (-1.5, -1.0, 0.0, 1.0, 1.5)  # of the way along a ray, by which unknown coordinates are moved
EDGE = 1e-8  # share of a simplex that is none, where a ray leads to an edge of it


class Statuses:
    """The decisions on one objective.

    Parameters
    ----------
    optimum
        The best point found and what is known about it.
    said
        The sentences of the panel.
    """

    def __init__(self, optimum: Optimum, said: Reasons) -> None:
        self.optimum, self.said = optimum, said

    def of(self, estimand: Estimand, i: int, gradient: np.ndarray, value: float) -> tuple[Status, str, float]:
        """Return status, reason and estimate of one scalar, whose derivatives and value at the point are given."""
        said = self.said
        verdict = self.optimum.verdict
        if verdict.starts == 0:
            return Status.FAILED, said.no_start(), np.nan
        # Where the model starts, and an unknown coordinate is held, a function may happen to stand still.
        near = estimand.slopes(self.optimum.jacobian_near_start)[i]
        moved = np.abs(gradient) + np.abs(np.nan_to_num(near))
        if np.any(moved[self.optimum.unknown] != 0):
            ray, end = self._one_end(estimand, i)
            if ray is None:
                unknown = Status.NOT_IN_LIKELIHOOD if said.method == "mle" else Status.NOT_IDENTIFIED
                return unknown, said.unknown(moved), np.nan
            if np.isinf(end):
                return Status.AT_INFINITY, said.taken_along(ray), np.nan
            if estimand.positions is not None:
                return Status.AT_BOUNDARY, said.edge(end), end
        if verdict.rounding_error > ALL_ROUNDING and verdict.unbounded is None:
            return Status.FAILED, said.rounding(), np.nan
        flat = [v for v in verdict.unidentified if self._touched(estimand, i, v, None)]
        if flat and not self._goes_without_spare(estimand, i, value):
            return Status.NOT_IDENTIFIED, said.flat(flat), np.nan
        if verdict.unbounded is not None:
            return Status.UNBOUNDED, said.unbounded(), np.nan
        reason = ""
        if estimand.simplex and verdict.diverging.size:
            if not EDGE < value < 1 - EDGE:
                return Status.AT_BOUNDARY, said.edge(float(round(value))), float(round(value))
        else:
            for ray in self._rays_of(estimand):
                if self._touched(estimand, i, ray, value):
                    limit = self._limit(estimand, i, ray)
                    if limit is None:
                        return Status.AT_INFINITY, said.infinity(ray), np.nan
                    if estimand.positions is not None:
                        return Status.AT_BOUNDARY, said.edge(limit), limit
                    if self._many_limits(estimand, i, limit):
                        return Status.NOT_IDENTIFIED, said.any_limit(ray), np.nan
                    if self._fades(estimand, i, ray):
                        return Status.AT_BOUNDARY, said.faded(ray, limit), limit
                    value, reason = limit, said.in_the_limit(ray)
                elif self._fades(estimand, i, ray) and (edge := self._limit(estimand, i, ray)) is not None:
                    return Status.AT_BOUNDARY, said.faded(ray, edge), edge
        for v in verdict.cliff:
            if self._touched(estimand, i, v, value) or gradient[self.optimum.active] @ v != 0:
                return Status.AT_BOUNDARY, said.cliff(value, v if estimand.positions is None else None), value
        if not self.optimum.regular:
            return Status.FAILED, said.stalled(), np.nan
        if not np.isfinite(value):
            return Status.FAILED, f"the {said.what} has a maximum, but {estimand.name} is not finite there", np.nan
        # Far out a ridge may look as if it ran elsewhere; what moves along it keeps the value at which it was held.
        if verdict.without_redundant is not None and (ridge := self._moved_near_start(estimand, i)):
            return Status.NOT_IDENTIFIED, said.flat(ridge), np.nan
        return Status.OK, reason, value

    def _one_end(self, estimand: Estimand, i: int) -> tuple[np.ndarray | None, float]:
        """Return the ray that takes a scalar to one end wherever the unknown coordinates are, and that end.

        A cutpoint that no datum knows, and that is below one that goes to minus infinity, goes there as well.
        """
        optimum, unknown = self.optimum, self.optimum.unknown
        here = abs(float(optimum.natural_values[estimand.name].ravel()[i])) + np.finfo(float).tiny
        for ray in self._rays_of(estimand) if optimum.verdict.diverging.size else []:
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
                        ends.append(float(optimum.natural_values_at(z)[estimand.name].ravel()[i]))
            near, there = np.abs(np.reshape(ends, (2, len(SPREAD))))
            last = ends[len(SPREAD)]
            if np.ptp(ends[len(SPREAD) :]) <= LIMIT * max(there[0], here):
                return ray, 0.0 if there[0] <= LIMIT * here else last
            if np.all(np.sign(ends) == np.sign(last)) and np.all(there > 2 * np.maximum(near, here)):
                return ray, float(np.copysign(np.inf, last))
        return None, np.nan

    def _moved_near_start(self, estimand: Estimand, i: int) -> list[np.ndarray]:
        """Return the directions in which no term of the likelihood changes near the start, and this scalar does."""
        near = estimand.slopes(self.optimum.jacobian_near_start)[i, self.optimum.active]
        level = self.optimum.level_near_start
        return [v for v in level if abs(float(near @ v)) > INVOLVED * float(np.abs(near) @ np.abs(v))]

    def _goes_without_spare(self, estimand: Estimand, i: int, value: float) -> bool:
        """Whether a function goes away along a ray of the parameters that are not to spare: theirs is its likelihood.

        So far out the directions of what is to spare are rounding, and seem to move it.
        """
        without_redundant = self.optimum.verdict.without_redundant
        if without_redundant is None or estimand.positions is not None or without_redundant.unidentified.size:
            return False
        if self._moved_near_start(estimand, i):
            return False  # it is not known where nothing is far out either
        return any(self._touched(estimand, i, ray, value) for ray in self.optimum.verdict.diverging)

    def _rays_of(self, estimand: Estimand) -> list[np.ndarray]:
        """Return the rays; all of them as one for a function, where each leads to an edge of its own."""
        diverging, transformed = list(self.optimum.verdict.diverging), self.optimum.verdict.objective.transformed
        if (
            estimand.positions is not None
            or len(diverging) < 2
            or not all(transformed[ray != 0].all() for ray in diverging)
        ):
            return diverging
        unit = np.array([ray / np.max(np.abs(ray)) for ray in diverging])
        return [np.sign(unit.sum(axis=0)) * np.abs(unit).max(axis=0)]

    def _touched(self, estimand: Estimand, i: int, direction: np.ndarray, value: float | None) -> bool:
        """Whether a direction moves this scalar.

        With ``value`` None only the tangent counts: a ridge may be curved.
        """
        if estimand.positions is not None:
            return bool(np.any(self.optimum.active[direction != 0] == estimand.positions[i]))
        return self._moves(estimand, i, direction, value)

    def _moves(self, estimand: Estimand, i: int, v: np.ndarray, value: float | None) -> bool:
        g = estimand.slopes(self.optimum.jacobian)[i, self.optimum.active]
        if value is None or not self.optimum.verdict.objective.transformed[np.abs(v) > 0].any():
            along = abs(float(g @ v))
            size = float(np.linalg.norm(v / equilibrate(self.optimum.verdict.point.hessian)))
            # Against what cancels in the sum, and against the estimand's own deviation.
            least = max(float(np.abs(g) @ np.abs(v)), size * float(np.sqrt(g**2 @ self.optimum.conditional)))
            return bool(along > INVOLVED * (least + np.finfo(float).tiny))
        depends = self.optimum.depends(estimand, i)
        if depends.sum() == 1 and v[depends][0] != 0:
            return True  # a function of a coordinate that moves, however little it moves so far out
        # Far out it may have come to its limit: with the logarithms where the model starts it has not.
        home = self.optimum.engine.graph.start[self.optimum.active] - self.optimum.z[self.optimum.active]
        back = np.where((v != 0) & self.optimum.verdict.objective.transformed, home, 0.0)
        ends = [self.optimum.natural(estimand, shift)[i] for shift in (v / np.max(np.abs(v)) * 8.0, back)]
        # Of coordinates that go away the deviation says nothing.
        deviation = float(np.sqrt(np.where(v == 0, g**2, 0.0) @ self.optimum.conditional))
        return bool(max(abs(end - value) for end in ends) > 1e-4 * (abs(value) + deviation))

    def _limit(self, estimand: Estimand, i: int, ray: np.ndarray) -> float | None:
        """Follow a ray to its end: the limit that a scalar comes to, an edge of the support as a rule; else None."""
        transformed = self.optimum.verdict.objective.transformed
        away = np.where(transformed, ray, 0.0)
        unit, ways = (ray / np.max(np.abs(away)), (FAR,)) if np.any(away) else (ray / np.max(np.abs(ray)), FARTHER)
        if estimand.positions is not None:
            # Its own coordinate has to go far, however much farther others go.
            own = float(ray[self.optimum.active == estimand.positions[i]][0])
            unit = ray / abs(own) if transformed[self.optimum.active == estimand.positions[i]][0] else unit
        here = abs(float(self.optimum.natural_values[estimand.name].ravel()[i]))
        for far in ways:
            with np.errstate(over="ignore", invalid="ignore"):
                near, end = (float(self.optimum.natural(estimand, k * unit)[i]) for k in far)
                settled = abs(end - near) <= 1e-9 * max(here, abs(end), 1e-300) or abs(end) < 1e-12 * max(here, 1e-300)
            if settled and np.isfinite(end):
                return 0.0 if abs(end) < 1e-9 * max(here, 1e-300) else end
        return None

    def _many_limits(self, estimand: Estimand, i: int, limit: float) -> bool:
        """Whether a scalar comes to another limit where one of several rays is followed farther than the rest."""
        diverging = self.optimum.verdict.diverging
        unit = diverging / np.abs(diverging).max(axis=1, keepdims=True)
        others = [self._limit(estimand, i, unit.sum(axis=0) + ray) for ray in unit] if len(diverging) > 1 else []
        room = LIMIT * (abs(limit) + 1e-300)
        return any(other is None or abs(other - limit) > room for other in others)

    def _fades(self, estimand: Estimand, i: int, ray: np.ndarray) -> bool:
        """Whether the uncertainty that is left to a scalar vanishes on the way along a ray.

        That of a scalar that goes with it alone is none to begin with.
        """
        away = np.where(self.optimum.verdict.objective.transformed, ray, 0.0)
        if np.any(away):
            shift = away * (BEYOND / np.max(np.abs(away)))
        else:
            # As far again as it came.
            way = np.abs(self.optimum.z - self.optimum.engine.graph.start)[self.optimum.active][ray != 0]
            shift = ray * (max(BEYOND, float(way.max())) / np.max(np.abs(ray)))
        z = self.optimum.z.copy()
        z[self.optimum.active] += shift
        here, there = (
            estimand.slopes(j)[i : i + 1] for j in (self.optimum.jacobian, self.optimum.engine.natural_jacobian(z))
        )
        before, after = np.nan_to_num([self.optimum.deviation(here)[0], self.optimum.deviation(there)[0]])
        touched = self._touched(estimand, i, ray, float(self.optimum.natural_values[estimand.name].ravel()[i]))
        # A function may have come to its limit to the last digit, where no slope is left of it.
        touched |= (
            before == 0 and estimand.positions is None and bool(np.any(self.optimum.depends(estimand, i)[ray != 0]))
        )
        return bool(not after > 0.5 * before and (before > 0 or touched))
