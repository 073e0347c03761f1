"""Ascents that went on to where the objective is nothing but rounding error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from triptych.existence.findings import Finding, Place
from triptych.existence.probe import Probe
from triptych.existence.verdict import COARSE, Verdict

# CLEARED is pinned by test_the_place_that_is_led_back_to_has_a_thousandth_of_that.
CLEARED = 1e-3  # of COARSE, up to which rounding error leaves enough digits for a curvature


class Rounded(Probe):
    """The last place on the way of an ascent at which the objective is still computed to enough digits."""

    name = "last place before rounding"

    def needed(self, verdict: Verdict) -> bool:
        """Where kinks hold, that they do is not told by the objective's height, and its rounding hides nothing."""
        at_kinks = verdict.corner is not None and verdict.point.arrived
        return verdict.rounding_error > COARSE and not at_kinks

    def look(self, verdict: Verdict) -> Sequence[Finding]:
        """Return along the way of the ascent, whose first step may have led there, to where the model starts."""
        objective, trail = verdict.objective, verdict.point.trail
        for x in (*trail[::-1], objective.origin[objective.active]):
            rounding_error = objective.rounding_error(x)
            if rounding_error <= CLEARED * COARSE:
                there = replace(objective.at(x), iterations=len(trail), trail=trail)
                return [Place(there, rounding_error=rounding_error)]
        return ()
