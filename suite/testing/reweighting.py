"""By how much estimates should move when a density changed: importance weights over draws of the old one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.testing.density_change import DensityChange
from triptych.testing.statistics import TAILS
from triptych.testing.terms import COORDINATES, JACOBIAN, Terms

MOST = 400  # draws that are kept
LEAST = 100.0  # effective draws of the weights below which nothing is predicted


@dataclass(frozen=True)
class Sample:
    """Some draws of a posterior, thinned, with the log-density that they were drawn from.

    Attributes
    ----------
    free
        Name of each free variable to its values, ``(draws, *shape)``, on the natural scale.
    scalars
        Name of each scalar that is compared to its values, ``(draws,)``.
    density
        Log-likelihood and log-prior, up to a constant, ``(draws,)``.
    jacobian
        Log-Jacobian of the transforms, ``(draws,)``.
    """

    free: dict[str, np.ndarray]
    scalars: dict[str, np.ndarray]
    density: np.ndarray
    jacobian: np.ndarray

    @classmethod
    def of(
        cls, model: Any, free: Mapping[str, np.ndarray], scalars: Mapping[str, np.ndarray], likelihood: tuple[str, ...]
    ) -> Sample:
        """Keep some draws with their log-density under a model."""
        values = Terms.of(model, likelihood)
        density, jacobian = _densities(values, free)
        return cls(dict(free), dict(scalars), density, jacobian)


@dataclass(frozen=True)
class Shift:
    """How far the mean, the deviation and the tail probabilities of one scalar should move, with their errors."""

    values: np.ndarray
    errors: np.ndarray


def predicted_shifts(
    sample: Sample, model: Any, likelihood: tuple[str, ...], change: DensityChange
) -> tuple[dict[str, Shift], str]:
    """Return the shift of each scalar under a changed density, or why none can be predicted.

    Parameters
    ----------
    sample
        Draws of the density before.
    model, likelihood
        The model as it is now.
    change
        What changed; a log-Jacobian counts where it is a cause.

    Notes
    -----
    Self-normalised importance weights w over draws x: the mean moves by sum (w - 1/n) x. The draws are the same on both
    sides, so that the error is that of a small difference: the root of sum (w - 1/n)^2 (x - mean)^2.
    """
    density, jacobian = _densities(Terms.of(model, likelihood), sample.free)
    log_ratio = density - sample.density
    if JACOBIAN in change.causes:
        log_ratio = log_ratio + jacobian - sample.jacobian
    if np.any(np.isnan(log_ratio)) or not np.any(np.isfinite(log_ratio)):
        return {}, "the changed density does not exist where the baseline's draws are"
    weights = np.exp(log_ratio - log_ratio.max())
    weights /= weights.sum()
    effective = 1 / np.sum(weights**2)
    if effective < LEAST:
        return {}, f"importance weights over {len(weights)} draws are worth {effective:.0f}, fewer than {LEAST:.0f}"
    return {name: _shift(values, weights) for name, values in sample.scalars.items()}, ""


def _shift(x: np.ndarray, w: np.ndarray) -> Shift:
    n = len(x)
    change = w - 1 / n
    mean, sd = x.mean(), x.std()
    low, high = np.quantile(x, TAILS)
    centred = (x - mean) ** 2
    columns = [x - mean, (centred - sd**2) / (2 * sd) if sd > 0 else 0 * x, (x <= low) - 0.1, (x >= high) - 0.1]
    moved = np.array([change @ column for column in columns])
    new_mean = w @ x
    moved[1] = np.sqrt(max(w @ (x - new_mean) ** 2, 0.0)) - sd
    return Shift(moved, np.array([np.sqrt(np.sum((change * column) ** 2)) for column in columns]))


def _densities(terms: Terms, free: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    values = terms.at(free)
    jacobian = np.array([key.part == JACOBIAN for key in terms.keys])
    neither = np.array([key.part == COORDINATES for key in terms.keys])
    return values[:, ~jacobian & ~neither].sum(axis=1), values[:, jacobian].sum(axis=1)
