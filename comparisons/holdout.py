"""Held-out log score of the three predictive distributions, without compiling anything again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from triptych.engine.engine import Engine
from triptych.panels.problem import Problem
from triptych.panels.refit import refit_draws, refit_mode
from triptych.panels.settings import Settings
from triptych.panels.solution import Solution
from triptych.problem.scenario import Data, Scenario
from triptych.problem.table import METHODS, Status
from triptych.sampling.gate import MAX_RHAT, MIN_ESS
from triptych.sampling.nuts import Draws

if TYPE_CHECKING:
    import pandas as pd

MOST_TERMS = 20_000_000  # draws times likelihood terms computed at once, which bounds the memory


@dataclass(frozen=True)
class Score:
    """Log score of one predictive distribution, summed over the held-out rows; higher is better.

    MLE and MAP predict with their point (plug-in), the posterior with the average over its draws. ``difference`` is the
    score less the highest of the panels', and ``difference_error`` its standard error by the same rows: the errors of
    two scores have most in common, so that neither tells how sure their difference is.
    """

    scenario: str
    variant: str
    method: str
    log_score: float
    std_error: float
    n_held_out: int
    status: Status
    reason: str
    difference: float = float("nan")
    difference_error: float = float("nan")


COLUMNS = tuple(field.name for field in fields(Score))


def score_frame(scores: list[Score]) -> pd.DataFrame:
    """Return scores as a DataFrame with all columns."""
    import pandas as pd

    return pd.DataFrame([asdict(s) for s in scores], columns=list(COLUMNS)).astype({"status": "str"})


@dataclass(frozen=True)
class Split:
    """Which rows of which observed variable are held out."""

    variable: str
    held: np.ndarray  # (rows,), True for a row that is held out

    def weights(self, engine: Engine) -> dict[str, np.ndarray]:
        """Return weights of the likelihood's terms; those of rows that are held out have none."""
        return {self.variable: row_weights(~self.held, engine.weights[self.variable])}


def split_of(scenario: Scenario, data: Data, engine: Engine) -> Split | str:
    """Return the scenario's split of its rows, or why there is none."""
    if isinstance(scenario.holdout, str):
        return scenario.holdout
    held = np.asarray(scenario.holdout(data), dtype=bool)
    if len(engine.weights) != 1:
        return "the model has several observed variables; a split over rows is not defined"
    ((name, weights),) = engine.weights.items()
    if weights.ndim == 0 or weights.shape[0] != held.size:
        return "the likelihood's terms are not one per row, so rows cannot be held out"
    if not held.any() or held.all():
        return "the split leaves no row to predict, or none to learn from"
    return Split(name, held)


def holdout_scores(scenario: Scenario, solution: Solution, settings: Settings) -> list[Score]:
    """Refit the panels without the held-out rows and score them on those.

    The split is the scenario's; where it declares none, the rows say why.
    """
    methods = [m for m in METHODS if m in solution.panels]
    split = split_of(scenario, solution.data, solution.engine)
    if isinstance(split, str):
        nan = float("nan")
        return [Score(solution.scenario, solution.variant, m, nan, nan, 0, Status.FAILED, split) for m in methods]
    problem = Problem(scenario, solution.engine, solution.mle_engine).on(weights=split.weights(solution.engine))
    found, rows = [], []
    for method in methods:
        terms, status, reason = _predict(problem.engine_of(method), split, solution, method, settings)
        count = int(split.held.sum())
        held = terms if terms is not None else np.full(count, np.nan)
        total = float(held.sum())
        if status is Status.OK and not np.isfinite(total):
            status, reason = Status.FAILED, "a held-out row has predictive density zero"
            total = float("nan")
        rows.append(held)
        found.append(Score(solution.scenario, solution.variant, method, total, _error(held), count, status, reason))
    return _compared(found, rows)


def _error(terms: np.ndarray) -> float:
    """Return the standard error of a sum over rows."""
    return float(np.sqrt(terms.size) * terms.std(ddof=1)) if terms.size > 1 else float("nan")


def _compared(scores: list[Score], rows: list[np.ndarray]) -> list[Score]:
    """Return scores with how far each is below the highest of them."""
    known = [k for k, score in enumerate(scores) if np.isfinite(score.log_score)]
    if not known:
        return scores
    best = max(known, key=lambda k: scores[k].log_score)
    apart = {k: rows[k] - rows[best] for k in known}
    return [
        replace(score, difference=float(apart[k].sum()), difference_error=_error(apart[k])) if k in apart else score
        for k, score in enumerate(scores)
    ]


def _predict(
    engine: Engine, split: Split, solution: Solution, method: str, settings: Settings
) -> tuple[np.ndarray | None, Status, str]:
    """Return the log predictive density of each row that is held out."""
    if method != "mcmc":
        found = refit_mode(engine, solution.panels[method], settings)
        terms = None if found.z is None else _per_row(engine.pointwise(found.z)[split.variable])[split.held]
        return terms, found.status, found.reason
    last = np.zeros((0, 0))

    def gate(drawn: Draws) -> list[str]:
        nonlocal last
        last = _terms(engine, split, drawn.z.reshape(-1, engine.size))
        return _gate(last.sum(axis=1).reshape(drawn.z.shape[:2]), drawn)

    mode = solution.panels["map"].z if "map" in solution.panels else None
    found = refit_draws(engine, mode, settings, gate)
    if found.z is None:
        return None, found.status, found.reason
    return np.asarray(np.logaddexp.reduce(last, axis=0) - np.log(len(last))), found.status, found.reason


def _terms(engine: Engine, split: Split, draws: np.ndarray) -> np.ndarray:
    """Return the log density of the held-out rows at each draw: ``(draws, rows)``."""
    name = split.variable
    step = max(1, MOST_TERMS // engine.weights[name].size)
    blocks = [engine.pointwise_many(draws[i : i + step])[name] for i in range(0, len(draws), step)]
    return np.concatenate([np.array([_per_row(row)[split.held] for row in block]) for block in blocks])


def _gate(predicted: np.ndarray, drawn: Draws) -> list[str]:
    """Say what fails the gate: the log density of what is predicted, shape ``(chains, draws)``, and divergences."""
    from arviz_stats.base import array_stats

    with np.errstate(all="ignore"):  # chains that diverged may overflow
        rhat = float(array_stats.rhat(predicted, chain_axis=0, draw_axis=1))
        ess = float(array_stats.ess(predicted, chain_axis=0, draw_axis=1, method="bulk"))
    said = [] if rhat <= MAX_RHAT else [f"R-hat {rhat:.3f} > {MAX_RHAT}"]
    said += [] if ess >= MIN_ESS else [f"bulk ESS {np.floor(ess):.0f} < {MIN_ESS:.0f}"]
    divergences = int(drawn.statistics["diverging"].sum())
    return said + ([f"{divergences} divergent transitions"] if divergences else [])


def row_weights(used: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Return weights that broadcast over the likelihood's terms: 1 for the terms of used rows, 0 for others."""
    return used.astype(float).reshape(-1, *(1,) * (terms.ndim - 1))


def _per_row(terms: np.ndarray) -> np.ndarray:
    return np.asarray(terms.reshape(terms.shape[0], -1).sum(axis=1))
