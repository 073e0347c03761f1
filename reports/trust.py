"""Whether the numbers of a variant can be trusted: a verdict on each of what they rest on, with its figures."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.numbers import Style, significant, style
from triptych.base.text import join_all
from triptych.comparisons.explanation.explanation import Explanation
from triptych.comparisons.explanation.posterior_rules import SMALL
from triptych.comparisons.explanation.power_scaling import STRONGER, WEAKER
from triptych.comparisons.explanation.prior_sample import BEFORE
from triptych.comparisons.explanation.sentences import FEW, MOST_NAMED
from triptych.problem.table import SHORT, Row, Status
from triptych.reports.replicates import fits
from triptych.reports.view import full_name, held, select

if TYPE_CHECKING:
    from triptych.comparisons.comparison import Comparison

JUDGE = "Judge yourself whether you would have named this prior before you saw the data; if not, fit with your own."
STRONG = 1.0  # posterior standard deviations between MLE and posterior mean from which the prior is called strong
BAND = 2  # standard errors to each side within which a posterior mean is said to be right, or log scores to be alike
# A difference of log scores below which its standard error is not to be trusted, and which is small in any case
# (Sivula, Magnusson, Matamoros and Vehtari 2020, arXiv:2008.10296).
VISIBLE = 4.0
EXAMPLES = 2  # checks that are told in words
# Of a check that names what it was done by a reader learns more than of one that says what was found.
CHECKED_BY = re.compile(r"statsmodels|scikit-learn|SciPy|scipy|quadrature|closed form|formula|theorem")
FEWEST = 2  # panels that are compared by their predictions


@dataclass(frozen=True)
class Answer:
    """What is said of one thing that all numbers rest on, and whether it speaks for them."""

    asked: str
    text: str
    fine: bool


def trust(comparison: Comparison, solution: Any) -> list[tuple[str, str]]:
    """Return what the numbers of one variant rest on, each with a verdict: checks, computation, fit, prior.

    Parameters
    ----------
    comparison
        A solved scenario.
    solution
        One of its variants.
    """
    explanation = comparison.explanations[solution.variant]
    headline = explanation.headline
    whole = [one for one in (_computation(solution, headline), _checks(comparison)) if one is not None]
    # What speaks against all numbers comes first.
    whole.sort(key=lambda one: one.fine)
    predicted = predictions(comparison, solution.variant)
    fit = fits(solution)
    told = ("Predictions", predicted) if predicted else None
    said = [
        one
        for one in (("Fit", fit) if fit else None, told, _conditional(solution), _prior(solution, explanation))
        if one is not None
    ]
    short = _in_short(solution, headline) if all(one.fine for one in whole) else ""
    short += " The model misses something of the data (see Fit)." if short and fit.startswith("no") else ""
    return [*([("In short", short)] if short else []), *((one.asked, one.text) for one in whole), *said]


def _in_short(solution: Any, headline: str) -> str:
    """Say which signs of the headline's vector both MLE and posterior show, and which sizes rest on the prior.

    Nothing is said of a single scalar, of what has no sign, and where an interval or a standard error is missing.
    """
    rows = {m: {row.name: row for row in p.estimates} for m, p in solution.panels.items() if m in ("mle", "mcmc")}
    estimand = next((row.estimand for row in rows.get("mcmc", {}).values() if row.name == headline), "")
    names = [name for name, row in rows.get("mcmc", {}).items() if row.estimand == estimand]
    both = [(name, rows["mle"][name], rows["mcmc"][name]) for name in names if name in rows.get("mle", {})]
    ends = [(a.lower, a.upper, b.lower, b.upper) for _, a, b in both]
    if (
        len(both) <= FEW
        or len(both) < len(names)
        or not np.all(np.isfinite(ends))
        or min(b.lower for *_, b in both) >= 0
    ):
        return ""
    clear = [name for name, a, b in both if min(a.lower, b.lower) > 0 or max(a.upper, b.upper) < 0]
    strong = [name for name, a, b in both if abs(a.estimate - b.estimate) >= STRONG * b.std_error > 0]
    signs = (
        f"MLE and posterior agree on the {'sign' if len(clear) == 1 else 'signs'} of {join_all(clear, most=MOST_NAMED)}"
        if clear
        else f"neither MLE nor posterior tells the sign of any value of {estimand}, as every interval contains zero"
        if all(a.lower <= 0 <= a.upper and b.lower <= 0 <= b.upper for _, a, b in both)
        else f"MLE and posterior agree on no sign of {estimand}"
    )
    if not strong:
        return f"{signs}. No size depends strongly on having a prior."
    size, depend = ("size", "depends") if len(strong) == 1 else ("sizes", "depend")
    return f"{signs}. The {size} of {join_all(strong, most=MOST_NAMED)} {depend} strongly on having a prior."


def _checks(comparison: Comparison) -> Answer | None:
    kept, total = held(comparison)
    if not total:
        return None
    if kept == total:
        which = f"All {total} checks hold" if total > 1 else "The one check holds"
        said = f"yes. {which}, against theory, other software or figures of this run{_examples(comparison)}."
        return Answer("Checks", said, True)
    said = (
        f"no. Only {kept} of {total} checks hold, against theory, other software or figures of this run. See the "
        "problems above before any number is used."
    )
    return Answer("Checks", said, False)


def _examples(comparison: Comparison) -> str:
    """Return the shortest statements that were checked, in their order and in words; nothing where there is one.

    What stands in brackets at their end, how they were measured, is left out.
    """
    statements = [re.sub(r" \([^()]*\)$", "", str(one)) for one in comparison.claims.get("statement", ())]
    shortest = sorted(statements, key=lambda one: (CHECKED_BY.search(one) is None, len(one)))[:EXAMPLES]
    some = [one for one in dict.fromkeys(statements) if one in shortest]
    return f", for example {'; '.join(f'“{one}”' for one in some)}" if len(statements) > EXAMPLES else ""


def _computation(solution: Any, headline: str) -> Answer | None:
    """Say whether the draws passed their checks, how exact their mean is, and how the maxima were searched for."""
    panel = solution.panels.get("mcmc")
    facts = panel.diagnostics if panel is not None else {}
    if facts.get("gate"):
        said = "no. The draws of the posterior did not pass their checks, so do not use its numbers."
        return Answer("Computation", said, False)
    parts = []
    if "max_rhat" in facts:
        rhat, allowed = significant(facts["max_rhat"]), facts["max_rhat_allowed"]
        worth = round(min(float(facts["min_ess_bulk"]), float(facts["min_ess_tail"])))
        required = f"{facts['min_ess_required']:g}"
        parts.append(
            f"The {facts.get('chains', '')} runs of the sampler agree: their R-hat is {rhat}, where "
            f"1 means that they are alike and {allowed} is allowed. Their draws are worth at least {worth} "
            f"independent ones for each number, and {required} are needed{_earlier(facts)}{_exact(solution, headline)}"
        )
    maxima = _maxima(solution)
    if not parts and not maxima:
        return None
    return Answer("Computation", f"yes. {'. '.join([*parts, *maxima])}." if parts else f"{maxima[0]}.", True)


def _earlier(facts: Mapping[str, Any]) -> str:
    """Say that draws before these did not pass and are not used, and why."""
    tried = [str(one).partition(": ")[2] for one in facts.get("attempts", ())][:-1]
    if not tried:
        return ""
    which, whose = ("A first attempt", "its") if len(tried) == 1 else (f"{len(tried)} earlier attempts", "their")
    diverged = "divergent" in tried[-1]
    meant, now = (", steps that did not follow the density", ", and those used have none") if diverged else ("", "")
    return f". {which} did not pass the checks ({tried[-1]}{meant}): none of {whose} draws is used{now}"


def _exact(solution: Any, headline: str) -> str:
    """Say how far the posterior mean of the headline may be off for having been drawn, apart from its interval."""
    panel = solution.panels["mcmc"]
    row = next((one for one in panel.estimates if one.name == headline), None)
    drawn = [one for one in panel.diagnostics.get("summary", ()) if full_name(one) == headline]
    error = float(drawn[0]["mcse_mean"]) if drawn else math.nan
    if row is None or not math.isfinite(row.estimate + error):
        return ""
    off = significant(BAND * error, 1)
    known = f". By these draws the posterior mean of {headline} is known to about ±{off} (two standard errors)"
    if not math.isfinite(row.upper - row.lower):
        return known
    write = style(asdict(one) for p in solution.panels.values() for one in p.estimates if one.name == headline)
    return f"{known}, and its credible interval is {write(row.lower)} to {write(row.upper)}"


def _maxima(solution: Any) -> list[str]:
    """Say from how many starts the maxima were searched for, and whether one ended lower."""
    found = []
    for method in ("mle", "map"):
        panel = solution.panels.get(method)
        # Where combinations alone are identified, many points are maxima alike.
        level = panel is not None and any(row.status is Status.NOT_IDENTIFIED for row in panel.estimates)
        if panel is not None and not level and any(math.isfinite(row.estimate) for row in panel.estimates):
            starts, others = (int(panel.diagnostics.get(name, 0)) for name in ("starts", "other_optima"))
            found.append((SHORT[method], starts, others))
    found = [one for one in found if one[1] > 0]
    if not found:
        return []
    places = [f"{count} starting points for the {name}" for name, count, _ in found[:1]]
    where = join_all([*places, *(f"{count} for the {name}" for name, count, _ in found[1:])])
    lower = [f"{others} of the {name}" for name, _, others in found if others]
    if lower:
        return [f"From {where} lower maxima were found, {join_all(lower)}, and the highest is reported"]
    return [f"From {where} no other maximum was found"]


def predictions(comparison: Comparison, variant: str) -> str:
    """Say which panel predicts rows best that were left out of a fit, or that they do so about equally well."""
    rows = [row for row in select(comparison.scores, variant) if math.isfinite(row["difference"])]
    if len(rows) < FEWEST or not all(math.isfinite(row["difference_error"]) for row in rows):
        return ""
    best = max(rows, key=lambda row: row["log_score"])
    others = [row for row in rows if row is not best]
    clear = [row for row in others if -row["difference"] > max(BAND * row["difference_error"], VISIBLE)]
    where = f"on the {significant(best['n_held_out'])} rows that were left out of a fit"
    if not clear:
        most = max(others, key=lambda row: -row["difference"])
        how = "all three predict" if len(rows) == len(SHORT) else f"{_panels(rows)} predict"
        return (
            f"{how} about equally well: {where} their log scores (the log-density of all of them; higher is better) "
            f"differ by at most {significant(-most['difference'], 2)}, which is too little to prefer one: the standard "
            f"error of that difference is {significant(most['difference_error'], 2)}."
        )
    lower = [
        f"{SHORT[row['method']]} by {significant(-row['difference'], 2)} (standard error "
        f"{significant(row['difference_error'], 2)})"
        for row in clear
    ]
    same = [row for row in others if row not in clear]
    beside = f" That of {_panels(same)} is not clearly lower." if same else ""
    return (
        f"{SHORT[best['method']]} predicts best: {where} its log score is the highest, and lower is that of "
        f"{join_all(lower)}.{beside}"
    )


def _panels(rows: Sequence[Mapping[str, Any]]) -> str:
    return join_all([SHORT[row["method"]] for row in rows])


def _conditional(solution: Any) -> tuple[str, str] | None:
    """Say what the MAP's intervals take as known."""
    panel = solution.panels.get("map")
    held = [what for what in dict.fromkeys(panel.held.values()) if what] if panel is not None else []
    if not held:
        return None
    known = join_all([what.as_equations() for what in held[:2]])
    posterior = solution.panels.get("mcmc")
    drawn = posterior is not None and not posterior.diagnostics.get("gate")
    beside = ". Those of the posterior suppose neither." if drawn else ", so they may be too short or too long."
    said = f"no. They are computed as if {known} were known, and from the curvature at the mode alone{beside}"
    return "The MAP's intervals", said


def _before_the_data(explanation: Explanation) -> str:
    """Say between which values the prior puts a scalar; nothing where its draws support no digit of them."""
    ends = explanation.before.ends()
    if ends is None:
        return ""
    low, high = (significant(end, 2) for end in ends)
    given = f", with {explanation.before.given}," if explanation.before.given else ""
    before = "By itself" if explanation.chosen else "Before the data"
    return (
        f" {before} the prior{given} puts {explanation.headline} between about {low} and {high} with a "
        f"probability of {100 * BEFORE:g} %."
    )


def _judged(explanation: Explanation) -> str:
    """Say how to judge a prior: by what was known before the data, or that a setting of it was chosen from them."""
    if not explanation.chosen:
        return JUDGE
    names = join_all([str(one) for one in explanation.chosen])
    them = join_all([one.name for one in explanation.chosen])
    several = len(explanation.chosen) > 1
    return (
        f"{names} {'were' if several else 'was'} chosen from these same data, so this range was not known before "
        f"them, and no interval of MAP or posterior includes the uncertainty of {them}."
    )


def _scaled(explanation: Explanation, write: Style, without: float) -> str:
    """Say what the posterior mean of the headline would be under a weaker and a stronger prior, if that is known.

    ``without`` is how far the estimate without a prior lies, in posterior standard deviations; NaN where it is unknown.
    """
    found = explanation.scaled
    if not found.known:
        return " No other prior was tried."
    other = "No prior of another kind was tried."
    power = f"its density to the power {WEAKER:g}"
    if found.shift * found.sd <= BAND * found.error or write(found.weaker) == write(found.stronger):
        return (
            f" A slightly wider or narrower prior ({power} or {STRONGER:g}) moves the posterior mean by less than its "
            f"Monte Carlo error shows. {other}"
        )
    return (
        f" {_width_matters(found.shift, without)}: the posterior mean is {write(found.weaker)} under a slightly wider "
        f"prior ({power}) and {write(found.stronger)} under a slightly narrower one (to the power {STRONGER:g}), a "
        f"change of at most {found.shift:.2g} posterior standard deviations. {other}"
    )


def _width_matters(shift: float, without: float) -> str:
    """Say whether a small change of the prior moves the posterior mean, beside having none; in standard deviations."""
    if shift <= SMALL:
        return "A small change of the prior's width hardly matters"
    return f"A small change of the prior's width matters {'less' if shift < without else 'too'}"


def _prior(solution: Any, explanation: Explanation) -> tuple[str, str] | None:
    """Say how far the headline depends on the prior: with and without it, and under a little less or more of it."""
    headline = explanation.headline
    rows: dict[str, Row] = {
        m: row for m, panel in solution.panels.items() for row in panel.estimates if row.name == headline
    }
    after = rows.get("mcmc") or rows.get("map")
    if after is None or not math.isfinite(after.estimate):
        return None
    write = style(asdict(row) for row in rows.values())
    kind = f"posterior {after.estimate_kind}" if after.method == "mcmc" else SHORT[after.method]
    pooled = any(one.rule == "pooling" and headline in one.scalars for one in explanation.reasons)
    together = f", as the prior ties it to the other values of {after.estimand}" if pooled else ""
    given = f"data and prior ({kind}) give {write(after.estimate)}{together}"
    mle, far = rows.get("mle"), math.nan
    if mle is not None and math.isfinite(mle.estimate):
        alone = f"the data alone (MLE) give {{}}the value {write(mle.estimate)}, {given}."
        said = alone.format(f"{headline} ")
        if after.std_error > 0:
            far = abs(mle.estimate - after.estimate) / after.std_error
            how = "depends strongly" if far >= STRONG else "depends" if far > SMALL else "hardly depends"
            said = f"{headline} {how} on having one at all: {alone.format('')}"
    elif mle is not None:
        said = f"the data alone give no value of {headline}, {given}."
    else:
        said = f"of {headline} {given}."
    verdict = "yes" if far <= SMALL else "with care"
    said = f"{verdict}. {said if said.startswith(headline) else said[:1].upper() + said[1:]}"
    moved = _scaled(explanation, write, far)
    return "Prior", f"{said}{moved}{_before_the_data(explanation)} {_judged(explanation)}"
