"""Held-out log score of the three predictive distributions, without compiling anything again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from triptych.engine.engine import LIKELIHOOD, POSTERIOR, Engine
from triptych.estimates.optimum import Optimum
from triptych.existence.search import find
from triptych.existence.verdict import Verdict
from triptych.optimise.kinks import climb
from triptych.optimise.objective import Objective, make_objective
from triptych.panels.settings import Settings
from triptych.panels.solution import Solution
from triptych.problem.scenario import Scenario
from triptych.problem.table import METHODS, Status
from triptych.sampling.gate import MAX_RHAT, MIN_ESS
from triptych.sampling.nuts import Draws, SamplerStopped, adaptation_for, sample
from triptych.sampling.whitening import whitening

if TYPE_CHECKING:
    import pandas as pd

MOST_TERMS = 20_000_000  # of the likelihood that are computed at once


@dataclass(frozen=True)
class Score:
    """Log score of one predictive distribution, summed over the held-out rows; higher is better.

    MLE and MAP predict with their point (plug-in), the posterior with the average over its draws.
    """

    scenario: str
    variant: str
    method: str
    log_score: float
    std_error: float
    n_held_out: int
    status: Status
    reason: str


COLUMNS = tuple(field.name for field in fields(Score))


def score_frame(scores: list[Score]) -> pd.DataFrame:
    """Return scores as a DataFrame with all columns."""
    import pandas as pd

    return pd.DataFrame([asdict(s) for s in scores], columns=list(COLUMNS)).astype({"status": "str"})


def holdout_scores(scenario: Scenario, solution: Solution, settings: Settings) -> list[Score]:
    """Refit the panels without the held-out rows and score them on those.

    The split is the scenario's; where it declares none, the rows say why.
    """
    methods = [m for m in METHODS if m in solution.panels]

    def without(reason: str) -> list[Score]:
        nan = float("nan")
        return [Score(solution.scenario, solution.variant, m, nan, nan, 0, Status.FAILED, reason) for m in methods]

    if isinstance(scenario.holdout, str):
        return without(scenario.holdout)
    mask = np.asarray(scenario.holdout(solution.data), dtype=bool)
    if len(solution.engine.weights) != 1:
        return without("the model has several observed variables; a split over rows is not defined")
    ((name, weights),) = solution.engine.weights.items()
    if weights.ndim == 0 or weights.shape[0] != mask.size:
        return without("the likelihood's terms are not one per row, so rows cannot be held out")
    if not mask.any() or mask.all():
        return without("the split leaves no row to predict, or none to learn from")
    kept = (~mask).astype(float).reshape(-1, *(1,) * (weights.ndim - 1))
    engine = solution.engine.with_weights({name: kept})
    mle_engine = engine if solution.mle_engine is None else solution.mle_engine.with_weights({name: kept})
    found = []
    for method in methods:
        terms, status, reason = _predict(
            mle_engine if method == "mle" else engine, name, mask, solution, method, settings
        )
        held = terms if terms is not None else np.full(int(mask.sum()), np.nan)
        total = float(held.sum())
        if status is Status.OK and not np.isfinite(total):
            status, reason = Status.FAILED, "a held-out row has predictive density zero"
            total = float("nan")
        error = float(np.sqrt(held.size) * held.std(ddof=1)) if held.size > 1 else float("nan")
        found.append(Score(solution.scenario, solution.variant, method, total, error, int(mask.sum()), status, reason))
    return found


def _predict(
    engine: Engine, name: str, held: np.ndarray, solution: Solution, method: str, settings: Settings
) -> tuple[np.ndarray | None, Status, str]:
    """Return the log predictive density of each row that is held out."""
    if method == "mcmc":
        mode = solution.panels["map"].z if "map" in solution.panels else None
        return _predict_posterior(engine, name, held, settings, mode)
    panel = solution.panels[method]
    if panel.z is None:
        # The rows may be ok of what the other parameters leave alone, and these decide the predictions as well.
        status = next((row.status for row in panel.estimates if row.status is not Status.OK), Status.NOT_IDENTIFIED)
        return None, status, "not all parameters have an estimate on all rows; on a part of them none was looked for"
    objective, unknown = make_objective(engine, LIKELIHOOD if method == "mle" else POSTERIOR)
    verdict = _near(objective, panel.z)
    if verdict is None or not Optimum(verdict, unknown).exists:
        verdict = find(objective, seed=settings.random_seed)
        verdict = verdict.without_redundant or verdict  # what is to spare moves no prediction
    if not Optimum(verdict, unknown).exists:
        return None, _lacking(verdict), "there is no maximum to predict with on the rows that are kept"
    terms = engine.pointwise(verdict.objective.full(verdict.point.z))[name]
    return _per_row(terms)[held], Status.OK, ""


def _lacking(verdict: Verdict) -> Status:
    """Say why a maximum is none."""
    if verdict.unbounded is not None:
        return Status.UNBOUNDED
    if verdict.unidentified.size:
        return Status.NOT_IDENTIFIED
    if verdict.cliff.size:
        return Status.AT_BOUNDARY
    return Status.AT_INFINITY if verdict.diverging.size else Status.FAILED


def _near(objective: Objective, z: np.ndarray) -> Verdict | None:
    """Climb from the optimum on all rows; None unless that ends at a regular maximum in few steps."""
    point, corner = climb(objective, z[objective.active])
    if not point.usable or point.slow:
        return None
    return Verdict(objective, point, corner, objective.rounding_error(point.z), 1)


def _predict_posterior(
    engine: Engine, name: str, held: np.ndarray, settings: Settings, mode: np.ndarray | None
) -> tuple[np.ndarray | None, Status, str]:
    """Average the predictive density of each row over the draws; these have to pass the gate in what is predicted."""
    whitened = whitening(engine, mode)
    # An average over the draws, summed over rows: a quarter of them leaves an error far below the score's own.
    for attempt, (share, accept) in enumerate(((4, 0.8), (2, 0.8), (1, 0.9))):
        try:
            drawn = sample(
                engine,
                draws=max(250, settings.draws // share),
                tune=max(250, settings.tune // share),
                chains=settings.chains,
                random_seed=settings.random_seed + attempt,
                adaptation=adaptation_for(engine.size, 0),
                target_accept=accept,
                cores=settings.cores,
                whitened=whitened,
            )
        except SamplerStopped as error:
            return None, Status.FAILED, f"the sampler stopped on the rows that are kept: {error}"
        draws = drawn.z.reshape(-1, engine.size)
        step = max(1, MOST_TERMS // engine.weights[name].size)
        blocks = [engine.pointwise_many(draws[i : i + step])[name] for i in range(0, len(draws), step)]
        terms = np.concatenate([np.array([_per_row(row)[held] for row in block]) for block in blocks])
        said = _gate(terms.sum(axis=1).reshape(drawn.z.shape[:2]), drawn)
        if not said:
            break
    status = Status.UNRELIABLE if said else Status.OK
    reason = f"the draws on the rows that are kept failed the gate ({'; '.join(said)})" if said else ""
    return np.asarray(np.logaddexp.reduce(terms, axis=0) - np.log(len(terms))), status, reason


def _gate(predicted: np.ndarray, drawn: Draws) -> list[str]:
    """Say what fails the gate: the log density of what is predicted, shape ``(chains, draws)``, and divergences."""
    from arviz_stats.base import array_stats

    with np.errstate(all="ignore"):  # chains that are lost go anywhere
        rhat = float(array_stats.rhat(predicted, chain_axis=0, draw_axis=1))
        ess = float(array_stats.ess(predicted, chain_axis=0, draw_axis=1, method="bulk"))
    said = [] if rhat <= MAX_RHAT else [f"R-hat {rhat:.3f} > {MAX_RHAT}"]
    said += [] if ess >= MIN_ESS else [f"bulk ESS {np.floor(ess):.0f} < {MIN_ESS:.0f}"]
    divergences = int(drawn.statistics["diverging"].sum())
    return said + ([f"{divergences} divergent transitions"] if divergences else [])


def _per_row(terms: np.ndarray) -> np.ndarray:
    return np.asarray(terms.reshape(terms.shape[0], -1).sum(axis=1))
