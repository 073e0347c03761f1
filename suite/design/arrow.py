"""Columns of Arrow's types as pandas' own, so that text is text and categories are categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def without_arrow(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which no column is of an Arrow type; other columns are left as they are."""
    import pandas as pd

    found = [name for name in table.columns if isinstance(table[name].dtype, pd.ArrowDtype)]
    return table.assign(**{name: _plain(table[name]) for name in found}) if found else table


def _plain(column: pd.Series[Any]) -> pd.Series[Any]:
    import pyarrow as pa

    plain: pd.Series[Any] = pa.array(column).to_pandas()
    return plain.set_axis(column.index)
