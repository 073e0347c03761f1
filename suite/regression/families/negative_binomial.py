"""Counts that vary more than Poisson's, their overdispersion estimated."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from triptych.base.text import counted
from triptych.design.design import Design
from triptych.design.outcome import Kind
from triptych.problem.table import Status
from triptych.problem.told import Density
from triptych.regression.family import Asked, Family, Measure
from triptych.regression.measures import Reference, library_claims, reference


class NegativeBinomial(Family):
    """``y ~ NegativeBinomial(exp(eta), alpha)``, of variance ``mu + mu^2 / alpha``."""

    kind = Kind.COUNTS
    formula = (
        r"y_i \sim \mathrm{NegativeBinomial}(\mu_i, \alpha), \quad \mu_i = e^{\eta_i}, \quad "
        r"\mathrm{Var}\, y_i = \mu_i + \mu_i^2 / \alpha"
    )
    why = (
        "alpha measures how far counts vary beyond Poisson (large: hardly). Its "
        "likelihood is long-tailed, so its mode and mean may differ much."
    )

    def likelihood(self, asked: Asked, data: Any, mu: Any, sigma: Any) -> None:
        import pymc as pm

        alpha = pm.Exponential("alpha", np.float64(1.0))
        pm.NegativeBinomial("y_observed", mu=pm.math.exp(mu), alpha=alpha, observed=data.y, dims="observation")

    def parameters(self, asked: Asked) -> tuple[str, ...]:
        return ("alpha",)

    def priors(self, asked: Asked) -> list[Density]:
        return [Density("alpha", "exponential", "Exponential(mean 1)", None, 1.0)]

    def mathematics(self, asked: Asked) -> list[str]:
        return [r"\alpha \sim \mathrm{Exponential}(1)"]

    def likelihood_claims(self, design: Design, asked: Asked) -> list[Measure]:
        return library_claims(design, "statsmodels' NegativeBinomial", nb2)

    def score(self, design: Design, coef: np.ndarray, other: float | None) -> np.ndarray:
        mean = np.exp(design.full @ design.to_standardised(coef) + design.outcome_centre)
        return np.asarray(design.full.T @ ((design.outcome - mean) / (1 + mean / float(other or math.nan))))

    def ends(self, design: Design, asked: Asked) -> Iterator[tuple[str, Status, str]]:
        if underdispersed(design):
            yield (
                "alpha",
                Status.AT_INFINITY,
                "The counts vary no more than Poisson counts would, so the likelihood is highest at "
                "alpha = infinity, the Poisson model itself; the prior on alpha decides the rest.",
            )

    def no_flat_posterior(self, design: Design) -> str:
        if alpha_holds(design):
            return ""
        above = int(np.sum(design.outcome > 0))
        counts, terms = counted(above, "count"), counted(len(design.terms), "coefficient")
        return f"{counts} above zero for {terms} let alpha go to zero and the coefficients to infinity together"


def nb2(design: Design) -> Reference:
    """``statsmodels.NegativeBinomial`` (NB2, whose alpha is the reciprocal of PyMC's)."""
    import statsmodels.api as sm

    # Orthonormal columns of the same span are used, because nearly dependent ones stall the optimiser.
    columns, triangle = np.linalg.qr(design.full)
    offset = np.full(design.n, design.outcome_centre)
    model = sm.NegativeBinomial(design.outcome, columns, loglike_method="nb2", offset=offset)
    near = model.fit(method="bfgs", maxiter=500, disp=False)
    fit = model.fit(start_params=near.params, method="newton", maxiter=100, tol=1e-12, disp=False)
    k = design.full.shape[1]
    params, covariance = np.asarray(fit.params), np.asarray(fit.cov_params())
    back = np.linalg.inv(triangle)
    return reference(
        design,
        "statsmodels NegativeBinomial",
        back @ params[:k],
        back @ _root(covariance[:k, :k]),
        llf=float(fit.llf),
        alpha=1.0 / float(params[k]),
    )


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def alpha_holds(design: Design) -> bool:
    """Whether a posterior of flat coefficients and alpha ~ Exponential(1) has a finite integral at alpha = 0.

    Let ``m`` counts be above zero. There the likelihood is ``alpha ** m`` times a function of ``alpha * eta``, whose
    integral over the coefficients is ``alpha ** -d``: ``d`` is the dimension of the cone of those directions in which
    the linear predictor falls in none of these rows. So ``m - d > -1``; at the other end alpha has its own tail. With
    an intercept ``d`` is the number of coefficients.
    """
    from scipy.optimize import linprog

    x = design.full[design.outcome > 0]
    m, p = x.shape
    if design.intercept or not m:
        return bool(m >= p)
    # As many rows as can rise at once: their slack is 1 at the optimum. The others stand still in all directions.
    best = linprog(
        np.r_[np.zeros(p), -np.ones(m)],
        A_ub=np.hstack([-x, np.eye(m)]),
        b_ub=np.zeros(m),
        bounds=[(None, None)] * p + [(0, 1)] * m,
    )
    still = x[best.x[p:] < 0.5]
    return bool(m >= p - (int(np.linalg.matrix_rank(still)) if len(still) else 0))


def underdispersed(design: Design) -> bool:
    """The sign of the likelihood's slope at the Poisson end, by the score for overdispersion."""
    mean = _poisson_means(design)
    return bool(np.sum((design.outcome - mean) ** 2 - design.outcome) <= 0)


def _poisson_means(design: Design) -> np.ndarray:
    """Fitted means of a Poisson regression, by Newton steps that are halved until the likelihood rises."""
    x, _ = np.linalg.qr(design.full)
    y = design.outcome

    def climbed(b: np.ndarray) -> float:
        with np.errstate(over="ignore"):
            eta = x @ b + design.outcome_centre
            return float(y @ eta - np.exp(eta).sum())

    b = np.zeros(x.shape[1])
    for _ in range(200):
        mean = np.exp(x @ b + design.outcome_centre)
        step = np.linalg.lstsq(x.T @ (mean[:, None] * x), x.T @ (y - mean), rcond=None)[0]
        best, size = climbed(b), 1.0
        while size > 1e-10 and not climbed(b + size * step) > best:
            size /= 2
        if size <= 1e-10:
            break
        b = b + size * step
    return np.asarray(np.exp(x @ b + design.outcome_centre))


family = NegativeBinomial()
