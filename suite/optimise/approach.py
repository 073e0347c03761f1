"""Ascents in many coordinates that ask for few Hessians.

A Hessian costs as much as a gradient for every coordinate. Where one is known, gradients alone lead on: limited-memory
BFGS (Nocedal 1980, Math. Comp. 35, 773-782) in coordinates in which the known curvature is one. What is found so is
taken only where it has come to an end; whatever does not is left to Newton's method.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from triptych.base.interrupt import raise_if_interrupted
from triptych.base.linalg import equilibrate
from triptych.optimise.newton import ARMIJO, DONE, LOG_RANGE, Point, factor, share

GRADIENT_STEPS, STEP_HALVES = 80, 25  # most steps of one ascent, and most halvings of a step
CURVED = 1e-10  # cosine of a step and its change of gradient from which the pair is remembered
MEMORY = 20  # pairs of steps and changes of gradient that limited-memory BFGS keeps
# Expected rise, relative to the objective, at which a Hessian is taken for a maximum's and an ascent for one that leads
# to a maximum that is known.
CONFIRMED = 1e-9
FALL = 1e-7  # the same, relative to the fall from the height that a coordinate was pushed away from
CLEAR_FALL = 1e-2  # fall from which the last digits of the end do not matter and no polishing steps are made
ON_MAXIMUM = 1e-16  # decrement, in squared standard errors, at which a point is the maximum to all digits
VALUE_ROUNDING = 64 * float(np.finfo(float).eps)  # relative change up to which values cannot be compared, only slopes
POLISH = 3  # steps after the end, taken while the slope shrinks
CONVERGES = 4  # least ratio of two decrements in a row by which Newton's steps still buy digits

Pairs = deque[tuple[np.ndarray, np.ndarray]]


class Smooth(Protocol):
    """What an ascent by gradients asks of an objective."""

    @property
    def transformed(self) -> np.ndarray:
        """Which coordinates act on a logarithmic scale, ``(p,)``."""

    def slopes(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Return value and gradient ``(p,)``."""

    def derivatives(self, x: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Return value, gradient ``(p,)`` and Hessian ``(p, p)``."""


@dataclass(frozen=True)
class Units:
    """Coordinates ``u`` in which a curvature is one: ``z = scale * inverse(root').u``."""

    scale: np.ndarray
    root: np.ndarray

    @classmethod
    def of(cls, hessian: np.ndarray) -> Units | None:
        """Return those of a Hessian, or None unless it is clearly negative definite."""
        if not np.all(np.isfinite(hessian)):
            return None
        d = equilibrate(hessian)
        root = factor(-(d[:, None] * hessian * d))
        return None if root is None else cls(d, root)

    def gradient(self, by_z: np.ndarray) -> np.ndarray:
        """Return a gradient by ``u`` from that by ``z``."""
        from scipy.linalg import solve_triangular

        return np.asarray(solve_triangular(self.root, self.scale * by_z, lower=True, check_finite=False))

    def step(self, of_u: np.ndarray) -> np.ndarray:
        """Return a step of ``z`` from that of ``u``."""
        from scipy.linalg import solve_triangular

        return np.asarray(self.scale * solve_triangular(self.root, of_u, lower=True, trans="T", check_finite=False))


def approach(
    objective: Smooth,
    start: np.ndarray,
    hessian: np.ndarray,
    fixed: int | np.ndarray | None = None,
    *,
    done: float = DONE,
    top: float = -np.inf,
) -> Point | None:
    """Climb by gradients from ``start``, optionally with some coordinates held fixed.

    Parameters
    ----------
    objective
        What to maximise.
    start
        Shape ``(p,)``.
    hessian
        Its Hessian somewhere, whose curvature is the unit of length.
    fixed
        Position of a coordinate to hold, or positions of several.
    done
        Expected rise, relative to the objective, at which the ascent has come to its end.
    top
        Height from which the coordinate was pushed away: where the end is below it, the fall is told to seven digits.

    Returns
    -------
    Point | None
        The end, with the Hessian that was given; None where the ascent came to no end, went far, or the Hessian is
        not negative definite.
    """
    free = ~np.isin(np.arange(start.size), -1 if fixed is None else fixed)
    units = Units.of(hessian[np.ix_(free, free)])
    value, by_z = objective.slopes(start)
    if units is None or not _finite(value, by_z):
        return None
    z, g, trail = start, units.gradient(by_z[free]), [start]
    pairs, ended = Pairs(maxlen=MEMORY), 0
    for _ in range(GRADIENT_STEPS):
        raise_if_interrupted()
        way = _direction(pairs, g)
        expected = float(g @ way)
        fall = top - value
        ended += expected <= max(done * (1 + abs(value)), FALL * fall)
        if ended > (0 if done > DONE or fall > CLEAR_FALL else POLISH):
            break
        step = np.zeros_like(z)
        step[free] = units.step(way)
        length = share(step, objective.transformed)
        for _ in range(1 if ended else STEP_HALVES):
            ahead = z + length * step
            reached, by_z_there = objective.slopes(ahead)
            if _finite(reached, by_z_there):
                new = units.gradient(by_z_there[free])
                # A rise below rounding error is judged by the slope: the step is taken if that shrinks.
                level = abs(reached - value) <= VALUE_ROUNDING * (1 + abs(value)) and new @ new < g @ g
                if level or (not ended and reached >= value + ARMIJO * length * expected):
                    break
            length /= 2
        else:
            if ended:
                break
            return None
        moved, bent = length * way, g - new
        if moved @ bent > CURVED * np.linalg.norm(moved) * np.linalg.norm(bent):
            pairs.append((moved, bent))
        z, value, by_z, g = ahead, reached, by_z_there, new
        trail.append(z)
        if np.any(np.abs(z - start)[objective.transformed] > LOG_RANGE):
            return None
    else:
        return None
    return Point(z, value, by_z, hessian, expected, len(trail) - 1, np.array(trail))


def arrive(objective: Smooth, start: np.ndarray, hessian: np.ndarray) -> Point | None:
    """Climb by gradients to a maximum and confirm it by its own Hessian; None where that does not."""
    near = approach(objective, start, hessian)
    if near is None:
        return None
    z, trail, before = near.z, [*near.trail], np.inf
    while True:
        value, gradient, hessian = objective.derivatives(z)
        units = Units.of(hessian)
        if units is None or not _finite(value, gradient):
            return None  # flat in some direction, or on its way
        step = units.gradient(gradient)
        decrement = float(step @ step)
        if decrement > CONFIRMED * (1 + abs(value)):
            return None
        if decrement <= ON_MAXIMUM or not decrement < before / CONVERGES:
            return Point(z, value, gradient, hessian, decrement, len(trail) - 1, np.array(trail))
        before = decrement
        z = z + units.step(step)
        trail.append(z)


def _finite(value: float, gradient: np.ndarray) -> bool:
    return bool(np.isfinite(value) and np.all(np.isfinite(gradient)))


def _direction(pairs: Pairs, g: np.ndarray) -> np.ndarray:
    """Return the direction of ascent of limited-memory BFGS: the two loops over the steps that are remembered."""
    way, shares = g.copy(), []
    for moved, bent in reversed(pairs):
        share_of = float(moved @ way) / float(moved @ bent)
        way -= share_of * bent
        shares.append(share_of)
    if pairs:
        moved, bent = pairs[-1]
        way *= float(moved @ bent) / float(bent @ bent)
    for (moved, bent), share_of in zip(pairs, reversed(shares), strict=True):
        way += (share_of - float(bent @ way) / float(moved @ bent)) * moved
    return way
