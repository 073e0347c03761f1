"""Medians that are not unique, held against all solutions of small tables and against other software."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from triptych.design.design import Design, build_design
from triptych.regression.catalogue import family_of
from triptych.regression.linear_programs import several_medians


def design_of(data: pd.DataFrame, formula: str) -> Design:
    return build_design(data, formula, family=family_of("laplace"))


def solutions(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """All corners of the set of least absolute deviations: each fits as many rows exactly as there are coefficients."""
    found = []
    for rows in map(list, combinations(range(len(y)), x.shape[1])):
        if abs(np.linalg.det(x[rows])) > 1e-6:
            b = np.linalg.solve(x[rows], y[rows])
            found.append((np.abs(y - x @ b).sum(), b))
    least = min(deviations for deviations, _ in found)
    return np.array([b for deviations, b in found if deviations < least + 1e-8])


def integers(seed: int, rows: int, columns: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(rng.integers(-2, 3, size=(rows, columns)), columns=[f"x{i}" for i in range(columns)])
    return data.assign(y=rng.integers(-3, 4, size=rows)).astype(float)


@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize("intercept", [True, False])
def test_several_medians_are_those_that_all_corners_show(columns: int, intercept: bool) -> None:
    formula = " + ".join(["1" if intercept else "0", *(f"x{i}" for i in range(columns))])
    counts = {"one": 0, "some": 0, "all": 0}
    for seed in range(120):
        data = integers(seed, 7 + seed % 4, columns)
        design = design_of(data, f"y ~ {formula}")
        if not design.full_rank:
            continue
        x = data.drop(columns="y").to_numpy()
        corners = solutions(np.column_stack([np.ones(len(x)), x]) if intercept else x, data["y"].to_numpy())
        moved = np.ptp(corners, axis=0) > 1e-8
        expected = [term for term, yes in zip(design.terms, moved, strict=True) if yes]
        assert several_medians(design) == expected, seed
        counts["all" if moved.all() else "some" if moved.any() else "one"] += 1
    assert all(counts[kind] > 1 for kind in counts if kind != "some" or columns + intercept > 1), counts


@pytest.mark.parametrize(("shift", "size"), [(0.0, 1.0), (1e6, 1.0), (0.0, 1e-9), (-40.0, 1e5)])
def test_several_medians_know_no_unit_and_no_origin(shift: float, size: float) -> None:
    for seed in range(40):
        data = integers(seed, 9, 2)
        moved = data.assign(y=shift + size * data["y"], x0=5 - 1e-3 * data["x0"], x1=1e3 * data["x1"])
        plain, other = (design_of(table, "y ~ x0 + x1") for table in (data, moved))
        if plain.full_rank:
            slopes = [{term for term in several_medians(d) if term != "Intercept"} for d in (plain, other)]
            assert slopes[0] == slopes[1], seed


@pytest.mark.parametrize(("sizes", "seed"), [((4, 6, 5), 0), ((5, 6, 8), 1), ((5, 7, 9), 2), ((4, 4, 4), 3)])
def test_several_medians_are_level_in_quantreg_s_profiles(sizes: tuple[int, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    level = np.repeat([f"g{k}" for k in range(len(sizes))], sizes)
    data = pd.DataFrame({"g": level, "x": rng.normal(size=len(level)), "y": rng.laplace(size=len(level))})
    design = design_of(data, "y ~ x + C(g)")
    x, y = np.column_stack([np.ones(design.n), design.columns]), data["y"].to_numpy()

    def fit(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
        found = sm.QuantReg(y, x).fit(q=0.5, max_iter=20000, p_tol=1e-9)
        return np.asarray(found.params), float(np.abs(found.resid).sum())

    best, least = fit(x, y)
    loose = []
    for k, term in enumerate(design.terms):
        beside = [fit(np.delete(x, k, axis=1), y - (best[k] + by) * x[:, k])[1] for by in (-1e-2, 1e-2)]
        if min(beside) < least + 1e-5:
            loose.append(term)
    assert several_medians(design) == loose


def test_several_medians_of_many_levels_are_found_soon() -> None:
    # Of a level with an even number of rows there are several medians; the first level's is the one that is sure.
    level = np.repeat(np.arange(400), np.where(np.arange(400) % 3, 4, 5))
    data = pd.DataFrame({"g": [f"g{k:03d}" for k in level], "y": np.random.default_rng(0).normal(size=level.size)})
    found = several_medians(design_of(data, "y ~ C(g)"))
    assert found == [f"C(g)[T.g{k:03d}]" for k in range(1, 400) if k % 3]


@pytest.mark.parametrize("gross", [1e3, 1e8, 1e11, 1e12])
def test_gross_outliers_hide_no_second_median(gross: float) -> None:
    # The outliers carry least squares away from all other rows, whose residuals are a billionth of theirs.
    rng = np.random.default_rng(5)
    for last in (20, 21):
        data = pd.DataFrame({"x": [0.0] * 21 + [1.0] * last, "y": rng.normal(size=21 + last)})
        data.loc[[0, 1, 2, 30, 31], "y"] = gross * rng.normal(size=5)
        # Of 20 rows the 10th and the 11th value are both medians of the second level.
        assert several_medians(design_of(data, "y ~ x")) == (["x"] if last == 20 else [])
