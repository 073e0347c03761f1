"""Climbs to corners: one that leads into an earlier climb ends where that did, and no other does."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from triptych.engine.engine import POSTERIOR, Engine
from triptych.optimise.kinks import Met, climb_kinked
from triptych.optimise.objective import Objective, make_objective


def lasso(size: int = 40) -> Objective:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((120, size))
    y = 3 * x[:, :4] @ np.ones(4) + rng.standard_normal(120)
    with pm.Model() as model:
        sigma = pm.HalfNormal("sigma", 2)
        beta = pm.Laplace("beta", 0, 0.05 * sigma, shape=size)
        pm.Normal("y", x @ beta, sigma, observed=y)
    return make_objective(Engine.build(model), POSTERIOR)[0]


def two_hills(size: int = 40) -> Objective:
    """Return a density with a top at 6 and one at -6 in the first coordinate, and corners in the others."""
    with pm.Model() as model:
        first = pm.Flat("first")
        pm.Laplace("rest", 0, 1, shape=size)
        pm.Potential("hills", pt.logaddexp(-0.5 * (first - 6) ** 2, -0.5 * (first + 6) ** 2))
        pm.Normal("y", first * 0, 1, observed=0.0)
    return make_objective(Engine.build(model), POSTERIOR)[0]


def test_a_climb_that_leads_into_an_earlier_one_ends_where_a_fresh_one_does() -> None:
    objective, rng = lasso(), np.random.default_rng(1)
    starts = [objective.origin[objective.active] + scale * rng.standard_normal(objective.size) for scale in (0, 1, 2)]
    met: Met = []
    ends = [climb_kinked(objective, start, met) for start in starts]
    assert len(met) == 1
    for start, (point, corner) in zip(starts, ends, strict=True):
        fresh, alone = climb_kinked(objective, start, [])
        assert np.array_equal(point.z == 0, fresh.z == 0)
        assert np.allclose(point.z, fresh.z, rtol=1e-9, atol=1e-12)
        assert len(corner.share) == len(alone.share) > 20
        assert np.array_equal(point.trail[0], start)


def test_a_climb_to_another_top_is_made() -> None:
    objective = two_hills()
    start = np.full(objective.size, 0.5)
    met: Met = []
    for place in (5.0, -5.0):
        start[0] = place
        point, _ = climb_kinked(objective, start, met)
        assert abs(point.z[0] - np.sign(place) * 6) < 1e-6
    assert len(met) == 2
