"""Where a density jumps: a change point that is a parameter, a count that is rounded from one.

No gradient shows a jump, so that neither Newton's method nor the sampler knows of it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from triptych.engine.engine import Engine

PIECES = 48  # into which the range of one coordinate is divided
NARROW = 1e-9  # relative width below which a steep slope cannot be told from a jump
LEAST = 1e-3  # change of the log-density that is more than rounding error
SHARE = 0.2  # at a jump two neighbouring floating-point numbers differ by this share of a piece's change
MOST = 40  # coordinates looked along

Density = Callable[[np.ndarray], float]


def jumps(engine: Engine, density: Density, centre: np.ndarray, low: np.ndarray, high: np.ndarray) -> list[str]:
    """Return the free variables along whose coordinates a log-density jumps from one finite value to another.

    Parameters
    ----------
    engine
        The compiled model.
    density
        A log-density of the unconstrained coordinates.
    centre
        Where the other coordinates are held, shape ``(p,)``.
    low, high
        The range of each coordinate that is looked at, shape ``(p,)``.
    """
    found = []
    for block in engine.blocks:
        if any(_jumps_along(density, centre, j, low[j], high[j]) for j in range(block.start, min(block.stop, MOST))):
            found.append(block.variable.name)
    return found


def _jumps_along(density: Density, centre: np.ndarray, j: int, low: float, high: float) -> bool:
    def at(value: float) -> float:
        x = centre.copy()
        x[j] = value
        return density(x)

    if not high - low > NARROW * max(abs(low), abs(high)):
        return False
    places = np.linspace(low, high, PIECES + 1)
    changes = np.abs(np.diff([at(place) for place in places]))
    changes = np.where(np.isfinite(changes), changes, 0.0)
    k = int(np.argmax(changes))
    return bool(changes[k] > LEAST) and _is_jump(at, float(places[k]), float(places[k + 1]))


def _is_jump(at: Callable[[float], float], low: float, high: float) -> bool:
    """Halve a piece towards where most of its change is; at a jump that is left between two neighbouring numbers."""
    ends = [at(low), at(high)]
    whole = abs(ends[1] - ends[0])
    for _ in range(60):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        value = at(middle)
        if not np.isfinite(value):
            return False
        if abs(value - ends[0]) > abs(ends[1] - value):
            high, ends = middle, [ends[0], value]
        else:
            low, ends = middle, [value, ends[1]]
    return abs(ends[1] - ends[0]) > max(SHARE * whole, LEAST)
