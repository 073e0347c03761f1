"""How the panels differ on one estimand: mode shift plus mean-minus-mode, widths, overlap."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from triptych.engine.angles import wrapped
from triptych.panels.solution import Solution
from triptych.problem.table import SHORT, Row, Status

if TYPE_CHECKING:
    import pandas as pd


ROUNDING = 1e-14  # relative difference below which two estimates are the same


@dataclass(frozen=True)
class Contrast:
    """One scalar of an estimand across the three panels.

    ``mode_shift`` is MAP minus MLE, ``mean_minus_mode`` posterior mean minus MAP, ``total`` their
    sum; ``mcse`` is the Monte Carlo standard error of the mean. Columns ending in ``_sd`` are in
    posterior standard deviations. ``width_ratio`` is credible by confidence interval;
    ``overlap`` is the length the two share over the length they cover together. Differences of angles are the
    shortest way round.
    """

    scenario: str
    variant: str
    estimand: str
    label: str
    mode_shift: float
    mean_minus_mode: float
    total: float
    mcse: float
    posterior_sd: float
    mode_shift_sd: float
    mean_minus_mode_sd: float
    total_sd: float
    width_ratio: float
    overlap: float
    status: Status
    reason: str


COLUMNS = tuple(field.name for field in fields(Contrast))


def contrasts(solution: Solution) -> list[Contrast]:
    """Return the contrasts of one solved variant; none unless all three panels were asked for."""
    panels = solution.panels
    if set(panels) != {"mle", "map", "mcmc"}:
        return []
    errors = {
        (entry["estimand"], entry["label"]): entry["mcse_mean"]
        for entry in panels["mcmc"].diagnostics.get("summary", [])
    }
    rows = zip(*(panels[method].estimates for method in ("mle", "map", "mcmc")), strict=True)
    return [
        _contrast(
            mle, mode, mean, errors.get((mle.estimand, mle.label), np.nan), solution.period(mle.estimand, mle.label)
        )
        for mle, mode, mean in rows
    ]


def contrast_frame(found: list[Contrast]) -> pd.DataFrame:
    """Return contrasts as a DataFrame with all columns."""
    import pandas as pd

    return pd.DataFrame([asdict(c) for c in found], columns=list(COLUMNS)).astype({"status": "str"})


def _contrast(mle: Row, mode: Row, mean: Row, mcse: float, period: float) -> Contrast:
    status, reason = Status.OK, ""
    for row in (mle, mode, mean):
        if row.status is not Status.OK:
            status, reason = row.status, f"{SHORT[row.method]}: {row.reason}"
            break
    sd = mean.std_error
    shift, rest = _gap(mode.estimate, mle.estimate, period), _gap(mean.estimate, mode.estimate, period)
    total = float(wrapped(mean.estimate - mle.estimate, period))
    confidence, credible = mle.upper - mle.lower, mean.upper - mean.lower
    return Contrast(
        mle.scenario,
        mle.variant,
        mle.estimand,
        mle.label,
        shift,
        rest,
        total,
        mcse,
        sd,
        _ratio(shift, sd),
        _ratio(rest, sd),
        _ratio(total, sd),
        _ratio(credible, confidence),
        overlap(mle, mean, period),
        status,
        reason,
    )


def _gap(one: float, other: float, period: float) -> float:
    """Return a difference; none where the two agree to rounding."""
    gap = float(wrapped(one - other, period))
    return gap if abs(gap) > ROUNDING * max(abs(one), abs(other)) else gap * 0.0


def _ratio(value: float, unit: float) -> float:
    """Return a value divided by a unit; NaN where the unit is zero, as the spread of a constant is."""
    return value / unit if unit != 0.0 else float("nan")


def overlap(one: Row, other: Row, period: float = 0.0) -> float:
    """Return the length that two intervals share over the length they cover; NaN without both.

    Those of an angle may share a part on either side of the circle.
    """
    ends = np.array([one.lower, one.upper, other.lower, other.upper])
    if not np.all(np.isfinite(ends)):
        return float("nan")
    near = float(wrapped((one.lower + one.upper - other.lower - other.upper) / 2, period))
    turned = (one.lower + one.upper - other.lower - other.upper) / 2 - near
    turns = [turned + k * period for k in ((-1, 0, 1) if period > 0 else (0,))]
    shared = sum(max(0.0, min(one.upper, other.upper + t) - max(one.lower, other.lower + t)) for t in turns)
    covered = (one.upper - one.lower) + (other.upper - other.lower) - shared
    return shared / covered if covered > 0 else float("nan")
