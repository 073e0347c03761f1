"""Where a scalar goes that hangs on a coordinate which the objective does not know."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from triptych.estimates.scalar import Scalar


@pytest.mark.parametrize(("ratio", "end"), [(1.8, np.nan), (2.2, np.inf)])
def test_a_scalar_goes_to_infinity_that_doubles_from_one_place_far_out_to_the_next(ratio: float, end: float) -> None:
    """It grows with a power of the way, from 2^12 to 2^20, and by a hundredth with the unknown coordinate."""
    power = np.log2(ratio) / 8

    def values(z: np.ndarray) -> dict[str, np.ndarray]:
        return {"it": np.array([abs(z[0]) ** power * (1 + 0.01 * z[1] / abs(z[0]))])}

    verdict = SimpleNamespace(
        diverging=np.array([[1.0]]), objective=SimpleNamespace(transformed=np.array([False])), unidentified=()
    )
    optimum: Any = SimpleNamespace(
        verdict=verdict,
        unknown=np.array([1]),
        active=np.array([0]),
        engine=SimpleNamespace(transformed=np.array([False, False])),
        z=np.zeros(2),
        natural_values_at=values,
    )
    scalar = Scalar(optimum, SimpleNamespace(name="it", positions=None), 0, np.zeros(2), 1.0)  # type: ignore[arg-type]
    assert scalar.one_end[1] == pytest.approx(end, nan_ok=True)
