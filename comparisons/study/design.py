"""What a study is made of: its cells, the seeds of each replicate, and the pieces in which it is solved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from triptych.base.threads import in_one_thread
from triptych.comparisons.study.problem import Options, Sets
from triptych.comparisons.study.replicates import Replicates
from triptych.comparisons.study.solver import solve_sets
from triptych.comparisons.study.sources import Cell, Source, true_scalars
from triptych.panels.problem import Problem

BLOCK = 64  # replicates of the smallest piece, as many as the batched solver has lanes
MOST_PIECES = 2000  # pieces of one cell, beyond which they grow


@dataclass(frozen=True)
class Design:
    """A study before it is run.

    Attributes
    ----------
    source
        Where data sets come from, and what is solved.
    cells
        The combinations of settings.
    replicates
        Data sets of each cell.
    truth
        True values in place of the simulator's own.
    prior_draws
        Whether each replicate has true values of its own, drawn from the prior.
    options
        Methods, intervals, and length of the chains.
    random_seed
        Root of all seeds: replicate r of cell c has ``SeedSequence(random_seed, spawn_key=(c, r))``.
    """

    source: Source
    cells: tuple[Cell, ...]
    replicates: int
    truth: Mapping[str, Any] = field(default_factory=dict)
    prior_draws: bool = False
    options: Options = field(default_factory=Options)
    random_seed: int = 1

    @property
    def total(self) -> int:
        """Replicates of all cells."""
        return self.replicates * len(self.cells)

    def drawn(self, cell: Cell, replicate: int) -> tuple[Any, Any, Mapping[str, Any], np.ndarray]:
        """Return data, fresh data of the same truth, that truth, and the solver's seeds of one replicate."""
        own = np.random.SeedSequence(self.random_seed, spawn_key=(cell.number, replicate))
        fresh, solver, prior = own.spawn(3)
        truth = self.source.prior(cell, prior) if self.prior_draws else self.truth
        data, true = self.source.draw(cell, own, truth)
        # A simulator may round what it was given, and tells the truth of the first data set.
        other, _ = self.source.draw(cell, fresh, truth)
        return data, other, true, solver.generate_state(2)


@dataclass(frozen=True)
class Piece:
    """Replicates ``start`` to ``stop`` (excluded) of one cell, which are solved and kept together."""

    cell: Cell
    start: int
    stop: int

    @property
    def count(self) -> int:
        """Number of replicates."""
        return self.stop - self.start


def cells_of(n: tuple[int | None, ...], settings: Mapping[str, tuple[Any, ...]]) -> tuple[Cell, ...]:
    """Return all combinations: the settings in their order, and every n within each."""
    combined = [dict(zip(settings, values, strict=True)) for values in product(*settings.values())]
    return tuple(Cell(k, size, values) for k, (values, size) in enumerate(product(combined, n)))


def piece_size(replicates: int) -> int:
    """Return how many replicates are solved together: a block of lanes, or more where there would be many pieces."""
    size = BLOCK
    while replicates > size * MOST_PIECES:
        size *= 2
    return size


def pieces(cell: Cell, replicates: int, done: np.ndarray, shard: tuple[int, int] = (1, 1)) -> Iterator[Piece]:
    """Yield what is left of a cell.

    Parameters
    ----------
    cell, replicates
        The cell and how many replicates it has in all.
    done
        Which of them are solved already, ``(replicates,)``.
    shard
        The share i of K: every K-th piece, from the i-th on.
    """
    size, (share, shares) = piece_size(replicates), shard
    for k, begin in enumerate(range(0, replicates, size)):
        if k % shares != share - 1:
            continue
        end = min(begin + size, replicates)
        left = np.flatnonzero(~done[begin:end]) + begin
        for stretch in np.split(left, np.flatnonzero(np.diff(left) > 1) + 1):
            if stretch.size:
                yield Piece(cell, int(stretch[0]), int(stretch[-1]) + 1)


_PROBLEMS: dict[tuple[int, int], tuple[Any, Problem]] = {}
KEPT = 4  # compiled problems of one process


def compiled_problem(design: Design, cell: Cell) -> Problem:
    """Return the compiled problem of a cell, always compiled with the data of its first replicate."""
    key = (id(design.source), cell.number)
    if key in _PROBLEMS and _PROBLEMS[key][0] is design.source:
        return _PROBLEMS[key][1]
    data, _, _, _ = design.drawn(cell, 0)
    problem = design.source.problem(cell, data)
    while len(_PROBLEMS) >= KEPT:
        del _PROBLEMS[next(iter(_PROBLEMS))]
    _PROBLEMS[key] = (design.source, problem)
    return problem


@in_one_thread
def solve_piece(design: Design, piece: Piece) -> tuple[Replicates, np.ndarray]:
    """Simulate and solve the replicates of a piece.

    Returns
    -------
    Replicates
        Their figures.
    numpy.ndarray
        The true value of each scalar, ``(replicates, scalars)``.
    """
    problem = compiled_problem(design, piece.cell)
    drawn = [design.drawn(piece.cell, k) for k in range(piece.start, piece.stop)]
    truth = np.array([true_scalars(problem, true) for _, _, true, _ in drawn])
    sets = Sets(
        [data.arrays for data, _, _, _ in drawn],
        np.array([seeds for _, _, _, seeds in drawn]),
        truth,
        [fresh.arrays for _, fresh, _, _ in drawn],
    )
    return solve_sets(problem, sets, design.options), truth
