"""``triptych path``: a scenario or a table along the prior's scale, its files, and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

import triptych
from triptych.cli.main import main
from triptych.reports.path_files import FILES


@pytest.fixture
def table(tmp_path: Path) -> tuple[Path, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(30, 2)) * [1.0, 20.0] + [5.0, 0.0]
    y = 1 + x @ [2.0, 0.02] + rng.normal(size=30)
    rows = [",".join(map(repr, map(float, row))) for row in np.column_stack([y, x])]
    (tmp_path / "data.csv").write_text("\n".join(["y,x1,x2", *rows]) + "\n")
    return tmp_path / "data.csv", x, y


def test_a_table_is_walked_along_the_scale_of_its_prior(
    table: tuple[Path, np.ndarray, np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under ``ridge`` the mode is scikit-learn's at alpha = 1/scale^2, on standardised predictors."""
    file, x, y = table
    out = tmp_path / "out"
    arguments = ["path", str(file), "--formula", "y ~ x1 + x2", "--prior", "ridge", "--points", "3"]
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--draws", "300", "--out", str(out)])
    assert end.value.code == 0
    said = capsys.readouterr()
    assert "at prior_scale = " in said.out
    assert sorted(found.name for found in out.iterdir()) == sorted(FILES)
    assert "<svg" in (out / "path.html").read_text()
    unit = x.std(axis=0, ddof=1)
    rows = list(csv.DictReader((out / "path.csv").open()))
    scales = sorted({float(row["prior_scale"]) for row in rows})
    np.testing.assert_allclose(scales, [0.01, 1.0, 100.0], rtol=1e-12)
    for scale in scales:
        other = Ridge(alpha=scale**-2, tol=1e-12).fit((x - x.mean(axis=0)) / unit, y).coef_ / unit
        for label, slope in zip(("x1", "x2"), other, strict=True):
            (row,) = (
                row for row in rows if (row["method"], row["label"], float(row["prior_scale"])) == ("map", label, scale)
            )
            assert float(row["estimate"]) == pytest.approx(slope, rel=1e-7)
    assert len(json.loads((out / "path.json").read_text())["estimates"]) == 3 * 3 * 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "no scenario 'nowhere'"),
        (["lasso", "--along", "rat"], "does not vary 'rat'; did you mean 'rate'?"),
        (["lasso", "--from", "1000"], "1000 is outside"),
        (["lasso", "--n", "10,many"], "--n '10,many': use whole numbers"),
        (["lasso", "--n", "10,20", "--along", "rate"], "not both"),
        (["lasso", "--variant", "other"], "no variant 'other'"),
        (["lasso", "--ci-prob", "2"], "use a probability"),
        (["lasso", "--family", "poisson"], "--family: what is fitted to a table needs --formula"),
        (["nowhere.csv", "--formula", "y ~ x"], "nowhere.csv"),
        (["{table}", "--formula", "y ~ x9"], "no column 'x9'"),
        (["{table}"], "the table of a regression needs a formula"),
        (["{table}", "--formula", "y ~ x1", "--prior", "flat"], "a flat prior has none"),
        (["{table}", "--formula", "y ~ x1", "--prior-scale", "big"], "--prior-scale 'big'"),
    ],
)
def test_bad_input_is_one_line_and_leaves_no_files(
    arguments: list[str],
    said: str,
    table: tuple[Path, np.ndarray, np.ndarray],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [str(table[0]) if one == "{table}" else one for one in arguments]
    with pytest.raises(SystemExit) as end:
        main(["path", *given, "--out", str(tmp_path / "out")])
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"prior": "ridge"}, "has no option 'prior' without a formula"),
        ({"formula": "y ~ x"}, "lasso is a scenario"),
        ({"priors": "ridge"}, "did you mean prior?"),
    ],
)
def test_options_of_a_regression_belong_to_a_table(options: dict[str, Any], said: str) -> None:
    with pytest.raises(triptych.InputError, match=said.replace("?", r"\?")):
        triptych.path(triptych.scenarios()["lasso"], progressbar=False, **options)
