"""``triptych check``, ``baseline`` and ``diff``: exit codes, what is written, and what stays as it was."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from triptych.cli.main import main
from triptych.testing.agreement_table import Agreement, Cause, Verdict
from triptych.testing.check import Outcome, by_cause

MODEL = """
import numpy as np
import pymc as pm

with pm.Model() as counts:
    rate = pm.Gamma("rate", 2, SCALE)
    pm.Poisson("y", rate, observed=np.array([3, 5, 4, 1, 0, 2, 6, 3]))
"""


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def write(folder: Path, scale: str) -> str:
    (folder / "models.py").write_text(MODEL.replace("SCALE", scale))
    return "models.py:counts"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        assert call("baseline", "update", write(folder, "1.0"), "--draws", "300") == 0
    return folder


@pytest.fixture
def here(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made)
    write(made, "1.0")
    return made


def test_an_unchanged_model_agrees(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", "models.py:counts", "--seed", "4", "--draws", "300", "--junit", "out.xml") == 0
    assert "counts: agree" in capsys.readouterr().out
    suite = ElementTree.parse(here / "out.xml").getroot()
    assert [suite.get(k) for k in ("tests", "failures", "errors")] == ["1", "0", "0"]


def test_a_changed_model_disagrees_with_its_cause(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = (here / "baselines" / "counts.json").read_bytes()
    assert call("check", write(here, "1.001"), "--fast", "--junit", "out.xml") == 1
    out = capsys.readouterr().out
    assert "cause: prior" in out
    assert "log-prior of rate" in out
    failure = ElementTree.parse(here / "out.xml").getroot().find("testcase/failure")
    assert failure is not None
    assert "cause: prior" in str(failure.get("message"))
    assert (here / "baselines" / "counts.json").read_bytes() == kept


def test_several_are_summed_up_cause_by_cause() -> None:
    agree, prior = Agreement(Verdict.AGREE), Agreement(Verdict.DISAGREE, (Cause.PRIOR, Cause.SAMPLER))
    outcomes = [
        Outcome("one", (), agree, 1.0),
        Outcome("two", (), prior, 1.0),
        Outcome("three", ("claim x does not hold",), prior, 1.0),
        Outcome("four", ("mu is unreliable",), agree, 1.0, unreliable=True),
        Outcome("five", (), Agreement(Verdict.DISAGREE), 1.0),
    ]
    assert by_cause(outcomes).splitlines() == [
        "prior: two, three", "sampler: two, three", "claims and statuses: three", "inconclusive: four",
        "cause unknown: five",
    ]  # fmt: skip
    assert by_cause(outcomes[:1]) == ""


def test_too_few_draws_are_inconclusive(here: Path) -> None:
    assert call("check", "models.py:counts", "--draws", "40") == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "laso"], "no scenario 'laso'"),
        (["check", "models.py:counts", "--baseline", "nowhere"], "there is no folder 'nowhere'"),
        (["check", "models.py:counts", "--baseline", ""], "--baseline is empty"),
        (["baseline", "update", "models.py:counts", "--baseline", " "], "--baseline is empty"),
        (["baseline", "show", "--baseline", ""], "--baseline is empty"),
        (["baseline", "diff", "--against", ""], "--against is empty"),
        (["check", "lasso", "--fast"], "there is no baseline 'baselines/lasso.json'"),
        (["check", "models.py:none"], "has no 'none'"),
        (["check", "models.py:counts", "--junit", ""], "--junit is empty"),
        (["check", "models.py:counts", "--junit", "."], "--junit '.' is a folder"),
        (["check", "models.py:counts", "--junit", "models.py/j.xml"], "'models.py' is a file"),
        (["check", "models.py:counts", "--junit", "/dev/null"], "--junit '/dev/null' is a device or a pipe"),
        (["baseline", "show", "none"], "there is no file"),
        (["baseline", "diff"], "name the other with --against"),
        (["diff", "a.json", "b.json"], "there is no file 'a.json'"),
    ],
)
def test_bad_input_is_told(here: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*arguments) == 2
    assert message in capsys.readouterr().err


def test_a_damaged_baseline_stops_before_anything_is_solved(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "counts.json").write_text("{")
    assert call("check", "models.py:counts", "--baseline", str(tmp_path)) == 2
    assert "damaged or truncated" in capsys.readouterr().err
    assert (tmp_path / "counts.json").read_text() == "{"


def test_a_disk_that_takes_nothing_is_the_environment(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "out.xml")

    monkeypatch.setattr("triptych.testing.records.write_text", full)
    assert call("check", "models.py:counts", "--fast", "--junit", "out.xml") == 4
    assert "no space left on device" in capsys.readouterr().err.casefold()


def test_baselines_are_shown_and_compared(here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("baseline", "show", "counts") == 0
    out = capsys.readouterr().out
    assert "Monte Carlo error" in out
    assert "pymc" in out
    for path in (here / "baselines").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert call("baseline", "diff", "--against", str(tmp_path)) == 0
    record = json.loads((tmp_path / "counts.json").read_text())
    record["versions"]["pymc"] = "0.1"
    for row in record["estimates"]:
        if row["method"] == "mle":
            row["estimate"] += 0.1
    (tmp_path / "counts.json").write_text(json.dumps(record))
    capsys.readouterr()
    assert call("baseline", "diff", "--against", str(tmp_path)) == 1
    out = capsys.readouterr().out
    assert "cause: optimiser" in out
    assert "and 0.1" in out


def run_of(**changes: Any) -> dict[str, Any]:
    def row(method: str, estimate: float | None, status: str = "ok") -> dict[str, Any]:
        return {
            "variant": "default", "method": method, "estimand": "mu", "label": "",
            "estimate": estimate, "std_error": 0.5, "status": status,
        }  # fmt: skip

    values: dict[str, Any] = {"mle": 1.0, "mean": 1.2, "mcse": 0.01, "seed": 1, "status": "ok"} | changes
    summary = [{"estimand": "mu", "label": "", "mcse_mean": values["mcse"], "ess_bulk": 2500.0}]
    return {
        "schema": 1,
        "provenance": {"versions": {"pymc": "6.4.0"}, "random_seed": values["seed"]},
        "scenarios": [
            {
                "name": "coin",
                "estimates": [row("mle", values["mle"], values["status"]), row("mcmc", values["mean"])],
                "diagnostics": {"default": {"mcmc": {"summary": summary}}},
            }
        ],
    }


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"seed": 2, "mean": 1.21}, 0, "random_seed 1 and 2"),
        ({"mean": 1.3}, 1, "mcmc mean"),
        ({"mle": 1.0 + 1e-9}, 0, "2 of 2 estimates agree"),
        ({"mle": 1.001}, 1, "mle estimate"),
        ({"status": "unbounded", "mle": None}, 1, "unbounded"),
        ({"mcse": None}, 3, "its Monte Carlo error is not in the file"),
    ],
)
def test_two_runs_are_compared_by_their_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], code: int, said: str
) -> None:
    for name, run in (("a.json", run_of()), ("b.json", run_of(**changes))):
        (tmp_path / name).write_text(json.dumps(run))
    assert call("diff", str(tmp_path / "a.json"), str(tmp_path / "b.json")) == code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: [], "is no results.json"),
        (lambda run: {**run, "schema": 9}, "has the schema 9"),
        (lambda run: {**run, "scenarios": [{"name": "coin"}]}, "is damaged"),
    ],
)
def test_what_is_no_run_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Any], Any], message: str
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(run_of()))
    (tmp_path / "b.json").write_text(json.dumps(damage(run_of())))
    assert call("diff", str(tmp_path / "a.json"), str(tmp_path / "b.json")) == 2
    assert message in capsys.readouterr().err
