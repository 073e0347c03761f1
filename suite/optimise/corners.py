"""Maxima where several edges of the domain meet, as of means that are to be in order: each edge is a constraint.

An edge is told by where the domain ends on the way along an axis; how that place moves tells its slope. On the straight
edges an active set is followed (Nocedal and Wright 2006, section 16.5), and bent ones are looked at again from there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from triptych.optimise.newton import ascent_step
from triptych.optimise.objective import Objective

INWARDS = 1e-4  # share of the way back to the start by which a point is put inside the domain to look for edges
CORNER_REACH = 20.0  # multiple of that way within which an edge belongs to the corner
CORNER_HALVES = 60  # bisections that find where the domain ends to all digits
SHIFT = 0.1  # share of that way by which a point is shifted to measure how an edge slopes
PARALLEL = 1e-6  # largest difference of two unit directions, as the normals of edges, that are one
INSIDE = 1e-10  # relative distance that a point keeps from an edge
CORNER_LOOKS, ACTIVE_SET_STEPS = 6, 60  # times that curved edges are made straight anew, and steps on straight ones
CORNER_DONE = 1e-14  # Newton decrement, relative to the objective


@dataclass(frozen=True)
class Edges:
    """Half-spaces ``normals @ x <= limits`` about a corner."""

    normals: np.ndarray
    limits: np.ndarray


def best_in_corner(objective: Objective, x: np.ndarray, back: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """Return the best point about ``x`` on the edges of the domain.

    Parameters
    ----------
    objective, x
        The objective, and a point near its maximum.
    back
        The way to a point that is not on an edge.
    moving
        Which coordinates edges stop.
    """
    for _ in range(CORNER_LOOKS):
        edges = _edges(objective, x + INWARDS * back, np.max(np.abs(INWARDS * back)), np.flatnonzero(moving))
        if edges is None:
            return x
        found = _followed(objective, x + INWARDS * back, edges)
        if not objective.value(found) > objective.value(x):
            return x
        moved, x = float(np.max(np.abs(found - x) / (1 + np.abs(x)))), found
        if moved < INSIDE:
            return x
    return x


def _edges(objective: Objective, inside: np.ndarray, size: float, at: np.ndarray) -> Edges | None:
    """Return the edges about a point inside; None where there are none within reach."""
    normals: list[np.ndarray] = []
    limits: list[float] = []
    for i in at:
        for sign in (-1.0, 1.0):
            axis = sign * (np.arange(inside.size) == i)
            way = _distance(objective, inside, axis, CORNER_REACH * size)
            if way is None:
                continue
            normal = axis.copy()
            for j in at[at != i]:
                aside = SHIFT * size * (np.arange(inside.size) == j)
                most = 2 * CORNER_REACH * size
                one, other = (_distance(objective, inside + k * aside, axis, most) for k in (-1.0, 1.0))
                if one is None or other is None:
                    break
                normal[j] = -(other - one) / (2 * SHIFT * size)
            else:
                normal /= np.linalg.norm(normal)
                if all(np.max(np.abs(normal - n)) > PARALLEL for n in normals):
                    normals.append(normal)
                    limits.append(float(normal @ (inside + way * axis)))
    if not normals:
        return None
    keep_off = INSIDE * (1 + np.max(np.abs(inside)))
    return Edges(np.array(normals), np.array(limits) - keep_off)


def _distance(objective: Objective, x: np.ndarray, way: np.ndarray, most: float) -> float | None:
    """Return how far the domain goes from a point; None where it does not end within reach, or the point is outside."""
    if not np.isfinite(objective.value(x)) or np.isfinite(objective.value(x + most * way)):
        return None
    inside, outside = 0.0, most
    for _ in range(CORNER_HALVES):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if np.isfinite(objective.value(x + middle * way)) else (inside, middle)
    return inside


def _followed(objective: Objective, x: np.ndarray, edges: Edges) -> np.ndarray:
    """Climb from a point inside, held by those edges that it has come to and that it would leave outwards."""
    from scipy.linalg import null_space

    held: list[int] = []
    for _ in range(ACTIVE_SET_STEPS):
        value, gradient, hessian = objective.derivatives(x)
        if not (np.isfinite(value) and np.all(np.isfinite(gradient)) and np.all(np.isfinite(hessian))):
            break
        basis = null_space(edges.normals[held]) if held else np.eye(x.size)
        step, decrement = ascent_step(gradient, hessian, basis)
        if decrement <= CORNER_DONE * (1 + abs(value)):
            pull = np.linalg.lstsq(edges.normals[held].T, gradient, rcond=None)[0] if held else np.zeros(0)
            if not np.any(pull < 0):
                break
            held.pop(int(np.argmin(pull)))
            continue
        speed, room = edges.normals @ step, edges.limits - edges.normals @ x
        ahead = [k for k in np.flatnonzero(speed > 0) if k not in held]
        shares = {int(k): max(0.0, float(room[k] / speed[k])) for k in ahead}
        first = min(shares, key=lambda k: shares[k], default=None)
        share = min(1.0, shares[first]) if first is not None else 1.0
        while share > INSIDE and not objective.value(x + share * step) >= value:
            share, first = share / 2, None
        if share > INSIDE:
            x = x + share * step
        elif first is None:
            break
        if first is not None and share < 1.0:
            held.append(first)
    return x
