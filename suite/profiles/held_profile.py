"""A profile at a jump: the likelihood with one scalar held, maximised on the near side of all edges."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from triptych.base.linalg import SAME_DIRECTION, null_space
from triptych.engine.estimands import Estimand
from triptych.profiles.jump import MARGIN, OUTSIDE, Jump

ON_END = 1e-6  # distance from an end, relative to its uncertainty, up to which a point is on it
LEVEL = 1e-3  # slope of twice the log-likelihood, per standard error, up to which it is level
FALL_ERROR, SLSQP_STEPS = 1e-12, 200  # change of twice the log-likelihood at which the ascent ends; its most steps
BREACH = 1e-7  # of a way and of a rate's unit: by how much what is held, and an end, may be missed


@dataclass
class HeldProfile:
    """The fall of the profile at a way from the maximum, each time from where the last one ended."""

    jump: Jump
    estimand: Estimand
    i: int
    value: float
    sign: float
    seen: list[tuple[float, float]]
    last: np.ndarray | None = None

    def must(self, way: float) -> float:
        """Return the fall; raise where it was not found."""
        found = self(way)
        if found is None:
            raise ArithmeticError
        return found

    def __call__(self, way: float) -> float | None:
        """Minimise the fall with the scalar held, off the edges' far sides; None where that did not succeed."""
        from scipy.optimize import minimize

        jump, at, unit = self.jump, self.value + self.sign * way, self.units

        def missing(u: np.ndarray) -> float:
            return (jump.scalar(self.estimand, self.i, unit * u)[0] - at) / way

        def by_step(u: np.ndarray) -> np.ndarray:
            return np.asarray(unit * jump.scalar(self.estimand, self.i, unit * u)[1] / way)

        room = jump.normals * unit * jump.rates[:, None]
        held = [
            {"type": "eq", "fun": missing, "jac": by_step},
            {"type": "ineq", "fun": lambda u: room @ u - MARGIN, "jac": lambda u: room},
        ]
        start = np.zeros(unit.size) if self.last is None else self.last

        def objective(u: np.ndarray) -> tuple[float, np.ndarray]:
            fall, slope = jump.fall(unit * u)
            return fall, slope * unit

        done = minimize(
            objective,
            start,
            jac=True,
            method="SLSQP",
            constraints=held,
            bounds=jump.bounds / unit[:, None],
            options={"ftol": FALL_ERROR, "maxiter": SLSQP_STEPS},
        )
        if not np.all(np.isfinite(done.x)) or abs(missing(done.x)) > BREACH or np.min(room @ done.x) < -BREACH:
            return None
        if (
            done.fun >= OUTSIDE / 10
            or self._slope_left(objective(done.x)[1], by_step(done.x), room[room @ done.x < ON_END]) > LEVEL
        ):
            return None
        self.last = done.x
        self.seen.append((at, self.sign * float(np.sqrt(max(done.fun, 0.0)))))
        return float(done.fun)

    def _slope_left(self, slope: np.ndarray, held: np.ndarray, edges: np.ndarray) -> float:
        """Return the slope of the fall along what is held and the edges that are met, in standard errors."""
        along = null_space(np.vstack([held[None], edges]), rcond=SAME_DIRECTION)
        return float(np.linalg.norm(slope @ along)) if along.shape[1] else 0.0

    @cached_property
    def units(self) -> np.ndarray:
        """How far each parameter may be off, by the ends and in the regular directions."""
        jump = self.jump
        inverse = np.linalg.pinv(jump.normals)
        return np.asarray(np.sqrt(np.sum((inverse / jump.rates) ** 2, axis=1) + np.sum(jump.regular**2, axis=1)))
