"""What solving many data sets yields: arrays over replicates and scalars."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from triptych.comparisons.study.problem import METHOD_OF, Options
from triptych.problem.table import Status

STATUSES = tuple(Status)  # a status is stored as its position
NOT_SOLVED = -1  # in place of a status
NO_RANK = -1
GATE = ("max_rhat", "min_ess_bulk", "min_ess_tail", "divergences", "min_bfmi", "draws")
BATCHED, SERIAL = 0, 1
ENGINES = ("batched", "serial")


@dataclass
class Replicates:
    """Figures of R replicates, S scalars, M methods and K kinds of interval.

    Attributes
    ----------
    scalars
        Estimand and label of each scalar.
    methods, kinds
        In the order of the first axis below.
    estimate, std_error
        ``(M, R, S)``; NaN where there is none.
    status
        Position in :data:`STATUSES`, ``(M, R, S)``; -1 where nothing was solved yet.
    lower, upper
        Ends of each interval, ``(K, R, S)``: NaN where there is none, infinite where it is open.
    log_score
        Mean log predictive density of an observation of the fresh data, ``(M, R)``: of the point for MLE and MAP,
        averaged over the draws for the posterior.
    gate
        Figures of the posterior's gate, ``(len(GATE), R)``; ``draws`` is how many there are of all chains.
    rank
        How many of :data:`RANKED` thinned draws lie below the truth, ``(R, S)``; -1 where there are none.
    draw
        One draw of each posterior, ``(R, S)``: those of all replicates are a sample of the average posterior.
    engine
        Position in :data:`ENGINES` of what solved it, ``(M, R)``.
    reasons
        Method, replicate and scalar to the reason of its row, where it has one.
    """

    scalars: tuple[tuple[str, str], ...]
    methods: tuple[str, ...]
    kinds: tuple[str, ...]
    estimate: np.ndarray
    std_error: np.ndarray
    status: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    log_score: np.ndarray
    gate: np.ndarray
    rank: np.ndarray
    draw: np.ndarray
    engine: np.ndarray
    reasons: dict[tuple[int, int, int], str] = field(default_factory=dict)

    @classmethod
    def empty(cls, scalars: tuple[tuple[str, str], ...], options: Options, count: int) -> Replicates:
        """Return the record of replicates that are not solved yet."""
        m, k, s = len(options.methods), len(options.kinds), len(scalars)

        def missing(*shape: int) -> np.ndarray:
            return np.full(shape, np.nan)

        return cls(
            scalars, options.methods, options.kinds,
            missing(m, count, s), missing(m, count, s), np.full((m, count, s), NOT_SOLVED, dtype=np.int8),
            missing(k, count, s), missing(k, count, s), missing(m, count), missing(len(GATE), count),
            np.full((count, s), NO_RANK, dtype=np.int32), missing(count, s), np.full((m, count), SERIAL, dtype=np.int8),
        )  # fmt: skip

    @property
    def count(self) -> int:
        """Number of replicates."""
        return int(self.rank.shape[0])

    def put(self, rows: np.ndarray, others: Replicates) -> None:
        """Put the figures of other replicates, of the same scalars and options, in the place of those at ``rows``."""
        for name in ("estimate", "std_error", "status", "lower", "upper", "log_score", "gate", "engine"):
            getattr(self, name)[:, rows] = getattr(others, name)
        self.rank[rows], self.draw[rows] = others.rank, others.draw
        place = {int(row): k for k, row in enumerate(rows)}
        kept = {key: said for key, said in self.reasons.items() if key[1] not in place}
        back = dict(enumerate(int(row) for row in rows))
        self.reasons = kept | {(m, back[r], s): said for (m, r, s), said in others.reasons.items()}


def rows_of(found: Replicates, k: int) -> list[dict[str, Any]]:
    """Return one row for each method and scalar of a replicate, with the interval of the method."""
    kinds, rows = {METHOD_OF[kind]: at for at, kind in enumerate(found.kinds)}, []
    for m, method in enumerate(found.methods):
        for s, (estimand, label) in enumerate(found.scalars):
            at = kinds[method]
            ends = float(found.lower[at, k, s]), float(found.upper[at, k, s])
            rows.append(
                {
                    "method": method, "estimand": estimand, "label": label,
                    "estimate": float(found.estimate[m, k, s]), "std_error": float(found.std_error[m, k, s]),
                    "lower": ends[0], "upper": ends[1],
                    "interval_kind": found.kinds[at] if not np.all(np.isnan(ends)) else "none",
                    "status": str(STATUSES[found.status[m, k, s]]),
                    "reason": found.reasons.get((m, k, s), ""), "engine": ENGINES[found.engine[m, k]],
                }
            )  # fmt: skip
    return rows


def rank_among(draws: np.ndarray, truth: np.ndarray, count: int) -> np.ndarray:
    """Return how many of ``count`` evenly thinned draws lie below the truth.

    Parameters
    ----------
    draws
        Of each scalar, the chains one after the other: ``(draws, scalars)``.
    truth
        Of each scalar, ``(scalars,)``.
    count
        How many draws are taken, the same whatever their number is.

    Returns
    -------
    numpy.ndarray
        Whole numbers from 0 to ``count``, -1 where the truth is not known or there are fewer draws, ``(scalars,)``.
    """
    if len(draws) < count:
        return np.full(truth.shape, NO_RANK, dtype=np.int32)
    picked = draws[np.floor((np.arange(count) + 0.5) * len(draws) / count).astype(int)]
    ranks = np.sum(picked < truth, axis=0)
    return np.where(np.isnan(truth), NO_RANK, ranks).astype(np.int32)
