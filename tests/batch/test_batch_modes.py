"""Maxima of many data sets are those that closed forms and the serial search give for each."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Lasso

from tests.batch.lanes_solved import ROWS, lasso_predictors, maximum, observed
from triptych.base.errors import ModelError
from triptych.batch.lanes import Lanes, lanes
from triptych.batch.modes import Modes
from triptych.engine.engine import LIKELIHOOD, POSTERIOR
from triptych.existence.search import find
from triptych.optimise.objective import make_objective


def solved(batch: Lanes, parts: np.ndarray) -> Modes:
    return maximum(batch, parts)[0]


def test_mle_of_a_normal_sample_is_its_mean_and_spread(normal_lanes: Lanes) -> None:
    found, y = solved(normal_lanes, LIKELIHOOD), observed(normal_lanes)
    assert found.settled.all()
    np.testing.assert_allclose(found.z[:, 0], y.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(np.exp(found.z[:, 1]), y.std(axis=1), rtol=1e-12)
    # Fisher's information of (mu, log sigma) is diagonal: n/sigma^2 and 2n.
    np.testing.assert_allclose(found.covariance[:, 0, 0], y.var(axis=1) / ROWS, rtol=1e-10)
    np.testing.assert_allclose(found.covariance[:, 1, 1], 1 / (2 * ROWS), rtol=1e-10)


def test_mode_under_one_over_sigma_divides_by_n_plus_one(normal_lanes: Lanes) -> None:
    found, y = solved(normal_lanes, POSTERIOR), observed(normal_lanes)
    assert found.settled.all()
    np.testing.assert_allclose(np.exp(2 * found.z[:, 1]), y.var(axis=1) * ROWS / (ROWS + 1), rtol=1e-12)


def test_modes_at_corners_are_scikit_learns_lasso_at_their_own_sigma(lasso_lanes: Lanes) -> None:
    found, y = solved(lasso_lanes, POSTERIOR), observed(lasso_lanes)
    x = lasso_predictors()
    sigma, beta = np.exp(found.z[:, 0]), found.z[:, 1:]
    assert found.settled.all()
    assert (beta == 0).any(axis=1).sum() > 5
    for k in range(len(y)):
        alpha = sigma[k] ** 2 / (0.1 * len(y[k]))
        other = Lasso(alpha, fit_intercept=False, tol=1e-14, max_iter=100_000).fit(x, y[k]).coef_
        np.testing.assert_allclose(beta[k], other, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(beta[k] == 0, other == 0)


@pytest.mark.parametrize("parts", [LIKELIHOOD, POSTERIOR], ids=["mle", "map"])
def test_a_settled_lane_is_what_the_serial_search_finds(separable_lanes: Lanes, parts: np.ndarray) -> None:
    found = solved(separable_lanes, parts)
    settled = 0
    for k in range(0, separable_lanes.count, 4):
        objective, _ = make_objective(separable_lanes.one(k), parts)
        verdict = find(objective)
        assert found.settled[k] == (verdict.clear and verdict.regular), k
        if found.settled[k]:
            settled += 1
            np.testing.assert_allclose(found.z[k, objective.active], verdict.point.z, atol=1e-7)
    assert settled > 2


def test_separated_classes_are_never_settled(separable_lanes: Lanes) -> None:
    found, y = solved(separable_lanes, LIKELIHOOD), observed(separable_lanes)
    x = np.linspace(-1, 1, 6)
    separated = np.array(
        [min(x[row == 1], default=9) > max(x[row == 0], default=-9) or
         max(x[row == 1], default=-9) < min(x[row == 0], default=9) for row in y]
    )  # fmt: skip
    assert 5 < separated.sum() < 35
    assert not found.settled[separated].any()
    assert found.settled[~separated].all()


def test_bits_of_a_lane_do_not_depend_on_the_others(normal_lanes: Lanes) -> None:
    every = solved(normal_lanes, POSTERIOR)
    some = [7, 99, 3, 70]
    picked = lanes(normal_lanes.engine, [{"y": observed(normal_lanes)[k]} for k in some])
    few = solved(picked, POSTERIOR)
    for figure in vars(every):
        np.testing.assert_array_equal(getattr(few, figure), getattr(every, figure)[some], err_msg=figure)


def test_data_sets_of_several_shapes_are_refused(normal_lanes: Lanes) -> None:
    with pytest.raises(ModelError, match="'y' in several shapes"):
        lanes(normal_lanes.engine, [{"y": np.zeros(10)}, {"y": np.zeros(11)}])
