"""The regularised horseshoe (Piironen & Vehtari 2017): most slopes pulled hard towards zero, a few let go."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from triptych.design.design import Design
from triptych.regression.exact_fits import ExactFit, likelihood_unbounded
from triptych.regression.family import Asked
from triptych.regression.prior import Prior

# How large a slope may be that is not shrunk. NumPy floats: PyTensor would keep plain ones in single precision.
SLAB_DF, SLAB_SCALE = np.float64(4.0), 2.5


class Horseshoe(Prior):
    """``b ~ Normal(0, c t / sqrt(c^2 + t^2))`` with ``t = scale tau lambda``, both half-Cauchy, and a slab ``c``."""

    hierarchical = True
    times_sigma = True
    why = (
        "The regularised horseshoe pulls most slopes hard towards zero and lets a few go. "
        "Read its posterior: the mode depends on how its many scales are written."
    )
    note = (
        "The horseshoe is written as a product of scales; another way of writing it would move "
        "its mode (centred, it has none), so the posterior is the answer to read."
    )

    @property
    def called(self) -> str:
        return "slab of the horseshoe"

    def slopes(self, name: str, width: Any, noise: Any, asked: Asked, data: Any, dims: str) -> Any:
        import pymc as pm
        import pytensor.tensor as pt

        tau = pm.HalfCauchy("tau", np.float64(1.0))
        local = pm.HalfCauchy("lambda", np.float64(1.0), dims=dims)
        slab = SLAB_SCALE**2 * pm.InverseGamma("slab", SLAB_DF / 2, SLAB_DF / 2)
        spread = width * noise * tau * local
        shrunk = spread / pt.sqrt(1 + spread**2 / slab)
        # Uncentred where the prior holds a slope, centred where the data do: either alone has a funnel in the other
        # place.
        wide = pt.sqrt(1 + (shrunk / data.x_error) ** 2)
        raw = pm.Normal("raw", 0.0, wide, dims=dims)
        return pm.Deterministic(name, raw * shrunk / wide, dims=dims)

    def automatic_scale(self, design: Design, noise: Callable[[Design], float]) -> float:
        p = max(design.z.shape[1], 1)
        relevant = min(max(1.0, p / 4), p - 0.5)
        return float(relevant / (p - relevant) * noise(design) / math.sqrt(design.n))

    def line(self, width: str, scale: float, sigma: str, asked: Asked) -> str:
        return (
            r"b_j \sim \mathrm{Normal}(0, c\,t_j/\sqrt{c^2 + t_j^2}), \quad t_j = "
            rf"{scale:.4g}\,\tau\lambda_j" + sigma + rf",\quad \tau, \lambda_j \sim C^+(0, 1), \quad c^2 \sim "
            rf"{SLAB_SCALE**2:g}\,\mathrm{{InvGamma}}({SLAB_DF / 2:g}, {SLAB_DF / 2:g})"
        )

    def text(self, size: str, slab: float, asked: Asked) -> str:
        return f"regularised horseshoe(global scale {size}, slab scale {SLAB_SCALE * slab:.4g})"

    def mode_unbounded(self, fits: Sequence[ExactFit], slopes: int) -> bool | None:
        if not slopes:
            return super().mode_unbounded(fits, slopes)
        if any(fit.power + (0 if fit.level else 2) < 0 for fit in fits):
            return True
        return None if likelihood_unbounded(fits) else False

    def posterior_power(self, fit: ExactFit, slopes: bool, intercept: bool) -> float:
        if slopes and fit.level:
            return fit.power + intercept
        return fit.power + fit.rank + slopes


prior = Horseshoe()
