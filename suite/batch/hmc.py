"""Posterior draws of many data sets at once, by Hamiltonian Monte Carlo with one path length for all of them.

NUTS does not map over lanes: each waits for the one whose tree is deepest. Here every lane samples in coordinates in
which its density is round, at first by the curvature at its mode and then by the covariance of its own draws. There one
way suits all lanes: about a quarter of a turn, which makes the next draw of a normal density independent of the last
one, in a random number of leapfrog steps that all lanes share. The step size is a lane's own where that would be too
long, tuned by dual averaging.

References
----------
Neal (2011), MCMC using Hamiltonian dynamics, Handbook of Markov Chain Monte Carlo, chapter 5: section 3.2 the
algorithm, 5.4.2.2 the random number of steps. Hoffman and Gelman (2014), The No-U-Turn sampler, JMLR 15, 1593-1623:
section 3.2.1, equations (6) and (7), dual averaging. Hoffman, Radul and Sountsov (2021), An adaptive-MCMC scheme for
setting trajectory lengths in Hamiltonian Monte Carlo, AISTATS: lengths shared by all chains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.batch.lanes import Lanes
from triptych.batch.newton import ascend, scale_of

CHUNK = 100  # iterations of one call: chains of any length are made of these
FEWEST, MOST = 3, 5  # leapfrog steps of an iteration, up to about ten coordinates
COORDINATES = 10.0  # to whose number these belong: beyond, they grow as the step size shrinks, with its fourth root
TURN = (0.45, 0.75)  # of half a turn, that an iteration goes at most: of a normal density half of that is independent
DIVERGENT = 1000.0  # energy error of a divergent path, as Stan's
ROUNDED = 1.0  # of the density's scale, by which corners are rounded where the mode is looked for
STEPS = 60  # Newton steps to the mode
CURVED = 1e-10  # smallest eigenvalue of the equilibrated information at a mode
ARRIVED = 1e-6
# Dual averaging: shrinkage, offset, and decay, as Hoffman and Gelman (2014, section 3.2.1) set them.
SHRINKAGE, OFFSET, DECAY, TARGET = 0.05, 10.0, 0.75, 0.8
FIRST_STEP = 0.5
UNTUNED = (float(np.log(FIRST_STEP)), float(np.log(FIRST_STEP)), 0.0, 0.0)  # logarithm of the step, its average, ...
PRIOR_DRAWS = 10  # besides one for each coordinate, that the covariance at the mode counts for


@dataclass(frozen=True)
class Posterior:
    """Draws of every lane.

    Attributes
    ----------
    z
        Unconstrained coordinates, ``(lanes, chains, draws, p)``.
    natural_values
        Free variables and deterministics by name, each ``(lanes, chains, draws, ...)``.
    energy
        ``(lanes, chains, draws)``.
    divergences
        Number of divergent paths of each lane, ``(lanes,)``.
    accepted
        Mean acceptance of each lane after tuning, ``(lanes,)``.
    at_mode
        Whether a mode of the sampled density was found to start from, ``(lanes,)``: where not, the draws mean nothing.
    state, chunks
        What :func:`extend` goes on from, and how many chunks of iterations were made.
    """

    z: np.ndarray
    natural_values: dict[str, np.ndarray]
    energy: np.ndarray
    divergences: np.ndarray
    accepted: np.ndarray
    at_mode: np.ndarray
    state: tuple[np.ndarray, ...]
    chunks: int

    def some(self, which: np.ndarray) -> Posterior:
        """Return what there is of some lanes, by their positions."""
        return Posterior(
            self.z[which], {n: s[which] for n, s in self.natural_values.items()}, self.energy[which],
            self.divergences[which], self.accepted[which], self.at_mode[which],
            tuple(a[which] for a in self.state), self.chunks,
        )  # fmt: skip


def sample(
    lanes: Lanes, starts: np.ndarray, seeds: np.ndarray, *, draws: int = 500, tune: int = 200, chains: int = 2
) -> Posterior:
    """Sample the posterior of every lane.

    Parameters
    ----------
    lanes
        The data sets.
    starts
        Unconstrained coordinates from which each lane's mode is sought, ``(lanes, p)``.
    seeds
        Two unsigned 32-bit numbers for each lane, ``(lanes, 2)``: the same give the same draws.
    draws, tune, chains
        As in ``pm.sample``; both are rounded up to whole hundreds.
    """
    engine = lanes.engine
    transformed = [
        float(block.transform is not None) for block in engine.blocks for _ in range(block.start, block.stop)
    ]
    shared = (np.array(transformed), _weights(lanes))
    mode, root, found = lanes.mapped("mode of the sampled density", _whitening(lanes), starts, shared=shared)
    begun = _begin(lanes, mode, root, seeds, chains)
    rounds = -(-tune // CHUNK)
    for k in range(rounds):
        begun, u, *_ = _advance(lanes, mode, root, seeds, begun, k, tuning=True)
        if k < rounds - 1:
            root, begun = _rounder(root, begun, u)
    state = (mode, root, seeds, *begun)
    none, no_draws = np.zeros(lanes.count), np.zeros((lanes.count, chains, 0))
    no_z = np.zeros((lanes.count, chains, 0, lanes.engine.size))
    return extend(lanes, Posterior(no_z, {}, no_draws, none, none, found, state, rounds), draws)


def extend(lanes: Lanes, drawn: Posterior, draws: int) -> Posterior:
    """Go on from the last draw of every lane until it has as many as are asked for."""
    mode, root, seeds, *state = drawn.state
    have = drawn.energy.shape[2]
    first = drawn.chunks
    parts: list[list[np.ndarray]] = []
    divergences, accepted = drawn.divergences.copy(), drawn.accepted * have
    made = 0
    while have + made < draws:
        state, _, diverged, acceptance, *told = _advance(
            lanes, mode, root, seeds, state, first + made // CHUNK, tuning=False
        )
        parts.append(told)
        divergences = divergences + diverged.sum(axis=(1, 2))
        accepted = accepted + acceptance.mean(axis=1).sum(axis=1)
        made += CHUNK
    if have:
        parts.insert(0, [drawn.energy, drawn.z, *drawn.natural_values.values()])
    energy, z, *values = (np.concatenate(columns, axis=2) for columns in zip(*parts, strict=True))
    shown = dict(zip(lanes.engine.variables, values, strict=True))
    whole, share = (mode, root, seeds, *state), accepted / (have + made)
    return Posterior(z, shown, energy, divergences, share, drawn.at_mode, whole, first + made // CHUNK)


def _weights(lanes: Lanes) -> tuple[np.ndarray, ...]:
    return tuple(lanes.engine.weights.values())


def _whitening(lanes: Lanes) -> Any:
    """Return what finds the mode of a lane's sampled density, and the root of its covariance there."""
    import jax.numpy as jnp

    arguments, density = lanes.traced.arguments, lanes.traced.density
    size = lanes.engine.size

    def solve(data: Any, start: Any, shared: Any) -> tuple[Any, Any, Any]:
        transformed, weights = shared
        eps = tuple(jnp.full(jnp.shape(u), ROUNDED) for u in arguments(start, *data))
        sums = lanes.traced.sums(weights, data)
        end = ascend(lambda z: density(z, weights, data, sums, eps), start, transformed, jnp.ones(size), STEPS)
        d = scale_of(end.hessian)
        values, vectors = jnp.linalg.eigh(-(d[:, None] * end.hessian * d))
        ok = (end.decrement <= ARRIVED * (1 + jnp.abs(end.value))) & jnp.all(jnp.isfinite(values))
        ok = ok & (jnp.min(values) > CURVED)
        root = d[:, None] * vectors / jnp.sqrt(jnp.maximum(values, CURVED))
        return end.z, jnp.where(ok, root, jnp.eye(size)), ok

    return solve


def _begin(lanes: Lanes, mode: np.ndarray, root: np.ndarray, seeds: np.ndarray, chains: int) -> list[np.ndarray]:
    """Start chains at draws from each lane's normal approximation, or at its mode where those have no density."""
    import jax
    import jax.numpy as jnp

    density, size = lanes.traced.density, lanes.engine.size

    def begin(data: Any, mode: Any, root: Any, seed: Any, weights: Any) -> tuple[Any, ...]:
        u = jax.random.normal(jax.random.fold_in(_key(seed), 0), (chains, size))
        usable = jax.vmap(lambda at: jnp.isfinite(density(mode + root @ at, weights, data)))(u)
        u = jnp.where(usable[:, None], u, 0.0)
        return u, jnp.asarray(UNTUNED)

    name = f"start of {chains} chains"
    return list(lanes.mapped(name, begin, mode, root, seeds, shared=_weights(lanes)))


def _rounder(root: np.ndarray, state: list[np.ndarray], u: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return coordinates in which the draws ``u`` are round, and the chains in these, with tuning begun again.

    The curvature at a mode misses how wide a density is that is skewed, heavy-tailed or peaked. Of few draws the
    covariance is taken together with the one that the coordinates were made for.
    """
    size = u.shape[3]
    flat = u.reshape(len(u), -1, size)
    count, prior = flat.shape[1], PRIOR_DRAWS + size
    away = flat - flat.mean(axis=1, keepdims=True)
    covariance = (np.swapaxes(away, 1, 2) @ away + prior * np.eye(size)) / (count + prior)
    usable = np.isfinite(covariance).all(axis=(1, 2), keepdims=True)
    own = np.linalg.cholesky(np.where(usable, covariance, np.eye(size)))
    places = np.linalg.solve(own[:, None], state[0][..., None])[..., 0]
    return root @ own, [places, np.tile(UNTUNED, (len(u), 1))]


def _advance(
    lanes: Lanes,
    mode: np.ndarray,
    root: np.ndarray,
    seeds: np.ndarray,
    state: list[np.ndarray],
    at: int,
    *,
    tuning: bool,
) -> list[Any]:
    """Make one chunk of iterations; ``state`` is the place of each chain and the step size with its averages.

    Returns the next state, and of each iteration its place in the whitened coordinates, whether it diverged, how likely
    it was accepted, its energy, the unconstrained coordinates, and each variable that the model shows.
    """
    import jax
    import jax.numpy as jnp

    u, step = state
    density, natural_values = lanes.traced.density, lanes.traced.natural_values
    chains, size = u.shape[1:]
    stretched = max(1.0, size / COORDINATES) ** 0.25
    rng = np.random.default_rng([CHUNK, at])
    lengths = np.ceil(stretched * rng.integers(FEWEST, MOST + 1, CHUNK)).astype(int)
    longest = 2 * np.sin(rng.uniform(*TURN, CHUNK) * np.pi / (2 * lengths))

    def advance(data: Any, mode: Any, root: Any, seed: Any, u: Any, step: Any, shared: Any) -> tuple[Any, ...]:
        lengths, longest, where, tuning, weights = shared
        sums = lanes.traced.sums(weights, data)
        both = jax.vmap(jax.value_and_grad(lambda u: density(mode + root @ u, weights, data, sums)))

        def iterate(state: Any, now: Any) -> Any:
            u, value, gradient, (log_step, average, lack, count) = state
            length, most, index = now
            momentum_key, accept_key = jax.random.split(jax.random.fold_in(_key(seed), index))
            momentum = jax.random.normal(momentum_key, (chains, size))
            eps = jnp.minimum(jnp.exp(jnp.where(tuning > 0, log_step, average)), most)

            def leap(_: Any, place: Any) -> Any:
                at, p, value, gradient = place
                p = p + 0.5 * eps * gradient
                at = at + eps * p
                value, gradient = both(at)
                return at, p + 0.5 * eps * gradient, value, gradient

            before = 0.5 * jnp.sum(momentum**2, axis=1) - value
            there, p, reached, slope = jax.lax.fori_loop(0, length, leap, (u, momentum, value, gradient))
            after = 0.5 * jnp.sum(p**2, axis=1) - reached
            error = jnp.where(jnp.isnan(after), jnp.inf, after - before)
            acceptance = jnp.minimum(1.0, jnp.exp(-error))
            taken = jax.random.uniform(accept_key, (chains,)) < acceptance
            u = jnp.where(taken[:, None], there, u)
            value = jnp.where(taken, reached, value)
            gradient = jnp.where(taken[:, None], slope, gradient)

            count = count + 1
            share = 1 / (count + OFFSET)
            lacking = (1 - share) * lack + share * (TARGET - jnp.mean(acceptance))
            tried = jnp.log(2 * FIRST_STEP) - jnp.sqrt(count) / SHRINKAGE * lacking
            weight = count**-DECAY
            tuned = (tried, weight * tried + (1 - weight) * average, lacking, count)
            step = jax.tree.map(
                lambda new, old: jnp.where(tuning > 0, new, old), tuned, (log_step, average, lack, count - 1)
            )
            energy = jnp.where(taken, after, before)
            return (u, value, gradient, step), (u, energy, error > DIVERGENT, acceptance)

        value, gradient = both(u)
        start = (u, value, gradient, tuple(step))
        (u, _, _, step), (us, energy, diverged, acceptance) = jax.lax.scan(
            iterate, start, (lengths, longest, where + jnp.arange(CHUNK))
        )
        us, energy, diverged, acceptance = (jnp.moveaxis(a, 0, 1) for a in (us, energy, diverged, acceptance))
        z = mode + us @ root.T
        shown = jax.vmap(jax.vmap(lambda z: natural_values(z, data)))(z)
        return u, jnp.stack(step), us, diverged, acceptance, energy, z, *shown

    shared = (lengths, longest, np.int64(1 + at * CHUNK), np.float64(tuning), _weights(lanes))
    u, step, *kept = lanes.mapped(f"iterations of {chains} chains", advance, mode, root, seeds, u, step, shared=shared)
    return [[u, step], *kept]


def _key(seed: Any) -> Any:
    import jax

    return jax.random.wrap_key_data(seed, impl="threefry2x32")
