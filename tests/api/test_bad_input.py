"""Bad tables, formulas and options of ``fit``: one message that names them, exit code 2, nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from triptych.cli.main import main

ROWS = "y,x,g,b,z\n" + "".join(f"{k * 1.7 % 5:.2f},{k * k % 7},{'uvw'[k % 3]},1,{k}\n" for k in range(1, 13))

# What stands in t.csv, the formula, further options, and the words that the message must hold.
TABLES: dict[str, tuple[Any, ...]] = {
    "not UTF-8": (b"y,x\n1,caf\xe9\n2,b\n", "y ~ x", [], ["t.csv", "UTF-8"]),
    "empty": (b"", "y ~ x", [], ["t.csv", "empty"]),
    "a line before the header": ("# notes\n" + ROWS, "y ~ x", [], ["more fields than the first line", "'# notes'"]),
    "whole division": (ROWS, "y ~ I(x // 2)", [], ["'I(x // 2)' is not allowed", "+ - * / **"]),
    "zero rows": (b"y,x\n", "y ~ x", [], ["zero rows"]),
    "one row": (b"y,x\n1,2\n", "y ~ x", [], ["one row"]),
    "text": (b"y,x\n1,2\n2,two\n3,1\n5,2\n", "y ~ log(x)", [], ["'x'", "row 2", "'two'"]),
    "thousands": (
        b'y,x\n1,"1,234"\n2,"2,345"\n3,"1,234"\n5,"9,876"\n',
        "y ~ x",
        [],
        ["'x'", "'1,234'", "C(x)"],
    ),
    "days": (b"y,x\n1,2020-01-31\n2,2020-02-01\n3,2020-01-31\n", "y ~ x", [], ["'x'", "dates", "'2020-01-31'", "C(x)"]),
    "missing": (b"y,x\n1,2\n2,\n3,1\n5,2\n", "y ~ x", [], ["'x'", "1 of 4 rows", "--drop-missing"]),
    "None as a level": (
        ROWS.replace(",u,", ",None,"),
        "y ~ g",
        [],
        ["'g'", "4 of 12", "None and null are read as missing"],
    ),
    "infinite": (b"y,x\n1,2\ninf,3\n3,1\n5,2\n", "y ~ x", [], ["'y'", "1 of 4 rows", "--drop-missing"]),
    "constant outcome": (b"y,x\n1,2\n1,3\n1,1\n1,5\n", "y ~ x", [], ["'y'", "constant"]),
    "last digits": (b"y,x\n1.000000000000001,2\n1,3\n1,1\n1,5\n", "y ~ x", [], ["outcome", "last digits"]),
    "one class": (ROWS, "b ~ x", ["--family", "bernoulli"], ["'b'", "one class"]),
    "three classes": (ROWS, "g ~ x", ["--family", "bernoulli"], ["'g'", "two classes"]),
    "constant predictor": (ROWS, "y ~ b", [], ["'b'", "constant"]),
    "duplicated predictor": (ROWS, "y ~ x + I(x)", [], ["'x'", "duplicated"]),
    "negative count": (b"y,x\n1,2\n-3,3\n4,1\n1,5\n", "y ~ x", ["--family", "poisson"], ["'y'", "-3", "row 2"]),
    "no such column": (ROWS, "y ~ xx", [], ["'xx'", "'x'"]),
    "both sides": (ROWS, "y ~ y + x", [], ["'y'", "both sides"]),
    "broken formula": (ROWS, "y ~ x +", [], ["x +"]),
    "nested": (ROWS, "y ~ x %in% g", [], ["% is not part", "a:b"]),
    "product between signs": (ROWS, "y ~ x %*% z", [], ["% is not part"]),
    "import": (ROWS, "y ~ __import__('os').system('touch broken_out')", [], ["__import__"]),
    "attribute": (ROWS, "y ~ x.__class__", [], ["__class__"]),
    "open": (ROWS, "y ~ open('written', 'w')", [], ["open"]),
    "family": (ROWS, "y ~ x", ["--family", "gausian"], ["--family", "gaussian"]),
    "prior": (ROWS, "y ~ x", ["--prior", "gauss"], ["--prior", "normal"]),
    "negative scale": (ROWS, "y ~ x", ["--prior-scale", "-1"], ["-1"]),
    "scale that is no number": (ROWS, "y ~ x", ["--prior-scale", "wide"], ["wide", "auto"]),
    "infinite scale": (ROWS, "y ~ x", ["--prior-scale", "inf"], ["inf"]),
    "level": (ROWS, "y ~ x", ["--ci-prob", "95"], ["--ci-prob", "95"]),
    "level of one": (ROWS, "y ~ x", ["--ci-prob", "0.9999999999999999"], ["--ci-prob", "to 0.999999999"]),
    "level of nothing": (ROWS, "y ~ x", ["--ci-prob", "1e-300"], ["--ci-prob 1e-300", "from 0.01"]),
    "chains": (ROWS, "y ~ x", ["--chains", "0"], ["--chains", "greater than or equal to 1"]),
    "draws beyond memory": (
        ROWS,
        "y ~ x",
        ["--draws", "1000000000000"],
        ["draws=1000000000000", "608000000000000 bytes", "at most"],
    ),
    "chains beyond memory": (ROWS, "y ~ x", ["--chains", "100000000"], ["chains=100000000", "1000 at most"]),
    "out is a file": (ROWS, "y ~ x", ["--out", "t.csv"], ["t.csv"]),
    "out is nothing": (ROWS, "y ~ x", ["--out", ""], ["--out", "name a folder"]),
    "out is too long": (ROWS, "y ~ x", ["--out", "a" * 300], ["--out", "too long"]),
    "name is too long": (ROWS, "y ~ x", ["--name", "a" * 300], ["--name", "longer than 100"]),
    "name is much too long": (ROWS, "y ~ x", ["--name", "a" * 5000], ["--name", "longer than 100"]),
    "seed": (ROWS, "y ~ x", ["--seed", "9" * 23], ["--seed", "4294967295"]),
    "configuration is too long": (ROWS, "y ~ x", ["--config", "a" * 5000], ["aaa", "too long"]),
    "ratio without a net": (ROWS, "y ~ x", ["--l1-ratio", "0.5"], ["--l1-ratio", "elastic_net"]),
    "nu without Student": (ROWS, "y ~ x", ["--nu", "4"], ["--nu", "--family student"]),
    "nu beyond digits": (ROWS, "y ~ x", ["--family", "student", "--nu", "1e308"], ["--nu 1e+308", "gaussian"]),
    "trials without counts": (ROWS, "y ~ x", ["--trials", "z"], ["--trials", "gaussian", "--family binomial"]),
    "family before its settings": (ROWS, "y ~ x", ["--family", "studnet", "--nu", "4"], ["no 'studnet'"]),
    "ratio that is no number": (ROWS, "y ~ x", ["--l1-ratio", "half"], ["--l1-ratio 'half'", "auto or a number"]),
    "configured without a use": (ROWS, "y ~ x", ["--config", "idle.toml"], ["--nu", "--family student"]),
    "tiny scale": (ROWS, "y ~ x", ["--prior-scale", "1e-300"], ["--prior-scale", "1e-300", "rescale"]),
    "tiny outcome": (ROWS, "I(y * 10 ** -160) ~ x", [], ["outcome", "rescale"]),
    "tiny predictor": (ROWS, "y ~ I(x * 10 ** -160)", [], ["predictor", "e-160", "rescale"]),
    "huge predictor": (ROWS, "y ~ x + I(x * 10 ** 150)", [], ["predictor", "e+150", "rescale"]),
    "huge outcome": (ROWS, "I(y * 10 ** 150) ~ x", [], ["outcome", "e+150", "rescale"]),
    "predictor whose range overflows": (
        b"y,x\n1,1e308\n2,-1e308\n3,1e307\n1,2\n",
        "y ~ x",
        [],
        ["predictor", "e+308", "rescale"],
    ),
    "outcome below normal floats": (b"y,x\n1e-320,2\n2e-320,3\n4e-320,5\n", "y ~ x", [], ["outcome", "rescale"]),
    "predictor below normal floats": (b"y,x\n1,2e-320\n2,3e-320\n4,5e-320\n", "y ~ x", [], ["predictor", "rescale"]),
    "no such configuration": (ROWS, "y ~ x", ["--config", "absent.toml"], ["absent.toml"]),
}


def refused(arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Call the command line; return what it says, having checked that it ends in 2 and writes nothing."""
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.out == ""
    assert "Traceback" not in said.err
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    return " ".join(said.err.replace("│", " ").split())


@pytest.mark.parametrize("case", TABLES)
def test_fit_names_what_is_wrong(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    content, formula, options, words = TABLES[case]
    (tmp_path / "t.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "idle.toml").write_text("nu = 4")
    said = refused(["fit", "t.csv", "--formula", formula, *options], tmp_path, capsys)
    for word in words:
        assert word in said


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("absent.csv", None, ["absent.csv", "no file"]),
        ("https://example.org/t.csv", None, ["'https://example.org/t.csv'", "address", "download"]),
        ("a" * 5000 + ".csv", None, ["aaa", "too long"]),
        ("t.xls", b"1", ["t.xls", ".xls"]),
        ("t.parquet", b"not parquet", ["t.parquet", "Parquet"]),
    ],
)
def test_fit_names_a_file_that_it_cannot_read(
    name: str,
    content: bytes | None,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    said = refused(["fit", name, "--formula", "y ~ x"], tmp_path, capsys)
    for word in words:
        assert word in said


@pytest.mark.parametrize("name", ["report.html", "results.json", "estimates.csv", "fit.nc"])
def test_a_folder_where_a_file_of_the_report_belongs_is_named_before_the_work(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(ROWS)
    (tmp_path / "report" / name).mkdir(parents=True)
    monkeypatch.setattr("triptych.api.runs.fit", lambda *_, **__: pytest.fail("the fit was begun"))
    with pytest.raises(SystemExit) as ended:
        main(["fit", "t.csv", "--formula", "y ~ x", "--out", "report"])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert f"'{name}' in it is a folder" in said
    assert [p.name for p in (tmp_path / "report").iterdir()] == [name]


def test_a_link_to_nothing_is_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(SystemExit) as ended:
        main(["run", "lasso", "--out", "link"])
    assert ended.value.code == 2
    assert "'link' is a link to nothing" in capsys.readouterr().err
