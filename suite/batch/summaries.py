"""What ArviZ says of one posterior's draws, computed for many data sets at once.

An ArviZ summary takes about a hundred times as long as sampling a small model in a batch does. The functions here
take one scalar of many data sets, shape ``(lanes, chains, draws)``, and return one figure a lane. They follow ArviZ's
definitions term by term, and the tests hold them to its results.

References
----------
Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), Rank-normalization, folding, and localization: an improved
R-hat for assessing convergence of MCMC, Bayesian Analysis 16(2), 667-718: split R-hat in equations (1) to (4),
rank-normalisation in (14), effective sample sizes in (9) to (13).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONSTANT = 1e-15  # a range below which ArviZ takes draws for constant and counts each as effective
SMALLEST = 4  # draws of a chain below which ArviZ gives no diagnostic
LEAST_FOR_ROOT = 225  # effective draws from which a tail is of three roots of their number
FEWEST, WIDTH = 5, 32  # draws of a tail, and to whose multiples it is filled up
PRIOR_DRAWS = 10  # that the prior of a tail's shape, centred at one half, counts for
OFFSET = 3 / 8  # Blom's (1958) offset of the ranks
TOGETHER = 32  # lanes that are summarised at once: their draws stay close to the processor


@dataclass(frozen=True)
class Summary:
    """Figures of one scalar, each of shape ``(lanes,)``; quantiles ``(lanes, probabilities)``.

    Attributes
    ----------
    mean, sd
        Of all draws of a lane; the standard deviation divides by their number less one.
    quantiles
        Linear interpolation between order statistics.
    hdi
        Shortest interval that holds the asked share of the draws, shape ``(lanes, 2)``.
    r_hat, ess_bulk, ess_tail, mcse_mean
        As ``arviz.rhat``, ``arviz.ess`` and ``arviz.mcse`` with their default methods; the tail's effective size
        is that of the 5 % and the 95 % quantile.
    """

    mean: np.ndarray
    sd: np.ndarray
    quantiles: np.ndarray
    hdi: np.ndarray
    r_hat: np.ndarray
    ess_bulk: np.ndarray
    ess_tail: np.ndarray
    mcse_mean: np.ndarray


def summarise(draws: np.ndarray, probabilities: Sequence[float], *, hdi_prob: float = 0.95) -> Summary:
    """Summarise one scalar of many data sets.

    Parameters
    ----------
    draws
        Shape ``(lanes, chains, draws)``.
    probabilities
        Which quantiles to return.
    hdi_prob
        Share of the draws that the shortest interval holds.
    """
    some = [draws[k : k + TOGETHER] for k in range(0, max(len(draws), 1), TOGETHER)]
    parts = [vars(_summary(one, probabilities, hdi_prob)).values() for one in some]
    return Summary(*(np.concatenate(figures) for figures in zip(*parts, strict=True)))


def _summary(draws: np.ndarray, probabilities: Sequence[float], hdi_prob: float) -> Summary:
    lanes = draws.shape[0]
    flat = draws.reshape(lanes, -1)
    ordered = np.sort(flat, axis=1)
    with np.errstate(all="ignore"):  # what is not finite has no diagnostic: NaN says so
        sd = flat.std(axis=1, ddof=1)
        halves = split(draws)
        whole = ordered if halves.size == draws.size else np.sort(halves.reshape(lanes, -1), axis=1)
        middle = whole.shape[1] // 2
        median = (whole[:, middle - 1] + whole[:, middle]) / 2  # halves are even in number
        scaled = normal_scores(halves)
        folded = normal_scores(np.abs(halves - median[:, None, None]))
        tails = [halves <= bound[:, None, None] for bound in quantiles_of(ordered, (0.05, 0.95)).T]
        sizes = [effective_size(half) for half in tails]
        return Summary(
            mean=flat.mean(axis=1),
            sd=sd,
            quantiles=quantiles_of(ordered, probabilities),
            hdi=shortest_interval(ordered, hdi_prob),
            r_hat=np.maximum(potential_scale_reduction(scaled), potential_scale_reduction(folded)),
            ess_bulk=effective_size(scaled),
            ess_tail=np.minimum(*sizes),
            mcse_mean=sd / np.sqrt(effective_size(halves)),
        )


def tail_index(draws: np.ndarray, ess_tail: np.ndarray) -> np.ndarray:
    """Return the Pareto tail index of each lane, of its heavier tail: NaN where a tail is all one value.

    Zhang and Stephens' (2009) estimate of a generalised Pareto distribution's shape, with the prior of Vehtari,
    Simpson, Gelman, Yao and Gabry (2024, J. Mach. Learn. Res. 25(72)), on as many draws as they advise.

    Parameters
    ----------
    draws
        Shape ``(lanes, chains, draws)``.
    ess_tail
        Their effective sizes in the tails, ``(lanes,)``.
    """
    flat = draws.reshape(draws.shape[0], -1)
    ordered = np.sort(flat, axis=1)
    size = flat.shape[1]
    with np.errstate(all="ignore"):
        wanted = np.where(ess_tail > LEAST_FOR_ROOT, np.floor(3 * size / np.sqrt(ess_tail)), size // 5)
    count = np.clip(wanted, FEWEST, size // 2).astype(int)
    found = np.full(len(flat), np.nan)
    # Of one width for lanes of about as many tail draws, so that a lane's sums do not hang on the others.
    for width in np.unique(-(-count // WIDTH) * WIDTH):
        alike = np.flatnonzero(-(-count // WIDTH) * WIDTH == width)
        for rows in np.split(alike, range(TOGETHER, alike.size, TOGETHER)):
            both = [_shape(side, count[rows], int(width)) for side in (ordered[rows], -ordered[rows, ::-1])]
            found[rows] = np.maximum(*both)
    found[np.isinf(flat).any(axis=1)] = np.inf
    return found


@np.errstate(all="ignore")  # a tail of one value has no shape, and NaN says so
def _shape(ordered: np.ndarray, count: np.ndarray, width: int) -> np.ndarray:
    """Return the shape of the upper tails: of the ``count`` largest draws of each row."""
    rows, size = np.arange(len(ordered)), ordered.shape[1]
    place = size - count[:, None] + np.arange(width)
    used = place < size
    tail = np.where(used, ordered[rows[:, None], np.minimum(place, size - 1)], 0.0)
    x = np.where(used, tail - ordered[rows, size - count - 1][:, None], 0.0)
    largest = x[rows, count - 1]
    quartile = x[rows, (count / 4 + 0.5).astype(int) - 1]
    most = int(30 + np.sqrt(width))
    trials = 30 + np.sqrt(count).astype(int)
    k = np.arange(1, most + 1)
    tried = (1 - np.sqrt(trials[:, None] / (k - 0.5))) / (3 * quartile[:, None]) + 1 / largest[:, None]
    tried = np.where(k <= trials[:, None], tried, np.nan)
    inner = 1 - tried[:, :, None] * x[:, None, :]
    mean = np.log(inner, out=inner).sum(axis=2) / count[:, None]  # five times as fast as log1p, and exact enough
    height = count[:, None] * (np.log(-tried / mean) - mean - 1)
    top = np.max(np.where(np.isnan(height), -np.inf, height), axis=1, keepdims=True)
    weight = np.exp(height - top)
    weight = np.where(np.isnan(weight), 0.0, weight)
    weight = weight / weight.sum(axis=1, keepdims=True)
    weight = np.where(weight >= 10 * np.finfo(float).eps, weight, 0.0)
    rate = np.sum(np.where(weight > 0, tried * weight, 0.0), axis=1) / weight.sum(axis=1)
    shape = np.log1p(-rate[:, None] * x).sum(axis=1) / count
    shape = (count * shape + PRIOR_DRAWS * 0.5) / (count + PRIOR_DRAWS)
    shape = np.where(np.isnan(shape), np.inf, shape)
    shape = np.where(quartile > x[:, 0], shape, np.nan)  # far from any generalised Pareto distribution
    return np.where(largest - x[:, 0] < np.finfo(float).tiny, np.nan, shape)


def split(draws: np.ndarray) -> np.ndarray:
    """Cut each chain in two halves, which count as chains; the middle draw of an odd number is left out."""
    half = draws.shape[2] // 2
    return np.concatenate([draws[:, :, :half], draws[:, :, draws.shape[2] - half :]], axis=1)


def normal_scores(draws: np.ndarray) -> np.ndarray:
    """Replace draws by the normal quantiles of their ranks within a lane; ties share their mean rank."""
    from scipy.special import ndtri

    lanes = draws.shape[0]
    flat = draws.reshape(lanes, -1)
    size = flat.shape[1]
    order = np.argsort(flat, axis=1)  # in which order ties come does not matter
    ordered = np.take_along_axis(flat, order, axis=1)
    fresh = np.ones((lanes, size), dtype=bool)
    fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    places = np.arange(size)
    first = np.maximum.accumulate(np.where(fresh, places, 0), axis=1)
    ends = np.ones((lanes, size), dtype=bool)
    ends[:, :-1] = fresh[:, 1:]
    last = np.minimum.accumulate(np.where(ends, places, size)[:, ::-1], axis=1)[:, ::-1]
    # Ranks are whole or half numbers, so that the quantiles of all of them are a table.
    table = ndtri((0.5 * np.arange(2 * size - 1) + 1 - OFFSET) / (size - 2 * OFFSET + 1))
    scores = np.empty((lanes, size))
    np.put_along_axis(scores, order, table[first + last], axis=1)
    scores[~np.isfinite(flat).all(axis=1)] = np.nan
    return scores.reshape(draws.shape)


def potential_scale_reduction(chains: np.ndarray) -> np.ndarray:
    """Return R-hat: the root of the variance of all chains together over that within them."""
    if chains.shape[2] < SMALLEST // 2:
        return np.full(chains.shape[0], np.nan)
    draws = chains.shape[2]
    between = draws * np.var(chains.mean(axis=2), axis=1, ddof=1)
    within = np.var(chains, axis=2, ddof=1).mean(axis=1)
    return np.asarray(np.sqrt((between / within + draws - 1) / draws))


def effective_size(chains: np.ndarray) -> np.ndarray:
    """Return the number of independent draws with the same Monte Carlo error of their mean.

    Autocorrelations are summed over Geyer's initial monotone sequence: pairs of neighbouring lags for as long as
    their sum is positive, each pair no larger than the one before.
    """
    lanes, count, draws = chains.shape
    x = chains.astype(float)
    covariance = _autocovariance(x)
    within = covariance[:, 0] * draws / (draws - 1.0)
    total = within * (draws - 1.0) / draws
    if count > 1:
        total = total + np.var(x.mean(axis=2), axis=1, ddof=1)
    rho = 1.0 - (within[:, None] - covariance) / total[:, None]
    rho[:, 0] = 1.0

    most = max(0, (draws - 3) // 2)  # pairs of lags (2, 3), (4, 5), ... that ArviZ looks at
    even, odd = rho[:, 0 : 2 * most + 2 : 2], rho[:, 1 : 2 * most + 2 : 2]
    sums = even + odd
    # The first pair whose sum is not positive ends the sequence; of it the even lag counts where it is positive.
    stops = np.concatenate([sums[:, :most] <= 0, np.ones((lanes, 1), dtype=bool)], axis=1).argmax(axis=1)
    falling = np.minimum.accumulate(sums, axis=1)
    kept = np.arange(sums.shape[1]) < stops[:, None]
    rest = even[np.arange(lanes), stops]
    rest = np.where((rest > 0) | (sums[np.arange(lanes), stops] >= 0), rest, 0.0)
    tau = -1.0 + 2.0 * np.sum(np.where(kept, falling, 0.0), axis=1) + rest
    size = count * draws
    effective = size / np.maximum(tau, 1 / np.log10(size))
    constant = np.ptp(x.reshape(lanes, -1), axis=1) < CONSTANT
    return np.asarray(np.where(constant, float(size), effective))


def _autocovariance(chains: np.ndarray) -> np.ndarray:
    """Return the mean over chains of the autocovariance at every lag, shape ``(lanes, draws)``."""
    from scipy.fft import irfft, next_fast_len, rfft

    draws = chains.shape[2]
    length = next_fast_len(2 * draws, real=True)
    spectrum = rfft(chains - chains.mean(axis=2, keepdims=True), n=length, axis=2)
    power = (spectrum.real**2 + spectrum.imag**2).mean(axis=1)
    return np.asarray(irfft(power, n=length, axis=1)[:, :draws] / draws)


def quantiles_of(ordered: np.ndarray, probabilities: Sequence[float]) -> np.ndarray:
    """Return quantiles of draws that are in order, by linear interpolation: shape ``(lanes, probabilities)``."""
    place = np.asarray(probabilities) * (ordered.shape[1] - 1)
    below = np.clip(np.floor(place).astype(int), 0, ordered.shape[1] - 1)
    above = np.minimum(below + 1, ordered.shape[1] - 1)
    share = place - below
    low, high = ordered[:, below], ordered[:, above]
    return np.asarray(np.where(share < 0.5, low + (high - low) * share, high - (high - low) * (1 - share)))


def shortest_interval(ordered: np.ndarray, prob: float) -> np.ndarray:
    """Return the shortest interval between draws that holds a share of them, shape ``(lanes, 2)``."""
    size = ordered.shape[1]
    within = min(int(np.floor(prob * size)), size - 1)
    widths = ordered[:, within:] - ordered[:, : size - within]
    at = np.argmin(widths, axis=1)
    lanes = np.arange(ordered.shape[0])
    return np.stack([ordered[lanes, at], ordered[lanes, at + within]], axis=1)
