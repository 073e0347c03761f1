"""Tables: reading them, and columns as numbers or levels, every fault in one sentence."""

from __future__ import annotations

import difflib
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.arrow import without_arrow
from triptych.errors import InputError, shown

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = {".csv": ",", ".tsv": "\t"}
PARQUET = (".parquet", ".pq")
END = "(after the last separator)"


def read_table(source: Any) -> pd.DataFrame:
    """Return a table from a path (CSV, TSV, Parquet), a DataFrame or a mapping of columns.

    Parameters
    ----------
    source
        A path, a pandas DataFrame, an object with ``to_pandas()`` or a mapping of columns.

    Raises
    ------
    InputError
        The file is missing, a directory, of an unknown kind, not UTF-8, or no table at all; or
        column names are duplicated, or there are fewer than two rows.
    """
    import pandas as pd

    if isinstance(source, str | os.PathLike):
        table, origin = _read_file(Path(source)), f"{os.fspath(source)!r}"
    elif isinstance(source, pd.DataFrame):
        table, origin = source, "the table"
    elif hasattr(source, "to_pandas"):
        table, origin = source.to_pandas(), "the table"
    elif isinstance(source, Mapping):
        table, origin = _from_mapping(source), "the table"
    else:
        raise InputError(
            f"cannot read a table from {type(source).__name__}: give a path to a CSV or Parquet "
            "file, a DataFrame, or a mapping of columns"
        )
    if isinstance(table.columns, pd.MultiIndex):
        raise InputError(f"{origin} has column names of several levels; flatten them first")
    table = table.set_axis([str(name) for name in table.columns], axis="columns")
    _check_names(list(table.columns), origin)
    if len(table.columns) == 0:
        raise InputError(f"{origin} has no columns")
    if len(table) == 0:
        raise InputError(f"{origin} has column names but zero rows")
    if len(table) == 1:
        raise InputError(f"{origin} has one row; a regression needs at least two")
    return without_arrow(table.reset_index(drop=True))


def _from_mapping(source: Mapping[Any, Any]) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.DataFrame(dict(source))
    except (ValueError, TypeError) as fault:
        raise InputError(f"the columns do not make a table: {fault}") from fault


def _read_file(path: Path) -> pd.DataFrame:
    kind = path.suffix.lower()
    if not _exists(path):
        raise InputError(f"there is no file {str(path)!r}")
    if path.is_dir():
        raise InputError(f"{str(path)!r} is a directory; give the path of a CSV or Parquet file")
    if kind not in (*SEPARATORS, *PARQUET):
        known = ", ".join((*SEPARATORS, *PARQUET))
        raise InputError(f"{str(path)!r}: unknown kind of file {kind!r}; known are {known}")
    try:
        return _read_parquet(path) if kind in PARQUET else _read_text(path, SEPARATORS[kind])
    except OSError as fault:
        raise InputError(f"{str(path)!r} cannot be read: {fault.strerror or fault}") from fault


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as fault:
        raise InputError(f"{shown(str(path))} cannot be the path of a file: {fault.strerror}") from fault


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    try:
        return pd.read_parquet(path, engine="pyarrow")
    except (pa.ArrowException, ValueError) as fault:
        reason = str(fault).splitlines()[0]
        raise InputError(f"{str(path)!r} is not a readable Parquet file: {reason}") from fault


def _read_text(path: Path, separator: str) -> pd.DataFrame:
    import pandas as pd

    def read(**options: Any) -> pd.DataFrame:
        with warnings.catch_warnings():
            # Of rows longer than the header pandas only warns, and drops what is over.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # utf-8-sig also takes plain UTF-8 and drops the mark that spreadsheets write first.
            frame: pd.DataFrame = pd.read_csv(path, sep=separator, encoding="utf-8-sig", index_col=False, **options)
        return frame

    try:
        # pandas renames duplicated columns silently, so the header is read as a row first.
        header = read(header=None, nrows=1, dtype=str, keep_default_na=False)
        names = [str(name) for name in header.iloc[0]]
        _check_names(names, f"{str(path)!r}")
        try:
            table = read(low_memory=False)
        except pd.errors.ParserWarning:
            table = _without_empty_end(read(low_memory=False, header=0, names=[*names, END]), path)
    except UnicodeDecodeError as fault:
        raise InputError(
            f"{str(path)!r} is not UTF-8 (byte {fault.start + 1} does not decode); save it again as UTF-8"
        ) from fault
    except pd.errors.EmptyDataError as fault:
        raise InputError(f"{str(path)!r} is empty") from fault
    except (pd.errors.ParserError, pd.errors.ParserWarning) as fault:
        reason = str(fault).strip().splitlines()[0]
        raise InputError(f"{str(path)!r} is not a well-formed table: {reason}") from fault
    return table


def _without_empty_end(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Take a separator at the end of every row for what it is; a column without a name is refused."""
    if not table[END].isna().all():
        raise InputError(
            f"{str(path)!r} has one name fewer in its header than fields in its rows: name every column "
            "(R writes such files with row names; write them with row.names = FALSE)"
        )
    return table.drop(columns=END)


def _check_names(names: Sequence[str], origin: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(f"{origin} has more than one column named {listed(repeated)}")


def listed(names: Iterable[Any], limit: int = 8) -> str:
    """``'a', 'b' and 3 more``: names as a sentence shows them."""
    said = [repr(str(name)) for name in names]
    more = f" and {len(said) - limit} more" if len(said) > limit else ""
    return ", ".join(said[:limit]) + more


def require_column(table: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Return a column; when it is not there, say which one is nearest."""
    if name in table.columns:
        return table[name]
    names = [str(column) for column in table.columns]
    nearest = [column for column in names if column.lower() == name.lower()]
    nearest = nearest or difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else f"; there are {listed(names)}"
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


def keep_complete(table: pd.DataFrame, columns: Sequence[str], *, drop_missing: bool) -> tuple[pd.DataFrame, int]:
    """Return the rows that are complete in ``columns``, and how many were dropped.

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
    return table.loc[~incomplete].reset_index(drop=True), count


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
            f"column {name!r} must hold numbers, but row {row + 1} is {value!r}; "
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
        raise InputError(f"column {name!r} is too large for a float in row {row + 1}")
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
    """
    import pandas as pd

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
    names = [level_name(value) for value in found]
    if len(set(names)) != len(names):
        raise InputError(f"column {str(column.name)!r} has different levels of the same name")
    return np.asarray(codes, dtype=int), names


def level_name(value: Any) -> str:
    """``3`` for 3.0, the text itself for text."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
