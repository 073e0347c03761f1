"""The lasso is a mode under a Laplace prior; the posterior never sets a coefficient to zero.

Park and Casella (2008), "The Bayesian lasso", JASA 103(482): the prior's scale is sigma/lambda, so that
the posterior has one mode. Diabetes data of Efron et al. (2004), as shipped by scikit-learn.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.claims import Claim, at_least, at_most, claim, equal
from triptych.scenario import Data, Figure, Scenario, Series

RATE = 4.0  # lambda: the prior of a coefficient is Laplace(0, sigma / RATE)


def data() -> Data:
    """Return the ten standardised predictors and the centred outcome."""
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes(scaled=False)
    x, y = bunch.data, bunch.target
    return Data(
        {"X": (x - x.mean(0)) / x.std(0), "progression": y - y.mean()},
        dims={"X": ("patient", "predictor")},
        coords={"predictor": list(bunch.feature_names)},
    )


def model(data: Data, rate: float = RATE) -> None:
    """Normal outcome; Laplace(0, sigma / rate) on each coefficient."""
    import pymc as pm

    sigma = pm.HalfNormal("sigma", 200)
    beta = pm.Laplace("beta", 0, sigma / rate, dims="predictor")
    pm.Normal("y", data.X @ beta, sigma, observed=data.progression)


def simulate(rng: np.random.Generator, n: int = 500, **_: Any) -> tuple[Data, dict[str, Any]]:
    """Draw ten predictors of which three matter."""
    beta = np.array([20.0, -15.0, 10.0, 0, 0, 0, 0, 0, 0, 0])
    x = rng.standard_normal((n, beta.size))
    names = [f"x{j}" for j in range(beta.size)]
    y = x @ beta + 50 * rng.standard_normal(n)
    return (
        Data({"X": x, "progression": y}, dims={"X": ("patient", "predictor")}, coords={"predictor": names}),
        {"beta": beta, "sigma": 50.0},
    )


def _sklearn(c: Any, rate: float = RATE) -> np.ndarray:
    """Return scikit-learn's lasso at the penalty that the prior implies, alpha = sigma rate / n."""
    from sklearn.linear_model import Lasso

    d, sigma = c["default"].data, c["default"].row("map", "sigma").estimate
    alpha = sigma * rate / d.progression.size
    fitted = Lasso(alpha=alpha, fit_intercept=False, tol=1e-14, max_iter=100_000).fit(d.X, d.progression)
    return np.asarray(fitted.coef_)


@claim("The MAP is scikit-learn's Lasso at alpha = sigma lambda / n (largest difference, in sigma)")
def map_is_the_lasso(c: Any) -> Claim:
    sigma = c["default"].row("map", "sigma").estimate
    return at_most(np.max(np.abs(c["default"].values("map", "beta") - _sklearn(c))) / sigma, 1e-8)


@claim("with the same zeros")
def same_zeros(c: Any) -> Claim:
    ours, theirs = c["default"].values("map", "beta") == 0, _sklearn(c) == 0
    return equal(int(np.sum(ours != theirs)), 0)


@claim("of which there is at least one")
def some_zeros(c: Any) -> Claim:
    return at_least(float(np.sum(c["default"].values("map", "beta") == 0)), 1)


@claim("The subgradient (KKT) conditions hold at the MAP (largest violation, in standard errors)")
def kkt_holds(c: Any) -> Claim:
    return at_most(c["default"].panels["map"].native.kkt_residual, 1e-8)


@claim("No posterior mean or median of a coefficient is exactly zero")
def posterior_has_no_zeros(c: Any) -> Claim:
    draws = c["default"].draws("beta")
    return equal(int(np.sum(draws.mean(0) == 0) + np.sum(np.median(draws, 0) == 0)), 0)


@claim("At least one MLE coefficient falls outside the posterior's 95 % interval (their number)")
def mle_outside_the_posterior(c: Any) -> Claim:
    rows = zip(c["default"].rows("mle", "beta"), c["default"].rows("mcmc", "beta"), strict=True)
    return at_least(float(sum(not q.lower <= m.estimate <= q.upper for m, q in rows)), 1)


@claim("lambda from the prior scale, in every library's scaling, comes back to the prior (largest relative gap)")
def scales_convert(c: Any) -> Claim:
    from triptych.penalties import Laplace, to_penalty, to_prior

    sigma, n = c["default"].row("map", "sigma").estimate, c["default"].data.progression.size
    gaps = []
    for library in ("sklearn.Lasso", "sklearn.ElasticNet", "statsmodels.OLS"):
        setting = to_penalty(Laplace(sigma / RATE), library, sigma=sigma, n=n)
        alpha = setting["alpha"]
        gaps.append(abs(float(np.max(alpha)) / (sigma * RATE / n) - 1))
        prior = to_prior(library, sigma=sigma, n=n, **setting)
        gaps.append(abs(prior.weights[0] * sigma / RATE - 1))
    return at_most(max(gaps), 1e-9)


def coefficient_path(c: Any) -> Figure:
    """The lasso's coefficients along lambda at the MAP's sigma."""
    names = c["default"].data.coords["predictor"]
    rates = np.logspace(-1, 2, 40)
    path = np.array([_sklearn(c, rate) for rate in rates])
    series = [Series(name, rates.tolist(), path[:, j].tolist()) for j, name in enumerate(names)]
    return Figure(
        "The coefficients along lambda",
        "One coefficient after the other reaches zero and stays there.",
        "lambda",
        "coefficient",
        (*series, Series("this prior", [RATE], kind="vline")),
        x_log=True,
    )


scenario = Scenario(
    name="lasso",
    question="Which predictors of diabetes progression does a Laplace prior set to zero, and does the posterior?",
    source="Park and Casella (2008), JASA 103(482), 681-686; data of Efron et al. (2004), as shipped by scikit-learn",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("beta", "sigma"),
    claims=(
        map_is_the_lasso, same_zeros, some_zeros, kkt_holds, posterior_has_no_zeros, mle_outside_the_posterior,
        scales_convert,
    ),
    holdout=lambda data: np.arange(data.progression.size) % 4 == 3,
    mathematics=(
        r"y_i \sim \mathrm{Normal}(x_i^\top \beta, \sigma)",
        r"\beta_j \sim \mathrm{Laplace}(0, \sigma / \lambda)",
        r"\sigma \sim \mathrm{HalfNormal}(200)",
    ),
    why=(
        "The Laplace density has a corner at zero: a mode can sit on it exactly, so the MAP drops predictors.",
        "A mean or a median averages over both sides of the corner and is never exactly zero.",
    ),
    figures=(coefficient_path,),
)  # fmt: skip
