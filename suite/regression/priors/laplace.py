"""Independent Laplace slopes, whose scale does not know sigma."""

from __future__ import annotations

from typing import Any

from triptych.regression.family import Asked
from triptych.regression.prior import Prior


class Laplace(Prior):
    """``b ~ Laplace(0, width)``."""

    density = "laplace"
    penalty = "lasso"
    ties = True
    why = (
        "The Laplace prior has a corner at zero: its mode can set slopes to exactly zero, as "
        "the lasso does, while posterior means and medians never do."
    )

    def slopes(self, name: str, width: Any, noise: Any, asked: Asked, data: Any, dims: str) -> Any:
        import pymc as pm

        return pm.Laplace(name, 0.0, width, dims=dims)

    def line(self, width: str, scale: float, sigma: str, asked: Asked) -> str:
        return rf"b_j \sim \mathrm{{Laplace}}(0, {width})"

    def text(self, size: str, slab: float, asked: Asked) -> str:
        return f"Laplace(0, {size})"

    def l1_share(self, asked: Asked) -> float:
        return 1.0


prior = Laplace()
