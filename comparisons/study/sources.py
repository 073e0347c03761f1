"""Where the data sets of a study come from: the simulator of a scenario, or a PyMC model itself."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from triptych.base.errors import InputError
from triptych.comparisons.study.forward import Forward, with_inputs
from triptych.engine.engine import Engine
from triptych.graph.from_scenario import build_model, model_settings
from triptych.panels.problem import Problem, compiled
from triptych.problem.scenario import Data, Scenario

if TYPE_CHECKING:
    import pymc as pm


@dataclass(frozen=True)
class Cell:
    """One combination of settings.

    Attributes
    ----------
    number
        Its place in the study, from 0.
    n
        Number of observations; None for a model, whose data keep their shapes.
    settings
        Settings of model and simulator.
    """

    number: int
    n: int | None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The cell for reading."""
        size = [] if self.n is None else [f"n = {self.n}"]
        settings = (f"{k} = {v:g}" if isinstance(v, float) else f"{k} = {v}" for k, v in self.settings.items())
        return ", ".join([*size, *settings])


class Source(Protocol):
    """What draws the data of a cell and compiles what is solved in it."""

    scenario: Scenario

    def draw(
        self, cell: Cell, seed: np.random.SeedSequence, truth: Mapping[str, Any]
    ) -> tuple[Data, Mapping[str, Any]]:
        """Return a data set of a truth, and that truth with what follows from it."""

    def prior(self, cell: Cell, seed: np.random.SeedSequence) -> dict[str, Any]:
        """Return true values drawn from the prior."""

    def problem(self, cell: Cell, data: Data) -> Problem:
        """Compile what is solved in a cell."""


class Carried:
    """A scenario as another process reads it: by its name where it stands in a module, else by all that it has."""

    def __init__(self, scenario: Scenario) -> None:
        try:
            named = is_installed(scenario.model.__module__) and bool(pickle.dumps(scenario))
        except (pickle.PicklingError, AttributeError, KeyError):
            named = False
        if not named:
            own = {field.name: getattr(scenario, field.name) for field in fields(scenario)}
            own["variants"] = dict(scenario.variants)
            own["expect"] = None if scenario.expect is None else dict(scenario.expect)
            own["likelihood"] = None if scenario.likelihood is None else Carried(scenario.likelihood)
            # What only the report of a single fit needs may hold anything.
            self.found: Any = {k: v for k, v in own.items() if k not in ("claims", "figures", "answer", "questions")}
        else:
            self.found = scenario

    def scenario(self) -> Scenario:
        """Return the scenario."""
        if isinstance(self.found, Scenario):
            return self.found
        own = dict(self.found)
        if own["likelihood"] is not None:
            own["likelihood"] = own["likelihood"].scenario()
        return Scenario(**own)


def is_installed(module: str) -> bool:
    """Whether another process, on whichever machine, finds a module of this name: one of this or another package."""
    from sysconfig import get_paths

    if module.split(".")[0] == "triptych":
        return True
    place = getattr(sys.modules.get(module), "__file__", None)
    return place is not None and any(place.startswith(get_paths()[kind]) for kind in ("purelib", "platlib"))


def _scenario_source(carried: Carried) -> ScenarioSource:
    return ScenarioSource(carried.scenario())


def _model_source(model: Any, carried: Carried) -> ModelSource:
    return ModelSource(model, carried.scenario())


class ScenarioSource:
    """A scenario with its simulator."""

    def __init__(self, scenario: Scenario) -> None:
        if scenario.simulate is None:
            raise InputError(
                f"scenario {scenario.name!r} has no simulator, so there is no other data set of it to study"
            )
        self.scenario = scenario
        self._forward: dict[int, Forward] = {}

    def __reduce__(self) -> Any:
        """Leave behind what was compiled."""
        return _scenario_source, (Carried(self.scenario),)

    def draw(
        self, cell: Cell, seed: np.random.SeedSequence, truth: Mapping[str, Any]
    ) -> tuple[Data, Mapping[str, Any]]:
        """Call the simulator, and hold it to the truth that it was given."""
        simulate = self.scenario.simulate
        assert simulate is not None
        given: dict[str, Any] = {} if not truth else {"truth": dict(truth)}
        size = {} if cell.n is None else {"n": cell.n}
        data, true = simulate(np.random.default_rng(seed), **size, **given, **cell.settings)
        for name, value in truth.items():
            if name not in true or not np.array_equal(np.asarray(true[name], float), np.asarray(value, float)):
                raise InputError(
                    f"the simulator of {self.scenario.name!r} does not take a true value of {name!r} as it is given; "
                    f"it tells those of {', '.join(true)}"
                )
        return data, true

    def prior(self, cell: Cell, seed: np.random.SeedSequence) -> dict[str, Any]:
        """Draw the free variables of the model from its prior."""
        if cell.number not in self._forward:
            data, _ = self.draw(cell, np.random.SeedSequence(0), {})
            settings = model_settings(self.scenario, dict(cell.settings))
            self._forward[cell.number] = Forward(build_model(self.scenario, data, settings))
        forward = self._forward[cell.number]
        drawn = forward.prior(seed)
        return {name: drawn[name] for name in forward.free}

    def problem(self, cell: Cell, data: Data) -> Problem:
        """Compile the scenario's model at the settings of the cell."""
        return compiled(self.scenario, cell.settings, data)


class ModelSource:
    """A PyMC model, of which data sets are drawn as it says; their shapes are those of its observations."""

    def __init__(self, model: pm.Model, scenario: Scenario) -> None:
        self.scenario = scenario
        self._given = model
        self.model, self._names = with_inputs(model)
        self._forward = Forward(self.model)

    def __reduce__(self) -> Any:
        """Leave behind what was compiled."""
        return _model_source, (self._given, Carried(self.scenario))

    def draw(
        self, cell: Cell, seed: np.random.SeedSequence, truth: Mapping[str, Any]
    ) -> tuple[Data, Mapping[str, Any]]:
        """Draw the observed variables at true values of all free ones."""
        free = self._forward.free
        if missing := [name for name in free if name not in truth]:
            raise InputError(
                f"truth says nothing of {', '.join(missing)}; give a true value for each of {', '.join(free)}, or ask "
                "for prior_draws"
            )
        drawn = self._forward.data(truth, seed)
        arrays = {self._names[rv.name]: drawn[rv.name] for rv in self.model.observed_RVs}
        return Data(arrays), {**truth, **{name: drawn[name] for name in self._forward.told}}

    def prior(self, cell: Cell, seed: np.random.SeedSequence) -> dict[str, Any]:
        """Draw the free variables from the prior."""
        drawn = self._forward.prior(seed)
        return {name: drawn[name] for name in self._forward.free}

    def problem(self, cell: Cell, data: Data) -> Problem:
        """Compile the model, whatever the data are: they are put in later."""
        return Problem(self.scenario, Engine.build(self.model))


def ordered_truth(scenario: Scenario, truth: Mapping[str, Any]) -> dict[str, Any]:
    """Return true values with exchangeable components in the order of the scenario's rule."""
    true = dict(truth)
    if scenario.relabel is not None:
        order = np.argsort(np.asarray(true[scenario.relabel.by]), kind="stable")
        true |= {name: np.asarray(true[name])[order] for name in scenario.relabel.variables if name in true}
    return true


def true_scalars(problem: Problem, truth: Mapping[str, Any]) -> np.ndarray:
    """Return the true value of each scalar, NaN where it is not told, ``(scalars,)``."""
    true = ordered_truth(problem.scenario, truth)
    parts = []
    for estimand in problem.estimands:
        value = np.ravel(np.asarray(true.get(estimand.name, np.full(estimand.variable.size, np.nan)), dtype=float))
        if value.size != estimand.variable.size:
            raise InputError(
                f"the true value of {estimand.name!r} has {value.size} numbers; the model has {estimand.variable.size}"
            )
        parts.append(value)
    return np.concatenate(parts)
