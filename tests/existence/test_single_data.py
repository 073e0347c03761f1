"""Which pushes a single datum may make up for, and which rises that it draws to are more than rounding."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from triptych.existence.probes.single_data import SingleData, _above_rounding, _ruinous


def pushed(losses: np.ndarray, size: int = 1) -> Any:
    """Return a verdict at zero, where a push of the first coordinate costs each datum so much."""
    engine = SimpleNamespace(pointwise=lambda z: {"y": -losses * (z[0] != 0)})
    objective = SimpleNamespace(engine=engine, size=size, full=lambda x: x)
    return SimpleNamespace(objective=objective, point=SimpleNamespace(z=np.zeros(size)))


@pytest.mark.parametrize(("ruined", "found"), [(7, False), (8, True)])
@pytest.mark.parametrize(("loss", "large"), [(0.9e4, False), (1.1e4, True)])
def test_a_push_is_ruinous_that_costs_three_quarters_of_the_data_ten_thousand(
    ruined: int, found: bool, loss: float, large: bool
) -> None:
    losses = np.where(np.arange(10) < ruined, loss, 0.0)
    assert _ruinous(pushed(losses), 0, 1.0) == (found and large)


def test_a_push_that_costs_every_datum_is_ruinous() -> None:
    """Eighteen units at the least slope of a rise without limit, 0.2 a unit."""
    assert [_ruinous(pushed(np.full(10, loss)), 0, 1.0) for loss in (3.5, 3.7)] == [False, True]


def test_two_data_a_parameter_may_be_fitted_exactly() -> None:
    assert [_ruinous(pushed(np.full(count, 1e9), size=5), 0, 1.0) for count in (10, 11)] == [False, True]


@pytest.mark.parametrize(("rise", "rounding", "found"), [(0.9, 1.0, False), (1.1, 1.0, True), (1e-6, 1e-8, True)])
def test_a_rise_of_one_is_none_of_rounding(rise: float, rounding: float, found: bool) -> None:
    objective = SimpleNamespace(rounding_error=lambda _: rounding)
    verdict: Any = SimpleNamespace(objective=objective, point=SimpleNamespace(value=0.0))
    end: Any = SimpleNamespace(value=rise, z=np.zeros(1))
    assert _above_rounding(verdict, end) == found


@pytest.mark.parametrize(("times", "found"), [(19.0, False), (21.0, True)])
def test_a_rise_of_twenty_rounding_errors_is_none_of_them(times: float, found: bool) -> None:
    objective = SimpleNamespace(rounding_error=lambda _: 1e-3)
    verdict: Any = SimpleNamespace(objective=objective, point=SimpleNamespace(value=0.0))
    assert _above_rounding(verdict, SimpleNamespace(value=times * 1e-3, z=np.zeros(1))) == found  # type: ignore[arg-type]


@pytest.mark.parametrize(("scales", "needed"), [(0, False), (6, True), (7, False)])
def test_single_data_are_tried_for_up_to_six_scales(scales: int, needed: bool) -> None:
    verdict: Any = SimpleNamespace(objective=SimpleNamespace(discrete=False, logarithmic=np.ones(scales, dtype=bool)))
    assert SingleData().needed(verdict) == needed
