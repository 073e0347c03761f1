"""Posteriors of many data sets, sampled until they pass the gate: what falls short of it goes on from its last draw.

A gate of R-hat 1.01 at a thousand draws refuses good posteriors, and not at random. So a lane that mixes too slowly is
extended to four times its draws, and once more, before it is called unreliable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from triptych.batch.hmc import Posterior, extend, sample
from triptych.batch.lanes import Lanes
from triptych.batch.summaries import Summary, summarise
from triptych.sampling.gate import MAX_RHAT, MIN_BFMI, MIN_ESS

TIMES = (1, 4, 16)  # the draws that were asked for, one after the other
FEW = 8  # lanes of a block that is extended: they are few


@dataclass(frozen=True)
class Gate:
    """What the gate looks at, of each lane: as :func:`triptych.sampling.gate.diagnose`, over all that is shown.

    Attributes
    ----------
    max_rhat, min_ess_bulk, min_ess_tail, divergences, min_bfmi
        Shape ``(lanes,)``.
    still
        Whether a chain did not move.
    """

    max_rhat: np.ndarray
    min_ess_bulk: np.ndarray
    min_ess_tail: np.ndarray
    divergences: np.ndarray
    min_bfmi: np.ndarray
    still: np.ndarray

    @property
    def hopeless(self) -> np.ndarray:
        """Whether no further draws mend what fails."""
        return np.asarray((self.divergences > 0) | self.still | ~(self.min_bfmi >= MIN_BFMI))

    @property
    def passed(self) -> np.ndarray:
        """Whether the draws may be reported."""
        # Where all that is shown is constant there is no figure to fail.
        slow = (self.max_rhat > MAX_RHAT) | (self.min_ess_bulk < MIN_ESS) | (self.min_ess_tail < MIN_ESS)
        return np.asarray(~slow & ~self.hopeless)


@dataclass(frozen=True)
class Drawn:
    """Lanes that have equally many draws.

    Attributes
    ----------
    rows
        Their positions among all lanes.
    posterior
        The draws.
    summaries
        By variable, one for each of its scalars.
    gate
        What the gate says of them.
    """

    rows: np.ndarray
    posterior: Posterior
    summaries: dict[str, list[Summary]]
    gate: Gate

    def some(self, which: np.ndarray) -> Drawn:
        """Return some of them, by their positions among these."""
        summaries = {
            name: [Summary(*(figure[which] for figure in vars(one).values())) for one in ones]
            for name, ones in self.summaries.items()
        }
        gate = Gate(*(figure[which] for figure in vars(self.gate).values()))
        return Drawn(self.rows[which], self.posterior.some(which), summaries, gate)


def sample_until_passed(
    lanes: Lanes,
    starts: np.ndarray,
    seeds: np.ndarray,
    *,
    draws: int,
    tune: int,
    chains: int,
    ci_prob: float,
) -> list[Drawn]:
    """Sample every lane, and those that mix too slowly for longer.

    Parameters
    ----------
    lanes, starts, seeds, draws, tune, chains
        As in :func:`triptych.batch.hmc.sample`.
    ci_prob
        Level of the quantiles and of the shortest interval that are computed.

    Returns
    -------
    list of Drawn
        Together they have every lane once.
    """
    rows = np.arange(lanes.count)
    posterior = sample(lanes, starts, seeds, draws=draws, tune=tune, chains=chains)
    found: list[Drawn] = []
    for times in TIMES:
        if times > 1:
            posterior = extend(lanes.some(rows, min(FEW, lanes.block)), posterior, times * draws)
        now = _judged(rows, posterior, ci_prob)
        short = ~now.gate.passed & ~now.gate.hopeless & posterior.at_mode
        if times == TIMES[-1] or not short.any():
            return [*found, now]
        if not short.all():
            found.append(now.some(np.flatnonzero(~short)))
        rows, posterior = rows[short], posterior.some(np.flatnonzero(short))
    raise AssertionError  # the last of the lengths returns


def _judged(rows: np.ndarray, posterior: Posterior, ci_prob: float) -> Drawn:
    """Summarise all that is shown, and gather what the gate looks at."""
    ends = ((1 - ci_prob) / 2, (1 + ci_prob) / 2)
    summaries = {}
    for name, values in posterior.natural_values.items():
        flat = values.reshape(*values.shape[:3], -1)
        scalars = [np.ascontiguousarray(flat[..., i]) for i in range(flat.shape[3])]
        summaries[name] = [summarise(scalar, ends, hdi_prob=ci_prob) for scalar in scalars]
    every = [one for ones in summaries.values() for one in ones]
    energy = posterior.energy
    with np.errstate(all="ignore"):  # a chain that stands still has no energy to compare
        bfmi = (np.square(np.diff(energy, axis=2)).mean(axis=2) / np.var(energy, axis=2, ddof=1)).min(axis=1)
    still = np.any(~(np.ptp(posterior.z, axis=2) > 0), axis=(1, 2))
    gate = Gate(
        _extreme([one.r_hat for one in every], largest=True),
        _extreme([one.ess_bulk for one in every]),
        _extreme([one.ess_tail for one in every]),
        posterior.divergences,
        bfmi,
        still,
    )
    return Drawn(rows, posterior, summaries, gate)


def _extreme(figures: list[np.ndarray], *, largest: bool = False) -> np.ndarray:
    """Return the largest or the smallest finite figure of each lane; NaN where there is none."""
    values = np.array(figures)
    finite = np.isfinite(values)
    if largest:
        found = np.max(np.where(finite, values, -np.inf), axis=0)
    else:
        found = np.min(np.where(finite, values, np.inf), axis=0)
    return np.where(finite.any(axis=0), found, np.nan)
