"""Profile intervals of ordered values that the likelihood does not know: they are where the order lets them be."""

from __future__ import annotations

import numpy as np

from triptych.engine.estimands import Estimand
from triptych.estimates.facts import block_of
from triptych.estimates.optimum import Optimum
from triptych.problem.table import Row


def between_neighbours(optimum: Optimum, estimand: Estimand, i: int, row: Row, profiled: list[Row]) -> Row | str:
    """Return the profile interval of an ordered value between the next ones that the likelihood knows.

    Held at some value it costs what it costs to have the one below it no higher and the one above it no lower. So its
    interval begins where that of the one below begins, and ends where that of the one above ends.

    Parameters
    ----------
    optimum
        The maximum.
    estimand, i
        The scalar, which moves with coordinates that the likelihood does not know.
    row
        Its headline row.
    profiled
        The profile intervals of the others.

    Returns
    -------
    Row or str
        The row of the interval, or why there is none.
    """
    names = estimand.variable.labels
    position = next((at for at in optimum.engine.unseen if _is_value(optimum, estimand, i, at)), None)
    if position is None:
        return "no profile interval: it moves with what the likelihood does not know"
    by_label = {other.label: other for other in profiled if other.estimand == row.estimand}
    start = position - i
    below, above = (None if at is None else names[at - start] for at in optimum.engine.unseen[position])
    if any(label is not None and label not in by_label for label in (below, above)):
        return "no profile interval: a value next to it has none"
    lower = -np.inf if below is None else by_label[below].lower
    upper = np.inf if above is None else by_label[above].upper
    bounds = [f"{row.estimand}[{label}]" for label in (below, above) if label is not None]
    found = row.but(lower=lower, upper=upper, interval_kind="profile")
    return found.also(f"the likelihood does not know it: the order puts it next to {' and '.join(bounds)}")


def _is_value(optimum: Optimum, estimand: Estimand, i: int, position: int) -> bool:
    """Whether a scalar is the ordered value at a position."""
    block = block_of(optimum.engine, position)
    return block.variable.name == estimand.name and position - block.start == i
