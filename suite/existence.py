"""Does an optimum exist? Decided by curvature and by probing around the best point found.

Vanishing gradient and negative curvature alone are fooled: the log-likelihood of separated classes
flattens on its way to infinity, a ridge has both along its length. So from the best end point the
objective is followed along every principal direction and along the last steps of the ascent, in
units of the standard error there, and each logarithmic coordinate is pushed away while the rest is
re-optimised. What theory puts out of reach of these probes is ``ok``: then it means the best of
the starts, with no ascent found.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from triptych.kinks import Corner, climb_kinked
from triptych.newton import Point, equilibrate
from triptych.objective import Objective

SINGULAR = 1e-9  # smallest trusted eigenvalue of the equilibrated information
PROBE_STEPS = 18
SETTLED = 8
LEAST_SLOPE = 0.2
WALKED = 60  # principal directions followed, the flattest first
PROBED = 24  # logarithmic coordinates pushed away


@dataclass(frozen=True)
class Trace:
    """The objective along one coordinate that is pushed away, the rest re-optimised."""

    position: int
    steps: np.ndarray
    values: np.ndarray
    points: np.ndarray


@dataclass
class Verdict:
    """What is known about the maximum of one objective.

    Attributes
    ----------
    point
        The best end point.
    corner
        The kinks that hold there, when the objective has any.
    unbounded
        The path along which the objective rises without limit, if one was found.
    rays
        Directions, as rows, along which it stays at its supremum for ever.
    flat
        Directions, as rows, along which it does not change at all.
    others
        Other end points of the starts, best first.
    noise
        Rounding error of the objective.
    starts
        How many starts ended at a usable point.
    """

    objective: Objective
    point: Point
    corner: Corner | None
    noise: float
    starts: int
    others: list[Point] = field(default_factory=list)
    unbounded: Trace | None = None
    rays: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    flat: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def basis(self) -> np.ndarray:
        """Directions in which the maximum is regular, as columns, not orthonormal."""
        d = equilibrate(self.point.hessian)
        rows = [self.corner.jacobian * d] if self.corner is not None else []
        rows += [self.rays / d] if self.rays.size else []
        rows += [self.flat / d] if self.flat.size else []
        stacked = np.vstack(rows) if rows else np.zeros((0, d.size))
        if stacked.shape[0] == 0:
            return np.diag(d)
        from scipy.linalg import null_space

        size = np.linalg.norm(stacked, axis=1, keepdims=True)
        return np.asarray(
            d[:, None] * null_space(stacked / np.where(size > 0, size, 1.0), rcond=1e-10)
        )

    @property
    def covariance(self) -> np.ndarray:
        """Inverse of the negative Hessian on the regular directions, shape ``(p, p)``."""
        basis = self.basis
        if basis.shape[1] == 0:
            return np.zeros_like(self.point.hessian)
        information = -(basis.T @ self.point.hessian @ basis)
        eigenvalues, vectors = np.linalg.eigh(information)
        if eigenvalues.min() <= 0:
            return np.full_like(self.point.hessian, np.nan)
        half = basis @ (vectors / np.sqrt(eigenvalues))
        return np.asarray(half @ half.T)


def find(objective: Objective, seed: int = 0, starts: int = 6) -> Verdict:
    """Maximise an objective from several starts and judge what was found.

    Parameters
    ----------
    objective
        What to maximise.
    seed
        Seed of the dispersed starts.
    starts
        How many dispersed starts besides the model's initial point.
    """
    rng = np.random.default_rng(seed)
    found = _ends(objective, rng, starts)
    for _ in range(4):
        verdict = _verdict(objective, found)
        better = _judge(verdict)
        if better is None:
            return verdict
        found = [climb(objective, better), *found]
    return verdict


def climb(objective: Objective, x: np.ndarray) -> tuple[Point, Corner | None]:
    """Climb from ``x``, by the solver that the objective's kinks ask for."""
    if objective.engine.kink_arguments(objective.full(x)):
        return climb_kinked(objective, x)
    return objective.climb(x), None


def _ends(
    objective: Objective, rng: np.random.Generator, starts: int
) -> list[tuple[Point, Corner | None]]:
    origin = objective.origin[objective.active]
    kinked = bool(objective.engine.kink_arguments(objective.origin))
    found = [climb(objective, _on_steps(objective, origin))]
    capped = objective.capped
    for k in range(2 if kinked else starts):
        centre, scale = origin, np.ones_like(origin)
        if k % 2 and found[0][0].usable:
            best = max((p for p, _ in found if p.usable), key=lambda p: p.value)
            centre = best.z
            scale = np.where(capped, 1.0, 4 * equilibrate(best.hessian))
        start = centre + scale * rng.standard_normal(origin.size) * (1 + k / 2)
        start = np.where(capped, np.clip(start, origin - 12, origin + 12), start)
        end = climb(objective, _on_steps(objective, start))
        if end[0].usable:
            found.append(end)
    return found


def _on_steps(objective: Objective, x: np.ndarray) -> np.ndarray:
    """Scan coordinates along which the objective is a step function: no slope leads along them."""
    value, gradient, hessian = objective.derivatives(x)
    if not np.isfinite(value):
        return x
    steps = np.flatnonzero((gradient == 0) & np.all(hessian == 0, axis=0))
    for j in steps:
        trial = np.tile(x, (400, 1))
        trial[:, j] = np.linspace(-6, 6, 400) + (0.0 if objective.capped[j] else x[j])
        ends = []
        for row in trial[:: 1 if len(steps) == 1 else 8]:
            if np.isfinite(objective.value(row)):
                ends.append((objective.climb(row, fixed=int(j), max_iterations=8).value, row[j]))
        if ends and max(v for v, _ in ends) > value:
            best = max(v for v, _ in ends)
            x = x.copy()
            x[j] = float(np.median([at for v, at in ends if v >= best - 1e-9 * (1 + abs(best))]))
    return x


def _verdict(objective: Objective, found: list[tuple[Point, Corner | None]]) -> Verdict:
    usable = sorted((e for e in found if e[0].usable), key=lambda e: -e[0].value)
    if not usable:
        point, corner = found[0]
        return Verdict(objective, point, corner, np.inf, 0)
    point, corner = usable[0]
    others: list[Point] = []
    for other, _ in usable[1:]:
        values = [point.value, *(o.value for o in others)]
        if all(abs(other.value - v) > 1e-6 * (1 + abs(v)) for v in values):
            others.append(other)
    return Verdict(objective, point, corner, objective.noise(point.z), len(usable), others)


def _judge(verdict: Verdict) -> np.ndarray | None:
    """Fill in the verdict; return a better point when the probes find one."""
    if verdict.starts == 0:
        return None
    ends = [verdict.point, *verdict.others[:1]]
    for end in ends:
        better = _push_away(verdict, end)
        if verdict.unbounded is not None:
            break
        if better is not None:
            return better
    if verdict.noise > 0.5 and verdict.unbounded is None:
        verdict.unbounded = _rounding_trace(verdict)
    return _follow(verdict)


def _rounding_trace(verdict: Verdict) -> Trace:
    """The ascent ended where only the rounding of the data stops it: its own trail is the path."""
    trail = verdict.point.trail
    capped = verdict.objective.capped
    moved = np.where(capped, np.abs(trail[-1] - trail[0]), 0.0)
    j = int(np.argmax(moved))
    values = np.array([verdict.objective.value(x) for x in trail])
    return Trace(j, trail[:, j], values, trail)


def _push_away(verdict: Verdict, end: Point) -> np.ndarray | None:
    objective = verdict.objective
    positions = np.flatnonzero(objective.capped)
    if positions.size > PROBED:
        curvature = np.abs(np.diag(end.hessian))[positions]
        positions = positions[np.argsort(curvature)[:PROBED]]
    best = verdict.point.value
    for j in positions:
        for sign in (-1.0, 1.0):
            trace = _probe(objective, end, int(j), sign)
            slopes = np.diff(trace.values)
            last = slopes[-SETTLED:]
            if (
                slopes.size >= PROBE_STEPS - 1
                and np.all(last > LEAST_SLOPE)
                and np.ptp(last) <= 0.05 * abs(float(np.mean(last)))
            ):
                verdict.unbounded = trace
                return None
            top = int(np.argmax(trace.values))
            if trace.values[top] > best + max(1e3 * verdict.noise, 1e-7):
                return trace.points[top]
    return None


def _probe(objective: Objective, end: Point, j: int, sign: float) -> Trace:
    x = end.z.copy()
    values, points = [end.value], [x]
    for step in range(1, PROBE_STEPS + 1):
        x = points[-1].copy()
        x[j] = end.z[j] + sign * step
        value = objective.value(x)
        if not np.isfinite(value):
            break
        point = objective.climb(x, fixed=j, max_iterations=25)
        if not point.usable:
            break
        values.append(point.value)
        points.append(point.z)
        if _hopeless(np.diff(values), values[0] - values[-1]):
            break
    steps = np.array([p[j] for p in points])
    return Trace(j, steps, np.array(values), np.array(points))


def _hopeless(slopes: np.ndarray, fallen: float) -> bool:
    """Falling ever faster, or at a settled rate: it will not come back."""
    last = slopes[-4:]
    if last.size < 4 or fallen < 10 or np.any(last >= -LEAST_SLOPE):
        return False
    faster = bool(np.all(last[1:] < 1.8 * last[:-1]))
    return faster or float(np.ptp(last)) < 1e-5 * abs(float(last[-1]))


def _follow(verdict: Verdict) -> np.ndarray | None:
    """Find rays and flat directions; return a better point when one is met."""
    point, objective = verdict.point, verdict.objective
    d = equilibrate(point.hessian)
    directions, curvatures = _principal(verdict, d)
    rays: list[np.ndarray] = []
    flat: list[np.ndarray] = []
    for v, curvature in zip(directions, curvatures, strict=True):
        sides = []
        for sign in (1.0, -1.0):
            fell, better = _walk(verdict, sign * v, curvature)
            if better is not None and verdict.unbounded is None:
                return better
            sides.append(fell)
        if not any(sides):
            flat.append(v)
        elif not all(sides):
            rays.append(v if sides[1] else -v)
        elif curvature < SINGULAR and _ridge(verdict, v, d):
            flat.append(v)
    steps = (point.gradient == 0) & np.all(point.hessian == 0, axis=0)
    if verdict.corner is not None:
        steps &= np.all(verdict.corner.jacobian == 0, axis=0)
    flat = [v for v in flat if not np.any(steps & (np.abs(v) > 0.5 * np.abs(v).max()))]
    flat += list(np.eye(objective.size)[steps])
    verdict.flat = np.array(flat).reshape(-1, d.size)
    verdict.rays = np.array([_clean(r, verdict, d) for r in rays]).reshape(-1, d.size)
    return None


def _principal(verdict: Verdict, d: np.ndarray) -> tuple[list[np.ndarray], list[float]]:
    """Directions to follow with their curvature, flattest first, each in units of ``z``."""
    point = verdict.point
    basis = verdict.corner.basis if verdict.corner is not None else np.eye(d.size)
    if basis.shape[1] == 0:
        return [], []
    inner = basis.T @ point.hessian @ basis
    scale = equilibrate(inner)
    eigenvalues, vectors = np.linalg.eigh(-(scale[:, None] * inner * scale))
    columns = (basis @ (scale[:, None] * vectors)).T[:WALKED]
    directions = list(columns)
    trail = point.trail
    if verdict.corner is None:
        directions += [trail[-1] - trail[-1 - k] for k in (1, 2, 4) if len(trail) > k]
        directions += list(np.eye(d.size)[verdict.objective.capped])
    kept, curvatures = [], []
    for v in directions:
        if np.any(v != 0):
            kept.append(v)
            size = float(np.sum((v / d) ** 2))
            curvatures.append(float(-(v @ point.hessian @ v)) / size)
    return kept, curvatures


def _walk(verdict: Verdict, v: np.ndarray, curvature: float) -> tuple[bool, np.ndarray | None]:
    """Follow ``v`` for many standard errors: does the objective fall, and does it rise?"""
    point, objective = verdict.point, verdict.objective
    d = equilibrate(point.hessian)
    unit = v / np.linalg.norm(v / d)
    longest = 1024 / np.sqrt(max(curvature, 1e-15))
    capped = objective.capped
    if np.any(capped & (unit != 0)):
        longest = min(longest, 12 / float(np.max(np.abs(unit[capped]))))
    threshold = max(8 * verdict.noise, 1e-10)
    for length in longest * 2.0 ** -np.arange(12, -1, -1):
        x = point.z + length * unit
        value = objective.value(x)
        if not np.isfinite(value) or value < point.value - threshold:
            return True, None
        if value > point.value + max(1e3 * verdict.noise, 1e-7):
            return False, x
    return False, None


def _ridge(verdict: Verdict, v: np.ndarray, d: np.ndarray) -> bool:
    """Whether a curved ridge runs along ``v``: displaced and re-optimised, the maximum is as high."""
    point, objective = verdict.point, verdict.objective
    j = int(np.argmax(np.abs(v / d)))
    step = 0.5 if objective.capped[j] else max(3 * d[j], 0.1 * abs(point.z[j]))
    for sign in (1.0, -1.0):
        x = point.z.copy()
        x[j] += sign * step
        if not np.isfinite(objective.value(x)):
            continue
        end = objective.climb(x, fixed=j, max_iterations=100)
        if end.usable and end.value > point.value - max(50 * verdict.noise, 1e-9):
            return True
    return False


def _clean(ray: np.ndarray, verdict: Verdict, d: np.ndarray) -> np.ndarray:
    """Drop the components of a ray that are only the rest still settling."""
    big = np.max(np.abs(ray / d))
    kept = np.where(np.abs(ray / d) > 1e-4 * big, ray, 0.0)
    curvature = float(-(kept @ verdict.point.hessian @ kept)) / float(np.sum((kept / d) ** 2))
    return kept if not _walk(verdict, kept, curvature)[0] else ray
