"""Angles: which scalars return to the same value after a full turn, and differences between them.

A coordinate turns where the value that PyMC's transform makes of it is the same after 2 pi, as a circular transform's
is. What the model shows is an angle if it gains one constant, its period, on such a turn, wherever the other parameters
are: the variable itself, that plus a constant or a function of other parameters, its double, the difference of two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from triptych.engine.engine import Engine
from triptych.engine.once import once

TURN = 2 * np.pi
PLACES = 24  # points of a turn over which a slope is averaged
LOOKS = 3  # random values of the other parameters at which the average is taken
SAME = 1e-9  # relative difference that is taken for rounding error
FRACTIONS = range(1, 7)  # the period is tried as the least gain divided by these


@once
def turns(engine: Engine) -> np.ndarray:
    """Return the mask ``(p,)`` of the coordinates that turn."""
    mask = np.zeros(engine.size, dtype=bool)
    z = engine.graph.start.copy()
    for block in engine.blocks:
        if block.transform is None or block.stop - block.start != block.variable.size:
            continue
        z[block.slice] = np.linspace(0.2, 0.9, block.stop - block.start)
        here, half, whole = (_moved(engine, z, block.slice, by)[block.variable.name] for by in (0, TURN / 2, TURN))
        same, other = (np.abs(there - here) <= SAME * np.abs(here) for there in (whole, half))
        mask[block.slice] = bool(np.all(same) and not np.any(other))
        z[block.slice] = engine.graph.start[block.slice]
    return mask


@once
def periods(engine: Engine) -> dict[str, np.ndarray]:
    """Return the period of each scalar, by the name of each variable that has angles; zero for what is none."""
    around = np.flatnonzero(turns(engine))
    gains = [_gains(engine, around, seed) for seed in range(LOOKS)] if around.size else []
    found = {}
    for name, first in gains[0].items() if gains else ():
        constant = np.all([np.abs(g[name] - first) <= 1e3 * SAME * TURN for g in gains[1:]], axis=(0, 2))
        period = np.array([_common(gain) if same else 0.0 for gain, same in zip(first, constant, strict=True)])
        if np.any(period > 0):
            found[name] = period
    return found


def _moved(engine: Engine, z: np.ndarray, at: slice | int, by: float) -> dict[str, np.ndarray]:
    there = z.copy()
    there[at] += by
    return engine.natural_values(there)


def _gains(engine: Engine, around: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Return what each scalar gains on one turn of each coordinate, ``(size, turning)``, by its mean slope."""
    rng = np.random.default_rng(seed)
    z = engine.graph.start + 0.5 * rng.standard_normal(engine.size)
    z[around] = rng.uniform(-np.pi, np.pi, around.size)
    found = {name: np.zeros((variable.size, around.size)) for name, variable in engine.variables.items()}
    for k, j in enumerate(around):
        for place in range(PLACES):
            there = z.copy()
            there[j] += place * TURN / PLACES
            for name, slopes in engine.natural_jacobian(there).items():
                found[name][:, k] += slopes.reshape(len(found[name]), -1)[:, j] * (TURN / PLACES)
    return found


def _common(gains: np.ndarray) -> float:
    """Return the largest number of which all gains are multiples; zero where there is none, or nothing is gained."""
    size = np.abs(gains[np.isfinite(gains)])
    size = size[size > 1e3 * SAME * TURN]
    if not size.size or not np.all(np.isfinite(gains)):
        return 0.0
    for fraction in FRACTIONS:
        multiples = size * fraction / size.min()
        if np.all(np.abs(multiples - np.round(multiples)) < 1e-6):
            return float(size.min()) / fraction
    return 0.0


def wrapped(gap: np.ndarray | float, period: np.ndarray | float) -> np.ndarray:
    """Return differences as the shortest way round, between minus and plus half a period; as they are without one."""
    gap, period = np.asarray(gap, dtype=float), np.asarray(period, dtype=float)
    with np.errstate(invalid="ignore"):
        turned = np.round(gap / np.where(period > 0, period, 1.0)) * period
    return np.where(period > 0, gap - turned, gap)


def unrolled(
    shown: dict[str, np.ndarray], about: dict[str, np.ndarray], period: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return what is shown with each angle as the one of its values that is nearest to another's."""
    if not period:
        return shown
    return shown | {
        name: about[name] + wrapped(shown[name] - about[name], p.reshape(about[name].shape))
        for name, p in period.items()
        if name in shown
    }


def whole(lower: float, upper: float, period: float) -> bool:
    """Whether an arc is the whole circle."""
    return period > 0 and upper - lower >= period * (1 - SAME)
