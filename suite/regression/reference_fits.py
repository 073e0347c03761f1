"""The same regressions as other libraries solve them, on the user's scale; claims hold panels to these."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.design.design import Design
from triptych.regression.spec import Regression


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

    ``sigma`` is the error scale at the mode, in the outcome's units. In scikit-learn's terms a slope's prior of scale
    ``w`` is, with the error scale ``s`` on the same scale, the ridge penalty ``s^2 / w^2`` or the lasso penalty
    ``s^2 / (n w)``; of a ridge prior, whose scale goes with ``s``, it does not depend on ``s``.
    """
    slopes = _penalised_slopes(design, spec, sigma)
    if slopes is None:
        return None
    who, coef = slopes
    return Reference(who, design.to_user(coef), np.full(len(coef), np.nan), {})


def _penalised_slopes(design: Design, spec: Regression, sigma: float | None) -> tuple[str, np.ndarray] | None:
    from sklearn import linear_model
    from sklearn.exceptions import ConvergenceWarning

    n, inter = design.n, design.intercept
    key, measured = (spec.family, spec.shape), spec.measured
    if measured and sigma is None and spec.prior != "ridge":
        return None
    noise = 1.0 if not measured or sigma is None else sigma / design.outcome_scale
    width = spec.scale(design) * (noise if spec.conditional else 1.0)
    unit = spec.relative(design)  # columns in these units have slopes of one scale
    fit: Any
    if key == ("gaussian", "normal"):
        fit = linear_model.Ridge(alpha=(noise / width) ** 2, fit_intercept=inter, solver="svd")
    elif key == ("gaussian", "laplace"):
        alpha = noise * (noise / width) / n
        fit = linear_model.Lasso(alpha=alpha, fit_intercept=inter, tol=1e-14, max_iter=1_000_000)
    elif key == ("gaussian", "elastic_net"):
        # In units of the noise: l1 |b| / width + (1 - l1) b^2 / (2 width^2).
        l1 = spec.l1_ratio * noise * (noise / width) / n
        l2 = (1 - spec.l1_ratio) * (noise / width) ** 2 / n
        fit = linear_model.ElasticNet(
            alpha=l1 + l2, l1_ratio=l1 / (l1 + l2), fit_intercept=inter, tol=1e-14, max_iter=10**6
        )
    elif key == ("bernoulli", "normal"):
        fit = linear_model.LogisticRegression(
            C=width**2, fit_intercept=inter, solver="newton-cholesky", tol=1e-12, max_iter=1000
        )
    elif key == ("poisson", "normal"):
        fit = linear_model.PoissonRegressor(
            alpha=width**-2 / n, fit_intercept=inter, solver="newton-cholesky", tol=1e-12
        )
    else:
        return None
    with warnings.catch_warnings():
        # Whether it has arrived the claim tells; its own measure of that is rounding where |b| weighs all but nothing.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit.fit(design.z * unit, design.target if measured else design.outcome)
    # scikit-learn's intercept is of the whole linear predictor, ours of its distance to the centre.
    first = [float(np.ravel(fit.intercept_)[0])] if inter else []
    if inter and not measured:
        first = [first[0] - design.outcome_centre]
    return f"scikit-learn {type(fit).__name__}", np.concatenate([first, np.ravel(fit.coef_) * unit])


def normal_posterior_mean(design: Design, spec: Regression) -> np.ndarray:
    """Posterior means of the slopes over ``z`` for normal errors and a normal prior free of sigma, by quadrature.

    Given sigma all is normal: with ``z = u d v'`` in units of the prior's scales the outcome's components ``u'y`` have
    the variances ``sigma^2 + d^2``, and each slope along ``v`` has the mean ``d u'y / (sigma^2 + d^2)``. What is left
    is an integral over sigma, whose prior is exponential with mean sd(y).
    """
    widths = spec.widths(design)
    u, d, v = np.linalg.svd(design.z * widths, full_matrices=False)
    y = design.target
    c, degrees = u.T @ y, design.n - design.intercept - len(d)
    left = max(float(y @ y - c @ c), 0.0)
    spread = design.spread / design.outcome_scale

    def log_density(log_sigma: np.ndarray) -> np.ndarray:
        variance = np.exp(2 * log_sigma)
        height = log_sigma - np.exp(log_sigma) / spread - degrees * log_sigma - left / (2 * variance)
        for cj, dj in zip(c, d, strict=True):
            height -= 0.5 * (np.log(variance + dj**2) + cj**2 / (variance + dj**2))
        return np.asarray(height)

    # First where the density is, then that range alone.
    coarse = np.linspace(-33.0, 5.0, 4001) + np.log(spread)
    inside = np.flatnonzero(log_density(coarse) > log_density(coarse).max() - 50)
    fine = np.linspace(coarse[max(inside[0] - 1, 0)], coarse[min(inside[-1] + 1, 4000)], 4001)
    weight = np.exp(log_density(fine) - log_density(fine).max())
    weight, variance = weight / weight.sum(), np.exp(2 * fine)
    along = [cj * dj * float(weight @ (1 / (variance + dj**2))) for cj, dj in zip(c, d, strict=True)]
    return np.asarray(widths * (v.T @ np.array(along)))


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
