"""What a study asks of a solver: many data sets of equal shapes, and which panels and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from triptych.base.errors import InputError
from triptych.batch.lanes import BLOCK
from triptych.panels.settings import CI_PROB, EACH_CHAINS, EACH_DRAWS, EACH_TUNE, Forward, Settings
from triptych.problem.table import METHODS

METHOD_OF = {"wald": "mle", "profile": "mle", "laplace": "map", "eti": "mcmc", "hdi": "mcmc"}
INTERVALS = tuple(METHOD_OF)
RANKED = 99  # thinned draws among which the truth has its rank


@dataclass(frozen=True)
class Options:
    """Which panels and intervals, and how long the chains are.

    Attributes
    ----------
    methods
        Any of ``mle``, ``map``, ``mcmc``.
    intervals
        Any of ``wald``, ``profile``, ``laplace``, ``eti``, ``hdi``; those of other methods are left out.
    ci_prob
        Level of all of them.
    draws, tune, chains
        As in ``pm.sample``.
    """

    methods: tuple[str, ...] = METHODS
    intervals: tuple[str, ...] = INTERVALS
    ci_prob: float = CI_PROB
    draws: int = EACH_DRAWS.default
    tune: int = EACH_TUNE.default
    chains: int = EACH_CHAINS.default

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of interval that belong to the methods."""
        return tuple(kind for kind in INTERVALS if kind in self.intervals and METHOD_OF[kind] in self.methods)

    def settings(self, seed: int) -> Settings:
        """Return what the panels are asked for on one data set, in one thread."""
        return Settings(
            methods=self.methods,
            draws=self.draws,
            tune=self.tune,
            chains=self.chains,
            random_seed=seed,
            ci_prob=self.ci_prob,
            cores=1,
            profile="profile" in self.kinds,
            forward=Forward.NONE,
        )


@dataclass(frozen=True)
class Sets:
    """Data sets of equal shapes: the replicates of one cell that are solved together.

    Attributes
    ----------
    data
        For each replicate its arrays by name, as for :meth:`Engine.with_data`.
    seeds
        Two unsigned 32-bit numbers for each replicate, ``(replicates, 2)``: everything random in solving it comes
        from these alone, so that its figures do not depend on the other replicates.
    truth
        True value of each scalar, ``(replicates, scalars)``; NaN where the simulator does not tell it.
    fresh
        For each replicate another data set of the same truth, on which the predictive distributions are scored;
        empty where they are not.
    block
        Replicates that are computed in one call, the last of which is filled up. The bits of a replicate's figures
        depend on it.
    """

    data: Sequence[Mapping[str, Any]]
    seeds: np.ndarray
    truth: np.ndarray
    fresh: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    block: int = BLOCK

    def __post_init__(self) -> None:
        count = len(self.data)
        if len(self.seeds) != count or len(self.truth) != count or len(self.fresh) not in (0, count):
            raise InputError(f"{count} data sets need as many seeds, truths, and fresh data sets (or none of these)")

    @property
    def count(self) -> int:
        """Number of replicates."""
        return len(self.data)

    def some(self, rows: np.ndarray) -> Sets:
        """Return the replicates at these positions."""
        fresh = [self.fresh[k] for k in rows] if self.fresh else ()
        return Sets([self.data[k] for k in rows], self.seeds[rows], self.truth[rows], fresh, self.block)
