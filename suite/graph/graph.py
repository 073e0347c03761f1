"""A PyMC model taken apart: log-likelihood terms, log-prior terms, and how its parameters are laid out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.graph.normal_terms import Linear, linear, normal_parts
from triptych.graph.rewrites import in_double_precision, kind_of, ready_to_differentiate, rebuilt

if TYPE_CHECKING:
    import pymc as pm


@dataclass(frozen=True)
class Variable:
    """A free variable or a deterministic: its name, natural shape, and the labels of its scalars."""

    name: str
    shape: tuple[int, ...]
    labels: tuple[str, ...]

    @property
    def size(self) -> int:
        """Number of scalars."""
        return int(np.prod(self.shape))

    @property
    def names(self) -> list[str]:
        """Names of the scalars: ``beta[GNP]``, or ``sigma`` where there is no label."""
        return [f"{self.name}[{label}]" if label else self.name for label in self.labels]


@dataclass(frozen=True)
class Block:
    """A free variable's place in the flat unconstrained vector ``z``."""

    variable: Variable
    start: int
    stop: int
    transform: str | None

    @property
    def slice(self) -> slice:
        """Positions in ``z``."""
        return slice(self.start, self.stop)

    @property
    def simplex(self) -> bool:
        """Whether its scalars are shares of one."""
        return "Simplex" in (self.transform or "")


@dataclass(frozen=True)
class Graph:
    """Symbolic pieces of one model, all functions of ``z``, the data, and the kinks ``t``.

    ``likelihood`` has one entry per observed variable (and per potential moved there), each an
    array of log-density terms. The inputs ``t`` replace every absolute value ``|u|`` that depends on
    the parameters, so that a solver can treat its corner exactly; ``kinks`` holds the ``u``.
    ``fenced`` says that a potential of the prior excludes parameters by minus infinity.
    """

    model: Any
    z: Any
    data: dict[str, Any]
    shared: dict[str, Any]
    t: tuple[Any, ...]
    likelihood: dict[str, Any]
    linear: dict[str, Linear]
    prior: Any
    jacobian: Any
    kinks: tuple[Any, ...]
    natural: tuple[Any, ...]
    derived: tuple[Any, ...]
    blocks: tuple[Block, ...]
    deterministics: tuple[Variable, ...]
    known: tuple[str, ...]
    potentials_in_prior: tuple[str, ...]
    fenced: bool
    start: np.ndarray


def build_graph(model: pm.Model, likelihood: tuple[str, ...] = ()) -> Graph:
    """Split a model's graph into its pieces.

    Parameters
    ----------
    model
        A model that :func:`triptych.graph.refusals.refuse` lets pass.
    likelihood
        Names of potentials that count as likelihood; the others count as prior.
    """
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.replace import clone_replace
    from pytensor.graph.traversal import ancestors

    moved = [p for p in model.potentials if p.name in likelihood]
    kept = [p for p in model.potentials if p.name not in likelihood]
    asked = [*model.observed_RVs, *moved, *model.free_RVs, *kept]
    densities = model.logp(vars=asked, jacobian=False, sum=False)
    count, free = len(model.observed_RVs) + len(moved), len(model.free_RVs)
    terms, priors, plain = densities[:count], densities[count:], densities[count : count + free]
    full = model.logp(vars=model.free_RVs, jacobian=True, sum=False)
    values = [model.rvs_to_values[rv] for rv in model.free_RVs]
    shown = model.replace_rvs_by_values([*model.free_RVs, *model.deterministics])
    known_terms = set(ancestors(terms))
    known = tuple(rv.name for rv, value in zip(model.free_RVs, values, strict=True) if value in known_terms)

    z, parts, start, spans = coordinates(model, values)
    total_prior = _total(priors)
    jacobian = _total(full) - _total(plain)
    outputs = ready_to_differentiate([*terms, total_prior, jacobian, *shown])
    shared = [v for v in ancestors(outputs) if isinstance(v, SharedVariable)]
    shared = [v for v in shared if not _is_random_state(v)]
    inputs = {_data_name(v, model, i): v for i, v in enumerate(shared)}
    symbols = {name: v.type(name=name) for name, v in inputs.items()}
    replacements = {**parts, **{inputs[n]: s for n, s in symbols.items()}}
    outputs = clone_replace(outputs, replacements)
    objective, shown = outputs[: count + 2], outputs[count + 2 :]
    objective, kinks, t = _lift_kinks(objective, z)
    names = [rv.name for rv in model.observed_RVs] + [p.name for p in moved]

    variables = _variables(model, shown, z, symbols, inputs, start)
    blocks = tuple(
        Block(variable, *span, type(tr).__name__ if (tr := model.rvs_to_transforms.get(rv)) is not None else None)
        for rv, variable, span in zip(model.free_RVs, variables[:free], spans, strict=True)
    )
    return Graph(
        model=model,
        z=z,
        data=symbols,
        shared=inputs,
        t=t,
        likelihood=dict(zip(names, objective[:count], strict=True)),
        linear=_linear(model, z, replacements),
        prior=objective[count],
        jacobian=objective[count + 1],
        kinks=kinks,
        natural=tuple(shown[:free]),
        derived=tuple(shown[free:]),
        blocks=blocks,
        deterministics=tuple(variables[free:]),
        known=known,
        potentials_in_prior=tuple(p.name for p in kept),
        fenced=any(_fences(p) for p in kept),
        start=start,
    )


def _fences(potential: Any) -> bool:
    """Whether a potential may be minus infinity by design: written as such, or as the logarithm of a condition."""
    from pytensor.graph.traversal import ancestors

    for variable in ancestors([potential]):
        data, node = getattr(variable, "data", None), variable.owner
        if isinstance(data, np.ndarray | float) and np.any(np.isneginf(data)):
            return True
        if node is not None and kind_of(node) == "Log" and _takes_few_values(node.inputs[0]):
            return True
    return False


def _takes_few_values(variable: Any) -> bool:
    """Whether a variable is a condition, or is chosen by one among constants."""
    node = variable.owner
    if variable.dtype == "bool":
        return True
    if node is None:
        return bool(variable.type.dtype.startswith(("int", "uint")))
    if kind_of(node) in ("Cast", "DimShuffle", "Identity"):
        return _takes_few_values(node.inputs[0])
    return kind_of(node) == "Switch" and all(branch.owner is None for branch in node.inputs[1:])


def _linear(model: pm.Model, z: Any, replacements: dict[Any, Any]) -> dict[str, Linear]:
    """Return the normal likelihoods of a linear mean, in the graph's own inputs."""
    from pytensor.graph.replace import clone_replace

    found = {}
    for name, parts in normal_parts(model).items():
        mean, sigma, observed = clone_replace(rebuilt(parts, in_double_precision), replacements)
        if (one := linear(mean, sigma, observed, z)) is not None:
            found[name] = one
    return found


def coordinates(model: pm.Model, values: list[Any]) -> tuple[Any, dict[Any, Any], np.ndarray, list[tuple[int, int]]]:
    """Return the symbol ``z``, each value variable as a slice of it, the start, and the blocks."""
    import pytensor.tensor as pt

    with warnings.catch_warnings():
        # PyTensor warns of slow compilation by its own compiler, which computes only this point.
        warnings.filterwarnings("ignore", message="PyTensor could not link to a BLAS", category=UserWarning)
        point = model.initial_point()
    start = [np.asarray(point[value.name], dtype=float) for value in values]
    ends = np.cumsum([0, *(s.size for s in start)])
    spans = [(int(begin), int(end)) for begin, end in pairwise(ends)]
    z = pt.TensorType("float64", shape=(int(ends[-1]),))("z")
    parts = {
        value: z[slice(*span)].reshape(s.shape).astype(value.dtype)
        for value, s, span in zip(values, start, spans, strict=True)
    }
    return z, parts, np.concatenate([s.ravel() for s in start]), spans


def _total(terms: list[Any]) -> Any:
    import pytensor.tensor as pt

    return pt.add(pt.constant(0.0), *[term.sum() for term in terms]) if terms else pt.constant(0.0)


def _is_random_state(variable: Any) -> bool:
    from pytensor.tensor.random.type import RandomType

    return isinstance(variable.type, RandomType)


def _data_name(variable: Any, model: pm.Model, position: int) -> str:
    return variable.name or f"shared_{position}"


def _lift_kinks(outputs: list[Any], z: Any) -> tuple[list[Any], tuple[Any, ...], tuple[Any, ...]]:
    """Replace each ``|u(z)|`` by a free input ``t`` and return the arguments ``u(z)`` beside them."""
    from pytensor.graph.replace import clone_replace
    from pytensor.graph.traversal import ancestors
    from pytensor.scalar.basic import Abs
    from pytensor.tensor.elemwise import Elemwise

    nodes = []
    for variable in ancestors(outputs):
        node = variable.owner
        if node is None or not isinstance(node.op, Elemwise) or not isinstance(node.op.scalar_op, Abs):
            continue
        if node not in nodes and z in set(ancestors([node.inputs[0]])):
            nodes.append(node)
    t = tuple(node.outputs[0].type(name=f"t{i}") for i, node in enumerate(nodes))
    lifted = clone_replace(outputs, {n.outputs[0]: s for n, s in zip(nodes, t, strict=True)})
    return list(lifted), tuple(node.inputs[0] for node in nodes), t


def _variables(
    model: pm.Model,
    shown: list[Any],
    z: Any,
    symbols: dict[str, Any],
    inputs: dict[str, Any],
    start: np.ndarray,
) -> list[Variable]:
    import pytensor

    values = [inputs[name].get_value() for name in symbols]
    shapes = pytensor.function(
        [z, *symbols.values()],
        [variable.shape for variable in shown],
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )(start, *values)
    named = [*model.free_RVs, *model.deterministics]
    return [
        Variable(rv.name, tuple(int(n) for n in shape), _labels(model, rv.name, shape))
        for rv, shape in zip(named, shapes, strict=True)
    ]


def _labels(model: pm.Model, name: str, shape: Any) -> tuple[str, ...]:
    if len(shape) == 0:
        return ("",)
    dims = model.named_vars_to_dims.get(name, (None,) * len(shape))
    axes = []
    for dim, length in zip(dims, shape, strict=True):
        labels = model.coords.get(dim) if dim is not None else None
        axes.append([str(v) for v in (labels if labels is not None else range(int(length)))])
    grid = np.meshgrid(*[np.arange(len(axis)) for axis in axes], indexing="ij")
    return tuple(
        ", ".join(axis[i] for axis, i in zip(axes, index, strict=True))
        for index in zip(*[g.ravel() for g in grid], strict=True)
    )
