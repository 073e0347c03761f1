"""A likelihood is a sum: twenty measurements of the speed of light around one unknown mean.

Michelson's first twenty measurements of 1879, as NIST's Statistical Reference Datasets list them (univariate
summary statistics, "Michelso"; A. A. Michelson 1882, Astronomical Papers 1, U.S. Nautical Almanac Office). They
are in hundreds of km/s above 299 000, where their spread is close to one; the model takes it to be one, so that
the mean is all that is unknown. The prior is Normal(10, 1): a guess of 300 000 km/s that is worth one measurement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_most, between, claim, close_to_exact, equal, worst
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.varied import Question, Range, overridden

SPEEDS = np.array([
    8.5, 7.4, 9.0, 10.7, 9.3, 8.5, 9.5, 9.8, 9.8, 8.8, 10.0, 9.8, 9.3, 6.5, 7.6, 8.1, 10.0, 10.0, 9.6, 9.6,
])  # fmt: skip
GUESS = 10.0  # the prior's mean; its standard deviation is one, as the data's is
KNOWN = 7.92458  # the speed in vacuum, by definition of the metre since 1983
COPIES = 10
OFF = 1.5  # how far from the mean the figure puts the two other values of mu
SMALLEST = -1075 * np.log(2)  # half of the smallest double is rounded to zero


def data(copies: int = 1) -> Data:
    """Return the twenty speeds, in hundreds of km/s above 299 000, ``copies`` times."""
    return _data(np.tile(SPEEDS, copies))


def _data(speed: np.ndarray) -> Data:
    return Data({"speed": speed}, dims={"speed": ("measurement",)})


def model(data: Data, guess_sd: Any = 1.0, **_: Any) -> None:
    """Normal measurements with standard deviation one around an unknown mean."""
    import pymc as pm

    mu = pm.Normal("mu", GUESS, guess_sd)
    pm.Normal("y", mu, 1, observed=data.speed, dims="measurement")


def simulate(
    rng: np.random.Generator, n: int = 20, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    """Draw ``n`` measurements, by default around a mean of nine."""
    true = overridden({"mu": 9.0}, truth)
    return _data(rng.normal(true["mu"], 1.0, n)), true


def _terms(mu: float) -> np.ndarray:
    """Return each measurement's term of the log-likelihood, by SciPy."""
    from scipy.stats import norm

    return np.asarray(norm.logpdf(SPEEDS, mu, 1))


def _log_likelihood(comparison: Any, mu: Any, copies: int = 1) -> np.ndarray:
    """Return the graph's own log-likelihood at each ``mu``."""
    engine = comparison["default"].engine.with_data(speed=np.tile(comparison["default"].data.speed, copies))
    return np.array([engine.value(np.array([m]))[0] for m in np.ravel(mu)])


def _around(comparison: Any) -> np.ndarray:
    return np.linspace(-3, 3, 61) + float(comparison["default"].data.speed.mean())


@claim("The log-likelihood of mu is the sum of the measurements' log-densities (largest difference on a grid of mu)")
def likelihood_is_a_sum(comparison: Any) -> Claim:
    grid = _around(comparison)
    return at_most(float(np.max(np.abs(_log_likelihood(comparison, grid) - [_terms(m).sum() for m in grid]))), 1e-10)


@claim("The log-likelihood of mu falls from its top by n (mu - mean)^2 / 2 and nothing else, for n measurements and "
       "their mean (largest difference on a grid of mu)")  # fmt: skip
def likelihood_is_a_parabola(comparison: Any) -> Claim:
    grid, y = _around(comparison), comparison["default"].data.speed
    fall = _log_likelihood(comparison, y.mean()) - _log_likelihood(comparison, grid)
    return at_most(float(np.max(np.abs(fall - y.size * (grid - y.mean()) ** 2 / 2))), 1e-10)


@claim("The MLE of mu is the mean of the measurements (difference)")
def mle_is_the_mean(comparison: Any) -> Claim:
    return at_most(
        abs(comparison["default"].row("mle", "mu").estimate - comparison["default"].data.speed.mean()), 1e-10
    )


@claim("The standard error of the MLE of mu is 1/sqrt(n), for n measurements of standard deviation one (relative "
       "difference)")  # fmt: skip
def standard_error_is_known(comparison: Any) -> Claim:
    return at_most(abs(comparison["default"].row("mle", "mu").std_error * np.sqrt(SPEEDS.size) - 1), 1e-9)


@claim("Wald and profile interval of mu are the same, mean -+ z/sqrt(n), for n measurements and the normal quantile z "
       "(largest difference of four ends)")  # fmt: skip
def intervals_are_one(comparison: Any) -> Claim:
    from scipy.stats import norm

    y, gaps = comparison["default"].data.speed, []
    for kind in ("wald", "profile"):
        row = comparison["default"].interval("mle", kind, "mu")
        half = norm.ppf(0.5 + row.ci_prob / 2) / np.sqrt(y.size)
        gaps += [abs(row.lower - (y.mean() - half)), abs(row.upper - (y.mean() + half))]
    return at_most(max(gaps), 1e-8)


def _ascent(comparison: Any, steps: int) -> np.ndarray:
    """Return the steps of gradient ascent on the log-likelihood from zero, at half of Newton's rate."""
    engine, path = comparison["default"].engine, [0.0]
    for _ in range(steps):
        slope = engine.slopes(np.array([path[-1]]))[1][0, 0]
        path.append(path[-1] + 0.5 / SPEEDS.size * float(slope))
    return np.array(path)


@claim("Gradient ascent on the log-likelihood of mu arrives at the MLE (distance after 60 steps)")
def ascent_arrives(comparison: Any) -> Claim:
    return at_most(abs(_ascent(comparison, 60)[-1] - comparison["default"].row("mle", "mu").estimate), 1e-10)


@claim("Gradient ascent at half of Newton's rate halves the distance to the MLE of mu with each step (largest "
       "deviation from half, 20 steps)")  # fmt: skip
def ascent_halves(comparison: Any) -> Claim:
    away = _ascent(comparison, 20) - comparison["default"].data.speed.mean()
    return at_most(float(np.max(np.abs(away[1:] / away[:-1] - 0.5))), 1e-8)


def _underflow() -> tuple[int, int]:
    """Return after how many terms the product at the MLE is zero, and how many its logarithm foretells."""
    terms = np.tile(_terms(float(SPEEDS.mean())), 100)
    product, total = np.cumprod(np.exp(terms)), np.cumsum(terms)
    return int(np.argmax(product == 0)) + 1, int(np.argmax(total < SMALLEST)) + 1


@claim("The product of the twenty measurements' densities, gone through again and again, is zero in double precision "
       "after the number of factors that the sum of their logarithms foretells, but for rounding (factors)"
       )  # fmt: skip
def product_underflows(comparison: Any) -> Claim:
    product, foretold = _underflow()
    return between(product, foretold - 2, foretold + 2)


@claim("The sum of the measurements' log-densities is exact where the product of the densities is zero: a thousand "
       "copies give a thousand times the sum (relative difference)")  # fmt: skip
def sum_does_not_underflow(comparison: Any) -> Claim:
    mean = float(SPEEDS.mean())
    return at_most(abs(_log_likelihood(comparison, mean, 1000)[0] / (1000 * _terms(mean).sum()) - 1), 1e-12)


@claim("Ten copies of the data leave the MLE of mu where it is (difference)")
def copies_do_not_move_the_mle(comparison: Any) -> Claim:
    return at_most(
        abs(comparison["tenfold"].row("mle", "mu").estimate - comparison["default"].row("mle", "mu").estimate), 1e-10
    )


@claim("Ten copies of the data make the curvature of the log-likelihood of mu ten times as large (relative difference)")
def copies_multiply_the_curvature(comparison: Any) -> Claim:
    z = np.array([SPEEDS.mean()])
    one, ten = (-comparison[v].engine.derivatives(z)[2][0, 0, 0] for v in ("default", "tenfold"))
    return at_most(abs(float(ten / one) / COPIES - 1), 1e-10)


@claim(
    "Ten copies of the data divide the standard error of the MLE of mu by the square root of ten (relative difference)"
)
def copies_shrink_the_error(comparison: Any) -> Claim:
    one, ten = (comparison[v].row("mle", "mu").std_error for v in ("default", "tenfold"))
    return at_most(abs(one / ten / np.sqrt(COPIES) - 1), 1e-9)


def _posterior(n: int) -> tuple[float, float]:
    """Return mean and standard deviation of the conjugate posterior: the guess is one more measurement."""
    return float((n * SPEEDS.mean() + GUESS) / (n + 1)), float((n + 1) ** -0.5)


@claim("The MAP of mu is the mean of the measurements and the prior's guess, which counts as one measurement (largest "
       "difference, both variants)")  # fmt: skip
def map_counts_the_guess(comparison: Any) -> Claim:
    gaps = [abs(s.row("map", "mu").estimate - _posterior(s.data.speed.size)[0]) for s in comparison.solutions.values()]
    return at_most(max(gaps), 1e-10)


@claim("Laplace's interval of mu is that of the exact posterior (largest difference of its ends)")
def laplace_is_exact(comparison: Any) -> Claim:
    from scipy.stats import norm

    row, (mean, sd) = comparison["default"].interval("map", "laplace", "mu"), _posterior(SPEEDS.size)
    ends = norm.ppf([0.5 - row.ci_prob / 2, 0.5 + row.ci_prob / 2], mean, sd)
    return at_most(max(abs(row.lower - ends[0]), abs(row.upper - ends[1])), 1e-8)


@claim("The posterior mean of mu is the mean of the measurements and the prior's guess, which counts as one "
       "measurement (in Monte Carlo errors)")  # fmt: skip
def posterior_mean_is_conjugate(comparison: Any) -> Claim:
    draws = comparison["default"].panels["mcmc"].native["posterior"]["mu"].values
    return close_to_exact(draws, _posterior(SPEEDS.size)[0])


@claim(
    "The posterior variance of mu is 1/(n + 1), for n measurements of standard deviation one (in Monte Carlo errors)"
)
def posterior_variance_is_conjugate(comparison: Any) -> Claim:
    mean, sd = _posterior(SPEEDS.size)
    return close_to_exact((comparison["default"].panels["mcmc"].native["posterior"]["mu"].values - mean) ** 2, sd**2)


@claim("Ten copies of the data make the posterior variance of mu 1/(10 n + 1), for n measurements of standard "
       "deviation one (in Monte Carlo errors)")  # fmt: skip
def copies_narrow_the_posterior(comparison: Any) -> Claim:
    mean, sd = _posterior(COPIES * SPEEDS.size)
    return close_to_exact((comparison["tenfold"].panels["mcmc"].native["posterior"]["mu"].values - mean) ** 2, sd**2)


@claim("The posterior interval of mu begins and ends at quantiles of a normal distribution, with the data and with ten "
       "copies of them (larger gap, in Monte Carlo errors)")  # fmt: skip
def posterior_interval_is_normal(comparison: Any) -> Claim:
    from scipy.stats import norm

    found = []
    for solved in comparison.solutions.values():
        row, at = solved.interval("mcmc", "eti", "mu"), norm(*_posterior(solved.data.speed.size))
        draws = solved.panels["mcmc"].native["posterior"]["mu"].values
        for prob in (0.5 - row.ci_prob / 2, 0.5 + row.ci_prob / 2):
            found.append(close_to_exact(draws, at.ppf(prob), prob=prob))
    return worst(found)


@claim("The speed of light in vacuum lies outside the interval of mu in every panel, and further out, in half-widths "
       "of the interval, with ten times the data (panels of which this is so)")  # fmt: skip
def instrument_is_off(comparison: Any) -> Claim:
    def away(variant: str, method: str) -> float:
        row = comparison[variant].row(method, "mu")
        return float(abs(KNOWN - (row.lower + row.upper) / 2) / ((row.upper - row.lower) / 2))

    return equal(float(sum(1 < away("default", m) < away("tenfold", m) for m in ("mle", "map", "mcmc"))), 3.0)


def three_means(comparison: Any) -> Figure:
    """The measurements under three values of mu: too low, right and too high."""
    from scipy.stats import norm

    y = comparison["default"].data.speed
    grid = np.linspace(y.min() - 2, y.max() + 2, 200)
    named = {"too low": y.mean() - OFF, "MLE": y.mean(), "too high": y.mean() + OFF}
    curves = [
        Series(f"{name}, log-likelihood {_terms(m).sum():.1f}", grid.tolist(), norm.pdf(grid, m, 1).tolist())
        for name, m in named.items()
    ]
    return Figure(
        "The likelihood is highest where the curve stands over the measurements",
        "Each measurement adds the logarithm of the curve's height above it. Where the curve stands over the "
        "measurements the sum is largest.",
        "speed, 100 km/s above 299 000",
        "density",
        (*curves, Series("measurements", y.tolist(), [0.0] * y.size, kind="points")),
    )


def log_likelihoods(comparison: Any) -> Figure:
    """The log-likelihood of the data, and of ten copies of them."""
    y = comparison["default"].data.speed
    grid = np.linspace(y.mean() - OFF - 0.5, y.mean() + OFF + 0.5, 120)
    one, ten = (_log_likelihood(comparison, grid, k) - _log_likelihood(comparison, y.mean(), k) for k in (1, COPIES))
    near = ten > one.min()
    marks = [y.mean() - OFF, y.mean(), y.mean() + OFF]
    return Figure(
        "The log-likelihood of the data and of ten copies of them",
        "The top of the log-likelihood is the MLE, its curvature the precision; ten copies of the data curve it ten "
        "times as much. The points are three values of mu: too low, right and too high.",
        "mu, 100 km/s above 299 000",
        "log-likelihood, below its maximum",
        (
            Series("twenty measurements", grid.tolist(), one.tolist()),
            Series("ten copies of them", grid[near].tolist(), ten[near].tolist()),
            Series("too low, right, too high", marks, [-y.size * (m - y.mean()) ** 2 / 2 for m in marks], "points"),
        ),
    )


def answer(comparison: Any) -> str:
    """Say what a likelihood is and where its top lies."""
    mle, y = comparison["default"].row("mle", "mu"), comparison["default"].data.speed
    return (
        f"The likelihood of mu is the product of the {y.size} measurements' densities. Its logarithm is highest, "
        f"{_terms(y.mean()).sum():.1f}, where mu is their mean, {mle.estimate:.2f}, and lower by a half at one "
        f"standard error, {mle.std_error:.3f}, to either side."
    )


def halving(comparison: Any) -> str:
    """Say what ten times the data did to the standard error."""
    one, ten = (comparison[v].row("mle", "mu").std_error for v in ("default", "tenfold"))
    return (
        f"Three times as many, {3 * SPEEDS.size}, for the curvature adds up, and the error is one over its root. "
        f"Ten times the data made it {one / ten:.2f} times smaller, from {one:.3f} to {ten:.3f}."
    )


def worth(comparison: Any) -> str:
    """Say how far the prior moves the mode."""
    mle, mode = (comparison["default"].row(m, "mu").estimate for m in ("mle", "map"))
    return (
        f"One: the guess of {GUESS:g} moves the mode from {mle:.3f} to {mode:.3f}, "
        f"{(mode - mle) / (GUESS - mle):.3f} of the way, which is 1/{SPEEDS.size + 1}."
    )


def underflowing(comparison: Any) -> str:
    """Say after how many terms the product is zero."""
    return (
        f"After {_underflow()[0]} factors the product is zero in double precision, whatever mu is; the sum of "
        f"logarithms of a thousand copies of the data is {_log_likelihood(comparison, SPEEDS.mean(), 1000)[0]:.0f}, "
        "and no trouble at all."
    )


scenario = Scenario(
    name="gaussian_mean",
    question="What is a likelihood, and where is its maximum?",
    source="Michelson (1882), Astronomical Papers 1; the first twenty of the hundred measurements in NIST's "
    "Statistical Reference Datasets, Michelso",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("mu",),
    variants={"tenfold": {"copies": COPIES}},
    claims=(
        likelihood_is_a_sum, likelihood_is_a_parabola, mle_is_the_mean, standard_error_is_known, intervals_are_one,
        ascent_arrives, ascent_halves, product_underflows, sum_does_not_underflow, copies_do_not_move_the_mle,
        copies_multiply_the_curvature, copies_shrink_the_error, map_counts_the_guess, laplace_is_exact,
        posterior_mean_is_conjugate, posterior_variance_is_conjugate, copies_narrow_the_posterior,
        posterior_interval_is_normal, instrument_is_off,
    ),
    holdout=lambda data: np.arange(data.speed.size) % 5 == 4,
    mathematics=(
        r"y_i \sim \mathrm{Normal}(\mu, 1), \quad i = 1, \dots, n",
        rf"\mu \sim \mathrm{{Normal}}({GUESS:g}, 1)",
    ),
    why=(
        "Each measurement says how probable it is under a value of mu, and the log-likelihood adds up what "
        "they say. With a known spread it is a parabola around their mean. Its top is the MLE, and its "
        "curvature is the number of measurements. The Wald interval takes every log-likelihood for a parabola, "
        "so here it is the profile interval.",
        "The prior is one more term of that sum, of the same form and weight as a single measurement. So MAP "
        "and posterior mean are the same. They lie one part in n + 1 of the way from the MLE to the guess. The "
        "posterior is a little narrower than the confidence interval because it has counted one measurement "
        "more.",
        "A product of densities becomes too small for a computer's numbers after a few hundred terms; the sum "
        "of their logarithms does not. This is why every program that maximises a likelihood maximises its "
        "logarithm.",
        "All three panels say around which value the measurements scatter, and grow more certain of it with "
        "their number. None can say that the instrument is off: the speed of light is known today, and lies "
        "outside all three intervals.",
    ),
    figures=(three_means, log_likelihoods),
    varies={"guess_sd": Range(30.0, 0.05, "prior standard deviation of mu, 100 km/s")},
    about="Michelson's first twenty measurements of the speed of light, in hundreds of km/s above 299 000, where "
    "their standard deviation is close to one and is taken to be one. mu is the speed itself; its prior is a "
    "guess of 300 000 km/s that is worth one measurement.",
    chapter="losses",
    position=1,
    answer=answer,
    units={"mu": "100 km/s above 299 000"},
    questions=(
        Question("How many measurements, beside the first twenty, halve the standard error of mu?", halving),
        Question("How many measurements does the prior of mu count for?", worth),
        Question("Why is a likelihood never computed as the product of its factors?", underflowing),
    ),
)  # fmt: skip
