"""Student errors: least squares that single rows cannot pull far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from triptych.design.design import Design
from triptych.design.outcome import Kind
from triptych.problem.claims import Claim, at_most, claim
from triptych.problem.table import Status
from triptych.problem.told import Density
from triptych.regression.exact_fits import ExactFit, tied_rows
from triptych.regression.family import Asked, Family, Measure
from triptych.regression.measures import CLOSE, Reference, reference, values

LEAST_NU = 2.0  # of degrees of freedom that are estimated: below it a few exact residuals make the likelihood unbounded


class Student(Family):
    """``y ~ Student_nu(eta, sigma)``, its degrees of freedom given or estimated."""

    kind = Kind.MEASUREMENT
    errors = "Student errors"
    heeds_small_residuals = True
    options: ClassVar[Mapping[str, str]] = {"nu": "a setting of Student errors"}
    formula = r"y_i \sim \mathrm{Student}_{\nu}(\eta_i, \sigma)"
    why = (
        "Student errors let single rows lie far off at little cost, so no row can pull the "
        "fit as least squares would let it."
    )

    def likelihood(self, asked: Asked, data: Any, mu: Any, sigma: Any) -> None:
        import pymc as pm

        if asked.nu is not None:
            nu = np.float64(asked.nu)
        else:  # Juarez & Steel (2010), shifted
            nu = pm.Deterministic("nu", LEAST_NU + pm.Gamma("nu_above_2", np.float64(2.0), 0.1))
        pm.StudentT("y_observed", nu=nu, mu=mu, sigma=sigma, observed=data.y, dims="observation")

    def parameters(self, asked: Asked) -> tuple[str, ...]:
        return ("nu",) if asked.nu is None else ()

    def priors(self, asked: Asked) -> list[Density]:
        if asked.nu is None:
            return [Density("nu", "gamma", "2 + Gamma(shape 2, mean 20)", None, 20.0)]
        return [Density("nu", "fixed", f"fixed at {asked.nu:g}")]

    def mathematics(self, asked: Asked) -> list[str]:
        return [r"\nu - 2 \sim \mathrm{Gamma}(2, 0.1)" if asked.nu is None else rf"\nu = {asked.nu:g}"]

    def likelihood_claims(self, design: Design, asked: Asked) -> list[Measure]:
        @claim("An EM step by statsmodels' WLS leaves the MLE where it is (in standard errors)")
        def mle_is_a_fixed_point_of_em(comparison: Any) -> Claim:
            nu = asked.nu if asked.nu is not None else float(values(comparison, "mle", "nu")[0])
            ours = values(comparison, "mle")
            step = reweighted(design, ours, float(values(comparison, "mle", "sigma")[0]), nu)
            return at_most(np.max(np.abs(ours - step.coef) / step.std_error), CLOSE)

        return [mle_is_a_fixed_point_of_em]

    def exact_fits(self, design: Design, asked: Asked) -> list[ExactFit]:
        n, found = design.n, super().exact_fits(design, asked)
        nu = LEAST_NU if asked.nu is None else asked.nu
        tied = tied_rows(design)
        some = [(design.rank, design.rank, False)] if not found else []
        if tied.any():
            some.append((int(tied.sum()), int(np.linalg.matrix_rank(design.full[tied])), True))
        # The prior's density of the degrees of freedom is zero at their lower bound.
        saved = asked.nu is None
        every = [(fit.rows, fit.rank, fit.level, fit.power) for fit in found]
        every += [(m, r, level, nu * (n - m) - m) for m, r, level in some]
        return [ExactFit(*fit, saved=saved) for fit in every]

    def ends(self, design: Design, asked: Asked) -> Iterator[tuple[str, Status, str]]:
        edge = end_of_nu(design) if asked.nu is None else None
        if edge is not None:
            says = (
                "The residuals have no heavier tails than normal ones, so the likelihood is highest at "
                "nu = infinity, the normal model itself; the prior on nu decides the rest."
                if edge is Status.AT_INFINITY
                else "The residuals' tails are so heavy that the likelihood is highest at nu = 2, the "
                "smallest value allowed."
            )
            yield "nu", edge, says


def reweighted(design: Design, coef: np.ndarray, sigma: float, nu: float) -> Reference:
    """One ``statsmodels.WLS`` step of the EM algorithm for Student errors: a maximum stays put."""
    import statsmodels.api as sm

    standardised = design.to_standardised(coef)
    residual = design.target - design.full @ standardised
    weights = (nu + 1) / (nu + (residual * design.outcome_scale / sigma) ** 2)
    fit = sm.WLS(design.target, design.full, weights=weights).fit()
    root = np.sqrt(fit.scale) * np.asarray(fit.model.pinv_wexog)
    return reference(design, "statsmodels WLS", np.asarray(fit.params), root)


def end_of_nu(design: Design) -> Status | None:
    """Where the profile likelihood of nu peaks, if that is an end: EM on a grid, from normal down."""
    from scipy import stats

    y = design.target
    coef, *_ = np.linalg.lstsq(design.full, y, rcond=None)
    sigma = float(np.sqrt(np.mean((y - design.full @ coef) ** 2)))
    heights = [float(stats.norm.logpdf(y, design.full @ coef, sigma).sum())]
    for above in np.logspace(4, -4, 33):
        nu = LEAST_NU + above
        for _ in range(30):
            squares = (y - design.full @ coef) ** 2
            root = np.sqrt((nu + 1) / (nu + squares / sigma**2))
            coef, *_ = np.linalg.lstsq(design.full * root[:, None], y * root, rcond=None)
            sigma = float(np.sqrt(np.mean((root * (y - design.full @ coef)) ** 2)))
        heights.append(float(stats.t.logpdf(y, nu, design.full @ coef, sigma).sum()))
    best = int(np.argmax(heights))
    if best == 0:
        return Status.AT_INFINITY
    return Status.AT_BOUNDARY if best == len(heights) - 1 else None


family = Student()
