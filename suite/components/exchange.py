"""Exchangeable components: what a permutation of them does to the unconstrained coordinates.

Each free variable that has a part in it is a member: a vector has one component in each place along an axis, scalars
that were declared one by one are a component each, and a share ``w`` beside ``1 - w`` is turned over with two.
All of them act linearly on ``z``, so that one matrix carries a point, its gradient and its curvature to other labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from triptych.components.contrasts import Contrasts
from triptych.graph.graph import Block

Values = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Along:
    """Components that lie along axes of one free variable, each in one of ``places``.

    Those of a component of components lie ``within`` one place of another axis, which is given with that place.
    """

    block: Block
    axes: tuple[int, ...]
    places: tuple[int, ...]
    contrasts: Contrasts | None = None  # along the last axis, where only differences between the components count
    within: tuple[int, int] | None = None

    @property
    def size(self) -> int:
        """Number of components along the axis, those in other places and a fixed one included."""
        fixed = self.contrasts is not None and self.contrasts.hidden is not None
        return self.block.variable.shape[self.axes[0]] + int(fixed)

    def move(self, z: np.ndarray, order: np.ndarray) -> None:
        """Permute the components in each row of ``z``, in place."""
        values, shape = z[:, self.block.slice], self.block.variable.shape
        if self.contrasts is None:
            values = self.permuted(values.reshape(len(z), *shape), order)
        else:
            values = values.reshape(len(z), *shape[:-1], self.contrasts.size - 1) @ self.contrasts.basis.T
            values = self.permuted(values, order) @ self.contrasts.back.T
        z[:, self.block.slice] = values.reshape(len(z), -1)

    def permuted(self, values: np.ndarray, order: np.ndarray) -> np.ndarray:
        """Return natural values, one array for each row of ``order``, with the components permuted."""
        if self.within is not None:
            out = values.copy()
            out[self._inside(values)] = replace(self, within=None).permuted(values[self._inside(values)], order)
            return out
        where = np.array(self.places)
        for axis in self.axes:
            index = np.tile(np.arange(values.shape[axis + 1]), (len(values), 1))
            index[:, where] = where[order]
            shape = [1] * values.ndim
            shape[0], shape[axis + 1] = index.shape
            values = np.take_along_axis(values, index.reshape(shape), axis=axis + 1)
        return values

    def keys(self, shown: Values) -> list[tuple[str, np.ndarray]]:
        """Return the scalars by which the components can be sorted, each of shape ``(points, components)``."""
        hidden = None if self.contrasts is None else self.contrasts.hidden
        if len(self.axes) > 1 or hidden in self.places:
            return []
        places = [place - (hidden is not None and place > hidden) for place in self.places]
        variable = self.block.variable
        axis, values = self.axes[0], shown[variable.name]
        names = np.array(variable.labels).reshape(1, *variable.shape)
        if self.within is not None:
            values, names = values[self._inside(values)], names[self._inside(names)]
        values = np.moveaxis(values, axis + 1, -1)[..., places]
        labels = np.moveaxis(names[0], axis, -1)[..., 0].ravel()
        flat = values.reshape(len(values), -1, len(places))
        whole = flat.shape[1] == 1 and self.within is None
        said = [variable.name] if whole else [f"{variable.name}, beside [{at}]" for at in labels]
        return [(name, flat[:, i]) for i, name in enumerate(said)]

    def _inside(self, values: np.ndarray) -> tuple[slice, ...]:
        """Return the slices of natural values, one array for each point, in which components are permuted."""
        assert self.within is not None
        axis, place = self.within
        return tuple(slice(place, place + 1) if k == axis + 1 else slice(None) for k in range(values.ndim))


@dataclass(frozen=True)
class Kin:
    """Free variables of one shape that were declared one by one: each is one component."""

    blocks: tuple[Block, ...]

    def move(self, z: np.ndarray, order: np.ndarray) -> None:
        """Permute the components in each row of ``z``, in place."""
        values = np.stack([z[:, block.slice] for block in self.blocks], axis=1)
        values = np.take_along_axis(values, order[:, :, None], axis=1)
        for k, block in enumerate(self.blocks):
            z[:, block.slice] = values[:, k]

    def keys(self, shown: Values) -> list[tuple[str, np.ndarray]]:
        """Return the scalars by which the components can be sorted, each of shape ``(points, components)``."""
        variables = [block.variable for block in self.blocks]
        values = np.stack([shown[v.name].reshape(-1, v.size) for v in variables], axis=-1)
        name = ", ".join(v.name for v in variables)
        names = [name] if values.shape[1] == 1 else [f"{name}, each at [{at}]" for at in variables[0].labels]
        return [(name, values[:, i]) for i, name in enumerate(names)]


@dataclass(frozen=True)
class Mirror:
    """A share of one of two components: exchanging them turns it over, ``w`` to ``1 - w``, about its ``middle``."""

    block: Block
    middle: np.ndarray = field(compare=False)

    def move(self, z: np.ndarray, order: np.ndarray) -> None:
        """Turn the share over in each row of ``z`` in which the components are exchanged, in place."""
        z[:, self.block.slice] *= np.where(order[:, :1] == 1, -1.0, 1.0)

    def keys(self, shown: Values) -> list[tuple[str, np.ndarray]]:
        """Return the scalars by which the components can be sorted, each of shape ``(points, components)``."""
        variable = self.block.variable
        above = (shown[variable.name] - self.middle).reshape(-1, variable.size)
        names = [variable.name] if variable.size == 1 else [f"{variable.name}[{at}]" for at in variable.labels]
        return [(name, np.stack([above[:, i], -above[:, i]], axis=1)) for i, name in enumerate(names)]


Member = Along | Kin | Mirror


@dataclass(frozen=True)
class Exchange:
    """Components that any permutation leaves as likely as they are, with the variables that go along.

    Attributes
    ----------
    members
        The free variables that are permuted together.
    size
        Number of components.
    """

    members: tuple[Member, ...]
    size: int

    def moved(self, z: np.ndarray, order: np.ndarray) -> np.ndarray:
        """Return points ``(m, p)`` with component ``order[i, k]`` of point ``i`` in place ``k``."""
        out = np.array(z, dtype=float)
        for member in self.members:
            member.move(out, order)
        return out

    def swapped(self, z: np.ndarray, one: int = 0, other: int = 1) -> np.ndarray:
        """Return one point ``(p,)`` with two components exchanged."""
        order = np.arange(self.size)
        order[[one, other]] = other, one
        return np.asarray(self.moved(z[None], order[None])[0])

    def matrix(self, order: np.ndarray, size: int) -> np.ndarray:
        """Return the matrix of one permutation over all ``size`` unconstrained coordinates."""
        return self.moved(np.eye(size), np.tile(order, (size, 1))).T

    def keys(self, shown: Values) -> list[tuple[str, np.ndarray]]:
        """Return the scalars by which the components can be sorted, in the model's order, shares turned over last."""
        members = sorted(self.members, key=lambda member: isinstance(member, Mirror))
        return [key for member in members for key in member.keys(shown)]


def natural_values_at(engine: Any, z: np.ndarray) -> dict[str, np.ndarray]:
    """Return all that is shown at one point, with an axis for points."""
    return {name: values[None] for name, values in engine.natural_values(z).items()}
