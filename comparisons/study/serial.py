"""Many data sets solved one after the other by the panels: the engine is compiled once and new data are put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from triptych.base.interrupt import raise_if_interrupted
from triptych.comparisons.study.fits import Fit, Kept
from triptych.comparisons.study.problem import METHOD_OF, RANKED, Options, Sets
from triptych.comparisons.study.replicates import GATE, SERIAL, STATUSES, Replicates, rank_among
from triptych.engine.engine import Engine
from triptych.panels.problem import Problem
from triptych.panels.settings import Settings
from triptych.panels.solution import NoEstimate, Panel
from triptych.panels.solve import solve_problem

LONGER = (4, 16)  # times the draws, before a posterior that fails the gate is called unreliable


def solve_serially(problem: Problem, sets: Sets, options: Options, kept: Kept | None = None) -> Replicates:
    """Solve every data set by every method, each from its own seed; the fits are put into ``kept``."""
    found = Replicates.empty(problem.scalars, options, sets.count)
    found.engine[:] = SERIAL
    for row in range(sets.count):
        raise_if_interrupted()
        own = problem.on(sets.data[row])
        panels = panels_of(own, options.settings(int(sets.seeds[row, 0])))
        for m, method in enumerate(options.methods):
            _write(found, m, row, panels[method])
        if "mcmc" in options.methods:
            _write_gate(found, row, panels["mcmc"])
            _write_ranks(found, row, panels["mcmc"], sets.truth[row])
        if kept is not None:
            kept[row] = _fit(panels)
        if sets.fresh:
            _write_scores(found, row, panels, own.on(sets.fresh[row]))
    return found


def _fit(panels: Mapping[str, Panel]) -> Fit:
    posterior = panels.get("mcmc")
    passed = posterior is not None and posterior.draws is not None and not posterior.diagnostics.get("gate")
    at = {method: panels[method].z if method in panels else None for method in ("mle", "map")}
    return Fit(at["mle"], at["map"], None if posterior is None else posterior.draws, passed)


def panels_of(problem: Problem, settings: Settings) -> dict[str, Panel]:
    """Return the panels; a posterior that fails the gate is sampled again with more draws."""
    panels = solve_problem(problem, settings)
    for times in LONGER:
        posterior = panels.get("mcmc")
        if posterior is None or not posterior.diagnostics.get("gate") or posterior.draws is None:
            break
        # The MAP is solved with it, as it tells the sampler the scales.
        methods = tuple(m for m in ("map", "mcmc") if m in settings.methods)
        panels |= solve_problem(problem, replace(settings, draws=times * settings.draws, methods=methods))
    return panels


def _write(found: Replicates, m: int, row: int, panel: Panel) -> None:
    """Write the rows of one panel; they are in the order of the scalars."""
    places = {scalar: s for s, scalar in enumerate(found.scalars)}
    for line in panel.estimates:
        s = places[line.estimand, line.label]
        found.estimate[m, row, s], found.std_error[m, row, s] = line.estimate, line.std_error
        found.status[m, row, s] = STATUSES.index(line.status)
        if line.reason:
            found.reasons[m, row, s] = line.reason
    for k, kind in enumerate(found.kinds):
        if METHOD_OF[kind] != panel.method:
            continue
        written = set()
        for line in (*panel.estimates, *panel.intervals):
            if line.interval_kind == kind and line.name not in written:
                written.add(line.name)
                s = places[line.estimand, line.label]
                found.lower[k, row, s], found.upper[k, row, s] = line.lower, line.upper


def _write_gate(found: Replicates, row: int, panel: Panel) -> None:
    for g, name in enumerate(GATE):
        found.gate[g, row] = panel.diagnostics.get(name, np.nan)
    if panel.draws is not None:
        found.gate[GATE.index("draws"), row] = panel.draws.shape[0] * panel.draws.shape[1]


def _write_ranks(found: Replicates, row: int, panel: Panel, truth: np.ndarray) -> None:
    if isinstance(panel.native, NoEstimate):
        return
    posterior, columns = panel.native["posterior"], []
    for estimand in dict.fromkeys(name for name, _ in found.scalars):
        values = posterior[estimand].values
        columns.append(values.reshape(values.shape[0] * values.shape[1], -1))
    draws = np.concatenate(columns, axis=1)
    found.rank[row], found.draw[row] = rank_among(draws, truth, RANKED), draws[-1]


def _write_scores(
    found: Replicates,
    row: int,
    panels: Mapping[str, Panel],
    fresh: Problem,
) -> None:
    """Score each predictive distribution on the fresh data: the mean log density of an observation."""
    for m, method in enumerate(found.methods):
        found.log_score[m, row] = log_score(fresh.engine_of(method), panels[method])


def log_score(engine: Engine, panel: Panel) -> float:
    """Return the mean log predictive density of the engine's observations: NaN where a panel has no prediction.

    MLE and MAP predict with their point, the posterior with the average over its draws.
    """
    if panel.method == "mcmc":
        if panel.draws is None:
            return float("nan")
        terms = engine.pointwise_many(panel.draws.reshape(-1, engine.size))
        rows = np.concatenate([values.reshape(len(values), -1) for values in terms.values()], axis=1)
        return float(np.mean(np.logaddexp.reduce(rows, axis=0) - np.log(len(rows))))
    if panel.z is None:
        return float("nan")
    return float(np.mean(np.concatenate([np.ravel(values) for values in engine.pointwise(panel.z).values()])))
