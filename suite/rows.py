"""From a verdict on an objective to rows of the table: estimates, statuses, curvature intervals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from triptych.estimands import Estimand, coordinate_names
from triptych.intervals import curvature_interval, surroundings
from triptych.newton import equilibrate
from triptych.table import Row, Status
from triptych.verdict import ALL_ROUNDING, Verdict

INVOLVED = 1e-6
FAR = (30.0, 45.0)
EDGE = 1e-8  # share of a simplex that is none, where a ray leads to an edge of it


@dataclass(frozen=True)
class Frame:
    """What all rows of one panel share."""

    scenario: str
    variant: str
    method: str
    kind: str
    interval: str
    ci_prob: float

    def row(self, estimand: Estimand, label: str, **columns: Any) -> Row:
        """Return a row with what it does not say left empty."""
        empty = {
            "estimate": np.nan,
            "std_error": np.nan,
            "lower": np.nan,
            "upper": np.nan,
            "interval_kind": "none",
            "status": Status.OK,
            "reason": "",
        }
        return Row(
            scenario=self.scenario,
            variant=self.variant,
            method=self.method,
            estimand=estimand.name,
            label=label,
            estimate_kind=self.kind,
            ci_prob=self.ci_prob,
            **{**empty, **columns},
        )


class Optimum:
    """A verdict in the natural parameters: value, covariance and status of any estimand."""

    def __init__(self, verdict: Verdict, unknown: np.ndarray) -> None:
        objective = verdict.objective
        self.verdict, self.unknown, self.engine = verdict, unknown, objective.engine
        self.active = objective.active
        self.z = objective.full(verdict.point.z)
        self.names = coordinate_names(self.engine)
        self.shown = self.engine.shown(self.z)
        self.jacobian = self.engine.shown_jacobian(self.z)
        self.covariance = verdict.covariance
        self.regular = verdict.regular
        diagonal = np.diag(verdict.point.hessian)
        self.conditional = np.abs(1 / np.where(diagonal == 0, np.inf, diagonal))

    @cached_property
    def surroundings(self) -> list[dict[str, np.ndarray]]:
        """All that is shown at points around the maximum, off any ridge."""
        lesser = self.verdict.lesser
        return surroundings(self if lesser is None else Optimum(lesser, self.unknown))

    @property
    def exists(self) -> bool:
        """Whether the objective has a regular maximum in all the coordinates that it knows."""
        v = self.verdict
        clear = v.unbounded is None and not v.cliff.size and not v.rays.size and not v.flat.size
        return v.starts > 0 and clear and self.regular

    def rows(self, frame: Frame, estimands: list[Estimand]) -> list[Row]:
        """Return the headline rows of all estimands."""
        return [row for estimand in estimands for row in self._rows(frame, estimand)]

    def _rows(self, frame: Frame, estimand: Estimand) -> list[Row]:
        variable = estimand.variable
        values = self.shown[variable.name].ravel()
        gradient = self.jacobian[variable.name].reshape(variable.size, -1)
        deviation = self._deviation(gradient)
        low, high = curvature_interval(self, estimand, deviation, frame.ci_prob)
        rows = []
        for i, label in enumerate(variable.labels):
            status, reason, value = self._status(frame, estimand, i, gradient[i], float(values[i]))
            columns: dict[str, Any] = {"status": status, "reason": reason, "estimate": value}
            if status is Status.OK and not np.isfinite(deviation[i]):
                columns["reason"] = self._why_no_interval(frame)
            elif status is Status.OK:
                columns |= {
                    "std_error": float(deviation[i]),
                    "lower": float(low[i]),
                    "upper": float(high[i]),
                    "interval_kind": frame.interval,
                }
            rows.append(frame.row(estimand, label, **columns))
        return rows

    def _why_no_interval(self, frame: Frame) -> str:
        instead = "see the profile interval" if frame.method == "mle" else "see the posterior"
        kind = frame.interval.title()
        if self.verdict.corner is not None and self.verdict.corner.jacobian.shape[0]:
            return f"the maximum is at a kink, where curvature is undefined: no {kind} interval; {instead}"
        return f"the curvature gives no {kind} interval here; {instead}"

    def _deviation(self, gradient: np.ndarray) -> np.ndarray:
        g = gradient[:, self.active]
        variance = np.einsum("ij,jk,ik->i", g, self.covariance, g)
        # Held at a corner, a direction is left with rounding; without curvature its unit is the coordinate's own.
        unit = np.where(self.conditional > 0, self.conditional, 1.0)
        least = 1e-16 * np.einsum("ij,j,ij->i", g, unit, g)
        ok = np.isfinite(variance) & (variance > least)
        return np.where(ok, np.sqrt(np.where(ok, variance, 0.0)), np.nan)

    def _status(
        self, frame: Frame, estimand: Estimand, i: int, gradient: np.ndarray, value: float
    ) -> tuple[Status, str, float]:
        verdict = self.verdict
        what = "log-likelihood" if frame.method == "mle" else "joint density"
        if verdict.starts == 0:
            return Status.FAILED, f"the {what} is not finite at any start; check the data and initval", np.nan
        if np.any(gradient[self.unknown] != 0):
            return self._unknown(frame, gradient)
        if verdict.noise > ALL_ROUNDING and verdict.unbounded is None:
            return (
                Status.FAILED,
                f"the ascent of the {what} leads to where double precision leaves nothing of it but rounding (an error "
                f"of {verdict.noise:.2g}): no maximum is claimed; rescale the model, or keep scales off zero",
                np.nan,
            )
        if flat := self._touched(estimand, i, verdict.flat, None):
            return Status.NOT_IDENTIFIED, self._flat_reason(what, flat), np.nan
        if verdict.unbounded is not None:
            return Status.UNBOUNDED, self._unbounded_reason(frame, what), np.nan
        if estimand.simplex and verdict.rays.size:
            if not EDGE < value < 1 - EDGE:
                return self._at_edge(what, float(round(value)))
        else:
            for ray in verdict.rays:
                if self._touched(estimand, i, ray[None], value):
                    return self._limit(estimand, i, ray, what)
        if self._touched(estimand, i, verdict.cliff, value):
            return (
                Status.AT_BOUNDARY,
                f"the {what} rises up to {value:.6g} and is not defined beyond: no curvature interval",
                value,
            )
        if not self.regular:
            return (
                Status.FAILED,
                f"the ascent of the {what} stalled where it is not smooth or not curved downwards: no maximum is "
                "claimed; rescale or reparameterise the model",
                np.nan,
            )
        if not np.isfinite(value):
            return Status.FAILED, f"the {what} has a maximum, but {estimand.name} is not finite there", np.nan
        return Status.OK, "", value

    def _unknown(self, frame: Frame, gradient: np.ndarray) -> tuple[Status, str, float]:
        names = ", ".join(n for n, u, g in zip(self.names, self.unknown, gradient, strict=True) if u and g)
        if frame.method == "mle":
            return (
                Status.NOT_IN_LIKELIHOOD,
                f"the likelihood does not depend on {names}: only the prior knows it; see the MAP and the posterior",
                np.nan,
            )
        return (
            Status.NOT_IDENTIFIED,
            f"neither likelihood nor prior depends on {names}: give it a prior that does",
            np.nan,
        )

    def _touched(self, estimand: Estimand, i: int, directions: np.ndarray, value: float | None) -> set[str]:
        """Names of the coordinates of those directions that move this scalar.

        With ``value`` None only the tangent counts: a ridge may be curved.
        """
        names: set[str] = set()
        for v in directions:
            moving = v != 0
            if estimand.positions is not None:
                hit = bool(np.any(self.active[moving] == estimand.positions[i]))
            else:
                hit = self._moves(estimand, i, v, value)
            if hit:
                names |= {self.names[k] for k in self.active[moving]}
        return names

    def _moves(self, estimand: Estimand, i: int, v: np.ndarray, value: float | None) -> bool:
        g = self.jacobian[estimand.name].reshape(estimand.variable.size, -1)[i, self.active]
        if value is None or not self.verdict.objective.capped[np.abs(v) > 0].any():
            along = abs(float(g @ v))
            size = float(np.linalg.norm(v / equilibrate(self.verdict.point.hessian)))
            # Against what cancels in the sum, and against the estimand's own deviation.
            least = max(float(np.abs(g) @ np.abs(v)), size * float(np.sqrt(g**2 @ self.conditional)))
            return bool(along > INVOLVED * (least + np.finfo(float).tiny))
        depends = self._depends(estimand, i)
        if depends.sum() == 1 and v[depends][0] != 0:
            return True  # a function of a coordinate that moves, however little it moves so far out
        far = self._natural(estimand, v / np.max(np.abs(v)) * 8.0)[i]
        # Of coordinates that go away the deviation says nothing.
        deviation = float(np.sqrt(np.where(v == 0, g**2, 0.0) @ self.conditional))
        return bool(abs(far - value) > 1e-4 * (abs(value) + deviation))

    def _depends(self, estimand: Estimand, i: int) -> np.ndarray:
        """Whether a scalar depends on each coordinate, seen here and where the model starts."""
        start = self.engine.shown_jacobian(self.engine.graph.start)
        both = [at[estimand.name].reshape(estimand.variable.size, -1)[i] for at in (start, self.jacobian)]
        return np.any([gradient[self.active] != 0 for gradient in both], axis=0)

    def _natural(self, estimand: Estimand, shift: np.ndarray) -> np.ndarray:
        z = self.z.copy()
        z[self.active] += shift
        return self.engine.shown(z)[estimand.name].ravel()

    def _limit(self, estimand: Estimand, i: int, ray: np.ndarray, what: str) -> tuple[Status, str, float]:
        """Follow a ray to its end: a finite limit is an edge of the support, else infinity."""
        capped = self.verdict.objective.capped
        unit = ray / np.max(np.abs(ray[capped])) if np.any(ray[capped] != 0) else ray
        if estimand.positions is not None:
            # Its own coordinate has to go far, however much farther others go.
            own = float(ray[self.active == estimand.positions[i]][0])
            unit = ray / abs(own) if capped[self.active == estimand.positions[i]][0] else unit
        ends = [float(self._natural(estimand, k * unit)[i]) for k in FAR]
        here = float(self.shown[estimand.name].ravel()[i])
        settled = abs(ends[1] - ends[0]) <= 1e-9 * max(abs(here), abs(ends[1]), 1e-300) or (
            abs(ends[1]) < 1e-12 * max(abs(here), 1e-300)
        )
        if settled and np.any(ray[capped] != 0):
            return self._at_edge(what, 0.0 if abs(ends[1]) < 1e-9 * max(abs(here), 1e-300) else ends[1])
        return (
            Status.AT_INFINITY,
            f"the {what} keeps rising towards a limit as {self._heading(ray)}: "
            "no finite value attains it; a proper prior gives a finite estimate",
            np.nan,
        )

    def _at_edge(self, what: str, edge: float) -> tuple[Status, str, float]:
        return (
            Status.AT_BOUNDARY,
            f"the {what} is highest at {edge:.6g}, the edge of the support: no curvature interval; "
            "see the one-sided profile interval, or use a prior that keeps off the edge",
            edge,
        )

    def _heading(self, ray: np.ndarray) -> str:
        """Say where a ray leads: ``beta[x], beta[z] go to +infinity, intercept goes to -infinity``."""
        capped = self.verdict.objective.capped
        ends: dict[str, list[str]] = {}
        for k in np.flatnonzero(ray):
            up = ray[k] > 0
            end = ("its upper limit" if up else "its lower limit") if capped[k] else f"{'+' if up else '-'}infinity"
            ends.setdefault(end, []).append(self.names[self.active[k]])
        said = []
        for end, names in ends.items():
            some = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
            said.append(f"{some} {'goes' if len(names) == 1 else 'go'} to {end}")
        return ", ".join(said)

    def _flat_reason(self, what: str, names: set[str]) -> str:
        listed = ", ".join(sorted(names)[:8]) + (" and others" if len(names) > 8 else "")
        return (
            f"the {what} does not change along a direction of {listed}: only combinations of them are "
            "identified; remove the redundancy or give them a proper prior"
        )

    def _unbounded_reason(self, frame: Frame, what: str) -> str:
        trace = self.verdict.unbounded
        assert trace is not None
        name = self.names[self.active[trace.position]]
        down = trace.steps[-1] < trace.steps[0]
        advice = (
            "no maximum exists; see the other local maxima in optima, or give it a prior that vanishes there"
            if frame.method == "mle"
            else "no mode exists although the posterior may be proper; see the posterior"
        )
        return (
            f"the {what} rises without limit as {name} goes to {'its lower' if down else 'its upper'} limit, "
            f"by {self.verdict.rate:.3g} per unit of its logarithm; {advice}"
        )
