"""What is known about the maximum of one objective, and what follows for its covariance."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from triptych.base.linalg import equilibrate, null_space
from triptych.optimise.kinks import Corner, units
from triptych.optimise.newton import Point, ascent_step
from triptych.optimise.objective import Objective

ALL_ROUNDING = 0.03  # rounding error of an objective that hides any maximum
RATED = 8.0  # units of a logarithm over which the slope of an endless path is measured


@dataclass(frozen=True)
class Trace:
    """The objective along one coordinate that is pushed away, the rest re-optimised."""

    position: int
    steps: np.ndarray
    values: np.ndarray
    points: np.ndarray


@dataclass
class Verdict:
    """What is known about the maximum of one objective.

    Attributes
    ----------
    point
        The best end point.
    corner
        The kinks that hold there, when the objective has any.
    unbounded
        The path along which the objective rises without limit, if one was found.
    diverging
        Directions, as rows, along which it stays at its supremum for ever.
    unidentified
        Directions, as rows, along which it does not change at all.
    others
        Other end points of the starts, best first.
    ties
        End points elsewhere that are as high.
    rounding_error
        Rounding error of the objective.
    starts
        How many starts ended at a usable point.
    cliff
        Directions, as rows, in which its domain ends at once, if it rises up to there.
    level
        Positions of logarithmic coordinates that can be pushed away at no cost, with the direction in which they go.
    settled
        Whether the probes met no better point in the end.
    without_redundant
        The verdict without the parameters to spare, where there are some.
    """

    objective: Objective
    point: Point
    corner: Corner | None
    rounding_error: float
    starts: int
    others: list[Point] = field(default_factory=list)
    ties: list[Point] = field(default_factory=list)
    unbounded: Trace | None = None
    diverging: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    unidentified: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    cliff: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    level: list[tuple[int, np.ndarray]] = field(default_factory=list)
    settled: bool = True
    without_redundant: Verdict | None = None

    @property
    def clear(self) -> bool:
        """Whether nothing was found in which the objective is level, or rises for ever."""
        return self.unbounded is None and not self.cliff.size and not self.diverging.size and not self.unidentified.size

    @property
    def way(self) -> np.ndarray:
        """How far each coordinate is from where the model starts, at least one."""
        away = np.abs(self.point.z - self.objective.origin[self.objective.active])
        return np.asarray(np.maximum(1.0, away))

    @property
    def rate(self) -> float:
        """Rise per unit of the logarithm at the end of the unbounded path."""
        assert self.unbounded is not None
        steps, values = self.unbounded.steps, self.unbounded.values
        way = np.abs(steps - steps[-1])
        back = int(np.flatnonzero(way >= min(RATED, way.max()))[-1])
        return float((values[-1] - values[back]) / way[back])

    @property
    def regular(self) -> bool:
        """Whether gradient and curvature on the regular directions are those of a maximum."""
        if self.rounding_error > ALL_ROUNDING or not self.settled:
            return False
        point = self.point
        basis = self.basis
        if self.corner is not None:
            unit = equilibrate(point.hessian) * units(self.objective, point.z, point.hessian)
            pull = float(np.max(np.abs(unit * point.gradient), initial=1.0))
            if self.corner.residual > 1e-6 * pull:
                return False
        if basis.shape[1] == 0:
            return True
        _, decrement = ascent_step(basis.T @ point.gradient, basis.T @ point.hessian @ basis)
        return bool(decrement <= 1e-6 * (1 + abs(point.value)) and np.all(np.isfinite(self.covariance)))

    @property
    def basis(self) -> np.ndarray:
        """Directions in which the maximum is regular, as columns, not orthonormal."""
        d = equilibrate(self.point.hessian)
        rows = [self.corner.jacobian * d] if self.corner is not None else []
        rows += [self.diverging / d] if self.diverging.size else []
        rows += [self.unidentified / d] if self.unidentified.size else []
        rows += [self.cliff / d] if self.cliff.size else []
        stacked = np.vstack(rows) if rows else np.zeros((0, d.size))
        return np.asarray(d[:, None] * null_space(stacked, rcond=1e-10))

    @property
    def covariance(self) -> np.ndarray:
        """Inverse of the negative Hessian on the regular directions, shape ``(p, p)``."""
        basis = self.basis
        if basis.shape[1] == 0:
            return np.zeros_like(self.point.hessian)
        information = -(basis.T @ self.point.hessian @ basis)
        if not np.all(np.isfinite(information)):
            return np.full_like(self.point.hessian, np.nan)
        eigenvalues, vectors = np.linalg.eigh(information)
        # Below this a curvature is the rounding of the others, and may have either sign.
        if eigenvalues.min() <= 64 * np.finfo(float).eps * eigenvalues.max():
            return np.full_like(self.point.hessian, np.nan)
        half = basis @ (vectors / np.sqrt(eigenvalues))
        return np.asarray(half @ half.T)
