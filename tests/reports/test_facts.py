"""What stands beside a regression's numbers stands in every output, and no cell of it is a formula."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import triptych
from triptych.base.errors import InputError
from triptych.problem.table import COLUMNS
from triptych.reports.csv_cells import as_text, csv_text, from_text, read_estimates
from triptych.reports.files import facts_csv, results_json, write_report
from triptych.reports.terminal import print_summary

EVIL = [
    "=cmd|' /C calc'!A0",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "\uff1d1",
    "'quoted",
    "plain",
    'a,"b"\nc',
    "NA",
]


@pytest.fixture(scope="module")
def solved() -> Any:
    rng = np.random.default_rng(3)
    n = 60
    table = pd.DataFrame({"x": rng.normal(size=n), "=g": rng.choice(["-a", "+b", "@c"], n)})
    table["won"] = np.where(rng.random(n) < 1 / (1 + np.exp(-4 * table["x"])), "yes", "no")
    table.loc[[4, 17], "x"] = np.nan
    table.loc[17, "=g"] = None
    return triptych.fit(
        table,
        "won ~ x + `=g`",
        family="bernoulli",
        prior_scale=0.2,
        drop_missing=True,
        methods=("mle", "map"),
        profile=False,
    )


def shown(comparison: Any, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_summary([comparison], console)
    return " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]


def test_success_reference_levels_dropped_rows_and_priors_stand_in_every_output(solved: Any, tmp_path: Path) -> None:
    sd = solved.scenario.data().x_scale
    said = {
        "success": "The probability is that of won = yes (the other class is no).",
        "reference": "=g is categorical; its reference level is +b.",
        "dropped": "2 of 60 rows were dropped: missing or infinite values.",
        "why dropped": "Dropped for a missing or infinite value of x: rows 5, 18.",
        "prior": f"coef[x] ~ Normal(0, {0.2 / sd[0]:.4g})",
        "notice": "Far from the prior's centre, in prior scales: coef[x]",
    }
    terminal = shown(solved)
    table = facts_csv([solved])
    document = json.loads(results_json([solved]))["scenarios"][0]
    page = re.sub(r"<[^>]+>", "", solved.to_html(tmp_path / "page.html").read_text(encoding="utf-8"))
    for what, text in said.items():
        assert text in terminal, what
        assert text in table, what
    beginning = page.partition("The three answers")[0]
    for what in ("success", "reference", "dropped", "why dropped"):
        assert text_of(said[what]) in beginning, f"{what} stands before the estimates that are read by it"
        assert page.count(text_of(said[what])) == 1, what
    assert text_of(said["notice"]) in page
    assert f"Normal(0, {0.2 / sd[0]:.4g})" in page
    facts = {(fact["kind"], fact["name"]): fact["value"] for fact in document["facts"]}
    assert facts[("success", "won")] == "yes"
    assert facts[("reference", "=g")] == "+b"
    assert facts[("dropped", "")] == 2
    assert facts[("dropped", "x")] == [5, 18]
    assert facts[("dropped", "=g")] == [18]
    priors = {prior["name"]: prior for prior in document["priors"]}
    assert priors["coef[x]"]["scale"] == pytest.approx(0.2 / sd[0])
    assert priors["coef[Intercept]"]["density"] == "flat"
    assert len(document["notices"]) == 1


def text_of(sentence: str) -> str:
    return sentence.replace("'", "&#39;")


def test_what_is_written_for_a_spreadsheet_is_read_back_as_it_was(solved: Any, tmp_path: Path) -> None:
    write_report([solved], tmp_path, formats=("csv",))
    for name in ("estimates.csv", "facts.csv"):
        with (tmp_path / name).open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                for cell in row:
                    number = re.fullmatch(r"-?[0-9.]+(e[-+]?\d+)?", cell)
                    assert number or not cell.strip().startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20\t\r")), cell
    back = read_estimates(tmp_path / "estimates.csv")
    assert list(back) == list(COLUMNS)
    assert "=g[T.-a]" in set(back["label"])
    pd.testing.assert_frame_equal(
        back, solved.estimates.reset_index(drop=True).astype(back.dtypes), check_exact=True, check_dtype=False
    )


def test_any_text_comes_back_and_none_begins_a_formula() -> None:
    rows = [(text, 1.5, -2e-300, math.nan) for text in EVIL]
    text = csv_text(("=name", "a", "b", "c"), rows)
    header, *found = csv.reader(io.StringIO(text, newline=""))
    assert [from_text(cell) for cell in header] == ["=name", "a", "b", "c"]
    assert [from_text(row[0]) for row in found] == EVIL
    assert {tuple(row[1:]) for row in found} == {("1.5", "-2e-300", "")}
    assert not any(row[0].strip().startswith(tuple("=+-@\uff1d")) or row[0][0] in "\t\r" for row in found)
    assert as_text("plain") == "plain"


@pytest.mark.parametrize(
    ("formula", "family", "said"),
    [
        ("y ~ log(x)", "gaussian", "'log(x)' is not finite in 1 of 4 rows, first in row 5"),
        ("k ~ y", "poisson", "'k' is -1 in row 6"),
        ("s / k ~ y", "binomial", "'k' is -1 in row 6"),
        ("y ~ log(w)", "gaussian", "row 5 is 'oops'"),
        ("y ~ w", "gaussian", "column 'w' is mostly numbers, but row 5 is 'oops'"),
    ],
)
def test_row_numbers_are_those_of_the_file_after_rows_were_dropped(
    tmp_path: Path, formula: str, family: str, said: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y,k,w,s\n,1,1,1,1\n2,,2,2,1\n3,3,3,3,1\n5,4,4,4,1\n-1,6,5,oops,1\n7,9,-1,6,1\n")
    with pytest.raises(InputError, match=re.escape(said)):
        triptych.fit(str(path), formula, family=family, drop_missing=True)
