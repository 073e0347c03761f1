"""Run a study: what is on disk already is found, the rest is solved piece by piece and kept as it comes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from triptych.base.errors import InputError
from triptych.base.progress import Progress
from triptych.base.whole_files import write_whole
from triptych.comparisons.study.design import Design, compiled_problem, pieces
from triptych.comparisons.study.executors import Executor
from triptych.comparisons.study.identity import identity
from triptych.comparisons.study.information import bound_of
from triptych.comparisons.study.store import Store, locked
from triptych.comparisons.study.study import FIXED, PRIOR, Display, Plan, Study, null_values, plan_json

PACE = 20  # last pieces over which the rate is told


def run_study(
    design: Design,
    executor: Executor,
    display: Display,
    *,
    out: Path | None,
    shard: tuple[int, int] = (1, 1),
    provenance: Mapping[str, Any],
    progress: Progress | None = None,
) -> Study:
    """Solve what is not on disk yet, and return the study.

    Parameters
    ----------
    design
        What to study.
    executor
        Where its pieces are solved.
    display
        What shows the study.
    out
        Its folder; None for a temporary one, which goes with the result.
    shard
        The share i of K that is solved here.
    provenance
        Versions and settings, for the report.
    progress
        Called with what is being done, the rate among it, and the share that is done.
    """
    keep = tempfile.TemporaryDirectory(prefix="triptych-study-") if out is None else None
    folder = Path(keep.name) if keep is not None else out
    assert folder is not None
    store = Store(folder, tuple(identity(design, cell) for cell in design.cells))
    with locked(folder):
        store.refuse_others()
        plan = _plan(design, store, provenance, shard)
        found = _solve(design, executor, store, shard, progress)
        write_whole(folder / "study.json", plan_json(plan).encode())
    return Study(folder, plan, display, found=found, keep=keep)


def _plan(design: Design, store: Store, provenance: Mapping[str, Any], shard: tuple[int, int]) -> Plan:
    problem, scenario = compiled_problem(design, design.cells[0]), design.source.scenario
    scalars = problem.scalars
    return Plan(
        name=scenario.name,
        question=scenario.question,
        cells=design.cells,
        replicates=design.replicates,
        scalars=scalars,
        methods=design.options.methods,
        kinds=design.options.kinds,
        null=null_values(scalars, scenario.null),
        ci_prob=design.options.ci_prob,
        average=PRIOR if design.prior_draws else FIXED,
        random_seed=design.random_seed,
        identities=tuple(store.identities),
        provenance=provenance,
        units=dict(scenario.units),
        bounds=tuple(tuple(map(float, bound_of(design, cell))) for cell in design.cells),
        shard=shard,
    )


def _solve(design: Design, executor: Executor, store: Store, shard: tuple[int, int], progress: Progress | None) -> int:
    """Solve and keep what is left; return how many replicates were there before."""
    done = {cell.number: store.done(cell.number, design.replicates) for cell in design.cells}
    todo = [piece for cell in design.cells for piece in pieces(cell, design.replicates, done[cell.number], shard)]
    found = sum(int(known.sum()) for known in done.values())
    left = sum(piece.count for piece in todo)
    if progress is not None and found:
        progress(f"{found} of {design.total} replicates were solved before", found / max(found + left, 1))
    solved, began, times = 0, time.monotonic(), [(0.0, 0)]
    for piece, table in executor.run(design, todo) if todo else ():
        store.write(piece, table)
        solved += piece.count
        times = [*times, (time.monotonic() - began, solved)][-PACE:]
        if progress is not None:
            seconds = times[-1][0] - times[0][0]
            rate = (times[-1][1] - times[0][1]) / max(seconds, 1e-9)
            progress(f"{piece.cell.name or design.source.scenario.name}: {found + solved} replicates, {rate:.3g}/s, "
                     f"{_left((left - solved) / max(rate, 1e-9))} left", (found + solved) / (found + left))  # fmt: skip
    if shard == (1, 1) and (short := [c for c in design.cells if not store.done(c.number, design.replicates).all()]):
        raise InputError(f"the executor returned without solving all of {', '.join(c.name for c in short)}")
    return found


def _left(seconds: float) -> str:
    """Return a time for reading."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
