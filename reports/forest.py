"""The forest plot: for every scalar the three estimates with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np

from triptych.problem.table import METHODS, SHORT
from triptych.reports.marks import SHAPES, Chart
from triptych.reports.numbers import Style
from triptych.reports.scales import Scale, spread
from triptych.reports.view import Scalar, abridged, words

WIDTH, ROW, STEP, TOP, BOTTOM, RIGHT = 520.0, 36.0, 10.0, 8.0, 26.0, 14.0
MOST_ROWS = 40
MOST_LETTERS = 26  # of a name
# Beyond this ratio of interval widths a common scale would hide the narrow ones.
COMMON_SCALE = 25.0


def forests(scalars: Sequence[Scalar], key: str) -> list[Chart]:
    """Draw one forest plot for each estimand of which some panel has a number.

    Parameters
    ----------
    scalars
        The headline rows of one variant, grouped.
    key
        A prefix that makes identifiers unique on the page.
    """
    groups = [(name, list(group)) for name, group in groupby(scalars, key=lambda scalar: scalar.estimand)]
    return [
        _forest(name, group, f"{key}-{i}")
        for i, (name, group) in enumerate(groups)
        if any(_numbers(row) for scalar in group for row in scalar.rows.values())
    ]


def _numbers(row: dict[str, Any]) -> list[float]:
    values = (float(row[name]) for name in ("lower", "estimate", "upper"))
    return [value for value in values if math.isfinite(value)]


def _reference(scalar: Scalar) -> tuple[float, float] | None:
    """The estimate and standard error of the last panel that has them."""
    for method in reversed(METHODS):
        row = scalar.rows.get(method)
        if row and math.isfinite(row["estimate"]) and row["std_error"] > 0:
            return float(row["estimate"]), float(row["std_error"])
    return None


def _widths(scalars: list[Scalar]) -> list[float]:
    found = [_reference(scalar) for scalar in scalars]
    return [reference[1] for reference in found if reference and math.isfinite(reference[1])]


def _most_certain(scalars: list[Scalar]) -> list[Scalar]:
    """Keep the rows furthest from zero in standard errors, in their own order."""
    size = []
    for scalar in scalars:
        reference = _reference(scalar)
        size.append(abs(reference[0]) / reference[1] if reference else math.inf)
    kept = sorted(np.argsort(size)[::-1][:MOST_ROWS])
    return [scalars[i] for i in kept]


def _forest(estimand: str, scalars: list[Scalar], key: str) -> Chart:
    caption = []
    if len(scalars) > MOST_ROWS:
        caption.append(
            f"The {MOST_ROWS} of {len(scalars)} furthest from zero in standard errors; the table has them all."
        )
        scalars = _most_certain(scalars)
    widths = _widths(scalars)
    own = len(scalars) > 1 and bool(widths) and max(widths) > COMMON_SCALE * min(widths)
    if own:
        caption.append(
            "The scalars differ too much in size for one axis, so each row is drawn around its "
            "own posterior mean, in its own posterior standard deviations."
        )
    shown = [_rescaled(scalar) if own else scalar for scalar in scalars]
    low, high, cut = _range(shown)
    if cut:
        caption.append("An arrow marks an interval that goes on beyond the chart.")
    left = 16 + 7.6 * min(MOST_LETTERS, max(len(s.label or s.estimand) for s in scalars))
    # Words need more room than lines.
    worded = any(str(row["status"]) != "ok" for s in scalars for row in s.rows.values())
    step = STEP * (1.4 if worded else 1.0)
    band = ROW + 2.6 * (step - STEP)
    floor = TOP + band * len(scalars)
    height = floor + BOTTOM + (16 if own else 0)
    chart = Chart(
        key,
        f"Forest plot of {estimand}",
        f"Estimates and intervals of {estimand} by maximum likelihood, MAP mode and posterior; "
        "the numbers are in the table above.",
        WIDTH,
        height,
        Scale(low, high, left, WIDTH - RIGHT - _beside(scalars)),
        top=TOP,
        floor=floor,
        x_label="posterior sd from the posterior mean" if own else "",
        caption=" ".join(caption),
    )
    if not own and low < 0 < high:
        chart.line("zero", chart.x(0.0), TOP, chart.x(0.0), floor)
    for i, (scalar, original) in enumerate(zip(shown, scalars, strict=True)):
        _row(chart, scalar, original, TOP + band * (i + 0.5), band, step, banded=i % 2 == 0)
    return chart


def _beside(scalars: list[Scalar]) -> float:
    """Return the room right of the axis for the words of estimates that are drawn but not ok."""
    rows = [row for scalar in scalars for row in scalar.rows.values()]
    drawn = [words(row["status"]) for row in rows if str(row["status"]) != "ok" and math.isfinite(row["estimate"])]
    return 8.0 * max(map(len, drawn), default=0)


def _rescaled(scalar: Scalar) -> Scalar:
    centre, unit = _reference(scalar) or (0.0, 1.0)
    rows = {
        method: {
            **row,
            **{name: (row[name] - centre) / unit for name in ("lower", "estimate", "upper")},
        }
        for method, row in scalar.rows.items()
    }
    return Scalar(scalar.estimand, scalar.label, rows)


def _range(scalars: list[Scalar]) -> tuple[float, float, bool]:
    """Return the axis, cut where one panel's intervals would squeeze the others flat."""
    spans = []
    for method in METHODS:
        values = [v for s in scalars if (row := s.rows.get(method)) for v in _numbers(row)]
        if values:
            spans.append((min(values), max(values)))
    if not spans:
        return 0.0, 1.0, False
    low, high = min(s[0] for s in spans), max(s[1] for s in spans)
    # A span that is rounding of the others squeezes nothing.
    narrow = min(
        (s for s in spans if s[1] - s[0] > 1e-9 * (high - low)), key=lambda s: s[1] - s[0], default=(low, high)
    )
    room = narrow[1] - narrow[0]
    if room > 0 and high - low > 8 * room:
        cut_low, cut_high = max(low, narrow[0] - 2 * room), min(high, narrow[1] + 2 * room)
        return *spread((cut_low, cut_high), 0.02), True
    return *spread((low, high)), False


def _row(
    chart: Chart, scalar: Scalar, original: Scalar, middle: float, height: float, step: float, *, banded: bool
) -> None:
    left, right = chart.x.start, chart.x.stop
    if banded:
        band = {"x": 0.0, "y": middle - height / 2, "width": WIDTH, "height": height}
        chart.add("rect", "band", "", "", **band)
    name = scalar.label or scalar.estimand
    chart.add("text", "name", abridged(name, MOST_LETTERS), original.name, x=left - 12, y=middle + 4, text_anchor="end")
    present = [method for method in METHODS if method in scalar.rows]
    for i, method in enumerate(present):
        y = middle + step * (i - (len(present) - 1) / 2)
        _interval(chart, method, scalar.rows[method], original, y)
    chart.line("frame", left, middle + height / 2, right, middle + height / 2)


def _interval(chart: Chart, method: str, row: dict[str, Any], original: Scalar, y: float) -> None:
    status = str(row["status"])
    tip = _tip(method, original)
    if not math.isfinite(row["estimate"]):
        chart.label(f"{method} status", chart.x.start + 2, y + 3.5, words(status))
        return
    doubt = "" if status == "ok" else " doubt"
    ends = [float(row["lower"]), float(row["upper"])]
    if all(math.isfinite(end) for end in ends):
        _bar(chart, f"{method}{doubt}", ends, y, tip)
    if chart.x.holds(row["estimate"]):
        chart.dot(f"{method} point{doubt}", SHAPES[method], chart.x(row["estimate"]), y, 3.4, tip)
    if doubt:
        chart.label(f"{method} status", chart.x.stop + 8, y + 3.5, words(status))


def _bar(chart: Chart, css: str, ends: list[float], y: float, tip: str) -> None:
    low, high = (max(chart.x.low, min(chart.x.high, end)) for end in ends)
    if high > low:
        chart.line(f"{css} bar", chart.x(low), y, chart.x(high), y, tip)
    for end, kept, way in ((ends[0], low, 1), (ends[1], high, -1)):
        if end != kept:
            x = chart.x(kept)
            points = [(x + 5 * way, y - 3.5), (x, y), (x + 5 * way, y + 3.5)]
            chart.curve(f"{css} bar", points, tip)


def _tip(method: str, scalar: Scalar) -> str:
    row, write = scalar.rows[method], scalar.style
    text = f"{scalar.name}, {SHORT[method]}: {_said(row, write)}"
    return text if str(row["status"]) == "ok" else f"{text} ({words(row['status'])})"


def _said(row: dict[str, Any], write: Style) -> str:
    text = write(row["estimate"])
    if math.isfinite(row["lower"]) and math.isfinite(row["upper"]):
        text += f" [{write(row['lower'])}, {write(row['upper'])}]"
    return text
