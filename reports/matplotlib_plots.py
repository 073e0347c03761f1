"""Plots of a comparison for notebooks and papers, on matplotlib's axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.comparisons.explanation.measured import measure
from triptych.problem.table import METHODS, SHORT

if TYPE_CHECKING:
    from triptych.comparisons.comparison import Comparison

# Blue, orange and green belong to the MLE, the MAP and the posterior in every figure.
COLOURS = {"mle": "#0b66b0", "map": "#b0520a", "mcmc": "#0a7d5f"}
MARKERS = {"mle": "o", "map": "D", "mcmc": "s"}
APART = 0.22  # of a row, between the panels


def forest(comparison: Comparison, variant: str, var_names: list[str] | None = None, ax: Any = None) -> Any:
    """Draw estimates and intervals of the three panels, one row a scalar; hollow marks are not ``ok``."""
    import matplotlib.pyplot as plt

    rows = _rows(comparison, variant, var_names)
    names = list(dict.fromkeys(row.name for row in rows))
    if ax is None:
        _, ax = plt.subplots(figsize=(6.4, 0.8 + 0.34 * len(names)), layout="constrained")
    for k, method in enumerate(METHODS):
        mine = [row for row in rows if row.method == method]
        labelled = False
        for row in mine:
            at = names.index(row.name) + (k - 1) * APART
            if np.isfinite(row.lower) and np.isfinite(row.upper):
                ax.plot([row.lower, row.upper], [at, at], color=COLOURS[method], lw=1.6, solid_capstyle="round")
            if np.isfinite(row.estimate):
                face = COLOURS[method] if row.status == "ok" else "white"
                label = None if labelled else SHORT[method]
                style = {"marker": MARKERS[method], "ms": 5, "mfc": face, "color": COLOURS[method], "ls": "none"}
                ax.plot([row.estimate], [at], label=label, **style)
                labelled = True
    ax.axvline(0, color="0.7", lw=0.8, ls=":", zorder=0)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel(f"estimate and {100 * rows[0].ci_prob:g} % interval" if rows else "")
    ax.legend(frameon=False, ncols=3, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    return ax


def posterior(comparison: Comparison, variant: str, var_names: list[str] | None = None) -> Any:
    """Draw each scalar's posterior density by ArviZ's estimate, with MLE and MAP as lines; return the axes."""
    import arviz as az
    import matplotlib.pyplot as plt

    solution = comparison[variant]
    rows = _rows(comparison, variant, var_names)
    places = list(dict.fromkeys((row.estimand, row.label, row.name) for row in rows))
    columns = min(3, len(places))
    lines = -(-len(places) // columns)
    _, axes = plt.subplots(lines, columns, figsize=(3.2 * columns, 2.2 * lines), squeeze=False, layout="constrained")
    for ax, (estimand, label, name) in zip(axes.flat, places, strict=False):
        place = solution.variables[estimand].labels.index(label)
        draws = solution.draws(estimand)[:, place] if "mcmc" in solution.panels else np.zeros(0)
        draws = draws[np.isfinite(draws)]
        if draws.size and np.ptp(draws) > 0:
            grid, density, _ = az.kde(draws)
            ax.plot(grid, density, color=COLOURS["mcmc"])
            ax.fill_between(grid, density, color=COLOURS["mcmc"], alpha=0.15, lw=0)
        for method in ("mle", "map"):
            if method in solution.panels and np.isfinite(at := solution.row(method, estimand, label).estimate):
                ax.axvline(at, color=COLOURS[method], lw=1.5, ls="-" if method == "mle" else "--", label=SHORT[method])
        ax.set(title=name, yticks=[], xlabel="")
        ax.spines[["top", "left", "right"]].set_visible(False)
    for ax in axes.flat[len(places) :]:
        ax.set_visible(False)
    axes.flat[0].legend(frameon=False, fontsize="small")
    return axes


def why(comparison: Comparison, variant: str, var_names: list[str] | None = None, ax: Any = None) -> Any:
    """Draw, in posterior standard deviations, how far the MAP lies from the MLE and the posterior mean from the MAP."""
    import matplotlib.pyplot as plt

    scalars = [s for s in measure(comparison[variant]) if var_names is None or s.estimand in var_names]
    if ax is None:
        _, ax = plt.subplots(figsize=(6.4, 0.9 + 0.3 * len(scalars)), layout="constrained")
    at = np.arange(len(scalars))
    shift = np.array([s.shift for s in scalars])
    rest = np.array([s.beyond for s in scalars])
    ax.barh(at - 0.18, shift, height=0.34, color=COLOURS["map"], label="MAP - MLE")
    ax.barh(at + 0.18, rest, height=0.34, color=COLOURS["mcmc"], label="posterior mean - MAP")
    ax.axvline(0, color="0.4", lw=0.8)
    ax.set_yticks(at, [s.name for s in scalars])
    ax.set_ylim(len(scalars) - 0.5, -0.5)
    ax.set_xlabel("posterior standard deviations")
    ax.legend(frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    return ax


def _rows(comparison: Comparison, variant: str, var_names: list[str] | None) -> list[Any]:
    panels = comparison[variant].panels.values()
    return [row for p in panels for row in p.estimates if var_names is None or row.estimand in var_names]
