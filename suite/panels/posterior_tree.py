"""Draws as ArviZ's DataTree: what is shown of them, the sampler's statistics, and the terms of the likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.engine.engine import Engine
from triptych.panels.labels import Labels
from triptych.problem.axes import axis_labels
from triptych.sampling.nuts import Draws

POINTWISE_LIMIT = 4_000_000  # log-likelihood terms of all draws; more of them are not kept
PRIOR = "lprior"  # the log-density of the whole prior, by the name that brms and priorsense give it


def posterior_tree(engine: Engine, drawn: Draws, labels: Labels | None) -> tuple[Any, float | None]:
    """Return the DataTree, and the largest R-hat before relabelling when there is a rule.

    Where the terms of the likelihood are not too many it has the groups ``log_likelihood`` and ``log_prior``, of which
    the latter is one variable: the density of all free variables together as the model writes them, with potentials
    that count as prior. ArviZ's ``psense`` asks for both.
    """
    import arviz as az

    chains, draws, size = drawn.z.shape
    flat = drawn.z.reshape(-1, size)

    def natural_values_at(z: np.ndarray) -> dict[str, np.ndarray]:
        return {name: v.reshape(chains, draws, *v.shape[1:]) for name, v in engine.natural_values_many(z).items()}

    before = None
    if labels is not None:
        unordered = natural_values_at(flat)
        before = float(max(np.nanmax(az.rhat(unordered[name])) for name in labels.members()))
    shown = natural_values_at(flat if labels is None else labels.draws(flat))
    groups: dict[str, Any] = {"posterior": shown, "sample_stats": drawn.statistics}
    terms = sum(w.size for w in engine.weights.values())
    if terms * chains * draws <= POINTWISE_LIMIT:
        likelihood, prior = engine.densities_many(flat)
        groups["log_likelihood"] = {
            name: values.reshape(chains, draws, *values.shape[1:]) for name, values in likelihood.items()
        }
        groups["log_prior"] = {PRIOR: prior.reshape(chains, draws)}
    model = engine.model
    groups["observed_data"] = engine.observed
    dims = {n: [d for d in ds if d is not None] for n, ds in model.named_vars_to_dims.items()}
    sizes = {n: v.variable.shape for n, v in ((b.variable.name, b) for b in engine.blocks)}
    dims = {n: list(ds) for n, ds in dims.items() if len(ds) == len(sizes.get(n, ds))}
    coords = {d: axis_labels(c) for d, c in model.coords.items() if c is not None and _fits(d, c, dims, groups)}
    dims = {n: ds for n, ds in dims.items() if n in shown or n in groups["observed_data"]}
    # ArviZ takes more chains than draws for a mistake in the order of the axes.
    return az.from_dict(groups, dims=dims, coords=coords, check_conventions=False), before


def _fits(dim: str, labels: Any, dims: dict[str, list[str]], groups: dict[str, Any]) -> bool:
    """Whether the model's labels still have the length of the data that were put in."""
    for group, skip in (("posterior", 2), ("observed_data", 0)):
        for name, values in groups[group].items():
            for axis, d in enumerate(dims.get(name, [])):
                if d == dim and values.shape[axis + skip] != len(labels):
                    return False
    return True
