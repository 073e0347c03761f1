"""From the best point of an objective to rows of the table: estimates, statuses, curvature intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.engine.angles import whole
from triptych.engine.estimands import Estimand
from triptych.estimates.curvature_intervals import curvature_interval
from triptych.estimates.optimum import Optimum
from triptych.estimates.reasons import Reasons
from triptych.estimates.scalar import Scalar
from triptych.estimates.status_rules import decide
from triptych.problem.table import Row, Status


@dataclass(frozen=True)
class Frame:
    """What all rows of one panel share."""

    scenario: str
    variant: str
    method: str
    kind: str
    interval: str
    ci_prob: float

    def row(self, estimand: Estimand, label: str, **columns: Any) -> Row:
        """Return a row with what it does not say left empty."""
        empty = {
            "estimate": np.nan,
            "std_error": np.nan,
            "lower": np.nan,
            "upper": np.nan,
            "interval_kind": "none",
            "status": Status.OK,
            "reason": "",
        }
        return Row(
            scenario=self.scenario,
            variant=self.variant,
            method=self.method,
            estimand=estimand.name,
            label=label,
            estimate_kind=self.kind,
            ci_prob=self.ci_prob,
            **{**empty, **columns},
        )


def headline_rows(optimum: Optimum, frame: Frame, estimands: list[Estimand]) -> list[Row]:
    """Return the headline rows of all estimands at the best point of one objective."""
    said = Reasons(optimum, estimands, frame.method)
    return [row for estimand in estimands for row in _rows(optimum, frame, estimand, said)]


def _rows(optimum: Optimum, frame: Frame, estimand: Estimand, said: Reasons) -> list[Row]:
    variable = estimand.variable
    values = optimum.natural_values[variable.name].ravel()
    gradient = estimand.slopes(optimum.jacobian)
    deviation = optimum.deviation(gradient)
    low, high = curvature_interval(optimum, estimand, deviation, frame.ci_prob)
    rows = []
    for i, label in enumerate(variable.labels):
        decided = decide(Scalar(optimum, estimand, i, gradient[i], float(values[i])), said)
        status, reason = decided.status, decided.reason
        columns: dict[str, Any] = {"status": status, "reason": reason, "estimate": decided.estimate}
        if status is Status.OK and not np.isfinite(deviation[i]):
            columns["reason"] = "; ".join(filter(None, (reason, said.no_interval(frame.interval))))
        elif status is Status.OK:
            columns |= {
                "std_error": float(deviation[i]),
                "lower": float(low[i]),
                "upper": float(high[i]),
                "interval_kind": frame.interval,
            }
            if whole(low[i], high[i], optimum.period(estimand)[i]):
                columns |= {"reason": said.whole_circle(frame.ci_prob), "whole_circle": True}
        rows.append(frame.row(estimand, label, **columns))
    return rows
