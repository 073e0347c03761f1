"""Facts that advice rests on, derived from a model by PyMC and NumPy alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .verify import Objective, flatten, unflatten

if TYPE_CHECKING:
    import pymc as pm

DEPENDENT = 1e4  # condition number of columns of length one: of their products it is the square
SCANNED, HALVES = 400, 40  # points along a coordinate, and halvings of the widest gap between two of them
JUMP = 1e-6


def is_flat(rv: Any) -> bool:
    """Whether a free variable has one of PyMC's two improper distributions."""
    return str(rv.owner.op).startswith(("flat_rv", "half_flat_rv"))


def nearly_dependent(model: pm.Model) -> bool:
    """Whether the columns of some matrix in the model, with a constant beside them, nearly depend on each other."""
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.basic import Constant
    from pytensor.graph.traversal import ancestors

    for variable in ancestors([*model.observed_RVs, *model.potentials]):
        if not isinstance(variable, (Constant, SharedVariable)):
            continue
        values = variable.data if isinstance(variable, Constant) else variable.get_value()
        if np.ndim(values) != 2 or not np.issubdtype(np.asarray(values).dtype, np.floating):
            continue
        constant = np.any(np.ptp(values, axis=0) == 0) if len(values) else True
        columns = values if constant else np.column_stack([np.ones(len(values)), values])
        size = np.linalg.norm(columns, axis=0)
        if len(columns) > columns.shape[1] and np.all(size > 0) and np.linalg.cond(columns / size) > DEPENDENT:
            return True
    return False


def jumps(model: pm.Model, likelihood: tuple[str, ...] = ()) -> bool:
    """Whether the likelihood jumps from one finite value to another as one coordinate moves.

    Between neighbours on a fine row of points the gap with the largest change is halved: a change that is continuous
    is nothing in the end.
    """
    objective = Objective(model, "mle", likelihood)
    start = {name: np.asarray(x, float) for name, x in model.initial_point().items()}
    # Where two rates are the same, nothing jumps between them.
    centre = flatten(start) + 0.3 * np.random.default_rng(0).standard_normal(flatten(start).size)

    def value(x: np.ndarray) -> float:
        return objective.at(unflatten(x, start))

    for k in range(centre.size):
        row = np.tile(centre, (SCANNED, 1))
        row[:, k] += np.linspace(-6, 6, SCANNED) * max(1.0, abs(centre[k]) / 3)
        values = np.array([value(x) for x in row])
        steps = np.diff(np.where(np.isfinite(values), values, np.nan))
        change = np.nan_to_num(np.abs(steps))
        at = int(np.argmax(change))
        if change[at] and _is_a_jump(value, row[at], row[at + 1]):
            return True
    return False


def _is_a_jump(value: Any, one: np.ndarray, other: np.ndarray) -> bool:
    ends = value(one), value(other)
    for _ in range(HALVES):
        middle = (one + other) / 2
        between = value(middle)
        if abs(between - ends[0]) > abs(ends[1] - between):
            other, ends = middle, (ends[0], between)
        else:
            one, ends = middle, (between, ends[1])
    return bool(np.all(np.isfinite(ends)) and abs(ends[1] - ends[0]) > JUMP * (1 + abs(ends[0])))
