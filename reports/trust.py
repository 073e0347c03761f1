"""Whether the numbers of a variant can be trusted, in sentences with the figures that say so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from triptych.base.text import join_all
from triptych.problem.table import SHORT
from triptych.reports.numbers import significant
from triptych.reports.view import held
from triptych.sampling.gate import MAX_RHAT, MIN_ESS

if TYPE_CHECKING:
    from triptych.comparisons.comparison import Comparison


def trust(comparison: Comparison, solution: Any) -> list[str]:
    """Return what speaks for and against the numbers of one variant: checks, maxima, draws.

    Parameters
    ----------
    comparison
        A solved scenario.
    solution
        One of its variants.
    """
    return [*_checks(comparison), *_maxima(solution), *_draws(solution)]


def _checks(comparison: Comparison) -> list[str]:
    kept, total = held(comparison)
    if not total:
        return ["No checks against theory or other software came with this model."]
    if kept == total:
        return [f"All {total} checks against theory and other software hold." if total > 1 else "Its one check holds."]
    return [f"Only {kept} of {total} checks hold: see the problems above before any number is used."]


def _maxima(solution: Any) -> list[str]:
    """Say from how many starts the maxima were searched for, and whether one ended lower."""
    found = []
    for method in ("mle", "map"):
        panel = solution.panels.get(method)
        if panel is not None and any(math.isfinite(row.estimate) for row in panel.estimates):
            starts, others = (int(panel.diagnostics.get(name, 0)) for name in ("starts", "other_optima"))
            found.append((SHORT[method], starts, others))
    found = [one for one in found if one[1] > 0]
    if not found:
        return []
    names = join_all([f"{name} ({starts} starting points)" for name, starts, _ in found])
    lower = [f"{others} of the {name}" for name, _, others in found if others]
    end = (
        f"lower tops were found, {join_all(lower)}, and the highest is reported" if lower else "no other top was found"
    )
    return [f"In the search for {names} {end}."]


def _draws(solution: Any) -> list[str]:
    panel = solution.panels.get("mcmc")
    facts = panel.diagnostics if panel is not None else {}
    if "max_rhat" not in facts:
        return []
    if facts.get("gate"):
        return ["The draws of the posterior did not pass their checks: do not use its numbers."]
    worth = round(min(float(facts["min_ess_bulk"]), float(facts["min_ess_tail"])))
    return [
        f"The posterior consists of random draws: its {facts.get('chains', '')} runs agree (R-hat at most "
        f"{significant(facts['max_rhat'])}, allowed {MAX_RHAT}) and are worth {worth} independent draws (needed "
        f"{MIN_ESS:g})."
    ]
