"""What is compared of draws: means, standard deviations and tail probabilities, each with its Monte Carlo error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

QUANTITIES = ("mean", "sd", "below", "above")
TAILS = (0.1, 0.9)  # quantiles of the reference beyond which probabilities are compared
LEAST_ESS = 400.0  # effective draws below which a comparison is inconclusive
# Effective draws for each degree of freedom of the reference distribution of a difference in standard errors. The
# error is itself estimated, from the autocorrelations, and indicators are skewed: measured in docs/agreement.md.
ESS_PER_DEGREE = 12.0
FINITE_FOURTH = 0.25  # Pareto tail index up to which a fourth moment exists, without which a deviation has no error
FINITE_SECOND = 0.5  # up to which a variance exists, without which a mean has no error
SAME = 1e-9  # relative difference of constants that are the same


@dataclass(frozen=True)
class Figures:
    """Figures of some scalars, all ``(scalars, 4)`` in the order of :data:`QUANTITIES`, and the tails' places.

    Attributes
    ----------
    values
        Mean, standard deviation, probability below the lower place and above the upper one.
    errors
        Their Monte Carlo standard errors; NaN where there is none, because a moment does not exist.
    sizes
        Their effective numbers of draws.
    places
        The lower and the upper place, ``(scalars, 2)``: the reference's own 10 and 90 % points.
    """

    values: np.ndarray
    errors: np.ndarray
    sizes: np.ndarray
    places: np.ndarray


def describe(draws: np.ndarray, places: np.ndarray | None = None, tail_index: np.ndarray | None = None) -> Figures:
    """Return the figures of draws.

    Parameters
    ----------
    draws
        Shape ``(scalars, chains, draws)``.
    places
        Where the tails begin, ``(scalars, 2)``; None takes the draws' own 10 and 90 % points.
    tail_index
        Pareto tail index of each scalar: a mean has no error above 0.5, a standard deviation none above 0.25.

    Notes
    -----
    Effective sizes and errors are those of Vehtari et al. (2021), Bayesian Analysis 16(2), as in ArviZ: of the draws
    for the mean, of their squared distances from it for the standard deviation, of the indicators for probabilities.
    The error of a probability beyond the draws' own quantile is that of the indicator there, which by the delta method
    is the error that the estimated quantile brings to a probability of other draws beyond it.
    """
    from triptych.batch.summaries import effective_size, quantiles_of, split

    flat = draws.reshape(len(draws), -1).astype(float)
    if places is None:
        places = quantiles_of(np.sort(flat, axis=1), TAILS)
    mean, sd = flat.mean(axis=1), flat.std(axis=1, ddof=1)
    squares = (draws - mean[:, None, None]) ** 2
    below, above = draws <= places[:, 0, None, None], draws >= places[:, 1, None, None]
    with np.errstate(all="ignore"):
        sizes = np.stack([effective_size(split(x)) for x in (draws, squares, below, above)], axis=1)
        square = squares.reshape(len(draws), -1)
        spread = square.std(axis=1)
        probabilities = [x.reshape(len(draws), -1).mean(axis=1) for x in (below, above)]
        errors = np.stack(
            [
                sd / np.sqrt(sizes[:, 0]),
                np.where(spread > 0, spread / np.sqrt(sizes[:, 1]) / (2 * sd), 0.0),
                *(np.sqrt(p * (1 - p) / n) for p, n in zip(probabilities, sizes[:, 2:].T, strict=True)),
            ],
            axis=1,
        )
    if tail_index is not None:
        errors[tail_index > FINITE_SECOND, 0] = np.nan
        errors[tail_index > FINITE_FOURTH, 1] = np.nan
    constant = np.ptp(flat, axis=1) <= SAME * np.abs(mean)
    errors[constant] = [0.0, 0.0, np.nan, np.nan]  # of a constant no quantile is to be told from another
    return Figures(np.stack([mean, sd, *probabilities], axis=1), errors, sizes, places)


def difference_errors(one: Figures, other: Figures) -> tuple[np.ndarray, np.ndarray]:
    """Return the standard errors of differences between two figures, and their degrees of freedom.

    The two are of one distribution under the hypothesis, so the variance that one effective draw brings to a figure is
    taken over both, each weighted by its effective size, and a probability's at the share that both have together.
    Taken apart, the variance of few draws is too low where a skewed distribution's tail was missed by chance, and the
    figure is then too far off as well. A figure without an error on one side has none; a constant's error is zero.
    """
    with np.errstate(all="ignore"):
        both = one.sizes + other.sizes
        of_a_draw = ((one.errors * one.sizes) ** 2 + (other.errors * other.sizes) ** 2) / both
        shares = (one.values[:, 2:] * one.sizes[:, 2:] + other.values[:, 2:] * other.sizes[:, 2:]) / both[:, 2:]
        of_a_draw[:, 2:] = shares * (1 - shares)
        pooled = np.sqrt(of_a_draw * (1 / one.sizes + 1 / other.sizes))
    apart = np.hypot(one.errors, other.errors)
    vary = np.isfinite(pooled) & np.isfinite(apart) & (one.errors > 0) & (other.errors > 0)
    vary[:, 2:] = np.isfinite(apart[:, 2:])  # of two shares one may be zero
    return np.where(vary, pooled, apart), np.minimum(one.sizes, other.sizes) / ESS_PER_DEGREE


def most_errors(level: float, degrees: np.ndarray) -> np.ndarray:
    """Return how many standard errors a difference may have at a two-sided level, by Student's t."""
    from scipy.stats import t

    return np.asarray(t.isf(level / 2, degrees))
