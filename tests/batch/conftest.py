"""Models of which many data sets are solved, each compiled once for all tests of this folder."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytest

from tests.batch.lanes_solved import ROWS, lasso_predictors
from triptych.batch.lanes import Lanes, lanes
from triptych.engine.engine import Engine

COUNT = 100  # more than a block of lanes, and no multiple of it


@pytest.fixture(scope="session")
def normal_lanes() -> Lanes:
    """Ten normal observations a lane under p(mu, sigma) ~ 1/sigma: the posterior of mu is Student's t."""
    sets = [{"y": np.random.default_rng([3, k]).normal(1.5, 1.2, ROWS)} for k in range(COUNT)]
    with pm.Model() as model:
        y = pm.Data("y", sets[0]["y"])
        mu, sigma = pm.Flat("mu"), pm.HalfFlat("sigma")
        pm.Potential("one_over_sigma", -pm.math.log(sigma))
        pm.Deterministic("variance", sigma**2)
        pm.Deterministic("effect", mu / sigma)
        pm.Deterministic("square", (mu - 1.5) ** 2)
        pm.Normal("obs", mu, sigma, observed=y)
    return lanes(Engine.build(model), sets)


@pytest.fixture(scope="session")
def lasso_lanes() -> Lanes:
    """Four predictors of which two have no effect, under a Laplace prior, with sigma unknown."""
    rng, x = np.random.default_rng(4), lasso_predictors()
    sets = [{"y": x @ [1.5, 0, 0.4, 0] + rng.normal(size=30)} for _ in range(20)]
    with pm.Model() as model:
        y = pm.Data("y", sets[0]["y"])
        sigma = pm.HalfNormal("sigma", 2)
        beta = pm.Laplace("beta", 0, 0.1, shape=4)
        pm.Normal("obs", x @ beta, sigma, observed=y)
    return lanes(Engine.build(model), sets)


@pytest.fixture(scope="session")
def separable_lanes() -> Lanes:
    """Six binary outcomes a lane with one predictor: in many lanes it separates them."""
    x = np.linspace(-1, 1, 6)
    sets = [{"y": (np.random.default_rng([5, k]).random(6) < 1 / (1 + np.exp(-3 * x))).astype(int)} for k in range(40)]
    with pm.Model() as model:
        y = pm.Data("y", sets[0]["y"])
        a, b = pm.Normal("a", 0, 5), pm.Normal("b", 0, 5)
        pm.Bernoulli("obs", logit_p=a + b * x, observed=y)
    return lanes(Engine.build(model), sets)
