"""Of which part of the joint density the corner is on which a MAP lies."""

from __future__ import annotations

import numpy as np

from triptych.panels.solution import Solution

ON = 1e-9  # of the largest argument of an absolute value, or of one: up to here it is zero but for rounding

PRIOR, LIKELIHOOD, JOINT = "prior", "likelihood", "joint density"


def corner_of(solution: Solution) -> str:
    """Return which part of the joint density has a corner where the MAP is: prior, likelihood, or both (the joint).

    A corner is an absolute value of the model whose argument is zero there. Nothing is returned where there is none,
    and where the engine is gone.

    Parameters
    ----------
    solution
        A solved variant.
    """
    engine, panel = solution.engine, solution.panels.get("map")
    if engine is None or panel is None or panel.z is None or not engine.graph.t:
        return ""
    from pytensor.graph.traversal import ancestors

    graph = engine.graph
    parts = {
        PRIOR: set(ancestors([graph.prior])),
        LIKELIHOOD: set(ancestors(list(graph.likelihood.values()))),
    }
    found = {
        part
        for t, argument in zip(graph.t, engine.kink_arguments(panel.z), strict=False)
        if np.any(np.abs(argument) <= ON * max(1.0, float(np.max(np.abs(argument), initial=0.0))))
        for part, above in parts.items()
        if t in above
    }
    return JOINT if len(found) > 1 else next(iter(found), "")
