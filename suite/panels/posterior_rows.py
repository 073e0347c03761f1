"""From draws to rows of the table: means or what stands in their place, intervals, medians, and their statuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from triptych.engine.angles import periods
from triptych.engine.engine import Engine
from triptych.engine.estimands import Estimand
from triptych.panels.circumstances import circumstances, known_moments
from triptych.panels.solution import Panel
from triptych.problem.table import Row, Status
from triptych.sampling.circular import unrolled_draws
from triptych.sampling.gate import NO_VARIANCE, NOTHING, Diagnosis, error_of_deviation, status_of, tail_indices


@np.errstate(all="ignore")  # a deterministic may overflow although its parameters do not
def summarise(
    engine: Engine,
    tree: Any,
    diagnosis: Diagnosis,
    estimands: list[Estimand],
    *,
    scenario: str,
    variant: str,
    ci_prob: float,
    ci_kind: str,
    warning: Status | None,
    draws: np.ndarray,
    mle: Panel | None,
    no_mode: str = "",
) -> tuple[list[Row], list[Row], list[dict[str, Any]]]:
    """Return the headline rows, those of the other intervals and medians, and ArviZ's figures for each scalar.

    Parameters
    ----------
    engine, tree, diagnosis, estimands
        The model, its draws, what the gate says of them, and what is reported.
    scenario, variant, ci_prob, ci_kind
        As in the table.
    warning
        What the MAP warns of.
    draws
        The draws on the unconstrained scale, shape ``(chains, draws, p)``.
    mle
        The panel of the MLE, if it was solved.
    no_mode
        Why theory says that the joint density rises without limit, where it does.
    """
    import arviz as az

    posterior = tree["posterior"].to_dataset()[[e.name for e in estimands]]
    tails = tail_indices(engine, posterior)
    heavy = any(np.any(k > NO_VARIANCE) for k in tails.values())
    known = circumstances(engine, draws.reshape(-1, engine.size)) if diagnosis.gate or heavy else NOTHING
    known = replace(known, no_mode=no_mode)
    if heavy and not diagnosis.gate:
        known = replace(known, moments=known_moments(engine, mle))
    free = {block.variable.name for block in engine.blocks}
    posterior, directions = unrolled_draws(posterior, periods(engine))
    ends = {"eti": az.eti(posterior, prob=ci_prob), "hdi": az.hdi(posterior, prob=ci_prob)}
    other = "hdi" if ci_kind == "eti" else "eti"
    rows, intervals, summary = [], [], []
    for estimand in estimands:
        values = posterior[estimand.name].values
        flat = values.reshape(values.shape[0] * values.shape[1], -1)
        k = tails[estimand.name]
        bounds = {kind: e[estimand.name].values.reshape(-1, 2) for kind, e in ends.items()}
        for i, label in enumerate(estimand.variable.labels):
            unsure = None
            if estimand.name in known.moments:
                ess = float(np.ravel(diagnosis.ess_bulk[estimand.name].values)[i])
                unsure = error_of_deviation(flat[:, i], ess)
            status, reason = status_of(
                diagnosis, float(k[i]), warning, known, unsure=unsure, free=estimand.name in free
            )
            reason = "; ".join(filter(None, (reason, out_of_reach(len(flat), ci_prob))))
            mean = status is not Status.NO_MOMENT
            row = Row(
                scenario, variant, "mcmc", estimand.name, label,
                float(flat[:, i].mean()) if mean else np.nan, "mean",
                float(flat[:, i].std(ddof=1)) if mean else np.nan,
                float(bounds[ci_kind][i, 0]), float(bounds[ci_kind][i, 1]),
                ci_prob, ci_kind, status, reason,
            )  # fmt: skip
            lower, upper = bounds[other][i]
            kept = status if diagnosis.gate or known.endless else Status.OK  # tails do not concern a median
            median = row.but(estimate=float(np.median(flat[:, i])), estimate_kind="median", status=kept)
            three = [row, row.but(lower=float(lower), upper=float(upper), interval_kind=other), median]
            if estimand.name in directions:
                effective = float(np.ravel(diagnosis.ess_bulk[estimand.name].values)[i])
                three = directions[estimand.name].rows(i, three, effective)
            rows.append(three[0])
            intervals += three[1:]
            summary.append(
                {
                    "estimand": estimand.name,
                    "label": label,
                    "mcse_mean": float(np.ravel(diagnosis.mcse[estimand.name].values)[i]),
                    "r_hat": float(np.ravel(diagnosis.rhat[estimand.name].values)[i]),
                    "ess_bulk": float(np.ravel(diagnosis.ess_bulk[estimand.name].values)[i]),
                    "ess_tail": float(np.ravel(diagnosis.ess_tail[estimand.name].values)[i]),
                    "tail_index": float(k[i]),
                }
            )
    return rows, intervals, summary


def out_of_reach(draws: int, ci_prob: float) -> str:
    """Say so where fewer than one draw is to be expected beyond each end of an interval."""
    if draws * (1 - ci_prob) >= 2:
        return ""
    return f"{draws} draws do not reach so far: the ends of a {ci_prob:.9g} interval are the extreme ones; take more"
