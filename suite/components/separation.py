"""How far apart exchangeable components lie at a maximum, by each scalar of theirs and in its standard errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from triptych.components.exchange import Exchange, natural_values_at
from triptych.engine.engine import Engine
from triptych.existence.verdict import Verdict

FLAT = 1e-6  # part of a change along a direction that is rounding
AS_FAR = 0.99  # of the largest distance: what lies as far apart is taken in the order of the model


def best_key(engine: Engine, groups: Sequence[Exchange], mode: Verdict) -> int:
    """Return the place of the scalar that separates groups best, at the best point where distances can be told.

    Several groups are those of components of which each is made of components: one rule is for all of them.
    """
    for verdict in _places(mode):
        distances = np.min(np.concatenate([gaps(engine, group, verdict) for group in groups], axis=1), axis=1)
        if np.any(np.isfinite(distances)):
            least = AS_FAR * np.nanmax(distances)
            return int(np.flatnonzero(np.nan_to_num(distances, nan=-1.0) >= least)[0])
    return 0


def _places(mode: Verdict) -> Iterator[Verdict]:
    """Yield the maximum, and then the local maxima, best first."""
    if mode.unbounded is None:
        yield mode
    for end in mode.others:
        if end.usable and not end.slow:
            yield Verdict(mode.objective, end, None, mode.rounding_error, 1)


def gaps(engine: Engine, group: Exchange, verdict: Verdict) -> np.ndarray:
    """Return the distances of neighbours in standard errors, ``(scalars, components - 1)``; NaN where none is told.

    The larger of those on the scalar's own scale and, where all have one sign, on that of its logarithm.
    """
    z = verdict.objective.full(verdict.point.z)
    step = 1e-5
    covariance = np.zeros((engine.size, engine.size))
    active = verdict.objective.active
    covariance[np.ix_(active, active)] = verdict.covariance
    here = group.keys(natural_values_at(engine, z))
    if not np.all(np.isfinite(covariance)):
        return np.full((len(here), group.size - 1), np.nan)
    around = group.keys(
        engine.natural_values_many(np.concatenate([z + step * np.eye(z.size), z - step * np.eye(z.size)]))
    )
    found = []
    for (_, at), (_, near) in zip(here, around, strict=True):
        order = np.argsort(at[0], kind="stable")
        value, slopes = at[0][order], ((near[: z.size] - near[z.size :]) / (2 * step))[:, order]
        if _moved(np.diff(slopes, axis=1)[active], verdict.unidentified):
            found.append(np.full(group.size - 1, np.nan))
            continue
        apart = _in_errors(value, slopes, covariance)
        if np.all(value > 0):
            with np.errstate(over="ignore", invalid="ignore"):  # far out a scale may be the smallest number there is
                apart = np.maximum(apart, _in_errors(np.log(value), slopes / value, covariance))
        found.append(apart)
    return np.array(found)


def _in_errors(value: np.ndarray, slopes: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return the differences of neighbours over their standard errors."""
    change = np.diff(slopes, axis=1)
    errors = np.sqrt(np.maximum(np.einsum("pk,pq,qk->k", change, covariance, change), 0.0))
    return np.asarray(np.diff(value) / np.maximum(errors, 1e-12))


def _moved(change: np.ndarray, flat: np.ndarray) -> bool:
    """Whether a direction in which the objective is level moves differences, so that they may be anything."""
    if not flat.size:
        return False
    least = FLAT * np.abs(flat) @ np.abs(change)
    return bool(np.any(np.abs(flat @ change) > least))
