"""Damped Newton for a maximum, written so that JAX can map it over many data sets.

It takes the steps of :mod:`triptych.newton`: the Hessian is brought to one scale, eigenvalues enter by their absolute
value, a step along a logarithm is at most four units long, and steps are halved until the objective rises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from triptych.newton import EIGENVALUE_FLOOR, LOG_STEP

TOLERANCE = 1e-13  # of the decrement, relative to the size of the objective, as in the serial search
HALVINGS = 40
POLISH = 3  # undamped steps at the end, kept while the decrement shrinks


class End(NamedTuple):
    """Where one ascent ended: coordinates, value, gradient, Hessian, and Newton's decrement there."""

    z: Any
    value: Any
    gradient: Any
    hessian: Any
    decrement: Any


def ascend(function: Callable[[Any], Any], start: Any, capped: Any, free: Any, most: int) -> End:
    """Climb from ``start``.

    Parameters
    ----------
    function
        The objective of one data set, from ``(p,)`` to a scalar.
    start
        Shape ``(p,)``.
    capped
        Shape ``(p,)``: 1 for coordinates that act on a logarithmic scale, else 0.
    free
        Shape ``(p,)``: 0 for coordinates that are held, else 1.
    most
        Bound on the steps.
    """
    import jax
    import jax.numpy as jnp

    def slope(z: Any) -> tuple[Any, tuple[Any, Any]]:
        value, gradient = jax.value_and_grad(function)(z)
        return gradient, (value, gradient)

    def at(z: Any) -> End:
        hessian, (value, gradient) = jax.jacfwd(slope, has_aux=True)(z)
        step = newton_step(gradient, hessian, free)
        return End(z, value, gradient, hessian, jnp.sum(step * gradient * free))

    def improve(state: tuple[End, Any, Any]) -> tuple[End, Any, Any]:
        here, count, _ = state
        step = newton_step(here.gradient, here.hessian, free)
        longest = jnp.max(jnp.abs(step) * capped)
        step = step * jnp.where(longest > LOG_STEP, LOG_STEP / jnp.where(longest > 0, longest, 1.0), 1.0)
        promised = jnp.sum(step * here.gradient * free)

        def too_long(search: tuple[Any, Any, Any]) -> Any:
            length, reached, halved = search
            risen = jnp.isfinite(reached) & (reached >= here.value + 1e-4 * length * promised)
            return ~risen & (halved < HALVINGS)

        def halve(search: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            length, _, halved = search
            return length / 2, function(here.z + length / 2 * step), halved + 1

        length, _, halved = jax.lax.while_loop(too_long, halve, (1.0, function(here.z + step), 0))
        stuck = halved >= HALVINGS
        there = at(jnp.where(stuck, here.z, here.z + length * step))
        usable = jnp.isfinite(there.value) & jnp.all(jnp.isfinite(there.hessian))
        kept = jax.tree.map(lambda new, old: jnp.where(usable, new, old), there, here)
        return kept, count + 1, stuck | ~usable

    def going(state: tuple[End, Any, Any]) -> Any:
        here, count, ended = state
        return (here.decrement > TOLERANCE * (1 + jnp.abs(here.value))) & (count < most) & ~ended

    def polish(_: Any, end: End) -> End:
        step = newton_step(end.gradient, end.hessian, free)
        there = at(end.z + jnp.where(jnp.max(jnp.abs(step) * capped) > LOG_STEP, 0.0, 1.0) * step)
        better = jnp.isfinite(there.value) & (there.decrement < end.decrement)
        kept: End = jax.tree.map(lambda new, old: jnp.where(better, new, old), there, end)
        return kept

    end, _, _ = jax.lax.while_loop(going, improve, (at(start), 0, jnp.array(False)))
    last: End = jax.lax.fori_loop(0, POLISH, polish, end)
    return last


def newton_step(gradient: Any, hessian: Any, free: Any) -> Any:
    """Return Newton's ascent step over the free coordinates, shape ``(p,)``."""
    import jax.numpy as jnp

    gradient = gradient * free
    hessian = hessian * free[:, None] * free - jnp.diag(1 - free)
    d = scale_of(hessian)
    values, vectors = jnp.linalg.eigh(-(d[:, None] * hessian * d))
    size = jnp.abs(values)
    size = jnp.maximum(size, EIGENVALUE_FLOOR * jnp.maximum(1.0, jnp.max(size)))
    return d * (vectors @ ((vectors.T @ (d * gradient)) / size)) * free


def scale_of(hessian: Any) -> Any:
    """Return the scale of each coordinate: one over the root of its own curvature."""
    import jax.numpy as jnp

    diagonal = jnp.abs(jnp.diagonal(hessian))
    return jnp.where(diagonal > 0, 1 / jnp.sqrt(jnp.where(diagonal > 0, diagonal, 1.0)), 1.0)
