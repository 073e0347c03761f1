"""Compiled functions of one graph: JAX where it can, numba with differenced gradients where not."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from triptych.graph import Graph

Arrays = tuple[Any, ...]


class Backend(Protocol):
    """What the engine asks of a backend; ``parts`` are ``[log-likelihood, log-prior]``."""

    name: str
    second_derivatives: str
    smooth: Arrays

    def term_shapes(self, z: np.ndarray, data: Arrays) -> list[tuple[int, ...]]:
        """Return the shape of each array of log-likelihood terms."""

    def kink_arguments(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return ``u`` with the shapes of the graph's kinks."""

    def value(self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays = ()) -> np.ndarray:
        """Return the parts, shape ``(2,)``; with a corner as in :meth:`derivatives`."""

    def derivatives(
        self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return parts ``(2,)``, gradients ``(2, p)`` and Hessians ``(2, p, p)``."""

    def kinks(self, z: np.ndarray, weights: Arrays, data: Arrays) -> tuple[np.ndarray, ...]:
        """Return ``u (k,)``, ``du/dz (k, p)`` and ``d parts / dt (2, k)`` at ``t = |u|``."""

    def pointwise(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the unweighted log-likelihood terms, one array per observed variable."""

    def shown(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the free variables and deterministics on their natural scale."""

    def shown_many(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the same for each row of ``z``, stacked along the first axis."""

    def pointwise_many(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the log-likelihood terms for each row of ``z``."""

    def shown_jacobian(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the derivative of each shown variable by ``z``."""

    def shown_curvature(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the second derivative of each shown variable along the diagonal direction."""

    def pointwise_jacobian(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the derivative of the log-likelihood terms by ``z``."""

    def sampled(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        """Return the log-density on the unconstrained scale and its gradient, ``(1 + p,)``."""


def make_backend(graph: Graph, data: Arrays) -> tuple[Backend, str]:
    """Return the backend for this graph and, when it is not the plain one, why.

    Distributions without a JAX translation or gradient run on numba; where only the second
    derivative is missing, central differences of the exact gradient replace it.
    """
    try:
        backend = JaxBackend(graph)
        weights = tuple(np.ones(shape) for shape in backend.term_shapes(graph.start, data))
        value, gradient, hessian = backend.derivatives(graph.start, weights, data, backend.smooth)
    except (NotImplementedError, TypeError, ValueError) as error:
        summary = str(error).strip().splitlines()[0][:160] if str(error).strip() else repr(error)
        return NumbaBackend(graph), (
            f"computed with numba and differences of the exact gradient, because JAX cannot: {summary}"
        )
    if np.all(np.isfinite(gradient)) and not np.all(np.isfinite(hessian)) and np.all(np.isfinite(value)):
        backend.second_derivatives = "differences"
        return backend, (
            "second derivatives are central differences of the exact gradient, because the "
            "distribution's own are not available"
        )
    return backend, ""


def difference_hessian(gradient: Callable[[np.ndarray], np.ndarray], z: np.ndarray) -> np.ndarray:
    """Central differences of a gradient ``(2, p)``, symmetrised: ``(2, p, p)``."""
    step = np.cbrt(np.finfo(float).eps) * np.maximum(1.0, np.abs(z))
    columns = []
    for j, h in enumerate(step):
        shift = np.zeros_like(z)
        shift[j] = h
        columns.append((gradient(z + shift) - gradient(z - shift)) / (2 * h))
    hessian = np.stack(columns, axis=-1)
    return np.asarray((hessian + np.swapaxes(hessian, -1, -2)) / 2)


class JaxBackend:
    """XLA-compiled objective with exact gradients and Hessians."""

    name = "jax"

    def __init__(self, graph: Graph) -> None:
        import jax
        import jax.numpy as jnp

        _configure()
        self.second_derivatives = "exact"
        self._jax, self._np = jax, jnp
        inputs = list(graph.data.values())
        terms = list(graph.likelihood.values())
        self._objective = _jaxify([graph.z, *graph.t, *inputs], [*terms, graph.prior, graph.jacobian])
        self._arguments = _jaxify([graph.z, *inputs], list(graph.kinks)) if graph.t else lambda *_: ()
        self._show = _jaxify([graph.z, *inputs], [*graph.natural, *graph.derived])
        self._kinked = bool(graph.t)
        self.smooth: Arrays = ((), 0.0, ())
        self._jitted: dict[str, Any] = {}

    def _parts(self, z: Any, t: Arrays, weights: Arrays, data: Arrays) -> Any:
        *terms, prior, _ = self._objective(z, *t, *data)
        total = sum(self._np.sum(w * term) for w, term in zip(weights, terms, strict=True))
        return self._np.stack([total, prior])

    def _plain(self, z: Any, weights: Arrays, data: Arrays) -> Any:
        t = tuple(self._np.abs(u) for u in self._arguments(z, *data))
        return self._parts(z, t, weights, data)

    def _cornered(self, z: Any, weights: Arrays, data: Arrays, corner: Arrays) -> Any:
        """Parts with ``t = s u`` where a sign is given and ``sqrt(u^2 + eps^2)`` (or 0) elsewhere."""
        eps, smooth, signs = corner
        us = self._arguments(z, *data)
        if not signs:
            return self._plain(z, weights, data)
        t = tuple(
            s * u + (1 - self._np.abs(s)) * smooth * self._np.sqrt(u * u + e * e)
            for s, e, u in zip(signs, eps, us, strict=True)
        )
        return self._parts(z, t, weights, data)

    def _jit(self, name: str, function: Callable[..., Any]) -> Any:
        if name not in self._jitted:
            self._jitted[name] = self._jax.jit(function)
        return self._jitted[name]

    def value(self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays = ()) -> np.ndarray:
        if corner:
            return np.asarray(self._jit("cornered", self._cornered)(z, weights, data, corner))
        return np.asarray(self._jit("value", self._plain)(z, weights, data))

    def derivatives(
        self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        jax, parts = self._jax, self._cornered
        exact = self.second_derivatives == "exact"

        def both(z: Any, *rest: Any) -> Any:
            return jax.jacrev(parts)(z, *rest), parts(z, *rest)

        def three(z: Any, *rest: Any) -> Any:
            def gradient(at: Any) -> Any:
                g, v = both(at, *rest)
                return g, (g, v)

            hessian, (gradients, value) = jax.jacfwd(gradient, has_aux=True)(z)
            return value, gradients, hessian

        if exact:
            out = self._jit("three", three)(z, weights, data, corner)
            return np.asarray(out[0]), np.asarray(out[1]), np.asarray(out[2])
        run = self._jit("both", both)
        gradient, value = run(z, weights, data, corner)
        hessian = difference_hessian(lambda at: np.asarray(run(at, weights, data, corner)[0]), z)
        return np.asarray(value), np.asarray(gradient), hessian

    def kinks(self, z: np.ndarray, weights: Arrays, data: Arrays) -> tuple[np.ndarray, ...]:
        jax, jnp = self._jax, self._np

        def flat(z: Any, data: Arrays) -> Any:
            return jnp.concatenate([jnp.ravel(u) for u in self._arguments(z, *data)])

        def all_three(z: Any, weights: Arrays, data: Arrays) -> Any:
            t = tuple(jnp.abs(u) for u in self._arguments(z, *data))
            by_t = jax.jacrev(lambda t: self._parts(z, t, weights, data))(t)
            slope = jnp.concatenate([d.reshape(2, -1) for d in by_t], axis=1)
            return flat(z, data), jax.jacfwd(flat)(z, data), slope

        return tuple(np.asarray(x) for x in self._jit("kinks", all_three)(z, weights, data))

    def kink_arguments(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        if not self._kinked:
            return []
        run = self._jit("arguments", lambda z, data: self._arguments(z, *data))
        return [np.asarray(u) for u in run(z, data)]

    def _terms(self, z: Any, data: Arrays) -> Any:
        t = tuple(self._np.abs(u) for u in self._arguments(z, *data))
        return self._objective(z, *t, *data)[:-2]

    def _shown(self, z: Any, data: Arrays) -> Any:
        return self._show(z, *data)

    def term_shapes(self, z: np.ndarray, data: Arrays) -> list[tuple[int, ...]]:
        return [tuple(x.shape) for x in self._jax.eval_shape(self._terms, z, data)]

    def pointwise(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        return [np.asarray(x) for x in self._jit("pointwise", self._terms)(z, data)]

    def shown(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        return [np.asarray(x) for x in self._jit("shown", self._shown)(z, data)]

    def shown_many(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        run = self._jit("shown_many", self._jax.vmap(self._shown, in_axes=(0, None)))
        return [np.asarray(x) for x in run(z, data)]

    def pointwise_many(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        run = self._jit("pointwise_many", self._jax.vmap(self._terms, in_axes=(0, None)))
        return [np.asarray(x) for x in run(z, data)]

    def shown_jacobian(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        run = self._jit("shown_jacobian", self._jax.jacfwd(self._shown))
        return [np.asarray(x) for x in run(z, data)]

    def shown_curvature(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        jax = self._jax

        def second(z: Any, data: Arrays) -> Any:
            return jax.jacfwd(jax.jacfwd(lambda t: self._shown(z + t, data)))(0.0)

        return [np.asarray(x) for x in self._jit("shown_curvature", second)(z, data)]

    def pointwise_jacobian(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        run = self._jit("pointwise_jacobian", self._jax.jacfwd(self._terms))
        return [np.asarray(x) for x in run(z, data)]

    def sampled(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        return np.asarray(self.sampled_function()(z, weights, data))

    def sampled_function(self) -> Any:
        """Return the jitted log-density with gradient that the sampler calls."""
        jax, jnp = self._jax, self._np

        def density(z: Any, weights: Arrays, data: Arrays) -> Any:
            t = tuple(jnp.abs(u) for u in self._arguments(z, *data))
            *terms, prior, jacobian = self._objective(z, *t, *data)
            total = sum(jnp.sum(w * term) for w, term in zip(weights, terms, strict=True))
            return total + prior + jacobian

        def packed(z: Any, weights: Arrays, data: Arrays) -> Any:
            value, gradient = jax.value_and_grad(density)(z, weights, data)
            return jnp.concatenate([value[None], gradient])

        return self._jit("sampled", packed)


class NumbaBackend:
    """PyTensor's own gradients; Hessians and Jacobians by central differences of exact functions."""

    name = "numba"
    second_derivatives = "differences"
    smooth: Arrays = ((), 0.0, ())

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
            return pytensor.function(given, outputs, mode="NUMBA", on_unused_input="ignore")

        self._all = compiled(inputs, [total, prior, jacobian, *grads])
        self._pointwise = compiled([graph.z, *graph.data.values()], list(terms))
        self._shown = compiled([graph.z, *graph.data.values()], [*graph.natural, *graph.derived])

    def _gradient(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        return np.stack(self._all(z, *weights, *data)[3:5])

    def value(self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays = ()) -> np.ndarray:
        del corner
        return np.asarray(self._all(z, *weights, *data)[:2], dtype=float)

    def derivatives(
        self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        del corner
        out = self._all(z, *weights, *data)
        hessian = difference_hessian(lambda at: self._gradient(at, weights, data), z)
        return np.asarray(out[:2], dtype=float), np.stack(out[3:5]), hessian

    def kinks(self, z: np.ndarray, weights: Arrays, data: Arrays) -> tuple[np.ndarray, ...]:
        del weights, data
        return np.zeros(0), np.zeros((0, z.size)), np.zeros((2, 0))

    def kink_arguments(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        del z, data
        return []

    def term_shapes(self, z: np.ndarray, data: Arrays) -> list[tuple[int, ...]]:
        return [x.shape for x in self.pointwise(z, data)]

    def pointwise(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        return [np.asarray(x) for x in self._pointwise(z, *data)]

    def shown(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        return [np.asarray(x) for x in self._shown(z, *data)]

    def shown_many(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        rows = [self._shown(row, *data) for row in z]
        return [np.stack(column) for column in zip(*rows, strict=True)]

    def pointwise_many(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        rows = [self._pointwise(row, *data) for row in z]
        return [np.stack(column) for column in zip(*rows, strict=True)]

    def shown_jacobian(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        return _difference_jacobian(lambda at: self._shown(at, *data), z)

    def shown_curvature(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        h = np.finfo(float).eps ** 0.25
        ends = zip(self.shown(z + h, data), self.shown(z, data), self.shown(z - h, data), strict=True)
        return [(up - 2 * here + down) / h**2 for up, here, down in ends]

    def pointwise_jacobian(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        return _difference_jacobian(lambda at: self._pointwise(at, *data), z)

    def sampled(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        out = self._all(z, *weights, *data)
        return np.concatenate([[out[0] + out[1] + out[2]], out[3] + out[4] + out[5]])


def _difference_jacobian(function: Callable[[np.ndarray], list[np.ndarray]], z: np.ndarray) -> list[np.ndarray]:
    step = np.cbrt(np.finfo(float).eps) * np.maximum(1.0, np.abs(z))
    columns: list[list[np.ndarray]] = []
    for j, h in enumerate(step):
        shift = np.zeros_like(z)
        shift[j] = h
        pairs = zip(function(z + shift), function(z - shift), strict=True)
        columns.append([(np.asarray(up) - np.asarray(down)) / (2 * h) for up, down in pairs])
    return [np.stack(parts, axis=-1) for parts in zip(*columns, strict=True)]


def _jaxify(inputs: list[Any], outputs: list[Any]) -> Callable[..., Any]:
    from pytensor.compile.mode import JAX
    from pytensor.graph.fg import FunctionGraph
    from pytensor.link.jax.dispatch import jax_funcify

    graph = FunctionGraph(inputs=inputs, outputs=outputs, clone=True)
    JAX.optimizer.rewrite(graph)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Skipping", category=UserWarning)
        function: Callable[..., Any] = jax_funcify(graph)
    return function


def _configure() -> None:
    """Run small programs in the calling thread, and keep compiled ones between processes."""
    import jax
    from pytensor.link.jax.dispatch import jax_funcify
    from pytensor.scalar import Clip, Softplus

    # PyTensor's own has the value but no gradient beyond 709, where exp overflows.
    jax_funcify.register(Softplus)(lambda op, **_: jax.nn.softplus)
    # XLA may compute an argument twice, rounded in two ways. Where a kernel's distance is clipped at its
    # zero diagonal the two disagree about the clipping, and the gradient of a Gaussian process is wrong.
    barrier = jax.lax.optimization_barrier
    jax_funcify.register(Clip)(lambda op, **_: lambda x, low, high: jax.numpy.clip(barrier(x), low, high))
    jax.config.update("jax_cpu_enable_async_dispatch", False)

    if jax.config.jax_compilation_cache_dir is None:
        home = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
        jax.config.update("jax_compilation_cache_dir", str(home / "triptych" / "xla"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
