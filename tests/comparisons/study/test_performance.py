"""Measures of performance and their Monte Carlo errors, against formulas and against their own spread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from triptych.comparisons.study.columns import Block
from triptych.comparisons.study.performance import Measure, of_estimates, of_intervals, of_scores, of_statuses, rows
from triptych.comparisons.study.replicates import STATUSES
from triptych.problem.table import Status

OK, UNRELIABLE = STATUSES.index(Status.OK), STATUSES.index(Status.UNRELIABLE)


def block(estimate: np.ndarray, se: np.ndarray, truth: float | np.ndarray, *, status: int | np.ndarray = OK) -> Block:
    """Return replicates of one scalar and one method with Wald intervals."""
    shape = (estimate.size, 1, 1)
    z = stats.norm.ppf(0.975)
    ends = (estimate - z * se)[:, None], (estimate + z * se)[:, None]
    return Block(
        np.broadcast_to(np.reshape(truth, (-1, 1, 1)), shape),
        estimate.reshape(shape),
        se.reshape(shape),
        np.broadcast_to(np.reshape(status, (-1, 1, 1)), shape),
        -0.5 * estimate.reshape(-1, 1) ** 2,
        np.zeros((estimate.size, 1), dtype=int),
        np.zeros((estimate.size, 1)),
        {"wald": ends},
    )


def by_name(measures: list[Measure]) -> dict[str, tuple[float, float, int]]:
    return {m.name: (float(m.value[0]), float(m.mcse[0]), int(m.replicates[0])) for m in measures}


def sample(seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return variances of 5 standard normals and their standard errors: skewed, and correlated with each other."""
    y = np.random.default_rng(seed).normal(size=(size, 5))
    variance = y.var(axis=1)
    return variance, variance * np.sqrt(2 / 5)


def test_each_measure_is_its_formula() -> None:
    estimate, se = sample(1, 400)
    found = by_name(of_estimates(lambda: [block(estimate, se, 1.0)], 0))
    error, n = estimate - 1.0, 400
    spread = error.std(ddof=1)
    assert found["bias"] == pytest.approx((error.mean(), spread / np.sqrt(n), n), rel=1e-12)
    assert found["relative_bias"] == pytest.approx((error.mean(), spread / np.sqrt(n), n), rel=1e-12)
    assert found["empirical_se"][0] == pytest.approx(spread, rel=1e-12)
    assert found["model_se"][0] == pytest.approx(np.sqrt(np.mean(se**2)), rel=1e-12)
    error_of_model = np.std(se**2, ddof=1) / np.sqrt(n) / (2 * np.sqrt(np.mean(se**2)))
    assert found["model_se"][1] == pytest.approx(error_of_model, rel=1e-12)
    assert found["relative_error_se"][0] == pytest.approx(np.sqrt(np.mean(se**2)) / spread - 1, rel=1e-12)
    assert found["mse"] == pytest.approx((np.mean(error**2), np.std(error**2, ddof=1) / np.sqrt(n), n), rel=1e-12)


def test_error_of_the_empirical_se_is_the_tables_where_estimates_are_normal() -> None:
    """Morris, White and Crowther (2019), table 6: EmpSE / sqrt(2 (n - 1))."""
    estimate = np.random.default_rng(2).normal(size=200_000)
    found = by_name(of_estimates(lambda: [block(estimate, np.ones_like(estimate), 0.0)], 0))
    value, mcse, n = found["empirical_se"]
    assert mcse == pytest.approx(value / np.sqrt(2 * (n - 1)), rel=0.02)


def test_monte_carlo_errors_are_the_spread_of_the_measures_for_skewed_estimates() -> None:
    many = []
    for seed in range(600):
        estimate, se = sample(seed, 300)
        found = by_name(of_estimates(lambda e=estimate, s=se: [block(e, s, 1.0)], 0))
        found |= by_name(of_intervals(lambda e=estimate, s=se: [block(e, s, 1.0)], 0, "wald", np.array([0.0])))
        many.append(found)
    for name in ("bias", "empirical_se", "model_se", "relative_error_se", "mse", "coverage", "rejection"):
        values, errors = (np.array([one[name][k] for one in many]) for k in range(2))
        # The spread of 600 values is known to about 4 %, with the heavy tails of some to 8 %.
        assert values.std(ddof=1) == pytest.approx(np.sqrt(np.mean(errors**2)), rel=0.16), name


def test_blocks_make_no_difference() -> None:
    estimate, se = sample(3, 1000)
    parts = [block(estimate[a:b], se[a:b], 1.0) for a, b in ((0, 1), (1, 400), (400, 1000))]
    for measure in (lambda b: of_estimates(b, 0), lambda b: of_intervals(b, 0, "wald", np.array([0.5]))):
        whole, split = by_name(measure(lambda: [block(estimate, se, 1.0)])), by_name(measure(lambda: parts))
        for name in whole:
            assert split[name] == pytest.approx(whole[name], rel=1e-10), name


def test_an_estimate_without_a_standard_error_keeps_its_bias() -> None:
    estimate, se = sample(4, 100)
    se[:40] = np.nan
    found = by_name(of_estimates(lambda: [block(estimate, se, 1.0)], 0))
    assert found["bias"][::2] == pytest.approx((np.mean(estimate - 1), 100))
    assert found["model_se"][2] == found["relative_error_se"][2] == 60
    both = np.sqrt(np.mean(se[40:] ** 2)) / np.std(estimate[40:], ddof=1) - 1
    assert found["relative_error_se"][0] == pytest.approx(both, rel=1e-12)
    covered = by_name(of_intervals(lambda: [block(estimate, se, 1.0)], 0, "wald", np.array([np.nan])))
    assert covered["coverage"][2] == 60


def test_numbers_of_an_unreliable_replicate_are_not_counted_and_its_status_is() -> None:
    estimate, se = sample(5, 50)
    estimate[:5] = 1e6
    status = np.where(np.arange(50) < 5, UNRELIABLE, OK)
    found = by_name(of_estimates(lambda: [block(estimate, se, 1.0, status=status)], 0))
    assert found["bias"][::2] == pytest.approx((np.mean(estimate[5:] - 1), 45))
    shares = by_name(of_statuses(lambda: [block(estimate, se, 1.0, status=status)], 0))
    assert shares["share_unreliable"] == pytest.approx((0.1, np.sqrt(0.1 * 0.9 / 50), 50))
    assert set(shares) == {"share_ok", "share_unreliable"}


def test_coverage_counts_open_ends_and_widths_do_not() -> None:
    estimate, se = np.array([0.0, 1.0, 2.0]), np.full(3, 0.1)
    one = block(estimate, se, 1.0)
    one.ends["wald"][1][0] = np.inf  # from below 0 to infinity: it covers
    found = by_name(of_intervals(lambda: [one], 0, "wald", np.array([1.5])))
    assert found["coverage"][::2] == pytest.approx((2 / 3, 3))
    assert found["interval_width"][2] == 2
    assert found["rejection"][0] == pytest.approx(2 / 3)


def test_bias_eliminated_coverage_is_that_of_the_mean_estimate() -> None:
    estimate, se = sample(6, 2000)
    found = by_name(of_intervals(lambda: [block(estimate, se, 9.0)], 0, "wald", np.array([np.nan])))
    half = stats.norm.ppf(0.975) * se
    assert found["coverage"][0] == np.mean(np.abs(estimate - 9.0) <= half)
    assert found["bias_eliminated_coverage"][0] == np.mean(np.abs(estimate - estimate.mean()) <= half)
    assert found["coverage"][1] == pytest.approx(np.sqrt(found["coverage"][0] * (1 - found["coverage"][0]) / 2000))


def test_a_truth_that_differs_by_replicate_is_taken_from_each() -> None:
    truth = np.linspace(1, 3, 500)
    error = np.random.default_rng(7).normal(size=500)
    found = by_name(of_estimates(lambda: [block(truth + error, np.ones(500), truth)], 0))
    assert found["empirical_se"][0] == pytest.approx(error.std(ddof=1), rel=1e-10)
    assert found["relative_bias"][0] == pytest.approx(np.mean(error / truth), rel=1e-10)


def test_a_measure_that_has_no_meaning_is_missing() -> None:
    estimate, se = sample(8, 30)
    found = rows(
        lambda: [block(estimate, se, 0.0)],
        scalars=[("v", "")],
        methods=["mle"],
        kinds=["wald"],
        null=np.array([np.nan]),
    )
    named: dict[Any, Any] = {row[4]: row for row in found}
    assert "rejection" not in named
    assert np.isnan(named["relative_bias"][5])
    assert named["log_score"][5] == pytest.approx(np.mean(-0.5 * estimate**2))
    alone = of_scores(lambda: [block(estimate[:1], se[:1], 0.0)], 0)
    assert np.isnan(alone.mcse[0])
