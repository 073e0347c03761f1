"""Between which values a prior puts a scalar: exact quantiles, and no digit that the draws do not support."""

from __future__ import annotations

import pickle
from unittest.mock import Mock

import numpy as np
import pymc as pm
import pytest
from pymc.distributions.shape_utils import change_dist_size
from scipy.stats import halfcauchy, norm

import triptych
from triptych.comparisons.explanation.prior_sample import Between, _many, between, prior_sample, put_by_the_prior


@pytest.fixture(scope="module")
def heavy():
    """A deviation tau * z about mu, whose tail is that of a Cauchy density; a density that other unknowns scale."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.0, 5.0)
        tau = pm.HalfCauchy("tau", 5.0)
        z = pm.Normal("z", 0.0, 1.0, shape=2)
        theta = pm.Deterministic("theta", mu + tau * z)
        scaled = pm.Gamma("scaled", 2.0, 1 / tau)
        pm.Normal("y", theta + scaled * np.array([1.0, 2.0]), 10.0, observed=np.array([28.0, 8.0]))
    return triptych.compare(model, draws=100, tune=200, profile=False, progressbar=False)


def test_many_draws_have_the_quantiles_of_what_the_model_says(heavy):
    solution = heavy["default"]
    rng = np.random.default_rng(4)
    tau = halfcauchy.rvs(scale=5.0, size=10**6, random_state=rng)
    theta = rng.normal(0, 5, tau.size) + tau * rng.normal(size=tau.size)
    exact = {"mu": norm(0, 5).ppf, "tau": halfcauchy(scale=5.0).ppf}
    simulated = {"theta": theta, "scaled": rng.gamma(2.0, tau)}
    for name in ("mu", "tau", "theta", "scaled"):
        draws = prior_sample(solution, name)
        assert draws.shape[0] > 100_000
        found = between(draws[:, -1])
        for p, value, error in ((0.025, found.low, found.low_error), (0.975, found.high, found.high_error)):
            known = exact[name](p) if name in exact else np.quantile(simulated[name], p)
            noise = 0.0 if name in exact else error / 2  # a million draws against a fourth of them
            assert abs(value - known) < 4.5 * np.hypot(error, noise), (name, p)
    assert np.corrcoef(prior_sample(solution, "theta")[:, 0], prior_sample(solution, "mu")[:, 0])[0, 1] < 0.9


def test_the_standard_error_of_a_quantile_is_that_of_repeated_samples():
    rng = np.random.default_rng(5)
    found = [between(rng.normal(size=4000)) for _ in range(400)]
    # sqrt(.025 * .975 / 4000) over the density there.
    exact = np.sqrt(0.025 * 0.975 / 4000) / norm.pdf(1.96)
    assert np.std([one.low for one in found]) == pytest.approx(exact, rel=0.15)
    assert np.mean([one.low_error for one in found]) == pytest.approx(exact, rel=0.1)


def test_ends_have_the_digits_that_their_errors_support():
    assert Between(-58.1, 41.2, 0.1, 0.1).ends() == (-58.0, 41.0)
    assert Between(-58.1, 41.2, 1.0, 1.0).ends() == (-60.0, 40.0)
    assert Between(-58.1, 41.2, 2.0, 0.1).ends() is None
    # Ends that differ by no more than their errors are those of a symmetric prior.
    assert Between(-51.04, 49.40, 0.65, 0.65).ends() == (-50.0, 50.0)
    assert Between(-56.0, 54.0, 1.1, 1.1).ends() == (-60.0, 60.0)
    assert Between(-58.1, 41.2, np.nan, 0.1).ends() is None
    assert Between().ends() is None
    few = between(np.random.default_rng(6).standard_cauchy(100))
    assert few.ends() is None


def test_a_solution_without_its_engine_has_the_draws_that_were_kept(heavy):
    solution = heavy["default"]
    kept = solution.panels["mcmc"].native["prior"]["theta"].values.reshape(-1, 2)
    solution.engine, engine = None, solution.engine
    assert np.array_equal(prior_sample(solution, "theta"), kept)
    solution.engine = engine
    assert prior_sample(solution, "unknown").size == 0


def test_what_rests_on_other_unknowns_has_no_exact_density_where_the_prior_can_be_drawn_from(heavy):
    assert set(heavy.prior_densities["default"]) == {"mu", "tau", "z"}
    draws, given = heavy.prior_draws["default"]
    assert given == ""
    assert {name: len(draws[name]) for name in ("mu", "theta", "scaled")} == {
        "mu": 500,
        "theta": 20_000,
        "scaled": 20_000,
    }


def test_a_comparison_from_another_process_has_the_same_pictures(heavy):
    from triptych.reports.html import render

    page = render([heavy])
    state = {name: kept for name, kept in heavy.__getstate__().items() if name != "drawn"}
    there = object.__new__(type(heavy))
    there.__dict__.update(state, solutions=pickle.loads(pickle.dumps(heavy.solutions)))
    assert there["default"].engine is None
    assert render([there]) == page


def test_a_prior_that_cannot_be_drawn_from_as_a_whole_is_that_given_the_others_at_the_map():
    with pm.Model() as model:
        sigma = pm.HalfFlat("sigma")
        beta = pm.Laplace("beta", 1.0, 2 * sigma, shape=3)
        pm.Normal("y", beta, sigma, observed=np.array([[1.0, 2.0, 3.0], [2.0, 2.5, 6.0]]))
    found = triptych.compare(model, draws=50, tune=100, profile=False, progressbar=False)["default"]
    put = put_by_the_prior(found, "beta", 2)
    assert put.given == "sigma at the MAP"
    # A Laplace density of this scale has its quantiles at the scale times log(20) from its centre.
    reach = 2 * float(found.values("map", "sigma")[0]) * np.log(20)
    for value, error, exact in ((put.low, put.low_error, 1 - reach), (put.high, put.high_error, 1 + reach)):
        assert abs(value - exact) < 4.5 * error < 0.05 * reach
    assert put_by_the_prior(found, "sigma", 0).ends() is None


@pytest.mark.parametrize("shape", [(3,), (5, 3)])
def test_the_rows_of_a_dirichlet_prior_are_drawn_in_one_call(shape):
    """PyTensor's own draws are one call a row, which took seconds of a run; the numbers are the same."""
    with pm.Model():
        shares = pm.Dirichlet("shares", np.array([1.0, 2.0, 3.0]), shape=shape)
    many = _many(shares, 50)
    found, theirs = (
        pm.draw(one, random_seed=1, mode="FAST_COMPILE") for one in (many, change_dist_size(shares, (50,), expand=True))
    )
    assert found.shape == (50, *shape)
    assert np.array_equal(found, theirs)
    rng = Mock(wraps=np.random.default_rng(2))
    many.owner.op.rng_fn(rng, np.ones((1,) * len(shape) + (3,)), (50, *shape[:-1]))
    assert rng.dirichlet.call_count == 1


def test_the_rows_of_a_dirichlet_prior_with_concentrations_of_their_own_keep_them():
    concentrations = np.array([[1.0, 9.0], [9.0, 1.0]])
    with pm.Model():
        shares = pm.Dirichlet("shares", concentrations)
    drawn = pm.draw(_many(shares, 4000), random_seed=1, mode="FAST_COMPILE")
    # Means of .1 and .9; a share of Beta(1, 9) has the standard deviation .0905.
    assert drawn.mean(axis=0) == pytest.approx(concentrations / 10, abs=4.5 * 0.0905 / np.sqrt(4000))
