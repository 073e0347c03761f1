"""The best point of an objective in numbers: what is shown there, derivatives, covariance, standard errors."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from triptych.base.linalg import independent
from triptych.engine.angles import periods, unrolled
from triptych.engine.estimands import Estimand, coordinate_names, near_start
from triptych.engine.once import Kept
from triptych.existence.null_space import null_directions
from triptych.existence.verdict import Verdict

SEEN = 60  # random points around the maximum, for each distance; pinned by dummy_trap (a tenth)
AROUND = (1.0, 5.0, 25.0)  # these distances, in standard errors; pinned by mixture_inverse_gamma (halved)
HELD_VARIANCE = 1e-16  # variance, relative to that with all else held, up to which a scalar does not move at all


class Optimum:
    """A verdict in the natural parameters: value, derivatives and covariance of any estimand."""

    def __init__(self, verdict: Verdict, unknown: np.ndarray) -> None:
        objective = verdict.objective
        self.verdict, self.engine, self.active = verdict, objective.engine, objective.active
        self.kept = Kept()
        among = np.arange(unknown.size)
        self.unknown = (unknown | np.isin(among, list(self.engine.unseen))) & ~np.isin(among, self.active)
        self.z = objective.full(verdict.point.z)
        self.names = coordinate_names(self.engine)
        self.natural_values = self.engine.natural_values(self.z)
        self.periods = periods(self.engine)
        self.jacobian = self.engine.natural_jacobian(self.z)
        self.covariance = verdict.covariance
        self.regular = verdict.regular
        diagonal = np.diag(verdict.point.hessian)
        self.conditional = np.abs(1 / np.where(diagonal == 0, np.inf, diagonal))

    def natural_values_at(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Return all that is shown at a point, angles as the value nearest to that at the maximum."""
        return unrolled(self.engine.natural_values(z), self.natural_values, self.periods)

    def period(self, estimand: Estimand) -> np.ndarray:
        """Return the period of each scalar of an estimand, ``(size,)``; zero for what is no angle."""
        return self.periods.get(estimand.name, np.zeros(estimand.variable.size))

    @cached_property
    def surroundings(self) -> list[dict[str, np.ndarray]]:
        """All that is shown at points around the maximum, off any ridge."""
        without_redundant = self.verdict.without_redundant
        return surroundings(self if without_redundant is None else Optimum(without_redundant, self.unknown))

    @cached_property
    def near_start(self) -> np.ndarray:
        """Where the model starts, but off the start itself."""
        return near_start(self.engine)

    @cached_property
    def jacobian_near_start(self) -> dict[str, np.ndarray]:
        """Derivatives of all that is shown by the coordinates, there."""
        return self.engine.natural_jacobian(self.near_start)

    @cached_property
    def level_near_start(self) -> np.ndarray:
        """Directions, as rows, in which no term of the likelihood changes there."""
        return null_directions(self.verdict.objective.term_slopes(self.near_start[self.active]))

    @cached_property
    def on_a_ridge(self) -> bool:
        """Whether the level directions here are those of a ridge that is as wide where nothing is far out.

        There the terms tell which functions of the parameters they know: at a supremum far out some terms have come to
        their limits, and what they know has no slope left.
        """
        unidentified = self.verdict.unidentified
        return bool(unidentified.size) and independent(unidentified) == len(self.level_near_start)

    @property
    def exists(self) -> bool:
        """Whether the objective has a regular maximum in all the coordinates that it knows."""
        return self.verdict.starts > 0 and self.verdict.clear and self.regular and self.active.size > 0

    def deviation(self, gradient: np.ndarray) -> np.ndarray:
        """Return the standard errors of scalars with these gradients ``(k, p)``; NaN where curvature gives none."""
        g = gradient[:, self.active]
        variance = np.einsum("ij,jk,ik->i", g, self.covariance, g)
        # The variance of a direction held at a kink is rounding error: it is compared with the conditional variances,
        # or with one where a coordinate has no curvature.
        unit = np.where(self.conditional > 0, self.conditional, 1.0)
        least = HELD_VARIANCE * np.einsum("ij,j,ij->i", g, unit, g)
        ok = np.isfinite(variance) & (variance > least)
        return np.where(ok, np.sqrt(np.where(ok, variance, 0.0)), np.nan)

    @cached_property
    def coordinate_deviation(self) -> np.ndarray:
        """The standard errors of the known coordinates; zero where a kink holds one, or curvature gives none."""
        variance = np.maximum(np.nan_to_num(np.diag(self.covariance)), 0.0)
        unit = np.where(self.conditional > 0, self.conditional, 1.0)
        return np.sqrt(np.where(variance > HELD_VARIANCE * unit, variance, 0.0))

    def depends(self, estimand: Estimand, i: int) -> np.ndarray:
        """Whether a scalar depends on each coordinate, seen here and near where the model starts."""
        at = (self.jacobian_near_start, self.jacobian)
        both = [estimand.slopes(jacobian)[i] for jacobian in at]
        return np.any([gradient[self.active] != 0 for gradient in both], axis=0)

    def natural(self, estimand: Estimand, shift: np.ndarray) -> np.ndarray:
        """Return the scalars of an estimand, flat, a shift of the known coordinates away from the point."""
        z = self.z.copy()
        z[self.active] += shift
        return self.natural_values_at(z)[estimand.name].ravel()


def surroundings(optimum: Optimum) -> list[dict[str, np.ndarray]]:
    """Return all that is shown at points around a maximum, at random and as far as its uncertainty reaches."""
    rng = np.random.default_rng(0)
    values, vectors = np.linalg.eigh(np.nan_to_num(optimum.covariance))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    points = []
    for reach in np.repeat(AROUND, SEEN):
        z = optimum.z.copy()
        z[optimum.active] += reach * (root @ rng.standard_normal(values.size))
        points.append(optimum.natural_values_at(z))
    return points
