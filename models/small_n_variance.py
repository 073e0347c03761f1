"""Small n: the MLE of a variance is too small, and of one observation there is none.

Ten patients slept under two drugs; the data are the extra hours under the second drug, minus the
extra hours under the first (Student 1908, "The probable error of a mean", Biometrika 6(1), table on
p. 20; R ships them as ``datasets::sleep``). They are Normal(mu, sigma):

- at n = 10 under p(mu, sigma) ~ 1/sigma the posterior is Student's t (Gelman et al., Bayesian Data
  Analysis, 3rd ed., section 3.2), and the same prior written on
  log sigma (variant ``log_sigma``) gives the same posterior and another mode;
- at n = 2 and n = 1 only a proper prior makes a proper posterior: mu ~ Normal(0, 0.15), sceptical
  of any difference, and sigma half-normal or inverse-gamma of the order of half an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_most, between, claim, equal
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.varied import Question, Range, overridden

DIFFERENCES = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
# Under a vaguer prior on mu the spike at sigma = 0 holds probability that NUTS does not reach.
SCEPTIC_SD = 0.15
HALF_NORMAL_SD = 0.5
# Tail sigma^-6 and one observation: sigma^2 keeps a finite variance, so its Monte Carlo error exists.
INVERSE_GAMMA = (5.0, 3.0)
SMALL_N, SETS = 5, 40_000


def data(n: int = 10) -> Data:
    """Return the differences of the first ``n`` patients, in hours."""
    return Data({"hours": DIFFERENCES[:n]}, dims={"hours": ("patient",)})


def model(data: Data, prior: str = "one_over_sigma", mu_sd: Any = None) -> None:
    """Normal differences; the settings are the prior, the parameter it is written on, and the prior's sd of mu.

    Where no sd is given, mu is flat under the two improper priors and Normal(0, SCEPTIC_SD) under the proper ones.
    """
    import pymc as pm
    import pytensor.tensor as pt

    improper = prior in ("one_over_sigma", "log_sigma")
    if mu_sd is None and improper:
        mu = pm.Flat("mu")
    else:
        mu = pm.Normal("mu", 0, SCEPTIC_SD if mu_sd is None else mu_sd)
    if prior == "one_over_sigma":
        sigma = pm.HalfFlat("sigma")
        pm.Potential("one_over_sigma", -pt.log(sigma))
    elif prior == "log_sigma":
        log_sigma = pm.Flat("log_sigma")
        sigma = pm.Deterministic("sigma", pt.exp(log_sigma))
    else:
        if prior == "half_normal":
            sigma = pm.HalfNormal("sigma", HALF_NORMAL_SD)
        else:
            sigma = pm.InverseGamma("sigma", *INVERSE_GAMMA)
    pm.Deterministic("variance", sigma**2)
    pm.Normal("y", mu, sigma, observed=data.hours)


def simulate(
    rng: np.random.Generator, n: int = 10, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, float]]:
    """Draw ``n`` differences, by default with mean 1.5 and standard deviation 1.2 hours."""
    true = overridden({"mu": 1.5, "sigma": 1.2}, truth)
    drawn = Data({"hours": rng.normal(true["mu"], true["sigma"], n)}, dims={"hours": ("patient",)})
    return drawn, {**true, "variance": true["sigma"] ** 2}


def _estimates(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the MLEs of mean and variance of many samples of a standard normal."""
    samples = np.random.default_rng(1908).standard_normal((SETS, n))
    return samples.mean(axis=1), samples.var(axis=1)


def _wald(mean: Any, variance: Any, n: int, prob: float) -> tuple[Any, Any]:
    """Return the Wald interval of the mean: MLE -+ z * sqrt(variance's MLE / n)."""
    from scipy.stats import norm

    half = norm.ppf(0.5 + prob / 2) * np.sqrt(variance / n)
    return mean - half, mean + half


def _marginal(y: np.ndarray, sigma: float) -> float:
    """Return the density of ``y`` given sigma, mu ~ Normal(0, SCEPTIC_SD) integrated out."""
    from scipy.stats import norm

    n = y.size
    within = (2 * np.pi * sigma**2) ** (-(n - 1) / 2) * n**-0.5 * np.exp(-n * y.var() / (2 * sigma**2))
    return float(within * norm.pdf(y.mean(), 0, np.hypot(SCEPTIC_SD, sigma / np.sqrt(n))))


def _gap_from_quadrature(comparison: Any, variant: str) -> float:
    """Return how far sigma's posterior mean is from its integral, in Monte Carlo standard errors."""
    import arviz as az
    from scipy import integrate, stats

    solved = comparison[variant]
    if solved.settings["prior"] == "half_normal":
        prior = stats.halfnorm(scale=HALF_NORMAL_SD)
    else:
        prior = stats.invgamma(INVERSE_GAMMA[0], scale=INVERSE_GAMMA[1])

    def moment(power: int) -> float:
        def weighted(s: float) -> float:
            return float(s**power * prior.pdf(s) * _marginal(solved.data.hours, s))

        return float(sum(integrate.quad(weighted, *ends)[0] for ends in ((0, 1), (1, np.inf))))

    error = float(az.mcse(solved.panels["mcmc"].native["posterior"]["sigma"]))
    return float(abs(solved.row("mcmc", "sigma").estimate - moment(1) / moment(0)) / error)


@claim("The MLE of the variance is (n - 1)/n times the unbiased estimate, for n observations (relative difference)")
def mle_is_shrunk(comparison: Any) -> Claim:
    y = comparison["default"].data.hours
    unbiased = np.sum((y - y.mean()) ** 2) / (y.size - 1)
    return at_most(
        abs(comparison["default"].row("mle", "variance").estimate / (unbiased * (y.size - 1) / y.size) - 1), 1e-9
    )


@claim("The bias of the variance's MLE is -sigma^2/n: -0.2 for n = 5 and sigma = 1 (simulated, within 4 Monte Carlo "
       "standard errors)")  # fmt: skip
def bias_is_minus_one_nth(comparison: Any) -> Claim:
    errors = _estimates(SMALL_N)[1] - 1
    room = 4 * errors.std(ddof=1) / np.sqrt(SETS)
    return between(float(errors.mean()), -1 / SMALL_N - room, -1 / SMALL_N + room)


@claim("The posterior interval of mu under the prior p(mu, sigma) ~ 1/sigma is Student's t interval (in Monte Carlo "
       "errors)")  # fmt: skip
def interval_is_students(comparison: Any) -> Claim:
    import arviz as az
    from scipy import stats

    y, row = comparison["default"].data.hours, comparison["default"].interval("mcmc", "eti", "mu")
    draws = comparison["default"].panels["mcmc"].native["posterior"]["mu"]
    gaps = []
    for end, prob in ((row.lower, 0.5 - row.ci_prob / 2), (row.upper, 0.5 + row.ci_prob / 2)):
        exact = stats.t.ppf(prob, y.size - 1, y.mean(), y.std(ddof=1) / np.sqrt(y.size))
        gaps.append(abs(end - exact) / float(az.mcse(draws, method="quantile", prob=prob)))
    return at_most(max(gaps), 5)


@claim("The prior 1/sigma, written on sigma, puts the square of sigma's mode at (n - 1)/(n + 1) s^2, for n "
       "observations and the unbiased variance s^2 (relative difference)")  # fmt: skip
def mode_on_sigma(comparison: Any) -> Claim:
    y = comparison["default"].data.hours
    exact = y.var(ddof=1) * (y.size - 1) / (y.size + 1)
    return at_most(abs(comparison["default"].row("map", "sigma").estimate ** 2 / exact - 1), 1e-8)


@claim("The prior 1/sigma, written on log sigma, leaves the mode of sigma on the MLE (relative difference)")
def mode_on_log_sigma(comparison: Any) -> Claim:
    mode, mle = (comparison["log_sigma"].row(m, "sigma").estimate for m in ("map", "mle"))
    return at_most(abs(mode / mle - 1), 1e-8)


@claim("The posterior is the same whether the prior 1/sigma is written on sigma or on log sigma: the log-densities "
       "that are sampled differ by a constant (largest deviation from it)")  # fmt: skip
def densities_are_one(comparison: Any) -> Claim:
    points = np.random.default_rng(10).normal(0, 1, (50, 2))  # mu and log sigma, around (1.5, 0)
    one, two = (
        np.array([comparison[v].engine.sampled(z + np.array([1.5, 0.0]))[0] for z in points])
        for v in ("default", "log_sigma")
    )
    # Log-densities of up to 1e4 in double precision: 1e-9 is a thousand times their rounding.
    return at_most(float(np.max(np.abs(one - two - (one - two).mean()))), 1e-9)


@claim("The prior 1/sigma gives the posterior mean s sqrt((n-1)/2) Gamma((n-2)/2)/Gamma((n-1)/2) of sigma, for n "
       "observations with standard deviation s, whether written on sigma or on log sigma (in Monte Carlo errors)"
       )  # fmt: skip
def posterior_stays(comparison: Any) -> Claim:
    import arviz as az
    from scipy.special import gammaln

    y = comparison["default"].data.hours
    m = (y.size - 1) / 2
    exact = y.std(ddof=1) * np.sqrt(m) * np.exp(gammaln(m - 0.5) - gammaln(m))
    gaps = []
    for variant in ("default", "log_sigma"):
        error = float(az.mcse(comparison[variant].panels["mcmc"].native["posterior"]["sigma"]))
        gaps.append(abs(comparison[variant].row("mcmc", "sigma").estimate - exact) / error)
    return at_most(max(gaps), 4.5)


@claim("The panel's Wald interval of mu is mean -+ z * sigma/sqrt(n) at the MLE, for n observations and the normal "
       "quantile z (largest difference, in hours)")  # fmt: skip
def wald_is_the_rule(comparison: Any) -> Claim:
    y, row = comparison["default"].data.hours, comparison["default"].interval("mle", "wald", "mu")
    low, high = _wald(y.mean(), y.var(), y.size, row.ci_prob)
    return at_most(max(abs(row.lower - low), abs(row.upper - high)), 1e-8)


@claim("The Wald interval of mu, asked for 95 %, covers it with probability P(|t_4| < z sqrt(4/5)) = 84.55 % at n = 5, "
       "for Student's t_4 and the normal quantile z (simulated, 4 standard errors)")  # fmt: skip
def wald_undercovers(comparison: Any) -> Claim:
    from scipy import stats

    exact = 1 - 2 * stats.t.sf(stats.norm.ppf(0.975) * np.sqrt((SMALL_N - 1) / SMALL_N), SMALL_N - 1)
    low, high = _wald(*_estimates(SMALL_N), SMALL_N, 0.95)
    room = 4 * np.sqrt(exact * (1 - exact) / SETS)
    return between(float(np.mean((low <= 0) & (high >= 0))), exact - room, exact + room)


@claim("At n = 2 a proper prior gives a proper posterior: the posterior mean of sigma is its integral (in Monte Carlo "
       "errors)")  # fmt: skip
def n2_posterior_is_right(comparison: Any) -> Claim:
    return at_most(_gap_from_quadrature(comparison, "n2"), 4.5)


@claim("At n = 1 the likelihood is unbounded, and the panel reports the MLE of every parameter as unbounded (statuses)")
def n1_has_no_mle(comparison: Any) -> Claim:
    variants, names = ("n1_half_normal", "n1_inverse_gamma"), ("mu", "sigma", "variance")
    return equal(
        ", ".join(sorted({comparison[v].row("mle", n).status.value for v in variants for n in names})), "unbounded"
    )


@claim("At n = 1 the log-likelihood rises by one, the number of observations, per unit of log 1/sigma (slope at the "
       "end of the path kept)")  # fmt: skip
def n1_slope_is_one(comparison: Any) -> Claim:
    path = comparison["n1_half_normal"].panels["mle"].paths[0]
    slope = np.diff(path.objective[-2:]) / np.diff(-np.log(path.values[-2:]))
    return between(float(slope[0]), 1 - 1e-6, 1 + 1e-6)


@claim("At n = 1 a half-normal prior on sigma gives a proper posterior: the posterior mean of sigma is its integral "
       "(in Monte Carlo errors)")  # fmt: skip
def n1_half_normal_has_a_posterior(comparison: Any) -> Claim:
    return at_most(_gap_from_quadrature(comparison, "n1_half_normal"), 4.5)


@claim("At n = 1 a half-normal prior on sigma gives no mode: the MAP of sigma has the status unbounded")
def n1_half_normal_has_no_mode(comparison: Any) -> Claim:
    return equal(", ".join(sorted(set(comparison["n1_half_normal"].statuses("map", "sigma")))), "unbounded")


@claim("At n = 1 an inverse-gamma prior on sigma gives a mode, where the joint density is stationary (gradient per log "
       "unit)")  # fmt: skip
def n1_inverse_gamma_has_a_mode(comparison: Any) -> Claim:
    row = comparison["n1_inverse_gamma"].row("map", "sigma")
    mu, sigma = comparison["n1_inverse_gamma"].row("map", "mu").estimate, row.estimate
    y, (shape, scale) = float(comparison["n1_inverse_gamma"].data.hours[0]), INVERSE_GAMMA
    by_mu = (y - mu) / sigma - mu * sigma / SCEPTIC_SD**2
    by_log_sigma = ((y - mu) / sigma) ** 2 - 1 - (shape + 1) + scale / sigma
    return at_most(max(abs(by_mu), abs(by_log_sigma)), 1e-7)


@claim("At n = 1 an inverse-gamma prior on sigma gives a proper posterior: the posterior mean of sigma is its integral "
       "(in Monte Carlo errors)")  # fmt: skip
def n1_inverse_gamma_has_a_posterior(comparison: Any) -> Claim:
    return at_most(_gap_from_quadrature(comparison, "n1_inverse_gamma"), 4.5)


def sampling_distribution(comparison: Any) -> Figure:
    """The sampling distribution of the variance's MLE at n = 5."""
    variances = _estimates(SMALL_N)[1]
    return Figure(
        f"At n = {SMALL_N} the MLE of the variance is too small in {np.mean(variances < 1):.0%} of the samples",
        f"The mean of {SETS} simulated samples is {variances.mean():.3f}, (n - 1)/n by theory; "
        f"{np.mean(variances < 1):.0%} of them are below the true variance.",
        "MLE of the variance",
        "density",
        (
            Series("MLE of the variance", variances.tolist(), kind="histogram"),
            Series("true variance", [1.0], kind="vline"),
            Series("mean of the MLE", [float(variances.mean())], kind="vline", panel="mle"),
        ),
    )


def answer(comparison: Any) -> str:
    """Say by how much the MLE of the variance falls short, and what is left of it at one observation."""
    n = comparison["default"].data.hours.size
    mle, mean = (float(comparison["default"].values(m, "variance")[0]) for m in ("mle", "mcmc"))
    return (
        f"From {n} differences the MLE of the variance is {mle:.2f}, on average {1 / n:.0%} too small (divided by "
        f"n - 1 it would be {mle * n / (n - 1):.2f}); the posterior mean is {mean:.2f}. From one difference there is "
        "no MLE, and what the posterior says is nearly all prior."
    )


def divisors(comparison: Any) -> str:
    """Say by what each panel divides the sum of squares."""
    y = comparison["default"].data.hours
    total = float(np.sum((y - y.mean()) ** 2))
    mle, mean = (total / comparison["default"].row(m, "variance").estimate for m in ("mle", "mcmc"))
    mode = total / comparison["default"].row("map", "sigma").estimate ** 2
    return (
        f"Of {y.size} differences the MLE divides by n, which is {mle:.0f}, the square of sigma's MAP by n + 1, which "
        f"is {mode:.0f}, and the posterior mean by n - 3: {mean:.2f} by these draws. The estimate without bias divides "
        f"by n - 1, and is {total / (y.size - 1):.2f}."
    )


def written(comparison: Any) -> str:
    """Say what changes when the prior is written on log sigma."""
    modes, means = ([comparison[v].row(m, "sigma").estimate for v in ("default", "log_sigma")] for m in ("map", "mcmc"))
    return (
        f"Only the mode: sigma's MAP is {modes[0]:.3f} hours with the prior written on sigma and {modes[1]:.3f} with "
        f"the same prior written on log sigma. The posterior means, {means[0]:.3f} and {means[1]:.3f}, are one but "
        "for Monte Carlo error."
    )


def alone(comparison: Any) -> str:
    """Say what one observation tells of sigma."""
    shape, scale = INVERSE_GAMMA
    row = comparison["n1_inverse_gamma"].row("mcmc", "sigma")
    return (
        f"Little: the inverse-gamma prior has the mean {scale / (shape - 1):.2f} hours, and the posterior after one "
        f"difference of {comparison['n1_inverse_gamma'].data.hours[0]:g} hours the mean {row.estimate:.2f}. The MLE is "
        f"{comparison['n1_inverse_gamma'].row('mle', 'sigma').status.value}."
    )


scenario = Scenario(
    name="small_n_variance",
    question="How well does a variance come out of ten, two or one observations?",
    source='Student (1908), "The probable error of a mean", Biometrika 6(1), p. 20: ten patients, two drugs',
    model=model,
    data=data,
    simulate=simulate,
    estimands=("mu", "sigma", "variance"),
    variants={
        "log_sigma": {"prior": "log_sigma"},
        "n2": {"n": 2, "prior": "inverse_gamma"},
        "n1_half_normal": {"n": 1, "prior": "half_normal"},
        "n1_inverse_gamma": {"n": 1, "prior": "inverse_gamma"},
    },
    expect={
        "n1_half_normal": {"mle": "unbounded", "map": "unbounded"},
        "n1_inverse_gamma": {"mle": "unbounded"},
    },
    claims=(
        mle_is_shrunk, bias_is_minus_one_nth, interval_is_students, mode_on_sigma, mode_on_log_sigma,
        densities_are_one, posterior_stays, wald_is_the_rule, wald_undercovers, n2_posterior_is_right,
        n1_has_no_mle, n1_slope_is_one, n1_half_normal_has_a_posterior, n1_half_normal_has_no_mode,
        n1_inverse_gamma_has_a_mode, n1_inverse_gamma_has_a_posterior,
    ),
    holdout=lambda data: np.arange(data.hours.size) % 5 == 4,
    mathematics=(
        r"y_i \sim \mathrm{Normal}(\mu, \sigma), \quad i = 1, \dots, n",
        r"p(\mu, \sigma) \propto 1/\sigma \quad (n = 10)",
        rf"\mu \sim \mathrm{{Normal}}(0, {SCEPTIC_SD:g}), \quad \sigma \sim \mathrm{{HalfNormal}}({HALF_NORMAL_SD:g}) "
        rf"\ \text{{or}}\ \mathrm{{InverseGamma}}({INVERSE_GAMMA[0]:g}, {INVERSE_GAMMA[1]:g}) \quad (n \le 2)",
    ),
    why=(
        "The likelihood measures the spread around the mean of these very observations, around which it is "
        "least. So the MLE of the variance is too small by sigma^2/n on average, and the Wald interval built "
        "on it is too short: at n = 5 it covers 85 % where 95 % was asked for. The posterior averages over all "
        "values that the mean might have, and its interval is Student's.",
        "The prior 1/sigma moves the MAP further down; the same prior written on log sigma does not move it at "
        "all. A mode belongs to the scale on which the density is written, a posterior does not.",
        "One observation fits perfectly when the mean is equal to it, and then the likelihood rises without "
        "limit as sigma goes to zero. A half-normal prior is positive at zero and does not stop the rise: "
        "there is no MAP. The region of the rise is so narrow that it holds next to no probability, and the "
        "posterior exists. An inverse-gamma prior goes to zero faster than the likelihood rises, and then the "
        "MAP exists too.",
        "At n = 1 nearly all of the answer is the prior, and the prior of the mean has its centre at no "
        "difference.",
    ),
    figures=(sampling_distribution,),
    varies={"mu_sd": Range(100.0, 0.05, "prior standard deviation of mu, hours")},
    null={"mu": 0.0},
    answer=answer,
    questions=(
        Question("By what does each panel divide the sum of squares around the mean?", divisors),
        Question("What changes when the same prior is written on log sigma instead of sigma?", written),
        Question("What does one observation tell of sigma?", alone),
    ),
    chapter="failures",
    position=1,
    units={"mu": "hours", "sigma": "hours", "variance": "hours squared"},
    about="Ten patients slept under two drugs: the data are the differences of their extra hours of sleep. mu is the "
    "mean difference, sigma its standard deviation, variance the square of sigma.",
)  # fmt: skip
