"""Intervals of what hangs on one coordinate: its range over that coordinate's own interval.

A parameter, its logarithm and its reciprocal have one set by construction, and a square or a sine has its range.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from triptych.estimates.curvature_intervals import ZERO_ROUNDING
from triptych.optimise.segment import least, places
from triptych.profiles.held_scalar import Scalar
from triptych.profiles.profile_side import End, Kind

OPEN_SIDE = (60.0, 1e6)  # how far an open side is followed, in units of a logarithm or in standard errors
AT_END = 1e-9  # relative distance up to which a least or largest value is that at an end of the interval


def interval_image(scalar: Scalar, ends: list[End]) -> tuple[list[End], float]:
    """Return the ends of the natural value from those of the coordinate, and the way it goes.

    Parameters
    ----------
    scalar
        A coordinate, with the natural value.
    ends
        Its lower and its upper end; neither is lost.

    Returns
    -------
    list of End
        The lower and the upper end of the natural value.
    float
        1 where it rises with the coordinate, -1 where it falls, 0 where it turns.
    """
    j = scalar.alone
    assert j is not None
    far = OPEN_SIDE[0] if np.isfinite(scalar.stride[j]) else OPEN_SIDE[1] * scalar.unit[j]
    far = scalar.period / 2 if scalar.period else far
    low, high = (e.at if np.isfinite(e.at) else scalar.centre + np.sign(e.at) * far for e in ends)
    values = np.array([scalar.natural(at) for at in places(low, high)])
    mapped = [replace(end, at=scalar.natural(end.at)) for end in ends]
    if np.all(values[1:] >= values[:-1]) or np.all(values[1:] <= values[:-1]):
        rises = mapped[0].at < mapped[1].at
        return (mapped, 1.0) if rises else (mapped[::-1], -1.0)

    def function(at: np.ndarray, sign: float) -> np.ndarray:
        return np.array([sign * scalar.natural(one) for one in at])

    limits = [sign * least(partial(function, sign=sign), low, high) for sign in (1.0, -1.0)]
    width = limits[1] - limits[0]
    return [_turned(limit, mapped, width) for limit in limits], 0.0


def _turned(limit: float, mapped: list[End], width: float) -> End:
    """Return the end at a limit of the natural value, which is at an end of the coordinate or inside its interval."""
    for end in mapped:
        if limit == end.at or abs(limit - end.at) <= AT_END * abs(end.at):
            return end
    if np.isnan(limit):
        return End(np.nan, Kind.LOST)
    if np.isinf(limit):
        return End(limit, Kind.OPEN)
    return End(0.0 if abs(limit) < ZERO_ROUNDING * width else limit, Kind.TURNED)
