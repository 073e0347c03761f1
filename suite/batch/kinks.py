"""Maxima at corners for many data sets at once: the steps of :mod:`triptych.optimise.kinks`, written for JAX to map.

The corners are rounded, less and less; what then lies next to a corner is put onto it, Newton runs with these held as
equality constraints, and multipliers decide which of them to let go. All lanes take the same number of rounds, so some
do not arrive: their residual of the Karush-Kuhn-Tucker conditions says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from triptych.batch.newton import End, ascend, scale_of
from triptych.optimise.smoothed_kinks import BARELY, LEVELS

ASCENT = 25  # Newton steps at each rounding
ROUNDS = 24  # changes of the active set
INNER = 8  # Newton steps on each active set
SHORT = 1e-6  # standard errors of a step after which one more is the last
BEARABLE = 1 + 1e-9  # share of the largest multiplier that a corner bears


class Corner(NamedTuple):
    """Where a kinked ascent ended.

    ``hessian`` is that of the smooth piece; ``held`` marks the corners on which the point lies, ``jacobian`` has their
    slopes as rows, zero for the others; ``residual`` is the largest violation of the optimality conditions, in standard
    errors, and infinite where a multiplier or a sign is wrong.
    """

    z: Any
    value: Any
    gradient: Any
    hessian: Any
    held: Any
    jacobian: Any
    residual: Any


class Active(NamedTuple):
    """A search for the active set on its way.

    ``signs`` has the side of each corner, 0 where it is held; ``length`` is that of the last step in standard errors.
    """

    z: Any
    multipliers: Any
    signs: Any
    length: Any
    steps: Any
    rounds: Any
    done: Any


def flattened(arrays: tuple[Any, ...]) -> Any:
    """Return the kinks' arguments as one vector."""
    import jax.numpy as jnp

    return jnp.concatenate([jnp.ravel(a) for a in arrays])


def in_shapes(flat: Any, like: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return one number for each kink in the shapes of the kinks' arguments."""
    import jax.numpy as jnp

    ends = np.cumsum([int(np.prod(a.shape)) for a in like])[:-1]
    return tuple(part.reshape(a.shape) for part, a in zip(jnp.split(flat, ends), like, strict=True))


class Kinked(NamedTuple):
    """An objective with kinks, as it is climbed.

    Attributes
    ----------
    total
        From ``z`` and the values that stand for the absolute values, flat, to the objective.
    arguments
        From ``z`` to the arguments of the absolute values, flat.
    transformed
        As in :func:`triptych.batch.newton.ascend`.
    """

    total: Callable[[Any, Any], Any]
    arguments: Callable[[Any], Any]
    transformed: Any

    def fall(self, z: Any) -> Any:
        """Return how steeply the objective falls from each corner; 0 where it does not."""
        import jax
        import jax.numpy as jnp

        slope = -jax.grad(lambda t: self.total(z, t))(jnp.abs(self.arguments(z)))
        return jnp.where(jnp.isfinite(slope) & (slope > 0), slope, 0.0)

    def roundings(self, z: Any, level: Any) -> Any:
        """Return the roundings of which each hides ``level`` of the objective at ``z``."""
        import jax.numpy as jnp

        fall = self.fall(z)
        return jnp.where(fall > 0, level / jnp.where(fall > 0, fall, 1.0), BARELY)

    def ascend_rounded(self, z: Any, eps: Any) -> End:
        """Climb the objective whose corners are rounded."""
        import jax.numpy as jnp

        def rounded(x: Any) -> Any:
            return self.total(x, jnp.sqrt(self.arguments(x) ** 2 + eps**2))

        return ascend(rounded, z, self.transformed, jnp.ones_like(self.transformed), ASCENT, polish=1)


def ascend_kinked(kinked: Kinked, start: Any, arrived: Any) -> Corner:
    """Climb to a maximum of an objective with kinks.

    Parameters
    ----------
    kinked
        The objective.
    start
        Where the objective at the first level of rounding is highest, shape ``(p,)``.
    arrived
        Whether this climb need not be made: what is returned is then of no use.
    """
    import jax
    import jax.numpy as jnp

    total, u_of, transformed, fall_at = kinked.total, kinked.arguments, kinked.transformed, kinked.fall
    levels = jnp.asarray(LEVELS)

    def sharpen(state: tuple[Any, Any]) -> tuple[Any, Any]:
        z, k = state
        return kinked.ascend_rounded(z, kinked.roundings(z, levels[k])).z, k + 1

    first = jnp.where(arrived, len(LEVELS), 1)
    z, _ = jax.lax.while_loop(lambda state: state[1] < len(LEVELS), sharpen, (start, first))
    fall, u = fall_at(z), u_of(z)
    near = (fall > 0) & (jnp.abs(u) < 1e3 * LEVELS[-1] / jnp.maximum(fall, 1e-300))
    signs = jnp.where(near, 0.0, jnp.where(u < 0, -1.0, 1.0))

    def piece(z: Any, signs: Any) -> Any:
        return total(z, signs * u_of(z))

    def newton(state: Active) -> tuple[Any, Any, Any]:
        """Take one Newton step on the smooth piece with the held corners as constraints; return its length too."""
        z, signs, size, held = state.z, state.signs, state.z.size, state.signs == 0
        gradient = jax.grad(piece)(z, signs)
        u, jacobian = u_of(z), jax.jacfwd(u_of)(z) * held[:, None]
        curvature = jax.hessian(lambda x: piece(x, signs) + jnp.sum(state.multipliers * held * u_of(x)))(z)
        d = scale_of(curvature)
        rows = jacobian * d
        unit = jnp.where(held, 1 / jnp.maximum(jnp.linalg.norm(rows, axis=1), 1e-300), 1.0)
        rows = rows * unit[:, None]
        system = jnp.block([[d[:, None] * curvature * d, rows.T], [rows, jnp.diag(1.0 - held)]])
        found = jnp.linalg.solve(system, -jnp.concatenate([d * gradient, u * held * unit]))
        move = d * found[:size]
        longest = jnp.max(jnp.abs(move) * transformed)
        move = move * jnp.where(longest > 1.0, 1 / jnp.where(longest > 0, longest, 1.0), 1.0)
        usable = jnp.all(jnp.isfinite(found))
        length = jnp.where(usable, jnp.max(jnp.abs(move / d)), 0.0)
        return (
            jnp.where(usable, z + move, z),
            jnp.where(usable, found[size:] * unit, state.multipliers),
            length,
        )

    def improve(state: Active) -> Active:
        z, multipliers, length = newton(state)
        # The step after a short one is the last on these constraints, and buys the last digits.
        there = (state.length <= SHORT) | (state.steps >= INNER)
        signs, u, fall = state.signs, u_of(z), fall_at(z)
        crossed = (signs != 0) & (fall > 0) & (u * signs < 0)
        share = jnp.where(signs == 0, jnp.abs(multipliers) / jnp.maximum(fall, 1e-300), 0.0)
        worst = jnp.argmax(share)
        # A held corner whose multiplier is larger than it bears lets go to the side to which that pulls.
        freed = signs.at[worst].set(jnp.where(share[worst] > BEARABLE, -jnp.sign(multipliers[worst]), signs[worst]))
        changed = jnp.where(jnp.any(crossed), jnp.where(crossed, 0.0, signs), freed)
        new = jnp.where(there, changed, signs)
        done = there & jnp.all(new == signs)
        fresh = there & ~done
        return Active(
            z, multipliers, new, jnp.where(fresh, jnp.inf, length), jnp.where(fresh, 0, state.steps + 1),
            state.rounds + fresh, done,
        )  # fmt: skip

    begun = Active(z, jnp.zeros_like(signs), signs, jnp.inf, 0, 0, arrived)
    ended = jax.lax.while_loop(lambda state: ~state.done & (state.rounds < ROUNDS), improve, begun)
    z, multipliers, signs = ended.z, ended.multipliers, ended.signs
    z = _snapped(z, u_of, signs)
    held, u, fall = signs == 0, u_of(z), fall_at(z)
    jacobian = jax.jacfwd(u_of)(z) * held[:, None]
    gradient, hessian = jax.grad(piece)(z, signs), jax.hessian(piece)(z, signs)
    left = gradient + multipliers @ jacobian
    wrong = jnp.any(held & (jnp.abs(multipliers) > BEARABLE * fall)) | jnp.any(~held & (fall > 0) & (u * signs < 0))
    residual = jnp.where(wrong, jnp.inf, jnp.max(jnp.abs(scale_of(hessian) * left)))
    return Corner(z, piece(z, signs), gradient, hessian, held, jacobian, residual)


def _snapped(z: Any, u_of: Callable[[Any], Any], signs: Any) -> Any:
    """Put a coordinate on its corner exactly where the corner is that coordinate alone."""
    import jax
    import jax.numpy as jnp

    u, jacobian = u_of(z), jax.jacfwd(u_of)(z)
    alone = (signs == 0) & (jnp.sum(jacobian != 0, axis=1) == 1)
    which = jnp.argmax(jacobian != 0, axis=1)
    slope = jnp.take_along_axis(jacobian, which[:, None], axis=1)[:, 0]
    return z.at[which].add(jnp.where(alone, -u / jnp.where(slope == 0, 1.0, slope), 0.0))


def null_root(information: Any, jacobian: Any, held: Any, d: Any) -> tuple[Any, Any]:
    """Return a root of the covariance on the directions that no held corner forbids, and its smallest eigenvalue.

    Directions that are forbidden get columns of zeros; ``d`` is the scale in which eigenvalues are told.
    """
    import jax.numpy as jnp

    rows = jacobian * d
    size = jnp.linalg.norm(rows, axis=1, keepdims=True)
    rows = jnp.where(held[:, None], rows / jnp.where(size > 0, size, 1.0), 0.0)
    values, vectors = jnp.linalg.eigh(rows.T @ rows)
    free = vectors * (values < 1e-10)
    inner = free.T @ (d[:, None] * information * d) @ free + jnp.diag(1.0 * (values >= 1e-10))
    curvature, turned = jnp.linalg.eigh(inner)
    root = d[:, None] * (free @ turned) / jnp.sqrt(jnp.maximum(curvature, 1e-300))
    return root, jnp.min(curvature)
