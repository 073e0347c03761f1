"""How well many fits predict data sets that they did not see: the mean log predictive density of an observation."""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np

from triptych.batch.lanes import Lanes

TOGETHER = 20  # draws whose densities are added at once: their terms stay close to the processor


def score_of_points(fresh: Lanes, z: np.ndarray) -> np.ndarray:
    """Return the score of a point of each lane, ``(lanes,)``.

    Parameters
    ----------
    fresh
        For each lane the data that are predicted.
    z
        Unconstrained coordinates, ``(lanes, p)``.
    """
    import jax.numpy as jnp

    terms = fresh.traced.terms

    def score(data: Any, z: Any) -> tuple[Any]:
        return (jnp.mean(jnp.concatenate([jnp.ravel(t) for t in terms(z, data)])),)

    return np.asarray(fresh.mapped("score of a point", score, z)[0])


def score_of_draws(fresh: Lanes, z: np.ndarray) -> np.ndarray:
    """Return the score of the average over the draws of each lane, ``(lanes,)``.

    Parameters
    ----------
    fresh
        For each lane the data that are predicted.
    z
        Draws, ``(lanes, chains, draws, p)``.
    """
    import jax
    import jax.numpy as jnp

    terms = fresh.traced.terms

    def flat(z: Any, data: Any) -> Any:
        return jnp.concatenate([jnp.ravel(t) for t in terms(z, data)])

    def score(data: Any, z: Any) -> tuple[Any]:
        # A few draws at a time: all terms of all draws at once would be too many to keep.
        def add(state: tuple[Any, Any], some: Any) -> tuple[tuple[Any, Any], None]:
            top, total = state
            values = jax.vmap(lambda at: flat(at, data))(some)
            higher = jnp.maximum(top, jnp.max(values, axis=0))
            against = jnp.where(jnp.isneginf(higher), 0.0, higher)  # nothing is subtracted where every density is zero
            return (higher, total * jnp.exp(top - against) + jnp.sum(jnp.exp(values - against), axis=0)), None

        shape = jax.eval_shape(flat, z[0], data).shape
        begun = jnp.full(shape, -jnp.inf), jnp.zeros(shape)
        (top, total), _ = jax.lax.scan(add, begun, z.reshape(-1, gcd(len(z), TOGETHER), z.shape[-1]))
        return (jnp.mean(top + jnp.log(total)) - jnp.log(float(len(z))),)

    draws = z.reshape(len(z), -1, z.shape[-1])
    return np.asarray(fresh.mapped("score of draws", score, draws)[0])
