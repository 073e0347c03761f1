"""Rules on the prior: it makes scalars similar, it pulls them to its centre, or it is written on another scale.

A rule that names the prior as the cause requires more than a difference: that the prior's own centre lies that way, and
that half of the difference is left when the model is written in the logarithms of its positive parameters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from triptych.comparisons.explanation.measured import Measured
from triptych.comparisons.explanation.posterior_rules import SMALL
from triptych.comparisons.explanation.sentences import Sentence, finite, number, others, percent

NOTHING = 1e-9  # relative spread below which values are the same
SURVIVES = 0.5  # share of a shift that is left in the logarithms of the scales where the prior is named as its cause
TIED = 0.1  # mean rank correlation under the prior from which scalars are called tied together
DRAWN_TOGETHER = 0.8  # spread of the MAPs by that of the MLEs, below which they are drawn together


def pooling(scalars: Sequence[Measured]) -> list[Sentence]:
    """Scalars of one estimand that the prior ties together lie closer to each other under it."""
    found = []
    for estimand in dict.fromkeys(s.estimand for s in scalars):
        these = [s for s in scalars if s.estimand == estimand]
        values = {m: np.array([s.estimate(m) for s in these]) for m in ("mle", "map", "mcmc")}
        ties = [s.prior_correlation for s in these]
        if len(these) < 3 or not np.all(np.isfinite(values["mle"])) or not np.mean(ties) > TIED:
            continue
        spread = {m: float(np.std(v, ddof=1)) for m, v in values.items() if np.all(np.isfinite(v))}
        spread = {m: v if v > NOTHING * spread["mle"] else 0.0 for m, v in spread.items()}
        others = {m: s for m, s in spread.items() if m != "mle"}
        if not others or not min(others.values()) < DRAWN_TOGETHER * spread["mle"]:
            continue
        words = {"map": "MAPs", "mcmc": "posterior means"}
        parts = [f"{number(s)} for the {words[m]}" for m, s in others.items()]
        text = (
            f"The prior ties the {len(these)} values of {estimand} together (rank correlation {np.mean(ties):.2f} in "
            "draws of it), so MAP and posterior draw them towards each other; the likelihood takes each by itself. "
            f"Their standard deviation is {number(spread['mle'])} for the MLEs, {' and '.join(parts)}."
        )
        found.append(Sentence("pooling", text, tuple(s.name for s in these), tuple(spread.values())))
    return found


def pull(scalars: Sequence[Measured]) -> list[Sentence]:
    """The MAPs of an estimand lie nearer to the prior's centre than the MLEs, on whatever scale it is written."""
    found = []
    for estimand in dict.fromkeys(s.estimand for s in scalars):
        these = [s for s in scalars if s.estimand == estimand and finite(s.estimate("mle") + s.estimate("map"))]
        these = [s for s in these if s.prior_scale > 0]
        if not these or not pulled(these):
            continue
        most = max(these, key=lambda s: abs(s.shift))
        moves = (
            f"from the MLE {number(most.estimate('mle'))} to the MAP {number(most.estimate('map'))}, "
            f"{abs(most.shift):.2g} posterior standard deviations"
        )
        if len(these) == 1:
            text = (
                f"The prior pulls {most.name} towards its centre {number(most.prior_centre)}: {moves}. The prior's "
                f"scale is {number(most.prior_scale)}, the MLE's standard error {number(most.rows['mle'].std_error)}."
            )
        else:
            before, after = away(these, "mle"), away(these, "map")
            centres = {number(s.prior_centre) for s in these}
            centre = f"its centre {centres.pop()}" if len(centres) == 1 else "their centres"
            text = (
                f"The prior pulls the {len(these)} values of {estimand} towards {centre}: the MAPs lie "
                f"{percent(1 - after / before)} nearer to it than the MLEs (root mean square, in units of the prior's "
                f"scale). {most.name} moves most, {moves}."
            )
        found.append(Sentence("pull", text, tuple(s.name for s in these), (most.shift,)))
    return found


def pulled(these: Sequence[Measured]) -> bool:
    """Whether the prior may be named as the cause of the difference between MAP and MLE."""
    before, after = away(these, "mle"), away(these, "map")
    if not (max(abs(s.shift) for s in these) > SMALL and after < before):
        return False
    if not any(s.rewritten for s in these):
        return True
    return away(these, "logs") <= before - SURVIVES * (before - after)


def away(these: Sequence[Measured], method: str) -> float:
    """Return how far some scalars lie from the prior's centre, in its scales: the root mean square."""
    values = [s.on_log_scales if method == "logs" else s.estimate(method) for s in these]
    gaps = [(v - s.prior_centre) / s.prior_scale for v, s in zip(values, these, strict=True)]
    return float(np.sqrt(np.mean(np.square(gaps))))


def written(scalars: Sequence[Measured]) -> list[Sentence]:
    """The difference between MAP and MLE is mostly one of the scale on which the model is written."""
    these = []
    for s in scalars:
        shift = s.estimate("map") - s.estimate("mle")
        if abs(s.shift) > SMALL and s.rewritten and finite(s.on_log_scales):
            kept = (s.on_log_scales - s.estimate("mle")) / shift
            if not kept >= SURVIVES:
                these.append(s)
    if not these:
        return []
    most = max(these, key=lambda s: abs(s.shift))
    text = (
        f"The MAP of {most.name} ({number(most.estimate('map'))}) is not the MLE ({number(most.estimate('mle'))}) "
        f"mostly because of the scale on which the model is written: with its positive parameters written as "
        f"logarithms the same model has its mode at {number(most.on_log_scales)}. A mode depends on that scale; MLE "
        "and posterior do not."
    )
    text += others(these, most, scalars, "So it is for")
    return [Sentence("written", text, tuple(s.name for s in these), (most.shift, most.on_log_scales))]
