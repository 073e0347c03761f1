"""Where the support of continuous data ends, and how its ends move with the parameters.

The density of a datum is computed at other values of it: the end of its support is where that density ends. An edge of
the domain that is no such end belongs to the parameter space.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.engine.natural_scale import natural_scale
from triptych.optimise.corners import PARALLEL

if TYPE_CHECKING:
    from triptych.engine.engine import Engine
    from triptych.estimates.optimum import Optimum

# END_DOUBLINGS is pinned by both_ends_without_prior (a tenth).
# END_HALVES is pinned by both_ends_without_prior (a tenth).
END_DOUBLINGS, END_HALVES = 60, 90  # doublings of a step until it is beyond an end, and bisections then
# END_NUDGE is pinned by both_ends_of_a_uniform (halved).
END_NUDGE = 1e-4  # relative change of a parameter by which the movement of an end is measured
END_STILL = 1e-7  # movement of an end up to which it is rounding
TOUCHES = 1e-5  # distance of a datum from an end, relative to the data's spread, up to which it lies on it
# INNER_SHARES is pinned by both_ends_without_prior (tenfold).
INNER_SHARES = (1e-3, 1e-2, 0.1, 0.3)  # of the data's spread, back from a datum, where it has a density
OFF_END = 1e-9  # of the data's spread, from an end, where the density there is taken
BENDS = 1e-2  # change of an end's movement over a step, relative to the step, above which the end is not linear
END_BEGINS = 20  # halvings of the data's spread from which a step towards an end is doubled

Terms = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Edge:
    """Ends of supports that move in one direction of the parameters.

    Attributes
    ----------
    normal
        By how much the room between a datum and its end grows with each parameter, ``(p,)``.
    rate
        How many data are to be expected in a unit of that room: the densities at the ends, summed.
    held
        Whether a datum is on its end.
    room
        How much of it the datum next to an end has.
    straight
        Whether the end is a linear function of the parameters, or of one of them alone.
    """

    normal: np.ndarray
    rate: float
    held: bool
    room: float
    straight: bool

    @property
    def direction(self) -> np.ndarray:
        """The normal at unit length."""
        return np.asarray(self.normal / np.linalg.norm(self.normal))


def moving_edges(optimum: Optimum) -> list[Edge]:
    """Return the moving ends of all data's supports at a maximum; data that share a direction share an edge."""
    natural = natural_scale(optimum.engine)
    centre = natural.params(optimum.z)
    found: list[Edge] = []
    for terms, values in _densities(optimum.engine):
        spread = float(np.ptp(values)) or float(np.max(np.abs(values))) or 1.0
        for side in (-1.0, 1.0):
            found += _edges(optimum, terms, values, side, spread, centre)
    return _merged(found)


def _densities(engine: Engine) -> list[tuple[Terms, np.ndarray]]:
    """Return, for each continuous observed variable, its terms as a function of ``z`` and its data, and these."""
    import pytensor
    import pytensor.tensor as pt
    from pytensor.graph.replace import clone_replace

    from triptych.graph.graph import coordinates
    from triptych.graph.rewrites import checks_as_domain

    model = engine.model
    free = [model.rvs_to_values[rv] for rv in model.free_RVs]
    z, parts, _, _ = coordinates(model, free)
    held = {shared: pt.constant(engine.data[name]) for name, shared in engine.graph.shared.items()}
    found: list[tuple[Terms, np.ndarray]] = []
    for rv in model.observed_RVs:
        values = np.asarray(engine.observed[rv.name])
        if values.dtype.kind != "f" or not np.all(np.isfinite(values)):
            continue
        (term,) = checks_as_domain(list(model.logp(vars=[rv], jacobian=False, sum=False)))
        symbol = pt.TensorType(values.dtype, shape=(None,) * values.ndim)("observed")
        own = model.rvs_to_values[rv]
        term = clone_replace([term], {own: symbol.astype(own.dtype)}, rebuild_strict=False)[0]
        rest = {shared: constant for shared, constant in held.items() if shared is not own}
        term = clone_replace([term], {**parts, **rest}, rebuild_strict=False)[0]
        function: Any = pytensor.function([z, symbol], term, mode="FAST_COMPILE", on_unused_input="ignore")
        found.append((function, values))
    return found


def _edges(
    optimum: Optimum, terms: Terms, values: np.ndarray, side: float, spread: float, centre: np.ndarray
) -> list[Edge]:
    """Return one edge for each datum whose support ends on one side, at an end that moves."""
    natural, active = natural_scale(optimum.engine), optimum.active
    if terms(optimum.z, values).shape != values.shape:
        return []  # the data are no independent values
    inside = _inside(terms, optimum.z, values, side, spread)
    ends = _ends(terms, optimum.z, inside, side, spread)
    if not np.any(np.isfinite(ends)):
        return []
    rooms = []  # that each datum gains by a step of each parameter, forwards and backwards
    for j in active:
        step = END_NUDGE * max(abs(centre[j]), END_NUDGE * spread)
        both = []
        for sign in (1.0, -1.0):
            z = natural.coordinates(centre + sign * step * (np.arange(centre.size) == j))
            both.append(side * (_ends(terms, z, inside, side, spread) - ends) / (sign * step))
        rooms.append(both)
    ahead, back = np.moveaxis(np.array(rooms), 0, -1).reshape(2, values.size, active.size)
    slopes = (ahead + back) / 2
    room = (side * (ends - values)).ravel()
    with np.errstate(all="ignore"):
        heights = np.exp(terms(optimum.z, ends - side * OFF_END * spread)).ravel()
    if np.any(np.isfinite(ends.ravel()) & ~np.all(np.isfinite(slopes), axis=1)):
        heights[:] = np.nan  # the rate is not known where one of the ends is not
    found = []
    for i in range(values.size):
        size = np.abs(slopes[i])
        if not np.all(np.isfinite(slopes[i])) or not np.any(size > END_STILL):
            continue
        normal = np.where(size > END_STILL, slopes[i], 0.0)
        bent = np.abs(ahead[i] - back[i]) > BENDS * END_NUDGE * size.max() + END_STILL
        straight = not np.any(bent) or np.count_nonzero(normal) == 1
        found.append(Edge(normal, float(heights[i]), bool(room[i] < TOUCHES * spread), float(room[i]), straight))
    return found


def _inside(terms: Terms, z: np.ndarray, values: np.ndarray, side: float, spread: float) -> np.ndarray:
    """Return a value within the support of each datum and off its ends, on the side away from the one looked for."""
    inside = values.copy()
    for way in (side, -side):
        for share in INNER_SHARES:
            there = values + way * share * spread
            with np.errstate(all="ignore"):
                inside = np.where(np.isfinite(terms(z, there)), there, inside)
    return inside


def _ends(terms: Terms, z: np.ndarray, inside: np.ndarray, side: float, spread: float) -> np.ndarray:
    """Return where the density of each datum ends on one side; infinite where it does not, NaN where there is none."""

    def defined(values: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.isfinite(terms(z, values))

    near, far = inside.copy(), np.full(inside.shape, side * np.inf)
    for k in range(END_DOUBLINGS):
        there = inside + side * spread * 2.0 ** (k - END_BEGINS)
        open_ = np.isinf(far)
        ok = defined(there)
        far = np.where(open_ & ~ok, there, far)
        near = np.where(open_ & ok, there, near)
    closed = np.isfinite(far)
    for _ in range(END_HALVES):
        middle = np.where(closed, (near + far) / 2, inside)
        ok = defined(middle)
        near, far = np.where(closed & ok, middle, near), np.where(closed & ~ok, middle, far)
    return np.where(defined(inside), np.where(closed, near, far), np.nan)


def _merged(edges: list[Edge]) -> list[Edge]:
    """Join the edges that move in one direction: rates add up, in the unit of room of the first one that is held."""
    groups: list[list[Edge]] = []
    for edge in sorted(edges, key=lambda e: not e.held):
        for group in groups:
            if np.max(np.abs(group[0].direction - edge.direction)) < PARALLEL:
                group.append(edge)
                break
        else:
            groups.append([edge])
    merged = []
    for group in groups:
        first = group[0]
        size = float(np.linalg.norm(first.normal))
        sizes = [float(np.linalg.norm(e.normal)) / size for e in group]
        rate = sum(e.rate * s for e, s in zip(group, sizes, strict=True))
        room = min(e.room / s for e, s in zip(group, sizes, strict=True))
        merged.append(Edge(first.normal, rate, first.held, room, all(e.straight for e in group)))
    return merged
