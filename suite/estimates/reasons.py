"""Why a scalar has no estimate or no interval, said in the names of what is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from triptych.engine.estimands import Estimand, elementwise
from triptych.estimates.facts import block_of, curved_upwards, dependence, jumping, part_of
from triptych.estimates.scalar import INVOLVED
from triptych.estimates.shares import vanishing_share
from triptych.graph.graph import Variable
from triptych.graph.priors import improper, is_proper
from triptych.problem.advice import Advice

if TYPE_CHECKING:
    from triptych.engine.engine import Engine
    from triptych.estimates.optimum import Optimum

MOST_NAMES = 8  # names that a sentence holds; pinned by wide_logistic (halved)
STEPS = (1.0, 15.0, 30.0)  # units along a direction at which a variable is evaluated that may come to a limit
CHANGES = 1e-3  # share of the largest change among its scalars from which one is said to move


def unknown_to(engine: Engine, method: str, moved: np.ndarray) -> str:
    """Say which coordinates an objective does not know, by their positions, of those that move a scalar."""
    names = ", ".join(dict.fromkeys(part_of(engine, int(k)) for k in moved))
    if method == "mle":
        return f"the likelihood does not depend on {names}: only the prior knows it; see the MAP and the posterior"
    advice = Advice.PROPER_PRIOR if _improper(engine, moved) else Advice.SEE_POSTERIOR
    return f"neither the likelihood nor the density of the prior depends on {names}: no value is the mode; {advice}"


def at_kink(kind: str, method: str) -> str:
    """Say why a maximum at a kink has no interval from curvature."""
    instead = "; see the posterior" if method == "map" else ""
    return (
        f"the maximum is at a kink, where curvature is undefined: no {kind} interval, and those of the others hold "
        f"this fixed{instead}"
    )


def _improper(engine: Engine, positions: np.ndarray) -> bool:
    """Whether a prior of the variables behind some coordinates is improper."""
    flat = improper(engine.model)
    return any(block_of(engine, int(k)).variable.name in flat for k in positions)


class Reasons:
    """The sentences of one panel.

    Parameters
    ----------
    optimum
        The best point found and what is known about it.
    estimands
        What is reported: a coordinate that is not goes by the name of what is made of it.
    method
        ``mle`` or ``map``.
    """

    def __init__(self, optimum: Optimum, estimands: list[Estimand], method: str) -> None:
        self.optimum, self.estimands, self.method = optimum, estimands, method
        self.what = "log-likelihood" if method == "mle" else "joint density"
        positions = [e.positions for e in estimands if e.positions is not None]
        self._own = set(np.concatenate([*positions, np.zeros(0, dtype=int)]).tolist())
        self._moved_by: dict[bytes, list[tuple[str, bool, bool]]] = {}  # by the direction: many scalars share one

    def no_start(self) -> str:
        """Say that nothing could be computed."""
        return f"the {self.what} is not finite at any start; check the data and initval"

    def unknown(self, gradient: np.ndarray) -> str:
        """Say which coordinates the objective does not know, of those that move a scalar."""
        return unknown_to(self.optimum.engine, self.method, np.flatnonzero(self.optimum.unknown & (gradient != 0)))

    def rounding(self) -> str:
        """Say that the best point is nothing but rounding."""
        return (
            f"the ascent of the {self.what} leads to where double precision leaves nothing of it but rounding (an "
            f"error of {self.optimum.verdict.rounding_error:.2g}): no maximum is claimed; rescale the model, or keep "
            "scales off zero"
        )

    def stalled(self) -> str:
        """Say that an ascent did not arrive."""
        begins = f"the ascent of the {self.what} stalled where"
        if condition := dependence(self.optimum, np.arange(self.optimum.active.size)):
            return (
                f"{begins} parameters nearly depend on each other (condition number {condition:.1g}): no maximum is "
                f"claimed; {Advice.CENTRE}"
            )
        if names := jumping(self.optimum):
            return f"{begins} it jumps in {', '.join(names)}: no maximum is claimed; {Advice.SMOOTH_STEP}"
        if self.optimum.verdict.objective.kinked:
            return f"{begins} it has kinks: no maximum is claimed; {Advice.REWRITE}"
        if curved_upwards(self.optimum):
            return f"{begins} it is not curved downwards: no maximum is claimed; {Advice.REWRITE}"
        left = self.optimum.verdict.point.decrement
        return f"{begins} a Newton step would still gain {left:.2g}: no maximum is claimed; {Advice.REWRITE}"

    def flat(self, directions: list[np.ndarray]) -> str:
        """Say of what the objective knows combinations only."""
        names = sorted({name for v in directions for name, _, _ in self._moved(v)})
        if len(names) == 1:
            return f"the {self.what} is level over a range of {names[0]}: no single value is the maximum"
        listed = ", ".join(names[:MOST_NAMES]) + (" and others" if len(names) > MOST_NAMES else "")
        moved = np.flatnonzero(np.any(np.array(directions) != 0, axis=0))
        if condition := dependence(self.optimum, moved):
            return (
                f"{listed} nearly depend on each other (condition number {condition:.1g}), so that double precision "
                f"keeps no digits of some of their combinations; {Advice.CENTRE}"
            )
        advice = str(Advice.REDUNDANCY)
        if self._improper(self.optimum.active[moved]):
            advice = f"{advice}, or {Advice.PROPER_PRIORS}"
        elif self.method == "mle" and is_proper(self.optimum.engine.model):
            advice = f"{advice}, or {Advice.PRIOR_DECIDES}"
        return (
            f"the {self.what} does not change along a direction of {listed}: only combinations of them are "
            f"identified; {advice}"
        )

    def _improper(self, positions: np.ndarray) -> bool:
        """Whether a prior of the variables behind some coordinates is improper."""
        return _improper(self.optimum.engine, positions)

    def unbounded(self) -> str:
        """Say along which coordinate the objective rises without limit, and how fast."""
        trace = self.optimum.verdict.unbounded
        assert trace is not None
        position = int(self.optimum.active[trace.position])
        alone = self._made_of_one(position)
        # What is the coordinate times a constant goes where it goes, and as fast; its inverse or its square does not.
        name = alone[0] if alone and np.isclose(alone[1], alone[2]) else part_of(self.optimum.engine, position)
        down = trace.steps[-1] < trace.steps[0]
        advice = (
            "no maximum exists; under a prior that vanishes there faster than this rises a mode does"
            if self.method == "mle"
            else "no mode exists, whether or not there is a posterior"
        )
        limit, scale, rate = f"its {'lower' if down else 'upper'} limit", "its logarithm", self.optimum.verdict.rate
        block = block_of(self.optimum.engine, position)
        if block.simplex and (share := vanishing_share(self.optimum.verdict, block)) is not None:
            name, limit, rate = block.variable.names[share[0]], "zero", share[1]
        if trace.on_a_line:
            limit, scale = f"{'-' if down else '+'}infinity", "the logarithm of its size"
        return (
            f"the {self.what} rises without limit as {name} goes to {limit}, "
            f"by {rate:.3g} per unit of {scale}; {advice}"
        )

    def infinity(self, ray: np.ndarray) -> str:
        """Say where a ray leads to a supremum that no finite value attains."""
        return (
            f"the {self.what} keeps rising towards a limit as {self._heading(ray)}: "
            f"no finite value attains it; {Advice.FALLING_PRIOR}"
        )

    def taken_along(self, ray: np.ndarray) -> str:
        """Say of what the objective does not know that a ray takes it along wherever it is."""
        return f"{self.infinity(ray)}; it is not known to the {self.what}, and taken along"

    def edge(self, edge: float) -> str:
        """Say that a supremum is on the edge of the support."""
        return (
            f"the {self.what} is highest at {edge:.6g}, the edge of the support: no curvature interval; "
            "under a prior that keeps off the edge there is one"
        )

    def faded(self, ray: np.ndarray, end: float) -> str:
        """Say of a scalar that what goes away takes it along: a slope whose scale goes to zero."""
        return f"the {self.what} is highest as {self._heading(ray)}, where this is {end:.6g}: no curvature interval"

    def in_the_limit(self, ray: np.ndarray) -> str:
        """Say of a function of what goes away that it comes to a limit, about which the rest is still uncertain."""
        return f"in the limit as {self._heading(ray)}"

    def any_limit(self, ray: np.ndarray) -> str:
        """Say of a function that its limit hangs on how fast each of several parameters goes away."""
        return (
            f"the {self.what} is highest as {self._heading(ray)}, where this takes any of several values: only the way "
            "there tells them apart; fix one of these parameters or give them a proper prior"
        )

    def cliff(self, value: float, upon: np.ndarray | None) -> str:
        """Say that the domain ends where the objective is highest: in a scalar, or in what it is made of."""
        if upon is None:
            return f"the {self.what} rises up to {value:.6g} and is not defined beyond: no curvature interval"
        names = ", ".join(name for name, _, _ in self._moved(upon))
        return (
            f"the {self.what} rises up to an edge of its domain in {names}: no curvature interval of what depends on it"
        )

    def whole_circle(self, ci_prob: float) -> str:
        """Say that no direction is ruled out."""
        return f"the {100 * ci_prob:g} % arc is the whole circle: no direction is ruled out"

    def no_interval(self, interval: str) -> str:
        """Say why a maximum has no interval from its curvature."""
        kind, corner = interval.title(), self.optimum.verdict.corner
        if corner is not None and corner.jacobian.shape[0]:
            return at_kink(kind, self.method)
        instead = "; see the posterior" if self.method == "map" else ""
        return f"the curvature gives no {kind} interval here{instead}"

    def _heading(self, ray: np.ndarray) -> str:
        """Say where a ray leads: ``beta[x], beta[z] go to +infinity, intercept goes to -infinity``."""
        ends: dict[str, list[str]] = {}
        for name, up, logarithm in self._moved(ray):
            end = ("upper limit" if up else "lower limit") if logarithm else f"{'+' if up else '-'}infinity"
            ends.setdefault(end, []).append(name)
        said = []
        for end, names in ends.items():
            one = len(names) == 1
            more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
            some = ", ".join(names[:MOST_NAMES]) + more
            said.append(f"{some} {'goes' if one else 'go'} to {('its ' if one else 'their ') * ('limit' in end)}{end}")
        return ", ".join(said)

    def _moved(self, direction: np.ndarray) -> list[tuple[str, bool, bool]]:
        """Return what a direction moves: names, whether upwards, and whether to a limit, as where a logarithm goes.

        What is reported stands for the coordinates that it is made of, as far as they are not reported themselves.
        """
        key = direction.tobytes()
        if key not in self._moved_by:
            self._moved_by[key] = self._what_moves(direction)
        return self._moved_by[key]

    def _what_moves(self, direction: np.ndarray) -> list[tuple[str, bool, bool]]:
        """Find what :meth:`_moved` returns, which takes evaluations of everything that is reported."""
        optimum = self.optimum
        active, transformed = optimum.active, optimum.verdict.objective.transformed
        moving = direction != 0
        reported = np.isin(active, list(self._own))
        blocks = [b for b in optimum.engine.blocks if b.variable.name not in elementwise(optimum.engine)]
        jointly = np.isin(active, [k for block in blocks for k in range(block.start, block.stop)])
        hidden = np.where(moving & ~transformed & ~reported & ~jointly, direction, 0.0)
        found = self._made_of(hidden, direction)
        if not found:
            hidden[:] = 0.0
        together = np.zeros(active.size, dtype=bool)
        for block in blocks:
            inside = moving & (active >= block.start) & (active < block.stop)
            if np.any(inside):
                found += self._of_one_variable(block.variable, direction)
                together |= inside
        for k in np.flatnonzero(moving & (hidden == 0) & ~together):
            up, limit = bool(direction[k] > 0), bool(transformed[k])
            if (alone := self._made_of_one(int(active[k]))) is None:
                found.append((part_of(optimum.engine, int(active[k])), up, limit))
            else:
                name, _, slope = alone
                found.append((name, up == (slope > 0), bool(self._settled(name, direction)[0])))
        return found

    def _of_one_variable(self, variable: Variable, direction: np.ndarray) -> list[tuple[str, bool, bool]]:
        """Return the scalars of a jointly constrained variable that a direction moves; True last for a limit."""
        here, near, far, farther = self._values_along(variable.name, direction)
        change = near - here
        moves = np.abs(change) > CHANGES * np.max(np.abs(change), initial=0.0)
        settled = np.abs(farther - far) <= CHANGES * (1 + np.abs(far))
        return [(name, bool(change[k] > 0), bool(settled[k])) for k, name in enumerate(variable.names) if moves[k]]

    def _made_of(self, hidden: np.ndarray, direction: np.ndarray) -> list[tuple[str, bool, bool]]:
        """Return the reported functions of hidden coordinates that a direction moves, as :meth:`_moved` does.

        One that stands still on a ridge is what is identified there, and no part of what is not.
        """
        found: list[tuple[str, bool, bool]] = []
        for estimand in self.estimands if np.any(hidden) else []:
            if estimand.positions is not None:
                continue
            jacobian = estimand.slopes(self.optimum.jacobian)[:, self.optimum.active]
            upon = np.any(jacobian[:, hidden != 0] != 0, axis=1)
            along, size = jacobian @ direction, np.abs(jacobian) @ np.abs(direction)
            moves = upon & (np.abs(along) > INVOLVED * size)
            settled = self._settled(estimand.name, direction)
            found += [
                (name, bool(along[k] > 0), bool(settled[k]))
                for k, name in enumerate(estimand.variable.names)
                if moves[k]
            ]
        return found

    def _settled(self, name: str, direction: np.ndarray) -> np.ndarray:
        """Return which scalars of a function come to a limit along a direction, as a probability with its logit."""
        _, near, far, farther = self._values_along(name, direction)
        with np.errstate(invalid="ignore"):  # of two infinite values, which are no limit
            return np.asarray(np.isfinite(far) & (np.abs(farther - far) <= CHANGES * np.abs(far - near)))

    def _values_along(self, name: str, direction: np.ndarray) -> list[np.ndarray]:
        """Return the scalars of a variable here and at a few steps along a direction."""
        unit = direction / np.max(np.abs(direction))
        at = []
        for step in (0.0, *STEPS):
            z = self.optimum.z.copy()
            z[self.optimum.active] += step * unit
            at.append(self.optimum.engine.natural_values(z)[name].ravel())
        return at

    def _made_of_one(self, position: int) -> tuple[str, float, float] | None:
        """Return what is reported of a hidden coordinate alone: name, value and slope at the start."""
        if position not in self._own:
            engine = self.optimum.engine
            for estimand in self.estimands:
                if estimand.positions is None and estimand.variable.size == 1:
                    slopes = engine.natural_jacobian(engine.graph.start)[estimand.name].ravel()
                    if np.flatnonzero(slopes).tolist() == [position]:
                        value = engine.natural_values(engine.graph.start)[estimand.name].item()
                        return estimand.name, value, float(slopes[position])
        return None
