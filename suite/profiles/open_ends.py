"""Where a profile stays above the level for ever: the limit of its deviance, seen from places on its path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from triptych.existence.coordinate_paths import SHRINKS
from triptych.existence.verdict import Verdict
from triptych.profiles.held_scalar import Scalar

WINDOW = 3  # such ratios in a row; pinned by test_a_run_has_four_places_and_no_way_shorter_than_the_one_before
# APART is pinned by test_a_run_has_four_places_and_no_way_shorter_than_the_one_before.
APART = (1, 2, 3)  # spacings of the points of the path that are tried
# HIDDEN_RISE is pinned by test_a_rise_is_hidden_by_errors_of_a_ten_thousandth_of_the_level.
HIDDEN_RISE = 1e-4  # rounding error of the deviance, relative to the level, from which it may hide a rise
# BACK is pinned by test_a_step_leads_back_whose_cosine_to_the_ray_is_below_minus_a_tenth.
BACK = 0.1  # cosine of the angle to the reverse of a ray, from which a step leads back on it
AT_LIMIT, VANISHED = 1e-4, 1e-9  # of a scalar: what is left of the way to its limit on the path, and far beyond it
OVERFLOWS = 700.0  # logarithm whose exponential is close to the largest number in double precision
PROFILE_REACH = 1e7  # times the way after which a profile without a limit is followed no more
# NO_SHORTER is pinned by test_a_run_has_four_places_and_no_way_shorter_than_the_one_before.
NO_SHORTER = 0.99  # least ratio of two ways in a row of a run of equal or longer ones
FEW_PLACES, MANY_PLACES = 8, 64  # places far out at which a scalar is looked at: as logarithms move it, and otherwise
# OF_DEVIANCE is pinned by test_a_rise_is_hidden_by_errors_of_a_ten_thousandth_of_the_level.
OF_DEVIANCE = 4  # rounding errors of the log-likelihood in a rise of the deviance, which is twice a difference


@dataclass(frozen=True)
class Place:
    """A point of a profile: coordinates, the scalar, and the size of the signed root."""

    x: np.ndarray
    at: float
    r: float


def limit_of(values: np.ndarray, nothing: float) -> float:
    """Return what a sequence comes to (Aitken); infinite when its changes do not fade."""
    changes = np.diff(values)
    if np.all(np.abs(changes) <= nothing):
        return float(values[-1])
    ratios = np.abs(changes[1:]) / np.maximum(np.abs(changes[:-1]), np.finfo(float).tiny)
    one_way = (np.sign(changes) == np.sign(changes[0])) | (np.abs(changes) <= nothing)
    faded = np.all(ratios < SHRINKS) and np.all(one_way)
    if not faded:
        return np.inf
    return float(values[-1] + changes[-1] * ratios[-1] / (1 - ratios[-1]))


def runs(path: list[Place], unit: np.ndarray) -> Iterator[list[Place]]:
    """Yield places on the path, the last ones first, between which the way does not get shorter."""
    for last in range(len(path) - 1, WINDOW - 1, -1):
        for apart in APART:
            run = path[last - WINDOW * apart : last + 1 : apart] if last >= WINDOW * apart else []
            ways = [float(np.max(np.abs(b.x - a.x) / unit, initial=0.0)) for a, b in pairwise(run)]
            if run and all(b >= NO_SHORTER * a for a, b in pairwise(ways)):
                yield run


def is_hidden(verdict: Verdict, run: list[Place], level: float) -> bool:
    """Whether rounding may make up what the deviance still rises by: then it tells nothing of a limit."""
    error = OF_DEVIANCE * max(verdict.objective.roughness(place.x) for place in run)  # of twice a difference
    rises = np.abs(np.diff([place.r**2 for place in run]))
    return bool(error > HIDDEN_RISE * level and np.any(rises < error))


def leads_back(verdict: Verdict, path: list[Place]) -> bool:
    """Whether the path is still on the way back from where parameters went: so far out all is level."""
    last, before = path[-1].x, path[-2].x
    origin = verdict.objective.origin[verdict.objective.active]
    for ray in verdict.diverging:
        unit, moved = ray / np.linalg.norm(ray), np.where(ray != 0, last - before, 0.0)
        if unit @ moved < -BACK * np.linalg.norm(moved) and unit @ (last - origin) > 0:
            return True
    return False


def far_out(verdict: Verdict, scalar: Scalar, path: list[Place], sign: float) -> float:
    """Return the limit of the scalar far out; infinite where it has none."""
    last = path[-1]
    for run in runs(path, scalar.unit):
        values = np.array([place.at for place in run])
        limit = limit_of(values, 0.0)
        if abs(limit - values[-1]) <= AT_LIMIT * abs(values[-1]):
            return limit
    # The coordinates that have not settled are moved further, logarithms as far as numbers go.
    way = _way_out(scalar, path)
    logarithms = float(np.max(np.abs(way[verdict.objective.transformed]), initial=0.0))
    most, steps = (OVERFLOWS / logarithms, FEW_PLACES) if logarithms > 0 else (PROFILE_REACH**3, MANY_PLACES)
    shares = np.geomspace(1.0, most, steps)
    values = np.array([scalar.evaluate(last.x + share * way)[0] for share in shares])
    values = values[np.isfinite(values)]
    if values.size > WINDOW and abs(values[-1]) <= VANISHED * abs(last.at):
        return 0.0
    if values.size > WINDOW and abs(values[-1] - values[-2]) <= VANISHED * abs(values[-1]):
        return float(values[-1])
    return sign * np.inf


def _way_out(scalar: Scalar, path: list[Place]) -> np.ndarray:
    """Return the last step, of what does not settle: its steps do not fade while those of others do not shrink."""
    last = path[-1].x
    for run in runs(path, scalar.unit):
        steps = np.abs(np.diff([place.x for place in run], axis=0))
        settles = np.all(steps[1:] <= SHRINKS * steps[:-1], axis=0)
        return np.asarray(np.where(settles, 0.0, run[-1].x - run[-2].x))
    return np.asarray(last - path[0].x)
