"""Columns of a table as numbers or levels, every fault in one sentence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import InputError
from triptych.base.options import nearest
from triptych.base.text import said

if TYPE_CHECKING:
    import pandas as pd


def require_column(table: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Return a column; when it is not there, say which one is nearest."""
    if name in table.columns:
        return table[name]
    names = [str(column) for column in table.columns]
    hint = f"; {nearest(name, names)}"
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        hint = f"; the only column is {names[0]!r}: is the file separated by something else?"
    raise InputError(f"there is no column {name!r}{hint}")


def missing(column: pd.Series[Any]) -> np.ndarray:
    """Return which rows of a column are missing or infinite."""
    import pandas as pd

    if column.dtype == object:
        endless = np.array([_not_finite(value) for value in column], dtype=bool)
        return np.asarray(endless | column.where(~endless, None).isna(), dtype=bool)
    absent = np.asarray(column.isna(), dtype=bool)
    if pd.api.types.is_float_dtype(column.dtype):
        absent = absent | np.isinf(np.asarray(column.to_numpy(dtype=float, na_value=np.nan)))
    return absent


def _not_finite(value: Any) -> bool:
    """Whether a value is a float or a decimal that is infinite or not a number."""
    from decimal import Decimal

    if isinstance(value, Decimal):
        return not value.is_finite()
    return isinstance(value, float | np.floating) and not bool(np.isfinite(value))


def row_number(rows: pd.DataFrame | pd.Series[Any], position: int) -> int:
    """Return the number, from 1, that a row had before incomplete ones were dropped."""
    return int(rows.index[position]) + 1


def incomplete_rows(table: pd.DataFrame, columns: Sequence[str]) -> dict[str, list[int]]:
    """Return the numbers, from 1, of the rows that are incomplete in each of some columns that have any."""
    gaps = {name: np.flatnonzero(missing(require_column(table, name))) for name in columns}
    return {name: [int(row) + 1 for row in rows] for name, rows in gaps.items() if len(rows)}


def keep_complete(table: pd.DataFrame, columns: Sequence[str], *, drop_missing: bool) -> tuple[pd.DataFrame, int]:
    """Return the rows that are complete in ``columns``, and how many were dropped.

    The rows keep their index, from which messages number them as the table does.

    Raises
    ------
    InputError
        Rows are incomplete and ``drop_missing`` is off, or fewer than two rows are left.
    """
    gaps = {name: missing(require_column(table, name)) for name in columns}
    incomplete = np.zeros(len(table), dtype=bool)
    for rows in gaps.values():
        incomplete |= rows
    count = int(incomplete.sum())
    if count and not drop_missing:
        where = "; ".join(
            f"{name!r}: {int(rows.sum())}, first in row {int(np.argmax(rows)) + 1}"
            for name, rows in gaps.items()
            if rows.any()
        )
        raise InputError(
            f"{count} of {len(table)} rows have missing or infinite values ({where}); "
            f"mend them, or drop those rows with --drop-missing (drop_missing=True){_spellings(table, gaps)}"
        )
    if len(table) - count < 2:
        raise InputError(f"only {len(table) - count} of {len(table)} rows are complete")
    return table.loc[~incomplete], count


def _spellings(table: pd.DataFrame, gaps: Mapping[str, np.ndarray]) -> str:
    """Say what a file's reader takes for missing, where a column of text has gaps: it may be a category."""
    if not any(rows.any() and is_text(table[name].loc[~rows]) for name, rows in gaps.items()):
        return ""
    return (
        "; in CSV and TSV files empty cells, NA, N/A, NaN, None and null are read as missing: to keep one as a "
        "category, rename it there, or hand over a DataFrame or a Parquet file"
    )


def is_text(column: pd.Series[Any]) -> bool:
    """Whether a column holds categories or text rather than numbers."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    if isinstance(column.dtype, pd.StringDtype) or column.dtype == object:
        return not _all_numbers(column)
    return False


def _all_numbers(column: pd.Series[Any]) -> bool:
    from decimal import Decimal
    from numbers import Real

    return all(isinstance(value, Real | Decimal | np.bool_) for value in column)


def numbers(column: pd.Series[Any]) -> np.ndarray:
    """Return a complete column as floats.

    Raises
    ------
    InputError
        The column holds text, dates or anything else that is not a number.
    """
    import pandas as pd

    name, kind = str(column.name), column.dtype
    if is_text(column):
        row, value = _first_that_is_no_number(column)
        raise InputError(
            f"column {name!r} must hold numbers, but row {row_number(column, row)} is {value!r}; "
            "mend it, or name it as categories with C(...) where a predictor may be one"
        )
    if pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_timedelta64_dtype(kind):
        raise InputError(f"column {name!r} holds dates or times; convert it to a number first")
    if isinstance(kind, pd.PeriodDtype | pd.IntervalDtype):
        what = "periods" if isinstance(kind, pd.PeriodDtype) else "intervals"
        raise InputError(
            f"column {name!r} holds {what}; convert it to a number first, or name it as categories with C(...)"
        )
    if pd.api.types.is_complex_dtype(kind):
        raise InputError(f"column {name!r} holds complex numbers; give their parts as columns")
    try:
        values = column.to_numpy(dtype=float)
    except (TypeError, ValueError, OverflowError) as fault:
        raise InputError(f"column {name!r} cannot be read as numbers: {fault}") from fault
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        raise InputError(f"column {name!r} is too large for a float in row {row_number(column, row)}")
    if (values == values[:1]).all() and column.nunique() > 1:
        raise InputError(
            f"the values of column {name!r} differ only in digits beyond double precision; subtract a constant from "
            "it before the table is written"
        )
    return np.asarray(values)


def _first_that_is_no_number(column: pd.Series[Any]) -> tuple[int, str]:
    for row, value in enumerate(column):
        if not is_number(value):
            return row, str(value)
    return 0, str(column.iloc[0])


def is_number(value: Any) -> bool:
    """Whether Python makes a float of a value."""
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def levels(column: pd.Series[Any]) -> tuple[np.ndarray, list[str]]:
    """Return a complete column as codes and the names of its levels.

    Ordered as the column's own categories say, otherwise sorted; levels without rows are left out.

    Raises
    ------
    InputError
        A cell holds a list or another collection, or different levels have the same name.
    """
    import pandas as pd

    nested = (
        k for k, value in enumerate(column) if isinstance(value, Collection) and not isinstance(value, str | bytes)
    )
    if column.dtype == object and (row := next(nested, None)) is not None:
        raise InputError(
            f"column {str(column.name)!r} has several values in one cell, {said(column.iloc[row])} in row "
            f"{row_number(column, row)}; give each a column of its own"
        )
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = column.cat.remove_unused_categories()
        codes = used.cat.codes.to_numpy()
        found: list[Any] = list(used.cat.categories)
    else:
        try:
            codes, uniques = pd.factorize(column, sort=True)
        except TypeError:  # mixed types have no order of their own
            codes, uniques = pd.factorize(column.astype(str), sort=True)
        found = list(uniques)
    names = _days(found) or [level_name(value) for value in found]
    if len(set(names)) != len(names):
        raise InputError(f"column {str(column.name)!r} has different levels of the same name")
    return np.asarray(codes, dtype=int), names


def _days(found: Sequence[Any]) -> list[str] | None:
    """Return points in time as days, if all are the beginning of one."""
    from datetime import datetime, time

    if not all(isinstance(value, datetime) and value == datetime.combine(value, time()) for value in found):
        return None
    return [value.date().isoformat() for value in found]


def level_name(value: Any) -> str:
    """``3`` for 3.0, the text itself for text."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
