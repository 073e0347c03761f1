"""The lasso is a mode under a Laplace prior; the posterior never sets a coefficient to zero.

Which of ten measurements predict how diabetes progresses? Park and Casella, "The Bayesian Lasso", JASA
103 (2008) 681-686: the scale of the Laplace prior is sigma/lambda, conditional on
sigma, so that the posterior has one mode; p(sigma^2) ~ 1/sigma^2; the overall mean is not penalised.
Their lambda for these data, by marginal maximum likelihood, is 0.237, for predictors of unit length; here predictors
have a standard deviation of one, so that a coefficient is in points per standard deviation, and the same prior has
the scale sigma/(lambda sqrt(n)). Data of Efron, Hastie, Johnstone
and Tibshirani, "Least angle regression", Annals of Statistics 32 (2004) 407-499, as shipped by
scikit-learn: 442 patients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from triptych.base.text import join_all
from triptych.problem.claims import Claim, at_least, at_most, claim, equal
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.varied import Question, Range, overridden

PATIENTS = 442  # n, the rows of the data
RATE = 0.237  # lambda: the prior of a coefficient is Laplace(0, sigma / (RATE sqrt(n)))
EXACT = 1e-8  # of sigma: rounding, seen through predictors that nearly repeat each other
BESIDE = 1.06  # lambda's factor by which the picture draws MAP and posterior to the sides of it
FALSE_ALARM = 1e-4  # per claim on sampled figures
# Libraries whose lasso minimises RSS/(2n) + alpha*|b|.
LIBRARIES = (
    "sklearn.Lasso",
    "sklearn.ElasticNet",
    "sklearn.SGDRegressor",
    "statsmodels.OLS",
    "statsmodels.GLM",
    "glmnet.gaussian",
)


def data() -> Data:
    """Return the ten predictors, centred and of unit standard deviation, and progression on its own scale."""
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes()  # whose predictors have unit length
    return _data(bunch.data * np.sqrt(bunch.target.size), bunch.target, list(bunch.feature_names))


def _data(x: np.ndarray, y: np.ndarray, names: list[str]) -> Data:
    return Data(
        {"X": x, "progression": y},
        dims={"X": ("patient", "predictor"), "progression": ("patient",)},
        coords={"predictor": names},
        constants={"root_n": float(np.sqrt(y.size))},
    )


def model(data: Data, rate: float = RATE) -> None:
    """Normal outcome around an unpenalised mean; Laplace(0, sigma/(rate sqrt(n))) on each coefficient."""
    import pymc as pm
    import pytensor.tensor as pt

    intercept = pm.Flat("intercept")
    sigma = pm.HalfFlat("sigma")
    pm.Potential("one_over_sigma", -pt.log(sigma))
    beta = pm.Laplace("beta", 0, sigma / (rate * data.root_n), dims="predictor")
    pm.Normal("y", intercept + data.X @ beta, sigma, observed=data.progression, dims="patient")


def simulate(
    rng: np.random.Generator, n: int = 500, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    """Draw ten predictors of unit standard deviation of which three matter."""
    beta = np.zeros(10)
    beta[:3] = 20.0, -15.0, 10.0
    true = overridden({"beta": beta, "sigma": 50.0, "intercept": 150.0}, truth)
    x = rng.standard_normal((n, beta.size))
    x -= x.mean(0)
    x /= x.std(0)
    y = true["intercept"] + x @ np.asarray(true["beta"]) + true["sigma"] * rng.standard_normal(n)
    return _data(x, y, [f"x{j}" for j in range(beta.size)]), true


def _sigma(comparison: Any) -> float:
    """Return sigma at the mode."""
    return float(comparison["default"].values("map", "sigma")[0])


def _gap(comparison: Any, method: str, other: np.ndarray) -> float:
    """Return the largest difference from a panel's coefficients, in sigma."""
    return float(np.max(np.abs(comparison["default"].values(method, "beta") - other)) / _sigma(comparison))


def _centred(comparison: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return X and y without its mean, which is all that an unpenalised mean does here."""
    d = comparison["default"].data
    return d.X, d.progression - d.progression.mean()


def _sklearn(comparison: Any, rate: float = RATE) -> np.ndarray:
    """Return scikit-learn's lasso at the penalty that the prior implies, alpha = sigma*rate/sqrt(n)."""
    from sklearn.linear_model import Lasso

    x, y = _centred(comparison)
    alpha = _sigma(comparison) * rate / np.sqrt(y.size)
    fitted = Lasso(alpha=alpha, fit_intercept=False, tol=1e-14, max_iter=100_000).fit(x, y)
    return np.asarray(fitted.coef_)


@claim("The MLE of the coefficients is least squares, by statsmodels' OLS (largest difference, in sigma)")
def mle_is_ols(comparison: Any) -> Claim:
    import statsmodels.api as sm

    d = comparison["default"].data
    return at_most(_gap(comparison, "mle", sm.OLS(d.progression, sm.add_constant(d.X)).fit().params[1:]), EXACT)


@claim("The MAP of the coefficients is scikit-learn's Lasso at alpha = sigma*lambda/sqrt(n), for n patients (largest "
       "difference, in sigma)")  # fmt: skip
def map_is_the_lasso(comparison: Any) -> Claim:
    return at_most(_gap(comparison, "map", _sklearn(comparison)), EXACT)


@claim("The MAP of the coefficients is zero, exactly, at the same predictors as scikit-learn's Lasso (their names)")
def same_zeros(comparison: Any) -> Claim:
    names = np.array(comparison["default"].data.coords["predictor"])
    ours, theirs = names[comparison["default"].values("map", "beta") == 0], names[_sklearn(comparison) == 0]
    return equal(", ".join(ours), ", ".join(theirs))


@claim("At least one coefficient of the MAP is exactly zero (how many)")
def some_zeros(comparison: Any) -> Claim:
    return at_least(float(np.sum(comparison["default"].values("map", "beta") == 0)), 1)


@claim("The MAP satisfies the lasso's optimality (KKT) conditions: with predictors X and residuals r of n patients, "
       "X'r is lambda*sigma*sqrt(n) times the coefficient's sign, or at most that in size where the coefficient is "
       "zero (largest violation, in lambda*sigma*sqrt(n))")  # fmt: skip
def kkt_holds(comparison: Any) -> Claim:
    x, y = _centred(comparison)
    beta = comparison["default"].values("map", "beta")
    slope = x.T @ (y - x @ beta) / (RATE * np.sqrt(y.size) * _sigma(comparison))
    at_zero = np.maximum(np.abs(slope) - 1, 0)
    return at_most(float(np.max(np.where(beta == 0, at_zero, np.abs(slope - np.sign(beta))))), EXACT)


@claim(
    "The solver's own residual of the optimality conditions of the MAP is zero but for rounding (in standard errors)"
)
def kkt_residual_is_reported(comparison: Any) -> Claim:
    return at_most(comparison["default"].panels["map"].native.kkt_residual, EXACT)


@claim("The joint density of coefficients and sigma has one mode: no start ended at another (how many did)")
def one_mode(comparison: Any) -> Claim:
    return equal(float(comparison["default"].panels["map"].diagnostics["other_optima"]), 0.0)


@claim("The mode of sigma is the root of (n + p + 1) sigma^2 = RSS + lambda*sigma*sqrt(n)*sum|b|, for n patients, p "
       "coefficients b and the residual sum of squares RSS (relative difference)")  # fmt: skip
def sigma_is_stationary(comparison: Any) -> Claim:
    x, y = _centred(comparison)
    beta, sigma = comparison["default"].values("map", "beta"), _sigma(comparison)
    right = np.sum((y - x @ beta) ** 2) + RATE * sigma * np.sqrt(y.size) * np.abs(beta).sum()
    return at_most(abs(right / ((y.size + beta.size + 1) * sigma**2) - 1), EXACT)


@claim("No posterior mean or median of a coefficient, and no draw, is exactly zero (how many are)")
def posterior_has_no_zeros(comparison: Any) -> Claim:
    draws = comparison["default"].draws("beta")
    zeros = np.sum(draws.mean(0) == 0) + np.sum(np.median(draws, 0) == 0) + np.sum(draws == 0)
    return equal(float(zeros), 0.0)


@claim("Where the MAP of a coefficient is zero, its 95 % posterior interval has values on both sides of zero (how many "
       "do not)")  # fmt: skip
def zeros_are_undecided(comparison: Any) -> Claim:
    low, high = np.quantile(comparison["default"].draws("beta"), (0.025, 0.975), axis=0)
    zero = comparison["default"].values("map", "beta") == 0
    return equal(float(np.sum(zero & ~((low < 0) & (high > 0)))), 0.0)


@claim("At the lambda published for the diabetes data the expected sum of |b| sqrt(n)/sigma over the p "
       "coefficients b is p/lambda, for n patients, as marginal maximum likelihood demands (gap in lambda; bound: its "
       "rounding, and Monte Carlo error)")  # fmt: skip
def lambda_is_the_published_one(comparison: Any) -> Claim:
    import arviz as az
    from scipy.stats import norm

    posterior = comparison["default"].panels["mcmc"].native["posterior"]
    n, p = comparison["default"].data.X.shape
    total = (np.sqrt(n) * np.abs(posterior["beta"]).sum("predictor") / posterior["sigma"]).values
    implied = p / total.mean()
    error = implied * float(az.mcse(total)) / total.mean()
    return at_most(abs(implied - RATE), 0.0005 + float(norm.isf(FALSE_ALARM / 2)) * error)


@claim("The MLEs of the coefficients of s1 and s2 fall outside their 95 % posterior intervals (how many coefficients "
       "do; bound: those whose tail probability is clear of 2.5 % by more than Monte Carlo error)")  # fmt: skip
def mle_outside_the_posterior(comparison: Any) -> Claim:
    low, high = np.quantile(comparison["default"].draws("beta"), (0.025, 0.975), axis=0)
    mle = comparison["default"].values("mle", "beta")
    outside = (mle < low) | (mle > high)
    names = np.array(comparison["default"].data.coords["predictor"])
    found = at_least(float(np.sum(outside)), 2)
    return replace(found, holds=found.holds and {"s1", "s2"} <= set(names[outside]))


@claim("The lambda of the prior becomes alpha = sigma*lambda/sqrt(n) in each library that divides the loss of n "
       "patients by 2n, and is converted back to the prior (largest relative gap)")  # fmt: skip
def scales_convert(comparison: Any) -> Claim:
    from triptych.penalties import Laplace, to_penalty, to_prior

    sigma, n = _sigma(comparison), comparison["default"].data.progression.size
    gaps = []
    for library in LIBRARIES:
        setting = to_penalty(Laplace(sigma / (RATE * np.sqrt(n))), library, sigma=sigma, n=n)
        total = setting["lambda" if library.startswith("glmnet") else "alpha"]
        prior = to_prior(library, sigma=sigma, n=n, **setting)
        gaps += [
            abs(total / (sigma * RATE / np.sqrt(n)) - 1), abs(prior.weights[0] * sigma / (RATE * np.sqrt(n)) - 1),
        ]  # fmt: skip
    return at_most(max(gaps), 1e-12)


@claim("ElasticNet and OLS.fit_regularized at the penalty alpha = sigma*lambda/sqrt(n), for n patients, end at the "
       "MAP of the coefficients (largest difference, in sigma)")  # fmt: skip
def other_libraries_agree(comparison: Any) -> Claim:
    import statsmodels.api as sm
    from sklearn.linear_model import ElasticNet

    from triptych.penalties import Laplace, to_penalty

    x, y = _centred(comparison)
    prior = Laplace(_sigma(comparison) / (RATE * np.sqrt(y.size)))
    known: dict[str, Any] = {"sigma": _sigma(comparison), "n": y.size}
    penalty = to_penalty(prior, "sklearn.ElasticNet", **known)
    net = ElasticNet(fit_intercept=False, tol=1e-14, max_iter=100_000, **penalty).fit(x, y)
    # zero_tol=0: else a coefficient that passes through zero on its way stays there.
    precise: dict[str, Any] = {"zero_tol": 0.0, "maxiter": 2000, "cnvrg_tol": 1e-7}
    ols = sm.OLS(y, x).fit_regularized(**precise, **to_penalty(prior, "statsmodels.OLS", **known))
    return at_most(max(_gap(comparison, "map", net.coef_), _gap(comparison, "map", ols.params)), 1e-6)


def _path(comparison: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return values of lambda, and the lasso's coefficients there at the MAP's sigma."""
    rates = np.logspace(-2.5, 1.5, 60)
    return rates, np.array([_sklearn(comparison, rate) for rate in rates])


def _same_zeros(comparison: Any) -> tuple[float, float]:
    """Return the lambda from which on, and up to which, the lasso has the zeros of the MAP; at the MAP's sigma.

    Between its knots the lasso's path is a straight line, so that no coefficient comes or goes there.
    """
    from sklearn.linear_model import lars_path

    x, y = _centred(comparison)
    alphas, _, path = lars_path(x, y, method="lasso")
    rates = alphas * np.sqrt(y.size) / _sigma(comparison)
    zero = comparison["default"].values("map", "beta") == 0
    same = [bool(np.all((left == 0) & (right == 0) == zero)) for left, right in zip(path.T, path.T[1:], strict=False)]
    here = int(np.flatnonzero((rates[1:] <= RATE) & (rates[:-1] >= RATE))[0])
    first, last = here, here
    while first > 0 and same[first - 1]:
        first -= 1
    while last < len(same) - 1 and same[last + 1]:
        last += 1
    return float(rates[last + 1]), float(rates[first])


@claim("At the largest lambda of the path every coefficient of the lasso is zero (how many are not)")
def path_ends_at_zero(comparison: Any) -> Claim:
    return equal(float(np.sum(_path(comparison)[1][-1] != 0)), 0.0)


@claim("A lasso coefficient of zero need not stay zero as lambda grows: that of s3 leaves it again, and with the other "
       "sign (names of those that do)")  # fmt: skip
def zeros_may_be_left_again(comparison: Any) -> Claim:
    path = _path(comparison)[1]
    left = ((path[:-1] == 0) & (path[1:] != 0)).any(axis=0) & (path > 0).any(axis=0) & (path < 0).any(axis=0)
    return equal(", ".join(np.array(comparison["default"].data.coords["predictor"])[left]), "s3")


def coefficient_path(comparison: Any) -> Figure:
    """The lasso's coefficients along lambda at the MAP's sigma, with the three answers at this prior."""
    solution = comparison["default"]
    names = np.array(solution.data.coords["predictor"])
    rates, path = _path(comparison)
    values = {method: solution.values(method, "beta") for method in ("mle", "map", "mcmc")}
    zero = values["map"] == 0
    low, high = _same_zeros(comparison)
    series = [Series(name, rates.tolist(), path[:, j].tolist(), accent=bool(zero[j])) for j, name in enumerate(names)]
    points = [
        Series(label, [at] * names.size, values[method].tolist(), kind="points", panel=method)
        for method, at, label in (
            ("mle", rates[0], "MLE, without a prior"), ("map", RATE / BESIDE, "MAP"),
            ("mcmc", RATE * BESIDE, "posterior mean"),
        )
    ]  # fmt: skip
    return Figure(
        "A tighter prior sets one coefficient after the other to zero",
        f"Each line is a coefficient of the lasso. Coloured: {' and '.join(names[zero])}, the only ones at zero "
        f"for lambda from {low:.2g} to {high:.2g}. Vertical line: lambda = {RATE:g}, with the MAP on its left and the "
        "posterior mean on its right. The MLE, with lambda = 0, is drawn at the left end.",
        "lambda, the tightness of the prior (logarithmic axis)",
        "beta, points per standard deviation",
        (*series, *points, Series(f"lambda = {RATE:g}", [RATE], kind="vline")),
        x_log=True,
    )


def answer(comparison: Any) -> str:
    """Say which coefficients the MAP sets to zero, that the posterior sets none, and which signs are certain."""
    rows, posterior = comparison["default"].rows("map", "beta"), comparison["default"].rows("mcmc", "beta")
    zeros = [row.label for row in rows if row.estimate == 0]
    undecided = [row.label for row in posterior if row.lower < 0 < row.upper]
    clear = [row.label for row in posterior if row.label not in undecided]
    return (
        f"The lasso, which is the MAP, sets the coefficients of {join_all(zeros)} to exactly zero; the posterior sets "
        f"none. {len(undecided)} of its {len(posterior)} credible intervals contain zero, those of "
        f"{join_all(undecided)}: their coefficients may be "
        f"negative or positive. Clear of zero are {join_all(clear)}."
    )


def choosing(comparison: Any) -> str:
    """Say what the posterior has of the coefficients that the MAP sets to zero."""
    solution = comparison["default"]
    zero = np.flatnonzero(solution.values("map", "beta") == 0)
    names, means = solution.data.coords["predictor"], solution.values("mcmc", "beta")
    above = np.mean(solution.draws("beta") > 0, axis=0)
    said = [f"{names[j]} {means[j]:.1f} points, and above zero with probability {above[j]:.2f}" for j in zero]
    return (
        f"No. A mode lies exactly at the edge that the Laplace prior has at zero; a mean does not. The posterior means "
        f"of those that the MAP leaves out: {join_all(said)}."
    )


def converted(comparison: Any) -> str:
    """Say which alpha of scikit-learn this prior is."""
    sigma, n = _sigma(comparison), comparison["default"].data.progression.size
    alpha, mle = sigma * RATE / np.sqrt(n), comparison["default"].row("mle", "sigma").estimate
    return (
        f"alpha = sigma lambda/sqrt(n) = {alpha:.4f} at the MAP's sigma of {sigma:.2f} points. It goes with sigma: at "
        f"the MLE's sigma of {mle:.2f} the same prior would be alpha = {mle * RATE / np.sqrt(n):.4f}."
    )


def leaving(comparison: Any) -> str:
    """Say whether a coefficient of zero stays zero along lambda."""
    rates, path = _path(comparison)
    names = np.array(comparison["default"].data.coords["predictor"])
    zeros = np.sum(path == 0, axis=1)
    back = np.flatnonzero(((path[:-1] == 0) & (path[1:] != 0)).any(axis=0))
    said = []
    for j in back:
        there = path[:, j] == 0
        again = int(np.flatnonzero(there[:-1] & ~there[1:])[0]) + 1
        said.append(f"{names[j]} leaves it again at lambda = {rates[again]:.2g}, for {path[again, j]:.2g} points")
    return (
        f"Not always: {join_all(said)}. In the end all are zero: of {names.size} coefficients {zeros[0]} are at lambda "
        f"= {rates[0]:.2g} and {zeros[-1]} at lambda = {rates[-1]:.2g}."
    )


scenario = Scenario(
    name="lasso",
    question="Which predictors of diabetes progression does the lasso set to zero, and does the posterior set any?",
    source="Park and Casella (2008), JASA 103, 681-686; data of Efron et al. (2004), Annals of "
    "Statistics 32, 407-499, as shipped by scikit-learn",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("beta", "sigma"),
    claims=(
        mle_is_ols, map_is_the_lasso, same_zeros, some_zeros, kkt_holds, kkt_residual_is_reported, one_mode,
        sigma_is_stationary, posterior_has_no_zeros, zeros_are_undecided, lambda_is_the_published_one,
        mle_outside_the_posterior, scales_convert, other_libraries_agree, path_ends_at_zero, zeros_may_be_left_again,
    ),
    holdout=lambda data: np.arange(data.progression.size) % 4 == 3,
    mathematics=(
        r"y_i \sim \mathrm{Normal}(\mu + x_i^\top \beta, \sigma)",
        rf"\beta_j \mid \sigma \sim \mathrm{{Laplace}}(0, \sigma / (\lambda \sqrt{{n}})), \quad \lambda = {RATE:g}",
        r"p(\mu, \sigma) \propto 1 / \sigma",
    ),
    why=(
        "The blood values s1 and s2 are high in the same patients, so the data hardly tell their coefficients apart: "
        "as MLEs a large negative and a large positive one offset each other in part.",
    ),
    figures=(coefficient_path,),
    varies={
        "rate": Range(
            0.01, 10.0, "lambda of the prior Laplace(0, sigma/(lambda sqrt(n))) of a coefficient", symbol="lambda",
            from_data="the value under which they are most probable, averaged over beta",
        )
    },
    null={"beta": 0.0},
    answer=answer,
    questions=(
        Question("Does the posterior mean leave out the predictors that the MAP leaves out?", choosing),
        Question("Which alpha of scikit-learn's Lasso stands for a Laplace prior of the coefficients?", converted),
        Question("Does a coefficient that the lasso sets to zero stay zero as lambda grows?", leaving),
    ),
    chapter="regularisers",
    position=2,
    units={"beta": "points per sd of the predictor", "sigma": "points"},
    about="The outcome y is a score from 25 to 346 points: how far the diabetes of 442 patients progressed in a year. "
    "Ten predictors were measured before: age, sex (in two codes without a key), body mass index (bmi), blood pressure "
    "(bp), and in the blood total cholesterol (s1), LDL (s2), HDL (s3), the ratio of s1 to s3 (s4), the logarithm of "
    "triglycerides (s5) and glucose (s6). y is a constant (not shown) plus each predictor times its beta (points per "
    "standard deviation) plus a normal error of standard deviation sigma. The lasso is the MAP (maximum a posteriori), "
    "the top of likelihood times prior, under a Laplace prior, which favours values near zero, the more the larger "
    f"lambda is: for lambda = {RATE:g} its scale is sigma / (lambda sqrt({PATIENTS})) = sigma / "
    f"{RATE * PATIENTS**0.5:.4g}.",
)  # fmt: skip
