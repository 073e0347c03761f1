"""A compiled model without a scenario, as what the panels solve."""

from __future__ import annotations

from collections.abc import Sequence

from triptych.engine.engine import Engine
from triptych.engine.estimands import resolve
from triptych.panels.problem import Problem
from triptych.problem.scenario import Data, Scenario


def problem_of(engine: Engine, estimands: Sequence[str] | None = None) -> Problem:
    """Return the problem of an engine: its named estimands, or all."""
    scenario = Scenario(
        name="given",
        question="What do the panels say?",
        source="a test",
        model=lambda data: None,
        data=lambda: Data({}),
        estimands=tuple(e.name for e in resolve(engine, estimands)),
    )
    return Problem(scenario, engine)
