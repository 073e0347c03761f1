"""Solve a PyMC model as it is given: what stands behind ``triptych.compare``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.api.display import Report
from triptych.api.model_scenario import ad_hoc, asked, check_model
from triptych.api.runs import part, provenance
from triptych.base.errors import InputError
from triptych.base.options import named, nearest
from triptych.base.progress import Progress, watched
from triptych.panels.settings import CHAINS, CI_PROB, DRAWS, SEED, TUNE, Settings
from triptych.problem.scenario import DEFAULT, Data
from triptych.problem.table import METHODS

if TYPE_CHECKING:
    import pymc as pm

    from triptych.comparisons.comparison import Comparison
    from triptych.engine.estimands import Estimand


@named()
def compare(
    model: pm.Model,
    *,
    estimands: Sequence[str] | None = None,
    methods: Sequence[str] = METHODS,
    likelihood: Sequence[str] = (),
    ci_prob: float = CI_PROB,
    ci_kind: str = "eti",
    random_seed: int = SEED.default,
    draws: int = DRAWS.default,
    tune: int = TUNE.default,
    chains: int = CHAINS.default,
    backend: str = "auto",
    cores: int | None = None,
    profile: bool = True,
    truth: Mapping[str, Any] | None = None,
    name: str = "model",
    question: str = "",
    about: str = "",
    progressbar: bool | Progress = True,
) -> Comparison:
    """Solve any PyMC model three ways and compare.

    Parameters
    ----------
    model
        A ``pm.Model`` with continuous free variables and at least one observed variable.
    estimands
        Names of free variables or deterministics; None means all free variables and the
        deterministics of at most 100 scalars.
    methods
        Any of ``mle``, ``map``, ``mcmc``.
    likelihood
        Names of potentials that are part of the likelihood; all others count as prior.
    ci_prob, ci_kind, random_seed, draws, tune, chains, backend, cores, profile, progressbar
        As in :func:`triptych.run`.
    truth
        Name of an estimand to its true value; ``Comparison.recovery`` then has error and coverage.
    name
        What to call the model in tables and reports.
    question
        The question that the model is to answer, the title of its page.
    about
        What the data are and what the names of the variables mean, for the reader of the page.

    Raises
    ------
    ModelError
        When the model cannot be solved, naming the variable and the remedy.
    InputError
        For an unknown estimand or an option out of its range.

    Notes
    -----
    ``ok`` on an estimate means the best of several dispersed starts, a stationary point with
    negative curvature, and no ascent found by probing along principal directions and logarithmic
    coordinates. It is not a proof of a global maximum.
    """
    from triptych.comparisons.comparison import Comparison
    from triptych.engine.engine import Engine
    from triptych.engine.estimands import resolve
    from triptych.panels.problem import Problem
    from triptych.panels.solution import Solution
    from triptych.panels.solve import solve_problem

    check_model(model, name)
    settings = Settings(methods, draws, tune, chains, random_seed, ci_prob, ci_kind, backend, cores, profile)
    settings.check()
    engine = Engine.build(model, likelihood=tuple(likelihood))
    resolved = resolve(engine, estimands)
    names = tuple(e.name for e in resolved)
    _check_truth(truth or {}, resolved)
    data = Data({**engine.data, **engine.observed}, dims=_axes(model), coords=_labels(model))
    scenario = asked(ad_hoc(model, engine, names, name, data), question, about)
    seconds: dict[str, float] = {}
    with watched(progressbar) as progress:
        panels = solve_problem(Problem(scenario, engine), settings, seconds=seconds, progress=part(progress, name))
    solution = Solution(scenario.name, DEFAULT, {}, data, engine, panels, seconds)
    return Comparison(scenario, {DEFAULT: solution}, display=Report(), provenance=provenance(settings), truth=truth)


def _check_truth(truth: Mapping[str, Any], estimands: Sequence[Estimand]) -> None:
    names = [e.name for e in estimands]
    if unknown := set(truth) - set(names):
        raise InputError(f"truth names {sorted(unknown)}, which are no estimands; {nearest(min(unknown), names)}")
    for shape, name in ((e.variable.shape, e.name) for e in estimands if e.name in truth):
        if np.shape(truth[name]) != shape:
            raise InputError(f"truth[{name!r}] has the shape {np.shape(truth[name])}: {name} has the shape {shape}")


def _axes(model: pm.Model) -> dict[str, tuple[str, ...]]:
    named = {name: dims for name, dims in model.named_vars_to_dims.items() if None not in dims}
    return {name: tuple(map(str, dims)) for name, dims in named.items()}


def _labels(model: pm.Model) -> dict[str, list[Any]]:
    return {str(dim): list(labels) for dim, labels in model.coords.items() if labels is not None}
