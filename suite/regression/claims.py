"""Claims of a regression: each panel against libraries that solve the same problem their own way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from triptych.design.design import Design
from triptych.problem.claims import Claim, at_most, claim, equal
from triptych.problem.table import Status
from triptych.regression import reference_fits as reference
from triptych.regression.existence import Existence
from triptych.regression.spec import Regression

Measure = Callable[[Any], Claim]
CLOSE = 1e-6  # of a standard error: far below anything that data can tell apart
FALSE_ALARM = 1e-4  # per claim on sampled figures
PENALTIES = ("normal", "laplace", "elastic_net")  # densities whose logarithm is one
EXPONENTIAL = ("bernoulli", "binomial", "poisson")


def regression_claims(design: Design, spec: Regression, found: Existence) -> tuple[Measure, ...]:
    """Return the claims that hold panels to other libraries, where the estimates exist."""
    claims: list[Measure] = []
    if all(found.mle_exists(name) for name in ("coef", "sigma", "alpha", "nu")):
        claims += _likelihood_claims(design, spec)
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
    if spec.prior == "flat":
        claims += _flat_claims(design, spec, sampled=found.no_posterior is None)
    elif design.labels:
        claims += _penalty_claims(design, spec)
    return tuple(claims)


def _values(c: Any, method: str, estimand: str = "coef") -> np.ndarray:
    return np.asarray(c["default"].values(method, estimand), dtype=float)


def _scalar(c: Any, method: str, spec: Regression) -> float | None:
    if spec.measured:
        return float(_values(c, method, "sigma")[0])
    return float(_values(c, method, "alpha")[0]) if spec.family == "negative_binomial" else None


def _likelihood_claims(design: Design, spec: Regression) -> list[Measure]:
    if spec.family == "laplace":
        return _median_claims(design)
    if spec.family == "student":
        return [_student_claim(design, spec)]
    solve = {
        "gaussian": reference.least_squares,
        "negative_binomial": reference.negative_binomial,
    }.get(spec.family, reference.generalised)
    name = {
        "gaussian": "statsmodels' OLS",
        "bernoulli": "statsmodels' GLM",
        "negative_binomial": "statsmodels' NegativeBinomial",
    }.get(spec.family, "statsmodels' GLM")

    @claim(f"The MLE of the coefficients is that of {name} (largest difference in standard errors)")
    def mle_is_statsmodels(c: Any) -> Claim:
        theirs = solve(design)
        return at_most(np.max(np.abs(_values(c, "mle") - theirs.coef) / theirs.std_error), CLOSE)

    divided = ", with sigma^2 divided by n" if spec.family == "gaussian" else ""

    @claim(f"The MLE's standard errors are those of {name}{divided} (relative)")
    def standard_errors_are_statsmodels(c: Any) -> Claim:
        theirs = solve(design)
        factor = np.sqrt(theirs.other["df"] / design.n) if spec.family == "gaussian" else 1.0
        ours = [c["default"].row("mle", "coef", term).std_error for term in design.terms]
        return at_most(np.max(np.abs(ours / (theirs.std_error * factor) - 1)), CLOSE)

    claims = [mle_is_statsmodels, standard_errors_are_statsmodels]
    if spec.family == "gaussian":

        @claim("The MLE of sigma^2 is the residual sum of squares over n (relative difference)")
        def sigma_divides_by_n(c: Any) -> Claim:
            expected = reference.least_squares(design).other["rss"] / design.n
            return at_most(abs(_values(c, "mle", "sigma")[0] ** 2 / expected - 1), CLOSE)

        claims.append(sigma_divides_by_n)
    return claims


def _absolute(c: Any, method: str, design: Design) -> float:
    # Through the centred design: on the user's scale the intercept would cost digits.
    residual = design.target - design.full @ design.to_standardised(_values(c, method))
    return float(np.abs(residual).sum()) * design.outcome_scale


def _median_claims(design: Design) -> list[Measure]:
    @claim("The MLE reaches the least sum of absolute deviations of a linear programme (relative)")
    def mle_is_least_absolute_deviations(c: Any) -> Claim:
        best = reference.absolute_deviations(design)
        return at_most(_absolute(c, "mle", design) / best - 1, 1e-8)

    @claim("statsmodels' QuantReg reaches no smaller sum of absolute deviations (relative)")
    def mle_is_no_worse_than_quantreg(c: Any) -> Claim:
        theirs = reference.quantile_regression(design)
        return at_most(_absolute(c, "mle", design) / theirs - 1, 1e-8)

    @claim("The MLE of sigma is the mean absolute deviation (relative difference)")
    def sigma_is_mean_deviation(c: Any) -> Claim:
        mean = _absolute(c, "mle", design) / design.n
        return at_most(abs(_values(c, "mle", "sigma")[0] / mean - 1), CLOSE)

    return [
        mle_is_least_absolute_deviations,
        mle_is_no_worse_than_quantreg,
        sigma_is_mean_deviation,
    ]


def _student_claim(design: Design, spec: Regression) -> Measure:
    @claim("An EM step by statsmodels' WLS leaves the MLE where it is (in standard errors)")
    def mle_is_a_fixed_point_of_em(c: Any) -> Claim:
        nu = spec.nu if spec.nu is not None else float(_values(c, "mle", "nu")[0])
        ours = _values(c, "mle")
        step = reference.reweighted(design, ours, float(_values(c, "mle", "sigma")[0]), nu)
        return at_most(np.max(np.abs(ours - step.coef) / step.std_error), CLOSE)

    return mle_is_a_fixed_point_of_em


def _status_claim(method: str, estimand: str, status: Status) -> Measure:
    what = {"mle": "maximum-likelihood estimate", "map": "posterior mode"}[method]

    @claim(f"There is no {what} of {estimand}: at least one of its rows is {status.value}")
    def measure(c: Any) -> Claim:
        rows = c["default"].panels[method].estimates
        found = {row.status.value for row in rows if row.estimand == estimand}
        return equal(status.value if status.value in found else ", ".join(sorted(found)), status.value)

    measure.__name__ = f"{method}_of_{estimand}_is_{status.value}"

    def named(c: Any) -> Claim:
        return Claim(**{**measure(c).__dict__, "name": measure.__name__})

    named.__name__, named.statement = measure.__name__, measure.statement  # type: ignore[attr-defined]
    return named


def _flat_claims(design: Design, spec: Regression, *, sampled: bool) -> list[Measure]:
    claims: list[Measure] = []
    if spec.family in ("gaussian", *EXPONENTIAL):

        @claim("Under a flat prior the mode is the MLE (largest difference in standard errors)")
        def flat_mode_is_mle(c: Any) -> Claim:
            errors = [c["default"].row("mle", "coef", term).std_error for term in design.terms]
            return at_most(np.max(np.abs(_values(c, "map") - _values(c, "mle")) / errors), CLOSE)

        claims.append(flat_mode_is_mle)
    if spec.family == "gaussian" and sampled:
        claims += [_student_interval_claim(design)]
    return claims


def _student_interval_claim(design: Design) -> Measure:
    @claim(
        "Under p(coef, sigma) ~ 1 / sigma the posterior's 95 % interval is Student's t interval "
        "(largest difference in Monte Carlo standard errors)"
    )
    def posterior_is_students_interval(c: Any) -> Claim:
        import arviz as az
        from scipy import stats

        theirs = reference.least_squares(design)
        draws = c["default"].panels["mcmc"].native["posterior"]["coef"].values
        worst = 0.0
        for probability in (0.025, 0.975):
            expected = theirs.coef + theirs.std_error * stats.t.ppf(probability, theirs.other["df"])
            for j, value in enumerate(expected):
                error = float(az.mcse(np.ascontiguousarray(draws[..., j]), method="quantile", prob=probability))
                found = float(np.quantile(draws[..., j], probability))
                worst = max(worst, _in_errors(found - value, error))
        return at_most(worst, _normal_bound(2 * len(theirs.coef)))

    return posterior_is_students_interval


def _in_errors(difference: float, error: float) -> float:
    """Return a difference in Monte Carlo errors; of draws that stand still these are zero, and of four unknown."""
    return abs(difference) / error if error > 0 else math.inf


def _normal_bound(comparisons: int) -> float:
    """The largest of so many standard normals stays below this, but for one time in 10 000."""
    from scipy import stats

    return float(stats.norm.isf(FALSE_ALARM / (2 * comparisons)))


def _penalty_claims(design: Design, spec: Regression) -> list[Measure]:
    claims: list[Measure] = []
    if spec.shape in PENALTIES:
        if reference_solves(spec):
            claims.append(_penalised_fit_claim(design, spec))
        if spec.family not in ("student", "laplace"):
            claims.append(_stationarity_claim(design, spec))
    if spec.shape in ("laplace", "elastic_net"):
        claims.append(_no_zeros_claim(design))
    if (spec.family, spec.shape) == ("gaussian", "normal"):
        claims.append(_posterior_mean_claim(design, spec))
    return claims


def reference_solves(spec: Regression) -> bool:
    """Whether scikit-learn solves this penalised regression with an unpenalised intercept."""
    if spec.family == "gaussian":
        return spec.shape in PENALTIES
    return spec.family in ("bernoulli", "poisson") and spec.shape == "normal"


def _penalised_fit_claim(design: Design, spec: Regression) -> Measure:
    name = {"normal": "ridge", "laplace": "lasso", "elastic_net": "elastic-net"}[spec.shape]
    at = " at the mode's sigma" if spec.measured and spec.prior != "ridge" else ""

    @claim(
        f"The mode is scikit-learn's {name} fit at the penalty that the prior implies{at} "
        "(largest difference of a standardised slope)"
    )
    def mode_is_the_penalised_fit(c: Any) -> Claim:
        sigma = _scalar(c, "map", spec) if spec.measured else None
        theirs = reference.penalised(design, spec, sigma)
        if theirs is None:
            return equal("no reference", "a reference")
        ours, other = (design.to_standardised(v) for v in (_values(c, "map"), theirs.coef))
        return at_most(np.max(np.abs(ours - other)[design.intercept :]), CLOSE)

    return mode_is_the_penalised_fit


def _stationarity_claim(design: Design, spec: Regression) -> Measure:
    @claim(
        "At the mode score and penalty balance: zero slope for the intercept, a subgradient of the "
        "penalty for each coefficient (largest imbalance, relative to the penalty's scale)"
    )
    def mode_balances_score_and_penalty(c: Any) -> Claim:
        other = _scalar(c, "map", spec)
        coef = _values(c, "map")
        gradient = reference.score(design, spec, coef, other)
        b = design.to_standardised(coef)[design.intercept :]
        noise = other / design.outcome_scale if spec.measured and other else 1.0
        width = spec.widths(design, other)
        l1 = {"normal": 0.0, "laplace": 1.0, "elastic_net": spec.l1_ratio}[spec.shape]
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
    def posterior_mean_is_never_zero(c: Any) -> Claim:
        zeros = int(np.sum(_values(c, "mcmc")[design.intercept :] == 0.0))
        return equal(float(zeros), 0.0)

    return posterior_mean_is_never_zero


def _posterior_mean_claim(design: Design, spec: Regression) -> Measure:
    says = (
        "Whatever sigma is, the slopes' posterior mean is the ridge fit"
        if spec.prior == "ridge"
        else "The slopes' posterior mean is that of a quadrature over sigma, given which all is normal"
    )

    @claim(f"{says} (largest difference in Monte Carlo standard errors)")
    def posterior_mean_is_exact(c: Any) -> Claim:
        import arviz as az

        if spec.prior == "ridge":
            theirs = reference.penalised(design, spec, None)
            if theirs is None:
                return equal("no reference", "a reference")
            expected = theirs.coef[design.intercept :]
        else:
            expected = reference.normal_posterior_mean(design, spec) * design.outcome_scale / design.scale
        draws = c["default"].panels["mcmc"].native["posterior"]["coef"].values[..., int(design.intercept) :]
        slopes = range(len(design.labels))
        errors = [float(az.mcse(np.ascontiguousarray(draws[..., j]))) for j in slopes]
        apart = [float(draws[..., j].mean() - expected[j]) for j in slopes]
        worst = max(map(_in_errors, apart, errors))
        return at_most(worst, _normal_bound(len(design.labels)))

    return posterior_mean_is_exact
