"""One model, compiled once: its log-likelihood, log-prior and their derivatives, for any data and weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import ModelError
from triptych.base.options import nearest
from triptych.base.text import join, listed
from triptych.engine.backend import Backend
from triptych.engine.choose_backend import Three, make_backend
from triptych.engine.once import Kept
from triptych.graph.graph import Block, Graph, Variable, build_graph
from triptych.graph.refusals import refuse

if TYPE_CHECKING:
    import pymc as pm

LIKELIHOOD = np.array([1.0, 0.0])
POSTERIOR = np.array([1.0, 1.0])
KINKS_KEPT = 3  # points at which kinks are kept: the last one, where its step leads, and where that is put on a kink


@dataclass(frozen=True)
class Engine:
    """A compiled model with one data set.

    All methods work on ``z``, the flat vector of PyMC's unconstrained coordinates, without the
    Jacobian of the transforms: a maximum in ``z`` is then the maximum in the natural parameters.

    Attributes
    ----------
    graph
        The pieces of the model.
    backend
        The compiled functions, shared by every engine made with :meth:`with_data` or
        :meth:`with_weights`.
    note
        Why the backend is not the plain one; empty when it is.
    kept_for_model
        What was computed once for this model whatever its data.
    kept
        What was computed once for this model, these data and weights.
    """

    graph: Graph
    backend: Backend
    note: str
    data: dict[str, Any]
    weights: dict[str, np.ndarray]
    kept_for_model: Kept = field(default_factory=Kept, repr=False)
    kept: Kept = field(default_factory=Kept, init=False, repr=False)
    _derivatives: list[tuple[np.ndarray, Three]] = field(default_factory=list, init=False, repr=False)
    _cornered: list[tuple[np.ndarray, Any, Three]] = field(default_factory=list, init=False, repr=False)
    _kinks: list[tuple[np.ndarray, tuple[np.ndarray, ...]]] = field(default_factory=list, init=False, repr=False)

    def __repr__(self) -> str:
        return f"<Engine of {join([block.variable.name for block in self.blocks])}>"

    @classmethod
    def build(cls, model: pm.Model, *, likelihood: tuple[str, ...] = ()) -> Engine:
        """Compile a model.

        Parameters
        ----------
        model
            Any PyMC model with continuous free variables and at least one likelihood term.
        likelihood
            Names of potentials that count as likelihood rather than as prior.

        Raises
        ------
        ModelError
            When the model cannot be solved, before anything is compiled.
        """
        import pytensor

        refuse(model, likelihood)
        try:
            # PyTensor would record where each node was made, which takes a sixth of the time and is never shown.
            with pytensor.config.change_flags(traceback__limit=0):
                graph = build_graph(model, likelihood)
        except NotImplementedError as error:
            names = ", ".join(rv.name for rv in model.observed_RVs)
            raise ModelError(f"a log-density is missing (observed: {names}): {error}") from error
        data = {name: np.asarray(shared.get_value()) for name, shared in graph.shared.items()}
        backend, note, at_start = make_backend(graph, tuple(data.values()))
        weights = _unit_weights(graph, backend, data)
        _refuse_impossible(graph, backend, data, weights)
        engine = cls(graph, backend, note, data, weights)
        if at_start is not None:
            engine._keep(graph.start, at_start)
        return engine

    @property
    def model(self) -> pm.Model:
        """The PyMC model this engine was built from."""
        model: pm.Model = self.graph.model
        return model

    @cached_property
    def observed(self) -> dict[str, np.ndarray]:
        """Name of each observed variable to its values, in the data that the engine holds."""
        from pytensor.graph.replace import graph_replace
        from pytensor.tensor import constant

        held = {shared: constant(self.data[name]) for name, shared in self.graph.shared.items()}
        values = self.model.rvs_to_values
        return {
            rv.name: np.asarray(graph_replace(values[rv], held, strict=False).eval(mode="FAST_COMPILE"))
            for rv in self.model.observed_RVs
        }

    @property
    def size(self) -> int:
        """Number of unconstrained coordinates."""
        return int(self.graph.start.size)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The free variables in the order in which they stand in ``z``."""
        return self.graph.blocks

    @property
    def transformed(self) -> np.ndarray:
        """Which coordinates of ``z`` are logarithms or alike, because PyMC transforms their variable."""
        mask = np.zeros(self.size, dtype=bool)
        for block in self.blocks:
            mask[block.slice] = block.transform is not None
        return mask

    @property
    def in_order(self) -> bool:
        """Whether coordinates have to keep an order among them."""
        return False

    @property
    def unseen(self) -> dict[int, tuple[int | None, int | None]]:
        """Ordered values that the likelihood does not know: by position the next known ones below and above."""
        return {}

    def with_room(self, z: np.ndarray, held: np.ndarray) -> np.ndarray:
        """Return ``z`` such that the coordinates ``held`` may have their values: here they do not limit each other."""
        return z

    @property
    def variables(self) -> dict[str, Variable]:
        """Free variables and deterministics by name, in the order of :meth:`natural_values`."""
        free = [block.variable for block in self.graph.blocks]
        return {v.name: v for v in [*free, *self.graph.deterministics]}

    @property
    def shown_size(self) -> int:
        """Number of scalars of all free variables and deterministics."""
        return sum(variable.size for variable in self.variables.values())

    def with_data(self, **arrays: Any) -> Engine:
        """Return an engine on new data, of any length, without compiling the model again.

        Raises
        ------
        ModelError
            When the model has no such data, or a parameter's shape depends on their length.
        """
        if unknown := sorted(set(arrays) - set(self.data)):
            raise ModelError(f"the model has no data named {listed(unknown)}; {nearest(unknown[0], self.data)}")
        new = {name: np.asarray(arrays.get(name, old), dtype=old.dtype) for name, old in self.data.items()}
        try:
            weights = _unit_weights(self.graph, self.backend, new)
            engine = replace(self, data=new, weights=weights)
            shapes = [np.shape(x) for x in engine.backend.natural_values(self.graph.start, tuple(new.values()))]
        except (ValueError, TypeError) as error:
            raise ModelError(f"the new data do not fit the model: {error}") from error
        expected = [block.variable.shape for block in self.blocks]
        if shapes[: len(expected)] != expected:
            raise ModelError("a free variable has the length of the data; build the engine again")
        return engine

    def with_weights(self, weights: Mapping[str, Any]) -> Engine:
        """Return an engine whose log-likelihood terms are weighted (0 leaves a term out)."""
        new = dict(self.weights)
        for name, value in weights.items():
            if name not in new:
                raise ModelError(f"no observed variable {name!r}; the model has {sorted(new)}")
            new[name] = np.broadcast_to(np.asarray(value, dtype=float), new[name].shape).copy()
        return replace(self, weights=new)

    def value(self, z: np.ndarray, corner: Any = ()) -> np.ndarray:
        """Return ``[log-likelihood, log-prior]``."""
        return self.backend.value(z, self.device_weights, self.device_data, corner)

    def derivatives(self, z: np.ndarray, corner: Any = None) -> Three:
        """Return both parts with gradients ``(2, p)`` and Hessians ``(2, p, p)``; none of them is to be changed."""
        if corner is not None:
            return self._at_corner(z, corner)
        # MLE and MAP start at the same point, and their results need the derivatives at the maximum just reached.
        for at, found in self._derivatives:
            if np.array_equal(at, z):
                return found
        return self._keep(z, self.backend.derivatives(z, self.device_weights, self.device_data, self.backend.smooth))

    def _at_corner(self, z: np.ndarray, corner: Any) -> Three:
        """Return derivatives with kinks rounded or left for a side; those at the last two points are kept."""
        for at, its_corner, found in self._cornered:
            if np.array_equal(at, z) and _same_corner(its_corner, corner):
                return found
        found = self.backend.derivatives(z, self.device_weights, self.device_data, corner)
        for array in found:
            array.setflags(write=False)
        self._cornered[:] = [*self._cornered[-1:], (z.copy(), corner, found)]
        return found

    def _keep(self, z: np.ndarray, found: Three) -> Three:
        """Keep the derivatives at a point; those at the first point and the previous one stay, all others go."""
        for array in found:
            array.setflags(write=False)
        self._derivatives[1:] = [*self._derivatives[1:][-1:], (z.copy(), found)]
        return found

    def slopes(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return both parts with gradients ``(2, p)``."""
        return self.backend.slopes(z, self.device_weights, self.device_data, self.backend.smooth)

    def rounding(self, z: np.ndarray) -> np.ndarray:
        """Return to first order how far both parts may be off because each step of their computation rounds, ``(2,)``.

        Zero where the backend does not know it.
        """
        return self.backend.rounding(z, self.device_weights, self.device_data)

    def kinks(self, z: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the kinks' arguments, their Jacobian, and the parts' derivative by ``|u|``; none is to be changed."""
        if not self.graph.t:
            return np.zeros(0), np.zeros((0, z.size)), np.zeros((2, 0))
        # Each step of an ascent along kinks asks for those of the point several times.
        for at, found in self._kinks:
            if np.array_equal(at, z):
                return found
        found = self.backend.kinks(z, self.device_weights, self.device_data)
        for array in found:
            array.setflags(write=False)
        self._kinks[:] = [*self._kinks[1 - KINKS_KEPT :], (z.copy(), found)]
        return found

    def kink_arguments(self, z: np.ndarray) -> list[np.ndarray]:
        """Return the kinks' arguments in their own shapes; empty when the model has none."""
        return self.backend.kink_arguments(z, self.device_data)

    def pointwise(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Return the unweighted log-likelihood terms of each observed variable."""
        return dict(zip(self.graph.likelihood, self.backend.pointwise(z, self.device_data), strict=True))

    def pointwise_many(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Return the log-likelihood terms for each row of ``z``."""
        return self.densities_many(z)[0]

    def densities_many(self, z: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return the log-likelihood terms for each row of ``z``, and the log-prior, ``(rows,)``."""
        *terms, prior = self.backend.pointwise_many(z, self.device_data)
        return dict(zip(self.graph.likelihood, terms, strict=True)), prior

    def pointwise_jacobian(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Return the derivative of the log-likelihood terms by ``z``."""
        rows = self.backend.pointwise_jacobian(z, self.device_data)
        return dict(zip(self.graph.likelihood, rows, strict=True))

    def natural_values(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Return free variables and deterministics on their natural scale."""
        return dict(zip(self.variables, self.backend.natural_values(z, self.device_data), strict=True))

    def natural_values_many(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Return the same for each row of ``z``."""
        return dict(zip(self.variables, self.backend.natural_values_many(z, self.device_data), strict=True))

    def natural_jacobian(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Return the derivative of each shown variable by ``z``, natural shape by ``p``."""
        return dict(zip(self.variables, self.backend.natural_jacobian(z, self.device_data), strict=True))

    def natural_curvature(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Return the second derivative of each shown variable when all coordinates move together."""
        return dict(zip(self.variables, self.backend.natural_curvature(z, self.device_data), strict=True))

    def sampled(self, z: np.ndarray) -> np.ndarray:
        """Return the log-density with Jacobian, and its gradient, as the sampler sees them: shape ``(1 + p,)``."""
        return self.backend.sampled(z, self.device_weights, self.device_data)

    def sampled_hessian(self, z: np.ndarray) -> np.ndarray:
        """Return the Hessian of the log-density with Jacobian, shape ``(p, p)``."""
        return self.backend.sampled_hessian(z, self.device_weights, self.device_data)

    def density(self) -> Callable[[np.ndarray], np.ndarray]:
        """Return what :meth:`sampled` computes, made ready for many calls: by sums over the rows where they suffice.

        What is returned is for one thread.
        """
        return self.backend.sampled_in_a_thread(self.size, self.device_weights, self.device_data, self.sums)

    @cached_property
    def sums(self) -> tuple[Any, ...]:
        """What stands for the rows of each term while it is sampled; empty where the rows are needed."""
        return self.backend.sums(self.device_weights, self.device_data)

    @cached_property
    def device_weights(self) -> tuple[Any, ...]:
        """Weights in the order of the likelihood's terms, where the backend wants them."""
        return self.backend.on_device(tuple(self.weights.values()))

    @cached_property
    def device_data(self) -> tuple[Any, ...]:
        """Data in the order of the graph's inputs, where the backend wants them."""
        return self.backend.on_device(tuple(self.data.values()))


def _same_corner(one: Any, other: Any) -> bool:
    """Whether kinks are rounded alike and left for the same sides."""
    (eps, smooth, signs), (other_eps, other_smooth, other_signs) = one, other
    return smooth == other_smooth and all(
        np.array_equal(a, b) for a, b in zip([*eps, *signs], [*other_eps, *other_signs], strict=True)
    )


def _unit_weights(graph: Graph, backend: Backend, data: dict[str, Any]) -> dict[str, np.ndarray]:
    terms = backend.pointwise(graph.start, tuple(data.values()))
    return {name: np.ones(term.shape) for name, term in zip(graph.likelihood, terms, strict=True)}


def _refuse_impossible(graph: Graph, backend: Backend, data: dict[str, Any], weights: dict[str, np.ndarray]) -> None:
    """Raise when an observation has density zero, or none, wherever the parameters are."""
    rng = np.random.default_rng(0)
    values = tuple(data.values())
    never = [np.ones(w.shape, dtype=bool) for w in weights.values()]
    infinite = [np.zeros(w.shape, dtype=bool) for w in weights.values()]
    for scale in (0.0, *np.linspace(0.2, 3.0, 19), *np.linspace(3.5, 12.0, 30)):
        z = graph.start + scale * rng.standard_normal(graph.start.size)
        found = backend.pointwise(z, values)
        never = [bad & ~np.isfinite(terms) for bad, terms in zip(never, found, strict=True)]
        infinite = [bad & (over | (terms == np.inf)) for bad, over, terms in zip(never, infinite, found, strict=True)]
        if not any(np.any(bad) for bad in never):
            return
    name, bad, over = next((n, b, i) for n, b, i in zip(graph.likelihood, never, infinite, strict=True) if b.any())
    count = int(bad.sum())
    are = f"s of {name!r} are" if count > 1 else f" of {name!r} is"
    begins = f"{count} log-likelihood term{are} not finite whatever the parameters"
    if np.any(over):
        which = ", ".join(map(str, np.argwhere(over)[0])) or "0"
        raise ModelError(
            f"{begins}: the density at observation {which} is infinite where it is not zero, which says nothing about "
            "the parameters; leave out the observation, or use the chance of the interval that was rounded to it, as "
            "pm.Censored does"
        )
    raise ModelError(
        f"{begins}: look for missing values among its inputs and for observations outside the support of its "
        "distribution"
    )
