"""What the claims of regressions measure with: panels' values, library's fits, and errors of sampling."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.design.design import Design
from triptych.problem.claims import Claim, at_most, claim
from triptych.regression.family import Measure

CLOSE = 1e-6  # of a standard error: far below anything that data can tell apart
FALSE_ALARM = 1e-4  # per claim on sampled figures


@dataclass(frozen=True)
class Reference:
    """Coefficients with standard errors on the user's scale, who computed them, and other figures by name."""

    who: str
    coef: np.ndarray
    std_error: np.ndarray
    other: dict[str, float]


def reference(design: Design, who: str, coef: np.ndarray, root: np.ndarray, **other: float) -> Reference:
    """Return a reference from coefficients over ``design.full`` and a root of their covariance, shape ``(p, any)``.

    The root keeps the digits that a covariance of nearly dependent predictors has lost.
    """
    k = design.full.shape[1]
    origin = design.to_user(np.zeros(k))
    back = np.column_stack([design.to_user(row) - origin for row in np.eye(k)])
    return Reference(who, design.to_user(coef), np.linalg.norm(back @ root, axis=1), other)


def values(comparison: Any, method: str, estimand: str = "coef") -> np.ndarray:
    """Return a panel's estimates of an estimand."""
    return np.asarray(comparison["default"].values(method, estimand), dtype=float)


def in_errors(difference: float, error: float) -> float:
    """Return a difference in Monte Carlo errors; of draws that stand still these are zero, and of four unknown."""
    return abs(difference) / error if error > 0 else math.inf


def normal_bound(comparisons: int) -> float:
    """The largest of so many standard normals stays below this, but for one time in 10 000."""
    from scipy import stats

    return float(stats.norm.isf(FALSE_ALARM / (2 * comparisons)))


def library_claims(
    design: Design,
    name: str,
    solve: Callable[[Design], Reference],
    divided: str = "",
    factor: Callable[[Reference], float] = lambda _: 1.0,
) -> list[Measure]:
    """Return the claims that coefficients and standard errors are those of a library.

    Parameters
    ----------
    design
        Predictors and outcome.
    name
        What the library's estimator is called.
    solve
        Runs it.
    divided
        How the standard errors differ in definition, as the end of a clause.
    factor
        What the library's standard errors are multiplied by for that.
    """

    @claim(f"The MLE of the coefficients is that of {name} (largest difference in standard errors)")
    def mle_is_statsmodels(comparison: Any) -> Claim:
        theirs = solve(design)
        return at_most(np.max(np.abs(values(comparison, "mle") - theirs.coef) / theirs.std_error), CLOSE)

    @claim(f"The MLE's standard errors are those of {name}{divided} (relative)")
    def standard_errors_are_statsmodels(comparison: Any) -> Claim:
        theirs = solve(design)
        ours = [comparison["default"].row("mle", "coef", term).std_error for term in design.terms]
        return at_most(np.max(np.abs(ours / (theirs.std_error * factor(theirs)) - 1)), CLOSE)

    return [mle_is_statsmodels, standard_errors_are_statsmodels]
