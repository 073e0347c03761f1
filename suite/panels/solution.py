"""What solving yields: panels, one per method, and the variant of a scenario they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.text import counted
from triptych.engine.angles import periods
from triptych.engine.engine import Engine
from triptych.graph.graph import Variable
from triptych.graph.row_constants import row_constants
from triptych.graph.unordered import unordered
from triptych.problem.fixed import Fixed
from triptych.problem.scenario import Data
from triptych.problem.table import Row, Status, frame

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Evidence:
    """The evidence for a status: the objective along one coordinate, on its natural scale."""

    coordinate: str
    values: list[float]
    objective: list[float]
    status: Status
    reason: str


@dataclass(frozen=True)
class NoEstimate:
    """Stands where a result would, when there is none; it has no parameters to misread.

    Attributes
    ----------
    statuses
        Name of each scalar to its status.
    reason
        Why, in one sentence.
    """

    statuses: dict[str, str]
    reason: str

    @property
    def status(self) -> str:
        """The first status that is not ``ok``."""
        return next((s for s in self.statuses.values() if s != Status.OK), str(Status.FAILED))

    def summary(self) -> str:
        """Return why there is nothing to sum up."""
        return str(self)

    def __str__(self) -> str:
        return f"no estimate ({self.status}): {self.reason}"


ELSEWHERE = NoEstimate({}, "it was solved in another process: see the rows, or solve it here with triptych.run")


@dataclass
class Panel:
    """What one method says."""

    method: str
    estimates: list[Row]
    intervals: list[Row] = field(default_factory=list)
    optima: list[Row] = field(default_factory=list)
    native: Any = None
    diagnostics: dict[str, Any] = field(default_factory=dict)
    paths: list[Evidence] = field(default_factory=list)
    profiles: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=dict)
    held: dict[tuple[str, str], Fixed] = field(default_factory=dict)  # by estimand and label of the interval
    z: np.ndarray | None = None  # where the optimum is, in unconstrained coordinates
    draws: np.ndarray | None = None  # of the posterior in these, (chains, draws, p), without any relabelling

    def __repr__(self) -> str:
        return f"<Panel {self.method}: {counted(len(self.estimates), 'scalar')}>"

    def __getstate__(self) -> dict[str, Any]:
        # statsmodels' results do not pickle, and nothing that is reported needs the unconstrained draws.
        kept = self.native if self.method != "mle" or isinstance(self.native, NoEstimate) else ELSEWHERE
        return {**self.__dict__, "native": kept, "draws": None}


@dataclass
class Solution:
    """One variant of a scenario, solved by all methods.

    ``mle_engine`` is the engine of the MLE where that is another one, with the same likelihood in other parameters.
    ``variables`` and ``dims`` say how estimands are laid out, ``periods`` which of their scalars are angles (zero for
    what is none), ``constants`` the numbers of each row that stand in the model alone, and ``unordered`` which observed
    variables are categories or angles; they outlive the engines, which do not pickle.
    """

    scenario: str
    variant: str
    settings: dict[str, Any]
    data: Data
    engine: Engine
    panels: dict[str, Panel]
    seconds: dict[str, float] = field(default_factory=dict)
    mle_engine: Engine | None = None
    variables: dict[str, Variable] = field(init=False, repr=False)
    dims: dict[str, tuple[str | None, ...]] = field(init=False, repr=False)
    periods: dict[str, np.ndarray] = field(init=False, repr=False)
    constants: dict[str, np.ndarray] = field(init=False, repr=False)
    unordered: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.variables = self.engine.variables
        self.periods = periods(self.engine)
        self.constants = row_constants(self.engine.model)
        self.unordered = unordered(self.engine.model)
        self.dims = {name: tuple(dims) for name, dims in self.engine.model.named_vars_to_dims.items()}

    def __repr__(self) -> str:
        return f"<Solution {self.scenario}, {self.variant}: {', '.join(self.panels)}>"

    def period(self, estimand: str, label: str = "") -> float:
        """Return after how much a scalar is the same angle again; zero where it is none."""
        place = self.variables[estimand].labels.index(label)
        return float(self.periods[estimand][place]) if estimand in self.periods else 0.0

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "engine": None, "mle_engine": None}

    def row(self, method: str, estimand: str, label: str = "") -> Row:
        """Return one headline row."""
        for row in self.panels[method].estimates:
            if row.estimand == estimand and row.label == label:
                return row
        raise KeyError(f"{method} has no row {estimand!r}, label {label!r}")

    def rows(self, method: str, estimand: str) -> list[Row]:
        """Return the headline rows of one estimand in the order of its labels."""
        rows = [row for row in self.panels[method].estimates if row.estimand == estimand]
        if not rows:
            raise KeyError(f"{method} has no estimand {estimand!r}")
        return rows

    def interval(self, method: str, kind: str, estimand: str, label: str = "") -> Row:
        """Return the row of another kind of interval, e.g. ``profile`` or ``hdi``."""
        panel = self.panels[method]
        for row in [*panel.estimates, *panel.intervals]:
            if (row.estimand, row.label, row.interval_kind) == (estimand, label, kind):
                return row
        raise KeyError(f"{method} has no {kind} interval of {estimand!r}, label {label!r}")

    def values(self, method: str, estimand: str) -> np.ndarray:
        """Return the estimates of one estimand in the order of its labels, shape ``(size,)``."""
        return np.array([row.estimate for row in self.rows(method, estimand)])

    def std_errors(self, method: str, estimand: str) -> np.ndarray:
        """Return the standard errors of one estimand in the order of its labels."""
        return np.array([row.std_error for row in self.rows(method, estimand)])

    def statuses(self, method: str, estimand: str) -> list[str]:
        """Return the statuses of one estimand in the order of its labels."""
        return [str(row.status) for row in self.rows(method, estimand)]

    def draws(self, estimand: str) -> np.ndarray:
        """Return the posterior draws of one estimand, shape ``(chains * draws, size)``."""
        values = self.panels["mcmc"].native["posterior"][estimand].values
        return np.asarray(values.reshape(values.shape[0] * values.shape[1], -1))

    def table(self, which: str = "estimates") -> pd.DataFrame:
        """Return ``estimates``, ``intervals`` or ``optima`` of all panels as a DataFrame."""
        return frame(row for panel in self.panels.values() for row in getattr(panel, which))
