"""The backend for what JAX cannot translate: PyTensor's own gradients, compiled by numba."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from triptych.engine import accumulated_rounding
from triptych.engine.backend import Arrays
from triptych.engine.differences import difference_hessian, difference_jacobian
from triptych.graph.graph import Graph


class NumbaBackend:
    """PyTensor's own gradients; Hessians and Jacobians by central differences of exact functions."""

    name = "numba"
    mode = "NUMBA"  # how PyTensor compiles
    second_derivatives = "differences"
    smooth: Arrays = ((), 0.0, ())
    samples_itself = False
    traced = None

    def __init__(self, graph: Graph) -> None:
        import pytensor
        import pytensor.tensor as pt
        from pytensor.graph.replace import clone_replace

        absolute = {t: pt.abs(u) for t, u in zip(graph.t, graph.kinks, strict=True)}
        terms = clone_replace(list(graph.likelihood.values()), absolute)
        prior, jacobian = clone_replace([graph.prior, graph.jacobian], absolute)
        weights = [term.type(name=f"w{i}") for i, term in enumerate(terms)]
        total = pt.add(0.0, *[(w * term).sum() for w, term in zip(weights, terms, strict=True)])
        grads = [
            pt.grad(part, graph.z, disconnected_inputs="ignore", return_disconnected="zero")
            for part in (total, prior, jacobian)
        ]
        inputs = [graph.z, *weights, *graph.data.values()]

        def compiled(given: list[Any], outputs: list[Any]) -> Any:
            return pytensor.function(given, outputs, mode=self.mode, on_unused_input="ignore")

        self._inputs, self._total, self._prior, self._natural = inputs, total, prior, list(graph.natural)
        self._all = compiled(inputs, [total, prior, jacobian, *grads])
        self._pointwise = compiled([graph.z, *graph.data.values()], list(terms))
        self._natural_values = compiled([graph.z, *graph.data.values()], [*graph.natural, *graph.derived])

    def on_device(self, arrays: Arrays) -> Arrays:
        return arrays

    def sums(self, weights: Arrays, data: Arrays) -> Arrays:
        del weights, data
        return ()

    def sampled_in_a_thread(
        self, size: int, weights: Arrays, data: Arrays, sums: Arrays
    ) -> Callable[[np.ndarray], np.ndarray]:
        del size, sums
        return lambda z: self.sampled(z, weights, data)

    def value(self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays = ()) -> np.ndarray:
        del corner
        return np.asarray(self._all(z, *weights, *data)[:2], dtype=float)

    def derivatives(
        self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        value, gradient = self.slopes(z, weights, data, corner)
        hessian = difference_hessian(lambda at: self.slopes(at, weights, data, corner)[1], z)
        return value, gradient, hessian

    def slopes(self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays) -> tuple[np.ndarray, np.ndarray]:
        del corner
        out = self._all(z, *weights, *data)
        return np.asarray(out[:2], dtype=float), np.stack(out[3:5])

    def rounding(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        return accumulated_rounding.UNIT * np.array([f(z, *weights, *data, 0.0) for f in self._marked])

    @cached_property
    def _marked(self) -> list[Any]:
        """Return functions of what :meth:`value` takes and the probe, one of each part; compiling does not pay."""
        import pytensor
        import pytensor.tensor as pt
        from pytensor.compile.mode import Mode
        from pytensor.graph.fg import FunctionGraph
        from pytensor.graph.rewriting.utils import rewrite_graph

        made = []
        for part in (self._total, self._prior):
            given = [*self._inputs, accumulated_rounding.new_probe()]
            graph = FunctionGraph(inputs=given, outputs=[part, *self._natural], clone=True)
            rewrite_graph(graph, include=("canonicalize", "stabilize", "specialize"), exclude=("cxx_only",))
            accumulated_rounding.mark(graph, 1)
            moved = pt.grad(
                graph.outputs[0], graph.inputs[-1], disconnected_inputs="ignore", return_disconnected="zero"
            )
            made.append(pytensor.function(graph.inputs, moved, mode=Mode("py", None), on_unused_input="ignore"))
        return made

    def kinks(self, z: np.ndarray, weights: Arrays, data: Arrays) -> tuple[np.ndarray, ...]:
        del weights, data
        return np.zeros(0), np.zeros((0, z.size)), np.zeros((2, 0))

    def kink_arguments(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        del z, data
        return []

    def pointwise(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        return [np.asarray(x) for x in self._pointwise(z, *data)]

    def natural_values(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        return [np.asarray(x) for x in self._natural_values(z, *data)]

    def natural_values_many(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        rows = [self._natural_values(row, *data) for row in z]
        return [np.stack(column) for column in zip(*rows, strict=True)]

    def pointwise_many(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        rows = [self.pointwise(row, data) for row in z]
        weights = tuple(np.zeros_like(term) for term in rows[0]) if rows else ()
        prior = [self.value(row, weights, data)[1] for row in z]
        return [*(np.stack(column) for column in zip(*rows, strict=True)), np.array(prior)]

    def natural_jacobian(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        return difference_jacobian(lambda at: self._natural_values(at, *data), z)

    def natural_curvature(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        h = np.finfo(float).eps ** 0.25
        ends = zip(
            self.natural_values(z + h, data),
            self.natural_values(z, data),
            self.natural_values(z - h, data),
            strict=True,
        )
        return [(up - 2 * here + down) / h**2 for up, here, down in ends]

    def pointwise_jacobian(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        return difference_jacobian(lambda at: self._pointwise(at, *data), z)

    def sampled(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        out = self._all(z, *weights, *data)
        return np.concatenate([[out[0] + out[1] + out[2]], out[3] + out[4] + out[5]])

    def sampled_hessian(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        return np.asarray(difference_hessian(lambda at: self.sampled(at, weights, data)[None, 1:], z)[0])
