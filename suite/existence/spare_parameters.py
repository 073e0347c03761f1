"""Parameters to spare: without some of them the rest reach the same likelihoods, and together they make a ridge.

A product of a scale and an effect is the plain case: the likelihood knows the product alone. On such a ridge, bent and
endless, an ascent wanders far off; with as many parameters held as are to spare there is none.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from triptych.base.linalg import equilibrate, independent
from triptych.existence.findings import Rays, Rise, Unidentified, directions
from triptych.existence.null_space import MOST_COLUMNS, column_sizes, null_directions, structural_null
from triptych.existence.verdict import Verdict
from triptych.optimise.kinks import CORNER_REACHED, at_corner, climb
from triptych.optimise.newton import ARRIVED
from triptych.optimise.objective import Objective

LOOKED_AT = 0.5  # distance from the start, in coordinates' own units, at which dependence is looked for: off symmetry
INDEPENDENT = 1e-7  # share of a column that others do not make up, above which it is more than their rounding
RIDGE_SHIFT = 0.3  # the same, by which what is held is moved: far enough to leave zero, near enough to climb from
LEVEL_PART = 1e-6  # share of a direction's longest part up to which a part is rounding of the eigenvectors
# CARRIED_OFF is pinned by test_what_an_endless_ascent_carries_off_by_ten_units_is_not_held.
CARRIED_OFF = 10.0  # units of a logarithm, after which an ascent without end carries it along
MORE_LEFT = 10  # times the slope that was left at kinks, which may be left when the coordinates are more


def without_redundant(objective: Objective) -> Objective | None:
    """Hold the parameters without which the rest reaches the same values of every term, near any point.

    Untransformed coordinates are kept first: they reach both signs of a product with a scale. One that is held is so
    off zero, where a product with another would be no more than zero. None where there is none to spare.
    """
    if objective.size >= MOST_COLUMNS:
        return None
    rng = np.random.default_rng(3)
    x = objective.origin[objective.active] + LOOKED_AT * rng.standard_normal(objective.size)
    columns = objective.term_slopes(x).T
    # With fewer terms than coordinates (a series may be one term) the columns are always dependent.
    inside = np.isfinite(objective.value(x)) and np.all(np.isfinite(columns))
    if not inside or not len(columns) < columns.shape[1]:
        return None
    size = column_sizes(columns.T)
    kept: list[np.ndarray] = []
    held = []
    for j in np.argsort(objective.transformed, kind="stable"):
        if size[j] == 0:
            continue  # a step of the objective is elsewhere, and says nothing here
        left = columns[j] / size[j]
        for _ in range(2):  # once more, for what rounding left
            for unit in kept:
                left = left - (unit @ left) * unit
        rest = float(np.linalg.norm(left))
        if rest > INDEPENDENT:
            kept.append(left / rest)
        else:
            held.append(int(j))
    if not held:
        return None
    positions = np.array(sorted(held))
    off = np.isin(np.arange(x.size), positions) & ~objective.transformed
    x = np.where(off, x + np.sign(x - objective.origin[objective.active]), objective.origin[objective.active])
    return replace(objective, origin=objective.full(x)).without(positions)


def held_elsewhere(objective: Objective, fewer: Objective) -> Objective | None:
    """Hold what is to spare where an ascent of all coordinates leads.

    None where the ascent leaves it where the model starts, or carries it off without end: the parts of a sum whose
    best value is zero are each zero, and none is to spare.
    """
    end, _ = climb(objective, objective.origin[objective.active])
    held = ~np.isin(objective.active, fewer.active)
    moved = np.abs(end.z - objective.origin[objective.active])[held]
    if not end.usable or not np.any(moved):
        return None
    if end.slow and np.any(moved[objective.transformed[held]] > CARRIED_OFF):
        return None
    x = np.where(held, end.z, fewer.origin[objective.active])
    return replace(fewer, origin=objective.full(x))


def _elsewhere(objective: Objective, inner: Verdict, kept: np.ndarray) -> np.ndarray:
    """Return another point of the ridge: where parameters are held at zero it may run in a special direction."""
    x: np.ndarray = inner.objective.full(inner.point.z)[objective.active]
    if inner.unbounded is not None or inner.diverging.size or inner.cliff.size:
        return x
    moved = x + np.where(kept, 0.0, RIDGE_SHIFT * np.random.default_rng(5).standard_normal(x.size))
    end, _ = climb(replace(inner.objective, origin=objective.full(moved)), moved[kept])
    if not end.usable or end.value < inner.point.value - inner.tolerance.reached:
        return x
    moved[kept] = end.z
    return moved


def _tangent(
    objective: Objective, x: np.ndarray, hessian: np.ndarray, rows: np.ndarray, inner: Verdict
) -> np.ndarray | None:
    """Return the directions of the ridge, as rows: the null space of the terms' derivatives.

    At a maximum a term that is fitted exactly has none: there they are the directions in which it is not curved.
    On the way to infinity a term that has come to its limit has none either: a straight ridge is told from elsewhere.
    """
    count = x.size - inner.objective.size
    if len(inner.unidentified):  # whose rows may say the same
        count += independent(inner.unidentified)
    if inner.diverging.size and len(straight := structural_null(objective)) == count:
        return straight
    # Terms at a kink have no derivative; the ridge keeps to the kinks that hold, so their rows are added.
    columns = np.vstack([objective.term_slopes(x), rows])
    found = null_directions(columns, count) if np.all(np.isfinite(columns)) else None
    smooth = inner.corner is None and inner.unbounded is None and not inner.diverging.size and not inner.cliff.size
    # Of derivatives that are all rounding, as where every term is fitted exactly, no combination vanishes.
    told = found is not None and len(found) == count and bool(np.all(np.any(found != 0, axis=1)))
    if not smooth or told:
        return found
    d = equilibrate(hessian)
    level = np.linalg.eigh(-(d[:, None] * hessian * d))[1][:, :count].T
    return np.where(np.abs(level) > LEVEL_PART * np.abs(level).max(axis=1, keepdims=True, initial=0.0), d * level, 0.0)


def with_redundant(objective: Objective, inner: Verdict) -> Verdict | None:
    """Return the verdict on all coordinates from that on those which reach all values of the terms.

    The others make a ridge, whose directions are flat. None where the maximum is not one of all coordinates, because
    those that were kept do not reach as far after all.
    """
    if not inner.starts or inner.cliff.size:
        return None  # nothing was found, or at an end of the domain, which the ridge may leave behind
    kept = np.isin(objective.active, inner.objective.active)
    x = _elsewhere(objective, inner, kept)
    if inner.corner is None:
        at = objective.at(x)
        reached = at.decrement <= max(inner.point.decrement, ARRIVED * (1 + abs(at.value)))
        corner, rows = None, np.zeros((0, x.size))
    else:
        at, corner = at_corner(objective, x, len(inner.corner.jacobian))
        rows = corner.jacobian
        reached = corner.residual <= max(MORE_LEFT * inner.corner.residual, CORNER_REACHED)
    point = replace(inner.point, z=x, gradient=at.gradient, hessian=at.hessian, trail=x[None])
    if not point.usable or not reached:
        return None

    flat = _tangent(objective, x, point.hessian, rows, inner)
    if flat is None:
        return None
    to_all, held = np.eye(x.size)[:, kept], np.where(kept, 0.0, x)
    found = [finding.mapped(to_all, held) for finding in inner.findings if isinstance(finding, (Rise, Rays))]
    verdict = Verdict(
        objective, point, corner, inner.rounding_error, inner.starts,
        findings=tuple(found), settled=inner.settled, without_redundant=inner,
    )  # fmt: skip
    return verdict.having(*directions(Unidentified, flat), by="parameters to spare")
