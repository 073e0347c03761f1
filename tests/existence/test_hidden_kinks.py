"""A kink is told from a sharp bend by how the slope changes between two places."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from triptych.existence.probes.hidden_kinks import _sharp


@pytest.mark.parametrize(("times", "sharp"), [(900.0, False), (1100.0, True)])
def test_a_slope_leaps_at_a_kink_by_a_thousand_times_what_the_curvature_explains(times: float, sharp: bool) -> None:
    width, curvature = 1e-6, 10.0
    slope = times * width * curvature
    below, above = (
        SimpleNamespace(z=np.array([at]), gradient=np.array([rise]), hessian=-curvature * np.eye(1), value=0.0)
        for at, rise in ((0.0, slope), (width, -slope))
    )
    verdict: Any = SimpleNamespace(tolerance=SimpleNamespace(same=1e-10))
    assert _sharp(verdict, below, above, 0) == sharp  # type: ignore[arg-type]
