"""Rules on the prior: it makes scalars similar, it pulls them to its centre, or it is written on another scale.

A rule that names the prior as the cause requires more than a difference: that the prior's own centre lies that way, and
that half of the difference is left when the model is written in the logarithms of its positive parameters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from triptych.base.text import join_all
from triptych.comparisons.explanation.measured import Measured
from triptych.comparisons.explanation.posterior_rules import SMALL
from triptych.comparisons.explanation.sentences import Sentence, finite, named, number, others, percent, verb

NOTHING = 1e-9  # relative spread below which values are the same
SURVIVES = 0.5  # share of a shift that is left in the logarithms of the scales where the prior is named as its cause
TIED = 0.1  # mean rank correlation under the prior from which scalars are called tied together
WORDS = {"mle": "MLEs", "map": "MAPs", "mcmc": "posterior means"}
CORRELATED = 0.5  # correlation in the posterior from which one scalar is said to go with another
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
        write = these[0].write
        parts = [f"{write(s)} ({WORDS[m]})" for m, s in others.items()]
        text = (
            f"{_mostly_noise(these, spread['mle'])}The prior ties the {len(these)} values of {estimand} together and "
            f"so draws them towards each other: their standard deviation is {write(spread['mle'])} (MLEs), "
            f"{' and '.join(parts)}.{_together(these)}"
        )
        found.append(Sentence("pooling", text, tuple(s.name for s in these), tuple(spread.values())))
    return found


def _mostly_noise(these: Sequence[Measured], spread: float) -> str:
    """Say that MLEs differ by no more than one of them may be off; nothing where they differ by more."""
    errors = np.array([s.rows["mle"].std_error for s in these])
    if not np.all(np.isfinite(errors)) or not np.median(errors) >= spread:
        return ""
    write = these[0].write
    low, high = write(float(errors.min())), write(float(errors.max()))
    each = low if low == high else f"{low} to {high}"
    return (
        f"The standard errors of the MLEs of {these[0].estimand} ({each}) are as large as their differences, which may "
        "be mostly noise. "
    )


def _together(these: Sequence[Measured]) -> str:
    """Say where the average of a vector goes under the prior, where the prior is what moves it.

    Tying scalars together moves their average too, from the plain mean of the MLEs to that weighted by their precision.
    Only what goes further, towards the centre of their prior, is the work of that centre. Posterior means are asked, as
    they do not depend on the scale on which the model is written; silent where :func:`pull` says the same.
    """
    values = {m: np.array([s.estimate(m) for s in these]) for m in ("mle", "map", "mcmc")}
    errors = np.array([s.rows["mle"].std_error for s in these])
    centres = np.array([s.prior_centre for s in these])
    if (
        not np.all(np.isfinite([values["mle"], values["mcmc"], errors, centres]))
        or np.ptp(centres) > 0
        or pulled(these)
    ):
        return ""
    centre, after = float(centres[0]), float(np.mean(values["mcmc"]))
    nearest = min(float(np.mean(values["mle"])), float(np.average(values["mle"], weights=errors**-2.0)),
                  key=lambda mean: abs(mean - centre))  # fmt: skip
    further = (nearest - after) * np.sign(nearest - centre)
    if not (further > SMALL * np.mean([s.posterior.sd for s in these]) and abs(after - centre) < abs(nearest - centre)):
        return ""
    write = these[0].write
    means = [f"{write(float(np.mean(v)))} ({WORDS[m]})" for m, v in values.items() if np.all(np.isfinite(v))]
    return f" The prior also pulls their average towards its centre {number(centre)}: it is {join_all(means)}."


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
            f"from the MLE {most.said('mle')} to the MAP {most.said('map')}, "
            f"{abs(most.shift):.2g} posterior standard deviations"
        )
        if len(these) == 1:
            text = (
                f"The prior pulls {most.name} towards its centre {number(most.prior_centre)}: {moves}. The "
                f"prior's scale is {number(most.prior_scale)}, the MLE's standard error "
                f"{most.write(most.rows['mle'].std_error)}."
            )
        else:
            before, after = away(these, "mle"), away(these, "map")
            centres = {number(s.prior_centre) for s in these}
            centre = f"its centre {centres.pop()}" if len(centres) == 1 else "their centres"
            text = (
                f"The prior pulls the {len(these)} values of {estimand}, taken together, towards {centre}: the MAPs "
                f"lie {percent(1 - after / before)} nearer than the MLEs (root mean square, in units of the prior's "
                f"scale). {most.name} moves most, {moves}.{_other_way(these, scalars)}"
            )
        found.append(Sentence("pull", text, tuple(s.name for s in these), (most.shift,)))
    return found


def _other_way(these: Sequence[Measured], scalars: Sequence[Measured]) -> str:
    """Name the scalars of a vector whose MAP lies farther from the prior's centre than the MLE, by the digits shown."""
    farther = [
        s
        for s in these
        if abs(s.estimate("map") - s.prior_centre) > abs(s.estimate("mle") - s.prior_centre)
        and s.said("map") != s.said("mle")
    ]
    names = [s.name for s in farther]
    lies = f"{verb(names, 'MAP', 'MAPs')} of {named(farther, scalars)} {verb(names, 'lies', 'lie')}"
    if not farther:
        return ""
    by_name = {s.name: s for s in these}
    moved = [
        f"{s.name} goes with {s.partner}, with which it is correlated in the posterior ({s.partner_correlation:.1f})"
        for s in farther
        if s.partner in by_name
        and abs(s.partner_correlation) >= CORRELATED
        and s.shift * s.partner_correlation * by_name[s.partner].shift > 0
    ]
    cause = f"; {join_all(moved)}" if moved else ""
    return f" The {lies} farther from it than {verb(names, 'its MLE', 'their MLEs')}{cause}."


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
        f"The MAP of {most.name} ({most.said('map')}) is not the MLE ({most.said('mle')}) "
        f"mostly because of the scale on which the model is written: with its positive parameters "
        f"written as logarithms the same model has its mode at {most.write(most.on_log_scales)}. A mode depends on "
        "that scale; MLE and posterior do not."
    )
    text += others(these, most, scalars, "So it is for")
    return [Sentence("written", text, tuple(s.name for s in these), (most.shift, most.on_log_scales))]
