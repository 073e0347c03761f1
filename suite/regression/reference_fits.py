"""Penalised fits by scikit-learn and posterior means by quadrature; claims hold modes and means to these."""

from __future__ import annotations

import warnings

import numpy as np

from triptych.design.design import Design
from triptych.regression.measures import Reference
from triptych.regression.regression import Regression


def penalised(design: Design, regression: Regression, sigma: float | None) -> Reference | None:
    """The penalised fit that scikit-learn solves, where it solves this one; else None.

    ``sigma`` is the error scale at the mode, in the outcome's units. In scikit-learn's terms a slope's prior of scale
    ``w`` is, with the error scale ``s`` on the same scale, the ridge penalty ``s^2 / w^2`` or the lasso penalty
    ``s^2 / (n w)``; of a ridge prior, whose scale goes with ``s``, it does not depend on ``s``.
    """
    slopes = _penalised_slopes(design, regression, sigma)
    if slopes is None:
        return None
    who, coef = slopes
    return Reference(who, design.to_user(coef), np.full(len(coef), np.nan), {})


def _penalised_slopes(design: Design, regression: Regression, sigma: float | None) -> tuple[str, np.ndarray] | None:
    from sklearn.exceptions import ConvergenceWarning

    inter, measured, penalty = design.intercept, regression.measured, regression.slopes.penalty
    if not regression.likelihood.solves(penalty) or (measured and sigma is None and not regression.free_of_noise):
        return None
    noise = 1.0 if not measured or sigma is None else sigma / design.outcome_scale
    width = regression.scale(design) * (noise if regression.conditional else 1.0)
    unit = regression.relative(design)  # columns in these units have slopes of one scale
    fit = regression.likelihood.penalised(design, penalty, noise, width, regression.l1_ratio)
    with warnings.catch_warnings():
        # Its warning of no convergence is ignored: with a weak penalty its measure is rounding error, and the claim
        # compares the estimates.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit.fit(design.z * unit, design.target if measured else design.outcome)
    # scikit-learn's intercept is of the whole linear predictor, ours of its distance to the centre.
    first = [float(np.ravel(fit.intercept_)[0])] if inter else []
    if inter and not measured:
        first = [first[0] - design.outcome_centre]
    return f"scikit-learn {type(fit).__name__}", np.concatenate([first, np.ravel(fit.coef_) * unit])


def normal_posterior_mean(design: Design, regression: Regression) -> np.ndarray:
    """Posterior means of the slopes over ``z`` for normal errors and a normal prior free of sigma, by quadrature.

    Given sigma all is normal: with ``z = u d v'`` in units of the prior's scales the outcome's components ``u'y`` have
    the variances ``sigma^2 + d^2``, and each slope along ``v`` has the mean ``d u'y / (sigma^2 + d^2)``. What is left
    is an integral over sigma, whose prior is exponential with mean sd(y).
    """
    widths = regression.widths(design)
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

    # The first grid finds where the density lies; the second covers that range alone.
    coarse = np.linspace(-33.0, 5.0, 4001) + np.log(spread)
    inside = np.flatnonzero(log_density(coarse) > log_density(coarse).max() - 50)
    fine = np.linspace(coarse[max(inside[0] - 1, 0)], coarse[min(inside[-1] + 1, 4000)], 4001)
    weight = np.exp(log_density(fine) - log_density(fine).max())
    weight, variance = weight / weight.sum(), np.exp(2 * fine)
    along = [cj * dj * float(weight @ (1 / (variance + dj**2))) for cj, dj in zip(c, d, strict=True)]
    return np.asarray(widths * (v.T @ np.array(along)))
