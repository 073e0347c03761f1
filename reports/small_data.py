"""Data of few rows as a table that can be read, with the numbers that the model knows of each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.base.numbers import significant
from triptych.reports.mathematics import pretty

MOST_ROWS, MOST_COLUMNS = 12, 6


def small_data(solution: Any) -> dict[str, Any] | None:
    """Return data of few rows as headings and rows of text; None where they are many or of unlike lengths.

    Parameters
    ----------
    solution
        A solved variant.
    """
    data = solution.data
    columns = {name: np.asarray(value) for name, value in data.arrays.items()}
    sizes = {value.shape for value in columns.values() if value.ndim}
    if len(sizes) != 1:
        return None
    (shape,) = sizes
    if len(shape) != 1 or not 1 < shape[0] <= MOST_ROWS:
        return None
    columns = {name: value for name, value in columns.items() if value.ndim}
    axes = {data.dims[name] for name in columns if name in data.dims}
    axis = axes.pop()[0] if len(axes) == 1 else ""
    columns |= {name: value for name, value in solution.constants.items() if value.shape == shape}
    labels = [str(label) for label in data.coords.get(axis, ())]
    if len(columns) > MOST_COLUMNS:
        return None
    names = labels if len(labels) == shape[0] else [str(i + 1) for i in range(shape[0])]
    return {
        "axis": axis or "row",
        "columns": list(columns),
        "rows": [(name, [_text(value[i]) for value in columns.values()]) for i, name in enumerate(names)],
    }


def _text(value: Any) -> Any:
    return pretty(significant(value) if isinstance(value, np.number | float | int) else str(value))
