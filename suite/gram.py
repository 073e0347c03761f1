"""Normal likelihoods of a linear mean, sampled from their sums of squares at a cost that does not grow with the rows.

With weights ``w``, least-squares fit ``f0`` and ``G = A' diag(w) A``,
``sum w (y - A f)^2 = sum w (y - A f0)^2 + (f - f0)' G (f - f0)``: the sums are sufficient (Fisher 1922).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from triptych.rewrites import kind_of

if TYPE_CHECKING:
    import pymc as pm

    from triptych.graph import Graph

LEAST_ROWS = 50  # below, the rows cost no more than the call
MOST_VALUES = 20_000_000  # of A
WORTH = 2  # rows for each column from which the sums are smaller than the data
WORST_CONDITION = 1e8  # of G with its columns scaled to one: beyond, the products lose digits that A still has


@dataclass(frozen=True)
class Linear:
    """A normal likelihood: its mean as a function of ``parts`` and the data alone, linear in the parts.

    ``inputs`` stand for the parts in ``mean``; the parts, and ``sigma``, are functions of ``z`` and the data.
    """

    inputs: tuple[Any, ...]
    parts: tuple[Any, ...]
    mean: Any
    sigma: Any
    observed: Any


class Sums(NamedTuple):
    """What a sample leaves of the data: total weight, smallest sum of squares, where it is, and ``G``, ``(k, k)``."""

    weight: Any
    least: Any
    centre: Any
    products: Any


def normal_parts(model: pm.Model) -> dict[str, list[Any]]:
    """Return mean, sigma and values of each observed variable that is normal with one sigma."""
    from pytensor.tensor.random.basic import NormalRV

    found = {}
    for rv in model.observed_RVs:
        if isinstance(rv.owner.op, NormalRV):
            mean, sigma = model.replace_rvs_by_values(rv.owner.op.dist_params(rv.owner))
            if all(sigma.type.broadcastable):
                found[rv.name] = [mean, sigma, model.rvs_to_values[rv]]
    return found


def linear(mean: Any, sigma: Any, observed: Any, z: Any) -> Linear | None:
    """Return a normal likelihood with its mean as a linear function of parts; None when there are no such parts."""
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.replace import clone_replace
    from pytensor.graph.traversal import ancestors, toposort

    above = [mean, sigma, observed]
    moving = {z}
    for node in toposort(above):
        if not moving.isdisjoint(node.inputs):
            moving.update(node.outputs)
    if observed in moving or any(isinstance(v, SharedVariable) for v in ancestors(above)):
        return None
    parts = tuple(dict.fromkeys(_parts(mean, moving)))
    if not parts or mean in parts:
        return None
    inputs = tuple(part.type() for part in parts)
    return Linear(inputs, parts, clone_replace(mean, dict(zip(parts, inputs, strict=True))), sigma, observed)


def _parts(variable: Any, moving: set[Any]) -> list[Any]:
    """Walk up from a mean through sums and known factors; return what is multiplied by a matrix or chosen by row."""
    if variable not in moving:
        return []
    node = variable.owner
    upon = [i for i in node.inputs if i in moving] if node is not None else []
    kind = kind_of(node) or type(getattr(node.op, "core_op", node.op)).__name__ if node is not None else ""
    scaled = (kind == "Mul" and len(upon) == 1) or (kind == "TrueDiv" and upon == [node.inputs[0]])
    if kind in ("Add", "Sub", "Neg", "DimShuffle") or scaled:
        return [part for i in upon for part in _parts(i, moving)]
    product = kind in ("Dot", "MatMul") and len(upon) == 1
    chosen = kind in ("AdvancedSubtensor", "AdvancedSubtensor1") and upon == [node.inputs[0]]
    return upon if product or chosen else [variable]


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
        import jax
        import jax.numpy as jnp

        rows = weights.size
        if rows < LEAST_ROWS:
            return None
        *shapes, _ = jax.eval_shape(self._function("parts"), self._start, *data)
        ends = np.cumsum([0, *(int(np.prod(s.shape)) for s in shapes)])
        if not WORTH * ends[-1] <= rows <= MOST_VALUES / ends[-1]:
            return None

        def mean(flat: Any) -> Any:
            parts = [flat[a:b].reshape(s.shape) for (a, b), s in zip(pairwise(ends), shapes, strict=True)]
            return jnp.broadcast_to(self._function("mean")(*parts, *data)[0], weights.shape).ravel()

        zero = jnp.zeros(ends[-1])
        observed = jnp.broadcast_to(self._function("observed")(*data)[0], weights.shape).ravel()
        given = (observed - mean(zero), jax.jacfwd(mean)(zero), weights.ravel())
        return _sums(*(np.asarray(a) for a in given))

    def density(self, z: Any, data: tuple[Any, ...], known: Sums) -> Any:
        """Return the weighted log-likelihood."""
        import jax
        import jax.numpy as jnp

        weight, least, centre, products = known

        # The product with the matrix is all that costs; differentiated automatically it would be taken twice.
        square: Any = jax.custom_jvp(lambda v: v @ (products @ v))
        square.defjvp(lambda at, moved: (square(at[0]), 2 * (products @ at[0]) @ moved[0]))
        *parts, sigma = self._function("parts")(z, *data)
        total = least + square(jnp.concatenate([jnp.ravel(p) for p in parts]) - centre)
        scale = jnp.reshape(sigma, ())
        log_density = -weight * (jnp.log(scale) + np.log(2 * np.pi) / 2) - total / (2 * scale**2)
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
