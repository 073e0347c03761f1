"""How fast an objective rises as a share of a whole goes to zero, where it does so without limit."""

from __future__ import annotations

import numpy as np

from triptych.existence.findings import LEAST_SLOPE, before_rounding
from triptych.existence.verdict import Verdict
from triptych.graph.graph import Block


def vanishing_share(verdict: Verdict, block: Block) -> tuple[int, float] | None:
    """Return the share of a variable that vanishes fastest on the path without limit, and the rise by it alone.

    The rise is per unit of the share's own logarithm, the others in proportion: coordinates of shares that add up to
    one move all of them, and each share by another rate. None where no share makes the objective rise.
    """
    assert verdict.unbounded is not None
    objective, name = verdict.objective, block.variable.name
    engine, path = objective.engine, before_rounding(verdict.objective, verdict.unbounded)
    points = np.array([objective.full(x) for x in path.points])
    shares = engine.natural_values_many(points)[name].reshape(len(points), -1)
    # Farther out shares are zero to all digits.
    reached = int(np.sum(np.cumprod(np.all(shares > np.finfo(float).tiny, axis=1)))) - 1
    if reached < 1:
        return None
    before, last, shares = shares[0], points[reached], shares[reached]
    k = int(np.argmin(np.log(shares) - np.log(before)))
    parts = block.variable.shape[-1]
    same = np.arange(shares.size) // parts == k // parts
    change = np.where(same, -shares[k], 0.0) + (np.arange(shares.size) == k)
    slopes = engine.natural_jacobian(last)[name].reshape(shares.size, -1)[:, block.slice] / shares[:, None]
    way = np.zeros(engine.size)
    way[block.slice] = np.linalg.lstsq(slopes, change, rcond=None)[0]
    rise = -float(objective.derivatives(path.points[reached])[1] @ way[objective.active])
    return (k, rise) if rise > LEAST_SLOPE else None
