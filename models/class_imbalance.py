"""Rare classes: what a good loss hides, what weights and other losses do, and a cell in which everything failed.

Damage to O-rings on the 23 flights before Challenger (Dalal, Fowlkes & Hoadley 1989, JASA 84, 945-957), by
temperature, and "is it a nine" of scikit-learn's 1797 digits, by deciles of the amount of ink. Counts of equal
predictors are added up, which a binomial likelihood does not notice.

The variants ``cold`` ask only whether it was colder than 65 F: all four such flights were damaged, so the likelihood
rises for ever (Albert & Anderson 1984, Biometrika 71(1), 1-10). Firth's penalty (1993, Biometrika 80(1), 27-38) is
Jeffreys's prior, which in two cells is Beta(1/2, 1/2) for each. Under a Cauchy prior (Gelman et al. 2008, Annals of
Applied Statistics 2(4), 1360-1383) there is a mode, and no posterior mean (Ghosh, Li & Mitra 2018, Bayesian Analysis
13(2), 359-383): the likelihood levels off, and what is left has the tail of the prior.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_least, at_most, claim, close_to_exact, equal, worst
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.table import Status
from triptych.problem.varied import Question, Range, overridden

FAHRENHEIT = np.array([
    66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78, 67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58,
])  # fmt: skip
DAMAGED = np.array([0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1])
SLOPE_SD, LEVEL_SD = 2.5, 10.0
WEIGHT, FOCUS = 9.0, 2.0  # of the rare class; of the focal loss
COLD = ("cold_normal", "cold_cauchy", "cold_jeffreys")
NO_MEAN = (
    Status.NO_MOMENT,
    "every cold flight was damaged, so the likelihood tends to a constant as the slope goes to infinity, and under a "
    "Cauchy prior the posterior has no mean; use a normal prior",
)


def data(of: str = "flights") -> Data:
    """Return the flights by temperature, the digits by ink, or the flights by whether it was cold."""
    if of == "nines":
        from sklearn.datasets import load_digits

        digits = load_digits()
        ink = digits.data.sum(axis=1)
        decile = np.searchsorted(np.quantile(ink, np.arange(1, 10) / 10), ink)
        trials, events = (np.bincount(decile, w) for w in (np.ones(ink.size), digits.target == 9))
        return _data((np.arange(10) - 4.5) / 4.5, events, trials)
    if of == "cold":
        cold = FAHRENHEIT < 65
        damaged = np.array([DAMAGED[~cold].sum(), DAMAGED[cold].sum()])
        return _data(np.array([0.0, 1.0]), damaged, np.array([(~cold).sum(), cold.sum()]))
    return _data((FAHRENHEIT - 70) / 10, DAMAGED, np.ones(DAMAGED.size))


def _data(x: np.ndarray, events: np.ndarray, trials: np.ndarray) -> Data:
    arrays = {"x": x, "events": events.astype("int64"), "trials": trials.astype("int64")}
    return Data(arrays, dims={name: ("row",) for name in arrays})


def model(data: Data, prior: str = "normal", slope_sd: Any = SLOPE_SD, **_: Any) -> None:
    """Logistic regression on one predictor; the settings are the slope's prior and its scale."""
    import pymc as pm
    import pytensor.tensor as pt

    if prior == "jeffreys":
        level, slope = pm.Flat("level"), pm.Flat("slope")
    else:
        level = pm.Normal("level", 0, LEVEL_SD)
        slope = pm.Cauchy("slope", 0, slope_sd) if prior == "cauchy" else pm.Normal("slope", 0, slope_sd)
    score = level + slope * data.x
    if prior == "jeffreys":
        # Half of the log-determinant of the information; the smaller factor of p (1 - p) is kept in logarithms.
        weight = data.trials * pt.exp(-pt.softplus(score) - pt.softplus(-score))
        mean = pt.sum(weight * data.x) / pt.sum(weight)
        pm.Potential("jeffreys", 0.5 * (pt.log(pt.sum(weight)) + pt.log(pt.sum(weight * (data.x - mean) ** 2))))
    pm.Binomial("y", n=data.trials, logit_p=score, observed=data.events, dims="row")


def simulate(
    rng: np.random.Generator, n: int = 60, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    """Draw ``n`` rows of which few are events by default."""
    true = overridden({"level": -1.5, "slope": -1.0}, truth)
    x = rng.normal(0, 1, n)
    events = rng.random(n) < 1 / (1 + np.exp(-true["level"] - true["slope"] * x))
    return _data(x, events, np.ones(n)), true


def _theta(comparison: Any, variant: str, method: str) -> np.ndarray:
    return np.array([comparison[variant].row(method, name).estimate for name in ("level", "slope")])


def _entropy(rate: float) -> float:
    return float(-rate * np.log(rate) - (1 - rate) * np.log1p(-rate))


def _loss(d: Data, theta: np.ndarray) -> float:
    """Return the mean cross-entropy of single trials."""
    score = theta[0] + theta[1] * d.x
    total = np.sum(d.events * np.logaddexp(0, -score) + (d.trials - d.events) * np.logaddexp(0, score))
    return float(total / d.trials.sum())


@claim("A classifier that always answers the share of nines has a cross-entropy equal to the entropy of that share "
       "(difference, by scikit-learn's log_loss on the images)")  # fmt: skip
def constant_has_the_entropy(comparison: Any) -> Claim:
    from sklearn.datasets import load_digits
    from sklearn.metrics import log_loss

    nine = load_digits().target == 9
    return at_most(abs(log_loss(nine, np.full(nine.size, nine.mean())) - _entropy(float(nine.mean()))), 1e-12)


def _gain(comparison: Any) -> float:
    d = comparison["nines"].data
    base = _entropy(d.events.sum() / d.trials.sum())
    return 1 - _loss(d, _theta(comparison, "nines", "mle")) / base


@claim("A logistic regression on the amount of ink explains at most a tenth of the entropy of the share of nines "
       "(share of the entropy explained at the MLE)")  # fmt: skip
def fit_hardly_gains(comparison: Any) -> Claim:
    return at_most(_gain(comparison), 0.1)


@claim("The MLEs of level and slope, for flights and for nines, are those of statsmodels' binomial GLM (largest "
       "difference)")  # fmt: skip
def mle_is_the_glm(comparison: Any) -> Claim:
    import statsmodels.api as sm

    gaps = []
    for variant in ("default", "nines"):
        d = comparison[variant].data
        both = np.column_stack([d.events, d.trials - d.events])
        fitted = sm.GLM(both, sm.add_constant(d.x), family=sm.families.Binomial()).fit(tol=1e-14)
        gaps.append(np.max(np.abs(_theta(comparison, variant, "mle") - fitted.params)))
    return at_most(float(max(gaps)), 1e-8)


@claim("The MLE of the log-odds of damage is the published line, 15.0429 - 0.2322 per degree Fahrenheit (largest "
       "difference, bound: its last digit)")  # fmt: skip
def mle_is_published(comparison: Any) -> Claim:
    level, slope = _theta(comparison, "default", "mle")
    return at_most(max(abs(level - 7 * slope - 15.0429), abs(slope / 10 + 0.2322)), 6e-5)


def _weighted(comparison: Any, saturated: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the GLM's coefficients of the nines, or of the flights, without weights and with WEIGHT on events."""
    import statsmodels.api as sm

    d = comparison["nines" if saturated else "default"].data
    # One row for each trial, so that the GLM does not see its own saturated cells.
    row = np.repeat(np.arange(d.x.size), d.trials)
    event = np.concatenate([np.arange(trials) < events for trials, events in zip(d.trials, d.events, strict=True)])
    x = np.eye(d.x.size)[row] if saturated else sm.add_constant(d.x)[row]
    plain, weighted = (
        sm.GLM(event.astype(float), x, family=sm.families.Binomial(), freq_weights=weight).fit(tol=1e-14).params
        for weight in (np.ones(event.size), np.where(event, WEIGHT, 1.0))
    )
    return plain, weighted


@claim("Weighting the rare class by w adds log w to the log-odds of every cell where each cell has a probability of "
       "its own, and so King and Zeng's correction removes it exactly (largest difference, nines by deciles of ink)"
       )  # fmt: skip
def weights_shift_the_log_odds(comparison: Any) -> Claim:
    plain, weighted = _weighted(comparison, saturated=True)
    return at_most(float(np.max(np.abs(weighted - np.log(WEIGHT) - plain))), 1e-8)


@claim("Weighting the damaged flights changes the slope on temperature, a continuous predictor (relative change)")
def weights_move_the_slope(comparison: Any) -> Claim:
    plain, weighted = _weighted(comparison, saturated=False)
    return at_least(float(abs(weighted[1] / plain[1] - 1)), 0.01)


def _focal(rate: float) -> float:
    """Return which constant probability minimises the expected focal loss, by a search for the root of its slope."""
    from scipy.optimize import brentq

    def slope(p: float) -> float:  # of (1 - p)^g log p by p
        return float((1 - p) ** FOCUS / p - FOCUS * (1 - p) ** (FOCUS - 1) * np.log(p))

    return float(brentq(lambda p: rate * slope(p) - (1 - rate) * slope(1 - p), 1e-9, 1 - 1e-9, xtol=1e-15))


def _recovered(p: float) -> float:
    """Return the rate whose focal loss p minimises (Charoenphakdee et al. 2021, CVPR, 5202-5211)."""

    def phi(q: float) -> float:
        return float((1 - q) ** FOCUS / q - FOCUS * (1 - q) ** (FOCUS - 1) * np.log(q))

    return phi(1 - p) / (phi(p) + phi(1 - p))


def _base(comparison: Any) -> float:
    return float(comparison["nines"].data.events.sum() / comparison["nines"].data.trials.sum())


@claim("The constant probability that minimises the expected focal loss is not the share of nines but a larger one "
       "(ratio to it)")  # fmt: skip
def focal_loss_is_off(comparison: Any) -> Claim:
    return at_least(_focal(_base(comparison)) / _base(comparison), 1.5)


def _minimum(rate: float) -> float:
    """Return the minimiser of the expected focal loss by its values alone."""
    from scipy.optimize import minimize_scalar

    def loss(p: float) -> float:
        return float(-rate * (1 - p) ** FOCUS * np.log(p) - (1 - rate) * p**FOCUS * np.log1p(-p))

    found = minimize_scalar(loss, bounds=(1e-6, 1 - 1e-6), method="bounded", options={"xatol": 1e-12})
    return float(found.x)


@claim("The constant probability at which the expected focal loss for nines has slope zero is also where a search by "
       "the values of the loss ends (difference)")  # fmt: skip
def focal_minimum_is_found(comparison: Any) -> Claim:
    return at_most(abs(_minimum(_base(comparison)) - _focal(_base(comparison))), 1e-6)


@claim("A formula of one line turns the constant probability that minimises the expected focal loss back into the "
       "share of nines (difference)")  # fmt: skip
def focal_loss_is_mended(comparison: Any) -> Claim:
    return at_most(abs(_recovered(_focal(_base(comparison))) - _base(comparison)), 1e-10)


@claim("The focal loss is no negative log-likelihood, and so has no posterior: exp(-loss) of the two outcomes does not "
       "add up to the same number for every probability p (largest less smallest sum)")  # fmt: skip
def focal_loss_is_no_likelihood(comparison: Any) -> Claim:
    p = np.linspace(0.001, 0.999, 999)
    total = np.exp((1 - p) ** FOCUS * np.log(p)) + np.exp(p**FOCUS * np.log1p(-p))
    return at_least(float(total.max() - total.min()), 0.1)


@claim("All flights below 65 F were damaged, and the MLE of the slope, cold against warm, is at infinity (statuses "
       "under three priors)")  # fmt: skip
def cold_is_at_infinity(comparison: Any) -> Claim:
    return equal(", ".join(sorted({comparison[v].row("mle", "slope").status.value for v in COLD})), "at_infinity")


def _counts(comparison: Any) -> np.ndarray:
    """Return damaged and undamaged flights, warm in the first row and cold in the second."""
    d = comparison["cold_normal"].data
    return np.column_stack([d.events, d.trials - d.events])


@claim("The MLE of the level is finite although all cold flights were damaged: it is the log-odds of damage of the "
       "warm flights (largest difference)")  # fmt: skip
def warm_is_finite(comparison: Any) -> Claim:
    warm = _counts(comparison)[0]
    return at_most(max(abs(comparison[v].row("mle", "level").estimate - np.log(warm[0] / warm[1])) for v in COLD), 1e-8)


@claim("The mode of level and slope under Jeffreys's prior is that of the log-odds after a half is added to each of "
       "the four counts, damaged and undamaged, warm and cold (largest difference)")  # fmt: skip
def jeffreys_adds_halves(comparison: Any) -> Claim:
    half = _counts(comparison) + 0.5
    odds = np.log(half[:, 0] / half[:, 1])
    return at_most(
        float(np.max(np.abs(_theta(comparison, "cold_jeffreys", "map") - [odds[0], odds[1] - odds[0]]))), 1e-8
    )


def _firth(d: Data) -> np.ndarray:
    """Solve Firth's modified score equations, X'(y - m p + h (1/2 - p)) = 0 with the leverages h."""
    from scipy.optimize import root

    x = np.column_stack([np.ones(d.x.size), d.x])

    def score(theta: np.ndarray) -> np.ndarray:
        p = 1 / (1 + np.exp(-x @ theta))
        w = d.trials * p * (1 - p)
        leverage = w * np.sum(x @ np.linalg.inv(x.T @ (w[:, None] * x)) * x, axis=1)
        return np.asarray(x.T @ (d.events - d.trials * p + leverage * (0.5 - p)))

    return np.asarray(root(score, np.zeros(2), tol=1e-14).x)


@claim("The mode of level and slope under Jeffreys's prior is Firth's estimate, from his modified score equations "
       "(largest difference)")  # fmt: skip
def jeffreys_is_firth(comparison: Any) -> Claim:
    return at_most(
        float(np.max(np.abs(_theta(comparison, "cold_jeffreys", "map") - _firth(comparison["cold_jeffreys"].data)))),
        1e-8,
    )


@claim("Under Jeffreys's prior the probabilities of damage, warm and cold, are Beta distributed, and the posterior "
       "means of level and slope are differences of digamma functions (in Monte Carlo errors)")  # fmt: skip
def jeffreys_posterior_is_beta(comparison: Any) -> Claim:
    from scipy.special import digamma

    half = _counts(comparison) + 0.5
    odds = digamma(half[:, 0]) - digamma(half[:, 1])
    posterior = comparison["cold_jeffreys"].panels["mcmc"].native["posterior"]
    draws = np.stack([posterior["level"].values, posterior["slope"].values], axis=-1)
    return close_to_exact(draws, [odds[0], odds[1] - odds[0]])


def _log_density(d: Data, level: Any, slope: Any, prior: str) -> Any:
    """Return the log-density under a normal or a Cauchy prior of the slope, by NumPy."""
    score = np.asarray(level)[..., None] + np.asarray(slope)[..., None] * d.x
    likelihood = -np.sum(d.events * np.logaddexp(0, -score) + (d.trials - d.events) * np.logaddexp(0, score), axis=-1)
    tail = -np.log1p((slope / SLOPE_SD) ** 2) if prior == "cauchy" else -((slope / SLOPE_SD) ** 2) / 2
    return likelihood + tail - (np.asarray(level) / LEVEL_SD) ** 2 / 2


def _grid(d: Data, prior: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a grid of levels and slopes and the posterior's weights on it."""
    level, slope = np.meshgrid(np.linspace(-8, 6, 241), np.linspace(-15, 20, 421), indexing="ij")
    density = _log_density(d, level, slope, prior)
    weight = np.exp(density - density.max())
    return level, slope, weight / weight.sum()


@claim("Under a normal prior the posterior means of level and slope, cold against warm flights, are their integrals on "
       "a grid (in Monte Carlo errors)")  # fmt: skip
def normal_posterior_is_the_integral(comparison: Any) -> Claim:
    level, slope, weight = _grid(comparison["cold_normal"].data, "normal")
    posterior = comparison["cold_normal"].panels["mcmc"].native["posterior"]
    draws = np.stack([posterior["level"].values, posterior["slope"].values], axis=-1)
    return close_to_exact(draws, [np.sum(weight * level), np.sum(weight * slope)])


def _mode(d: Data, prior: str) -> np.ndarray:
    """Return level and slope where SciPy finds the root of the log-density's slopes."""
    from scipy.optimize import root

    def slopes(theta: np.ndarray) -> np.ndarray:
        rest = d.events - d.trials / (1 + np.exp(-theta[0] - theta[1] * d.x))
        scaled = theta[1] / SLOPE_SD**2
        pull = 2 * scaled / (1 + theta[1] * scaled) if prior == "cauchy" else scaled
        return np.array([rest.sum() - theta[0] / LEVEL_SD**2, rest @ d.x - pull])

    return np.asarray(root(slopes, np.zeros(2), tol=1e-14).x)


@claim("Under a normal prior, for flights, nines and cold flights, and under a Cauchy prior, for cold flights, level "
       "and slope have their mode where SciPy's root search finds it (largest difference)")  # fmt: skip
def modes_are_found(comparison: Any) -> Claim:
    priors = {"default": "normal", "nines": "normal", "cold_normal": "normal", "cold_cauchy": "cauchy"}
    gaps = [np.abs(_theta(comparison, v, "map") - _mode(comparison[v].data, prior)) for v, prior in priors.items()]
    return at_most(float(np.max(gaps)), 1e-8)


def _means(d: Data) -> np.ndarray:
    """Return the posterior means of level and slope under the normal prior, on a grid along the axes of the mode."""
    mode = _mode(d, "normal")
    p = 1 / (1 + np.exp(-mode[0] - mode[1] * d.x))
    x = np.column_stack([np.ones(d.x.size), d.x])
    precision = x.T @ ((d.trials * p * (1 - p))[:, None] * x) + np.diag([LEVEL_SD**-2, SLOPE_SD**-2])
    steps = np.linspace(-9, 9, 91)
    around = np.stack(np.meshgrid(steps, steps, indexing="ij"))
    level, slope = mode[:, None, None] + np.tensordot(np.linalg.cholesky(np.linalg.inv(precision)), around, 1)
    density = _log_density(d, level, slope, "normal")
    weight = np.exp(density - density.max())
    return np.array([np.sum(weight * level), np.sum(weight * slope)]) / float(weight.sum())


@claim("The posterior means of level and slope, for flights and for nines, are their integrals on a grid (in Monte "
       "Carlo errors)")  # fmt: skip
def posterior_means_are_integrals(comparison: Any) -> Claim:
    found = []
    for variant in ("default", "nines"):
        posterior = comparison[variant].panels["mcmc"].native["posterior"]
        draws = np.stack([posterior["level"].values, posterior["slope"].values], axis=-1)
        found.append(close_to_exact(draws, _means(comparison[variant].data)))
    return worst(found)


def _decades(comparison: Any) -> np.ndarray:
    """Return the posterior's integral of slope times density over decades of the slope, under the Cauchy prior."""
    from scipy.integrate import quad
    from scipy.optimize import brentq

    d = comparison["cold_cauchy"].data
    warm = brentq(lambda a: d.events[0] - d.trials[0] / (1 + np.exp(-a)) - a / LEVEL_SD**2, -20, 20)
    top = _log_density(d, warm, 1e3, "cauchy") + 2 * np.log(1e3)

    def part(log_slope: float) -> float:
        slope = np.exp(log_slope)
        return float(np.exp(_log_density(d, warm, slope, "cauchy") + 2 * log_slope - top))

    return np.array([quad(part, *np.log([10.0**k, 10.0 ** (k + 1)]), epsabs=0)[0] for k in (6, 7, 8, 9)])


@claim("Under a Cauchy prior the slope has no posterior mean: each further decade of the slope adds as much to the "
       "mean as the one before (largest relative difference, at the mode of the level)")  # fmt: skip
def cauchy_has_no_mean(comparison: Any) -> Claim:
    decades = _decades(comparison)
    return at_most(float(np.max(np.abs(decades / decades[0] - 1))), 1e-8)


@claim("Under a Cauchy prior the panel reports that level and slope have no posterior mean (statuses)")
def no_mean_is_told(comparison: Any) -> Claim:
    return equal(
        ", ".join(sorted({comparison["cold_cauchy"].row("mcmc", n).status.value for n in ("level", "slope")})),
        "no_moment",
    )


def priors_on_a_separated_cell(comparison: Any) -> Figure:
    """The log-density along the slope of the cold flights under three priors."""
    d, slopes = comparison["cold_normal"].data, np.linspace(-2, 14, 160)
    level = comparison["cold_normal"].row("mle", "level").estimate
    likelihood = _log_density(d, level, slopes, "normal") + (slopes / SLOPE_SD) ** 2 / 2
    p = 1 / (1 + np.exp(-level - slopes))
    lines = {
        "likelihood": likelihood,
        "with a normal prior": likelihood - (slopes / SLOPE_SD) ** 2 / 2,
        "with a Cauchy prior": likelihood - np.log1p((slopes / SLOPE_SD) ** 2),
        "with Jeffreys's prior": likelihood + 0.5 * np.log(p * (1 - p)),
    }
    return Figure(
        "Where all cold flights failed the likelihood has no maximum",
        "The likelihood of the slope rises for ever and levels off; each prior bends it down, and decides how far out "
        "its top is (level held at the log-odds of the warm flights).",
        "slope: log-odds of damage, cold less warm",
        "log-density, below its maximum",
        tuple(Series(name, slopes.tolist(), (y - y.max()).tolist()) for name, y in lines.items()),
    )


def focal_map(comparison: Any) -> Figure:
    """What constant probability three losses ask for, along the true rate."""
    rates = np.linspace(0.005, 0.995, 100)
    return Figure(
        "The probability that minimises three losses",
        "The probability that minimises the expected loss when the true rate is known. That of cross-entropy is the "
        "rate itself; those of a weighted and of a focal loss are other probabilities, and a formula turns them back.",
        "true rate",
        "probability that minimises the loss",
        (
            Series("cross-entropy", rates.tolist(), rates.tolist()),
            Series("weighted", rates.tolist(), (WEIGHT * rates / (WEIGHT * rates + 1 - rates)).tolist()),
            Series("focal", rates.tolist(), [_focal(float(rate)) for rate in rates]),
        ),
    )


def answer(comparison: Any) -> str:
    """Say what a rare class does to a classifier."""
    return (
        "When one class is rare, a small loss need not mean that much was learned: always predicting the share of "
        f"nines has a cross-entropy of {_entropy(_base(comparison)):.3f}, and the fit lowers it by "
        f"{100 * _gain(comparison):.2g} %. Where all four cold flights were damaged the MLE of the slope is at "
        f"infinity; the MAP is {_theta(comparison, 'cold_normal', 'map')[1]:.2f} under a normal prior and "
        f"{_theta(comparison, 'cold_jeffreys', 'map')[1]:.2f} under Jeffreys's."
    )


def weighting(comparison: Any) -> str:
    """Say what weights do."""
    plain, weighted = _weighted(comparison, saturated=True)
    return (
        f"Weighting multiplies the odds by {np.exp((weighted - plain).mean()):.3f} in every cell, so that the "
        "probabilities are "
        f"wrong until log {WEIGHT:g} is taken off; with a continuous predictor the slope changes too, by "
        f"{weights_move_the_slope(comparison).measured:.0%} for the flights."
    )


def focusing(comparison: Any) -> str:
    """Say what the focal loss answers."""
    return (
        f"{_focal(_base(comparison)):.3f} instead of {_base(comparison):.3f}. The map of one line recovers "
        f"{_recovered(_focal(_base(comparison))):.3f}. "
        "The focal loss is no likelihood, so there is no MLE and no posterior of it."
    )


def cauchy(comparison: Any) -> str:
    """Say what the Cauchy prior leaves undone."""
    return (
        f"The Cauchy prior gives a mode, {_theta(comparison, 'cold_cauchy', 'map')[1]:.2f}, and no posterior mean: the "
        "likelihood levels off, "
        "and "
        f"each decade of the slope adds {_decades(comparison)[-1] / _decades(comparison)[0]:.3f} of what the one "
        "before added."
    )


scenario = Scenario(
    name="class_imbalance",
    question="What goes wrong when one class is rare, or a cell holds only one class?",
    source="Dalal, Fowlkes and Hoadley (1989), JASA 84, 945-957; digits as shipped by scikit-learn; Firth "
    "(1993), Biometrika 80(1), 27-38; King and Zeng (2001), Political Analysis 9(2), 137-163, equation 7",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("level", "slope"),
    variants={
        "nines": {"of": "nines"},
        "cold_normal": {"of": "cold"},
        "cold_cauchy": {"of": "cold", "prior": "cauchy"},
        "cold_jeffreys": {"of": "cold", "prior": "jeffreys"},
    },
    expect={
        "cold_normal": {"mle": {"slope": "at_infinity"}},
        "cold_cauchy": {"mle": {"slope": "at_infinity"}, "mcmc": "no_moment"},
        "cold_jeffreys": {"mle": {"slope": "at_infinity"}},
    },
    no_posterior={"cold_cauchy": NO_MEAN},
    claims=(
        constant_has_the_entropy, fit_hardly_gains, mle_is_the_glm, mle_is_published, weights_shift_the_log_odds,
        weights_move_the_slope, focal_loss_is_off, focal_minimum_is_found, focal_loss_is_mended,
        focal_loss_is_no_likelihood, cold_is_at_infinity, warm_is_finite, jeffreys_adds_halves, jeffreys_is_firth,
        jeffreys_posterior_is_beta, normal_posterior_is_the_integral, modes_are_found,
        posterior_means_are_integrals, cauchy_has_no_mean,
        no_mean_is_told,
    ),
    holdout=lambda data: np.arange(data.events.size) % 5 == 4,
    mathematics=(
        r"y_i \sim \mathrm{Binomial}(m_i, p_i), \quad \mathrm{logit}\, p_i = a + b x_i",
        rf"a \sim \mathrm{{Normal}}(0, {LEVEL_SD:g}), \quad b \sim \mathrm{{Normal}}(0, {SLOPE_SD:g}) "
        rf"\ \text{{or}}\ \mathrm{{Cauchy}}(0, {SLOPE_SD:g}), \quad \text{{or}}\ p(a, b) \propto |I(a, b)|^{{1/2}}",
    ),
    why=(
        "Compare a cross-entropy with that of always predicting the share of the class. Class weights and the "
        "focal loss change the question: the probabilities that minimise them are not those of the data. The "
        "focal loss is no likelihood, so it has no MLE, and its minimum is the MAP under no prior.",
        "Where a cell holds only one class, the likelihood has no maximum: the larger the slope the better, "
        "with ever less to gain. A prior decides where to stop. Jeffreys's prior adds half a flight to each "
        "count, the normal prior stops at its own scale.",
        "Since the likelihood levels off, the posterior falls at large slopes as the prior does. The Cauchy "
        "prior falls so slowly that the posterior has no mean, although it has a MAP.",
    ),
    figures=(priors_on_a_separated_cell, focal_map),
    varies={"slope_sd": Range(30.0, 0.05, "scale of the slope's prior, log-odds per 10 F")},
    null={"slope": 0.0},
    about="23 flights before Challenger: whether an O-ring was damaged, by temperature. slope is what 10 degrees "
    "Fahrenheit add to the log-odds of damage, level the log-odds at 70 F. The variant nines asks which of 1797 "
    "handwritten digits is a nine, by the amount of ink; the variants cold ask only whether it was below 65 F.",
    chapter="failures",
    position=4,
    answer=answer,
    units={"level": "log-odds", "slope": "log-odds per unit of the predictor"},
    questions=(
        Question("What does weighting the rare class do to the probabilities of a classifier?", weighting),
        Question("Which constant probability minimises the focal loss when one digit in ten is a nine?", focusing),
        Question("Does a Cauchy prior give finite estimates when all cold flights were damaged?", cauchy),
    ),
)  # fmt: skip
