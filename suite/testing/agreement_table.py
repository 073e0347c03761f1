"""The outcome of a comparison: a verdict, a cause, and a table with the worst first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from triptych.testing.density_change import DensityChange

SHOWN = 12  # rows of a message
MOVED = "moved"  # a verdict on one line: the difference goes with the density, as was to be expected


class Verdict(StrEnum):
    """Whether two sets of estimates agree."""

    AGREE = "agree"
    DISAGREE = "disagree"
    INCONCLUSIVE = "inconclusive"


class Cause(StrEnum):
    """What made two sets of estimates differ, the first that applies before those that follow from it."""

    SETTINGS = "settings"
    DATA = "data"
    LIKELIHOOD = "likelihood"
    PRIOR = "prior"
    JACOBIAN = "jacobian"
    OPTIMISER = "optimiser"
    SAMPLER = "sampler"


SENTENCES = {
    Cause.SETTINGS: "The settings of the model differ",
    Cause.DATA: "The data differ",
    Cause.LIKELIHOOD: "The likelihood differs",
    Cause.PRIOR: "The prior differs",
    Cause.JACOBIAN: "A log-Jacobian differs, so that other densities are sampled",
    Cause.OPTIMISER: "The optimiser ended elsewhere, on the same density",
    Cause.SAMPLER: "The sampler gave other draws, or none, than the density and its changes account for",
}


@dataclass(frozen=True)
class Line:
    """One quantity of one scalar; the fields are the columns of the table.

    ``a`` is the reference's value, ``errors`` the difference in standard errors, ``allowed`` the largest difference
    that agrees, ``predicted`` the value that the change of the density predicts, NaN where it predicts none.
    """

    variant: str
    method: str
    estimand: str
    quantity: str
    a: float | str
    b: float | str
    difference: float
    errors: float
    allowed: float
    predicted: float
    verdict: str
    reason: str = ""

    @property
    def excess(self) -> float:
        """How far the difference is beyond what is allowed, as a ratio."""
        if self.verdict == Verdict.DISAGREE and not np.isfinite(self.difference):
            return np.inf
        return self.difference and abs(self.difference) / max(self.allowed, np.finfo(float).tiny)


COLUMNS = tuple(f.name for f in fields(Line))


@dataclass(frozen=True)
class Agreement:
    """Whether two sets of estimates agree, and what changed when they do not.

    Attributes
    ----------
    verdict
        ``agree``, ``disagree`` or ``inconclusive``.
    causes
        Of :class:`Cause`, in their order; empty without a cause that can be told, as where only draws were given.
    lines
        One for each quantity that was compared.
    changes
        Variant to what became of its density, where both models are known.
    told
        What is worth knowing and no failure.
    faults
        Why a comparison is inconclusive.
    said
        What changed, in sentences.
    sides
        What the reference and what is held against it are called in the message.
    """

    verdict: Verdict
    causes: tuple[Cause, ...] = ()
    lines: tuple[Line, ...] = field(default=(), repr=False)
    changes: dict[str, DensityChange] = field(default_factory=dict, repr=False)
    told: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    sides: tuple[str, str] = ("a", "b")

    @property
    def cause(self) -> str | None:
        """The first cause; None where none can be told."""
        return str(self.causes[0]) if self.causes else None

    @property
    def table(self) -> pd.DataFrame:
        """One row for each quantity that was compared, the worst first; the columns are those of :class:`Line`."""
        import pandas as pd

        return pd.DataFrame([asdict(line) for line in _worst_first(self.lines)], columns=list(COLUMNS))

    def __str__(self) -> str:
        """Return one sentence that names the cause, and the table, the worst first."""
        return message(self)


def _worst_first(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (line.verdict == Verdict.AGREE, -_order(line)))


def _order(line: Line) -> float:
    return line.excess if np.isfinite(line.excess) else 1e300


def message(found: Agreement) -> str:
    """Return the message of an outcome."""
    if found.verdict == Verdict.AGREE:
        head = f"The estimates agree: {len(found.lines)} quantities were compared."
    elif found.verdict == Verdict.INCONCLUSIVE:
        head = f"It cannot be told whether the estimates agree: {'; '.join(found.faults)}. Take more draws."
    elif found.causes:
        also = "".join(f" {SENTENCES[c]}." for c in found.causes[1:])
        head = f"The estimates disagree (cause: {found.cause}). {SENTENCES[found.causes[0]]}.{also}"
    else:
        head = "The estimates disagree; without the models it cannot be told what changed."
    if found.verdict == Verdict.DISAGREE and found.faults:
        head += f" Besides, {'; '.join(found.faults)}."
    parts = [head, *found.said, *_predicted(found.lines), *found.told]
    shown = [line for line in _worst_first(found.lines) if line.verdict != Verdict.AGREE]
    if shown:
        parts += ["", as_text(shown[:SHOWN], found.sides)]
        if len(shown) > SHOWN:
            parts.append(f"and {len(shown) - SHOWN} more; see .table")
        if any(line.verdict == MOVED for line in shown):
            parts.append(f"{MOVED}: with the density, as was to be expected of another one")
    return "\n".join(parts)


def _predicted(lines: Iterable[Line]) -> list[str]:
    """Say by how much posterior means should move at most, where that was predicted."""
    deviations = {(line.variant, line.estimand): float(line.a) for line in lines if line.quantity == "sd"}
    moves = {
        line.estimand: abs(line.predicted - float(line.a)) / deviations.get((line.variant, line.estimand), np.nan)
        for line in lines
        if line.method == "mcmc" and line.quantity == "mean" and np.isfinite(line.predicted)
    }
    if not moves:
        return []
    most = max(moves, key=lambda name: moves[name])
    return [
        f"By the change of the density, posterior means should move by at most {moves[most]:.2g} standard deviations "
        f"({most})."
    ]


def as_text(lines: list[Line], sides: tuple[str, str] = ("a", "b")) -> str:
    """Return lines as a table of plain text, under the names of the two sides."""
    one_variant = len({line.variant for line in lines}) == 1
    heads = ["estimand", "quantity", *sides, "difference", "in std errors", "allowed", "predicted", "verdict"]
    rows = [heads]
    for line in lines:
        name = line.estimand if one_variant else f"{line.variant}: {line.estimand}"
        cells = [name, f"{line.method} {line.quantity}".strip()]
        cells += [_number(v) for v in (line.a, line.b, line.difference, line.errors, line.allowed, line.predicted)]
        rows.append([*cells, line.verdict + (f": {line.reason}" if line.reason else "")])
    widths = [max(len(row[k]) for row in rows) for k in range(len(heads))]
    aligned = []
    for row in rows:
        left = [row[k].ljust(widths[k]) for k in range(2)]
        right = [row[k].rjust(widths[k]) for k in range(2, len(heads) - 1)]
        aligned.append("  ".join([*left, *right, row[-1]]).rstrip())
    return "\n".join(aligned)


def _number(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return "" if np.isnan(value) else f"{value:.6g}"
