"""The priors of a regression in the user's own units, one for each parameter."""

from __future__ import annotations

from triptych.design.design import Design
from triptych.problem.told import Density
from triptych.regression.regression import Regression


def priors(design: Design, regression: Regression) -> tuple[Density, ...]:
    """Return the prior of each coefficient and of what else the likelihood has."""
    first = [Density("coef[Intercept]", "flat", "flat", coefficient=True)] if design.intercept else []
    return (*first, *_slopes(design, regression), *_others(design, regression))


def _slopes(design: Design, regression: Regression) -> list[Density]:
    if regression.slopes.flat:
        return [Density(f"coef[{label}]", "flat", "flat", coefficient=True) for label in design.labels]
    found = []
    noisy = regression.measured and regression.slopes.times_sigma
    slabs = design.outcome_scale / design.scale
    unit = (1.0 if noisy else design.outcome_scale) / design.scale
    for label, scale, slab in zip(design.labels, regression.widths(design) * unit, slabs, strict=True):
        size = f"{scale:.4g}{' sigma' if noisy else ''}"
        text = regression.slopes.text(size, slab, regression)
        single = None if regression.slopes.hierarchical else float(scale)
        found.append(Density(f"coef[{label}]", regression.shape, text, 0.0, single, noisy, coefficient=True))
    return found


def _others(design: Design, regression: Regression) -> list[Density]:
    found = []
    if regression.measured and regression.slopes.flat:
        found.append(Density("sigma", "reciprocal", "1 / sigma"))
    elif regression.measured:
        spread = float(design.spread)
        found.append(Density("sigma", "exponential", f"Exponential(mean {spread:.4g})", None, spread))
    return [*found, *regression.likelihood.priors(regression)]
