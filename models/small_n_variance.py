"""Small n: the MLE of a variance is biased, and at n = 1 there is none.

Student's sleep data: extra hours of sleep under two drugs, ten patients (Student 1908, "The probable
error of a mean", Biometrika 6(1), p. 20); the differences second minus first drug are typed here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.claims import Claim, at_most, between, claim, equal
from triptych.scenario import Data, Figure, Scenario, Series

DIFFERENCES = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])


def data(n: int = 10) -> Data:
    """Return the first ``n`` differences, in hours."""
    return Data({"hours": DIFFERENCES[:n]}, dims={"hours": ("patient",)})


def model(data: Data, prior: str = "reference") -> None:
    """Normal differences; the prior on sigma is the setting."""
    import pymc as pm
    import pytensor.tensor as pt

    if prior == "reference":
        mu, sigma = pm.Flat("mu"), pm.HalfFlat("sigma")
        pm.Potential("one_over_sigma", -pt.log(sigma))
    elif prior == "log_sigma":
        mu, log_sigma = pm.Flat("mu"), pm.Flat("log_sigma")
        sigma = pm.Deterministic("sigma", pt.exp(log_sigma))
    else:
        mu = pm.Normal("mu", 0, 5)
        sigma = pm.HalfNormal("sigma", 2) if prior == "half_normal" else pm.InverseGamma("sigma", 3, 3)
    pm.Deterministic("variance", sigma**2)
    pm.Normal("y", mu, sigma, observed=data.hours)


def simulate(rng: np.random.Generator, n: int = 10, **_: Any) -> tuple[Data, dict[str, float]]:
    """Draw differences with mean 1.5 and standard deviation 1."""
    return Data({"hours": rng.normal(1.5, 1.0, n)}), {"mu": 1.5, "sigma": 1.0, "variance": 1.0}


def _simulated(n: int, sets: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and MLE of the variance of many standard normal samples of size ``n``."""
    samples = np.random.default_rng(5).standard_normal((sets, n))
    return samples.mean(axis=1), samples.var(axis=1)


@claim("The MLE of the variance is (n - 1)/n times the unbiased one (relative difference)")
def mle_is_shrunk(c: Any) -> Claim:
    y = c["default"].data.hours
    return at_most(abs(c["default"].row("mle", "variance").estimate / (y.var(ddof=1) * (y.size - 1) / y.size) - 1), 1e-9)


@claim("Its bias is -sigma^2/n: at n = 5, 20 000 simulated samples agree (in Monte Carlo standard errors)")
def bias_is_minus_one_nth(c: Any) -> Claim:
    variances = _simulated(5)[1]
    return at_most(abs(variances.mean() - (1 - 1 / 5)) / (variances.std(ddof=1) / np.sqrt(variances.size)), 4)


@claim("Under p(mu, sigma) ~ 1/sigma the posterior interval of mu is Student's t interval (in Monte Carlo errors)")
def interval_is_students(c: Any) -> Claim:
    import arviz as az
    from scipy import stats

    y, row = c["default"].data.hours, c["default"].row("mcmc", "mu")
    half = stats.t.ppf(0.5 + row.ci_prob / 2, y.size - 1) * y.std(ddof=1) / np.sqrt(y.size)
    draws = c["default"].panels["mcmc"].native["posterior"]["mu"]
    gaps = []
    for end, exact, prob in ((row.lower, y.mean() - half, 0.025), (row.upper, y.mean() + half, 0.975)):
        error = float(az.mcse(draws, method="quantile", prob=prob))
        gaps.append(abs(end - exact) / error)
    return at_most(max(gaps), 5)


@claim("The same prior written on log sigma moves the mode of sigma back onto the MLE (relative difference)")
def mode_moves(c: Any) -> Claim:
    mle = c["default"].row("mle", "sigma").estimate
    return at_most(abs(c["log_sigma"].row("map", "sigma").estimate / mle - 1), 1e-8)


@claim("Written on sigma, the mode of the variance is (n - 1) s^2 / (n + 1), not the MLE (relative difference)")
def mode_in_sigma(c: Any) -> Claim:
    y = c["default"].data.hours
    return at_most(abs(c["default"].row("map", "sigma").estimate ** 2 / (y.var() * y.size / (y.size + 1)) - 1), 1e-8)


@claim("The posterior mean of sigma does not move with it (difference in Monte Carlo standard errors)")
def posterior_stays(c: Any) -> Claim:
    def mean_and_error(variant: str) -> tuple[float, float]:
        summary = c[variant].panels["mcmc"].diagnostics["summary"]
        error = next(s["mcse_mean"] for s in summary if s["estimand"] == "sigma")
        return c[variant].row("mcmc", "sigma").estimate, error

    (one, e1), (two, e2) = mean_and_error("default"), mean_and_error("log_sigma")
    return at_most(abs(one - two) / np.hypot(e1, e2), 4)


@claim("At n = 5 the 95 % Wald interval of a mean covers 84.55 % (simulated, against theory within its error)")
def wald_undercovers(c: Any) -> Claim:
    from scipy import stats

    n, z = 5, stats.norm.ppf(0.975)
    exact = 1 - 2 * stats.t.sf(z * np.sqrt((n - 1) / n), n - 1)
    means, variances = _simulated(n)
    covered = np.abs(means) <= z * np.sqrt(variances / n)
    error = np.sqrt(exact * (1 - exact) / covered.size)
    return between(float(covered.mean()), exact - 4 * error, exact + 4 * error)


@claim("At n = 1 the likelihood is unbounded and the panel says so")
def n1_has_no_mle(c: Any) -> Claim:
    return equal(c["n1_half_normal"].row("mle", "sigma").status.value, "unbounded")


@claim("At n = 1 a half-normal prior gives a proper posterior (its normalising constant, by quadrature)")
def n1_half_normal_has_a_posterior(c: Any) -> Claim:
    from scipy import integrate, stats

    y = float(c["n1_half_normal"].data.hours[0])
    constant, error = integrate.quad(
        lambda s: stats.norm.pdf(y, 0, np.hypot(5, s)) * stats.halfnorm.pdf(s, scale=2), 0, np.inf
    )
    return between(constant, 10 * error, 1 / (5 * np.sqrt(2 * np.pi)))


@claim("and still no mode")
def n1_half_normal_has_no_mode(c: Any) -> Claim:
    return equal(c["n1_half_normal"].row("map", "sigma").status.value, "unbounded")


@claim("At n = 1 an inverse-gamma prior gives both")
def n1_inverse_gamma_has_both(c: Any) -> Claim:
    rows = [c["n1_inverse_gamma"].row(m, "sigma").status.value for m in ("map", "mcmc")]
    return equal(" and ".join(rows), "ok and ok")


def sampling_distribution(c: Any) -> Figure:
    """The sampling distribution of the variance MLE at n = 5."""
    variances = _simulated(5)[1]
    return Figure(
        "Sampling distribution of the variance's MLE, n = 5, true variance 1",
        "Its mean is (n - 1)/n = 0.8: too small on average, and skewed.",
        "MLE of the variance",
        "samples",
        (
            Series("MLE", variances.tolist(), kind="histogram"),
            Series("truth", [1.0], kind="vline"),
            Series("mean of the MLE", [float(variances.mean())], kind="vline"),
        ),
    )


scenario = Scenario(
    name="small_n_variance",
    question="How well does a variance come out of very few observations?",
    source="Student (1908), The probable error of a mean, Biometrika 6(1): sleep differences of ten patients",
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
        # Proper, but a funnel at sigma = 0 that NUTS does not explore: the gate says so.
        "n1_half_normal": {"mle": "unbounded", "map": "unbounded", "mcmc": "unreliable"},
        "n1_inverse_gamma": {"mle": "unbounded"},
    },
    claims=(
        mle_is_shrunk, bias_is_minus_one_nth, interval_is_students, mode_moves, mode_in_sigma, posterior_stays,
        wald_undercovers, n1_has_no_mle, n1_half_normal_has_a_posterior, n1_half_normal_has_no_mode,
        n1_inverse_gamma_has_both,
    ),
    holdout=lambda data: np.arange(data.hours.size) % 5 == 4,
    mathematics=(r"y_i \sim \mathrm{Normal}(\mu, \sigma)", r"p(\mu, \sigma) \propto 1/\sigma"),
    why=(
        "The MLE of the variance divides by n as if the mean were known: it is too small by sigma^2/n on average.",
        "The prior 1/sigma pulls the mode lower still, but the same prior written on log sigma does not: the mode "
        "belongs to the parameterisation, the posterior does not.",
        "With one observation the density rises without limit as sigma goes to zero; only a prior that vanishes "
        "there gives a mode, while the posterior is proper in either case.",
    ),
    figures=(sampling_distribution,),
)  # fmt: skip
