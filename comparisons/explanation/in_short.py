"""The answer of three panels in one sentence: whether they agree, where they differ most, which of them is missing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from triptych.base.text import join_all
from triptych.comparisons.explanation.measured import Measured
from triptych.comparisons.explanation.posterior_rules import SMALL, distance
from triptych.comparisons.explanation.prior_rules import TIED, tied
from triptych.comparisons.explanation.sentences import (
    FEW,
    MOST_NAMED,
    about_zero,
    named,
    own_data,
    span,
    verb,
    whole,
    with_interval,
)

# Share of the largest difference from which others are as large. A parameter and what is computed from it differ alike,
# as a coefficient does in other units; the one that is reported first is what the question is about.
ALIKE = 0.9
WORDS = {"mle": "MLE", "map": "MAP", "mcmc": "posterior mean"}
ALONE = "from the data alone"
SPELLED = {"mle": "by maximum likelihood (MLE)", "map": "by maximum a posteriori (MAP)", "mcmc": "as posterior mean"}


def most_different(scalars: Sequence[Measured]) -> str:
    """Return the name of the scalar on which the three differ most; of the first where this is not known."""
    known = [s for s in scalars if math.isfinite(distance(s))]
    return _most(known).name if known else next((s.name for s in scalars), "")


def _most(known: Sequence[Measured]) -> Measured:
    """Return the scalar on which the three differ most, of several on which they differ alike the first reported."""
    largest = max(map(distance, known))
    return next(s for s in known if distance(s) >= ALIKE * largest)


def answered(scalars: Sequence[Measured]) -> list[Measured]:
    """Return the vector that answers a model's question: that of the scalar on which the three differ.

    Empty where this scalar is none of a vector, where the three agree, and where a mean or an interval of the posterior
    is missing.
    """
    name = most_different(scalars)
    most = next((s for s in scalars if s.name == name), None)
    these = whole(most, scalars) if most is not None and distance(most) > SMALL else []
    return these if all(math.isfinite(s.estimate("mcmc") + s.length("mcmc")) for s in these) else []


def _of_vector(these: Sequence[Measured], most: Measured) -> str:
    """Return what is known of a vector: by data and prior, about zero, and by the data alone.

    From where to where its values run is told where the prior ties them together, as of like things; coefficients of
    predictors in units of their own are not compared.
    """
    zero = about_zero(these, "mcmc")
    if not tied(these):
        return f"{zero[:1].upper()}{zero[1:]}. " if zero else ""
    row = most.rows["mcmc"]
    level, ends = f"{100 * row.ci_prob:.9g} % credible interval", f"{most.write(row.lower)} to {most.write(row.upper)}"
    values = f"the {len(these)} values of {most.estimand}"
    text = f"The best guesses of {values} {span(these, 'mcmc')} (posterior means)"
    text += f"; {zero}. " if zero else f"; each is uncertain: the {level} of {most.name} is {ends}. "
    if all(math.isfinite(s.value("mle")) for s in these):
        data = own_data(these)
        which = f"which are the values of {data} themselves" if data else ALONE
        text += f"The MLEs of {most.estimand}, {which}, {span(these, 'mle')}. "
    return text


def _parents(most: Measured, scalars: Sequence[Measured]) -> str:
    """Return the single parameters by which the prior ties a vector together, where they are few, and what they are."""
    parents = common(most, scalars)
    if not 0 < len(parents) <= FEW:
        return ""
    level = f"{100 * most.rows['mcmc'].ci_prob:.9g} % credible interval"
    means = [with_interval(one, "mcmc", "" if k else level) for k, one in enumerate(parents)]
    guess, are = verb(means, "guess of", "guesses of"), verb(means, "is", "are")
    computed = most.estimand not in most.parameters and len(most.parameters) <= MOST_NAMED
    names = join_all(most.parameters) if computed else join_all([one.name for one in parents])
    how = f"{most.estimand} {'is computed from' if computed else 'depends on'} {names}"
    return f" {how}; the best {guess} {join_all([one.name for one in parents])} {are} {join_all(means)}."


def common(s: Measured, scalars: Sequence[Measured]) -> list[Measured]:
    """Return the single reported parameters by which the prior ties the vector of a scalar together."""
    sizes = Counter(one.estimand for one in scalars)
    return [
        one
        for one in (scalars if s.prior_correlation > TIED else ())
        if sizes[one.estimand] == 1
        and one.estimand in s.parameters
        and math.isfinite(one.estimate("mcmc") + one.length("mcmc"))
    ]


def _signs(agreeing: Sequence[Measured], scalars: Sequence[Measured]) -> list[str]:
    """Say of vectors on all of whose scalars the three agree which intervals of the posterior contain zero."""
    found = []
    for estimand in dict.fromkeys(s.estimand for s in agreeing):
        these = [s for s in agreeing if s.estimand == estimand]
        vector = whole(these[0], scalars)
        if len(these) == len(vector) and (zero := about_zero(vector, "mcmc")):
            found.append(f"of {estimand}, {zero}")
    return found


def in_short(scalars: Sequence[Measured]) -> str:
    """Return what the panels say together, with the figures of the scalar on which they differ most.

    Where this is one of a vector, what is known of the vector comes first, and what does not exist is left to the
    reasons.

    Parameters
    ----------
    scalars
        What was measured of each reported scalar.
    """
    known = [s for s in scalars if math.isfinite(distance(s))]
    if vector := answered(scalars):
        most = _most(known)
        values = ", ".join(f"{WORDS[m]} {most.said(m)}" for m in WORDS)
        told = _of_vector(vector, most)
        return f"{told}The three methods differ most on {most.name}: {values}.{_parents(most, scalars)}"
    parts = []
    if known:
        most = _most(known)
        values = ", ".join(f"{WORDS[m]} {most.said(m)}" for m in WORDS)
        spelled = ", ".join(f"{most.said(m)} {words}" for m, words in SPELLED.items())
        agreeing = [s for s in known if distance(s) <= SMALL]
        if len(agreeing) == len(known):
            whole = "everything that is reported" if len(known) == len(scalars) else named(known, scalars)
            example = f" ({most.name}: {values})" if len(known) == 1 else ""
            within = f"within {distance(most):.2g} posterior standard deviations"
            parts.append(f"The three agree on {whole}, {within}{example}")
            parts += _signs(known, scalars)
        else:
            parts.append(f"The three differ most on {most.name}: {spelled}")
            if agreeing:
                parts.append(f"they agree on {named(agreeing, scalars)}")
                parts += _signs(agreeing, scalars)
    for method, words in WORDS.items():
        without = [s for s in scalars if method in s.rows and not math.isfinite(s.rows[method].estimate)]
        if without:
            said = f"here is no {words} of {named(without, scalars)}"
            parts.append(f"{'t' if parts else 'T'}{said}")
    return f"{'; '.join(parts)}." if parts else ""
