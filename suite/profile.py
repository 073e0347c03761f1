"""Profile-likelihood intervals: the likelihood re-optimised with one estimand held fixed.

The interval is ``{c : 2 (l_max - l_profile(c)) <= chi2_1 quantile}`` (Wilks 1938; Venzon and
Moolgavkar 1988). Its ends are found on the signed root ``r(c) = sqrt(2 (l_max - l_profile(c)))``,
which is nearly linear, by safeguarded secant steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from triptych.estimands import Estimand
from triptych.interrupt import look
from triptych.kinks import climb
from triptych.newton import newton
from triptych.progress import Share, unheard
from triptych.rows import INVOLVED, Frame, Optimum
from triptych.table import Row, Status
from triptych.verdict import Verdict

FLAT = 1e-3
MOST = 40  # profiles per panel
STALLED = 1e-6  # Newton decrement above which a constrained ascent has not arrived
SHORTER = 6  # times that a step is cut short when the ascent did not arrive
LOGARITHMS, WIDTHS = 40.0, 1e5  # how far a scalar is followed: units of a logarithm, or of its scale
STRIDE = 4.0  # longest step of a logarithm: what grows from next to nothing is not stepped over
ENDLESS = 800.0  # a logarithm whose exponential is zero or infinite
PROFILED = (Status.OK, Status.AT_BOUNDARY, Status.AT_INFINITY)


def profile_rows(
    optimum: Optimum, frame: Frame, estimands: list[Estimand], rows: list[Row], progress: Share = unheard
) -> list[Row]:
    """Return a profile interval for each estimand that has a maximum or a one-sided limit.

    None is computed for more than 40 scalars: each end costs several re-optimisations.
    """
    from scipy.stats import chi2

    by_name = {estimand.name: estimand for estimand in estimands}
    target = float(np.sqrt(chi2.ppf(frame.ci_prob, 1)))
    found = []
    wanted = [row for row in rows if row.status in PROFILED]
    for done, row in enumerate(wanted if len(wanted) <= MOST else []):
        look()
        progress(done / len(wanted))
        estimand = by_name[row.estimand]
        i = estimand.variable.labels.index(row.label)
        if row.status is Status.AT_BOUNDARY and estimand.positions is None and not optimum.verdict.cliff.size:
            if optimum.shown[estimand.name].ravel()[i] == row.estimate:
                continue  # no digit is left to tell the distance from the edge
            scalar, open_sides = Scalar.from_edge(optimum, estimand, i, row.estimate), {-1.0}
        else:
            scalar = Scalar.of(optimum, estimand, i)
            open_sides = _open_sides(optimum, scalar) if row.status is not Status.OK else set()
        ends: list[float] = []
        for sign in (-1.0, 1.0):
            with np.errstate(over="ignore", invalid="ignore"):  # as happens on the way to an end at infinity
                limit = row.estimate if row.status is Status.AT_BOUNDARY else scalar.natural(sign * np.inf)
                end = limit if sign in open_sides else scalar.natural(_end(optimum, scalar, sign, target))
            if np.isnan(end):
                break
            ends.append(end)
        else:
            found.append(row.but(lower=min(ends), upper=max(ends), interval_kind="profile"))
    return found


def _open_sides(optimum: Optimum, scalar: Scalar) -> set[float]:
    """Return the sides to which a scalar goes along a ray, where the likelihood never falls again."""
    slope = scalar.evaluate(optimum.verdict.point.z)[1]
    moves = [(float(slope @ ray), float(np.abs(slope) @ np.abs(ray))) for ray in optimum.verdict.rays]
    return {float(np.sign(move)) for move, most in moves if abs(move) > INVOLVED * most}


@dataclass(frozen=True)
class Scalar:
    """One scalar to hold fixed: a coordinate of ``z``, or a smooth function of them."""

    centre: float
    scale: float
    position: int | None
    reach: float  # how far it is followed
    evaluate: Callable[[np.ndarray], tuple[float, np.ndarray]]
    natural: Callable[[float], float]
    covariance: np.ndarray
    stride: float = np.inf  # longest step

    @classmethod
    def of(cls, optimum: Optimum, estimand: Estimand, i: int) -> Scalar:
        """Describe scalar ``i`` of an estimand."""
        objective, engine = optimum.verdict.objective, optimum.engine
        name, size = estimand.name, estimand.variable.size
        if estimand.positions is not None:
            at, centre = int(estimand.positions[i]), float(optimum.z[estimand.positions[i]])
            j = int(np.flatnonzero(optimum.active == at)[0])
            logarithm = bool(objective.capped[j])
            gradient = np.eye(objective.size)[j]
            variance = float(optimum.covariance[j, j])

            def back(value: float) -> float:
                if not np.isfinite(value):
                    value = float(np.sign(value)) * ENDLESS if logarithm else value
                z = optimum.z.copy()
                z[at] = value
                with np.errstate(over="ignore"):
                    return float(engine.shown(z)[name].ravel()[i])

            scale = _scale(variance, logarithm, float(optimum.conditional[j]))
            return cls(
                centre,
                scale,
                j,
                LOGARITHMS + abs(centre) if logarithm else WIDTHS * scale,
                lambda x: (float(x[j]), gradient),
                back,
                optimum.covariance,
                STRIDE if logarithm else np.inf,
            )

        def evaluate(x: np.ndarray) -> tuple[float, np.ndarray]:
            z = objective.full(x)
            slope = engine.shown_jacobian(z)[name].reshape(size, -1)[i, objective.active]
            return float(engine.shown(z)[name].ravel()[i]), slope

        value, slope = evaluate(optimum.verdict.point.z)
        variance = float(slope @ optimum.covariance @ slope)
        scale = _scale(variance, False, float(slope**2 @ optimum.conditional))
        return cls(value, scale, None, WIDTHS * scale, evaluate, float, optimum.covariance)

    @classmethod
    def from_edge(cls, optimum: Optimum, estimand: Estimand, i: int, edge: float) -> Scalar:
        """Describe scalar ``i`` of an estimand at an edge of its range by the logarithm of its distance from there.

        On its own scale it stands still so close to the edge, and no step leads away.
        """
        objective, engine = optimum.verdict.objective, optimum.engine
        name, size = estimand.name, estimand.variable.size
        side = float(np.sign(optimum.shown[name].ravel()[i] - edge))

        def evaluate(x: np.ndarray) -> tuple[float, np.ndarray]:
            z = objective.full(x)
            distance = side * (float(engine.shown(z)[name].ravel()[i]) - edge)
            slope = side * engine.shown_jacobian(z)[name].reshape(size, -1)[i, objective.active]
            with np.errstate(all="ignore"):
                return float(np.log(distance)), slope / distance

        def back(value: float) -> float:
            return edge + side * float(np.exp(value))

        # So far out curvature tells no scale of what goes away with it: a unit of a logarithm does.
        unit = np.where(objective.capped, 1.0, optimum.conditional)
        centre = evaluate(optimum.verdict.point.z)[0]
        reach = LOGARITHMS + abs(centre)
        return cls(centre, _scale(0.0, True, 0.0), None, reach, evaluate, back, np.diag(unit), STRIDE)


def _scale(variance: float, capped: bool, conditional: float) -> float:
    deviation = np.sqrt(variance) if np.isfinite(variance) and variance > 0 else 0.0
    if deviation == 0.0:
        deviation = 0.5 if capped else np.sqrt(max(conditional, 0.0)) or 1.0
    return float(min(deviation, 2.0) if capped else deviation)


def _end(optimum: Optimum, scalar: Scalar, sign: float, target: float) -> float:
    """Return the end of the interval on one side; infinite when the profile never falls so far."""
    verdict = optimum.verdict
    best = verdict.point.value
    x = verdict.point.z
    inside, r_inside = scalar.centre, 0.0
    outside, r_outside = np.nan, np.nan
    step = sign * scalar.scale * target
    at, shorter = inside + step, 0
    for _ in range(60):
        held = hold(verdict, scalar, x, at)
        if held is None and inside != scalar.centre and r_inside < FLAT * target:
            return sign * np.inf  # still level where the numbers end
        if held is None:
            r = np.inf
        elif np.isnan(held[1]):
            # Too long a step at once: a shorter one starts nearer to what it looks for.
            shorter += 1
            if shorter > SHORTER:
                return np.nan
            at = inside + (at - inside) / 4
            continue
        else:
            r = float(np.sqrt(max(0.0, 2 * (best - held[1]))))
        if r <= target:
            assert held is not None
            inside, r_inside, x = at, r, held[0]
        else:
            outside, r_outside = at, r
        if abs(r - target) < 1e-7 * target:
            return at
        if np.isnan(outside):
            grow = 1.0 if r_inside > 0.3 * target else 2.0
            slope = (r_inside / abs(at - scalar.centre)) if r_inside > 0 else 0.0
            wanted = (target - r_inside) / slope if slope > 0 else np.inf
            at = inside + sign * min(1.05 * wanted, grow * abs(inside - scalar.centre) + abs(step), scalar.stride)
            if abs(at - scalar.centre) > scalar.reach:
                return sign * np.inf
            continue
        if abs(outside - inside) < 1e-10 * (abs(inside) + scalar.scale):
            return inside
        share = (target - r_inside) / (r_outside - r_inside) if np.isfinite(r_outside) else 0.5
        at = inside + float(np.clip(share, 0.05, 0.95)) * (outside - inside)
    return at


def _beside(normal: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Directions, as columns, that hold the scalar and do not wander along a ridge."""
    rows = np.vstack([normal[None], *(v[None] / np.linalg.norm(v) for v in flat)])
    _, sizes, vectors = np.linalg.svd(rows)
    return np.asarray(vectors[int(np.sum(sizes > 1e-8)) :].T)


def hold(verdict: Verdict, scalar: Scalar, start: np.ndarray, at: float) -> tuple[np.ndarray, float] | None:
    """Maximise with the scalar held at ``at``; None when no usable point was found, NaN when none was settled on."""
    objective = verdict.objective
    if scalar.position is not None:
        x = start.copy()
        x[scalar.position] = at
        rest = replace(objective, origin=objective.full(x)).without(np.array([scalar.position]))
        if rest.size == 0:
            value = objective.value(x)
            return (x, value) if np.isfinite(value) else None
        point, _ = climb(rest, np.delete(x, scalar.position))
        if not point.usable:
            return None
        return np.insert(point.z, scalar.position, point.z.dtype.type(at)), point.value
    x, settled = start.copy(), False
    for _ in range(12):
        value, slope = scalar.evaluate(x)
        if not np.all(np.isfinite(slope)):
            return None
        direction = scalar.covariance @ slope
        if not float(slope @ direction) > 0:
            direction = slope
        # Where the scalar has stopped moving there is nothing left to hold.
        if not float(slope @ direction) > 0:
            return None
        x = x + direction * ((at - value) / float(slope @ direction))
        if abs(scalar.evaluate(x)[0] - at) > 1e-9 * (abs(at) + scalar.scale):
            continue
        normal = scalar.evaluate(x)[1]
        if not np.all(np.isfinite(normal)) or not np.any(normal != 0):
            return None
        normal = normal / np.max(np.abs(normal))  # its squares may underflow
        basis = _beside(normal, verdict.flat)
        point = newton(
            objective.derivatives, objective.value, x, basis=basis, capped=objective.capped, max_iterations=30, polish=0
        )
        if not point.usable:
            return None
        moved = abs(scalar.evaluate(point.z)[0] - at)
        x = point.z
        settled = point.decrement <= STALLED * (1 + abs(point.value))
        if moved <= 1e-8 * scalar.scale and settled:
            return x, point.value
    near = abs(scalar.evaluate(x)[0] - at) <= 1e-4 * scalar.scale
    return x, objective.value(x) if near and settled else np.nan
