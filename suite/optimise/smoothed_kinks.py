"""Ascents on objectives whose corners are rounded: ``|u|`` is ``sqrt(u^2 + eps^2)``, with an ``eps`` for every kink."""

from __future__ import annotations

from functools import partial

import numpy as np

from triptych.optimise.newton import Point, newton
from triptych.optimise.objective import Objective

LEVELS = 10.0 ** -np.arange(0, 9)  # by how much smoothing may change the objective at a kink, in turn
BARELY = 1e-60  # smoothing of an absolute value that is no kink of the objective; its power of -3 is still finite
PROBE_LEVEL = 1e-2  # the same on a pushed path, where slopes of 0.2 per unit are told apart
PUSH_STEPS = 25  # most Newton steps of an ascent beside a coordinate that is held: each starts from the last one's end
ROUNDED_STEPS = 60  # most Newton steps with rounded corners: around a sharp one they are many and short
ROUNDED_DONE = 1e-12  # decrement, relative to the objective, at which they end: the corner has to be told, no digits
Roundings = tuple[np.ndarray, ...]  # every ``eps``, in the shapes of the kinks' arguments


def climb_beside(
    objective: Objective,
    x: np.ndarray,
    fixed: int | np.ndarray,
    max_iterations: int = PUSH_STEPS,
    known: np.ndarray | None = None,
    top: float = -np.inf,
) -> Point:
    """Climb with some coordinates held fixed; corners are rounded, so that Newton does not hop across them.

    ``known`` is a Hessian nearby and ``top`` the height that a coordinate was pushed from, as for
    :meth:`Objective.climb`.
    """
    if not objective.kinked:
        return objective.climb(x, fixed=fixed, max_iterations=max_iterations, known=known, top=top)
    basis = np.delete(np.eye(objective.size), fixed, axis=1)
    return rounded(objective, x, roundings_at(objective, x, PROBE_LEVEL), basis=basis, max_iterations=max_iterations)


def climb_a_little(objective: Objective, x: np.ndarray, steps: int) -> Point:
    """Climb a few steps; corners are rounded."""
    if not objective.kinked:
        return objective.climb(x, max_iterations=steps)
    return rounded(objective, x, roundings_at(objective, x, LEVELS[0]), max_iterations=steps)


def sharpened(objective: Objective, trail: np.ndarray) -> np.ndarray:
    """Round the corners less and less after a way through the first level; return the whole, shape ``(steps, p)``."""
    for level in LEVELS[1:]:
        roundings = roundings_at(objective, trail[-1], level)
        trail = np.vstack([trail, rounded(objective, trail[-1], roundings).trail])
    return trail


def roundings_at(objective: Objective, x: np.ndarray, level: float) -> Roundings:
    """Return the roundings of which each hides at most ``level`` of the objective at ``x``."""
    fall = objective.kinks(x)[2]
    # Where the objective does not fall from a kink (the prior's in the likelihood, a determinant's sign) there is no
    # corner, and no more is rounded than derivatives need.
    eps = np.where(fall > 0, level / np.where(fall > 0, fall, 1.0), BARELY)
    return split(eps, [a.shape for a in objective.engine.kink_arguments(objective.full(x))])


def rounded(
    objective: Objective,
    x: np.ndarray,
    roundings: Roundings,
    *,
    max_iterations: int = ROUNDED_STEPS,
    basis: np.ndarray | None = None,
) -> Point:
    """Run Newton on the objective with rounded corners."""
    corner = (roundings, 1.0, tuple(np.zeros(eps.shape) for eps in roundings))
    return newton(
        partial(objective.derivatives, corner=corner),
        partial(objective.value, corner=corner),
        x,
        basis=basis,
        transformed=objective.transformed,
        max_iterations=max_iterations,
        tolerance=ROUNDED_DONE,
        polish=0,
    )


def split(flat: np.ndarray, shapes: list[tuple[int, ...]]) -> tuple[np.ndarray, ...]:
    """Return numbers that are one for each kink in the shapes of the kinks' arguments."""
    sizes = np.cumsum([int(np.prod(s)) for s in shapes])[:-1]
    return tuple(p.reshape(s) for p, s in zip(np.split(flat, sizes), shapes, strict=True))
