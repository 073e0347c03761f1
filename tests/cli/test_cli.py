"""The command line: exit codes, what goes to which stream, and that bad input writes nothing."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import triptych
from triptych.cli.main import main
from triptych.problem import registry
from triptych.problem.claims import at_most, claim

FEW = ["--draws", "200", "--tune", "200", "--processes", "1"]


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_help_imports_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys\nfrom triptych.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'pymc', 'arviz', 'statsmodels', 'jax', 'pandas', 'scipy', 'nutpie'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for command in ("list", "run", "compare", "fit", "penalty", "teach"):
        assert command in done.stdout


BAD = {
    "unknown scenario": (["run", "laso"], "laso"),
    "probability": (["run", "lasso", "--ci-prob", "1.5"], "--ci-prob"),
    "draws": (["run", "lasso", "--draws", "0"], "--draws"),
    "format": (["run", "lasso", "--format", "yaml"], "--format"),
    "unknown option": (["run", "lasso", "--burnin", "5"], "--burnin"),
    "interval": (["run", "lasso", "--ci-kind", "wald"], "--ci-kind"),
    "out is a file": (["run", "lasso", "--out", "taken"], "taken"),
    "no such file": (["compare", "nowhere.py:model"], "nowhere.py"),
    "a path that is too long": (["compare", "a" * 5000 + ".py:model"], "too long"),
    "seed": (["run", "lasso", "--seed", "4294967296"], "--seed"),
    "no name": (["compare", "models.py"], "models.py"),
    "no such name": (["compare", "models.py:other"], "other"),
    "not a model": (["compare", "models.py:number"], "number"),
    "a file that fails": (["compare", "broken.py:model"], "broken.py"),
    "a file that ends the process": (["compare", "ends.py:model"], "SystemExit: 3"),
    "a function that takes something": (["compare", "models.py:needy"], "needy() in 'models.py' fails: TypeError"),
    "a function that ends the process": (["compare", "models.py:ending"], "ending() in 'models.py' fails: SystemExit"),
    "discrete": (["compare", "models.py:discrete"], "k"),
    "nothing observed": (["compare", "models.py:prior_only"], "observed"),
    "estimand": (["compare", "models.py:plain", "--estimand", "sigma"], "sigma"),
    "potential": (["compare", "models.py:plain", "--likelihood", "wall"], "wall"),
    "no data": (["fit", "--formula", "y ~ x"], "DATA"),
    "no formula": (["fit", "data.csv"], "--formula"),
    "unknown key": (["fit", "--config", "bad.toml"], "familly"),
    "no configuration": (["fit", "--config", ""], "--config is empty"),
}

MODELS = """
import sys
import pymc as pm

number = 3
def needy(x): return x
def ending(): sys.exit(7)
with pm.Model() as plain:
    mu = pm.Normal("mu", 0, 1)
    pm.Normal("y", mu, 1, observed=[1.0, 2.0, 4.0])
with pm.Model() as movable:
    mu = pm.Normal("mu", 0, pm.Data("scale", 1.0))
    pm.Normal("y", mu, 1, observed=[1.0, 2.0, 4.0])
with pm.Model() as discrete:
    k = pm.Poisson("k", 3)
    pm.Normal("y", k, 1, observed=[1.0, 2.0, 4.0])
with pm.Model() as prior_only:
    pm.Normal("mu", 0, 1)
"""


def test_draws_that_do_not_suffice_are_told_by_statuses_and_not_by_warnings(
    here: Path, capsys: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    (here / "data.csv").write_text("y,x\n" + "".join(f"{k * 1.7 % 5:.2f},{k * k % 7}\n" for k in range(12)))
    few = ["--draws", "4", "--tune", "1", "--chains", "1", "--format", "csv"]
    for prior in ("normal", "flat"):
        assert call("fit", "data.csv", "--formula", "y ~ x", "--prior", prior, *few) == 1
        rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
        assert {row["status"] for row in rows if row["method"] == "mcmc"} == {"unreliable"}
    assert [str(w.message) for w in recwarn if issubclass(w.category, RuntimeWarning | UserWarning)] == []


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_message_and_exit_2_and_nothing_written(
    case: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "taken").write_text("a file")
    (here / "models.py").write_text(MODELS)
    (here / "ends.py").write_text("import sys\nsys.exit(3)\n")
    (here / "broken.py").write_text("import pymc as pm\nmodel = pm.Modell()\n")
    (here / "data.csv").write_text("y,x\n1,2\n2,3\n4,4\n5,7\n")
    (here / "bad.toml").write_text('data = "data.csv"\nformula = "y ~ x"\nfamilly = "poisson"\n')
    before = {p.name for p in here.iterdir()}
    arguments, named = BAD[case]
    assert call(*arguments) == 2
    said = capsys.readouterr()
    assert named in said.err
    assert "Traceback" not in said.err
    assert said.out == ""
    assert {p.name for p in here.iterdir()} - {"__pycache__"} == before


@pytest.fixture
def with_wrong(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Three scenarios: one that is right, one with a claim that does not hold, one that breaks."""

    @claim("Two is at most one")
    def two_is_one(c: Any) -> Any:
        return at_most(2.0, 1.0)

    def breaks(data: Any, **settings: Any) -> None:
        raise RuntimeError("the model cannot be built")

    right = replace(
        triptych.scenarios()["small_n_variance"],
        variants={}, expect={}, claims=(), figures=(), questions=(), name="right",
    )  # fmt: skip
    found = {
        "right": right,
        "wrong": replace(right, name="wrong", claims=(two_is_one,)),
        "broken": replace(right, name="broken", model=breaks),
    }
    monkeypatch.setattr(registry, "scenarios", lambda: found)
    return found


def test_a_scenario_that_fails_takes_no_other_down(
    with_wrong: Any, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", "broken", "right", "wrong", "--out", "report", "--format", "json", *FEW) == 1
    document = json.loads(capsys.readouterr().out)
    errors = {s["name"]: s["error"] for s in document["scenarios"]}
    assert errors["right"] is None
    assert errors["broken"] == "RuntimeError: the model cannot be built"
    assert document["scenarios"][2]["claims"][0] == {
        "name": "two_is_one", "statement": "Two is at most one", "measured": 2.0, "bound": "<= 1", "holds": False,
    }  # fmt: skip
    written = {p.name for p in (here / "report").iterdir()}
    tables = {"results.json", "estimates.csv", "facts.csv"}
    assert written == {"report.html", *tables, "right.nc", "wrong.nc", "manifest.sha256"}
    page = (here / "report" / "report.html").read_text(encoding="utf-8")
    assert "the model cannot be built" in page


def test_a_scenario_named_twice_is_solved_once(with_wrong: Any, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("run", "right", "right", "--format", "json", *FEW) == 0
    assert [s["name"] for s in json.loads(capsys.readouterr().out)["scenarios"]] == ["right"]


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_a_reader_that_goes_ends_it_with_0(with_wrong: Any, here: Path, form: str) -> None:
    gone, end = os.pipe()
    os.close(gone)
    before = sys.stdout
    sys.stdout = os.fdopen(end, "w")
    try:
        assert call("run", "wrong", "--format", form, *FEW) == 0
        assert call("list", "--format", form) == 0
    finally:
        with suppress(BrokenPipeError):
            sys.stdout.close()
        sys.stdout = before
    assert (here / "triptych-report" / "report.html").exists()


def test_results_go_to_stdout_and_one_line_to_stderr(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "models.py").write_text(MODELS)
    told = {"--question": "How large is mu?", "--about": "y is a measured weight in kg."}
    words = [part for pair in told.items() for part in pair]
    assert call("compare", "models.py:plain", *words, "--format", "csv", "--draws", "200", "--tune", "200") == 0
    page = (here / "triptych-report" / "report.html").read_text(encoding="utf-8")
    assert all(text in page for text in told.values())
    said = capsys.readouterr()
    rows = list(csv.DictReader(said.out.splitlines()))
    assert [row["method"] for row in rows] == ["mle", "map", "mcmc"]
    # Known variance and a standard normal prior: (sum of y) / n and (sum of y) / (n + 1).
    assert [float(row["estimate"]) for row in rows[:2]] == pytest.approx([7 / 3, 7 / 4], abs=1e-10)
    assert said.err.splitlines() == ["triptych: report written to triptych-report/report.html"]


def test_an_interrupt_ends_with_130_and_leaves_nothing(here: Path) -> None:
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # as without nohup
        "from triptych.cli.main import main; main(['run', '--draws', '200000'])"
    )
    command = [sys.executable, "-c", code]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        command, cwd=here, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    time.sleep(7)  # imports and the first model take three seconds here, sampling minutes
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=20)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert list(here.iterdir()) == []


def test_version_and_short_help_end_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--version") == 0
    assert capsys.readouterr().out == f"triptych {triptych.__version__}\n"
    assert call("run", "-h") == 0
    assert "--ci-prob" in capsys.readouterr().out


def test_a_scenario_that_is_nearly_named_is_suggested(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("run", "laso") == 2
    assert "no scenario 'laso'; did you mean 'lasso'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["fit", "t.csv", "--formula", "y ~ x", "--family", "possion"],
            "there is no 'possion'; did you mean 'poisson'?",
        ),
        (["fit", "t.csv", "--formula", "y ~ x", "--prior", "flatt"], "there is no 'flatt'; did you mean 'flat'?"),
        (["fit", "t.csv", "--formula", "y ~ x", "--prior-scale", "atuo"], "--prior-scale 'atuo': did you mean auto?"),
        (["fit", "t.csv", "--formula", "y ~ lg(x)"], "no function 'lg'; did you mean 'log'?"),
        (["fit", "t.csv", "--formula", "y ~ X"], "there is no column 'X'; did you mean 'x'?"),
        (["fit", "t.csv", "--formula", "y ~ x", "--backend", "numpa"], "no 'numpa'; did you mean 'numba'?"),
        (["fit", "t.csv", "--formula", "y ~ x", "--link", "logit"], "no such option: --link; see "),
        (["fit", "t.csv", "--formula", "y ~ x", "--fromat", "csv"], "--fromat; did you mean --format?"),
        (["run", "lasso", "--format", "jsn"], "'--format': there is no 'jsn'; did you mean 'json'?"),
        (["study", "lasso", "--methods", "mle,mpa"], "there is no 'mpa'; did you mean 'map'?"),
        (["study", "laso"], "no scenario 'laso'; did you mean 'lasso'?"),
        (["path", "laso"], "(the table of a regression needs a formula); did you mean 'lasso'?"),
        (["path", "lasso", "--along", "rat"], "does not vary 'rat'; did you mean 'rate'?"),
        (["check", "laso"], "did you mean 'lasso'?"),
        (["baseline", "shw"], "no such command 'shw'; did you mean 'show'?"),
        (["penalty", "--library", "sklern.Ridge", "--alpha", "1", "--n", "10"], "did you mean 'sklearn.Ridge'?"),
        (["penalty", "--prior", "nrmal", "--n", "10"], "there is no 'nrmal'; did you mean 'normal'?"),
        (["teach", "--live", "laso"], "did you mean 'lasso'?"),
        (["compare", "models.py:plian"], "'models.py' has no 'plian'; did you mean 'plain'?"),
        (["compare", "models.py:plain", "--estimand", "m"], "no estimand named 'm'; did you mean 'mu'?"),
    ],
)
def test_a_choice_that_is_misspelt_is_told_which_is_meant(
    arguments: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "models.py").write_text(MODELS)
    (here / "t.csv").write_text("y,x\n1,2\n2,3\n4,4\n5,7\n")
    assert call(*arguments) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.err.startswith("triptych: ")
    assert told.err.count("\n") == 1
    assert told.out == ""


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (["triptych", "run", "la"], {"lasso"}),
        (["triptych", "check", "small"], {"small_n_variance"}),
        (["triptych", "fit", "--family", "neg"], {"negative_binomial"}),
        (["triptych", "fit", "--prior", "la"], {"laplace", "lasso"}),
        (["triptych", "run", "--format", "j"], {"json"}),
    ],
)
def test_names_are_completed_in_a_shell_without_the_heavy_libraries(call: list[str], wanted: set[str]) -> None:
    code = (
        "import sys\nfrom triptych.cli.commands import app\n"
        "try:\n    app(prog_name='triptych')\nexcept SystemExit:\n    pass\n"
        "heavy = {'pymc', 'arviz', 'statsmodels', 'jax', 'pandas', 'nutpie'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    asked = {"_TRIPTYCH_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(call), "COMP_CWORD": str(len(call) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, **asked}
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == wanted


def test_a_call_that_cannot_be_read_is_told_in_the_same_voice(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong, said in (
        (["run", "--drws", "3"], "triptych: no such option: --drws; did you mean --draws?"),
        (["rnu"], "triptych: no such command 'rnu'; did you mean 'run'?"),
        (["run", "--draws", "x"], "triptych: invalid value for '--draws': "),
    ):
        assert call(*wrong) == 2
        told = capsys.readouterr()
        assert told.err.startswith(said)
        assert told.err.count("\n") == 1
        assert told.out == ""
    assert call() == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["fit", "path"])
@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["y ~ x"], "; a formula is given as --formula 'y ~ x'; see"),
        (["y", os.path.expanduser("~"), "x"], "; a formula is given as --formula 'y ~ x'; see"),  # without quotes
        (["y~x"], "; a formula is given as --formula 'y~x'; see"),
        (["other.csv"], "(other.csv); see"),
    ],
)
def test_a_formula_among_the_arguments_is_told_where_it_goes(
    command: str, words: list[str], hint: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(command, "five.csv", *words) == 2
    told = capsys.readouterr()
    assert told.err.startswith("triptych: got unexpected extra argument")
    assert f"{hint} " in told.err
    assert told.err.endswith(f" {command} -h\n")
    assert told.out == ""


def test_a_command_without_a_formula_says_nothing_of_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("compare", "model.py:model", "y ~ x") == 2
    assert "--formula" not in capsys.readouterr().err


def test_quiet_says_nothing_that_was_not_asked_for_and_open_opens_the_page(
    with_wrong: Any, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("typer.launch", opened.append)
    assert call("run", "broken", "-q", "--open", *FEW) == 1
    assert capsys.readouterr() == ("", "")
    assert opened == [(here / "triptych-report" / "report.html").as_uri()]
    assert call("run", "broken", "--quiet", "--format", "csv", *FEW) == 1
    told = capsys.readouterr()
    assert told.out.startswith("scenario,")
    assert told.err == ""
    assert len(opened) == 1


def test_a_path_is_walked_with_the_seed_and_level_of_the_run_and_what_has_none_says_why(
    with_wrong: Any, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def none(comparison: Any, **options: Any) -> Any:
        asked.append({"name": comparison.scenario.name, **options})
        raise triptych.InputError("nothing to vary")

    monkeypatch.setattr("triptych.api.path.path", none)
    assert call("run", "broken", "right", "--path", "-q", "--seed", "5", "--ci-prob", "0.9", *FEW) == 1
    (one,) = asked
    assert (one["name"], one["random_seed"], one["ci_prob"]) == ("right", 5, 0.9)
    assert capsys.readouterr().err == "triptych: right has no path: nothing to vary\n"


def test_a_model_as_given_is_walked_along_a_number_that_it_declares(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "models.py").write_text(MODELS)
    monkeypatch.setattr("triptych.cli.commands.STEPS", 2)
    few = ["--draws", "500", "--tune", "300"]
    assert call("compare", "models.py:movable", "--path", "-q", *few) == 0
    page = (here / "triptych-report" / "report.html").read_text()
    assert 'data-along="scale"' in page
    assert capsys.readouterr().err == ""
    assert call("compare", "models.py:plain", "--path", "-q", *few) == 0
    assert 'class="walk"' not in (here / "triptych-report" / "report.html").read_text()
    assert capsys.readouterr().err.startswith("triptych: plain has no path: no number of plain sets the width")
