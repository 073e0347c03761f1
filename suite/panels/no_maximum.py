"""Where theory says that an objective has no maximum, the best that a search finds is a local one."""

from __future__ import annotations

import math

from triptych.panels.solution import NoEstimate, Panel
from triptych.problem.table import Status

# Statuses that describe a supremum. `not_identified` is not among them: it holds without a maximum too.
CLAIMED = (Status.OK, Status.AT_BOUNDARY, Status.AT_INFINITY, Status.FAILED)


def without_maximum(panel: Panel, reason: str) -> Panel:
    """Return a panel of which no row is called a maximum.

    The rise may begin where no search comes: at a scale whose logarithm is minus a million, past a fall of as much.

    Parameters
    ----------
    panel
        What the search found.
    reason
        Why the objective rises without limit.
    """
    local = [row for row in panel.estimates if row.status in CLAIMED]
    if not local:
        return panel
    nothing = {"estimate": math.nan, "std_error": math.nan, "lower": math.nan, "upper": math.nan}
    panel.optima = [
        *(row.but(reason="local maximum, where the search ended") for row in local if math.isfinite(row.estimate)),
        *panel.optima,
    ]
    panel.estimates = [
        row.but(**nothing, interval_kind="none", status=Status.UNBOUNDED, reason=reason) if row in local else row
        for row in panel.estimates
    ]
    panel.native = NoEstimate({row.name: str(row.status) for row in panel.estimates}, reason)
    panel.intervals, panel.profiles, panel.z = [], {}, None
    return panel
