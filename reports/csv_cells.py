"""Tables as CSV that a spreadsheet shows and does not run, and the way back without a loss.

A cell of text that begins, after blanks, with ``= + - @`` or their full-width forms, or with a tab, a line's end or an
apostrophe, is written with an apostrophe before it: spreadsheets take it as text. To read a cell back, take one
apostrophe from the front of a text that has one. Numbers are written as they are, and what does not exist is empty.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triptych.problem.table import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

MARK = "'"
BEGINNINGS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", MARK)
CONTROLS = ("\t", "\r", "\n", "\v", "\f", "\0")
NUMBERS = ("estimate", "std_error", "lower", "upper", "ci_prob")


def as_text(value: str) -> str:
    """Return a text such that no spreadsheet takes it for a formula."""
    if value.startswith(CONTROLS) or value.lstrip().startswith(BEGINNINGS):
        return MARK + value
    return value


def from_text(cell: str) -> str:
    """Return the text that a cell stands for."""
    return cell.removeprefix(MARK)


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as CSV: a line of names, then one for each row."""
    lines = [",".join(_cell(value) for value in line) for line in (columns, *rows)]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        text = as_text(str(value))
        return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text
    if isinstance(value, float) and not math.isfinite(value):
        return "" if math.isnan(value) else str(float(value))
    return repr(float(value)) if isinstance(value, float) else str(value)


def read_estimates(path: str | Path) -> pd.DataFrame:
    """Read ``estimates.csv`` back as it was.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    pandas.DataFrame
        The columns of :data:`triptych.problem.table.COLUMNS`: texts as they were before a spreadsheet was thought of,
        numbers
        to the last digit, NaN for what does not exist.
    """
    import csv

    import pandas as pd

    with Path(path).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    table = pd.DataFrame(rows, columns=header)
    for name in COLUMNS:
        if name in NUMBERS:
            table[name] = [float(cell) if cell else math.nan for cell in table[name]]
        else:
            table[name] = [from_text(cell) for cell in table[name]]
    return table
