"""The held-out score of draws against the sum of densities, one draw after the other."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytest
from scipy.special import logsumexp
from scipy.stats import norm, uniform

from triptych.batch.lanes import lanes
from triptych.batch.predictive import score_of_draws, score_of_points
from triptych.engine.engine import Engine

RNG = np.random.default_rng(2)


@pytest.mark.parametrize("draws", [1, 7, 120])
def test_the_score_averages_densities_over_the_draws(draws: int) -> None:
    with pm.Model() as model:
        mu, scale = pm.Flat("mu"), pm.HalfFlat("scale")
        pm.Normal("y", mu, scale, observed=pm.Data("seen", np.zeros(4)))
        pm.Uniform("u", 0, scale, observed=pm.Data("within", np.full(3, 0.5)))
    seen, within = RNG.normal(0, 30, (5, 4)), RNG.uniform(0, 0.8, (5, 3))
    z = RNG.normal(size=(5, 2, draws, 2))
    z[:, 0, 0, 1] = 1.0  # under one draw at least no point has the density zero
    fresh = lanes(Engine.build(model), [{"seen": s, "within": w} for s, w in zip(seen, within, strict=True)])
    at, scales = z[..., 0].reshape(5, -1, 1), np.exp(z[..., 1]).reshape(5, -1, 1)
    both = np.concatenate([norm(at, scales).logpdf(seen[:, None]), uniform(0, scales).logpdf(within[:, None])], axis=2)
    assert draws == 1 or np.isneginf(both).any()
    expected = (logsumexp(both, axis=1) - np.log(2 * draws)).mean(axis=1)
    assert score_of_draws(fresh, z) == pytest.approx(expected, rel=1e-12)
    assert score_of_points(fresh, z[:, 0, 0]) == pytest.approx(both[:, 0].mean(axis=1), rel=1e-12)
