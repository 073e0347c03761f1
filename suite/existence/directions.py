"""Directions in which an objective is followed from its best point, and how it is curved along them."""

from __future__ import annotations

import numpy as np

from triptych.base.linalg import equilibrate
from triptych.existence.verdict import Verdict

SINGULAR = 1e-9  # smallest trusted eigenvalue of the equilibrated information; pinned by longley_raw (tenfold)
FADING_SLOPE = 1e-6  # largest equilibrated curvature that may be owed to the slope that an ascent left
FAR_OFF = 12.0  # units that a logarithm is followed; pinned by test_a_logarithm_is_followed_for_twelve_units
# OUT_OF_SCALE is pinned by test_a_standard_error_of_thirty_times_the_way_from_the_start_measures_nothing.
OUT_OF_SCALE = 30.0  # ratio of a coordinate's standard error to its way from the start, above which it has none
WALKED = 60  # principal directions followed, the flattest first
ON_KINK = 1e-12  # part of a direction that leaves the kinks that hold, up to which it is rounding
SPANNED = 1e-9  # relative singular value up to which a row is spanned by others
LEAST_UNITS, LEAST_WIDTHS = 0.1, 1e-3  # ways, in units of a logarithm or standard errors, too short for a part to count


def principal(verdict: Verdict, d: np.ndarray) -> tuple[list[np.ndarray], list[float]]:
    """Return directions to follow with their curvature, flattest first, each in units of ``z``."""
    point = verdict.point
    basis = verdict.corner.basis if verdict.corner is not None else np.eye(d.size)
    if basis.shape[1] == 0:
        return [], []
    inner = basis.T @ point.hessian @ basis
    scale = equilibrate(inner)
    _, vectors = np.linalg.eigh(-(scale[:, None] * inner * scale))
    columns = (basis @ (scale[:, None] * vectors)).T[:WALKED]
    trail = point.trail
    # A slow ascent leaves no standard errors by which small parts could be told: its last steps are kept whole.
    further = [(trail[-1] - trail[-1 - k], point.slow) for k in (1, 2, 4) if len(trail) > k]
    further += [(axis, False) for axis in np.eye(d.size)[verdict.objective.transformed | _unmeasured(verdict, d)]]
    # Whether the objective falls away from a kink that holds is decided by its multiplier, not here.
    further = [(v, whole) for v, whole in further if np.allclose(basis @ (basis.T @ v), v, rtol=0, atol=ON_KINK)]
    kept, curvatures = [], []
    for direction, whole in [*((v, False) for v in columns), *further]:
        v = direction if whole else _trimmed(direction, d, verdict.objective.transformed)
        if np.any(v != 0):
            curvature = curvature_along(verdict, v, d)
            if curvature >= SINGULAR > abs(level := curvature_along(verdict, direction, d)):
                v, curvature = direction, level  # only with its small parts is the direction level
            kept.append(v)
            curvatures.append(curvature)
    return kept, curvatures


def _unmeasured(verdict: Verdict, d: np.ndarray) -> np.ndarray:
    """Which coordinates have a standard error far larger than their way from the start.

    Their curvature may have vanished. Equilibration scales it to one, so the principal directions do not show it, and
    these coordinates are followed alone.
    """
    objective = verdict.objective
    return np.asarray(d > OUT_OF_SCALE * np.abs(verdict.point.z - objective.origin[objective.active]))


def curvature_along(verdict: Verdict, v: np.ndarray, d: np.ndarray) -> float:
    """Return the curvature along ``v``, whose length is told in units of ``d``."""
    return float(-(v @ verdict.point.hessian @ v)) / float(np.sum((v / d) ** 2))


def span(rows: np.ndarray) -> np.ndarray:
    """Return orthonormal columns that span the rows, of which some may say the same."""
    from scipy.linalg import orth

    sizes = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(orth((rows / np.where(sizes > 0, sizes, 1.0)).T, rcond=SPANNED))


def from_slope(verdict: Verdict, v: np.ndarray, d: np.ndarray) -> float:
    """Return the curvature along ``v`` that is owed to the slope left in transformed coordinates.

    An exponential has the same slope and curvature: both vanish where the ascent arrives.
    """
    left = np.where(verdict.objective.transformed, np.abs(verdict.point.gradient), 0.0)
    return min(float(v**2 @ left) / float(np.sum((v / d) ** 2)), FADING_SLOPE)


def _trimmed(v: np.ndarray, d: np.ndarray, transformed: np.ndarray) -> np.ndarray:
    """Drop parts that are rounding: those that hardly move while a transformed coordinate goes all its way."""
    if not np.any(transformed & (v != 0)):
        return v
    far = v * (FAR_OFF / np.max(np.abs(v[transformed])))
    return np.where(np.abs(far) > np.where(transformed, LEAST_UNITS, LEAST_WIDTHS * d), v, 0.0)
