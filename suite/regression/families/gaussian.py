"""Normal errors: least squares."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from triptych.design.design import Design
from triptych.design.outcome import Kind
from triptych.problem.claims import Claim, at_most, claim
from triptych.regression.family import Asked, Family, Measure
from triptych.regression.measures import CLOSE, Reference, in_errors, library_claims, normal_bound, reference, values


class Gaussian(Family):
    """``y ~ Normal(eta, sigma)``."""

    kind = Kind.MEASUREMENT
    errors = "normal errors"
    conjugate = "normal"
    flat_mode_is_mle = True
    formula = r"y_i \sim \mathrm{Normal}(\eta_i, \sigma)"
    why = (
        "Maximum likelihood divides the residual sum of squares by n and so makes sigma a "
        "little too small; the posterior carries the uncertainty about sigma into every coefficient."
    )

    def likelihood(self, asked: Asked, data: Any, mu: Any, sigma: Any) -> None:
        import pymc as pm

        pm.Normal("y_observed", mu, sigma, observed=data.y, dims="observation")

    def score(self, design: Design, coef: np.ndarray, other: float | None) -> np.ndarray:
        residual = design.target - design.full @ design.to_standardised(coef)
        return np.asarray(design.full.T @ (residual * design.outcome_scale**2 / float(other or math.nan) ** 2))

    def likelihood_claims(self, design: Design, asked: Asked) -> list[Measure]:
        @claim("The MLE of sigma^2 is the residual sum of squares over n (relative difference)")
        def sigma_divides_by_n(comparison: Any) -> Claim:
            expected = least_squares(design).other["rss"] / design.n
            return at_most(abs(values(comparison, "mle", "sigma")[0] ** 2 / expected - 1), CLOSE)

        divided = library_claims(
            design,
            "statsmodels' OLS",
            least_squares,
            ", with sigma^2 divided by n",
            lambda theirs: float(np.sqrt(theirs.other["df"] / design.n)),
        )
        return [*divided, sigma_divides_by_n]

    def flat_claims(self, design: Design) -> list[Measure]:
        @claim(
            "Under p(coef, sigma) ~ 1 / sigma the posterior's 95 % interval is Student's t interval "
            "(largest difference in Monte Carlo standard errors)"
        )
        def posterior_is_students_interval(comparison: Any) -> Claim:
            import arviz as az
            from scipy import stats

            theirs = least_squares(design)
            draws = comparison["default"].panels["mcmc"].native["posterior"]["coef"].values
            worst = 0.0
            for probability in (0.025, 0.975):
                expected = theirs.coef + theirs.std_error * stats.t.ppf(probability, theirs.other["df"])
                for j, value in enumerate(expected):
                    error = float(az.mcse(np.ascontiguousarray(draws[..., j]), method="quantile", prob=probability))
                    found = float(np.quantile(draws[..., j], probability))
                    worst = max(worst, in_errors(found - value, error))
            return at_most(worst, normal_bound(2 * len(theirs.coef)))

        return [posterior_is_students_interval]

    def solves(self, penalty: str) -> bool:
        return penalty in ("ridge", "lasso", "elastic_net")

    def penalised(self, design: Design, penalty: str, noise: float, width: float, l1: float) -> Any:
        from sklearn import linear_model

        inter, thorough = design.intercept, {"tol": 1e-14, "max_iter": 1_000_000}
        if penalty == "ridge":
            return linear_model.Ridge(alpha=(noise / width) ** 2, fit_intercept=inter, solver="svd")
        alpha = noise * (noise / width) / design.n
        if penalty == "lasso":
            return linear_model.Lasso(alpha=alpha, fit_intercept=inter, **thorough)
        # In units of the noise: l1 |b| / width + (1 - l1) b^2 / (2 width^2).
        first, second = l1 * noise * (noise / width) / design.n, (1 - l1) * (noise / width) ** 2 / design.n
        return linear_model.ElasticNet(
            alpha=first + second, l1_ratio=first / (first + second), fit_intercept=inter, **thorough
        )


def least_squares(design: Design) -> Reference:
    """``statsmodels.OLS``; its standard errors divide by the degrees of freedom."""
    import statsmodels.api as sm

    fit = sm.OLS(design.target, design.full).fit()
    rss = float(fit.ssr) * design.outcome_scale**2
    return reference(
        design,
        "statsmodels OLS",
        np.asarray(fit.params),
        np.sqrt(fit.scale) * np.asarray(fit.model.pinv_wexog),
        rss=rss,
        df=float(fit.df_resid),
    )


family = Gaussian()
