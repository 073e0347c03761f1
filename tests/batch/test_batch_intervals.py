"""Curvature and profile intervals of many data sets are the exact ones, and there is none where curvature is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import chi2, norm

from tests.batch.lanes_solved import ROWS, maximum, observed
from triptych.batch.intervals import Curved, curvature_intervals
from triptych.batch.lanes import Lanes
from triptych.batch.natural import Natural
from triptych.batch.profiles import Profiles, profile_intervals
from triptych.engine.engine import LIKELIHOOD, POSTERIOR
from triptych.engine.estimands import resolve

NAMES = ("mu", "sigma", "variance", "effect", "square")
PROB = 0.9


@pytest.fixture(scope="module")
def wald(normal_lanes: Lanes) -> Curved:
    found, objective = maximum(normal_lanes, LIKELIHOOD)
    return curvature_intervals(natural_of(normal_lanes), found, objective.active, PROB)


@pytest.fixture(scope="module")
def profile(normal_lanes: Lanes) -> Profiles:
    found, objective = maximum(normal_lanes, LIKELIHOOD)
    return profile_intervals(natural_of(normal_lanes), found, objective, PROB)


def natural_of(batch: Lanes) -> Natural:
    return Natural(batch, resolve(batch.engine, NAMES))


def ends_of(found: Curved | Profiles, name: str) -> np.ndarray:
    k = NAMES.index(name)
    return np.stack([found.lower[:, k], found.upper[:, k]])


def test_wald_interval_of_a_mean_has_its_closed_form(normal_lanes: Lanes, wald: Curved) -> None:
    y = observed(normal_lanes)
    half = norm.ppf(0.95) * y.std(axis=1) / np.sqrt(ROWS)
    np.testing.assert_allclose(wald.std_error[:, 0], y.std(axis=1) / np.sqrt(ROWS), rtol=1e-9)
    np.testing.assert_allclose(ends_of(wald, "mu"), y.mean(axis=1) + np.outer([-1, 1], half), rtol=1e-9)


def test_wald_interval_of_a_scale_and_its_square_is_formed_on_the_logarithm(normal_lanes: Lanes, wald: Curved) -> None:
    s = observed(normal_lanes).std(axis=1)
    ends = s * np.exp(np.array([[-1], [1]]) * norm.ppf(0.95) / np.sqrt(2 * ROWS))
    np.testing.assert_allclose(ends_of(wald, "sigma"), ends, rtol=1e-9)
    np.testing.assert_allclose(ends_of(wald, "variance"), ends**2, rtol=1e-9)
    np.testing.assert_allclose(wald.std_error[:, 2], 2 * s**2 / np.sqrt(2 * ROWS), rtol=1e-9)


def test_wald_interval_of_a_square_is_the_range_of_its_root(wald: Curved) -> None:
    low, high = ends_of(wald, "mu") - 1.5
    crosses = (low < 0) & (high > 0)
    assert 0 < crosses.sum() < crosses.size
    expected = np.where(crosses, 0.0, np.minimum(low**2, high**2)), np.maximum(low**2, high**2)
    np.testing.assert_allclose(ends_of(wald, "square"), expected, rtol=1e-9, atol=1e-12)


def test_wald_interval_of_a_function_of_two_parameters_is_the_delta_methods(normal_lanes: Lanes, wald: Curved) -> None:
    y = observed(normal_lanes)
    effect = y.mean(axis=1) / y.std(axis=1)
    # Var(mu)/sigma^2 + effect^2 Var(log sigma), of Fisher's information.
    error = np.sqrt(1 / ROWS + effect**2 / (2 * ROWS))
    np.testing.assert_allclose(wald.std_error[:, 3], error, rtol=1e-9)
    np.testing.assert_allclose(ends_of(wald, "effect"), effect + np.outer([-1, 1], norm.ppf(0.95) * error), rtol=1e-9)


def test_profile_intervals_of_mean_and_scale_solve_their_equations(normal_lanes: Lanes, profile: Profiles) -> None:
    y, level = observed(normal_lanes), chi2.ppf(PROB, 1)
    s = y.std(axis=1)
    half = s * np.sqrt(np.expm1(level / ROWS))
    assert profile.settled.all()
    np.testing.assert_allclose(ends_of(profile, "mu"), y.mean(axis=1) + np.outer([-1, 1], half), rtol=1e-8)

    def deviance(ratio: float) -> float:
        return float(ROWS * (2 * np.log(ratio) + ratio**-2 - 1) - level)

    ends = np.outer([brentq(deviance, 0.01, 1), brentq(deviance, 1, 100)], s)
    np.testing.assert_allclose(ends_of(profile, "sigma"), ends, rtol=1e-8)
    np.testing.assert_allclose(ends_of(profile, "variance"), ends**2, rtol=1e-8)


def fallen(effect: float, row: np.ndarray, level: float = 0.0) -> float:
    """Return minus the log-likelihood of one sample at the best sigma given mu = effect*sigma, above a level."""
    lead = effect * row.sum()  # the best sigma solves n sigma^2 + lead*sigma = sum of squares
    sigma = (np.sqrt(lead**2 + 4 * ROWS * np.sum(row**2)) - lead) / (2 * ROWS)
    return float(ROWS * np.log(sigma) + np.sum((row / sigma - effect) ** 2) / 2) - level


def test_profile_interval_of_a_function_of_two_parameters_solves_its_equation(
    normal_lanes: Lanes, profile: Profiles
) -> None:
    for row, ends in zip(observed(normal_lanes)[:20], ends_of(profile, "effect").T, strict=False):
        best = row.mean() / row.std()
        level = fallen(best, row) + chi2.ppf(PROB, 1) / 2
        exact = [brentq(fallen, *side, args=(row, level)) for side in ((best - 9, best), (best, best + 9))]
        np.testing.assert_allclose(ends, exact, rtol=1e-7)


def test_profile_interval_of_a_square_is_the_range_over_its_roots(profile: Profiles) -> None:
    low, high = ends_of(profile, "mu") - 1.5
    expected = np.where((low < 0) & (high > 0), 0.0, np.minimum(low**2, high**2)), np.maximum(low**2, high**2)
    np.testing.assert_allclose(ends_of(profile, "square"), expected, rtol=1e-9, atol=1e-12)


def test_no_laplace_interval_is_formed_at_a_corner(lasso_lanes: Lanes) -> None:
    found, objective = maximum(lasso_lanes, POSTERIOR)
    natural = Natural(lasso_lanes, resolve(lasso_lanes.engine, ("beta", "sigma")))
    laplace = curvature_intervals(natural, found, objective.active, PROB)
    zero = laplace.estimate[:, :4] == 0
    assert 0 < zero.sum() < zero.size
    for figure in (laplace.std_error, laplace.lower, laplace.upper):
        np.testing.assert_array_equal(np.isnan(figure[:, :4]), zero)
        assert np.isfinite(figure[:, 4]).all()


def test_what_the_likelihood_does_not_know_has_no_estimate(lasso_lanes: Lanes) -> None:
    found, objective = maximum(lasso_lanes, LIKELIHOOD)
    known = objective.active[objective.active != 1]  # as if the first coefficient were the prior's alone
    natural = Natural(lasso_lanes, resolve(lasso_lanes.engine, ("beta",)))
    wald = curvature_intervals(natural, found, known, PROB)
    np.testing.assert_array_equal(wald.unknown, np.tile([True, False, False, False], (20, 1)))
    assert np.isnan(wald.estimate[:, 0]).all()
    assert np.isfinite(wald.estimate[:, 1:]).all()
