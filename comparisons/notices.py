"""Estimates that lie several prior scales from the prior's centre: the prior then is no weak one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from triptych.problem.scenario import DEFAULT
from triptych.problem.table import SHORT

if TYPE_CHECKING:
    from triptych.panels.solution import Panel, Solution
    from triptych.problem.told import Density

FAR = 3.0  # scales; of normal slopes one in 370 lies beyond
MOST_NAMED = 5


def far_from_the_prior(solutions: dict[str, Solution], priors: tuple[Density, ...]) -> list[str]:
    """Return a sentence on the estimates that lie far from their prior's centre, if there are any.

    Parameters
    ----------
    solutions
        Variant to its solution.
    priors
        The priors of the scalars, in the units of the estimates.
    """
    panels = solutions[DEFAULT].panels if DEFAULT in solutions else {}
    sizes = {method: _sigma(panel) for method, panel in panels.items()}
    found = []
    for prior in priors:
        if prior.centre is None or prior.scale is None:
            continue
        scales = {
            method: abs(value - prior.centre) / (prior.scale * (sizes[method] if prior.times_sigma else 1.0))
            for method, panel in panels.items()
            if math.isfinite(value := _value(panel, prior.name))
        }
        method = max(scales, key=lambda m: scales[m] if math.isfinite(scales[m]) else -1.0, default="")
        if method and math.isfinite(scales[method]) and scales[method] > FAR:
            found.append((scales[method], prior, method))
    if not found:
        return []
    found.sort(key=lambda item: -item[0])
    said = [f"{prior.name} (prior {prior.text}) {far:.3g} by the {SHORT[m]}" for far, prior, m in found[:MOST_NAMED]]
    more = f", and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    grows = any(prior.times_sigma for _, prior, _ in found)
    why = (
        "that scale goes with sigma, so MAP and posterior take part of what the predictors explain for noise, with a "
        "larger sigma and wider intervals than the data show: a larger --prior-scale or --prior normal leaves that to "
        "the data"
        if grows
        else "the prior pulls MAP and posterior towards its centre: a larger --prior-scale pulls less"
    )
    return [f"Far from the prior's centre, in prior scales: {', '.join(said)}{more}; {why}."]


def _value(panel: Panel, name: str) -> float:
    return next((row.estimate for row in panel.estimates if row.name == name), math.nan)


def _sigma(panel: Panel) -> float:
    return _value(panel, "sigma")
