"""The picture beside sliders: three estimates of each scalar with their intervals, and where they were before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.problem.table import METHODS

if TYPE_CHECKING:
    import pandas as pd

COLOURS = {"mle": "#0b62ad", "map": "#b04a00", "mcmc": "#0a7d5a"}  # as on the report's page
NAMES = {"mle": "MLE", "map": "MAP mode", "mcmc": "posterior mean"}
MOST = 12  # scalars that are drawn


def draw_bench(table: pd.DataFrame, before: pd.DataFrame | None = None) -> Any:
    """Return a figure with one row for each scalar and one line for each panel.

    Parameters
    ----------
    table
        What :meth:`triptych.comparisons.bench.Bench.solve` returned.
    before
        The same of the data as given: drawn as rings.

    Returns
    -------
    matplotlib.figure.Figure
        A scalar that has no estimate has its status in the estimate's place.
    """
    from matplotlib.figure import Figure

    scalars = list(dict.fromkeys(zip(table["estimand"], table["label"], strict=True)))[:MOST]
    figure = Figure(figsize=(8, 0.8 + 0.75 * len(scalars)), layout="constrained")
    axes = figure.subplots()
    for height, (estimand, label) in enumerate(scalars):
        for k, method in enumerate(METHODS):
            at = height + 0.25 * (k - 1)
            for rows, ring in ((before, True), (table, False)):
                row = None if rows is None else _row(rows, method, estimand, label)
                if row is None:
                    continue
                if not np.isfinite(row["estimate"]):
                    if not ring:
                        words = f"{NAMES[method]}: {row['status'].replace('_', ' ')}"
                        axes.text(
                            0.01, at, words, color=COLOURS[method], va="center", transform=axes.get_yaxis_transform()
                        )
                    continue
                face = "none" if ring else COLOURS[method]
                name = NAMES[method] if height == 0 and not ring else None
                axes.plot(row["estimate"], at, "o", color=COLOURS[method], markerfacecolor=face, label=name)
                ends = [row["lower"], row["upper"]]
                if not ring and np.all(np.isfinite(ends)):
                    axes.plot(ends, [at, at], color=COLOURS[method], lw=2)
    axes.set_yticks(range(len(scalars)), [f"{e}[{x}]" if x else e for e, x in scalars])
    axes.set_ylim(len(scalars) - 0.5, -0.5)
    axes.spines[["top", "right", "left"]].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=3, frameon=False)
    return figure


def _row(table: pd.DataFrame, method: str, estimand: str, label: str) -> Any:
    found = table[(table["method"] == method) & (table["estimand"] == estimand) & (table["label"] == label)]
    return found.iloc[0] if len(found) else None
