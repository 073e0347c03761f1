"""What the engine asks of the compiled functions of one graph, whichever library compiles them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Arrays = tuple[Any, ...]


@dataclass(frozen=True)
class Traced:
    """Functions of one data set that JAX can trace, for programs that map them over many.

    Attributes
    ----------
    parts
        ``(z, t, weights, data, sums)`` to ``[log-likelihood, log-prior]``; ``t`` stands for the absolute values.
    sums
        ``(weights, data)`` to what ``parts`` and ``density`` need of the rows of each term, where that is less.
    arguments
        ``(z, *data)`` to the arguments of the absolute values, in their own shapes.
    density
        ``(z, weights, data, sums, eps)`` to the log-density with Jacobian; with ``eps`` every corner is rounded.
    natural_values
        ``(z, data)`` to the free variables and deterministics on their natural scale.
    terms
        ``(z, data)`` to the log-likelihood terms of each observed variable.
    program
        Compiles a function under a name, or loads what an earlier process compiled.
    """

    parts: Callable[..., Any]
    sums: Callable[..., Any]
    arguments: Callable[..., Any]
    density: Callable[..., Any]
    natural_values: Callable[..., Any]
    terms: Callable[..., Any]
    program: Callable[..., Any]


class Backend(Protocol):
    """What the engine asks of a backend; ``parts`` are ``[log-likelihood, log-prior]``."""

    name: str
    second_derivatives: str
    smooth: Arrays
    samples_itself: bool  # whether NUTS runs on the backend's own density; if not, nutpie compiles PyMC's

    @property
    def traced(self) -> Traced | None:
        """Functions that JAX can map over many data sets; None where it cannot."""

    def on_device(self, arrays: Arrays) -> Arrays:
        """Return arrays where the compiled functions read them without a copy."""

    def sums(self, weights: Arrays, data: Arrays) -> Arrays:
        """Return what the sampler needs of the data in place of the rows, for each term; None where it needs them."""

    def sampled_in_a_thread(
        self, size: int, weights: Arrays, data: Arrays, sums: Arrays
    ) -> Callable[[np.ndarray], np.ndarray]:
        """Return what :meth:`sampled` computes as fast as it can be called, for one thread."""

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

    def rounding(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        """Return a bound of the rounding error of both parts, ``(2,)``; zero where the backend has none."""

    def kinks(self, z: np.ndarray, weights: Arrays, data: Arrays) -> tuple[np.ndarray, ...]:
        """Return ``u (k,)``, ``du/dz (k, p)`` and ``d parts / dt (2, k)`` at ``t = |u|``."""

    def pointwise(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the unweighted log-likelihood terms, one array per observed variable."""

    def natural_values(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the free variables and deterministics on their natural scale."""

    def natural_values_many(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the same for each row of ``z``, stacked along the first axis."""

    def pointwise_many(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the log-likelihood terms for each row of ``z``, and last the log-prior, ``(rows,)``."""

    def natural_jacobian(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the derivative of each shown variable by ``z``."""

    def natural_curvature(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the second derivative of each shown variable along the diagonal direction."""

    def pointwise_jacobian(self, z: np.ndarray, data: Arrays) -> list[np.ndarray]:
        """Return the derivative of the log-likelihood terms by ``z``."""

    def sampled(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        """Return the log-density on the unconstrained scale and its gradient, ``(1 + p,)``."""

    def sampled_hessian(self, z: np.ndarray, weights: Arrays, data: Arrays) -> np.ndarray:
        """Return its Hessian, ``(p, p)``."""
