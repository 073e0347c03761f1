"""Normal likelihoods of a linear mean, found in a model's graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from triptych.graph.rewrites import kind_of

if TYPE_CHECKING:
    import pymc as pm


@dataclass(frozen=True)
class Linear:
    """A normal likelihood: its mean as a function of ``parts`` and the data alone, linear in the parts.

    ``inputs`` stand for the parts in ``mean``; the parts, and ``sigma``, are functions of ``z`` and the data.
    """

    inputs: tuple[Any, ...]
    parts: tuple[Any, ...]
    mean: Any
    sigma: Any
    observed: Any


def normal_parts(model: pm.Model) -> dict[str, list[Any]]:
    """Return mean, sigma and values of each observed variable that is normal with one sigma."""
    from pytensor.tensor.random.basic import NormalRV

    found = {}
    for rv in model.observed_RVs:
        if isinstance(rv.owner.op, NormalRV):
            mean, sigma = model.replace_rvs_by_values(rv.owner.op.dist_params(rv.owner))
            if all(sigma.type.broadcastable):
                found[rv.name] = [mean, sigma, model.rvs_to_values[rv]]
    return found


def linear(mean: Any, sigma: Any, observed: Any, z: Any) -> Linear | None:
    """Return a normal likelihood with its mean as a linear function of parts; None when there are no such parts."""
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.replace import clone_replace
    from pytensor.graph.traversal import ancestors, toposort

    above = [mean, sigma, observed]
    moving = {z}
    for node in toposort(above):
        if not moving.isdisjoint(node.inputs):
            moving.update(node.outputs)
    if observed in moving or any(isinstance(v, SharedVariable) for v in ancestors(above)):
        return None
    parts = tuple(dict.fromkeys(_parts(mean, moving)))
    if not parts or mean in parts:
        return None
    inputs = tuple(part.type() for part in parts)
    return Linear(inputs, parts, clone_replace(mean, dict(zip(parts, inputs, strict=True))), sigma, observed)


def _parts(variable: Any, moving: set[Any]) -> list[Any]:
    """Follow a mean through sums and known factors to the variables that a matrix multiplies or an index selects."""
    if variable not in moving:
        return []
    node = variable.owner
    upon = [i for i in node.inputs if i in moving] if node is not None else []
    kind = kind_of(node) or type(getattr(node.op, "core_op", node.op)).__name__ if node is not None else ""
    scaled = (kind == "Mul" and len(upon) == 1) or (kind == "TrueDiv" and upon == [node.inputs[0]])
    if kind in ("Add", "Sub", "Neg", "DimShuffle") or scaled:
        return [part for i in upon for part in _parts(i, moving)]
    product = kind in ("Dot", "MatMul") and len(upon) == 1
    chosen = kind in ("AdvancedSubtensor", "AdvancedSubtensor1") and upon == [node.inputs[0]]
    return upon if product or chosen else [variable]
