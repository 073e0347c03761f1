"""Absolute values with rounded corners have the derivatives that are derived by hand."""

from __future__ import annotations

import numpy as np
import pytest

from triptych.engine.jax_translation import configure
from triptych.engine.rounded_corners import rounded_corner


@pytest.mark.parametrize(("sign", "rounded"), [(0.0, 1.0), (1.0, 0.0), (-1.0, 0.0)])
@pytest.mark.parametrize("u", [-2.0, -1e-4, 0.0, 1e-9, 3.0])
def test_value_slope_and_curvature_of_a_rounded_corner(u: float, sign: float, rounded: float) -> None:
    import jax

    configure()
    eps = 1e-3
    size, at = rounded_corner(), (u, sign, rounded, eps)
    radius = np.hypot(u, eps)
    assert float(size(*at)) == pytest.approx(sign * u + rounded * radius, rel=1e-14)
    assert float(jax.grad(size)(*at)) == pytest.approx(sign + rounded * u / radius, rel=1e-14)
    assert float(jax.grad(jax.grad(size))(*at)) == pytest.approx(rounded * eps**2 / radius**3, rel=1e-13)


def test_the_least_rounding_still_has_a_finite_curvature() -> None:
    import jax

    from triptych.optimise.smoothed_kinks import BARELY

    configure()
    for u in (0.0, 1e-70, 1.0):
        assert np.isfinite(jax.grad(jax.grad(rounded_corner()))(u, 0.0, 1.0, BARELY))
