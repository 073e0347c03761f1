"""Marks and charts as data; a Jinja template turns them into SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from triptych.reports.scales import Scale

SHAPES = {"mle": "circle", "map": "diamond", "mcmc": "square"}


@dataclass(frozen=True)
class Mark:
    """One SVG element; ``tip`` is shown when the pointer rests on it."""

    tag: str
    css: str
    attrs: dict[str, Any]
    text: str = ""
    tip: str = ""


@dataclass
class Chart:
    """A chart: marks between axes, with what a screen reader should say."""

    key: str
    title: str
    description: str
    width: float
    height: float
    x: Scale
    y: Scale | None = None  # drawn as an axis when given
    top: float = 8.0
    floor: float = 0.0
    x_label: str = ""
    y_label: str = ""
    caption: str = ""
    legend: list[tuple[str, str, str]] = field(default_factory=list)  # css, shape, label
    marks: list[Mark] = field(default_factory=list)

    def add(self, tag: str, css: str, text: str = "", tip: str = "", **attrs: Any) -> None:
        """Add a mark; numbers are rounded to a tenth of a pixel, underscores become hyphens."""
        clean = {
            name.rstrip("_").replace("_", "-"): round(value, 1) if isinstance(value, float) else value
            for name, value in attrs.items()
        }
        self.marks.append(Mark(tag, css, clean, text, tip))

    def line(self, css: str, x1: float, y1: float, x2: float, y2: float, tip: str = "") -> None:
        """Add a straight line."""
        self.add("line", css, "", tip, x1=x1, y1=y1, x2=x2, y2=y2)

    def curve(
        self,
        css: str,
        points: Sequence[tuple[float, float]],
        tip: str = "",
        *,
        base: float | None = None,
    ) -> None:
        """Add a curve through points, filled down to ``base`` if that is given."""
        if not points:
            return
        steps = [f"{x:.1f} {y:.1f}" for x, y in points]
        if base is not None:
            steps = [f"{points[0][0]:.1f} {base:.1f}", *steps, f"{points[-1][0]:.1f} {base:.1f}"]
        close = "Z" if base is not None else ""
        self.add("path", css, "", tip, d=f"M{'L'.join(steps)}{close}")

    def dot(self, css: str, shape: str, x: float, y: float, size: float = 4, tip: str = "") -> None:
        """Add a point: a circle, a diamond or a square."""
        if shape == "circle":
            self.add("circle", css, "", tip, cx=x, cy=y, r=size)
            return
        reach = size * (1.25 if shape == "diamond" else 0.9)
        corners = {
            "diamond": ((0, -reach), (reach, 0), (0, reach), (-reach, 0)),
            "square": ((-reach, -reach), (reach, -reach), (reach, reach), (-reach, reach)),
        }[shape]
        path = "L".join(f"{x + dx:.1f} {y + dy:.1f}" for dx, dy in corners)
        self.add("path", css, "", tip, d=f"M{path}Z")

    def label(self, css: str, x: float, y: float, text: str, anchor: str = "start") -> None:
        """Add text."""
        self.add("text", css, text, "", x=x, y=y, text_anchor=anchor)
