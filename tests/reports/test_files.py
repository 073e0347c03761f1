"""JSON, CSV and NetCDF hold what was measured, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from triptych.base.errors import InputError
from triptych.problem.table import COLUMNS
from triptych.reports import files, plain


def _refuse(literal: str) -> None:
    raise AssertionError(f"{literal} is not JSON")


@pytest.fixture
def document(comparisons: list[Any]) -> dict[str, Any]:
    text = files.results_json(comparisons)
    loaded: dict[str, Any] = json.loads(text, parse_constant=_refuse)
    return loaded


def test_json_has_exactly_the_keys_of_the_schema(document: dict[str, Any]) -> None:
    assert list(document) == ["schema", "provenance", "scenarios"]
    assert document["schema"] == 1
    assert document["provenance"]["seed"] == 20260101
    for scenario in document["scenarios"]:
        assert list(scenario) == [
            "name",
            "question",
            "answer",
            "source",
            "code",
            "facts",
            "priors",
            "notices",
            "estimates",
            "intervals",
            "optima",
            "contrasts",
            "explanations",
            "scores",
            "tables",
            "claims",
            "skipped",
            "diagnostics",
            "problems",
            "error",
        ]
        for row in scenario["estimates"] + scenario["intervals"] + scenario["optima"]:
            assert list(row) == list(COLUMNS)
        for claim in scenario["claims"]:
            assert list(claim) == ["name", "statement", "measured", "bound", "holds"]


def test_json_writes_null_for_what_does_not_exist(document: dict[str, Any]) -> None:
    mixture = document["scenarios"][1]
    mle = [row for row in mixture["estimates"] if row["method"] == "mle"]
    assert {row["estimate"] for row in mle} == {None}
    assert {row["status"] for row in mle} == {"unbounded"}
    assert document["scenarios"][0]["diagnostics"]["default"]["mle"]["hessian"] is None
    assert document["scenarios"][3]["error"].startswith("SamplingError")


def test_plain_takes_what_numpy_and_pandas_return() -> None:
    import pandas as pd

    value = {1: np.array([1.0, np.inf]), "a": np.float32(2), "b": pd.NA, "c": {2, 1}, "d": pd.NaT}
    assert plain.plain(value) == {"1": [1.0, None], "a": 2.0, "b": None, "c": [1, 2], "d": None}


def test_provenance_keeps_apart_what_differs(comparisons: list[Any]) -> None:
    from dataclasses import replace

    other = replace(comparisons[1], provenance={**comparisons[1].provenance, "seed": 7})
    merged = plain.provenance([comparisons[0], other])
    assert merged["ci_prob"] == 0.95
    assert "seed" not in merged
    assert merged["scenarios"]["mixture"] == {"seed": 7}


def test_csv_has_every_headline_row_and_empty_cells(comparisons: list[Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(files.estimates_csv(comparisons))))
    assert len(rows) == sum(len(c.estimates) for c in comparisons)
    assert tuple(rows[0]) == COLUMNS
    assert {row["estimate"] for row in rows if row["status"] == "unbounded"} == {""}


def test_csv_of_nothing_has_the_columns(failed: Any) -> None:
    assert files.estimates_csv([failed]) == ",".join(COLUMNS) + "\n"


def test_write_report_writes_everything_and_netcdf_reopens(comparisons: list[Any], tmp_path: Path) -> None:
    import arviz as az

    written = files.write_report(comparisons, tmp_path / "a" / "report")
    trees = ["lasso.nc", "mixture.nc", "shaky.nc"]
    names = ["report.html", "results.json", "estimates.csv", "facts.csv", *trees, "manifest.sha256"]
    assert [path.name for path in written] == names
    assert sorted(p.name for p in (tmp_path / "a" / "report").iterdir()) == sorted(names)
    tree = az.from_netcdf(tmp_path / "a" / "report" / "lasso.nc")
    draws = comparisons[0]["default"].draws("beta").reshape(4, 250, 10)
    np.testing.assert_array_equal(tree["posterior"]["beta"].values, draws)


def test_posterior_means_of_the_draws_in_netcdf_are_those_of_the_table(tmp_path: Path) -> None:
    import arviz as az
    import pymc as pm

    import triptych

    y = np.random.default_rng(3).normal([1.0, 2.0, 4.0], 1.0, (400, 3))
    with pm.Model(coords={"g": ["a", "b", "c"], "row": range(400)}) as model:
        mean = pm.Normal("mean", 0, 5, dims="g")
        sigma = pm.HalfNormal("sigma", 2)
        pm.Normal("y", mean, sigma, observed=y, dims=("row", "g"))
    solved = triptych.compare(model, methods=["mcmc"], name="groups", draws=600, tune=500, progressbar=False)
    files.write_report([solved], tmp_path)
    rows = list(csv.DictReader((tmp_path / "estimates.csv").open(encoding="utf-8")))
    tree = az.from_netcdf(tmp_path / "groups.nc")
    # Everything is kept of the posterior; of what is predicted, a value a row and draw, some of the draws are.
    assert tree["posterior"]["mean"].shape == (4, 600, 3)
    predicted = tree["posterior_predictive"]["y"]
    assert predicted.sizes["chain"] * predicted.sizes["draw"] < 4 * 600
    for name, labels in (("mean", ["a", "b", "c"]), ("sigma", [""])):
        means = tree["posterior"][name].mean(("chain", "draw")).values.ravel()
        told = [float(row["estimate"]) for row in rows if row["estimand"] == name]
        assert [row["label"] for row in rows if row["estimand"] == name] == labels
        np.testing.assert_allclose(told, means, rtol=1e-12)


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, RuntimeError])
def test_an_interrupt_leaves_the_old_report(
    comparisons: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    interrupt: type[BaseException],
) -> None:
    old = tmp_path / "results.json"
    old.write_text("old")

    def stop(*_: Any) -> str:
        raise interrupt

    monkeypatch.setattr(files, "estimates_csv", stop)
    with pytest.raises(interrupt):
        files.write_report(comparisons, tmp_path, ("json", "csv"))
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
    assert old.read_text() == "old"
    with pytest.raises(interrupt):
        files.write_report(comparisons, tmp_path / "new" / "folder", ("json", "csv"))
    assert not (tmp_path / "new").exists()


def test_an_interrupt_between_two_files_leaves_all_of_them(
    comparisons: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move, moved = os.replace, []

    def interrupted(source: Path, target: Path) -> None:
        moved.append(target.name)
        if len(moved) == 2:
            raise KeyboardInterrupt
        move(source, target)

    monkeypatch.setattr("triptych.reports.files.os.replace", interrupted)
    files.write_report(comparisons, tmp_path, ("html", "json", "csv"))
    wanted = ["estimates.csv", "facts.csv", "manifest.sha256", "report.html", "results.json"]
    assert sorted(p.name for p in tmp_path.iterdir()) == wanted


def test_bad_places_and_formats_are_the_users_to_mend(comparisons: list[Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the folder for the report is empty"):
        files.write_report(comparisons, "")
    (tmp_path / "report" / "lasso.nc").mkdir(parents=True)
    with pytest.raises(InputError, match=r"'lasso\.nc' in it is a folder"):
        files.write_report(comparisons, tmp_path / "report")
    assert [p.name for p in (tmp_path / "report").iterdir()] == ["lasso.nc"]
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write the report in"):
        files.write_report(comparisons, tmp_path / "file")
    with pytest.raises(InputError, match="unknown report format 'pdf'"):
        files.write_report(comparisons, tmp_path, ("pdf",))
