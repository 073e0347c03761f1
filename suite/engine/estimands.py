"""Estimands of a model, and the unconstrained coordinates on which each depends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triptych.base.errors import InputError
from triptych.base.options import nearest
from triptych.base.text import listed
from triptych.engine.engine import Engine
from triptych.engine.once import once
from triptych.graph.graph import Variable

LARGEST_DETERMINISTIC = 100


@dataclass(frozen=True)
class Estimand:
    """A variable to report.

    Attributes
    ----------
    variable
        Name, shape and labels.
    positions
        The coordinate of ``z`` behind each scalar, for a free variable that is transformed element
        by element; None for a jointly constrained variable or a deterministic.
    simplex
        Whether it is a free variable whose scalars are shares of one.
    """

    variable: Variable
    positions: np.ndarray | None
    simplex: bool = False

    @property
    def name(self) -> str:
        """Name of the variable."""
        return self.variable.name

    def slopes(self, jacobian: dict[str, np.ndarray]) -> np.ndarray:
        """Return the derivatives of its scalars by ``z``, shape ``(size, p)``, from those of all that is shown."""
        return jacobian[self.name].reshape(self.variable.size, -1)


def resolve(engine: Engine, names: Sequence[str] | None = None) -> list[Estimand]:
    """Return the estimands of a model.

    Parameters
    ----------
    engine
        The compiled model.
    names
        Free variables or deterministics; None means every free variable, and every deterministic
        of at most 100 scalars.

    Raises
    ------
    InputError
        When there are no names, or one is none of the model's.
    """
    known = engine.variables
    if names is None:
        small = [v.name for v in engine.graph.deterministics if v.size <= LARGEST_DETERMINISTIC]
        names = [*(b.variable.name for b in engine.blocks), *small]
    if not names:
        raise InputError(f"no estimands are named; name some of {', '.join(known)}, or leave estimands out for all")
    if unknown := [n for n in names if n not in known]:
        raise InputError(f"no estimand named {listed(unknown)}; {nearest(unknown[0], known)}")
    positions = elementwise(engine)
    simplexes = {b.variable.name for b in engine.blocks if b.simplex}
    return [Estimand(known[name], positions.get(name), name in simplexes) for name in names]


def near_start(engine: Engine) -> np.ndarray:
    """Return a random point near the model's start; at the start itself derivatives may vanish by symmetry."""
    return np.asarray(engine.graph.start + 0.1 * np.random.default_rng(2).standard_normal(engine.size))


@once
def elementwise(engine: Engine) -> dict[str, np.ndarray]:
    """Return the coordinates of the free variables that are transformed element by element."""
    rng = np.random.default_rng(1)
    unseen = list(
        engine.unseen
    )  # ordered values that the likelihood does not know; their coordinates depend on their neighbours
    z = engine.graph.start + 0.1 * rng.standard_normal(engine.size)
    jacobian = engine.natural_jacobian(z)
    found = {}
    for block in engine.blocks:
        if block.stop - block.start != block.variable.size:
            continue
        rows = jacobian[block.variable.name].reshape(block.variable.size, -1)[:, block.slice]
        plain = ~np.isin(np.arange(block.start, block.stop), unseen)
        if np.all((rows - np.diag(np.diag(rows)))[plain] == 0):
            found[block.variable.name] = np.arange(block.start, block.stop)
    return found


def coordinate_names(engine: Engine) -> list[str]:
    """Return a readable name for each coordinate of ``z``."""
    names: list[str] = []
    positions = elementwise(engine)
    for block in engine.blocks:
        variable = block.variable
        if variable.name in positions:
            names += variable.names
        else:
            names += [f"{variable.name} (unconstrained {i})" for i in range(block.stop - block.start)]
    return names
