"""Rules on missing maxima, maxima on an edge or a corner, and intervals that hold such a scalar fixed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from triptych.base.text import join_all
from triptych.comparisons.explanation.corners import JOINT, LIKELIHOOD, PRIOR
from triptych.comparisons.explanation.measured import Measured
from triptych.comparisons.explanation.sentences import Sentence, finite, named, percent, verb
from triptych.problem.fixed import Fixed
from triptych.problem.table import Status

PRODUCT = "(likelihood times prior)"  # what the joint density is, where a sentence names it
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
        values = [f"the {words[m]} {first.said(m)}" for m in have]
        called = str(status).replace("_", " ")
        lead = f"{named(these, scalars)} {verb(names, 'has', 'have')} no MLE (status: {called})"
        text = f"{lead}: {why}"
        text += f"{_combination(these, scalars) if status is Status.NOT_IDENTIFIED else ''}."
        if have:
            example = verb(names, "", ", for example,")
            text += f" With the prior{example} {first.name} has {' and '.join(values)}."
        found.append(Sentence("no_mle", text, tuple(names), tuple(first.estimate(m) for m in have), lead))
    return found


def _combination(these: Sequence[Measured], scalars: Sequence[Measured]) -> str:
    """Return which estimand the data do determine that is computed from others and from what they do not determine."""
    missing = {s.estimand for s in these}
    for estimand in dict.fromkeys(s.estimand for s in scalars):
        mine = [s for s in scalars if s.estimand == estimand]
        made_of = mine[0].parameters
        computed = estimand not in made_of and len(made_of) > 1
        if computed and missing.intersection(made_of) and all(finite(s.estimate("mle")) for s in mine):
            return f", such as {estimand}, which is computed from {join_all(made_of)}"
    return ""


def no_map(scalars: Sequence[Measured]) -> list[Sentence]:
    """The joint density has no maximum although its integral is finite."""
    found = []
    for status, why in NO_MAP.items():
        these = [s for s in scalars if s.status("map") is status and math.isfinite(s.estimate("mcmc"))]
        if not these:
            continue
        names = [s.name for s in these]
        lead = f"{named(these, scalars)} {verb(names, 'has', 'have')} no MAP"
        text = (
            f"{lead}: the joint density {PRODUCT} {why}. Its integral is finite, so the posterior exists; the mean of "
            f"{these[0].name} is {these[0].said('mcmc')}."
        )
        found.append(Sentence("no_map", text, tuple(names), (these[0].estimate("mcmc"),), lead))
    return found


def edge(scalars: Sequence[Measured]) -> list[Sentence]:
    """A maximum lies on an edge of the parameters' range."""
    found = []
    for method, words, density in (
        ("mle", "MLE", "the likelihood"),
        ("map", "MAP", "likelihood times prior (the joint density of all parameters)"),
    ):
        these = [s for s in scalars if s.status(method) is Status.AT_BOUNDARY]
        for s in these:
            place, mean = s.rows[method].estimate, s.estimate("mcmc")
            at = s.write(place)
            end = f"the {'lower' if mean > place else 'upper'} end" if finite(mean) else "an end"
            lead = f"The {words} of {s.name} is {at}"
            equal = _made_equal(s, scalars) if method == "map" else []
            same = [f"all {len(v)} MAPs of {v[0].estimand} are {v[0].said('map')}" for v in equal]
            with_it = f", and with it {join_all(same)}" if same else ""
            text = f"{lead}, {end} of its range{with_it}: there {density} is highest."
            text += _cost(s) if method == "map" else ""
            if finite(mean):
                row = s.rows["mcmc"]
                ends = f"{100 * row.ci_prob:.9g} % interval ({s.write(row.lower)} to {s.write(row.upper)})"
                out = (
                    f", and its {ends} leaves {at} out in any case, which is no evidence against it"
                    if finite(row.upper - row.lower)
                    else ""
                )
                text += (
                    f" The posterior averages over all values of {s.name} and gives the single value {at} no "
                    f"probability: its mean is {s.write(mean)}{out}."
                )
            names = (s.name, *(one.name for vector in equal for one in vector))
            found.append(Sentence("edge", text, names, (place, mean), lead))
    return found


def _cost(s: Measured) -> str:
    """Say what likelihood and prior do on the way to the edge: why the joint density is highest on it."""
    likelihood, prior = s.off_edge.likelihood, s.off_edge.prior
    if not finite(likelihood + prior):
        return ""
    on, off = s.write(s.rows["map"].estimate), s.write(s.estimate("mcmc"))
    others = ", with the other parameters at their best for each," if s.off_edge.refitted else ""
    data, density = _changed(likelihood, "probable", "less", "more"), _changed(prior, "high", "lower", "higher")
    product = "" if data.startswith("as ") and density.startswith("as ") else f", so their product is higher at {on}"
    return (
        f" Going from {s.name} = {off} (the posterior mean) to {on}{others} makes the data {data} and the prior "
        f"density {density}{product}."
    )


def _changed(times: float, what: str, less: str, more: str) -> str:
    """Say how a density changes on the way to an edge, off which it is so many times as high, to two digits.

    Parameters
    ----------
    times
        The density off the edge over that on it.
    what, less, more
        The adjective, and what it is where there is less of it and more.
    """
    ratio = f"{float(f'{max(times, 1 / times):.2g}'):g}"
    if ratio == "1":
        return f"as {what} as before"
    word = less if times > 1 else more
    return f"{ratio} times {word}{f' {what}' if what == 'probable' else ''}"


def _made_equal(edge: Measured, scalars: Sequence[Measured]) -> list[list[Measured]]:
    """Return the vectors all of whose MAPs are the same, where their intervals take the scalar on the edge as known."""
    found = []
    for estimand in dict.fromkeys(s.estimand for s in scalars):
        these = [s for s in scalars if s.estimand == estimand]
        values = [s.estimate("map") for s in these]
        known = all(math.isfinite(s.estimate("mle") + s.estimate("map")) for s in these)
        apart = max(values) - min(values) if known else math.inf
        on_it = all(edge.name in s.held.get("map", Fixed()).names for s in these)
        if len(these) > 2 and on_it and apart <= SAME * these[0].length("map"):
            found.append(these)
    return found


def corner(scalars: Sequence[Measured]) -> list[Sentence]:
    """The density has a corner on which the MAP comes to lie exactly: of the prior, or of the likelihood itself."""
    found = _corner_of_likelihood([s for s in scalars if s.corner == LIKELIHOOD])
    cornered = [s for s in scalars if s.corner in (PRIOR, JOINT)]
    for at in dict.fromkeys(s.said("map") for s in cornered):
        these = [s for s in cornered if s.said("map") == at]
        names = [s.name for s in these]
        most = max(these, key=lambda s: abs(s.estimate("mcmc")) if finite(s.estimate("mcmc")) else -1.0)
        whose = "the prior's density" if these[0].corner == PRIOR else "the joint density of data and parameters"
        loses = "the prior loses more than the likelihood gains" if these[0].corner == PRIOR else "it falls"
        lead = f"The {verb(names, 'MAP', 'MAPs')} of {named(these, scalars)} {verb(names, 'is', 'are')} exactly {at}"
        text = (
            f"{lead}: {whose} has a sharp peak there, and to either side {loses}, so the top of likelihood times prior "
            "stays on that peak."
        )
        mean, above = most.estimate("mcmc"), most.posterior.share_above_zero
        if finite(mean):
            text += " The posterior averages over both sides, and a single value weighs nothing in it: "
            shares = most.estimate("map") == 0 and finite(above)
            text += (
                f"{percent(1 - above)} of the probability of {most.name} lies below, {percent(above)} above."
                if shares
                else f"the posterior mean of {most.name} is {most.write(mean)}."
            )
        found.append(Sentence("corner", text, tuple(names), (mean, above), lead))
    return found


def _corner_of_likelihood(these: Sequence[Measured]) -> list[Sentence]:
    """Say that the likelihood has the corner, at the values of all scalars together."""
    if not these:
        return []
    place = join_all([f"{s.name} = {s.said('map')}" for s in these])
    same = all(s.said("mle") == s.said("map") for s in these)
    lie = "MLE and MAP lie" if same else "the MAP lies"
    text = f"The likelihood has a corner at {place}, where its slope changes abruptly: {lie} exactly on it."
    known = [s for s in these if finite(s.estimate("mcmc"))]
    if known:
        most = max(known, key=lambda s: abs(s.beyond))
        text += (
            f" The posterior averages over values on all sides of it instead: the posterior mean of {most.name} is "
            f"{most.said('mcmc')}."
        )
    return [Sentence("corner", text, tuple(s.name for s in these), tuple(s.estimate("mcmc") for s in these))]


def held(scalars: Sequence[Measured]) -> list[Sentence]:
    """The MAP's intervals are those of a smaller model, in which something is fixed."""
    found: list[Sentence] = []
    for what in dict.fromkeys(s.held["map"] for s in scalars if "map" in s.held):
        these = [s for s in scalars if s.held.get("map") == what]
        names = [s.name for s in these]
        lead = f"The MAP's {verb(names, 'interval', 'intervals')} of {named(these, scalars)}"
        text = f"{lead} {verb(names, 'is', 'are')} computed as if {what.as_equations()} were known"
        known = [s.length("mcmc") / s.length("map") for s in these]
        figures = tuple(ratio for ratio in known if math.isfinite(ratio))
        if figures:
            low, high = f"{min(figures):.2g}", f"{max(figures):.2g}"
            between = low if low == high else f"{low} to {high}"
            be = verb(names, "is", "are")
            times = f"{'' if between == '1' else f'{between} times '}as long as the MAP's"
            text += f". The posterior's {verb(names, 'interval', 'intervals')} {be} not, and {be} {times}"
        found.append(Sentence("held", f"{text}.", tuple(names), figures, lead))
    return found
