"""What likelihood and prior do where a parameter leaves the edge of its range on which the MAP lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triptych.engine.engine import POSTERIOR, Engine
from triptych.engine.natural_scale import natural_scale
from triptych.optimise.objective import Objective
from triptych.panels.solution import Solution
from triptych.problem.table import Row, Status

NAN = float("nan")
NEAR = 1e-4  # of the way from the edge to the posterior mean: as near as densities are compared to those on the edge
ARRIVED = 1e-6  # Newton decrement below which the ascent has converged to a maximum
SAME = 0.01  # posterior standard deviations up to which the maximum beside the edge is the MAP


@dataclass(frozen=True)
class Off:
    """How many times as high likelihood and prior density are off an edge, and whether others were refitted there."""

    likelihood: float = NAN
    prior: float = NAN
    refitted: bool = False


def off_the_edge(solution: Solution, row: Row) -> Off:
    """Return how many times as high likelihood and prior density are at a posterior mean as on the edge.

    All other parameters are at both places where the joint density is highest. NaN for all but a single free parameter,
    where the engine is gone, where the density has corners, and where an ascent does not come to the MAP.

    Parameters
    ----------
    solution
        A variant whose MAP lies on an edge.
    row
        The row of the MAP that does.
    """
    engine, panels = solution.engine, solution.panels
    if engine is None or "mcmc" not in panels or row.status is not Status.AT_BOUNDARY:
        return Off()
    block = next((b for b in engine.blocks if b.variable.name == row.estimand), None)
    mean = next((r.estimate for r in panels["mcmc"].estimates if r.name == row.name), NAN)
    single = block is not None and block.variable.size == 1 and block.stop - block.start == 1
    if block is None or not single or block.transform is None or engine.graph.t or not np.isfinite(mean):
        return Off()
    values = (row.estimate + NEAR * (mean - row.estimate), mean)
    places = [_coordinate(engine, block.start, value) for value in values]
    if not np.all(np.isfinite(places)):
        return Off()
    with np.errstate(all="ignore"):
        tops = _tops(engine, block.start, places)
    if tops is None or not _is_the_map(engine, tops[0], solution):
        return Off()
    there, away = (engine.value(z) for z in tops)
    if not np.all(np.isfinite([there, away])) or np.sum(away) > np.sum(there):
        return Off()
    likelihood, prior = np.exp(away - there)
    return Off(float(likelihood), float(prior), engine.size > 1)


def _coordinate(engine: Engine, k: int, value: float) -> float:
    """Return the coordinate at which a parameter has a value; NaN outside its range."""
    scale = natural_scale(engine)
    params = scale.params(engine.graph.start)
    params[k] = value
    return float(scale.coordinates(params)[k])


def _tops(engine: Engine, k: int, places: Sequence[float]) -> list[np.ndarray] | None:
    """Return where the joint density is highest with one coordinate at each place; None where an ascent does not end.

    Each ascent starts where the other ended, too, so that neither is left on a lower top.
    """
    others = np.delete(np.arange(engine.size), k)
    if not others.size:
        return [np.array([place]) for place in places]
    start, found = engine.graph.start[others], []
    objectives = []
    for place in places:
        origin = engine.graph.start.copy()
        origin[k] = place
        objectives.append(Objective(engine, POSTERIOR, origin, others))
        found.append(objectives[-1].climb(start))
        start = found[-1].z
    again = objectives[0].climb(found[1].z)
    if again.usable and again.value > found[0].value:
        found[0] = again
    if not all(point.usable and point.decrement < ARRIVED for point in found):
        return None
    return [objective.full(point.z) for objective, point in zip(objectives, found, strict=True)]


def _is_the_map(engine: Engine, z: np.ndarray, solution: Solution) -> bool:
    """Whether a point has the values of the MAP."""
    values = engine.natural_values(z)
    spreads = {row.name: row.std_error for row in solution.panels["mcmc"].estimates}
    for row in solution.panels["map"].estimates:
        place = solution.variables[row.estimand].labels.index(row.label)
        gap = abs(float(np.ravel(values[row.estimand])[place]) - row.estimate)
        if row.status is Status.OK and not gap <= SAME * spreads[row.name]:
            return False
    return True
