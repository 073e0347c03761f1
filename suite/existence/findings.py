"""What a probe can find around the best point of an objective; each finding is a frozen record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np

from triptych.existence.null_space import structural_null
from triptych.optimise.kinks import Corner
from triptych.optimise.newton import Point
from triptych.optimise.objective import Objective

LEAST_SLOPE = 0.2  # least rise per unit of a logarithm on a path without limit; pinned by shift_on_a_datum (doubled)
# UNROUNDED is pinned by test_a_rate_is_measured_before_rounding_where_four_units_are_left.
UNROUNDED = 1e-2  # rounding error up to which the slope of a path can be seen
# OUTRUN is pinned by test_a_path_is_that_of_a_coordinate_that_goes_three_times_as_far.
OUTRUN = 3.0  # times the way of the coordinate that is pushed, from which another one is what goes away
# RATED is pinned by test_a_rate_is_measured_before_rounding_where_four_units_are_left.
RATED = 8.0  # units of a logarithm over which the slope of an endless path is measured


@dataclass(frozen=True, eq=False)
class Trace:
    """The objective along one coordinate that is pushed away, the rest re-optimised.

    ``steps`` are those of the coordinate; ``on_a_line`` says that they are logarithms of its distance from the start,
    with the sign of the direction.
    """

    position: int
    steps: np.ndarray
    values: np.ndarray
    points: np.ndarray
    on_a_line: bool = False


@dataclass(frozen=True, eq=False)
class Finding:
    """What a probe found.

    Attributes
    ----------
    by
        Name of the probe, which the search writes.
    """

    what: ClassVar[str] = ""  # in a few words
    by: str = field(default="", kw_only=True)

    def mapped(self, matrix: np.ndarray, offset: np.ndarray) -> Self | None:
        """Return the same for the coordinates ``matrix @ z + offset``; None of what is of use to the search alone."""
        return None


@dataclass(frozen=True, eq=False)
class Higher(Finding):
    """Coordinates at which the objective is higher: the ascents go on from there, and all probes look again."""

    what = "a higher point"
    z: np.ndarray


@dataclass(frozen=True, eq=False)
class Rise(Finding):
    """A path along which the objective rises without limit."""

    what = "a rise without limit"
    path: Trace

    def mapped(self, matrix: np.ndarray, offset: np.ndarray) -> Rise:
        """Return the path in the other coordinates."""
        position = int(np.argmax(np.abs(matrix[:, self.path.position])))
        return replace(self, path=replace(self.path, position=position, points=self.path.points @ matrix.T + offset))


@dataclass(frozen=True, eq=False)
class Place(Finding):
    """A place near the best point that stands for the maximum instead; with the kinks that hold there, if any do.

    ``rounding_error`` is given where it is not that of the best point.
    """

    what = "a better place"
    point: Point
    corner: Corner | None = None
    rounding_error: float | None = None


@dataclass(frozen=True, eq=False)
class LevelPath(Finding):
    """A coordinate on a logarithmic scale that can be pushed away at no cost, and the direction in which it goes."""

    what = "a coordinate pushed away at no cost"
    position: int
    direction: np.ndarray

    def mapped(self, matrix: np.ndarray, offset: np.ndarray) -> LevelPath:
        """Return the coordinate and the direction among the other coordinates."""
        position = int(np.argmax(np.abs(matrix[:, self.position])))
        return replace(self, position=position, direction=matrix @ self.direction)


@dataclass(frozen=True, eq=False)
class Directions(Finding):
    """Directions, as rows, in which the maximum is not a regular one."""

    directions: np.ndarray

    def mapped(self, matrix: np.ndarray, offset: np.ndarray) -> Self:
        """Return the directions among the other coordinates."""
        return replace(self, directions=self.directions @ matrix.T)


class Rays(Directions):
    """Directions, as rows, along which the objective stays at its supremum, which no finite value attains."""

    what = "a supremum at infinity or on an edge of the support"


class Unidentified(Directions):
    """Directions, as rows, along which the objective does not change."""

    what = "level directions"


class Edge(Directions):
    """Directions, as rows, in which the domain ends at once, while the objective rises up to there."""

    what = "an edge of the domain"


def without_limit(objective: Objective, path: Trace) -> list[Finding]:
    """Return the findings where the objective rises along a path without limit.

    Far out rounding hides along what it is level, so that is seen near where the model starts.
    """
    return [Rise(_of_the_fastest(objective, path)), *directions(Unidentified, structural_null(objective))]


def _of_the_fastest(objective: Objective, path: Trace) -> Trace:
    """Return a path as that of the coordinate that goes away, where that is not the one that was pushed.

    The rest has no best place where another scale vanishes in it: then that goes as far as each ascent has steps.
    """
    moved = path.points[-1] - path.points[0]
    # What comes back from far out, as a share of nearly zero, goes along as far as it has room, and does not go away.
    outwards = moved * (path.points[-1] - objective.origin[objective.active]) > 0
    way = np.where(objective.logarithmic & outwards, np.abs(moved), 0.0)
    fastest = int(np.argmax(way))
    if way[fastest] <= OUTRUN * way[path.position]:
        return path
    return replace(path, position=fastest, steps=path.points[:, fastest])


def before_rounding(objective: Objective, path: Trace) -> Trace:
    """Return a path up to where the objective is rounding, if a rate can be measured on that part; else all of it.

    On a datum, where a residual is exactly zero, values are exact also where a small change of place makes them coarse.
    """
    coarse = np.flatnonzero([objective.rounding_error(x) >= UNROUNDED for x in path.points])
    end = int(coarse[0]) if coarse.size else len(path.points)
    if not end or abs(path.steps[end - 1] - path.steps[0]) < RATED / 2:
        return path
    return replace(path, steps=path.steps[:end], values=path.values[:end], points=path.points[:end])


def directions(kind: type[Directions], rows: np.ndarray) -> list[Finding]:
    """Return one finding of some directions; nothing where there are none."""
    return [kind(rows)] if len(rows) else []
