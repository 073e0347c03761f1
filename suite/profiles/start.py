"""Where profiles start: no farther out than a supremum at infinity needs.

Far out a density may be nothing but rounding: that of Student's t with 1e17 degrees of freedom is, in most libraries.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from triptych.estimates.optimum import Optimum
from triptych.existence.verdict import Verdict

MISSING = (1e-8, 1e-7, 1e-6, 1e-5)  # distances from a supremum at infinity that a profile may start at, tried in turn
LEFT = 1e-6  # curvature over the way that a coordinate came, up to which the likelihood does not hold it
MOST_BACK = 100  # units of a logarithm that a point is pulled back at most


def pulled_back(optimum: Optimum, verdict: Verdict) -> Optimum:
    """Return a verdict's optimum at a point that is as high, and no farther out than it has to be."""
    x = verdict.point.z.copy()
    for k, sign in ways_out(verdict).items():
        x = _nearer(verdict, x, sign * (np.arange(x.size) == k))
    for ray in together(verdict):
        x = _nearer(verdict, x, ray)
    if np.array_equal(x, verdict.point.z):
        return optimum if verdict is optimum.verdict else Optimum(verdict, optimum.unknown)
    point = verdict.point.moved_to(verdict.objective.at(x))
    return Optimum(replace(verdict, point=point), optimum.unknown)


def _nearer(verdict: Verdict, x: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Return the nearest point on the way back that is as high, and is so by more than rounding."""
    objective = verdict.objective
    # Points near the start are tried first; farther out the objective may be rounding error.
    back = [x - k * way for k in range(MOST_BACK, 0, -1)]
    missing = [abs(objective.value(z) - verdict.point.value) for z in back]
    for close in MISSING:
        for z, left in zip(back, missing, strict=True):
            if left <= close and objective.rounding_error(z) <= close:
                return np.asarray(z)
    return x


def ways_out(verdict: Verdict) -> dict[int, float]:
    """Return the positions of logarithmic coordinates that go away without others, each with its sign."""
    out: dict[int, float] = {}
    for ray in verdict.diverging:
        moving = np.flatnonzero(ray)
        if verdict.objective.transformed[moving].all():
            out |= {int(k): float(np.sign(ray[k])) for k in moving}
    return out


def together(verdict: Verdict) -> list[np.ndarray]:
    """Return the rays on which several logarithms go away and nothing else does, the longest part one."""
    transformed = verdict.objective.transformed
    diverging = [ray for ray in verdict.diverging if np.count_nonzero(ray) > 1 and np.all(transformed[ray != 0])]
    return [ray / np.max(np.abs(ray)) for ray in diverging]


def out_alone(verdict: Verdict, x: np.ndarray) -> dict[int, float]:
    """Return the positions, each with its sign, of coordinates that go away and have left the likelihood behind.

    A logarithm that goes away without others has, and so has what is none, where nothing is left of its own curvature
    at the maximum and ``x`` is no nearer. Let go, it would run on for nothing, to where all that is added to it is its
    rounding.
    """
    out = ways_out(verdict)
    if verdict.diverging.size:
        left = np.abs(np.diag(verdict.point.hessian)) * verdict.way**2
        one_way = np.all(verdict.diverging >= 0, axis=0) | np.all(verdict.diverging <= 0, axis=0)
        gone = np.any(verdict.diverging != 0, axis=0) & one_way & ~verdict.objective.transformed & (left < LEFT)
        signs = np.sign(verdict.diverging.sum(axis=0))
        gone &= signs * (x - verdict.point.z) >= 0
        out |= {int(k): float(signs[k]) for k in np.flatnonzero(gone)}
    return out
