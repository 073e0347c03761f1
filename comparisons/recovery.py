"""Error and coverage of estimates against the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.engine.angles import wrapped
from triptych.panels.solution import Solution

if TYPE_CHECKING:
    import pandas as pd


def recovery(estimates: pd.DataFrame, truth: Mapping[str, Any], solutions: Mapping[str, Solution]) -> pd.DataFrame:
    """Return the rows of estimates whose true values are given, with their error and whether they cover these.

    Parameters
    ----------
    estimates
        Headline rows, see :data:`triptych.problem.table.COLUMNS`.
    truth
        Name of an estimand to its true value, of its shape.
    solutions
        Variant to its solution, which knows how estimands are laid out and which of them are angles.
    """
    table = estimates[estimates["estimand"].isin(list(truth))].copy()
    table["truth"] = [_truth(truth, solutions[str(row.variant)], row) for row in table.itertuples()]
    columns = ("estimate", "lower", "upper", "truth")
    estimate, lower, upper, true = (table[name].to_numpy(float) for name in columns)
    places = zip(*(table[name].astype(str) for name in ("variant", "estimand", "label")), strict=True)
    period = np.array([solutions[v].period(estimand, label) for v, estimand, label in places])
    table["error"] = wrapped(estimate - true, period)
    # An interval of an angle covers the truth if it covers the truth plus some number of turns.
    middle = (lower + upper) / 2
    nearest = np.where(period > 0, middle + wrapped(true - middle, period), true)
    table["covered"] = (lower <= nearest) & (nearest <= upper)
    return table


def _truth(truth: Mapping[str, Any], solution: Solution, row: Any) -> float:
    labels = solution.variables[row.estimand].labels
    return float(np.ravel(truth[row.estimand])[labels.index(row.label)])
