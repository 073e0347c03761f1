"""``triptych teach --live``: the engine behind sliders, in a marimo notebook."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from triptych.base.errors import EnvironmentFault, InputError
from triptych.base.options import nearest
from triptych.base.text import cited

if TYPE_CHECKING:
    from triptych.comparisons.bench import Bench

NOTEBOOK = Path(__file__).with_name("notebook.py")
DEFAULT_SUBJECT = "small_n_variance"


def open_bench(subject: str) -> Bench:
    """Compile what is named: a scenario, or a model or scenario in a file, ``path/to/file.py:name``.

    Raises
    ------
    InputError
        When there is no such thing.
    """
    from triptych.api.model_scenario import model_scenario
    from triptych.cli.model_file import load_problem
    from triptych.comparisons.bench import Bench
    from triptych.problem.registry import get
    from triptych.problem.scenario import Scenario

    require_subject(subject)
    if ":" not in subject:
        return Bench.of_scenario(get(subject))
    found = load_problem(subject)
    if isinstance(found, Scenario):
        return Bench.of_scenario(found)
    return Bench.of_model(found, model_scenario(found, None, subject.rpartition(":")[2]))


def require_subject(subject: str) -> None:
    """Refuse what names neither a scenario nor something in a file; no library is imported and no file run."""
    from triptych.problem.registry import installed

    known = installed()
    if ":" not in subject and subject not in known:
        raise InputError(f"no scenario {cited(subject)} (a model is file.py:name); {nearest(subject, known)}")


def run_live(subject: str) -> None:
    """Open the notebook in a browser, until it is interrupted.

    Raises
    ------
    InputError
        When there is no such scenario.
    EnvironmentFault
        When marimo is not installed, or ends with an error.
    """
    require_subject(subject)
    if find_spec("marimo") is None:
        raise EnvironmentFault("the live notebook needs marimo: pip install 'triptych[teach]'")
    done = subprocess.run([sys.executable, "-m", "marimo", "run", str(NOTEBOOK), "--", "--subject", subject])
    if done.returncode:
        raise EnvironmentFault(f"marimo ended with exit code {done.returncode}")
