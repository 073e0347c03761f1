"""The point at which components are alike: there the derivatives by exchangeable ones are equal.

The terms of the likelihood are weighted at random, so that equal derivatives mean equal ones of every term.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from triptych.components.contrasts import joint
from triptych.engine.engine import Engine
from triptych.engine.estimands import elementwise
from triptych.graph.graph import Block
from triptych.optimise.newton import WIDE

ALIKE = 1e-7  # relative difference of derivatives that may be the same
SPREAD = 0.4  # of the points at which a model is looked at, around its start


def kind(engine: Engine, block: Block) -> tuple[object, ...]:
    """Return what two free variables have in common that may be exchanged: distribution, shape and transform."""
    op = engine.model[block.variable.name].owner.op
    return (type(op).__name__, block.variable.shape, block.stop - block.start, block.transform)


def somewhere(engine: Engine, rng: np.random.Generator) -> np.ndarray:
    """Return a point around the model's start at which nothing is alike."""
    return np.asarray(engine.graph.start + SPREAD * rng.standard_normal(engine.size))


class Alike:
    """A point at which the entries of each variable are alike, and those of variables of one kind too.

    Attributes
    ----------
    z
        The point.
    slopes
        Derivatives there of the weighted likelihood and of the prior, shape ``(2, p)``.
    turned
        Free variables that move no term there, as the share of one of two components does not.
    """

    def __init__(self, engine: Engine, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.engine = engine
        self.elementwise = set(elementwise(engine))
        self.contrasts = {b.variable.name: found for b in engine.blocks if (found := joint(engine, b)) is not None}
        self.apart_from_it = somewhere(engine, rng)
        self._weighted = engine.with_weights({n: rng.uniform(0.5, 1.5, w.shape) for n, w in engine.weights.items()})
        self._mix = rng.uniform(0.5, 1.5, 2 * engine.size)
        self.z = self._all_alike()
        self.slopes = self._gradients(self.z)
        still = np.abs(self.slopes[0]) <= ALIKE * self._size
        self.turned = [b for b in engine.blocks if b.variable.name in self.elementwise and np.all(still[b.slice])]
        if self.turned:
            for block in self.turned:
                self.z[block.slice] = 0.0
            self.slopes = self._gradients(self.z)

    @cached_property
    def slopes_apart(self) -> np.ndarray:
        """Derivatives of the weighted likelihood where nothing is alike, by natural values where these are one each."""
        slopes = np.array(self._gradients(self.apart_from_it)[0])
        jacobian = self.engine.natural_jacobian(self.apart_from_it)
        for block in self.engine.blocks:
            if block.variable.name in self.elementwise:
                rows = jacobian[block.variable.name].reshape(block.variable.size, -1)
                slopes[block.slice] /= np.diag(rows[:, block.slice])
        return np.asarray(slopes)

    def _gradients(self, z: np.ndarray) -> np.ndarray:
        # What goes with Hessians is compiled already, and what goes without them is where these are costly.
        wide = self.engine.size >= WIDE
        return np.asarray(self._weighted.slopes(z)[1] if wide else self._weighted.derivatives(z)[1])

    def kin(self) -> list[list[Block]]:
        """Return the free variables in classes that kind and derivatives do not tell apart."""
        kinds: dict[tuple[object, ...], list[Block]] = {}
        for block in self.engine.blocks:
            kinds.setdefault(kind(self.engine, block), []).append(block)
        return [
            [blocks[k] for k in places]
            for blocks in kinds.values()
            for places in self._classes(np.array([self.slopes[:, b.slice].ravel() for b in blocks]))
        ]

    def along(self, block: Block, axis: int, within: tuple[int, int] | None = None) -> list[list[int]]:
        """Return the places along an axis of a variable in classes that derivatives do not tell apart.

        Those ``within`` one place of another axis are told by what lies there.
        """
        shape, slopes = block.variable.shape, self.slopes[:, block.slice]
        if block.variable.name in self.contrasts:
            slopes = slopes.reshape(2, *shape[:-1], -1) @ self.contrasts[block.variable.name].back
        slopes = slopes.reshape(2, *shape)
        if within is not None:
            slopes = np.take(slopes, [within[1]], axis=within[0] + 1)
        slopes = np.moveaxis(slopes, axis + 1, 0)
        return self._classes(slopes.reshape(shape[axis], -1))

    def has_place(self, block: Block) -> bool:
        """Whether the entries of a variable are alike at the point, and not only as they happen to be."""
        return block.variable.name in self.elementwise or block.variable.name in self.contrasts

    def _classes(self, slopes: np.ndarray) -> list[list[int]]:
        # Sorted by a mixture of their derivatives, those that are alike stand side by side.
        key = slopes @ self._mix[: slopes.shape[1]]
        key[~np.isfinite(key)] = np.nan  # outside of the domain, where nothing is told apart
        order = np.argsort(key, kind="stable")
        ends = np.flatnonzero(np.diff(key[order]) > ALIKE * slopes.shape[1] * self._size)
        return sorted((sorted(map(int, one)) for one in np.split(order, ends + 1)), key=min)

    @property
    def _size(self) -> float:
        return float(np.max(np.abs(np.nan_to_num(self.slopes)), initial=0.0)) + 1e-300

    def _all_alike(self) -> np.ndarray:
        z, first = self.apart_from_it.copy(), dict[tuple[object, ...], Block]()
        for block in self.engine.blocks:
            one = first.setdefault(kind(self.engine, block), block)
            if block.variable.name in self.elementwise:
                z[block.slice] = z[one.start]
            elif block.variable.name in self.contrasts:
                z[block.slice] = 0.0
            else:
                z[block.slice] = z[one.slice]
        return z
