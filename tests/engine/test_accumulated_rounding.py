"""The rounding errors of all steps, added up: held against exact values, where differences of values show none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
import pytest

from triptych.engine.engine import LIKELIHOOD, Engine
from triptych.engine.numba_backend import NumbaBackend
from triptych.optimise.objective import Objective, make_objective

N = 3
EXACT_TIMES = np.array([0.5, 0.75, 1.5])


def objective(build: Callable[[], Any]) -> Objective:
    with pm.Model() as model:
        build()
    return make_objective(Engine.build(model), LIKELIHOOD)[0]


def at_the_lower_bound() -> None:
    """Of ``log(rate) - rate y + rate`` at y = 1 the logarithm alone is left: n z in the coordinate z = log(rate)."""
    rate = pm.HalfFlat("rate")
    pm.Truncated("y", pm.Exponential.dist(rate), lower=1.0, observed=np.ones(N))


def at_the_lower_bound_by_scale() -> None:
    scale = pm.HalfFlat("scale")
    pm.Truncated("y", pm.Exponential.dist(scale=scale), lower=1.0, observed=np.ones(N))


@pytest.mark.parametrize(("build", "sign"), [(at_the_lower_bound, 1.0), (at_the_lower_bound_by_scale, -1.0)])
def test_what_is_lost_to_cancellation_is_within_the_rounding_error(build: Callable[[], None], sign: float) -> None:
    density = objective(build)
    for z in np.linspace(9.0, 60.0, 60):
        x = np.array([sign * z])
        lost = abs(density.value(x) - N * z)
        assert lost <= density.rounding_error(x), z


def test_values_that_are_rounded_in_wide_steps_are_seen_to_be_rounded() -> None:
    density = objective(at_the_lower_bound)
    # Between 2**58 and 2**59 numbers are 64 apart, and log(rate), some 40, is rounded to that.
    inside = np.log(2.0**58) + np.array([0.1, 0.3, 0.6])
    values = [density.value(np.array([z])) for z in inside]
    assert values == [64.0 * N] * 3
    assert all(density.rounding_error(np.array([z])) > N * 20 for z in inside)


def test_a_bound_by_the_other_backend_is_the_same() -> None:
    density = objective(at_the_lower_bound)
    other = NumbaBackend(density.engine.graph)
    for z in (10.0, 25.0, 40.0):
        at = np.array([z])
        weights, data = tuple(density.engine.weights.values()), tuple(density.engine.data.values())
        found = other.rounding(at, weights, data)
        assert found[1] == 0.0
        assert density.engine.rounding(at)[0] / 4 < found[0] < 4 * density.engine.rounding(at)[0]


@pytest.mark.parametrize(
    "shift",
    [
        lambda: pm.Uniform("shift", 0.0, EXACT_TIMES.min()),
        lambda: EXACT_TIMES.min() - pm.math.exp(pm.Flat("u")),
    ],
)
def test_the_rounding_of_a_natural_value_is_a_change_of_place(shift: Callable[[], Any]) -> None:
    """``y - shift`` is exact for close numbers, so that the density is right for the shift as it is rounded."""
    with pm.Model() as model:
        near = shift()
        pm.Potential("y", pm.logp(pm.Gamma.dist(0.5, 1.0), EXACT_TIMES - near))
    density = make_objective(Engine.build(model, likelihood=("y",)), LIKELIHOOD)[0]
    far = 34.0 if density.transformed[0] else -34.0
    assert density.rounding_error(np.array([far])) < 1e-9
