"""Solve many data sets of one model: at once where that is possible, and one after the other where not."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from triptych.comparisons.study.batched import solve_batched
from triptych.comparisons.study.problem import Options, Sets
from triptych.comparisons.study.replicates import Replicates
from triptych.comparisons.study.serial import solve_serially
from triptych.panels.problem import Problem


class Batched(Protocol):
    """What solves many data sets at once."""

    def __call__(self, problem: Problem, sets: Sets, options: Options) -> tuple[Replicates, np.ndarray] | None:
        """Return the figures, and which replicates are left to the serial engine, ``(replicates,)``.

        None means that the model cannot be solved at once at all.
        """


def solve_sets(problem: Problem, sets: Sets, options: Options, batched: Batched | None = solve_batched) -> Replicates:
    """Solve every data set by every method.

    Parameters
    ----------
    problem
        The compiled model.
    sets
        The data sets with their seeds and truths.
    options
        Which methods and intervals.
    batched
        What solves many at once; what it leaves, the serial engine solves. None: all is solved by the serial engine.

    Returns
    -------
    Replicates
        One entry for each data set, whichever engine solved it; none is dropped.
    """
    found = None if batched is None else batched(problem, sets, options)
    if found is None:
        return solve_serially(problem, sets, options)
    replicates, left = found
    rows = np.flatnonzero(left)
    if rows.size:
        replicates.put(rows, solve_serially(problem, sets.some(rows), options))
    return replicates
