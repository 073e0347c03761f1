"""The mode in the logarithms of positive parameters. A shift that vanishes there is not caused by the prior."""

from __future__ import annotations

import numpy as np

from triptych.engine.engine import Engine
from triptych.optimise.newton import newton
from triptych.panels.solution import Solution

ARRIVED = 1e-6  # Newton decrement below which the ascent has converged to a maximum
ON_CORNER = 1e-12  # argument of an absolute value, relative to the coordinates, below which it is zero


def mode_on_log_scales(solution: Solution) -> tuple[dict[str, np.ndarray], bool]:
    """Return where the density that is sampled is highest, and whether that is another point than the MAP's.

    A density of log(sigma) is that of sigma times sigma: its top is another one. PyMC samples that density, with the
    Jacobian of every transformation. Corners of the prior on which the MAP lies are kept.

    Returns
    -------
    dict
        Variable to its values there, flat; empty where there is no MAP to start from, where it lies on an edge, and
        where the ascent does not end on a top.
    bool
        Whether any parameter is transformed.
    """
    engine, mode = solution.engine, solution.panels.get("map")
    if engine is None:
        return {}, False
    rewritten = bool(np.any(engine.transformed))
    if not rewritten or mode is None or mode.z is None:
        return {}, rewritten
    start, free = mode.z, _along_corners(engine, mode.z)

    def whole(w: np.ndarray) -> np.ndarray:
        return np.asarray(start + free @ w)

    def value(w: np.ndarray) -> float:
        found = float(engine.sampled(whole(w))[0])
        return found if not np.isnan(found) else -np.inf

    def derivatives(w: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        both = engine.sampled(whole(w))
        return float(both[0]), free.T @ both[1:], free.T @ engine.sampled_hessian(whole(w)) @ free

    moved = np.any(free[engine.transformed] != 0, axis=0)
    point = newton(derivatives, value, np.zeros(free.shape[1]), transformed=moved)
    if not point.usable or not point.decrement < ARRIVED:
        return {}, rewritten
    return {name: np.ravel(values) for name, values in engine.natural_values(whole(point.z)).items()}, rewritten


def _along_corners(engine: Engine, z: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of the directions in which a point stays on the corners that it lies on."""
    from scipy.linalg import null_space

    arguments, jacobian, _ = engine.kinks(z)
    on = np.abs(arguments) <= ON_CORNER * max(1.0, float(np.abs(z).max(initial=0.0)))
    return np.asarray(null_space(jacobian[on])) if np.any(on) else np.eye(z.size)
