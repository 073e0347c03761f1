"""Weight decay is a Gaussian prior: ridge regression on an economy whose predictors repeat each other.

What does weight decay do when the data hardly tell the predictors apart? Longley, "An appraisal of least
squares programs for the electronic computer from the point of view of the user", JASA 62 (1967) 819-841,
as shipped by statsmodels; certified coefficients by NIST, Statistical Reference Datasets, Longley. Ridge
as a posterior mode: Hoerl and Kennard, "Ridge regression", Technometrics 12 (1970) 55-67.

Outcome and predictors are standardised (mean 0, variance 1 with divisor n), and ``weight`` is on that
scale, where the prior is; ``coef`` is the same fit on Longley's own scale. The intercept is not penalised.
The prior's standard deviation is DECAY_SD times sigma, so that the penalty is 1/DECAY_SD^2 whatever sigma.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_least, at_most, claim
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.varied import Question, Range, overridden

DECAY_SD = 1.0
PENALTY = DECAY_SD**-2
SIGMA_SD = 1.0  # of the half-normal prior of sigma
KNOWN_SIGMA = 0.1  # in standard deviations of the outcome; its maximum-likelihood estimate is 0.067
EXACT = 1e-9  # of the largest weight: 1e-16 times the condition of X'X, 1.2e4, with room for many sums
FALSE_ALARM = 1e-4  # per claim on sampled figures
STEPS = 3000  # of each descent; the slowest needs about 75 for one factor of e
# NIST StRD, Longley: estimate and standard deviation (divisor n - 7) of the intercept and six slopes.
CERTIFIED = np.array([
    (-3482258.63459582, 890420.383607373),
    (15.0618722713733, 84.9149257747669),
    (-0.358191792925910e-01, 0.334910077722432e-01),
    (-2.02022980381683, 0.488399681651699),
    (-1.03322686717359, 0.214274163161675),
    (-0.511041056535807e-01, 0.226073200069370),
    (1829.15146461355, 455.478499142212),
])  # fmt: skip


def data() -> Data:
    """Return Longley's sixteen years, standardised, with the moments that take them back."""
    from statsmodels.datasets import longley

    table = longley.load_pandas()
    return _data(table.exog.to_numpy(float), table.endog.to_numpy(float), list(table.exog.columns))


def _data(x: np.ndarray, y: np.ndarray, names: list[str]) -> Data:
    moments = {"x_mean": x.mean(0), "x_sd": x.std(0), "y_mean": y.mean(), "y_sd": y.std()}
    return Data(
        {"X": (x - x.mean(0)) / x.std(0), "employed": (y - y.mean()) / y.std(), **moments},
        dims={"X": ("year", "predictor"), "employed": ("year",), "x_mean": ("predictor",), "x_sd": ("predictor",)},
        coords={"predictor": names, "term": ["const", *names]},
    )


def model(data: Data, decay_sd: Any = DECAY_SD, sigma_known: bool = False) -> None:
    """Normal outcome around an unpenalised level; Normal(0, decay_sd*sigma) on each weight."""
    import pymc as pm
    import pytensor.tensor as pt

    level = pm.Flat("level")
    sigma = KNOWN_SIGMA if sigma_known else pm.HalfNormal("sigma", SIGMA_SD)
    if isinstance(decay_sd, float) and np.isinf(decay_sd):
        weight = pm.Flat("weight", dims="predictor")
    else:
        weight = pm.Normal("weight", 0, decay_sd * sigma, dims="predictor")
    pm.Normal("y", level + data.X @ weight, sigma, observed=data.employed, dims="year")
    slope = weight * data.y_sd / data.x_sd
    const = data.y_mean + data.y_sd * level - pt.sum(slope * data.x_mean)
    pm.Deterministic("coef", pt.concatenate([const[None], slope]), dims="term")


def simulate(
    rng: np.random.Generator, n: int = 500, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    """Draw predictors that share a trend, and an outcome with known coefficients; ``noise`` is on its own scale."""
    true = overridden({"coef": [3.0, 1.0, -0.5, 0.25, 0.0, 0.5, -1.0], "noise": 0.5}, truth)
    coef = np.asarray(true["coef"], dtype=float)
    x = 2 * rng.standard_normal((n, 1)) + rng.standard_normal((n, 6))
    y = coef[0] + x @ coef[1:] + true["noise"] * rng.standard_normal(n)
    drawn = _data(x, y, [f"x{j}" for j in range(6)])
    return drawn, {**true, "coef": coef, "weight": coef[1:] * x.std(0) / y.std()}


def _ridge(d: Data, penalty: float = PENALTY) -> np.ndarray:
    """Return the ridge estimate by its normal equations."""
    gram = d.X.T @ d.X + penalty * np.eye(d.X.shape[1])
    return np.asarray(np.linalg.solve(gram, d.X.T @ d.employed))


def _gap(weight: np.ndarray, other: np.ndarray) -> float:
    """Return the largest difference, relative to the largest weight."""
    return float(np.max(np.abs(weight - other)) / np.max(np.abs(other)))


def _normal(comparisons: int) -> float:
    """Return the size of a standard normal that the largest of several exceeds by chance FALSE_ALARM."""
    from scipy.stats import norm

    return float(norm.isf(FALSE_ALARM / 2 / comparisons))


def _mean_gap(comparison: Any, variant: str, expected: np.ndarray) -> Claim:
    """Hold the posterior mean of the weights to a known answer, in Monte Carlo errors."""
    import arviz as az

    draws = comparison[variant].panels["mcmc"].native["posterior"]["weight"]
    errors = az.mcse(draws, method="mean").values
    return at_most(float(np.max(np.abs(draws.mean(("chain", "draw")).values - expected) / errors)), _normal(6))


@claim(
    "The MLE of the weights is least squares, by statsmodels' OLS (largest difference, relative to the largest weight)"
)
def mle_is_ols(comparison: Any) -> Claim:
    import statsmodels.api as sm

    d = comparison["default"].data
    return at_most(_gap(comparison["default"].values("mle", "weight"), sm.OLS(d.employed, d.X).fit().params), EXACT)


@claim("The MLE of the coefficients on Longley's own scale has NIST's certified digits (the fewest of any coefficient)")
def mle_has_certified_digits(comparison: Any) -> Claim:
    errors = np.abs(comparison["default"].values("mle", "coef") / CERTIFIED[:, 0] - 1)
    return at_least(float(-np.log10(np.max(errors))), 9)


@claim("The standard errors of the coefficients on Longley's own scale have NIST's certified digits, but divide by n = "
       "16 where NIST divides by 9 (the fewest of any coefficient)")  # fmt: skip
def mle_errors_have_certified_digits(comparison: Any) -> Claim:
    errors = np.abs(comparison["default"].std_errors("mle", "coef") / (CERTIFIED[:, 1] * np.sqrt(9 / 16)) - 1)
    return at_least(float(-np.log10(np.max(errors))), 9)


@claim("The MAP of the weights is ridge at the penalty 1/DECAY_SD^2, for the prior standard deviation DECAY_SD in "
       "units of sigma, by closed form (relative difference)")  # fmt: skip
def map_is_ridge(comparison: Any) -> Claim:
    return at_most(_gap(comparison["default"].values("map", "weight"), _ridge(comparison["default"].data)), EXACT)


@claim("The MAP of the weights is scikit-learn's Ridge, whose alpha is the prior's penalty whatever the number of "
       "observations (relative difference)")  # fmt: skip
def map_is_sklearn(comparison: Any) -> Claim:
    from sklearn.linear_model import Ridge

    from triptych.penalties import Normal, to_penalty

    d = comparison["default"].data
    setting = to_penalty(Normal(DECAY_SD), "sklearn.Ridge", sigma=1.0, n=d.employed.size)
    return at_most(
        _gap(comparison["default"].values("map", "weight"), Ridge(**setting).fit(d.X, d.employed).coef_), EXACT
    )


@claim("The MAP of the weights is statsmodels' OLS.fit_regularized, whose alpha is the prior's penalty divided by the "
       "number of observations (relative difference)")  # fmt: skip
def map_is_statsmodels(comparison: Any) -> Claim:
    import statsmodels.api as sm

    from triptych.penalties import Normal, to_penalty

    d = comparison["default"].data
    setting = to_penalty(Normal(DECAY_SD), "statsmodels.OLS", sigma=1.0, n=d.employed.size)
    fitted = sm.OLS(d.employed, d.X).fit_regularized(**setting)
    return at_most(_gap(comparison["default"].values("map", "weight"), np.asarray(fitted.params)), EXACT)


@claim("The MAP of the weights is the same with sigma known as with sigma unknown (relative difference)")
def map_ignores_sigma(comparison: Any) -> Claim:
    return at_most(
        _gap(comparison["default"].values("map", "weight"), comparison["sigma_known"].values("map", "weight")), EXACT
    )


def _gradient_descent(d: Data) -> Iterator[np.ndarray]:
    """Step down the gradient of RSS/2 plus an L2 term."""
    weight = np.zeros(d.X.shape[1])
    rate = 1 / (np.linalg.norm(d.X, 2) ** 2 + PENALTY)
    for _ in range(STEPS):
        weight = weight - rate * (d.X.T @ (d.X @ weight - d.employed) + PENALTY * weight)
        yield weight


def _adam(d: Data, *, decoupled: bool, steps: int = STEPS) -> Iterator[np.ndarray]:
    """Take the steps of Adam (decay in the gradient) or AdamW (decay beside it), the rate falling to zero."""
    weight, first, second = np.zeros((3, d.X.shape[1]))
    for k in range(1, steps + 1):
        slope = d.X.T @ (d.X @ weight - d.employed) + (0.0 if decoupled else PENALTY * weight)
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        step = first / (1 - 0.9**k) / (np.sqrt(second / (1 - 0.999**k)) + 1e-8)
        weight = weight - 0.05 * (1 - k / steps) * (step + (PENALTY * weight if decoupled else 0.0))
        yield weight


def _last(path: Iterator[np.ndarray]) -> np.ndarray:
    *_, end = path
    return end


@claim("Gradient descent with an L2 term ends at the MAP of the weights (relative difference)")
def descent_ends_at_map(comparison: Any) -> Claim:
    return at_most(
        _gap(comparison["default"].values("map", "weight"), _last(_gradient_descent(comparison["default"].data))), EXACT
    )


@claim("Adam ends at the MAP of the weights when the decay is part of the gradient (relative difference)")
def coupled_adam_ends_at_map(comparison: Any) -> Claim:
    end = _last(_adam(comparison["default"].data, decoupled=False))
    return at_most(_gap(comparison["default"].values("map", "weight"), end), EXACT)


@claim("AdamW, which is Adam but for decay outside the adaptive step, does not end at the MAP of the weights (relative "
       "difference)")  # fmt: skip
def decoupled_decay_does_not(comparison: Any) -> Claim:
    end = _last(_adam(comparison["default"].data, decoupled=True))
    return at_least(_gap(comparison["default"].values("map", "weight"), end), 0.1)


@claim("With sigma known the posterior mean of the weights is the Gaussian closed form, ridge (largest gap, in Monte "
       "Carlo errors)")  # fmt: skip
def posterior_mean_is_closed_form(comparison: Any) -> Claim:
    return _mean_gap(comparison, "sigma_known", _ridge(comparison["sigma_known"].data))


@claim("With sigma known the posterior covariance of the weights is sigma^2 (X'X + penalty)^-1, for the predictors X "
       "(largest gap of any entry, in Monte Carlo errors)")  # fmt: skip
def posterior_covariance_is_closed_form(comparison: Any) -> Claim:
    import arviz as az

    d, draws = (
        comparison["sigma_known"].data,
        comparison["sigma_known"].panels["mcmc"].native["posterior"]["weight"].values,
    )
    exact = KNOWN_SIGMA**2 * np.linalg.inv(d.X.T @ d.X + PENALTY * np.eye(d.X.shape[1]))
    # Around the exact mean a covariance is a plain mean, so that its Monte Carlo error is that of a mean.
    away = draws - _ridge(d)
    gaps = []
    for i, j in zip(*np.triu_indices(len(exact)), strict=True):
        product = away[..., i] * away[..., j]
        gaps.append(abs(product.mean() - exact[i, j]) / float(az.mcse(product, method="mean")))
    return at_most(float(max(gaps)), _normal(len(gaps)))


@claim("With sigma unknown the posterior mean of the weights is ridge, as with sigma known (largest gap, in Monte "
       "Carlo errors)")  # fmt: skip
def posterior_mean_is_the_mode(comparison: Any) -> Claim:
    return _mean_gap(comparison, "default", _ridge(comparison["default"].data))


@claim("The MAP of the weights under an infinitely wide prior is their MLE (relative difference)")
def wide_is_mle(comparison: Any) -> Claim:
    return at_most(
        _gap(comparison["wide"].values("map", "weight"), comparison["default"].values("mle", "weight")), EXACT
    )


@claim(
    "The posterior mean of the weights under an infinitely wide prior is their MLE (largest gap, in Monte Carlo errors)"
)
def wide_posterior_mean_is_mle(comparison: Any) -> Claim:
    return _mean_gap(comparison, "wide", comparison["default"].values("mle", "weight"))


def coefficient_path(comparison: Any) -> Figure:
    """The MAP of each weight along the penalty."""
    d = comparison["default"].data
    penalties = np.logspace(-5, 3, 80)
    path = np.array([_ridge(d, penalty) for penalty in penalties])
    series = [Series(name, penalties.tolist(), path[:, j].tolist()) for j, name in enumerate(d.coords["predictor"])]
    mode = comparison["default"].values("map", "weight").tolist()
    return Figure(
        "The penalty takes back large weights of opposite sign",
        "A line for each weight of the ridge fit, in closed form; points for the MAP, at this prior's penalty.",
        "penalty",
        "weight",
        (*series, Series("MAP", [PENALTY] * 6, mode, kind="points"), Series("this prior", [PENALTY], kind="vline")),
        x_log=True,
    )


def descents(comparison: Any) -> Figure:
    """How far from the MAP three optimisers are, step by step."""
    d, mode = comparison["default"].data, comparison["default"].values("map", "weight")
    paths = {
        "gradient descent, L2 term": _gradient_descent(d),
        "Adam, L2 term": _adam(d, decoupled=False),
        "AdamW, decoupled decay": _adam(d, decoupled=True),
    }
    series = []
    for label, path in paths.items():
        gaps = [_gap(weight, mode) for weight in path][::25]
        # Below rounding there is nothing to draw on a logarithmic axis.
        series.append(Series(label, np.arange(1, STEPS + 1, 25).tolist(), np.maximum(gaps, 1e-15).tolist()))
    return Figure(
        "Three optimisers with the same weight decay",
        "Decay inside the gradient leads to the posterior mode; decay beside it, as in AdamW, leads elsewhere.",
        "step",
        "largest distance from the MAP, relative",
        tuple(series),
        y_log=True,
    )


def answer(comparison: Any) -> str:
    """Say what the prior does to the weight that it moves most."""
    mle, mode, mean = (comparison["default"].values(m, "weight") for m in ("mle", "map", "mcmc"))
    k = int(np.argmax(np.abs(mode - mle)))
    return (
        "Weight decay is a Gaussian prior on the weights: it takes that of "
        f"{comparison['default'].data.coords['predictor'][k]} "
        f"from {mle[k]:.2f} (MLE) to {mode[k]:.2f} (MAP, which is ridge regression), and the posterior mean is "
        f"{mean[k]:.2f} too, with an interval that ridge does not give."
    )


def opposite(comparison: Any) -> str:
    """Say what large weights of opposite sign gain."""
    d = comparison["default"].data
    mle, mode = (comparison["default"].values(m, "weight") for m in ("mle", "map"))
    alike = np.triu(np.abs(d.X.T @ d.X) / len(d.X), 1)
    i, j = np.unravel_index(int(np.argmax(alike)), alike.shape)
    rest = [np.sum((d.employed - d.X @ weight) ** 2) / np.sum(d.employed**2) for weight in (mle, mode)]
    names = d.coords["predictor"]
    return (
        f"{names[i]} and {names[j]}, of correlation {alike[i, j]:.3f}, have the weights {mle[i]:.2f} and {mle[j]:.2f} "
        f"as MLE, and {mode[i]:.2f} and {mode[j]:.2f} as MAP. With the MLE's weights {rest[0]:.2%} of the outcome's "
        f"variance stays unexplained, with the MAP's {rest[1]:.2%}."
    )


def strength(comparison: Any) -> str:
    """Say which penalty the prior is."""
    d, mode = comparison["default"].data, comparison["default"].values("map", "weight")
    tight = _ridge(d, 4 * PENALTY)
    return (
        f"RSS + {PENALTY:g} |weight|^2, for a prior standard deviation of {DECAY_SD:g} sigma: the penalty is one over "
        "its square, and sigma drops out. Half the standard deviation is four times the penalty; the length of the "
        f"weights then goes from {np.linalg.norm(mode):.3f} to {np.linalg.norm(tight):.3f}."
    )


def decoupled(comparison: Any) -> str:
    """Say which optimisers end at the mode."""
    d, mode = comparison["default"].data, comparison["default"].values("map", "weight")
    plain, coupled, beside = (
        _gap(mode, _last(path)) for path in (_gradient_descent(d), _adam(d, decoupled=False), _adam(d, decoupled=True))
    )
    return (
        f"No. With the decay in the gradient, descent and Adam end within {max(plain, coupled):.0e} of the MAP; with "
        f"the decay beside the gradient, as in AdamW, the weights end {beside:.2f} of the largest weight away."
    )


scenario = Scenario(
    name="weight_decay",
    question="What does weight decay do to a regression whose predictors nearly repeat each other?",
    source="Longley (1967), JASA 62, 819-841, as shipped by statsmodels; certified coefficients: NIST Statistical "
    "Reference Datasets, Longley; ridge: Hoerl and Kennard (1970), Technometrics 12, 55-67",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("weight", "coef"),
    variants={"sigma_known": {"sigma_known": True}, "wide": {"decay_sd": float("inf")}},
    claims=(
        mle_is_ols, mle_has_certified_digits, mle_errors_have_certified_digits, map_is_ridge, map_is_sklearn,
        map_is_statsmodels, map_ignores_sigma, descent_ends_at_map, coupled_adam_ends_at_map,
        decoupled_decay_does_not, posterior_mean_is_closed_form, posterior_covariance_is_closed_form,
        posterior_mean_is_the_mode, wide_is_mle, wide_posterior_mean_is_mle,
    ),
    holdout=lambda data: np.arange(data.employed.size) % 4 == 3,
    mathematics=(
        r"y_i \sim \mathrm{Normal}(\alpha + x_i^\top w, \sigma)",
        rf"w_j \mid \sigma \sim \mathrm{{Normal}}(0, \tau \sigma), \quad \tau = {DECAY_SD:g}",
        rf"\sigma \sim \mathrm{{HalfNormal}}({SIGMA_SD:g}), \quad p(\alpha) \propto 1",
    ),
    why=(
        "The predictors nearly repeat each other, so the likelihood hardly tells their weights apart: least "
        "squares buys a little fit with large weights of opposite sign. The prior makes such weights "
        "improbable and pulls towards zero, which is all of the difference between MLE and MAP.",
        "For every value of sigma the posterior of the weights is normal around the ridge estimate, which is "
        "the same whatever sigma is. So MAP and posterior mean agree, although sigma is unknown. Not knowing "
        "sigma makes the posterior's intervals longer; the intervals of MAP and MLE take their own sigma for "
        "the true one.",
        "There are sixteen years and seven coefficients. The MLE of sigma divides by n and is too small, and "
        "so the Wald intervals are too short. Under an infinitely wide prior MAP and MLE are the same, and the "
        "posterior's intervals are still longer than theirs.",
        "AdamW takes its weight decay off beside the gradient and does not scale it as it scales the gradient. "
        "It ends at other weights, which are the mode of no prior of this kind.",
    ),
    figures=(coefficient_path, descents),
    varies={"decay_sd": Range(30.0, 0.01, "prior standard deviation of a weight, in units of sigma")},
    null={"weight": 0.0, "coef": 0.0},
    answer=answer,
    questions=(
        Question("What do the large weights of least squares gain over the small ones of ridge?", opposite),
        Question("Which penalty of ridge regression stands for a normal prior of the weights?", strength),
        Question("Does every optimiser with weight decay end at the posterior mode?", decoupled),
    ),
    chapter="regularisers",
    position=1,
    units={"weight": "standard deviations of the outcome, for one of the predictor"},
    about="Employment in the United States from 1947 to 1962, and six predictors that nearly repeat each other: prices "
    "(GNPDEFL), national product (GNP), unemployment (UNEMP), the army (ARMED), population (POP) and the year. weight "
    "is what one standard deviation of a predictor adds to employment, in standard deviations; coef is the same in "
    "Longley's own units.",
)  # fmt: skip
