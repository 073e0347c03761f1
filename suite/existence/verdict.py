"""What is known about the maximum of one objective, and what follows for its covariance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from triptych.base.linalg import DECOMPOSED, SAME_DIRECTION, equilibrate, null_space
from triptych.existence.findings import (
    LEAST_SLOPE,
    RATED,
    Directions,
    Edge,
    Finding,
    Higher,
    LevelPath,
    Place,
    Rays,
    Rise,
    Trace,
    Unidentified,
    before_rounding,
)
from triptych.existence.tolerance import Tolerance
from triptych.optimise.kinks import CORNER_REACHED, Corner, units
from triptych.optimise.newton import ARRIVED, Point, ascent_step
from triptych.optimise.objective import Objective

# COARSE is pinned by test_an_objective_is_coarse_whose_rounding_error_is_three_millionths.
COARSE = 3e-6  # rounding error of an objective that can still be judged
# ALL_ROUNDING is pinned by test_an_ascent_into_rounding_has_run_away_on_half_the_way.
ALL_ROUNDING = 0.03  # rounding error of an objective that hides any maximum
# RATE_SETTLED is pinned by test_a_rate_has_settled_where_it_changes_by_less_than_a_twentieth.
RATE_SETTLED = 0.05  # largest difference of the rates on a path and on its last half, relative, at which it is settled


@dataclass(frozen=True, eq=False)
class Verdict:
    """What is known about the maximum of one objective: the best point of the ascents, and what the probes found there.

    Attributes
    ----------
    point
        The best end point, or the place that a probe put in its stead.
    corner
        The kinks that hold there, when the objective has any.
    rounding_error
        Rounding error of the objective.
    starts
        How many starts ended at a usable point.
    others
        Other end points of the starts, best first.
    ties
        End points elsewhere that are as high.
    findings
        What the probes found, in order, each with the name of its probe.
    settled
        Whether the probes met no better point in the end.
    without_redundant
        The verdict without the parameters to spare, where there are some.
    brief
        Whether probes look at fewer coordinates where there are many.
    """

    objective: Objective
    point: Point
    corner: Corner | None
    rounding_error: float
    starts: int
    others: tuple[Point, ...] = ()
    ties: tuple[Point, ...] = ()
    findings: tuple[Finding, ...] = ()
    settled: bool = True
    without_redundant: Verdict | None = None
    brief: bool = False

    def having(self, *findings: Finding, by: str = "") -> Verdict:
        """Return the verdict with further findings, of a probe named ``by``; a place is moved to."""
        verdict = replace(self, findings=(*self.findings, *(replace(finding, by=by) for finding in findings)))
        for finding in findings:
            if isinstance(finding, Place):
                verdict = verdict._at(finding)
        return verdict

    def _at(self, place: Place) -> Verdict:
        corner = self.corner if place.corner is None else place.corner
        rounding_error = self.rounding_error if place.rounding_error is None else place.rounding_error
        return replace(self, point=place.point, corner=corner, rounding_error=rounding_error)

    @property
    def record(self) -> str:
        """What was found, and in brackets by which probe: ``level directions (directions followed)``."""
        return "; ".join(dict.fromkeys(f"{finding.what} ({finding.by})" for finding in self.findings))

    @cached_property
    def higher(self) -> np.ndarray | None:
        """Coordinates at which the objective is higher, if a probe met some."""
        return next((finding.z for finding in self.findings if isinstance(finding, Higher)), None)

    @cached_property
    def unbounded(self) -> Trace | None:
        """The path along which the objective rises without limit, if one was found."""
        return next((finding.path for finding in self.findings if isinstance(finding, Rise)), None)

    @cached_property
    def diverging(self) -> np.ndarray:
        """Directions, as rows, along which it stays at its supremum for ever."""
        return self._directions(Rays)

    @cached_property
    def unidentified(self) -> np.ndarray:
        """Directions, as rows, along which it does not change at all."""
        return self._directions(Unidentified)

    @cached_property
    def cliff(self) -> np.ndarray:
        """Directions, as rows, in which its domain ends at once, if it rises up to there."""
        return self._directions(Edge)

    @cached_property
    def level(self) -> list[LevelPath]:
        """The coordinates on a logarithmic scale that can be pushed away at no cost."""
        return [finding for finding in self.findings if isinstance(finding, LevelPath)]

    def _directions(self, kind: type[Directions]) -> np.ndarray:
        rows = [finding.directions for finding in self.findings if isinstance(finding, kind)]
        return np.vstack([np.zeros((0, self.objective.size)), *rows])

    @cached_property
    def tolerance(self) -> Tolerance:
        """When values of the objective differ by more than rounding."""
        return Tolerance(self.rounding_error, 1 + abs(self.point.value))

    @property
    def stalled(self) -> bool:
        """Whether the ascent stopped where the objective still rises, and at no kink that is known."""
        return self.corner is None and not self.point.slow and not self.point.arrived

    @property
    def clear(self) -> bool:
        """Whether nothing was found in which the objective is level, or rises for ever."""
        return self.unbounded is None and not self.cliff.size and not self.diverging.size and not self.unidentified.size

    @property
    def way(self) -> np.ndarray:
        """How far each coordinate is from where the model starts, at least one."""
        away = np.abs(self.point.z - self.objective.origin[self.objective.active])
        return np.asarray(np.maximum(1.0, away))

    @cached_property
    def rate(self) -> float:
        """Rise per unit of the logarithm at the end of the unbounded path."""
        assert self.unbounded is not None
        path = before_rounding(self.objective, self.unbounded)
        if (alone := self._rise_alone(path)) is not None:
            return alone
        rates = _rates(path)
        if abs(rates[1] - rates[0]) > RATE_SETTLED * abs(rates[1]):
            # It has not settled before rounding begins; on a datum values are exact beyond.
            whole = _rates(self.unbounded)
            rates = whole if abs(whole[1] - whole[0]) <= RATE_SETTLED * abs(whole[1]) else rates
        return rates[1]  # that of the last units, which has settled most

    def _rise_alone(self, path: Trace) -> float | None:
        """Return the rise by the coordinate of a path where others have no best place and rise along with it."""
        before = np.flatnonzero(np.abs(path.steps - path.steps[-1]) >= RATED / 2)
        if path.on_a_line or not before.size:
            return None
        x = path.points[before[-1]]
        rises = self.objective.derivatives(x)[1] * np.sign(path.points[-1] - x)
        rising = self.objective.logarithmic & (rises > LEAST_SLOPE)
        return float(rises[path.position]) if rising[path.position] and np.sum(rising) > 1 else None

    @cached_property
    def regular(self) -> bool:
        """Whether gradient and curvature on the regular directions are those of a maximum."""
        if self.rounding_error > ALL_ROUNDING or not self.settled:
            return False
        point = self.point
        basis = self.basis
        if self.corner is not None:
            unit = equilibrate(point.hessian) * units(self.objective, point.z, point.hessian)
            pull = float(np.max(np.abs(unit * point.gradient), initial=1.0))
            if self.corner.residual > CORNER_REACHED * pull:
                return False
        if basis.shape[1] == 0:
            return True
        _, decrement = ascent_step(basis.T @ point.gradient, basis.T @ point.hessian @ basis)
        return bool(decrement <= ARRIVED * (1 + abs(point.value)) and np.all(np.isfinite(self.covariance)))

    @cached_property
    def basis(self) -> np.ndarray:
        """Directions in which the maximum is regular, as columns, not orthonormal."""
        d = equilibrate(self.point.hessian)
        rows = [self.corner.jacobian * d] if self.corner is not None else []
        rows += [self.diverging / d] if self.diverging.size else []
        rows += [self.unidentified / d] if self.unidentified.size else []
        rows += [self.cliff / d] if self.cliff.size else []
        stacked = np.vstack(rows) if rows else np.zeros((0, d.size))
        return np.asarray(d[:, None] * null_space(stacked, rcond=SAME_DIRECTION))

    @cached_property
    def covariance(self) -> np.ndarray:
        """Inverse of the negative Hessian on the regular directions, shape ``(p, p)``."""
        basis = self.basis
        if basis.shape[1] == 0:
            return np.zeros_like(self.point.hessian)
        information = -(basis.T @ self.point.hessian @ basis)
        if not np.all(np.isfinite(information)):
            return np.full_like(self.point.hessian, np.nan)
        eigenvalues, vectors = np.linalg.eigh(information)
        # A smaller eigenvalue is rounding error of the larger ones, and may have either sign.
        if eigenvalues.min() <= DECOMPOSED * eigenvalues.max():
            return np.full_like(self.point.hessian, np.nan)
        half = basis @ (vectors / np.sqrt(eigenvalues))
        return np.asarray(half @ half.T)


def _rates(trace: Trace) -> tuple[float, float]:
    """Return the rise per unit over the last units of a path, and over the last half of these."""
    way = np.abs(trace.steps - trace.steps[-1])
    reach = min(RATED, float(way.max()))
    whole, half = (int(np.flatnonzero(way >= part)[-1]) for part in (reach, reach / 2))
    whole_rate, half_rate = ((trace.values[-1] - trace.values[k]) / way[k] for k in (whole, half))
    return float(whole_rate), float(half_rate)
