"""Directions in which no term of an objective changes anywhere: the prior is one term in many directions."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytest

from triptych.engine.engine import LIKELIHOOD, POSTERIOR, Engine
from triptych.existence.null_space import structural_null
from triptych.optimise.objective import make_objective


def wide(prior: str) -> Engine:
    """Return a regression of two rows on twelve predictors, the last two of which say the same and have flat priors."""
    x = np.random.default_rng(0).normal(size=(2, 12))
    x[:, 11] = x[:, 10]
    with pm.Model() as model:
        held = {"normal": pm.Normal, "laplace": pm.Laplace}[prior]("held", 0, 1, shape=10)
        free = pm.Flat("free", shape=2)
        pm.Normal("y", x[:, :10] @ held + x[:, 10:] @ free, 1, observed=np.zeros(2))
    return Engine.build(model)


@pytest.mark.parametrize("prior", ["normal", "laplace"])
def test_a_prior_holds_every_direction_that_it_knows(prior: str) -> None:
    engine = wide(prior)
    (only,) = structural_null(make_objective(engine, POSTERIOR)[0])
    np.testing.assert_allclose(only / only[10], np.r_[np.zeros(10), 1, -1], atol=1e-8)
    assert len(structural_null(make_objective(engine, LIKELIHOOD)[0])) == 10
