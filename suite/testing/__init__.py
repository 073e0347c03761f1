"""Agreement as a regression test: whether two sets of estimates still agree, and what changed when they do not.

Examples
--------
>>> from triptych.testing import Fingerprint
>>> before = Fingerprint.of(model)          # doctest: +SKIP
>>> before.save("model.json")               # doctest: +SKIP
>>> print(Fingerprint.load("model.json").compare(other_model))  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triptych.testing.agree import agreement, assert_agree
    from triptych.testing.agreement_table import Agreement
    from triptych.testing.baseline import Baseline
    from triptych.testing.contract import check_scenario
    from triptych.testing.density_change import DensityChange
    from triptych.testing.fingerprint import Fingerprint

# Name to the module it lives in: nothing is imported until it is asked for.
_PLACES = {
    "Agreement": "agreement_table",
    "Baseline": "baseline",
    "DensityChange": "density_change",
    "Fingerprint": "fingerprint",
    "agreement": "agree",
    "assert_agree": "agree",
    "check_scenario": "contract",
}

__all__ = ["Agreement", "Baseline", "DensityChange", "Fingerprint", "agreement", "assert_agree", "check_scenario"]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'triptych.testing' has no attribute {name!r}")
    return getattr(import_module(f"triptych.testing.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
