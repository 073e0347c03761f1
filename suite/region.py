"""The likelihood region: where the log-likelihood is no more than half a chi-square quantile below its maximum.

A profile interval is all that a scalar takes there, so its ends are the least and the greatest value on the region
(Neale and Miller 1997, Behavior Genetics 27, 113-120). Followed by re-optimisation an end may be missed: a function may
stand still at the maximum, run level far out, or turn. Points on the edge of the region show where that has happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy.optimize import brentq

from triptych.ascent import Ascent
from triptych.estimands import Estimand
from triptych.newton import equilibrate
from triptych.rows import FAR, Optimum

SHARES = (0.2, 0.4, 0.6, 0.8, 1.0)  # of the way to the edge, where a function may turn
SCATTERED = 60  # random directions in which the edge is looked for
FARTHEST = 45.0  # units of a logarithm, or of a scale, that an open direction is followed
EDGE = 1e-9  # how well a point on the edge is known, relative to its distance
ABYSS = 1e100  # stands for a fall without end
SEEDS = 3  # points on the edge from which each end is searched for
SETTLED, ROUNDING = 1e-6, 1e-12  # change of what has come to its limit far out; what is left of a zero
NEAR = 20.0  # units of a logarithm from the maximum within which a scalar's spread is measured


class Region:
    """The region about a maximum, as seen from it.

    Parameters
    ----------
    optimum
        The maximum; directions in which nothing changes or that lead to infinity are followed too.
    fall
        By how much the log-likelihood may fall.
    names
        The estimands whose ends will be asked for.
    """

    def __init__(self, optimum: Optimum, fall: float, names: Sequence[str]) -> None:
        self.optimum, self.fall, self.names = optimum, fall, names
        self.objective, self.centre = optimum.verdict.objective, optimum.verdict.point.z
        self.least = optimum.verdict.point.value - fall
        self.root = _root(optimum)

    @cached_property
    def spokes(self) -> tuple[np.ndarray, np.ndarray]:
        """Maxima and, from each in all directions, points on the edge, or far out where there is none: both (m, p)."""
        rng = np.random.default_rng(0)
        q = self.root.shape[1]
        ways = [*np.eye(q), *-np.eye(q), *rng.standard_normal((SCATTERED, q))]
        directions = [self.root @ (w / np.linalg.norm(w)) for w in ways] + self._rays
        centres = [self.centre, *(o.z for o in self.optimum.verdict.others if o.value >= self.least)]
        edge = [self.reach(c, v) for c in centres for v in directions]
        hubs = np.repeat(centres, len(directions), axis=0)
        return hubs, np.array(edge).reshape(hubs.shape)

    @cached_property
    def points(self) -> np.ndarray:
        """The maximum and points on the way to the edge, the edge last, shape ``(1 + len(SHARES) m, p)``."""
        hubs, edge = self.spokes
        return np.vstack([self.centre, *(hubs + share * (edge - hubs) for share in SHARES)])

    @property
    def _rays(self) -> list[np.ndarray]:
        return [ray / np.max(np.abs(ray)) for ray in self.optimum.verdict.rays]

    @cached_property
    def shown(self) -> dict[str, np.ndarray]:
        """What is asked for at these points."""
        shown = [self._shown(x) for x in self.points]
        return {name: np.array([s[name] for s in shown]) for name in self.names}

    def shown_at(self, x: np.ndarray, scalar: Ascent) -> float:
        """Return a scalar at a point."""
        return float(self._shown(x)[scalar.estimand.name][scalar.i])

    def _shown(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Show one point: compiled for many at once, it would take longer than it saves."""
        found = self.optimum.shown_at(self.objective.full(x))
        return {name: found[name].ravel() for name in self.names}

    def _inside(self, x: np.ndarray) -> bool:
        return self.objective.value(x) >= self.least

    def reach(self, centre: np.ndarray, way: np.ndarray) -> np.ndarray:
        """Return the point on the edge in one direction; the farthest looked at where there is none."""
        logarithms = np.abs(way[self.objective.capped])
        most = FARTHEST / max(1.0, float(logarithms.max(initial=0.0)))
        inside, outside = 0.0, 1.0
        while outside <= most and self._inside(centre + outside * way):
            inside, outside = outside, 2 * outside
        if outside > most:
            if self._inside(centre + most * way):
                return np.asarray(centre + most * way)
            outside = most

        def beyond(t: float) -> float:
            """Return how far outside a point is; the root is of a fall that is nearly a square of the distance."""
            fallen = self.least + self.fall - self.objective.value(centre + t * way)
            return min(float(np.sqrt(max(fallen, 0.0))), ABYSS) - float(np.sqrt(self.fall))

        on_edge = beyond(inside) >= 0
        return np.asarray(centre + (inside if on_edge else brentq(beyond, inside, outside, rtol=EDGE)) * way)

    def values(self, estimand: Estimand, i: int) -> np.ndarray:
        """Return what a scalar is at the maximum and at points on the way to the edge."""
        return np.asarray(self.shown[estimand.name][:, i])

    def ends(self, estimand: Estimand, i: int) -> tuple[float, float]:
        """Return the least and the greatest value of a scalar on the region; infinite where it has none."""
        values = self.values(estimand, i)
        spread = self._spread(values)
        rising = self._rising(estimand, i, spread)
        found = dict.fromkeys((-1.0, 1.0), np.nan)
        for sign in found:
            ascent = Ascent(self, estimand, i, sign, spread)
            found[sign] = sign * np.inf if sign in rising else self._end(ascent, values)
            # Beyond most poles a function comes back from the other side.
            if ascent.pole is not None and np.isinf(Ascent(self, estimand, i, -sign, spread).along(*ascent.pole)):
                return -np.inf, np.inf
        return found[-1.0], found[1.0]

    def _end(self, ascent: Ascent, values: np.ndarray) -> float:
        """Return the end of a scalar on one side, from its values at all points."""
        hubs, edge = self.spokes
        order = self._seeds(ascent.sign * values)
        spoke = (order[0] - 1) % len(hubs)
        along = ascent.along(hubs[spoke], edge[spoke])
        if np.isinf(along):
            return along
        reached = [ascent.end(self.points[k]) for k in order]
        end = ascent.sign * float(np.nanmax([ascent.sign * v for v in (*reached, along, *values[order])]))
        return 0.0 if abs(end) < ROUNDING * ascent.spread else end

    def _seeds(self, values: np.ndarray) -> np.ndarray:
        """Return the positions of the greatest values, each on a spoke of its own, the greatest first."""
        finite = np.where(np.isfinite(values), values, -np.inf)
        by_share = finite[1:].reshape(len(SHARES), -1)
        spokes = np.argsort(-by_share.max(axis=0), kind="stable")[:SEEDS]
        return np.asarray(1 + by_share.argmax(axis=0)[spokes] * by_share.shape[1] + spokes)

    def _spread(self, values: np.ndarray) -> float:
        """Return how far a scalar reaches on the part of the edge that is not far out."""
        outer = np.r_[0, -len(self.spokes[1]) : 0]
        away = np.max(np.abs(self.points[outer] - self.centre)[:, self.objective.capped], axis=1, initial=0.0)
        near = values[outer][(away < NEAR) & np.isfinite(values[outer])]
        return float(np.ptp(near)) or abs(float(values[0])) or 1.0

    def _rising(self, estimand: Estimand, i: int, spread: float) -> set[float]:
        """Return the sides to which a scalar goes on and on along the rays."""
        sides = set()
        for ray in self._rays:
            before, after = (
                float(self.optimum.shown_at(self.objective.full(self.centre + k * ray))[estimand.name].ravel()[i])
                for k in FAR
            )
            if not abs(after - before) <= SETTLED * (abs(before) + spread):
                sides.add(float(np.sign(after - before)))
        return sides


def _root(optimum: Optimum) -> np.ndarray:
    """Return directions of one standard error, as columns, and of one unit where there is none."""
    verdict = optimum.verdict
    values, vectors = np.linalg.eigh(np.nan_to_num(optimum.covariance))
    kept = values > 1e-14 * max(float(values.max(initial=0.0)), 1e-300)
    columns = [vectors[:, kept] * np.sqrt(values[kept])]
    loose = [rows for rows in (verdict.rays, verdict.flat) if rows.size]
    if loose:
        d = np.where(verdict.objective.capped, 1.0, equilibrate(verdict.point.hessian))
        if verdict.rays.size:
            # Of what has gone away no curvature is left to tell a scale; the way that it has come does.
            d = np.where(np.any(verdict.rays != 0, axis=0), np.minimum(d, verdict.way), d)
        moving = np.any(np.vstack(loose) != 0, axis=0)
        columns.append((np.eye(moving.size) * d)[:, moving])
    return np.hstack(columns)
