"""Independent normal slopes, whose scale does not know sigma."""

from __future__ import annotations

from typing import Any

from triptych.regression.family import Asked
from triptych.regression.prior import Prior


class Normal(Prior):
    """``b ~ Normal(0, width)``."""

    density = "normal"
    rotates = True
    penalty = "ridge"
    why = (
        "The normal prior pulls the slopes, taken together, towards zero: its mode is that of the likelihood "
        "with a penalty on the sum of their squares, as in ridge regression."
    )

    def slopes(self, name: str, width: Any, noise: Any, asked: Asked, data: Any, dims: str) -> Any:
        import pymc as pm

        return pm.Normal(name, 0.0, width, dims=dims)

    def line(self, width: str, scale: float, sigma: str, asked: Asked) -> str:
        return rf"b_j \sim \mathrm{{Normal}}(0, {width})"

    def text(self, size: str, slab: float, asked: Asked) -> str:
        return f"Normal(0, {size})"

    def l1_share(self, asked: Asked) -> float:
        return 0.0


prior = Normal()
