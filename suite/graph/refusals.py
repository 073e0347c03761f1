"""What cannot be solved, said before anything is compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import ModelError
from triptych.base.options import nearest
from triptych.base.text import cited

if TYPE_CHECKING:
    import pymc as pm


def refuse(model: pm.Model, likelihood: tuple[str, ...] = ()) -> None:
    """Raise if the three panels cannot be computed for this model.

    Parameters
    ----------
    model
        Any PyMC model.
    likelihood
        Names of potentials that count as likelihood.

    Raises
    ------
    ModelError
        Naming the variable and the remedy.
    """
    _refuse_names(model)
    potentials = {potential.name for potential in model.potentials}
    if unknown := set(likelihood) - potentials:
        raise ModelError(
            f"likelihood={sorted(unknown)} names no potential of the model; {nearest(min(unknown), sorted(potentials))}"
        )
    for rv in model.free_RVs:
        if rv.name.endswith("_unobserved"):
            raise ModelError(
                f"the observed variable {rv.name.removesuffix('_unobserved')!r} has missing values; "
                "drop those rows or fill them in before building the model"
            )
        if rv.type.dtype not in ("float64", "float32"):
            raise ModelError(
                f"the free variable {rv.name!r} is discrete ({rv.type.dtype}); marginalise it, for "
                "example with pm.Mixture, so that the likelihood depends on continuous parameters only"
            )
    if not model.free_RVs:
        raise ModelError(
            "the model has no continuous free variable, so there is nothing to estimate from what is observed"
        )
    if not model.observed_RVs and not likelihood:
        named = f"; its potentials are {', '.join(sorted(potentials))}" if potentials else ""
        raise ModelError(
            "the model has no observed variable, so it has no likelihood; pass observed= to one of "
            f"its variables, or name a potential in likelihood=(...){named}"
        )
    for rv in model.observed_RVs:
        if "Simulator" in type(rv.owner.op).__name__:
            raise ModelError(
                f"the observed variable {rv.name!r} is simulated and has no likelihood; write its density with "
                "pm.CustomDist or a pm.Potential"
            )
        _refuse_values(rv.name, model.rvs_to_values[rv])
    for variable in model.data_vars:
        _refuse_values(variable.name, variable)


def _refuse_names(model: pm.Model) -> None:
    """Refuse names under which results could not be kept: paths to ArviZ, axes of the draws, or no text."""
    variables = [*model.free_RVs, *model.observed_RVs, *model.deterministics]
    named = [v.name for v in variables]
    dims = {str(dim) for given in model.named_vars_to_dims.values() for dim in given if dim is not None}
    labels = [str(label) for dim in dims for label in model.coords.get(dim) or ()]
    for kind, names in (("dimension", sorted(dims)), ("variable", named), ("label", labels)):
        for name in names:
            if kind != "label" and ("/" in name or name in (".", "..", "")):
                remedy = f"rename it, for example {name.replace('/', ' per ').strip('.') or 'level'!r}"
                raise ModelError(f"the {kind} {cited(name)} has a name that ArviZ takes for a path; {remedy}")
            if not name.isascii() and any("\ud800" <= c <= "\udfff" for c in name):
                raise ModelError(
                    f"the {kind} {cited(name)} is no Unicode text (it was not decoded as UTF-8); rename it"
                )
    axes = {f"{v.name}_dim_{k}" for v in variables for k in range(v.ndim)}
    if clash := sorted({"chain", "draw", *axes, *dims} & set(named)):
        raise ModelError(f"the variable {clash[0]!r} has the name of an axis along which draws are kept; rename it")


def _refuse_values(name: str, variable: Any) -> None:
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.basic import Constant

    if isinstance(variable, Constant):
        values = np.asarray(variable.data)
    elif isinstance(variable, SharedVariable):
        values = np.asarray(variable.get_value(borrow=True))
    else:
        return
    if not np.issubdtype(values.dtype, np.floating):
        return
    if bad := int(np.sum(~np.isfinite(values))):
        raise ModelError(
            f"the data of {name!r} have {bad} value{'s' if bad > 1 else ''} that are missing or "
            "infinite; drop those rows or fill them in before building the model"
        )
