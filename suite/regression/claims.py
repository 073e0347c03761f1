"""Claims of a regression: each panel against libraries that solve the same problem their own way."""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.design.design import Design
from triptych.problem.claims import Claim, at_most, claim, equal
from triptych.problem.table import Status
from triptych.regression import reference_fits as reference
from triptych.regression.existence import Existence
from triptych.regression.family import Measure
from triptych.regression.measures import CLOSE, in_errors, normal_bound, values
from triptych.regression.regression import Regression


def regression_claims(design: Design, regression: Regression, found: Existence) -> tuple[Measure, ...]:
    """Return the claims that hold panels to other libraries, where the estimates exist."""
    claims: list[Measure] = []
    if all(found.mle_exists(name) for name in regression.estimands):
        claims += regression.likelihood.likelihood_claims(design, regression)
    for method, statuses in found.expected.items():
        if method == "mcmc":
            continue  # not sampled because theory says so: nothing is measured
        claims += [
            _status_claim(method, name, status)
            for name, status in statuses.items()
            if "[" not in name and status is not None
        ]
    if not found.map_exists():
        return tuple(claims)
    if regression.slopes.flat:
        claims += _flat_claims(design, regression, sampled=found.no_posterior is None)
    elif design.labels:
        claims += _penalty_claims(design, regression)
    return tuple(claims)


def _other(comparison: Any, method: str, regression: Regression) -> float | None:
    """Return a panel's sigma, or the family's own parameter; None where there is neither."""
    name = next(iter(regression.estimands[1:]), None)
    return None if name is None else float(values(comparison, method, name)[0])


def _status_claim(method: str, estimand: str, status: Status) -> Measure:
    what = {"mle": "maximum-likelihood estimate", "map": "posterior mode"}[method]

    @claim(f"There is no {what} of {estimand}: at least one of its rows is {status.value}")
    def measure(comparison: Any) -> Claim:
        rows = comparison["default"].panels[method].estimates
        found = {row.status.value for row in rows if row.estimand == estimand}
        return equal(status.value if status.value in found else ", ".join(sorted(found)), status.value)

    measure.__name__ = f"{method}_of_{estimand}_is_{status.value}"

    def named(comparison: Any) -> Claim:
        return Claim(**{**measure(comparison).__dict__, "name": measure.__name__})

    named.__name__, named.statement = measure.__name__, measure.statement  # type: ignore[attr-defined]
    return named


def _flat_claims(design: Design, regression: Regression, *, sampled: bool) -> list[Measure]:
    claims: list[Measure] = []
    if regression.likelihood.flat_mode_is_mle:

        @claim("Under a flat prior the mode is the MLE (largest difference in standard errors)")
        def flat_mode_is_mle(comparison: Any) -> Claim:
            errors = [comparison["default"].row("mle", "coef", term).std_error for term in design.terms]
            return at_most(np.max(np.abs(values(comparison, "map") - values(comparison, "mle")) / errors), CLOSE)

        claims.append(flat_mode_is_mle)
    return [*claims, *(regression.likelihood.flat_claims(design) if sampled else [])]


def _penalty_claims(design: Design, regression: Regression) -> list[Measure]:
    claims: list[Measure] = []
    if regression.slopes.penalty:
        if reference_solves(regression):
            claims.append(_penalised_fit_claim(design, regression))
        if regression.likelihood.score(design, np.zeros(len(design.terms)), 1.0) is not None:
            claims.append(_stationarity_claim(design, regression))
        if regression.slopes.l1_share(regression) > 0:
            claims.append(_no_zeros_claim(design))
    if regression.shape == regression.likelihood.conjugate:
        claims.append(_posterior_mean_claim(design, regression))
    return claims


def reference_solves(regression: Regression) -> bool:
    """Whether scikit-learn solves this penalised regression with an unpenalised intercept."""
    return regression.likelihood.solves(regression.slopes.penalty)


def _penalised_fit_claim(design: Design, regression: Regression) -> Measure:
    name = regression.slopes.penalty.replace("_", "-")
    at = " at the mode's sigma" if regression.measured and not regression.free_of_noise else ""

    @claim(
        f"The mode is scikit-learn's {name} fit at the penalty that the prior implies{at} "
        "(largest difference of a standardised slope)"
    )
    def mode_is_the_penalised_fit(comparison: Any) -> Claim:
        sigma = _other(comparison, "map", regression) if regression.measured else None
        theirs = reference.penalised(design, regression, sigma)
        if theirs is None:
            return equal("no reference", "a reference")
        ours, other = (design.to_standardised(v) for v in (values(comparison, "map"), theirs.coef))
        return at_most(np.max(np.abs(ours - other)[design.intercept :]), CLOSE)

    return mode_is_the_penalised_fit


def _stationarity_claim(design: Design, regression: Regression) -> Measure:
    @claim(
        "At the mode score and penalty balance: zero slope for the intercept, a subgradient of the "
        "penalty for each coefficient (largest imbalance, relative to the penalty's scale)"
    )
    def mode_balances_score_and_penalty(comparison: Any) -> Claim:
        other = _other(comparison, "map", regression)
        coef = values(comparison, "map")
        gradient = regression.likelihood.score(design, coef, other)
        assert gradient is not None
        b = design.to_standardised(coef)[design.intercept :]
        noise = other / design.outcome_scale if regression.measured and other else 1.0
        width = regression.widths(design, other)
        l1 = regression.slopes.l1_share(regression)
        pull = gradient[design.intercept :] - (1 - l1) * b / width**2
        off = np.where(b == 0, np.maximum(np.abs(pull) - l1 / width, 0), pull - np.sign(b) * l1 / width)
        imbalance = np.concatenate([gradient[: design.intercept], off])
        # The score's own scale is the root of the information: a column's length per unit of noise.
        size = np.linalg.norm(design.full, axis=0) / noise
        size[design.intercept :] += 1 / width
        return at_most(np.max(np.abs(imbalance) / size), CLOSE)

    return mode_balances_score_and_penalty


def _no_zeros_claim(design: Design) -> Measure:
    @claim("No posterior mean of a slope is exactly zero, whatever the mode says (count)")
    def posterior_mean_is_never_zero(comparison: Any) -> Claim:
        zeros = int(np.sum(values(comparison, "mcmc")[design.intercept :] == 0.0))
        return equal(float(zeros), 0.0)

    return posterior_mean_is_never_zero


def _posterior_mean_claim(design: Design, regression: Regression) -> Measure:
    says = (
        "Whatever sigma is, the slopes' posterior mean is the ridge fit"
        if regression.conditional
        else "The slopes' posterior mean is that of a quadrature over sigma, given which all is normal"
    )

    @claim(f"{says} (largest difference in Monte Carlo standard errors)")
    def posterior_mean_is_exact(comparison: Any) -> Claim:
        import arviz as az

        if regression.conditional:
            theirs = reference.penalised(design, regression, None)
            if theirs is None:
                return equal("no reference", "a reference")
            expected = theirs.coef[design.intercept :]
        else:
            expected = reference.normal_posterior_mean(design, regression) * design.outcome_scale / design.scale
        draws = comparison["default"].panels["mcmc"].native["posterior"]["coef"].values[..., int(design.intercept) :]
        slopes = range(len(design.labels))
        errors = [float(az.mcse(np.ascontiguousarray(draws[..., j]))) for j in slopes]
        apart = [float(draws[..., j].mean() - expected[j]) for j in slopes]
        worst = max(map(in_errors, apart, errors))
        return at_most(worst, normal_bound(len(design.labels)))

    return posterior_mean_is_exact
