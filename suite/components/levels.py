"""Levels of exchangeable components: components of which each is made of components.

Those of a lower level are put in order first and by one rule in each component of the level above, so that this one's
rule does not depend on the labels below it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from triptych.components.exchange import Along, Exchange


def made_of(whole: Exchange, parts: Sequence[Exchange], size: int) -> bool:
    """Return whether an exchange is several others at once, one in each place of another axis."""
    first = _swap(whole, size)
    names = {m.block.variable.name for m in whole.members if isinstance(m, Along)}
    at_once = np.eye(size)
    for part in parts:
        members = [m for m in part.members if isinstance(m, Along) and m.block.variable.name in names]
        axes = {m.block.variable.name: m.axes for m in whole.members if isinstance(m, Along)}
        if members and all(m.axes == axes[m.block.variable.name] for m in members):
            at_once = _swap(part, size) @ at_once
    return whole.size > 1 and bool(np.allclose(at_once, first))


def of_one_kind(groups: Sequence[Exchange], size: int) -> list[list[Exchange]]:
    """Return groups in classes of which one exchange turns each into the others; in the order of the groups."""
    swaps = [_swap(group, size) for group in groups]
    classes: list[list[int]] = []
    for k, swap in enumerate(swaps):
        for one in classes:
            if any(_turns(outer, swaps[one[0]], swap, size) for outer in groups):
                one.append(k)
                break
        else:
            classes.append([k])
    return [[groups[k] for k in one] for one in classes]


def _turns(outer: Exchange, one: np.ndarray, other: np.ndarray, size: int) -> bool:
    """Whether an exchange of the first of its components with another turns one swap into another."""
    by = [_swap(outer, size, k) for k in range(1, outer.size)]
    return any(np.allclose(way @ one, other @ way) for way in by)


def _swap(group: Exchange, size: int, other: int = 1) -> np.ndarray:
    """Return the matrix that exchanges the first of the components with another."""
    order = np.arange(group.size)
    order[[0, other]] = other, 0
    return group.matrix(order, size)
