"""Every scenario there is: the modules of ``triptych.models`` and the entry points of others."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points

from triptych.errors import InputError
from triptych.scenario import Scenario

GROUP = "triptych.scenarios"


@lru_cache(maxsize=1)
def scenarios() -> dict[str, Scenario]:
    """Return the installed scenarios by name.

    A module of ``triptych.models`` that has a ``scenario`` is one; other packages add theirs by
    the entry-point group ``triptych.scenarios``.

    Raises
    ------
    InputError
        When two scenarios share a name, or an entry point is not a scenario.
    """
    package = import_module("triptych.models")
    found: dict[str, Scenario] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        candidate = getattr(import_module(f"triptych.models.{module}"), "scenario", None)
        if candidate is not None:
            _add(found, candidate, f"triptych.models.{module}")
    for entry in entry_points(group=GROUP):
        _add(found, entry.load(), f"entry point {entry.name!r}")
    return found


def get(name: str) -> Scenario:
    """Return one scenario.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    known = scenarios()
    if name not in known:
        raise InputError(f"no scenario {name!r}; there are {', '.join(known)}")
    return known[name]


def _add(found: dict[str, Scenario], candidate: object, place: str) -> None:
    if not isinstance(candidate, Scenario):
        raise InputError(f"{place} is not a triptych.Scenario but a {type(candidate).__name__}")
    if candidate.name in found:
        raise InputError(f"{place}: a scenario named {candidate.name!r} exists already")
    found[candidate.name] = candidate
