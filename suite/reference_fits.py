"""The same regressions as other libraries solve them, on the user's scale; claims hold panels to these."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.design import Design
from triptych.families import Regression


@dataclass(frozen=True)
class Reference:
    """Coefficients with standard errors, who computed them, and other figures by name."""

    who: str
    coef: np.ndarray
    std_error: np.ndarray
    other: dict[str, float]


def _back(design: Design) -> np.ndarray:
    """The matrix that takes coefficients over ``design.full`` to the user's scale."""
    k = design.full.shape[1]
    origin = design.to_user(np.zeros(k))
    return np.column_stack([design.to_user(row) - origin for row in np.eye(k)])


def _reference(design: Design, who: str, coef: np.ndarray, root: np.ndarray, **other: float) -> Reference:
    """Return a reference from coefficients over ``design.full`` and a root of their covariance, shape ``(p, any)``.

    The root keeps the digits that a covariance of nearly dependent predictors has lost.
    """
    errors = np.linalg.norm(_back(design) @ root, axis=1)
    return Reference(who, design.to_user(coef), errors, other)


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def least_squares(design: Design) -> Reference:
    """``statsmodels.OLS``; its standard errors divide by the degrees of freedom."""
    import statsmodels.api as sm

    fit = sm.OLS(design.target, design.full).fit()
    rss = float(fit.ssr) * design.outcome_scale**2
    return _reference(
        design,
        "statsmodels OLS",
        np.asarray(fit.params),
        np.sqrt(fit.scale) * np.asarray(fit.model.pinv_wexog),
        rss=rss,
        df=float(fit.df_resid),
    )


def generalised(design: Design) -> Reference:
    """``statsmodels.GLM`` (Logit and Poisson solve the same problems), iterated to the end."""
    import statsmodels.api as sm

    if design.family == "poisson":
        family, y = sm.families.Poisson(), design.outcome
    else:
        family, y = sm.families.Binomial(), design.outcome
        if design.trials is not None:
            y = np.column_stack([design.outcome, design.trials - design.outcome])
    # The design is centred on the mean rate already; the offset puts that back.
    offset = np.full(design.n, design.outcome_centre)
    fit = sm.GLM(y, design.full, family=family, offset=offset).fit(tol=1e-14, maxiter=200)
    weights = fit.model.iweights * fit.model.n_trials * fit.model.family.weights(fit.mu)
    root = np.linalg.pinv(np.sqrt(weights)[:, None] * design.full)
    return _reference(design, "statsmodels GLM", np.asarray(fit.params), root)


def negative_binomial(design: Design) -> Reference:
    """``statsmodels.NegativeBinomial`` (NB2, whose alpha is the reciprocal of PyMC's)."""
    import statsmodels.api as sm

    # Over orthonormal columns of the same span: from nearly dependent ones the optimiser does not get away.
    columns, triangle = np.linalg.qr(design.full)
    offset = np.full(design.n, design.outcome_centre)
    model = sm.NegativeBinomial(design.outcome, columns, loglike_method="nb2", offset=offset)
    near = model.fit(method="bfgs", maxiter=500, disp=False)
    fit = model.fit(start_params=near.params, method="newton", maxiter=100, tol=1e-12, disp=False)
    k = design.full.shape[1]
    params, covariance = np.asarray(fit.params), np.asarray(fit.cov_params())
    back = np.linalg.inv(triangle)
    return _reference(
        design,
        "statsmodels NegativeBinomial",
        back @ params[:k],
        back @ _root(covariance[:k, :k]),
        llf=float(fit.llf),
        alpha=1.0 / float(params[k]),
    )


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


def reweighted(design: Design, coef: np.ndarray, sigma: float, nu: float) -> Reference:
    """One ``statsmodels.WLS`` step of the EM algorithm for Student errors: a maximum stays put."""
    import statsmodels.api as sm

    standardised = design.to_standardised(coef)
    residual = design.target - design.full @ standardised
    weights = (nu + 1) / (nu + (residual * design.outcome_scale / sigma) ** 2)
    fit = sm.WLS(design.target, design.full, weights=weights).fit()
    root = np.sqrt(fit.scale) * np.asarray(fit.model.pinv_wexog)
    return _reference(design, "statsmodels WLS", np.asarray(fit.params), root)


def penalised(design: Design, spec: Regression, sigma: float | None) -> Reference | None:
    """The penalised fit that scikit-learn solves, where it solves this one; else None.

    ``sigma`` is the error scale at the mode: a Laplace prior conditional on sigma has the penalty
    ``alpha = sigma / (n * scale)`` in scikit-learn's terms, sigma in units of the outcome's scale.
    """
    scale = spec.scale(design)
    slopes = _penalised_slopes(design, spec, scale, sigma)
    if slopes is None:
        return None
    who, coef = slopes
    return Reference(who, design.to_user(coef), np.full(len(coef), np.nan), {})


def _penalised_slopes(
    design: Design, spec: Regression, scale: float, sigma: float | None
) -> tuple[str, np.ndarray] | None:
    from sklearn import linear_model
    from sklearn.exceptions import ConvergenceWarning

    n, inter = design.n, design.intercept
    key = (spec.family, spec.prior)
    fit: Any
    if key == ("gaussian", "normal"):
        fit = linear_model.Ridge(alpha=scale**-2, fit_intercept=inter, solver="svd")
    elif key == ("gaussian", "laplace") and sigma is not None:
        alpha = sigma / design.outcome_scale / (n * scale)
        fit = linear_model.Lasso(alpha=alpha, fit_intercept=inter, tol=1e-14, max_iter=1_000_000)
    elif key == ("gaussian", "elastic_net") and sigma is not None:
        # In units of the noise: l1 |b| / (scale s) + (1 - l1) b^2 / (2 scale^2 s^2).
        l1 = spec.l1_ratio * sigma / design.outcome_scale / (n * scale)
        l2 = (1 - spec.l1_ratio) / (n * scale**2)
        fit = linear_model.ElasticNet(
            alpha=l1 + l2, l1_ratio=l1 / (l1 + l2), fit_intercept=inter, tol=1e-14, max_iter=10**6
        )
    elif key == ("bernoulli", "normal"):
        fit = linear_model.LogisticRegression(
            C=scale**2, fit_intercept=inter, solver="newton-cholesky", tol=1e-12, max_iter=1000
        )
    elif key == ("poisson", "normal"):
        fit = linear_model.PoissonRegressor(
            alpha=scale**-2 / n, fit_intercept=inter, solver="newton-cholesky", tol=1e-12
        )
    else:
        return None
    with warnings.catch_warnings():
        # Whether it has arrived the claim tells; its own measure of that is rounding where |b| weighs all but nothing.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit.fit(design.z, design.target if spec.measured else design.outcome)
    # scikit-learn's intercept is of the whole linear predictor, ours of its distance to the centre.
    first = [float(np.ravel(fit.intercept_)[0])] if inter else []
    if inter and not spec.measured:
        first = [first[0] - design.outcome_centre]
    return f"scikit-learn {type(fit).__name__}", np.concatenate([first, np.ravel(fit.coef_)])


def score(design: Design, spec: Regression, coef: np.ndarray, other: float | None) -> np.ndarray:
    """Gradient of the log-likelihood by the coefficients over ``design.full``, plain NumPy.

    ``other`` is sigma for measured outcomes and alpha for the negative binomial.
    """
    eta = design.full @ design.to_standardised(coef)
    y = design.outcome
    if spec.family == "gaussian":
        residual = (design.target - eta) * design.outcome_scale**2 / float(other or math.nan) ** 2
    elif spec.family in ("bernoulli", "binomial"):
        total = np.ones(design.n) if design.trials is None else design.trials
        residual = y - total / (1 + np.exp(-(eta + design.outcome_centre)))
    else:
        mean = np.exp(eta + design.outcome_centre)
        residual = y - mean
        if spec.family == "negative_binomial":
            residual = residual / (1 + mean / float(other or math.nan))
    return np.asarray(design.full.T @ residual)
