"""Many data sets of one model, side by side: a lane is one of them.

Lanes are computed in blocks of a fixed size, the last of which is filled up with copies. So one compiled program
serves any number of data sets, memory is bounded, and the bits of a lane's results do not depend on how many other
lanes there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from triptych.base.errors import ModelError
from triptych.engine.backend import Traced
from triptych.engine.engine import Engine

BLOCK = 64  # lanes of one call: from about 50 on, a lane costs the same however many there are


@dataclass(frozen=True)
class Lanes:
    """Data sets of one shape for one compiled model.

    Attributes
    ----------
    engine
        The model, compiled once, with one data set of the same shapes.
    data
        The data of all lanes in the order of the graph's inputs, each of shape ``(lanes, ...)``.
    count
        Number of lanes.
    block
        Lanes of one call.
    """

    engine: Engine
    data: tuple[np.ndarray, ...]
    count: int
    block: int = BLOCK

    def some(self, which: np.ndarray, block: int = BLOCK) -> Lanes:
        """Return some of the lanes, by their positions, to be computed in blocks of another size."""
        return Lanes(self.engine, tuple(d[which] for d in self.data), len(which), block)

    @property
    def traced(self) -> Traced:
        """The model's functions of one data set."""
        traced = self.engine.backend.traced
        assert traced is not None  # :func:`lanes` refuses others
        return traced

    def one(self, lane: int) -> Engine:
        """Return the serial engine on the data of one lane."""
        return self.engine.with_data(**{n: d[lane] for n, d in zip(self.engine.data, self.data, strict=True)})

    def mapped(self, name: str, function: Callable[..., Any], *per_lane: np.ndarray, shared: Any = None) -> Any:
        """Apply a function of one data set to all lanes.

        Parameters
        ----------
        name
            What tells the function from the model's others, whatever its arguments are.
        function
            From the data of a lane and its row of each of ``per_lane`` to a tuple of arrays.
        per_lane
            Arrays of shape ``(lanes, ...)``.
        shared
            What is the same for all lanes, as one more argument; None is none.

        Returns
        -------
        tuple of numpy.ndarray
            What the function returns, each of shape ``(lanes, ...)``.
        """
        import jax

        same = () if shared is None else (shared,)
        axes = [0] * (1 + len(per_lane)) + [None] * len(same)
        program = self.traced.program(f"batch_{name}_{self.block}_{_own_source()}", jax.vmap(function, in_axes=axes))
        blocks = []
        for begin in range(0, self.count, self.block):
            rows = np.minimum(np.arange(begin, begin + self.block), self.count - 1)
            given = [tuple(d[rows] for d in self.data), *(np.asarray(a)[rows] for a in per_lane)]
            found = program(*given, *same)  # an explicit transfer takes ten times as long as a small program's call
            blocks.append([np.asarray(a)[: self.count - begin] for a in found])
        return tuple(np.concatenate(parts) for parts in zip(*blocks, strict=True))


def lanes(engine: Engine, data: Sequence[dict[str, Any]], block: int = BLOCK) -> Lanes:
    """Put data sets side by side.

    Parameters
    ----------
    engine
        The model, compiled with one data set.
    data
        For each lane its arrays by name, as for :meth:`Engine.with_data`; what is left out is the engine's own.
    block
        Lanes of one call.

    Raises
    ------
    ModelError
        When the model is not computed with JAX, or a data set has another shape than the engine's.
    """
    if engine.backend.traced is None:
        raise ModelError(f"the model cannot be computed for many data sets at once: {engine.note}")
    stacked = []
    for name, own in engine.data.items():
        rows = [np.asarray(arrays.get(name, own), dtype=own.dtype) for arrays in data]
        if any(row.shape != own.shape for row in rows):
            raise ModelError(f"the data sets have {name!r} in several shapes; solve those of one shape together")
        stacked.append(np.stack(rows))
    return Lanes(engine, tuple(stacked), len(data), block)


@cache
def _own_source() -> str:
    """Return what tells the programs of this room from those of other versions of it."""
    import triptych.batch

    files = sorted(Path(triptych.batch.__path__[0]).glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
