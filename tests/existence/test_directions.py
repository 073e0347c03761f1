"""Which coordinates are followed alone because their curvature tells nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from triptych.existence.directions import _unmeasured


def test_a_standard_error_of_thirty_times_the_way_from_the_start_measures_nothing() -> None:
    objective = SimpleNamespace(origin=np.zeros(2), active=np.arange(2))
    verdict: Any = SimpleNamespace(objective=objective, point=SimpleNamespace(z=np.array([1.0, -1.0])))
    assert _unmeasured(verdict, np.array([29.0, 31.0])).tolist() == [False, True]
