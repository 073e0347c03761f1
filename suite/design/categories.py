"""Text as a predictor: whether it holds categories, or numbers, dates or names that only look like them."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import InputError
from triptych.design.columns import is_number, row_number
from triptych.design.expressions import quoted

if TYPE_CHECKING:
    import pandas as pd

HANDFUL = 10  # rows up to which every text may be another one
ORNAMENTS = re.compile(r"[\s,%$€£¥'()]")
GROUPED = re.compile(r"[-+]?\d{1,3}(\.\d{3})+")
HEXADECIMAL = re.compile(r"[-+]?0[xX][0-9a-fA-F]+")
DATES = re.compile(
    r"""
    \d{4}[-/.](0?[1-9]|1[0-2])([-/.]\d{1,2}([T\s].*)?)?   # 2020-01-31, 2020/1/31 12:00, 2020-01
    | \d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})(\s.*)?        # 31.1.2020, 1/31/20
    | \d{1,2}[\s-][A-Za-z]{3,9}\.?,?[\s-]\d{2,4}          # 31 January 2020, 31-Jan-20
    | [A-Za-z]{3,9}\.?\s\d{1,2},?\s\d{4}                  # January 31, 2020
    | \d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(\s?[AaPp][Mm])?      # 12:30, 12:30:59.5
    """,
    re.VERBOSE,
)


def require_categories(column: pd.Series[Any]) -> None:
    """Refuse text that is mostly numbers or dates, and text that is another one in nearly every row.

    Raises
    ------
    InputError
        Naming the column, a row of it, and how to say that it holds categories after all.
    """
    name = str(column.name)
    remedy = f"or write C({quoted(name) if name.isprintable() else '...'}) if it holds categories"
    values = list(column)
    for kind, looks in (("numbers", looks_like_a_number), ("dates or times", looks_like_a_date)):
        found = np.array([looks(value) for value in values])
        if not _mostly(found, values):
            continue
        if found.all():
            raise InputError(
                f"column {name!r} holds {kind} as text, such as {str(values[0])!r} in row {row_number(column, 0)}; "
                f"turn them into plain numbers first, {remedy}"
            )
        row = int(np.argmin(found))
        raise InputError(
            f"column {name!r} is mostly {kind}, but row {row_number(column, row)} is {str(values[row])!r}; "
            f"mend it, {remedy}"
        )
    different = len({str(value) for value in values})
    if len(values) > HANDFUL and different > 0.9 * len(values):
        raise InputError(
            f"column {name!r} is text with {different} different values in {len(values)} rows: names or identifiers "
            f"are no predictor; leave it out, {remedy}"
        )


def _mostly(found: np.ndarray, values: list[Any]) -> bool:
    """Whether most rows, or most of the different values, are what was looked for."""
    different = dict(zip(map(str, values), found, strict=True))
    return bool(found.mean() >= 0.5 or sum(different.values()) > 0.5 * len(different))


def looks_like_a_number(value: Any) -> bool:
    """Whether a value is a number, or a text that is one but for signs of grouping, percent or currency."""
    if not isinstance(value, str):
        return is_number(value)
    bare = ORNAMENTS.sub("", value)
    return is_number(bare) or bool(GROUPED.fullmatch(bare) or HEXADECIMAL.fullmatch(bare))


def looks_like_a_date(value: Any) -> bool:
    """Whether a value is a date or a time, or a text that is one in a usual spelling."""
    if isinstance(value, str):
        return bool(DATES.fullmatch(value.strip()))
    return isinstance(value, date | time | timedelta | np.datetime64 | np.timedelta64)
