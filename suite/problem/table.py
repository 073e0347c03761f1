"""The table that all panels fill: statuses, and rows whose fields are its columns."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("mle", "map", "mcmc")
# How a sentence names the panels.
SHORT = {"mle": "MLE", "map": "MAP", "mcmc": "posterior"}
NO_COLUMN = {"column": False}  # of a field of Row that tables leave out


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
class OpenEnd:
    """An end of a profile interval at which the log-likelihood does not fall far enough to end it.

    Attributes
    ----------
    side
        ``below`` or ``above``.
    at
        Where it leads: a limit of the scalar, or infinity.
    fall
        By how much the log-likelihood falls on the way there in all; NaN at a pole of the scalar.
    level
        By how much it would have to fall.
    """

    side: str
    at: float
    fall: float
    level: float

    @property
    def sentence(self) -> str:
        """What a reason says of it."""
        if math.isnan(self.fall):
            return f"open {self.side}: it passes a pole where the log-likelihood is above the level"
        where = f"{'-' if self.at < 0 else '+'}infinity" if math.isinf(self.at) else f"its limit {self.at:.6g}"
        return (
            f"open {self.side}: on the way to {where} the log-likelihood falls by {self.fall:.3g} in all, and "
            f"{self.level:.3g} would end it"
        )


@dataclass(frozen=True)
class Row:
    """One scalar of an estimand as one panel sees it; the fields are the columns of every table, but for two facts.

    ``label`` is the coordinate within a vector estimand and empty for a scalar. What does not
    exist is NaN, and then ``status`` and ``reason`` say why. The last two fields are facts of which the reason says a
    sentence, and no columns: whether the interval goes all round a circle, and its ends that are open.
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
    whole_circle: bool = field(default=False, metadata=NO_COLUMN)
    open_ends: tuple[OpenEnd, ...] = field(default=(), metadata=NO_COLUMN)

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

    def opened(self, end: OpenEnd) -> Row:
        """Return the same row with an open end, of which its reason says a sentence."""
        return self.also(end.sentence).but(open_ends=(*self.open_ends, end))


COLUMNS = tuple(one.name for one in fields(Row) if one.metadata != NO_COLUMN)


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Return rows as a DataFrame that has all columns even when it has no rows."""
    import pandas as pd

    table = pd.DataFrame([[getattr(row, name) for name in COLUMNS] for row in rows], columns=list(COLUMNS))
    return table.astype({"status": "str"})
