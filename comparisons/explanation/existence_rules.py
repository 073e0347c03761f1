"""Rules on missing maxima, maxima on an edge or a corner, and intervals that hold such a scalar fixed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from triptych.comparisons.explanation.measured import Measured
from triptych.comparisons.explanation.sentences import Sentence, finite, named, percent, verb
from triptych.problem.fixed import Fixed
from triptych.problem.table import Status

SAME = 1e-6  # of the length of their intervals: MAPs that differ by less are called the same

NO_MLE = {
    Status.UNBOUNDED: "the likelihood rises without limit",
    Status.AT_INFINITY: "the likelihood rises all the way to infinity",
    Status.NOT_IDENTIFIED: "the data determine only combinations of the parameters",
    Status.NOT_IN_LIKELIHOOD: "no observation depends on the parameter",
}

NO_MAP = {Status.UNBOUNDED: "rises without limit", Status.AT_INFINITY: "rises all the way to infinity"}


def no_mle(scalars: Sequence[Measured]) -> list[Sentence]:
    """The likelihood alone gives no estimate; say why, and what the prior changes about it."""
    found = []
    for status, why in NO_MLE.items():
        these = [s for s in scalars if s.status("mle") is status]
        if not these:
            continue
        names = [s.name for s in these]
        have = [m for m in ("map", "mcmc") if all(math.isfinite(s.estimate(m)) for s in these)]
        words = {"map": "MAP", "mcmc": "posterior mean"}
        first = these[0]
        values = [f"{first.said(m)} ({words[m]})" for m in have]
        text = f"{named(these, scalars)} {verb(names, 'has', 'have')} no MLE ({str(status).replace('_', ' ')}): {why}"
        text += f"{_combination(these, scalars) if status is Status.NOT_IDENTIFIED else ''}."
        if have:
            text += f" With the prior: {first.name} {' and '.join(values)}."
        found.append(Sentence("no_mle", text, tuple(names), tuple(first.estimate(m) for m in have)))
    return found


def _combination(these: Sequence[Measured], scalars: Sequence[Measured]) -> str:
    """Return which estimand, computed from several parameters that the data do not determine, they do determine."""
    missing = {s.estimand for s in these}
    for estimand in dict.fromkeys(s.estimand for s in scalars):
        mine = [s for s in scalars if s.estimand == estimand]
        made_of = missing.intersection(mine[0].parameters) - {estimand}
        if len(made_of) > 1 and all(finite(s.estimate("mle")) for s in mine):
            return f", such as {estimand}"
    return ""


def no_map(scalars: Sequence[Measured]) -> list[Sentence]:
    """The joint density has no maximum although its integral is finite."""
    found = []
    for status, why in NO_MAP.items():
        these = [s for s in scalars if s.status("map") is status and math.isfinite(s.estimate("mcmc"))]
        if not these:
            continue
        names = [s.name for s in these]
        text = (
            f"{named(these, scalars)} {verb(names, 'has', 'have')} no MAP: the joint density {why}. Its integral is "
            f"finite, so the posterior exists; the mean of {these[0].name} is {these[0].said('mcmc')}."
        )
        found.append(Sentence("no_map", text, tuple(names), (these[0].estimate("mcmc"),)))
    return found


def edge(scalars: Sequence[Measured]) -> list[Sentence]:
    """A maximum lies on an edge of the parameters' range."""
    found = []
    for method, words in (("mle", "MLE"), ("map", "MAP")):
        these = [s for s in scalars if s.status(method) is Status.AT_BOUNDARY]
        for s in these:
            at = s.write(s.rows[method].estimate)
            text = f"The {words} of {s.name} is {at}, the edge of its range (at boundary)"
            text += _made_equal(s, scalars) if method == "map" else ""
            mean = s.estimate("mcmc")
            text += (
                f"; the posterior averages over all values of {s.name}, and its mean is {s.write(mean)}."
                if finite(mean)
                else "."
            )
            found.append(Sentence("edge", text, (s.name,), (s.rows[method].estimate, mean)))
    return found


def _made_equal(edge: Measured, scalars: Sequence[Measured]) -> str:
    """Say of which estimands all MAPs are the same, where their intervals take the scalar on the edge as known."""
    said = ""
    for estimand in dict.fromkeys(s.estimand for s in scalars):
        these = [s for s in scalars if s.estimand == estimand]
        values = [s.estimate("map") for s in these]
        known = all(math.isfinite(s.estimate("mle") + s.estimate("map")) for s in these)
        apart = max(values) - min(values) if known else math.inf
        on_it = all(edge.name in s.held.get("map", Fixed()).names for s in these)
        if len(these) > 2 and on_it and apart <= SAME * these[0].length("map"):
            said += f", and with it all {len(these)} MAPs of {estimand} are the same, {these[0].write(values[0])}"
    return said


def corner(scalars: Sequence[Measured]) -> list[Sentence]:
    """The prior's density has a corner on which the MAP comes to lie exactly."""
    these = [s for s in scalars if s.on_corner]
    if not these:
        return []
    names = [s.name for s in these]
    most = max(these, key=lambda s: abs(s.estimate("mcmc")) if finite(s.estimate("mcmc")) else -1.0)
    text = (
        f"The prior's density has a corner at {most.said('map')}, and the MAP of {named(these, scalars)} "
        "lies exactly on it."
    )
    mean, above = most.estimate("mcmc"), most.posterior.share_above_zero
    if finite(mean) and finite(above):
        text += (
            f" The posterior weighs both sides of the corner: that {most.name} is below zero has a probability of "
            f"{percent(1 - above)}, that it is above one of {percent(above)}, and its mean is {most.write(mean)}."
        )
    return [Sentence("corner", text, tuple(names), (mean, above))]


def held(scalars: Sequence[Measured]) -> list[Sentence]:
    """The MAP's intervals are those of a smaller model, in which something is fixed."""
    found: list[Sentence] = []
    for what in dict.fromkeys(s.held["map"] for s in scalars if "map" in s.held):
        these = [s for s in scalars if s.held.get("map") == what]
        names = [s.name for s in these]
        text = f"The MAP's {verb(names, 'interval', 'intervals')} of {named(these, scalars)} "
        text += f"{verb(names, 'is', 'are')} computed as if {what.as_equations()} were known"
        known = [s.length("mcmc") / s.length("map") for s in these]
        figures = tuple(ratio for ratio in known if math.isfinite(ratio))
        if figures:
            low, high = f"{min(figures):.2g}", f"{max(figures):.2g}"
            between = low if low == high else f"{low} to {high}"
            be = verb(names, "is", "are")
            times = "as long" if between == "1" else f"{between} times as long"
            text += f"; the posterior's {be} not, and {be} {times}"
        found.append(Sentence("held", f"{text}.", tuple(names), figures))
    return found
