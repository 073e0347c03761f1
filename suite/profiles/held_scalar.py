"""What a profile holds fixed: a coordinate, a smooth function of them, or the logarithm of a distance from an edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from triptych.base.linalg import equilibrate
from triptych.engine.angles import TURN, turns, wrapped
from triptych.engine.estimands import Estimand
from triptych.estimates.optimum import Optimum
from triptych.optimise.objective import Objective

LOGARITHMS, WIDTHS = 40.0, 1e5  # how far a scalar is followed, in units of a logarithm or in standard errors
STRIDE = 4.0  # longest step of a logarithm: what grows from next to nothing is not stepped over
PARTS = 12  # parts of a circle of which one is the longest step of an angle
LIMIT_REACHED = 1e-9  # relative change of a scalar that has come to its limit
LEAST_SHARE = 1e-12  # share of a variance up to which it is rounding
ENDLESS = 800.0  # logarithm that stands for an infinite one: its exponential is infinite, and its inverse zero
# Coordinates that stand for infinity, tried in turn until one gives a number: of a logarithm, and of others.
LOGARITHM_ENDS, ENDS = np.array([ENDLESS, 700.0, 300.0, 100.0, 40.0]), np.array([np.inf, 1e300, 1e150, 1e50, 1e15])


@dataclass(frozen=True)
class Scalar:
    """One scalar to hold fixed: a coordinate of ``z``, or a smooth function of them."""

    centre: float
    alone: int | None  # the only coordinate that it depends on
    evaluate: Callable[[np.ndarray], tuple[float, np.ndarray]]
    natural: Callable[[float], float]
    covariance: np.ndarray
    unit: np.ndarray  # of each coordinate, to measure steps by
    stride: np.ndarray  # the longest step of each
    period: float = 0.0  # of an angle
    falling: bool = False  # whether the natural value falls as this rises
    reach: float = 0.0  # how far it has to come, on its own scale, before it is far

    def short(self, value: float, at: float) -> float:
        """Return how far a value falls short of another, an angle the shortest way round."""
        return float(wrapped(at - value, self.period))

    def first(self, x: np.ndarray, way: float) -> np.ndarray | None:
        """Return a step that takes the scalar so many standard errors on; None where it stands still."""
        slope = self.evaluate(x)[1]
        for covariance in (self.covariance, np.diag(self.unit**2)):
            move = covariance @ slope
            variance = float(slope @ move)
            if np.isfinite(variance) and variance > LEAST_SHARE * float(slope**2 @ self.unit**2):
                return self.limited(way * move / np.sqrt(variance))
        return None

    def limited(self, step: np.ndarray) -> np.ndarray:
        """Return a step with what may be gone at once of a logarithm: one that runs away does not hold up the rest."""
        return np.asarray(np.clip(step, -self.stride, self.stride))

    @classmethod
    def of(cls, optimum: Optimum, estimand: Estimand, i: int) -> Scalar:
        """Describe scalar ``i`` of an estimand; one that hangs on a single coordinate by that coordinate."""
        objective = optimum.verdict.objective
        on = np.flatnonzero(optimum.depends(estimand, i))
        if on.size == 1:
            return cls._coordinate(optimum, estimand, i, int(on[0]))
        evaluate = partial(value_and_slope, objective, estimand, i)
        centre = evaluate(optimum.verdict.point.z)[0]
        period = float(optimum.period(estimand)[i])
        return cls(centre, None, evaluate, float, optimum.covariance, _units(optimum), _strides(optimum), period)

    @classmethod
    def _coordinate(cls, optimum: Optimum, estimand: Estimand, i: int, j: int) -> Scalar:
        objective, engine, at = optimum.verdict.objective, optimum.engine, optimum.active[j]
        gradient = np.eye(objective.size)[j]
        ends = LOGARITHM_ENDS if objective.transformed[j] else ENDS
        turning, period = bool(turns(engine)[at]), float(optimum.period(estimand)[i])
        centre, here = float(optimum.z[at]), float(optimum.natural_values[estimand.name].ravel()[i])
        rate = float(estimand.slopes(optimum.jacobian)[i, at])

        def shown(value: float) -> float:
            z = optimum.z.copy()
            z[at] = value
            with np.errstate(all="ignore"):
                z = engine.with_room(z, np.array([at]))  # others may be in the way, and say nothing of it
                return float(engine.natural_values(z)[estimand.name].ravel()[i])

        def natural(value: float) -> float:
            if not np.isfinite(value) and period == 0:
                return _limit([v for end in ends if not np.isnan(v := shown(np.sign(value) * end))], here)
            if period == 0:
                return shown(value)
            straight = here + rate * (value - centre)  # unrolled
            return straight + float(wrapped(shown(value) - straight, period)) if np.isfinite(value) else straight

        return cls(
            centre,
            j,
            lambda x: (float(x[j]), gradient),
            natural,
            optimum.covariance,
            _units(optimum),
            _strides(optimum),
            TURN if turning else 0.0,
        )

    @classmethod
    def from_edge(cls, optimum: Optimum, estimand: Estimand, i: int, edge: float) -> Scalar:
        """Describe scalar ``i`` of an estimand at an edge of its range by the logarithm of its distance from there.

        On its own scale it stands still so close to the edge, and no step leads away.
        """
        objective = optimum.verdict.objective
        side = float(np.sign(optimum.natural_values[estimand.name].ravel()[i] - edge))

        def evaluate(x: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = value_and_slope(objective, estimand, i, x)
            distance = side * (value - edge)
            with np.errstate(all="ignore"):
                return float(np.log(distance)), side * slope / distance

        def back(value: float) -> float:
            return edge + side * float(np.exp(value))

        # What goes away has no curvature left to give a scale: its scale is a unit of the logarithm.
        unit = _units(optimum)
        centre = evaluate(optimum.verdict.point.z)[0]
        reach = LOGARITHMS + abs(centre)
        return cls(centre, None, evaluate, back, np.diag(unit**2), unit, _strides(optimum), 0.0, side < 0, reach)


def value_and_slope(objective: Objective, estimand: Estimand, i: int, x: np.ndarray) -> tuple[float, np.ndarray]:
    """Return scalar ``i`` of an estimand and its derivatives by the objective's coordinates."""
    z, engine = objective.full(x), objective.engine
    slope = estimand.slopes(engine.natural_jacobian(z))[i, objective.active]
    return float(engine.natural_values(z)[estimand.name].ravel()[i]), slope


def _limit(values: list[float], here: float) -> float:
    """Return what a scalar comes to at an infinite end from its values there, the farthest first."""
    if len(values) < 2 or np.isinf(values[0]):
        return values[0] if values else np.nan
    change = values[0] - values[1]
    reached = abs(change) <= LIMIT_REACHED * (abs(values[0]) + abs(here))
    return values[0] if reached else float(np.copysign(np.inf, change))


def _strides(optimum: Optimum) -> np.ndarray:
    """Return the longest step of each coordinate; what is no logarithm and does not turn may go any way at once."""
    transformed = np.where(optimum.verdict.objective.transformed, STRIDE, np.inf)
    return np.where(turns(optimum.engine)[optimum.active], TURN / PARTS, transformed)


def _units(optimum: Optimum) -> np.ndarray:
    """Return a unit of each coordinate: of a logarithm itself, else its standard error with the others held."""
    verdict = optimum.verdict
    unit = np.where(verdict.objective.transformed, 1.0, equilibrate(verdict.point.hessian))
    if verdict.diverging.size:  # of what goes away no curvature is left to tell it
        away = np.any(verdict.diverging != 0, axis=0) & ~verdict.objective.transformed
        unit = np.where(away, np.minimum(unit, verdict.way / 2), unit)
    return unit
