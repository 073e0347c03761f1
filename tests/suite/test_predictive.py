"""Prior and posterior predictive draws against the distributions they must have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import stats

import triptych
from triptych.engine import Engine
from triptych.predictive import predictive_groups

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
    assert abs(float(tree["posterior_predictive"]["y"].std()) - 0.1) < 0.01
    assert abs(float(tree["prior_predictive"]["y"].std()) - 100) < 15
