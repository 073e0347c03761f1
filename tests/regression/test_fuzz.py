"""Any table and any formula: one clear sentence, or a whole and consistent result."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from scipy.optimize import minimize

import triptych
from tests.regression.right_fits import faults
from tests.regression.strange_tables import SCALED, Problem, problems
from triptych.base.errors import InputError
from triptych.design.design import build_design
from triptych.problem.scenario import Scenario
from triptych.regression.build import build_scenario
from triptych.regression.catalogue import family_of
from triptych.regression.existence import existence
from triptych.regression.regression import Regression

TABLE = {
    "y": [1.0, 2, 4, 3, 5, 7, 8, 1],
    "g": list("aaaabbbb"),
    "h": list("uuvvuuuu"),
    "x": [0.0, 0, 0, 0, 1, 2, 3, 5],
    "ﬁt": [2.0, 1, 4, 3, 6, 5, 8, 9],
}


def scenario_or_sentence(problem: Problem) -> Scenario | str:
    """Build the scenario; anything raised but one sentence for the user is a fault of ours."""
    try:
        return build_scenario(problem.table, problem.formula, **problem.options)
    except InputError as refused:
        said = str(refused)
    assert said
    assert "\n" not in said
    assert len(said) < 700
    # Words of the libraries underneath name nothing that the user wrote.
    assert not any(word in said for word in ("SVD", "estimation infeasible", "array", "dtype", "k0]", "0x"))
    return said


@settings(max_examples=250, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(problems(wild=True))
def test_bad_tables_and_formulas_end_in_one_sentence(problem: Problem) -> None:
    scenario_or_sentence(problem)


@settings(max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(problems(wild=False))
def test_odd_tables_give_finite_arrays_and_a_label_for_each_coefficient(problem: Problem) -> None:
    scenario = scenario_or_sentence(problem)
    if isinstance(scenario, str):
        return
    data = scenario.data()
    for name, values in data.arrays.items():
        assert np.isfinite(values).all(), name
    assert len(set(data.coords["term"])) == len(data.coords["term"])
    predictors = data.coords.get("predictor", [])
    assert data.coords["term"] == ["Intercept"] * ("Intercept" in data.coords["term"][:1]) + list(predictors)


@settings(max_examples=3, derandomize=True, suppress_health_check=list(HealthCheck))
@given(problems(wild=False, kinds=SCALED))
def test_odd_tables_give_whole_and_right_fits(problem: Problem) -> None:
    whole_and_right(problem)


@pytest.mark.slow
@settings(max_examples=16, derandomize=True, suppress_health_check=list(HealthCheck))
@given(problems(wild=False, kinds=SCALED))
def test_many_odd_tables_give_whole_and_right_fits(problem: Problem) -> None:
    whole_and_right(problem)


def whole_and_right(problem: Problem) -> None:
    """Fit a table and hold the fit to what is known of it."""
    # The horseshoe's over-parameterised likelihood, and as many terms as rows, have tests of their own.
    assume(problem.options["prior"] != "horseshoe" and problem.options["standardize"])
    scenario = scenario_or_sentence(problem)
    assume(isinstance(scenario, Scenario))
    assert isinstance(scenario, Scenario)
    assume(2 * len(scenario.data().coords["term"]) <= len(problem.table["y"]))
    comparison = triptych.fit(problem.table, problem.formula, methods=("mle", "map"), profile=False, **problem.options)
    assert not faults(comparison, problem)


@pytest.mark.parametrize(
    ("formula", "terms", "said"),
    [
        ("y ~ g * h", ["Intercept", "g[T.b]", "h[T.v]"], "g[T.b]:h[T.v] is left out: it is zero in every row"),
        ("y ~ g * x", ["Intercept", "g[T.b]", "x"], "g[T.b]:x is left out: in these rows it cannot be told from x"),
    ],
)
def test_levels_that_never_meet_leave_a_column_out_and_say_so(formula: str, terms: list[str], said: str) -> None:
    design = build_design(TABLE, formula)
    assert design.terms == terms
    assert any(said in fact.text for fact in design.facts)
    assert design.full_rank


def test_a_name_that_python_would_rewrite_is_a_column_all_the_same() -> None:
    assert build_design(TABLE, "ﬁt ~ g").outcome_name == "`ﬁt`"
    assert build_design(TABLE, "y ~ ﬁt").terms == ["Intercept", "ﬁt"]


def test_one_far_outlier_does_not_stop_the_count_of_overdispersion() -> None:
    # Scoring steps of statsmodels' GLM overshoot here and end in an error.
    rng = np.random.default_rng(222)
    n = int(rng.integers(8, 14))
    a, b, c = rng.normal(size=(3, n))
    b[0] = 1e8
    y = rng.poisson(np.exp(rng.normal(size=n) * 1.5))
    y[0] = rng.integers(0, 4)
    design = build_design(
        {"y": y, "a": a, "b": b, "c": c}, "y ~ a * b + poly(c, 2)", family=family_of("negative_binomial")
    )
    q = np.linalg.qr(design.full)[0]
    best = minimize(lambda t: np.exp(q @ t).sum() - y @ (q @ t), np.zeros(q.shape[1]), method="BFGS")
    assert np.abs(q.T @ (y - np.exp(q @ best.x))).max() < 1e-4
    assert np.sum((y - np.exp(q @ best.x)) ** 2 - y) < -0.1
    assert existence(design, Regression("negative_binomial")).expected["mle"]["alpha"] == "at_infinity"


def test_rank_of_units_whose_squares_of_squares_overflow() -> None:
    table = {"y": TABLE["y"], "x": np.asarray(TABLE["ﬁt"]) * 1e99}
    assert build_design(table, "y ~ x", standardize=False).full_rank


def test_a_column_called_intercept_is_told_from_the_intercept() -> None:
    assert build_design({"y": TABLE["y"], "Intercept": TABLE["x"]}, "y ~ Intercept").terms == [
        "Intercept",
        "`Intercept`",
    ]
