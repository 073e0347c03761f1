"""Damped Newton for a maximum, written so that JAX can map it over many data sets.

It takes the steps of :mod:`triptych.optimise.newton`: the Hessian is brought to one scale, eigenvalues enter by their
absolute value, a step along a logarithm is at most four units long, and steps are halved until the objective rises.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from triptych.optimise.newton import EIGENVALUE_FLOOR, LOG_STEP

TOLERANCE = 1e-13  # of the decrement, relative to the size of the objective, as in the serial search
HALVINGS = 40
POLISH = 2  # undamped steps at the end, kept while the decrement shrinks


class End(NamedTuple):
    """A point of an ascent: coordinates, value, gradient, Hessian, Newton's step from there and its decrement."""

    z: Any
    value: Any
    gradient: Any
    hessian: Any
    step: Any
    decrement: Any


class State(NamedTuple):
    """An ascent on its way: the best point, the share of its step that is tried next, and what was counted."""

    here: End
    length: Any
    accepted: Any
    halved: Any
    polished: Any
    ended: Any


def ascend(
    function: Callable[[Any], Any], start: Any, transformed: Any, free: Any, most: int, polish: int = POLISH
) -> End:
    """Climb from ``start``.

    Parameters
    ----------
    function
        The objective of one data set, from ``(p,)`` to a scalar.
    start
        Shape ``(p,)``.
    transformed
        Shape ``(p,)``: 1 for coordinates that act on a logarithmic scale, else 0.
    free
        Shape ``(p,)``: 0 for coordinates that are held, else 1.
    most
        Bound on the steps.
    polish
        Most undamped steps at the end; one where the last digits do not count.
    """
    import jax
    import jax.numpy as jnp

    def slope(z: Any) -> tuple[Any, tuple[Any, Any]]:
        value, gradient = jax.value_and_grad(function)(z)
        return gradient, (value, gradient)

    def at(z: Any) -> End:
        hessian, (value, gradient) = jax.jacfwd(slope, has_aux=True)(z)
        step = newton_step(gradient, hessian, free)
        return End(z, value, gradient, hessian, step, jnp.sum(step * gradient * free))

    # Derivatives are computed in this one place: every further one would be compiled again.
    def move(state: State) -> State:
        here, length = state.here, state.length
        there = at(here.z + length * here.step * _cap(here.step, transformed))
        first = state.accepted == 0
        arrived = ~first & (here.decrement <= TOLERANCE * (1 + jnp.abs(here.value)))
        promised = here.decrement * _cap(here.step, transformed)
        risen = there.value >= here.value + 1e-4 * length * promised
        good = jnp.where(arrived, there.decrement < here.decrement, risen) | first
        good = good & jnp.isfinite(there.value) & jnp.all(jnp.isfinite(there.hessian))
        halved = jnp.where(good, 0, state.halved + 1)
        polished = state.polished + arrived
        # After the last polishing step, and where it or a halved step gains nothing, the ascent is over.
        ended = (arrived & ~good) | (polished >= polish) | (halved > HALVINGS) | (first & ~good)
        best: End = jax.tree.map(lambda new, old: jnp.where(good, new, old), there, here)
        return State(best, jnp.where(good, 1.0, length / 2), state.accepted + good, halved, polished, ended)

    def going(state: State) -> Any:
        return ~state.ended & (state.accepted <= most)

    size = start.shape[0]
    nowhere = End(start, -jnp.inf, jnp.zeros(size), -jnp.eye(size), jnp.zeros(size), jnp.inf)
    begun = State(nowhere, 1.0, 0, 0, 0, jnp.array(False))
    end: End = jax.lax.while_loop(going, move, begun).here
    return end


def _cap(step: Any, transformed: Any) -> Any:
    """Return the factor that keeps a step along logarithms within bounds."""
    import jax.numpy as jnp

    longest = jnp.max(jnp.abs(step) * transformed)
    return jnp.where(longest > LOG_STEP, LOG_STEP / jnp.where(longest > 0, longest, 1.0), 1.0)


def newton_step(gradient: Any, hessian: Any, free: Any) -> Any:
    """Return Newton's ascent step over the free coordinates, shape ``(p,)``."""
    import jax.numpy as jnp

    gradient = gradient * free
    hessian = hessian * free[:, None] * free - jnp.diag(1 - free)
    d = scale_of(hessian)
    return d * _solved()(-(d[:, None] * hessian * d), d * gradient) * free


@cache
def _solved() -> Callable[[Any, Any], Any]:
    """Return what divides gradients ``(..., p)`` by informations ``(..., p, p)``, eigenvalues by their absolute value.

    A Cholesky factor does where all eigenvalues are above the floor. The eigenvalues, which take ten times as long, are
    computed where this is not so for one of the lanes. Which of the two a lane gets depends on itself alone.
    """
    import jax
    import jax.numpy as jnp

    def by_eigenvalues(information: Any, gradient: Any) -> Any:
        values, vectors = jnp.linalg.eigh(information)
        size = jnp.abs(values)
        size = jnp.maximum(size, EIGENVALUE_FLOOR * jnp.maximum(1.0, jnp.max(size, axis=-1, keepdims=True)))
        return jnp.einsum("...ij,...j->...i", vectors, jnp.einsum("...ji,...j->...i", vectors, gradient) / size)

    def solved_together(information: Any, gradient: Any) -> Any:
        size = information.shape[-1]
        eye = jnp.broadcast_to(jnp.eye(size), information.shape)
        inverse = jax.lax.linalg.triangular_solve(
            jax.lax.linalg.cholesky(information, symmetrize_input=False), eye, left_side=True, lower=True
        )
        step = jnp.einsum("...ji,...j->...i", inverse, jnp.einsum("...ij,...j->...i", inverse, gradient))
        # The trace of the inverse is at least one over the least eigenvalue, that of the matrix at least the largest.
        most = jnp.maximum(1.0, jnp.trace(information, axis1=-2, axis2=-1))
        fine = jnp.sum(inverse**2, axis=(-2, -1)) * EIGENVALUE_FLOOR * most < 1
        otherwise = jax.lax.cond(jnp.all(fine), lambda *_: step, by_eigenvalues, information, gradient)
        return jnp.where(fine[..., None], step, otherwise)

    solved: Any = jax.custom_batching.custom_vmap(solved_together)

    def mapped(count: int, batched: list[bool], information: Any, gradient: Any) -> tuple[Any, bool]:
        def lanes(a: Any, known: bool) -> Any:
            return a if known else jnp.broadcast_to(a, (count, *a.shape))

        return solved(lanes(information, batched[0]), lanes(gradient, batched[1])), True

    solved.def_vmap(mapped)
    found: Callable[[Any, Any], Any] = solved
    return found


def scale_of(hessian: Any) -> Any:
    """Return the scale of each coordinate: one over the root of its own curvature."""
    import jax.numpy as jnp

    diagonal = jnp.abs(jnp.diagonal(hessian))
    return jnp.where(diagonal > 0, 1 / jnp.sqrt(jnp.where(diagonal > 0, diagonal, 1.0)), 1.0)
