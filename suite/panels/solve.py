"""One variant of a scenario, solved by the panels that are asked for."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from triptych.base.interrupt import raise_if_interrupted
from triptych.base.progress import Progress, Share, between, unheard
from triptych.base.threads import in_one_thread
from triptych.engine.estimands import resolve
from triptych.graph.from_scenario import scenario_data
from triptych.panels.labels import labels_of
from triptych.panels.mcmc import not_sampled, solve_mcmc
from triptych.panels.no_maximum import without_maximum
from triptych.panels.problem import Problem, compiled
from triptych.panels.settings import Settings
from triptych.panels.solution import Panel, Solution
from triptych.problem.scenario import DEFAULT, Data, Scenario
from triptych.problem.table import METHODS
from triptych.sampling.memory import refuse_beyond_memory

SAYS = {"mle": "maximum likelihood", "map": "MAP mode", "mcmc": "sampling"}
BEGINS = {"mle": 0.0, "map": 0.2, "mcmc": 0.3}  # share of a variant's work that is done before a panel


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
    seconds: dict[str, float] = {}
    likelihood = scenario.likelihood if data is None else None
    data = scenario_data(scenario, own) if data is None else data
    with _timed(seconds, "compile"):
        other = None if likelihood is None else scenario_data(likelihood, own)
        problem = compiled(scenario, own, data, likelihood_data=other, variant=variant, methods=settings.methods)
    panels = solve_problem(problem, settings, seconds=seconds, progress=progress)
    return Solution(scenario.name, variant, own, data, problem.engine, panels, seconds, problem.mle_engine)


@in_one_thread
def solve_problem(
    problem: Problem,
    settings: Settings,
    *,
    seconds: dict[str, float] | None = None,
    progress: Progress | None = None,
) -> dict[str, Panel]:
    """Run the panels on a compiled model.

    Parameters
    ----------
    problem
        The compiled model with its data.
    settings
        The methods, how to sample, and which intervals.
    seconds
        Where the seconds of each method are put.
    progress
        Called with what is being done and the share that is done.

    Returns
    -------
    dict
        Method to its panel.
    """
    from triptych.panels.map import solve_map
    from triptych.panels.mle import solve_mle

    seconds = {} if seconds is None else seconds
    engine, relabel = problem.engine, problem.scenario.relabel
    no_posterior, no_maximum = problem.no_posterior, problem.scenario.no_maximum or {}
    if "mcmc" in settings.methods and no_posterior is None:
        refuse_beyond_memory(settings.draws, settings.chains, engine.size, engine.shown_size)
    resolved = problem.estimands
    labels = labels_of(engine, relabel, settings.random_seed)
    own = problem.engine_of("mle")
    own_labels = labels if own is engine else labels_of(own, relabel, settings.random_seed)
    common: dict[str, Any] = {"scenario": problem.scenario.name, "variant": problem.variant}
    panels: dict[str, Panel] = {}
    for method in METHODS:
        if method not in settings.methods:
            continue
        raise_if_interrupted()
        share = unheard if progress is None else _part(progress, method)
        share(0.0)
        with _timed(seconds, method):
            if method == "mle":
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
                    no_mode=no_maximum.get("map", ""),
                    progress=None if progress is None else partial(_rest, progress, BEGINS[method]),
                    **common,
                )
        reason = no_maximum.get(method)
        panels[method] = panel if reason is None else without_maximum(panel, reason)
    for method in ("mle", "map"):
        known = own_labels if method == "mle" else labels
        if known is not None and method in panels:
            known.settle(panels[method])  # last, because the sampler reads the statuses of the MAP as they were found
    return panels


def _part(progress: Progress, method: str) -> Share:
    """Return a function of the share of one panel's work, which reports the share of the variant's work."""
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
