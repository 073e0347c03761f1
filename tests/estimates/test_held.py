"""What an interval holds fixed is said in its row, and an interval that shrinks to nothing is none."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pymc as pm
import pytest
from rich.console import Console

import triptych
from triptych.reports import files
from triptych.reports.terminal import print_summary

POINTS: dict[str, Any] = {"methods": ("mle", "map"), "profile": False, "random_seed": 1}
EFFECTS = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
ERRORS = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])


@pytest.fixture(scope="module")
def schools() -> Any:
    with pm.Model() as model:
        mu, tau = pm.Normal("mu", 0, 5), pm.HalfCauchy("tau", 5)
        theta = pm.Deterministic("theta", mu + tau * pm.Normal("z", 0, 1, shape=8))
        pm.Normal("y", theta, ERRORS, observed=EFFECTS)
    return triptych.compare(model, estimands=["mu", "tau", "theta"], methods=("map",), random_seed=1)


def test_complete_pooling_says_that_the_scale_is_held_at_zero(schools: Any) -> None:
    weights = ERRORS**-2
    precision = weights.sum() + 5.0**-2
    for row in (*schools["default"].rows("map", "theta"), *schools["default"].rows("map", "mu")):
        assert row.estimate == pytest.approx(weights @ EFFECTS / precision, rel=1e-6)
        assert row.std_error == pytest.approx(precision**-0.5, rel=1e-6)
        assert row.reason == "the interval holds fixed tau at 0"


def test_it_is_said_in_every_output(schools: Any, tmp_path: Path) -> None:
    said = "the interval holds fixed tau at 0"
    stream = io.StringIO()
    print_summary([schools], Console(file=stream, width=200))
    assert said in stream.getvalue()
    assert said in schools.to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    assert said in files.estimates_csv([schools])
    assert said in files.results_json([schools])


def test_zeros_of_a_lasso_are_named() -> None:
    x = np.random.default_rng(1).normal(size=(20, 3))
    with pm.Model(coords={"name": ["a", "b", "c"]}) as model:
        slopes = pm.Laplace("beta", 0, 0.1, dims="name")
        pm.Normal("y", x @ slopes, 1, observed=2 * x[:, 0] + np.cos(np.arange(20)))
    solution = triptych.compare(model, **POINTS)["default"]
    assert solution.row("map", "beta", "a").reason == "the interval holds fixed beta[b], beta[c] at 0"
    assert [row.reason for row in solution.rows("mle", "beta")] == ["", "", ""]


def test_what_has_no_term_in_common_with_an_edge_holds_nothing() -> None:
    """Of two groups of counts one is empty: the other's rate has an interval of its own."""
    with pm.Model() as model:
        pm.Poisson("none", pm.HalfFlat("empty"), observed=[0, 0])
        pm.Poisson("some", pm.HalfFlat("full"), observed=[3, 4])
    solution = triptych.compare(model, **POINTS)["default"]
    assert solution.row("mle", "empty").status == "at_boundary"
    assert solution.row("mle", "full").reason == ""


def test_an_empty_share_is_held_at_zero_in_the_others() -> None:
    with pm.Model() as model:
        pm.Multinomial("y", n=10, p=pm.Dirichlet("share", np.ones(3)), observed=[4, 6, 0])
    rows = triptych.compare(model, **{**POINTS, "methods": ("mle",)})["default"].rows("mle", "share")
    assert rows[2].status == "at_boundary"
    for row in rows[:2]:
        assert row.std_error == pytest.approx((0.4 * 0.6 / 10) ** 0.5, rel=1e-5)  # of a binomial share
        assert row.reason == "the interval holds fixed share[2] at 0"


def test_what_is_infinite_is_held_there() -> None:
    """Without the empty group the others are a saturated Poisson regression: errors by the counts of each."""
    counts = np.array([3, 0, 4, 2, 0, 5, 4, 0, 6])
    group = np.eye(3)[np.arange(9) % 3]
    with pm.Model() as model:
        effect = pm.Normal("effect", 0, 5, shape=3)
        pm.Poisson("y", pm.math.exp(effect[0] + group[:, 1] * effect[1] + group[:, 2] * effect[2]), observed=counts)
    rows = triptych.compare(model, **POINTS)["default"].rows("mle", "effect")
    assert rows[1].status == "at_infinity"
    for row, error in ((rows[0], 9**-0.5), (rows[2], (1 / 9 + 1 / 15) ** 0.5)):
        assert row.std_error == pytest.approx(error, rel=1e-5)
        assert row.reason == "the interval holds fixed effect[1] at -infinity"


def test_a_step_is_held_in_the_means_beside_it() -> None:
    with pm.Model() as model:
        early, late, tau = pm.HalfFlat("early"), pm.HalfFlat("late"), pm.Uniform("tau", 0, 19)
        pm.Poisson(
            "y", pm.math.switch(np.arange(20.0) < tau, early, late), observed=np.r_[np.full(12, 4), np.full(8, 1)]
        )
        pm.Normal("w", pm.Normal("other", 0, 1), 1, observed=[1.0, 2.0])
    solution = triptych.compare(model, **POINTS)["default"]
    for name, mean, n in (("early", 4, 12), ("late", 1, 8)):
        row = solution.row("mle", name)
        assert (row.estimate, row.std_error) == pytest.approx((mean, (mean / n) ** 0.5), rel=1e-6)
        place = float(row.reason.removeprefix("the interval holds fixed tau at "))
        assert 11 < place <= 12
    assert solution.row("mle", "other").reason == ""


@pytest.mark.parametrize("side", [1, -1])
def test_a_skew_normal_at_its_frontier_has_no_interval_of_its_location(side: int) -> None:
    """With an infinite shape it is a half-normal distribution whose end is the datum at the end."""
    y = side * (2 + np.abs(np.random.default_rng(3).normal(size=8)))
    with pm.Model() as model:
        place, shape, scale = pm.Normal("place", 0, 50), pm.Normal("shape", 0, 100), pm.HalfNormal("scale", 10)
        pm.SkewNormal("y", mu=place, sigma=scale, alpha=shape, observed=y)
    solution = triptych.compare(model, **{**POINTS, "methods": ("mle",)})["default"]
    assert solution.row("mle", "shape").status == "at_infinity"
    row = solution.row("mle", "place")
    assert (row.status, row.interval_kind) == ("ok", "none")
    assert row.estimate == pytest.approx(side * np.min(np.abs(y)), rel=1e-5)
    assert np.isnan([row.std_error, row.lower, row.upper]).all()
    infinity = f"{'+' if side > 0 else '-'}infinity"
    assert f"no limit with shape at {infinity}" in row.reason
    width = solution.row("mle", "scale")
    assert width.estimate == pytest.approx(np.sqrt(np.mean((y - side * np.min(np.abs(y))) ** 2)), rel=1e-5)
    assert width.std_error == pytest.approx(width.estimate / 4, rel=1e-3)
    assert width.reason == f"the interval holds fixed shape at {infinity}"


def test_zeros_of_a_table_go_by_its_own_names() -> None:
    """The regression is solved on standardised predictors, which nobody asked for."""
    rng = np.random.default_rng(2)
    table = {"dose": 7 * rng.normal(size=30), "age": 40 + rng.normal(size=30)}
    table["y"] = table["dose"] + rng.normal(size=30)
    solution = triptych.fit(table, "y ~ dose + age", prior="lasso", prior_scale=0.05, **POINTS)["default"]
    rows = {row.label: row for row in solution.rows("map", "coef")}
    assert rows["age"].estimate == 0.0
    assert "the interval holds fixed coef[age] at 0" in rows["dose"].reason
    assert "coef[age] at 0" in solution.row("map", "sigma").reason
    assert "beta" not in rows["dose"].reason


def test_a_median_regression_holds_its_line_in_the_scale() -> None:
    """The line goes through three of four points, and the scale is the mean deviation: one half over four."""
    with pm.Model() as model:
        a, b = pm.Flat("a"), pm.Flat("b")
        pm.Laplace("y", a + b * np.array([0.0, 1, 2, 4]), pm.HalfFlat("scale"), observed=[0.0, 1.5, 2, 4])
    row = triptych.compare(model, **{**POINTS, "methods": ("mle",)})["default"].row("mle", "scale")
    assert (row.estimate, row.std_error) == pytest.approx((0.125, 0.125 / 2), rel=1e-5)
    assert row.reason == "the interval holds fixed a at 0; b at 1"


def test_a_cutpoint_of_zero_is_not_held_at_zero() -> None:
    """Six of twelve lie below the empty category: both its cutpoints are logit(1/2) = 0, with an error of their own."""
    with pm.Model() as model:
        start = np.linspace(-1, 1, 4)
        cut = pm.Normal("cut", 0, 10, shape=4, transform=pm.distributions.transforms.ordered, initval=start)
        answers = np.repeat([0, 1, 3, 4], 3)
        pm.OrderedLogistic("y", eta=0.0, cutpoints=cut, compute_p=False, observed=answers)
    rows = triptych.compare(model, methods=("mle",), profile=False)["default"].panels["mle"].estimates
    assert [row.std_error for row in rows] == pytest.approx([2 / 3, 1 / 3**0.5, 1 / 3**0.5, 2 / 3], rel=1e-5)
    for row in rows:
        assert " at 0" not in row.reason
        assert "holds fixed cut at the edge of its range" in row.reason
