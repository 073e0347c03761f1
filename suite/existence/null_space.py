"""Combinations of columns that vanish, and directions along which no term of an objective changes anywhere."""

from __future__ import annotations

import numpy as np

from triptych.optimise.objective import Objective

MOST_COLUMNS = 60  # coordinates up to which directions are looked for in which no term changes
SUM_ROUNDING = 1e-10  # size of a sum relative to its terms, below which it is zero
NULL_LOOKS = (0.1, 0.5, 1.0, 1.0)  # distances from the start, in coordinates' own units, where derivatives are taken
OFF_START = 0.1  # distance from the model's start, in coordinates' own units, at which zeros are none by chance
VANISHING = 1e-10  # relative singular value up to which a combination vanishes: derivatives are told to some 1e-12
# Part of a combination, relative to its largest one, up to which it is an admixture of what does not vanish: at least
# ADMIXED, which rounding leaves, and ADMIXTURES times the singular values that count as zero.
ADMIXED, ADMIXTURES = 1e-8, 10


def column_sizes(columns: np.ndarray) -> np.ndarray:
    """Return the length of each column; squares of what is far out would overflow."""
    largest = np.max(np.abs(columns), axis=0, initial=0.0)
    unit = np.where(largest > 0, largest, 1.0)
    return np.asarray(unit * np.linalg.norm(columns / unit, axis=0))


def structural_null(objective: Objective) -> np.ndarray:
    """Return directions, as rows, along which no term of the objective changes anywhere.

    The terms' derivatives at several random points share this null space: collinear columns, more
    columns than rows, a sum of which only the total matters.
    """
    rng, size = np.random.default_rng(2), objective.size
    points = [objective.origin[objective.active] + scale * rng.standard_normal(size) for scale in NULL_LOOKS]
    blocks = [block for x in points if np.all(np.isfinite(block := objective.term_slopes(x)))]
    if not blocks:
        return np.zeros((0, size))
    flat = _everywhere(objective, blocks)
    return _prior_too(objective, flat, rng) if objective.parts[1] and len(flat) else flat


def _everywhere(objective: Objective, blocks: list[np.ndarray]) -> np.ndarray:
    """Return the directions, as rows, in which no term changes at the points looked at, nor at any further one.

    Equal data have equal terms, which rule out one direction at each point: points are added until one, of which the
    directions left are random ones, rules out none of them.
    """
    rng, blocks = np.random.default_rng(4), list(blocks)
    flat = null_directions(np.vstack(blocks))
    for _ in range(objective.size):
        if not len(flat):
            break
        block = objective.term_slopes(objective.origin[objective.active] + rng.standard_normal(objective.size))
        if not np.all(np.isfinite(block)):
            continue
        blocks.append(block)
        before, flat = len(flat), null_directions(np.vstack(blocks))
        if len(flat) == before:
            break
    return flat


def _prior_too(objective: Objective, flat: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the combinations of directions, as rows, along which the prior does not change either.

    The prior is one term, whose slope at one point says of one direction that it changes: so it is taken at more points
    than there are directions.
    """
    slopes = []
    for scale in (*NULL_LOOKS[:2], *np.ones(len(flat))):
        x = objective.origin[objective.active] + scale * rng.standard_normal(objective.size)
        slope = objective.engine.slopes(objective.full(x))[1][1, objective.active]
        if np.all(np.isfinite(slope)):
            slopes.append(slope)
    if not slopes:
        return flat
    terms = np.abs(slopes) @ np.abs(flat).T
    moved = np.array(slopes) @ flat.T
    moved = np.where(np.abs(moved) > SUM_ROUNDING * terms, moved, 0.0)
    return np.asarray(null_directions(moved) @ flat)


def null_directions(columns: np.ndarray, least: int = 0) -> np.ndarray:
    """Return combinations of columns that vanish, as rows, at ``least`` so many; their own rounding is left out."""
    size = column_sizes(columns)
    unit = np.where(size > 0, size, 1.0)
    scaled = columns / unit
    # The triangle that spans the same rows has the same combinations; with all rows their square would be computed.
    triangle = np.linalg.qr(scaled, mode="r") if scaled.shape[0] > scaled.shape[1] else scaled
    _, sizes, vectors = np.linalg.svd(triangle)
    rank = min(int(np.sum(sizes > VANISHING * sizes.max(initial=0.0))), len(vectors) - least)
    flat = vectors[rank:] / unit
    # A combination that vanishes only nearly has admixtures of that size from the other singular vectors.
    part = max(ADMIXED, ADMIXTURES * sizes[rank:].max(initial=0.0))
    biggest = np.max(np.abs(flat * size), axis=1, keepdims=True, initial=0.0)
    return np.where(np.abs(flat * size) > part * biggest, flat, 0.0)
