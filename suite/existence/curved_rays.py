"""Bent ways to a supremum, seen from their far end: there the objective is level, and on the way back it falls.

Of ``a + b x^c`` as ``c`` goes to zero, ``b c`` and ``a + b`` stay: the ascent stops where all that is left to gain is
rounding, with ``a`` and ``b`` in the millions, and only their sum matters. Led back, the rest at its best each time,
the objective falls by a constant factor more at each step. Along a redundancy it does not fall.
"""

from __future__ import annotations

import numpy as np

from triptych.existence.coordinate_paths import SHRINKS, going_on, pushed_path
from triptych.existence.findings import LEAST_SLOPE
from triptych.existence.verdict import Verdict

# CAME is pinned by test_a_bent_way_is_led_back_from_six_units_and_seen_by_six_falls.
CAME = 6.0  # way of a transformed coordinate from the start, in its own units, from which it is led back
BACK_STEPS = 12  # units that it is led back
# LEAST_STEPS is pinned by test_a_bent_way_is_led_back_from_six_units_and_seen_by_six_falls.
LEAST_STEPS = 6  # steps whose falls have to grow by a constant factor


def curved_rays(verdict: Verdict) -> list[np.ndarray]:
    """Return the directions of bent ways that lead to the best point, in the coordinates that go on."""
    objective, point = verdict.objective, verdict.point
    found = []
    for j in np.flatnonzero(objective.transformed):
        back = float(objective.origin[objective.active][j] - point.z[j])
        if abs(back) < CAME:
            continue
        trace = pushed_path(objective, point, int(j), float(np.sign(back)), steps=BACK_STEPS, patient=True)
        falls = -np.diff(trace.values)
        seen = falls > verdict.tolerance.level
        first = int(np.argmax(seen)) if np.any(seen) else falls.size
        told = falls[first : first + LEAST_STEPS]
        fades = told.size == LEAST_STEPS and np.all(seen[first:]) and np.all(told[:-1] < SHRINKS * told[1:])
        if fades and told[0] < LEAST_SLOPE:
            found.append(going_on(trace.points[first + LEAST_STEPS :: -1], int(j), np.zeros(point.z.size)))
    return found
