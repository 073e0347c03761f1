"""Do the data look like what the model predicts? Their distribution over that of predictive draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.reports.marks import Chart
from triptych.reports.scales import Scale, spread

WIDTH, HEIGHT = 340.0, 214.0
MOST = 3  # observed variables drawn
MOST_DRAWS = 200
GRID = 161
BAND = (0.025, 0.5, 0.975)
KINDS = (("prior_predictive", "grey", "prior predictive"), ("posterior_predictive", "mcmc", "posterior predictive"))


def checks(native: Any, key: str) -> list[Chart]:
    """Draw, for each observed variable, the empirical distribution of data and of predictive draws.

    Parameters
    ----------
    native
        The DataTree of the posterior, with the groups ``observed_data`` and, where they exist,
        ``posterior_predictive`` and ``prior_predictive``.
    key
        A prefix that makes identifiers unique on the page.
    """
    groups = getattr(native, "children", {})
    if "observed_data" not in groups or "posterior_predictive" not in groups:
        return []
    names = [n for n in native["observed_data"].data_vars if n in native["posterior_predictive"].data_vars]
    return [_check(native, name, f"{key}-{i}") for i, name in enumerate(names[:MOST])]


def _check(native: Any, name: str, key: str) -> Chart:
    observed = np.sort(np.ravel(native["observed_data"][name].values).astype(float))
    drawn = {kind: _replicates(native, kind, name) for kind, *_ in KINDS if kind in native.children}
    # The prior's draws may lie anywhere: the axis belongs to the data and to what the posterior predicts.
    wanted = np.quantile(drawn["posterior_predictive"], (0.005, 0.995))
    low, high = spread([observed[0], observed[-1], *map(float, wanted)], 0.03)
    x, y = Scale(low, high, 44.0, WIDTH - 12), Scale(0.0, 1.0, HEIGHT - 38, 8.0)
    chart = Chart(key, f"Predictive check of {name}", "", WIDTH, HEIGHT, x, y, y.stop, y.start, name, "share below")
    grid = np.linspace(low, high, GRID)
    for kind, css, said in KINDS:
        if kind in drawn:
            lower, middle, upper = np.quantile([_shares(row, grid) for row in drawn[kind]], BAND, axis=0)
            edge = [*zip(grid, upper, strict=True), *zip(grid[::-1], lower[::-1], strict=True)]
            chart.curve(f"{css} area", [(x(a), y(b)) for a, b in edge], f"{said}, 95 % of draws", base=y(0.0))
            chart.curve(f"{css} line", [(x(a), y(b)) for a, b in zip(grid, middle, strict=True)], said)
            chart.legend.append((css, "area", f"{said}, 95 % of draws"))
    chart.curve("ink line", [(x(a), y(b)) for a, b in zip(grid, _shares(observed, grid), strict=True)], "data")
    chart.legend.append(("ink", "line", "data"))
    chart.description = f"Empirical distribution of {name} over the range of those of {', '.join(drawn)} draws."
    return chart


def _replicates(native: Any, kind: str, name: str) -> np.ndarray:
    """Return predicted data sets, one a row, each sorted."""
    values = native[kind][name].transpose("chain", "draw", ...).values
    rows = values.reshape(values.shape[0] * values.shape[1], -1).astype(float)
    return np.sort(rows[:: -(-len(rows) // MOST_DRAWS)], axis=1)


def _shares(ordered: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return the share of sorted values at or below each point."""
    return np.searchsorted(ordered, grid, side="right") / ordered.size
