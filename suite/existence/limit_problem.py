"""The limit of a likelihood along its rays: what goes away with them, and what is left to estimate there."""

from __future__ import annotations

import numpy as np

from triptych.base.linalg import equilibrate
from triptych.existence.verdict import Verdict

FADED = 1e-9  # share of the curvature along a ray at which the point is far enough out on it
# KEPT is pinned by test_a_direction_that_keeps_a_twentieth_of_its_curvature_stays.
KEPT = 0.05  # share of its curvature below which a direction has lost it there
RAY_SHARE = 1e-6  # of a direction, in conditional standard errors, below which a part of it is what rounding left
# RAY_DOUBLINGS is pinned by quasi_separation_centred (tenfold).
RAY_DOUBLINGS = (-4, 12)  # powers of two, in units of a ray, at which the curvature is looked at: beyond, numbers end
# SMALL_PART is pinned by test_a_direction_that_keeps_a_twentieth_of_its_curvature_stays.
SMALL_PART = 0.1  # longest part of a lost direction that is added to a ray: the sum still leads where the ray leads


def carried_along(verdict: Verdict) -> np.ndarray:
    """Return rays along directions that only seem curved where the ascent stopped.

    Of two empty groups both log rates go to minus infinity: their difference has a curvature on the
    way, and none in the limit. Added to or taken from a ray in a small part it is a ray as well.
    """
    objective, point = verdict.objective, verdict.point
    ray = verdict.diverging.sum(axis=0)
    basis = verdict.basis
    information = -(basis.T @ point.hessian @ basis)
    none = np.zeros((0, objective.size))
    if basis.shape[1] == 0 or not np.all(np.linalg.eigvalsh(information) > 0):
        return none
    root = basis @ np.linalg.inv(np.linalg.cholesky(information)).T
    unit = ray / np.max(np.abs(ray))
    before = abs(float(unit @ point.hessian @ unit))
    seen = None
    for k in range(*RAY_DOUBLINGS):
        _, _, hessian = objective.derivatives(point.z + 2.0**k * unit)
        if not np.all(np.isfinite(hessian)):
            break
        seen = hessian
        if abs(float(unit @ hessian @ unit)) < FADED * before:
            break
    if seen is None:
        return none
    left, vectors = np.linalg.eigh(-(root.T @ seen @ root))
    lost = _alone((root @ vectors[:, left < KEPT]).T, equilibrate(point.hessian))
    parts = [v * SMALL_PART / np.max(np.abs(v)) for v in lost]
    return np.array([unit + sign * v for v in parts for sign in (1.0, -1.0)]).reshape(-1, objective.size)


def _alone(lost: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Leave out of directions, as rows, the coordinates of which they have next to nothing."""
    share = np.abs(lost / d)
    return np.where(share > RAY_SHARE * share.max(axis=1, keepdims=True, initial=0.0), lost, 0.0)
