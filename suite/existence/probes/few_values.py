"""Paths without end on data of few values, all of which the parameters can fit at once.

Two components with one sigma stand each on one of two values, and sigma vanishes: no single datum draws them there, and
an ascent comes there by chance alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from triptych.existence.findings import Finding, Trace, without_limit
from triptych.existence.probe import Probe
from triptych.existence.verdict import Verdict
from triptych.existence.ways import ELSEWHERE, way_from
from triptych.optimise.objective import Objective

PLACES = 4  # random places from which each coordinate is moved out
MOST_MOVED = 6  # logarithmic coordinates up to which they are: each costs as much as a few fits


class FewValues(Probe):
    """A density that rises without limit on values that are no more than the parameters."""

    name = "scales moved out on few values"
    cases = ("shared_sigma_on_two_values",)

    def needed(self, verdict: Verdict) -> bool:
        """More values than parameters are fitted exactly by a law that they follow alone, to which the ascents lead."""
        objective = verdict.objective
        observed = [np.unique(values[np.isfinite(values)]) for values in objective.engine.observed.values()]
        few = 0 < sum(values.size for values in observed) <= objective.size
        return few and not objective.discrete and 0 < int(np.sum(objective.logarithmic)) <= MOST_MOVED

    def look(self, verdict: Verdict) -> Sequence[Finding]:
        """Return a path without end that begins at a random place, if there is one."""
        path = next(_ways(verdict.objective), None)
        return without_limit(verdict.objective, path) if path is not None else ()


def _ways(objective: Objective) -> Iterator[Trace]:
    """Yield the ways that are found, with the rest at its best, or other logarithms or all else held.

    What is held at random may have no best place.
    """
    rng = np.random.default_rng(7)
    logarithms, everything = np.flatnonzero(objective.logarithmic), np.arange(objective.size)
    for _ in range(PLACES):
        for j in map(int, logarithms):
            for sign in (-1.0, 1.0):
                rests = [np.setdiff1d(of, j) for of in (np.zeros(0, dtype=int), logarithms, everything)]
                for held in (rests[k] for k in range(3) if k == 0 or rests[k].size > rests[k - 1].size):
                    if (trace := _holding(objective, rng, j, sign, held)) is not None:
                        yield trace
                        break


def _holding(objective: Objective, rng: np.random.Generator, j: int, sign: float, held: np.ndarray) -> Trace | None:
    """Return a way along one coordinate, with some of the others held at random."""
    mask = np.isin(np.arange(objective.size), held)
    x = objective.origin[objective.active] + np.where(mask, rng.standard_normal(objective.size), 0.0)
    part = replace(objective, origin=objective.full(x)).without(held)
    trace = way_from(part, rng, int(np.sum(~mask[:j])), sign, ELSEWHERE)
    if trace is None:
        return None
    points = np.tile(x, (len(trace.points), 1))
    points[:, ~mask] = trace.points
    return replace(trace, position=j, points=points)
