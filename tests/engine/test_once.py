"""What is computed of an engine once: anew for other data, or for the model whatever the data."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytest

from triptych.engine.engine import Engine
from triptych.engine.once import once, once_for_model


@pytest.fixture(scope="module")
def engine() -> Engine:
    with pm.Model() as model:
        y = pm.Data("data", np.array([1.0, 2.0]))
        pm.Normal("y", pm.Normal("mu"), 1, observed=y)
    return Engine.build(model)


def test_a_function_is_computed_once_for_data_and_arguments(engine: Engine) -> None:
    calls: list[float] = []

    @once
    def total(one: Engine, factor: float) -> float:
        """Sum the data."""
        calls.append(factor)
        return float(factor * one.data["data"].sum())

    other = engine.with_data(data=np.array([5.0, 6.0]))
    weighted = other.with_weights({"y": [0.0, 1.0]})
    assert [total(e, 2.0) for e in (engine, engine, other, other, weighted)] == [6.0, 6.0, 22.0, 22.0, 22.0]
    assert total(engine, 3.0) == 9.0
    assert calls == [2.0, 2.0, 2.0, 3.0]
    assert total.__doc__ == "Sum the data."


def test_what_belongs_to_the_model_is_computed_once_for_all_data(engine: Engine) -> None:
    calls: list[int] = []

    @once_for_model
    def size(one: Engine) -> int:
        calls.append(one.size)
        return one.size

    other = engine.with_data(data=np.array([5.0, 6.0])).with_weights({"y": [0.0, 1.0]})
    assert size(engine) == size(other) == 1
    assert calls == [1]


def test_derivatives_are_kept_at_the_first_point_and_the_last_two(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, asked = engine.with_data(data=np.array([0.0, 1.0])), []
    compute = type(engine.backend).derivatives
    monkeypatch.setattr(
        type(engine.backend), "derivatives", lambda self, z, *rest: asked.append(float(z[0])) or compute(self, z, *rest)
    )
    for at in (0.0, 1.0, 2.0, 3.0, 0.0, 3.0, 2.0, 1.0):
        engine.derivatives(np.array([at]))
    assert asked == [0.0, 1.0, 2.0, 3.0, 1.0]
