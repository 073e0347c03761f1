"""The design: a table and a formula as arrays, standardised, with everything worth saying."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from triptych.base.errors import InputError
from triptych.base.text import listed, numbered
from triptych.design.columns import incomplete_rows, keep_complete, require_column
from triptych.design.decomposition import Decomposed
from triptych.design.formula import parse_formula
from triptych.design.matrix import INTERCEPT, build_matrix
from triptych.design.outcome import LARGEST, SMALLEST, Family, Kind, outcome, trials_expression
from triptych.design.read_table import read_table
from triptych.design.standardise import LOST, lost, outcome_standard, sample_deviations, standard
from triptych.problem.told import Fact


@dataclass(frozen=True)
class _Measurement:
    """An outcome that is a number, when no family is named."""

    name: str = "gaussian"
    kind: Kind = Kind.MEASUREMENT


MEASUREMENT = _Measurement()


@dataclass(frozen=True)
class Design:
    """What a regression sees.

    The predictors that the model works with are ``z = (columns - centre) / scale``; the linear
    predictor on the outcome's own scale is ``outcome_centre + outcome_scale * (a + z @ b)``.
    """

    formula: str
    kind: Kind
    outcome_name: str
    outcome: np.ndarray
    trials: np.ndarray | None
    columns: np.ndarray
    labels: list[str]
    intercept: bool
    centre: np.ndarray
    scale: np.ndarray
    outcome_centre: float
    outcome_scale: float
    spread: float
    predictors: tuple[str, ...]
    facts: tuple[Fact, ...]

    @property
    def n(self) -> int:
        """Number of observations."""
        return len(self.outcome)

    @property
    def terms(self) -> list[str]:
        """Labels of all coefficients, the intercept first."""
        return [INTERCEPT, *self.labels] if self.intercept else list(self.labels)

    @cached_property
    def z(self) -> np.ndarray:
        """The predictors as the model sees them."""
        return np.asarray((self.columns - self.centre) / self.scale)

    @property
    def target(self) -> np.ndarray:
        """The outcome as the linear predictor is held to it."""
        return np.asarray((self.outcome - self.outcome_centre) / self.outcome_scale)

    @cached_property
    def full(self) -> np.ndarray:
        """``z`` with a leading column of ones where there is an intercept."""
        ones = [np.ones((self.n, 1))] if self.intercept else []
        return np.hstack([*ones, self.z])

    @cached_property
    def deviations(self) -> np.ndarray:
        """Sample standard deviations (n - 1) of the predictors; the size of one that does not vary."""
        deviations = sample_deviations(self.columns)
        return np.where(deviations > 0, deviations, np.abs(self.columns[0]))

    @cached_property
    def rank(self) -> int:
        """Numerical rank of the whole design, columns brought to one length first."""
        values = self._decomposed.singular_values
        return int(np.sum(values > values.max(initial=0.0) * max(self.full.shape) * np.finfo(float).eps))

    @cached_property
    def _unit(self) -> np.ndarray:
        return np.asarray(self.full / self._length)

    @cached_property
    def _decomposed(self) -> Decomposed:
        return Decomposed.of(self._unit, self.target)

    @cached_property
    def _length(self) -> np.ndarray:
        # In a part of the rows a level may be missing, and its column is zero there. Squares must not overflow.
        size = np.abs(self.full).max(axis=0)
        size = np.where(size > 0, size, 1.0)
        length = size * np.linalg.norm(self.full / size, axis=0)
        return np.asarray(np.where(length > 0, length, 1.0))

    @cached_property
    def condition(self) -> float:
        """Condition number of the whole design, columns brought to one length first."""
        return self._decomposed.condition()

    @cached_property
    def condition_of_slopes(self) -> float:
        """Condition number of ``z`` alone, columns brought to one length first."""
        return self._decomposed.condition(int(self.intercept))

    @cached_property
    def residuals(self) -> np.ndarray:
        """What least squares leaves of ``target``, shape ``(n,)``."""
        if self.full_rank:
            return np.asarray(self.target - self._unit @ self._decomposed.least_squares())
        return np.asarray(self.target - self.full @ np.linalg.lstsq(self.full, self.target, rcond=None)[0])

    @property
    def full_rank(self) -> bool:
        """Whether the data determine every coefficient."""
        return bool(self.rank == self.full.shape[1])

    @cached_property
    def undetermined(self) -> list[str]:
        """Terms that take part in an exact linear dependence."""
        if self.full_rank:
            return []
        _, _, rows = np.linalg.svd(self._unit, full_matrices=True)
        return self.moved(rows[self.rank :] / self._length)

    def moved(self, directions: np.ndarray, rounding: float = 1e-8) -> list[str]:
        """Terms that some direction of the coefficients over ``full`` moves on the user's own scale."""
        involved = np.zeros(len(self.terms), dtype=bool)
        for v in np.atleast_2d(directions):
            slopes = v[self.intercept :]
            size = np.abs(slopes)
            involved[self.intercept :] |= size > rounding * np.abs(v).max()
            if self.intercept:
                parts = np.concatenate([[v[0]], -slopes * self.centre / self.scale])
                involved[0] |= abs(parts.sum()) > rounding * max(np.abs(parts).max(), np.abs(v).max())
        return [term for term, yes in zip(self.terms, involved, strict=True) if yes]

    def to_user(self, standardised: np.ndarray) -> np.ndarray:
        """Coefficients over ``full`` (intercept first) as coefficients on the user's own scale."""
        slopes = standardised[self.intercept :] * self.outcome_scale / self.scale
        if not self.intercept:
            return np.asarray(slopes)
        centre = self.outcome_centre + self.outcome_scale * standardised[0]
        return np.concatenate([[centre - slopes @ self.centre], slopes])

    def to_standardised(self, coef: np.ndarray) -> np.ndarray:
        """Inverse of :meth:`to_user`."""
        slopes = coef[self.intercept :]
        z = slopes * self.scale / self.outcome_scale
        if not self.intercept:
            return np.asarray(z)
        centre = coef[0] + slopes @ self.centre - self.outcome_centre
        return np.concatenate([[centre / self.outcome_scale], z])


def build_design(
    source: Any,
    formula: str,
    *,
    family: Family = MEASUREMENT,
    standardize: bool = True,
    drop_missing: bool = False,
    trials: str | None = None,
) -> Design:
    """Read a table and a formula into arrays.

    Parameters
    ----------
    source
        Whatever :func:`triptych.design.read_table.read_table` takes.
    formula
        ``"y ~ x1 + x2"``.
    family
        How the outcome is coded; a measurement where nothing is said.
    standardize
        Divide the predictors (dummies too) and a measured outcome by their standard deviation.
        With an intercept the predictors are centred either way, which moves no slope.
    drop_missing
        Drop incomplete rows instead of refusing them.
    trials
        The column with the number of trials of a binomial outcome.

    Raises
    ------
    InputError
        Anything about the table or the formula that cannot work.
    """
    table = read_table(source)
    parsed = parse_formula(formula)
    left = [name for side in parsed.outcome for name in side.columns]
    if trials is not None:
        left += trials_expression(trials).columns
    shared = [name for name in dict.fromkeys(left) if name in parsed.named]
    if shared:
        raise InputError(f"{listed(sorted(shared))} stands on both sides of ~")
    for name in parsed.named:
        require_column(table, name)
    read = list(dict.fromkeys([*left, *parsed.read]))
    rows, _ = keep_complete(table, read, drop_missing=drop_missing)
    response = outcome(parsed, rows, family=family, trials=trials)
    matrix = build_matrix(parsed, rows)
    _check_columns(matrix.columns, matrix.labels, matrix.intercept)
    facts = (*response.facts, *matrix.facts, *_dropped(incomplete_rows(table, read), len(table), len(rows)))
    centre, scale = standard(matrix.columns, matrix.intercept, standardize)
    y_centre, y_scale, spread = outcome_standard(
        response.values, response.trials, family.kind, matrix.intercept, standardize
    )
    design = Design(
        formula=formula,
        kind=family.kind,
        outcome_name=response.name,
        outcome=response.values,
        trials=response.trials,
        columns=matrix.columns,
        labels=matrix.labels,
        intercept=matrix.intercept,
        centre=centre,
        scale=scale,
        outcome_centre=y_centre,
        outcome_scale=y_scale,
        spread=spread,
        predictors=tuple(parsed.predictors),
        facts=facts,
    )
    if not np.isfinite(design.full).all():
        raise InputError("the predictors are too large or too small to standardise")
    return design


def _dropped(gaps: dict[str, list[int]], before: int, after: int) -> list[Fact]:
    """Say which rows were dropped, and for which column's sake."""
    if not gaps:
        return []
    all_of_them = f"{before - after} of {before} rows were dropped: missing or infinite values."
    return [
        Fact("dropped", "", before - after, all_of_them),
        *(
            Fact("dropped", name, rows, f"Dropped for a missing or infinite value of {name}: {numbered(rows)}.")
            for name, rows in gaps.items()
        ),
    ]


def _check_columns(columns: np.ndarray, labels: list[str], intercept: bool) -> None:
    same = (columns == columns[0]).all(axis=0)
    constant = [
        label for label, yes, value in zip(labels, same, columns[0], strict=True) if yes and (intercept or value == 0)
    ]
    if constant:
        raise InputError(f"predictor {listed(constant)} is constant over the rows used; leave it out")
    for label, column in zip(labels, columns.T, strict=True):
        with np.errstate(over="ignore"):
            largest, spread = np.abs(column).max(), np.abs(column - column[0]).max()
        outside = not SMALLEST <= largest <= LARGEST
        if not outside and intercept and lost(column):
            raise InputError(f"predictor {label!r} {LOST}")
        if outside or 0 < spread < SMALLEST:
            raise InputError(
                f"the values of predictor {label!r}, of a size of {largest:.1g}, have squares beyond double "
                "precision; rescale it, e.g. by another unit"
            )
    seen: dict[bytes, str] = {}
    for label, column in zip(labels, columns.T, strict=True):
        key = np.ascontiguousarray(column + 0.0).tobytes()  # + 0.0 makes -0.0 equal to 0.0
        if key in seen:
            raise InputError(
                f"predictors {seen[key]!r} and {label!r} are duplicated: they have the same value "
                "in every row; leave one out"
            )
        seen[key] = label
