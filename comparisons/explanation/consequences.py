"""What follows from how the panels differ: which number answers which question, and what to write down."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from triptych.base.text import join_all
from triptych.comparisons.explanation.corners import JOINT, PRIOR
from triptych.comparisons.explanation.in_short import answered, common, most_different
from triptych.comparisons.explanation.measured import Measured
from triptych.comparisons.explanation.posterior_rules import LENGTHS, SMALL, agree, distance
from triptych.comparisons.explanation.prior_rules import tied
from triptych.comparisons.explanation.sentences import Rule, Sentence, finite, named, verb, with_interval
from triptych.problem.table import Row, Status
from triptych.problem.varied import Chosen

MOST_PRIORS = 4  # priors that a sentence spells out
# How PyMC writes a density, and what it or its numbers are.
MEANT = {
    r" ~ Normal\(": "Normal: mean, standard deviation",
    r" ~ Laplace\(": "Laplace: centre, scale",
    r" ~ HalfCauchy\([^,]*\)$": "HalfCauchy: median, with a long upper tail",
    r" ~ Flat$": "Flat: the same density everywhere",
    r" ~ HalfFlat$": "HalfFlat: the same density at all positive values",
    r"density proportional to 1 / \w+$": "density proportional to 1 / x: no order of magnitude of x is favoured",
    r"^the potential ": "a potential: a factor of the prior density",
    r"^the factor ": "a factor of the prior density",
}


def chosen_from_data(one: Chosen, scalars: Sequence[Measured]) -> Sentence:
    """A setting that was chosen from the same data is taken as known by every interval that rests on the prior."""
    lead = f"{one} was chosen from these same data"
    text = (
        f"{lead} ({one.how}), and MAP and posterior take it as known: report it with "
        f"them, and say that their intervals leave out that {one.name} is uncertain."
    )
    return Sentence("chosen", text, tuple(s.name for s in scalars), (one.value,), lead)


def doubtful(scalars: Sequence[Measured]) -> list[Sentence]:
    """A posterior that did not pass its checks is no result."""
    these = [s for s in scalars if s.status("mcmc") in (Status.UNRELIABLE, Status.FAILED)]
    if not these:
        return []
    lead = f"Do not report the posterior of {named(these, scalars)}"
    text = f"{lead}: its draws did not pass the checks; see the reason."
    return [Sentence("doubtful", text, tuple(s.name for s in these), lead=lead)]


def conditional(scalars: Sequence[Measured]) -> list[Sentence]:
    """An interval that holds something fixed answers a narrower question."""
    found = []
    for what in dict.fromkeys(s.held["map"] for s in scalars if "map" in s.held):
        these = [s for s in scalars if s.held.get("map") == what]
        names = [s.name for s in these]
        lead = f"The MAP's {verb(names, 'interval', 'intervals')} of {named(these, scalars)}"
        known = f"{lead} {verb(names, 'is', 'are')} computed as if {what.as_equations()} were known"
        better = all(s.status("mcmc") is Status.OK and finite(s.length("mcmc")) for s in these)
        do = f"report {verb(names, 'that', 'those')} of the posterior instead" if better else "say so where you report"
        text = f"{known}: {do}{'' if better else verb(names, ' it', ' them')}.{_beside_the_posterior(these, scalars)}"
        found.append(Sentence("conditional", text, tuple(names), lead=lead))
    return found


def _beside_the_posterior(these: Sequence[Measured], scalars: Sequence[Measured]) -> str:
    """Say which of the MAP's intervals are clearly shorter than the posterior's or longer; of both, how many."""
    shorter = [s for s in these if s.length("mcmc") > LENGTHS * s.length("map")]
    longer = [s for s in these if s.length("map") > LENGTHS * s.length("mcmc")]
    sides = [(some, word) for some, word in ((shorter, "shorter"), (longer, "longer")) if some]
    if not sides:
        return ""
    if len(these) == 1:
        return f" The MAP's interval is {sides[0][1]} than the posterior's."
    if len(sides) == 1:
        some, word = sides[0]
        names = [s.name for s in some]
        which = "" if len(some) == len(these) else f" of {named(some, scalars)}"
        whose = f"The MAP's {verb(names, 'interval', 'intervals')}{which}"
        return f" {whose} {verb(names, 'is', 'are')} {word} than the posterior's."
    are = "is" if len(shorter) == 1 else "are"
    alike = sum(finite(s.length("map") + s.length("mcmc")) for s in these) - len(shorter) - len(longer)
    parts = [f"{len(shorter)} {are} shorter than the posterior's", f"{len(longer)} longer"]
    parts += [f"{alike} about as long"] if alike else []
    return f" Of the MAP's {len(these)} intervals, {join_all(parts)}."


def zeros(scalars: Sequence[Measured]) -> list[Sentence]:
    """An exact zero of the MAP is no evidence that there is no effect."""
    these = [
        s
        for s in scalars
        if s.corner in (PRIOR, JOINT)
        and s.estimate("map") == 0
        and s.status("mcmc") is Status.OK
        and finite(s.length("mcmc"))
    ]
    if not these:
        return []
    widest = max(these, key=lambda s: s.length("mcmc"))
    row = widest.rows["mcmc"]
    lead = "A MAP of exactly 0 is not evidence of no effect"
    text = (
        f"{lead}, so do not drop {named(these, scalars)} because of it: the "
        f"{100 * row.ci_prob:.9g} % credible interval of {widest.name} runs from {widest.write(row.lower)} to "
        f"{widest.write(row.upper)}."
    )
    return [Sentence("zeros", text, tuple(s.name for s in these), (row.lower, row.upper), lead)]


def only_posterior(scalars: Sequence[Measured]) -> list[Sentence]:
    """Where neither maximum exists the posterior is the only answer, and it leans on the prior."""
    these = [
        s
        for s in scalars
        if finite(s.estimate("mcmc"))
        and not finite(s.estimate("mle"))
        and s.status("mle") is not Status.FAILED
        and s.status("map") not in (None, Status.OK, Status.AT_BOUNDARY, Status.FAILED)
    ]
    if not these:
        return []
    lead = f"Of {named(these, scalars)} only the posterior exists"
    text = f"{lead}: report it together with its prior, and see whether another reasonable prior changes it."
    return [Sentence("only_posterior", text, tuple(s.name for s in these), lead=lead)]


def prior_matters(scalars: Sequence[Measured]) -> list[Sentence]:
    """Where the MLE does not exist and the posterior does, its values rest on the prior."""
    alone = {name for sentence in only_posterior(scalars) for name in sentence.scalars}
    # Where all values of a vector are to be reported, the priors of what it is computed from are named already.
    told = {name for s in answered(scalars)[:1] if which_number(scalars) for name in s.parameters}
    these = [
        s
        for s in scalars
        if s.status("mle") in (Status.UNBOUNDED, Status.AT_INFINITY, Status.NOT_IDENTIFIED)
        and finite(s.estimate("mcmc"))
        and s.name not in alone
        and s.estimand not in told
    ]
    if not these:
        return []
    names = [s.name for s in these]
    lead = f"{named(these, scalars)} {verb(names, 'rests', 'rest')} on the prior as well as on the data"
    text = f"{lead}: name the prior where you report {verb(names, 'it', 'them')}."
    return [Sentence("prior_matters", text, tuple(names), lead=lead)]


def any_of_them(scalars: Sequence[Measured]) -> list[Sentence]:
    """Where all agree, in estimate and interval, any may be reported; a MAP whose interval holds something may not."""
    found = []
    agreeing = [s for s in scalars if agree(s) and 1 / LENGTHS <= s.length("mcmc") / s.length("mle") <= LENGTHS]
    for held, agreement, which in (
        (False, "the three methods agree", "any of them"),
        (True, "MLE and posterior agree, in estimate and interval", "either"),
    ):
        these = [s for s in agreeing if ("map" in s.held) is held]
        if these:
            lead = f"For {named(these, scalars)} {agreement}"
            text = (
                f"{lead}: report {which}, and say which. The interval of the MLE is a "
                "confidence interval, that of the posterior a credible interval."
            )
            found.append(Sentence("any_of_them", text, tuple(s.name for s in these), lead=lead))
    return found


def which_number(scalars: Sequence[Measured]) -> list[Sentence]:
    """Of the scalar on which the panels differ most, say which number answers which question."""
    name = most_different(scalars)
    s = next((one for one in scalars if one.name == name), None)
    if s is None or distance(s) <= SMALL or s.status("mcmc") is not Status.OK:
        return []
    mean = s.rows["mcmc"]
    spelled = f": {_spelled(s.priors, s.estimand)}" if s.priors else ""
    if vector := answered(scalars):
        data = [one for one in vector if one.status("mle") is Status.OK and finite(one.length("mle"))]
        lead = f"Report the posterior means of {named(vector, scalars)} with their credible intervals"
        text = f"{lead}, for example: {_example(_clear(vector, s), scalars)}.{why_the_mean(s, scalars)} "
        text += f"Name the prior with them{spelled}."
        if len(data) == len(vector):
            text += " To say what the data alone say, report the MLEs with their confidence intervals too."
        text += _clear_of_zero(vector) + _no_ranking(vector)
        return [Sentence("which_number", text, tuple(one.name for one in vector), (mean.estimate,), lead)]
    both = f"the posterior mean, {_interval(s, mean)}"
    if s.status("mle") is Status.OK and finite(s.length("mle")):
        lead = f"For {name}"
        text = f"{lead}, to say what these data alone say, report the MLE, {_interval(s, s.rows['mle'])}. "
        text += f"To say what data and prior together make probable, report {both}, and name the prior{spelled}."
    else:
        lead = f"For {name} report the posterior mean"
        text = f"For {name} report {both}, and name the prior{spelled}."
    return [Sentence("which_number", f"{text}{why_the_mean(s, scalars)}", (name,), (mean.estimate,), lead)]


def _clear(vector: Sequence[Measured], most: Measured) -> Measured:
    """Return which of a vector is written down as an example: of those clear of zero that on which panels differ least.

    An estimate whose interval contains zero, or that rests on the prior, is no example to copy where others do not.
    """
    signed = any(s.signed for s in vector)
    clear = [s for s in vector if signed and not s.rows["mcmc"].lower <= 0 <= s.rows["mcmc"].upper]
    return min(clear, key=lambda s: (not math.isfinite(distance(s)), distance(s)), default=most)


def why_the_mean(s: Measured, scalars: Sequence[Measured]) -> str:
    """Say why the posterior mean is the better guess than the MAP, where the two differ.

    A MAP that supposes a value on an edge or a corner is told with how little of the posterior lies there. Of any other
    it is told how much larger its expected squared error is. Nothing is said where MAP and mean agree.
    """
    sd, gap = s.posterior.sd, (s.estimate("mcmc") - s.value("map")) / s.posterior.sd
    if not (finite(sd + gap) and abs(gap) > SMALL):
        return ""
    known = s.held.get("map")
    taken = [one for one in scalars if known is not None and one.name in known.names]
    start = " The mean and not the MAP: the MAP is the one combination of values with the highest density, "
    edges = [one for one in taken if one.status("map") is Status.AT_BOUNDARY and finite(one.posterior.median)]
    if edges and known is not None:
        edge = edges[0]
        side = "above" if edge.posterior.median > edge.rows["map"].estimate else "below"
        return (
            f"{start}with {known.as_equations()}, but half of the posterior's probability has {edge.name} {side} "
            f"{edge.write(edge.posterior.median)}."
        )
    cornered = [one for one in taken if one.corner and finite(one.length("mcmc"))]
    if cornered and known is not None:
        widest = max(cornered, key=lambda one: one.length("mcmc") / one.posterior.sd)
        row = widest.rows["mcmc"]
        return (
            f"{start}with {known.as_equations()}; the mean averages over all combinations, and with "
            f"{100 * row.ci_prob:.9g} % of the probability {widest.name} lies from {widest.write(row.lower)} to "
            f"{widest.write(row.upper)}."
        )
    return (
        " The mean and not the MAP: of all single guesses the mean has the smallest expected squared error, whose "
        f"root is {s.write(sd)} for {s.name}, and {s.write(sd * math.hypot(1, gap))} for its MAP."
    )


def _example(s: Measured, scalars: Sequence[Measured]) -> str:
    """Return a result as it is written down, with the single parameters by which the prior ties its vector together."""
    said = [f"{s.name} is {_interval(s, s.rows['mcmc'])}"]
    said += [f"{one.name} is {with_interval(one, 'mcmc')}" for one in common(s, scalars)]
    return join_all(said)


def _clear_of_zero(vector: Sequence[Measured]) -> str:
    """Name the scalars of a vector all of whose intervals lie on one side of zero, where some do and others do not.

    Intervals of a MAP that take something as known are no evidence, so that they are left out.
    """
    without = "map" if any("map" in s.held for s in vector) else ""
    clear = []
    for s in vector:
        rows = [row for method, row in s.rows.items() if method != without]
        if any(one.signed for one in vector) and (all(r.lower > 0 for r in rows) or all(r.upper < 0 for r in rows)):
            clear.append(s)
    if not clear or len(clear) == len(vector):
        return ""
    names = [s.name for s in clear]
    used = [{"mle": "MLE", "mcmc": "posterior"}[method] for method in vector[0].rows if method != "map"]
    by = f"by {join_all(used)}" if without else "by every method"
    return (
        f" The {verb(names, 'sign', 'signs')} of {named(clear, vector)} may be stated: {by} "
        f"{verb(names, 'its interval lies', 'their intervals lie')} on one side of zero."
    )


def _no_ranking(vector: Sequence[Measured]) -> str:
    """Advise against a ranking of like things, where the posterior's interval of each holds the means of all others."""
    means = [s.estimate("mcmc") for s in vector]
    rows = [s.rows["mcmc"] for s in vector]
    if not tied(vector) or any(row.lower > min(means) or row.upper < max(means) for row in rows):
        return ""
    return (
        f" Do not rank the values of {vector[0].estimand} by their posterior means: each credible interval contains "
        "the means of all others."
    )


def _spelled(priors: Sequence[str], own: str = "") -> str:
    """Return priors for a text: the estimand's own first, and what the numbers of those named are.

    Parameters
    ----------
    priors
        As the model writes them.
    own
        The estimand that they are told of.
    """
    ordered = sorted(priors, key=lambda prior: not prior.startswith(f"{own} ~"))
    shown = ordered[:MOST_PRIORS]
    more = [f"{len(priors) - MOST_PRIORS} more"] if len(priors) > MOST_PRIORS else []
    meant = [what for written, what in MEANT.items() if any(re.search(written, prior) for prior in shown)]
    return f"{join_all([*shown, *more])}{f' ({"; ".join(meant)})' if meant else ''}"


def _interval(s: Measured, row: Row) -> str:
    """Return an estimate with its interval."""
    kind = "confidence" if row.method == "mle" else "credible"
    return with_interval(s, row.method, f"{100 * row.ci_prob:.9g} % {kind} interval")


CONSEQUENCES: tuple[Rule, ...] = (
    doubtful,
    which_number,
    zeros,
    conditional,
    only_posterior,
    prior_matters,
    any_of_them,
)
