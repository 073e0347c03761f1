"""A sentence of an explanation, and how it writes numbers and names."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from triptych.base.text import join_all
from triptych.comparisons.explanation.measured import Measured

FEW = 2  # an estimand of more scalars than this is named as a whole when all its scalars are meant
MOST_NAMED = 6  # names in a sentence


@dataclass(frozen=True)
class Sentence:
    """One reason: the rule that gave it, the scalars that it is about, and the figures that it rests on.

    ``lead`` is how its text begins: what a reader sees who reads no further.
    """

    rule: str
    text: str
    scalars: tuple[str, ...]
    figures: tuple[float, ...] = ()
    lead: str = ""

    def __post_init__(self) -> None:
        if not self.text.startswith(self.lead):
            raise ValueError(f"the text of {self.rule} does not begin with {self.lead!r}: {self.text!r}")


Rule = Callable[[Sequence[Measured]], list[Sentence]]


def number(value: float) -> str:
    """Return three significant digits."""
    return f"{float(f'{value:.3g}'):.6g}" if abs(value) > 0 else "0"


def percent(share: float) -> str:
    """Return a share as a whole percentage."""
    return f"{100 * share:.0f} %"


def verb(names: Sequence[str], one: str, several: str) -> str:
    """Return the form of a word that goes with so many names."""
    return one if len(names) == 1 else several


def finite(value: float) -> bool:
    """Whether a figure exists."""
    return math.isfinite(value)


def named(these: Sequence[Measured], scalars: Sequence[Measured]) -> str:
    """Return names for reading: ``mu, sigma and theta (all 8)``; the scalars of a whole estimand are named by it.

    Of many scalars of one estimand those are named that are not meant, where they are few. Such a part comes last, so
    that what follows is not read as one of them.
    """
    parts: list[str] = []
    without: list[str] = []
    for estimand in dict.fromkeys(s.estimand for s in these):
        mine = [s.name for s in these if s.estimand == estimand]
        rest = [s.name for s in scalars if s.estimand == estimand and s.name not in mine]
        if len(mine) > FEW and not rest:
            parts.append(f"{estimand} (all {len(mine)})")
        elif len(mine) > MOST_NAMED and len(rest) <= FEW:
            without.append(f"{estimand} (all but {' and '.join(rest)})")
        elif len(mine) > MOST_NAMED:
            parts += [*mine[: MOST_NAMED - 2], f"{len(mine) - MOST_NAMED + 2} more of {estimand}"]
        else:
            parts += mine
    parts += without
    if len(parts) > MOST_NAMED:
        parts = [*parts[: MOST_NAMED - 1], f"{len(parts) - MOST_NAMED + 1} more"]
    return join_all(parts)


def whole(most: Measured, scalars: Sequence[Measured]) -> list[Measured]:
    """Return all scalars of the estimand of one; none where it is no vector of more than a few."""
    these = [s for s in scalars if s.estimand == most.estimand]
    return these if len(these) > FEW else []


def with_interval(s: Measured, method: str, kind: str = "") -> str:
    """Return an estimate with its interval, ``4.4 (95 % credible interval 1 to 8)``, of which ``kind`` is the name."""
    row = s.rows[method]
    return f"{s.write(row.estimate)} ({kind}{' ' if kind else ''}{s.write(row.lower)} to {s.write(row.upper)})"


def span(these: Sequence[Measured], method: str) -> str:
    """Return from where to where the estimates of a panel run."""
    least, most = (end(these, key=lambda s: s.value(method)) for end in (min, max))
    low, high = least.write(least.value(method)), most.write(most.value(method))
    return f"run from {low} to {high}" if low != high else f"are {low}"


def about_zero(these: Sequence[Measured], method: str) -> str:
    """Say which intervals of a vector contain zero; nothing of scalars that cannot have both signs.

    Parameters
    ----------
    these
        The scalars of one estimand.
    method
        The panel whose intervals are meant.
    """
    rows = [s.rows[method] for s in these if method in s.rows]
    if len(rows) < len(these) or not any(s.signed for s in these) or not all(finite(r.upper - r.lower) for r in rows):
        return ""
    kind = f"{'confidence' if method == 'mle' else 'credible'} interval"
    level = f"({100 * rows[0].ci_prob:.9g} %)"
    inside = [s for s, row in zip(these, rows, strict=True) if row.lower <= 0 <= row.upper]
    if len(inside) == len(rows):
        said = f"none of the {len(rows)} {kind}s {level} rules out zero"
        return f"{said}{_positive(these) if method == 'mcmc' else ', so each may be negative or positive'}"
    if not inside:
        return f"zero lies in none of the {len(rows)} {kind}s {level}"
    open_ = named(inside, these)
    return f"zero lies in {len(inside)} of the {len(rows)} {kind}s {level}: {open_} may be negative or positive"


def _positive(these: Sequence[Measured]) -> str:
    """Say with what probability scalars are positive, where that is known."""
    shares = [s.posterior.share_above_zero for s in these]
    if not all(math.isfinite(share) for share in shares):
        return ", so each may be negative or positive"
    low, high = (f"{100 * share:.0f}" for share in (min(shares), max(shares)))
    return f": each is positive with a probability of {low if low == high else f'{low} to {high}'} %"


def own_data(these: Sequence[Measured]) -> str:
    """Return the name of the data whose values are the MLEs of these scalars, each of its own; empty where none are."""
    data = {s.datum for s in these}
    return next(iter(data)) if len(data) == 1 else ""


def others(these: Sequence[Measured], most: Measured, scalars: Sequence[Measured], lead: str) -> str:
    """Return a sentence on the rest of the scalars that a rule found, if there are any."""
    rest = [s for s in these if s is not most]
    return f" {lead} {named(rest, scalars)}." if rest else ""
