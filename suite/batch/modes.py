"""Maxima of many data sets at once, each with what shows whether it was reached and whether it is the highest.

Reaching a point where the gradient vanishes is not enough: separated classes and an interior maximum of a mixture
have such points too. So from every end each principal direction is walked both ways, and each logarithmic coordinate
is pushed away with the rest re-optimised. A lane on which the objective does not fall everywhere is not ``settled``,
and the caller gives it to the serial engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.batch.kinks import Corner, Kinked, ascend_kinked, flattened, in_shapes, null_root
from triptych.batch.lanes import Lanes
from triptych.batch.newton import ascend, scale_of
from triptych.optimise.objective import Objective
from triptych.optimise.smoothed_kinks import LEVELS

MOST = 60  # Newton steps of an ascent
RE_OPTIMISED = 12  # Newton steps of the rest after each push of a logarithm
PUSHES = (2.0, 6.0, 12.0, 18.0)  # units that a logarithm is pushed, as far as the serial probes go
WALKS = 2.0 ** np.arange(0, 7)  # standard errors that a principal direction is walked
FALLEN = 2.0  # by which a regular log-density has fallen well within these walks
CURVED = 1e-8  # smallest eigenvalue of the equilibrated information that is not taken for rounding
ARRIVED = 1e-9  # decrement, relative to the size of the objective, of an ascent that came to its end
SAME = 1e-9  # of the objective's size, by which two ends may differ and be the same maximum
MET = 1e-6  # standard errors between the ends of two ascents of one rounded objective that have met
AT_REST = 1e-6  # violation of the conditions at a corner, in standard errors
ROUNDING = 1e-2  # fall of the objective that rounded corners may hide while logarithms are pushed
FARTHEST = 12.0  # units of a logarithm from the model's start to another one
APART = 1e-3  # between two ends that are the same maximum


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
        Newton's, ``(lanes,)``: twice the rise that is still to be expected. With kinks, the largest violation of the
        optimality conditions, in standard errors.
    held
        The kinks on which the maximum lies, ``(lanes, k)``; the covariance is that of the directions they leave.
    conditional
        Variance of each coordinate with all others held, ``(lanes, p)``: one over its own curvature.
    rival
        The highest value at which a start ended elsewhere, ``(lanes,)``; minus infinity where all came to one maximum.
    settled
        Whether the ascent arrived at a regular maximum, no other start came higher or to another maximum as high,
        and the objective falls along every probe.
    """

    z: np.ndarray
    value: np.ndarray
    covariance: np.ndarray
    decrement: np.ndarray
    settled: np.ndarray
    held: np.ndarray
    conditional: np.ndarray
    rival: np.ndarray


def modes(lanes: Lanes, objective: Objective) -> Modes:
    """Maximise an objective for every lane.

    Parameters
    ----------
    lanes
        The data sets.
    objective
        The serial objective of the same model: which parts it adds up, and which coordinates it knows.
    """
    engine, size = lanes.engine, objective.size
    active, origin = objective.active, objective.origin
    ways = np.concatenate([sign * np.eye(size)[objective.logarithmic] for sign in (-1.0, 1.0)])
    weights = tuple(engine.weights.values())
    begin, count = origin[active], 2 if objective.kinked else 6
    scattered = np.random.default_rng(0).standard_normal((count, size)) * (1 + np.arange(count)[:, None] / 2)
    shared = (begin, scattered, origin, active, objective.transformed.astype(float), ways, weights)
    outside = np.setdiff1d(np.arange(engine.size), active)
    which = "of both parts" if objective.parts[1] else "of the likelihood"
    solve = _kinked(lanes, objective) if objective.kinked else _smooth(lanes, objective)
    x, value, inner, decrement, settled, held, own, rival = lanes.mapped(f"modes {which}", solve, shared=shared)
    z = np.tile(origin, (lanes.count, 1))
    z[:, active] = x
    covariance, conditional = np.zeros((lanes.count, engine.size, engine.size)), np.zeros((lanes.count, engine.size))
    covariance[np.ix_(range(lanes.count), active, active)] = inner
    conditional[:, active] = own
    if outside.size:
        # Which coordinates an objective knows was seen with the engine's data; a lane's own may know more of them.
        settled = settled & (lanes.mapped(f"slopes {which}", _slopes(lanes, objective), z, shared=weights)[0] == 0)[
            :, outside
        ].all(axis=1)
    return Modes(z, value, covariance, decrement, settled, held, conditional, rival)


def _slopes(lanes: Lanes, objective: Objective) -> Callable[..., Any]:
    """Return what computes the slopes of one lane's objective by all coordinates."""
    import jax
    import jax.numpy as jnp

    on_lane, arguments = _total(lanes, objective), lanes.traced.arguments

    def slopes(data: Any, z: Any, weights: Any) -> tuple[Any]:
        total = on_lane(data, weights)
        return (jax.grad(lambda z: total(z, tuple(jnp.abs(u) for u in arguments(z, *data))))(z),)

    return slopes


def _total(lanes: Lanes, objective: Objective) -> Callable[..., Any]:
    """Return what makes, from a lane's data, its objective as a function of coordinates and of the absolute values."""
    import jax.numpy as jnp

    traced, with_prior, fenced = lanes.traced, bool(objective.parts[1]), lanes.engine.graph.fenced

    def on_lane(data: Any, weights: Any) -> Callable[[Any, Any], Any]:
        sums = traced.sums(weights, data)

        def total(z: Any, t: Any) -> Any:
            both = traced.parts(z, t, weights, data, sums)
            value = both[0] + both[1] if with_prior else both[0]
            outside = jnp.isnan(value) | (fenced and jnp.isneginf(both[1]))  # the support of the priors is the space
            return jnp.where(outside, -jnp.inf, value)

        return total

    return on_lane


def objective_of(lanes: Lanes, objective: Objective) -> Callable[..., Any]:
    """Return what makes, from a lane's data, an objective without kinks of its own as a function of what it knows."""
    import jax.numpy as jnp

    whole, arguments = _total(lanes, objective), lanes.traced.arguments

    def on_lane(data: Any, origin: Any, active: Any, weights: Any) -> Callable[[Any], Any]:
        total = whole(data, weights)

        def function(x: Any) -> Any:
            z = origin.at[active].set(x)
            return total(z, tuple(jnp.abs(u) for u in arguments(z, *data)))

        return function

    return on_lane


def _smooth(lanes: Lanes, objective: Objective) -> Callable[..., Any]:
    """Return what solves one lane of an objective without kinks of its own."""
    import jax
    import jax.numpy as jnp

    on_lane, size = objective_of(lanes, objective), objective.size

    def solve(data: Any, shared: Any) -> tuple[Any, ...]:
        begin, scattered, origin, active, transformed, ways, weights = shared
        function = on_lane(data, origin, active, weights)

        def climb(x: Any) -> Any:
            return ascend(function, x, transformed, jnp.ones(size), MOST)

        first = climb(begin)
        starts = _starts(begin, scattered, transformed, first.z, first.hessian, jnp.isfinite(first.value))
        ends = jax.tree.map(lambda one, more: jnp.concatenate([one[None], more]), first, jax.lax.map(climb, starts))
        heights = jnp.where(jnp.isfinite(ends.value), ends.value, -jnp.inf)
        best = jax.tree.map(lambda a: a[jnp.argmax(heights)], ends)
        d = scale_of(best.hessian)
        values, vectors = jnp.linalg.eigh(-(d[:, None] * best.hessian * d))
        roots = d[:, None] * vectors / jnp.sqrt(jnp.where(values > CURVED, values, 1.0))
        alone, rival = _alone(ends.z, heights, best.z, best.value, roots)
        sinks = _falls(function, best.z, best.value, roots) & _sinks(function, best.z, best.value, transformed, ways)
        arrived = best.decrement <= ARRIVED * (1 + jnp.abs(best.value))
        settled = arrived & (jnp.min(values) > CURVED) & alone & sinks
        held = jnp.zeros(0, dtype=bool)
        return best.z, best.value, roots @ roots.T, best.decrement, settled, held, d**2, rival

    return solve


def _kinked(lanes: Lanes, objective: Objective) -> Callable[..., Any]:
    """Return what solves one lane of an objective with kinks."""
    import jax
    import jax.numpy as jnp

    on_lane, arguments = _total(lanes, objective), lanes.traced.arguments

    def solve(data: Any, shared: Any) -> tuple[Any, ...]:
        begin, scattered, origin, active, transformed, ways, weights = shared
        total = on_lane(data, weights)

        def whole(x: Any) -> Any:
            return origin.at[active].set(x)

        def us(x: Any) -> Any:
            return arguments(whole(x), *data)

        def with_t(x: Any, t: Any) -> Any:
            return total(whole(x), in_shapes(t, us(x)))

        def function(x: Any) -> Any:
            return with_t(x, jnp.abs(flattened(us(x))))

        kinked = Kinked(with_t, lambda x: flattened(us(x)), transformed)
        eps = kinked.roundings(begin, LEVELS[0])
        coarse = kinked.ascend_rounded(begin, eps)
        first = ascend_kinked(kinked, coarse.z, jnp.array(False))
        errors = scale_of(coarse.hessian)

        def climb(x: Any) -> Corner:
            # An ascent of the same rounded objective that ends where the first one did goes on as that one has.
            rounded = kinked.ascend_rounded(x, eps)
            met = jnp.all(jnp.abs(rounded.z - coarse.z) <= MET * errors)
            own = ascend_kinked(kinked, rounded.z, met)
            end: Corner = jax.tree.map(lambda a, b: jnp.where(met, a, b), first, own)
            return end

        arrived = jnp.isfinite(first.value) & (first.residual < AT_REST)
        starts = _starts(begin, scattered, transformed, first.z, first.hessian, arrived)
        ends = jax.tree.map(lambda one, more: jnp.concatenate([one[None], more]), first, jax.lax.map(climb, starts))
        heights = jnp.where(jnp.isfinite(ends.value) & (ends.residual < AT_REST), ends.value, -jnp.inf)
        best = jax.tree.map(lambda a: a[jnp.argmax(heights)], ends)
        d = scale_of(best.hessian)
        roots, least = null_root(-best.hessian, best.jacobian, best.held, d)
        eps = ROUNDING / jnp.maximum(-jax.grad(with_t, argnums=1)(best.z, jnp.abs(flattened(us(best.z)))), 1e-300)

        def rounded(x: Any) -> Any:
            return with_t(x, jnp.sqrt(flattened(us(x)) ** 2 + eps**2))

        alone, rival = _alone(ends.z, heights, best.z, best.value, roots)
        sinks = _falls(function, best.z, best.value, roots) & _sinks(
            rounded, best.z, rounded(best.z), transformed, ways
        )
        settled = (best.residual < AT_REST) & (least > CURVED) & alone & sinks
        return best.z, best.value, roots @ roots.T, best.residual, settled, best.held, d**2, rival

    return solve


def _starts(begin: Any, scattered: Any, transformed: Any, end: Any, hessian: Any, arrived: Any) -> Any:
    """Return dispersed starts as the serial search has them: every second one around where the first ascent ended."""
    import jax.numpy as jnp

    second = ((jnp.arange(len(scattered)) % 2 == 1) & arrived)[:, None]
    around = end + jnp.where(transformed > 0, 1.0, 4 * scale_of(hessian)) * scattered
    starts = jnp.where(second, around, begin + scattered)
    return jnp.where(transformed > 0, jnp.clip(starts, begin - FARTHEST, begin + FARTHEST), starts)


def _alone(ends: Any, heights: Any, z: Any, value: Any, roots: Any) -> tuple[Any, Any]:
    """Whether no start came as high elsewhere, in standard errors, and how high the highest of those elsewhere is.

    Directions that are held have no standard error.
    """
    import jax.numpy as jnp

    errors = jnp.sqrt(jnp.sum(roots**2, axis=1))
    as_high = heights >= value - SAME * (1 + jnp.abs(value))
    away = jnp.abs(ends - z) / jnp.where(errors > 0, errors, jnp.maximum(jnp.abs(z), 1.0))
    elsewhere = jnp.max(away, axis=1) > APART
    return ~jnp.any(as_high & elsewhere), jnp.max(jnp.where(elsewhere, heights, -jnp.inf))


def _falls(function: Callable[[Any], Any], z: Any, value: Any, roots: Any) -> Any:
    """Whether the objective falls along every principal direction, both ways, and nowhere comes higher."""
    import jax
    import jax.numpy as jnp

    used = jnp.any(roots != 0, axis=0)
    walks = jnp.concatenate([roots.T, -roots.T])[:, None, :] * jnp.asarray(WALKS)[:, None]
    along = jax.vmap(jax.vmap(lambda step: function(z + step)))(walks)
    fell = (jnp.min(along, axis=1) < value - FALLEN) | ~jnp.concatenate([used, used])
    return jnp.all(fell) & jnp.all(~(along > value + SAME * (1 + jnp.abs(value))))


def _sinks(function: Callable[[Any], Any], z: Any, value: Any, transformed: Any, ways: Any) -> Any:
    """Whether the objective sinks at every stage of pushing each logarithm away, the rest re-optimised."""
    import jax
    import jax.numpy as jnp

    level = SAME * (1 + jnp.abs(value))

    def push(way: Any) -> Any:
        def further(state: tuple[Any, Any], step: Any) -> Any:
            x, before = state
            x = ascend(function, x + step * way, transformed, 1.0 - jnp.abs(way), RE_OPTIMISED, polish=1).z
            reached = function(x)
            return (x, reached), ~(reached > before - level)

        return jnp.all(jax.lax.scan(further, (z, value), jnp.diff(jnp.asarray(PUSHES), prepend=0.0))[1])

    return jnp.all(jax.lax.map(push, ways)) if len(ways) else jnp.array(True)
