"""Newton's method for a maximum: equilibrated, with absolute eigenvalues, and with its path kept.

Library optimisers stop early on badly scaled likelihoods and report success; here the end point is
only a candidate, which :mod:`triptych.existence.search` judges by curvature and by probing around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from triptych.base.interrupt import raise_if_interrupted
from triptych.base.linalg import equilibrate

Derivatives = Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]]
Value = Callable[[np.ndarray], float]

# Coordinates from which a Hessian costs more than the gradients that stand for it, its eigenvalues more than a
# factorisation, and an ascent more than a look at the ends of earlier ones.
WIDE = 30  # pinned by ordered_classes_apart (a tenth)
# EIGENVALUE_FLOOR is pinned by collinear_flat_priors (a tenth).
EIGENVALUE_FLOOR = 1e-14  # least eigenvalue of the equilibrated Hessian by which a slope is divided
# LOG_STEP is pinned by cauchy_of_two_data (a tenth).
LOG_STEP = 4.0  # longest step of a transformed coordinate, in its own (log-like) units
ARRIVED = 1e-6  # decrement, relative to the objective, up to which an ascent has come to a maximum
NO_PROGRESS = 1e-11  # share of a step up to which the line search made no progress
CRAWL = 1e-11  # decrement, relative to the objective, at which an ascent of linear convergence is ended
# LOG_RANGE is pinned by empty_top_category (a tenth).
LOG_RANGE = 45.0  # an ascent that carries a transformed coordinate further than this has run away
# NEWTON_STEPS is pinned by empty_top_category (a tenth).
NEWTON_STEPS = 200  # most steps of an ascent: with steps of LOG_STEP more than any way up to LOG_RANGE takes
# DONE is pinned by mixture_shared_sigma (tenfold).
DONE = 1e-13  # decrement, relative to the objective, at which the last step has been made: below is rounding
NEWTON_POLISH = 3  # undamped steps after that; convergence is quadratic, so that more would find nothing to gain
# LINEAR is pinned by ordered_classes_apart (tenfold).
LINEAR = 0.05  # ratio of two decrements in a row from which convergence is linear; quadratic, it is near zero
NEARLY_THERE = 1e-4  # decrement from which a slow ascent is asked whether rounding error is all that it has to gain
LEFT_TO_GAIN = 10  # times the rounding error, up to which a decrement is rounding
MOST_STALLS = 5  # steps in a row without progress that end an ascent: one alone may be a bend of its way
LEAST_PIVOT = 1e-10  # least squared pivot of an equilibrated information that is clearly positive definite
SEARCH_HALVES = 60  # most halvings of a step: after them it is below the last digit of its start
ARMIJO = 1e-4  # share of the rise that the slope promises from which a step is taken (Armijo's condition)


@dataclass(frozen=True)
class Point:
    """Where an ascent ended and how it went.

    ``decrement`` is Newton's, the squared length of the last step in the metric of the curvature:
    twice the rise still to be expected from a quadratic. ``slow`` says that the decrements shrank
    by a constant factor only, as they do on the way to infinity.
    """

    z: np.ndarray
    value: float
    gradient: np.ndarray
    hessian: np.ndarray
    decrement: float
    iterations: int
    trail: np.ndarray
    slow: bool = False

    @property
    def usable(self) -> bool:
        """Whether the objective and its derivatives are finite here."""
        return bool(
            np.isfinite(self.value) and np.all(np.isfinite(self.gradient)) and np.all(np.isfinite(self.hessian))
        )

    @property
    def arrived(self) -> bool:
        """Whether nothing is left of the ascent."""
        return bool(np.isfinite(self.decrement) and self.decrement <= ARRIVED * (1 + abs(self.value)))

    def moved_to(self, there: Point) -> Point:
        """Return the end of the same ascent at another place; it keeps the way that led to it."""
        return replace(there, iterations=self.iterations, trail=self.trail, slow=self.slow)


def newton(
    derivatives: Derivatives,
    value: Value,
    start: np.ndarray,
    *,
    basis: np.ndarray | None = None,
    transformed: np.ndarray | None = None,
    max_iterations: int = NEWTON_STEPS,
    tolerance: float = DONE,
    polish: int = NEWTON_POLISH,
    rounding_error: Value | None = None,
) -> Point:
    """Climb from ``start``.

    Parameters
    ----------
    derivatives, value
        The objective with gradient and Hessian, and alone; not finite outside its domain.
    start
        Shape ``(p,)``.
    basis
        Shape ``(p, q)``; when given, steps stay in its span.
    transformed
        Boolean ``(p,)``: coordinates whose step is limited, because they are logarithms or alike.
    max_iterations
        Bound on accepted steps.
    tolerance
        Newton decrement, relative to the size of the objective, below which to stop.
    polish
        Undamped steps after that, kept while the gradient shrinks: they buy the last digits.
    rounding_error
        Rounding error of the objective: a slow ascent stops where it is all that is left to gain.
    """
    z = np.array(start, dtype=float)
    f, g, h = derivatives(z)
    trail = [z]
    decrement, slow, stalls = np.inf, False, 0
    if not (np.isfinite(f) and np.all(np.isfinite(g)) and np.all(np.isfinite(h))):
        return Point(z, f, g, h, decrement, 0, np.array(trail))
    for _ in range(max_iterations):
        raise_if_interrupted()
        before = decrement
        step, decrement = ascent_step(g, h, basis)
        if decrement <= tolerance * (1 + abs(f)):
            break
        # At a regular maximum decrements shrink quadratically; on the way to infinity by a constant.
        if decrement > LINEAR * before and (
            decrement <= CRAWL * (1 + abs(f))
            or (
                rounding_error is not None and decrement < NEARLY_THERE and decrement < LEFT_TO_GAIN * rounding_error(z)
            )
        ):
            slow = True
            break
        step = _limited(step, transformed)
        z_new = _search(value, z, f, g, step)
        if z_new is None:
            break
        stalls = stalls + 1 if np.max(np.abs(z_new - z)) < NO_PROGRESS * np.max(np.abs(step)) else 0
        if stalls == MOST_STALLS:
            break
        out = derivatives(z_new)
        if not (np.isfinite(out[0]) and np.all(np.isfinite(out[1])) and np.all(np.isfinite(out[2]))):
            break
        z, (f, g, h) = z_new, out
        trail.append(z)
        if transformed is not None and np.any(np.abs(z - trail[0])[transformed] > LOG_RANGE):
            slow = True
            break
    for _ in range(polish):
        step, before = ascent_step(g, h, basis)
        out = derivatives(z + _limited(step, transformed))
        if not np.isfinite(out[0]) or not np.all(np.isfinite(out[2])):
            break
        after = ascent_step(out[1], out[2], basis)[1]
        if not after < before:
            break
        z, (f, g, h), decrement = z + _limited(step, transformed), out, after
        trail.append(z)
    return Point(z, f, g, h, decrement, len(trail) - 1, np.array(trail), slow)


def ascent_step(g: np.ndarray, h: np.ndarray, basis: np.ndarray | None = None) -> tuple[np.ndarray, float]:
    """Return Newton's step with absolute eigenvalues of the equilibrated Hessian, and its decrement."""
    if g.size == 0 or (basis is not None and basis.shape[1] == 0):
        return np.zeros_like(g), 0.0
    if basis is not None:
        step, decrement = ascent_step(basis.T @ g, basis.T @ h @ basis)
        return basis @ step, decrement
    d = equilibrate(h)
    if g.size >= WIDE and (direct := _factorised(d * g, -(d[:, None] * h * d))) is not None:
        return d * direct, float(d * g @ direct)
    eigenvalues, vectors = np.linalg.eigh(-(d[:, None] * h * d))
    size = np.abs(eigenvalues)
    size = np.maximum(size, EIGENVALUE_FLOOR * max(1.0, float(size.max())))
    along = vectors.T @ (d * g)
    return d * (vectors @ (along / size)), float(np.sum(along**2 / size))


def _factorised(g: np.ndarray, information: np.ndarray) -> np.ndarray | None:
    """Solve by Cholesky, which is a hundred times cheaper; None unless clearly positive definite."""
    from scipy.linalg import cho_solve

    root = factor(information)
    return None if root is None else np.asarray(cho_solve((root, True), g))


def factor(information: np.ndarray) -> np.ndarray | None:
    """Return the lower Cholesky factor of an equilibrated information; None unless clearly positive definite."""
    try:
        root = np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        return None
    return root if float(np.min(np.diag(root), initial=1.0)) ** 2 >= LEAST_PIVOT else None


def _limited(step: np.ndarray, transformed: np.ndarray | None) -> np.ndarray:
    return step if transformed is None else step * share(step, transformed)


def share(step: np.ndarray, transformed: np.ndarray) -> float:
    """Return which part of a step may be made at once, because some coordinates are logarithms or alike."""
    longest = float(np.max(np.abs(step[transformed]), initial=0.0))
    return 1.0 if longest <= LOG_STEP else LOG_STEP / longest


def _search(value: Value, z: np.ndarray, f: float, g: np.ndarray, step: np.ndarray) -> np.ndarray | None:
    """Backtrack until the objective rises by a fraction of what the slope promises."""
    slope = float(g @ step)
    length = 1.0
    for _ in range(SEARCH_HALVES):
        candidate = z + length * step
        if np.array_equal(candidate, z):
            return None
        reached = value(candidate)
        if np.isfinite(reached) and reached >= f + ARMIJO * length * slope:
            return candidate
        length *= 0.5
    return None
