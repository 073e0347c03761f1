"""The posterior panel: NUTS, ArviZ's diagnostics, and a gate before anything is reported."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np

from triptych.base.progress import Progress
from triptych.base.text import join
from triptych.engine.angles import periods, turns
from triptych.engine.engine import Engine
from triptych.engine.estimands import Estimand
from triptych.graph.priors import improper, is_proper
from triptych.panels.labels import Labels
from triptych.panels.posterior_rows import summarise
from triptych.panels.posterior_tree import posterior_tree
from triptych.panels.settings import Forward, Settings
from triptych.panels.solution import NoEstimate, Panel
from triptych.problem.advice import Advice
from triptych.problem.table import Row, Status
from triptych.sampling.budget import Spent, told, why_not
from triptych.sampling.conditional import Conditional, conditional
from triptych.sampling.gate import (
    FIRST_LOOK,
    LEVEL,
    PILOT,
    PLANS,
    REQUIRED,
    Diagnosis,
    Plan,
    diagnose,
    enough,
    extreme,
    plans,
)
from triptych.sampling.memory import too_large
from triptych.sampling.nuts import Draws, SamplerRefused, SamplerStopped, adaptation_for, sample
from triptych.sampling.predictive import predictive_groups
from triptych.sampling.whitening import Whitening, whitening

CAREFUL = 0.9  # acceptance in conditional coordinates: the log-density of a log scale is steep on one side
ROUND = 6  # depth of trees with angles: longer trajectories circle where the density is flat


def solve_mcmc(
    engine: Engine,
    estimands: list[Estimand],
    settings: Settings,
    *,
    scenario: str,
    variant: str,
    labels: Labels | None = None,
    mode: Panel | None = None,
    mle: Panel | None = None,
    no_mode: str = "",
    progress: Progress | None = None,
) -> Panel:
    """Sample until the gate is passed, a bounded number of times, and summarise.

    ``mode`` is the panel of the MAP, if it was solved: it tells the scales at the mode, and warns of a joint
    density that has none. ``mle``, if it was solved, tells whether the likelihood is bounded. ``no_mode`` is why, where
    theory says that the joint density rises without limit.
    """
    import xarray as xr

    began = time.perf_counter()
    warning = mode_status(mode)
    attempts: list[str] = []
    try:
        run = until_passed(engine, settings, labels, mode, warning, attempts, progress)
    except SamplerStopped as error:
        reason = _without_draws(engine, error)
        panel = not_sampled(
            estimands, Status.FAILED, reason, scenario=scenario, variant=variant, ci_prob=settings.ci_prob
        )
        panel.diagnostics.update({"attempts": [*attempts, reason], "gate": [reason]})
        return panel
    groups: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    if settings.forward is not Forward.NONE:
        groups, reasons = predictive_groups(
            engine,
            run.tree["posterior"].to_dataset(),
            settings.random_seed,
            of_data=settings.forward is Forward.ALL,
        )
    tree = run.tree.assign({name: xr.DataTree(group) for name, group in groups.items()})
    rows, intervals, summary = summarise(
        engine,
        tree,
        run.diagnosis,
        estimands,
        scenario=scenario,
        variant=variant,
        ci_prob=settings.ci_prob,
        ci_kind=settings.ci_kind,
        warning=warning,
        draws=run.drawn.z,
        mle=mle,
        no_mode=no_mode,
    )
    if run.diagnosis.gate:
        tried = told(run.spent, run.stopped)
        rows, intervals = ([_tried(row, tried) for row in some] for some in (rows, intervals))
    if labels is not None:
        overlapping = labels.unidentified(run.drawn.z.reshape(-1, engine.size))
        rows, intervals = (labels.rows(labels.identified(some, overlapping)) for some in (rows, intervals))
    diagnostics = {
        **run.figures(),
        **({} if labels is None else {"labels": f"{labels.said}; R-hat and ESS are of draws in that order"}),
        "attempts": attempts,
        "tune": round(settings.tune * run.plan.tune),
        "chains": settings.chains,
        "seconds": time.perf_counter() - began,
        "summary": summary,
        **{f"no_{name}": reason for name, reason in reasons.items()},
    }
    return Panel("mcmc", rows, intervals=intervals, native=tree, diagnostics=diagnostics, draws=run.drawn.z)


def _tried(row: Row, tried: str) -> Row:
    return row.also(tried) if row.status is Status.UNRELIABLE else row


def _without_draws(engine: Engine, error: SamplerStopped) -> str:
    """Return why there are no draws, and what to do."""
    if isinstance(error, SamplerRefused):
        return f"nutpie {version('nutpie')} refused the call: {error}; install the version that triptych asks for"
    return f"the sampler stopped: {error}; {_may_lack(engine)}"


def _may_lack(engine: Engine) -> str:
    """Return advice for a sampler that stopped: proper priors, another parameterisation, or a starting point."""
    if flat := improper(engine.model):
        return f"the posterior may be improper, as the prior of {join(flat)} is: {Advice.USE_PROPER}"
    if is_proper(engine.model):
        return f"{Advice.REWRITE}, or give initval where the density is finite"
    return str(Advice.CHECK_PRIORS)


@dataclass(frozen=True)
class Run:
    """The last attempt: its draws, also as a DataTree, and what the gate said of them."""

    drawn: Draws
    tree: Any
    diagnosis: Diagnosis
    plan: Plan
    before_relabelling: float | None
    spent: list[Spent]
    stopped: str  # why there was no further attempt, where one was planned

    def figures(self) -> dict[str, Any]:
        """Return what the report says of it."""
        found, before = self.diagnosis, self.before_relabelling
        return {
            "max_rhat": extreme(found.rhat, np.nanmax),
            "max_rhat_allowed": found.required.max_rhat,
            "min_ess_bulk": extreme(found.ess_bulk, np.nanmin),
            "min_ess_tail": extreme(found.ess_tail, np.nanmin),
            "min_ess_required": found.required.min_ess,
            "divergences": found.divergences,
            "min_bfmi": found.bfmi,
            "gate": found.gate,
            "sampler": f"nutpie NUTS, {self.drawn.adaptation} adaptation, {self.drawn.backend}",
            "draws": int(self.drawn.z.shape[1]),
            "gradients": round(sum(s.total for s in self.spent)),
            "stopped": self.stopped,
            **({"max_rhat_before_relabelling": before} if before is not None else {}),
        }


def until_passed(
    engine: Engine,
    settings: Settings,
    labels: Labels | None,
    mode: Panel | None,
    warning: Status | None,
    attempts: list[str],
    progress: Progress | None,
) -> Run:
    """Sample as the plans say until the gate is passed or they end; each attempt adds what came of it to ``attempts``.

    Raises
    ------
    SamplerStopped
        When the sampler cannot go on.
    """
    # Where the joint density has no maximum its funnel is hard to sample; conditional coordinates may have none.
    if warning is not None and (other := conditional(engine)) is not None:
        # Where these fit, the density is nearly spherical; longer trajectories than a pilot's reach rounding error.
        depth = PILOT.maxdepth
        planned = tuple(replace(p, target_accept=max(p.target_accept, CAREFUL), maxdepth=depth) for p in PLANS)
        run = None
        with suppress(SamplerStopped):
            run = _by_plans(engine, settings, labels, other, planned, attempts, progress)
        if run is not None:
            return run
        attempts.clear()
    own = whitening(engine, mode.z if mode is not None else None)
    run = _by_plans(engine, settings, labels, own, plans(warning), attempts, progress)
    assert run is not None
    return run


def _by_plans(
    engine: Engine,
    settings: Settings,
    labels: Labels | None,
    coordinates: Whitening | Conditional | None,
    planned: Sequence[Plan],
    attempts: list[str],
    progress: Progress | None,
) -> Run | None:
    """Sample in given coordinates; None where the draws show that rounding error dominates these."""
    run: Run | None = None
    spent: list[Spent] = []
    last, rows = PLANS[0], sum(w.size for w in engine.weights.values())
    for attempt, plan in enumerate(planned):
        last = replace(plan, draws=last.draws) if run is not None and run.diagnosis.only_divergent else plan
        if run is not None:
            room = too_large(_draws(settings, last), settings.chains, engine.size, engine.shown_size)
            if stopped := why_not(spent, last, run.diagnosis, rows) or room:
                return replace(run, stopped=stopped)
        drawn = _attempt(engine, settings, last, attempt, coordinates, progress)
        if isinstance(coordinates, Conditional) and not coordinates.trusted(drawn.z):
            return None
        tree, before = posterior_tree(engine, drawn, labels)
        order, required = labels.said if labels is not None else "", FIRST_LOOK if settings.brief else REQUIRED
        diagnosis = diagnose(tree, drawn.z, periods(engine), order, required)
        said = f"{drawn.adaptation}, {drawn.z.shape[1]} draws"
        attempts.append(f"{said}: {'passed' if not diagnosis.gate else '; '.join(diagnosis.gate)}")
        spent.append(Spent.of(last, drawn.statistics["n_steps"], round(settings.tune * last.tune)))
        run = Run(drawn, tree, diagnosis, last, before, spent, "")
        if enough(last, attempt, diagnosis):
            break
    return run


def mode_status(mode: Panel | None) -> Status | None:
    """Return the status by which the MAP warns of an improper posterior, if it does."""
    found = {row.status for row in mode.estimates} if mode is not None else set()
    return next((status for status in (*LEVEL, Status.UNBOUNDED) if status in found), None)


def _draws(settings: Settings, plan: Plan) -> int:
    return max(4, round(settings.draws * plan.draws))


def _attempt(
    engine: Engine,
    settings: Settings,
    plan: Plan,
    attempt: int,
    whitened: Whitening | Conditional | None,
    progress: Progress | None,
) -> Draws:
    """Sample as planned; each attempt has a seed of its own."""
    what = "sampling" if attempt == 0 else f"sampling, attempt {attempt + 1}"
    return sample(
        engine,
        draws=_draws(settings, plan),
        tune=max(1, round(settings.tune * plan.tune)),
        chains=settings.chains,
        random_seed=settings.random_seed + attempt,
        adaptation=adaptation_for(engine.size, plan.adaptation),
        target_accept=plan.target_accept,
        maxdepth=min(plan.maxdepth, ROUND) if np.any(turns(engine)) else plan.maxdepth,
        backend=settings.backend,
        cores=settings.cores,
        whitened=whitened,
        progress=None if progress is None else partial(progress, what),
    )


def not_sampled(
    estimands: list[Estimand], status: Status, reason: str, *, scenario: str, variant: str, ci_prob: float
) -> Panel:
    """Return the panel of a posterior of which there are no draws."""
    nan = np.nan
    rows = [
        Row(scenario, variant, "mcmc", e.name, label, nan, "mean", nan, nan, nan, ci_prob, "none", status, reason)
        for e in estimands
        for label in e.variable.labels
    ]
    return Panel("mcmc", rows, native=NoEstimate({r.name: str(r.status) for r in rows}, reason))
