"""Held-out scores against SciPy's densities at estimates from the rows that are kept, and over their posterior."""

from __future__ import annotations

from typing import Any

import arviz as az
import numpy as np
import pymc as pm
import pytest
from scipy import special, stats

import triptych
from triptych.comparisons import holdout
from triptych.panels import refit
from triptych.panels.settings import Settings
from triptych.panels.solve import solve
from triptych.problem.scenario import Data, Scenario
from triptych.sampling.nuts import SamplerStopped

# Two counts a row: within a row they share what is not known of the rate.
COUNTS = np.array([[2, 3], [1, 4], [5, 5], [2, 2], [3, 1], [0, 6]])
HELD = np.array([False, False, True, False, False, True])
SHAPE, RATE = 3.0, 2.0
KEPT, OUT = COUNTS[~HELD], COUNTS[HELD]


def model(data: Any) -> None:
    rate = pm.Gamma("rate", SHAPE, RATE)
    pm.Poisson("y", rate, observed=data.counts)


def scenario(**changes: Any) -> Scenario:
    given: dict[str, Any] = {
        "name": "counts",
        "question": "How many?",
        "source": "made up",
        "model": model,
        "data": lambda: Data({"counts": COUNTS}, dims={"counts": ("row", "side")}),
        "estimands": ("rate",),
        "holdout": lambda data: HELD,
    }
    return Scenario(**{**given, **changes})


@pytest.fixture(scope="module")
def solution() -> Any:
    return solve(scenario(), settings=Settings(draws=300, tune=300, profile=False))


@pytest.fixture(scope="module", params=[1, 2, 3])
def scored(solution: Any, request: pytest.FixtureRequest) -> Any:
    """The scores by method, with the draws behind the posterior's."""
    drawn: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        sample = refit.sample
        patch.setattr(refit, "sample", lambda *args, **options: drawn.append(sample(*args, **options)) or drawn[-1])
        found = holdout.holdout_scores(scenario(), solution, Settings(random_seed=request.param))
    return {score.method: score for score in found}, np.exp(drawn[-1].z[..., 0])


def per_row(rate: float) -> np.ndarray:
    return np.asarray(stats.poisson(rate).logpmf(OUT).sum(axis=1))


def test_point_estimates_predict_with_the_likelihood_at_what_the_kept_rows_say(scored: Any) -> None:
    scores, _ = scored
    rates = {"mle": KEPT.mean(), "map": (SHAPE - 1 + KEPT.sum()) / (RATE + KEPT.size)}
    for method, rate in rates.items():
        rows = per_row(rate)
        assert scores[method].log_score == pytest.approx(rows.sum(), rel=1e-8)
        assert scores[method].std_error == pytest.approx(np.sqrt(2) * rows.std(ddof=1), rel=1e-8)
        assert (scores[method].n_held_out, scores[method].status) == (2, "ok")


def test_the_posterior_predicts_with_the_average_density_over_its_draws(scored: Any) -> None:
    scores, rates = scored
    terms = stats.poisson.logpmf(OUT, rates.reshape(-1, 1, 1)).sum(axis=2)
    rows = special.logsumexp(terms, axis=0) - np.log(rates.size)
    assert scores["mcmc"].log_score == pytest.approx(rows.sum(), rel=1e-9)
    assert scores["mcmc"].std_error == pytest.approx(np.sqrt(2) * rows.std(ddof=1), rel=1e-9)
    # These draws are of the posterior of the kept rows.
    exact = stats.gamma(SHAPE + KEPT.sum(), scale=1 / (RATE + KEPT.size))
    assert abs(rates.mean() - exact.mean()) < 4 * float(az.mcse(rates, method="mean"))


def test_its_score_is_the_integral_over_the_posterior(scored: Any) -> None:
    scores, rates = scored
    a, b, sums = SHAPE + KEPT.sum(), RATE + KEPT.size, OUT.sum(axis=1)
    exact = special.gammaln(a + sums) - special.gammaln(a) + a * np.log(b) - (a + sums) * np.log(b + 2)
    exact -= special.gammaln(OUT + 1).sum(axis=1)
    # The delta method: the error of a sum of logarithms of means is that of the mean of their ratios' sum.
    density = np.exp(stats.poisson.logpmf(OUT, rates[..., None, None]).sum(axis=-1) - exact)
    error = float(az.mcse(density.sum(axis=-1), method="mean"))
    assert abs(scores["mcmc"].log_score - exact.sum()) < 4 * error
    assert abs(exact.sum() - per_row(a / b).sum()) > 4 * error  # the posterior mean predicts otherwise


def test_differences_are_to_the_highest_score_with_the_error_of_the_difference_itself(scored: Any) -> None:
    scores, rates = scored
    drawn = stats.poisson.logpmf(OUT, rates.reshape(-1, 1, 1)).sum(axis=2)
    rows = {
        "mle": per_row(KEPT.mean()),
        "map": per_row((SHAPE - 1 + KEPT.sum()) / (RATE + KEPT.size)),
        "mcmc": special.logsumexp(drawn, axis=0) - np.log(rates.size),
    }
    best = max(rows, key=lambda method: float(rows[method].sum()))
    for method, terms in rows.items():
        apart = terms - rows[best]
        assert scores[method].difference == pytest.approx(apart.sum(), rel=1e-6, abs=1e-9)
        assert scores[method].difference_error == pytest.approx(np.sqrt(2) * apart.std(ddof=1), rel=1e-6, abs=1e-9)
    assert [score.difference for score in scores.values() if score.difference == 0] == [0.0]


def test_without_a_split_the_rows_say_why(solution: Any) -> None:
    for split, word in (("no rows to spare", "no rows to spare"), (lambda data: HELD | True, "none to learn from")):
        found = holdout.holdout_scores(scenario(holdout=split), solution, Settings())
        assert [score.status for score in found] == ["failed"] * 3
        assert all(word in score.reason and np.isnan(score.log_score) for score in found)
    other = holdout.holdout_scores(scenario(holdout=lambda data: HELD[:4]), solution, Settings())
    assert all("not one per row" in score.reason for score in other)


def test_a_run_scores_its_default_variant() -> None:
    table = triptych.run(scenario(), methods=("mle",), profile=False).scores
    assert table["method"].tolist() == ["mle"]
    assert table["log_score"].item() == pytest.approx(per_row(KEPT.mean()).sum(), rel=1e-8)


def test_of_many_short_chains_the_draws_are_kept_and_not_the_chains(
    solution: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each chain tunes for itself: a thousand of ten draws would cost a thousand tunings for one average."""
    asked: list[dict[str, Any]] = []

    def stopped(engine: Any, **options: Any) -> Any:
        asked.append(options)
        raise SamplerStopped("seen")

    monkeypatch.setattr(refit, "sample", stopped)
    for chains, draws in ((4, 1000), (2, 5000), (1000, 10), (1001, 40)):
        refit.refit_draws(solution.engine, None, Settings(draws=draws, chains=chains), lambda drawn: [])
    assert [(one["chains"], one["draws"]) for one in asked] == [(4, 250), (2, 1250), (4, 625), (4, 2502)]
