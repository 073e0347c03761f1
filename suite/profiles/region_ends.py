"""Ends of an interval beyond those that were found from the maximum: followed from points of the likelihood region.

Followed from the maximum alone an end may be missed: a function may stand still there, or turn, or a second mode may be
as good as the first.
"""

from __future__ import annotations

import numpy as np

from triptych.profiles.held_scalar import Scalar
from triptych.profiles.profile_side import End, Kind, ProfileSide
from triptych.profiles.region import Region

# NOT_BEYOND is pinned by eight_schools_marginal_cauchy (tenfold).
NOT_BEYOND = 1e-5  # share of the way to an end up to which a point beyond it counts as on it
TIMES = 4  # times that an end is followed further from a point beyond it
NOT_FOUND = End(np.nan, Kind.LOST)


def region_end(region: Region, scalar: Scalar, values: np.ndarray, found: End, sign: float) -> End:
    """Return the end of a scalar on one side; the one found if no point of the region is beyond it.

    Parameters
    ----------
    region
        Whose points to start from.
    scalar
        What is held.
    values
        The scalar at these points, the first one the maximum.
    found
        The end found from the maximum, on the scalar's own scale.
    sign
        1 for the upper side, -1 for the lower one.
    """
    signed = np.where(np.isfinite(values), sign * values, -np.inf)
    centre, top = float(signed[0]), int(np.argmax(signed))
    for _ in range(TIMES):
        least = centre if found.kind is Kind.LOST else sign * found.at
        room = NOT_BEYOND * abs(least - centre) if np.isfinite(least) else 0.0
        if not signed[top] > least + room:
            break
        further = _followed(region, scalar, top, sign)
        if further.kind in (Kind.LOST, Kind.EDGE):
            return NOT_FOUND  # that an ascent does not get across an edge says nothing of where the region ends
        if found.kind is not Kind.LOST and not sign * further.at > sign * found.at:
            break
        found = further
    if found.kind is Kind.LOST and not signed[top] > centre:
        return End(sign * centre, Kind.TURNED, 0.0)
    return found


def _followed(region: Region, scalar: Scalar, k: int, sign: float) -> End:
    side = ProfileSide(region.optimum.verdict, scalar, sign, float(np.sqrt(2 * region.fall)))
    return side.end_beyond(region.points[k])
