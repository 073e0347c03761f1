"""Poisson counts, on the log scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.design.design import Design
from triptych.design.outcome import Kind
from triptych.regression.family import Asked, Family, Measure
from triptych.regression.generalised import generalised
from triptych.regression.measures import Reference, library_claims


class Poisson(Family):
    """``y ~ Poisson(exp(eta))``."""

    kind = Kind.COUNTS
    flat_mode_is_mle = True
    formula = r"y_i \sim \mathrm{Poisson}(e^{\eta_i})"
    why = (
        "Counts carry more information the larger they are; with small ones the likelihood "
        "is skewed and mode and mean of the posterior differ."
    )

    def likelihood(self, asked: Asked, data: Any, mu: Any, sigma: Any) -> None:
        import pymc as pm

        pm.Poisson("y_observed", pm.math.exp(mu), observed=data.y, dims="observation")

    def likelihood_claims(self, design: Design, asked: Asked) -> list[Measure]:
        return library_claims(design, "statsmodels' GLM", log_linear)

    def score(self, design: Design, coef: np.ndarray, other: float | None) -> np.ndarray:
        mean = np.exp(design.full @ design.to_standardised(coef) + design.outcome_centre)
        return np.asarray(design.full.T @ (design.outcome - mean))

    def solves(self, penalty: str) -> bool:
        return penalty == "ridge"

    def penalised(self, design: Design, penalty: str, noise: float, width: float, l1: float) -> Any:
        from sklearn import linear_model

        return linear_model.PoissonRegressor(
            alpha=width**-2 / design.n, fit_intercept=design.intercept, solver="newton-cholesky", tol=1e-12
        )


def log_linear(design: Design) -> Reference:
    """``statsmodels.GLM`` of counts."""
    import statsmodels.api as sm

    return generalised(design, sm.families.Poisson(), design.outcome)


family = Poisson()
