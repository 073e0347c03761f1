"""One model compiled once, and solved three ways whenever its data or its prior move: what stands behind sliders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import InputError
from triptych.comparisons.study.forward import with_inputs
from triptych.comparisons.study.problem import Options, Sets
from triptych.comparisons.study.replicates import rows_of
from triptych.comparisons.study.solver import solve_sets
from triptych.engine.engine import Engine
from triptych.graph.from_scenario import scenario_data
from triptych.panels.problem import Problem, compiled
from triptych.problem.scenario import DEFAULT, Scenario
from triptych.problem.varied import Range

if TYPE_CHECKING:
    import pandas as pd
    import pymc as pm

SEED = 1
DIAL = "setting "  # begins the name of the input that stands for a setting of a scenario
QUICK = Options(intervals=("wald", "laplace", "eti"), draws=500, tune=200, chains=4)


@dataclass(frozen=True)
class Bench:
    """A model compiled once, to be solved on data that move.

    Attributes
    ----------
    problem
        The compiled model with its data as given.
    dial
        The setting that can be turned, usually the scale of the prior: what the scenario ``varies`` first; empty where
        there is none.
    reach
        The values that the dial may take; None where there is none.
    options
        Which panels and intervals, and how many draws.
    """

    problem: Problem
    dial: str = ""
    reach: Range | None = None
    options: Options = QUICK

    @classmethod
    def of_scenario(cls, scenario: Scenario, variant: str = DEFAULT, options: Options = QUICK) -> Bench:
        """Compile a variant of a scenario, with the setting that it varies as an input.

        Raises
        ------
        InputError
            When the scenario has no such variant.
        """
        import pytensor

        if variant not in scenario.variants:
            raise InputError(f"{scenario.name} has no variant {variant!r}; it has {', '.join(scenario.variants)}")
        settings = dict(scenario.variants[variant])
        data = scenario_data(scenario, settings)
        for dial, reach in scenario.varies.items():
            put = pytensor.shared(np.float64(settings.get(dial, reach.start)), name=f"{DIAL}{dial}")
            problem = compiled(scenario, {**settings, dial: put}, data, variant=variant)
            if put.name in problem.engine.data:
                return cls(problem, dial, reach, options)
        return cls(compiled(scenario, settings, data, variant=variant), options=options)

    @classmethod
    def of_model(cls, model: pm.Model, scenario: Scenario, options: Options = QUICK) -> Bench:
        """Compile a PyMC model with its observations as inputs; ``scenario`` stands for it.

        Raises
        ------
        InputError
            When the observations cannot be put in.
        """
        return cls(Problem(scenario, Engine.build(with_inputs(model)[0])), options=options)

    @property
    def data(self) -> dict[str, np.ndarray]:
        """The arrays that can be moved, as they were given."""
        return {n: np.asarray(a) for n, a in self.problem.engine.data.items() if np.ndim(a) and not n.startswith(DIAL)}

    def solve(self, data: Mapping[str, Any] | None = None, dial: float | None = None, seed: int = SEED) -> pd.DataFrame:
        """Solve all three panels anew; nothing is compiled after the first time.

        Parameters
        ----------
        data
            Arrays in the place of those that were given, of the same shapes; None moves none.
        dial
            Value of the setting; None leaves it where it was compiled.
        seed
            Of the sampler. The same seed keeps the draws from jumping while a slider moves.

        Returns
        -------
        pandas.DataFrame
            One row for each method and scalar, with the interval of the method: Wald, Laplace, equal-tailed.

        Raises
        ------
        InputError
            When an array is not one of the data or has another shape, or the dial is out of reach.
        """
        import pandas as pd

        given = dict(self.problem.engine.data)
        for name, array in (data or {}).items():
            if name not in self.data or np.shape(array) != given[name].shape:
                known = ", ".join(f"{n} {a.shape}" for n, a in self.data.items())
                raise InputError(f"{name!r} {np.shape(array)} is not one of the data that can be moved: {known}")
            given[name] = np.asarray(array, dtype=given[name].dtype)
        if dial is not None:
            if self.reach is None or not self.reach.has(dial):
                raise InputError(f"the dial cannot be set to {dial}; {self._reach()}")
            given[f"{DIAL}{self.dial}"] = np.float64(dial)
        seeds = np.random.SeedSequence(seed).generate_state(2)[None]
        unknown = np.full((1, len(self.problem.scalars)), np.nan)
        return pd.DataFrame(rows_of(solve_sets(self.problem, Sets([given], seeds, unknown, block=1), self.options), 0))

    def _reach(self) -> str:
        if self.reach is None:
            return "the model has none"
        return f"{self.dial} goes from {self.reach.start:g} to {self.reach.stop:g}"
