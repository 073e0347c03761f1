"""Prior and posterior predictive draws against the distributions they must have."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pymc as pm
import pytest
import xarray as xr
from pytensor.tensor.random.basic import CategoricalRV
from scipy import stats

import triptych
from triptych.engine.engine import Engine
from triptych.sampling.forward_mode import forward_mode
from triptych.sampling.predictive import predictive_groups

Y = np.array([2.0, 3.0, 1.0, 4.0, 2.0, 6.0])
SAMPLING: dict[str, Any] = {"methods": ("mcmc",), "draws": 500, "tune": 500, "random_seed": 4}


def gamma_poisson() -> pm.Model:
    with pm.Model(coords={"day": list("abcdef")}) as model:
        rate = pm.Gamma("rate", 3, 1)
        pm.Poisson("y", rate, observed=pm.Data("seen", Y), dims="day")
    return model


@pytest.fixture(scope="module")
def solved() -> Any:
    return triptych.compare(gamma_poisson(), **SAMPLING)


def test_both_have_the_negative_binomial_they_must_have(solved: Any) -> None:
    """Gamma(a, b) and Poisson: predictive NegBinomial(a, b / (b + 1)), before and after the data."""
    tree = solved.to_datatree()
    for group, (a, b) in {"prior_predictive": (3, 1), "posterior_predictive": (3 + Y.sum(), 1 + Y.size)}.items():
        # One value a draw, so that the values are independent.
        drawn = tree[group]["y"].isel(day=0).values.ravel()
        exact = stats.nbinom(a, b / (b + 1))
        assert drawn.size >= 400
        assert abs(drawn.mean() - exact.mean()) < 4 * exact.std() / np.sqrt(drawn.size)
        for k in range(3):
            share = exact.pmf(k)
            assert abs((drawn == k).mean() - share) < 4 * np.sqrt(share * (1 - share) / drawn.size)
    assert list(tree["posterior_predictive"]["y"].coords["day"].values) == list("abcdef")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_prediction_is_made_from_its_own_draw_and_draws_are_spread_over_the_chains(seed: int) -> None:
    """Of one observation under a vague prior: given its draw a prediction has the noise's variance, given another 3."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 100)
        pm.Normal("y", mu, 1, observed=np.array([2.0]))
    tree = triptych.compare(model, methods=("mcmc",), random_seed=seed).to_datatree()
    predicted = tree["posterior_predictive"]["y"]
    kept = predicted["draw"].values
    assert np.array_equal(predicted["chain"], tree["posterior"]["chain"])
    assert np.array_equal(kept, np.arange(0, 1000, kept[1]))
    assert 250 <= predicted.sizes["chain"] * kept.size <= 500
    residual = (predicted.isel(y_dim_0=0) - tree["posterior"]["mu"].sel(draw=kept)).values.ravel()
    assert abs(residual.var() - 1) < 4 * np.sqrt(2 / residual.size)


def test_a_parameter_whose_prior_depends_on_data_is_not_drawn_from_its_prior() -> None:
    """The posterior is far from the prior; drawn anew from it, predictions would be around zero.

    PyMC asks whether that was meant, by a warning of which the user could make nothing.
    """
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, pm.Data("width", 100.0))
        pm.Normal("y", mu, 1, observed=50 + Y - Y.mean())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predicted = triptych.compare(model, **SAMPLING).to_datatree()["posterior_predictive"]["y"]
    # One value a draw: its variance is the noise's and mu's, 1 + 1/6.
    drawn = predicted.isel(y_dim_0=0).values.ravel()
    assert abs(drawn.mean() - 50) < 4 * np.sqrt((1 + 1 / Y.size) / drawn.size)


def test_the_log_likelihood_is_that_of_each_draw() -> None:
    y = np.array([0.3, 1.9, -0.4])
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, 2), pm.HalfNormal("sigma", 2)
        pm.Normal("y", mu, sigma, observed=y)
        pm.Poisson("k", pm.math.exp(mu), observed=[2])
    tree = triptych.compare(model, **SAMPLING).to_datatree()
    mu, sigma = (tree["posterior"][name].values[..., None] for name in ("mu", "sigma"))
    found = {name: tree["log_likelihood"][name].values for name in ("y", "k")}
    np.testing.assert_allclose(found["y"], stats.norm(mu, sigma).logpdf(y), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found["k"], stats.poisson(np.exp(mu)).logpmf([2]), rtol=1e-9, atol=1e-9)


def test_an_improper_prior_and_a_potential_have_none_and_say_so() -> None:
    with pm.Model() as flat:
        mu = pm.Flat("mu")
        pm.Normal("y", mu, 1, observed=Y)
    with pm.Model() as potential:
        mu = pm.Normal("mu", 0, 1)
        pm.Potential("p", -(mu**4))
        pm.Normal("y", mu, 1, observed=Y)
    for model, word in ((flat, "improper"), (potential, "potential")):
        comparison = triptych.compare(model, **SAMPLING)
        tree = comparison.to_datatree()
        assert "posterior_predictive" in tree.children
        assert "prior_predictive" not in tree.children
        assert word in comparison.diagnostics["default"]["mcmc"]["no_prior_predictive"]


@pytest.mark.parametrize(("rows", "draws"), [(1, 500), (8000, 250), (40_000, 50), (40_001, 0)])
def test_five_hundred_predictive_draws_are_made_or_two_million_values(rows: int, draws: int) -> None:
    with pm.Model() as model:
        pm.Normal("y", pm.Normal("mu", 0, 1), 1, observed=np.zeros(rows))
    engine: Any = SimpleNamespace(model=model, weights={"y": np.ones(rows)}, graph=SimpleNamespace(shared={}))
    posterior = xr.Dataset({"mu": (("chain", "draw"), np.zeros((1, 2000)))})
    groups, reasons = predictive_groups(engine, posterior, 1)
    assert {name: group.sizes["draw"] * group.sizes["chain"] for name, group in groups.items()} == (
        {"posterior_predictive": draws, "prior": draws, "prior_predictive": draws} if draws else {}
    )
    assert set(reasons.values()) == (set() if draws else {"40001 values a draw are too many"})


def test_new_data_are_predicted_for_and_the_model_keeps_its_own() -> None:
    engine = Engine.build(gamma_poisson())
    moved = engine.with_data(seen=Y + 100)
    tree = triptych.compare(engine.model, **SAMPLING).results["mcmc"]
    predictive_groups(moved, tree["posterior"].to_dataset(), 1)
    assert np.array_equal(engine.model["seen"].get_value(), Y)


def test_a_prior_that_depends_on_the_data_is_not_drawn_from_again() -> None:
    """The posterior predictive of a well-determined mean has the noise's spread, not the prior's."""
    with pm.Model() as model:
        width = pm.Data("width", np.ones(1))
        mu = pm.Normal("mu", 0, 100 * width.sum())
        pm.Normal("y", mu, 0.1, observed=np.full(50, 3.0))
    tree = triptych.compare(model, **SAMPLING).to_datatree()
    for group, sd in (("posterior_predictive", 0.1 * np.sqrt(1 + 1 / 50)), ("prior_predictive", np.hypot(100, 0.1))):
        # One value a draw, so that the values are independent.
        drawn = tree[group]["y"].isel(y_dim_0=0).values.ravel()
        assert drawn.size >= 400
        assert abs(drawn.std(ddof=1) - sd) < 4 * sd / np.sqrt(2 * drawn.size)


def categories(p: Any) -> pm.Model:
    with pm.Model() as model:
        pm.Categorical("k", p)
    return model


@pytest.mark.parametrize(
    "p", [[0.2, 0.5, 0.3], [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]], np.full((2, 3, 4), 0.25), [1 / 3, 1 / 3, 1 / 3]]
)
def test_categories_are_drawn_as_pytensor_draws_them_though_all_at_once(p: Any) -> None:
    model, quick = categories(p), {"mode": forward_mode()}
    theirs, ours = (
        pm.sample_prior_predictive(200, model=model, random_seed=3, compile_kwargs=kwargs)["prior"]["k"].values
        for kwargs in ({"mode": "FAST_COMPILE"}, quick)
    )
    np.testing.assert_array_equal(ours, theirs)
    run = pm.compile([], model["k"], **quick)
    assert [type(node.op).__name__ for node in run.maker.fgraph.toposort()].count("AllAtOnce") == 1


def test_categories_that_pytensor_refuses_are_refused_and_negative_shares_are_drawn_as_it_does() -> None:
    run = pm.compile([], categories([0.5, 0.5])["k"], mode=forward_mode())
    (ours,) = (node.op for node in run.maker.fgraph.toposort() if isinstance(node.op, CategoricalRV))
    falling = np.array([0.2, 0.9, -0.6, 0.5])
    found, expected = (op.rng_fn(np.random.default_rng(3), falling, (300,)) for op in (ours, CategoricalRV))
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match=r"size.*shape of `p`"):
        ours.rng_fn(np.random.default_rng(3), np.full((4, 2, 5), 0.2), (3, 1, 2))
