"""Where the prior of each scalar lies and how wide it is, by the best of three sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from triptych.engine.engine import Engine
from triptych.panels.solution import Solution
from triptych.problem.told import Density

Key = tuple[str, str]

DRAWS, SEED = 400, 1
ENOUGH = 100  # draws from which quantiles are taken
SIGMA = "sigma"  # what scales that go with the errors' deviation are multiplied by
AT_THE_MAP = "the others at the MAP"  # what is fixed where the prior cannot be drawn from as a whole
QUANTILES = (0.1586552539314571, 0.5, 0.8413447460685429)  # a normal variable's mean and one deviation to each side
MEDIAN_ERROR = 1.2533141373155003  # sqrt(pi/2): the standard error of a normal sample's median is this sigma/sqrt(n)
SURE = 4.0  # standard errors within which the centre of a prior's draws is taken to be zero


def centres_and_scales(solution: Solution, told: Sequence[Density]) -> dict[Key, tuple[float, float]]:
    """Return centre and scale of the prior of each scalar for which they can be had.

    They are what the scenario says of its prior; else the median of the prior's draws, and half the distance between
    the quantiles that a normal variable has one deviation to each side; else, where the whole prior cannot be drawn
    from because some of it is improper, the same of a free variable given all others at the mode.

    Parameters
    ----------
    solution
        A solved variant.
    told
        What its scenario says of the prior, in the units of the estimates.
    """
    found = _drawn(solution)
    if not found:
        found = _given_the_mode(solution)
    return {**found, **_told(solution, told)}


def of_draws(draws: np.ndarray) -> tuple[float, float] | None:
    """Return centre and scale of draws by quantiles, which exist for every distribution; None without spread."""
    finite = draws[np.isfinite(draws)]
    if finite.size < ENOUGH or np.ptp(finite) == 0:
        return None
    low, middle, high = np.quantile(finite, QUANTILES)
    scale = float((high - low) / 2)
    error = MEDIAN_ERROR * scale / np.sqrt(finite.size)
    return (0.0 if abs(middle) < SURE * error else float(middle)), scale


def _told(solution: Solution, told: Sequence[Density]) -> dict[Key, tuple[float, float]]:
    """Return what a scenario says; a scale that goes with sigma is that at the mode, or at the posterior mean."""
    panel = next((solution.panels[m] for m in ("map", "mcmc", "mle") if m in solution.panels), None)
    if panel is None:
        return {}
    sigma = next((row.estimate for row in panel.estimates if row.name == SIGMA), float("nan"))
    known = {d.name: d for d in told if d.centre is not None and d.scale is not None}
    found = {}
    for row in panel.estimates:
        density = known.get(row.name)
        if density is None or density.centre is None or density.scale is None:
            continue
        scale = density.scale * (sigma if density.times_sigma else 1.0)
        if np.isfinite(scale):
            found[row.estimand, row.label] = (float(density.centre), float(scale))
    return found


def _drawn(solution: Solution) -> dict[Key, tuple[float, float]]:
    """Return what the draws of the whole prior show."""
    group = drawn_prior(solution)
    found = {}
    for name, variable in solution.variables.items():
        if name in group:
            for i, label in enumerate(variable.labels):
                if (one := of_draws(group[name][:, i])) is not None:
                    found[name, label] = one
    return found


def drawn_prior(solution: Solution) -> dict[str, np.ndarray]:
    """Return the prior's draws by variable, ``(draws, size)``; none where it was not drawn from."""
    native: Any = solution.panels["mcmc"].native if "mcmc" in solution.panels else None
    group = getattr(native, "children", {}).get("prior")
    if group is None:
        return {}
    return {
        str(name): np.asarray(values, dtype=float).reshape(values.shape[0] * values.shape[1], -1)
        for name, values in ((name, group[name].values) for name in group.data_vars)
    }


def rests_on(solution: Solution, estimand: str) -> dict[str, str]:
    """Return the free variables that an estimand is computed from, each with its prior as the model writes it.

    Parameters
    ----------
    solution
        A solved variant; nothing is known where it was solved in another process and its engine is gone.
    estimand
        A variable of its model.
    """
    if solution.engine is None or estimand not in solution.engine.model.named_vars:
        return {}
    from pytensor.graph.traversal import ancestors

    from triptych.graph.equations import plain_priors

    model = solution.engine.model
    above = set(ancestors([model[estimand]]))
    return plain_priors(model, [rv for rv in model.free_RVs if rv in above])


def weighed_by(solution: Solution, estimand: str) -> list[str]:
    """Return the potentials that count as prior and share a free variable with an estimand.

    Parameters
    ----------
    solution, estimand
        As for :func:`rests_on`.
    """
    engine = solution.engine
    if engine is None or estimand not in engine.model.named_vars:
        return []
    from pytensor.graph.traversal import ancestors

    free = set(engine.model.free_RVs)
    above = free.intersection(ancestors([engine.model[estimand]]))
    kept = [p for p in engine.model.potentials if p.name in engine.graph.potentials_in_prior]
    return [str(p.name) for p in kept if above.intersection(ancestors([p]))]


def prior_draws(solution: Solution) -> tuple[dict[str, np.ndarray], str]:
    """Return draws of the prior by variable, ``(draws, size)``, and what is fixed in them.

    Where the prior cannot be drawn from as a whole they are those of each variable with the others at the MAP.
    """
    whole = drawn_prior(solution)
    return (whole, "") if whole else (prior_given_the_mode(solution), AT_THE_MAP)


def prior_given_the_mode(solution: Solution) -> dict[str, np.ndarray]:
    """Return draws of each free variable's own prior, all others fixed where the MAP has them, ``(draws, size)``."""
    engine, mode = solution.engine, solution.panels.get("map")
    if engine is None or mode is None or mode.z is None:
        return {}
    return conditional_draws(engine, engine.natural_values(mode.z))


def _given_the_mode(solution: Solution) -> dict[Key, tuple[float, float]]:
    """Return the same of each free variable's own prior, all others fixed where the MAP has them."""
    found = {}
    for name, values in prior_given_the_mode(solution).items():
        for i, label in enumerate(solution.variables[name].labels):
            if (one := of_draws(values[:, i])) is not None:
                found[name, label] = one
    return found


def conditional_draws(
    engine: Engine, at: Mapping[str, np.ndarray], numbers: Mapping[str, float] | None = None
) -> dict[str, np.ndarray]:
    """Return draws of each free variable that has a proper prior given the others, shape ``(draws, size)``.

    Parameters
    ----------
    engine, at, numbers
        As for :func:`given_the_others`.
    """
    import pymc as pm

    wanted = given_the_others(engine, at, numbers)
    if not wanted:
        return {}
    try:
        draws = pm.draw(list(wanted.values()), draws=DRAWS, random_seed=SEED, mode="FAST_COMPILE")
    except NotImplementedError:  # a density of the user's own without a way to draw from it
        return {}
    return {name: np.asarray(d, dtype=float).reshape(DRAWS, -1) for name, d in zip(wanted, draws, strict=True)}


def given_the_others(
    engine: Engine, at: Mapping[str, np.ndarray], numbers: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Return each free variable that has a proper prior as a random variable in which all others are fixed.

    Parameters
    ----------
    engine
        A compiled model.
    at
        The natural values of all free variables.
    numbers
        Values of some of the model's data, in the place of those that it holds.
    """
    import pytensor.tensor as pt
    from pytensor.graph.replace import clone_replace

    from triptych.graph.priors import distribution

    free = engine.model.free_RVs
    fixed = {rv: pt.constant(np.asarray(at[rv.name]), dtype=rv.dtype) for rv in free}
    shared = {engine.graph.shared[name]: value for name, value in (numbers or {}).items()}
    moved = {data: pt.constant(np.asarray(value, dtype=data.dtype)) for data, value in shared.items()}
    found = {}
    for rv in free:
        if distribution(rv) not in ("", "Flat", "HalfFlat"):
            others = {other: value for other, value in fixed.items() if other is not rv}
            (found[rv.name],) = clone_replace([rv], {**moved, **others})
    return found
