"""From a scenario and its settings to data and a PyMC model."""

from __future__ import annotations

import inspect
from typing import Any

from triptych.problem.scenario import Data, Scenario


def build_model(scenario: Scenario, data: Data, settings: dict[str, Any]) -> Any:
    """Open a ``pm.Model``, make shared variables of the data's arrays, and run the scenario's body.

    They are what ``pm.Data`` makes, but for their names, which the model's variables may have too.
    """
    import pymc as pm
    import pytensor
    from pymc.pytensorf import convert_data

    coords = {dim: labels for dim, labels in data.coords.items()}
    with pm.Model(coords=coords) as model:
        symbolic = Data({}, coords=data.coords, constants=data.constants)
        symbolic.arrays = {
            name: pytensor.shared(convert_data(values), name=name) for name, values in data.arrays.items()
        }
        for name, dims in data.dims.items():
            for axis, dim in enumerate(dims):
                if dim not in model.dim_lengths:
                    model.add_coord(dim, length=symbolic.arrays[name].shape[axis])
        scenario.model(symbolic, **settings)
    return model


def scenario_data(scenario: Scenario, settings: dict[str, Any]) -> Data:
    """Return the scenario's data, with the settings that its function takes."""
    accepted = inspect.signature(scenario.data).parameters
    return scenario.data(**{k: v for k, v in settings.items() if k in accepted})


def model_settings(scenario: Scenario, settings: dict[str, Any]) -> dict[str, Any]:
    """Return those settings that the scenario's model takes."""
    parameters = inspect.signature(scenario.model).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return settings
    return {k: v for k, v in settings.items() if k in parameters}
