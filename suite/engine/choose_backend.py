"""Which library compiles a graph: JAX where it can, numba with differenced gradients where not."""

from __future__ import annotations

import numpy as np

from triptych.engine.backend import Arrays, Backend
from triptych.graph.graph import Graph

Three = tuple[np.ndarray, np.ndarray, np.ndarray]  # both parts, their gradients and their Hessians


def make_backend(graph: Graph, data: Arrays) -> tuple[Backend, str, Three | None]:
    """Return the backend for this graph, a note where it is not JAX with exact derivatives, and the first derivatives.

    That is the parts with their gradients and Hessians where the graph starts, with weights of one; None where the
    backend that was chosen has to compute them anew.

    Distributions without a JAX translation or gradient run on numba; where only the second
    derivative is missing, central differences of the exact gradient replace it.
    """
    from triptych.engine.caches import keep_generated_source
    from triptych.engine.jax_backend import JaxBackend

    keep_generated_source()
    try:
        backend = JaxBackend(graph)
        weights = tuple(np.ones(terms.shape) for terms in backend.pointwise(graph.start, data))
        value, gradient, hessian = backend.derivatives(graph.start, weights, data, backend.smooth)
    except (NotImplementedError, TypeError, ValueError) as error:
        summary = str(error).strip().splitlines()[0][:160] if str(error).strip() else repr(error)
        other = without_jax(graph)
        said = f"computed with {other.name} and differences of the exact gradient, because JAX cannot: {summary}"
        return other, said, None
    if np.all(np.isfinite(gradient)) and not np.all(np.isfinite(hessian)) and np.all(np.isfinite(value)):
        backend.second_derivatives = "differences"
        return (
            backend,
            (
                "second derivatives are central differences of the exact gradient, because the "
                "distribution's own are not available"
            ),
            None,
        )
    return backend, "", (value, gradient, hessian)


def without_jax(graph: Graph) -> Backend:
    """Return the backend for a graph that JAX cannot translate or differentiate."""
    from triptych.engine.numba_backend import NumbaBackend

    return NumbaBackend(graph)
