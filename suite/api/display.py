"""The display that a comparison is given: the report room, imported when something is shown and not before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Report:
    """The report's page and its fragment for notebooks, see :class:`triptych.comparisons.comparison.Display`."""

    def draw(self, comparison: Any) -> Any:
        """Return what the report shows of one comparison, with its figures drawn."""
        from triptych.reports.sections import scenario

        return scenario(comparison)

    def page(self, comparisons: Sequence[Any]) -> str:
        """Return the report on comparisons as one HTML page."""
        from triptych.reports.html import render

        return render(comparisons)

    def fragment(self, comparison: Any) -> str:
        """Return one comparison for a notebook, as HTML."""
        from triptych.reports.html import fragment

        return fragment(comparison)

    def plot(self, kind: str, comparison: Any, variant: str, **options: Any) -> Any:
        """Draw a comparison on matplotlib's axes: ``forest``, ``posterior`` or ``why``."""
        from triptych.reports import matplotlib_plots

        return getattr(matplotlib_plots, kind)(comparison, variant, **options)
