"""How well many fits predict data sets that they did not see: the mean log predictive density of an observation."""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.batch.lanes import Lanes


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
        # Draw after draw: all terms of all draws at once would be too many to keep.
        def add(total: Any, at: Any) -> tuple[Any, None]:
            return jnp.logaddexp(total, flat(at, data)), None

        total, _ = jax.lax.scan(add, flat(z[0], data), z[1:])
        return (jnp.mean(total) - jnp.log(float(len(z))),)

    draws = z.reshape(len(z), -1, z.shape[-1])
    return np.asarray(fresh.mapped("score of draws", score, draws)[0])
