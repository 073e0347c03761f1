"""Climbs to corners: one that leads into an earlier climb ends where that did, and no other does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

from triptych.engine.engine import LIKELIHOOD, POSTERIOR, Engine
from triptych.engine.jax_backend import JaxBackend
from triptych.optimise.kinks import Met, climb_kinked, stay_or_climb
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


def medians(seed: int) -> tuple[Objective, np.ndarray, np.ndarray, np.ndarray]:
    """Return Laplace errors around a line with a scale of its own, and all lines through two of its points."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=15), rng.laplace(size=15)
    with pm.Model() as model:
        b = pm.Flat("b", shape=2)
        pm.Laplace("y", b[0] + b[1] * x, pm.HalfFlat("sigma"), observed=y)
    objective = make_objective(Engine.build(model), LIKELIHOOD)[0]
    i, j = np.triu_indices(15, 1)
    slopes = (y[i] - y[j]) / (x[i] - x[j])
    lines = np.column_stack([y[i] - slopes * x[i], slopes])
    return objective, lines, x, y


@pytest.mark.parametrize("seed", range(3))
def test_the_best_line_stays_whatever_the_scale_and_any_other_is_left(seed: int) -> None:
    objective, lines, x, y = medians(seed)
    sums = np.abs(y - lines[:, :1] - lines[:, 1:] * x).sum(axis=1)
    order = np.argsort(sums)
    asked: list[int] = []
    compute = JaxBackend.derivatives

    def counted(self: JaxBackend, z: np.ndarray, *rest: Any) -> Any:
        asked.append(z.size)
        return compute(self, z, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JaxBackend, "derivatives", counted)
        for scale in (0.3, 1.0, 4.0):
            rest = replace(objective, origin=np.array([0.0, 0.0, np.log(scale)])).without(np.array([2]))
            highest = -15 * np.log(2 * scale) - sums.min() / scale
            for which in (order[0], order[1], order[-1]):
                asked.clear()
                point, corner = stay_or_climb(rest, lines[which])
                np.testing.assert_allclose(point.z, lines[order[0]], rtol=1e-9, atol=1e-12)
                assert point.value == pytest.approx(highest, rel=1e-12)
                assert corner is not None
                assert len(corner.share) == 2
                # The first stays; the others go through roundings of which each asks for several Hessians.
                assert (len(asked) < 8) == (which == order[0])


def test_kinks_at_a_point_are_computed_once_and_again_for_other_data() -> None:
    objective, lines, x, y = medians(0)
    engine, z = objective.engine, np.append(lines[0], 0.0)
    first = engine.kinks(z)
    assert engine.kinks(z.copy())[0] is first[0]
    for shift in range(5):
        moved = z + shift * np.array([1.0, 0.0, 0.0])
        np.testing.assert_allclose(np.abs(engine.kinks(moved)[0]), np.abs(y - moved[0] - moved[1] * x))
    np.testing.assert_array_equal(engine.kinks(z)[0], first[0])
    half = engine.with_weights({"y": np.full(15, 0.5)})
    np.testing.assert_allclose(half.kinks(z)[2], first[2] / 2)
