"""The exact density of a scalar's own prior, where the model states it: a free variable with a univariate density."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.comparisons.explanation.prior import AT_THE_MAP, drawn_prior
from triptych.engine.engine import Engine
from triptych.graph.priors import IMPROPER, UNTOLD, distribution
from triptych.panels.solution import Solution

PLACES = 801  # at which a density is known: a picture shows a quarter of them or more, one in two pixels
ROOM = 1.6  # ranges of the posterior by which the places go on to each side, as far as a picture's axis is stretched
CENTRAL = (0.002, 0.998)  # the part of the posterior's draws that is called its range


@dataclass(frozen=True)
class PriorDensity:
    """Densities of the priors of the scalars of one variable, each at places of its own.

    Attributes
    ----------
    places, heights
        Of shape ``(places, scalars)``, rising; a height may be infinite.
    given
        What is fixed in them; empty for the prior as a whole.
    """

    places: np.ndarray
    heights: np.ndarray
    given: str = ""


def prior_densities(solution: Solution) -> dict[str, PriorDensity]:
    """Return the exact densities of the priors of the reported free variables that have a univariate one.

    A variable whose parameters are themselves unknown has such a density only given those: it is told with the others
    at the MAP where the prior as a whole cannot be drawn from. Left out are variables that a potential of the prior
    weighs, those whose scalars are tied by a transformation or put in order afterwards, angles, and improper priors.

    Parameters
    ----------
    solution
        A solved variant; nothing is known where its engine is gone, or the posterior was not sampled.
    """
    engine = solution.engine
    if engine is None or "mcmc" not in solution.panels:
        return {}
    found = {}
    for rv in engine.model.free_RVs:
        if rv.name in solution.variables and _univariate(engine, rv) and not _reordered(solution, rv.name):
            tied = _rests_on_others(engine, rv)
            if not tied or (not drawn_prior(solution) and _mode(solution) is not None):
                places = _places(solution, rv.name)
                if places.size:
                    heights = _heights(engine, rv, places, _mode(solution) if tied else None)
                    found[rv.name] = PriorDensity(places, heights, AT_THE_MAP if tied else "")
    return found


def _univariate(engine: Engine, rv: Any) -> bool:
    """Whether each scalar of a free variable has a proper density of its own, by which alone the prior weighs it."""
    from pytensor.graph.traversal import ancestors

    transform = engine.model.rvs_to_transforms.get(rv)
    name = distribution(rv)
    if not name or name in IMPROPER or name.startswith(UNTOLD) or getattr(rv.owner.op, "ndim_supp", None) != 0:
        return False
    if transform is not None and transform.ndim_supp != 0:
        return False
    kept = [p for p in engine.model.potentials if p.name in engine.graph.potentials_in_prior]
    return not any(rv in set(ancestors([p])) for p in kept)


def _reordered(solution: Solution, name: str) -> bool:
    """Whether a variable's scalars are angles, or exchangeable and put in order after they were drawn."""
    angles = name in solution.periods and bool(np.any(np.asarray(solution.periods[name]) > 0))
    ordered = any("max_rhat_before_relabelling" in panel.diagnostics for panel in solution.panels.values())
    return angles or (ordered and solution.variables[name].size > 1)


def _rests_on_others(engine: Engine, rv: Any) -> bool:
    from pytensor.graph.traversal import ancestors

    return not set(engine.model.free_RVs).isdisjoint(set(ancestors(rv.owner.inputs)))


def _mode(solution: Solution) -> dict[str, np.ndarray] | None:
    """Return the natural values of all free variables at the MAP."""
    mode = solution.panels.get("map")
    return None if mode is None or mode.z is None else solution.engine.natural_values(mode.z)


def _places(solution: Solution, name: str) -> np.ndarray:
    """Return, for each scalar, places about its posterior, zero among them; none where its draws are not numbers."""
    native: Any = solution.panels["mcmc"].native
    group = getattr(native, "children", {}).get("posterior")
    size = solution.variables[name].size
    sampled = group is not None and name in group.data_vars
    draws = np.asarray(solution.draws(name), dtype=float).reshape(-1, size) if sampled else np.zeros((0, size))
    if not draws.size or not np.all(np.isfinite(draws)):
        return np.zeros((0, draws.shape[1]))
    low, high = np.quantile(draws, CENTRAL, axis=0)
    reach = ROOM * (high - low)
    places = np.linspace(low - reach, high + reach, PLACES - 1)
    return np.sort(np.vstack([places, np.clip(np.zeros(draws.shape[1]), places[0], places[-1])]), axis=0)


def _heights(engine: Engine, rv: Any, places: np.ndarray, at: dict[str, np.ndarray] | None) -> np.ndarray:
    """Return the density of each scalar of a free variable at places of shape ``(places, scalars)``.

    Parameters
    ----------
    engine
        The compiled model with its data.
    rv
        One of its free variables.
    places
        Values of each scalar.
    at
        Where all other free variables are fixed; None where none has to be.
    """
    import pymc as pm
    import pytensor
    import pytensor.tensor as pt
    from pytensor.graph.replace import clone_replace

    known = {shared: pt.constant(engine.data[name]) for name, shared in engine.graph.shared.items()}
    others: Sequence[Any] = [other for other in engine.model.free_RVs if other is not rv] if at is not None else []
    known |= {other: pt.constant(np.asarray((at or {})[other.name]), dtype=other.dtype) for other in others}
    (own,) = clone_replace([rv], known, rebuild_strict=False)
    value = pt.tensor("value", dtype=rv.dtype, shape=(None,) * (rv.ndim + 1))
    log_density = pytensor.function([value], pm.logp(own, value), mode="FAST_COMPILE", on_unused_input="ignore")
    shape = (len(places), *next(block.variable.shape for block in engine.blocks if block.variable.name == rv.name))
    with np.errstate(all="ignore"):
        found = np.exp(log_density(places.reshape(shape).astype(rv.dtype)))
    return np.asarray(found, dtype=float).reshape(places.shape)
