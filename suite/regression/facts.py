"""The priors of a regression in the user's own units, one for each parameter."""

from __future__ import annotations

from triptych.design.design import Design
from triptych.problem.told import Density
from triptych.regression.spec import PRIOR_DF, SLAB_SCALE, Regression

NAMES = {"normal": "Normal", "laplace": "Laplace", "student": f"Student_{PRIOR_DF:g}"}


def priors(design: Design, spec: Regression) -> tuple[Density, ...]:
    """Return the prior of each coefficient and of what else the likelihood has."""
    first = [Density("coef[Intercept]", "flat", "flat")] if design.intercept else []
    return (*first, *_slopes(design, spec), *_others(design, spec))


def _slopes(design: Design, spec: Regression) -> list[Density]:
    if spec.prior == "flat":
        return [Density(f"coef[{label}]", "flat", "flat") for label in design.labels]
    found = []
    noisy = spec.conditional or (spec.measured and spec.prior == "horseshoe")
    unit = (1.0 if noisy else design.outcome_scale) / design.scale
    slabs = SLAB_SCALE * design.outcome_scale / design.scale
    for label, scale, slab in zip(design.labels, spec.widths(design) * unit, slabs, strict=True):
        size = f"{scale:.4g}{' sigma' if noisy else ''}"
        if spec.prior == "horseshoe":
            text = f"regularised horseshoe(global scale {size}, slab scale {slab:.4g})"
            found.append(Density(f"coef[{label}]", "horseshoe", text, 0.0, None, noisy))
            continue
        text = (
            f"elastic net(0, {size}, Laplace share {spec.l1_ratio:g})"
            if spec.prior == "elastic_net"
            else f"{NAMES[spec.shape]}(0, {size})"
        )
        found.append(Density(f"coef[{label}]", spec.shape, text, 0.0, float(scale), noisy))
    return found


def _others(design: Design, spec: Regression) -> list[Density]:
    found = []
    if spec.measured and spec.prior == "flat":
        found.append(Density("sigma", "reciprocal", "1 / sigma"))
    elif spec.measured:
        spread = float(design.spread)
        found.append(Density("sigma", "exponential", f"Exponential(mean {spread:.4g})", None, spread))
    if spec.family == "negative_binomial":
        found.append(Density("alpha", "exponential", "Exponential(mean 1)", None, 1.0))
    if spec.family == "student" and spec.nu is None:
        found.append(Density("nu", "gamma", "2 + Gamma(shape 2, mean 20)", None, 20.0))
    elif spec.family == "student":
        found.append(Density("nu", "fixed", f"fixed at {spec.nu:g}"))
    return found
