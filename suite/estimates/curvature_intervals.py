"""Intervals from the curvature at a maximum: Wald's and Laplace's, kept within the support.

A bounded quantity's interval is formed where it has no bounds and mapped back: that of a parameter, or of a function
of one, on the unconstrained coordinate; that of another positive deterministic on its logarithm, of one between 0 and
1 on its logit, of one between -1 and 1 on Fisher's z (delta method).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from triptych.engine.estimands import Estimand
from triptych.optimise.segment import least, places

if TYPE_CHECKING:
    from triptych.estimates.optimum import Optimum

ZERO_ROUNDING = 1e-14  # of an interval's width: what is left of a zero


def curvature_interval(
    optimum: Optimum, estimand: Estimand, deviation: np.ndarray, ci_prob: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return both ends for every scalar of an estimand.

    Parameters
    ----------
    optimum
        The maximum with its covariance.
    estimand
        A free variable or a deterministic.
    deviation
        Standard errors on the natural scale, flat.
    ci_prob
        The level.
    """
    from scipy.stats import norm

    q = float(norm.ppf(0.5 + ci_prob / 2))
    values = optimum.natural_values[estimand.name].ravel()
    low, high = values - q * deviation, values + q * deviation
    period = optimum.period(estimand)
    if not np.any(np.isfinite(deviation)) or np.all(period > 0):
        return _arcs(values, low, high, period)
    ends = (
        _of_function(optimum, estimand, q, deviation)
        if estimand.positions is None
        else _on_coordinates(optimum, estimand, q * deviation)
    )
    low, high = (np.where(period > 0, line, end) for line, end in zip((low, high), ends, strict=True))
    return _arcs(values, low, high, period)


def _arcs(values: np.ndarray, low: np.ndarray, high: np.ndarray, period: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both ends, those of an angle no farther away than half a circle: then its arc is the whole of it."""
    most = np.where(period > 0, period / 2, np.inf)
    return np.maximum(low, values - most), np.minimum(high, values + most)


def _of_function(
    optimum: Optimum, estimand: Estimand, q: float, deviation: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Form the interval of a deterministic where it has no bounds and map it back."""
    from scipy.special import expit, logit

    values = optimum.natural_values[estimand.name].ravel()
    low, high = values - q * deviation, values + q * deviation
    positive, share, correlation = _ranges(optimum, estimand)
    with np.errstate(all="ignore"):
        wide = q * deviation / values
        ends = values * np.exp(-wide), values * np.exp(wide)
        low, high = np.where(positive, ends[0], low), np.where(positive, ends[1], high)
        wide = q * deviation / (values * (1 - values))
        ends = expit(logit(values) - wide), expit(logit(values) + wide)
        low, high = np.where(share, ends[0], low), np.where(share, ends[1], high)
        wide = q * deviation / (1 - values**2)
        ends = np.tanh(np.arctanh(values) - wide), np.tanh(np.arctanh(values) + wide)
        low, high = np.where(correlation, ends[0], low), np.where(correlation, ends[1], high)
    return _of_one_coordinate(optimum, estimand, q, low, high)


def _of_one_coordinate(
    optimum: Optimum, estimand: Estimand, q: float, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Put in place, for scalars that are a function of a single coordinate, their range over its interval."""
    low, high = low.copy(), high.copy()
    deviation = optimum.coordinate_deviation
    alone = {}
    for i in range(low.size):
        on = np.flatnonzero(optimum.depends(estimand, i))
        if on.size == 1 and deviation[on[0]] > 0:
            alone[i] = q * deviation[on[0]] * (np.arange(optimum.z.size) == optimum.active[on[0]])
    if not alone:
        return low, high
    # All coordinates are moved at once, because each of these scalars depends on its own one only.
    together = np.max(list(alone.values()), axis=0)
    seen = _along(optimum, estimand, together, places(-1.0, 1.0))
    for i, step in alone.items():
        lower, upper = _range_of(optimum, estimand, i, step, seen[:, i])
        if np.isfinite(lower) and np.isfinite(upper) and lower < upper:
            ends = np.array([lower, upper])
            low[i], high[i] = np.where(np.abs(ends) < ZERO_ROUNDING * (upper - lower), 0.0, ends)
    return low, high


def _along(optimum: Optimum, estimand: Estimand, step: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return all scalars of an estimand at places between one step back and one ahead, shape ``(places, size)``."""
    return np.array([optimum.natural_values_at(optimum.z + t * step)[estimand.name].ravel() for t in at])


def _range_of(
    optimum: Optimum, estimand: Estimand, i: int, step: np.ndarray, values: np.ndarray
) -> tuple[float, float]:
    """Return the range of a scalar, of which some values on the way are known; NaN where one has overflowed."""
    if np.any(np.isinf(values)):
        return np.nan, np.nan
    changes = np.diff(values)
    if np.all(changes > 0) or np.all(changes < 0):
        return float(min(values[0], values[-1])), float(max(values[0], values[-1]))

    def function(at: np.ndarray, sign: float = 1.0) -> np.ndarray:
        return np.asarray(sign * _along(optimum, estimand, step, at)[:, i])

    # The ends of a function that is not monotone may lie inside, as those of a square do.
    return least(function, -1.0, 1.0), -least(partial(function, sign=-1.0), -1.0, 1.0)


def _on_coordinates(optimum: Optimum, estimand: Estimand, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Form the interval on the unconstrained coordinates and map it back."""
    assert estimand.positions is not None
    jacobian = estimand.slopes(optimum.jacobian)
    slope = np.abs(jacobian[np.arange(width.size), estimand.positions])
    width = np.where(slope > 0, width / np.where(slope > 0, slope, 1.0), np.nan)
    ends = []
    for sign in (-1.0, 1.0):
        z = optimum.z.copy()
        z[estimand.positions] += np.where(np.isfinite(width), sign * width, 0.0)
        ends.append(optimum.natural_values_at(z)[estimand.name].ravel())
    return np.minimum(*ends), np.maximum(*ends)


def _ranges(optimum: Optimum, estimand: Estimand) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Say of every scalar whether it is positive, a share or a correlation, as far as its uncertainty reaches."""
    seen = np.array([shown[estimand.name].ravel() for shown in optimum.surroundings])
    finite = np.isfinite(seen)
    # For coordinates far out a share is 0 or 1 to all digits.
    above, below = np.all((seen >= 0) | ~finite, axis=0), np.all((seen <= 1) | ~finite, axis=0)
    inside = np.all((np.abs(seen) <= 1) | ~finite, axis=0)
    at = optimum.natural_values[estimand.name].ravel()
    share = above & below & (at < 1)
    return above & ~share & (at > 0), share, inside & ~above & (np.abs(at) < 1)
