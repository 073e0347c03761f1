"""Regressions on which a maximum is easy to miss: redundant scales, kinks of two kinds, ties, no intercept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import linprog, root_scalar

import triptych
from tests.some import one_in
from triptych.base.errors import InputError
from triptych.design.design import build_design
from triptych.regression.build import build_scenario
from triptych.regression.catalogue import family_of
from triptych.regression.linear_programs import several_medians

MODES: dict[str, Any] = {"methods": ("mle", "map"), "profile": False}


def table(family: str, seed: int, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = pd.DataFrame(rng.normal(size=(n, 3)) * [1.0, 5.0, 0.1], columns=["x1", "x2", "x3"])
    eta = 0.5 + x.to_numpy() @ [0.8, -0.1, 0.0]
    noise = {
        "gaussian": lambda: eta + rng.normal(size=n),
        "laplace": lambda: eta + rng.laplace(size=n),
        "poisson": lambda: rng.poisson(np.exp(eta)),
        "bernoulli": lambda: (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int),
    }
    return x.assign(y=noise[family]())


@pytest.mark.slow
@pytest.mark.parametrize("family", ["bernoulli", "gaussian"])
def test_a_horseshoe_is_sampled_without_a_divergence(family: str) -> None:
    """Strong slopes beside none: the funnel of either is where a single way of writing the slopes has it."""
    solution = triptych.fit(table(family, 1), "y ~ x1 + x2 + x3", family=family, prior="horseshoe")["default"]
    assert solution.panels["mcmc"].diagnostics["attempts"] == ["low_rank, 1000 draws: passed"]
    assert {row.status for row in solution.rows("mcmc", "coef")} == {"ok"}


def least_absolute(data: pd.DataFrame) -> float:
    """Return the least sum of absolute deviations: median regression as a linear programme."""
    x = np.column_stack([np.ones(len(data)), data[["x1", "x2", "x3"]]])
    n, p = x.shape
    equal = np.hstack([x, np.eye(n), -np.eye(n)])
    cost = np.r_[np.zeros(p), np.ones(2 * n)]
    return float(linprog(cost, A_eq=equal, b_eq=data["y"], bounds=[(None, None)] * p + [(0, None)] * (2 * n)).fun)


@pytest.mark.parametrize("seed", one_in(2, [1, 2]))
@pytest.mark.parametrize(
    ("family", "glm"), [("gaussian", None), ("poisson", sm.families.Poisson()), ("bernoulli", sm.families.Binomial())]
)
def test_a_horseshoe_leaves_the_likelihood_its_maximum(family: str, glm: Any, seed: int) -> None:
    data = table(family, seed)
    solution = triptych.fit(data, "y ~ x1 + x2 + x3", family=family, prior="horseshoe", **MODES)["default"]
    x = sm.add_constant(data[["x1", "x2", "x3"]])
    theirs = (sm.OLS(data["y"], x) if glm is None else sm.GLM(data["y"], x, family=glm)).fit()
    assert {row.status for row in solution.rows("mle", "coef")} == {"ok"}
    np.testing.assert_allclose(solution.values("mle", "coef"), theirs.params, rtol=1e-6, atol=1e-8)
    # statsmodels divides by n - p where there is a sigma; a maximum of the likelihood has n.
    scale = np.sqrt((len(data) - 4) / len(data)) if glm is None else 1.0
    np.testing.assert_allclose(solution.std_errors("mle", "coef"), theirs.bse * scale, rtol=1e-5)


@pytest.mark.parametrize("prior", one_in(2, ["flat", "elastic_net", "laplace", "horseshoe"]))
@pytest.mark.parametrize("seed", one_in(2, [43, 41]))
def test_median_regression_is_that_of_the_linear_programme_whatever_the_prior(prior: str, seed: int) -> None:
    data = table("laplace", seed)
    solution = triptych.fit(data, "y ~ x1 + x2 + x3", family="laplace", prior=prior, **MODES)["default"]
    assert {row.status for row in solution.rows("mle", "coef")} == {"ok"}
    x = np.column_stack([np.ones(len(data)), data[["x1", "x2", "x3"]]])
    found = float(np.abs(data["y"] - x @ solution.values("mle", "coef")).sum())
    assert found == pytest.approx(least_absolute(data), rel=1e-9)
    assert solution.row("mle", "sigma").estimate == pytest.approx(found / len(data), rel=1e-9)


def test_without_an_intercept_predictors_are_divided_by_their_standard_deviation() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(100.0, 20.0, 40)
    data = pd.DataFrame({"x": x, "y": 2 * x + rng.normal(size=40)})
    design = build_design(data, "y ~ 0 + x", family=family_of("gaussian"), standardize=True)
    assert design.centre == pytest.approx([0.0])
    assert design.scale == pytest.approx([np.std(x, ddof=1)])


def test_counts_that_pymc_would_take_for_others_are_refused() -> None:
    data = pd.DataFrame({"y": [20, 2**32 + 7, 18, 25], "x": [1.0, 2.0, 3.0, 5.0], "m": [2**33] * 4})
    with pytest.raises(InputError, match="'y' is 4294967303 in row 2"):
        triptych.fit(data, "y ~ x", family="poisson")
    with pytest.raises(InputError, match="'m' is 8589934592 in row 1"):
        triptych.fit(data.assign(y=[1, 2, 3, 4]), "y ~ x", family="binomial", trials="m")


def test_an_outcome_of_which_rounding_leaves_too_little_is_refused() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=40)
    near, far = (pd.DataFrame({"x": x, "y": 1e11 * k + 2 + x + rng.normal(size=40)}) for k in (1, 10))
    with pytest.raises(InputError, match="last digits"):
        triptych.fit(far, "y ~ x", **MODES)
    solution = triptych.fit(near, "y ~ x", **MODES)["default"]
    theirs = sm.OLS(near["y"] - 1e11, sm.add_constant(x)).fit().params
    assert solution.values("mle", "coef")[1] == pytest.approx(theirs.iloc[1], rel=1e-4)


@pytest.mark.parametrize("formula", one_in(2, ["y ~ 1", "y ~ x"]))
def test_student_errors_on_a_tied_outcome_have_no_posterior(formula: str) -> None:
    """With 27 of 30 the same the density goes as sigma^(4 * 3 - 27); the integral over the intercept adds one."""
    data = pd.DataFrame({"y": [0.0] * 27 + [1.0, 2.0, 4.0], "x": np.arange(30.0)})
    comparison = triptych.fit(data, formula, family="student")
    statuses = comparison.estimates.groupby("method")["status"].unique().map(list)
    assert statuses["mle"] == ["unbounded"]
    assert statuses["map"] == ["unbounded"]
    assert statuses["mcmc"] == ["no_posterior"]
    assert "27 of 30 values of 'y' are the same" in comparison["default"].row("mcmc", "sigma").reason
    assert comparison.problems == []


@pytest.mark.parametrize("seed", one_in(3, [2, 1, 3]))
def test_the_size_of_counts_that_are_poisson_goes_to_infinity_and_is_not_flat(seed: int) -> None:
    """Far out the likelihood is rounding on both sides; that the way back falls is seen from where it came."""
    x = [-3, -1, -1, -3, 1, 3, 1, 0, -3, 2, -3, 0, 2, 0, -3, 0, -2, -2, -2]
    z = [1, -1, 1, -3, 2, -3, 0, -2, -1, -2, -3, 2, -2, 0, -2, 2, 1, 2, -1]
    y = [1, 0, 4, 0, 9, 3, 4, 1, 0, 1, 0, 4, 1, 0, 0, 2, 0, 0, 0]
    data = pd.DataFrame({"x": x, "z": z, "y": y})
    options: dict[str, Any] = {"family": "negative_binomial", "prior": "flat", "random_seed": seed, **MODES}
    solution = triptych.fit(data, "y ~ x + z", **options)["default"]
    assert solution.row("mle", "alpha").status == "at_infinity"
    theirs = sm.GLM(data["y"], sm.add_constant(data[["x", "z"]]), family=sm.families.Poisson()).fit().params
    np.testing.assert_allclose(solution.values("mle", "coef"), theirs, rtol=1e-6)


@pytest.mark.parametrize("unit", one_in(3, [1e12, 1.0, 1e-12]))
def test_an_exact_fit_under_laplace_errors_has_its_mode_in_any_unit(unit: float) -> None:
    """At the exact fit the density of sigma is ``sigma^-(n + 1) exp(-b^2 / (2 s^2 sigma^2) - sigma / sd(y))``."""
    x = np.random.default_rng(0).normal(size=6)
    data = pd.DataFrame({"x": x, "y": unit * (1.29 * x - 0.43)})
    solution = triptych.fit(data, "y ~ x", family="laplace", prior="ridge", **MODES)["default"]
    assert {row.status for row in solution.rows("mle", "coef")} == {"unbounded"}
    assert {row.status for row in solution.rows("map", "coef")} == {"ok"}
    np.testing.assert_allclose(solution.values("map", "coef"), [-0.43 * unit, 1.29 * unit], rtol=1e-9)
    slope = spread = 1.29 * x.std(ddof=1)  # the standardised slope, and the outcome's deviation
    mode = root_scalar(lambda s: -7 / s + (slope / 2.5) ** 2 / s**3 - 1 / spread, bracket=(1e-3, 10.0)).root
    assert solution.row("map", "sigma").estimate / unit == pytest.approx(mode, rel=1e-9)


@pytest.mark.parametrize("noise", [1e-13, 1e-12, 1e-9])
def test_of_a_fit_that_is_all_but_exact_nothing_is_expected(noise: float) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=12)
    scenario = build_scenario({"x": x, "y": 0.7 + 1.29 * x + noise * rng.normal(size=12)}, "y ~ x", family="laplace")
    assert scenario.expect is not None
    assert scenario.expect["default"]["mle"] == dict.fromkeys(("coef", "sigma"), None)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_group_that_is_separated_is_told_from_one_of_a_single_row(seed: int) -> None:
    """Of ``b`` there is one row for two coefficients; of ``c`` the slope goes to infinity; ``a`` is as it is alone."""
    x = [0.3196, 1.0734, -1.4228, -0.1252, -0.4676, -0.0557, 0.2937, 0.6244, -0.1471, 0.5772, -0.1409, 0.1909, -0.3135]
    y = [1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1]
    data = pd.DataFrame({"x": x, "g": list("acabcaaaccaca"), "y": y})
    options: dict[str, Any] = {"family": "bernoulli", "random_seed": seed, **MODES}
    solution = triptych.fit(data, "y ~ g * x", **options)["default"]
    statuses = {row.label: str(row.status) for row in solution.rows("mle", "coef")}
    assert statuses == {
        "Intercept": "ok",
        "g[T.b]": "not_identified",
        "g[T.c]": "at_infinity",
        "x": "ok",
        "g[T.b]:x": "not_identified",
        "g[T.c]:x": "at_infinity",
    }
    alone = data[data["g"] == "a"]
    theirs = sm.Logit(alone["y"], sm.add_constant(alone["x"])).fit(disp=0).params
    ours = [solution.row("mle", "coef", term).estimate for term in ("Intercept", "x")]
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("prior", one_in(2, ["normal", "horseshoe"]))
def test_where_a_group_has_no_counts_the_mle_is_at_infinity_whatever_the_prior(prior: str) -> None:
    group = np.repeat(list("abc"), 8)
    counts = np.where(group == "a", 0, np.random.default_rng(2).poisson(2, size=24))
    solution = triptych.fit({"g": group, "y": counts}, "y ~ g", family="poisson", prior=prior, **MODES)["default"]
    for row in solution.rows("mle", "coef"):
        assert row.status == "at_infinity"
        assert "coef[Intercept] goes to -infinity, coef[g[T.b]], coef[g[T.c]] go to +infinity" in row.reason


@pytest.mark.slow
def test_parameters_to_spare_do_not_keep_the_mle_from_predicting() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=40)
    scores = [
        triptych.fit({"x": x, "y": x + np.sin(9 * x)}, "y ~ x", prior=prior, **MODES).scores
        for prior in ("normal", "horseshoe")
    ]
    plain, spare = (table[table["method"] == "mle"].iloc[0] for table in scores)
    assert spare["status"] == "ok"
    assert spare["log_score"] == pytest.approx(plain["log_score"], rel=1e-6)


@pytest.mark.slow
def test_least_absolute_deviations_are_found_however_small_they_are() -> None:
    rng = np.random.default_rng(14)
    x, flag, error = rng.normal(10, 3, 12), np.repeat([0.0, 1.0], [7, 5]), rng.uniform(-1, 1, 12)
    errors = []
    for size in (1.0, 2e-8):
        table = pd.DataFrame({"x": x, "flag": flag, "y": 1 + 2 * x + 0.5 * flag + size * error})
        rows = triptych.fit(table, "y ~ scale(x) + flag", family="laplace", methods=("mle",)).estimates
        assert set(rows["status"]) == {"ok"}
        spread = x.std(ddof=1)
        exact = np.array([1 + 2 * x.mean(), 2 * spread, 0.5, 0.0])
        errors.append((rows["estimate"].to_numpy() - exact) / size)
    # The same errors in another unit; of those of 2e-8 there are seven digits in y.
    np.testing.assert_allclose(errors[0], errors[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("prior", one_in(3, ["laplace", "student", "horseshoe"]))
def test_the_mle_of_nearly_equal_predictors_does_not_know_the_prior(prior: str) -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=50)
    data = pd.DataFrame({"a": a, "b": a + 1e-7 * rng.normal(size=50), "y": 1 + a + rng.normal(size=50)})
    solution = triptych.fit(data, "y ~ a + b", prior=prior, methods=("mle",), profile=False)["default"]
    q, r = np.linalg.qr(np.column_stack([np.ones(50), data[["a", "b"]]]))
    assert solution.statuses("mle", "coef") == ["ok"] * 3
    np.testing.assert_allclose(solution.values("mle", "coef"), np.linalg.solve(r, q.T @ data["y"]), rtol=1e-6)


@pytest.mark.parametrize(
    ("family", "y"),
    one_in(
        4,
        [
            ("poisson", [0, 0, 0, 3, 1, 4, 2, 0, 5]),
            ("bernoulli", [0, 0, 0, 0, 1, 0, 1, 1, 1]),
            ("laplace", [0.3, 1.2, 0.1, 2.2, 1.9, 2.4, 4.0, 3.1, 4.4]),
            ("gaussian", [0.3, 1.2, 0.1, 2.2, 1.9, 2.4, 4.0, 3.1, 4.4]),
        ],
    ),
)
def test_a_horseshoe_has_the_mle_and_its_score_of_a_flat_prior(family: str, y: list[float]) -> None:
    """Separated, with an empty group, with two medians, or regular: the likelihood is the same."""
    data = pd.DataFrame({"x": np.arange(9.0) ** 1.5, "g": list("aaabbbccc"), "y": y})
    found = [
        triptych.fit(data, "y ~ x + g", family=family, prior=prior, methods=("mle",), profile=False)
        for prior in ("horseshoe", "flat")
    ]
    one, other = (c.estimates[["estimand", "label", "estimate", "std_error", "status"]] for c in found)
    pd.testing.assert_frame_equal(one, other, rtol=1e-6)


def test_held_out_rows_are_scored_by_the_mle_in_its_own_parameters() -> None:
    data = table("gaussian", 1)
    scores = [
        triptych.fit(data, "y ~ x1 + x2 + x3", prior=prior, methods=("mle",), profile=False).scores["log_score"].iloc[0]
        for prior in ("horseshoe", "flat")
    ]
    assert scores[0] == pytest.approx(scores[1], rel=1e-8)


@pytest.mark.parametrize("size", [1.0, 1e-4, 1e-7, 1e-9])
def test_groups_of_even_size_have_several_medians_however_small_the_residuals(size: float) -> None:
    y = 3 + np.r_[np.zeros(6), np.ones(5)] + size * np.random.default_rng(0).normal(size=11)
    for first, loose in ((0, ["Intercept", "x"]), (1, [])):  # six and five rows, five and five
        data = pd.DataFrame({"x": [0.0] * (6 - first) + [1.0] * 5, "y": y[first:]})
        assert several_medians(build_design(data, "y ~ x", family=family_of("laplace"))) == loose


@pytest.mark.parametrize("seed", range(12))
def test_errors_that_are_normal_leave_sigma_where_it_is(seed: int) -> None:
    """With nu beyond all numbers a density of Student's t is rounding, and higher than any maximum."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(30, 3)) * [1, 0.001, 100] + [100, 0, 0]
    data = pd.DataFrame(x, columns=["x1", "x2", "x3"]).assign(y=rng.uniform(-1, 1, 30) + x[:, 0])
    solution = triptych.fit(data, "y ~ x1 + x2 + x3", family="student", nu="estimate", **MODES | {"methods": ("mle",)})
    found = solution["default"]
    least = sm.OLS(data["y"], sm.add_constant(data[["x1", "x2", "x3"]])).fit()
    assert found.statuses("mle", "nu") == ["at_infinity"]
    assert found.statuses("mle", "sigma") == ["ok"]
    assert found.row("mle", "sigma").estimate == pytest.approx(np.sqrt(np.mean(least.resid**2)), rel=1e-5)
