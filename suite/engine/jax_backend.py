"""The backend that XLA compiles: exact gradients and Hessians."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

import numpy as np

from triptych.engine import (
    accumulated_rounding,
    gamma_derivatives,
    jax_translation,
    rounded_corners,
    sums_of_squares,
)
from triptych.engine.backend import Arrays, Traced
from triptych.engine.differences import difference_hessian
from triptych.engine.fingerprint import UnknownOperation, fingerprint
from triptych.engine.jax_translation import configure, jaxify, jaxify_marked
from triptych.engine.programs import Program, Programs, device, source_digest
from triptych.engine.rounded_corners import rounded_corner
from triptych.engine.sums_of_squares import Gram
from triptych.graph.graph import Graph

ALIGNED = 8  # XLA reads memory without a copy only at multiples of 8 numbers (64 bytes)
AT_ONCE = 400_000  # rows times directions of a Hessian computed together; more do not fit the processor's cache


class JaxBackend:
    """XLA-compiled objective with exact gradients and Hessians."""

    name = "jax"
    samples_itself = True

    def __init__(self, graph: Graph) -> None:
        import jax
        import jax.numpy as jnp
        from pytensor.graph.traversal import ancestors

        configure()
        self.second_derivatives = "exact"
        self._jax, self._np = jax, jnp
        inputs = list(graph.data.values())
        self._pieces = {
            "objective": ([graph.z, *graph.t, *inputs], [*graph.likelihood.values(), graph.prior, graph.jacobian]),
            "arguments": ([graph.z, *inputs], list(graph.kinks)),
            "show": ([graph.z, *inputs], [*graph.natural, *graph.derived]),
        }
        self._graph = graph
        self._grams = [Gram(graph.linear[n], graph, jaxify) if n in graph.linear else None for n in graph.likelihood]
        self._bent = [not set(graph.t).isdisjoint(ancestors([term])) for term in graph.likelihood.values()]
        self._kinked = bool(graph.t)
        self.smooth: Arrays = ((), 0.0, ())
        self._program = Programs(self._key())

    def _key(self) -> str | None:
        """Return a key that identifies the programs of this graph; None where the graph has no fingerprint."""
        try:
            own = [fingerprint(*piece) for piece in self._pieces.values()]
            grams = [gram and [fingerprint(*piece) for piece in gram.pieces.values()] for gram in self._grams]
            return f"{own} {grams} {_own_source()}"
        except UnknownOperation:
            return None

    # The translation from PyTensor is made only when a program is not in the cache.

    @cached_property
    def _objective(self) -> Callable[..., Any]:
        return self._inlined("objective")

    @cached_property
    def _arguments(self) -> Callable[..., Any]:
        return self._inlined("arguments") if self._kinked else lambda *_: ()

    @cached_property
    def _show(self) -> Callable[..., Any]:
        return self._inlined("show")

    def _inlined(self, piece: str) -> Callable[..., Any]:
        inlined: Callable[..., Any] = self._jax.jit(jaxify(*self._pieces[piece]), inline=True)
        return inlined

    def _two(self, z: Any, t: Arrays, weights: Arrays, data: Arrays, sums: Arrays = ()) -> tuple[Any, Any]:
        *terms, prior, _ = self._objective(z, *t, *data)
        return self._likelihood(z, terms, weights, data, sums), prior

    def _likelihood(self, z: Any, terms: list[Any], weights: Arrays, data: Arrays, sums: Arrays) -> Any:
        """Return the weighted sum of the terms, of each from its sums where these are given."""
        return sum(
            self._np.sum(w * term) if gram is None or known is None else gram.density(z, data, known)
            for gram, term, w, known in zip(self._grams, terms, weights, sums or [None] * len(terms), strict=True)
        )

    def _parts(self, z: Any, t: Arrays, weights: Arrays, data: Arrays, sums: Arrays = ()) -> Any:
        return self._np.stack(self._two(z, t, weights, data, sums))

    def _sizes(self, z: Any, data: Arrays) -> Arrays:
        return tuple(self._np.abs(u) for u in self._arguments(z, *data))

    def _plain(self, z: Any, weights: Arrays, data: Arrays) -> Any:
        return self._parts(z, self._sizes(z, data), weights, data)

    def _rounded(self, z: Any, data: Arrays, corner: Arrays) -> Arrays:
        """Return ``t = s u`` where a sign is given and ``sqrt(u^2 + eps^2)`` (or 0) elsewhere."""
        eps, smooth, signs = corner
        if not signs:
            return self._sizes(z, data)
        us = self._arguments(z, *data)
        size = rounded_corner()
        return tuple(size(u, s, (1 - self._np.abs(s)) * smooth, e) for s, e, u in zip(signs, eps, us, strict=True))

    def _cornered(self, z: Any, weights: Arrays, data: Arrays, corner: Arrays) -> Any:
        return self._parts(z, self._rounded(z, data, corner), weights, data)

    def value(self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays = ()) -> np.ndarray:
        if corner:
            return np.asarray(self._program("cornered", self._cornered)(z, weights, data, corner))
        return np.asarray(self._program("value", self._plain)(z, weights, data))

    def derivatives(
        self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        jax, exact = self._jax, self.second_derivatives == "exact"

        def three(z: Any, *rest: Any) -> Any:
            def gradient(at: Any) -> Any:
                g, v = self._both(at, *rest)
                return g, (g, v)

            together = max(1, AT_ONCE // max(1, sum(w.size for w in weights)))
            if together >= z.size:
                hessian, (gradients, value) = jax.jacfwd(gradient, has_aux=True)(z)
                return value, gradients, hessian
            gradients, push, (_, value) = jax.linearize(gradient, z, has_aux=True)
            columns = jax.lax.map(push, self._np.eye(z.size), batch_size=together)
            return value, gradients, self._np.moveaxis(columns, 0, -1)

        if exact:
            out = self._program("three", three)(z, weights, data, corner)
            return np.asarray(out[0]), np.asarray(out[1]), np.asarray(out[2])
        value, gradient = self.slopes(z, weights, data, corner)
        hessian = difference_hessian(lambda at: self.slopes(at, weights, data, corner)[1], z)
        return value, gradient, hessian

    def slopes(self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays) -> tuple[np.ndarray, np.ndarray]:
        gradient, value = self._program("both", self._both)(z, weights, data, corner)
        return np.asarray(value), np.asarray(gradient)

    def _both(self, z: Any, weights: Arrays, data: Arrays, corner: Arrays) -> Any:
        """Return the gradients of both parts, and the parts.

        Each gradient is taken by itself: side by side, the prior's would go through all the rows as well.
        """

        def part(which: int) -> Any:
            return self._jax.grad(lambda at: self._two(at, self._rounded(at, data, corner), weights, data)[which])(z)

        return self._np.stack([part(0), part(1)]), self._cornered(z, weights, data, corner)

    def rounding(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        def both(z: Any, weights: Arrays, data: Arrays) -> Any:
            likelihood, prior = self._marked()

            def total(probe: Any) -> Any:
                terms = likelihood(z, *data, probe)
                return sum(self._np.sum(w * term) for w, term in zip(weights, terms, strict=True))

            slopes = self._jax.grad(total)(0.0), self._jax.grad(lambda probe: prior(z, *data, probe)[0])(0.0)
            return self._np.stack(slopes)

        return accumulated_rounding.UNIT * np.asarray(self._program("rounding", both)(z, weights, data))

    def _marked(self) -> list[Callable[..., Any]]:
        """Return the terms of the likelihood and the prior as functions whose derivatives tell of rounding."""
        from pytensor.graph.replace import clone_replace
        from pytensor.tensor import abs as size

        graph = self._graph
        absolute = {t: size(u) for t, u in zip(graph.t, graph.kinks, strict=True)}
        *terms, prior = clone_replace([*graph.likelihood.values(), graph.prior], absolute)
        given, natural = [graph.z, *graph.data.values()], list(graph.natural)
        return [jaxify_marked(given, wanted, natural) for wanted in (terms, [prior])]

    def kinks(self, z: np.ndarray, weights: Arrays, data: Arrays) -> tuple[np.ndarray, ...]:
        jax, jnp = self._jax, self._np

        def flat(z: Any, data: Arrays) -> Any:
            return jnp.concatenate([jnp.ravel(u) for u in self._arguments(z, *data)])

        def all_three(z: Any, weights: Arrays, data: Arrays) -> Any:
            t = tuple(jnp.abs(u) for u in self._arguments(z, *data))
            by_t = jax.jacrev(lambda t: self._parts(z, t, weights, data))(t)
            slope = jnp.concatenate([d.reshape(2, -1) for d in by_t], axis=1)
            return flat(z, data), jax.jacfwd(flat)(z, data), slope

        return tuple(np.asarray(x) for x in self._program("kinks", all_three)(z, weights, data))

    def kink_arguments(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        if not self._kinked:
            return []
        run = self._program("arguments", lambda z, data: self._arguments(z, *data))
        return [np.asarray(u) for u in run(z, data)]

    def _terms(self, z: Any, data: Arrays) -> Any:
        return self._terms_and_prior(z, data)[:-1]

    def _terms_and_prior(self, z: Any, data: Arrays) -> Any:
        t = tuple(self._np.abs(u) for u in self._arguments(z, *data))
        return self._objective(z, *t, *data)[:-1]

    def _natural_values(self, z: Any, data: Arrays) -> Any:
        return self._show(z, *data)

    def pointwise(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        return [np.asarray(x) for x in self._program("pointwise", self._terms)(z, data)]

    def natural_values(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        return [np.asarray(x) for x in self._program("shown", self._natural_values)(z, data)]

    def natural_values_many(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        run = self._program("shown_many", self._jax.vmap(self._natural_values, in_axes=(0, None)))
        return [np.asarray(x) for x in run(z, data)]

    def pointwise_many(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        run = self._program("pointwise_many", self._jax.vmap(self._terms_and_prior, in_axes=(0, None)))
        return [np.asarray(x) for x in run(z, data)]

    def natural_jacobian(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        run = self._program("shown_jacobian", self._jax.jacfwd(self._natural_values))
        return [np.asarray(x) for x in run(z, data)]

    def natural_curvature(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        jax = self._jax

        def second(z: Any, data: Arrays) -> Any:
            return jax.jacfwd(jax.jacfwd(lambda t: self._natural_values(z + t, data)))(0.0)

        return [np.asarray(x) for x in self._program("shown_curvature", second)(z, data)]

    def pointwise_jacobian(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        run = self._program("pointwise_jacobian", self._jax.jacfwd(self._terms))
        return [np.asarray(x) for x in run(z, data)]

    def sampled(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        return np.asarray(self._program("sampled", self._sampled)(z, weights, data, ()))

    def sampled_hessian(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        if self.second_derivatives != "exact":
            return np.asarray(difference_hessian(lambda at: self.sampled(at, weights, data)[None, 1:], z)[0])
        curved = self._jax.jacfwd(lambda z, weights, data: self._sampled(z, weights, data, ())[1:])
        return np.asarray(self._program("sampled_hessian", curved)(z, weights, data))

    def on_device(self, arrays: Arrays) -> Arrays:
        # Handing NumPy arrays to XLA copies them at every call; device arrays are passed as they are.
        return tuple(self._np.asarray(a) for a in arrays)

    def sums(self, weights: Arrays, data: Arrays) -> Arrays:
        found = [gram and gram.sums(w, data) for gram, w in zip(self._grams, weights, strict=True)]
        there: Arrays = self._jax.device_put(tuple(found)) if any(found) else ()
        return there

    def sampled_in_a_thread(
        self, size: int, weights: Arrays, data: Arrays, sums: Arrays
    ) -> Callable[[np.ndarray], np.ndarray]:
        place, held = _shared(size)
        run = self._program("sampled", self._sampled)
        if isinstance(run, Program):
            run = run.compiled(held, weights, data, sums)

        def density(z: np.ndarray) -> np.ndarray:
            place[:] = z
            return np.asarray(run(held, weights, data, sums))

        return density

    def _sampled(self, z: Any, weights: Arrays, data: Arrays, sums: Arrays) -> Any:
        """Return the log-density and its gradient; no sums stands for none of any term."""
        value, gradient = self._jax.value_and_grad(self._density)(z, weights, data, sums)
        return self._np.concatenate([value[None], gradient])

    def _density(self, z: Any, weights: Arrays, data: Arrays, sums: Arrays = (), eps: Arrays = ()) -> Any:
        """Return the log-density with Jacobian; with ``eps`` each corner is rounded to ``sqrt(u^2 + eps^2)``."""
        jnp = self._np
        us = self._arguments(z, *data)
        t = tuple(jnp.sqrt(u * u + e * e) for u, e in zip(us, eps, strict=True)) if eps else tuple(map(jnp.abs, us))
        *terms, prior, jacobian = self._objective(z, *t, *data)
        return self._likelihood(z, terms, weights, data, sums) + prior + jacobian

    def _factors(self, weights: Arrays, data: Arrays) -> Arrays:
        """Return what stands for the rows of each term in a traced program; None where the rows do."""
        found = (
            None if gram is None or bent else gram.factor(w, data)
            for gram, bent, w in zip(self._grams, self._bent, weights, strict=True)
        )
        return tuple(found)

    @property
    def traced(self) -> Traced:
        """The functions of one data set, for programs that compute many data sets at once."""
        return Traced(
            self._parts, self._factors, self._arguments, self._density, self._natural_values, self._terms, self._program
        )  # fmt: skip


@cache
def _own_source() -> str:
    """Return the part of a program's key that changes with this translation to JAX."""
    return source_digest(
        sys.modules[__name__],
        jax_translation,
        accumulated_rounding,
        gamma_derivatives,
        rounded_corners,
        sums_of_squares,
    )


def _shared(size: int) -> tuple[np.ndarray, Any]:
    """Return a vector, and what hands its present content to a program.

    Where JAX can view the memory itself it reads there what was written last; making an array of its own at each call
    would take a fifth of a small program's time.
    """
    import jax

    room = np.zeros(size + ALIGNED)
    skipped = (-room.ctypes.data // room.itemsize) % ALIGNED
    place = room[skipped : skipped + size]
    held = jax.dlpack.from_dlpack(place)
    seen = held.unsafe_buffer_pointer() == place.ctypes.data and held.devices() == {device()}
    return place, held if seen else place
