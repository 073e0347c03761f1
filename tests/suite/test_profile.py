"""Profile intervals with one end at an edge of the support or at infinity, against the likelihood re-optimised here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import stats
from scipy.optimize import brentq, minimize_scalar

import triptych

HIGH, WITHOUT, OF_WITHOUT, WITH = 17, 66, 49, 13  # all 13 of one group are cases, 17 of 66 of the other
LEVEL = 0.9
HALF = stats.chi2.ppf(LEVEL, 1) / 2


def lower_end() -> float:
    """Return the log odds ratio at which the likelihood, re-optimised over the intercept, is lower by ``HALF``."""

    def fall(ratio: float) -> float:
        def minus(a: float) -> float:
            one = HIGH * np.logaddexp(0, -a) + OF_WITHOUT * np.logaddexp(0, a)
            return float(one + WITH * np.logaddexp(0, -a - ratio))

        highest = HIGH * np.log(HIGH / WITHOUT) + OF_WITHOUT * np.log(OF_WITHOUT / WITHOUT)
        return float(highest + minimize_scalar(minus, bounds=(-5, 5), options={"xatol": 1e-10}).fun - HALF)

    return float(brentq(fall, -2, 20))


def fitted() -> Any:
    table = {"high": [HIGH, WITH], "n": [WITHOUT, WITH], "group": ["a", "b"]}
    options: dict[str, Any] = {"family": "binomial", "methods": ("mle",), "ci_prob": LEVEL}
    return triptych.fit(table, "high / n ~ group", **options), "coef", "group[T.b]"


def compared() -> Any:
    with pm.Model() as model:
        eta = pm.Normal("a", 0, 5) + pm.Normal("ratio", 0, 5) * np.array([0.0, 1.0])
        pm.Binomial("high", np.array([WITHOUT, WITH]), logit_p=eta, observed=np.array([HIGH, WITH]))
    return triptych.compare(model, methods=("mle",), ci_prob=LEVEL), "ratio", ""


@pytest.mark.parametrize("solve", [fitted, compared])
def test_under_separation_the_interval_has_one_finite_end(solve: Any) -> None:
    comparison, estimand, label = solve()
    solution = comparison["default"]
    assert solution.row("mle", estimand, label).status == "at_infinity"
    row = solution.interval("mle", "profile", estimand, label)
    assert row.upper == np.inf
    assert row.lower == pytest.approx(lower_end(), rel=1e-5)
    assert np.isnan(row.estimate)


@pytest.mark.parametrize("counts", [[5, 3, 0], [0, 0, 5, 3], [0, 3, 0, 2, 0], [20, 0, 1]])
def test_unseen_categories_are_bounded_from_above(counts: list[int]) -> None:
    n = sum(counts)
    with pm.Model() as model:
        pm.Multinomial("n", n, pm.Dirichlet("p", np.ones(len(counts))), observed=counts)
    solution = triptych.compare(model, methods=("mle",), ci_prob=LEVEL)["default"]
    for k in np.flatnonzero(np.array(counts) == 0):
        row = solution.interval("mle", "profile", "p", str(k))
        # With one share held the others divide what is left of it as they divide the whole without it.
        assert (row.lower, row.upper) == (0.0, pytest.approx(-np.expm1(-HALF / n), rel=1e-6))


def test_functions_of_a_scale_at_zero_have_its_interval() -> None:
    """Between-group spread whose likelihood is highest at zero; sigma and its square have one upper end."""
    effect, error = np.array([28.0, 8, -3, 7, -1, 1, 18, 12]), np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
    with pm.Model() as model:
        tau = pm.HalfNormal("tau", 50)
        pm.Deterministic("variance", tau**2)
        pm.Normal("y", pm.Normal("mu", 0, 50), pm.math.sqrt(tau**2 + error**2), observed=effect)

    def profile(variance: float) -> float:
        weight = 1 / (variance + error**2)
        mean = np.average(effect, weights=weight)
        return float(0.5 * np.sum(np.log(weight) - weight * (effect - mean) ** 2))

    exact = brentq(lambda v: profile(0.0) - profile(v) - HALF, 1, 1e5)
    solution = triptych.compare(model, methods=("mle",), ci_prob=LEVEL)["default"]
    for name, expected in (("tau", np.sqrt(exact)), ("variance", exact)):
        assert solution.row("mle", name).status == "at_boundary"
        row = solution.interval("mle", "profile", name)
        assert (row.lower, row.upper) == (0.0, pytest.approx(expected, rel=1e-5))
