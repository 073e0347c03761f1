"""Maxima that are a whole face: at kinks an objective may keep its height over an edge, and not rise beyond.

Several medians are the plain case. On the face the objective is constant, so a direction along it has no
curvature; at a corner of the face the multiplier of a kink is exactly all that the kink can bear.
"""

from __future__ import annotations

import numpy as np

from triptych.base.linalg import equilibrate
from triptych.optimise.kinks import Corner, units
from triptych.optimise.newton import Point
from triptych.optimise.objective import Objective

FLAT = 1e-9  # equilibrated curvature, and unused share of a multiplier, up to which it is zero
SHORTEST_FACE = 1e-9  # least length of a face, in the coordinates' own units
FACE_ROUNDING = 1e-8  # share of a direction's largest part up to which a part is rounding
SOLVED = 1e-9  # relative error up to which a direction lets go of the kinks that it is to let go of, and of no other


def face(objective: Objective, point: Point, corner: Corner, same: float) -> np.ndarray:
    """Return the directions, as rows, in which a maximum extends.

    Parameters
    ----------
    objective, point, corner
        The maximum and the kinks that hold there.
    same
        Difference of two values of the objective that is rounding.
    """
    d = equilibrate(point.hessian) * units(objective, point.z, point.hessian)
    held = corner.jacobian * d
    found = []
    for w in [*_uncurved(d * point.hessian * d[:, None], corner, d), *_leaving(held, corner.share)]:
        curvature = -float(w @ (d * (point.hessian @ (d * w))))
        if curvature > FLAT * float(w @ w):
            continue
        v = d * np.where(np.abs(w) > FACE_ROUNDING * np.abs(w).max(), w, 0.0)
        length = 0.5 * _next_kink(objective, point.z, v)
        if not SHORTEST_FACE * np.max(np.abs(w)) < length * np.max(np.abs(w)) < np.inf:
            continue
        if abs(objective.value(point.z + length * v) - point.value) <= same:
            found.append(v)
    return np.array(found).reshape(-1, d.size)


def _uncurved(scaled: np.ndarray, corner: Corner, d: np.ndarray) -> list[np.ndarray]:
    """Directions within the kinks that hold, without curvature; one sense of each will do."""
    from scipy.linalg import null_space

    basis = null_space(corner.jacobian * d) if len(corner.jacobian) else np.eye(d.size)
    if basis.shape[1] == 0:
        return []
    curvatures, vectors = np.linalg.eigh(-(basis.T @ scaled @ basis))
    return list((basis @ vectors[:, np.abs(curvatures) <= FLAT]).T)


def _leaving(held: np.ndarray, share: np.ndarray) -> list[np.ndarray]:
    """Directions that let go of a kink whose multiplier is at its limit, each alone and all together."""
    weak = np.flatnonzero(np.abs(share) > 1 - FLAT)
    directions = []
    for some in [*weak[:, None], weak][: len(weak) + (len(weak) > 1)]:
        side = np.zeros(len(share))
        side[some] = np.sign(share[some]) * np.linalg.norm(held[some], axis=1)
        w = np.linalg.lstsq(held, side, rcond=None)[0]
        if np.allclose(held @ w, side, rtol=0, atol=SOLVED * np.abs(side).max(initial=0.0)):
            directions.append(w)
    return directions


def _next_kink(objective: Objective, x: np.ndarray, v: np.ndarray) -> float:
    """Distance along ``v`` to the first kink that does not hold at ``x``."""
    u, jacobian, fall = objective.kinks(x)
    rate = jacobian @ v
    ahead = (fall > 0) & (u * rate < 0)
    return float(np.min(np.abs(u[ahead] / rate[ahead]), initial=np.inf))
