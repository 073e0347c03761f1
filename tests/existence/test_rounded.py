"""Where the objective is rounding error, and to where on the way of an ascent it is led back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from triptych.existence.probes.rounded import Rounded
from triptych.optimise.newton import Point


def ended(rounding: float, *, on_the_way: float = 1.0) -> Any:
    """Return a verdict at the end of a way of two places, with the rounding error at the end and on the way."""
    objective = SimpleNamespace(
        rounding_error=lambda x: on_the_way if x[0] < 1 else rounding,
        origin=np.zeros(1),
        active=np.array([0]),
        at=lambda x: Point(x, 0.0, np.zeros(1), -np.eye(1), 0.0, 0, x[None]),
    )
    point = SimpleNamespace(trail=np.array([[0.0], [1.0]]), arrived=True)
    return SimpleNamespace(objective=objective, point=point, rounding_error=rounding, corner=None)


@pytest.mark.parametrize(("rounding", "needed"), [(2.5e-6, False), (3.5e-6, True)])
def test_an_objective_is_coarse_whose_rounding_error_is_three_millionths(rounding: float, needed: bool) -> None:
    assert Rounded().needed(ended(rounding)) == needed


@pytest.mark.parametrize(("rounding", "found"), [(2.5e-9, 1), (3.5e-9, 0)])
def test_the_place_that_is_led_back_to_has_a_thousandth_of_that(rounding: float, found: int) -> None:
    assert len(Rounded().look(ended(1.0, on_the_way=rounding))) == found
