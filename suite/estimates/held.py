"""What an interval from curvature holds fixed: an edge, a kink's zero, what is infinite, a step.

The covariance at a maximum leaves out the directions in which there is no regular maximum. A scalar whose uncertainty
would take part in theirs, if they were free, has an interval that is conditional on them, and its row says on what.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from triptych.engine.estimands import Estimand, elementwise
from triptych.estimates.facts import block_of
from triptych.estimates.scalar import FAR
from triptych.graph.graph import Variable
from triptych.optimise.kinks import climb
from triptych.problem.fixed import Fixed
from triptych.problem.table import Row, Status

if TYPE_CHECKING:
    from triptych.estimates.optimum import Optimum

COUPLED = 1e-9  # size of a mixed derivative, relative to the two pure ones, from which coordinates are coupled
MOVES = (-8.0, -2.0, -0.5, 0.5, 2.0, 8.0)  # by which a coordinate without derivatives is moved, to see its coupling
COUPLING_LOOKS = 3  # random points at which coupling is looked for
AT_ZERO = 1e-9  # share of a coordinate's scale that is zero
# TWICE is pinned by two_empty_groups (halved).
GOES_ON, TWICE = 4.0, 2.0  # units of a logarithm, or times the way from the start, that what goes away goes on
# STANDS is pinned by quasi_separation_far_apart (halved).
STANDS = 0.1  # relative change of a standard error on that way up to which it has a limit


class Held:
    """The coordinates that a maximum's covariance leaves out, and what is coupled to them."""

    def __init__(self, optimum: Optimum, estimands: list[Estimand]) -> None:
        self.optimum, self.verdict, self.estimands = optimum, optimum.verdict, estimands
        self.objective = optimum.verdict.objective
        self._fixed: dict[bytes, Fixed] = {}  # most rows hold the same

    @cached_property
    def way(self) -> np.ndarray:
        """Where the coordinates that go away go; zero for all others, shape ``(p,)``."""
        diverging = self.verdict.diverging
        if not diverging.size:
            return np.zeros(self.objective.size)
        size = np.abs(diverging).max(axis=1, keepdims=True)
        return np.asarray(np.sign(diverging.sum(axis=0)) * np.abs(diverging / size).max(axis=0))

    @cached_property
    def steps(self) -> np.ndarray:
        """Which coordinates the objective does not know from where they are, and does from farther away."""
        point, found = self.verdict.point, np.zeros(self.objective.size, dtype=bool)
        for row in self.verdict.unidentified:
            at = np.flatnonzero(row)
            if at.size == 1 and point.gradient[at[0]] == 0 and np.all(point.hessian[at[0]] == 0):
                found[at[0]] = True
        return found

    @cached_property
    def at_kinks(self) -> list[np.ndarray]:
        """The coordinates of each kink that holds."""
        corner = self.verdict.corner
        return [] if corner is None else [np.flatnonzero(row) for row in corner.jacobian]

    @cached_property
    def mask(self) -> np.ndarray:
        """Which coordinates are held, shape ``(p,)``."""
        held = np.asarray((self.way != 0) | self.steps)
        for at in self.at_kinks:
            held[at] = True
        if self.verdict.cliff.size:
            held |= np.any(self.verdict.cliff != 0, axis=0)
        return held

    @cached_property
    def parts(self) -> np.ndarray:
        """The part of the objective to which each coordinate belongs: parts have no term in common."""
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import connected_components

        rng, size = np.random.default_rng(5), self.objective.size
        together = np.zeros((size, size), dtype=bool)
        start = self.optimum.near_start[self.optimum.active]
        for x in [self.verdict.point.z, *(start + rng.standard_normal(size) for _ in range(COUPLING_LOOKS))]:
            _, gradient, hessian = self.objective.derivatives(x)
            if not np.all(np.isfinite(hessian)):
                continue
            unit = np.sqrt(np.abs(np.diag(hessian)))
            together |= (np.abs(hessian) > COUPLED * np.outer(unit, unit)) & (hessian != 0)
            for j in np.flatnonzero(self.steps):
                for move in MOVES:
                    _, moved, _ = self.objective.derivatives(x + move * (np.arange(size) == j))
                    change = np.abs(moved - gradient)
                    together[j] |= np.isfinite(change) & (change > COUPLED * (np.abs(moved) + np.abs(gradient)))
        return np.asarray(connected_components(csr_matrix(together | together.T))[1])

    def beside(self, estimand: Estimand, i: int) -> np.ndarray:
        """Return which held coordinates take part in the uncertainty of a scalar, if they were free."""
        own = self.optimum.depends(estimand, i)
        held = self.mask & np.isin(self.parts, self.parts[own])
        if self.optimum.on_a_ridge:  # what the likelihood does not know is held nowhere
            held &= ~np.any(self.optimum.level_near_start != 0, axis=0)
        return np.asarray(held)

    def fixed(self, held: np.ndarray) -> Fixed:
        """Return what is held, and where: tau at 0, alpha at +infinity."""
        key = held.tobytes()
        if key not in self._fixed:
            self._fixed[key] = self._names_by_place(held)
        return self._fixed[key]

    def _names_by_place(self, held: np.ndarray) -> Fixed:
        places: dict[str, dict[str, None]] = {}
        combined: dict[str, None] = {}
        free = np.diag(self.optimum.covariance) > AT_ZERO * self.optimum.conditional
        for k in np.flatnonzero(held):
            for name, place in self._names_and_places(int(k)):
                if free[k] and self.way[k] == 0:  # a kink or an edge in several: none of them is held alone
                    combined[name] = None
                else:
                    places.setdefault(place, {})[name] = None
        return Fixed(tuple((place, tuple(names)) for place, names in places.items()), tuple(combined))

    def _names_and_places(self, k: int) -> list[tuple[str, str]]:
        position = int(self.optimum.active[k])
        block = block_of(self.optimum.engine, position)
        variable = block.variable
        if variable.name not in {e.name for e in self.estimands} and (other := self._reported.get(k)) is not None:
            return [self._name_and_place(k, *other)]
        if variable.name in elementwise(self.optimum.engine):
            return [self._name_and_place(k, variable, position - block.start)]
        if not block.simplex:  # a zero of other values, as of a cutpoint, may be no edge
            return [(variable.name, "the edge of its range")]
        ends = self._natural_values(FAR[0] * self.way, variable)
        zeros = [name for name, end in zip(variable.names, ends, strict=True) if abs(end) < AT_ZERO]
        return [(name, "0") for name in zeros] or [(variable.name, "the edge of its range")]

    @cached_property
    def _reported(self) -> dict[int, tuple[Variable, int]]:
        """The reported scalars that are made of one coordinate alone, by that coordinate."""
        found: dict[int, tuple[Variable, int]] = {}
        for estimand in self.estimands:
            for i in range(estimand.variable.size):
                on = np.flatnonzero(self.optimum.depends(estimand, i))
                if on.size == 1:
                    found.setdefault(int(on[0]), (estimand.variable, i))
        return found

    def _natural_values(self, shift: np.ndarray, variable: Variable) -> np.ndarray:
        z = self.optimum.z.copy()
        z[self.optimum.active] += shift
        return self.optimum.engine.natural_values(z)[variable.name].ravel()

    def _name_and_place(self, k: int, variable: Variable, i: int) -> tuple[str, str]:
        name, here = variable.names[i], float(self.optimum.natural_values[variable.name].ravel()[i])
        if self.way[k] == 0:
            return name, f"{here:.6g}" if abs(here) > AT_ZERO * abs(self._unit(k)) else "0"
        # An untransformed coordinate may already be far out, so it is followed by multiples of where it is.
        unit = 1.0 if self.objective.transformed[k] else max(1.0, abs(here))
        alone = unit * np.sign(self.way) * (np.arange(self.way.size) == k)
        near, end = (float(self._natural_values(far * alone, variable)[i]) for far in FAR)
        if not abs(end - near) <= AT_ZERO * max(abs(end), abs(here), 1.0):
            return name, "+infinity" if end > near else "-infinity"
        return name, f"{end:.6g}" if abs(end) > AT_ZERO else "0"

    def _unit(self, k: int) -> float:
        """Return a scale of a coordinate: one over the root of its curvature."""
        curvature = abs(float(self.verdict.point.hessian[k, k]))
        return 1 / np.sqrt(curvature) if curvature > 0 else 1.0

    @cached_property
    def beyond(self) -> Optimum | None:
        """The optimum with what goes away farther out and the rest at its best; None where nothing goes, or fails."""
        if not np.any(self.way):
            return None
        point, objective = self.verdict.point, self.objective
        logarithms = objective.transformed & (self.way != 0)
        if np.any(logarithms) and not np.all(objective.transformed[self.way != 0]):
            # On a curved path the other coordinates follow the logarithms, and farther out the objective is rounding
            # error: the standard errors are compared with those nearer to the start.
            return self._with_held(point.z - np.where(logarithms, GOES_ON * self.way, 0.0), logarithms)
        # Logarithms go on each by its part in the way: shares of a whole keep their ratios only so.
        again = np.sign(self.way) * np.abs(point.z - objective.origin[objective.active]) * (TWICE - 1)
        return self._with_held(point.z + np.where(objective.transformed, GOES_ON * self.way, again), self.way != 0)

    def _with_held(self, x: np.ndarray, held: np.ndarray) -> Optimum | None:
        """Return the optimum where some coordinates are held and the rest is at its best; None where that fails."""
        point, objective, x = self.verdict.point, self.objective, x.copy()
        away, keep = np.flatnonzero(held), np.flatnonzero(~held)
        if keep.size:
            x[keep] = climb(replace(objective, origin=objective.full(x)).without(away), x[keep])[0].z
        there = objective.at(x)
        if not there.usable:
            return None
        return type(self.optimum)(replace(self.verdict, point=point.moved_to(there)), self.optimum.unknown)

    def shrinking(self, estimand: Estimand) -> np.ndarray:
        """Return which scalars' standard errors have no limit as what goes away goes on."""
        here = self.optimum.deviation(estimand.slopes(self.optimum.jacobian))
        if self.beyond is None:
            return np.zeros(here.size, dtype=bool)
        there = self.beyond.deviation(estimand.slopes(self.beyond.jacobian))
        return np.asarray(~(np.abs(there - here) <= STANDS * here) & np.isfinite(here))


def with_held(
    optimum: Optimum, estimands: list[Estimand], rows: list[Row]
) -> tuple[list[Row], dict[tuple[str, str], Fixed]]:
    """Return the rows, which say what their interval from curvature holds fixed; none stays that shrinks to nothing.

    Beside them stands the same as data, by the estimand and the label of a row.
    """
    held = Held(optimum, estimands)
    if optimum.verdict.starts == 0 or not np.any(held.mask):
        return rows, {}
    by_name = {estimand.name: estimand for estimand in estimands}
    shrinking = {name: held.shrinking(estimand) for name, estimand in by_name.items()}
    found: list[Row] = []
    holds: dict[tuple[str, str], Fixed] = {}
    for row in rows:
        estimand = by_name[row.estimand]
        i = estimand.variable.labels.index(row.label)
        if row.status is Status.OK and row.interval_kind != "none":
            beside = held.beside(estimand, i)
            if np.any(beside) and shrinking[row.estimand][i]:
                row = row.but(std_error=np.nan, lower=np.nan, upper=np.nan, interval_kind="none").also(
                    f"the curvature here has no limit with {held.fixed(beside)}: no interval is formed from it"
                )
            elif np.any(beside):
                holds[row.estimand, row.label] = held.fixed(beside)
                row = row.also(f"the interval holds fixed {held.fixed(beside)}")
        found.append(row)
    return found, holds
