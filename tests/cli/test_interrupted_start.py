"""An interrupt ends a command with one line and 130 from its first moments on, whatever is being imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# The interrupt arrives when a module is looked for: at once, as an error that compiled code made of it, or ignored.
CODE = """
import os, signal, sys
class Looked:
    def find_spec(self, name, path=None, target=None):
        if name != wanted:
            return None
        sys.meta_path.remove(self)
        try:
            os.kill(os.getpid(), signal.SIGINT)
            sum(range(10))
        except KeyboardInterrupt:
            if made == "error":
                raise ImportError("cannot be initialised") from None
            if made == "raised":
                raise
wanted, made = sys.argv[1:3]
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Looked())
from triptych.cli.main import script
sys.argv[:] = ["triptych", *sys.argv[3:]]
script()
"""


@pytest.mark.parametrize(
    ("module", "made", "command"),
    [
        ("typer", "raised", ["list"]),
        ("triptych.cli.commands", "error", ["--help"]),
        ("triptych.problem.registry", "raised", ["list"]),
        ("triptych.problem.registry", "error", ["list"]),
        ("pandas", "error", ["fit", "table.csv", "--formula", "y ~ x"]),
        ("pandas", "ignored", ["fit", "table.csv", "--formula", "y ~ x"]),
    ],
)
def test_an_interrupt_while_a_library_is_imported(module: str, made: str, command: list[str], tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("y,x\n1,1\n2,2\n2.5,3\n4.5,4\n5,5\n")
    done = subprocess.run(
        [sys.executable, "-c", CODE, module, made, *command], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (130, "")
    lines = done.stderr.splitlines()
    assert [line.startswith("triptych: interrupted") for line in lines] == [False] * (len(lines) - 1) + [True]
    assert "Traceback" not in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["table.csv"]


def test_where_interrupts_are_ignored_a_command_goes_on() -> None:
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + CODE.replace(
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n", ""
    )
    command = [sys.executable, "-c", code, "typer", "raised", "list", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "small_n_variance" in done.stdout
