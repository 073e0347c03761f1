"""The greatest value of a scalar within the likelihood region, or the least: a search from one point of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from triptych.estimands import Estimand
from triptych.scalars import value_and_slope
from triptych.segment import least

if TYPE_CHECKING:
    from triptych.region import Region

ENDLESS = 1e6  # spreads from which a scalar is without limit
SLACK = 1e-6  # of the fall, by which the search may overstep the edge


class Ascent:
    """A scalar, or minus it, to climb on.

    Parameters
    ----------
    region
        Where to stay.
    estimand, i
        The scalar.
    sign
        1 for the greatest value, -1 for the least.
    spread
        The scale of the scalar on the region.
    """

    def __init__(self, region: Region, estimand: Estimand, i: int, sign: float, spread: float) -> None:
        self.region, self.estimand, self.i, self.sign, self.spread = region, estimand, i, sign, spread
        self.pole: tuple[np.ndarray, np.ndarray] | None = None  # two points with one between them, once it is found

    def end(self, start: np.ndarray) -> float:
        """Return the value, signed as the scalar is, that is reached from a point; infinite at a pole."""
        region, objective, root = self.region, self.region.objective, self.region.root

        def room(u: np.ndarray) -> float:
            value = (objective.value(region.centre + root @ u) - region.least) / region.fall
            return value if np.isfinite(value) else -1e3

        def slope_of_room(u: np.ndarray) -> np.ndarray:
            slope = objective.derivatives(region.centre + root @ u)[1] @ root / region.fall
            return np.asarray(slope if np.all(np.isfinite(slope)) else np.zeros(u.size))

        from scipy.optimize import minimize

        first = np.linalg.lstsq(root, start - region.centre, rcond=None)[0]
        with np.errstate(all="ignore"):
            end = minimize(
                self._minus,
                first,
                jac=True,
                method="SLSQP",
                constraints={"type": "ineq", "fun": room, "jac": slope_of_room},
                options={"maxiter": 200, "ftol": 1e-12},
            ).x
            strayed = not np.all(np.isfinite(end)) or room(end) < -SLACK
            # A step across a pole ends lower than it began.
            end = first if strayed or self._minus(end)[0] > self._minus(first)[0] else end
            height, slope = self._minus(end)
            # A step that would cross a pole, or a jump, is taken back: what is ahead has to be looked at.
            beyond = self._ahead(region.centre + root @ end, -root @ slope)
        value = -self.sign * height * self.spread
        value = max(value, beyond) if self.sign > 0 else min(value, beyond)
        return self.sign * np.inf if abs(value) > ENDLESS * self.spread else value

    def along(self, hub: np.ndarray, edge: np.ndarray) -> float:
        """Return the end on the way between two points, infinite where there is a pole, NaN where it is undefined."""

        def function(places: np.ndarray) -> np.ndarray:
            return np.array([-self.sign * self.region.shown_at(hub + t * (edge - hub), self) for t in places])

        found = -self.sign * least(function, 0.0, 1.0)
        self.pole = (hub, edge) if np.isinf(found) else self.pole
        return found

    def _ahead(self, x: np.ndarray, way: np.ndarray) -> float:
        size = float(np.max(np.abs(way), initial=0.0))
        edge = self.region.reach(x, way / size) if size > 0 else x
        found = self.along(x, edge) if np.any(edge != x) else np.nan
        return -self.sign * np.inf if np.isnan(found) else found

    def _minus(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """Return minus the climb and its slope, in spreads, at a point in units of one standard error."""
        root = self.region.root
        value, slope = value_and_slope(self.region.objective, self.estimand, self.i, self.region.centre + root @ u)
        slope = slope @ root
        if not (np.isfinite(value) and np.all(np.isfinite(slope))):
            return 0.0, np.zeros(u.size)
        return -self.sign * value / self.spread, -self.sign * slope / self.spread
