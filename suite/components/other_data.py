"""Whether an exchange of components leaves every term of the likelihood as it is, whatever was observed.

Equal counts in two groups look as if the groups could be exchanged, where one term holds them all. Other data are
drawn from the model's own distribution of what is observed; a potential that is a sum is looked at before it is
summed up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from triptych.components.exchange import Exchange
from triptych.engine.engine import Engine
from triptych.sampling.forward_mode import forward_mode

SAME = 1e-9
DRAWN = 3  # other data sets at each point


def same_under_other_data(engine: Engine, group: Exchange, points: Sequence[np.ndarray]) -> bool:
    """Return whether exchanging the first component with any other changes no term under other data."""
    terms = _Terms(engine)
    rng = np.random.default_rng(13)
    for z in points:
        data = [list(engine.observed.values()), *(terms.drawn(z, rng) for _ in range(DRAWN))]
        for other in range(1, group.size):
            moved = group.swapped(z, 0, other)
            if not all(_alike(terms.at(z, observed), terms.at(moved, observed)) for observed in data):
                return False
    return True


def _alike(here: np.ndarray, there: np.ndarray) -> bool:
    both = np.isfinite(here) & np.isfinite(there)
    return bool(np.all(np.abs(here - there)[both] <= SAME * (1 + np.abs(here[both]))))


class _Terms:
    """The terms of the likelihood as functions of the coordinates and of what is observed."""

    def __init__(self, engine: Engine) -> None:
        import pytensor
        from pytensor.graph.replace import clone_replace
        from pytensor.tensor import constant

        model = engine.model
        self.engine, self.observed = engine, list(engine.observed.values())
        self.values = [model.rvs_to_values[rv] for rv in model.free_RVs]
        start = model.initial_point()
        self.shapes = [np.shape(start[value.name]) for value in self.values]
        observed = [model.rvs_to_values[rv] for rv in model.observed_RVs]
        moved = [p for p in model.potentials if p.name in engine.graph.likelihood]
        symbols = [value.type(name=f"other_{rv.name}") for value, rv in zip(observed, model.observed_RVs, strict=True)]
        held = {shared: constant(engine.data[name]) for name, shared in engine.graph.shared.items()}
        terms = list(model.logp(vars=model.observed_RVs, jacobian=False, sum=False)) if observed else []
        terms += [part for p in model.replace_rvs_by_values(moved) for part in _summands(p)]
        terms = clone_replace(terms, dict(zip(observed, symbols, strict=True)), rebuild_strict=False)
        terms = clone_replace(terms, held, rebuild_strict=False)
        plain = pytensor.compile.mode.Mode("py", None)  # for a few points nothing is worth compiling
        self._terms = pytensor.function([*self.values, *symbols], terms, mode=plain, on_unused_input="ignore")
        self._draw = self._sampler(held)

    def at(self, z: np.ndarray, observed: Sequence[np.ndarray]) -> np.ndarray:
        """Return all terms as one vector."""
        parts = [z[b.slice].reshape(shape) for b, shape in zip(self.engine.blocks, self.shapes, strict=True)]
        parts = [part.astype(value.dtype) for part, value in zip(parts, self.values, strict=True)]
        with np.errstate(all="ignore"):
            return np.concatenate([np.ravel(t) for t in self._terms(*parts, *observed)])

    def drawn(self, z: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
        """Return other data: drawn from the model at a point, or what was observed in another order, jittered."""
        from pymc.exceptions import TruncationError

        if self._draw is not None:
            shown = self.engine.natural_values(z)
            for generator in self._generators:
                generator.set_value(np.random.default_rng(rng.integers(2**32)), borrow=True)
            try:
                found = self._draw(*(shown[b.variable.name] for b in self.engine.blocks))
            except (ValueError, NotImplementedError, TypeError, TruncationError):  # no data at this point
                found = self.observed
            shapes = [np.shape(values) for values in self.observed]
            if [np.shape(values) for values in found] == shapes:
                return [np.asarray(a, dtype=b.dtype) for a, b in zip(found, self.observed, strict=True)]
        return [_shuffled(values, rng) for values in self.observed]

    def _sampler(self, held: dict[Any, Any]) -> Any:
        """Compile draws of what is observed, given the free variables; None where PyMC cannot draw."""
        import pytensor
        from pytensor.compile.sharedvalue import SharedVariable
        from pytensor.graph.replace import clone_replace
        from pytensor.graph.traversal import ancestors
        from pytensor.tensor.random.type import RandomType

        model = self.engine.model
        self._generators: list[Any] = []
        if not model.observed_RVs:
            return None
        free = {rv: rv.type(name=rv.name) for rv in model.free_RVs}
        own = {}
        for v in ancestors(model.observed_RVs):
            if isinstance(v, SharedVariable) and isinstance(v.type, RandomType):
                own[v] = pytensor.shared(np.random.default_rng(0))
        self._generators = list(own.values())
        try:
            rvs = clone_replace(list(model.observed_RVs), {**free, **own, **held}, rebuild_strict=False)
            return pytensor.function(list(free.values()), rvs, mode=forward_mode(), on_unused_input="ignore")
        except (NotImplementedError, ValueError, TypeError):
            return None


def _summands(variable: Any) -> list[Any]:
    """Return what a potential adds up, before it is added up."""
    from pytensor.scalar.basic import Add
    from pytensor.tensor.elemwise import CAReduce, Elemwise

    node = variable.owner
    if node is not None and isinstance(node.op, CAReduce) and isinstance(node.op.scalar_op, Add):
        return _summands(node.inputs[0])
    if node is not None and variable.ndim == 0 and isinstance(node.op, Elemwise) and isinstance(node.op.scalar_op, Add):
        return [part for one in node.inputs for part in _summands(one)]
    return [variable]


def _shuffled(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return data in another order, and between the values that were observed where they are continuous."""
    flat = rng.permutation(np.ravel(values))
    if np.issubdtype(flat.dtype, np.floating) and flat.size > 1:
        flat = 0.7 * flat + 0.3 * rng.permutation(flat)
    return np.asarray(flat.reshape(np.shape(values)), dtype=np.asarray(values).dtype)
