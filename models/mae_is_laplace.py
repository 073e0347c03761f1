"""The mean absolute error is a Laplace likelihood: the median line as loss, as MLE, as mode and as posterior.

The households of ``mse_is_gaussian`` (Engel 1857; Koenker & Bassett 1982, Econometrica 50(1), 43-61; as shipped by
statsmodels), in thousands of francs, income centred. A least absolute deviations line passes through as many points
as it has coefficients (Koenker & Bassett 1978, Econometrica 46(1), 33-50). Under
p(level, slope, b) ~ 1/b the scale integrates out, and the posterior of the line is proportional to the sum of
absolute residuals to the power -n: an integral over two coefficients, which a grid computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from triptych.models.mse_is_gaussian import data, households
from triptych.problem.claims import Claim, at_least, at_most, between, claim, close_to_exact, equal
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.varied import Question, Range, overridden

EXACT = 1e-9  # relative: rounding, through sums over all households
TRIALS = 50  # points at which loss and likelihood are compared
WIDTH, POINTS = 8.0, 161  # of the grid that integrates: standard deviations to each side, points along each side


def model(data: Data, slope_sd: Any = None) -> None:
    """Laplace errors of one scale around a line; p(level, slope, b) ~ 1/b, or a normal slope."""
    import pymc as pm
    import pytensor.tensor as pt

    level = pm.Flat("level")
    slope = pm.Flat("slope") if slope_sd is None else pm.Normal("slope", 0, slope_sd)
    b = pm.HalfFlat("b")
    pm.Potential("one_over_b", -pt.log(b))
    pm.Laplace("y", level + slope * data.income, b, observed=data.food, dims="household")


def simulate(
    rng: np.random.Generator, n: int = 235, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    """Draw households whose median expenditure is 0.6 at the mean income, and half of what is earned beyond it."""
    income = rng.gamma(4.0, 0.25, n)
    true = overridden({"level": 0.6, "slope": 0.5, "b": 0.1}, truth)
    food = true["level"] + true["slope"] * (income - income.mean()) + rng.laplace(0, true["b"], n)
    return households(income, food), true


def _line(comparison: Any, method: str) -> np.ndarray:
    """Return level and slope of a panel."""
    return np.array([comparison["default"].row(method, name).estimate for name in ("level", "slope")])


def _residuals(d: Data, line: np.ndarray) -> np.ndarray:
    return np.asarray(d.food - line[0] - line[1] * d.income)


def _vertex(d: Data) -> np.ndarray:
    """Return the line of least absolute deviations, as SciPy's linear programme finds it and its two points fix it."""
    from scipy.optimize import linprog

    n, x = d.food.size, np.column_stack([np.ones(d.food.size), d.income])
    cost = np.concatenate([np.zeros(2), np.ones(2 * n)])
    equations = np.hstack([x, np.eye(n), -np.eye(n)])
    bounds = [(None, None)] * 2 + [(0, None)] * (2 * n)
    found = linprog(cost, A_eq=equations, b_eq=d.food, bounds=bounds, method="highs-ds").x[:2]
    through = np.argsort(np.abs(_residuals(d, found)))[:2]
    return np.asarray(np.linalg.solve(x[through], d.food[through]))


def _descent(d: Data, steps: int = 3000) -> np.ndarray:
    """Return the lines of subgradient descent on the mean absolute error, whose steps shrink by a factor."""
    scale, path = d.income.std(), [np.zeros(2)]
    for k in range(steps):
        slope = -np.array([np.sign(r := _residuals(d, path[-1])).mean(), (np.sign(r) * d.income).mean() / scale])
        size = 0.5 * 0.99**k / max(float(np.linalg.norm(slope)), 1e-300)
        path.append(path[-1] - size * slope / np.array([1.0, scale]))
    return np.array(path)


@claim("The negative log-likelihood is n log(2 b) + n MAE/b, for n households, the scale b and the mean absolute error "
       "MAE (largest relative difference, at random lines and scales)")  # fmt: skip
def loss_is_likelihood(comparison: Any) -> Claim:
    d, rng, gaps = comparison["default"].data, np.random.default_rng(2), []
    for _ in range(TRIALS):
        line, log_b = rng.normal(0, 1, 2), rng.normal(-1, 1)
        ours = -float(comparison["default"].engine.value(np.array([*line, log_b]))[0])
        by_loss = d.food.size * (np.log(2) + log_b + np.abs(_residuals(d, line)).mean() / np.exp(log_b))
        gaps.append(abs(ours / by_loss - 1))
    return at_most(max(gaps), 1e-10)


@claim("The MLE of level and slope minimises the mean absolute error: it is the vertex of the linear programme "
       "(largest relative difference)")  # fmt: skip
def mle_is_the_vertex(comparison: Any) -> Claim:
    return at_most(float(np.max(np.abs(_line(comparison, "mle") / _vertex(comparison["default"].data) - 1))), EXACT)


@claim("Median regression, statsmodels' QuantReg, stops within its own tolerance of the MLE of level and slope "
       "(largest difference)")  # fmt: skip
def mle_is_quantreg(comparison: Any) -> Claim:
    import statsmodels.api as sm

    d = comparison["default"].data
    fitted = sm.QuantReg(d.food, sm.add_constant(d.income)).fit(q=0.5, p_tol=1e-9, max_iter=5000)
    return at_most(float(np.max(np.abs(_line(comparison, "mle") - fitted.params))), 1e-5)


@claim("Subgradient descent on the mean absolute error, its steps shrinking by a factor, ends at the MLE of level and "
       "slope (largest difference)")  # fmt: skip
def descent_ends_at_mle(comparison: Any) -> Claim:
    return at_most(float(np.max(np.abs(_line(comparison, "mle") - _descent(comparison["default"].data)[-1]))), 1e-8)


@claim("The MLE's line passes through as many households as it has coefficients (households within 1e-10 of the line)")
def passes_through_two(comparison: Any) -> Claim:
    return equal(float(np.sum(np.abs(_residuals(comparison["default"].data, _line(comparison, "mle"))) < 1e-10)), 2.0)


@claim("Of the households that are not on the MLE's line half lie above it, as above any median (difference of the "
       "counts above and below)")  # fmt: skip
def halves_the_data(comparison: Any) -> Claim:
    r = _residuals(comparison["default"].data, _line(comparison, "mle"))
    return at_most(float(abs(np.sum(r > 1e-10) - np.sum(r < -1e-10))), 2.0)


@claim("The MLE of the scale b is the least mean absolute error itself (relative difference)")
def scale_is_the_loss(comparison: Any) -> Claim:
    d = comparison["default"].data
    return at_most(
        abs(comparison["default"].row("mle", "b").estimate / np.abs(_residuals(d, _vertex(d))).mean() - 1), EXACT
    )


@claim("The profile interval of the slope ends where n log(MAE) has risen by half the chi-squared limit, for n "
       "households and the least mean absolute error MAE at the slope, by a root search (largest relative difference "
       "of the ends)")  # fmt: skip
def profile_ends_are_roots(comparison: Any) -> Claim:
    from scipy.optimize import brentq
    from scipy.stats import chi2

    d, best = comparison["default"].data, _vertex(comparison["default"].data)
    row = comparison["default"].interval("mle", "profile", "slope")

    def fallen(slope: float) -> float:  # at a slope the best level is a median
        rest = d.food - slope * d.income
        least = np.abs(_residuals(d, best)).sum()
        rise = d.food.size * np.log(np.abs(rest - np.median(rest)).sum() / least)
        return float(2 * rise - chi2.ppf(row.ci_prob, 1))

    ends = [brentq(fallen, best[1], best[1] + side, xtol=1e-14, rtol=1e-14) for side in (-0.3, 0.3)]
    return at_most(max(abs(row.lower / ends[0] - 1), abs(row.upper / ends[1] - 1)), 1e-6)


@claim("A household that is moved, however far, but not across the MLE's line leaves the line exactly where it is "
       "(largest change of the vertex, a tenth of the households moved tenfold)")  # fmt: skip
def far_points_do_not_pull(comparison: Any) -> Claim:
    d = comparison["default"].data
    r = _residuals(d, _vertex(d))
    moved = np.argsort(-np.abs(r))[: r.size // 10]
    food = d.food.copy()
    food[moved] += 9 * r[moved]
    other = Data({"income": d.income, "food": food}, dims=d.dims)
    return at_most(float(np.max(np.abs(_vertex(other) - _line(comparison, "mle")))), EXACT)


@claim("The MAP of level and slope under the prior p ~ 1/b of the scale b is the line of least absolute error (largest "
       "relative difference)")  # fmt: skip
def map_is_the_line(comparison: Any) -> Claim:
    return at_most(float(np.max(np.abs(_line(comparison, "map") / _vertex(comparison["default"].data) - 1))), EXACT)


@claim("The MAP of the scale b under the prior p ~ 1/b is the sum of absolute residuals divided by n + 1, for n "
       "households (relative difference)")  # fmt: skip
def map_divides_by_one_more(comparison: Any) -> Claim:
    d = comparison["default"].data
    exact = np.abs(_residuals(d, _vertex(d))).sum() / (d.food.size + 1)
    return at_most(abs(comparison["default"].row("map", "b").estimate / exact - 1), EXACT)


@lru_cache(maxsize=4)
def _integrals(income: tuple[float, ...], food: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray, float]:
    """Return mean and variance of level and slope, and the mean of b, by a grid over the two coefficients."""
    d = Data({"income": np.array(income), "food": np.array(food)})
    centre, n = _vertex(d), d.food.size
    b = np.abs(_residuals(d, centre)).mean()
    sd = b / np.sqrt(n) * np.array([1.0, 1 / d.income.std()])
    one, two = (centre[k] + WIDTH * sd[k] * np.linspace(-1, 1, POINTS) for k in range(2))
    total = np.array([np.abs(d.food[:, None] - one[None] - s * d.income[:, None]).sum(0) for s in two]).T
    weight = np.exp(-n * np.log(total / total.min()))
    weight /= weight.sum()
    grid = np.meshgrid(one, two, indexing="ij")
    mean = np.array([np.sum(weight * g) for g in grid])
    variance = np.array([np.sum(weight * (g - m) ** 2) for g, m in zip(grid, mean, strict=True)])
    return mean, variance, float(np.sum(weight * total) / (n - 1))


def _exact(comparison: Any) -> tuple[np.ndarray, np.ndarray, float]:
    d = comparison["default"].data
    return _integrals(tuple(d.income), tuple(d.food))


def _draws(comparison: Any) -> np.ndarray:
    posterior = comparison["default"].panels["mcmc"].native["posterior"]
    return np.stack([posterior["level"].values, posterior["slope"].values], axis=-1)


@claim("The posterior means of level and slope are their integrals over a grid (in Monte Carlo errors)")
def posterior_mean_is_the_integral(comparison: Any) -> Claim:
    return close_to_exact(_draws(comparison), _exact(comparison)[0])


@claim("The posterior variances of level and slope are their integrals over a grid (in Monte Carlo errors)")
def posterior_variance_is_the_integral(comparison: Any) -> Claim:
    mean, variance, _ = _exact(comparison)
    return close_to_exact((_draws(comparison) - mean) ** 2, variance)


@claim("The posterior mean of the scale b is that of the sum of absolute residuals, divided by n - 1, for n households "
       "(in Monte Carlo errors)")  # fmt: skip
def posterior_scale_is_the_integral(comparison: Any) -> Claim:
    return close_to_exact(comparison["default"].panels["mcmc"].native["posterior"]["b"].values, _exact(comparison)[2])


@claim("No posterior draw of the line passes through two households (how many do)")
def draws_are_off_the_vertex(comparison: Any) -> Claim:
    d = comparison["default"].data
    draws = _draws(comparison).reshape(-1, 2)
    on = np.abs(d.food[None] - draws[:, :1] - draws[:, 1:] * d.income[None]) < 1e-12
    return equal(float(np.sum(on.sum(axis=1) >= 2)), 0.0)


@claim("Least squares on the same households as the MLE under Laplace errors gives a flatter line (its slope, less the "
       "MLE's)")  # fmt: skip
def squares_give_a_flatter_line(comparison: Any) -> Claim:
    d = comparison["default"].data
    return between(float(np.polyfit(d.income, d.food, 1)[0] - _line(comparison, "mle")[1]), -0.2, -0.01)


@claim("The slope of least squares comes nearer to the MLE's under Laplace errors when the two households of the "
       "largest income are left out (distance with the two over distance without)")  # fmt: skip
def squares_bend_to_two(comparison: Any) -> Claim:
    d, slope = comparison["default"].data, _line(comparison, "mle")[1]
    kept = np.argsort(d.income)[:-2]
    whole, without = (np.polyfit(d.income[rows], d.food[rows], 1)[0] for rows in (np.arange(d.income.size), kept))
    return at_least(abs(whole - slope) / abs(without - slope), 2.0)


def two_lines(comparison: Any) -> Figure:
    """The households with the median line and the least squares line."""
    d, ends = (
        comparison["default"].data,
        np.array([comparison["default"].data.income.min(), comparison["default"].data.income.max()]),
    )
    median, mean = _line(comparison, "mle"), np.polyfit(d.income, d.food, 1)
    on = np.abs(_residuals(d, median)) < 1e-10
    return Figure(
        "The line of least absolute error passes through two households",
        "The median line is fixed by the two households that it passes through; the least squares line leans to the "
        "households of large income that spend little on food.",
        "income, thousand francs from the mean",
        "food expenditure, thousand francs",
        (
            Series("households", d.income.tolist(), d.food.tolist(), kind="points"),
            Series("absolute error (MLE)", ends.tolist(), (median[0] + median[1] * ends).tolist(), panel="mle"),
            Series("squared error", ends.tolist(), np.polyval(mean, ends).tolist()),
            Series("households on the median line", d.income[on].tolist(), d.food[on].tolist(), kind="points"),
        ),
    )


def answer(comparison: Any) -> str:
    """Say what the absolute error assumes."""
    d, line, b = comparison["default"].data, _line(comparison, "mle"), comparison["default"].row("mle", "b").estimate
    return (
        "That errors have a Laplace distribution, whose tails are heavier than the normal's. The least mean absolute "
        f"error, {np.abs(_residuals(d, line)).mean():.5f}, is the MLE of their scale, {b:.5f}, and the line that has "
        f"this error, {line[0]:.3f} + {line[1]:.3f} income, is the MLE of the line."
    )


def fixing(comparison: Any) -> str:
    """Say which households lie on the line."""
    d = comparison["default"].data
    on = np.flatnonzero(np.abs(_residuals(d, _line(comparison, "mle"))) < 1e-10)
    return (
        f"Two of {d.food.size}: numbers {' and '.join(str(i + 1) for i in on)} of the table, which lie on it exactly. "
        "All others may move, as long as they stay on their side."
    )


def no_error(comparison: Any) -> str:
    """Say what stands in the place of the standard error."""
    row, sd = (
        comparison["default"].interval("mle", "profile", "slope"),
        comparison["default"].row("mcmc", "slope").std_error,
    )
    return (
        "The likelihood has a corner at its top, and no curvature there. The profile needs none, and goes from "
        f"{row.lower:.3f} to {row.upper:.3f}; the posterior's standard deviation is {sd:.3f}."
    )


def disagreement(comparison: Any) -> str:
    """Say how the two slopes differ, and how without two households."""
    d, slope = comparison["default"].data, _line(comparison, "mle")[1]
    kept = np.argsort(d.income)[:-2]
    whole, without = (np.polyfit(d.income[rows], d.food[rows], 1)[0] for rows in (np.arange(d.income.size), kept))
    return (
        f"The slope of least squares is {whole:.3f} where the median's is {slope:.3f}; without the two households of "
        f"largest income it would be {without:.3f}."
    )


scenario = Scenario(
    name="mae_is_laplace",
    question="What is assumed by whoever minimises a mean absolute error?",
    source="Engel (1857), in Koenker and Bassett (1982), Econometrica 50(1), 43-61, as shipped by statsmodels",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("level", "slope", "b"),
    claims=(
        loss_is_likelihood, mle_is_the_vertex, mle_is_quantreg, descent_ends_at_mle, passes_through_two,
        halves_the_data, scale_is_the_loss, profile_ends_are_roots, far_points_do_not_pull, map_is_the_line,
        map_divides_by_one_more,
        posterior_mean_is_the_integral, posterior_variance_is_the_integral, posterior_scale_is_the_integral,
        draws_are_off_the_vertex, squares_give_a_flatter_line, squares_bend_to_two,
    ),
    holdout=lambda data: np.arange(data.food.size) % 5 == 4,
    mathematics=(
        r"y_i \sim \mathrm{Laplace}(a + b_1 x_i, b)",
        r"-\log L = n \log(2 b) + \frac{n}{b}\, \mathrm{MAE}(a, b_1)",
        r"p(a, b_1, b) \propto 1/b",
    ),
    why=(
        "The line of least absolute error is the MLE under Laplace errors, whatever their scale, and the MLE "
        "of the scale is the least mean absolute error. The likelihood has an edge wherever the line passes "
        "through a household, and its top lies where two such edges meet. So the line passes through two "
        "households, and moving others does not change it until one of them crosses the line.",
        "At a corner of the likelihood there is no curvature, and so neither a standard error nor a Wald "
        "interval; the profile interval needs no curvature. The posterior averages over the lines around the "
        "corner. None of its draws passes through a household exactly.",
        "The line of least squared error on the same households answers another question: it is a mean instead "
        "of a median. It leans to a few households of large income.",
    ),
    figures=(two_lines,),
    varies={"slope_sd": Range(10.0, 0.005, "prior standard deviation of the slope")},
    null={"slope": 0.0},
    about="Food expenditure of 235 Belgian households in 1857 against their income, in thousands of francs. level "
    "is the expenditure at the mean income, slope what one more franc of income adds to it, b the mean "
    "absolute distance from the line.",
    chapter="losses",
    position=3,
    answer=answer,
    units={"level": "thousand francs", "b": "thousand francs"},
    questions=(
        Question("Which households fix the line of least absolute error?", fixing),
        Question("Why has the slope of the line of least absolute error no standard error?", no_error),
        Question("How far is the slope of least squares from that of least absolute error?", disagreement),
    ),
)  # fmt: skip
