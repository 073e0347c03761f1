"""When draws of an angle have a direction."""

from __future__ import annotations

import numpy as np
import pytest

from triptych.engine.angles import TURN
from triptych.sampling.circular import Directions


def directed(length: float) -> Directions:
    """Return what is said of draws with that mean resultant length: a share at zero, the others evenly around."""
    around = np.linspace(0, TURN, 1000, endpoint=False)
    at_zero = np.zeros(round(1000 * length / (1 - length)))
    found = Directions.of(np.concatenate([around, at_zero])[:, None], np.array([TURN]))
    assert found.length[0] == pytest.approx(length, rel=0.01)
    return found


def test_a_mean_resultant_length_below_a_twentieth_is_no_direction() -> None:
    assert [directed(length).even(0, 1e9) for length in (0.048, 0.052)] == [True, False]


def test_a_length_that_even_draws_reach_once_in_a_thousand_is_no_direction() -> None:
    """Rayleigh's test: of n even draws the length exceeds R with probability exp(-n R^2), and log(1000) is 6.91."""
    assert [directed(0.1).even(0, effective) for effective in (670.0, 710.0)] == [True, False]
