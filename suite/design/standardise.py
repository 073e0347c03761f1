"""Means and spreads of predictors and outcome, and whether floats hold how they vary."""

from __future__ import annotations

import numpy as np

from triptych.base.errors import InputError
from triptych.design.outcome import LARGEST, SMALLEST, Kind

LOST = (
    "varies only in the last digits that floats hold, and fewer than five of them are left; "
    "subtract a constant from it before the table is written"
)


def lost(values: np.ndarray) -> bool:
    """Whether rounding leaves less than five digits of how values differ."""
    with np.errstate(over="ignore"):
        return bool(np.ptp(values) < 1e5 * np.spacing(np.abs(values).max()))


def sample_deviations(columns: np.ndarray) -> np.ndarray:
    """Sample standard deviations (n - 1) of columns."""
    with np.errstate(all="ignore"):
        deviations = columns - columns.mean(axis=0)
        size = np.abs(deviations).max(axis=0, initial=0.0)
        # Divided by the largest first, so that squares neither overflow nor vanish.
        unit = deviations / np.where(size > 0, size, 1.0)
        return np.asarray(size * np.sqrt((unit**2).sum(axis=0) / (len(columns) - 1)))


def standard(columns: np.ndarray, intercept: bool, standardize: bool) -> tuple[np.ndarray, np.ndarray]:
    """Means and sample standard deviations (n - 1); without an intercept nothing is centred."""
    with np.errstate(all="ignore"):
        centre = columns.mean(axis=0) if intercept else np.zeros(columns.shape[1])
    if not standardize:
        return centre, np.ones(columns.shape[1])
    scale = sample_deviations(columns)
    if not (np.isfinite(scale) & (scale > 0)).all():
        raise InputError("a predictor is too large or varies too little to be standardised")
    return centre, scale


def outcome_standard(
    y: np.ndarray, trials: np.ndarray | None, kind: Kind, intercept: bool, standardize: bool
) -> tuple[float, float, float]:
    """Centre and scale of the linear predictor, and the spread that the noise prior is scaled by."""
    with np.errstate(all="ignore"):
        mean = float(y.mean())
        if kind is Kind.MEASUREMENT:
            size = float(np.abs(y - mean).max())
            spread = size * float(np.std((y - mean) / size, ddof=1)) if size > 0 else 0.0
            if not np.isfinite([mean, spread]).all() or spread <= 0:
                raise InputError("the outcome is too large or varies too little for floats")
            largest = np.abs(y).max()
            outside = not SMALLEST <= largest <= LARGEST
            if not outside and lost(y):
                raise InputError(f"the outcome {LOST}")
            if outside or spread < SMALLEST:
                raise InputError(
                    f"the outcome's values, of a size of {largest:.1g} and a spread of {spread:.1g}, have "
                    "squares beyond double precision; rescale the outcome, e.g. by another unit"
                )
            return (mean if intercept else 0.0), (spread if standardize else 1.0), spread
        if not intercept:
            return 0.0, 1.0, 1.0
        if kind in (Kind.CLASSES, Kind.TRIALS):
            p = float(y.sum() / (len(y) if trials is None else trials.sum()))
            return float(np.log(p) - np.log1p(-p)), 1.0, 1.0
        return float(np.log(mean)), 1.0, 1.0
