"""Successes among known numbers of trials, on the logit scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from triptych.design.design import Design
from triptych.design.outcome import Kind
from triptych.regression.family import Asked, Family, Measure
from triptych.regression.generalised import generalised
from triptych.regression.measures import Reference, library_claims


class Binomial(Family):
    """``y ~ Binomial(trials, p)`` with ``logit p = eta``."""

    kind = Kind.TRIALS
    flat_mode_is_mle = True
    options: ClassVar[Mapping[str, str]] = {"trials": "the column of the trials of binomial counts"}
    formula = r"y_i \sim \mathrm{Binomial}(m_i, p_i), \quad \mathrm{logit}\, p_i = \eta_i"
    why = (
        "On the logit scale the likelihood is skewed, so mode and mean of the posterior "
        "differ, most with few trials or probabilities near 0 or 1."
    )

    def likelihood(self, asked: Asked, data: Any, mu: Any, sigma: Any) -> None:
        import pymc as pm

        # pm.Data holds 32-bit integers, whose log factorials JAX computes in single precision.
        trials = data.trials.astype("int64")
        pm.Binomial("y_observed", n=trials, logit_p=mu, observed=data.y, dims="observation")

    def likelihood_claims(self, design: Design, asked: Asked) -> list[Measure]:
        return library_claims(design, "statsmodels' GLM", logistic)

    def score(self, design: Design, coef: np.ndarray, other: float | None) -> np.ndarray:
        eta = design.full @ design.to_standardised(coef)
        total = np.ones(design.n) if design.trials is None else design.trials
        return np.asarray(design.full.T @ (design.outcome - total / (1 + np.exp(-(eta + design.outcome_centre)))))


def logistic(design: Design) -> Reference:
    """``statsmodels.GLM`` of successes and failures."""
    import statsmodels.api as sm

    y = design.outcome
    if design.trials is not None:
        y = np.column_stack([design.outcome, design.trials - design.outcome])
    return generalised(design, sm.families.Binomial(), y)


family = Binomial()
