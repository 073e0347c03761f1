"""Compiled functions of one graph: JAX where it can, numba with differenced gradients where not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from triptych.graph import Graph

Arrays = tuple[Any, ...]


@dataclass(frozen=True)
class Traced:
    """Functions of one data set that JAX can trace, for programs that map them over many.

    Attributes
    ----------
    parts
        ``(z, t, weights, data)`` to ``[log-likelihood, log-prior]``; ``t`` stands for the absolute values.
    arguments
        ``(z, *data)`` to the arguments of the absolute values, in their own shapes.
    density
        ``(z, weights, data, sums, eps)`` to the log-density with Jacobian; with ``eps`` every corner is rounded.
    shown
        ``(z, data)`` to the free variables and deterministics on their natural scale.
    terms
        ``(z, data)`` to the log-likelihood terms of each observed variable.
    program
        Compiles a function under a name, or loads what an earlier process compiled.
    """

    parts: Callable[..., Any]
    arguments: Callable[..., Any]
    density: Callable[..., Any]
    shown: Callable[..., Any]
    terms: Callable[..., Any]
    program: Callable[..., Any]


class Backend(Protocol):
    """What the engine asks of a backend; ``parts`` are ``[log-likelihood, log-prior]``."""

    name: str
    second_derivatives: str
    smooth: Arrays

    def kink_arguments(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return ``u`` with the shapes of the graph's kinks."""

    def value(self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays = ()) -> np.ndarray:
        """Return the parts, shape ``(2,)``; with a corner as in :meth:`derivatives`."""

    def derivatives(
        self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return parts ``(2,)``, gradients ``(2, p)`` and Hessians ``(2, p, p)``."""

    def slopes(self, z: np.ndarray, weights: Arrays, data: Arrays, corner: Arrays) -> tuple[np.ndarray, np.ndarray]:
        """Return parts ``(2,)`` and gradients ``(2, p)``."""

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

    def sampled_hessian(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        """Return its Hessian, ``(p, p)``."""


def make_backend(graph: Graph, data: Arrays) -> tuple[Backend, str]:
    """Return the backend for this graph and, when it is not the plain one, why.

    Distributions without a JAX translation or gradient run on numba; where only the second
    derivative is missing, central differences of the exact gradient replace it.
    """
    from triptych.backend_jax import JaxBackend
    from triptych.backend_numba import NumbaBackend
    from triptych.caches import keep_generated_source

    keep_generated_source()
    try:
        backend = JaxBackend(graph)
        weights = tuple(np.ones(terms.shape) for terms in backend.pointwise(graph.start, data))
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
