"""Standard errors and curvature intervals, Wald's and Laplace's, of many data sets at once.

The rules are those of :mod:`triptych.estimates.curvature_intervals`: a bounded quantity's interval is formed where it
has no bounds and mapped back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from triptych.batch.modes import Modes
from triptych.batch.natural import Natural
from triptych.estimates.curvature_intervals import ZERO_ROUNDING
from triptych.estimates.optimum import AROUND, SEEN


@dataclass(frozen=True)
class Curved:
    """One maximum on the natural scale: each array has one column for each scalar, ``(lanes, scalars)``.

    Attributes
    ----------
    estimate
        Values at the maximum.
    std_error
        By the delta method; NaN where curvature gives none, as at a kink.
    lower, upper
        The interval; NaN where there is no standard error.
    unknown
        Whether a scalar moves with coordinates that the objective does not know: it then has no estimate.
    alike
        Whether a lane's scalars depend on no coordinates but those that they are seen to depend on, ``(lanes,)``.
    """

    estimate: np.ndarray
    std_error: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    unknown: np.ndarray
    alike: np.ndarray


@np.errstate(all="ignore")  # lanes that did not settle may be anywhere
def curvature_intervals(natural: Natural, found: Modes, active: np.ndarray, ci_prob: float) -> Curved:
    """Return estimates, standard errors and curvature intervals of all scalars of all lanes.

    Parameters
    ----------
    natural
        What is reported.
    found
        The maxima.
    active
        Positions of the coordinates that the objective knows.
    ci_prob
        The level.
    """
    from scipy.stats import norm

    q = float(norm.ppf(0.5 + ci_prob / 2))
    values, slopes = natural.slopes(found.z)
    deviation = _deviation(slopes, found)
    low, high = values - q * deviation, values + q * deviation
    for estimand, place in natural.slices():
        own = low[:, place], high[:, place]
        if estimand.positions is None:
            ends = _where_unbounded(natural, place, found, active, values[:, place], q * deviation[:, place], own)
        else:
            ends = _on_coordinates(natural, place, estimand.positions, found, slopes[:, place], q * deviation[:, place])
        low[:, place], high[:, place] = ends
    functions = np.array([e.positions is None for e in natural.estimands for _ in range(e.variable.size)])
    alone = np.flatnonzero(functions & np.isin(natural.alone, active))
    if alone.size:
        low, high = _of_one_coordinate(natural, alone, found, q, low, high)
    known = np.isin(np.arange(found.z.shape[1]), active)
    unknown = np.tile(natural.depends[:, ~known].any(axis=1), (len(values), 1))
    alike = ~np.any((slopes != 0) & ~natural.depends, axis=(1, 2))
    none = ~np.isfinite(deviation) | unknown
    nan = np.nan
    return Curved(
        np.where(unknown, nan, values), np.where(none, nan, deviation), np.where(none, nan, low),
        np.where(none, nan, high), unknown, alike,
    )  # fmt: skip


def _deviation(slopes: np.ndarray, found: Modes) -> np.ndarray:
    """Return the standard errors, ``(lanes, scalars)``; NaN where curvature gives none."""
    variance = np.einsum("lij,ljk,lik->li", slopes, found.covariance, slopes)
    # Held at a corner, a direction is left with rounding; without curvature its unit is the coordinate's own.
    unit = np.where(found.conditional > 0, found.conditional, 1.0)
    least = 1e-16 * np.einsum("lij,lj->li", slopes**2, unit)
    ok = np.isfinite(variance) & (variance > least)
    return np.where(ok, np.sqrt(np.where(ok, variance, 0.0)), np.nan)


def _on_coordinates(
    natural: Natural, place: slice, positions: np.ndarray, found: Modes, slopes: np.ndarray, width: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Form intervals of a free variable on its unconstrained coordinates and map them back."""
    slope = np.abs(slopes[:, np.arange(positions.size), positions])
    width = np.where(slope > 0, width / np.where(slope > 0, slope, 1.0), np.nan)
    z = np.tile(found.z[:, None], (1, 2, 1))
    step = np.where(np.isfinite(width), width, 0.0)
    z[:, 0, positions] -= step
    z[:, 1, positions] += step
    ends = natural.at(z)[:, :, place]
    return ends.min(axis=1), ends.max(axis=1)


def _where_unbounded(
    natural: Natural,
    place: slice,
    found: Modes,
    active: np.ndarray,
    values: np.ndarray,
    wide: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Form intervals of a deterministic where it has no bounds, on the logarithm, the logit or Fisher's z."""
    from scipy.special import expit, logit

    seen = natural.at(_surroundings(found, active))[:, :, place]
    finite = np.isfinite(seen)
    above, below = np.all((seen >= 0) | ~finite, axis=1), np.all((seen <= 1) | ~finite, axis=1)
    inside = np.all((np.abs(seen) <= 1) | ~finite, axis=1)
    share = above & below & (values < 1)
    positive, correlation = above & ~share & (values > 0), inside & ~above & (np.abs(values) < 1)
    found_ends = []
    for sign, end in zip((-1.0, 1.0), ends, strict=True):
        end = np.where(positive, values * np.exp(sign * wide / values), end)
        end = np.where(share, expit(logit(values) + sign * wide / (values * (1 - values))), end)
        found_ends.append(np.where(correlation, np.tanh(np.arctanh(values) + sign * wide / (1 - values**2)), end))
    return found_ends[0], found_ends[1]


def _surroundings(found: Modes, active: np.ndarray) -> np.ndarray:
    """Return random points around each maximum, as far as its uncertainty reaches, ``(lanes, points, p)``."""
    inner = np.nan_to_num(found.covariance[:, active[:, None], active])
    values, vectors = np.linalg.eigh(inner)
    root = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    scattered = np.random.default_rng(0).standard_normal((len(AROUND) * SEEN, active.size))
    z = np.tile(found.z[:, None], (1, len(scattered), 1))
    z[:, :, active] += np.repeat(AROUND, SEEN)[:, None] * np.einsum("lij,nj->lni", root, scattered)
    return z


def _of_one_coordinate(
    natural: Natural, which: np.ndarray, found: Modes, q: float, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Put in place, for functions of a single coordinate, their range over its interval."""
    on = natural.alone[which]
    deviation = np.sqrt(np.maximum(np.nan_to_num(np.diagonal(found.covariance, axis1=1, axis2=2)), 0.0))
    step = np.zeros_like(found.z)
    step[:, on] = q * deviation[:, on]
    least, greatest = natural.ranged(which, found.z - step, found.z + step)
    usable = np.isfinite(least) & np.isfinite(greatest) & (least < greatest)
    low, high = low.copy(), high.copy()
    for ends, into in ((least, low), (greatest, high)):
        ends = np.where(np.abs(ends) < ZERO_ROUNDING * (greatest - least), 0.0, ends)
        into[:, which] = np.where(usable, ends, into[:, which])
    return low, high
