"""What ``triptych study`` refuses before anything is solved, and how an interrupt ends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from triptych.cli.main import main


def ended(arguments: list[str], tmp_path: Path) -> Any:
    with pytest.raises(SystemExit) as end:
        main(["study", *arguments, "--out", str(tmp_path / "out")])
    return end.value.code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "no scenario 'nowhere'"),
        (["lasso", "mixture"], "study takes one scenario or model, not 2"),
        (["lasso", "--n", "10,many"], "--n 'many': use whole numbers"),
        (["lasso", "--n", "10,10"], "name each number of observations once"),
        (["lasso", "--set", "rate"], "write NAME=VALUE"),
        (["lasso", "--set", "rate=1", "--set", "rate=2"], "names 'rate' twice"),
        (["lasso", "--set", "rat=1"], "no setting 'rat'; did you mean 'rate'?"),
        (["lasso", "--set", "rate=1000"], "use values from 0.01 to 10"),
        (["lasso", "--shard", "3/2"], "write i/K, with i from 1 to K"),
        (["lasso", "--dask", "tcp://127.0.0.1:1", "--processes", "2"], "exclude each other"),
        (["lasso", "--methods", "mle,mode"], "there is no 'mode'; use one or more of mle, map, mcmc"),
        (["lasso", "--truth", "beta=x"], "use numbers"),
        (["lasso", "--truth", "sigma=1", "--prior-draws"], "leave one of them out"),
        (["--merge", "nowhere"], "it is not the folder of a study"),
        (["nowhere.py:model"], "there is no file 'nowhere.py'"),
    ],
)
def test_bad_input_is_one_line_and_leaves_no_files(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(arguments, tmp_path) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert not (tmp_path / "out").exists()


def test_an_interrupt_says_that_what_was_solved_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("triptych.api.study.study", interrupted)
    assert ended(["lasso"], tmp_path) == 130
    (line,) = capsys.readouterr().err.splitlines()
    assert "the same command goes on from there" in line


def test_scalars_of_a_vector_are_named_with_their_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A label in brackets is no markup."""
    (tmp_path / "model.py").write_text(
        "import pymc as pm\n"
        "with pm.Model(coords={'group': ['a', 'bold', '/b']}) as groups:\n"
        "    pm.Normal('y', pm.Normal('mu', 0, 1, dims='group'), 1, observed=[1.0, 2.0, 4.0])\n"
    )
    asked = ["--truth", "mu=1,2,3", "--methods", "mle", "--intervals", "wald", "--replicates", "4"]
    assert ended([f"{tmp_path / 'model.py'}:groups", *asked], tmp_path) == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines() if " MLE " in line] == ["mu[a]", "mu[bold]", "mu[/b]"]
