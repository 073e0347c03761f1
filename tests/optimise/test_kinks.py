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
from triptych.optimise import kinks
from triptych.optimise.kinks import Met, climb_kinked, stay_or_climb
from triptych.optimise.linear_kinks import linear_maximum
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


@pytest.mark.parametrize("programme", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_best_line_stays_whatever_the_scale_and_any_other_is_left(seed: int, programme: bool) -> None:
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
        if not programme:
            patch.setattr(kinks, "linear_maximum", lambda *_: None)
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
                # The first stays, and a linear programme leads to it from anywhere; otherwise the others go through
                # roundings of which each asks for several Hessians.
                assert (len(asked) < 8) == (programme or which == order[0])


@pytest.mark.parametrize("seed", range(3))
def test_a_linear_programme_has_the_medians_from_any_start_and_leaves_the_scale(seed: int) -> None:
    objective, lines, x, y = medians(seed)
    sums = np.abs(y - lines[:, :1] - lines[:, 1:] * x).sum(axis=1)
    for start in ([0.0, 0.0, 0.0], [5.0, -3.0, 1.0], [*lines[3], -1.0]):
        found = linear_maximum(objective, np.array(start))
        assert found is not None
        there, others = found
        np.testing.assert_allclose(there, [*lines[np.argmin(sums)], start[2]], rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(others, [False, False, True])


def test_a_linear_programme_heeds_a_smooth_slope_beside_the_kinks() -> None:
    _, lines, x, y = medians(1)
    with pm.Model() as model:
        b = pm.Flat("b", shape=2)
        pm.Potential("push", 3.5 * b[0])
        pm.Laplace("y", b[0] + b[1] * x, 1.0, observed=y)
    heights = 3.5 * lines[:, 0] - np.abs(y - lines[:, :1] - lines[:, 1:] * x).sum(axis=1)
    found = linear_maximum(make_objective(Engine.build(model), POSTERIOR)[0], np.array([0.1, 0.2]))
    assert found is not None
    np.testing.assert_allclose(found[0], lines[np.argmax(heights)], rtol=1e-9, atol=1e-12)


def test_of_several_medians_a_linear_programme_has_one() -> None:
    y = np.array([0.0, 1.0, 4.0, 9.0, 20.0, 21.0, 25.0, 30.0])
    group = np.repeat([0, 1], 4)
    with pm.Model() as model:
        pm.Laplace("y", pm.Flat("b", shape=2)[group], pm.HalfFlat("sigma"), observed=y)
    objective = make_objective(Engine.build(model), LIKELIHOOD)[0]
    rest = replace(objective, origin=np.array([3.0, 20.0, 0.5])).without(np.array([0]))
    point, corner = stay_or_climb(rest, np.array([40.0, 0.5]))
    deviations = np.abs(y[:4] - 3.0).sum() + 14.0
    assert 21.0 <= point.z[0] <= 25.0
    assert np.exp(point.z[1]) == pytest.approx(deviations / 8, rel=1e-9)
    assert point.value == pytest.approx(-8 * np.log(2 * deviations / 8) - 8, rel=1e-12)
    assert corner is not None


def test_no_linear_programme_has_the_maximum_of_a_curve_or_of_a_penalised_line() -> None:
    _, _, x, y = medians(0)
    with pm.Model() as curve:
        b = pm.Flat("b", shape=2)
        pm.Laplace("y", b[0] * pm.math.exp(b[1] * x), pm.HalfFlat("sigma"), observed=y)
    with pm.Model() as line:
        b = pm.Normal("b", 0, 1, shape=2)
        pm.Laplace("y", b[0] + b[1] * x, pm.HalfNormal("sigma"), observed=y)
    assert linear_maximum(make_objective(Engine.build(curve), LIKELIHOOD)[0], np.array([1.0, 0.1, 0.0])) is None
    assert linear_maximum(make_objective(Engine.build(line), POSTERIOR)[0], np.array([1.0, 0.1, 0.0])) is None


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
