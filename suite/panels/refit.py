"""Where the panels end when other data or weights are put in: from the optimum that is known, without intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from triptych.engine.engine import LIKELIHOOD, POSTERIOR, Engine
from triptych.estimates.optimum import Optimum
from triptych.existence.search import find
from triptych.existence.verdict import Verdict
from triptych.optimise.kinks import climb
from triptych.optimise.objective import Objective, make_objective
from triptych.panels.settings import CHAINS, Settings
from triptych.panels.solution import Panel
from triptych.problem.table import Status
from triptych.sampling.nuts import Draws, SamplerStopped, adaptation_for, sample
from triptych.sampling.whitening import whitening

# Share of the draws and acceptance of each attempt: an average over the draws needs fewer of them than intervals do.
ATTEMPTS = ((4, 0.8), (2, 0.8), (1, 0.9))
LEAST = 250  # draws and tuning steps of an attempt
MOST_CHAINS = CHAINS.default  # each chain tunes for itself, and a predictive density needs draws and no more chains


@dataclass(frozen=True)
class Refit:
    """Where one method ended.

    Attributes
    ----------
    z
        Unconstrained coordinates: of the optimum ``(p,)``, or of the draws ``(chains, draws, p)``; None where there
        are none.
    status, reason
        Whether they can be used, and why not.
    """

    z: np.ndarray | None
    status: Status = Status.OK
    reason: str = ""


def refit_mode(engine: Engine, panel: Panel, settings: Settings) -> Refit:
    """Maximise again, from the optimum of a panel; search from several starts where that does not end well.

    Parameters
    ----------
    engine
        The model with the other data or weights.
    panel
        The MLE or the MAP on the data as they were.
    settings
        The seed of the search.
    """
    if panel.z is None:
        # Reported scalars may be ok while other parameters have no estimate, and predictions depend on all of them.
        status = next((row.status for row in panel.estimates if row.status is not Status.OK), Status.NOT_IDENTIFIED)
        return Refit(
            None, status, "not all parameters have an estimate on all rows; on a part of them none was looked for"
        )
    objective, unknown = make_objective(engine, LIKELIHOOD if panel.method == "mle" else POSTERIOR)
    verdict = _near(objective, panel.z)
    if verdict is None or not Optimum(verdict, unknown).exists:
        verdict = find(objective, seed=settings.random_seed)
        verdict = verdict.without_redundant or verdict  # a redundant parameter changes no prediction
    if not Optimum(verdict, unknown).exists:
        return Refit(None, _lacking(verdict), "there is no maximum to predict with on the rows that are kept")
    return Refit(verdict.objective.full(verdict.point.z))


def refit_draws(
    engine: Engine, mode: np.ndarray | None, settings: Settings, gate: Callable[[Draws], list[str]]
) -> Refit:
    """Sample again, with more draws and smaller steps until a gate is passed or the attempts end.

    As many draws as were asked for are made, in four chains at most.

    Parameters
    ----------
    engine
        The model with the other data or weights.
    mode
        The MAP on the data as they were, which tells the scales; None where there is none.
    settings
        How to sample.
    gate
        Says what is wrong with the draws; empty where nothing is.
    """
    whitened = whitening(engine, mode)
    chains = min(settings.chains, MOST_CHAINS)
    draws = -(-settings.draws * settings.chains // chains)
    for attempt, (share, accept) in enumerate(ATTEMPTS):
        try:
            drawn = sample(
                engine,
                draws=max(LEAST, draws // share),
                tune=max(LEAST, settings.tune // share),
                chains=chains,
                random_seed=settings.random_seed + attempt,
                adaptation=adaptation_for(engine.size, 0),
                target_accept=accept,
                cores=settings.cores,
                whitened=whitened,
            )
        except SamplerStopped as error:
            return Refit(None, Status.FAILED, f"the sampler stopped on the rows that are kept: {error}")
        said = gate(drawn)
        if not said:
            return Refit(drawn.z)
    reason = f"the draws on the rows that are kept failed the gate ({'; '.join(said)})"
    return Refit(drawn.z, Status.UNRELIABLE, reason)


def _near(objective: Objective, z: np.ndarray) -> Verdict | None:
    """Climb from the optimum that is known; None unless that ends at a regular maximum in few steps."""
    point, corner = climb(objective, z[objective.active])
    if not point.usable or point.slow:
        return None
    return Verdict(objective, point, corner, objective.rounding_error(point.z), 1)


def _lacking(verdict: Verdict) -> Status:
    """Say why a maximum is none."""
    if verdict.unbounded is not None:
        return Status.UNBOUNDED
    if verdict.unidentified.size:
        return Status.NOT_IDENTIFIED
    if verdict.cliff.size:
        return Status.AT_BOUNDARY
    return Status.AT_INFINITY if verdict.diverging.size else Status.FAILED
