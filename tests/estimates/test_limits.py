"""The limit of a scalar on ways without end is told where every way shows it, and each is long enough to show one."""

from __future__ import annotations

import numpy as np
import pytest

from triptych.estimates import limits

WAY = 2 + 0.5 ** np.arange(30.0)  # tends to 2
ERRORS = np.array([1.0, 1e-12, 0.0])


@pytest.mark.parametrize(("ways", "limit"), [([WAY, 4 - WAY], 2.0), ([WAY, WAY + 1], None), ([WAY, WAY[:4]], None)])
def test_a_limit_is_that_of_every_way(ways: list[np.ndarray], limit: float | None) -> None:
    found = limits._common(ways, [ERRORS for _ in ways])
    assert found == (limit if limit is None else pytest.approx(limit, abs=1e-8))


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_way_of_fewer_than_four_values_shows_no_limit(length: int) -> None:
    assert limits._common([WAY, WAY, np.full(length, 2.0)], [ERRORS] * 3) is None
