"""One ordered vector in its own values, and in the coordinates that PyMC's ``ordered`` transforms keep of it.

PyMC keeps the first value, or its logarithm, and the logarithms of the gaps. A value that the likelihood does not know
only has to keep its place in the order: it is told by where it is between its neighbours, and is in nobody's way.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Jet:
    """A function of some coordinates at one point: its value, its gradient ``(n,)`` and its Hessian ``(n, n)``."""

    value: float
    slope: np.ndarray
    bend: np.ndarray

    def __add__(self, other: Jet) -> Jet:
        return Jet(self.value + other.value, self.slope + other.slope, self.bend + other.bend)

    def __neg__(self) -> Jet:
        return Jet(-self.value, -self.slope, -self.bend)

    def __sub__(self, other: Jet) -> Jet:
        return self + -other

    def _through(self, value: float, slope: float, bend: float) -> Jet:
        """Return a function of this one by its value and its first two derivatives."""
        return Jet(value, slope * self.slope, slope * self.bend + bend * np.outer(self.slope, self.slope))

    def exp(self) -> Jet:
        """Return the exponential."""
        value = float(np.exp(self.value))
        return self._through(value, value, value)

    def log(self) -> Jet:
        """Return the logarithm; NaN of what is not positive."""
        if not self.value > 0:
            return self._through(np.nan, np.nan, np.nan)
        inverse = 1 / self.value
        return self._through(float(np.log(self.value)), inverse, -inverse * inverse)

    def log_share(self) -> Jet:
        """Return the logarithm of the logistic function."""
        from scipy.special import expit, log_expit

        other = float(expit(-self.value))
        return self._through(float(log_expit(self.value)), other, -other * (1 - other))


@dataclass(frozen=True)
class Chain:
    """The coordinates of one ordered vector, lowest value first.

    Attributes
    ----------
    positions
        In ``z``.
    positive
        Whether all values are above zero.
    logarithmic
        Which of them are told by the logarithm of the way from the next lower one that is known.
    unseen
        Which of them the likelihood does not know.
    """

    positions: np.ndarray
    positive: bool
    logarithmic: np.ndarray
    unseen: np.ndarray

    @classmethod
    def of_values(cls, positions: np.ndarray, positive: bool) -> Chain:
        """Return a chain all of whose values are known and far from each other."""
        first = np.arange(positions.size) == 0
        return cls(positions, positive, positive & first, np.zeros(positions.size, dtype=bool))

    @property
    def _known(self) -> np.ndarray:
        return np.flatnonzero(~self.unseen)

    def neighbours(self, k: int) -> tuple[int | None, int | None]:
        """Return which known values are next to one, below and above; None where there is none."""
        below, above = self._known[self._known < k], self._known[self._known > k]
        return (int(below[-1]) if below.size else None), (int(above[0]) if above.size else None)

    def told_by(self, z: np.ndarray, closed: float, unseen: np.ndarray) -> Chain:
        """Return the chain in which some values are unseen, and gaps of a logarithm below ``closed`` stay that."""
        known = np.flatnonzero(~unseen)
        logarithmic = np.zeros(unseen.size, dtype=bool)
        logarithmic[known[0]] = self.positive
        for a, b in pairwise(known):
            logarithmic[b] = np.logaddexp.reduce(z[self.positions][a + 1 : b + 1]) < closed
        return Chain(self.positions, self.positive, logarithmic, unseen)

    def values(self, z: np.ndarray) -> np.ndarray:
        """Return the values for PyMC's ``z``."""
        own = z[self.positions]
        return np.asarray(np.cumsum(np.r_[np.exp(own[:1]) if self.positive else own[:1], np.exp(own[1:])]))

    def gaps(self, values: np.ndarray) -> np.ndarray:
        """Return PyMC's coordinates of values in order."""
        return np.asarray(np.r_[np.log(values[:1]) if self.positive else values[:1], np.log(np.diff(values))])

    def unchained(self, z: np.ndarray) -> np.ndarray:
        """Return these coordinates for PyMC's ``z``."""
        own, known, w = z[self.positions], self._known, self.values(z)
        w[known[-1] + 1 :] = own[known[-1] + 1 :]
        if self.positive:
            bounds = [-1, *known]
        else:
            bounds = list(known)
            w[: known[0]] = own[1 : known[0] + 1]
        for a, b in pairwise(bounds):
            for j in range(a + 1, b):
                w[j] = own[j] - np.logaddexp.reduce(own[j + 1 : b + 1])
            if self.logarithmic[b]:
                w[b] = np.logaddexp.reduce(own[a + 1 : b + 1])
        return w

    def chained(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return PyMC's coordinates for ``w``, with their first and second derivatives; NaN where out of order."""
        z = self._jets(w)[0]
        value, slope, bend = (np.array([getattr(jet, part) for jet in z]) for part in ("value", "slope", "bend"))
        return (value if np.all(np.isfinite(value)) else np.full(w.size, np.nan)), slope, bend

    def natural_values(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the values for ``w`` with their derivatives, as no difference of others gives them."""
        values = self._jets(w)[1]
        return np.array([jet.value for jet in values]), np.array([jet.slope for jet in values])

    def _jets(self, w: np.ndarray) -> tuple[list[Jet], list[Jet]]:
        """Return PyMC's coordinates, and the values."""
        n, known = w.size, self._known
        axes = [Jet(float(w[k]), axis, np.zeros((n, n))) for k, axis in enumerate(np.eye(n))]
        z, values = list(axes), list(axes)
        lowest, highest = int(known[0]), int(known[-1])
        none = Jet(0.0, np.zeros(n), np.zeros((n, n)))
        if self.positive:
            _between(z, values, none, range(lowest + 1), axes[lowest])
            values[lowest] = axes[lowest].exp()
        else:
            for k in range(lowest)[::-1]:
                z[k + 1], values[k] = axes[k], values[k + 1] - axes[k].exp()
            z[0] = values[0]
        for a, b in pairwise(known):
            way = axes[b] if self.logarithmic[b] else (axes[b] - values[a]).log()
            _between(z, values, values[a], range(a + 1, b + 1), way)
            if self.logarithmic[b]:
                values[b] = values[a] + way.exp()
        for k in range(highest + 1, n):
            values[k] = values[k - 1] + axes[k].exp()
        return z, values

    def with_room(self, w: np.ndarray, held: np.ndarray) -> np.ndarray:
        """Return ``w`` with what is not held and out of order moved a unit beyond the next that is in order."""
        w = w.copy()
        plain = ~self.logarithmic & ~self.unseen
        values = np.flatnonzero(plain)
        for k in np.flatnonzero(held & plain):
            for side, others in ((1.0, values[values > k]), (-1.0, values[values < k][::-1])):
                last = w[k]
                for j in others[~held[others]]:
                    w[j] = last + side if side * (w[j] - last) <= 0 else w[j]
                    last = w[j]
        return w


def _between(z: list[Jet], values: list[Jet], below: Jet, at: range, way: Jet) -> None:
    """Put the logarithms of the gaps up to the next known value into ``z``, and the values in between.

    Each of these has a share of what is left of the way, told by its logit.
    """
    rest = way
    for k in at[:-1]:
        z[k], rest = rest + z[k].log_share(), rest + (-z[k]).log_share()
        below = values[k] = below + z[k].exp()
    z[at[-1]] = rest
