"""Data sets that are solved at once have the figures of the serial engine, or are left to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import triptych
from triptych.comparisons.study.batched import solve_batched, why_serial
from triptych.comparisons.study.problem import Options, Sets
from triptych.comparisons.study.replicates import STATUSES, Replicates
from triptych.comparisons.study.serial import solve_serially
from triptych.comparisons.study.solver import solve_sets
from triptych.panels.problem import Problem, compiled
from triptych.problem.table import Status

MAXIMA = Options(methods=("mle", "map"))
REGULAR: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("small_n_variance", 3, {}),
    ("lasso", 40, {}),
    ("weight_decay", 20, {}),
)


def drawn(name: str, n: int, settings: Mapping[str, Any], count: int, seed: int = 5) -> tuple[Problem, Sets]:
    """Return a scenario, compiled, and data sets with their truths and others to be predicted."""
    scenario = triptych.scenarios()[name]
    assert scenario.simulate is not None
    rngs = [np.random.default_rng([seed, k]) for k in range(count)]
    pairs = [scenario.simulate(rng, n=n, **settings) for rng in rngs]
    fresh = [scenario.simulate(rng, n=n, **settings)[0] for rng in rngs]
    problem = compiled(scenario, settings, pairs[0][0])
    truth = [
        np.concatenate([np.ravel(true.get(e.name, np.full(e.variable.shape, np.nan))) for e in problem.estimands])
        for _, true in pairs
    ]
    seeds = np.random.default_rng(seed).integers(0, 2**32, (count, 2), dtype=np.uint32)
    return problem, Sets([d.arrays for d, _ in pairs], seeds, np.array(truth), [d.arrays for d in fresh])


def assert_same_maxima(one: Replicates, other: Replicates) -> None:
    """Hold two engines to the same statuses, estimates and intervals, these to a millionth of a standard error."""
    np.testing.assert_array_equal(one.status, other.status)
    unit = np.where(np.isfinite(other.std_error), other.std_error, 1.0)
    for figure in ("estimate", "std_error"):
        mine, its = getattr(one, figure), getattr(other, figure)
        np.testing.assert_allclose(mine / unit, its / unit, rtol=0, atol=1e-6, err_msg=figure)
    for k, kind in enumerate(one.kinds):
        scale = unit[one.methods.index({"laplace": "map"}.get(kind, "mle"))]
        for ends, its in ((one.lower[k], other.lower[k]), (one.upper[k], other.upper[k])):
            np.testing.assert_allclose(ends / scale, its / scale, rtol=1e-6, atol=1e-6, err_msg=kind)
    np.testing.assert_allclose(one.log_score, other.log_score, rtol=1e-7)


@pytest.fixture(scope="module")
def variances() -> tuple[Problem, Sets, Replicates, np.ndarray]:
    problem, sets = drawn("small_n_variance", 10, {}, 70)
    found = solve_batched(problem, sets, Options())
    assert found is not None
    return problem, sets, *found


def test_maxima_and_intervals_of_each_data_set_are_the_serial_engines(variances: Any) -> None:
    problem, sets, found, left = variances
    assert not left.any()
    rows = np.arange(8)
    serial = solve_serially(problem, sets.some(rows), MAXIMA)
    mine = Replicates.empty(problem.scalars, MAXIMA, 8)
    for name in ("estimate", "std_error", "status", "log_score"):
        getattr(mine, name)[:] = getattr(found, name)[:2, rows]
    for k, kind in enumerate(mine.kinds):
        at = found.kinds.index(kind)
        mine.lower[k], mine.upper[k] = found.lower[at, rows], found.upper[at, rows]
    assert_same_maxima(mine, serial)


def test_means_of_posteriors_are_the_exact_ones_on_average(variances: Any) -> None:
    """Under p(mu, sigma) ~ 1/sigma the mean of the variance is the residual sum of squares over n - 3."""
    _, sets, found, _ = variances
    y = np.array([data["hours"] for data in sets.data])
    variance = y.var(axis=1) * 10 / 7
    error = found.estimate[2, :, 0] - y.mean(axis=1)
    # Of 70 posteriors with some 800 effective draws each.
    assert abs(np.mean(error / found.std_error[2, :, 0])) < 4 / np.sqrt(70 * 400)
    assert abs(np.mean(found.estimate[2, :, 2] / variance - 1)) < 0.02
    assert (found.gate[0] <= 1.01).all()
    assert (found.gate[1:3] >= 400).all()


def test_predictive_scores_average_over_the_draws(variances: Any) -> None:
    """The predictive density of an observation is Student's t with n - 1 degrees of freedom."""
    from scipy import stats

    _, sets, found, _ = variances
    for row in range(5):
        y, new = sets.data[row]["hours"], sets.fresh[row]["hours"]
        exact = stats.t.logpdf(new, 9, y.mean(), y.std(ddof=1) * np.sqrt(1.1)).mean()
        assert found.log_score[2, row] == pytest.approx(exact, abs=0.05)
        plug_in = stats.norm.logpdf(new, y.mean(), y.std()).mean()
        assert found.log_score[0, row] == pytest.approx(plug_in, rel=1e-9)


def test_the_figures_of_a_data_set_do_not_depend_on_the_others(variances: Any) -> None:
    problem, sets, found, _ = variances
    rows = np.array([69, 3, 64])
    again = solve_batched(problem, sets.some(rows), Options())
    assert again is not None
    for name in ("estimate", "std_error", "status", "lower", "upper", "log_score", "gate"):
        np.testing.assert_array_equal(getattr(again[0], name), getattr(found, name)[:, rows], err_msg=name)
    np.testing.assert_array_equal(again[0].rank, found.rank[rows])


def test_one_observation_is_left_to_the_serial_engine_which_says_that_there_is_no_maximum() -> None:
    problem, sets = drawn("small_n_variance", 1, {"prior": "half_normal"}, 1)
    found = solve_batched(problem, sets, MAXIMA)
    assert found is not None
    assert found[1].all()
    solved = solve_sets(problem, sets, MAXIMA)
    assert (solved.status == STATUSES.index(Status.UNBOUNDED)).all()
    assert (solved.engine == 1).all()


def test_exchangeable_components_are_solved_one_after_the_other() -> None:
    problem, sets = drawn("mixture", 60, {}, 2)
    assert "exchangeable" in why_serial(problem, MAXIMA)
    assert solve_batched(problem, sets, MAXIMA) is None


@pytest.mark.slow
@pytest.mark.parametrize(("name", "n", "settings"), REGULAR)
def test_statuses_of_500_data_sets_are_the_serial_engines(name: str, n: int, settings: dict[str, Any]) -> None:
    problem, sets = drawn(name, n, settings, 500)
    found = solve_batched(problem, sets, MAXIMA)
    assert found is not None
    replicates, left = found
    assert left.mean() < 0.05
    replicates.put(np.flatnonzero(left), solve_serially(problem, sets.some(np.flatnonzero(left)), MAXIMA))
    assert_same_maxima(replicates, solve_serially(problem, sets, MAXIMA))
