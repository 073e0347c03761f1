"""Variables that hold one number for each component of which only differences count, with one coordinate fewer.

Shares of one, effects that sum to zero, and logits beside one that is fixed at zero (which the variable leaves out) are
all ``basis @ z``. A permutation of the components acts on the numbers, and the coordinates follow; which of these a
variable is in a model is not asked for by name: what leaves no term as it is, is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from triptych.engine.engine import Engine
from triptych.engine.estimands import elementwise
from triptych.graph.graph import Block

MOST = 12  # coordinates of a variable beside which a component without one is looked for
SAME = 1e-10


@dataclass(frozen=True)
class Contrasts:
    """How coordinates become one number for each component.

    Attributes
    ----------
    basis
        Shape ``(components, components - 1)``; its columns sum to zero.
    hidden
        Place of the component that has no value of its own in the variable; None where all have.
    """

    basis: np.ndarray = field(compare=False)
    hidden: int | None = None

    @property
    def size(self) -> int:
        """Number of components."""
        return len(self.basis)

    @property
    def back(self) -> np.ndarray:
        """From numbers to coordinates, whatever is added to all of the numbers."""
        return np.asarray(np.linalg.pinv(self.basis))


def of_shares(size: int) -> Contrasts:
    """Return those of a simplex: logarithms up to a constant, of which PyMC leaves out the last, minus the sum."""
    return Contrasts(np.vstack([np.eye(size - 1), -np.ones(size - 1)]))


def beside_a_fixed_one(size: int, hidden: int) -> Contrasts:
    """Return those of ``size - 1`` numbers beside one that is zero."""
    whole = np.insert(np.eye(size - 1), hidden, 0.0, axis=0)
    return Contrasts(whole - whole.mean(axis=0), hidden)


def joint(engine: Engine, block: Block) -> Contrasts | None:
    """Return those of a variable whose values, one for each component, have one coordinate fewer; None of others."""
    shape, coordinates = block.variable.shape, block.stop - block.start
    if block.simplex:
        return of_shares(shape[-1])
    if len(shape) != 1 or coordinates != shape[0] - 1 or block.variable.name in elementwise(engine):
        return None
    z = engine.graph.start + 0.3 * np.random.default_rng(15).standard_normal(engine.size)
    here, there = (engine.natural_values(at)[block.variable.name] for at in (z, -z))
    slopes = engine.natural_jacobian(z)[block.variable.name]
    basis = slopes[:, block.slice]
    linear = np.allclose(basis @ z[block.slice], here, rtol=0, atol=SAME) and np.allclose(here, -there, atol=SAME)
    if not linear or np.any(np.abs(basis.sum(axis=0)) > SAME) or np.linalg.matrix_rank(basis) < coordinates:
        return None
    return Contrasts(np.asarray(basis))


def beside_fixed_ones(engine: Engine, block: Block) -> list[Contrasts]:
    """Return those that a vector may be, if one of its components is fixed and not among its values."""
    size = block.stop - block.start
    vector = len(block.variable.shape) == 1 and block.variable.name in elementwise(engine)
    return [beside_a_fixed_one(size + 1, k) for k in range(size + 1)] if vector and 1 < size <= MOST else []
