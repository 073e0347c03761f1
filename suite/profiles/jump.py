"""A maximum at which the likelihood jumps to zero: data lie on the moving ends of their supports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from triptych.base.linalg import independent, null_space
from triptych.engine.estimands import Estimand
from triptych.engine.natural_scale import natural_scale
from triptych.estimates.optimum import Optimum
from triptych.optimise.corners import PARALLEL
from triptych.profiles.exponentials import fall_quantile
from triptych.profiles.held_scalar import ENDLESS
from triptych.profiles.holding import NEW_DIRECTION
from triptych.profiles.supports import Edge

UNEXPLAINED = 1e-3  # share of the slope at the maximum that the ends may leave unexplained
REGULAR = 1e-6  # share up to which a part of a standard error is rounding
LEFT_OUT = 1e-10  # share of the way to the end of the parameter space that is not followed
MARGIN = 1e-9  # distance that parameters keep from an end, relative to its uncertainty
OUTSIDE = 1e10  # stands for the fall of twice the log-likelihood outside its domain: the minimisation needs a number


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
        # Exactly on the edge, rounding may put a datum outside its support: derivatives are taken just inside.
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
            if not edge.held and not any(np.max(np.abs(edge.direction - d)) < PARALLEL for d in against):
                return "the supports of the data end in more ways than there are data on their ends"
        if independent(self.normals) < len(self.held):
            return "more data are on the ends of their supports than there are parameters"
        if not all(edge.straight for edge in self.held):
            return "an end of the data's support is no linear function of the parameters"
        if not np.all((self.slopes > 0) & (self.rates > 0) & np.isfinite(self.rates)):
            return "the likelihood does not rise up to all of the ends"
        left = self.normals.T @ self.slopes + self.gradient
        if not np.max(np.abs(left)) <= UNEXPLAINED * np.max(np.abs(self.gradient)):
            return "the likelihood is not level along the ends"
        return ""

    @cached_property
    def regular(self) -> np.ndarray:
        """Directions along all edges, as columns with the information's inverse as their square."""
        along = null_space(self.normals, rcond=NEW_DIRECTION)
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

    def limit(self, estimand: Estimand, i: int, value: float, slope: np.ndarray, sign: float) -> float:
        """Return the way to where other data come to the ends of their supports, or the parameter space ends."""
        from scipy.optimize import linprog

        others = [edge for edge in self.edges if not edge.held]
        unit = self.unit(slope)
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
        free = ~optimum.verdict.objective.transformed
        low, high = (
            np.where(free | ~np.isfinite(end), side * np.inf, end) for end, side in zip(ends, (-1, 1), strict=True)
        )
        swapped = low > high
        low, high = np.where(swapped, high, low), np.where(swapped, low, high)
        return np.column_stack([low, high]) * (1 - LEFT_OUT)

    def unit(self, slope: np.ndarray) -> float:
        """Return how far a scalar with these derivatives may be off."""
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
        value = float(engine.natural_values(z)[estimand.name].ravel()[i])
        by_z = estimand.slopes(engine.natural_jacobian(z))[i]
        return value, np.linalg.solve(natural_scale(engine).slopes(z).T, by_z)[active]

    def fall(self, step: np.ndarray) -> tuple[float, np.ndarray]:
        """Return by how much twice the log-likelihood has fallen, and how it goes on to."""
        natural = natural_scale(self.optimum.engine)
        params = self.centre.copy()
        params[self.optimum.active] += step
        value = float(natural.value(params)[0])
        if not np.isfinite(value):
            return OUTSIDE, np.zeros(step.size)
        return 2 * (self.best - value), -2 * natural.derivatives(params)[1][0, self.optimum.active]
