"""Logistic, Poisson, negative binomial and Student regressions as published or as Stata and R print them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest
import statsmodels.api as sm
from scipy import special

from tests.references.solving import all_ok, compared, fitted, rows


def check(solved: Any, coef: Any, errors: Any = None, *, decimals: int) -> None:
    """Compare with printed figures: all shown decimals, the last one rounded."""
    found = rows(solved)
    assert all_ok(found)
    np.testing.assert_allclose(found["estimate"], coef, rtol=0, atol=0.51 * 10.0**-decimals)
    if errors is not None:
        np.testing.assert_allclose(found["std_error"], errors, rtol=0, atol=0.51 * 10.0**-decimals)


def test_spector_and_mazzeo() -> None:
    # Greene, Econometric Analysis, table 21.1; Stata 12 `logit grade gpa tuce psi`.
    data = sm.datasets.spector.load_pandas().data
    solved = fitted(data, "GRADE ~ GPA + TUCE + PSI", "bernoulli")
    coef, errors = [-13.02135, 2.82611, 0.09516, 2.37869], [4.93132, 1.26294, 0.14155, 1.06456]
    check(solved, coef, errors, decimals=5)
    assert solved.results["mle"].llf == pytest.approx(-12.8896, abs=5.1e-5)


def test_star98() -> None:
    # Gill (2001), Generalized Linear Models: A Unified Approach; digits as R prints them.
    data = sm.datasets.star98.load_pandas().data
    names = [name for name in data.columns if name not in ("NABOVE", "NBELOW")]
    solved = fitted(data, "cbind(NABOVE, NBELOW) ~ " + " + ".join(names), "binomial")
    found = rows(solved)
    assert all_ok(found)
    printed = {
        "Intercept": (2.9588779262, 1.546712),
        "LOWINC": (-0.0168150366, 4.339467e-04),
        "PERMINTE": (0.2544871730, 2.994576e-02),
        "PERSPENK": (-1.9521605027, 3.168109e-01),
        "PERSPEN_PTRATIO_PCTAF": (-0.0022492486, 3.489838e-04),
    }
    for name, (coef, error) in printed.items():
        assert found.loc[name, "estimate"] == pytest.approx(coef, abs=1e-10)
        assert found.loc[name, "std_error"] == pytest.approx(error, rel=3e-7)
    assert solved.results["mle"].llf == pytest.approx(-2998.61255899391, rel=1e-10)


def test_dobson_randomised_trial() -> None:
    # The example on R's help page of glm (Dobson 1990, p. 93): cells and treatments are balanced.
    counts = [18, 17, 15, 20, 10, 20, 25, 13, 12]
    table = {"counts": counts, "outcome": [1, 2, 3] * 3, "treatment": np.repeat([1, 2, 3], 3)}
    solved = fitted(table, "counts ~ C(outcome) + C(treatment)", "poisson")
    check(solved, [3.0445, -0.4543, -0.2930, 0, 0], [0.1709, 0.2022, 0.1927, 0.2, 0.2], decimals=4)


def test_beetles_and_budworms() -> None:
    # Bliss (1935), as in Dobson's table 7.3: -60.717 (5.181), 34.270 (2.912).
    dose = [1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.8610, 1.8839]
    dead, n = [6, 13, 18, 28, 52, 53, 61, 60], [59, 60, 62, 56, 63, 59, 62, 60]
    solved = fitted({"dose": dose, "dead": dead, "n": n}, "dead / n ~ dose", "binomial")
    check(solved, [-60.717, 34.270], [5.181, 2.912], decimals=3)
    # Venables & Ripley, Modern Applied Statistics with S, section 7.2.
    dead = [1, 4, 9, 13, 18, 20, 0, 2, 6, 10, 12, 16]
    table = {"ldose": [*range(6)] * 2, "sex": ["M"] * 6 + ["F"] * 6, "dead": dead, "n": [20] * 12}
    solved = fitted(table, "dead / n ~ sex * ldose", "binomial")
    check(solved, [-2.9935, 0.1750, 0.9060, 0.3529], [0.5527, 0.7783, 0.1671, 0.2700], decimals=4)


def test_seeds() -> None:
    # Crowder (1978), as in Breslow & Clayton (1993), table 3: -0.558 (0.126), 0.146 (0.223), 1.318 (0.178), ...
    r = [10, 23, 23, 26, 17, 5, 53, 55, 32, 46, 10, 8, 10, 8, 23, 0, 3, 22, 15, 32, 3]
    n = [39, 62, 81, 51, 39, 6, 74, 72, 51, 79, 13, 16, 30, 28, 45, 4, 12, 41, 30, 51, 7]
    table = {"r": r, "n": n, "seed": [0] * 11 + [1] * 10, "root": [0] * 5 + [1] * 6 + [0] * 5 + [1] * 5}
    solved = fitted(table, "r / n ~ seed * root", "binomial")
    check(solved, [-0.558, 0.146, 1.318, -0.778], [0.126, 0.223, 0.177, 0.306], decimals=3)


def test_mites_on_apple_leaves() -> None:
    # Bliss & Fisher (1953), Biometrics 9: mean 1.14667, maximum-likelihood k = 1.02459.
    counts = np.repeat(np.arange(8), [70, 38, 17, 10, 9, 3, 2, 1])
    solved = fitted({"mites": counts}, "mites ~ 1", "negative_binomial")
    k = rows(solved, "alpha")["estimate"].item()
    assert k == pytest.approx(1.02459, abs=5e-6)
    assert rows(solved)["estimate"].item() == pytest.approx(np.log(172 / 150), rel=1e-10)
    score = np.sum(special.digamma(counts + k) - special.digamma(k)) - 150 * np.log1p(172 / 150 / k)
    assert score == pytest.approx(0, abs=1e-8)


def test_stack_loss_with_student_errors() -> None:
    # Lange, Little & Taylor (1989), JASA 84, section 3: -40.71, 0.81, 0.97, -0.13 at 8 degrees of freedom.
    data = sm.datasets.stackloss.load_pandas().data
    solved = fitted(data, "STACKLOSS ~ AIRFLOW + WATERTEMP + ACIDCONC", "student", nu=8.0)
    check(solved, [-40.71, 0.81, 0.97, -0.13], decimals=2)
    # Their EM algorithm stays where it is: weights (nu + 1) / (nu + r^2).
    x, y = sm.add_constant(data.iloc[:, 1:]).to_numpy(), data["STACKLOSS"].to_numpy()
    coef, sigma = rows(solved)["estimate"].to_numpy(), rows(solved, "sigma")["estimate"].item()
    residual = y - x @ coef
    weight = 9 / (8 + (residual / sigma) ** 2)
    np.testing.assert_allclose(sm.WLS(y, x, weights=weight).fit().params, coef, rtol=1e-9)
    assert np.mean(weight * residual**2) == pytest.approx(sigma**2, rel=1e-10)


SEPARATED = {"high": [17, 13], "n": [66, 13], "neovasculation": ["no", "yes"]}


def test_separated_endometrial_cancer() -> None:
    # Heinze & Schemper (2002): all 13 patients with neovasculation have a high grade, 17 of 66 without.
    solved = fitted(SEPARATED, "high / n ~ neovasculation", "binomial", prior="normal", methods=("mle", "map"))
    mle, mode = rows(solved), rows(solved, method="map")
    assert mle["status"].tolist() == ["ok", "at_infinity"]
    assert mle["estimate"].iloc[0] == pytest.approx(np.log(17 / 49), abs=1e-9)
    assert np.isnan(mle["estimate"].iloc[1])
    assert "+infinity" in mle["reason"].iloc[1]
    assert all_ok(mode)


def test_firths_correction_is_the_mode_under_jeffreys_prior() -> None:
    # Firth (1993): in a 2 x 2 table, half an observation is added to each cell.
    with pm.Model() as model:
        b = pm.Flat("b", shape=2)
        n, eta = np.array(SEPARATED["n"]), b[0] + b[1] * np.array([0.0, 1.0])
        p = pm.math.invlogit(eta)
        pm.Potential("jeffreys", 0.5 * pm.math.log(n * p * (1 - p)).sum())
        pm.Binomial("high", n, logit_p=eta, observed=np.array(SEPARATED["high"]))
    solved = compared(model)
    mode, mle = rows(solved, "b", "map"), rows(solved, "b")
    assert all_ok(mode)
    without = np.log(17.5 / 49.5)
    np.testing.assert_allclose(mode["estimate"], [without, np.log(13.5 / 0.5) - without], rtol=1e-10)
    assert mle["status"].tolist() == ["ok", "at_infinity"]
