"""What a posterior mean would be under a prior that counts a little less or more, from the draws that there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.panels.posterior_tree import PRIOR
from triptych.panels.solution import Solution

WEAKER, STRONGER = 0.8, 1.25  # powers of the prior's density: Kallioinen et al. (2024), section 5
LARGEST_K = 0.7  # shape of the weights' Pareto tail up to which a mean by importance sampling is trusted
NAN = float("nan")


@dataclass(frozen=True)
class Scaled:
    """A posterior mean under the prior's density to the powers 0.8 and 1.25, and the posterior's deviation.

    ``error`` is a bound on the Monte Carlo error of how far the two means lie from the posterior's. All are NaN where
    the draws do not tell them.
    """

    weaker: float = NAN
    stronger: float = NAN
    mean: float = NAN
    sd: float = NAN
    error: float = NAN

    @property
    def known(self) -> bool:
        """Whether the draws tell both means."""
        return bool(np.isfinite(self.weaker + self.stronger))

    @property
    def shift(self) -> float:
        """The larger distance of the two from the posterior mean, in posterior standard deviations."""
        return max(abs(self.weaker - self.mean), abs(self.stronger - self.mean)) / self.sd


def power_scaled(solution: Solution, draws: np.ndarray) -> Scaled:
    """Return the mean of a scalar under powers of the prior, by Pareto smoothed importance sampling.

    Power-scaling is that of Kallioinen, Paananen, Buerkner and Vehtari, "Detecting and diagnosing prior and likelihood
    sensitivity with power-scaling", Statistics and Computing 34 (2024) 57, with the importance weights of ArviZ; the
    whole prior is scaled, all levels of a hierarchy together.

    Parameters
    ----------
    solution
        A solved variant; nothing is known where its draws did not pass their checks.
    draws
        Of the scalar, ``(chain, draw)``.
    """
    panel = solution.panels.get("mcmc")
    if panel is None or panel.diagnostics.get("gate") or draws.size == 0:
        return Scaled()
    groups: Mapping[str, Any] = getattr(panel.native, "children", {})
    if "log_prior" not in groups:
        return Scaled()
    prior = np.asarray(groups["log_prior"][PRIOR].values, dtype=float)
    if prior.shape != draws.shape or not np.all(np.isfinite(prior)) or np.ptp(prior) == 0 or np.ptp(draws) == 0:
        return Scaled()
    mean = float(draws.mean())
    found = [_reweighted(prior, draws - mean, power) for power in (WEAKER, STRONGER)]
    if any(one is None for one in found):
        return Scaled()
    (weaker, first), (stronger, second) = (one for one in found if one is not None)
    return Scaled(mean + weaker, mean + stronger, mean, float(draws.std(ddof=1)), max(first, second))


def _reweighted(prior: np.ndarray, distances: np.ndarray, power: float) -> tuple[float, float] | None:
    """Return the mean of distances with weights ``prior ** (power - 1)`` and its error; None where it is not known.

    The error is that of a ratio of means, with as many independent draws as the plain mean has.
    """
    from arviz_stats.base import array_stats

    # ArviZ's weights are those of leaving a density out: it is asked for the negative of what they multiply.
    weights, k = array_stats.psislw((1 - power) * prior.ravel())
    if not float(k) < LARGEST_K:
        return None
    shares = np.exp(np.asarray(weights) - np.max(weights)).reshape(prior.shape)
    shares /= shares.sum()
    shift = float(np.sum(shares * distances))
    # Of the difference to the plain mean, which the same draws give: what the weights do beyond being equal.
    moved = (shares * shares.size - 1) * distances - shares * shares.size * shift
    return shift, float(array_stats.mcse(moved, method="mean"))
