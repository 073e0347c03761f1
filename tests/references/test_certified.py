"""NIST's Statistical Reference Datasets: certified to 15 digits (https://www.itl.nist.gov/div898/strd)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pymc as pm
import pytest
import statsmodels.api as sm

from tests.references.solving import all_ok, compared, digits, fitted, norris, rows

LONGLEY = {  # coefficient, standard error
    "Intercept": (-3482258.63459582, 890420.383607373),
    "GNPDEFL": (15.0618722713733, 84.9149257747669),
    "GNP": (-0.358191792925910e-01, 0.334910077722432e-01),
    "UNEMP": (-2.02022980381683, 0.488399681651699),
    "ARMED": (-1.03322686717359, 0.214274163161675),
    "POP": (-0.511041056535807e-01, 0.226073200069370),
    "YEAR": (1829.15146461355, 455.478499142212),
}
WAMPLER = np.array([759, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 1838, -2048, 2048], float)
WAMPLER = np.r_[WAMPLER, WAMPLER[-2::-1]]  # the errors of Wampler 3 to 5, over x = 0 to 20
POWERS = " + ".join(f"I(x**{k})" for k in range(2, 6))


def residual_sd(comparison: Any, n: int, p: int) -> float:
    """NIST divides by n - p, maximum likelihood by n."""
    return float(rows(comparison, "sigma")["estimate"].item() * np.sqrt(n / (n - p)))


def check(comparison: Any, n: int, coef: Any, errors: Any, sd: float, least: float) -> None:
    found = rows(comparison)
    assert all_ok(found)
    p = len(found)
    assert digits(found["estimate"], coef).min() > least
    assert digits(found["std_error"] * np.sqrt(n / (n - p)), errors).min() > least
    assert digits(residual_sd(comparison, n, p), sd) > least


def test_norris() -> None:
    solved = fitted(norris(), "y ~ x")
    coef, errors = [-0.262323073774029, 1.00211681802045], [0.232818234301152, 0.429796848199937e-03]
    check(solved, 36, coef, errors, 0.884796396144373, least=12)


def test_no_intercept() -> None:
    x = np.arange(60.0, 71.0)
    solved = fitted({"x": x, "y": x + 70}, "y ~ 0 + x")
    check(solved, 11, [2.07438016528926], [0.165289256198347e-01], 3.56753034006338, least=13)
    solved = fitted({"x": [4, 5, 6], "y": [3, 4, 4]}, "y ~ 0 + x", prior="normal")
    check(solved, 3, [0.727272727272727], [0.420827318078432e-01], 0.369274472937998, least=13)


@pytest.mark.parametrize("standardize", [True, False])
def test_longley(standardize: bool) -> None:
    data = sm.datasets.longley.load_pandas().data
    formula = "TOTEMP ~ " + " + ".join(list(LONGLEY)[1:])
    solved = fitted(data, formula, standardize=standardize)
    assert list(rows(solved).index) == list(LONGLEY)
    coef, errors = np.transpose(list(LONGLEY.values()))
    check(solved, 16, coef, errors, 304.854073561965, least=11)


def test_longley_in_raw_columns_of_a_model() -> None:
    data = sm.datasets.longley.load_pandas().data
    x = sm.add_constant(data[list(LONGLEY)[1:]]).to_numpy()
    with pm.Model() as model:
        mean = x @ pm.Flat("b", shape=7)
        pm.Normal("y", mean, pm.HalfFlat("s"), observed=data["TOTEMP"].to_numpy())
    found = rows(compared(model, methods=("mle",)), "b")
    coef, errors = np.transpose(list(LONGLEY.values()))
    assert all_ok(found)
    assert digits(found["estimate"], coef).min() > 9
    # The information matrix has a condition number of 1e19 here: its inverse keeps fewer digits.
    assert digits(found["std_error"] * np.sqrt(16 / 9), errors).min() > 6


@pytest.mark.parametrize(
    ("factor", "errors", "sd", "least"),
    [
        # Every certified coefficient is 1; least: the digits lost grow with the residual's size.
        (1, (2152.32624678170, 2363.55173469681, 779.343524331583), 2360.14502379268, 9),
        (1e2, (215232.624678170, 236355.173469681, 77934.3524331583), 236014.502379268, 7.5),
        (1e4, (21523262.4678170, 23635517.3469681, 7793435.24331583), 23601450.2379268, 5.5),
    ],
)
def test_wampler(factor: float, errors: tuple[float, ...], sd: float, least: float) -> None:
    x = np.arange(21.0)
    y = sum(x**k for k in range(6)) + factor * WAMPLER
    solved = fitted({"x": x, "y": y}, f"y ~ x + {POWERS}")
    found = rows(solved)
    assert all_ok(found)
    assert digits(found["estimate"], np.ones(6)).min() > least
    assert digits(found["std_error"][:3] * np.sqrt(21 / 15), errors).min() > 9
    assert digits(residual_sd(solved, 21, 6), sd) > 12


@pytest.mark.parametrize(
    ("y", "mean", "sd", "least"),
    [
        ([10000001, 10000003, 10000002], 10000002, 1, 15),
        ([1.2, *[1.1, 1.3] * 500], 1.2, 0.1, 14),
        # From here the data themselves are rounded: of 0.1 beside 1e6, ten digits are left.
        ([1000000.2, *[1000000.1, 1000000.3] * 500], 1000000.2, 0.1, 9),
        ([10000000.2, *[10000000.1, 10000000.3] * 500], 10000000.2, 0.1, 8),
    ],
)
def test_numerical_accuracy_of_mean_and_deviation(y: list[float], mean: float, sd: float, least: float) -> None:
    n = len(y)
    with pm.Model() as model:
        pm.Normal("y", pm.Flat("mu"), pm.HalfFlat("sigma"), observed=np.array(y, float))
    solved = compared(model, methods=("mle",))
    mu, sigma = rows(solved, "mu"), rows(solved, "sigma")
    assert all_ok(mu)
    assert all_ok(sigma)
    assert digits(mu["estimate"].item(), mean) > 14
    assert digits(sigma["estimate"].item() * np.sqrt(n / (n - 1)), sd) > least
    assert digits(mu["std_error"].item() * np.sqrt(n) * np.sqrt(n / (n - 1)), sd) > least


def least_squares(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Solve the normal equations in rational arithmetic: exact for the doubles given."""
    a = [[Fraction(float(v)) for v in row] for row in np.column_stack([np.ones(len(y)), x, y])]
    p = len(a[0]) - 1
    m = [[sum(row[i] * row[j] for row in a) for j in range(p + 1)] for i in range(p)]
    for i in range(p):
        m[i] = [v / m[i][i] for v in m[i]]
        for k in range(p):
            if k != i:
                m[k] = [v - m[k][i] * w for v, w in zip(m[k], m[i], strict=True)]
    return np.array([float(row[p]) for row in m])


@pytest.mark.parametrize("degree", [6, 8, 10])
@pytest.mark.parametrize("prior", ["flat", "normal"])
def test_polynomials_as_hard_as_filip(degree: int, prior: str) -> None:
    # Filip's range and degree: the condition number reaches 3e9 and its square is beyond double precision.
    x = np.linspace(-8.8, -3.1, 60)
    y = np.sin(x) + 0.1 * np.random.default_rng(0).normal(size=60)
    columns = np.column_stack([x**k for k in range(1, degree + 1)])
    table = {"y": y, **{f"x{k}": columns[:, k - 1] for k in range(1, degree + 1)}}
    solved = fitted(table, "y ~ " + " + ".join(f"x{k}" for k in range(1, degree + 1)), prior=prior)
    found = rows(solved)
    assert all_ok(found)
    assert digits(found["estimate"], least_squares(columns, y)).min() > 8.5


def test_what_double_precision_cannot_tell_is_not_called_a_maximum() -> None:
    # The same in raw columns of a model: the information matrix is all rounding.
    x = np.linspace(-8.8, -3.1, 60)
    y = np.sin(x) + 0.1 * np.random.default_rng(0).normal(size=60)
    with pm.Model() as model:
        mean = np.vander(x, 11, increasing=True) @ pm.Flat("b", shape=11)
        pm.Normal("y", mean, pm.HalfFlat("s"), observed=y)
    found = rows(compared(model, methods=("mle",)), "b")
    assert not (found["status"] == "ok").any()
    assert found["estimate"].isna().all()
