"""Estimates side by side: one row a scalar, one group of columns a panel, for papers and notebooks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from triptych.problem.table import METHODS, SHORT

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("estimate", "std_error", "lower", "upper", "status")


def wide(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return one row a scalar with the columns of each panel side by side.

    Parameters
    ----------
    estimates
        Headline rows of one variant, as in ``Comparison.estimates``.

    Returns
    -------
    pandas.DataFrame
        Rows ``scalar``; columns panel by ``estimate, std_error, lower, upper, status``, panels in the order MLE, MAP,
        posterior.
    """
    import pandas as pd

    names = [f"{e}[{la}]" if la else e for e, la in zip(estimates["estimand"], estimates["label"], strict=True)]
    table = estimates.assign(scalar=names)
    order = list(dict.fromkeys(names))
    parts = {
        SHORT[m]: table[table["method"] == m].set_index("scalar").reindex(order)[list(COLUMNS)]
        for m in METHODS
        if (table["method"] == m).any()
    }
    return pd.concat(parts, axis="columns", names=["panel", None])


def cells(estimates: pd.DataFrame, digits: int = 3) -> pd.DataFrame:
    """Return the same as text, ``4.62 [-1.57, 10.8]``; what does not exist is its status."""
    table = wide(estimates)
    found = {}
    for panel in dict.fromkeys(table.columns.get_level_values(0)):
        found[panel] = [_cell(row, digits) for row in table[panel].to_dict("records")]
    import pandas as pd

    return pd.DataFrame(found, index=table.index)


def markdown(estimates: pd.DataFrame, digits: int = 3) -> str:
    """Return the table as Markdown."""
    table = cells(estimates, digits)
    rows = [["", *table.columns], ["---"] * (len(table.columns) + 1)]
    rows += [[f"`{name}`", *row] for name, row in zip(table.index, table.to_numpy().tolist(), strict=True)]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)


def latex(estimates: pd.DataFrame, digits: int = 3) -> str:
    """Return the table as LaTeX, for the package booktabs."""
    table = cells(estimates, digits)
    table.index = table.index.map(_escaped)
    table.index.name = None
    text = table.map(_escaped)
    return str(text.style.to_latex(hrules=True, column_format="l" + "r" * len(table.columns)))


def _cell(row: dict[str, object], digits: int) -> str:
    estimate, lower, upper = (float(row[k]) for k in ("estimate", "lower", "upper"))  # type: ignore[arg-type]
    status = str(row["status"])
    if not math.isfinite(estimate):
        return status
    text = f"{estimate:.{digits}g}"
    if not (math.isnan(lower) and math.isnan(upper)):
        text += f" [{lower:.{digits}g}, {upper:.{digits}g}]"
    return text if status == "ok" else f"{text} ({status})"


def _escaped(text: str) -> str:
    for mark in ("\\", "&", "%", "$", "#", "_", "{", "}"):
        text = text.replace(mark, r"\textbackslash{}" if mark == "\\" else f"\\{mark}")
    return text.replace("~", r"\textasciitilde{}").replace("^", r"\textasciicircum{}")
