"""A PyMC model run forward: parameters from its prior, and data given parameters, from seeds and compiled once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import InputError, ModelError
from triptych.graph.priors import improper, is_proper
from triptych.sampling.forward_mode import forward_mode

if TYPE_CHECKING:
    import pymc as pm


class Forward:
    """Draws of the variables of a model.

    Parameters
    ----------
    model
        A model without potentials where data are drawn, and with a proper prior where parameters are.
    """

    def __init__(self, model: pm.Model) -> None:
        self.model = model
        self.free = [rv.name for rv in model.free_RVs]
        self.told = [variable.name for variable in model.deterministics]

    def prior(self, seed: np.random.SeedSequence) -> dict[str, np.ndarray]:
        """Return one draw of free variables and deterministics from the prior.

        Raises
        ------
        ModelError
            When the prior is not known to be proper, naming what is not.
        """
        return self._run(self._prior, [], seed, [*self.free, *self.told])

    def data(self, truth: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, np.ndarray]:
        """Return deterministics and observed variables, drawn at true values of all free variables."""
        given = [np.asarray(truth[rv.name], dtype=rv.dtype) for rv in self.model.free_RVs]
        return self._run(self._data, given, seed, [*self.told, *(rv.name for rv in self.model.observed_RVs)])

    @cached_property
    def _prior(self) -> tuple[Any, list[Any]]:
        if not is_proper(self.model):
            flat = improper(self.model)
            why = f"the prior of {', '.join(flat)} is improper" if flat else "it has potentials or custom densities"
            raise ModelError(
                f"nothing can be drawn from the prior: {why}; give proper priors (a setting of the scenario may have "
                "them), or study it at a fixed truth"
            )
        return self._compiled([], [*self.model.free_RVs, *self.model.deterministics])

    @cached_property
    def _data(self) -> tuple[Any, list[Any]]:
        from pytensor.graph.replace import graph_replace

        inputs = {rv: rv.type(name=rv.name) for rv in self.model.free_RVs}
        outputs = [*self.model.deterministics, *self.model.observed_RVs]
        return self._compiled(list(inputs.values()), graph_replace(outputs, inputs, strict=False))

    def _compiled(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> tuple[Any, list[Any]]:
        from pymc.pytensorf import compile as compiled
        from pytensor.graph.traversal import graph_inputs
        from pytensor.tensor.random.variable import RandomGeneratorSharedVariable

        function = compiled(list(inputs), list(outputs), mode=forward_mode(), on_unused_input="ignore")
        generators = [v for v in graph_inputs(outputs) if isinstance(v, RandomGeneratorSharedVariable)]
        return function, generators

    def _run(
        self, compiled: tuple[Any, list[Any]], given: Sequence[Any], seed: np.random.SeedSequence, names: Sequence[str]
    ) -> dict[str, np.ndarray]:
        function, generators = compiled
        for generator, own in zip(generators, seed.spawn(len(generators)), strict=True):
            generator.set_value(np.random.Generator(np.random.PCG64(own)), borrow=True)
        return dict(zip(names, map(np.asarray, function(*given)), strict=True))


def with_inputs(model: pm.Model) -> tuple[pm.Model, dict[str, str]]:
    """Return a copy of a model whose observations are inputs, and the name of the input of each observed variable.

    Raises
    ------
    InputError
        When the model's data cannot be drawn from it.
    """
    import pytensor
    from pymc.model.fgraph import clone_model
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.basic import Constant
    from pytensor.graph.traversal import ancestors

    if model.potentials:
        raise InputError(
            f"the model has potentials ({', '.join(p.name for p in model.potentials)}), so no data can be drawn from "
            "it; write them as distributions, or give a triptych.Scenario with a simulator"
        )
    copy = clone_model(model)
    names = {}
    for rv in copy.observed_RVs:
        value = copy.rvs_to_values[rv]
        if isinstance(value, Constant):
            put = pytensor.shared(np.asarray(value.data), name=f"{rv.name}_observed")
            del copy.values_to_rvs[value]
            copy.rvs_to_values[rv] = put
            copy.values_to_rvs[put] = rv
            names[rv.name] = put.name
            continue
        found = [v for v in ancestors([value]) if isinstance(v, SharedVariable)]
        if len(found) != 1 or found[0].get_value(borrow=True).shape != tuple(rv.shape.eval()):
            raise InputError(f"the observations of {rv.name!r} are computed from others; give them as one array")
        names[rv.name] = found[0].name
    return copy, names
