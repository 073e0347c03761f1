"""The answer of three panels in one sentence: whether they agree, where they differ most, which of them is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from triptych.comparisons.explanation.measured import Measured
from triptych.comparisons.explanation.posterior_rules import SMALL, distance
from triptych.comparisons.explanation.sentences import named, number

WORDS = {"mle": "MLE", "map": "MAP", "mcmc": "posterior mean"}


def most_different(scalars: Sequence[Measured]) -> str:
    """Return the name of the scalar on which the three differ most; of the first where this is not known."""
    known = [s for s in scalars if math.isfinite(distance(s))]
    return max(known, key=distance).name if known else next((s.name for s in scalars), "")


def _furthest(s: Measured) -> tuple[str, str, float]:
    """Return the two panels that lie furthest apart, and how far."""
    low, high = (min(WORDS, key=s.estimate), max(WORDS, key=s.estimate))
    one, other = sorted((low, high), key=list(WORDS).index)
    return WORDS[one], WORDS[other], s.estimate(high) - s.estimate(low)


def in_short(scalars: Sequence[Measured]) -> str:
    """Return what the panels say together, with the figures of the scalar on which they differ most.

    Parameters
    ----------
    scalars
        What was measured of each reported scalar.
    """
    known = [s for s in scalars if math.isfinite(distance(s))]
    parts = []
    if known:
        most = max(known, key=distance)
        values = ", ".join(f"{WORDS[m]} {number(most.estimate(m))}" for m in WORDS)
        agreeing = [s for s in known if distance(s) <= SMALL]
        if len(agreeing) == len(known):
            whole = "everything that is reported" if len(known) == len(scalars) else named(known, scalars)
            example = f" ({most.name}: {values})" if len(known) == 1 else ""
            within = f"within {distance(most):.2g} posterior standard deviations"
            parts.append(f"The three agree on {whole}, {within}{example}")
        else:
            one, other, gap = _furthest(most)
            apart = f"{one} and {other} are {number(gap)} apart, {distance(most):.2g} posterior standard deviations"
            parts.append(f"The three differ most on {most.name}: {values}; {apart}")
            if agreeing:
                parts.append(f"they agree on {named(agreeing, scalars)}")
    for method, words in WORDS.items():
        without = [s for s in scalars if method in s.rows and not math.isfinite(s.rows[method].estimate)]
        if without:
            said = f"here is no {words} of {named(without, scalars)}"
            parts.append(f"{'t' if parts else 'T'}{said}")
    return f"{'; '.join(parts)}." if parts else ""
