"""One variant of a scenario, solved by the panels that are asked for."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from triptych.base.interrupt import raise_if_interrupted
from triptych.base.progress import Progress, Share, between, unheard
from triptych.base.threads import in_one_thread
from triptych.engine.engine import Engine
from triptych.engine.estimands import resolve
from triptych.panels.labels import labels_of
from triptych.panels.mcmc import not_sampled, solve_mcmc
from triptych.panels.no_maximum import without_maximum
from triptych.panels.settings import Settings
from triptych.panels.solution import Panel, Solution
from triptych.problem.scenario import DEFAULT, Data, Relabel, Scenario
from triptych.problem.table import METHODS, Status
from triptych.sampling.memory import refuse_beyond_memory

SAYS = {"mle": "maximum likelihood", "map": "MAP mode", "mcmc": "sampling"}
BEGINS = {"mle": 0.0, "map": 0.2, "mcmc": 0.3}  # share of a variant's work that is done before a panel


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
    import inspect

    accepted = inspect.signature(scenario.data).parameters
    return scenario.data(**{k: v for k, v in settings.items() if k in accepted})


def model_settings(scenario: Scenario, settings: dict[str, Any]) -> dict[str, Any]:
    """Return those settings that the scenario's model takes."""
    import inspect

    parameters = inspect.signature(scenario.model).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return settings
    return {k: v for k, v in settings.items() if k in parameters}


@in_one_thread
def solve(
    scenario: Scenario,
    variant: str = DEFAULT,
    settings: Settings | None = None,
    *,
    data: Data | None = None,
    progress: Progress | None = None,
) -> Solution:
    """Solve one variant of a scenario.

    Parameters
    ----------
    scenario, variant
        What to solve.
    settings
        The methods, how to sample, and which intervals; None is the defaults.
    data
        Data in place of the scenario's own.
    progress
        Called with what is being done and the share that is done.
    """
    settings, own = settings or Settings(), dict(scenario.variants[variant])
    data = scenario_data(scenario, own) if data is None else data
    seconds: dict[str, float] = {}
    with _timed(seconds, "compile"):
        engine, other = _engine(scenario, data, own), scenario.likelihood
        mle_engine = None
        if other is not None and "mle" in settings.methods:
            mle_engine = _engine(other, scenario_data(other, own), own)
    panels = solve_engine(
        engine,
        scenario.estimands,
        settings,
        mle_engine=mle_engine,
        scenario=scenario.name,
        variant=variant,
        relabel=scenario.relabel,
        no_posterior=scenario.without_posterior(variant),
        no_maximum=scenario.no_maximum,
        seconds=seconds,
        progress=progress,
    )
    return Solution(scenario.name, variant, own, data, engine, panels, seconds, mle_engine)


def _engine(scenario: Scenario, data: Data, settings: dict[str, Any]) -> Engine:
    return Engine.build(build_model(scenario, data, model_settings(scenario, settings)))


@in_one_thread
def solve_engine(
    engine: Engine,
    estimands: Sequence[str] | None,
    settings: Settings,
    *,
    mle_engine: Engine | None = None,
    scenario: str,
    variant: str,
    relabel: Relabel | None,
    no_posterior: tuple[Status, str] | None = None,
    no_maximum: Mapping[str, str] | None = None,
    seconds: dict[str, float],
    progress: Progress | None = None,
) -> dict[str, Panel]:
    """Run the panels on a compiled model; ``mle_engine`` has the same likelihood in other parameters, for the MLE."""
    from triptych.panels.map import solve_map
    from triptych.panels.mle import solve_mle

    if "mcmc" in settings.methods and no_posterior is None:
        refuse_beyond_memory(settings.draws, settings.chains, engine.size, engine.shown_size)
    resolved = resolve(engine, estimands)
    labels = labels_of(engine, relabel, settings.random_seed)
    own_labels = labels if mle_engine is None else labels_of(mle_engine, relabel, settings.random_seed)
    common: dict[str, Any] = {"scenario": scenario, "variant": variant}
    panels: dict[str, Panel] = {}
    for method in METHODS:
        if method not in settings.methods:
            continue
        raise_if_interrupted()
        share = unheard if progress is None else _part(progress, method)
        share(0.0)
        with _timed(seconds, method):
            if method == "mle":
                own = mle_engine or engine
                wanted = resolve(own, [e.name for e in resolved])
                panel = solve_mle(own, wanted, settings, labels=own_labels, progress=share, **common)
            elif method == "map":
                panel = solve_map(engine, resolved, settings, labels=labels, progress=share, **common)
            elif no_posterior is not None:
                panel = not_sampled(resolved, *no_posterior, ci_prob=settings.ci_prob, **common)
            else:
                panel = solve_mcmc(
                    engine,
                    resolved,
                    settings,
                    labels=labels,
                    mode=panels.get("map"),
                    mle=panels.get("mle"),
                    no_mode=(no_maximum or {}).get("map", ""),
                    progress=None if progress is None else partial(_rest, progress, BEGINS[method]),
                    **common,
                )
        reason = (no_maximum or {}).get(method)
        panels[method] = panel if reason is None else without_maximum(panel, reason)
    for method in ("mle", "map"):
        known = own_labels if method == "mle" else labels
        if known is not None and method in panels:
            known.settle(panels[method])  # at last: the sampler heeds what the mode itself is like
    return panels


def _part(progress: Progress, method: str) -> Share:
    """Return what is told of the share of one panel's work."""
    following = [begins for begins in BEGINS.values() if begins > BEGINS[method]]
    return between(partial(progress, SAYS[method]), BEGINS[method], min(following, default=1.0))


def _rest(progress: Progress, begins: float, what: str, done: float) -> None:
    """Report a share of what is left after ``begins``."""
    progress(what, begins + (1 - begins) * done)


class _timed:
    """Record the seconds spent in a block."""

    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self.seconds, self.name = seconds, name

    def __enter__(self) -> None:
        self.began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds[self.name] = time.perf_counter() - self.began
