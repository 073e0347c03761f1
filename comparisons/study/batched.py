"""Many data sets solved at once by the batch room; each that it does not settle is left to the serial engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.batch.intervals import Curved, curvature_intervals
from triptych.batch.lanes import Lanes, lanes
from triptych.batch.modes import Modes, modes
from triptych.batch.natural import Natural
from triptych.batch.posterior import Drawn, sample_until_passed
from triptych.batch.predictive import score_of_draws, score_of_points
from triptych.batch.profiles import profile_intervals
from triptych.batch.summaries import tail_index
from triptych.comparisons.study.fits import Fit, Kept
from triptych.comparisons.study.problem import METHOD_OF, RANKED, Options, Sets
from triptych.comparisons.study.replicates import BATCHED, GATE, STATUSES, Replicates, rank_among
from triptych.components.symmetry import exchanges
from triptych.engine.angles import periods
from triptych.engine.engine import LIKELIHOOD, POSTERIOR, Engine
from triptych.engine.estimands import Estimand, resolve
from triptych.estimates.reasons import at_kink, unknown_to
from triptych.optimise.objective import Objective, make_objective
from triptych.panels.problem import Problem
from triptych.problem.table import Status
from triptych.profiles.profile import MOST_PROFILES
from triptych.sampling.gate import NO_VARIANCE, bounded

PARTS = {"mle": LIKELIHOOD, "map": POSTERIOR}
TUNE = 200  # iterations after which coordinates and step are found: less than a sampler needs that begins anywhere
RIVAL = 12.0  # log-density by which another maximum has to be lower where chains start at the highest one


def why_serial(problem: Problem, options: Options) -> str:
    """Return why a model cannot be solved for many data sets at once; empty where it can."""
    scenario, engines = problem.scenario, [e for e in (problem.engine, problem.mle_engine) if e is not None]
    for engine in engines:
        if engine.backend.traced is None or engine.backend.second_derivatives != "exact":
            return f"the model is not computed by JAX with exact second derivatives: {engine.note}"
        if periods(engine):
            return "the model has angles"
    if scenario.relabel is not None or any(exchanges(engine) for engine in engines):
        return "the model has exchangeable components"
    if scenario.no_posterior is not None or scenario.no_maximum:
        return "theory says that an estimate does not exist"
    for method, parts in PARTS.items():
        objective, _ = make_objective(_engine(problem, method), parts)
        if objective.stepwise.size:
            return "the objective is a step function of a parameter"
        if objective.size == 0:
            return "the objective depends on no parameter"
        if method == "mle" and objective.kinked and "profile" in options.kinds:
            return "the likelihood has kinks, across which profiles are not followed at once"
    return ""


def solve_batched(
    problem: Problem, sets: Sets, options: Options, kept: Kept | None = None
) -> tuple[Replicates, np.ndarray] | None:
    """Solve many data sets at once.

    Parameters
    ----------
    problem, sets, options
        As in :func:`triptych.comparisons.study.solver.solve_sets`.
    kept
        Into this the fits are put of the data sets that are not left.

    Returns
    -------
    tuple of Replicates and numpy.ndarray, or None
        The figures, and which replicates are left to the serial engine, ``(replicates,)``: of these the figures mean
        nothing. None where the model cannot be solved at once, see :func:`why_serial`.
    """
    if problem.engine.kept_for_model.of(lambda: why_serial(problem, options), why_serial, options.kinds):
        return None
    found = Replicates.empty(problem.scalars, options, sets.count)
    found.engine[:] = BATCHED
    left = np.zeros(sets.count, dtype=bool)
    best: Modes | None = None
    ends: dict[str, Modes] = {}
    drawn: dict[int, np.ndarray] = {}
    for method in PARTS:
        if method in options.methods or (method == "map" and "mcmc" in options.methods):
            maximum = _Maximum.of(problem, sets, method)
            left |= ~maximum.usable
            ends[method] = maximum.found
            if method == "map":
                best = maximum.found
            if method in options.methods:
                left |= _write_maximum(found, maximum, sets, options)
    if "mcmc" in options.methods:
        assert best is not None
        left |= ~(best.rival < best.value - RIVAL)
        rows = np.flatnonzero(~left)
        if rows.size:
            left[rows] |= _write_posterior(found, problem, sets, options, best, rows, drawn)
    if kept is not None:
        for row in map(int, np.flatnonzero(~left)):
            at = {method: end.z[row] for method, end in ends.items()}
            kept[row] = Fit(at.get("mle"), at.get("map"), drawn.get(row), row in drawn)
    return found, left


@dataclass(frozen=True)
class _Maximum:
    """The maxima of one objective on all data sets."""

    method: str
    natural: Natural
    objective: Objective
    found: Modes

    @classmethod
    def of(cls, problem: Problem, sets: Sets, method: str) -> _Maximum:
        engine = _engine(problem, method)
        batch = _lanes(engine, sets.data, sets.block)
        objective, _ = make_objective(engine, PARTS[method])
        return cls(method, Natural(batch, _estimands(problem, engine)), objective, modes(batch, objective))

    @property
    def usable(self) -> np.ndarray:
        """Which maxima are settled."""
        return self.found.settled


def _engine(problem: Problem, method: str) -> Engine:
    return problem.mle_engine if method == "mle" and problem.mle_engine is not None else problem.engine


def _estimands(problem: Problem, engine: Engine) -> list[Estimand]:
    return resolve(engine, [e.name for e in problem.estimands])


def _lanes(engine: Engine, data: Sequence[Mapping[str, Any]], block: int) -> Lanes:
    return lanes(engine, [{name: one[name] for name in engine.data if name in one} for one in data], block)


def _write_maximum(found: Replicates, maximum: _Maximum, sets: Sets, options: Options) -> np.ndarray:
    """Write one panel of all replicates; return which of them it does not settle."""
    method, natural, modes_found = maximum.method, maximum.natural, maximum.found
    m = options.methods.index(method)
    curved = curvature_intervals(natural, modes_found, maximum.objective.active, options.ci_prob)
    found.estimate[m], found.std_error[m] = curved.estimate, curved.std_error
    lacking = Status.NOT_IN_LIKELIHOOD if method == "mle" else Status.NOT_IDENTIFIED
    found.status[m] = np.where(curved.unknown, STATUSES.index(lacking), STATUSES.index(Status.OK))
    left = ~curved.alike | np.any(~curved.unknown & ~np.isfinite(curved.estimate), axis=1)
    for k, kind in enumerate(found.kinds):
        if METHOD_OF[kind] != method:
            continue
        if kind != "profile":
            found.lower[k], found.upper[k] = curved.lower, curved.upper
        elif (~curved.unknown[0]).sum() <= MOST_PROFILES:
            profile = profile_intervals(natural, modes_found, maximum.objective, options.ci_prob)
            found.lower[k], found.upper[k] = profile.lower, profile.upper
            left |= np.any(~profile.settled & ~curved.unknown, axis=1)
    _write_reasons(found, m, maximum, curved)
    if sets.fresh:
        found.log_score[m] = score_of_points(_lanes(natural.lanes.engine, sets.fresh, sets.block), modes_found.z)
    return left


def _write_reasons(found: Replicates, m: int, maximum: _Maximum, curved: Curved) -> None:
    """Say why a scalar has no estimate, or an estimate no interval from curvature."""
    natural, method = maximum.natural, maximum.method
    engine, kind = natural.lanes.engine, {"mle": "Wald", "map": "Laplace"}[method]
    unknown = np.setdiff1d(np.arange(engine.size), maximum.objective.active)
    for row, s in np.argwhere(curved.unknown):
        moved = unknown[natural.depends[s, unknown]]
        found.reasons[m, int(row), int(s)] = unknown_to(engine, method, moved)
    for row, s in np.argwhere(~curved.unknown & np.isnan(curved.std_error)):
        found.reasons[m, int(row), int(s)] = at_kink(kind, method)


def _write_posterior(
    found: Replicates,
    problem: Problem,
    sets: Sets,
    options: Options,
    best: Modes,
    rows: np.ndarray,
    drawn: dict[int, np.ndarray],
) -> np.ndarray:
    """Write the posteriors of some replicates, and put their draws into ``drawn``; return which are left."""
    batch = _lanes(problem.engine, [sets.data[k] for k in rows], sets.block)
    groups = sample_until_passed(
        batch,
        best.z[rows],
        sets.seeds[rows],
        draws=options.draws,
        tune=min(options.tune, TUNE),
        chains=options.chains,
        ci_prob=options.ci_prob,
    )
    left = np.zeros(rows.size, dtype=bool)
    for group in groups:
        at = rows[group.rows]
        heavy = _write_draws(found, problem, options, group, at)
        left[group.rows] = ~group.gate.passed | ~group.posterior.at_mode | heavy
        drawn.update(zip(map(int, at), group.posterior.z, strict=True))
        for k, row in enumerate(at):
            draws = np.concatenate([_flat(group, e.name)[k] for e in problem.estimands], axis=1)
            found.rank[row], found.draw[row] = rank_among(draws, sets.truth[row], RANKED), draws[-1]
        if sets.fresh:
            fresh = _lanes(problem.engine, [sets.fresh[k] for k in at], sets.block)
            found.log_score[options.methods.index("mcmc"), at] = score_of_draws(fresh, group.posterior.z)
    return left


def _flat(group: Drawn, name: str) -> np.ndarray:
    """Return the draws of a variable, the chains one after the other, ``(lanes, draws, scalars)``."""
    values = group.posterior.natural_values[name]
    return values.reshape(values.shape[0], values.shape[1] * values.shape[2], -1)


def _write_draws(found: Replicates, problem: Problem, options: Options, group: Drawn, at: np.ndarray) -> np.ndarray:
    """Write means, deviations, intervals and the gate; return which lanes' tails are too heavy to be judged here."""
    m, s = options.methods.index("mcmc"), 0
    heavy = np.zeros(at.size, dtype=bool)
    for estimand in problem.estimands:
        values = group.posterior.natural_values[estimand.name].reshape(*group.posterior.energy.shape, -1)
        for i, one in enumerate(group.summaries[estimand.name]):
            found.estimate[m, at, s], found.std_error[m, at, s] = one.mean, one.sd
            found.status[m, at, s] = STATUSES.index(Status.OK)
            for kind, ends in (("eti", one.quantiles), ("hdi", one.hdi)):
                if kind in found.kinds:
                    k = found.kinds.index(kind)
                    found.lower[k, at, s], found.upper[k, at, s] = ends[:, 0], ends[:, 1]
            over = tail_index(np.ascontiguousarray(values[..., i]), one.ess_tail) > NO_VARIANCE
            if over.any() and not _has_bounds(problem.engine, estimand.name)[i]:
                heavy |= over
            heavy |= ~np.isfinite(one.mean) | ~np.isfinite(one.sd)
            s += 1
    gate, energy = group.gate, group.posterior.energy
    figures = {
        "max_rhat": gate.max_rhat,
        "min_ess_bulk": gate.min_ess_bulk,
        "min_ess_tail": gate.min_ess_tail,
        "divergences": gate.divergences,
        "min_bfmi": gate.min_bfmi,
        "draws": energy.shape[1] * energy.shape[2],
    }
    for g, name in enumerate(GATE):
        found.gate[g, at] = figures[name]
    return heavy


def _has_bounds(engine: Engine, name: str) -> np.ndarray:
    """Return which scalars of a variable keep to a range, and so have every moment."""
    return np.asarray(engine.kept_for_model.of(lambda: bounded(engine, name), bounded, name))
