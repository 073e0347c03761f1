"""The mean squared error is a Gaussian likelihood: least squares as loss, as MLE, as mode and as posterior.

Food expenditure of 235 Belgian working-class households against their income (Engel 1857; Koenker & Bassett 1982,
Econometrica 50(1), 43-61; as shipped by statsmodels), in thousands of francs, income centred. Under
p(level, slope, sigma) ~ 1/sigma the posterior is Student's t around least squares (Gelman et al., Bayesian Data
Analysis, 3rd ed., section 14.2). The scenario ``mae_is_laplace`` puts the absolute error on the same households.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_least, at_most, claim, close_to_exact
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.varied import Question, Range, overridden

EXACT = 1e-9  # relative: rounding, through sums over all households
TRIALS = 50  # points at which loss and likelihood are compared


def data() -> Data:
    """Return income, centred, and food expenditure of each household, in thousands of francs."""
    from statsmodels.datasets import engel

    table = engel.load_pandas().data
    return households(table["income"].to_numpy(float) / 1000, table["foodexp"].to_numpy(float) / 1000)


def households(income: np.ndarray, food: np.ndarray) -> Data:
    """Return incomes, which are centred, and expenditures, one of each a household."""
    dims = {"income": ("household",), "food": ("household",)}
    return Data({"income": income - income.mean(), "food": food}, dims=dims)


def model(data: Data, slope_sd: Any = None) -> None:
    """Normal errors of one standard deviation around a line; p(level, slope, sigma) ~ 1/sigma, or a normal slope."""
    import pymc as pm
    import pytensor.tensor as pt

    level = pm.Flat("level")
    slope = pm.Flat("slope") if slope_sd is None else pm.Normal("slope", 0, slope_sd)
    sigma = pm.HalfFlat("sigma")
    pm.Potential("one_over_sigma", -pt.log(sigma))
    pm.Deterministic("mse", sigma**2)
    pm.Normal("y", level + slope * data.income, sigma, observed=data.food, dims="household")


def simulate(
    rng: np.random.Generator, n: int = 235, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    """Draw households whose expenditure is 0.6 at the mean income, and half of what is earned beyond it."""
    income = rng.gamma(4.0, 0.25, n)
    true = overridden({"level": 0.6, "slope": 0.5, "sigma": 0.1}, truth)
    food = true["level"] + true["slope"] * (income - income.mean()) + rng.normal(0, true["sigma"], n)
    return households(income, food), {**true, "mse": true["sigma"] ** 2}


def _design(d: Data) -> np.ndarray:
    return np.column_stack([np.ones(d.income.size), d.income])


def _line(comparison: Any, method: str) -> np.ndarray:
    """Return level and slope of a panel."""
    return np.array([comparison["default"].row(method, name).estimate for name in ("level", "slope")])


def _loss(d: Data, line: np.ndarray) -> float:
    """Return the mean squared error of a line."""
    return float(np.mean((d.food - _design(d) @ line) ** 2))


def _gap(line: np.ndarray, other: np.ndarray) -> float:
    return float(np.max(np.abs(line / other - 1)))


def _descent(d: Data, steps: int = 1000) -> np.ndarray:
    """Return the lines of gradient descent on the mean squared error, from zero."""
    x, path = _design(d), [np.zeros(2)]
    rate = 0.5 / np.linalg.eigvalsh(x.T @ x / d.food.size)[-1]
    for _ in range(steps):
        path.append(path[-1] + 2 * rate * x.T @ (d.food - x @ path[-1]) / d.food.size)
    return np.array(path)


@claim("The negative log-likelihood is n log(sigma sqrt(2 pi)) + n MSE/(2 sigma^2), for n households and the mean "
       "squared error MSE (largest relative difference, at random lines and sigmas)")  # fmt: skip
def loss_is_likelihood(comparison: Any) -> Claim:
    d, rng, gaps = comparison["default"].data, np.random.default_rng(2), []
    for _ in range(TRIALS):
        line, log_sigma = rng.normal(0, 1, 2), rng.normal(-1, 1)
        ours = -float(comparison["default"].engine.value(np.array([*line, log_sigma]))[0])
        by_loss = d.food.size * (log_sigma + np.log(2 * np.pi) / 2 + _loss(d, line) / (2 * np.exp(2 * log_sigma)))
        gaps.append(abs(ours / by_loss - 1))
    return at_most(max(gaps), 1e-10)


@claim("The MLE of level and slope is the line with which scikit-learn's LinearRegression minimises the squared error "
       "(largest relative difference)")  # fmt: skip
def mle_minimises_the_loss(comparison: Any) -> Claim:
    from sklearn.linear_model import LinearRegression

    d = comparison["default"].data
    fitted = LinearRegression().fit(d.income[:, None], d.food)
    return at_most(_gap(_line(comparison, "mle"), np.array([fitted.intercept_, fitted.coef_[0]])), EXACT)


@claim("The MLE of level and slope is that of statsmodels' OLS (largest relative difference)")
def mle_is_ols(comparison: Any) -> Claim:
    import statsmodels.api as sm

    d = comparison["default"].data
    return at_most(_gap(_line(comparison, "mle"), sm.OLS(d.food, _design(d)).fit().params), EXACT)


@claim(
    "Plain gradient descent on the mean squared error ends at the MLE of level and slope (largest relative difference)"
)
def descent_ends_at_mle(comparison: Any) -> Claim:
    return at_most(_gap(_line(comparison, "mle"), _descent(comparison["default"].data)[-1]), EXACT)


@claim("The MLE of sigma^2 is the least mean squared error itself (relative difference)")
def variance_is_the_loss(comparison: Any) -> Claim:
    import statsmodels.api as sm

    d = comparison["default"].data
    least = sm.OLS(d.food, _design(d)).fit().ssr / d.food.size
    return at_most(abs(comparison["default"].row("mle", "mse").estimate / least - 1), EXACT)


@claim("The greatest log-likelihood is -n/2 (1 + log(2 pi MSE)), for n households and the least mean squared error "
       "MSE, and statsmodels' OLS reports the same (largest relative difference)")  # fmt: skip
def height_is_the_log_of_the_loss(comparison: Any) -> Claim:
    import statsmodels.api as sm

    d = comparison["default"].data
    n, llf = d.food.size, sm.OLS(d.food, _design(d)).fit().llf
    here = -n / 2 * (1 + np.log(2 * np.pi * comparison["default"].row("mle", "mse").estimate))
    return at_most(max(abs(here / llf - 1), abs(comparison["default"].panels["mle"].native.llf / llf - 1)), EXACT)


@claim("The standard error behind the slope's Wald interval is that of statsmodels' OLS with n for n - 2 below the "
       "root, for n households (relative difference)")  # fmt: skip
def wald_is_ols_with_n(comparison: Any) -> Claim:
    import statsmodels.api as sm

    d, row = comparison["default"].data, comparison["default"].row("mle", "slope")
    n = d.food.size
    return at_most(abs(row.std_error / (sm.OLS(d.food, _design(d)).fit().bse[1] * np.sqrt((n - 2) / n)) - 1), 1e-8)


@claim("The MAP of level and slope under the prior p ~ 1/sigma is their MLE (largest relative difference)")
def map_is_the_line(comparison: Any) -> Claim:
    return at_most(_gap(_line(comparison, "map"), _line(comparison, "mle")), EXACT)


@claim("The square of the MAP of sigma under the prior p ~ 1/sigma is the sum of squared residuals divided by n + 1, "
       "for n households (relative difference)")  # fmt: skip
def map_divides_by_one_more(comparison: Any) -> Claim:
    d = comparison["default"].data
    exact = d.food.size * _loss(d, _line(comparison, "map")) / (d.food.size + 1)
    return at_most(abs(comparison["default"].row("map", "sigma").estimate ** 2 / exact - 1), EXACT)


@claim("The posterior means of level and slope are least squares (in Monte Carlo errors)")
def posterior_is_centred_on_the_line(comparison: Any) -> Claim:
    import statsmodels.api as sm

    d, posterior = comparison["default"].data, comparison["default"].panels["mcmc"].native["posterior"]
    draws = np.stack([posterior["level"].values, posterior["slope"].values], axis=-1)
    return close_to_exact(draws, sm.OLS(d.food, _design(d)).fit().params)


@claim(
    "The posterior interval of the slope begins where the t interval of statsmodels' OLS begins (in Monte Carlo errors)"
)
def posterior_begins_with_t(comparison: Any) -> Claim:
    return _t_end(comparison, 0)


@claim("The posterior interval of the slope ends where the t interval of statsmodels' OLS ends (in Monte Carlo errors)")
def posterior_ends_with_t(comparison: Any) -> Claim:
    return _t_end(comparison, 1)


def _t_end(comparison: Any, end: int) -> Claim:
    import statsmodels.api as sm

    d, row = comparison["default"].data, comparison["default"].interval("mcmc", "eti", "slope")
    exact = sm.OLS(d.food, _design(d)).fit().conf_int(1 - row.ci_prob)[1][end]
    draws = comparison["default"].panels["mcmc"].native["posterior"]["slope"].values
    return close_to_exact(draws, exact, prob=0.5 + (end - 0.5) * row.ci_prob)


@claim("The posterior mean of sigma^2 is the sum of squared residuals divided by n - 4, for n households (in Monte "
       "Carlo errors)")  # fmt: skip
def posterior_divides_by_four_less(comparison: Any) -> Claim:
    d = comparison["default"].data
    exact = d.food.size * _loss(d, _line(comparison, "mle")) / (d.food.size - 4)
    return close_to_exact(comparison["default"].panels["mcmc"].native["posterior"]["mse"].values, exact)


def _spreads(comparison: Any) -> tuple[float, float]:
    """Return the root mean squared residual of the poorer and of the richer half."""
    d = comparison["default"].data
    squares = (d.food - _design(d) @ _line(comparison, "mle")) ** 2
    poor = d.income < np.median(d.income)
    return float(np.sqrt(squares[poor].mean())), float(np.sqrt(squares[~poor].mean()))


@claim("The richer half of the households scatters more around the line than the poorer half, although the squared "
       "error assumes one spread for all (ratio of the two halves' root mean squared residuals)")  # fmt: skip
def spread_is_not_one(comparison: Any) -> Claim:
    poor, rich = _spreads(comparison)
    return at_least(rich / poor, 1.5)


@claim("White's HC0 error of the slope, from statsmodels' OLS, is larger than the standard error of the slope's MLE "
       "(ratio)")  # fmt: skip
def sandwich_is_larger(comparison: Any) -> Claim:
    import statsmodels.api as sm

    d = comparison["default"].data
    robust = sm.OLS(d.food, _design(d)).fit(cov_type="HC0").bse[1]
    return at_least(robust / comparison["default"].row("mle", "slope").std_error, 1.5)


def two_scales(comparison: Any) -> Figure:
    """The mean squared error along the slope, and the log-likelihood computed from the graph."""
    d, (level, slope) = comparison["default"].data, _line(comparison, "mle")
    slopes = np.linspace(slope - 0.15, slope + 0.15, 80)
    log_sigma = float(np.log(comparison["default"].row("mle", "sigma").estimate))
    loss = np.array([_loss(d, np.array([level, s])) for s in slopes])
    likelihood = np.array([comparison["default"].engine.value(np.array([level, s, log_sigma]))[0] for s in slopes])
    per_household = -(likelihood - likelihood.max()) * 2 * np.exp(2 * log_sigma) / d.food.size
    return Figure(
        "Mean squared error and likelihood are best at the same slope",
        "Negative log-likelihood per household, times 2 sigma^2 and measured from its least, lies on the mean squared "
        "error measured from its least.",
        "slope",
        "above its minimum",
        (
            Series("mean squared error", slopes.tolist(), (loss - loss.min()).tolist()),
            Series("negative log-likelihood, rescaled", slopes[::4].tolist(), per_household[::4].tolist(), "points"),
        ),
    )


def answer(comparison: Any) -> str:
    """Say what the squared error assumes."""
    row = comparison["default"].row("mle", "mse")
    return (
        "That errors are normal and scatter alike everywhere. The least mean squared error, "
        f"{_loss(comparison['default'].data, _line(comparison, 'mle')):.5f}, is the MLE of sigma^2, "
        f"{row.estimate:.5f}, and the line that has this error, {_line(comparison, 'mle')[0]:.3f} + "
        f"{_line(comparison, 'mle')[1]:.3f} income, is the MLE of the line."
    )


def broken(comparison: Any) -> str:
    """Say how the spread differs between poor and rich."""
    poor, rich = _spreads(comparison)
    robust = sandwich_is_larger(comparison).measured
    return (
        f"That they scatter alike: the poorer half does by {poor:.3f} thousand francs, the richer by {rich:.3f}. An "
        f"error of the slope that does not assume it, White's, is {robust:.1f} times the one in the table."
    )


def divisors(comparison: Any) -> str:
    """Say what each panel makes of the sum of squares."""
    n, total = (
        comparison["default"].data.food.size,
        comparison["default"].data.food.size * _loss(comparison["default"].data, _line(comparison, "mle")),
    )
    mle, mean = (comparison["default"].row(m, "mse").estimate for m in ("mle", "mcmc"))
    mode = comparison["default"].row("map", "sigma").estimate ** 2
    return (
        f"By {total / mle:.0f} = n in the MLE, {total / mode:.0f} = n + 1 at the mode, and {total / mean:.1f} in the "
        f"posterior mean of sigma^2, which is n - 4 but for Monte Carlo error; n is {n}."
    )


def sigma_too(comparison: Any) -> str:
    """Say what sigma is."""
    row = comparison["default"].row("mle", "sigma")
    return (
        f"How far off a prediction will be: sigma is {row.estimate:.3f} thousand francs, from {row.lower:.3f} to "
        f"{row.upper:.3f}. Without it a loss has no interval to give."
    )


scenario = Scenario(
    name="mse_is_gaussian",
    question="What is assumed by whoever minimises a mean squared error?",
    source="Engel (1857), in Koenker and Bassett (1982), Econometrica 50(1), 43-61, as shipped by statsmodels",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("level", "slope", "sigma", "mse"),
    claims=(
        loss_is_likelihood, mle_minimises_the_loss, mle_is_ols, descent_ends_at_mle, variance_is_the_loss,
        height_is_the_log_of_the_loss, wald_is_ols_with_n, map_is_the_line, map_divides_by_one_more,
        posterior_is_centred_on_the_line, posterior_begins_with_t, posterior_ends_with_t,
        posterior_divides_by_four_less, spread_is_not_one, sandwich_is_larger,
    ),
    holdout=lambda data: np.arange(data.food.size) % 5 == 4,
    mathematics=(
        r"y_i \sim \mathrm{Normal}(a + b\, x_i, \sigma)",
        r"-\log L = n \log(\sigma \sqrt{2\pi}) + \frac{n}{2\sigma^2}\, \mathrm{MSE}(a, b)",
        r"p(a, b, \sigma) \propto 1/\sigma",
    ),
    why=(
        "For every sigma the log-likelihood falls as the mean squared error rises, so the line that minimises "
        "the error maximises the likelihood. The mean squared error leaves sigma out. The likelihood does not, "
        "and its estimate of sigma^2 is the least mean squared error itself.",
        "The prior is flat in the line, and the three panels agree on it. They differ in sigma: the sum of "
        "squares is divided by n at the MLE, by n + 1 at the MAP, and by n - 4 in the posterior mean of "
        "sigma^2. The posterior's interval is Student's t, which takes into account that two coefficients were "
        "fitted.",
        "A squared error takes for granted that all households scatter alike. Rich ones scatter more: the line "
        "is still a sensible one, but the intervals of all three panels are too short.",
    ),
    figures=(two_scales,),
    varies={"slope_sd": Range(10.0, 0.005, "prior standard deviation of the slope")},
    null={"slope": 0.0},
    about="Food expenditure of 235 Belgian households in 1857 against their income, in thousands of francs. level "
    "is the expenditure at the mean income, slope what one more franc of income adds to it, sigma the "
    "standard deviation around the line and mse its square.",
    chapter="losses",
    position=2,
    answer=answer,
    units={"level": "thousand francs", "sigma": "thousand francs", "mse": "thousand francs squared"},
    questions=(
        Question("Which assumption of the squared error do the households break?", broken),
        Question("By what does each panel divide the sum of squares to estimate sigma^2?", divisors),
        Question("What does a normal likelihood tell that the mean squared error leaves out?", sigma_too),
    ),
)  # fmt: skip
