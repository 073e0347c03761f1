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

from triptych.base.linalg import NEXT_TO_ZERO, equilibrate
from triptych.engine.estimands import Estimand
from triptych.estimates.optimum import Optimum

TURN_SHARES = (0.2, 0.4, 0.6, 0.8, 1.0)  # shares of the way to the edge at which a function is evaluated
SCATTERED = 60  # random directions in which the edge is looked for; pinned by eight_schools_marginal (a tenth)
# REGION_REACH is pinned by eight_schools_marginal (a tenth).
REGION_REACH = 45.0  # units of a logarithm, or standard errors, that an open direction is followed
ON_EDGE = 1e-9  # how well a point on the edge is known, relative to its distance
ABYSS = 1e100  # stands for an infinite fall of the log-likelihood
NO_VARIANCE_LEFT = 1e-14  # variance of a direction, relative to the largest, up to which it is rounding


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
        """The maximum and points on the way to the edge, the edge last, shape ``(1 + len(TURN_SHARES) m, p)``."""
        hubs, edge = self.spokes
        return np.vstack([self.centre, *(hubs + share * (edge - hubs) for share in TURN_SHARES)])

    @property
    def _rays(self) -> list[np.ndarray]:
        return [ray / np.max(np.abs(ray)) for ray in self.optimum.verdict.diverging]

    @cached_property
    def natural_values(self) -> dict[str, np.ndarray]:
        """What is asked for at these points."""
        shown = [self._natural_values(x) for x in self.points]
        return {name: np.array([s[name] for s in shown]) for name in self.names}

    def _natural_values(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Show one point: compiled for many at once, it would take longer than it saves."""
        found = self.optimum.natural_values_at(self.objective.full(x))
        return {name: found[name].ravel() for name in self.names}

    def _inside(self, x: np.ndarray) -> bool:
        return self.objective.value(x) >= self.least

    def reach(self, centre: np.ndarray, way: np.ndarray) -> np.ndarray:
        """Return the point on the edge in one direction; the farthest looked at where there is none."""
        logarithms = np.abs(way[self.objective.transformed])
        most = REGION_REACH / max(1.0, float(logarithms.max(initial=0.0)))
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
        return np.asarray(centre + (inside if on_edge else brentq(beyond, inside, outside, rtol=ON_EDGE)) * way)

    def values(self, estimand: Estimand, i: int) -> np.ndarray:
        """Return what a scalar is at the maximum and at points on the way to the edge."""
        return np.asarray(self.natural_values[estimand.name][:, i])


def _root(optimum: Optimum) -> np.ndarray:
    """Return directions of one standard error, as columns, and of one unit where there is none."""
    verdict = optimum.verdict
    values, vectors = np.linalg.eigh(np.nan_to_num(optimum.covariance))
    kept = values > NO_VARIANCE_LEFT * max(float(values.max(initial=0.0)), NEXT_TO_ZERO)
    columns = [vectors[:, kept] * np.sqrt(values[kept])]
    loose = [rows for rows in (verdict.diverging, verdict.unidentified) if rows.size]
    if loose:
        d = np.where(verdict.objective.transformed, 1.0, equilibrate(verdict.point.hessian))
        if verdict.diverging.size:
            # What has gone away has no curvature left to give a scale: its scale is the way from the start.
            d = np.where(np.any(verdict.diverging != 0, axis=0), np.minimum(d, verdict.way), d)
        moving = np.any(np.vstack(loose) != 0, axis=0)
        columns.append((np.eye(moving.size) * d)[:, moving])
    return np.hstack(columns)
