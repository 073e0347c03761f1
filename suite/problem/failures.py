"""Which scenario shows which failure in which panel: what it expects, and its claims hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from triptych.problem.scenario import Scenario
from triptych.problem.table import METHODS, Status

FAILURES = ("scenario", "variant", "method", "estimand", "status")


def failures(scenarios: Iterable[Scenario]) -> list[dict[str, str]]:
    """Return a row for each estimate that does not exist, as the scenarios expect it.

    Parameters
    ----------
    scenarios
        In the order in which they are read.

    Returns
    -------
    list of dict
        With the keys ``FAILURES``; ``estimand`` is empty where all of a panel's are meant.
    """
    rows = []
    for scenario in scenarios:
        for variant, methods in (scenario.expect or {}).items():
            for method in METHODS:
                for estimand, status in _each(methods.get(method)):
                    if status is not None and Status(status) is not Status.OK:
                        found = (scenario.name, variant, method, estimand, str(Status(status)))
                        rows.append(dict(zip(FAILURES, found, strict=True)))
    return rows


def _each(expected: Any) -> Iterable[tuple[str, Any]]:
    return expected.items() if isinstance(expected, Mapping) else [("", expected)]
