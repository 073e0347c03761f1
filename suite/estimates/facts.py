"""What reasons assert of a model and of the point that was found, looked at when it is asserted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from triptych.base.linalg import DECOMPOSED, equilibrate
from triptych.engine.estimands import elementwise
from triptych.engine.jumps import jumps
from triptych.existence.directions import SINGULAR
from triptych.existence.null_space import column_sizes
from triptych.graph.graph import Block

if TYPE_CHECKING:
    from triptych.engine.engine import Engine
    from triptych.estimates.optimum import Optimum

DEPENDENT = 1e5  # condition number of which the square leaves few digits
JUMP_REACH = 6.0  # units or standard deviations to each side in which a jump is looked for
WIDEST_LOOK = 1e3  # standard deviation to which one is cut there: one without curvature to give it leads nowhere


def block_of(engine: Engine, position: int) -> Block:
    """Return the free variable to which a coordinate belongs."""
    return next(block for block in engine.blocks if block.start <= position < block.stop)


def part_of(engine: Engine, position: int) -> str:
    """Return in the model's own words what a coordinate is: a scalar, a gap between two, or a variable as a whole."""
    block = block_of(engine, position)
    names, k = block.variable.names, position - block.start
    if block.variable.name in elementwise(engine):
        return names[k]
    if "Ordered" in (block.transform or "") and len(block.variable.shape) == 1:
        return names[0] if k == 0 else f"the gap between {names[k - 1]} and {names[k]}"
    return block.variable.name


def dependence(optimum: Optimum, moved: np.ndarray) -> float:
    """Return the condition number of the likelihood's slopes by some coordinates, if they nearly depend on each other.

    Zero is none: they are told apart, or depend on each other exactly. Each column is scaled to length one, so that
    units do not count. What is so where the model starts as well as here is no matter of where the point is.
    """
    # Many scalars are level along the same directions, and have these coordinates in common.
    return optimum.kept.of(lambda: _dependence(optimum, moved), dependence, moved.tobytes())


def _dependence(optimum: Optimum, moved: np.ndarray) -> float:
    objective = optimum.verdict.objective
    found = []
    for x in (optimum.verdict.point.z, optimum.near_start[optimum.active]):
        columns = objective.term_slopes(x)[:, moved]
        if not np.all(np.isfinite(columns)):
            continue
        size = column_sizes(columns)
        if not np.all(size > 0) or len(columns) < moved.size:
            return 0.0
        sizes = np.linalg.svd(columns / size, compute_uv=False)
        found.append(float(sizes[0] / sizes[-1]) if sizes[-1] > DECOMPOSED * sizes[0] else 0.0)
    # Rounding error may make a near dependence look exact at one of the two points, but not an exact one near.
    least = min((condition for condition in found if condition > 0), default=0.0)
    return least if least > DEPENDENT else 0.0


def jumping(optimum: Optimum) -> list[str]:
    """Return the free variables in which the objective jumps around the best point, where it stays finite."""
    objective, engine = optimum.verdict.objective, optimum.engine
    x = optimum.verdict.point.z
    width = np.where(objective.transformed, 1.0, np.clip(equilibrate(optimum.verdict.point.hessian), 1.0, WIDEST_LOOK))
    low, high, still = (np.zeros(engine.size) for _ in range(3))
    low[optimum.active], high[optimum.active], still[:] = x - JUMP_REACH * width, x + JUMP_REACH * width, optimum.z
    found = jumps(engine, lambda z: objective.value(z[optimum.active]), still, low, high)
    return found


def curved_upwards(optimum: Optimum) -> bool:
    """Whether some direction at the best point is curved upwards by more than rounding."""
    hessian = optimum.verdict.point.hessian
    if not np.all(np.isfinite(hessian)):
        return False
    d = equilibrate(hessian)
    return bool(np.linalg.eigvalsh(d[:, None] * hessian * d).max(initial=0.0) > SINGULAR)
