"""The same data solved along a range of a setting, or along growing subsets of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from triptych.base.errors import InputError
from triptych.base.progress import Progress
from triptych.batch.lanes import BLOCK
from triptych.comparisons.holdout import row_weights, split_of
from triptych.comparisons.path.criteria import (
    Criterion,
    leave_one_out,
    log_marginal,
    none,
    score_of_draws,
    score_of_point,
)
from triptych.comparisons.study.batched import solve_batched
from triptych.comparisons.study.fits import Fit, Kept
from triptych.comparisons.study.problem import Options, Sets
from triptych.comparisons.study.replicates import Replicates, rows_of
from triptych.comparisons.study.serial import solve_serially
from triptych.graph.priors import improper
from triptych.panels.problem import Problem, compiled
from triptych.problem.scenario import Data, Scenario
from triptych.problem.varied import Range

if TYPE_CHECKING:
    import pandas as pd

CRITERIA = ("held_out_mle", "held_out_map", "held_out_mcmc", "loo", "log_marginal")
INTERVALS = ("wald", "laplace", "eti")
SAYS = {
    "held_out_mle": "held-out log score of the MLE",
    "held_out_map": "held-out log score of the MAP",
    "held_out_mcmc": "held-out log score of the posterior",
    "loo": "leave-one-out log score of the posterior",
    "log_marginal": "log marginal likelihood",
}
ROWS = "n"  # what growing subsets are called


class Display(Protocol):
    """What shows a path."""

    def page(self, path: Path) -> str:
        """Return the report on a path as one HTML page."""


@dataclass(frozen=True)
class Path:
    """One data set along a range.

    Attributes
    ----------
    scenario
        What was solved.
    along
        The setting, or ``n`` for growing subsets.
    meaning
        What it is, with its unit.
    values
        Its values, one for each point.
    log
        Whether they are read on a logarithmic scale.
    found
        Estimates, intervals and statuses, a replicate for each point.
    criteria
        By name (:data:`CRITERIA`), one for each point.
    notes
        What is to be known of the figures.
    """

    scenario: Scenario
    along: str
    meaning: str
    values: np.ndarray
    log: bool
    found: Replicates
    criteria: Mapping[str, Sequence[Criterion]]
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    display: Display | None = field(default=None, repr=False, compare=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each point, method and scalar, with the interval of the method."""
        import pandas as pd

        return pd.DataFrame(
            {self.along: float(value), **row} for k, value in enumerate(self.values) for row in rows_of(self.found, k)
        )

    @property
    def scores(self) -> pd.DataFrame:
        """One row for each point and criterion."""
        import pandas as pd

        rows = [
            {self.along: float(value), "criterion": name, **asdict(one)}
            for name, every in self.criteria.items()
            for value, one in zip(self.values, every, strict=True)
        ]
        return pd.DataFrame(rows)

    @property
    def choices(self) -> dict[str, float]:
        """The value at which each criterion is highest; a criterion that has no figure, or the same, chooses none."""
        found = {}
        for name, every in self.criteria.items():
            figures = np.array([one.value for one in every])
            if np.isfinite(figures).any() and np.nanmax(figures) - np.nanmin(figures) > 1e-9:
                found[name] = float(self.values[int(np.nanargmax(figures))])
        return found

    def to_html(self) -> str:
        """Return the page on this path."""
        assert self.display is not None
        return self.display.page(self)

    def __repr__(self) -> str:
        start, stop = self.values[0], self.values[-1]
        return f"<Path {self.scenario.name}: {len(self.values)} values of {self.along} from {start:g} to {stop:g}>"

    def _repr_html_(self) -> str:
        return str(self.scores.to_html(index=False))


def along_setting(
    scenario: Scenario,
    settings: Mapping[str, Any],
    data: Data,
    along: str,
    values: np.ndarray,
    options: Options,
    seed: int,
    progress: Progress | None = None,
) -> Path:
    """Walk along a numeric setting of a scenario; one compiled model serves all points."""
    import pytensor

    symbolic = pytensor.shared(np.float64(values[0]), name=f"setting {along}")
    problem = compiled(scenario, {**settings, along: symbolic}, data)
    if symbolic.name not in problem.engine.data:
        raise InputError(f"the model does not depend on the setting {along!r} at these settings; name another one")
    found = along_number(problem, symbolic.name, scenario.varies[along], values, options, seed, data, progress)
    return replace(found, along=along, settings=dict(settings))


def along_number(
    problem: Problem,
    name: str,
    span: Range,
    values: np.ndarray,
    options: Options,
    seed: int,
    data: Data,
    progress: Progress | None = None,
) -> Path:
    """Walk along a number that is among the data of a compiled model.

    Parameters
    ----------
    problem
        The compiled model.
    name
        The name of the number there.
    span
        What it is, and whether it is read on a logarithmic scale.
    values
        Its values, one for each point.
    options, seed, progress
        How the points are solved.
    data
        The data by which the scenario splits the rows.
    """
    arrays = {key: a for key, a in problem.engine.data.items() if key != name}
    sets = _sets(problem, [{**arrays, name: np.float64(v)} for v in values], seed)
    _tell(progress, "all rows", 0.0)
    found, fits = solve_points(problem, sets, options)
    engines = [problem.on(one).engine for one in sets.data]
    _tell(progress, "rows held out", 0.4)
    criteria = _held_out(problem, sets, options, data)
    _tell(progress, "criteria", 0.7)
    rngs = [np.random.default_rng([seed, k]) for k in range(len(values))]
    criteria["loo"] = [leave_one_out(e, fit) for e, fit in zip(engines, fits, strict=True)]
    criteria["log_marginal"] = [log_marginal(e, fit, r) for e, fit, r in zip(engines, fits, rngs, strict=True)]
    return Path(problem.scenario, name, span.meaning, values, span.log, found, criteria, _notes(problem))


def along_rows(
    problem: Problem,
    settings: Mapping[str, Any],
    sizes: Sequence[int],
    options: Options,
    seed: int,
    progress: Progress | None = None,
) -> Path:
    """Walk along growing subsets of the rows: the first n of them, the others without weight."""
    name, weights = _rows_of(problem)
    if max(sizes) > weights.shape[0]:
        raise InputError(f"the data have {weights.shape[0]} rows, fewer than n = {max(sizes)}")
    found: Replicates | None = None
    criteria: dict[str, list[Criterion]] = {name: [] for name in CRITERIA}
    for k, n in enumerate(sizes):
        _tell(progress, f"n = {n}", k / len(sizes))
        used = np.arange(weights.shape[0]) < n
        kept = problem.on(weights={name: row_weights(used, weights)})
        sets = _sets(kept, [dict(problem.engine.data)], seed + k)
        one, (fit,) = solve_points(kept, sets, options)
        if found is None:
            found = Replicates.empty(one.scalars, options, len(sizes))
        found.put(np.array([k]), one)
        ahead = np.broadcast_to(row_weights(~used, weights) == 1, weights.shape).ravel()
        scores = _scores(problem, fit, ahead)
        for criterion, figure in scores.items():
            # Of ever fewer rows that are left, a sum says nothing: their mean does.
            left = int(ahead.sum())
            mean = Criterion(figure.value / left, figure.std_error / left, figure.kind, figure.reason) if left else None
            criteria[criterion].append(mean or none("no row is left to predict"))
        criteria["loo"].append(none("growing subsets are scored on the rows that are left"))
        criteria["log_marginal"].append(log_marginal(kept.engine, fit, np.random.default_rng([seed, k])))
    assert found is not None
    notes = ("Scores are means over the rows that are left, whose number shrinks along the path.", *_notes(problem))
    values, meaning = np.array(sizes, dtype=float), "number of the first rows that are used"
    return Path(problem.scenario, ROWS, meaning, values, True, found, criteria, notes, dict(settings))


def solve_points(problem: Problem, sets: Sets, options: Options) -> tuple[Replicates, list[Fit]]:
    """Solve all points, at once as far as that is possible, and return their fits too."""
    kept: Kept = {}
    at_once = solve_batched(problem, sets, options, kept)
    if at_once is None:
        found = solve_serially(problem, sets, options, kept)
    else:
        found, left = at_once
        rows, others = np.flatnonzero(left), Kept()
        if rows.size:
            found.put(rows, solve_serially(problem, sets.some(rows), options, others))
            kept |= {int(rows[k]): fit for k, fit in others.items()}
    return found, [kept[k] for k in range(sets.count)]


def _sets(problem: Problem, data: Sequence[Mapping[str, Any]], seed: int) -> Sets:
    seeds = np.array([np.random.SeedSequence(seed, spawn_key=(k,)).generate_state(2) for k in range(len(data))])
    # Points are few: a whole block of lanes would be filled up with copies.
    block = min(BLOCK, 1 << (len(data) - 1).bit_length())
    return Sets(data, seeds, np.full((len(data), len(problem.scalars)), np.nan), block=block)


def _rows_of(problem: Problem) -> tuple[str, np.ndarray]:
    """Return the observed variable whose terms are rows, and their weights."""
    if len(problem.engine.weights) != 1:
        raise InputError("the model has several observed variables; growing subsets of rows are not defined")
    ((name, weights),) = problem.engine.weights.items()
    if weights.ndim == 0 or weights.shape[0] < 2:
        raise InputError("the likelihood is one term, so that rows cannot be left out")
    return name, weights


def _held_out(problem: Problem, sets: Sets, options: Options, data: Data) -> dict[str, list[Criterion]]:
    """Solve all points without the held-out rows and score these."""

    def without(reason: str) -> dict[str, list[Criterion]]:
        return {name: [none(reason)] * sets.count for name in CRITERIA[:3]}

    split = split_of(problem.scenario, data, problem.engine)
    if isinstance(split, str):
        return without(split)
    kept = problem.on(weights=split.weights(problem.engine))
    _, fits = solve_points(kept, sets, options)
    weights = problem.engine.weights[split.variable]
    held = np.broadcast_to(row_weights(split.held, weights) == 1, weights.shape).ravel()
    found: dict[str, list[Criterion]] = {name: [] for name in CRITERIA[:3]}
    for one, fit in zip(sets.data, fits, strict=True):
        for criterion, figure in _scores(problem.on(one), fit, held).items():
            found[criterion].append(figure)
    return found


def _scores(problem: Problem, fit: Fit, held: np.ndarray) -> dict[str, Criterion]:
    """Score the terms that are held out by the three methods."""
    if not held.any():
        return {name: none("no row is left to predict") for name in CRITERIA[:3]}
    return {
        "held_out_mle": score_of_point(problem.engine_of("mle"), fit.mle, held),
        "held_out_map": score_of_point(problem.engine, fit.map, held),
        "held_out_mcmc": score_of_draws(problem.engine, fit, held),
    }


def _notes(problem: Problem) -> tuple[str, ...]:
    if flat := improper(problem.engine.model):
        names = ", ".join(flat)
        return (f"The prior of {names} is improper: marginal likelihoods are known up to one constant.",)
    return ()


def _tell(progress: Progress | None, what: str, done: float) -> None:
    if progress is not None:
        progress(what, done)
