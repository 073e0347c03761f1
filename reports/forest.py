"""The bars beside the numbers of the table: for every scalar the three estimates with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from triptych.problem.table import METHODS
from triptych.reports.scales import Scale, spread
from triptych.reports.view import Scalar

# Places are shares of the axis in per cent, so that a bar grows and shrinks with its column and words stay as they are.
START, STOP = 0.0, 100.0
# Beyond this ratio of interval widths a common scale would hide the narrow ones.
COMMON_SCALE = 25.0
# How many times as long as the intervals of one panel those of the others may be before the axis is cut.
SQUEEZED = 8.0
OWN_SCALES = (
    "These scalars differ too much in size for one axis: each row is drawn around its own posterior mean, in its own "
    "posterior standard deviations."
)
CUT = "An arrow marks an interval that goes on beyond the axis."


@dataclass(frozen=True)
class Bar:
    """One panel's estimate and interval; ``low`` and ``high`` are equal where nothing of it is drawn."""

    method: str
    doubt: bool
    y: float
    low: float = math.nan
    high: float = math.nan
    below: bool = False
    above: bool = False
    point: float = math.nan

    @property
    def drawn(self) -> bool:
        """Whether some of its interval lies on the axis."""
        return self.high > self.low

    @property
    def pointed(self) -> bool:
        """Whether its estimate lies on the axis."""
        return math.isfinite(self.point)


@dataclass(frozen=True)
class Line:
    """One scalar: where zero is, if it is on the axis, and a bar for each panel."""

    zero: float
    bars: list[Bar]

    @property
    def zeroed(self) -> bool:
        """Whether zero lies on the axis."""
        return math.isfinite(self.zero)


@dataclass(frozen=True)
class Block:
    """The scalars of one estimand on their common axis."""

    estimand: str
    ticks: list[tuple[float, str]]
    lines: list[Line]
    note: str


def forests(scalars: Sequence[Scalar], *, common: bool = False) -> list[Block]:
    """Return one block for each estimand, in the order of the rows.

    Parameters
    ----------
    scalars
        The headline rows of one variant, grouped.
    common
        Whether the scalars of an estimand have one axis even where they differ much in size.
    """
    groups = groupby(scalars, key=lambda scalar: scalar.estimand)
    return [_block(name, list(group), common=common) for name, group in groups]


def _numbers(row: dict[str, Any]) -> list[float]:
    values = (float(row[name]) for name in ("lower", "estimate", "upper"))
    return [value for value in values if math.isfinite(value)]


def _reference(scalar: Scalar) -> tuple[float, float] | None:
    """The estimate and standard error of the last panel that has them."""
    for method in reversed(METHODS):
        row = scalar.rows.get(method)
        if row and math.isfinite(row["estimate"]) and 0 < row["std_error"] < math.inf:
            return float(row["estimate"]), float(row["std_error"])
    return None


def differ(scalars: Sequence[Scalar]) -> bool:
    """Whether scalars differ so much in size that a common axis would hide some of them."""
    widths = [reference[1] for scalar in scalars if (reference := _reference(scalar))]
    return bool(widths) and max(widths) > COMMON_SCALE * min(widths)


def _block(estimand: str, scalars: list[Scalar], *, common: bool) -> Block:
    own = not common and differ(scalars)
    pairs = [_rescaled(scalar) if own else (scalar, 0.0) for scalar in scalars]
    spans = _spans([scalar for scalar, _ in pairs])
    if not spans:
        return Block(estimand, [], [_line(scalar, math.nan, None) for scalar, _ in pairs], "")
    low, high, cut = _range(spans)
    axis = Scale(low, high, START, STOP)
    note = " ".join(said for said, holds in ((OWN_SCALES, own), (CUT, cut)) if holds)
    return Block(estimand, axis.ticks, [_line(scalar, zero, axis) for scalar, zero in pairs], note)


def _rescaled(scalar: Scalar) -> tuple[Scalar, float]:
    """Return a scalar in its own standard deviations, and where its zero then is."""
    centre, unit = _reference(scalar) or (0.0, 1.0)
    ends = ("lower", "estimate", "upper")
    rows = {m: row | {name: (row[name] - centre) / unit for name in ends} for m, row in scalar.rows.items()}
    return Scalar(scalar.estimand, scalar.label, rows), -centre / unit


def _spans(scalars: list[Scalar]) -> list[tuple[float, float]]:
    """Return what each panel's numbers cover."""
    found = []
    for method in METHODS:
        values = [v for s in scalars if (row := s.rows.get(method)) for v in _numbers(row)]
        if values:
            found.append((min(values), max(values)))
    return found


def _range(spans: list[tuple[float, float]]) -> tuple[float, float, bool]:
    """Return the axis, cut where one panel's intervals would squeeze the others flat."""
    low, high = min(s[0] for s in spans), max(s[1] for s in spans)
    # A span that is rounding of the others squeezes nothing.
    narrow = min(
        (s for s in spans if s[1] - s[0] > 1e-9 * (high - low)), key=lambda s: s[1] - s[0], default=(low, high)
    )
    room = narrow[1] - narrow[0]
    if room > 0 and high - low > SQUEEZED * room:
        cut_low, cut_high = max(low, narrow[0] - 2 * room), min(high, narrow[1] + 2 * room)
        return *spread((cut_low, cut_high), 0.02), True
    return *spread((low, high)), False


def _line(scalar: Scalar, zero: float, axis: Scale | None) -> Line:
    present = [method for method in METHODS if method in scalar.rows]
    bars = [_bar(m, scalar.rows[m], 100 * (i + 0.5) / len(present), axis) for i, m in enumerate(present)]
    return Line(axis(zero) if axis is not None and axis.holds(zero) else math.nan, bars)


def _bar(method: str, row: dict[str, Any], y: float, axis: Scale | None) -> Bar:
    doubt = str(row["status"]) != "ok"
    at, lower, upper = (float(row[name]) for name in ("estimate", "lower", "upper"))
    if axis is None or not math.isfinite(at):
        return Bar(method, doubt, y)
    point = axis(at) if axis.holds(at) else math.nan
    if math.isnan(lower) or math.isnan(upper):
        return Bar(method, doubt, y, point=point)
    low, high = (max(axis.low, min(axis.high, end)) for end in (lower, upper))
    return Bar(method, doubt, y, axis(low), axis(high), lower < low, upper > high, point)
