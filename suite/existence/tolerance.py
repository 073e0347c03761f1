"""When two values of one objective differ by more than its rounding error: the figures that every probe goes by."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_SAME = 1e-10  # of two values, where the rounding error that was measured may be none by chance
LEFT_BY_ASCENT = 1e-9  # relative: what an ascent of the rest may leave undone
LEAST_FALL = 1e-6  # over a long way, or after a change of coordinates
LEAST_RISE = 1e-6  # relative, from which the search starts again
# MEASURED is pinned by test_a_fall_is_one_of_eight_rounding_errors.
MEASURED = 8.0  # times the rounding error that was measured: the largest of a few samples, which may miss it
CLEARLY_HIGHER = 1e3  # times the rounding error that a rise must have before the search starts again from there
# ABOVE_ROUNDING is pinned by test_a_rise_of_twenty_rounding_errors_is_none_of_them.
ABOVE_ROUNDING = 20.0  # times the rounding error, measured at several places on a way, that a rise met there must have


@dataclass(frozen=True)
class Tolerance:
    """The figures for one objective.

    Attributes
    ----------
    rounding
        Its rounding error at the best point.
    size
        One and its absolute value there, to which relative figures refer.
    """

    rounding: float
    size: float

    @property
    def same(self) -> float:
        """Difference of two values, each computed where it was asked for, that is rounding."""
        return max(MEASURED * self.rounding, LEAST_SAME)

    @property
    def reached(self) -> float:
        """Difference of two values, one of them the end of an ascent of the rest, that may be what the ascent left."""
        return max(MEASURED * self.rounding, LEFT_BY_ASCENT * self.size)

    @property
    def level(self) -> float:
        """Fall over a long way, or after a change of coordinates, that is none."""
        return max(MEASURED * self.rounding, LEAST_FALL)

    @property
    def higher(self) -> float:
        """Rise from which a point is a better one, and the ascents go on from there."""
        return max(CLEARLY_HIGHER * self.rounding, LEAST_RISE * self.size)
