"""Whether the numbers of a variant can be trusted: a verdict on each of what they rest on, with its figures."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.numbers import significant, style
from triptych.base.text import join_all
from triptych.comparisons.explanation.prior import drawn_prior
from triptych.problem.table import SHORT, Row
from triptych.reports.view import full_name, held
from triptych.sampling.gate import MAX_RHAT, MIN_ESS

if TYPE_CHECKING:
    from triptych.comparisons.comparison import Comparison

BEFORE = 0.95  # probability of the interval in which a prior puts a scalar
JUDGE = "Judge yourself whether you would have named this prior before you saw the data."
BAND = 2  # Monte Carlo standard errors to each side within which a posterior mean is said to be right


@dataclass(frozen=True)
class Answer:
    """What is said of one thing that all numbers rest on, and whether it speaks for them."""

    asked: str
    text: str
    fine: bool


def trust(comparison: Comparison, solution: Any) -> list[tuple[str, str]]:
    """Return what the numbers of one variant rest on, each with a verdict: checks, computation, intervals, prior.

    Parameters
    ----------
    comparison
        A solved scenario.
    solution
        One of its variants.
    """
    headline = comparison.explanations[solution.variant].headline
    whole = [one for one in (_computation(solution, headline), _checks(comparison)) if one is not None]
    # What speaks against all numbers comes first.
    whole.sort(key=lambda one: one.fine)
    said = [one for one in (_conditional(solution), _prior(solution, headline)) if one is not None]
    return [*((one.asked, one.text) for one in whole), *said]


def _checks(comparison: Comparison) -> Answer | None:
    kept, total = held(comparison)
    if not total:
        return None
    if kept == total:
        which = f"All {total} comparisons" if total > 1 else "The one comparison"
        return Answer("Checks", f"yes. {which} with theory and other software hold{'s' * (total == 1)}.", True)
    said = (
        f"no. Only {kept} of {total} comparisons with theory and other software hold. See the problems above before "
        "any number is used."
    )
    return Answer("Checks", said, False)


def _computation(solution: Any, headline: str) -> Answer | None:
    """Say whether the draws passed their checks, how exact their mean is, and how the maxima were searched for."""
    panel = solution.panels.get("mcmc")
    facts = panel.diagnostics if panel is not None else {}
    if facts.get("gate"):
        said = "no. The draws of the posterior did not pass their checks, so do not use its numbers."
        return Answer("Computation", said, False)
    parts = []
    if "max_rhat" in facts:
        rhat = significant(facts["max_rhat"])
        worth = round(min(float(facts["min_ess_bulk"]), float(facts["min_ess_tail"])))
        parts.append(
            f"The {facts.get('chains', '')} runs of the sampler agree: their R-hat is {rhat}, where "
            f"1 means that they are alike and {MAX_RHAT} is allowed. Their draws are worth {worth} "
            f"independent ones, and {MIN_ESS:g} are needed{_exact(solution, headline)}"
        )
    maxima = _maxima(solution)
    if not parts and not maxima:
        return None
    return Answer("Computation", f"yes. {'. '.join([*parts, *maxima])}." if parts else f"{maxima[0]}.", True)


def _exact(solution: Any, headline: str) -> str:
    """Say how far the posterior mean of the headline may be off for having been drawn, apart from its interval."""
    panel = solution.panels["mcmc"]
    row = next((one for one in panel.estimates if one.name == headline), None)
    drawn = [one for one in panel.diagnostics.get("summary", ()) if full_name(one) == headline]
    error = float(drawn[0]["mcse_mean"]) if drawn else math.nan
    if row is None or not math.isfinite(row.estimate + error):
        return ""
    known = f". The posterior mean of {headline} is computed to about ±{significant(BAND * error, 1)}"
    if not math.isfinite(row.upper - row.lower):
        return known
    write = style(asdict(one) for p in solution.panels.values() for one in p.estimates if one.name == headline)
    return f"{known}, and its credible interval is {write(row.lower)} to {write(row.upper)}"


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
    where = f"{join_all([f'{count} ({name})' for name, count, _ in found])} starting points"
    lower = [f"{others} of the {name}" for name, _, others in found if others]
    if lower:
        return [f"From {where} lower maxima were found, {join_all(lower)}, and the highest is reported"]
    return [f"From {where} no other maximum was found"]


def _conditional(solution: Any) -> tuple[str, str] | None:
    """Say what the MAP's intervals take as known."""
    panel = solution.panels.get("map")
    held = [what for what in dict.fromkeys(panel.held.values()) if what] if panel is not None else []
    if not held:
        return None
    known = join_all([what.as_equations() for what in held[:2]])
    return "The MAP's intervals", f"no. They are computed as if {known} were known."


def _before_the_data(solution: Any, headline: str) -> str:
    """Say where the prior's own draws of a scalar lie; nothing where the prior as a whole cannot be drawn from."""
    for estimand, draws in drawn_prior(solution).items():
        labels = solution.variables[estimand].labels if estimand in solution.variables else ()
        for label, values in zip(labels, draws.T, strict=True):
            if full_name({"estimand": estimand, "label": label}) == headline and np.all(np.isfinite(values)):
                low, high = np.quantile(values, ((1 - BEFORE) / 2, (1 + BEFORE) / 2))
                between = f"between {significant(low, 2)} and {significant(high, 2)}"
                return f" Before the data the prior puts {headline} {between} with a probability of {100 * BEFORE:g} %."
    return ""


def _prior(solution: Any, headline: str) -> tuple[str, str] | None:
    """Say that nothing tests the prior, and what the headline is with and without it."""
    rows: dict[str, Row] = {
        m: row for m, panel in solution.panels.items() for row in panel.estimates if row.name == headline
    }
    after = rows.get("mcmc") or rows.get("map")
    if after is None or not math.isfinite(after.estimate):
        return None
    write = style(asdict(row) for row in rows.values())
    before = _before_the_data(solution, headline)
    kind = f"posterior {after.estimate_kind}" if after.method == "mcmc" else SHORT[after.method]
    text = f"it is not tested here.{before}"
    given = f"data and prior ({kind}) give {write(after.estimate)}"
    mle = rows.get("mle")
    if mle is not None and math.isfinite(mle.estimate):
        alone = f"the data alone (MLE) give {headline} the value {write(mle.estimate)}, {given}"
    elif mle is not None:
        alone = f"the data alone give no value of {headline}, {given}"
    else:
        alone = f"of {headline} {given}"
    return "Prior", f"{text} {alone[0].upper()}{alone[1:]}. {JUDGE}"
