"""triptych: one statistical problem in three panels - the MLE, the MAP mode and the posterior.

Examples
--------
>>> import triptych
>>> comparison = triptych.run("lasso")              # doctest: +SKIP
>>> comparison.estimates                            # doctest: +SKIP
>>> triptych.compare(my_pymc_model).to_html("report.html")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triptych import penalties
    from triptych.claims import Claim, at_least, at_most, between, claim, equal
    from triptych.comparisons.comparison import Comparison
    from triptych.engine import Engine
    from triptych.errors import InputError, ModelError
    from triptych.given import compare
    from triptych.registry import scenarios
    from triptych.runs import fit, run
    from triptych.scenario import Data, Figure, Relabel, Scenario, Series
    from triptych.table import Status

# Name to the module it lives in: nothing heavy is imported until it is asked for.
_PLACES = {
    "Claim": "claims",
    "Comparison": "comparisons.comparison",
    "Data": "scenario",
    "Engine": "engine",
    "Figure": "scenario",
    "InputError": "errors",
    "ModelError": "errors",
    "Relabel": "scenario",
    "Scenario": "scenario",
    "Series": "scenario",
    "Status": "table",
    "at_least": "claims",
    "at_most": "claims",
    "between": "claims",
    "claim": "claims",
    "compare": "given",
    "equal": "claims",
    "fit": "runs",
    "run": "runs",
    "scenarios": "registry",
}

__all__ = [
    "Claim",
    "Comparison",
    "Data",
    "Engine",
    "Figure",
    "InputError",
    "ModelError",
    "Relabel",
    "Scenario",
    "Series",
    "Status",
    "at_least",
    "at_most",
    "between",
    "claim",
    "compare",
    "equal",
    "fit",
    "penalties",
    "run",
    "scenarios",
]


def __getattr__(name: str) -> Any:
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
    return sorted([*globals(), *__all__])
