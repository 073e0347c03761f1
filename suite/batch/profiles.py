"""Profile-likelihood intervals of many data sets at once.

An end of the interval is where a scalar is extreme while the log-likelihood is half a chi-square quantile below its
maximum (Venzon and Moolgavkar 1988, Applied Statistics 37, 87-94): Newton's method solves for it, the level lowered in
stages on which the signed root of the deviance is nearly linear. Points of the likelihood region show whether a scalar
goes beyond the ends that were found. A lane of which an end is not settled is left to the serial engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.batch.modes import Modes, objective_of
from triptych.batch.natural import Natural
from triptych.batch.newton import scale_of
from triptych.estimates.curvature_intervals import ZERO_ROUNDING
from triptych.optimise.objective import Objective

STAGES = (0.25, 0.5, 0.75, 1.0)  # of the root of the deviance, one after the other
STEPS = 25  # Newton steps of a stage
STILL = 1e-11  # standard errors of a step after which a stage has arrived
AT_LEVEL = 1e-8  # slope left beside what is held, in standard errors, and distance from the level
LOGARITHM = 1.0  # longest step of a coordinate that acts on a logarithmic scale
SCATTERED = 16  # random directions in which the edge of the region is looked for
SHARES = (0.5, 1.0)  # of the way to the edge
NEAR = 1e-5  # share of the way to an end, by which a point beyond it is not beyond
SECANTS = 8  # steps to the edge of the region


@dataclass(frozen=True)
class Profiles:
    """Ends of the intervals, ``(lanes, scalars)``; ``settled`` says of which scalars both were found."""

    lower: np.ndarray
    upper: np.ndarray
    settled: np.ndarray


@np.errstate(all="ignore")  # lanes that did not settle may be anywhere
def profile_intervals(natural: Natural, found: Modes, objective: Objective, ci_prob: float) -> Profiles:
    """Return the profile intervals of all scalars of all lanes.

    Parameters
    ----------
    natural
        What is reported.
    found
        Maxima of the likelihood.
    objective
        The serial objective of the same model, without kinks of its own.
    ci_prob
        The level.
    """
    from scipy.stats import chi2

    level, active = float(chi2.ppf(ci_prob, 1)), objective.active
    alone = natural.alone
    lanes, count = natural.lanes, natural.lanes.count
    lower, upper = np.full((2, count, natural.size), np.nan)
    settled = np.zeros((count, natural.size), dtype=bool)
    shared = (
        objective.origin,
        active,
        objective.transformed.astype(float),
        tuple(lanes.engine.weights.values()),
        level,
    )
    inner = found.covariance[:, active[:, None], active]
    per_lane = (found.z[:, active], found.value, inner)
    coordinates = np.unique(alone[np.isin(alone, active)])
    if coordinates.size:
        places = np.searchsorted(active, coordinates)
        ends, ok = _followed(natural, objective, "coordinates", places, per_lane, shared, lambda z, data: z[active])
        which = np.flatnonzero(np.isin(alone, coordinates))
        at = np.searchsorted(coordinates, alone[which])
        low, high = np.tile(found.z, (2, 1, 1))
        low[:, coordinates], high[:, coordinates] = ends[:, :, 0], ends[:, :, 1]
        usable = np.zeros(found.z.shape, dtype=bool)
        usable[:, coordinates] = ok
        segment = np.where(usable, low, found.z), np.where(usable, high, found.z)
        lower[:, which], upper[:, which] = natural.ranged(which, *segment)
        width = upper - lower
        lower, upper = (np.where(np.abs(end) < ZERO_ROUNDING * width, 0.0, end) for end in (lower, upper))
        settled[:, which] = ok[:, at]
    unknown = np.setdiff1d(np.arange(lanes.engine.size), active)
    functions = np.flatnonzero((alone < 0) & ~natural.depends[:, unknown].any(axis=1))
    if functions.size:
        ends, ok = _followed(natural, objective, natural.called, functions, per_lane, shared, natural.function)
        lower[:, functions], upper[:, functions], settled[:, functions] = ends[:, :, 0], ends[:, :, 1], ok
    # Another maximum within the level has a part of the region of its own.
    settled &= (found.rival < found.value - level / 2)[:, None]
    settled &= np.isfinite(lower) & np.isfinite(upper) & (lower < upper)
    return Profiles(np.where(settled, lower, np.nan), np.where(settled, upper, np.nan), settled)


def _followed(
    natural: Natural,
    objective: Objective,
    name: str,
    which: np.ndarray,
    per_lane: tuple[np.ndarray, ...],
    shared: tuple[Any, ...],
    scalars: Callable[..., Any],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of some scalars, ``(lanes, k, 2)``, and whether they were found, ``(lanes, k)``."""
    solve = _ends(natural, objective, scalars)
    scattered = np.random.default_rng(0).standard_normal((SCATTERED, objective.size))
    ends, ok = natural.lanes.mapped(f"profile of {name}", solve, *per_lane, shared=(*shared, which, scattered))
    return ends, ok


def _ends(natural: Natural, objective: Objective, scalars: Callable[..., Any]) -> Callable[..., Any]:
    """Return what finds both ends of the scalars ``which`` on one lane."""
    import jax
    import jax.numpy as jnp

    on_lane = objective_of(natural.lanes, objective)

    def solve(data: Any, centre: Any, top: Any, covariance: Any, shared: Any) -> tuple[Any, Any]:
        origin, active, transformed, weights, level, which, scattered = shared
        function = on_lane(data, origin, active, weights)

        def all_of(x: Any) -> Any:
            return scalars(origin.at[active].set(x), data)

        def one(i: Any) -> tuple[Any, Any]:
            def scalar(x: Any) -> Any:
                return jnp.take(all_of(x), i)

            found = [
                _end(function, scalar, centre, top, covariance, transformed, sign, jnp.sqrt(level))
                for sign in (-1.0, 1.0)
            ]
            return jnp.stack([end for end, _ in found]), jnp.all(jnp.stack([ok for _, ok in found]))

        ends, ok = jax.lax.map(one, which)
        at = all_of(centre)[which]
        low, high = _seen(function, lambda x: all_of(x)[which], centre, top, covariance, scattered, level)
        room = NEAR * jnp.abs(ends - at[:, None])
        within = (low >= ends[:, 0] - room[:, 0]) & (high <= ends[:, 1] + room[:, 1])
        return ends, ok & within

    return solve


def _end(
    function: Callable[[Any], Any],
    scalar: Callable[[Any], Any],
    centre: Any,
    top: Any,
    covariance: Any,
    transformed: Any,
    sign: float,
    target: Any,
) -> tuple[Any, Any]:
    """Follow one side of a profile to the level: where ``sign`` times the scalar is greatest on the region."""
    import jax
    import jax.numpy as jnp

    both = jax.value_and_grad(function)
    slope = jax.grad(scalar)
    errors = jnp.sqrt(jnp.maximum(jnp.diagonal(covariance), 1e-300))

    def step(x: Any, multiplier: Any, root: Any) -> tuple[Any, Any, Any]:
        """Take one Newton step on the conditions; return also its length in standard errors."""
        value, gradient = both(x)
        normal = slope(x)
        curved = jax.jacfwd(jax.grad(lambda at: function(at) + multiplier * scalar(at)))(x)
        # In units of standard errors, so that no coordinate's own unit matters.
        scaled, across = errors[:, None] * curved * errors, errors * normal
        down = errors * gradient
        system = jnp.block([[scaled, across[:, None]], [down[None], jnp.zeros((1, 1))]])
        left = jnp.append(down + multiplier * across, value - top + root**2 / 2)
        change = jnp.linalg.solve(system, -left)
        move = errors * change[:-1]
        longest = jnp.max(jnp.abs(move) * transformed)
        share = jnp.where(longest > LOGARITHM, LOGARITHM / jnp.where(longest > 0, longest, 1.0), 1.0)
        return x + share * move, multiplier + share * change[-1], jnp.max(jnp.abs(change[:-1]))

    def stage(state: Any, root: Any) -> tuple[Any, None]:
        (x, multiplier, reached), (before, was, earlier) = state
        ratio = (root - reached) / (reached - earlier)
        start = x + ratio * (x - before), multiplier + ratio * (multiplier - was)

        def improve(now: Any) -> Any:
            x, multiplier, _, count = now
            return *step(x, multiplier, root), count + 1

        def going(now: Any) -> Any:
            return (now[2] > STILL) & (now[3] < STEPS)

        end = jax.lax.while_loop(going, improve, (*start, jnp.inf, 0))
        return ((end[0], end[1], root), (x, multiplier, reached)), None

    out = covariance @ slope(centre)
    deviation = jnp.sqrt(slope(centre) @ out)
    # By the quadratic at the maximum: where the root is r, the scalar is r standard errors away.
    first = 1e-3 * target
    begun = (centre + sign * first * out / deviation, sign * first / deviation, first)
    state, _ = jax.lax.scan(stage, (begun, (centre, 0.0, 0.0)), jnp.asarray(STAGES) * target)
    x, multiplier, _ = state[0]
    value, gradient = both(x)
    left = jnp.max(jnp.abs(errors * (gradient + multiplier * slope(x))))
    off = jnp.abs(value - top + target**2 / 2)
    ok = (left < AT_LEVEL) & (off < AT_LEVEL) & (sign * multiplier > 0) & (sign * (scalar(x) - scalar(centre)) > 0)
    return scalar(x), ok & _is_maximum(function, scalar, slope, x, multiplier, errors)


def _is_maximum(
    function: Callable[[Any], Any], scalar: Callable[[Any], Any], slope: Callable[[Any], Any], x: Any, multiplier: Any,
    errors: Any,
) -> Any:  # fmt: skip
    """Whether the function falls to all sides from a point on the level set of the scalar."""
    import jax
    import jax.numpy as jnp

    curved = jax.jacfwd(jax.grad(lambda at: function(at) + multiplier * scalar(at)))(x)
    d = jnp.minimum(errors, scale_of(curved))
    normal = d * slope(x)
    normal = normal / jnp.linalg.norm(normal)
    beside = jnp.eye(x.size) - jnp.outer(normal, normal)
    inner = beside @ (d[:, None] * curved * d) @ beside - jnp.outer(normal, normal)
    return jnp.max(jnp.linalg.eigvalsh((inner + inner.T) / 2)) < 0


def _seen(
    function: Callable[[Any], Any],
    scalars: Callable[[Any], Any],
    centre: Any,
    top: Any,
    covariance: Any,
    scattered: Any,
    level: Any,
) -> tuple[Any, Any]:
    """Return the least and the greatest values of the scalars at points of the region, seen from the maximum."""
    import jax
    import jax.numpy as jnp

    values, vectors = jnp.linalg.eigh(covariance)
    root = vectors * jnp.sqrt(jnp.maximum(values, 0.0))
    ways = jnp.concatenate([jnp.eye(centre.size), -jnp.eye(centre.size), scattered])
    ways = (ways / jnp.linalg.norm(ways, axis=1, keepdims=True)) @ root.T

    def look(way: Any) -> tuple[Any, Any]:
        def closer(_: Any, t: Any) -> Any:
            fallen = jnp.sqrt(2 * jnp.maximum(top - function(centre + t * way), 1e-12))
            return t * jnp.clip(jnp.sqrt(level) / fallen, 0.25, 4.0)

        t = jax.lax.fori_loop(0, SECANTS, closer, jnp.sqrt(level))
        points = centre + t * (1 - 1e-9) * jnp.asarray(SHARES)[:, None] * way
        inside = jax.vmap(function)(points) >= top - level / 2
        shown = jax.vmap(scalars)(points)
        usable = inside[:, None] & jnp.isfinite(shown)
        return (
            jnp.min(jnp.where(usable, shown, jnp.inf), axis=0),
            jnp.max(jnp.where(usable, shown, -jnp.inf), axis=0),
        )

    low, high = jax.vmap(look)(ways)
    return jnp.min(low, axis=0), jnp.max(high, axis=0)
