"""Weight decay is a Gaussian prior: ridge regression on Longley's ill-conditioned economy.

Longley (1967), "An appraisal of least squares programs for the electronic computer", JASA 62, as shipped
by statsmodels. Predictors and outcome are standardised; the prior on the weights is Gaussian.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.claims import Claim, at_least, at_most, claim
from triptych.scenario import Data, Figure, Scenario, Series

DECAY_SD = 1.0  # prior standard deviation of a weight, in units of sigma: the penalty is 1 / DECAY_SD^2


def data() -> Data:
    """Return Longley's data, each column standardised (1/n)."""
    from statsmodels.datasets import longley

    table = longley.load_pandas()
    x, y = table.exog.to_numpy(float), table.endog.to_numpy(float)
    return Data(
        {"X": (x - x.mean(0)) / x.std(0), "employed": (y - y.mean()) / y.std()},
        dims={"X": ("year", "predictor")},
        coords={"predictor": list(table.exog.columns)},
    )


def model(data: Data, decay_sd: float = DECAY_SD, sigma_known: bool = False) -> None:
    """Normal outcome; weights Normal(0, decay_sd * sigma), so that the penalty does not depend on sigma."""
    import pymc as pm
    import pytensor.tensor as pt

    sigma = pt.constant(0.1) if sigma_known else pm.HalfNormal("sigma", 1)
    if np.isinf(decay_sd):
        weight = pm.Flat("weight", dims="predictor")
    else:
        weight = pm.Normal("weight", 0, decay_sd * sigma, dims="predictor")
    pm.Normal("y", data.X @ weight, sigma, observed=data.employed)


def simulate(rng: np.random.Generator, n: int = 500, **_: Any) -> tuple[Data, dict[str, Any]]:
    """Draw independent predictors and an outcome with known weights."""
    truth = np.array([1.0, -0.5, 0.25, 0.0, 0.5, -1.0])
    x = rng.standard_normal((n, 6))
    names = [f"x{j}" for j in range(6)]
    y = x @ truth + 0.5 * rng.standard_normal(n)
    return (
        Data({"X": x, "employed": y}, dims={"X": ("year", "predictor")}, coords={"predictor": names}),
        {"weight": truth},
    )


def _ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    return np.asarray(np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y))


def _gap(c: Any, method: str, other: np.ndarray) -> float:
    return float(np.max(np.abs(c["default"].values(method, "weight") - other)) / np.max(np.abs(other)))


@claim("The MLE is sm.OLS (largest relative difference)")
def mle_is_ols(c: Any) -> Claim:
    import statsmodels.api as sm

    d = c["default"].data
    return at_most(_gap(c, "mle", sm.OLS(d.employed, d.X).fit().params), 1e-8)


@claim("The MAP is ridge at the penalty 1/decay_sd^2, by closed form")
def map_is_ridge(c: Any) -> Claim:
    d = c["default"].data
    return at_most(_gap(c, "map", _ridge(d.X, d.employed, DECAY_SD**-2)), 1e-8)


@claim("The MAP is scikit-learn's Ridge at the alpha that the prior implies")
def map_is_sklearn(c: Any) -> Claim:
    from sklearn.linear_model import Ridge

    from triptych.penalties import Normal, to_penalty

    d = c["default"].data
    setting = to_penalty(Normal(DECAY_SD), "sklearn.Ridge", sigma=1.0, n=d.employed.size)
    return at_most(_gap(c, "map", Ridge(fit_intercept=False, **setting).fit(d.X, d.employed).coef_), 1e-8)


@claim("The MAP is statsmodels' fit_regularized at its own alpha, divided by n")
def map_is_statsmodels(c: Any) -> Claim:
    import statsmodels.api as sm

    from triptych.penalties import Normal, to_penalty

    d = c["default"].data
    setting = to_penalty(Normal(DECAY_SD), "statsmodels.OLS", sigma=1.0, n=d.employed.size)
    return at_most(_gap(c, "map", np.asarray(sm.OLS(d.employed, d.X).fit_regularized(**setting).params)), 1e-8)


def _descend(x: np.ndarray, y: np.ndarray, coupled: bool) -> np.ndarray:
    """Adam-like preconditioned descent; decay is part of the gradient, or decoupled from it as in AdamW."""
    weight = np.zeros(x.shape[1])
    # A fixed diagonal preconditioner: what distinguishes the two kinds of decay is only where it acts.
    scale = 1 / np.arange(1, x.shape[1] + 1)
    rate = 0.9 / (np.linalg.norm(x, 2) ** 2 + 1)
    for _ in range(60_000):
        slope = x.T @ (x @ weight - y)
        decay = DECAY_SD**-2 * weight
        weight = weight - rate * (scale * (slope + decay) if coupled else scale * slope + decay)
    return weight


@claim("Gradient descent with an L2 term ends at the MAP")
def descent_ends_at_map(c: Any) -> Claim:
    d = c["default"].data
    return at_most(_gap(c, "map", _descend(d.X, d.employed, True)), 1e-6)


@claim("Decoupled decay, as in AdamW, does not end there")
def decoupled_decay_does_not(c: Any) -> Claim:
    d = c["default"].data
    return at_least(_gap(c, "map", _descend(d.X, d.employed, False)), 1e-2)


@claim("With sigma known the posterior mean is the Gaussian closed form (largest gap in Monte Carlo errors)")
def posterior_mean_is_closed_form(c: Any) -> Claim:
    s, d = c["sigma_known"], c["sigma_known"].data
    errors = np.array([e["mcse_mean"] for e in s.panels["mcmc"].diagnostics["summary"] if e["estimand"] == "weight"])
    return at_most(np.max(np.abs(s.values("mcmc", "weight") - _ridge(d.X, d.employed, DECAY_SD**-2)) / errors), 5)


@claim("and so are its standard deviations (largest gap in Monte Carlo errors)")
def posterior_sd_is_closed_form(c: Any) -> Claim:
    import arviz as az

    s, d = c["sigma_known"], c["sigma_known"].data
    exact = 0.1 * np.sqrt(np.diag(np.linalg.inv(d.X.T @ d.X + DECAY_SD**-2 * np.eye(d.X.shape[1]))))
    errors = az.mcse(s.panels["mcmc"].native["posterior"]["weight"], method="sd").values
    return at_most(np.max(np.abs(s.std_errors("mcmc", "weight") - exact) / errors), 5)


@claim("An infinitely wide prior returns the MLE (largest difference relative to the largest weight)")
def wide_is_mle(c: Any) -> Claim:
    mle, mode = c["wide"].values("mle", "weight"), c["wide"].values("map", "weight")
    return at_most(np.max(np.abs(mle - mode)) / np.max(np.abs(mle)), 1e-7)


def coefficient_path(c: Any) -> Figure:
    """The MAP of each weight along the penalty."""
    d = c["default"].data
    penalties = np.logspace(-5, 3, 60)
    path = np.array([_ridge(d.X, d.employed, p) for p in penalties])
    series = [Series(name, penalties.tolist(), path[:, j].tolist()) for j, name in enumerate(d.coords["predictor"])]
    return Figure(
        "The weights along the penalty",
        "From least squares on the left to zero on the right.",
        "penalty",
        "weight",
        (*series, Series("this prior", [DECAY_SD**-2], kind="vline")),
        x_log=True,
    )


scenario = Scenario(
    name="weight_decay",
    question="What does weight decay do to a regression whose predictors nearly repeat each other?",
    source="Longley (1967), JASA 62(319), 819-841, as shipped by statsmodels",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("weight",),
    variants={"sigma_known": {"sigma_known": True}, "wide": {"decay_sd": float("inf")}},
    claims=(
        mle_is_ols, map_is_ridge, map_is_sklearn, map_is_statsmodels, descent_ends_at_map, decoupled_decay_does_not,
        posterior_mean_is_closed_form, posterior_sd_is_closed_form, wide_is_mle,
    ),
    holdout=lambda data: np.arange(data.employed.size) % 4 == 3,
    mathematics=(
        r"y_i \sim \mathrm{Normal}(x_i^\top w, \sigma)",
        r"w_j \sim \mathrm{Normal}(0, \tau \sigma)",
        r"\sigma \sim \mathrm{HalfNormal}(1)",
    ),
    why=(
        "The likelihood hardly distinguishes weights along the directions in which the predictors repeat each other; "
        "the prior decides there, and pulls towards zero.",
        "The posterior is nearly Gaussian, so its mean and its mode agree: what differs from the MLE is the prior.",
    ),
    figures=(coefficient_path,),
)  # fmt: skip
