"""Least absolute deviations and quantile regression: answers that R, Stata and linear programmes agree on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest
import statsmodels.api as sm
from scipy.optimize import linprog

from tests.references.solving import all_ok, compared, fitted, rows


def by_linear_programme(x: np.ndarray, y: np.ndarray, q: float) -> tuple[np.ndarray, float]:
    """Coefficients and check loss of a quantile regression, exactly: ``y = X b + up - down``."""
    n, p = x.shape
    cost = np.r_[np.zeros(p), np.full(n, q), np.full(n, 1 - q)]
    bounds = [(None, None)] * p + [(0, None)] * (2 * n)
    best = linprog(cost, A_eq=np.hstack([x, np.eye(n), -np.eye(n)]), b_eq=y, bounds=bounds, method="highs")
    return best.x[:p], float(best.fun)


@pytest.fixture(scope="module")
def engel() -> Any:
    """Food expenditure and income of 235 Belgian households (Engel 1857; Koenker & Bassett 1982)."""
    return sm.datasets.engel.load_pandas().data


@pytest.fixture(scope="module")
def median(engel: Any) -> Any:
    return fitted(engel, "foodexp ~ income", "laplace")


def test_engel_median_regression(engel: Any, median: Any) -> None:
    # R quantreg 81.48225, 0.56018; Stata 12 `qreg`: .5601805, 81.48233, sum of absolute deviations 17559.932.
    x, y = sm.add_constant(engel["income"]).to_numpy(), engel["foodexp"].to_numpy()
    exact, loss = by_linear_programme(x, y, 0.5)
    coef = rows(median)
    assert all_ok(coef)
    np.testing.assert_allclose(coef["estimate"], exact, rtol=1e-10)
    np.testing.assert_allclose(coef["estimate"], [81.48225, 0.56018], rtol=1e-5)
    # The maximum-likelihood scale of Laplace errors is the mean absolute deviation.
    assert rows(median, "sigma")["estimate"].item() == pytest.approx(2 * loss / 235, rel=1e-10)
    assert rows(median, "sigma")["estimate"].item() * 235 == pytest.approx(17559.932, rel=1e-7)


def test_a_vertex_has_no_curvature_interval(median: Any) -> None:
    # The line goes through two households exactly: both coefficients are held there.
    coef = rows(median)
    assert (coef["interval_kind"] == "none").all()
    assert coef[["std_error", "lower", "upper"]].isna().all(axis=None)
    assert coef["reason"].str.contains("kink").all()


def test_the_held_out_score_is_that_of_the_median_of_the_rest(engel: Any, median: Any) -> None:
    solution = median["default"]
    held = median.scenario.holdout(solution.data)
    x, y = sm.add_constant(engel["income"]).to_numpy(), engel["foodexp"].to_numpy()
    exact, loss = by_linear_programme(x[~held], y[~held], 0.5)
    scale = 2 * loss / (~held).sum()
    expected = np.sum(-np.log(2 * scale) - np.abs(y[held] - x[held] @ exact) / scale)
    (score,) = median.scores.itertuples()
    assert score.n_held_out == held.sum() == 47
    assert score.log_score == pytest.approx(expected, rel=1e-9)


def test_engel_upper_quartile(engel: Any) -> None:
    # Stata 12 `qreg, quantile(.75)`: .6440143, 62.39648. The loss is the asymmetric Laplace likelihood's.
    x, y = engel["income"].to_numpy(), engel["foodexp"].to_numpy()
    with pm.Model() as model:
        b = pm.Flat("b", shape=2)
        pm.AsymmetricLaplace("y", mu=b[0] + b[1] * x, b=pm.HalfFlat("rate"), q=0.75, observed=y)
    found = rows(compared(model, methods=("mle",)), "b")
    exact, _ = by_linear_programme(np.column_stack([np.ones_like(x), x]), y, 0.75)
    assert all_ok(found)
    np.testing.assert_allclose(found["estimate"], exact, rtol=1e-9)
    np.testing.assert_allclose(found["estimate"], [62.39648, 0.6440143], rtol=1e-5)


def test_stack_loss_least_absolute_deviations() -> None:
    # R L1pack: lad(stack.loss ~ ., stackloss).
    data = sm.datasets.stackloss.load_pandas().data
    coef = rows(fitted(data, "STACKLOSS ~ AIRFLOW + WATERTEMP + ACIDCONC", "laplace"))
    assert all_ok(coef)
    published = [-39.68985507, 0.83188406, 0.57391304, -0.06086957]
    np.testing.assert_allclose(coef["estimate"], published, atol=6e-9)
