"""The least value of a function on a segment, be it smooth, kinked or without one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

GRID = 41  # points at which the function is looked at
NEXT_TO_END = 1e-3  # of the way from one point of it to the next, by which others lie beside the ends
FINER = 12  # times that the grid is refined around its least value
END_TIMES = 3  # refinements before a least value at an end of the segment is taken: a pole may be close by
POLE_FALL = 1e-6  # fall of the last refinement, relative to the range of the first grid, from which there is a pole


def places(low: float, high: float) -> np.ndarray:
    """Return places on a segment at which it is seen whether a function is monotone, ends included.

    One lies beside each end: a function that turns closer to an end than that is there at its value in all digits.
    """
    inner = np.linspace(low, high, GRID)
    beside = NEXT_TO_END * (inner[1] - inner[0])
    return np.concatenate([inner[:1], [low + beside], inner[1:-1], [high - beside], inner[-1:]])


def least(function: Callable[[np.ndarray], np.ndarray], low: float, high: float) -> float:
    """Return the least value on a segment.

    Parameters
    ----------
    function
        Takes an array of places, shape ``(m,)``, and returns its values there.
    low, high
        The ends of the segment.

    Returns
    -------
    float
        Minus infinity where the function has a pole, NaN where it is not defined.
    """
    centre, reach, found, spread = (low + high) / 2, (high - low) / 2, np.inf, np.inf
    for level in range(FINER):
        places = np.clip(centre + reach * np.linspace(-1, 1, GRID), low, high)
        values = function(places)
        if np.any(np.isnan(values)):
            return float("nan")
        at = int(np.argmin(values))
        before, found = found, float(values[at])
        spread = float(np.ptp(values[np.isfinite(values)])) if level == 0 else spread
        centre, reach = float(places[at]), 2 * reach / (GRID - 1)
        if centre in (low, high) and level >= END_TIMES:
            return found
    return found if before - found <= POLE_FALL * spread else -np.inf
