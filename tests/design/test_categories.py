"""Text as a predictor: categories are taken, and numbers, dates and names in disguise are refused."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from triptych.base.errors import InputError
from triptych.design.columns import levels
from triptych.design.design import build_design

N = 24
Y = np.sin(np.arange(N))
STEPS = [k % 7 + 1 for k in range(N)]
DISGUISED: dict[str, tuple[list[Any], str]] = {
    "decimal commas": ([f"{k},5" for k in STEPS], "numbers as text, such as '1,5' in row 1"),
    "thousands": ([f"{k},234" for k in STEPS], "numbers as text"),
    "thousands with points": ([f"{k}.234.567" for k in STEPS], "numbers as text"),
    "percent": ([f"0.{k}%" for k in STEPS], "numbers as text"),
    "currency": ([f"$ {k}" for k in STEPS], "numbers as text"),
    "hexadecimal": ([hex(16 + k) for k in STEPS], "numbers as text"),
    "plain numbers": ([str(k) for k in STEPS], "numbers as text"),
    "a slip": (["2", "oops", *map(str, STEPS[2:])], "mostly numbers, but row 2 is 'oops'"),
    "many dashes": ([k / 8 if k < 11 else "-" for k in range(N)], "mostly numbers, but row 12 is '-'"),
    "days as text": ([f"2020-01-{k:02d}" for k in STEPS], "dates or times as text, such as '2020-01-01'"),
    "moments as text": ([f"2020-01-{k:02d}T10:00:00Z" for k in STEPS], "dates or times"),
    "other days": ([f"{k}/11/2020" for k in STEPS], "dates or times"),
    "days in words": ([f"{k} March 2020" for k in STEPS], "dates or times"),
    "clock": ([f"{k}:30" for k in STEPS], "dates or times"),
    "days": ([date(2020, 1, k) for k in STEPS], "dates or times"),
    "times": ([time(k) for k in STEPS], "dates or times"),
    "a day missing": (["unknown", *(f"2020-01-{k:02d}" for k in STEPS[1:])], "mostly dates or times, but row 1 is"),
    "names": ([f"person {k}" for k in range(N)], "24 different values in 24 rows"),
    "nearly all names": (["the same", "the same", *(f"person {k}" for k in range(2, N))], "23 different values"),
}


@pytest.mark.parametrize("case", DISGUISED)
def test_text_that_is_no_category_is_refused_unless_asked_for(case: str) -> None:
    values, words = DISGUISED[case]
    table = pd.DataFrame({"y": Y, "a b": pd.Series(values, dtype=object)})
    with pytest.raises(InputError) as refused:
        build_design(table, "y ~ `a b`")
    assert words in str(refused.value)
    assert "'a b'" in str(refused.value)
    assert "or write C(`a b`) if it holds categories" in str(refused.value)
    if len(set(values)) < N / 2:
        assert len(build_design(table, "y ~ C(`a b`)").labels) == len(set(values)) - 1


@pytest.mark.parametrize(
    "levels",
    [["18-25", "26-40", "41+"], ["S1", "S2", "S10"], ["K", "1", "x"], ["a,b", "c%", "May"], ["yes", "no"], ["Q1 2020"]],
)
def test_categories_of_every_look_are_taken(levels: list[str]) -> None:
    levels = [*levels, "other"]
    table = {"y": Y, "g": [levels[k % len(levels)] for k in range(N)]}
    assert len(build_design(table, "y ~ g").labels) == len(levels) - 1


def test_a_handful_of_rows_may_all_differ_and_declared_categories_always() -> None:
    assert len(build_design({"y": Y[:5], "g": list("abcde")}, "y ~ g").labels) == 4
    declared = pd.Categorical([f"person {k}" for k in range(N)])
    assert len(build_design({"y": Y, "g": declared}, "y ~ g").labels) == N - 1


@pytest.mark.parametrize(
    ("moments", "first"),
    [
        (["2026-01-01", "2026-02-01", "2026-03-01"], "2026-02-01"),
        (["2026-01-01T00:00", "2026-02-01T12:00", "2026-03-01T00:00"], "2026-02-01 12:00:00"),
    ],
)
@pytest.mark.parametrize("kind", ["datetime64[ns]", "object", "category"])
def test_levels_that_are_days_are_called_without_a_time(moments: list[str], first: str, kind: str) -> None:
    days: pd.Series[Any] = pd.Series([pd.Timestamp(moments[k % 3]) for k in range(N)], dtype=kind)
    labels = build_design(pd.DataFrame({"y": Y, "d": days}), "y ~ C(d)").labels
    assert labels[0] == f"C(d)[T.{first}]"
    chosen = build_design(pd.DataFrame({"y": Y, "d": days}), f"y ~ C(d, reference='{first}')").labels
    assert not any(first in label.split("[T.")[1] for label in chosen)


@pytest.mark.parametrize("cell", [[1, 2], np.array([1.0, 2.0]), {"a": 1}, (1, 2)])
def test_cells_of_several_values_are_no_categories(cell: Any) -> None:
    """Parquet and pandas have such columns; as text each cell would be a level of its own."""
    column = pd.Series(["u", cell, "u", "v"], name="g", dtype=object)
    with pytest.raises(InputError, match=r"column 'g' has several values in one cell, .* in row 2; give each a column"):
        levels(column)
