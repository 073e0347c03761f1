"""A compiled model with all that the panels have to know of it, into which other data and weights are put."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from triptych.engine.engine import Engine
from triptych.engine.estimands import Estimand, resolve
from triptych.graph.from_scenario import build_model, model_settings
from triptych.problem.scenario import DEFAULT, Data, Scenario
from triptych.problem.table import METHODS, Status


@dataclass(frozen=True)
class Problem:
    """A model compiled with one data set, to be solved on this one and on others.

    Attributes
    ----------
    scenario
        Its estimands, relabelling rule, and what theory says of maxima and posterior.
    engine
        The compiled model.
    mle_engine
        The engine of the MLE where that is another one, with the same likelihood in other parameters.
    no_posterior
        Status and reason where theory says that there is no posterior at these settings.
    variant
        The name of these settings in the scenario.
    """

    scenario: Scenario
    engine: Engine
    mle_engine: Engine | None = None
    no_posterior: tuple[Status, str] | None = None
    variant: str = DEFAULT

    @property
    def estimands(self) -> list[Estimand]:
        """What is reported, with how each hangs on the unconstrained coordinates."""
        return resolve(self.engine, self.scenario.estimands)

    @property
    def scalars(self) -> tuple[tuple[str, str], ...]:
        """Estimand and label of each scalar that is reported, in the order of all arrays."""
        return tuple((e.name, label) for e in self.estimands for label in e.variable.labels)

    def engine_of(self, method: str) -> Engine:
        """Return the engine on which a method is solved."""
        return self.engine if method != "mle" or self.mle_engine is None else self.mle_engine

    def on(self, data: Mapping[str, Any] | None = None, weights: Mapping[str, Any] | None = None) -> Problem:
        """Return the problem on other data or under other weights of the observations; nothing is compiled again.

        Parameters
        ----------
        data
            Arrays by name, of which those that an engine does not know are left out; they may have another length.
            Weights other than one stay what they were, and then so does the length.
        weights
            Name of an observed variable to the weights of its log-likelihood terms; 0 leaves a term out.
        """

        def put(engine: Engine) -> Engine:
            if data is not None:
                known = {name: value for name, value in data.items() if name in engine.data}
                kept = {name: own for name, own in engine.weights.items() if np.any(own != 1)}
                engine = engine.with_data(**known)
                engine = engine.with_weights(kept) if kept else engine
            return engine if weights is None else engine.with_weights(weights)

        return replace(
            self, engine=put(self.engine), mle_engine=None if self.mle_engine is None else put(self.mle_engine)
        )


def compiled(
    scenario: Scenario,
    settings: Mapping[str, Any],
    data: Data,
    *,
    likelihood_data: Data | None = None,
    variant: str | None = None,
    methods: Sequence[str] = METHODS,
) -> Problem:
    """Compile a scenario at some settings.

    Parameters
    ----------
    scenario
        Its model, and that of its ``likelihood`` where it has one.
    settings
        What is given to the model.
    data
        Data of the shapes that it is compiled for.
    likelihood_data
        Data of the ``likelihood`` where they have other arrays; None is ``data``.
    variant
        The name of the settings; None looks for a variant that has them.
    methods
        Without ``mle`` the model of the likelihood is not needed.
    """
    own = dict(settings)
    if variant is None:
        variant = next((name for name, known in scenario.variants.items() if dict(known) == own), DEFAULT)

    def engine_of(which: Scenario, held: Data) -> Engine:
        return Engine.build(build_model(which, held, model_settings(which, own)))

    engine, mle_engine = engine_of(scenario, data), None
    if scenario.likelihood is not None and "mle" in methods:
        mle_engine = engine_of(scenario.likelihood, likelihood_data or data)
    return Problem(scenario, engine, mle_engine, scenario.without_posterior(variant), variant)
