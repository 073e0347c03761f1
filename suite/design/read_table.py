"""Reading tables from files and objects, every fault in one sentence."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triptych.base.errors import InputError, path_of
from triptych.base.options import nearest
from triptych.base.text import cited, listed
from triptych.design.arrow import without_arrow

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

    if isinstance(source, str) and "://" in source:
        raise InputError(f"{source!r} is an address: download the file first and give its path")
    if isinstance(source, str | os.PathLike):
        table, origin = _read_file(path_of(source)), f"{os.fspath(source)!r}"
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
    if kind in (*SEPARATORS, *PARQUET) and not path.is_file():  # it is read more than once
        raise InputError(f"{str(path)!r} is a pipe or a device and no file; write its content to a file first")
    if kind not in (*SEPARATORS, *PARQUET):
        known = (*SEPARATORS, *PARQUET)
        raise InputError(f"{str(path)!r}: unknown kind of file {kind!r}; {nearest(kind, known)}")
    try:
        return _read_parquet(path) if kind in PARQUET else _read_text(path, SEPARATORS[kind])
    except OSError as fault:
        raise InputError(f"{str(path)!r} cannot be read: {fault.strerror or fault}") from fault


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as fault:
        raise InputError(f"{cited(str(path))} cannot be the path of a file: {fault.strerror}") from fault


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
        if len(names) == 1 and ";" in names[0]:
            raise InputError(
                f"{str(path)!r} is separated by semicolons; save it with commas between columns, and points in numbers"
            )
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
        if isinstance(fault, pd.errors.ParserWarning):
            reason = (
                f"rows have more fields than the first line, which has to name the columns: {cited(', '.join(names))}"
            )
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
