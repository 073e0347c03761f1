"""The MAP panel: the mode of likelihood times prior, in the parameters as the model writes them."""

from __future__ import annotations

import numpy as np

from triptych.base.progress import Share, unheard
from triptych.engine.engine import POSTERIOR, Engine
from triptych.engine.estimands import Estimand, resolve
from triptych.estimates.facts import part_of
from triptych.estimates.held import with_held
from triptych.estimates.limits import with_limits
from triptych.estimates.optimum import Optimum
from triptych.estimates.rows import Frame, headline_rows
from triptych.existence.search import find
from triptych.existence.verdict import Verdict
from triptych.optimise.newton import Point
from triptych.optimise.objective import make_objective
from triptych.panels.labels import Labels
from triptych.panels.mode import Mode
from triptych.panels.settings import Settings
from triptych.panels.solution import Evidence, NoEstimate, Panel
from triptych.problem.table import Row, Status

MOST_OPTIMA = 5  # other maxima reported


def solve_map(
    engine: Engine,
    estimands: list[Estimand],
    settings: Settings,
    *,
    scenario: str,
    variant: str,
    labels: Labels | None = None,
    progress: Share = unheard,
) -> Panel:
    """Find the mode; say so when there is none."""
    objective, unknown = make_objective(engine, POSTERIOR)
    if labels is None:
        verdict = find(objective, seed=settings.random_seed, progress=progress, brief=settings.brief)
    else:
        verdict = labels.verdict(labels.mode, "map")
    optimum = Optimum(verdict, unknown)
    estimands = resolve(optimum.engine, [e.name for e in estimands])  # the verdict's engine may have other coordinates
    frame = Frame(scenario, variant, "map", "mode", "laplace", settings.ci_prob)
    rows = with_limits(optimum, estimands, headline_rows(optimum, frame, estimands), labels)
    point, corner = verdict.point, verdict.corner
    scaled = verdict.basis.T @ point.gradient if point.usable else np.array([np.nan])
    residual = corner.residual if corner is not None else float(np.max(np.abs(scaled), initial=0.0))
    zeros = corner.jacobian.shape[0] if corner is not None else 0
    native: Mode | NoEstimate | None = None if optimum.exists else no_estimate(optimum, frame, rows)
    rows, held = with_held(optimum, estimands, rows)
    rows, optima = with_optima(rows, verdict, unknown, frame, estimands, labels)
    if native is None:
        slopes = np.vstack([e.slopes(optimum.jacobian)[:, optimum.active] for e in estimands])
        reported = slopes @ optimum.covariance @ slopes.T
        native = Mode(optimum.natural_values, point.value, verdict.covariance, residual, zeros, tuple(rows), reported)
    return Panel(
        "map",
        rows,
        optima=optima,
        native=native,
        diagnostics={
            **search_diagnostics(verdict),
            "kkt_residual": residual,
            "zeros": zeros,
            "parameterisation": "natural parameters as the model writes them, Jacobian excluded",
        },
        paths=evidence(verdict, optimum, rows),
        held=held,
        z=optimum.z if optimum.exists else None,
    )


def no_estimate(optimum: Optimum, frame: Frame, rows: list[Row]) -> NoEstimate:
    """Return the object that stands for a result which does not exist.

    Where all that is reported exists, the other free variables say what does not.
    """
    if all(row.status is Status.OK for row in rows):
        rows = [*rows, *headline_rows(optimum, frame, resolve(optimum.engine))]
    reason = next((row.reason for row in rows if row.status is not Status.OK), "no regular maximum")
    return NoEstimate({row.name: str(row.status) for row in rows}, reason)


def search_diagnostics(verdict: Verdict) -> dict[str, object]:
    """Return what the search did, for the report."""
    return {
        "objective": verdict.point.value,
        "newton_decrement": verdict.point.decrement,
        "iterations": verdict.point.iterations,
        "starts": verdict.starts,
        "other_optima": len(verdict.others),
        "findings": verdict.record,
        "rounding_error": verdict.rounding_error,
        "backend": verdict.objective.engine.backend.name,
        "second_derivatives": verdict.objective.engine.backend.second_derivatives,
        "note": verdict.objective.engine.note,
    }


def with_optima(
    rows: list[Row],
    verdict: Verdict,
    unknown: np.ndarray,
    frame: Frame,
    estimands: list[Estimand],
    labels: Labels | None = None,
) -> tuple[list[Row], list[Row]]:
    """Return the rows, which say where theirs is one of several maxima as high, and the rows of the other maxima.

    The best interior maximum is among these when there is no global one.
    """
    ties = verdict.ties if verdict.clear else []
    ends = [*([verdict.point] if verdict.unbounded is not None else []), *verdict.others]
    places = [
        *((end, "maximum as high as the first") for end in ties),
        *((end, f"local maximum {k}") for k, end in enumerate(ends, 1)),
    ][:MOST_OPTIMA]
    found = [_rows_at(end, kind, verdict, unknown, frame, estimands) for end, kind in places]
    tied: dict[str, list[float]] = {}
    for row in (row for at in found[: len(ties)] for row in at):
        tied.setdefault(row.name, []).append(row.estimate)
    rows = [_not_alone(row, tied.get(row.name, [])) for row in rows]
    if labels is not None:
        rows, found = labels.point(rows), [labels.point(at) for at in found]
    return rows, [row for at in found for row in at]


def _rows_at(
    end: Point, kind: str, verdict: Verdict, unknown: np.ndarray, frame: Frame, estimands: list[Estimand]
) -> list[Row]:
    """Return the rows of another maximum; none where the ascent did not come to one."""
    if not end.usable or end.slow or end.decrement > 1e-8 * (1 + abs(end.value)):
        return []
    alone = Verdict(verdict.objective, end, None, verdict.rounding_error, 1)
    if not np.all(np.isfinite(alone.covariance)):
        return []
    rows = headline_rows(Optimum(alone, unknown), frame, estimands)
    return [row.but(reason=f"{kind}, objective {end.value:.6g}") if row.status is Status.OK else row for row in rows]


def _not_alone(row: Row, others: list[float]) -> Row:
    size = abs(row.estimate) + float(np.nan_to_num(row.std_error))
    if row.status is Status.OK and any(abs(value - row.estimate) > 1e-6 * size for value in others):
        return row.also("one of several maxima as high; see optima")
    return row


def evidence(verdict: Verdict, optimum: Optimum, rows: list[Row]) -> list[Evidence]:
    """Return the path along which the objective rises without limit, on the natural scale."""
    trace = verdict.unbounded
    if trace is None:
        return []
    position = int(optimum.active[trace.position])
    engine = optimum.engine
    for block in engine.blocks:
        if block.start <= position < block.stop:
            break
    shown = engine.natural_values_many(np.array([verdict.objective.full(x) for x in trace.points]))
    values = shown[block.variable.name].reshape(len(trace.points), -1)
    i = min(position - block.start, values.shape[1] - 1)
    reason = next((r.reason for r in rows if r.status is Status.UNBOUNDED), "")
    return [
        Evidence(
            part_of(engine, position),
            values[:, i].tolist(),
            trace.values.tolist(),
            Status.UNBOUNDED,
            reason,
        )
    ]
