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
from triptych.comparisons.explanation.sentences import Sentence, finite, named, number, others, own_data, verb

NOTHING = 1e-9  # relative spread below which values are the same
SURVIVES = 0.5  # share of a shift that is left in the logarithms of the scales where the prior is named as its cause
TIED = 0.1  # mean rank correlation under the prior from which scalars are called tied together
WORDS = {"mle": "MLEs", "map": "MAPs", "mcmc": "posterior means"}
CORRELATED = 0.5  # correlation in the posterior from which one scalar is said to go with another
# Prior scales within which centres of a vector's scalars are one. The median of 400 draws, which is where a centre may
# come from, has a standard error of 1.25 / 20 scales; four of these.
ONE_CENTRE = 0.25
DRAWN_TOGETHER = 0.8  # spread of the MAPs by that of the MLEs, below which they are drawn together


def pooling(scalars: Sequence[Measured]) -> list[Sentence]:
    """Scalars of one estimand that the prior ties together lie closer to each other under it."""
    found = []
    for estimand in dict.fromkeys(s.estimand for s in scalars):
        these = [s for s in scalars if s.estimand == estimand]
        values = {m: np.array([s.estimate(m) for s in these]) for m in ("mle", "map", "mcmc")}
        if not tied(these) or not np.all(np.isfinite(values["mle"])):
            continue
        spread = {m: float(np.std(v, ddof=1)) for m, v in values.items() if np.all(np.isfinite(v))}
        spread = {m: v if v > NOTHING * spread["mle"] else 0.0 for m, v in spread.items()}
        others = {m: s for m, s in spread.items() if m != "mle"}
        if not others or not min(others.values()) < DRAWN_TOGETHER * spread["mle"]:
            continue
        write = these[0].write
        parts = [f"{write(s)} for the {WORDS[m]}" for m, s in spread.items()]
        lead = f"The prior pulls the {len(these)} values of {estimand} together"
        text = (
            f"{lead}: {_shared(these, scalars)}, so that the data of each bear on all{_alone(these)}. Their standard "
            f"deviation is {join_all(parts)}.{_mostly_noise(these)}{_together(these)}"
        )
        found.append(Sentence("pooling", text, tuple(s.name for s in these), tuple(spread.values()), lead))
    return found


def _shared(these: Sequence[Measured], scalars: Sequence[Measured]) -> str:
    """Say how the prior ties a vector together: by single parameters on which all rest, where these are reported."""
    single = [s.name for s in scalars if s.name in these[0].parameters]
    return f"under it all rest on the same {join_all(single)}" if single else "under it they are correlated"


def _alone(these: Sequence[Measured]) -> str:
    """Say that each MLE is the value of its own datum, where it is: nothing else bears on it."""
    data = own_data(these)
    return f"; without it each MLE is its own value of {data}" if data else ""


def _mostly_noise(these: Sequence[Measured]) -> str:
    """Say that MLEs differ by no more than equal values would for their errors; nothing where they differ by more.

    The squared distances of independent estimates of one value from their mean by precision, each in its own standard
    error, sum to one less than their number on average (Cochran's Q); their variance is on average the mean of the
    squared errors.
    """
    errors = np.array([s.rows["mle"].std_error for s in these])
    if not np.all(np.isfinite(errors)) or not np.all(errors > 0):
        return ""
    values = np.array([s.estimate("mle") for s in these])
    apart = float(np.sum(((values - np.average(values, weights=errors**-2.0)) / errors) ** 2))
    by_chance = float(np.sqrt(np.mean(errors**2)))
    if apart > len(these) - 1 or np.std(values, ddof=1) > by_chance:
        return ""
    return (
        f" If all {len(these)} were equal, independent errors of this size alone would give the MLEs a standard "
        f"deviation of about {these[0].write(by_chance)}, so the data alone give no clear sign that they differ."
    )


def tied(these: Sequence[Measured]) -> bool:
    """Whether the prior ties the scalars of one estimand together."""
    return len(these) >= 3 and bool(np.mean([s.prior_correlation for s in these]) > TIED)


def _together(these: Sequence[Measured]) -> str:
    """Say where the average of a vector goes under the prior, where the prior's centre is what moves it.

    Silent where :func:`pull` says the same.
    """
    if not moved_by_the_centre(these) or (pulled(these) and as_a_whole(these)):
        return ""
    write = these[0].write
    values = {m: np.array([s.estimate(m) for s in these]) for m in ("mle", "map", "mcmc")}
    means = [f"{write(float(np.mean(v)))} for the {WORDS[m]}" for m, v in values.items() if np.all(np.isfinite(v))]
    # Tying them together alone would take the plain mean of the MLEs to the weighted one.
    errors = np.array([s.rows["mle"].std_error for s in these])
    weighted = write(float(np.average(values["mle"], weights=errors**-2.0)))
    if weighted != write(float(np.mean(values["mle"]))):
        means[0] += f" ({weighted} where those with smaller errors count more)"
    return (
        f" The prior also pulls their average towards its centre, {number(these[0].prior_centre)}: it is "
        f"{join_all(means)}."
    )


def moved_by_the_centre(these: Sequence[Measured]) -> bool:
    """Whether the average of scalars that the prior ties together goes where only the prior's centre takes it.

    Tying scalars together moves their average too, from the plain mean of the MLEs to that weighted by their precision.
    Only what goes further, towards the centre of their prior, is the work of that centre. Posterior means are asked, as
    they do not depend on the scale on which the model is written.
    """
    mles, means = (np.array([s.estimate(m) for s in these]) for m in ("mle", "mcmc"))
    errors = np.array([s.rows["mle"].std_error for s in these])
    centres = np.array([s.prior_centre for s in these])
    if not np.all(np.isfinite([mles, means, errors, centres])) or np.ptp(centres) > 0:
        return False
    centre, after = float(centres[0]), float(np.mean(means))
    nearest = min(float(np.mean(mles)), float(np.average(mles, weights=errors**-2.0)),
                  key=lambda mean: abs(mean - centre))  # fmt: skip
    further = (nearest - after) * np.sign(nearest - centre)
    return bool(
        further > SMALL * np.mean([s.posterior.sd for s in these]) and abs(after - centre) < abs(nearest - centre)
    )


def pull(scalars: Sequence[Measured]) -> list[Sentence]:
    """The MAPs of an estimand lie nearer to the prior's centre than the MLEs, on whatever scale it is written.

    Of a vector this is said as of a whole where it holds for most of the scalars that move. Where a few carry it, only
    the one of them that moves most is said to be pulled. Scalars that the prior ties together move towards each other,
    and some of them therefore towards any centre: of them it is said where their average goes there too.
    """
    found = []
    for estimand in dict.fromkeys(s.estimand for s in scalars):
        these = [s for s in scalars if s.estimand == estimand and finite(s.estimate("mle") + s.estimate("map"))]
        these = [s for s in these if s.prior_scale > 0]
        if not these or not pulled(these):
            continue
        together = as_a_whole(these)
        if tied(these) and not (together and moved_by_the_centre(these)):
            continue
        nearer, farther = _sides(these) if len(these) > 1 else (these, [])
        most = max(nearer, key=lambda s: abs(s.shift), default=these[0])
        if not abs(most.shift) > SMALL:
            continue
        about = these if together else [most, *farther]
        centre = _centre(about)
        towards = f"its centre, {centre}" if centre else "the centre that it has for each"
        to = "it" if len({number(s.prior_centre) for s in about}) > 1 else centre
        far = f"({abs(most.shift):.2g} posterior standard deviations)"
        if together:
            count = f"all {len(these)}" if len(nearer) == len(these) else f"{len(nearer)} of the {len(these)}"
            every = sum(s.estimand == estimand for s in scalars) == len(these)
            which = f"the values of {estimand}" if every else named(these, scalars)
            lead = f"The prior pulls {which} towards {towards}"
            text = f"{lead}: {count} MAPs lie nearer to {to} than their MLEs, most of all that of {most.name}: "
            text += f"{most.said('map')} in place of {most.said('mle')} {far}."
        else:
            lead = f"The prior pulls {most.name} towards its centre, {number(most.prior_centre)}"
            text = f"{lead}: from the MLE {most.said('mle')} to the MAP {most.said('map')} {far}."
        if len(these) == 1:
            text += (
                f" The prior's scale is {number(most.prior_scale)}, the standard error of the MLE is "
                f"{most.write(most.rows['mle'].std_error)}."
            )
        text += _other_way(these, farther, scalars, to if to != "it" else "the centre of the prior")
        found.append(Sentence("pull", text, tuple(s.name for s in about), (most.shift,), lead))
    return found


def _centre(about: Sequence[Measured]) -> str:
    """Return the centre of the prior of some scalars; nothing where they have several."""
    centres = [s.prior_centre for s in about]
    if len({number(centre) for centre in centres}) == 1:
        return number(centres[0])
    if max(centres) - min(centres) > ONE_CENTRE * min(s.prior_scale for s in about):
        return ""
    return f"about {float(f'{sum(centres) / len(centres):.2g}'):g}"


def _sides(these: Sequence[Measured]) -> tuple[list[Measured], list[Measured]]:
    """Return the scalars whose MAP lies nearer to the prior's centre than the MLE, and farther, by the digits shown."""
    gaps = [(s, abs(s.estimate("map") - s.prior_centre) - abs(s.estimate("mle") - s.prior_centre))
            for s in these if s.said("map") != s.said("mle")]  # fmt: skip
    return [s for s, gap in gaps if gap < 0], [s for s, gap in gaps if gap > 0]


def as_a_whole(these: Sequence[Measured]) -> bool:
    """Whether most of the scalars of a vector that move go towards the prior's centre, and more than one."""
    nearer, farther = _sides(these)
    return len(nearer) > max(1, len(farther))


def _other_way(these: Sequence[Measured], farther: Sequence[Measured], scalars: Sequence[Measured], centre: str) -> str:
    """Name the scalars of a vector whose MAP lies farther from the prior's centre than the MLE."""
    if not farther:
        return ""
    still, farther = ([s for s in farther if (abs(s.shift) > SMALL) is moves] for moves in (False, True))
    lying = [s.name for s in still]
    hardly = f" The {verb(lying, 'MAP', 'MAPs')} of {named(still, scalars)} hardly {verb(lying, 'differs', 'differ')} "
    hardly = f"{hardly}from the {verb(lying, 'MLE', 'MLEs')}." if still else ""
    if not farther:
        return hardly
    names = [s.name for s in farther]
    by_name = {s.name: s for s in these}
    moved = [
        _beside(s, by_name[s.partner])
        for s in farther
        if s.partner in by_name
        and abs(s.partner_correlation) >= CORRELATED
        and s.shift * s.partner_correlation * by_name[s.partner].shift > 0
    ]
    cause = f"; {join_all(moved)}" if moved else ""
    sides = [
        f"{f'that of {s.name} ' if farther[1:] else ''}on its other side (MLE {s.said('mle')}, MAP {s.said('map')})"
        for s in farther
        if (s.estimate("map") - s.prior_centre) * (s.estimate("mle") - s.prior_centre) < 0
    ]
    cause = f", {join_all(sides)}{cause}" if sides else cause
    return (
        f" The {verb(names, 'MAP', 'MAPs')} of {named(farther, scalars)} {verb(names, 'lies', 'lie')} farther from "
        f"{centre} than {verb(names, 'its MLE', 'their MLEs')}{cause}.{hardly}"
    )


def _beside(s: Measured, partner: Measured) -> str:
    """Say that a scalar moves as it does because another one moves."""
    with_it = "with it" if s.partner_correlation > 0 else "to make up for it"
    return (
        f"as {partner.name} {_goes(partner)} from {partner.said('mle')} to {partner.said('map')}, {s.name} {_goes(s)} "
        f"{with_it} (their posterior correlation is {s.partner_correlation:.1f})"
    )


def _goes(s: Measured) -> str:
    return "rises" if s.shift > 0 else "falls"


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
    lead = f"The MAP of {most.name} ({most.said('map')}) is not the MLE ({most.said('mle')})"
    text = (
        f"{lead} mostly because of the scale on which the model is written: with its positive parameters "
        f"written as logarithms the same model has its mode at {most.write(most.on_log_scales)}. A mode depends on "
        "that scale; MLE and posterior do not."
    )
    text += others(these, most, scalars, "The same holds for")
    return [Sentence("written", text, tuple(s.name for s in these), (most.shift, most.on_log_scales), lead)]
