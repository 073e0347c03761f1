"""The prior of an estimand as a text writes it: each density, and the factors by which potentials weigh it."""

from __future__ import annotations

from triptych.comparisons.explanation.prior import rests_on, weighed_by
from triptych.graph.equations import plain_factor
from triptych.graph.priors import IMPROPER, distribution
from triptych.panels.solution import Solution


def prior_words(solution: Solution, estimand: str) -> tuple[str, ...]:
    """Return the priors that an estimand rests on: ``mu ~ Normal(0, 5)``, ``the factor exp(-(a - b)^2)``.

    A flat prior that a potential of this variable alone weighs is told as one: ``sigma with density proportional to
    1 / sigma``.

    Parameters
    ----------
    solution
        A solved variant; nothing is known where its engine is gone.
    estimand
        A variable of its model.
    """
    lines = rests_on(solution, estimand)
    if not lines:
        return ()
    from pytensor.graph.traversal import ancestors

    model = solution.engine.model
    potentials = {name: model[name] for name in weighed_by(solution, estimand)}
    factors = {name: plain_factor(model, potential) for name, potential in potentials.items()}
    free = {potential: set(model.free_RVs).intersection(ancestors([one])) for potential, one in potentials.items()}
    told: set[str] = set()
    found = []
    above = set(ancestors([model[estimand]]))
    for rv, (name, line) in zip([rv for rv in model.free_RVs if rv in above], lines.items(), strict=True):
        own = [potential for potential, those in free.items() if those == {rv} and factors[potential]]
        if distribution(rv) in IMPROPER and len(own) == 1:
            found.append(f"{name} with density proportional to {factors[own[0]]}")
            told.add(own[0])
        else:
            found.append(line)
    rest = [name for name in potentials if name not in told]
    return (*found, *(f"the factor {factors[n]}" if factors[n] else f"the potential {n}" for n in rest))
