"""R's glmnet on the data that statsmodels checks its own penalised least squares with."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytest
from scipy.optimize import brentq
from statsmodels.regression.tests.results import glmnet_r_results as glmnet

from tests.references.solving import all_ok, compared, fitted, rows
from triptych.penalties import to_prior

# Rows, predictors, the share of the L1 norm, lambda, then coefficients of columns scaled to unit deviation (n - 1).
LASSO, NET, RIDGE = glmnet.rslt_26, glmnet.rslt_22, glmnet.rslt_20
# How far from its minimum glmnet stopped, by an exact solver, is 1.0e-6, 8.0e-5 and 7.0e-4.
CASES = [
    pytest.param(LASSO, 2e-6, id="lasso"),
    pytest.param(NET, 1.2e-4, id="elastic net"),
    pytest.param(RIDGE, 8e-4, id="ridge"),
]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    path = files("statsmodels.regression.tests.results") / "lasso_data.csv"
    table = np.loadtxt(str(path), delimiter=",")
    return pd.DataFrame(table, columns=["y", *(f"x{k}" for k in range(1, table.shape[1]))])


def parts(data: pd.DataFrame, result: Any) -> tuple[pd.DataFrame, list[str], float, float, np.ndarray]:
    n, p = int(result[0]), int(result[1])
    names = [f"x{k}" for k in range(1, p + 1)]
    return data.iloc[:n][["y", *names]], names, float(result[2]), float(result[3]), np.asarray(result[4:], float)


def standardised(table: pd.DataFrame) -> pd.DataFrame:
    return (table - table.mean()) / table.std()


@pytest.mark.parametrize(("result", "near"), CASES)
def test_mode_under_the_converted_prior(data: pd.DataFrame, result: Any, near: float) -> None:
    table, names, share, penalty, theirs = parts(data, result)
    z = standardised(table)
    # glmnet's objective on these columns is scikit-learn's ElasticNet without an intercept.
    prior = to_prior("sklearn.ElasticNet", alpha=penalty, l1_ratio=share, sigma=1.0, n=len(z))
    l1, l2 = prior.weights
    assert (l1, l2) == pytest.approx((len(z) * penalty * share, len(z) * penalty * (1 - share)))
    with pm.Model(coords={"name": names}) as model:
        b = pm.Flat("b", dims="name")
        pm.Potential("prior", -l1 * pm.math.abs(b).sum() - l2 / 2 * (b**2).sum())
        pm.Normal("y", z[names].to_numpy() @ b, 1.0, observed=z["y"].to_numpy())
    found = rows(compared(model, methods=("map",)), "b", "map")
    assert all_ok(found)
    np.testing.assert_allclose(found["estimate"], theirs, atol=near)
    assert share == 0 or ((found["estimate"] == 0) == (theirs == 0)).all()


@pytest.mark.parametrize(("result", "near"), CASES[:2])
def test_fit_reaches_glmnets_answer_with_sigma_estimated(data: pd.DataFrame, result: Any, near: float) -> None:
    table, names, share, penalty, theirs = parts(data, result)
    z = standardised(table)
    n, p, weight = len(z), len(names), len(z) * penalty
    rest = np.sum((z["y"] - z[names] @ theirs) ** 2)
    pulled = rest + weight * (share * np.abs(theirs).sum() + (1 - share) * (theirs**2).sum())
    # Where the joint density is stationary in sigma, whose own prior is exponential with mean one deviation of y.
    sigma = brentq(lambda s: pulled / s**2 - s - (n + p), 1e-3, 10)
    # The prior |b| r / (scale sigma) + b^2 (1 - r) / (2 (scale sigma)^2) is that penalty for this scale and share r.
    linear, square = weight * share, weight * (1 - share)
    r = brentq(lambda r: (1 - r) * linear**2 - square * (r * sigma) ** 2, 1e-9, 1) if share < 1 else 1.0
    options = {"prior": "elastic_net", "l1_ratio": r} if share < 1 else {"prior": "lasso"}
    solved = fitted(table, f"y ~ {' + '.join(names)}", prior_scale=r * sigma / linear, methods=("map",), **options)
    found = rows(solved, method="map").loc[names]
    assert all_ok(found)
    own = found["estimate"] * table[names].std() / table["y"].std()
    np.testing.assert_allclose(own, theirs, atol=near)
    assert ((own == 0) == (theirs == 0)).all()
    assert rows(solved, "sigma", "map")["estimate"].item() == pytest.approx(sigma * table["y"].std(), rel=1e-3)
