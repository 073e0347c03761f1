"""Numbers of a model as it is given that set how wide its prior is, along which a path can go."""

from __future__ import annotations

import numpy as np

from triptych.base.text import join_all
from triptych.comparisons.explanation.prior import conditional_draws, of_draws
from triptych.engine.engine import Engine
from triptych.problem.varied import Range

REACH = 100.0  # times a number's own value, and the same part of it: how far a path goes to either side
SAME = 1e-6  # relative difference of two spreads that rounding makes when a prior is only moved


def prior_scales(engine: Engine) -> dict[str, Range]:
    """Return the numbers with which the prior, and not the likelihood, becomes wider or narrower.

    A number that can be moved is a scalar ``pm.Data`` of the model; one that is written into the model is a constant
    of it. Each is moved by a factor of :data:`REACH` both ways, and the spread of each free variable is drawn with
    the others held: it has to rise or to fall all the way for one of them at least. A number that only moves the
    prior leaves the spreads as they are, and one that has no such range, as a probability, leaves nothing to draw.

    Parameters
    ----------
    engine
        A compiled model.

    Returns
    -------
    dict
        Name of each such number, in the order of the model, to its range, the wide end first.
    """
    found = {}
    for name in _of_the_prior_alone(engine):
        own = float(engine.data[name])
        values = (own / REACH, own, own * REACH)
        spreads = [_spreads(engine, name, value) for value in values]
        shared = set(spreads[0]).intersection(*spreads[1:])
        turns = {scalar: _turn([each[scalar] for each in spreads]) for scalar in sorted(shared)}
        if any(turns.values()):
            start, stop = (values[0], values[2]) if sum(turns.values()) < 0 else (values[2], values[0])
            of = join_all(list(dict.fromkeys(variable for (variable, _), turn in turns.items() if turn)))
            found[name] = Range(start, stop, f"a number of the prior of {of}, {own:g} in the model as given")
    return found


def _of_the_prior_alone(engine: Engine) -> list[str]:
    """Return the positive scalars among the data on which the log-prior depends and the log-likelihood does not."""
    from pytensor.graph.traversal import ancestors

    graph = engine.graph
    prior, likelihood = set(ancestors([graph.prior])), set(ancestors(list(graph.likelihood.values())))
    told = [name for name in engine.model.named_vars if name in graph.data]
    return [
        name
        for name in told
        if graph.data[name] in prior
        and graph.data[name] not in likelihood
        and np.ndim(engine.data[name]) == 0
        and engine.data[name].dtype.kind == "f"
        and engine.data[name] > 0
    ]


def _spreads(engine: Engine, name: str, value: float) -> dict[tuple[str, int], float]:
    """Return the spread of each scalar's prior given the others, at a value of a number; none where it is no value."""
    try:
        drawn = conditional_draws(engine, engine.natural_values(engine.graph.start), {name: value})
    except ValueError:  # NumPy refuses what is no parameter of a distribution
        return {}
    sizes = {(variable, i): of_draws(draws[:, i]) for variable, draws in drawn.items() for i in range(draws.shape[1])}
    return {scalar: size[1] for scalar, size in sizes.items() if size is not None}


def _turn(spreads: list[float]) -> int:
    """Return 1 where the spreads rise all the way, -1 where they fall, and 0 where they do neither."""
    steps = np.diff(spreads) / np.max(spreads)
    return int(np.all(steps > SAME)) - int(np.all(steps < -SAME))
