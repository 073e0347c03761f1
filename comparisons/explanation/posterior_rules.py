"""Rules on what averaging over parameters does: skewness, shifted modes, longer intervals; and on agreement."""

from __future__ import annotations

import math
from collections.abc import Sequence

from triptych.comparisons.explanation.measured import Measured
from triptych.comparisons.explanation.sentences import Sentence, named, others

SMALL = 0.1  # posterior standard deviations that the panels may differ by and are said to agree
VISIBLE = 0.25  # posterior standard deviations by which the top of a density has to move
SKEWED = 0.5  # skewness from which a density is called skewed: that of a gamma density of shape 16
SURE = 4.0  # Monte Carlo errors by which a figure of the draws must differ from zero to be mentioned
OUTWEIGHED = 5.0  # prior scales by posterior standard deviations, from which the data outweigh the prior
LENGTHS = 1.15  # ratio of two intervals from which they are said to differ in length


def marginal_top(scalars: Sequence[Measured]) -> list[Sentence]:
    """The top of the joint density lies elsewhere than that of one scalar's own, the others averaged over."""
    these = []
    for s in scalars:
        p, mode = s.posterior, s.estimate("map")
        gap = p.top - mode
        with_it = (p.median - mode) * gap > 0 and abs(p.median - mode) > SMALL * p.sd
        # The error of the top costs a density of each chain, so that it is asked for last.
        if abs(gap) >= VISIBLE * p.sd and with_it and abs(gap) >= SURE * p.top_error:
            these.append(s)
    if not these:
        return []
    most = max(these, key=lambda s: abs(s.posterior.top - s.estimate("map")) / s.posterior.sd)
    gap = (most.posterior.top - most.estimate("map")) / most.posterior.sd
    lead = f"Averaging over the other parameters moves the top of the density of {most.name}"
    text = (
        f"{lead}: in the joint density, whose top is the MAP, it lies at {most.said('map')}, by itself at about "
        f"{most.write(most.posterior.top)} ({abs(gap):.2g} posterior standard deviations away)."
    )
    text += others(these, most, scalars, "It also moves that of")
    return [Sentence("marginal_top", text, tuple(s.name for s in these), (gap,), lead)]


def skewed(scalars: Sequence[Measured]) -> list[Sentence]:
    """The posterior has a longer tail on one side, which moves its mean but not its top."""
    these = []
    for s in scalars:
        p, mean = s.posterior, s.estimate("mcmc")
        sure = abs(p.skewness) >= SURE * p.skewness_error
        if abs(p.skewness) >= SKEWED and sure and (mean - p.median) * p.skewness > 0:
            these.append(s)
    if not these:
        return []
    most = max(these, key=lambda s: abs(s.posterior.skewness))
    p = most.posterior
    lead = f"The posterior of {most.name} is skewed to the {'right' if p.skewness > 0 else 'left'}"
    text = (
        f"{lead} (skewness {p.skewness:.2g}), so its mean ({most.said('mcmc')}) lies beyond its median "
        f"({most.write(p.median)})"
    )
    text += f" and its highest point (about {most.write(p.top)})." if (p.median - p.top) * p.skewness > 0 else "."
    text += others(these, most, scalars, "Also skewed is that of")
    return [Sentence("skewed", text, tuple(s.name for s in these), (p.skewness,), lead)]


def lengths(scalars: Sequence[Measured]) -> list[Sentence]:
    """The credible interval is longer or shorter than the confidence interval where the estimates agree."""
    these = []
    for s in scalars:
        ratio = s.length("mcmc") / s.length("mle")
        if agree(s) and math.isfinite(ratio) and not 1 / LENGTHS <= ratio <= LENGTHS:
            these.append((ratio, s))
    if not these:
        return []
    ratio, most = max(these, key=lambda pair: abs(math.log(pair[0])))
    lead = f"The estimates of {most.name} agree and the intervals do not"
    text = f"{lead}: the credible interval is {ratio:.2g} times as long as the confidence interval."
    text += others([s for _, s in these], most, scalars, "The same holds for")
    return [Sentence("lengths", text, tuple(s.name for _, s in these), (ratio,), lead)]


def agreement(scalars: Sequence[Measured]) -> list[Sentence]:
    """All three agree; the data are the reason only where the prior is much wider than the posterior."""
    these = [s for s in scalars if agree(s)]
    if not these:
        return []
    most = max(these, key=distance)
    names = [s.name for s in these]
    subject = "everything reported" if len(these) == len(scalars) > 1 else named(these, scalars)
    lead = f"The three agree on {subject}"
    text = f"{lead}: they differ by at most {distance(most):.2g} posterior standard deviations"
    ratios = [s.prior_scale / s.posterior.sd for s in these]
    if ratios and all(r >= OUTWEIGHED for r in ratios):
        text += f", for the data outweigh the prior, which is at least {min(ratios):.2g} times as wide as the posterior"
    return [Sentence("agreement", f"{text}.", tuple(names), (distance(most),), lead)]


def agree(s: Measured) -> bool:
    """Whether all three panels have an estimate and these are one to a tenth of the posterior's deviation."""
    return distance(s) <= SMALL


def distance(s: Measured) -> float:
    """Return the largest difference between two panels in posterior standard deviations; NaN unless all three exist."""
    values = [s.estimate(m) for m in ("mle", "map", "mcmc")]
    return (max(values) - min(values)) / s.posterior.sd if all(map(math.isfinite, values)) else math.nan
