"""A regression in words and mathematics, for the report."""

from __future__ import annotations

import numpy as np

from triptych.design.columns import listed
from triptych.design.design import Design
from triptych.regression.existence import Existence
from triptych.regression.spec import PRIOR_DF, SLAB_DF, SLAB_SCALE, Regression

LIKELIHOOD = {
    "gaussian": r"y_i \sim \mathrm{Normal}(\eta_i, \sigma)",
    "student": r"y_i \sim \mathrm{Student}_{\nu}(\eta_i, \sigma)",
    "laplace": r"y_i \sim \mathrm{Laplace}(\eta_i, \sigma)",
    "bernoulli": r"y_i \sim \mathrm{Bernoulli}(p_i), \quad \mathrm{logit}\, p_i = \eta_i",
    "binomial": r"y_i \sim \mathrm{Binomial}(m_i, p_i), \quad \mathrm{logit}\, p_i = \eta_i",
    "poisson": r"y_i \sim \mathrm{Poisson}(e^{\eta_i})",
    "negative_binomial": r"y_i \sim \mathrm{NegativeBinomial}(\mu_i, \alpha), \quad \mu_i = e^{\eta_i}, \quad "
    r"\mathrm{Var}\, y_i = \mu_i + \mu_i^2 / \alpha",
}

FAMILY_WHY = {
    "gaussian": "Maximum likelihood divides the residual sum of squares by n and so makes sigma a "
    "little too small; the posterior carries the uncertainty about sigma into every coefficient.",
    "student": "Student errors let single rows lie far off at little cost, so no row can pull the "
    "fit as least squares would let it.",
    "laplace": "Laplace errors make maximum likelihood the median regression. Its objective has "
    "corners at rows fitted exactly, where curvature says nothing about uncertainty.",
    "bernoulli": "On the logit scale the likelihood is skewed, so mode and mean of the posterior "
    "differ, most with few rows or probabilities near 0 or 1.",
    "binomial": "On the logit scale the likelihood is skewed, so mode and mean of the posterior "
    "differ, most with few trials or probabilities near 0 or 1.",
    "poisson": "Counts carry more information the larger they are; with small ones the likelihood "
    "is skewed and mode and mean of the posterior differ.",
    "negative_binomial": "alpha measures how far counts vary beyond Poisson (large: hardly). Its "
    "likelihood is long-tailed, so its mode and mean may differ much.",
}

GOES_WITH_SIGMA = (
    " For measured outcomes its scale goes with sigma: the penalty does not depend on the noise, and slopes far from "
    "zero take sigma with them."
)
PRIOR_WHY = {
    "flat": "The slopes have a flat prior: mode and MLE coincide where the prior touches nothing "
    "else, and what is left between the panels is integration.",
    "normal": "The normal prior pulls the slopes, taken together, towards zero: its mode is that of the likelihood "
    "with a penalty on the sum of their squares, as in ridge regression.",
    "laplace": "The Laplace prior has a corner at zero: its mode can set slopes to exactly zero, as "
    "the lasso does, while posterior means and medians never do.",
    "ridge": "The normal prior of ridge regression pulls the slopes, taken together, towards zero: its mode is that of "
    "the likelihood with a penalty on the sum of their squares.",
    "lasso": "The Laplace prior of the lasso has a corner at zero: its mode can set slopes to exactly zero, while "
    "posterior means and medians never do.",
    "elastic_net": "Part lasso, part ridge: the mode can set slopes to zero, yet correlated "
    "predictors share their weight.",
    "student": "The Student prior pulls small slopes towards zero and leaves large ones alone; its "
    "density may have several modes.",
    "horseshoe": "The regularised horseshoe pulls most slopes hard towards zero and lets a few go. "
    "Read its posterior: the mode depends on how its many scales are written.",
}

UNDECIDED_WHY = "The slopes have a flat prior: what the likelihood leaves open nothing else decides."

NEARLY_DEPENDENT_WHY = (
    "The predictors nearly depend on each other: the estimates are computed along their principal "
    "components, which changes no answer but keeps its digits."
)


def question(design: Design) -> str:
    """``How does y depend on x1 and x2?``."""
    outcome, *names = (_unquoted(name) for name in (design.outcome_name, *design.predictors))
    if not names or not design.labels:
        return f"What is {outcome} on average?"
    if len(names) > 6:
        names = [*names[:6], f"{len(names) - 6} more"]
    joined = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
    return f"How does {outcome} depend on {joined}?"


def _unquoted(name: str) -> str:
    """Leave out the backticks of a name that stands alone: a formula needs them, a sentence does not."""
    return name[1:-1] if name[0] == name[-1] == "`" and "`" not in name[1:-1] else name


def mathematics(design: Design, spec: Regression, *, standardize: bool) -> tuple[str, ...]:
    """The model as LaTeX lines."""
    lines = [LIKELIHOOD[spec.family]]
    sized = spec.measured and standardize
    parts = [*(["a"] if design.intercept else []), *([r"\textstyle\sum_j b_j z_{ij}"] if design.labels else [])]
    linear = " + ".join(parts) or "0"
    if sized:
        linear = rf"s_y\,({linear})" if len(parts) > 1 else f"s_y {linear}"
    centre = r"\bar y + " if spec.measured and design.intercept else ""
    lines.append(rf"\eta_i = {centre}{linear}")
    if design.labels:
        top = r"x_{ij} - \bar x_j" if design.intercept else "x_{ij}"
        own = "s_y b_j" if sized else "b_j"
        scaled = rf"({top}) / s_j" if standardize else top
        lines.append(rf"z_{{ij}} = {scaled}, \quad \mathrm{{coef}}_j = {own}" + (" / s_j" if standardize else ""))
        lines.append(_prior_line(design, spec, sized=sized))
    if design.intercept:
        lines.append(r"p(a) \propto 1")
    if spec.measured and spec.prior == "flat":
        lines.append(r"p(\sigma) \propto 1/\sigma")
    elif spec.measured:
        lines.append(rf"\sigma \sim \mathrm{{Exponential}}(\mathrm{{mean}} = {design.spread:.4g})")
    if spec.family == "negative_binomial":
        lines.append(r"\alpha \sim \mathrm{Exponential}(1)")
    if spec.family == "student":
        nu = r"\nu - 2 \sim \mathrm{Gamma}(2, 0.1)" if spec.nu is None else rf"\nu = {spec.nu:g}"
        lines.append(nu)
    return tuple(lines)


def _prior_line(design: Design, spec: Regression, *, sized: bool) -> str:
    sigma = r"\,\sigma / s_y" if sized else r"\,\sigma"
    noise = sigma if spec.conditional else ""
    width = f"{spec.scale(design):.4g}{noise}"
    if np.any(spec.relative(design) != 1.0):
        width = rf"{spec.scale(design):.4g}\,s_y / s_j"
    return {
        "flat": r"p(b_j) \propto 1",
        "normal": rf"b_j \sim \mathrm{{Normal}}(0, {width})",
        "laplace": rf"b_j \sim \mathrm{{Laplace}}(0, {width})",
        "student": rf"b_j \sim \mathrm{{Student}}_{{{PRIOR_DF:g}}}(0, {width})",
        "elastic_net": rf"-\log p(b_j) = {spec.l1_ratio:g}\,|u_j| + {(1 - spec.l1_ratio) / 2:g}\,"
        rf"u_j^2, \quad u_j = b_j / ({width})",
        "horseshoe": rf"b_j \sim \mathrm{{Normal}}(0, c\,t_j/\sqrt{{c^2 + t_j^2}}), \quad t_j = "
        rf"{spec.scale(design):.4g}\,\tau\lambda_j"
        + (sigma if spec.measured else "")
        + rf",\quad \tau, \lambda_j \sim C^+(0, 1), \quad c^2 \sim {SLAB_SCALE**2:g}\,"
        rf"\mathrm{{InvGamma}}({SLAB_DF / 2:g}, {SLAB_DF / 2:g})",
    }[spec.shape]


def why(design: Design, spec: Regression, found: Existence, *, standardize: bool) -> tuple[str, ...]:
    """Why the panels differ, as far as they have estimates, and the conventions behind the numbers."""
    maximum = found.mle_exists("coef") and found.mle_exists("sigma")
    posterior = found.no_posterior is None
    paragraphs = [FAMILY_WHY[spec.family]] if posterior and (maximum or not spec.measured) else []
    if design.labels:
        decided = spec.prior != "flat" or (maximum and posterior)
        said = PRIOR_WHY[spec.prior] + (GOES_WITH_SIGMA if spec.conditional else "")
        paragraphs.append(said if decided else UNDECIDED_WHY)
    paragraphs.append(_scale_note(design, spec, standardize))
    if spec.components(design) is not None:
        paragraphs.append(NEARLY_DEPENDENT_WHY)
    return (*paragraphs, *found.notes)


def _scale_note(design: Design, spec: Regression, standardize: bool) -> str:
    end = "Coefficients are reported on the user's own scale."
    end += " The intercept is never penalised." if design.intercept else ""
    if not design.labels:
        scaled = standardize and spec.measured
        return f"The outcome is centred and divided by its standard deviation (n - 1). {end}" if scaled else end
    centred = "centred" if design.intercept else "not centred (there is no intercept)"
    if standardize:
        outcome = ", and so is the outcome" if spec.measured else ""
        first = (
            f"Predictors, dummies too, are divided by their standard deviation (n - 1) and {centred}"
            f"{outcome}; the prior is on that scale"
        )
    else:
        treated = (
            "centred but not rescaled" if design.intercept else "neither centred (there is no intercept) nor rescaled"
        )
        first = f"Predictors are {treated}; the prior is on the user's own scale"
    if np.any(spec.relative(design) != 1.0):
        first += f", with scale {spec.scale(design):.4g} sd(y) / sd(x) for each"
    elif spec.prior != "flat":
        first += f", with scale {spec.scale(design):.4g}"
        first += ", times sigma" if spec.conditional or (spec.measured and spec.prior == "horseshoe") else ""
    return f"{first}. {end}"


def source(design: Design) -> str:
    """Where problem and data come from."""
    return (
        f"A table with {design.n} complete rows; the formula is {design.formula.strip()}; "
        f"the coefficients are {listed(design.terms, 12)}."
    )
