"""Do the chains agree? Rank plots of the scalars that mix worst, computed by ArviZ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from triptych.reports.marks import Chart
from triptych.reports.scales import Scale

MOST = 4
WIDTH, HEIGHT = 340.0, 190.0
# Two-sided 99 % point of the normal distribution.
BAND = 2.5758293035489004


def by_chain(native: Any, estimands: Sequence[str]) -> dict[str, np.ndarray]:
    """Return chain x draw arrays of every scalar of the estimands found in the posterior.

    Parameters
    ----------
    native
        The DataTree of the posterior.
    estimands
        Names of variables.
    """
    found: dict[str, np.ndarray] = {}
    if native is None or "posterior" not in getattr(native, "children", {}):
        return found
    posterior = native["posterior"]
    for name in estimands:
        if name not in posterior.data_vars:
            continue
        variable = posterior[name].transpose("chain", "draw", ...)
        flat = variable.values.reshape(*variable.shape[:2], -1)
        axes = [list(map(str, posterior[dim].values)) for dim in variable.dims[2:]]
        for i, place in enumerate(np.ndindex(variable.shape[2:])):
            label = ", ".join(axis[j] for axis, j in zip(axes, place, strict=True))
            found[f"{name}[{label}]" if label else name] = flat[..., i]
    return found


def ranks(native: Any, estimands: Sequence[str], key: str) -> list[Chart]:
    """Draw, for the scalars with the largest R-hat, how far each chain's ranks are from uniform.

    Parameters
    ----------
    native
        The DataTree of the posterior.
    estimands
        Names of variables.
    key
        A prefix that makes identifiers unique on the page.
    """
    from arviz_stats.base import array_stats

    samples = {n: a for n, a in by_chain(native, estimands).items() if np.isfinite(a).all()}
    if not samples or min(next(iter(samples.values())).shape) < 2:
        return []
    stacked = np.stack(list(samples.values()), axis=-1)
    rhat = np.nan_to_num(array_stats.rhat(stacked, chain_axis=0, draw_axis=1), nan=np.inf)
    names = list(samples)
    worst = np.argsort(-rhat, kind="stable")[:MOST]
    return [_rank(names[i], samples[names[i]], float(rhat[i]), f"{key}-{place}") for place, i in enumerate(worst)]


def _rank(name: str, draws: np.ndarray, rhat: float, key: str) -> Chart:
    from arviz_stats.base import array_stats

    chains = draws.shape[0]
    ess = float(array_stats.ess(draws, chain_axis=0, draw_axis=1, method="bulk"))
    at = np.linspace(0, 1, 81)
    place = array_stats.compute_ranks(draws, axis=None, relative=True)
    gaps = [np.searchsorted(np.sort(c), at, side="right") / c.size - at for c in place]
    # Autocorrelated draws are worth fewer independent ones, and the band must know.
    band = BAND * np.sqrt(at * (1 - at) * chains / max(ess, 1.0))
    reach = 1.1 * max(float(np.abs(gaps).max()), float(band.max()))
    x, y = Scale(0, 1, 44.0, WIDTH - 10), Scale(-reach, reach, HEIGHT - 38, 8.0)
    chart = Chart(
        key,
        f"Ranks of {name} by chain",
        f"Empirical minus uniform distribution of the ranks of {name} in {chains} chains; "
        f"R-hat {rhat:.3f}, bulk effective sample size {ess:.0f}.",
        WIDTH,
        HEIGHT,
        x,
        y,
        y.stop,
        y.start,
        "rank among all draws",
        caption=f"{name}: R-hat {rhat:.3f}, bulk ESS {ess:.0f}"
        if math.isfinite(rhat)
        else f"{name}: R-hat cannot be computed",
    )
    edge = [(x(a), y(b)) for a, b in zip(at, band, strict=True)]
    edge += [(x(a), y(-b)) for a, b in zip(at[::-1], band[::-1], strict=True)]
    chart.curve("grey area", edge, "pointwise 99 % band at the effective sample size", base=y(0))
    for i, gap in enumerate(gaps):
        points = [(x(a), y(b)) for a, b in zip(at, gap, strict=True)]
        chart.curve(f"s{i % 8} line", points, f"chain {i + 1}")
    return chart
