"""The point that an objective gives at some coordinates."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytest

from triptych.engine.engine import LIKELIHOOD, Engine
from triptych.optimise.objective import Objective, make_objective

Y = np.array([1.0, 2.0, 4.0])


def known_spread() -> Objective:
    with pm.Model() as model:
        mu = pm.Flat("mu")
        pm.Normal("y", mu, 2.0, observed=Y)
    return make_objective(Engine.build(model), LIKELIHOOD)[0]


def test_a_point_has_value_slope_curvature_and_decrement() -> None:
    here = known_spread().at(np.array([1.0]))
    slope, curvature = float(np.sum(Y - 1.0)) / 4, -3 / 4
    value = -0.5 * np.sum((Y - 1.0) ** 2) / 4 - 1.5 * np.log(2 * np.pi * 4)
    assert here.usable
    assert here.value == pytest.approx(value, rel=1e-12)
    assert here.gradient == pytest.approx([slope], rel=1e-12)
    assert here.hessian == pytest.approx(np.array([[curvature]]), rel=1e-12)
    # Twice the rise to the maximum of a parabola.
    assert here.decrement == pytest.approx(slope**2 / -curvature, rel=1e-12)
    top = known_spread().at(np.array([Y.mean()]))
    assert here.decrement == pytest.approx(2 * (top.value - here.value), rel=1e-9)
    assert top.arrived
    assert not here.arrived


def test_a_point_outside_the_domain_is_not_usable_and_has_not_arrived() -> None:
    with pm.Model() as model:
        width = pm.Flat("width")
        pm.Uniform("y", 0.0, width, observed=Y)
    objective = make_objective(
        Engine.build(
            model,
        ),
        LIKELIHOOD,
    )[0]
    outside = objective.at(np.array([3.0]))
    assert not outside.usable
    assert outside.decrement == np.inf
    assert not outside.arrived
    assert objective.at(np.array([5.0])).usable


def test_a_point_that_is_moved_keeps_the_way_that_led_to_it() -> None:
    objective = known_spread()
    end = objective.climb(np.array([0.0]))
    there = objective.at(np.array([1.0]))
    moved = end.moved_to(there)
    assert moved.value == there.value
    assert moved.decrement == there.decrement
    assert np.array_equal(moved.trail, end.trail)
    assert moved.iterations == end.iterations
