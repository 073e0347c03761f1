"""Angles for drawing: the values of all panels on one side of the circle, whichever way an axis cuts it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from triptych.engine.angles import wrapped
from triptych.panels.solution import Solution
from triptych.problem.table import METHODS
from triptych.reports.view import Scalar

VALUES = ("lower", "estimate", "upper")


class Circle:
    """One scalar's circle, cut opposite to the estimate of the last panel that has one.

    What is no angle stays as it is.
    """

    def __init__(self, solution: Solution, scalar: Scalar) -> None:
        self.period = solution.period(scalar.estimand, scalar.label)
        rows = [scalar.rows[method] for method in reversed(METHODS) if method in scalar.rows]
        self.centre = next((float(r["estimate"]) for r in rows if math.isfinite(r["estimate"])), 0.0)

    def row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row whose estimate, with its interval, is on the circle as it is cut."""
        if not self.period or not math.isfinite(row["estimate"]):
            return row
        turn = float(self.draws(np.array(row["estimate"]))) - row["estimate"]
        return row | {name: row[name] + turn for name in VALUES}

    def scalar(self, scalar: Scalar) -> Scalar:
        """Return a scalar with the rows of all panels so."""
        return Scalar(scalar.estimand, scalar.label, {method: self.row(row) for method, row in scalar.rows.items()})

    def draws(self, draws: np.ndarray) -> np.ndarray:
        """Return draws so."""
        return self.centre + wrapped(draws - self.centre, self.period) if self.period else draws

    def profile(
        self, profile: Sequence[tuple[float, float]] | None, row: dict[str, Any] | None
    ) -> Sequence[tuple[float, float]] | None:
        """Return a profile turned as the row of the estimate about which it is."""
        if profile is None or row is None or not self.period:
            return profile
        turn = self.row(row)["estimate"] - row["estimate"]
        return [(value + turn, root) for value, root in profile]
