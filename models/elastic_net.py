"""The elastic net is a prior too, and its constant matters once sigma is unknown.

Diabetes (Efron, Hastie, Johnstone & Tibshirani 2004, Annals of Statistics 32, 407-499; as shipped by scikit-learn):
the three blood serum measurements s1, s2 and s3, of which the first two nearly repeat each other, and body mass.
Predictors and outcome are standardised. The prior of a coefficient is proportional to
exp(-RATE |b|/sigma - WEIGHT b^2/(2 sigma^2)) (Zou & Hastie 2005, JRSS B 67, 301-320; Hans 2011, JASA 106,
1383-1393). With a = RATE/sigma and c = WEIGHT/(2 sigma^2) its integral is sqrt(pi/c) erfcx(a/(2 sqrt(c))), which is
sigma times a number: half of it is that of a normal density cut off at zero, glued to its mirror image. It is no
mixture of a Laplace and a normal density. It is a mixture of normal densities of all variances below 1/(2 c) (Li & Lin
2010, Bayesian Analysis 5(1), 151-170): the Laplace density is one of all variances s (Andrews & Mallows 1974), and
exp(-c b^2) times a normal density of variance s is one of variance 1/(1/s + 2 c).

Given sigma the posterior of the coefficients is a normal density in each orthant (Hans 2011), so that sigma has a
density of one dimension, a sum over orthants of normal probabilities.

The variant ``dropped`` leaves that constant out, which moves sigma and with it everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_least, at_most, between, claim, close_to_exact, equal, worst
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.varied import Question, Range, overridden

RATE, WEIGHT = 20.0, 40.0
PREDICTORS = ["bmi", "s1", "s2", "s3"]


def data() -> Data:
    """Return four standardised predictors and the standardised progression of the disease."""
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes()
    columns = [bunch.feature_names.index(name) for name in PREDICTORS]
    return _data(bunch.data[:, columns], bunch.target)


def _data(x: np.ndarray, y: np.ndarray) -> Data:
    return Data(
        {"X": (x - x.mean(0)) / x.std(0), "progression": (y - y.mean()) / y.std()},
        dims={"X": ("patient", "predictor"), "progression": ("patient",)},
        coords={"predictor": PREDICTORS},
    )


def model(data: Data, rate: Any = RATE, constant: bool = True) -> None:
    """Normal outcome; the elastic net's prior on the coefficients given sigma, with or without its constant."""
    import pymc as pm
    import pytensor.tensor as pt

    sigma = pm.HalfNormal("sigma", 1)
    beta = pm.Flat("beta", dims="predictor", initval=np.full(len(PREDICTORS), 0.1))
    log_prior = -rate * pt.abs(beta) / sigma - WEIGHT * beta**2 / (2 * sigma**2)
    pm.Potential("elastic_net", pt.sum(log_prior - pt.log(sigma) if constant else log_prior))
    pm.Normal("y", data.X @ beta, sigma, observed=data.progression, dims="patient")


def simulate(
    rng: np.random.Generator, n: int = 400, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    """Draw four predictors, of which two nearly repeat each other, and standardise."""
    true = overridden({"slopes": [1.0, 0.5, 0.5, 0.0], "noise": 1.5}, truth)
    x = rng.standard_normal((n, 4))
    x[:, 2] = x[:, 1] + 0.5 * x[:, 2]
    slopes = np.asarray(true["slopes"], dtype=float)
    y = x @ slopes + true["noise"] * rng.standard_normal(n)
    return _data(x, y), {**true, "beta": slopes * x.std(0) / y.std(), "sigma": true["noise"] / y.std()}


def _sigma(comparison: Any, variant: str = "default") -> float:
    return float(comparison[variant].row("map", "sigma").estimate)


def _sklearn(d: Data, sigma: float, rate: float, weight: float) -> np.ndarray:
    """Return scikit-learn's elastic net for RSS/2 + rate sigma |b| + weight b^2/2."""
    from sklearn.linear_model import ElasticNet

    alpha = (rate * sigma + weight) / d.progression.size
    ratio = 1 / (1 + weight / (rate * sigma))
    net = ElasticNet(alpha=alpha, l1_ratio=ratio, fit_intercept=False, tol=1e-15, max_iter=100_000)
    return np.asarray(net.fit(d.X, d.progression).coef_)


@claim("The MLE of the coefficients is least squares, by statsmodels' OLS (largest difference)")
def mle_is_ols(comparison: Any) -> Claim:
    import statsmodels.api as sm

    d = comparison["default"].data
    return at_most(
        float(np.max(np.abs(comparison["default"].values("mle", "beta") - sm.OLS(d.progression, d.X).fit().params))),
        1e-8,
    )


@claim("The MAP of the coefficients is scikit-learn's ElasticNet at the penalties that the prior and sigma imply "
       "(largest difference, with and without the prior's constant)")  # fmt: skip
def map_is_sklearn(comparison: Any) -> Claim:
    gaps = []
    for variant in ("default", "dropped"):
        theirs = _sklearn(comparison[variant].data, _sigma(comparison, variant), RATE, WEIGHT)
        gaps.append(np.max(np.abs(comparison[variant].values("map", "beta") - theirs)))
    return at_most(float(max(gaps)), 1e-8)


@claim("The scikit-learn ElasticNet with which the MAP agrees gives the coefficients of R's glmnet in the 27 fits at "
       "alpha 1/2 that statsmodels ships (largest difference, bound: glmnet's own precision)")  # fmt: skip
def sklearn_is_glmnet(comparison: Any) -> Claim:
    from pathlib import Path

    from statsmodels.regression.tests.results import glmnet_r_results as published

    table = np.loadtxt(Path(str(published.__file__)).with_name("lasso_data.csv"), delimiter=",")
    gaps = []
    for fit in (value for name, value in vars(published).items() if name.startswith("rslt_")):
        (n, p), alpha, strength = fit[:2].astype(int), fit[2], fit[3]
        if alpha == 0.5:
            y, x = ((one - one.mean(0)) / one.std(0, ddof=1) for one in (table[:n, 0], table[:n, 1 : p + 1]))
            each = n * strength * alpha
            gaps.append(np.max(np.abs(_sklearn(Data({"X": x, "progression": y}), 1.0, each, each) - fit[4:])))
    return at_most(float(max(gaps)) if len(gaps) == 27 else np.nan, 5e-4)


@claim("The MAP of the coefficients is zero at the same predictors as scikit-learn's ElasticNet (their names)")
def zeros_are_the_same(comparison: Any) -> Claim:
    names = np.array(PREDICTORS)
    theirs = names[_sklearn(comparison["default"].data, _sigma(comparison), RATE, WEIGHT) == 0]
    return equal(", ".join(names[comparison["default"].values("map", "beta") == 0]), ", ".join(theirs))


@claim("The integral of the elastic net's prior is sqrt(pi/c) erfcx(a/(2 sqrt(c))), with a = RATE/sigma, c = WEIGHT/(2 "
       "sigma^2) and the scaled complementary error function erfcx (relative difference from quadrature, at sigma 1)"
       )  # fmt: skip
def constant_is_known(comparison: Any) -> Claim:
    from scipy.integrate import quad
    from scipy.special import erfcx

    found = 2 * quad(lambda b: np.exp(-RATE * b - WEIGHT * b**2 / 2), 0, np.inf, epsabs=0, epsrel=1e-13)[0]
    half = WEIGHT / 2
    return at_most(abs(found / (np.sqrt(np.pi / half) * erfcx(RATE / (2 * np.sqrt(half)))) - 1), 1e-10)


@claim("The integral of the elastic net's prior is proportional to sigma, so that leaving it out leaves a factor sigma "
       "for each coefficient (largest relative difference of the integral over sigma)")  # fmt: skip
def constant_holds_sigma(comparison: Any) -> Claim:
    from scipy.integrate import quad

    def part(b: float, s: float) -> float:
        return float(np.exp(-RATE * b / s - WEIGHT * b**2 / (2 * s**2)))

    found = [quad(part, 0, s, args=(s,), epsabs=0, epsrel=1e-13)[0] / s for s in (0.5, 1.0, 2.0)]
    return at_most(float(max(found) / min(found) - 1), 1e-10)


@claim("The elastic net's prior is a mixture of normal densities whose variances stay below 1/(2 c), with c = "
       "WEIGHT/(2 sigma^2) (largest relative difference from its density, by quadrature over the variances, at sigma 1)"
       )  # fmt: skip
def prior_is_a_scale_mixture(comparison: Any) -> Claim:
    b = np.linspace(0.01, 0.8, 40)
    return at_most(float(np.max(np.abs(_by_scales(b) / _density(b) - 1))), 1e-8)


def _density(b: np.ndarray) -> np.ndarray:
    """Return the density of the elastic net's prior at sigma 1."""
    from scipy.special import erfcx

    half = WEIGHT / 2
    return np.asarray(np.exp(-RATE * np.abs(b) - half * b**2) / np.sqrt(np.pi / half) / erfcx(RATE / (2 * half**0.5)))


def _by_scales(b: np.ndarray) -> np.ndarray:
    """Return that density as an integral over normal densities of variance v, 0 < v < 1/WEIGHT.

    An exponential variance s of mean 2/RATE^2 makes a Laplace density; exp(-WEIGHT b^2/2) turns s into v and leaves the
    root of v/s. Over log s the integrand is smooth, and sums over equal steps converge geometrically.
    """
    from scipy.stats import norm

    log_s = np.linspace(-60, 12, 2881)
    s = np.exp(log_s)
    v = s / (1 + WEIGHT * s)
    weight = s * np.exp(-(RATE**2) * s / 2) * np.sqrt(v / s)
    # The weights' own sum is the constant, so that the mixture is a density.
    return np.asarray(norm.pdf(b[:, None], 0, np.sqrt(v)) @ weight / weight.sum())


def _stationary(comparison: Any, variant: str) -> float:
    """Return how far sigma is from the root of its equation, relative."""
    from scipy.optimize import brentq

    d, beta = comparison[variant].data, comparison[variant].values("map", "beta")
    rest = np.sum((d.progression - d.X @ beta) ** 2) + WEIGHT * beta @ beta
    power = d.progression.size + (beta.size if variant == "default" else 0)

    def slope(s: float) -> float:
        return float(-power / s + rest / s**3 + RATE * np.abs(beta).sum() / s**2 - s)

    return abs(_sigma(comparison, variant) / float(brentq(slope, 0.1, 5, xtol=1e-15)) - 1)


@claim("The mode of sigma solves an equation in which the power of sigma is n + p with the prior's constant and n "
       "without it, for n patients and p predictors (largest relative difference)")  # fmt: skip
def sigma_is_stationary(comparison: Any) -> Claim:
    return at_most(max(_stationary(comparison, v) for v in ("default", "dropped")), 1e-8)


@claim("Leaving out the constant of the elastic net's prior makes the MAP of sigma larger (ratio less one)")
def dropping_moves_the_mode(comparison: Any) -> Claim:
    return at_least(_sigma(comparison, "dropped") / _sigma(comparison) - 1, 1e-3)


def _reweighted(comparison: Any) -> tuple[float, float]:
    """Return the mean of sigma, and what it is when each draw counts sigma^p times, as without the constant."""
    s = comparison["default"].draws("sigma")[:, 0]
    weight = s ** len(PREDICTORS)
    return float(s.mean()), float(np.sum(weight * s) / weight.sum())


@claim("Leaving out the constant of the elastic net's prior makes the posterior mean of sigma larger (mean of the "
       "draws that count sigma^p times each for p predictors, over the plain mean, less one)")  # fmt: skip
def dropping_moves_the_posterior(comparison: Any) -> Claim:
    plain, weighted = _reweighted(comparison)
    return at_least(weighted / plain - 1, 1e-3)


@claim("The posterior mean of sigma without the prior's constant is the mean of the draws with it when each counts "
       "sigma^p times, for p predictors (difference, in Monte Carlo errors)")  # fmt: skip
def reweighting_explains_it(comparison: Any) -> Claim:
    import arviz as az

    other = comparison["dropped"].panels["mcmc"].native["posterior"]["sigma"].values
    own = comparison["default"].panels["mcmc"].native["posterior"]["sigma"].values
    error = float(np.hypot(float(az.mcse(own)), float(az.mcse(other))))
    return at_most(abs(float(other.mean()) - _reweighted(comparison)[1]) / error, 4.5)


@lru_cache(maxsize=1)
def _means_of_sigma(x: bytes, y: bytes, step: float = 1.0) -> dict[str, float]:
    """Return sigma's posterior mean in each variant: given sigma, the coefficients are normal in each orthant."""
    from scipy.stats import multivariate_normal, norm

    predictors, outcome = np.frombuffer(x).reshape(-1, len(PREDICTORS)), np.frombuffer(y)
    n, p = predictors.shape
    precision = predictors.T @ predictors + WEIGHT * np.eye(p)
    covariance, moment = np.linalg.inv(precision), predictors.T @ outcome
    middle = np.sqrt(np.sum((outcome - predictors @ covariance @ moment) ** 2) / n)
    # The density of log sigma is close to normal: sums over steps of a standard deviation are exact to 1e-8.
    sigmas, density = middle * np.exp(np.arange(-8.0, 10.0, step) / np.sqrt(2 * n)), []
    for sigma in sigmas:
        terms = []
        for orthant in product((-1.0, 1.0), repeat=p):
            signs = np.array(orthant)
            mean = covariance @ (moment - RATE * sigma * signs)
            spread = sigma**2 * covariance * np.outer(signs, signs)
            if norm.cdf(signs * mean / np.sqrt(np.diag(spread))).min() > 1e-9:
                # SciPy integrates at random points: by its own seed, and not by NumPy's global state.
                inside = multivariate_normal(-signs * mean, spread, seed=1).cdf(np.zeros(p))
                terms.append(mean @ precision @ mean / (2 * sigma**2) + np.log(inside))
        density.append(np.logaddexp.reduce(terms) - outcome @ outcome / (2 * sigma**2) - sigma**2 / 2)
    found = {}
    for variant, power in (
        ("default", n),
        ("dropped", n - p),
    ):  # of sigma; the normal integral's and the constant's cancel
        log_weight = np.array(density) - (power - 1) * np.log(sigmas)
        weight = np.exp(log_weight - log_weight.max())
        found[variant] = float(weight @ sigmas / weight.sum())
    return found


@claim("The posterior mean of sigma, with and without the prior's constant, is its integral over sigma and the "
       "orthants of the coefficients, in each of which they are normal (in Monte Carlo errors)")  # fmt: skip
def posterior_sigma_is_the_integral(comparison: Any) -> Claim:
    d, found = comparison["default"].data, []
    for variant, exact in _means_of_sigma(d.X.tobytes(), d.progression.tobytes()).items():
        found.append(close_to_exact(comparison[variant].panels["mcmc"].native["posterior"]["sigma"].values, exact))
    return worst(found)


@claim("The slope of log-likelihood and log-prior by sigma, times sigma, is minus one on average over the posterior, "
       "as Stein's identity demands (in Monte Carlo errors)")  # fmt: skip
def posterior_has_the_right_sigma(comparison: Any) -> Claim:
    d, posterior = comparison["default"].data, comparison["default"].panels["mcmc"].native["posterior"]
    beta, s = posterior["beta"].values, posterior["sigma"].values
    rest = np.sum((d.progression - beta @ d.X.T) ** 2, axis=-1) + WEIGHT * np.sum(beta**2, axis=-1)
    by_log = -(d.progression.size + beta.shape[-1]) + rest / s**2 + RATE * np.abs(beta).sum(axis=-1) / s - s**2
    return close_to_exact(by_log, -1.0)


@claim("The slope of log-likelihood and log-prior by each coefficient is zero on average over the posterior, as "
       "Stein's identity demands (in Monte Carlo errors)")  # fmt: skip
def posterior_has_no_mean_slope(comparison: Any) -> Claim:
    d, posterior = comparison["default"].data, comparison["default"].panels["mcmc"].native["posterior"]
    beta, s = posterior["beta"].values, posterior["sigma"].values[..., None]
    slopes = (d.progression - beta @ d.X.T) @ d.X / s**2 - RATE * np.sign(beta) / s - WEIGHT * beta / s**2
    return close_to_exact(slopes, 0.0)


def _twins(rate: float, weight: float) -> np.ndarray:
    """Return the coefficients of body mass and of an exact copy of it, at sigma 1."""
    d = data()
    x = d.X[:, [0, 0]]
    return _sklearn(Data({"X": x, "progression": d.progression}), 1.0, rate, weight)


@claim("The elastic net gives a predictor and its exact copy the same coefficient (difference)")
def twins_are_alike(comparison: Any) -> Claim:
    one, other = _twins(RATE, WEIGHT)
    return at_most(float(abs(one - other)), 1e-10)


@claim("The lasso gives one of a predictor and its exact copy the coefficient zero: it keeps whichever comes first in "
       "its loop (smaller of the two coefficients)")  # fmt: skip
def lasso_picks_one(comparison: Any) -> Claim:
    return at_most(float(np.min(np.abs(_twins(RATE, 0.0)))), 1e-10)


@claim(
    "The logarithm of the elastic net's prior is a parabola on each side of zero (largest third difference on one side)"
)
def prior_is_a_parabola(comparison: Any) -> Claim:
    b = np.linspace(0.01, 1, 100)
    return at_most(float(np.max(np.abs(np.diff(-RATE * b - WEIGHT * b**2 / 2, n=3)))), 1e-10)


@claim("The logarithm of a mixture of a Laplace and a normal density is no parabola on either side of zero (largest "
       "third difference on one side)")  # fmt: skip
def mixture_is_another(comparison: Any) -> Claim:
    from scipy.stats import laplace, norm

    b = np.linspace(0.01, 1, 100)
    log_mixture = np.log((laplace.pdf(b, 0, 1 / RATE) + norm.pdf(b, 0, WEIGHT**-0.5)) / 2)
    return between(float(np.max(np.abs(np.diff(log_mixture, n=3)))), 1e-5, 1.0)


def prior(comparison: Any) -> Figure:
    """The elastic net's prior, as a mixture of normals, beside a mixture of a Laplace and a normal density."""
    from scipy.stats import laplace, norm

    b, marks = np.linspace(-0.6, 0.6, 201), np.linspace(-0.6, 0.6, 24)
    mixture = (laplace.pdf(b, 0, 1 / RATE) + norm.pdf(b, 0, WEIGHT**-0.5)) / 2
    return Figure(
        "Which mixture the elastic net is",
        "At sigma 1, the elastic net's prior of a coefficient falls like a parabola on a logarithmic scale, on each "
        "side of zero. Points: normal densities of all variances below 1/(2 c), mixed. One Laplace and one normal "
        "density, mixed half and half, are another prior.",
        "coefficient",
        "prior density",
        (
            Series("elastic net", b.tolist(), _density(b).tolist()),
            Series("mixture of normals", marks.tolist(), _by_scales(marks).tolist(), "points"),
            Series("mixture of a Laplace and a normal", b.tolist(), mixture.tolist()),
        ),
        y_log=True,
    )


def path(comparison: Any) -> Figure:
    """The coefficients along the penalty, for elastic net and lasso."""
    d, sigma = comparison["default"].data, _sigma(comparison)
    rates = np.logspace(-1, 2.5, 50)
    net = np.array([_sklearn(d, sigma, r, WEIGHT) for r in rates])
    lasso = np.array([_sklearn(d, sigma, r, 0.0) for r in rates])
    series = [Series(f"{name}, elastic net", rates.tolist(), net[:, j].tolist()) for j, name in enumerate(PREDICTORS)]
    series += [Series(f"{name}, lasso", rates.tolist(), lasso[:, j].tolist()) for j, name in enumerate(PREDICTORS)]
    return Figure(
        "The lasso drops one of two repeated predictors, the elastic net shrinks both",
        "s1 and s2 nearly repeat each other: the lasso balances them with opposite signs and then drops one, the "
        "elastic net shrinks both.",
        "rate",
        "coefficient",
        (*series, Series("this prior", [RATE], kind="vline")),
        x_log=True,
    )


def answer(comparison: Any) -> str:
    """Say what the elastic net's prior is."""
    return (
        "Its prior consists of two halves of normal densities that meet in a corner at zero, and the MAP under it is "
        "scikit-learn's ElasticNet. The constant by which the prior integrates to one depends on sigma: without it "
        f"the MAP of sigma is {_sigma(comparison, 'dropped'):.4f} in place of {_sigma(comparison):.4f}."
    )


def grouping(comparison: Any) -> str:
    """Say what becomes of twins."""
    net, lasso = _twins(RATE, WEIGHT), _twins(RATE, 0.0)
    return (
        f"The elastic net gives each {net[0]:.3f}; the lasso gives {lasso[0]:.3f} and {lasso[1]:.3f}, and any other "
        "split "
        "of their sum would have cost it the same."
    )


def constants(comparison: Any) -> str:
    """Say why the constant matters."""
    one, other = (comparison[v].row("mcmc", "sigma").estimate for v in ("default", "dropped"))
    return (
        f"Given sigma, nothing; with sigma unknown it is one power of sigma for each of {len(PREDICTORS)} "
        "coefficients: the "
        f"posterior mean of sigma is {one:.4f} with it and {other:.4f} without."
    )


def zeros(comparison: Any) -> str:
    """Say whether the posterior has zeros."""
    zero = np.array(PREDICTORS)[comparison["default"].values("map", "beta") == 0]
    return (
        f"The mode has zeros, here at {', '.join(zero) if zero.size else 'none of the four'}, because the density has "
        f"a corner at zero; of the draws {int(np.sum(comparison['default'].draws('beta') == 0))} are."
    )


scenario = Scenario(
    name="elastic_net",
    question="Which prior is the elastic net, and what does its constant do?",
    source="Zou and Hastie (2005), JRSS B 67, 301-320, theorem 1 (grouping); Li and Lin (2010), Bayesian "
    "Analysis 5(1), 151-170; Hans (2011), JASA 106, 1383-1393; data of Efron et al. (2004), Annals of Statistics 32, "
    "407-499, as shipped by scikit-learn",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("beta", "sigma"),
    variants={"dropped": {"constant": False}},
    claims=(
        mle_is_ols, map_is_sklearn, sklearn_is_glmnet, zeros_are_the_same, constant_is_known, constant_holds_sigma,
        sigma_is_stationary, dropping_moves_the_mode, dropping_moves_the_posterior, reweighting_explains_it,
        posterior_sigma_is_the_integral, posterior_has_the_right_sigma, posterior_has_no_mean_slope, twins_are_alike,
        lasso_picks_one, prior_is_a_parabola, mixture_is_another, prior_is_a_scale_mixture,
    ),
    holdout=lambda data: np.arange(data.progression.size) % 4 == 3,
    mathematics=(
        r"y_i \sim \mathrm{Normal}(x_i^\top \beta, \sigma), \quad \sigma \sim \mathrm{HalfNormal}(1)",
        rf"p(\beta_j \mid \sigma) \propto \sigma^{{-1}} \exp(-{RATE:g} |\beta_j| / \sigma - {WEIGHT:g} \beta_j^2 / "
        r"(2 \sigma^2))",
    ),
    why=(
        "The prior falls like a Laplace density near zero and like a normal one far out. Its corner sets "
        "coefficients to zero as the lasso's does. Its curvature shrinks large ones, and lets predictors that "
        "repeat each other share their effect. It is no mixture of one Laplace and one normal density: it is a "
        "mixture of normal densities of many variances, up to that of its squared part alone.",
        "The constant by which the prior integrates to one depends on sigma. Libraries that minimise a "
        "penalised loss at a given penalty never see it. The MAP of sigma and the posterior do: without the "
        "constant sigma is larger, as if the coefficients said nothing about it.",
    ),
    figures=(path, prior),
    varies={"rate": Range(0.1, 200.0, "rate of the absolute value in the prior, per sigma")},
    null={"beta": 0.0},
    about="442 patients: how far diabetes had progressed after a year, and four predictors measured before, body "
    "mass and the blood measurements s1, s2 and s3, of which s1 and s2 nearly repeat each other. All are "
    "standardised; beta is what one standard deviation of a predictor adds, sigma the standard deviation of "
    "the rest.",
    chapter="regularisers",
    position=3,
    answer=answer,
    units={"beta": "standard deviations of progression, for one of the predictor", "sigma": "standard deviations"},
    questions=(
        Question("Which coefficients do elastic net and lasso give to a predictor and its exact copy?", grouping),
        Question("What does the constant of the elastic net's prior change?", constants),
        Question("Are coefficients exactly zero in the posterior, as they may be at the mode?", zeros),
    ),
)  # fmt: skip
