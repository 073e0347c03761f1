"""Units and noise at the far ends of double precision; the answers only scale."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pymc as pm

from .case import Answers, Case, Near, least_squares, same, zero_of

BASE = np.array([1.3, 2.1, 0.7, 1.9, 2.6, 1.1, 1.6, 2.2])
X = np.arange(8.0)


def located(unit: float) -> Callable[[], pm.Model]:
    """Return a model in this unit with priors in the same unit."""

    def build() -> pm.Model:
        with pm.Model() as model:
            mu = pm.Normal("mu", 0, 2 * unit)
            sigma = pm.HalfNormal("sigma", unit)
            pm.Normal("y", mu, sigma, observed=BASE * unit)
        return model

    return build


def located_known(unit: float) -> Answers:
    def score(p: np.ndarray) -> list[float]:
        mu, s = p
        return [
            np.sum(BASE - mu) / s**2 - mu / 4,
            -BASE.size / s + np.sum((BASE - mu) ** 2) / s**3 - s,
        ]

    mode = zero_of(score, [BASE.mean(), BASE.std()]) * unit
    return {
        ("mle", "mu"): BASE.mean() * unit, ("mle", "sigma"): BASE.std() * unit,
        ("map", "mu"): mode[0], ("map", "sigma"): mode[1],
    }  # fmt: skip


def line(x: np.ndarray, y: np.ndarray, sigma_prior: float | None) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            intercept, slope = pm.Flat("intercept"), pm.Flat("slope")
            sigma = pm.HalfFlat("sigma") if sigma_prior is None else pm.HalfNormal("sigma", 1)
            pm.Normal("y", intercept + slope * x, sigma, observed=y)
        return model

    return build


def line_known(x: np.ndarray, y: np.ndarray, x_unit: float, y_unit: float) -> Answers:
    (intercept, slope), sigma = least_squares(np.column_stack([np.ones(8), x / x_unit]), y / y_unit)
    fit = {"intercept": intercept, "slope": slope / x_unit, "sigma": sigma}
    return same({name: value * y_unit for name, value in fit.items()})


NOISE = np.array([0.3, -1.1, 0.8, 0.2, -0.7, 1.4, -0.5, -0.4])
QUIET = 1 + 2 * X + 1e-8 * NOISE


def quiet_known() -> Answers:
    """Fit the residual from the true line, which double precision still holds to 8 digits."""
    rest = QUIET - (1 + 2 * X)
    (a, b), sigma = least_squares(np.column_stack([np.ones(8), X]), rest)
    fit = {"intercept": Near(1 + a, 1e-12), "slope": Near(2 + b, 1e-12), "sigma": Near(sigma, 1e-5)}
    return same(fit)


SHIFTED = 1e6 + BASE

CASES = (
    *(
        Case(f"units_of_{name}", located(unit), {},
             known=lambda unit=unit: located_known(unit),
             note="Changing the unit of data and priors changes the unit of the answer.")
        for name, unit in (("1e12", 1e12), ("1e_minus_12", 1e-12), ("1e_minus_20", 1e-20))
    ),
    Case("huge_predictor_tiny_response", line(X * 1e12, BASE * 1e-12, None), {},
         known=lambda: line_known(X * 1e12, BASE * 1e-12, 1e12, 1e-12),
         note="Least squares in natural units, scaled back: the slope is of order 1e-24."),
    Case("tiny_noise", line(X, QUIET, 1.0), {}, known=quiet_known,
         note="Noise of 1e-8 is small and not absent: least squares, sigma interior."),
    Case("large_offset", line(X, SHIFTED, None), {},
         known=lambda: same({
             "intercept": Near(1e6 + least_squares(
                 np.column_stack([np.ones(8), X]), SHIFTED - 1e6)[0][0], 1e-12),
             "slope": least_squares(np.column_stack([np.ones(8), X]), SHIFTED - 1e6)[0][1],
             "sigma": least_squares(np.column_stack([np.ones(8), X]), SHIFTED - 1e6)[1]}),
         note="A million is added to the response: only the intercept moves."),
)  # fmt: skip
