"""What follows from how the panels differ: which number answers which question, and what to write down."""

from __future__ import annotations

import math
from collections.abc import Sequence

from triptych.comparisons.explanation.measured import Measured
from triptych.comparisons.explanation.posterior_rules import LENGTHS, agree
from triptych.comparisons.explanation.sentences import Rule, Sentence, finite, named, number, verb
from triptych.problem.table import Status


def doubtful(scalars: Sequence[Measured]) -> list[Sentence]:
    """A posterior that did not pass its checks is no result."""
    these = [s for s in scalars if s.status("mcmc") in (Status.UNRELIABLE, Status.FAILED)]
    if not these:
        return []
    text = f"Do not report the posterior of {named(these, scalars)}: its draws did not pass the checks; see the reason."
    return [Sentence("doubtful", text, tuple(s.name for s in these))]


def conditional(scalars: Sequence[Measured]) -> list[Sentence]:
    """An interval that holds something fixed answers a narrower question."""
    found = []
    for what in dict.fromkeys(s.held["map"] for s in scalars if "map" in s.held):
        these = [s for s in scalars if s.held.get("map") == what]
        names = [s.name for s in these]
        text = (
            f"Report the MAP's {verb(names, 'interval', 'intervals')} of {named(these, scalars)} only as conditional "
        )
        text += f"on {what}"
        if all(finite(s.estimate("mcmc")) for s in these):
            text += "; the posterior's are not conditional on it"
        found.append(Sentence("conditional", f"{text}.", tuple(names)))
    return found


def zeros(scalars: Sequence[Measured]) -> list[Sentence]:
    """An exact zero of the MAP is no evidence that there is no effect."""
    these = [
        s
        for s in scalars
        if s.on_corner and s.estimate("map") == 0 and s.status("mcmc") is Status.OK and finite(s.length("mcmc"))
    ]
    if not these:
        return []
    widest = max(these, key=lambda s: s.length("mcmc"))
    row = widest.rows["mcmc"]
    text = (
        f"A MAP of exactly 0 is not evidence of no effect: values of {widest.name} from {number(row.lower)} to "
        f"{number(row.upper)} are in its {row.ci_prob:.9g} credible interval."
    )
    return [Sentence("zeros", text, tuple(s.name for s in these), (row.lower, row.upper))]


def only_posterior(scalars: Sequence[Measured]) -> list[Sentence]:
    """Where neither maximum exists the posterior is the only answer, and it leans on the prior."""
    these = [
        s
        for s in scalars
        if finite(s.estimate("mcmc"))
        and not finite(s.estimate("mle"))
        and s.status("map") not in (None, Status.OK, Status.AT_BOUNDARY)
    ]
    if not these:
        return []
    text = (
        f"Of {named(these, scalars)} only the posterior exists: report it together with its prior, and see "
        "whether another reasonable prior changes it."
    )
    return [Sentence("only_posterior", text, tuple(s.name for s in these))]


def prior_matters(scalars: Sequence[Measured]) -> list[Sentence]:
    """Where the MLE does not exist and the others do, their values rest on the prior."""
    these = [
        s
        for s in scalars
        if s.status("mle") in (Status.UNBOUNDED, Status.AT_INFINITY, Status.NOT_IDENTIFIED)
        and finite(s.estimate("map"))
        and finite(s.estimate("mcmc"))
    ]
    if not these:
        return []
    text = (
        f"What MAP and posterior say of {named(these, scalars)} rests on the prior as well as on the data: name the "
        f"prior wherever you report {verb([s.name for s in these], 'it', 'them')}."
    )
    return [Sentence("prior_matters", text, tuple(s.name for s in these))]


def any_of_them(scalars: Sequence[Measured]) -> list[Sentence]:
    """Where all agree, in estimate and interval, any may be reported."""
    these = [
        s
        for s in scalars
        if agree(s) and math.isfinite(ratio := s.length("mcmc") / s.length("mle")) and 1 / LENGTHS <= ratio <= LENGTHS
    ]
    if not these:
        return []
    names = [s.name for s in these]
    text = (
        f"For {named(these, scalars)} any of the three may be reported: name which, and call the MLE's interval a "
        "confidence interval and the posterior's a credible interval."
    )
    return [Sentence("any_of_them", text, tuple(names))]


CONSEQUENCES: tuple[Rule, ...] = (doubtful, conditional, zeros, only_posterior, prior_matters, any_of_them)
