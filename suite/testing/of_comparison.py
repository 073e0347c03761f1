"""A comparison of triptych in the form that is compared: its points, its draws, its models, and how to sample anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import InputError
from triptych.panels.solution import NoEstimate
from triptych.testing.drawn import around, sampled
from triptych.testing.estimates import Estimates, PointEstimate, Sampled, Variant
from triptych.testing.reweighting import MOST, Sample

if TYPE_CHECKING:
    from triptych.comparisons.comparison import Comparison
    from triptych.panels.solution import Panel, Solution

# Newton stops at this decrement, relative to the objective: the squared length of its last step in standard errors.
DECREMENT = 1e-13


def of_comparison(comparison: Comparison) -> Estimates:
    """Return a comparison in the form that is compared.

    Raises
    ------
    InputError
        When it could not be solved.
    """
    if comparison.error is not None:
        raise InputError(f"{comparison.scenario.name} could not be solved: {comparison.error}")
    variants = {name: of_solution(comparison, solution) for name, solution in comparison.solutions.items()}
    kept = ("draws", "tune", "chains", "random_seed", "ci_prob", "ci_kind", "backend")
    sampling = {key: comparison.provenance[key] for key in kept if key in comparison.provenance}
    return Estimates(f"comparison of {comparison.scenario.name}", variants, sampling=sampling)


def of_solution(comparison: Comparison, solution: Solution) -> Variant:
    """Return one variant of a comparison."""
    engine = solution.engine
    points = {method: _points(solution, panel) for method, panel in solution.panels.items() if method in ("mle", "map")}
    drawn = solution.panels.get("mcmc")
    found = None if drawn is None else _sampled(solution, drawn)
    none = drawn.native if drawn is not None and isinstance(drawn.native, NoEstimate) else None
    model = None if engine is None else engine.model
    likelihood = () if engine is None else _potentials(engine)
    return Variant(
        points=points,
        sampled=found,
        model=model,
        likelihood=likelihood,
        sample=partial(_sample, solution, likelihood) if found is not None and model is not None else lambda: None,
        settings=solution.settings,
        redraw=None if engine is None or found is None else _redraw(comparison, solution),
        undrawn={} if none is None else none.statuses,
        why_undrawn="" if none is None else none.reason,
    )


def _potentials(engine: Any) -> tuple[str, ...]:
    kept = set(engine.graph.potentials_in_prior)
    return tuple(p.name for p in engine.model.potentials if p.name not in kept)


def _points(solution: Solution, panel: Panel) -> dict[str, PointEstimate]:
    """Return the rows of a panel, each with the accuracy that follows from its standard error and the objective."""
    engine = solution.mle_engine or solution.engine
    size = 1e4
    if engine is not None and panel.z is not None and panel.z.size == engine.size:
        value = engine.value(panel.z)
        size = float(abs(value[0] if panel.method == "mle" else value.sum()))
    length = 2 * np.sqrt(DECREMENT * (1 + size))
    return {
        row.name: PointEstimate(row.estimate, row.std_error, str(row.status), _accuracy(row, length))
        for row in panel.estimates
    }


def _accuracy(row: Any, length: float) -> float:
    if np.isfinite(row.std_error):
        return float(length * row.std_error)
    # Without a curvature, as at a kink: zeros are exact, and others solved for to the square root of the rounding.
    return float(1e-7 * abs(row.estimate)) if np.isfinite(row.estimate) else 0.0


def _sampled(solution: Solution, panel: Panel) -> Sampled | None:
    """Return the draws of a panel; None where there are none."""
    if isinstance(panel.native, NoEstimate):
        return None
    return _of_posterior(solution, panel.native["posterior"], panel.diagnostics.get("gate") or [])


def _of_posterior(solution: Solution, posterior: Any, gate: list[str]) -> Sampled:
    """Return the draws of the scalars that are reported, with what the gate said."""
    rows = solution.panels["mcmc"].estimates
    names, draws, periods = [], [], []
    for estimand in dict.fromkeys(row.estimand for row in rows):
        values = posterior[estimand].values
        flat = np.moveaxis(values.reshape(*values.shape[:2], -1), 2, 0)
        variable = solution.variables[estimand]
        for name, label, x in zip(variable.names, variable.labels, flat, strict=True):
            period = solution.period(estimand, label)
            names.append(name)
            periods.append(period)
            draws.append(around(x, period, None))
    array = np.array(draws)
    if not np.all(np.isfinite(array)):
        array = np.nan_to_num(array, nan=0.0, posinf=0.0, neginf=0.0)
        gate = [*gate, "draws that are not finite"]
    found = sampled(names, array)
    statuses = {row.name: str(row.status) for row in rows}
    return replace(
        found,
        fault="; ".join(gate) or found.fault,
        periods=np.array(periods),
        statuses=tuple(statuses[name] for name in names),
    )


def _sample(solution: Solution, likelihood: tuple[str, ...]) -> Sample | None:
    """Keep some draws of the free variables with their log-density."""
    panel = solution.panels["mcmc"]
    posterior = panel.native["posterior"]
    chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
    taken = np.unique(np.linspace(0, chains * draws - 1, min(MOST, chains * draws)).astype(int))

    def thin(name: str) -> np.ndarray:
        values = posterior[name].values
        return np.asarray(values.reshape(chains * draws, *values.shape[2:])[taken])

    free = {block.variable.name: thin(block.variable.name) for block in solution.engine.blocks}
    scalars: dict[str, np.ndarray] = {}
    for estimand in dict.fromkeys(row.estimand for row in panel.estimates):
        variable = solution.variables[estimand]
        scalars |= dict(zip(variable.names, thin(estimand).reshape(len(taken), -1).T, strict=True))
    return Sample.of(solution.engine.model, free, scalars, likelihood)


def _redraw(comparison: Comparison, solution: Solution) -> Callable[[int, int], Sampled]:
    """Return what samples a variant anew, with more draws and another seed."""
    from triptych.panels.labels import labels_of
    from triptych.panels.mcmc import mode_status, until_passed
    from triptych.panels.settings import Settings
    from triptych.sampling.nuts import SamplerStopped

    settings = Settings.of(comparison.provenance)

    def redraw(factor: int, seed: int) -> Sampled:
        engine, mode = solution.engine, solution.panels.get("map")
        own = replace(settings, draws=settings.draws * factor, random_seed=(settings.random_seed + seed) % 2**32)
        labels = labels_of(engine, comparison.scenario.relabel, settings.random_seed)
        try:
            run = until_passed(engine, own, labels, mode, mode_status(mode), [], None)
        except SamplerStopped as error:
            raise InputError(f"{solution.scenario}, {solution.variant}: the sampler stopped: {error}") from error
        return _of_posterior(solution, run.tree["posterior"], run.diagnosis.gate)

    return redraw
