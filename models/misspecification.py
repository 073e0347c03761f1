"""A model that is wrong: counts of doctor visits scatter far more than a Poisson distribution lets them.

The RAND health insurance experiment (as shipped by statsmodels, ``randhie``): visits to a doctor in a year, by how
persons judged their health. The model is Poisson with one rate for each judgement; it depends on the counts only
through the totals of cells, here health by rate of coinsurance, so that nothing is lost by adding them up. The prior
is conjugate, and every panel has a closed form.

The MLE goes to the member of the family that is closest in Kullback-Leibler divergence (White 1982, Econometrica
50(1), 1-25), and so does the posterior, whose width is that of the wrong model (Kleijn & van der Vaart
2012, Electronic Journal of Statistics 6, 354-381, theorem 2.1). Where coverage needs a known truth it is negative
binomial with mean TRUE_MEAN and size TRUE_SIZE, whose totals are negative binomial too: coverage is a sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_least, at_most, between, claim, close_to_exact, equal
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.varied import Question, Range, overridden

HEALTH = ["excellent", "good", "fair", "poor"]
SHAPE, PERSONS = 2.0, 1.0  # of the Gamma prior of a rate: what PERSONS persons with SHAPE visits would say
TRUE_MEAN, TRUE_SIZE, SIMULATED = 4.0, 2.0, 1000
SETS = 4000
REPLICATED = 500  # data sets of the predictive check


@lru_cache(maxsize=1)
def _visits() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of each person and year the judgement of health, the rate of coinsurance and the visits."""
    from statsmodels.datasets import randhie

    table = randhie.load_pandas().data
    health = (table[["hlthg", "hlthf", "hlthp"]].to_numpy() * [1, 2, 3]).sum(axis=1).astype(int)
    return health, table["lncoins"].to_numpy(), table["mdvis"].to_numpy(float)


def data() -> Data:
    """Return persons and visits of each cell of health and coinsurance."""
    health, coinsurance, visits = _visits()
    rates, cell = np.unique(coinsurance, return_inverse=True)
    cell = health * rates.size + cell
    persons, total = (np.bincount(cell, w, len(HEALTH) * rates.size) for w in (np.ones(cell.size), visits))
    return _data(persons, total, np.repeat(np.arange(len(HEALTH)), rates.size))


def _data(persons: np.ndarray, total: np.ndarray, group: np.ndarray) -> Data:
    return Data(
        {"persons": persons, "total": total.astype("int64"), "group": group.astype("int64")},
        dims={"persons": ("cell",), "total": ("cell",), "group": ("cell",)},
        coords={"health": HEALTH},
    )


def model(data: Data, persons: Any = PERSONS) -> None:
    """Poisson totals; a Gamma prior of each rate that counts for ``persons`` persons."""
    import pymc as pm

    rate = pm.Gamma("rate", SHAPE, persons, dims="health")
    pm.Poisson("y", data.persons * rate[data.group], observed=data.total, dims="cell")


def simulate(
    rng: np.random.Generator, n: int = 20, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    """Draw the totals of ``n`` cells of fifty persons; the counts are Poisson, as the model has them."""
    true = overridden({"rate": [2.0, 3.0, 4.0, 6.0]}, truth)
    rate, group = np.asarray(true["rate"], dtype=float), np.arange(n) % len(HEALTH)
    persons = np.full(n, 50.0)
    return _data(persons, rng.poisson(persons * rate[group]), group), {"rate": rate}


def _totals(comparison: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return persons and visits of each judgement of health."""
    d = comparison["default"].data
    persons, total = (np.bincount(d.group, w, len(HEALTH)) for w in (d.persons, d.total))
    return persons, total


@lru_cache(maxsize=1)
def _glm(robust: str) -> tuple[np.ndarray, np.ndarray]:
    """Return rates and their standard errors by statsmodels' Poisson GLM on the persons, one by one."""
    import statsmodels.api as sm

    health, _, visits = _visits()
    design = (health[:, None] == np.arange(len(HEALTH))).astype(float)
    found = sm.GLM(visits, design, family=sm.families.Poisson()).fit(cov_type=robust, tol=1e-14)
    return np.exp(found.params), np.exp(found.params) * found.bse


def _dispersion() -> np.ndarray:
    """Return variance over mean of the visits of each judgement of health."""
    health, _, visits = _visits()
    return np.array([visits[health == k].var() / visits[health == k].mean() for k in range(len(HEALTH))])


@claim("The MLE of the rates from totals of cells is that of statsmodels' Poisson GLM of the twenty thousand persons, "
       "one by one (largest relative difference)")  # fmt: skip
def mle_is_the_glm(comparison: Any) -> Claim:
    return at_most(float(np.max(np.abs(comparison["default"].values("mle", "rate") / _glm("nonrobust")[0] - 1))), 1e-8)


@claim("The standard errors of the rates' MLE are the model-based ones of statsmodels' Poisson GLM (largest relative "
       "difference)")  # fmt: skip
def errors_are_the_glms(comparison: Any) -> Claim:
    return at_most(
        float(np.max(np.abs(comparison["default"].std_errors("mle", "rate") / _glm("nonrobust")[1] - 1))), 1e-8
    )


@claim("White's sandwich error of a rate, HC0 of statsmodels' Poisson GLM, is the standard error of the MLE times the "
       "root of variance over mean of the visits (largest relative difference)")  # fmt: skip
def sandwich_is_larger(comparison: Any) -> Claim:
    ratio = _glm.__wrapped__("HC0")[1] / comparison["default"].std_errors("mle", "rate")
    return at_most(float(np.max(np.abs(ratio / np.sqrt(_dispersion()) - 1))), 1e-7)


@claim("The visits of all persons have a variance that is between six and eight times their mean; that of a "
       "Poisson distribution is its mean (ratio)")  # fmt: skip
def visits_scatter_too_much(comparison: Any) -> Claim:
    visits = _visits()[2]
    return between(float(visits.var() / visits.mean()), 6.0, 8.0)


@claim("White's sandwich error of the rate, by the root of variance over mean of the visits, is more than twice the "
       "model-based error for every judgement of health (least ratio)")  # fmt: skip
def sandwich_is_twice(comparison: Any) -> Claim:
    return at_least(float(np.min(np.sqrt(_dispersion()))), 2.0)


def _empirical(k: int) -> np.ndarray:
    """Return the share of each count among persons of one judgement of health."""
    health, _, visits = _visits()
    counts = np.bincount(visits[health == k].astype(int))
    return np.asarray(counts / counts.sum())


def _divergence(share: np.ndarray, rate: float) -> float:
    """Return the Kullback-Leibler divergence from shares to a Poisson distribution."""
    from scipy.stats import poisson

    seen = np.flatnonzero(share)
    return float(np.sum(share[seen] * (np.log(share[seen]) - poisson.logpmf(seen, rate))))


@claim("The MLE of the rate is that of the Poisson distribution with the least Kullback-Leibler divergence from the "
       "counts, by a search over rates (largest relative difference)")  # fmt: skip
def mle_is_the_closest(comparison: Any) -> Claim:
    from scipy.optimize import minimize_scalar

    gaps = []
    for k, rate in enumerate(comparison["default"].values("mle", "rate")):
        share = _empirical(k)
        found = minimize_scalar(
            lambda r, s=share: _divergence(s, r), bounds=(0.5, 20), method="bounded", options={"xatol": 1e-10}
        )
        gaps.append(abs(found.x / rate - 1))
    return at_most(max(gaps), 1e-6)


def _zeros(comparison: Any) -> tuple[float, float]:
    """Return the share of persons without a visit, and what the MLE makes of it."""
    persons = _totals(comparison)[0]
    here = sum(persons[k] * _empirical(k)[0] for k in range(len(HEALTH))) / persons.sum()
    return float(here), float(np.sum(persons * np.exp(-comparison["default"].values("mle", "rate"))) / persons.sum())


@claim("More than four times as many persons are without any visit as the Poisson distributions at the MLE say (ratio)")
def closest_misses_the_zeros(comparison: Any) -> Claim:
    here, said = _zeros(comparison)
    return at_least(here / said, 4.0)


def _variation(comparison: Any) -> float:
    """Return the total variation between the counts of excellent health and the Poisson distribution at the MLE."""
    from scipy.stats import poisson

    share = _empirical(0)
    said = poisson.pmf(np.arange(share.size), comparison["default"].values("mle", "rate")[0])
    return float((np.abs(share - said).sum() + 1 - said.sum()) / 2)


@claim("The total variation between the counts of persons of excellent health and the Poisson distribution at the MLE "
       "is more than a quarter")  # fmt: skip
def closest_is_far(comparison: Any) -> Claim:
    return at_least(_variation(comparison), 0.25)


@claim("The MAP of the rate is (SHAPE - 1 + visits)/(PERSONS + persons) under the prior Gamma(SHAPE, PERSONS) (largest "
       "relative difference)")  # fmt: skip
def map_is_conjugate(comparison: Any) -> Claim:
    persons, total = _totals(comparison)
    exact = (SHAPE - 1 + total) / (PERSONS + persons)
    return at_most(float(np.max(np.abs(comparison["default"].values("map", "rate") / exact - 1))), 1e-8)


@claim("The posterior mean of the rate is (SHAPE + visits)/(PERSONS + persons) under the prior Gamma(SHAPE, PERSONS) "
       "(in Monte Carlo errors)")  # fmt: skip
def mean_is_conjugate(comparison: Any) -> Claim:
    persons, total = _totals(comparison)
    draws = comparison["default"].panels["mcmc"].native["posterior"]["rate"].values
    return close_to_exact(draws, (SHAPE + total) / (PERSONS + persons))


@claim("The posterior intervals of the rates are those of Gamma distributions, as narrow as the wrong model says "
       "(upper ends, in Monte Carlo errors)")  # fmt: skip
def interval_is_conjugate(comparison: Any) -> Claim:
    from scipy.stats import gamma

    persons, total = _totals(comparison)
    draws = comparison["default"].panels["mcmc"].native["posterior"]["rate"].values
    return close_to_exact(draws, gamma.ppf(0.975, SHAPE + total, scale=1 / (PERSONS + persons)), prob=0.975)


@lru_cache(maxsize=1)
def _coverage() -> tuple[float, float]:
    """Return what Wald interval and conjugate posterior of the mean cover, by summation over totals."""
    from scipy.stats import gamma, nbinom, norm

    n, size = SIMULATED, TRUE_SIZE * SIMULATED
    law = nbinom(size, TRUE_SIZE / (TRUE_SIZE + TRUE_MEAN))
    totals = np.arange(int(law.ppf(1e-14)), int(law.isf(1e-14)) + 1)
    weight = law.pmf(totals)
    wald = np.abs(totals / n - TRUE_MEAN) <= norm.ppf(0.975) * np.sqrt(totals) / n
    low, high = (gamma.ppf(p, SHAPE + totals, scale=1 / (PERSONS + n)) for p in (0.025, 0.975))
    return float(weight[wald].sum()), float(weight[(low <= TRUE_MEAN) & (high >= TRUE_MEAN)].sum())


def _limit() -> float:
    """Return what both cover in the limit of many persons: the interval is too short by the root of 1 + mean/size."""
    from scipy.stats import norm

    return float(2 * norm.cdf(norm.ppf(0.975) / np.sqrt(1 + TRUE_MEAN / TRUE_SIZE)) - 1)


@claim("The Poisson model's Wald interval from a thousand negative binomial counts covers their mean as often as in "
       "the limit of many counts, far from the 95 % asked for (distance of the sum over all totals from the limit)"
       )  # fmt: skip
def wald_misses(comparison: Any) -> Claim:
    return at_most(abs(_coverage()[0] - _limit()), 0.002)


@claim("The Poisson model's posterior interval from a thousand negative binomial counts covers their mean as often as "
       "in the limit of many counts (distance of the sum over all totals from the limit)")  # fmt: skip
def posterior_misses(comparison: Any) -> Claim:
    return at_most(abs(_coverage()[1] - _limit()), 0.002)


@claim("The Poisson model's Wald and posterior intervals from a thousand negative binomial counts cover their mean at "
       "the same wrong rate (difference of the two sums over all totals)")  # fmt: skip
def both_miss_alike(comparison: Any) -> Claim:
    wald, posterior = _coverage()
    return at_most(abs(wald - posterior), 0.002)


@claim("The Poisson model's Wald and posterior intervals cover the mean of negative binomial counts less than four "
       "times in five in the limit of many counts (coverage)")  # fmt: skip
def limit_is_low(comparison: Any) -> Claim:
    return at_most(_limit(), 0.8)


@claim("The sandwich interval from a thousand negative binomial counts covers their mean nearly as often as was asked "
       "for (simulated; bounds: 94 and 96 %, and four standard errors)")  # fmt: skip
def sandwich_covers(comparison: Any) -> Claim:
    from scipy.stats import norm

    rng = np.random.default_rng(1982)
    y = rng.negative_binomial(TRUE_SIZE, TRUE_SIZE / (TRUE_SIZE + TRUE_MEAN), (SETS, SIMULATED))
    half = norm.ppf(0.975) * y.std(axis=1) / np.sqrt(SIMULATED)
    covered = np.mean(np.abs(y.mean(axis=1) - TRUE_MEAN) <= half)
    room = 4 * np.sqrt(0.95 * 0.05 / SETS)
    return between(float(covered), 0.94 - room, 0.96 + room)


@lru_cache(maxsize=1)
def _held_out() -> tuple[float, float]:
    """Return the log score per held-out person of excellent health: Poisson, and negative binomial by moments."""
    from scipy.stats import nbinom, poisson

    health, _, visits = _visits()
    y = visits[health == 0]
    out = np.arange(y.size) % 5 == 4
    mean, variance = y[~out].mean(), y[~out].var()
    size = mean**2 / (variance - mean)
    return float(poisson.logpmf(y[out], mean).mean()), float(nbinom.logpmf(y[out], size, size / (size + mean)).mean())


@claim("The log score of held-out persons shows that the Poisson model is wrong: a negative binomial distribution with "
       "the same mean scores higher (gain per person of excellent health)")  # fmt: skip
def held_out_sees_it(comparison: Any) -> Claim:
    poisson, other = _held_out()
    return at_least(other - poisson, 0.5)


@claim("A predictive check shows that the Poisson model is wrong: no replicated data set of persons of poor health has "
       "as large a variance as the data (how many have)")  # fmt: skip
def predictive_check_sees_it(comparison: Any) -> Claim:
    health, _, visits = _visits()
    y = visits[health == 3]
    rates = comparison["default"].draws("rate")[:REPLICATED, 3]
    replicated = np.random.default_rng(3).poisson(rates[:, None], (REPLICATED, y.size))
    return equal(float(np.sum(replicated.var(axis=1) >= y.var())), 0.0)


@claim("The likelihood that was maximised does not show that the Poisson model is wrong: at the MLE its slope is zero "
       "in every judgement of health, whatever the spread (largest slope per person)")  # fmt: skip
def training_likelihood_does_not(comparison: Any) -> Claim:
    persons, total = _totals(comparison)
    return at_most(float(np.max(np.abs(total / comparison["default"].values("mle", "rate") - persons) / persons)), 1e-8)


def counts(comparison: Any) -> Figure:
    """The visits of persons of excellent health, and the closest Poisson distribution."""
    from scipy.stats import poisson

    share, seen = _empirical(0)[:21], np.arange(21)
    return Figure(
        "The closest Poisson distribution is not close",
        "Shares of persons of excellent health by their visits in a year, and the Poisson distribution at the MLE: the "
        "mean is right, and nearly nothing else is.",
        "visits in a year",
        "share of persons",
        (
            Series("persons", seen.tolist(), share.tolist(), kind="points"),
            Series(
                "Poisson at the MLE",
                seen.tolist(),
                poisson.pmf(seen, comparison["default"].values("mle", "rate")[0]).tolist(),
                panel="mle",
            ),
        ),
    )


def answer(comparison: Any) -> str:
    """Say what the panels answer when the model is wrong."""
    here, said = _zeros(comparison)
    return (
        "All three answer for the Poisson distribution closest to the data, which has the right mean and says that "
        f"{said:.1%} of persons see no doctor where {here:.1%} do; their intervals are too short by a factor of "
        f"{np.sqrt(_dispersion()).min():.1f} to {np.sqrt(_dispersion()).max():.1f}."
    )


def missing(comparison: Any) -> str:
    """Say what intervals cover under another truth."""
    wald, posterior = _coverage()
    return (
        f"{wald:.1%} by the Wald interval and {posterior:.1%} by the posterior, of {SIMULATED} counts with mean "
        f"{TRUE_MEAN:g} and variance {TRUE_MEAN * (1 + TRUE_MEAN / TRUE_SIZE):g}. The limit is {_limit():.1%}: more "
        "data do not mend it."
    )


def noticing(comparison: Any) -> str:
    """Say what notices the misfit."""
    poisson, other = _held_out()
    return (
        f"Data that were kept back: {poisson:.2f} per person under the Poisson distribution, {other:.2f} under a "
        "negative binomial one of the same mean. The likelihood itself has slope zero at its maximum, and looks fine."
    )


def mending(comparison: Any) -> str:
    """Say what the sandwich is for poor health."""
    row, robust = comparison["default"].rows("mle", "rate")[3], _glm.__wrapped__("HC0")[1][3]
    return (
        f"A model of the spread, or the sandwich: for poor health the error becomes {robust:.3f} "
        f"instead of {row.std_error:.3f}. The sandwich mends the interval of the mean, and not the distribution."
    )


scenario = Scenario(
    name="misspecification",
    question="What do the three panels answer when the model is wrong?",
    source="RAND health insurance experiment, as shipped by statsmodels; White (1982), Econometrica 50(1), 1-25; "
    "Kleijn and van der Vaart (2012), Electronic Journal of Statistics 6, 354-381, theorem 2.1",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("rate",),
    claims=(
        mle_is_the_glm, errors_are_the_glms, visits_scatter_too_much, sandwich_is_larger, sandwich_is_twice,
        mle_is_the_closest,
        closest_misses_the_zeros, closest_is_far, map_is_conjugate, mean_is_conjugate, interval_is_conjugate,
        wald_misses, posterior_misses, both_miss_alike, limit_is_low, sandwich_covers, held_out_sees_it,
        predictive_check_sees_it, training_likelihood_does_not,
    ),
    holdout=lambda data: np.arange(data.total.size) % 5 == 4,
    mathematics=(
        r"y_{ij} \sim \mathrm{Poisson}(\lambda_{g(i)}), \quad \sum_j y_{ij} \sim \mathrm{Poisson}(m_i \lambda_{g(i)})",
        rf"\lambda_g \sim \mathrm{{Gamma}}({SHAPE:g}, {PERSONS:g})",
    ),
    why=(
        "The panels hardly differ: with thousands of persons the prior counts for next to nothing, and "
        "confidence and credible intervals are the same. They share the model, and what is wrong with it.",
        "A Poisson distribution has a variance equal to its mean. The visits have a variance many times as "
        "large, so their mean is known less well than the likelihood says. The MLE is still the best Poisson "
        "rate, and the sandwich estimate measures its error from the data. The posterior has no such "
        "correction: its width is what the model says.",
        "What shows the misfit is what the model was not fitted to: data kept back, and features of the data, "
        "such as their zeros, that data drawn from the fitted model do not have.",
    ),
    figures=(counts,),
    varies={"persons": Range(0.01, 1000.0, "how many persons the prior of a rate counts for")},
    about="Visits to a doctor in a year, by how persons judged their health: rate is the mean number of visits of "
    "those with one judgement. The counts scatter more than the Poisson distribution of the model lets them.",
    chapter="failures",
    position=6,
    answer=answer,
    units={"rate": "visits a year"},
    questions=(
        Question("How often do a Poisson model's 95 % intervals cover the mean of overdispersed counts?", missing),
        Question("What shows that the Poisson model is wrong?", noticing),
        Question("What makes the intervals of a Poisson model wide enough?", mending),
    ),
)  # fmt: skip
