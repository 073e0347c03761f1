"""Maxima on a hard edge of the domain: beyond it the objective is not defined, and before it still rises.

The supports of data that depend on parameters make such edges: the ends of a uniform distribution, a probability
that is a line. Newton's method stops where its way leaves the domain; the maximum may lie farther along the edge.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from triptych.interrupt import look
from triptych.newton import ascent_step
from triptych.objective import Objective
from triptych.verdict import Verdict

NEAR = 1e-7  # from an edge, relative to a coordinate, that is on it
SHORTEST = 1e-10  # step of the search along an edge at which it ends
LONGER = 1.5  # a step after a success; one in five is meant to be one
LOOKS = 150  # steps tried, for each coordinate
BELOW = (0.0, 1.0, 8.0)  # steps from a trial back into the domain
HALVES = 50


def cliff(verdict: Verdict) -> np.ndarray:
    """Return axes, as rows, whose ends of the domain are here, if the objective rises right up to one of them."""
    point, objective = verdict.point, verdict.objective
    axes = []
    rising = False
    for j in range(point.z.size):
        for sign in (1.0, -1.0):
            step = np.zeros_like(point.z)
            step[j] = sign * NEAR * max(1.0, abs(point.z[j]))
            if not np.isfinite(objective.value(point.z + step)):
                inside = objective.value(point.z - step)
                rising |= np.isfinite(inside) and inside < point.value and sign * point.gradient[j] > 0
                axes.append(np.sign(step))
                break
    return np.array(axes if rising else []).reshape(-1, point.z.size)


def slide(verdict: Verdict) -> None:
    """Move the verdict's point along the edge to where the objective is highest.

    By random steps from edge to edge, longer after a success and shorter after a failure (the (1+1) evolution
    strategy: Rechenberg 1973): in the corners of an edge of unknown shape no derivative leads.
    """
    objective, point = verdict.objective, verdict.point
    rng = np.random.default_rng(4)
    up = point.gradient / np.linalg.norm(point.gradient)
    x, best = point.z, point.value
    size = 0.1
    for _ in range(LOOKS * x.size):
        look()
        aside = rng.standard_normal(x.size)
        trial = _edge(objective, x + size * (aside - (aside @ up) * up), up, size)
        value = objective.value(trial)
        if value > best:
            x, best, size = trial, value, size * LONGER
        elif (size := size * LONGER**-0.25) < SHORTEST * max(1.0, float(np.max(np.abs(x)))):
            break
    _put(verdict, objective, x, best)


def _edge(objective: Objective, x: np.ndarray, up: np.ndarray, size: float) -> np.ndarray:
    """Return the last point of the domain on the way up from just below ``x``; ``x`` when there is none."""
    below = next((k * size for k in BELOW if np.isfinite(objective.value(x - k * size * up))), None)
    if below is None:
        return x
    inside, outside = -below, size
    for _ in range(HALVES):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if np.isfinite(objective.value(x + middle * up)) else (inside, middle)
    return np.asarray(x + inside * up)


def _put(verdict: Verdict, objective: Objective, x: np.ndarray, value: float) -> None:
    if not value > verdict.point.value:
        return
    _, gradient, hessian = objective.derivatives(x)
    if np.all(np.isfinite(gradient)) and np.all(np.isfinite(hessian)):
        _, decrement = ascent_step(gradient, hessian)
        verdict.point = replace(
            verdict.point, z=x, value=value, gradient=gradient, hessian=hessian, decrement=decrement
        )
