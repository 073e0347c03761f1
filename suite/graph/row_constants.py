"""Numbers that stand in a model alone and not in its data: constants of the likelihood, such as known errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from triptych.graph.priors import distribution

# What the parameters of a distribution are, in PyTensor's order; of others only their number is said.
PARAMETERS = {
    "Normal": ("mean", "standard deviation"),
    "Binomial": ("number of trials", "probability"),
}


def row_constants(model: Any) -> dict[str, np.ndarray]:
    """Return the constants that differ from row to row in what was observed, each ``(rows,)``, by what they are."""
    return dict(_parameters(model))


def _parameters(model: Any) -> Iterator[tuple[str, np.ndarray]]:
    from pytensor.graph.basic import Constant

    for rv in model.observed_RVs:
        name = distribution(rv)
        known = PARAMETERS.get(name, ())
        # Truncated and other composed distributions have no signature that says which inputs are parameters.
        told = bool(name) and getattr(rv.owner.op, "extended_signature", name) is not None
        for k, given in enumerate(rv.owner.op.dist_params(rv.owner) if told else ()):
            values = np.asarray(given.data) if isinstance(given, Constant) else np.zeros(0)
            if values.ndim == 1 and values.size > 1 and np.ptp(values) > 0:
                yield f"{known[k] if k < len(known) else f'{name}, parameter {k + 1},'} of {rv.name}", values
