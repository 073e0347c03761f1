"""Two classes, on the logit scale: logistic regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from triptych.design.design import Design
from triptych.design.outcome import Kind
from triptych.regression.families.binomial import Binomial
from triptych.regression.family import Asked


class Bernoulli(Binomial):
    """``y ~ Bernoulli(p)`` with ``logit p = eta``: a binomial of one trial."""

    kind = Kind.CLASSES
    options: ClassVar[Mapping[str, str]] = {}
    formula = r"y_i \sim \mathrm{Bernoulli}(p_i), \quad \mathrm{logit}\, p_i = \eta_i"
    why = (
        "On the logit scale the likelihood is skewed, so mode and mean of the posterior "
        "differ, most with few rows or probabilities near 0 or 1."
    )

    def likelihood(self, asked: Asked, data: Any, mu: Any, sigma: Any) -> None:
        import pymc as pm

        pm.Bernoulli("y_observed", logit_p=mu, observed=data.y, dims="observation")

    def solves(self, penalty: str) -> bool:
        return penalty == "ridge"

    def penalised(self, design: Design, penalty: str, noise: float, width: float, l1: float) -> Any:
        from sklearn import linear_model

        return linear_model.LogisticRegression(
            C=width**2, fit_intercept=design.intercept, solver="newton-cholesky", tol=1e-12, max_iter=1000
        )


family = Bernoulli()
