"""Laplace errors: median regression."""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.design.design import Design
from triptych.design.outcome import Kind
from triptych.problem.claims import Claim, at_most, claim
from triptych.regression.family import Asked, Family, Measure
from triptych.regression.linear_programs import several_medians
from triptych.regression.measures import CLOSE, values


class Laplace(Family):
    """``y ~ Laplace(eta, sigma)``; sigma is the mean absolute deviation."""

    kind = Kind.MEASUREMENT
    errors = "Laplace errors"
    kinked = True
    heeds_small_residuals = True
    formula = r"y_i \sim \mathrm{Laplace}(\eta_i, \sigma)"
    why = (
        "Laplace errors make maximum likelihood the median regression. Its objective has "
        "corners at rows fitted exactly, where curvature says nothing about uncertainty."
    )

    def likelihood(self, asked: Asked, data: Any, mu: Any, sigma: Any) -> None:
        import pymc as pm

        pm.Laplace("y_observed", mu, sigma, observed=data.y, dims="observation")

    def several_maxima(self, design: Design) -> tuple[list[str], str]:
        return several_medians(design), (
            "Several coefficient vectors have the same, least sum of absolute deviations: "
            "the median regression is not unique."
        )

    def likelihood_claims(self, design: Design, asked: Asked) -> list[Measure]:
        @claim("The MLE reaches the least sum of absolute deviations of a linear programme (relative)")
        def mle_is_least_absolute_deviations(comparison: Any) -> Claim:
            best = absolute_deviations(design)
            return at_most(_absolute(comparison, "mle", design) / best - 1, 1e-8)

        @claim("statsmodels' QuantReg reaches no smaller sum of absolute deviations (relative)")
        def mle_is_no_worse_than_quantreg(comparison: Any) -> Claim:
            theirs = quantile_regression(design)
            return at_most(_absolute(comparison, "mle", design) / theirs - 1, 1e-8)

        @claim("The MLE of sigma is the mean absolute deviation (relative difference)")
        def sigma_is_mean_deviation(comparison: Any) -> Claim:
            mean = _absolute(comparison, "mle", design) / design.n
            return at_most(abs(values(comparison, "mle", "sigma")[0] / mean - 1), CLOSE)

        return [mle_is_least_absolute_deviations, mle_is_no_worse_than_quantreg, sigma_is_mean_deviation]


def _absolute(comparison: Any, method: str, design: Design) -> float:
    # Through the centred design: on the user's scale the intercept would cost digits.
    residual = design.target - design.full @ design.to_standardised(values(comparison, method))
    return float(np.abs(residual).sum()) * design.outcome_scale


def absolute_deviations(design: Design) -> float:
    """The least sum of absolute deviations, by linear programming (HiGHS)."""
    from scipy.optimize import linprog

    n, p = design.full.shape
    result = linprog(
        np.concatenate([np.zeros(p), np.ones(2 * n)]),
        A_eq=np.hstack([design.full, np.eye(n), -np.eye(n)]),
        b_eq=design.target,
        bounds=[(None, None)] * p + [(0, None)] * (2 * n),
        method="highs",
    )
    return float(result.fun) * design.outcome_scale


def quantile_regression(design: Design) -> float:
    """The sum of absolute deviations that ``statsmodels.QuantReg`` reaches."""
    import statsmodels.api as sm

    fit = sm.QuantReg(design.target, design.full).fit(q=0.5, max_iter=5000, p_tol=1e-10)
    return float(np.abs(fit.resid).sum()) * design.outcome_scale


family = Laplace()
