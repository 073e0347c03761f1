"""What a profile holds fixed: a coordinate, a smooth function of them, or the logarithm of a distance from an edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from triptych.angles import TURN, wrapped
from triptych.estimands import Estimand
from triptych.objective import Objective
from triptych.rows import Optimum

LOGARITHMS, WIDTHS = 40.0, 1e5  # how far a scalar is followed: units of a logarithm, or of its scale
STRIDE = 4.0  # longest step of a logarithm: what grows from next to nothing is not stepped over
PARTS = 12  # of a circle that are one step of an angle
ENDLESS = 800.0  # a logarithm whose exponential is zero or infinite


@dataclass(frozen=True)
class Scalar:
    """One scalar to hold fixed: a coordinate of ``z``, or a smooth function of them."""

    centre: float
    scale: float
    position: int | None
    reach: float  # how far it is followed
    evaluate: Callable[[np.ndarray], tuple[float, np.ndarray]]
    natural: Callable[[float], float]
    covariance: np.ndarray
    stride: float = np.inf  # longest step
    period: float = 0.0  # of an angle

    def short(self, value: float, at: float) -> float:
        """Return how far a value falls short of another, an angle the shortest way round."""
        return float(wrapped(at - value, self.period))

    @classmethod
    def of(cls, optimum: Optimum, estimand: Estimand, i: int) -> Scalar:
        """Describe scalar ``i`` of an estimand."""
        objective, engine = optimum.verdict.objective, optimum.engine
        name = estimand.name
        if (period := float(optimum.period(estimand)[i])) > 0:
            return cls._angle(optimum, estimand, i, period)
        if estimand.positions is not None:
            at, centre = int(estimand.positions[i]), float(optimum.z[estimand.positions[i]])
            j = int(np.flatnonzero(optimum.active == at)[0])
            logarithm = bool(objective.capped[j])
            gradient = np.eye(objective.size)[j]
            variance = float(optimum.covariance[j, j])

            def back(value: float) -> float:
                if not np.isfinite(value):
                    value = float(np.sign(value)) * ENDLESS if logarithm else value
                z = optimum.z.copy()
                z[at] = value
                with np.errstate(over="ignore"):
                    return float(engine.shown(z)[name].ravel()[i])

            scale = _scale(variance, logarithm, float(optimum.conditional[j]))
            if not logarithm and optimum.verdict.rays.size and np.any(optimum.verdict.rays[:, j] != 0):
                scale = min(scale, float(optimum.verdict.way[j]) / 2)  # no curvature is left to tell it
            return cls(
                centre,
                scale,
                j,
                LOGARITHMS + abs(centre) if logarithm else WIDTHS * scale,
                lambda x: (float(x[j]), gradient),
                back,
                optimum.covariance,
                STRIDE if logarithm else np.inf,
            )

        evaluate = partial(value_and_slope, objective, estimand, i)
        value, slope = evaluate(optimum.verdict.point.z)
        variance = float(slope @ optimum.covariance @ slope)
        scale = _scale(variance, False, float(slope**2 @ optimum.conditional))
        return cls(value, scale, None, WIDTHS * scale, evaluate, float, optimum.covariance)

    @classmethod
    def _angle(cls, optimum: Optimum, estimand: Estimand, i: int, period: float) -> Scalar:
        """Describe an angle, which is followed once round; a coordinate that turns is straight in its own."""
        objective, value = optimum.verdict.objective, float(optimum.shown[estimand.name].ravel()[i])
        evaluate = partial(value_and_slope, objective, estimand, i)
        slope = evaluate(optimum.verdict.point.z)[1]
        scale = _scale(float(slope @ optimum.covariance @ slope), False, float(slope**2 @ optimum.conditional))
        if estimand.positions is None:
            least = min(scale, period / PARTS / 2)
            return cls(value, least, None, period, evaluate, float, optimum.covariance, period / PARTS, period)
        j = int(np.flatnonzero(optimum.active == estimand.positions[i])[0])
        centre, rate, gradient = float(optimum.verdict.point.z[j]), slope[j], np.eye(objective.size)[j]
        return cls(
            centre,
            min(scale / abs(rate), TURN / PARTS / 2),
            j,
            TURN,
            lambda x: (float(x[j]), gradient),
            lambda at: value + rate * (at - centre),
            optimum.covariance,
            TURN / PARTS,
        )

    @classmethod
    def from_edge(cls, optimum: Optimum, estimand: Estimand, i: int, edge: float) -> Scalar:
        """Describe scalar ``i`` of an estimand at an edge of its range by the logarithm of its distance from there.

        On its own scale it stands still so close to the edge, and no step leads away.
        """
        objective = optimum.verdict.objective
        side = float(np.sign(optimum.shown[estimand.name].ravel()[i] - edge))

        def evaluate(x: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = value_and_slope(objective, estimand, i, x)
            distance = side * (value - edge)
            with np.errstate(all="ignore"):
                return float(np.log(distance)), side * slope / distance

        def back(value: float) -> float:
            return edge + side * float(np.exp(value))

        # So far out curvature tells no scale of what goes away with it: a unit of a logarithm does.
        unit = np.where(objective.capped, 1.0, optimum.conditional)
        centre = evaluate(optimum.verdict.point.z)[0]
        reach = LOGARITHMS + abs(centre)
        return cls(centre, _scale(0.0, True, 0.0), None, reach, evaluate, back, np.diag(unit), STRIDE)


def value_and_slope(objective: Objective, estimand: Estimand, i: int, x: np.ndarray) -> tuple[float, np.ndarray]:
    """Return scalar ``i`` of an estimand and its derivatives by the objective's coordinates."""
    z, engine = objective.full(x), objective.engine
    slope = estimand.slopes(engine.shown_jacobian(z))[i, objective.active]
    return float(engine.shown(z)[estimand.name].ravel()[i]), slope


def _scale(variance: float, capped: bool, conditional: float) -> float:
    deviation = np.sqrt(variance) if np.isfinite(variance) and variance > 0 else 0.0
    if deviation == 0.0:
        deviation = 0.5 if capped else np.sqrt(max(conditional, 0.0)) or 1.0
    return float(min(deviation, 2.0) if capped else deviation)
