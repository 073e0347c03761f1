"""Maxima of many data sets at once, each with what shows whether it was reached and whether it is the highest.

Reaching a point where the gradient vanishes is not enough: separated classes and an interior maximum of a mixture
have such points too. So from every end each principal direction is walked both ways, and each logarithmic coordinate
is pushed away with the rest re-optimised. A lane on which the objective does not fall everywhere is not ``settled``,
and the caller gives it to the serial engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.batch.lanes import Lanes
from triptych.batch.newton import ascend, scale_of
from triptych.objective import Objective

MOST = 60  # Newton steps of an ascent
RE_OPTIMISED = 12  # Newton steps of the rest after each push of a logarithm
PUSHES = (2.0, 6.0, 12.0, 18.0)  # units that a logarithm is pushed, as far as the serial probes go
WALKS = 2.0 ** np.arange(0, 7)  # standard errors that a principal direction is walked
FALLEN = 2.0  # by which a regular log-density has fallen well within these walks
CURVED = 1e-8  # smallest eigenvalue of the equilibrated information that is not taken for rounding
ARRIVED = 1e-9  # decrement, relative to the size of the objective, of an ascent that came to its end
SAME = 1e-9  # of the objective's size, by which two ends may differ and be the same maximum
STANDARD_ERRORS_APART = 1e-3  # between two ends that are the same maximum


@dataclass(frozen=True)
class Modes:
    """One maximum for each lane.

    Attributes
    ----------
    z
        Unconstrained coordinates, ``(lanes, p)``; those that the objective does not know are the model's initial ones.
    value
        The objective there, ``(lanes,)``.
    covariance
        Inverse of the negative Hessian over all coordinates, zero for those that the objective does not know:
        ``(lanes, p, p)``.
    decrement
        Newton's, ``(lanes,)``: twice the rise that is still to be expected.
    settled
        Whether the ascent arrived at a regular maximum, no other start came higher or to another maximum as high,
        and the objective falls along every probe.
    """

    z: np.ndarray
    value: np.ndarray
    covariance: np.ndarray
    decrement: np.ndarray
    settled: np.ndarray


def modes(lanes: Lanes, objective: Objective, starts: np.ndarray) -> Modes:
    """Maximise a smooth objective for every lane.

    Parameters
    ----------
    lanes
        The data sets.
    objective
        The serial objective of the same model: which parts it adds up, and which coordinates it knows.
    starts
        Where to start from, over the coordinates that the objective knows: ``(starts, q)``.
    """
    import jax
    import jax.numpy as jnp

    engine = lanes.engine
    parts, arguments = lanes.traced.parts, lanes.traced.arguments
    with_prior = bool(objective.parts[1])
    size = objective.size

    def solve(data: Any, shared: Any) -> tuple[Any, ...]:
        starts, origin, active, capped, ways, weights = shared

        def function(x: Any) -> Any:
            z = origin.at[active].set(x)
            t = tuple(jnp.abs(u) for u in arguments(z, *data))
            both = parts(z, t, weights, data)
            total = both[0] + both[1] if with_prior else both[0]
            return jnp.where(jnp.isnan(total), -jnp.inf, total)

        free = jnp.ones(size)
        ends = jax.lax.map(lambda x: ascend(function, x, capped, free, MOST), starts)
        heights = jnp.where(jnp.isfinite(ends.value), ends.value, -jnp.inf)
        best = jax.tree.map(lambda a: a[jnp.argmax(heights)], ends)
        d = scale_of(best.hessian)
        values, vectors = jnp.linalg.eigh(-(d[:, None] * best.hessian * d))
        positive = jnp.min(values) > CURVED
        roots = d[:, None] * vectors / jnp.sqrt(jnp.where(values > CURVED, values, 1.0))
        covariance = roots @ roots.T
        errors = jnp.sqrt(jnp.diagonal(covariance))

        level = SAME * (1 + jnp.abs(best.value))
        as_high = heights >= best.value - level
        apart = jnp.max(jnp.abs(ends.z - best.z) / errors, axis=1) > STANDARD_ERRORS_APART
        alone = ~jnp.any(as_high & apart)

        walks = jnp.concatenate([roots.T, -roots.T])[:, None, :] * jnp.asarray(WALKS)[:, None]
        along = jax.vmap(jax.vmap(lambda step: function(best.z + step)))(walks)
        falls = jnp.all(jnp.min(along, axis=1) < best.value - FALLEN) & jnp.all(along <= best.value + level)

        def push(way: Any) -> Any:
            """Whether the objective sinks at every stage of a push; ``way`` is one coordinate's unit, with a sign."""

            def further(state: tuple[Any, Any], step: Any) -> Any:
                x, before = state
                x = ascend(function, x + step * way, capped, 1.0 - jnp.abs(way), RE_OPTIMISED).z
                reached = function(x)
                return (x, reached), ~(reached > before - level)

            _, sank = jax.lax.scan(further, (best.z, best.value), jnp.diff(jnp.asarray(PUSHES), prepend=0.0))
            return jnp.all(sank)

        sinks = jnp.all(jax.lax.map(push, ways)) if len(ways) else jnp.array(True)
        arrived = best.decrement <= ARRIVED * (1 + jnp.abs(best.value))
        settled = arrived & positive & alone & falls & sinks & jnp.all(jnp.isfinite(covariance))
        return best.z, best.value, covariance, best.decrement, settled

    active, origin = objective.active, objective.origin
    ways = np.concatenate([sign * np.eye(size)[objective.logarithmic] for sign in (-1.0, 1.0)])
    weights = tuple(engine.weights.values())
    shared = (starts, origin, active, objective.capped.astype(float), ways, weights)
    name = "modes of both parts" if with_prior else "modes of the likelihood"
    x, value, inner, decrement, settled = lanes.mapped(name, solve, shared=shared)
    z = np.tile(origin, (lanes.count, 1))
    z[:, active] = x
    covariance = np.zeros((lanes.count, engine.size, engine.size))
    covariance[np.ix_(range(lanes.count), active, active)] = inner
    return Modes(z, value, covariance, decrement, settled)
