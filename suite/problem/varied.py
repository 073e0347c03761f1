"""What of a scenario may be varied, and what a class is asked about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any


@dataclass(frozen=True)
class Range:
    """Values that a numeric setting of the model may take.

    A path walks from ``start`` to ``stop``: of a prior's scale these are the diffuse and the tight end. A study refuses
    values outside. While a path is walked the setting is a symbolic scalar, so that one compiled program serves all its
    points: the model computes with it and does not ask for its value.

    Parameters
    ----------
    start, stop
        The ends, in either order.
    meaning
        What the setting is, with its unit.
    log
        Whether steps are equal in the logarithm.
    from_data
        How the value that the model has by itself was chosen from the scenario's own data, as in ``the value under
        which they are most probable``; empty where it was not.
    symbol
        What sentences call it; empty for its name as a setting.
    """

    start: float
    stop: float
    meaning: str
    log: bool = True
    from_data: str = ""
    symbol: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.stop)) or self.start == self.stop:
            raise ValueError(f"a range goes from one finite number to another, not from {self.start} to {self.stop}")
        if self.log and min(self.start, self.stop) <= 0:
            raise ValueError(
                f"a range with equal steps of the logarithm has positive ends, not {self.start}, {self.stop}"
            )

    def has(self, value: float) -> bool:
        """Whether a value lies in the range, its ends included."""
        return min(self.start, self.stop) <= value <= max(self.start, self.stop)


@dataclass(frozen=True)
class Chosen:
    """A setting of a model whose value was chosen from the same data that it is fitted to.

    Attributes
    ----------
    name
        What it is called.
    value
        The value that was chosen.
    how
        By what it was chosen.
    """

    name: str
    value: float
    how: str

    def __str__(self) -> str:
        return f"{self.name} = {self.value:g}"


def chosen(model: Callable[..., Any], varies: Mapping[str, Range], settings: Mapping[str, Any]) -> tuple[Chosen, ...]:
    """Return the settings that were chosen from the data and have the value that was chosen.

    Parameters
    ----------
    model
        The body of a model, whose arguments have the chosen values as defaults.
    varies
        Its numeric settings.
    settings
        Those that are given, in the place of their defaults.
    """
    arguments = signature(model).parameters
    return tuple(
        Chosen(one.symbol or name, float(arguments[name].default), one.from_data)
        for name, one in varies.items()
        if one.from_data and settings.get(name, arguments[name].default) == arguments[name].default
    )


@dataclass(frozen=True)
class Question:
    """A question for a class, asked before the figures are shown.

    Parameters
    ----------
    text
        The question, ending in a question mark.
    answer
        From the solved scenario to the answer, with figures from that run.
    """

    text: str
    answer: Callable[[Any], str]

    def __post_init__(self) -> None:
        if not self.text.endswith("?"):
            raise ValueError(f"a question ends with a question mark: {self.text!r}")


def overridden(defaults: Mapping[str, Any], truth: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the true values of a simulator: its own, with those in their place that are given and that it knows.

    Parameters
    ----------
    defaults
        Name of each parameter that the simulator takes to its value.
    truth
        Other values by name. Names that are no parameter of the simulator are passed over: who gives them sees that
        the truth which comes back does not have them.
    """
    return {**defaults, **{name: value for name, value in (truth or {}).items() if name in defaults}}
