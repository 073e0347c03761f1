"""Where an objective has no maximum no row of a panel speaks of one."""

from __future__ import annotations

import numpy as np
import pytest

from triptych.panels.no_maximum import without_maximum
from triptych.panels.solution import Panel
from triptych.problem.table import Row, Status


def a_row(label: str, status: Status, estimate: float) -> Row:
    return Row(
        scenario="s", variant="default", method="map", estimand="beta", label=label, estimate=estimate,
        estimate_kind="mode", std_error=np.nan, lower=np.nan, upper=np.nan, ci_prob=0.95, interval_kind="none",
        status=status, reason="" if status is Status.OK else "found",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "estimate", "after"),
    [
        (Status.OK, 1.0, Status.UNBOUNDED),
        (Status.AT_BOUNDARY, 0.0, Status.UNBOUNDED),
        (Status.AT_INFINITY, np.nan, Status.UNBOUNDED),
        (Status.FAILED, np.nan, Status.UNBOUNDED),
        (Status.NOT_IDENTIFIED, np.nan, Status.NOT_IDENTIFIED),
        (Status.NOT_IN_LIKELIHOOD, np.nan, Status.NOT_IN_LIKELIHOOD),
    ],
)
def test_what_speaks_of_a_maximum_is_unbounded(status: Status, estimate: float, after: Status) -> None:
    panel = without_maximum(Panel("map", [a_row("a", status, estimate)]), "it rises without limit")
    (row,) = panel.estimates
    assert row.status is after
    assert np.isnan(row.estimate)
    assert row.reason == ("it rises without limit" if after is Status.UNBOUNDED else "found")
    local = [other.estimate for other in panel.optima]
    assert local == ([estimate] if np.isfinite(estimate) else [])
