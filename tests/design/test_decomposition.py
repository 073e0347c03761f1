"""One decomposition of a design: the digits of rank, condition and least squares, and how often a wide one is made."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from triptych.design.decomposition import Decomposed
from triptych.design.design import build_design
from triptych.regression.build import build_scenario


def exact_least_squares(columns: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Solve the normal equations in fractions, where nothing is rounded."""
    x = [[Fraction(float(v)) for v in row] for row in columns]
    b = [Fraction(float(v)) for v in y]
    p = len(x[0])
    rows = [
        [sum(r[i] * r[j] for r in x) for j in range(p)] + [sum(r[i] * v for r, v in zip(x, b, strict=True))]
        for i in range(p)
    ]
    for i in range(p):
        rows[i] = [v / rows[i][i] for v in rows[i]]
        for k in range(p):
            if k != i:
                rows[k] = [a - rows[k][i] * c for a, c in zip(rows[k], rows[i], strict=True)]
    return np.array([float(row[p]) for row in rows])


def test_least_squares_keeps_the_digits_that_cross_products_lose() -> None:
    t = np.linspace(1.0, 2.0, 30)
    columns = t[:, None] ** np.arange(8)
    columns /= np.linalg.norm(columns, axis=0)
    y = np.sin(9 * t)
    found, exact = Decomposed.of(columns, y), exact_least_squares(columns, y)
    condition = np.linalg.cond(columns)
    assert condition > 1e7  # whose square leaves cross products no more than two digits
    assert found.condition() == pytest.approx(condition, rel=1e-7)
    assert found.condition(without=1) == pytest.approx(np.linalg.cond(columns[:, 1:]), rel=1e-7)
    assert np.max(np.abs(found.least_squares() / exact - 1)) < 1e-8


@pytest.mark.parametrize("rows", [3, 40])
def test_singular_values_are_those_of_the_columns_with_fewer_rows_too(rows: int) -> None:
    rng = np.random.default_rng(1)
    columns = rng.normal(size=(rows, 5))
    found = Decomposed.of(columns, rng.normal(size=rows))
    assert found.singular_values == pytest.approx(np.linalg.svd(columns, compute_uv=False), rel=1e-13)


def test_residuals_of_dependent_columns_are_those_of_independent_ones() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 25))
    frame = pd.DataFrame({"y": a + rng.normal(size=25), "a": a, "b": b, "c": a - 2 * b})
    spare, plain = build_design(frame, "y ~ a + b + c"), build_design(frame, "y ~ a + b")
    assert (spare.rank, plain.rank) == (3, 3)
    assert (spare.full_rank, plain.full_rank) == (False, True)
    assert spare.residuals == pytest.approx(plain.residuals, abs=1e-13)


def test_a_wide_table_is_decomposed_once_and_its_hold_out_split_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    rows, levels = 400, 40
    g = np.repeat(np.arange(levels), rows // levels)
    frame = pd.DataFrame({"y": rng.normal(size=rows), "x": rng.normal(size=rows), "g": [f"g{i:02d}" for i in g]})
    tall: list[str] = []

    def counted(name: str) -> None:
        compute = getattr(np.linalg, name)

        def count(matrix: np.ndarray, *given: Any, **named: Any) -> Any:
            if len(matrix) > rows / 2:
                tall.append(name)
            return compute(matrix, *given, **named)

        monkeypatch.setattr(np.linalg, name, count)

    for name in ("qr", "svd", "lstsq", "cond", "matrix_rank", "pinv"):
        counted(name)
    build_scenario(frame, "y ~ x + C(g)", family="gaussian")
    assert tall == ["qr", "qr"]
