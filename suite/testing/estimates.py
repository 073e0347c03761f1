"""Estimates of any origin in one form: points with their accuracy, draws with their Monte Carlo error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from triptych.problem.table import Status
from triptych.testing.fingerprint import Fingerprint
from triptych.testing.reweighting import Sample
from triptych.testing.statistics import Figures


@dataclass(frozen=True)
class PointEstimate:
    """A number that no sampler drew: its standard error, and to how much it was computed."""

    value: float
    std_error: float = float("nan")
    status: str = Status.OK
    accuracy: float = 0.0
    has_error: bool = True  # whether its standard error is known at all, and not merely missing

    @property
    def exists(self) -> bool:
        """Whether there is an estimate."""
        return bool(np.isfinite(self.value))


@dataclass(frozen=True)
class Sampled:
    """The draws of some scalars, or the figures that were kept of them.

    Attributes
    ----------
    names
        Of the scalars.
    figures
        Their means, deviations and tail probabilities.
    draws
        Shape ``(scalars, chains, draws)``; None where only figures were kept.
    fault
        Why no verdict rests on them: what the gate says; empty when it passed.
    periods
        After how much each is the same angle again; zero for what is none.
    tail_index
        Pareto tail index of each.
    statuses
        Of each, as the panel says.
    """

    names: tuple[str, ...]
    figures: Figures
    draws: np.ndarray | None = None
    fault: str = ""
    periods: np.ndarray = field(default_factory=lambda: np.zeros(0))
    tail_index: np.ndarray = field(default_factory=lambda: np.zeros(0))
    statuses: tuple[str, ...] = ()

    def chosen(self, places: list[int]) -> Sampled:
        """Return some of the scalars."""
        f = self.figures
        return Sampled(
            tuple(self.names[k] for k in places),
            Figures(f.values[places], f.errors[places], f.sizes[places], f.places[places]),
            None if self.draws is None else self.draws[places],
            self.fault,
            self.periods[places] if self.periods.size else self.periods,
            self.tail_index[places] if self.tail_index.size else self.tail_index,
            tuple(self.statuses[k] for k in places) if self.statuses else (),
        )


@dataclass(frozen=True)
class Variant:
    """Everything that is known of one model on one data set.

    Attributes
    ----------
    points
        Method to the name of each scalar to its estimate.
    sampled
        The posterior's draws, if there are any.
    exact
        Numbers that are taken for exact, by name, when that is all there is.
    model, fingerprint
        The model itself, or the fingerprint that was kept of its density.
    sample
        Some draws of the free variables with their log-density, for predictions when the density changes.
    settings
        What the scenario's model was built with.
    redraw
        ``redraw(factor, seed)`` samples anew, with ``factor`` times the draws; None where that cannot be.
    undrawn, why_undrawn
        Where a sampler was asked and gave no draws: the status of each scalar, and the reason.
    """

    points: Mapping[str, Mapping[str, PointEstimate]] = field(default_factory=dict)
    sampled: Sampled | None = None
    exact: Mapping[str, float] | None = None
    model: Any = None
    likelihood: tuple[str, ...] = ()
    fingerprint: Fingerprint | None = None
    sample: Callable[[], Sample | None] = lambda: None
    settings: Mapping[str, Any] = field(default_factory=dict)
    redraw: Callable[[int, int], Sampled] | None = None
    undrawn: Mapping[str, str] = field(default_factory=dict)
    why_undrawn: str = ""

    @property
    def names(self) -> list[str]:
        """Names of all scalars."""
        found = [name for points in self.points.values() for name in points]
        return list(dict.fromkeys([*found, *(self.sampled.names if self.sampled else ()), *(self.exact or ())]))


@dataclass(frozen=True)
class Estimates:
    """One side of a comparison: what it is, and its variants by name.

    ``partial`` says that it may know fewer scalars than the other side, as numbers from a book do.
    """

    what: str
    variants: Mapping[str, Variant]
    partial: bool = False
    sampling: Mapping[str, Any] = field(default_factory=dict)
