"""triptych: one statistical problem in three panels - the MLE, the MAP mode and the posterior.

Examples
--------
>>> import triptych
>>> comparison = triptych.run("lasso")              # doctest: +SKIP
>>> comparison.estimates                            # doctest: +SKIP
>>> triptych.compare(my_pymc_model).to_html("report.html")  # doctest: +SKIP
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which takes longer to import than all else here: a command starts with this file
if TYPE_CHECKING:
    from typing import Any

    from triptych import penalties
    from triptych.api.compare import compare
    from triptych.api.path import path
    from triptych.api.runs import fit, run
    from triptych.api.study import study
    from triptych.base.errors import InputError, ModelError
    from triptych.comparisons.comparison import Comparison
    from triptych.comparisons.study.study import Study
    from triptych.engine.engine import Engine
    from triptych.problem.claims import Claim, at_least, at_most, between, claim, close_to_exact, equal
    from triptych.problem.registry import scenarios
    from triptych.problem.scenario import Data, Figure, Relabel, Scenario, Series, Table
    from triptych.problem.table import Status
    from triptych.problem.varied import Question, Range

# Name to the module it lives in: nothing heavy is imported until it is asked for.
_PLACES = {
    "Claim": "problem.claims",
    "Comparison": "comparisons.comparison",
    "Data": "problem.scenario",
    "Engine": "engine.engine",
    "Figure": "problem.scenario",
    "InputError": "base.errors",
    "ModelError": "base.errors",
    "Question": "problem.varied",
    "Range": "problem.varied",
    "Relabel": "problem.scenario",
    "Scenario": "problem.scenario",
    "Series": "problem.scenario",
    "Table": "problem.scenario",
    "Status": "problem.table",
    "Study": "comparisons.study.study",
    "at_least": "problem.claims",
    "at_most": "problem.claims",
    "between": "problem.claims",
    "claim": "problem.claims",
    "close_to_exact": "problem.claims",
    "compare": "api.compare",
    "equal": "problem.claims",
    "fit": "api.runs",
    "path": "api.path",
    "run": "api.runs",
    "scenarios": "problem.registry",
    "study": "api.study",
}

__all__ = [
    "Claim",
    "Comparison",
    "Data",
    "Engine",
    "Figure",
    "InputError",
    "ModelError",
    "Question",
    "Range",
    "Relabel",
    "Scenario",
    "Series",
    "Status",
    "Study",
    "Table",
    "at_least",
    "at_most",
    "between",
    "claim",
    "close_to_exact",
    "compare",
    "equal",
    "fit",
    "path",
    "penalties",
    "run",
    "scenarios",
    "study",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "penalties":
        return import_module("triptych.penalties")
    if name == "__version__":
        from importlib.metadata import version

        return version("triptych")
    if name not in _PLACES:
        raise AttributeError(f"module 'triptych' has no attribute {name!r}")
    value = getattr(import_module(f"triptych.{_PLACES[name]}"), name)
    # A submodule of the same name would otherwise take the attribute's place once imported.
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
