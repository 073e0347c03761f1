"""What a model shows on its natural scale, of many data sets at once: values, derivatives, ranges along a segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from triptych.batch.lanes import Lanes
from triptych.engine.estimands import Estimand, near_start
from triptych.optimise.segment import END_TIMES, FINER, GRID, POLE_FALL, places

LOOKS = 3  # random points besides the one near the start at which it is seen on what a scalar depends


@dataclass(frozen=True)
class Natural:
    """The scalars of some estimands, in one row: all labels of the first, of the second, and so on.

    Attributes
    ----------
    lanes
        The data sets.
    estimands
        What is reported.
    """

    lanes: Lanes
    estimands: Sequence[Estimand]

    @property
    def size(self) -> int:
        """Number of scalars."""
        return sum(e.variable.size for e in self.estimands)

    def slices(self) -> list[tuple[Estimand, slice]]:
        """Return each estimand with the place of its scalars."""
        ends = np.cumsum([0, *(e.variable.size for e in self.estimands)])
        return [(e, slice(int(a), int(b))) for e, a, b in zip(self.estimands, ends, ends[1:], strict=False)]

    @property
    def function(self) -> Any:
        """Return, for JAX, the function from coordinates and the data of a lane to all scalars, flat."""
        import jax.numpy as jnp

        shown, names = self.lanes.traced.natural_values, list(self.lanes.engine.variables)
        places = [names.index(e.name) for e in self.estimands]

        def flat(z: Any, data: Any) -> Any:
            values = shown(z, data)
            return jnp.concatenate([jnp.ravel(values[k]) for k in places])

        return flat

    @property
    def called(self) -> str:
        """Return the estimands' names, which tell this function from that of others."""
        return ",".join(e.name for e in self.estimands)

    def at(self, z: np.ndarray) -> np.ndarray:
        """Return the scalars at places ``(lanes, places, p)``: ``(lanes, places, scalars)``."""
        import jax

        flat = self.function

        def many(data: Any, z: Any) -> Any:
            return (jax.vmap(lambda at: flat(at, data))(z),)

        return np.asarray(self.lanes.mapped(f"{self.called} at places", many, z)[0])

    def slopes(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the scalars at ``z``, and their derivatives ``(lanes, scalars, p)``."""
        import jax

        flat = self.function

        def both(data: Any, z: Any) -> Any:
            return flat(z, data), jax.jacfwd(flat)(z, data)

        values, slopes = self.lanes.mapped(f"{self.called} with slopes", both, z)
        return values, slopes

    @cached_property
    def depends(self) -> np.ndarray:
        """Whether each scalar depends on each coordinate, ``(scalars, p)``, seen with the engine's own data."""
        engine = self.lanes.engine
        rng, found = np.random.default_rng(4), np.zeros((self.size, engine.size), dtype=bool)
        start = near_start(engine)
        for z in (start, *(start + rng.standard_normal(engine.size) for _ in range(LOOKS))):
            jacobian = engine.natural_jacobian(z)
            found |= np.vstack([e.slopes(jacobian) for e in self.estimands]) != 0
        return found

    @cached_property
    def alone(self) -> np.ndarray:
        """The only coordinate on which each scalar depends, ``(scalars,)``; -1 where there are others."""
        return np.where(self.depends.sum(axis=1) == 1, np.argmax(self.depends, axis=1), -1)

    def ranged(self, which: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the greatest value of scalars on segments.

        Parameters
        ----------
        which
            Which scalars, ``(k,)``; each is a function of one coordinate.
        low, high
            The ends of the segments of all these coordinates together, ``(lanes, p)``.

        Returns
        -------
        tuple of numpy.ndarray
            Both ``(lanes, k)``; NaN where a value on the way is not finite.
        """
        shares = places(0.0, 1.0)[:, None]
        values = self.at(low[:, None] + shares * (high - low)[:, None])[:, :, which]
        changes = np.diff(values, axis=1)
        monotone = np.all(changes >= 0, axis=1) | np.all(changes <= 0, axis=1)
        least, greatest = np.fmin(values[:, 0], values[:, -1]), np.fmax(values[:, 0], values[:, -1])
        for k in np.flatnonzero(~monotone.all(axis=0)):
            # The ends of a function that is not monotone may lie inside, as those of a square do.
            bent = ~monotone[:, k]
            least[bent, k] = self._least(int(which[k]), low, high, 1.0)[bent]
            greatest[bent, k] = -self._least(int(which[k]), low, high, -1.0)[bent]
        bad = ~np.isfinite(values).all(axis=1)
        return np.where(bad, np.nan, least), np.where(bad, np.nan, greatest)

    def _least(self, i: int, low: np.ndarray, high: np.ndarray, sign: float) -> np.ndarray:
        """Return the least value of one scalar by grids that close in on it, as on a single data set."""
        count = self.lanes.count
        centre, reach = np.full(count, 0.5), np.full(count, 0.5)
        found, before, spread = np.full(count, np.inf), np.full(count, np.inf), np.full(count, np.inf)
        done = np.zeros(count, dtype=bool)
        for level in range(FINER):
            shares = np.clip(centre[:, None] + reach[:, None] * np.linspace(-1, 1, GRID), 0.0, 1.0)
            values = sign * self.at(low[:, None] + shares[:, :, None] * (high - low)[:, None])[:, :, i]
            at = np.argmin(values, axis=1)
            now = values[np.arange(count), at]
            if level == 0:
                spread = np.ptp(values, axis=1)
            before, found = np.where(done, before, found), np.where(done, found, now)
            centre, reach = shares[np.arange(count), at], 2 * reach / (GRID - 1)
            ended = np.isin(centre, (0.0, 1.0)) & (level >= END_TIMES)
            before = np.where(ended & ~done, found, before)
            done |= ended
        return np.where(before - found <= POLE_FALL * spread, found, -np.inf)
