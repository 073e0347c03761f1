"""A scenario's own figures: the panels keep their colours, lines are labelled at their ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from triptych.base.numbers import significant
from triptych.reports.marks import SHAPES, Chart
from triptych.reports.scales import Scale, spread

if TYPE_CHECKING:
    from triptych.problem.scenario import Figure, Series

LARGE = (520.0, 320.0)
# How the label of a series begins that belongs to a panel and does not say so; all else is context: greys and one hue.
PANELS = {"mle": r"(MLE|maximum likelihood|likelihood)\b", "map": r"MAP\b", "mcmc": r"posterior\b"}
MOST_LABELS, LONGEST = 12, 26  # lines, and characters of a label, that are written at the lines' ends
ACCENT, PLAIN = "n1", "n2"  # classes of context: its hue, and a light grey
LEADER = 18.0  # pixels from the left end of a line to its label
CHARACTER, APART = 6.6, 14.0  # pixels: width of a character, and between two labels


def special(figure: Figure, key: str) -> Chart:
    """Draw a scenario's own figure.

    Parameters
    ----------
    figure
        Title, caption, labels and series as the scenario gives them.
    key
        A prefix that makes identifiers unique on the page.
    """
    bars = {id(s): _histogram(s) for s in figure.series if s.kind == "histogram"}
    xs, ys = [], []
    for series in figure.series:
        if id(series) in bars:
            heights, edges = bars[id(series)]
            xs += edges.tolist()
            ys += [0.0, *heights.tolist()]
        else:
            xs += list(map(float, series.x))
            ys += list(map(float, series.y)) if series.kind != "vline" else []
    width, height = LARGE
    y = Scale(*spread(ys, log=figure.y_log), height - 40, 12.0, log=figure.y_log)
    left = 38 + 9.0 * max((len(label) for _, label in y.ticks), default=3)
    ends = _lines(figure)
    before = _before(ends)
    room = CHARACTER * max((len(series.label) for series in ends), default=0)
    stop = width - 12 - (0.0 if before else room)
    low, high = spread(xs, 0.02, log=figure.x_log)
    first = low
    if before:
        low = _further(low, high, (room + LEADER) / (stop - left), log=figure.x_log)
    x = Scale(low, high, left, stop, log=figure.x_log, first=first)
    labels = (figure.x_label, figure.y_label, figure.caption)
    shape = (width, height, x, y, y.stop, y.start)
    chart = Chart(key, figure.title, figure.caption, *shape, *labels)
    colours = _colours(figure.series)
    for series, colour in zip(figure.series, colours, strict=True):
        _series(chart, series, colour, bars.get(id(series)), legend=series not in ends)
    by_series = dict(zip(map(id, figure.series), colours, strict=True))
    if before:
        _labels_before(chart, ends, by_series)
    else:
        _labels_behind(chart, ends, by_series)
    return chart


def _colours(series: Sequence[Series]) -> list[str]:
    """Return the class of each series: the colour of the panel that it belongs to, else one of context.

    A second line of one panel is dashed.
    """
    found: list[str] = []
    others = 0
    accents = any(one.accent for one in series)
    for one in series:
        if method := _panel(one):
            again = one.kind == "line" and any(s.kind == "line" and _panel(s) == method for s in series[: len(found)])
            found.append(f"{method} dashed" if again else method)
        elif accents and one.kind == "line":
            found.append(ACCENT if one.accent else PLAIN)
        else:
            found.append(f"n{others % 4}{' dashed' if others % 8 >= 4 else ''}")
            others += 1
    return found


def _panel(series: Series) -> str:
    """Return the method that a series belongs to; empty for context."""
    told = (method for method, word in PANELS.items() if re.match(word, series.label, re.IGNORECASE))
    return series.panel or next(told, "")


def _lines(figure: Figure) -> list[Series]:
    """Return the series that are labelled at an end: all lines, where they are several and not too many."""
    lines = [s for s in figure.series if s.kind == "line" and s.label and len(s.x)]
    short = all(len(s.label) <= LONGEST for s in lines)
    return lines if 1 < len(lines) <= MOST_LABELS and short else []


def _end(series: Series, left: bool) -> float:
    """Return the height of a line at its left or right end."""
    at = np.argmin(series.x) if left else np.argmax(series.x)
    return float(series.y[int(at)])


def _before(lines: Sequence[Series]) -> bool:
    """Whether lines lie further apart at their left ends than at the right ones."""
    return bool(lines) and float(np.ptp([_end(s, True) for s in lines])) > float(
        np.ptp([_end(s, False) for s in lines])
    )


def _further(low: float, high: float, share: float, *, log: bool) -> float:
    """Return a lower end that leaves a share of the axis free below ``low``."""
    if log:
        return float(np.exp(_further(np.log(low), np.log(high), share, log=False)))
    return low - (high - low) * share / (1 - share)


def _labels_behind(chart: Chart, lines: Sequence[Series], colours: dict[int, str]) -> None:
    """Write each line's label beside its right end."""
    for place, _, series in _heights(chart, lines, before=False):
        chart.add("text", f"{colours[id(series)].split()[0]} end", series.label, x=chart.x.stop + 6, y=place + 4)


def _labels_before(chart: Chart, lines: Sequence[Series], colours: dict[int, str]) -> None:
    """Write each line's label before its left end, with a stroke to the line."""
    for place, height, series in _heights(chart, lines, before=True):
        colour, x = colours[id(series)].split()[0], chart.x(float(np.min(series.x)))
        chart.line(f"{colour} leader", x - LEADER + 2, place, x - 4, height)
        chart.label(f"{colour} end", x - LEADER, place + 4, series.label, anchor="end")


def _heights(chart: Chart, lines: Sequence[Series], *, before: bool) -> list[tuple[float, float, Series]]:
    """Return where each line's label stands, apart from the others, and where its end lies: pixels from the top."""
    assert chart.y is not None
    y = chart.y
    wanted = sorted(((y(float(np.clip(_end(s, before), y.low, y.high))), k) for k, s in enumerate(lines)))
    places = _apart([height for height, _ in wanted], chart.floor)
    # Labels that had to move down for those above them move up by half of it, as far as the axis reaches.
    up = float(np.mean([place - height for place, (height, _) in zip(places, wanted, strict=True)])) if places else 0.0
    up = max(0.0, min(up, places[0] - chart.top)) if before and places else 0.0
    return [(place - up, height, lines[k]) for place, (height, k) in zip(places, wanted, strict=True)]


def _apart(wanted: Sequence[float], lowest: float) -> list[float]:
    """Return places, in the same order, that are at least one line of text apart and not below the axis."""
    places = list(wanted)
    for k in range(1, len(places)):
        places[k] = max(places[k], places[k - 1] + APART)
    limit = lowest
    for k in reversed(range(len(places))):
        places[k] = min(places[k], limit)
        limit = places[k] - APART
    return places


def _histogram(series: Series) -> tuple[np.ndarray, np.ndarray]:
    sample = np.asarray(series.x, dtype=float)
    bins = max(10, min(60, round(2 * len(sample) ** (1 / 3))))
    return np.histogram(sample[np.isfinite(sample)], bins=bins, density=True)


def _series(
    chart: Chart, series: Series, css: str, bars: tuple[np.ndarray, np.ndarray] | None, *, legend: bool
) -> None:
    x, y = chart.x, chart.y
    assert y is not None
    floor = y(max(0.0, y.low)) if not y.log else y(y.low)
    shape = "line"
    if bars is not None:
        shape = "area"
        for bar, start, stop in zip(bars[0], bars[1][:-1], bars[1][1:], strict=True):
            box = [(x(start), y(bar)), (x(stop), y(bar))]
            chart.curve(f"{css} area", box, f"{series.label}: {significant(bar)}", base=floor)
    elif series.kind == "vline":
        for value in series.x:
            if x.holds(value):
                tip = f"{series.label} {significant(value)}"
                chart.line(f"{css} rule", x(value), y.stop, x(value), y.start, tip)
    else:
        points = [
            (x(float(a)), y(float(b)))
            for a, b in zip(series.x, series.y, strict=True)
            if x.holds(float(a)) and y.holds(float(b))
        ]
        if series.kind == "points":
            shape = SHAPES.get(css, "circle")  # the points of a panel have its shape
            for px, py in points:
                chart.dot(f"{css} point", shape, px, py, 3.6 if shape == "diamond" else 3.0, series.label)
        else:
            chart.curve(f"{css} line", points, series.label)
    if series.label and legend:
        chart.legend.append((css, shape, series.label))
