"""The installed scenarios: modules of ``triptych.models`` and entry points of other packages."""

from __future__ import annotations

import math
import pkgutil
import re
from collections.abc import Callable
from functools import lru_cache, partial
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from triptych.base.errors import InputError
from triptych.base.options import nearest
from triptych.base.text import cited
from triptych.problem.scenario import CHAPTERS, Scenario

GROUP = "triptych.scenarios"


@lru_cache(maxsize=1)
def scenarios() -> dict[str, Scenario]:
    """Return the installed scenarios by name, in the order of their chapters and positions.

    A module of ``triptych.models`` that has a ``scenario`` is one; other packages add theirs by
    the entry-point group ``triptych.scenarios``. One that cannot be loaded is among them, and says why when
    it is solved.
    """
    package = import_module("triptych.models")
    found: dict[str, Scenario] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        place = f"triptych.models.{module}"
        _add(found, module, place, partial(_scenario_in, place))
    for entry in entry_points(group=GROUP):
        _add(found, entry.name, f"entry point {entry.name!r}", entry.load)
    return dict(sorted(found.items(), key=lambda item: _place(item[1])))


def installed() -> list[str]:
    """Return the names of the scenarios that should be there, none of which is loaded: for completion in a shell."""
    package = import_module("triptych.models")
    modules = (module.name for module in pkgutil.iter_modules(package.__path__))
    return sorted({*modules, *(entry.name for entry in entry_points(group=GROUP))})


def _place(scenario: Scenario) -> tuple[float, str, float]:
    """Return where a scenario stands in the catalogue: known chapters, other chapters, those of none."""
    known = scenario.chapter in CHAPTERS
    chapter = CHAPTERS.index(scenario.chapter) if known else len(CHAPTERS) + (not scenario.chapter)
    return chapter, scenario.chapter, scenario.position or math.inf


def get(name: str) -> Scenario:
    """Return one scenario.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    known = scenarios()
    if name not in known:
        raise InputError(f"no scenario {cited(name)}; {nearest(name, known)}")
    return known[name]


def _scenario_in(module: str) -> Any:
    return getattr(import_module(module), "scenario", None)


def _add(found: dict[str, Scenario], name: str, place: str, load: Callable[[], Any]) -> None:
    """Load one scenario; a module of helpers, which has none, is passed over."""
    try:
        candidate = load()
        if candidate is None:
            return
        if not isinstance(candidate, Scenario):
            raise TypeError(f"{place} is not a triptych.Scenario but a {type(candidate).__name__}")
        if candidate.name in found:
            raise ValueError(f"{place}: a scenario named {candidate.name!r} exists already")
    except Exception as error:  # an exception of one scenario's file must not hide the other scenarios
        candidate = _unusable(name, place, error)
    found[candidate.name if candidate.name not in found else f"{candidate.name}_2"] = candidate


def _unusable(name: str, place: str, error: Exception) -> Scenario:
    """Return what stands for a scenario that cannot be loaded: solving it raises the reason."""

    def fails(*_: Any, **__: Any) -> Any:
        raise error

    safe = re.sub("[^a-z0-9_]+", "_", name.lower())[:80].strip("_")
    return Scenario(
        name=safe if safe[:1].isalpha() else f"scenario_{safe}",
        question=f"It could not be loaded: {type(error).__name__}: {error}",
        source=place,
        model=fails,
        data=fails,
        estimands=("none",),
        code="",
    )
