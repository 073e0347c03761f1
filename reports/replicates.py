"""Whether data sets drawn from the fitted model look like the data, by a few figures of each observed variable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.base.numbers import significant
from triptych.base.text import join_all

CENTRAL = 0.95  # probability of the interval of the replicates outside of which a figure of the data is named
CONSTANT = 1e-9  # spread of a figure over the replicates, by its size, up to which the model does not let it vary
MOST_NAMED = 4  # observed variables that a sentence names
DIGITS = 3

# What a model that misses a figure of the data is not to be used for.
USELESS = {
    "smallest value": "how small {0} can be",
    "largest value": "how large {0} can be",
    "mean": "where {0} lies on average",
    "standard deviation": "how widely {0} scatters",
    "share of ones": "how often {0} is one",
    "value": "what {0} will be",
}

FIGURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "smallest value": lambda values: np.min(values, axis=-1),
    "largest value": lambda values: np.max(values, axis=-1),
    "mean": lambda values: np.mean(values, axis=-1),
    "standard deviation": lambda values: np.std(values, axis=-1),
}
SHARE, VALUE = "share of ones", "value"  # all that a binary variable has, and one number


@dataclass(frozen=True)
class Replicated:
    """A figure of an observed variable, and between which values it lies in the central 95 % of the replicates.

    ``reached`` is whether some replicate has a figure as far out.
    """

    variable: str
    figure: str
    observed: float
    low: float
    high: float
    reached: bool

    @property
    def inside(self) -> bool:
        """Whether the data's figure is one of the central ones."""
        return self.low <= self.observed <= self.high


def replicated(solution: Any) -> tuple[list[Replicated], int]:
    """Return the figures of the data beside those of the data sets drawn from the posterior, and how many these are.

    Empty where none were drawn and where the draws of the posterior did not pass their checks. A figure that the model
    does not let vary, as the smallest value of data that are cut there, is left out where the data have it too.

    Parameters
    ----------
    solution
        A solved variant.
    """
    panel = solution.panels.get("mcmc")
    groups = getattr(panel.native, "children", {}) if panel is not None and not panel.diagnostics.get("gate") else {}
    if not {"observed_data", "posterior_predictive"} <= set(groups):
        return [], 0
    drawn, found, count = groups["posterior_predictive"], [], 0
    for name, observed in groups["observed_data"].data_vars.items():
        if name not in drawn.data_vars or name in solution.unordered:
            continue
        data = np.ravel(observed.values).astype(float)
        sets = drawn[name].transpose("chain", "draw", ...).values.astype(float)
        sets = sets.reshape(sets.shape[0] * sets.shape[1], -1)
        if data.size and sets.shape[1] == data.size and np.all(np.isfinite(data)) and np.all(np.isfinite(sets)):
            count = len(sets)
            found += list(_compared(str(name), data, sets))
    return found, count


def _compared(name: str, data: np.ndarray, sets: np.ndarray) -> Iterator[Replicated]:
    for figure, measure in _figures(data, sets).items():
        observed, values = float(measure(data)), measure(sets)
        reach = CONSTANT * float(np.abs(values).max())
        if np.ptp(values) <= reach and abs(observed - values[0]) <= reach:
            continue
        # Values that are as large as the data's count on both sides, so that ties never make a figure an outer one.
        tail = (1 - CENTRAL) / 2
        low = np.quantile(values, tail, method="inverted_cdf")
        high = -np.quantile(-values, tail, method="inverted_cdf")
        reached = bool(values.min() <= observed <= values.max())
        yield Replicated(name, figure, observed, float(low), float(high), reached)


def _figures(data: np.ndarray, sets: np.ndarray) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Return what is compared: of ones and zeros their share, and of a single number this alone."""
    if data.size == 1:
        return {VALUE: FIGURES["mean"]}
    if np.isin(data, (0.0, 1.0)).all() and np.isin(sets, (0.0, 1.0)).all():
        return {SHARE: FIGURES["mean"]}
    return FIGURES


def fits(solution: Any) -> str:
    """Say which figures of the data lie among those of data sets drawn from the fitted model; nothing without any.

    Parameters
    ----------
    solution
        A solved variant.
    """
    found, count = replicated(solution)
    outside, inside = [one for one in found if not one.inside], [one for one in found if one.inside]
    if not found:
        return ""
    level = f"{100 * CENTRAL:g} %"
    if not outside:
        those = "those" if len(found) > 1 else "that"
        return (
            f"yes, in what was compared. {_capital(_named(inside))} {_lie(inside)} within the central {level} of "
            f"{those} of {count} data sets drawn from the fitted model. The model was fitted to these same data, so "
            "agreement shows less than disagreement would."
        )
    far = [
        f"the {one.figure} of {one.variable} ({significant(one.observed, DIGITS)} in the data, from "
        f"{significant(one.low, DIGITS)} to {significant(one.high, DIGITS)} in theirs)"
        for one in outside
    ]
    which = join_all(far, most=MOST_NAMED)
    said = f"{'not in all' if inside else 'no'}. {count} data sets were drawn from the fitted model, and outside "
    said += f"their central {level} {_lie(outside)} {which}."
    if inside:
        said += f" Inside {_lie(inside)} {_named(inside)}."
    below = any(one.figure == "smallest value" and one.observed > 0 > one.low for one in outside)
    example = " (of positive values, for example one of their logarithm)" if below else ""
    asked = [USELESS[one.figure].format(one.variable) for one in outside]
    what = join_all(asked, "or", most=MOST_NAMED)
    chance = (
        f"Were the model true, a figure would still lie outside in up to one of {1 / (1 - CENTRAL):.0f} data sets: one "
        "outside is a hint and no proof."
    )
    if not any(one.reached for one in outside):
        side = "large" if outside[0].observed > outside[0].high else "small"
        as_far = f"as {side} a {outside[0].figure}" if len(outside) == 1 else "one of these as far out"
        chance = f"None of the {count} data sets has {as_far}, so this is hardly chance."
    return (
        f"{said} So do not take from this model {what}. To see whether the estimates suffer from it, compare them with "
        f"those of a model that can have such data{example}. {chance}"
    )


def _lie(these: Sequence[Replicated]) -> str:
    return "lies" if len(these) == 1 else "lie"


def _named(these: Sequence[Replicated]) -> str:
    """Return figures for reading: ``the mean and the largest value of y``."""
    variables = dict.fromkeys(one.variable for one in these)
    said = [f"{join_all([f'the {o.figure}' for o in these if o.variable == name])} of {name}" for name in variables]
    return join_all(said, most=MOST_NAMED)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
