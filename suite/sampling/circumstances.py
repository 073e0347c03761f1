"""What the advice on a posterior rests on, besides its draws."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Circumstances:
    """What the advice on a posterior rests on.

    Attributes
    ----------
    improper
        The free variables whose prior is improper.
    proper
        Whether the whole prior is known to be proper.
    jumps
        The free variables in which the joint density jumps.
    endless
        The variable and the way it goes along which the posterior has an infinite integral; empty for none found.
    moments
        The names of what has every moment: its prior has, and the likelihood is bounded.
    no_mode
        Why the joint density rises without limit, and what to do, where theory says so; of what theory says that it has
        no posterior there are no draws.
    """

    improper: tuple[str, ...] = ()
    proper: bool = False
    jumps: tuple[str, ...] = ()
    endless: str = ""
    moments: frozenset[str] = frozenset()
    no_mode: str = ""
