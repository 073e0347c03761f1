"""The MLE panel: a statsmodels result whose log-likelihood, score and Hessian are the graph's own."""

from __future__ import annotations

import numpy as np

from triptych.base.progress import Share, between, unheard
from triptych.engine.engine import LIKELIHOOD, Engine
from triptych.engine.estimands import Estimand, resolve
from triptych.engine.once import once
from triptych.estimates.held import with_held
from triptych.estimates.limits import with_limits
from triptych.estimates.optimum import Optimum
from triptych.estimates.rows import Frame, headline_rows
from triptych.existence.search import find
from triptych.optimise.objective import make_objective
from triptych.panels.labels import Labels
from triptych.panels.map import evidence, no_estimate, search_diagnostics, with_optima
from triptych.panels.settings import Settings
from triptych.panels.solution import Panel
from triptych.panels.statsmodels_results import statsmodels_results
from triptych.problem.table import Row, Status

SEARCHED = 0.5  # share of the work that is done when the maximum is found, if there are profiles to follow


def solve_mle(
    engine: Engine,
    estimands: list[Estimand],
    settings: Settings,
    *,
    scenario: str,
    variant: str,
    labels: Labels | None = None,
    progress: Share = unheard,
) -> Panel:
    """Maximise the likelihood; say so when it has no maximum."""
    objective, unknown = make_objective(engine, LIKELIHOOD)
    verdict = find(
        objective, seed=settings.random_seed, progress=between(progress, 0.0, SEARCHED), brief=settings.brief
    )
    if labels is not None:
        verdict = labels.verdict(verdict, "mle")
    optimum = Optimum(verdict, unknown)
    estimands = resolve(optimum.engine, [e.name for e in estimands])  # the verdict's engine may have other coordinates
    frame = Frame(scenario, variant, "mle", "maximum", "wald", settings.ci_prob)
    without_redundant = verdict.without_redundant
    rows = with_limits(optimum, estimands, headline_rows(optimum, frame, estimands), labels)
    rows = [_conditional(engine, row) for row in rows]
    native = statsmodels_results(optimum, estimands) if optimum.exists else no_estimate(optimum, frame, rows)
    intervals: list[Row] = []
    profiles: dict[tuple[str, str], list[tuple[float, float]]] = {}
    missing: dict[tuple[str, str], str] = {}
    found = search_diagnostics(verdict)
    # At a kink that is not an absolute value of the model Newton's method stops, so that no profile is followed.
    jagged = verdict.corner is not None and not objective.kinked
    if settings.profile and verdict.unbounded is None and verdict.starts and not jagged:
        from triptych.profiles.moving_ends import jump_rows
        from triptych.profiles.profile import MOST_PROFILES, profile_rows

        share = between(progress, SEARCHED, 1.0)
        jumped = jump_rows(optimum, frame, estimands, rows) if verdict.cliff.size else None
        if jumped is not None:
            rows, intervals, profiles = jumped
        else:
            profiled = profile_rows(optimum, frame, estimands, rows, progress=share)
            intervals, profiles, missing = profiled.rows, profiled.curves, profiled.missing
        if len(rows) > MOST_PROFILES and not intervals:
            found["profile_intervals"] = f"not computed for more than {MOST_PROFILES} scalars; name fewer estimands"
    rows, held = with_held(optimum, estimands, rows)
    rows = _pointing(rows, intervals, missing)
    rows, optima = with_optima(rows, verdict, unknown, frame, estimands, labels)
    if optima:
        rows = [row.also("see the local maxima in optima") if row.status is Status.UNBOUNDED else row for row in rows]
    return Panel(
        "mle",
        rows,
        intervals=intervals,
        optima=optima,
        native=native,
        diagnostics=found,
        paths=evidence(verdict, optimum, rows),
        profiles=profiles,
        held=held,
        z=optimum.z
        if optimum.exists or (without_redundant is not None and Optimum(without_redundant, unknown).exists)
        else None,
    )


def _pointing(rows: list[Row], intervals: list[Row], missing: dict[tuple[str, str], str]) -> list[Row]:
    """Point to the profile interval where there is one and no other, and say why one is missing."""
    profiles = {(row.estimand, row.label): row for row in intervals}
    pointed = []
    for row in rows:
        key = row.estimand, row.label
        there = profiles.get(key)
        finite = 0 if there is None else int(np.isfinite([there.lower, there.upper]).sum())
        if row.interval_kind == "none" and finite:
            kind = "profile interval" if finite == 2 else "one-sided profile interval"
            row = row.also(f"see the {kind}")
        pointed.append(row.also(missing[key]) if key in missing else row)
    return pointed


def _conditional(engine: Engine, row: Row) -> Row:
    """Say of a latent variable's MLE that it is not the mixed model's."""
    if row.status is Status.OK and row.estimand in latent(engine):
        said = "conditional on the latent variables (no pooling): not the marginal likelihood of a mixed model"
        return row.but(reason="; ".join(filter(None, (said, row.reason))))
    return row


@once
def latent(engine: Engine) -> set[str]:
    """Names of free variables whose prior depends on parameters that the likelihood does not know."""
    from pytensor.graph.traversal import ancestors

    model, known = engine.model, set(engine.graph.known)
    hyper = {rv for rv in model.free_RVs if rv.name not in known}
    return {rv.name for rv in model.free_RVs if rv.name in known and hyper & (set(ancestors([rv])) - {rv})}
