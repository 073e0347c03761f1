"""The engine's answers at the states of each act: made once, kept beside the acts, carried by the page.

``python -m triptych.reports.lesson.states [ACT...]`` makes them again. Nothing in a file depends on when it was made;
sampled figures stand with their Monte Carlo standard errors, because other versions of the libraries draw others.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.panels.settings import Forward, Settings
from triptych.problem.table import METHODS, Status
from triptych.reports.lesson.act import FOLDER, NAMES, Act, State, get

if TYPE_CHECKING:
    from triptych.panels.problem import Problem
    from triptych.panels.solution import Panel

type Problems = dict[tuple[Callable[[Any, str], None], str], Problem]  # by model and position of the switch
LEVEL = 0.95
SETTINGS = Settings(draws=2000, tune=1000, chains=4, random_seed=21, ci_prob=LEVEL, cores=1, forward=Forward.NONE)
KINDS = {"mle": "profile", "map": "laplace", "mcmc": "eti"}
FOLDER_OF_STATES = FOLDER / "states"


def answers(act: Act, states: Sequence[State], say: Callable[[str], object] = len) -> list[dict[str, Any]]:
    """Return what the engine says of the act's estimand at each state.

    Parameters
    ----------
    act
        The act.
    states
        Positions of its bench.
    say
        Called with a line for each state that is done.

    Returns
    -------
    list of dict
        One a state: ``label``, ``switch``, ``given``, and for each method ``status``, ``value``, ``lower``, ``upper``;
        a posterior that exists has the Monte Carlo standard errors ``errors`` of the three. What does not exist is
        None, an open end of an interval is the text "-inf" or "inf".
    """
    problems: Problems = {}
    found = []
    for k, state in enumerate(states):
        found.append(_answer(act, state, problems))
        say(f"{act.name} {k + 1}/{len(states)}: {found[-1]['mcmc']['status']}")
    return found


def _answer(act: Act, state: State, problems: Problems) -> dict[str, Any]:
    if state.marginal and act.marginal is not None:
        panels = _solve(act, act.model, state, problems, METHODS[:2])
        panels |= _solve(act, act.marginal, state, problems, METHODS[2:])
    else:
        panels = _solve(act, act.model, state, problems, METHODS)
    found: dict[str, Any] = {"label": state.label, "switch": state.switch, "given": dict(state.given)}
    found |= {method: _said(panels[method], KINDS[method]) for method in METHODS}
    return found


def _solve(
    act: Act, model: Callable[[Any, str], None], state: State, problems: Problems, methods: Sequence[str]
) -> dict[str, Panel]:
    from triptych.panels.solve import solve_problem

    arrays = {name: np.asarray(value, dtype=float) for name, value in state.given.items()}
    if (model, state.switch) not in problems:
        problems[model, state.switch] = _compiled(act, model, state.switch, arrays)
    problem = problems[model, state.switch].on(arrays)
    if act.no_posterior is not None and (reason := act.no_posterior(state.given, state.switch)):
        problem = replace(problem, no_posterior=(Status.NO_POSTERIOR, reason))
    return solve_problem(problem, replace(SETTINGS, methods=methods))


def _compiled(act: Act, model: Callable[[Any, str], None], switch: str, arrays: dict[str, np.ndarray]) -> Problem:
    from triptych.panels.problem import compiled
    from triptych.problem.scenario import Data, Scenario

    data = Data(arrays)
    scenario = Scenario(
        name=act.name, question=f"{act.title}?", source="the lesson", model=lambda data: model(data, switch),
        data=lambda: data, estimands=(act.estimand,),
    )  # fmt: skip
    return compiled(scenario, {}, data)


def _said(panel: Panel, kind: str) -> dict[str, Any]:
    row = panel.estimates[0]
    interval = next((r for r in (*panel.estimates, *panel.intervals) if r.interval_kind == kind), None)
    said: dict[str, Any] = {"status": str(row.status), "value": _number(row.estimate)}
    said |= {
        "lower": None if interval is None else _number(interval.lower),
        "upper": None if interval is None else _number(interval.upper),
    }
    if panel.method == "mcmc" and said["value"] is not None:
        said["errors"] = _errors(panel, row.estimand)
    return said


def _number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else str(value)


def _errors(panel: Panel, estimand: str) -> list[float]:
    """Return the Monte Carlo standard errors of the mean and of both ends of the interval."""
    import arviz as az

    draws = panel.native["posterior"][estimand]
    half = (1 - LEVEL) / 2
    ends = [az.mcse(draws, method="quantile", prob=prob) for prob in (half, 1 - half)]
    return [float(f"{float(error):.3g}") for error in (az.mcse(draws), *ends)]


def write(name: str, say: Callable[[str], object] = print) -> None:
    """Make the states of one act again and write them to its file."""
    act = get(name)
    found = answers(act, act.states(), say)
    lines = ",\n".join(json.dumps(state) for state in found)
    path = FOLDER_OF_STATES / f"{name}.json"
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    say(f"{path.name}: {len(found)} states")


def read(name: str) -> list[dict[str, Any]]:
    """Return the states of an act with the engine's answers."""
    kept: list[dict[str, Any]] = json.loads((FOLDER_OF_STATES / f"{name}.json").read_text(encoding="utf-8"))
    return kept


if __name__ == "__main__":
    for chosen in sys.argv[1:] or NAMES:
        write(chosen)
