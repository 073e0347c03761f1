"""The table that all panels fill: statuses, and rows whose fields are its columns."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("mle", "map", "mcmc")
# How a sentence names the panels.
SHORT = {"mle": "MLE", "map": "MAP", "mcmc": "posterior"}


class Status(StrEnum):
    """Whether an estimate exists, as data and not as an exception."""

    OK = "ok"
    UNBOUNDED = "unbounded"
    AT_INFINITY = "at_infinity"
    AT_BOUNDARY = "at_boundary"
    NOT_IDENTIFIED = "not_identified"
    NOT_IN_LIKELIHOOD = "not_in_likelihood"
    NO_MOMENT = "no_moment"
    UNRELIABLE = "unreliable"
    NO_POSTERIOR = "no_posterior"
    FAILED = "failed"


@dataclass(frozen=True)
class Row:
    """One scalar of an estimand as one panel sees it; the fields are the columns of every table.

    ``label`` is the coordinate within a vector estimand and empty for a scalar. What does not
    exist is NaN, and then ``status`` and ``reason`` say why.
    """

    scenario: str
    variant: str
    method: str
    estimand: str
    label: str
    estimate: float
    estimate_kind: str
    std_error: float
    lower: float
    upper: float
    ci_prob: float
    interval_kind: str
    status: Status
    reason: str

    def __post_init__(self) -> None:
        if self.status is not Status.OK and not self.reason:
            raise ValueError(f"{self.name}: status {self.status} needs a reason")
        if self.status is Status.OK and not math.isfinite(self.estimate):
            raise ValueError(f"{self.name}: an estimate that is not finite cannot be ok")

    @property
    def name(self) -> str:
        """``beta[GNP]`` for a labelled scalar, ``sigma`` for a plain one."""
        return f"{self.estimand}[{self.label}]" if self.label else self.estimand

    def but(self, **changes: Any) -> Row:
        """Return the same row with some columns changed."""
        return replace(self, **changes)

    def also(self, said: str) -> Row:
        """Return the same row with something added to its reason."""
        return self.but(reason=f"{self.reason}; {said}" if self.reason else said)


COLUMNS = tuple(field.name for field in fields(Row))


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Return rows as a DataFrame that has all columns even when it has no rows."""
    import pandas as pd

    table = pd.DataFrame([asdict(row) for row in rows], columns=list(COLUMNS))
    return table.astype({"status": "str"})
