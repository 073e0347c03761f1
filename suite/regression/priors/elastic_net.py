"""Part lasso, part ridge, at a scale that goes with sigma."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from triptych.regression.family import Asked
from triptych.regression.prior import Prior


class ElasticNet(Prior):
    """``-log p(b) = l1 |b / width| + (1 - l1) / 2 (b / width)^2``."""

    conditional = True
    penalty = "elastic_net"
    options: ClassVar[Mapping[str, str]] = {"l1_ratio": "a setting of the elastic net"}
    why = "Part lasso, part ridge: the mode can set slopes to zero, yet correlated predictors share their weight."

    def slopes(self, name: str, width: Any, noise: Any, asked: Asked, data: Any, dims: str) -> Any:
        import pymc as pm

        beta = pm.Laplace(name, 0.0, width / asked.l1_ratio, dims=dims)
        # Both factors depend on beta / width only, so the product keeps its normaliser 1 / width.
        pm.Potential(f"{name}_ridge", -0.5 * (1 - asked.l1_ratio) * ((beta / width) ** 2).sum())
        return beta

    def line(self, width: str, scale: float, sigma: str, asked: Asked) -> str:
        return (
            rf"-\log p(b_j) = {asked.l1_ratio:g}\,|u_j| + {(1 - asked.l1_ratio) / 2:g}\,"
            rf"u_j^2, \quad u_j = b_j / ({width})"
        )

    def text(self, size: str, slab: float, asked: Asked) -> str:
        return f"elastic net(0, {size}, Laplace share {asked.l1_ratio:g})"

    def l1_share(self, asked: Asked) -> float:
        return asked.l1_ratio


prior = ElasticNet()
