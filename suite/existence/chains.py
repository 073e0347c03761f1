"""Ordered vectors in their own values: in PyMC's coordinates what leaves for infinity takes the rest along.

PyMC's ``ordered`` transform keeps the first value and the logarithms of the gaps. As the first value goes to minus
infinity the logarithm of the gap behind it has to grow just so that the second value stays: the way is bent, and a
coordinate that says nothing of its own is on it. In the values themselves the way is straight, and they stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from triptych.engine.engine import Engine
from triptych.existence.findings import Rays, Unidentified, directions
from triptych.existence.null_space import OFF_START
from triptych.existence.ordered_values import Chain
from triptych.existence.verdict import Verdict
from triptych.optimise.objective import Objective

CLOSED_GAP = -15.0  # logarithm of a gap below which two values of an ordered vector are equal
DERIVATIVE_ROUNDING = 1e-12  # of a row of derivatives, what is left of a sum that is zero
SAME_VALUES = 1e-10  # relative difference up to which a variable's values are those of a chain of gaps
UNCHANGED = 1e-11  # relative change of a log-likelihood up to which it does not know the value that was moved
MOVED = 8.0  # how far a value without a neighbour is moved to see whether it is known
MOVED_SHARES, ORDER_LOOKS = (0.3, 0.9), 3  # shares of the way to a neighbour, and points, at which that is seen
ORDER_KEPT = (2.0, 2.0**5, 2.0**10)  # distances at which a direction is seen to be level
ORDER_SPREAD = 0.3  # distance from the start, in the coordinates' own units, at which it is seen: values stay in order


@dataclass(frozen=True)
class Unchained(Engine):
    """An engine whose ordered vectors have their own values as coordinates; all else is as it was."""

    chains: tuple[Chain, ...] = ()

    @property
    def in_order(self) -> bool:
        """Whether coordinates have to keep an order among them."""
        return True

    @property
    def transformed(self) -> np.ndarray:
        """Which coordinates PyMC transforms; a value of its own is not."""
        mask = super().transformed
        for chain in self.chains:
            mask[chain.positions] = chain.logarithmic | chain.unseen
        return mask

    @property
    def unseen(self) -> dict[int, tuple[int | None, int | None]]:
        """Values that the likelihood does not know: by position the positions next below and above that it knows."""
        found = {}
        for chain in self.chains:
            at = chain.positions
            for k in np.flatnonzero(chain.unseen):
                below, above = (None if j is None else int(at[j]) for j in chain.neighbours(int(k)))
                found[int(at[k])] = (below, above)
        return found

    def value(self, z: np.ndarray, corner: Any = ()) -> np.ndarray:
        """Return ``[log-likelihood, log-prior]``, minus infinity where values are out of order."""
        own = self.chained(z)
        return super().value(own, corner) if np.all(np.isfinite(own)) else np.full(2, -np.inf)

    def derivatives(self, z: np.ndarray, corner: Any = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return both parts with gradients and Hessians, by the chain rule."""
        value, by, curved = super().derivatives(self.chained(z), corner)
        jacobian = self._jacobian(z)
        hessian = np.einsum("ki,mkl,lj->mij", jacobian, curved, jacobian)
        for chain in self.chains:
            at = chain.positions
            hessian[:, at[:, None], at] += np.einsum("mk,kij->mij", by[:, at], chain.chained(z[at])[2])
        return value, by @ jacobian, hessian

    def rounding(self, z: np.ndarray) -> np.ndarray:
        """Return to first order how far both parts may be off because each step of their computation rounds."""
        return super().rounding(self.chained(z))

    def kinks(self, z: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the kinks' arguments, their Jacobian, and the parts' derivative by ``|u|``."""
        u, by, fall = super().kinks(self.chained(z))
        return u, by @ self._jacobian(z), fall

    def kink_arguments(self, z: np.ndarray) -> list[np.ndarray]:
        """Return the kinks' arguments in their own shapes."""
        return super().kink_arguments(self.chained(z))

    def pointwise(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Return the unweighted log-likelihood terms of each observed variable."""
        return super().pointwise(self.chained(z))

    def pointwise_jacobian(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Return the derivative of the log-likelihood terms by the coordinates."""
        return self._along(z, super().pointwise_jacobian(self.chained(z)))

    def natural_values(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Return free variables and deterministics on their natural scale."""
        found = dict(super().natural_values(self.chained(z)))
        for name, block, at, chain in self._ordered():
            values = np.array(found[name], dtype=float)
            values.reshape(-1)[at - block] = chain.natural_values(z[at])[0]
            found[name] = values
        return found

    def natural_jacobian(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Return the derivative of each shown variable by the coordinates."""
        found = self._along(z, super().natural_jacobian(self.chained(z)))
        # Derivatives that cancel leave rounding error, which would look like a dependence.
        sizes = {name: np.abs(by).max(axis=-1, keepdims=True, initial=0.0) for name, by in found.items()}
        found = {name: np.where(np.abs(by) > DERIVATIVE_ROUNDING * sizes[name], by, 0.0) for name, by in found.items()}
        for name, block, at, chain in self._ordered():
            rows = found[name].reshape(-1, z.size)
            rows[at - block] = 0.0
            rows[(at - block)[:, None], at] = chain.natural_values(z[at])[1]
            found[name] = rows.reshape(found[name].shape)
        return found

    def _ordered(self) -> Iterator[tuple[str, int, np.ndarray, Chain]]:
        """Yield each chain with its variable's name, and where that begins in the coordinates."""
        for chain in self.chains:
            block = next(b for b in self.blocks if b.start <= chain.positions[0] < b.stop)
            yield block.variable.name, block.start, chain.positions, chain

    def with_room(self, z: np.ndarray, held: np.ndarray) -> np.ndarray:
        """Return ``z`` with the values that are in the way of those at the positions ``held`` put beyond them."""
        z = z.copy()
        for chain in self.chains:
            z[chain.positions] = chain.with_room(z[chain.positions], np.isin(chain.positions, held))
        return z

    def chained(self, z: np.ndarray) -> np.ndarray:
        """Return PyMC's coordinates; NaN where values are out of order."""
        own = np.array(z, dtype=float)
        for chain in self.chains:
            own[chain.positions] = chain.chained(own[chain.positions])[0]
        return own

    def _jacobian(self, z: np.ndarray) -> np.ndarray:
        jacobian = np.eye(z.size)
        for chain in self.chains:
            at = chain.positions
            jacobian[at[:, None], at] = chain.chained(z[at])[1]
        return jacobian

    def _along(self, z: np.ndarray, derivatives: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        jacobian = self._jacobian(z)
        return {name: by @ jacobian for name, by in derivatives.items()}


def in_own_values(verdict: Verdict) -> tuple[Objective, np.ndarray, np.ndarray] | None:
    """Return the objective in the values of its ordered vectors, where it starts, and the best point found.

    None where nothing that leaves is among them, and all of them are known. Gaps that are closed at the best point stay
    logarithms: there the values are on the edge of their order.
    """
    objective, engine = verdict.objective, verdict.objective.engine
    if verdict.unbounded is not None or not verdict.starts:
        return None
    z = objective.full(verdict.point.z)
    active = np.zeros(engine.size, dtype=bool)
    active[objective.active] = True
    found = [Chain.of_values(at, positive) for at, positive in chains(engine)]
    found = [chain for chain in found if np.any(active[chain.positions])]
    unseen = _unseen(objective, found) if found else []
    if not any(np.any(unknown) or _is_bent(verdict, chain) for chain, unknown in zip(found, unseen, strict=True)):
        return None
    found = [chain.told_by(z, CLOSED_GAP, unknown) for chain, unknown in zip(found, unseen, strict=True)]
    start, origin = engine.graph.start.copy(), objective.origin.copy()
    for chain in found:
        at = chain.positions
        start[at], origin[at], z[at] = chain.unchained(start), chain.unchained(origin), chain.unchained(z)
        active[at] = ~chain.unseen
    own = Unchained(
        replace(engine.graph, start=start), engine.backend, engine.note, engine.data, engine.weights,
        kept_for_model=engine.kept_for_model, chains=tuple(found),
    )  # fmt: skip
    return Objective(own, objective.parts, origin, np.flatnonzero(active)), origin[active], z[active]


def _unseen(objective: Objective, found: list[Chain]) -> list[np.ndarray]:
    """Return for each chain which values the likelihood does not know, if the objective is the likelihood alone.

    A value is moved between its neighbours, or far beyond them where there are none.
    """
    unseen = [np.ones(chain.positions.size, dtype=bool) for chain in found]
    if objective.parts[1]:
        return [~unknown for unknown in unseen]
    engine, rng = objective.engine, np.random.default_rng(7)
    for _ in range(ORDER_LOOKS):
        z = engine.graph.start + ORDER_SPREAD * rng.standard_normal(engine.size)
        here = engine.value(z)[0]
        for chain, unknown in zip(found, unseen, strict=True):
            values = chain.values(z)
            bounds = np.r_[0.0 if chain.positive else values[0] - MOVED, values, values[-1] + MOVED]
            for k in np.flatnonzero(unknown):
                for end in (bounds[k], bounds[k + 2]):
                    for share in MOVED_SHARES:
                        there = values.copy()
                        there[k] += share * (end - values[k])
                        moved = z.copy()
                        moved[chain.positions] = chain.gaps(there)
                        unknown[k] &= abs(engine.value(moved)[0] - here) <= UNCHANGED * (1 + abs(here))
    return [unknown & ~np.all(unknown) for unknown in unseen]


def keep_order(verdict: Verdict) -> Verdict:
    """Return a verdict in own values with its rays turned so that they never put these out of order.

    The domain ends on the way where a value comes upon the next, however far out that is: there one takes the other
    along. What is level on one way, and comes upon the next on the other, is a ray.
    """
    engine = verdict.objective.engine
    assert isinstance(engine, Unchained)
    flat: list[np.ndarray] = []
    diverging: list[np.ndarray] = []
    for v in verdict.unidentified:
        ways = [way for way in (v, -v) if _in_order(engine, verdict, way)]
        (diverging if len(ways) == 1 else flat).append(ways[0] if len(ways) == 1 else v)
    for ray in verdict.diverging:
        ways = [ray] if _in_order(engine, verdict, ray) else _pushed(engine, verdict, ray)
        diverging += [way for way in ways if _is_level(verdict, way)]
    others = tuple(finding for finding in verdict.findings if not isinstance(finding, (Rays, Unidentified)))
    turned = [*directions(Unidentified, np.array(flat)), *directions(Rays, np.array(diverging))]
    return replace(verdict, findings=others).having(*turned, by="order of the values")


def _values(chain: Chain, objective: Objective) -> np.ndarray:
    """Return where the values of a chain that move are among the active coordinates."""
    return np.flatnonzero(np.isin(objective.active, chain.positions[~chain.logarithmic]))


def _in_order(engine: Unchained, verdict: Verdict, way: np.ndarray) -> bool:
    """Whether values stay in order on a way, however far it is followed."""
    moves = [way[_values(chain, verdict.objective)] for chain in engine.chains]
    return all(bool(np.all(np.diff(m) >= -DERIVATIVE_ROUNDING * np.abs(m).max(initial=0.0))) for m in moves)


def _pushed(engine: Unchained, verdict: Verdict, way: np.ndarray) -> list[np.ndarray]:
    """Return a way on which values take those along that they come upon, upwards and downwards."""
    up, down = way.copy(), way.copy()
    for chain in engine.chains:
        at = _values(chain, verdict.objective)
        up[at] = np.maximum.accumulate(way[at])
        down[at] = np.minimum.accumulate(way[at][::-1])[::-1]
    return [up, down]


def _is_level(verdict: Verdict, way: np.ndarray) -> bool:
    """Whether the objective keeps its height on a way."""
    point, least = verdict.point, verdict.point.value - verdict.tolerance.level
    return bool(np.any(way)) and all(
        verdict.objective.value(point.z + far * way / np.max(np.abs(way))) >= least for far in ORDER_KEPT
    )


def _is_bent(verdict: Verdict, chain: Chain) -> bool:
    """Whether more of a chain goes away than gaps, each alone: one that closes or opens leads nothing astray.

    Where the ascent was still slow at its end, the first value may be what leaves, in steps too small to show a ray.
    """
    if verdict.point.slow and not chain.logarithmic[0]:
        return True
    loose = [rows for rows in (verdict.diverging, verdict.unidentified) if rows.size]
    if not loose:
        return not verdict.regular
    rows = np.zeros((sum(len(rows) for rows in loose), verdict.objective.engine.size))
    rows[:, verdict.objective.active] = np.vstack(loose)
    first = bool(np.any(rows[:, chain.positions[0]] != 0)) and not chain.logarithmic[0]
    several = np.count_nonzero(rows, axis=1) > 1
    return first or bool(np.any(rows[several][:, chain.positions] != 0)) or not np.all(np.any(rows != 0, axis=1))


def chains(engine: Engine) -> list[tuple[np.ndarray, bool]]:
    """Return the coordinates of each ordered vector, as PyMC chains them, and whether its first value is positive."""
    z = engine.graph.start + OFF_START * np.random.default_rng(6).standard_normal(engine.size)
    shown = engine.natural_values(z)
    found: list[tuple[np.ndarray, bool]] = []
    for block in engine.blocks:
        shape = block.variable.shape
        if block.transform is None or not shape or shape[-1] < 2 or block.variable.size != block.stop - block.start:
            continue
        values = np.sort(shown[block.variable.name].reshape(-1, shape[-1]), axis=1)
        positions = np.arange(block.start, block.stop).reshape(values.shape)
        gaps = np.exp(z[positions[:, 1:]])
        for positive in (False, True):
            first = z[positions[:, :1]]
            added = np.cumsum(np.hstack([np.exp(first) if positive else first, gaps]), axis=1)
            if np.allclose(added, values, rtol=SAME_VALUES, atol=SAME_VALUES):
                found += [(np.asarray(at), positive) for at in positions]
    return found
