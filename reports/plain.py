"""What is reported as values that JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from triptych.comparisons.comparison import Comparison


def plain(value: Any) -> Any:
    """Return a value that JSON can hold; what is not finite becomes null."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    # pandas' missing values are the only ones that differ from themselves or refuse to compare.
    return None if type(value).__name__ in ("NAType", "NaTType") else str(value)


def records(table: pd.DataFrame, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return the rows of a table as plain dictionaries."""
    names = list(table.columns) if columns is None else [c for c in columns if c in table.columns]
    return [plain(row) for row in table[names].to_dict("records")]


def provenance(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Return what all comparisons share, and by scenario what they do not."""
    if not comparisons:
        return {}
    each = {c.scenario.name: plain(c.provenance) for c in comparisons}
    first = next(iter(each.values()))
    shared = {
        key: value
        for key, value in first.items()
        if all(key in other and other[key] == value for other in each.values())
    }
    own = {
        name: rest
        for name, items in each.items()
        if (rest := {key: value for key, value in items.items() if key not in shared})
    }
    return {**shared, "scenarios": own} if own else shared
