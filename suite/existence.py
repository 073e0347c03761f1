"""Does an optimum exist? Decided by curvature and by probing around the best point found.

Vanishing gradient and negative curvature alone are fooled: the log-likelihood of separated classes
flattens on its way to infinity, a ridge has both along its length. So from the best end point the
objective is followed along every principal direction and along the last steps of the ascent, in
units of the standard error there, and each logarithmic coordinate is pushed away while the rest is
re-optimised. What theory puts out of reach of these probes is ``ok``: then it means the best of
the starts, with no ascent found.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from triptych.kinks import Corner, climb_kinked
from triptych.newton import Point, ascent_step, equilibrate
from triptych.objective import Objective

SINGULAR = 1e-9  # smallest trusted eigenvalue of the equilibrated information
COARSE = 3e-6  # rounding error of an objective that can still be judged
RAN_AWAY = 40.0  # units of a logarithm that an ascent to a finite maximum does not travel
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
    cliff
        A direction in which the objective rises until its domain ends at once, if there is one.
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
    cliff: np.ndarray | None = None

    @property
    def regular(self) -> bool:
        """Whether gradient and curvature on the regular directions are those of a maximum."""
        point = self.point
        basis = self.basis
        if basis.shape[1] == 0:
            return True
        _, decrement = ascent_step(basis.T @ point.gradient, basis.T @ point.hessian @ basis)
        return bool(decrement <= 1e-6 * (1 + abs(point.value)) and np.all(np.isfinite(self.covariance)))

    @property
    def basis(self) -> np.ndarray:
        """Directions in which the maximum is regular, as columns, not orthonormal."""
        d = equilibrate(self.point.hessian)
        rows = [self.corner.jacobian * d] if self.corner is not None else []
        rows += [self.rays / d] if self.rays.size else []
        rows += [self.flat / d] if self.flat.size else []
        rows += [self.cliff[None] / d] if self.cliff is not None else []
        stacked = np.vstack(rows) if rows else np.zeros((0, d.size))
        if stacked.shape[0] == 0:
            return np.diag(d)
        from scipy.linalg import null_space

        size = np.linalg.norm(stacked, axis=1, keepdims=True)
        return np.asarray(d[:, None] * null_space(stacked / np.where(size > 0, size, 1.0), rcond=1e-10))

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
    if objective.kinked:
        return climb_kinked(objective, x)
    return objective.climb(x), None


def _ends(objective: Objective, rng: np.random.Generator, starts: int) -> list[tuple[Point, Corner | None]]:
    origin = objective.origin[objective.active]
    kinked = objective.kinked
    found = [climb(objective, _on_steps(objective, origin))]
    capped = objective.capped
    for k in range(2 if kinked else starts):
        centre, scale = origin, np.ones_like(origin)
        if k % 2 and found[0][0].usable:
            best = max((p for p, _ in found if p.usable), key=lambda p: p.value)
            if not best.slow:
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
    # A point that is all rounding may show any value; it leads only when there is no other.
    usable.sort(key=lambda e: objective.noise(e[0].z) > COARSE)
    best = usable[0][0].value
    origin = objective.origin[objective.active]
    equal = [e for e in usable if abs(e[0].value - best) <= 1e-9 * (1 + abs(best))]
    point, corner = min(equal, key=lambda e: (e[0].slow, float(np.linalg.norm(e[0].z - origin))))
    others: list[Point] = []
    for other, _ in usable:
        values = [point.value, *(o.value for o in others)]
        if all(abs(other.value - v) > 1e-6 * (1 + abs(v)) for v in values):
            others.append(other)
    return Verdict(objective, point, corner, objective.noise(point.z), len(usable), others)


def _judge(verdict: Verdict) -> np.ndarray | None:
    """Fill in the verdict; return a better point when the probes find one."""
    if verdict.starts == 0:
        return None
    verdict.unbounded = _ran_away(verdict)
    if verdict.unbounded is not None:
        verdict.flat = structural_null(verdict.objective)
        return None
    if verdict.noise > COARSE:
        _step_back(verdict)
    for end in [verdict.point, *verdict.others[:1]]:
        better = _push_away(verdict, end)
        if verdict.unbounded is not None:
            # Far out, rounding hides which directions are flat; near the start it does not.
            verdict.flat = structural_null(verdict.objective)
            return None
        if better is not None:
            return better
    return _follow(verdict)


def _ran_away(verdict: Verdict) -> Trace | None:
    """Whether the ascent itself carried a logarithmic coordinate away at a slope that did not fade."""
    objective, trail = verdict.objective, verdict.point.trail
    mask = objective.logarithmic
    if not np.any(mask) or len(trail) < 8:
        return None
    j = int(np.argmax(np.where(mask, np.abs(trail[-1] - trail[0]), 0.0)))
    if abs(trail[-1, j] - trail[0, j]) < RAN_AWAY:
        return None
    values = np.array([objective.value(x) for x in trail])
    moved = np.abs(trail[:, j] - trail[-1, j])
    late, early = moved <= RAN_AWAY / 4, (moved > RAN_AWAY / 4) & (moved <= RAN_AWAY / 2)
    if late.sum() < 3 or early.sum() < 3:
        return None
    slopes = [np.ptp(values[part]) / max(np.ptp(moved[part]), 1e-9) for part in (early, late)]
    if slopes[1] < LEAST_SLOPE or slopes[1] < 0.5 * slopes[0]:
        return None
    return Trace(j, trail[:, j], values, trail)


def _step_back(verdict: Verdict) -> None:
    """Return along the trail to where the objective is still computed and not rounding."""
    objective, trail = verdict.objective, verdict.point.trail
    for x in trail[::-1]:
        noise = objective.noise(x)
        if noise <= 1e-3 * COARSE:
            value, gradient, hessian = objective.derivatives(x)
            _, decrement = ascent_step(gradient, hessian)
            verdict.point = Point(x, value, gradient, hessian, decrement, len(trail), trail)
            verdict.noise = noise
            return


def structural_null(objective: Objective) -> np.ndarray:
    """Return directions, as rows, along which no term of the objective changes anywhere.

    The terms' derivatives at several random points share this null space: collinear columns, more
    columns than rows, a sum of which only the total matters.
    """
    from scipy.linalg import null_space

    rng = np.random.default_rng(2)
    rows = []
    for scale in (0.1, 0.5, 1.0, 1.0):
        x = objective.origin[objective.active] + scale * rng.standard_normal(objective.size)
        z = objective.full(x)
        terms = [j.reshape(-1, z.size) for j in objective.engine.pointwise_jacobian(z).values()]
        if objective.parts[1]:
            terms.append(objective.engine.derivatives(z)[1][1:2])
        block = np.vstack(terms)[:, objective.active]
        if np.all(np.isfinite(block)):
            rows.append(block)
    if not rows:
        return np.zeros((0, objective.size))
    stacked = np.vstack(rows)
    size = np.linalg.norm(stacked, axis=0)
    scaled = stacked / np.where(size > 0, size, 1.0)
    flat = null_space(scaled, rcond=1e-10).T / np.where(size > 0, size, 1.0)
    biggest = np.max(np.abs(flat * size), axis=1, keepdims=True, initial=0.0)
    return np.where(np.abs(flat * size) > 1e-8 * biggest, flat, 0.0)


def _push_away(verdict: Verdict, end: Point) -> np.ndarray | None:
    objective = verdict.objective
    positions = np.flatnonzero(objective.logarithmic)
    if positions.size > PROBED:
        curvature = np.abs(np.diag(end.hessian))[positions]
        positions = positions[np.argsort(curvature)[:PROBED]]
    least = verdict.point.value + max(1e3 * verdict.noise, 1e-6 * (1 + abs(verdict.point.value)))
    better = None
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
            if trace.values[top] > least and _believable(verdict, trace, top):
                better, least = trace.points[top], float(trace.values[top])
    return better


def _believable(verdict: Verdict, trace: Trace, top: int) -> bool:
    """Whether a rise is neither rounding nor a leap of a density that is computed wrongly far out."""
    objective = verdict.objective
    rise = float(trace.values[top]) - verdict.point.value
    if rise <= 20 * objective.noise(trace.points[top]):
        return False
    return not _jumps(objective, trace.points[top - 1], trace.points[top])


def _jumps(objective: Objective, one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the objective leaps between two points: a density computed wrongly far out does."""
    ends = [objective.value(one), objective.value(other)]
    whole = abs(ends[1] - ends[0])
    for _ in range(40):
        middle = (one + other) / 2
        value = objective.value(middle)
        if not np.isfinite(value):
            return True
        if abs(value - ends[0]) > abs(ends[1] - value):
            other, ends = middle, [ends[0], value]
        else:
            one, ends = middle, [value, ends[1]]
    return abs(ends[1] - ends[0]) > 0.2 * whole


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
    ridges: list[np.ndarray] = []
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
        elif curvature < SINGULAR:
            ridges.append(v)
    along = np.linalg.qr(np.array(rays).reshape(-1, d.size).T / d[:, None])[0]
    for v in ridges:
        unit = (v / d) / np.linalg.norm(v / d)
        if np.linalg.norm(along.T @ unit) < 0.9 and _ridge(verdict, v, d):
            flat.append(v)
    steps = (point.gradient == 0) & np.all(point.hessian == 0, axis=0)
    if verdict.corner is not None:
        steps &= np.all(verdict.corner.jacobian == 0, axis=0)
    flat = [v for v in flat if not np.any(steps & (np.abs(v) > 0.5 * np.abs(v).max()))]
    flat += list(np.eye(objective.size)[steps])
    verdict.flat = np.array([_clean(v, verdict, d) for v in flat]).reshape(-1, d.size)
    verdict.rays = np.array([_clean(r, verdict, d) for r in rays]).reshape(-1, d.size)
    _settle(verdict)
    if not verdict.regular:
        verdict.cliff = _cliff(verdict)
    return None


def _settle(verdict: Verdict) -> None:
    """Push the coordinates that go to an edge of the support on, and let the rest come to its limit."""
    objective, point = verdict.objective, verdict.point
    away = np.flatnonzero(np.any(verdict.rays != 0, axis=0))
    if away.size == 0 or not np.all(objective.capped[away]) or away.size == objective.size:
        return
    x = point.z.copy()
    for ray in verdict.rays:
        x += ray * (4 / np.max(np.abs(ray)))
    rest = replace(objective, origin=objective.full(x)).without(away)
    end, _ = climb(rest, np.delete(x, away))
    keep = np.setdiff1d(np.arange(objective.size), away)
    x[keep] = end.z
    value, gradient, hessian = objective.derivatives(x)
    if np.isfinite(value) and value >= point.value - max(8 * verdict.noise, 1e-9):
        verdict.point = replace(point, z=x, value=value, gradient=gradient, hessian=hessian)


def _cliff(verdict: Verdict) -> np.ndarray | None:
    """Return the axis along which the objective rises right up to the end of its domain."""
    point, objective = verdict.point, verdict.objective
    for j in np.argsort(-np.abs(point.gradient)):
        step = np.zeros_like(point.z)
        step[j] = np.sign(point.gradient[j]) * 1e-7 * max(1.0, abs(point.z[j]))
        inside, outside = objective.value(point.z - step), objective.value(point.z + step)
        if np.isfinite(inside) and inside < point.value and not np.isfinite(outside):
            return np.where(step != 0, np.sign(step), 0.0)
    return None


def _principal(verdict: Verdict, d: np.ndarray) -> tuple[list[np.ndarray], list[float]]:
    """Directions to follow with their curvature, flattest first, each in units of ``z``."""
    point = verdict.point
    basis = verdict.corner.basis if verdict.corner is not None else np.eye(d.size)
    if basis.shape[1] == 0:
        return [], []
    inner = basis.T @ point.hessian @ basis
    scale = equilibrate(inner)
    _, vectors = np.linalg.eigh(-(scale[:, None] * inner * scale))
    columns = (basis @ (scale[:, None] * vectors)).T[:WALKED]
    directions = list(columns)
    trail = point.trail
    further = [trail[-1] - trail[-1 - k] for k in (1, 2, 4) if len(trail) > k]
    further += list(np.eye(d.size)[verdict.objective.capped])
    # A direction that leaves a kink is left to the multipliers.
    directions += [v for v in further if np.allclose(basis @ (basis.T @ v), v, rtol=0, atol=1e-12)]
    kept, curvatures = [], []
    for v in directions:
        if np.any(v != 0):
            kept.append(v)
            size = float(np.sum((v / d) ** 2))
            curvatures.append(float(-(v @ point.hessian @ v)) / size)
    return kept, curvatures


def _walk(verdict: Verdict, v: np.ndarray, curvature: float) -> tuple[bool, np.ndarray | None]:
    """Follow ``v`` for many standard errors; return whether it falls, and a better point if met."""
    point, objective = verdict.point, verdict.objective
    d = equilibrate(point.hessian)
    unit = v / np.linalg.norm(v / d)
    longest = 1024 / np.sqrt(max(curvature, 1e-15))
    capped = objective.capped
    if np.any(capped & (unit != 0)):
        longest = min(longest, 12 / float(np.max(np.abs(unit[capped]))))
    threshold = max(8 * verdict.noise, 1e-10)
    gain = max(1e3 * verdict.noise, 1e-6 * (1 + abs(point.value)))
    for k in range(12, -1, -1):
        x = point.z + longest * 2.0**-k * unit
        value = objective.value(x)
        if not np.isfinite(value):
            # Far out this is overflow; close by it is the end of the domain.
            return k > 6, None
        change = value - point.value
        if change < -threshold and (change < -0.1 or change < -8 * objective.noise(x)):
            return True, None
        if change > gain and change > 20 * objective.noise(x):
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


def _clean(v: np.ndarray, verdict: Verdict, d: np.ndarray) -> np.ndarray:
    """Drop the components of a direction that are only the rest still settling."""
    capped = verdict.objective.capped
    share = np.abs(v / d)
    kept = np.where(share > 1e-4 * share.max(), v, 0.0)
    if np.any(capped & (kept != 0)):
        far = v * (12 / np.max(np.abs(v[capped])))
        kept = np.where(np.abs(far) > np.where(capped, 0.1, 0.03 * d), v, 0.0)
    curvature = float(-(kept @ verdict.point.hessian @ kept)) / float(np.sum((kept / d) ** 2))
    return kept if not _walk(verdict, kept, curvature)[0] else v
