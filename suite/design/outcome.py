"""Outcomes: what each family allows on the left of the formula, and how it is coded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

import numpy as np

from triptych.base.errors import InputError
from triptych.base.text import listed
from triptych.design.columns import is_text, levels, numbers, require_column, row_number
from triptych.design.expressions import Expression, Levels, evaluate, parse, quoted
from triptych.design.formula import Formula
from triptych.problem.told import Fact

if TYPE_CHECKING:
    import pandas as pd

SMALLEST, LARGEST = 1e-100, 1e100  # beyond them squares, and products of squares, leave double precision
LARGEST_COUNT = 2**31 - 1  # PyMC keeps whole numbers in 32 bits, and larger ones come out as others


class Kind(Enum):
    """How an outcome is coded, and what its mean is a function of."""

    MEASUREMENT = "a number with an error scale, on its own scale"
    CLASSES = "two classes, on the logit scale"
    TRIALS = "successes among known numbers of trials, on the logit scale"
    COUNTS = "whole numbers, on the log scale"


class Family(Protocol):
    """What of a family decides how the outcome is read."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def kind(self) -> Kind:
        """How the outcome is coded."""


@dataclass(frozen=True)
class Outcome:
    """The outcome as floats, its name, the trials where there are some, and what is to be known of it."""

    values: np.ndarray
    name: str
    trials: np.ndarray | None = None
    facts: tuple[Fact, ...] = ()


def trials_expression(trials: str) -> Expression:
    """Return the expression for the column that an option names."""
    return parse(quoted(trials))


def outcome(formula: Formula, table: pd.DataFrame, *, family: Family, trials: str | None = None) -> Outcome:
    """Return the outcome of a complete table, coded for ``family``.

    Raises
    ------
    InputError
        The column does not fit the family: text for a measurement, fractions for a count, one
        class only, more successes than trials, or the same value in every row.
    """
    sides = formula.outcome
    if trials is not None:
        if len(sides) == 2:
            raise InputError("the trials are given twice: in the formula and as an option")
        sides = (*sides, trials_expression(trials))
    if family.kind is Kind.TRIALS:
        return _trials(sides, table, family.name)
    if len(sides) == 2:
        raise InputError(
            f"the {family.name} family takes no trials; successes / trials is for the binomial, and "
            "a ratio as such is written I(a / b)"
        )
    if family.kind is Kind.CLASSES:
        return _two_classes(sides[0], table, family.name)
    values = _numbers(sides[0], table)
    if family.kind is Kind.COUNTS:
        _require_counts(values, sides[0].text, family.name, table)
    if (values == values[0]).all():
        raise InputError(
            f"outcome {sides[0].text!r} is constant ({values[0]:g} in all {len(values)} rows): "
            "there is nothing to explain"
        )
    return Outcome(values, sides[0].text)


def _numbers(side: Expression, table: pd.DataFrame) -> np.ndarray:
    value = evaluate(side, table)
    if not isinstance(value, np.ndarray):
        raise InputError(f"outcome {side.text!r} must be one column of numbers")
    return value


def _require_counts(values: np.ndarray, name: str, family: str, table: pd.DataFrame) -> None:
    wrong = (values < 0) | (values != np.floor(values))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"the {family} family needs counts 0, 1, 2, ..., but {name!r} is {values[row]:g} in row "
            f"{row_number(table, row)}"
        )
    if values.max() > LARGEST_COUNT:
        row = int(np.argmax(values))
        raise InputError(
            f"{name!r} is {values[row]:.15g} in row {row_number(table, row)}, and counts go up to {LARGEST_COUNT}: "
            "count in larger units, or take logarithms and --family gaussian"
        )


def _two_classes(side: Expression, table: pd.DataFrame, family: str) -> Outcome:
    """Two classes of any type: the second in sorted order is the success."""
    columns = side.columns
    if len(columns) == 1 and quoted(columns[0]) == side.text:
        column = require_column(table, columns[0])
        codes, names = levels(column)
        if not is_text(column):
            numbers(column)
    else:
        value = evaluate(side, table)
        if isinstance(value, Levels):
            codes, names = value.codes, value.names
            if value.reference == 1 and len(names) == 2:
                codes, names = 1 - codes, names[::-1]
        else:
            found, codes = np.unique(_numbers(side, table), return_inverse=True)
            names = [f"{level:g}" for level in found]
    if len(names) == 1:
        raise InputError(f"outcome {side.text!r} has one class only: {names[0]!r} in every row")
    if len(names) > 2:
        raise InputError(
            f"the {family} family needs two classes, but {side.text!r} has {len(names)}: {listed(names, 4)}"
        )
    note = f"The probability is that of {side.text} = {names[1]} (the other class is {names[0]})."
    return Outcome(np.asarray(codes, dtype=float), side.text, facts=(Fact("success", side.text, names[1], note),))


def _trials(sides: tuple[Expression, ...], table: pd.DataFrame, family: str) -> Outcome:
    if len(sides) != 2:
        raise InputError(
            f"the {family} family needs the number of trials: write successes / trials ~ ..., "
            "cbind(successes, failures) ~ ..., or name the column with --trials (trials=)"
        )
    successes, total = (_numbers(side, table) for side in sides)
    for values, side in zip((successes, total), sides, strict=True):
        _require_counts(values, side.text, family, table)
    if (none := total < 1).any():
        raise InputError(f"trials {sides[1].text!r} are zero in row {row_number(table, int(np.argmax(none)))}")
    if (over := successes > total).any():
        row = row_number(table, int(np.argmax(over)))
        raise InputError(f"{sides[0].text!r} exceeds the trials {sides[1].text!r} in row {row}")
    if successes.sum() in (0, total.sum()):
        kind = "a failure" if successes.sum() == 0 else "a success"
        raise InputError(f"every trial of {sides[0].text!r} is {kind}: one class only")
    note = f"The probability is that of a success, counted by {sides[0].text}, in each of the {sides[1].text} trials."
    return Outcome(successes, sides[0].text, total, (Fact("success", sides[0].text, sides[0].text, note),))
