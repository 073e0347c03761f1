"""Draws of an angle: mean direction and circular deviation, arcs, and whether the chains mix on the circle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from triptych.engine.angles import TURN, wrapped
from triptych.problem.table import Row, Status

# EVEN is pinned by test_a_mean_resultant_length_below_a_twentieth_is_no_direction.
EVEN = 0.05  # mean resultant length below which a distribution on the circle has no direction to speak of
# CHANCE is pinned by test_a_length_that_even_draws_reach_once_in_a_thousand_is_no_direction.
CHANCE = 1e-3  # probability of a mean resultant length as large if the draws were spread evenly (Rayleigh's test)


@dataclass(frozen=True)
class Directions:
    """What the draws of one variable say of its angles, ``(size,)`` each.

    The mean direction is that of ``scipy.stats.circmean``; the standard deviation, ``sqrt(-2 log R)`` with the mean
    resultant length ``R``, that of ``scipy.stats.circstd`` (Fisher 1993, Statistical Analysis of Circular Data,
    section 2.3); both in the angle's own units. What has no period is described as if it had one of 2 pi.
    """

    period: np.ndarray
    draws: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    length: np.ndarray

    @classmethod
    def of(cls, draws: np.ndarray, period: np.ndarray) -> Directions:
        """Describe draws ``(n, size)``."""
        unit = np.where(period > 0, period, TURN) / TURN
        sine, cosine = np.sin(draws / unit).mean(axis=0), np.cos(draws / unit).mean(axis=0)
        length = np.minimum(np.hypot(sine, cosine), 1.0)
        with np.errstate(divide="ignore"):
            deviation = unit * np.sqrt(-2 * np.log(length))
        found = cls(period, draws, unit * np.arctan2(sine, cosine), deviation, length)
        return replace(found, mean=np.array([found.own(i, value) for i, value in enumerate(found.mean)]))

    def own(self, i: int, value: float) -> float:
        """Return an angle as the one of its values that most draws are near, among those in their range."""
        draws, period = self.draws[:, i], self.period[i]
        if not period > 0:
            return float(value)
        turns, votes = np.unique(np.round((draws - value) / period), return_counts=True)
        values = value + period * turns
        inside = (draws.min() <= values) & (values <= draws.max())
        return float(values[np.argmax(votes + draws.size * inside)])

    def even(self, i: int, effective: float) -> bool:
        """Whether draws of an effective size are spread so evenly that they tell no direction."""
        return bool(self.length[i] < EVEN or effective * self.length[i] ** 2 < -np.log(CHANCE))

    def rows(self, i: int, linear: list[Row], effective: float) -> list[Row]:
        """Return the rows of an angle: those of its unrolled draws with the circle's mean and deviation.

        The median, of the draws unrolled about the mean direction, has the arc about itself.
        """
        if not self.period[i] > 0 or linear[0].status not in (Status.OK, Status.UNRELIABLE):
            return linear
        if self.even(i, effective):
            reason = (
                "the draws are spread all but evenly over the circle (mean resultant length "
                f"{self.length[i]:.2g}): they tell no mean direction, and no interval about one"
            )
            nan = dict.fromkeys(("estimate", "std_error", "lower", "upper"), np.nan)
            status = Status.NO_MOMENT if linear[0].status is Status.OK else linear[0].status
            return [row.also(reason).but(**nan, interval_kind="none", status=status) for row in linear]
        return [self._turned(i, row.but(std_error=float(self.deviation[i]))) for row in linear]

    def _turned(self, i: int, row: Row) -> Row:
        value = row.estimate if row.estimate_kind == "median" else float(self.mean[i])
        turn = self.own(i, value) - value
        return row.but(estimate=value + turn, lower=row.lower + turn, upper=row.upper + turn)


def unrolled_draws(posterior: Any, periods: dict[str, np.ndarray]) -> tuple[Any, dict[str, Directions]]:
    """Return the draws with each angle unrolled about its mean direction, and what is known of these.

    Parameters
    ----------
    posterior
        An xarray Dataset of draws.
    periods
        Those of the variables that have angles.
    """
    found, values = {}, {}
    for name, period in periods.items():
        if name in posterior:
            draws = posterior[name].transpose("chain", "draw", ...)
            flat = draws.values.reshape(draws.sizes["chain"] * draws.sizes["draw"], -1)
            found[name] = Directions.of(flat, period)
            straight = np.where(period > 0, found[name].mean + wrapped(flat - found[name].mean, period), flat)
            values[name] = draws.copy(data=straight.reshape(draws.shape))
    return posterior.assign(values), found


def sine_and_cosine(posterior: Any, periods: dict[str, np.ndarray]) -> tuple[Any, Any, Any]:
    """Return sine and cosine of the way of each angle from its mean direction, and the mean cosine by its unit.

    That mean is the mean resultant length. The mean direction's error is the mean sine's over it (Fisher 1993,
    section 4.4), in the unit in which a turn is 2 pi.
    """
    straight, found = unrolled_draws(posterior, periods)
    across, along, length = {}, {}, {}
    for name, direction in found.items():
        draws = straight[name]
        shape = draws.shape[2:]
        unit = (np.where(direction.period > 0, direction.period, TURN) / TURN).reshape(shape)
        way = (draws.values - direction.mean.reshape(shape)) / unit
        across[name], along[name] = draws.copy(data=np.sin(way)), draws.copy(data=np.cos(way))
        length[name] = along[name].mean(("chain", "draw")) / unit
    return posterior.assign(across), posterior.assign(along), straight.mean(("chain", "draw")).assign(length)
