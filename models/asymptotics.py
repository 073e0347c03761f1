"""What large samples promise, and a problem in which the promises are not kept.

Hours between failures of an aircraft's air conditioning (Proschan 1963, Technometrics 5(3), 375-383; twelve figures,
as in R's dataset boot::aircondit), exponential with the failure rate theta. The MLE is n over the total T, the
posterior Gamma(SHAPE + n, HOURS + T), and T has a Gamma distribution, so that bias, variance, coverage and distances
have closed forms for every n. Large samples promise (Lehmann & Casella 1998, Theory of Point Estimation, 2nd ed.,
chapter 6; van der Vaart 1998, Asymptotic Statistics, theorems 5.39 and 10.1): the MLE's error falls like 1/sqrt(n), its
distribution becomes normal, its variance comes to the Cramer-Rao bound, and the posterior becomes the normal
distribution around it.

Beside it stands the upper end theta of a uniform distribution, whose support depends on theta. The MLE is the largest
observation, on the edge of what is possible. Nothing of the above holds, and everything is known exactly: (max/theta)^n
is uniform. In the model theta is written as the largest observation and an excess, so that the sampler meets no edge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_least, at_most, between, claim, close_to_exact, equal, worst
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.varied import Question, Range, overridden

FAILURES = np.array([3.0, 5.0, 7.0, 18.0, 43.0, 85.0, 91.0, 98.0, 100.0, 130.0, 230.0, 487.0])
SHAPE, HOURS = 2.0, 100.0  # of the Gamma prior: what two failures in a hundred hours would say
END, DRAWN = 1.0, 10  # of the uniform distribution, and how many are drawn from it
SIZES, REPLICATES, TRUE = (10, 40, 160), 400, 0.01  # of the study
ERRORS = 4.0  # Monte Carlo standard errors that a study may be off


def data(law: str = "exponential") -> Data:
    """Return the hours between failures, or a few numbers drawn from a uniform distribution."""
    return _data(FAILURES if law == "exponential" else END * np.random.default_rng(1763).random(DRAWN))


def _data(y: np.ndarray) -> Data:
    return Data({"y": y}, dims={"y": ("observation",)})


def model(data: Data, law: str = "exponential", hours: Any = HOURS) -> None:
    """Exponential observations with a Gamma prior of the rate, or uniform ones with p(theta) ~ 1/theta."""
    import pymc as pm
    import pytensor.tensor as pt

    if law == "exponential":
        _exponential(data, hours)
        return
    excess = pm.HalfFlat("excess", initval=0.1)
    theta = pm.Deterministic("theta", pt.max(data.y) + excess)
    pm.Potential("one_over_theta", -pt.log(theta))
    pm.Uniform("y_observed", 0, theta, observed=data.y, dims="observation")


def _exponential(data: Data, hours: Any) -> None:
    import pymc as pm

    pm.Exponential("y_observed", pm.Gamma("theta", SHAPE, hours), observed=data.y, dims="observation")


def in_theta(data: Data, law: str = "exponential", hours: Any = HOURS) -> None:
    """The same likelihood written in theta alone, for the MLE: its profile has to see the support move."""
    import pymc as pm

    if law == "exponential":
        _exponential(data, hours)
    else:
        theta = pm.HalfFlat("theta", initval=2 * END)
        pm.Uniform("y_observed", 0, theta, observed=data.y, dims="observation")


def simulate(
    rng: np.random.Generator,
    n: int = 20,
    truth: Mapping[str, Any] | None = None,
    law: str = "exponential",
    **_: Any,
) -> tuple[Data, dict[str, Any]]:
    """Draw ``n`` observations."""
    true = overridden({"theta": TRUE if law == "exponential" else END}, truth)
    y = rng.exponential(1 / true["theta"], n) if law == "exponential" else true["theta"] * rng.random(n)
    return _data(y), true


def _relative_mse(n: Any) -> Any:
    """Return the mean squared error of the rate's MLE over the squared rate: n/T with T ~ Gamma(n, theta)."""
    return n**2 / ((n - 1) ** 2 * (n - 2)) + 1 / (n - 1) ** 2


def _over_the_bound(n: Any) -> Any:
    """Return the variance of the rate's MLE over the Cramer-Rao bound theta^2/n."""
    return n**3 / ((n - 1) ** 2 * (n - 2))


def _wald_coverage(n: int) -> float:
    """Return what the Wald interval covers, which is n/T exp(-+ z/sqrt(n))."""
    from scipy.stats import gamma, norm

    z = norm.ppf(0.975) / np.sqrt(n)
    return float(gamma.cdf(n * np.exp(z), n) - gamma.cdf(n * np.exp(-z), n))


def _ours(comparison: Any, method: str, variant: str = "default") -> float:
    return float(comparison[variant].row(method, "theta").estimate)


@claim("The MLE of the failure rate is the number of failures n over the total of hours, and its standard error is the "
       "MLE over sqrt(n) (largest relative difference)")  # fmt: skip
def mle_is_closed(comparison: Any) -> Claim:
    n, total = FAILURES.size, FAILURES.sum()
    row = comparison["default"].row("mle", "theta")
    return at_most(max(abs(row.estimate / (n / total) - 1), abs(row.std_error / (np.sqrt(n) / total) - 1)), 1e-8)


@claim("The MAP of the failure rate is (SHAPE - 1 + n)/(HOURS + T), for n failures in T hours and the prior "
       "Gamma(SHAPE, HOURS) (relative difference)")  # fmt: skip
def map_is_closed(comparison: Any) -> Claim:
    exact = (SHAPE - 1 + FAILURES.size) / (HOURS + FAILURES.sum())
    return at_most(abs(_ours(comparison, "map") / exact - 1), 1e-8)


@claim("The posterior mean of the failure rate is (SHAPE + n)/(HOURS + T), for n failures in T hours and the prior "
       "Gamma(SHAPE, HOURS) (in Monte Carlo errors)")  # fmt: skip
def mean_is_closed(comparison: Any) -> Claim:
    draws = comparison["default"].panels["mcmc"].native["posterior"]["theta"].values
    return close_to_exact(draws, (SHAPE + FAILURES.size) / (HOURS + FAILURES.sum()))


@lru_cache(maxsize=1)
def _studied(comparison: Any) -> dict[tuple[str, int, str], tuple[float, float]]:
    """Return value and Monte Carlo error of each n and measure of a study of MLE and MAP."""
    study = comparison.study(n=SIZES, replicates=REPLICATES, methods=("mle", "map"), intervals=("wald",))
    rows = study.performance.itertuples()
    return {(str(row.method), int(row.n), str(row.measure)): (float(row.value), float(row.mcse)) for row in rows}


def _study_gap(comparison: Any, measure: str, exact: Callable[[int], float], method: str = "mle") -> Claim:
    studied = _studied(comparison)
    gaps = [abs(studied[method, n, measure][0] - exact(n)) / studied[method, n, measure][1] for n in SIZES]
    return at_most(max(gaps), ERRORS)


@claim("The mean squared error of the rate's MLE in a simulation study at three sample sizes is that of its closed "
       "form (largest gap in Monte Carlo errors)")  # fmt: skip
def error_is_closed(comparison: Any) -> Claim:
    return _study_gap(comparison, "mse", lambda n: TRUE**2 * _relative_mse(n))


@claim("The MLE of the rate is consistent: the root of its mean squared error falls as n to the power -1/2, for n "
       "observations (slope of the logarithms at n = 1e6)")  # fmt: skip
def slope_is_minus_half(comparison: Any) -> Claim:
    slope = np.log(_relative_mse(1.1e6) / _relative_mse(1e6)) / np.log(1.1) / 2
    return between(float(slope), -0.5 - 1e-5, -0.5 + 1e-5)


def _relative_mse_of(added: float, n: float) -> float:
    """Return the mean squared error of (added + n)/(HOURS + T) over the squared rate, by quadrature over T."""
    from scipy.stats import gamma

    # T over the true mean of one is Gamma(n): sums over equal steps of a twentieth of its standard deviation.
    total = n + np.sqrt(n) * np.linspace(-9, 9 + 60 / np.sqrt(n), 601)
    total = total[total > 0]
    weight = gamma.pdf(total, n)
    error = (added + n) / (HOURS * TRUE + total) - 1
    return float(weight @ error**2 / weight.sum())


@claim("MAP and posterior mean of the rate are consistent as the MLE is: the root of their mean squared error, by "
       "quadrature over the total hours, falls as n to the power -1/2, for n observations (larger distance of the "
       "slope of the logarithms from -1/2 at n = 1e6)")  # fmt: skip
def prior_is_overcome(comparison: Any) -> Claim:
    gaps = []
    for added in (SHAPE - 1, SHAPE):
        slope = np.log(_relative_mse_of(added, 1.1e6) / _relative_mse_of(added, 1e6)) / np.log(1.1) / 2
        gaps.append(abs(slope + 0.5))
    return at_most(float(max(gaps)), 1e-5)


@claim("The mean squared error of the rate's MAP in a simulation study at three sample sizes is that of its integral "
       "over the total hours (largest gap in Monte Carlo errors)")  # fmt: skip
def map_error_is_the_integral(comparison: Any) -> Claim:
    return _study_gap(comparison, "mse", lambda n: TRUE**2 * _relative_mse_of(SHAPE - 1, n), "map")


@claim("The standard deviation of the rate's MLE in a simulation study at three sample sizes is that of its closed "
       "form (largest gap in Monte Carlo errors)")  # fmt: skip
def variance_is_closed(comparison: Any) -> Claim:
    return _study_gap(comparison, "empirical_se", lambda n: TRUE * float(np.sqrt(_over_the_bound(n) / n)))


@claim("The MLE of the rate is efficient for large n: its variance over the Cramer-Rao bound, less one and times n, "
       "comes to 4 (distance from 4 at n = 1e5)")  # fmt: skip
def bound_is_reached(comparison: Any) -> Claim:
    return at_most(abs((_over_the_bound(1e5) - 1) * 1e5 - 4), 1e-3)


@claim("The Wald interval of the rate covers the truth in a simulation study as often as the Gamma distribution of the "
       "total hours says (largest gap in Monte Carlo errors)")  # fmt: skip
def coverage_is_closed(comparison: Any) -> Claim:
    return _study_gap(comparison, "coverage", _wald_coverage)


def _distance_from_normal(n: int) -> float:
    """Return the largest gap between the distribution functions of sqrt(n)(MLE/theta - 1) and of a normal."""
    from scipy.stats import gamma, norm

    x = np.linspace(-4, 4, 20001)
    x = x[x > -np.sqrt(n)]
    return float(np.max(np.abs(gamma.sf(n / (1 + x / np.sqrt(n)), n) - norm.cdf(x))))


@claim("The MLE of the rate becomes normal: the largest distance of its distribution function from the normal one, "
       "times sqrt(n), comes to a constant (ratio of n = 1e4 to n = 1e3)")  # fmt: skip
def distribution_is_normal(comparison: Any) -> Claim:
    ratio = _distance_from_normal(10**4) * 10**2 / (_distance_from_normal(10**3) * 10**1.5)
    return between(float(ratio), 0.98, 1.02)


def _variation(one: Any, other: Any, low: float, high: float) -> float:
    """Return the total variation between two distributions whose densities cross only from ``low`` to ``high``."""
    from scipy.optimize import brentq

    def difference(t: float) -> float:
        return float(one.logpdf(t) - other.logpdf(t))

    grid = np.linspace(low, high, 4001)[1:-1]
    values = one.logpdf(grid) - other.logpdf(grid)
    turns = np.flatnonzero(np.sign(values[1:]) != np.sign(values[:-1]))
    ends = [low, *(brentq(difference, grid[k], grid[k + 1], xtol=1e-15 * high) for k in turns), high]
    return float(np.abs(np.diff([0.0, *(one.cdf(e) - other.cdf(e) for e in ends), 0.0])).sum() / 2)


@lru_cache(maxsize=8)
def _from_the_normal(n: int) -> float:
    """Return the total variation between the posterior and the MLE's normal when the hours are n over the true rate."""
    from scipy.stats import gamma, norm

    posterior = gamma(SHAPE + n, scale=1 / (HOURS + n / TRUE))
    normal = norm(TRUE, TRUE / np.sqrt(n))
    reach = 9 / np.sqrt(n)
    return _variation(posterior, normal, TRUE * max(1e-9, 1 - reach), TRUE * (1 + reach))


@claim("The posterior of the rate becomes normal, as Bernstein and von Mises say: its total variation from the MLE's "
       "normal distribution, times sqrt(n), comes to a constant (ratio of n = 1e5 to n = 1e4)")  # fmt: skip
def posterior_becomes_normal(comparison: Any) -> Claim:
    ratio = _from_the_normal(10**5) * np.sqrt(10**5) / (_from_the_normal(10**4) * 10**2)
    return between(float(ratio), 0.98, 1.02)


@claim("The total variation between the rate's posterior and the MLE's normal distribution falls as n to the power "
       "-1/2, for n observations (slope of the logarithms, n = 1e4 to 1e5)")  # fmt: skip
def slope_of_the_variation(comparison: Any) -> Claim:
    return between(float(np.log10(_from_the_normal(10**5) / _from_the_normal(10**4))), -0.51, -0.49)


@claim(
    "MLE and MAP of the upper end of a uniform distribution are the largest observation (largest relative difference)"
)
def end_is_the_largest(comparison: Any) -> Claim:
    top = comparison["uniform"].data.y.max()
    return at_most(max(abs(_ours(comparison, m, "uniform") / top - 1) for m in ("mle", "map")), 1e-8)


@claim("MLE and MAP of a uniform distribution's upper end lie on the edge of its range and have no curvature interval "
       "(statuses and kinds of interval)")  # fmt: skip
def end_is_an_edge(comparison: Any) -> Claim:
    rows = [comparison["uniform"].row(m, "theta") for m in ("mle", "map")]
    return equal(", ".join(sorted({f"{r.status} {r.interval_kind}" for r in rows})), "at_boundary none")


@claim("The profile interval of a uniform distribution's upper end goes from the largest of n observations to that "
       "observation over 0.05^(1/n) (largest relative difference of its ends)")  # fmt: skip
def profile_of_the_end(comparison: Any) -> Claim:
    row, y = comparison["uniform"].interval("mle", "profile", "theta"), comparison["uniform"].data.y
    exact = y.max() * (1 - row.ci_prob) ** (-1 / y.size)
    return at_most(max(abs(row.lower / y.max() - 1), abs(row.upper / exact - 1)), 1e-6)


def _covered(n: int, low: float, high: float) -> float:
    """Return how often an interval from max times ``low`` to max times ``high`` covers, by quadrature over the max."""
    from scipy.integrate import quad

    return float(quad(lambda m: n * m ** (n - 1), 1 / high, 1 / low, epsabs=0, epsrel=1e-13)[0])


@claim("The profile interval of a uniform distribution's upper end covers it in exactly 95 % of samples of every size "
       "n (largest deviation at n = 2, 10 and 100, by quadrature over the largest observation)")  # fmt: skip
def profile_covers_exactly(comparison: Any) -> Claim:
    return at_most(max(abs(_covered(n, 1.0, 0.05 ** (-1 / n)) - 0.95) for n in (2, 10, 100)), 1e-10)


@claim("The posterior of a uniform distribution's upper end is a Pareto distribution (both ends of its 95 % interval, "
       "in Monte Carlo errors)")  # fmt: skip
def posterior_is_pareto(comparison: Any) -> Claim:
    y = comparison["uniform"].data.y
    draws = comparison["uniform"].panels["mcmc"].native["posterior"]["theta"].values
    ends = [close_to_exact(draws, y.max() * (1 - p) ** (-1 / y.size), prob=p) for p in (0.025, 0.975)]
    return worst(ends)


@claim("The equal-tailed posterior interval of a uniform distribution's upper end covers it in exactly 95 % of samples "
       "of every size n (largest deviation at n = 2, 10 and 100)")  # fmt: skip
def posterior_covers_exactly(comparison: Any) -> Claim:
    ends = {n: (0.975 ** (-1 / n), 0.025 ** (-1 / n)) for n in (2, 10, 100)}
    return at_most(max(abs(_covered(n, *both) - 0.95) for n, both in ends.items()), 1e-10)


def _end_rmse(n: float) -> float:
    """Return the root mean squared error of the largest of n over theta."""
    return float(np.sqrt(2 / ((n + 1) * (n + 2))))


@claim("The root mean squared error of the largest of n uniform observations falls as n to the power -1, not -1/2 "
       "(slope of the logarithms at n = 1e6)")  # fmt: skip
def slope_is_minus_one(comparison: Any) -> Claim:
    return between(np.log(_end_rmse(1.1e6) / _end_rmse(1e6)) / np.log(1.1), -1 - 1e-5, -1 + 1e-5)


def _distance_from_exponential(n: int) -> float:
    """Return the largest gap between the distribution functions of n (theta - max)/theta and of an exponential."""
    x = np.linspace(0, min(n, 40), 40001)
    return float(np.max(np.abs(-np.expm1(n * np.log1p(-np.minimum(x / n, 1 - 1e-16))) + np.expm1(-x))))


@claim("The relative error of the largest of n uniform observations, times n, becomes exponential: n times the "
       "distance of the distribution functions comes to 2/e^2, the largest value of x^2 exp(-x)/2 (distance from it at "
       "n = 1e5)")  # fmt: skip
def error_is_exponential(comparison: Any) -> Claim:
    return at_most(abs(1e5 * _distance_from_exponential(10**5) - 2 * np.exp(-2.0)), 1e-4)


def _pareto_from_normal(n: int) -> float:
    """Return the total variation between the end's posterior and the normal of its mean and standard deviation."""
    from scipy.stats import norm, pareto

    posterior = pareto(n)
    normal = norm(posterior.mean(), posterior.std())
    return _variation(posterior, normal, 1.0, posterior.ppf(1 - 1e-9))


def _exponential_from_normal() -> float:
    """Return the total variation between an exponential distribution and the normal with mean and deviation one."""
    from scipy.integrate import quad
    from scipy.stats import expon, norm

    crossings = [0.0, 0.31, 2.2, 3.5, 60.0]  # near which the integrand has kinks
    inside = sum(
        quad(lambda x: abs(expon.pdf(x) - norm.pdf(x, 1, 1)), *ends, limit=200)[0] for ends in pairwise(crossings)
    )
    return float((norm.cdf(-1) + inside) / 2)


@claim("The posterior of a uniform distribution's end does not become normal: its total variation from the normal "
       "distribution of its mean and variance comes to that of an exponential distribution (distance at n = 1e6, by "
       "quadrature)")  # fmt: skip
def pareto_stays_away(comparison: Any) -> Claim:
    return at_most(abs(_pareto_from_normal(10**6) - _exponential_from_normal()), 1e-5)


@claim("The total variation between the posterior of a uniform distribution's end and the normal distribution of its "
       "mean and variance stays above a fifth (least of n = 1e2, 1e4 and 1e6)")  # fmt: skip
def pareto_is_far(comparison: Any) -> Claim:
    return at_least(min(_pareto_from_normal(n) for n in (10**2, 10**4, 10**6)), 0.2)


def rates(comparison: Any) -> Figure:
    """Errors along n: of the rate, by formula and study, and of the upper end."""
    n, studied = np.logspace(np.log10(5), 4, 60), _studied(comparison)
    found = [float(np.sqrt(studied["mle", k, "mse"][0])) / TRUE for k in SIZES]
    return Figure(
        "An error falls like 1/sqrt(n), and at an edge like 1/n",
        "The root mean squared error of the MLE, over the true value: of the exponential rate, which falls like "
        f"1/sqrt(n), with a study of {REPLICATES} data sets at each of three sizes; and of the uniform's upper end, "
        "which "
        "falls like 1/n.",
        "observations",
        "relative error",
        (
            Series("exponential rate", n.tolist(), np.sqrt(_relative_mse(n)).tolist()),
            Series("the same, studied", [float(k) for k in SIZES], found, "points"),
            Series("upper end of a uniform", n.tolist(), [_end_rmse(k) for k in n]),
        ),
        x_log=True,
        y_log=True,
    )


def variations(comparison: Any) -> Figure:
    """How far the two posteriors are from normal along n."""
    n = [10, 30, 100, 300, 1000, 3000, 10000]
    return Figure(
        "One posterior becomes normal, the other does not",
        "Total variation between the posterior and a normal distribution: that of the MLE for the exponential rate, "
        "that "
        "of the same mean and variance for the uniform's upper end.",
        "observations",
        "total variation",
        (
            Series("exponential rate", [float(k) for k in n], [_from_the_normal(k) for k in n]),
            Series("upper end of a uniform", [float(k) for k in n], [_pareto_from_normal(k) for k in n]),
        ),
        x_log=True,
        y_log=True,
    )


def answer(comparison: Any) -> str:
    """Say what becomes alike with more data, and what does not."""
    gap = [(_ours(comparison, m) / _ours(comparison, "mle") - 1) for m in ("map", "mcmc")]
    return (
        f"One normal distribution, where the likelihood is smooth. With {FAILURES.size} failures MAP and posterior "
        f"mean still differ from the MLE by {gap[0]:+.0%} and {gap[1]:+.0%}. The distance of the posterior from that "
        f"normal distribution is {_from_the_normal(100):.3f} at n = 100 and {_from_the_normal(10**4):.4f} at "
        f"n = 10 000; for the upper end of a uniform distribution it stays {_pareto_from_normal(10**4):.2f}."
    )


def bound(comparison: Any) -> str:
    """Say how near the MLE is to the bound."""
    return (
        f"The variance of the MLE is {_over_the_bound(12):.2f} times the Cramer-Rao bound at n = 12 and "
        f"{_over_the_bound(160):.3f} times at n = 160. The bound is for unbiased estimates, which the MLE is not: its "
        f"bias at n = 12 is {1 / 11:.0%} of the rate."
    )


def failing(comparison: Any) -> str:
    """Say why the theory fails for an end."""
    solved = comparison["uniform"]
    profile, eti = solved.interval("mle", "profile", "theta"), solved.row("mcmc", "theta")
    return (
        "The density jumps to zero at theta, so the log-likelihood has a slope at its maximum and no curvature there: "
        f"nothing is normal. The profile interval [{profile.lower:.3f}, {profile.upper:.3f}] and the posterior's "
        f"[{eti.lower:.3f}, {eti.upper:.3f}] cover 95 % exactly, because the largest observation over theta has a "
        "known "
        "distribution."
    )


def faster(comparison: Any) -> str:
    """Say what the faster rate means."""
    return (
        f"Faster. At n = 100 the error is {_end_rmse(100):.1%} of theta, and {float(np.sqrt(_relative_mse(100))):.1%} "
        "of "
        f"the exponential rate; at n = 10 000 it is {_end_rmse(1e4):.3%} and "
        f"{float(np.sqrt(_relative_mse(1e4))):.1%}."
    )


scenario = Scenario(
    name="asymptotics",
    question="What do the three panels become as data grow?",
    source="Proschan (1963), Technometrics 5(3), 375-383, as in R's boot::aircondit; theory: Lehmann and Casella "
    "(1998), chapter 6; van der Vaart (1998), theorems 5.39 and 10.1 and chapter 9",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("theta",),
    variants={"uniform": {"law": "uniform"}},
    likelihood=Scenario(
        name="asymptotics_in_theta",
        question="The same likelihood in theta alone?",
        source="as asymptotics",
        model=in_theta,
        data=data,
        estimands=("theta",),
    ),
    expect={"uniform": {"mle": "at_boundary", "map": "at_boundary"}},
    claims=(
        mle_is_closed, map_is_closed, mean_is_closed, error_is_closed, slope_is_minus_half, prior_is_overcome,
        map_error_is_the_integral, variance_is_closed,
        bound_is_reached, coverage_is_closed, distribution_is_normal, posterior_becomes_normal,
        slope_of_the_variation, end_is_the_largest, end_is_an_edge, profile_of_the_end, profile_covers_exactly,
        posterior_is_pareto, posterior_covers_exactly, slope_is_minus_one, error_is_exponential, pareto_stays_away,
        pareto_is_far,
    ),
    holdout=lambda data: np.arange(data.y.size) % 4 == 3,
    mathematics=(
        rf"y_i \sim \mathrm{{Exponential}}(\theta), \quad \theta \sim \mathrm{{Gamma}}({SHAPE:g}, {HOURS:g})",
        r"\text{or}\quad y_i \sim \mathrm{Uniform}(0, \theta), \quad p(\theta) \propto 1/\theta",
    ),
    why=(
        "With few data the prior counts, and the likelihood is skewed: MLE, MAP and posterior mean differ. "
        "Each new observation adds a term to the log-likelihood, and near its maximum the sum looks more and "
        "more like a parabola, which is the logarithm of a normal density. The prior remains one term. So all "
        "three panels come to the same normal distribution.",
        "That argument needs a likelihood that is smooth at its maximum. Where the parameter is the largest "
        "value that the data can have, the likelihood is largest at an edge, and neither MLE nor posterior "
        "becomes normal, however many data there are. Both intervals here still cover exactly, because they do "
        "not rest on a parabola.",
    ),
    figures=(rates, variations),
    varies={"hours": Range(1.0, 10_000.0, "hours in which the prior has seen its failures")},
    about="Twelve times between failures of an aircraft's air conditioning, in hours. theta is the failure rate; in "
    "the variant uniform it is the upper end of a uniform distribution.",
    chapter="limits",
    position=1,
    answer=answer,
    questions=(
        Question("How near does the variance of a failure rate's MLE come to the Cramer-Rao bound?", bound),
        Question("Why does large-sample theory fail for the upper end of a uniform distribution?", failing),
        Question("Does the error of a uniform's upper end fall slower or faster than that of a rate?", faster),
    ),
)  # fmt: skip
