"""What the environment lacks ends a command with 4 and one message, and nothing that was there is lost."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import triptych
from triptych.api import runs
from triptych.base import environment
from triptych.base.environment import lacking
from triptych.base.errors import EnvironmentFault, InputError
from triptych.cli.main import main
from triptych.cli.streams import Closed
from triptych.problem import registry
from triptych.reports import files

SCRIPT = "import sys; from triptych.cli.main import script; sys.argv[0] = 'triptych'; script()"
linux = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")


def shell(redirected: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", f'exec "$@" {redirected}', "sh", sys.executable, "-c", SCRIPT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@linux
@pytest.mark.parametrize("arguments", [["list"], ["list", "--format", "json"], ["--help"], ["fit", "--help"]])
@pytest.mark.parametrize(("redirected", "said"), [(">/dev/full", "No space left on device"), (">&-", "closed")])
def test_a_stdout_that_takes_nothing(arguments: Sequence[str], redirected: str, said: str) -> None:
    done = shell(redirected, *arguments)
    assert done.returncode == 4
    (line,) = done.stderr.splitlines()
    assert line.startswith("triptych: stdout ")
    assert said in line


@linux
@pytest.mark.parametrize("redirected", ["2>/dev/full", "2>&-", "<&- 2>&-"])
def test_where_nothing_is_said_to_stderr_it_may_be_closed(redirected: str) -> None:
    done = shell(redirected, "list", "--format", "json")
    assert done.returncode == 0
    assert done.stdout == shell("", "list", "--format", "json").stdout


def test_a_file_never_gets_the_number_of_a_stream_that_was_closed() -> None:
    """What a library prints would stand in a report."""
    code = (
        "from triptych.cli.streams import open_streams; open_streams()\n"
        "import os, sys; sys.exit(os.open(os.devnull, os.O_RDONLY) < 3)"
    )
    command = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", code]
    assert subprocess.run(command, timeout=60).returncode == 0


@pytest.fixture(scope="module")
def solved() -> Any:
    return triptych.run("small_n_variance", draws=50, tune=50, progressbar=False)


@pytest.fixture
def at_once(solved: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let ``triptych run`` return what was solved before."""
    monkeypatch.setattr(runs, "run_all", lambda *_, **__: [solved])
    monkeypatch.chdir(tmp_path)
    return tmp_path / "triptych-report"


def code_of(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


@linux
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_a_report_is_written_although_stdout_is_full(
    at_once: Path, form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with suppress(OSError), open("/dev/full", "w") as full:  # it is full when it is closed as well
        monkeypatch.setattr(sys, "stdout", full)
        assert code_of("run", "--format", form) == 4
    assert {"report.html", "results.json", "estimates.csv", "manifest.sha256"} < set(os.listdir(at_once))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("; the report is triptych-report/report.html")


def test_a_report_is_written_although_stderr_is_closed(
    at_once: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", Closed("stderr"))
    assert code_of("run", "--format", "csv") == 4
    assert capsys.readouterr().out.startswith("scenario,variant,method")
    assert (at_once / "report.html").exists()


def test_results_are_printed_although_the_disk_is_full(
    at_once: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "report.html")

    at_once.mkdir()
    (at_once / "report.html").write_text("old")
    monkeypatch.setattr(files, "results_json", full)
    assert code_of("run", "--format", "csv") == 4
    said = capsys.readouterr()
    assert said.out.startswith("scenario,variant,method")
    assert said.err == (
        "triptych: the report could not be written in 'triptych-report': 'report.html': No space left on device\n"
    )
    assert [p.name for p in at_once.iterdir()] == ["report.html"]
    assert (at_once / "report.html").read_text() == "old"


def short(*_: Any, **__: Any) -> Any:
    import numpy as np

    np.empty(10**16)


def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError("an error of the scenario's own")


def test_too_little_memory_is_no_failure_of_a_scenario(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    chosen = registry.get("small_n_variance")
    monkeypatch.setattr(registry, "get", lambda name: replace(chosen, model=short, data=short))
    assert code_of("run", "small_n_variance") == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("triptych: there is too little memory: Unable to allocate")
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(registry, "get", lambda name: replace(chosen, model=broken, data=broken))
    assert code_of("run", "small_n_variance") == 1


def test_what_the_environment_lacks_is_told_from_other_errors() -> None:
    jax = type("JaxRuntimeError", (RuntimeError,), {})
    full = OSError(errno.ENOSPC, "No space left on device", "a.nc")
    for error, said in {
        full: "'a.nc': No space left on device",
        OSError(errno.EDQUOT, "Disk quota exceeded"): "a file could not be written: Disk quota exceeded",
        MemoryError(): "there is too little memory; allow more",
        MemoryError("1 PiB"): "there is too little memory: 1 PiB; allow more",
        jax("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes"): "there is too little memory: RESOURCE",
        EnvironmentFault("stdout is closed"): "stdout is closed",
        ValueError("Unable to create the compiledir directory '/a'."): "PyTensor keeps what it compiles in a folder",
    }.items():
        assert lacking(error).startswith(said)
    loader = OSError("/lib/libllvmlite.so: failed to map segment from shared object")
    try:
        try:
            raise loader
        except OSError:
            raise OSError("Could not find/load shared object file, or its permissions are incorrect") from None
    except OSError as error:  # the library's own error hides the loader's, and says what is not so
        assert lacking(error).startswith(f"there is too little memory to load a library: {loader};")
    for other in (InputError("a"), RuntimeError("a"), FileNotFoundError(2, "a"), jax("INTERNAL: a"), ValueError("a")):
        assert lacking(other) == ""


@linux
@pytest.mark.parametrize("command", [["fit", "t.csv", "--formula", "y ~ x"], ["run", "lasso"], ["study", "lasso"]])
def test_a_limit_under_which_no_library_can_be_loaded_is_told_before_one_ends_the_process(
    command: list[str], tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("y,x\n1,2\n2,3\n4,4\n5,7\n6,8\n")
    for kilobytes in (600_000, 1_500_000, 2_500_000):
        limited = ["sh", "-c", f'ulimit -v {kilobytes}; exec "$@"', "sh", sys.executable, "-c", SCRIPT, *command]
        done = subprocess.run(limited, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert done.returncode == 4
        (line,) = done.stderr.splitlines()
        assert line.startswith("triptych: there is too little memory to load the libraries: a limit (ulimit -v)")
        assert done.stdout == ""
        assert [file.name for file in tmp_path.iterdir()] == ["t.csv"]


def test_a_working_directory_that_is_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = FileNotFoundError(errno.ENOENT, "No such file or directory")  # as getcwd has it, without a name
    assert environment.told(missing) == "No such file or directory"
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(FileNotFoundError) as raised:
        os.getcwd()
    assert environment.told(raised.value) == "the working directory is no more; change to another"


@linux
def test_what_loads_no_library_goes_on_under_a_limit() -> None:
    limited = ["sh", "-c", 'ulimit -v 1000000; exec "$@"', "sh", sys.executable, "-c", SCRIPT, "--version"]
    assert subprocess.run(limited, capture_output=True, timeout=60).returncode == 0


def test_too_little_memory_names_the_limit_and_no_cause_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "address_space", lambda: 5_000_000_000)
    assert lacking(MemoryError("Unable to allocate 7 GiB")) == (
        "there is too little memory: Unable to allocate 7 GiB; a limit (ulimit -v) leaves this process 5 GB of address "
        "space; allow more, or close programs"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a = " + "[" * 30_000 + "]" * 30_000, "is nested too deeply"),
        ("data = " + "{b = " * 30_000 + "1" + "}" * 30_000, "is nested too deeply"),
        ("data = " + "[" * 300 + "]" * 300, "data = [[[[[[[...]]]]]]]: Input should be a valid string"),
        ('data = "a\\u0000b.csv"\nformula = "y ~ x"', "'a\\x00b.csv' cannot be a path: it has a NUL"),
        ('data = "a.csv"\nformula = "y ~ x"\nout = "a\\u0000b"', "'a\\x00b' cannot be a path: it has a NUL"),
    ],
)
def test_configurations_that_no_file_can_follow(
    content: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c.toml").write_text(content)
    assert code_of("fit", "--config", "c.toml") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert [p.name for p in tmp_path.iterdir()] == ["c.toml"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["fit", "caf\udce9.csv", "--formula", "y ~ x"],
        ["fit", "a.csv", "--formula", "y ~ x", "--out", "caf\udce9"],
        ["fit", "a.csv", "--config", "caf\udce9.toml"],
        ["compare", "caf\udce9.py:model"],
        ["run", "lasso", "--out", "caf\udce9"],
    ],
)
def test_paths_that_are_not_utf8(
    arguments: Sequence[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert code_of(*arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "is a path that is not UTF-8" in line
    assert not list(tmp_path.iterdir())
