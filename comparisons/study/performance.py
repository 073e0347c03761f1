"""Measures of performance over replicates, each with its Monte Carlo standard error and the replicates it rests on.

The measures are those of table 6 of Morris, White and Crowther (2019), Using simulation studies to evaluate statistical
methods, Statistics in Medicine 38, 2074-2102, in the order of the report that their section 2 proposes. Every measure
is a smooth function of means over replicates, and its Monte Carlo error is that of the mean of its influence values
(the infinitesimal jackknife: Efron 1982, The Jackknife, the Bootstrap and Other Resampling Plans, chapter 6). For means
and proportions these are the formulae of the table; for the empirical standard error they are where the estimates are
normal, and take the fourth moment into account where they are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from triptych.comparisons.study.columns import Block
from triptych.comparisons.study.problem import METHOD_OF
from triptych.comparisons.study.replicates import STATUSES
from triptych.problem.table import Status

OF_ESTIMATES = ("bias", "relative_bias", "empirical_se", "model_se", "relative_error_se", "mse")
OF_INTERVALS = ("coverage", "bias_eliminated_coverage", "interval_width", "rejection")
# Numbers under these statuses are no estimates and no intervals.
NOT_COUNTED = tuple(STATUSES.index(status) for status in (Status.UNRELIABLE, Status.FAILED))


@dataclass(frozen=True)
class Measure:
    """One measure for each scalar.

    Attributes
    ----------
    name
        Of the measure.
    value, mcse, replicates
        The value, its Monte Carlo standard error, and on how many replicates it rests, each ``(scalars,)``.
    """

    name: str
    value: np.ndarray
    mcse: np.ndarray
    replicates: np.ndarray


class Moments:
    """Number, mean and variance of values that come in blocks, NaN left out; by Welford's method for blocks."""

    def __init__(self) -> None:
        self.count: np.ndarray = np.zeros(1)
        self.mean: np.ndarray = np.zeros(1)
        self.squares: np.ndarray = np.zeros(1)

    def add(self, values: np.ndarray) -> None:
        """Add values, replicates along the first axis."""
        known = ~np.isnan(values)
        count = known.sum(axis=0)
        mean = np.where(known, values, 0).sum(axis=0) / np.maximum(count, 1)
        squares = np.where(known, (values - mean) ** 2, 0).sum(axis=0)
        total = self.count + count
        shift = np.where(self.count > 0, mean - self.mean, 0.0)
        base = np.where(self.count > 0, self.mean, mean)
        self.squares = self.squares + squares + shift**2 * self.count * count / np.maximum(total, 1)
        self.mean = np.where(count > 0, base + shift * count / np.maximum(total, 1), self.mean)
        self.count = total

    @property
    def variance(self) -> np.ndarray:
        """Sample variance; NaN of fewer than two."""
        return np.where(self.count > 1, self.squares / np.maximum(self.count - 1, 1), np.nan)

    @property
    def average(self) -> np.ndarray:
        """The mean; NaN of none."""
        return np.where(self.count > 0, self.mean, np.nan)

    @property
    def error(self) -> np.ndarray:
        """Standard error of the mean; NaN of fewer than two."""
        return np.asarray(np.sqrt(self.variance / np.maximum(self.count, 1)))


Blocks = Callable[[], Iterable[Block]]


def of_estimates(blocks: Blocks, m: int) -> list[Measure]:
    """Return the measures of one method's estimates and standard errors.

    Parameters
    ----------
    blocks
        Yields the replicates of a cell, each time it is called.
    m
        Position of the method.
    """
    bias, relative, square, variance, both = (Moments() for _ in range(5))
    for block in blocks():
        error, own = _errors(block, m)
        truth = block.truth[:, m]
        bias.add(error)
        relative.add(np.divide(error, truth, out=np.full_like(error, np.nan), where=truth != 0))
        square.add(error**2)
        variance.add(own)
        both.add(np.where(np.isnan(error), np.nan, own))
    spread = bias.variance
    empirical, model = np.sqrt(spread), np.sqrt(variance.average)
    # Both standard errors of the same replicates: those that have an estimate and its standard error.
    paired = Moments()
    for block in blocks():
        error, own = _errors(block, m)
        paired.add(np.where(np.isnan(own), np.nan, error))
    spread_of_paired = paired.variance
    influence_spread, influence_ratio = Moments(), Moments()
    for block in blocks():
        error, own = _errors(block, m)
        with np.errstate(all="ignore"):
            influence_spread.add((error - bias.average) ** 2 / spread)
            away = np.where(np.isnan(own), np.nan, error) - paired.average
            influence_ratio.add(0.5 * (own / both.average - away**2 / spread_of_paired))
    with np.errstate(all="ignore"):
        ratio = np.sqrt(both.average / spread_of_paired)
        return [
            Measure("bias", bias.average, bias.error, bias.count),
            Measure("relative_bias", relative.average, relative.error, relative.count),
            Measure("empirical_se", empirical, 0.5 * empirical * influence_spread.error, bias.count),
            Measure("model_se", model, 0.5 * model * variance.error / variance.average, variance.count),
            Measure("relative_error_se", ratio - 1, ratio * influence_ratio.error, influence_ratio.count),
            Measure("mse", square.average, square.error, square.count),
        ]


def of_intervals(blocks: Blocks, m: int, kind: str, null: np.ndarray) -> list[Measure]:
    """Return the measures of one kind of interval.

    Parameters
    ----------
    blocks, m
        As in :func:`of_estimates`; the method of the kind.
    kind
        Of interval.
    null
        For each scalar the value that stands for no effect; NaN where none is meant.
    """
    bias, covered, centred, width, rejected = (Moments() for _ in range(5))
    for block in blocks():
        bias.add(_errors(block, m)[0])
    for block in blocks():
        lower, upper = _ends(block, m, kind)
        truth = block.truth[:, m]
        there = ~(np.isnan(lower) | np.isnan(upper))

        def share(inside: np.ndarray, known: np.ndarray) -> np.ndarray:
            return np.where(known, inside.astype(float), np.nan)

        covered.add(share((lower <= truth) & (truth <= upper), there & ~np.isnan(truth)))
        middle = truth + bias.average
        centred.add(share((lower <= middle) & (middle <= upper), there & ~np.isnan(middle)))
        with np.errstate(invalid="ignore"):
            wide = upper - lower
        width.add(np.where(there & np.isfinite(wide), wide, np.nan))
        rejected.add(share((null < lower) | (null > upper), there & ~np.isnan(null)))
    found = [("coverage", covered), ("bias_eliminated_coverage", centred)]
    shares = [Measure(name, s.average, _binomial(s), s.count) for name, s in found]
    widths = Measure("interval_width", width.average, width.error, width.count)
    return [*shares, widths, Measure("rejection", rejected.average, _binomial(rejected), rejected.count)]


def of_statuses(blocks: Blocks, m: int) -> list[Measure]:
    """Return the share of each status that occurs, over all replicates."""
    found = []
    for place, status in enumerate(STATUSES):
        share = Moments()
        for block in blocks():
            share.add((block.status[:, m] == place).astype(float))
        if status is Status.OK or np.any(share.mean > 0):
            found.append(Measure(f"share_{status}", share.average, _binomial(share), share.count))
    return found


def of_scores(blocks: Blocks, m: int) -> Measure:
    """Return the mean held-out log score of one method, as of a single scalar."""
    score = Moments()
    for block in blocks():
        values = block.log_score[:, m, None]
        score.add(np.where(np.isfinite(values), values, np.nan))
    return Measure("log_score", score.average, score.error, score.count)


def _errors(block: Block, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Return estimate less truth, and the squared standard error, each NaN where there is none."""
    counted = ~np.isin(block.status[:, m], NOT_COUNTED)
    error = np.where(counted, block.estimate[:, m] - block.truth[:, m], np.nan)
    own = np.where(counted, block.std_error[:, m] ** 2, np.nan)
    return np.where(np.isfinite(error), error, np.nan), np.where(np.isfinite(own), own, np.nan)


def _ends(block: Block, m: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    counted = ~np.isin(block.status[:, m], NOT_COUNTED)
    lower, upper = block.ends[kind]
    return np.where(counted, lower, np.nan), np.where(counted, upper, np.nan)


def _binomial(share: Moments) -> np.ndarray:
    """Return the Monte Carlo error of a proportion."""
    p = share.average
    return np.asarray(np.sqrt(p * (1 - p) / np.maximum(share.count, 1)))


COLUMNS = (
    "method", "estimand", "label", "interval_kind", "measure", "value", "mcse", "replicates",
)  # fmt: skip


def rows(
    blocks: Blocks,
    *,
    scalars: Sequence[tuple[str, str]],
    methods: Sequence[str],
    kinds: Sequence[str],
    null: np.ndarray,
) -> list[tuple[object, ...]]:
    """Return the performance of one cell, one row for each method, scalar, kind of interval and measure."""
    found: list[tuple[object, ...]] = []
    for m, method in enumerate(methods):
        parts = [("none", of_estimates(blocks, m))]
        parts += [(kind, of_intervals(blocks, m, kind, null)) for kind in kinds if METHOD_OF[kind] == method]
        parts.append(("none", of_statuses(blocks, m)))
        for s, (estimand, label) in enumerate(scalars):
            for kind, measures in parts:
                for one in measures:
                    if one.name == "rejection" and np.isnan(null[s]):
                        continue
                    figures = float(one.value[s]), float(one.mcse[s]), int(one.replicates[s])
                    found.append((method, estimand, label, kind, one.name, *figures))
        score = of_scores(blocks, m)
        figures = float(score.value[0]), float(score.mcse[0]), int(score.replicates[0])
        found.append((method, "", "", "none", score.name, *figures))
    return found
