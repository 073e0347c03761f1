"""No prior on the slopes: what the likelihood leaves open nothing else decides."""

from __future__ import annotations

from typing import Any

from triptych.regression.exact_fits import ExactFit
from triptych.regression.family import Asked
from triptych.regression.prior import Prior


class Flat(Prior):
    """``p(b) ~ 1``, and ``p(sigma) ~ 1 / sigma`` for measured outcomes."""

    flat = True
    rotates = True
    why = (
        "The slopes have a flat prior: mode and MLE coincide where the prior touches nothing "
        "else, and what is left between the panels is integration."
    )

    def slopes(self, name: str, width: Any, noise: Any, asked: Asked, data: Any, dims: str) -> Any:
        import pymc as pm

        return pm.Flat(name, dims=dims)

    def line(self, width: str, scale: float, sigma: str, asked: Asked) -> str:
        return r"p(b_j) \propto 1"

    def posterior_power(self, fit: ExactFit, slopes: bool, intercept: bool) -> float:
        return fit.power + fit.rank - 1


prior = Flat()
