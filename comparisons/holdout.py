"""Held-out log score of the three predictive distributions, without compiling anything again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from triptych.engine import LIKELIHOOD, POSTERIOR, Engine
from triptych.existence import find
from triptych.kinks import climb
from triptych.mcmc import Sampling
from triptych.objective import Objective, make_objective
from triptych.rows import Optimum
from triptych.sampler import SamplerStopped, adaptation_for, sample
from triptych.scenario import Scenario
from triptych.solution import Solution
from triptych.table import METHODS, Status
from triptych.verdict import Verdict
from triptych.whitening import whitening

if TYPE_CHECKING:
    import pandas as pd


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


def holdout_scores(scenario: Scenario, solution: Solution, sampling: Sampling) -> list[Score]:
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
    found = []
    for method in methods:
        terms, status, reason = _predict(engine, name, solution, method, sampling)
        held = terms[mask] if terms is not None else np.full(int(mask.sum()), np.nan)
        total = float(held.sum())
        if status is Status.OK and not np.isfinite(total):
            status, reason = Status.FAILED, "a held-out row has predictive density zero"
            total = float("nan")
        error = float(np.sqrt(held.size) * held.std(ddof=1)) if held.size > 1 else float("nan")
        found.append(Score(solution.scenario, solution.variant, method, total, error, int(mask.sum()), status, reason))
    return found


def _predict(
    engine: Engine, name: str, solution: Solution, method: str, sampling: Sampling
) -> tuple[np.ndarray | None, Status, str]:
    """Return the log predictive density of every row."""
    if method == "mcmc":
        mode = solution.panels["map"].z if "map" in solution.panels else None
        return _predict_posterior(engine, name, sampling, mode)
    objective, unknown = make_objective(engine, LIKELIHOOD if method == "mle" else POSTERIOR)
    verdict = _near(objective, solution.panels[method].z)
    if verdict is None or not Optimum(verdict, unknown).exists:
        verdict = find(objective, seed=sampling.random_seed)
    if not Optimum(verdict, unknown).exists:
        status = Status.UNBOUNDED if verdict.unbounded is not None else Status.NOT_IDENTIFIED
        return None, status, "there is no maximum to predict with on the rows that are kept"
    terms = engine.pointwise(objective.full(verdict.point.z))[name]
    return _per_row(terms), Status.OK, ""


def _near(objective: Objective, z: np.ndarray | None) -> Verdict | None:
    """Climb from the optimum on all rows; None unless that ends at a regular maximum in few steps."""
    if z is None:
        return None
    point, corner = climb(objective, z[objective.active])
    if not point.usable or point.slow:
        return None
    return Verdict(objective, point, corner, objective.noise(point.z), 1)


def _predict_posterior(
    engine: Engine, name: str, sampling: Sampling, mode: np.ndarray | None
) -> tuple[np.ndarray | None, Status, str]:
    from scipy.special import logsumexp

    # An average over the draws, summed over rows: a quarter of them leaves an error far below the score's own.
    fewer = replace(sampling, draws=max(250, sampling.draws // 4), tune=max(250, sampling.tune // 4))
    try:
        drawn = sample(
            engine,
            draws=fewer.draws,
            tune=fewer.tune,
            chains=fewer.chains,
            random_seed=fewer.random_seed,
            adaptation=adaptation_for(engine.size, 0),
            cores=fewer.cores,
            whitened=whitening(engine, mode),
        )
    except SamplerStopped as error:
        return None, Status.FAILED, f"the sampler stopped on the rows that are kept: {error}"
    terms = engine.pointwise_many(drawn.z.reshape(-1, engine.size))[name]
    joined = terms.reshape(*terms.shape[:2], -1).sum(axis=2)
    return np.asarray(logsumexp(joined, axis=0) - np.log(len(joined))), Status.OK, ""


def _per_row(terms: np.ndarray) -> np.ndarray:
    return np.asarray(terms.reshape(terms.shape[0], -1).sum(axis=1))
