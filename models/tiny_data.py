"""One, two or three observations, and the constant that is added to a variance so that nothing breaks.

The first patients of Student (1908), Biometrika 6(1), p. 20, hours of sleep gained. The prior is the conjugate one:
variance ~ InverseGamma(SHAPE, SCALE) and mu | variance ~ Normal(0, variance/WORTH) (Gelman et al., Bayesian Data
Analysis, 3rd ed., section 3.3), under which mode and posterior have closed forms for every n.

Adding a constant e to the variance's MLE, S/n + e, is what programs do against a zero. It is the mode under flat mu
and the prior density exp(-n e / (2 variance)): the variance's likelihood is variance^(-n/2) exp(-S/(2 variance)), and
setting the derivative of n/2 log(variance) + (S + n e)/(2 variance) to zero gives S/n + e. That prior holds n, so it is
another one for every n; and it has no integral, so that up to n = 3 there is a mode and no posterior.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_least, at_most, between, claim, close_to_exact, equal
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.table import Status
from triptych.problem.varied import Question, Range, overridden

HOURS = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
SHAPE, SCALE, WORTH = 3.0, 3.0, 1.0
CONSTANT = 0.01  # hours squared, added to the variance
SETS = 40_000
NO_INTEGRAL = (
    Status.NO_POSTERIOR,
    "with mu flat and the prior exp(-n e/(2 variance)) the posterior of the variance falls like variance^(-(n-1)/2), "
    "which has no integral up to n = 3; use a proper prior of the variance",
)


def data(n: int = 3) -> Data:
    """Return the hours of the first ``n`` patients."""
    return _data(HOURS[:n])


def _data(hours: np.ndarray) -> Data:
    return Data({"hours": hours}, dims={"hours": ("patient",)})


def model(data: Data, constant: float = 0.0, worth: Any = WORTH) -> None:
    """Normal hours; the conjugate prior, or the one that a constant added to the variance stands for."""
    import pymc as pm

    if constant:
        mu, variance = pm.Flat("mu"), pm.HalfFlat("variance")
        pm.Potential("constant", -data.hours.shape[0] * constant / (2 * variance))
    else:
        variance = pm.InverseGamma("variance", SHAPE, SCALE)
        mu = pm.Normal("mu", 0, (variance / worth) ** 0.5)
    pm.Normal("y", mu, variance**0.5, observed=data.hours, dims="patient")


def simulate(
    rng: np.random.Generator, n: int = 3, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    """Draw the hours of ``n`` patients, by default around one with variance one and a half."""
    true = overridden({"mu": 1.0, "variance": 1.5}, truth)
    return _data(rng.normal(true["mu"], np.sqrt(true["variance"]), n)), true


def _conjugate(y: np.ndarray) -> tuple[float, float, float, float]:
    """Return the posterior's centre of mu, its worth in observations, and shape and scale of the variance."""
    worth = WORTH + y.size
    centre = float(y.sum() / worth)
    squares = np.sum((y - centre) ** 2) + WORTH * centre**2
    return centre, worth, SHAPE + y.size / 2, float(SCALE + squares / 2)


PROPER = {"default": 3, "n2": 2, "n1": 1}  # variants with the conjugate prior, and their n
ADDED = {"constant_n3": 3, "constant_n1": 1}


@claim("At n = 3 and n = 2 the MLE of mu and of the variance are the mean and the squared scale that SciPy's norm.fit "
       "finds (largest relative difference)")  # fmt: skip
def mle_is_norm_fit(comparison: Any) -> Claim:
    from scipy.stats import norm

    gaps = []
    for variant in ("default", "n2", "constant_n3"):
        mean, scale = norm.fit(comparison[variant].data.hours)
        gaps.append(abs(comparison[variant].row("mle", "mu").estimate / mean - 1))
        gaps.append(abs(comparison[variant].row("mle", "variance").estimate / scale**2 - 1))
    return at_most(float(max(gaps)), 1e-8)


@claim("At n = 2 the MLE of the variance is a quarter of the squared difference of the two observations (relative "
       "difference)")  # fmt: skip
def mle_at_two(comparison: Any) -> Claim:
    y = comparison["n2"].data.hours
    return at_most(abs(comparison["n2"].row("mle", "variance").estimate / ((y[0] - y[1]) ** 2 / 4) - 1), 1e-9)


@claim("At n = 2 the Wald interval of mu, asked for 95 %, covers it with probability (2/pi) arctan(z/sqrt(2)), for the "
       "normal quantile z (simulated, 4 standard errors)")  # fmt: skip
def wald_at_two(comparison: Any) -> Claim:
    from scipy.stats import norm

    exact = _coverage_at_two()
    y = np.random.default_rng(2).standard_normal((SETS, 2))
    covered = np.mean(np.abs(y.mean(1)) <= norm.ppf(0.975) * np.sqrt(y.var(1) / 2))
    room = 4 * np.sqrt(exact * (1 - exact) / SETS)
    return between(float(covered), exact - room, exact + room)


def _coverage_at_two() -> float:
    """Return what the Wald interval covers at n = 2, where Student's t is Cauchy's."""
    from scipy.stats import norm

    return float(2 / np.pi * np.arctan(norm.ppf(0.975) / np.sqrt(2)))


@claim(
    "At n = 1 the likelihood is unbounded, with mu on the observation and the variance towards zero (statuses of both)"
)
def mle_at_one(comparison: Any) -> Claim:
    found = {comparison[v].row("mle", name).status.value for v in ("n1", "constant_n1") for name in ("mu", "variance")}
    return equal(", ".join(sorted(found)), "unbounded")


@claim("The mode of mu and variance under the conjugate prior is the centre and scale/(shape + 3/2) of the updated "
       "prior for n = 1, 2 and 3 (largest relative difference)")  # fmt: skip
def mode_is_conjugate(comparison: Any) -> Claim:
    gaps = []
    for variant in PROPER:
        centre, _, shape, scale = _conjugate(comparison[variant].data.hours)
        gaps.append(abs(comparison[variant].row("map", "variance").estimate / (scale / (shape + 1.5)) - 1))
        gaps.append(abs(comparison[variant].row("map", "mu").estimate / centre - 1))
    return at_most(max(gaps), 1e-8)


@claim("The posterior mean of the variance under the conjugate prior is scale/(shape - 1) of the updated prior at n = "
       "3, n = 2 and n = 1 (in Monte Carlo errors)")  # fmt: skip
def mean_is_conjugate(comparison: Any) -> Claim:
    draws = np.stack([comparison[v].panels["mcmc"].native["posterior"]["variance"].values for v in PROPER], axis=-1)
    exact = [scale / (shape - 1) for _, _, shape, scale in (_conjugate(comparison[v].data.hours) for v in PROPER)]
    return close_to_exact(draws, exact)


@claim("The lower end of mu's posterior interval under the conjugate prior is Student's, with 2 SHAPE + n degrees of "
       "freedom for the prior's SHAPE, at n = 3, n = 2 and n = 1 (in Monte Carlo errors)")  # fmt: skip
def interval_is_students(comparison: Any) -> Claim:
    from scipy.stats import t

    draws = np.stack([comparison[v].panels["mcmc"].native["posterior"]["mu"].values for v in PROPER], axis=-1)
    exact = []
    for variant in PROPER:
        centre, worth, shape, scale = _conjugate(comparison[variant].data.hours)
        exact.append(t.ppf(0.025, 2 * shape, centre, np.sqrt(scale / shape / worth)))
    return close_to_exact(draws, exact, prob=0.025)


@claim("At n = 1 the posterior variance of mu under the conjugate prior is finite and half of the variance's posterior "
       "mean (relative difference, by quadrature of Student's density)")  # fmt: skip
def mu_has_a_variance_at_one(comparison: Any) -> Claim:
    from scipy.integrate import quad
    from scipy.stats import t

    centre, worth, shape, scale = _conjugate(comparison["n1"].data.hours)
    at = t(2 * shape, centre, np.sqrt(scale / shape / worth))
    found = quad(lambda m: (m - centre) ** 2 * at.pdf(m), -np.inf, np.inf, epsabs=1e-13, epsrel=1e-12)[0]
    return at_most(abs(found / (scale / (shape - 1) / worth) - 1), 1e-8)


@claim("At n = 3 the mode of the variance under the prior exp(-n e/(2 variance)) is the MLE plus the constant e "
       "(relative difference)")  # fmt: skip
def constant_is_a_prior(comparison: Any) -> Claim:
    y = comparison["constant_n3"].data.hours
    return at_most(abs(comparison["constant_n3"].row("map", "variance").estimate / (y.var() + CONSTANT) - 1), 1e-8)


@claim("At n = 1 the mode of the variance under the prior exp(-n e/(2 variance)) is the constant e itself and no more "
       "(relative difference)")  # fmt: skip
def constant_is_the_answer(comparison: Any) -> Claim:
    return at_most(abs(comparison["constant_n1"].row("map", "variance").estimate / CONSTANT - 1), 1e-8)


@claim("A constant e added to the variance is another prior for every n: that of n = 1 adds e/3 at n = 3, by a search "
       "over the variance (relative difference of what is added)")  # fmt: skip
def prior_depends_on_n(comparison: Any) -> Claim:
    from scipy.optimize import brentq

    y = comparison["constant_n3"].data.hours
    total = np.sum((y - y.mean()) ** 2)

    def slope(v: float) -> float:  # of the log-density by log(variance), with the prior of n = 1
        return float(-y.size / 2 + (total + CONSTANT) / (2 * v))

    added = brentq(slope, 1e-3, 10, xtol=1e-15, rtol=1e-14) - y.var()
    return at_most(abs(added / (CONSTANT / 3) - 1), 1e-8)


def _mass(n: int, ends: tuple[float, float]) -> float:
    """Return the integral of the constant's posterior of log(variance) between two variances, mu integrated out."""
    from scipy.integrate import quad

    y = HOURS[:n]
    total = np.sum((y - y.mean()) ** 2) + n * CONSTANT

    def density(log_v: float) -> float:
        return float(np.exp(-(n - 3) / 2 * log_v - total / (2 * np.exp(log_v))))

    return float(quad(density, *np.log(ends), epsabs=0, epsrel=1e-12)[0])


@claim("At n = 3 the posterior of the variance, under the prior that a constant added to it stands for, has no "
       "integral: beyond exp(22) each further factor of exp(1) adds as much as the one before (largest deviation from "
       "one of the mass per factor)")  # fmt: skip
def constant_has_no_posterior(comparison: Any) -> Claim:
    masses = [_mass(3, (np.exp(k), np.exp(k + 1))) for k in range(22, 40)]
    return at_most(float(np.max(np.abs(np.array(masses) - 1))), 1e-8)


@claim("The panel reports that mu and variance have no posterior under the prior exp(-n e/(2 variance)) (statuses at n "
       "= 3 and n = 1)")  # fmt: skip
def no_posterior_is_told(comparison: Any) -> Claim:
    found = {comparison[v].row("mcmc", name).status.value for v in ADDED for name in ("mu", "variance")}
    return equal(", ".join(sorted(found)), "no_posterior")


@claim("One observation leaves the posterior interval of the variance at least half as wide as that of its proper "
       "prior (ratio of the widths, posterior at n = 1 to prior)")  # fmt: skip
def one_observation_says_little(comparison: Any) -> Claim:
    from scipy.stats import invgamma

    row = comparison["n1"].interval("mcmc", "eti", "variance")
    low, high = invgamma.ppf([0.5 - row.ci_prob / 2, 0.5 + row.ci_prob / 2], SHAPE, scale=SCALE)
    return at_least((row.upper - row.lower) / (high - low), 0.5)


def shrinking(comparison: Any) -> Figure:
    """The variance along n: unbiased, MLE, with the constant, and the conjugate mean and mode."""
    n = np.arange(1, HOURS.size + 1)
    updated = [_conjugate(HOURS[:k]) for k in n]
    mle = np.array([HOURS[:k].var() for k in n])
    return Figure(
        "The fewer the patients, the more of the answer is the prior",
        "At one patient the MLE is zero, and a constant is all that is left when one is added; the proper prior "
        "carries its posterior mean from its own mean towards the data.",
        "patients",
        "variance, hours squared",
        (
            Series("MLE (none at one patient)", n[1:].tolist(), mle[1:].tolist()),
            Series("MLE plus constant", n.tolist(), (mle + CONSTANT).tolist(), "points"),
            Series("posterior mean", n.tolist(), [scale / (shape - 1) for _, _, shape, scale in updated]),
            Series("MAP", n.tolist(), [scale / (shape + 1.5) for _, _, shape, scale in updated]),
        ),
    )


def answer(comparison: Any) -> str:
    """Say what one observation tells."""
    row = comparison["n1"].interval("mcmc", "eti", "variance")
    return (
        f"With one observation there is no MLE; a constant of {CONSTANT:g} added to the variance gives "
        f"{comparison['constant_n1'].row('map', 'variance').estimate:g}, which is the constant, and a proper prior "
        "gives an "
        f"interval from {row.lower:.2f} to {row.upper:.2f}, which is mostly the prior."
    )


def secret(comparison: Any) -> str:
    """Say which prior the constant is."""
    mode, mle = comparison["constant_n3"].row("map", "variance").estimate, comparison["constant_n3"].data.hours.var()
    return (
        f"exp(-n e/(2 variance)), of which the mode at n = 3 is {mode:.4f}, the MLE {mle:.4f} and {mode - mle:.4f} "
        "more. It names n, so whoever adds the same constant at every n changes the prior with the data."
    )


def covering(comparison: Any) -> str:
    """Say what the Wald interval covers at n = 2."""
    return (
        f"{_coverage_at_two():.1%} where 95 % was asked for. The conjugate posterior at n = 2 has for mu the interval "
        f"from {comparison['n2'].row('mcmc', 'mu').lower:.2f} to {comparison['n2'].row('mcmc', 'mu').upper:.2f} "
        "hours; the Wald interval "
        f"goes from {comparison['n2'].row('mle', 'mu').lower:.2f} to {comparison['n2'].row('mle', 'mu').upper:.2f}."
    )


def no_integral(comparison: Any) -> str:
    """Say why the mode has no posterior around it."""
    return (
        "Yes. Beyond a variance of e^22 each further factor of e holds "
        f"{_mass(3, (np.exp(22.0), np.exp(23.0))):.3f} of the same unit at n = 3, without end: nothing can be "
        f"normalised, though the mode is at {comparison['constant_n3'].row('map', 'variance').estimate:.3f}."
    )


scenario = Scenario(
    name="tiny_data",
    question="What is left of a variance when there are one, two or three observations?",
    source='Student (1908), "The probable error of a mean", Biometrika 6(1), p. 20; conjugate prior: Gelman et al., '
    "Bayesian Data Analysis, 3rd ed., section 3.3",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("mu", "variance"),
    variants={
        "n2": {"n": 2},
        "n1": {"n": 1},
        "constant_n3": {"n": 3, "constant": CONSTANT},
        "constant_n1": {"n": 1, "constant": CONSTANT},
    },
    expect={
        "n1": {"mle": "unbounded"},
        "constant_n3": {"mcmc": "no_posterior"},
        "constant_n1": {"mle": "unbounded", "mcmc": "no_posterior"},
    },
    no_posterior=dict.fromkeys(ADDED, NO_INTEGRAL),
    claims=(
        mle_is_norm_fit, mle_at_two, wald_at_two, mle_at_one, mode_is_conjugate, mean_is_conjugate,
        interval_is_students, mu_has_a_variance_at_one, constant_is_a_prior, constant_is_the_answer, prior_depends_on_n,
        constant_has_no_posterior, no_posterior_is_told, one_observation_says_little,
    ),
    holdout="three observations are too few to keep any back",
    mathematics=(
        r"y_i \sim \mathrm{Normal}(\mu, v)",
        rf"v \sim \mathrm{{InverseGamma}}({SHAPE:g}, {SCALE:g}), \quad "
        rf"\mu \mid v \sim \mathrm{{Normal}}(0, v / {WORTH:g})",
        rf"\text{{or}}\quad p(\mu, v) \propto e^{{-n \epsilon / (2 v)}}, \quad \epsilon = {CONSTANT:g}",
    ),
    why=(
        "With one observation the mean is equal to it and the variance goes to zero: the likelihood has no "
        "maximum. With two it has one, but the Wald interval of mu, asked for 95 %, covers the true mean in 60 "
        "% of the samples only.",
        "To add a constant to a variance is to use a prior without writing it down. Written down, it changes "
        "with the number of observations, and it does not integrate to a finite value: the MAP exists and is "
        "the constant, the posterior does not exist. A proper prior gives an answer too, and an interval that "
        "says how little was learned.",
    ),
    figures=(shrinking,),
    varies={"worth": Range(0.01, 100.0, "how many observations the prior of mu counts for")},
    about="Hours of sleep that the first patients of Student gained under a drug: three of them, two, or one. mu is "
    "the mean gain, variance the variance of the gains.",
    chapter="failures",
    position=2,
    answer=answer,
    units={"mu": "hours", "variance": "hours squared"},
    questions=(
        Question("Which prior does a constant added to the variance stand for?", secret),
        Question("How often does a 95 % Wald interval from two observations cover the mean?", covering),
        Question("Can a variance have a mode under a prior and no posterior?", no_integral),
    ),
)  # fmt: skip
