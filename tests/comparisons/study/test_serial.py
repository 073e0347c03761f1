"""Data sets solved one after the other: figures of each are those of the panels, whatever its company."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import triptych
from triptych.comparisons.study.problem import RANKED, Options, Sets
from triptych.comparisons.study.replicates import NO_RANK, NOT_SOLVED, STATUSES, Replicates, rank_among
from triptych.comparisons.study.solver import solve_sets
from triptych.panels.problem import Problem, compiled
from triptych.problem.table import Status

COUNT, N = 5, 10
OPTIONS = Options(draws=400, tune=300)


@pytest.fixture(scope="module")
def sets() -> Sets:
    simulate = triptych.scenarios()["small_n_variance"].simulate
    assert simulate is not None
    drawn = [simulate(np.random.default_rng([17, k]), n=N) for k in range(COUNT)]
    fresh = [simulate(np.random.default_rng([18, k]), n=N)[0].arrays for k in range(COUNT)]
    truth = np.array([[true["mu"], true["sigma"], np.nan] for _, true in drawn])
    seeds = np.array([np.random.SeedSequence(1, spawn_key=(0, k)).generate_state(2) for k in range(COUNT)])
    return Sets([data.arrays for data, _ in drawn], seeds, truth, fresh)


@pytest.fixture(scope="module")
def problem(sets: Sets) -> Problem:
    scenario = triptych.scenarios()["small_n_variance"]
    return compiled(scenario, {}, triptych.Data(sets.data[0], dims={"hours": ("patient",)}))


@pytest.fixture(scope="module")
def solved(problem: Problem, sets: Sets) -> Replicates:
    return solve_sets(problem, sets, OPTIONS, batched=None)


def hours(sets: Sets) -> np.ndarray:
    return np.array([data["hours"] for data in sets.data])


def test_estimates_and_errors_are_the_closed_forms_of_each_data_set(solved: Replicates, sets: Sets) -> None:
    y = hours(sets)
    assert solved.scalars == (("mu", ""), ("sigma", ""), ("variance", ""))
    assert solved.methods == ("mle", "map", "mcmc")
    np.testing.assert_allclose(solved.estimate[0], np.c_[y.mean(1), y.std(1), y.var(1)], rtol=1e-8)
    np.testing.assert_allclose(solved.std_error[0, :, 0], y.std(1) / np.sqrt(N), rtol=1e-7)
    np.testing.assert_allclose(solved.estimate[1, :, 1] ** 2, y.var(1) * N / (N + 1), rtol=1e-7)
    assert np.all(solved.status == STATUSES.index(Status.OK))


def test_intervals_are_wald_profile_and_students(solved: Replicates, sets: Sets) -> None:
    y, half = hours(sets), stats.norm.ppf(0.975) * hours(sets).std(1) / np.sqrt(N)
    assert solved.kinds == ("wald", "profile", "laplace", "eti", "hdi")
    np.testing.assert_allclose(solved.upper[0, :, 0], y.mean(1) + half, rtol=1e-7)
    # The profile of a normal mean: n log(1 + (mean - mu)^2 / var) is the quantile of chi-square.
    away = y.std(1) * np.sqrt(np.expm1(stats.chi2.ppf(0.95, 1) / N))
    np.testing.assert_allclose(solved.lower[1, :, 0], y.mean(1) - away, rtol=1e-6)
    exact = stats.t.ppf(0.975, N - 1) * y.std(1, ddof=1) / np.sqrt(N)
    assert np.all(np.abs(solved.upper[3, :, 0] - y.mean(1) - exact) < 0.25 * exact)


def test_fresh_data_are_scored_by_the_point_and_by_the_average_over_draws(solved: Replicates, sets: Sets) -> None:
    y = hours(sets)
    new = np.array([data["hours"] for data in sets.fresh])
    plug_in = stats.norm.logpdf(new, y.mean(1)[:, None], y.std(1)[:, None]).mean(1)
    np.testing.assert_allclose(solved.log_score[0], plug_in, rtol=1e-7)
    scale = y.std(1, ddof=1) * np.sqrt(1 + 1 / N)
    predictive = stats.t.logpdf(new, N - 1, y.mean(1)[:, None], scale[:, None]).mean(1)
    np.testing.assert_allclose(solved.log_score[2], predictive, atol=0.05)


def test_a_replicate_has_the_same_figures_alone(problem: Problem, sets: Sets, solved: Replicates) -> None:
    some = np.array([3, 1])
    again = solve_sets(problem, sets.some(some), OPTIONS, batched=None)
    for name in ("estimate", "std_error", "status", "lower", "upper", "log_score", "gate"):
        np.testing.assert_array_equal(getattr(again, name), getattr(solved, name)[:, some], err_msg=name)
    np.testing.assert_array_equal(again.rank, solved.rank[some])


def test_what_the_batched_solver_leaves_is_solved_serially(problem: Problem, sets: Sets, solved: Replicates) -> None:
    left = np.array([False, True, False, False, True])
    marks = Options(methods=("mle",), intervals=("wald",))

    def batched(problem: Problem, sets: Sets, options: Options) -> tuple[Replicates, np.ndarray]:
        found = Replicates.empty(problem.scalars, options, sets.count)
        found.estimate[:] = -7.0
        found.reasons[0, 1, 0], found.reasons[0, 2, 0] = "of a replicate that is left", "kept"
        return found, left

    both = solve_sets(problem, sets, marks, batched)
    assert np.all(both.estimate[0, ~left] == -7.0)
    np.testing.assert_array_equal(both.estimate[0, left], solved.estimate[0, left])
    assert both.reasons == {(0, 2, 0): "kept"}
    assert np.all(both.status[0, ~left] == NOT_SOLVED)


def test_ranks_are_uniform_for_exchangeable_draws_and_missing_without_a_truth(solved: Replicates) -> None:
    rng = np.random.default_rng(4)
    ranks = np.array([rank_among(rng.normal(size=(1000, 1)), rng.normal(size=1), RANKED)[0] for _ in range(4000)])
    counts = np.histogram(ranks, np.arange(0, RANKED + 2, 10))[0]
    assert (ranks.min(), ranks.max()) == (0, RANKED)
    assert stats.chisquare(counts).pvalue > 1e-4
    assert np.all(solved.rank[:, :2] >= 0)
    assert np.all(solved.rank[:, 2] == NO_RANK)
    assert rank_among(np.zeros((5, 1)), np.ones(1), RANKED)[0] == NO_RANK


def test_data_sets_without_a_seed_each_are_refused(sets: Sets) -> None:
    with pytest.raises(triptych.InputError, match="5 data sets"):
        Sets(sets.data, sets.seeds[:2], sets.truth)
