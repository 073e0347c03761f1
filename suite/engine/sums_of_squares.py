"""Normal likelihoods of a linear mean, sampled from their sums of squares at a cost that does not grow with the rows.

With weights ``w``, least-squares fit ``f0`` and ``G = A' diag(w) A``,
``sum w (y - A f)^2 = sum w (y - A f0)^2 + (f - f0)' G (f - f0)``: the sums are sufficient (Fisher 1922).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from triptych.graph.graph import Graph
from triptych.graph.normal_terms import Linear

LEAST_ROWS = 50  # with fewer rows the call itself takes most of the time
MOST_VALUES = 20_000_000  # entries of the matrix A of the linear mean
WORTH = 2  # rows for each column from which the sums are smaller than the data
WORST_CONDITION = 1e8  # of G with its columns scaled to one: beyond, the products lose digits that A still has


class Sums(NamedTuple):
    """Sufficient statistics: total weight, least sum of squares, its minimiser and ``G = A' diag(w) A``, ``(k, k)``."""

    weight: Any
    least: Any
    centre: Any
    products: Any

    def squares(self, flat: Any) -> Any:
        """Return the weighted sum of squares of the residuals at ``f``, shape ``(k,)``."""
        import jax

        # The matrix product dominates the cost, and automatic differentiation would compute it twice.
        square: Any = jax.custom_jvp(lambda v: v @ (self.products @ v))
        square.defjvp(lambda at, moved: (square(at[0]), 2 * (self.products @ at[0]) @ moved[0]))
        return self.least + square(flat - self.centre)


class Factor(NamedTuple):
    """The same statistics by ``diag(w)^(1/2) A = Q R``: they lose no digits, whatever the columns of A are.

    Total weight, least sum of squares, ``R`` with shape ``(k, k)``, and ``Q' diag(w)^(1/2) y``.
    """

    weight: Any
    least: Any
    root: Any
    aim: Any

    def squares(self, flat: Any) -> Any:
        """Return the weighted sum of squares of the residuals at ``f``, shape ``(k,)``."""
        return self.least + ((self.root @ flat - self.aim) ** 2).sum()


class Gram:
    """A linear normal likelihood as JAX computes it from its sums."""

    def __init__(self, one: Linear, graph: Graph, jaxify: Callable[[list[Any], list[Any]], Callable[..., Any]]) -> None:
        data = list(graph.data.values())
        self.pieces = {
            "mean": ([*one.inputs, *data], [one.mean]),
            "observed": (data, [one.observed]),
            "parts": ([graph.z, *data], [*one.parts, one.sigma]),
        }
        self._jaxify, self._start = jaxify, graph.start
        self._made: dict[str, Callable[..., Any]] = {}

    def _function(self, name: str) -> Callable[..., Any]:
        if name not in self._made:
            self._made[name] = self._jaxify(*self.pieces[name])
        return self._made[name]

    def sums(self, weights: Any, data: tuple[Any, ...]) -> Sums | None:
        """Return the sums over the rows, or None where they are not worth it or lose digits."""
        if weights.size < LEAST_ROWS or not self._worth_it(weights, data):
            return None
        return _sums(*(np.asarray(a) for a in self._rows(weights, data)))

    def factor(self, weights: Any, data: tuple[Any, ...]) -> Factor | None:
        """Return the statistics of data that JAX traces, or None where they are not worth it."""
        import jax.numpy as jnp

        if not self._worth_it(weights, data):
            return None
        values, columns, weights = self._rows(weights, data)
        root = jnp.sqrt(weights)[:, None]
        whole = jnp.linalg.qr(root * jnp.column_stack([columns, values]), mode="r")
        return Factor(weights.sum(), whole[-1, -1] ** 2, whole[:-1, :-1], whole[:-1, -1])

    def _shapes(self, data: tuple[Any, ...]) -> tuple[list[Any], np.ndarray]:
        """Return the shapes of the parts, and where each begins and ends among all of them, flat."""
        import jax

        *shapes, _ = jax.eval_shape(self._function("parts"), self._start, *data)
        return shapes, np.cumsum([0, *(int(np.prod(s.shape)) for s in shapes)])

    def _worth_it(self, weights: Any, data: tuple[Any, ...]) -> bool:
        columns = self._shapes(data)[1][-1]
        return bool(WORTH * columns <= weights.size <= MOST_VALUES / columns)

    def _rows(self, weights: Any, data: tuple[Any, ...]) -> tuple[Any, Any, Any]:
        """Return ``y`` less what the mean has without the parts, the columns A and the weights, one for each row."""
        import jax
        import jax.numpy as jnp

        shapes, ends = self._shapes(data)

        def mean(flat: Any) -> Any:
            parts = [flat[a:b].reshape(s.shape) for (a, b), s in zip(pairwise(ends), shapes, strict=True)]
            return jnp.broadcast_to(self._function("mean")(*parts, *data)[0], weights.shape).ravel()

        zero = jnp.zeros(ends[-1])
        observed = jnp.broadcast_to(self._function("observed")(*data)[0], weights.shape).ravel()
        return observed - mean(zero), jax.jacfwd(mean)(zero), jnp.ravel(weights)

    def density(self, z: Any, data: tuple[Any, ...], known: Sums | Factor) -> Any:
        """Return the weighted log-likelihood."""
        import jax.numpy as jnp

        *parts, sigma = self._function("parts")(z, *data)
        total = known.squares(jnp.concatenate([jnp.ravel(p) for p in parts]))
        scale = jnp.reshape(sigma, ())
        log_density = -known.weight * (jnp.log(scale) + np.log(2 * np.pi) / 2) - total / (2 * scale**2)
        return jnp.where(scale > 0, log_density, -jnp.inf)


def _sums(values: np.ndarray, columns: np.ndarray, weights: np.ndarray) -> Sums | None:
    """Return the sums of ``values - columns @ f``, shapes ``(n,)`` and ``(n, k)``."""
    if not np.all(np.isfinite(values)) or not np.all(np.isfinite(columns)):
        return None
    root = np.sqrt(weights)
    size = np.linalg.norm(columns * root[:, None], axis=0)
    if np.any(size == 0):
        return None
    scaled = root[:, None] * columns / size
    products = scaled.T @ scaled
    if np.linalg.cond(products) > WORST_CONDITION:
        return None
    centre = np.linalg.lstsq(scaled, root * values, rcond=None)[0]
    least = np.sum((root * values - scaled @ centre) ** 2)
    return Sums(weights.sum(), least, centre / size, products * size * size[:, None])
