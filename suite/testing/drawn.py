"""Draws with their figures, and what the gate says of them."""

from __future__ import annotations

import numpy as np

from triptych.base.errors import InputError
from triptych.engine.angles import wrapped
from triptych.testing.estimates import Sampled
from triptych.testing.statistics import LEAST_ESS, describe

MOST_RHAT = 1.01


def sampled(names: list[str], draws: np.ndarray, divergences: int = 0) -> Sampled:
    """Return draws with their figures, and what the gate says of them.

    Parameters
    ----------
    names
        Of the scalars.
    draws
        Shape ``(scalars, chains, draws)``.
    divergences
        Number of divergent transitions, where the sampler counts them.

    Raises
    ------
    InputError
        When a draw is not a number, or there are too few to tell their error.
    """
    from triptych.batch.summaries import summarise
    from triptych.sampling.gate import tail_index

    if draws.size == 0 or draws.shape[1] * draws.shape[2] < 8:
        raise InputError(f"draws of shape {draws.shape[1:]} (chains, draws) are too few to tell their error")
    if bad := [name for name, x in zip(names, draws, strict=True) if not np.all(np.isfinite(x))]:
        raise InputError(f"the draws of {', '.join(bad[:6])} have values that are not finite")
    import xarray as xr

    heavy = tail_index(xr.DataArray(np.moveaxis(draws, 0, 2), dims=("chain", "draw", "scalar")))
    figures = describe(draws, tail_index=heavy)
    found = summarise(draws, ())
    faults = [f"{divergences} divergent transitions"] if divergences else []
    moving = np.ptp(draws.reshape(len(draws), -1), axis=1) > 0
    if moving.any() and np.nanmax(found.r_hat[moving]) > MOST_RHAT:
        faults.append(f"R-hat {np.nanmax(found.r_hat[moving]):.3f} > {MOST_RHAT}")
    used = figures.sizes[np.isfinite(figures.errors) & (figures.errors > 0)]
    if used.size and used.min() < LEAST_ESS:
        faults.append(f"ESS {used.min():.0f} < {LEAST_ESS:.0f}")
    # One chain at a place of its own does not move, and its spread within is none.
    still = int(np.sum(~np.any(np.ptp(draws[moving], axis=2) > 0, axis=0))) if moving.any() else 0
    if still:
        faults.append(f"{still} of {draws.shape[1]} chains did not move")
    return Sampled(tuple(names), figures, draws, "; ".join(faults), np.zeros(len(names)), heavy)


def around(x: np.ndarray, period: float, centre: float | None) -> np.ndarray:
    """Return angles within half a turn of a centre, their mean direction unless another is named."""
    if not period:
        return x
    if centre is None:
        turn = 2 * np.pi * x / period
        centre = float(np.arctan2(np.sin(turn).mean(), np.cos(turn).mean()) * period / (2 * np.pi))
    return np.asarray(centre + wrapped(x - centre, np.full(x.shape, period)))
