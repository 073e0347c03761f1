"""A regression in words and mathematics, for the report."""

from __future__ import annotations

import numpy as np

from triptych.base.text import join_all, listed
from triptych.design.design import Design
from triptych.design.outcome import Kind
from triptych.regression.existence import Existence
from triptych.regression.regression import Regression

GOES_WITH_SIGMA = (
    " For measured outcomes its scale goes with sigma: the penalty does not depend on the noise, and slopes far from "
    "zero take sigma with them."
)
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
    return f"How does {outcome} depend on {join_all(names)}?"


EFFECT = {
    Kind.CLASSES: "the log-odds of {}",
    Kind.TRIALS: "the log-odds of {}",
    Kind.COUNTS: "the logarithm of the mean of {}",
    Kind.MEASUREMENT: "{}",
}


def about(design: Design, regression: Regression) -> str:
    """Say what the data are and what a coefficient means."""
    rows = f"{design.n} rows of a table."
    if not design.labels:
        return rows
    outcome = EFFECT[regression.likelihood.kind].format(_unquoted(design.outcome_name))
    return f"{rows} coef[x] is the change of {outcome} for one more unit of x, all other predictors held."


def _unquoted(name: str) -> str:
    """Leave out the backticks of a name that stands alone: a formula needs them, a sentence does not."""
    return name[1:-1] if name[0] == name[-1] == "`" and "`" not in name[1:-1] else name


def mathematics(design: Design, regression: Regression, *, standardize: bool) -> tuple[str, ...]:
    """The model as LaTeX lines."""
    lines = [regression.likelihood.formula]
    sized = regression.measured and standardize
    parts = [*(["a"] if design.intercept else []), *([r"\textstyle\sum_j b_j z_{ij}"] if design.labels else [])]
    linear = " + ".join(parts) or "0"
    if sized:
        linear = rf"s_y\,({linear})" if len(parts) > 1 else f"s_y {linear}"
    centre = r"\bar y + " if regression.measured and design.intercept else ""
    lines.append(rf"\eta_i = {centre}{linear}")
    if design.labels:
        top = r"x_{ij} - \bar x_j" if design.intercept else "x_{ij}"
        own = "s_y b_j" if sized else "b_j"
        scaled = rf"({top}) / s_j" if standardize else top
        lines.append(rf"z_{{ij}} = {scaled}, \quad \mathrm{{coef}}_j = {own}" + (" / s_j" if standardize else ""))
        lines.append(_prior_line(design, regression, sized=sized))
    if design.intercept:
        lines.append(r"p(a) \propto 1")
    if regression.measured and regression.slopes.flat:
        lines.append(r"p(\sigma) \propto 1/\sigma")
    elif regression.measured:
        lines.append(rf"\sigma \sim \mathrm{{Exponential}}(\mathrm{{mean}} = {design.spread:.4g})")
    return (*lines, *regression.likelihood.mathematics(regression))


def _prior_line(design: Design, regression: Regression, *, sized: bool) -> str:
    sigma = (r"\,\sigma / s_y" if sized else r"\,\sigma") if regression.measured else ""
    scale = regression.scale(design)
    width = f"{scale:.4g}{sigma if regression.conditional else ''}"
    if np.any(regression.relative(design) != 1.0):
        width = rf"{scale:.4g}\,s_y / s_j"
    return regression.slopes.line(width, scale, sigma, regression)


def why(design: Design, regression: Regression, found: Existence, *, standardize: bool) -> tuple[str, ...]:
    """Why the panels differ, as far as they have estimates, and the conventions behind the numbers."""
    maximum = found.mle_exists("coef") and found.mle_exists("sigma")
    posterior = found.no_posterior is None
    paragraphs = [regression.likelihood.why] if posterior and (maximum or not regression.measured) else []
    if design.labels:
        decided = not regression.slopes.flat or (maximum and posterior)
        said = regression.slopes.why + (GOES_WITH_SIGMA if regression.conditional else "")
        paragraphs.append(said if decided else UNDECIDED_WHY)
    paragraphs.append(_scale_note(design, regression, standardize))
    if regression.components(design) is not None:
        paragraphs.append(NEARLY_DEPENDENT_WHY)
    return (*paragraphs, *found.notes)


def _scale_note(design: Design, regression: Regression, standardize: bool) -> str:
    end = "Coefficients are reported on the user's own scale."
    end += " The intercept is never penalised." if design.intercept else ""
    if not design.labels:
        scaled = standardize and regression.measured
        return f"The outcome is centred and divided by its standard deviation (n - 1). {end}" if scaled else end
    centred = "centred" if design.intercept else "not centred (there is no intercept)"
    if standardize:
        outcome = ", and so is the outcome" if regression.measured else ""
        first = (
            f"Predictors, dummies too, are divided by their standard deviation (n - 1) and {centred}"
            f"{outcome}; the prior is on that scale"
        )
    else:
        treated = (
            "centred but not rescaled" if design.intercept else "neither centred (there is no intercept) nor rescaled"
        )
        first = f"Predictors are {treated}; the prior is on the user's own scale"
    if np.any(regression.relative(design) != 1.0):
        first += f", with scale {regression.scale(design):.4g} sd(y) / sd(x) for each"
    elif not regression.slopes.flat:
        first += f", with scale {regression.scale(design):.4g}"
        first += ", times sigma" if regression.measured and regression.slopes.times_sigma else ""
    return f"{first}. {end}"


def source(design: Design) -> str:
    """Where problem and data come from."""
    return (
        f"A table with {design.n} complete rows; the formula is {design.formula.strip()}; "
        f"the coefficients are {listed(design.terms, 12)}."
    )
