"""Simulation-based calibration: ranks of truths drawn from the prior among draws of their posteriors.

Where prior, likelihood and sampler are the ones that the data came from, ranks are uniform (Talts, Betancourt, Simpson,
Vehtari and Gelman 2018, Validating Bayesian inference algorithms with simulation-based calibration, arXiv:1804.06788,
theorem 1). The distribution function of the ranks is held to simultaneous bands of ArviZ (Sailynoja, Buerkner and
Vehtari 2022, Graphical test for discrete uniformity and its applications in goodness-of-fit evaluation and multiple
sample comparison, Statistics and Computing 32, 32).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import InputError
from triptych.comparisons.study.problem import RANKED
from triptych.comparisons.study.replicates import NO_RANK
from triptych.comparisons.study.sources import Cell

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.99  # of the simultaneous bands, for each scalar
SIMULATED, MOST_SIMULATED = 1000, 10**7  # samples behind the bands, and numbers drawn for them
POINTS = np.arange(1, RANKED + 1) / (RANKED + 1)


@dataclass(frozen=True)
class Curve:
    """The distribution function of the ranks of one scalar at :data:`POINTS`, less that of uniform ranks.

    Attributes
    ----------
    cell, estimand, label
        Which scalar it is.
    difference, lower, upper
        The difference, and the simultaneous bands that it keeps to under uniformity with probability :data:`LEVEL`.
    replicates, without_rank
        On how many replicates it rests, and how many had no draws to rank the truth among.
    """

    cell: Cell
    estimand: str
    label: str
    difference: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    replicates: int
    without_rank: int

    @property
    def uniform(self) -> bool:
        """Whether the ranks keep to the bands."""
        return bool(np.all((self.difference >= self.lower) & (self.difference <= self.upper)))


@lru_cache(maxsize=32)
def bands(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the bands of the distribution function of ``count`` uniform ranks at :data:`POINTS`.

    A rank of 0 to L is below k, of 1 to L, with probability k/(L + 1), so that the number of such ranks is binomial as
    it is of continuous uniforms at these points, for which ArviZ's bands are.
    """
    from arviz_stats.ecdf_utils import get_pointwise_confidence_band, simulate_confidence_bands

    simulated = int(np.clip(MOST_SIMULATED // count, 100, SIMULATED))
    rng = np.random.default_rng(count)
    pointwise = simulate_confidence_bands(count, 1, POINTS, LEVEL, simulated, rng)
    lower, upper = get_pointwise_confidence_band(pointwise, count, POINTS)
    return np.asarray(lower), np.asarray(upper)


def curve_of(ranks: np.ndarray, cell: Cell, estimand: str = "", label: str = "") -> Curve:
    """Return the curve of the ranks of one scalar, ``(replicates,)``, those that are missing among them."""
    known = ranks[ranks != NO_RANK]
    if known.size == 0:
        nothing = np.full(POINTS.shape, np.nan)
        return Curve(cell, estimand, label, nothing, nothing, nothing, 0, ranks.size)
    lower, upper = bands(known.size)
    below = np.searchsorted(np.sort(known), np.arange(1, RANKED + 1)) / known.size
    return Curve(
        cell, estimand, label, below - POINTS, lower - POINTS, upper - POINTS, known.size, ranks.size - known.size
    )


def curves(study: Any) -> Iterator[Curve]:
    """Yield the curve of each cell and scalar of a study.

    Raises
    ------
    InputError
        When the truths were not drawn from the prior, or there is no posterior among the methods.
    """
    plan = study.plan
    if plan.average != "prior":
        raise InputError(
            "the truth is the same in all replicates, so its ranks are not uniform even where all is right; run the "
            "study with prior_draws (--prior-draws)"
        )
    if "mcmc" not in plan.methods:
        raise InputError("no posterior was sampled, so there are no ranks; name mcmc among the methods")
    for cell in plan.cells:
        parts = [block.rank for block in study.blocks(cell.number)]
        ranks = np.concatenate(parts)
        for s, (estimand, label) in enumerate(plan.scalars):
            yield curve_of(ranks[:, s], cell, estimand, label)


def table(study: Any) -> pd.DataFrame:
    """Return one row for each cell and scalar: on what it rests, and whether its ranks keep to the bands.

    Columns
    -------
    cell, n, settings, estimand, label
        Which scalar.
    replicates, without_rank
        With and without a rank of the truth.
    largest_difference
        Of the ranks' distribution function from the uniform one, with its sign: positive where the truth lies low
        among the draws too often.
    beyond
        By how much it leaves the bands; zero where it does not.
    uniform
        Whether it keeps to them, which it does with probability 0.99 where all is right.
    """
    import pandas as pd

    lines = []
    for curve in curves(study):
        cell, gap = curve.cell, curve.difference
        own = (cell.number, cell.n, *cell.settings.values(), curve.estimand, curve.label)
        figures: tuple[Any, ...] = (np.nan, np.nan, False)
        if curve.replicates:
            largest = float(gap[np.argmax(np.abs(gap))])
            beyond = float(np.max(np.maximum(gap - curve.upper, curve.lower - gap)))
            figures = (largest, max(beyond, 0.0), curve.uniform)
        lines.append((*own, curve.replicates, curve.without_rank, *figures))
    names = ["cell", "n", *study.plan.settings, "estimand", "label", "replicates", "without_rank"]
    return pd.DataFrame(lines, columns=[*names, "largest_difference", "beyond", "uniform"]).astype({"n": "Int64"})
