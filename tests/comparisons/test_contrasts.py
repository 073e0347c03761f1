"""How the panels differ, against the closed forms of a conjugate model and by hand."""

from __future__ import annotations

import math
from typing import Any

import arviz as az
import numpy as np
import pymc as pm
import pytest
from scipy import stats

import triptych
from triptych.comparisons.contrast import overlap
from triptych.problem.table import Row, Status

Y = np.array([3.0, 1.0, 4.0, 2.0])
SHAPE, RATE = 2.0, 4.0  # a prior that wants a smaller rate than the data


@pytest.fixture(scope="module", params=[1, 2, 3])
def solved(request: pytest.FixtureRequest) -> Any:
    with pm.Model() as model:
        rate = pm.Gamma("rate", SHAPE, RATE)
        pm.Deterministic("double", 2 * rate)
        pm.Poisson("y", rate, observed=Y)
    return triptych.compare(model, random_seed=request.param, draws=500, tune=500, ci_prob=0.8)


def test_the_shifts_are_those_of_gamma_and_poisson(solved: Any) -> None:
    a, b, n = SHAPE + Y.sum(), RATE + Y.size, Y.size
    mle, mode, mean, sd = Y.sum() / n, (a - 1) / b, a / b, np.sqrt(a) / b
    assert mode < mean < mle
    table = solved.contrasts.set_index("estimand")
    for name, unit in (("rate", 1.0), ("double", 2.0)):
        row = table.loc[name]
        draws = solved["default"].panels["mcmc"].native["posterior"][name]
        assert row["mcse"] == pytest.approx(float(az.mcse(draws, method="mean")), rel=1e-10)
        assert row["mode_shift"] == pytest.approx(unit * (mode - mle), rel=1e-8)
        assert abs(row["mean_minus_mode"] - unit * (mean - mode)) < 4 * row["mcse"]
        assert abs(row["total"] - unit * (mean - mle)) < 4 * row["mcse"]
        assert row["mode_shift"] + row["mean_minus_mode"] == pytest.approx(row["total"], rel=1e-12)
        assert abs(row["posterior_sd"] - unit * sd) < 4 * float(az.mcse(draws, method="sd"))
        for part in ("mode_shift", "mean_minus_mode", "total"):
            assert row[f"{part}_sd"] == pytest.approx(row[part] / row["posterior_sd"], rel=1e-12)
        assert row["status"] == "ok"


def test_widths_and_overlap_are_those_of_the_two_intervals(solved: Any) -> None:
    """The credible interval is the gamma distribution's; the Wald interval is formed on the logarithm of the rate."""
    row = solved.contrasts.set_index("estimand").loc["rate"]
    confidence = Y.mean() * np.exp(np.array([-1, 1]) * stats.norm.ppf(0.9) / np.sqrt(Y.sum()))
    found = solved["default"].row("mcmc", "rate")
    credible = np.array([found.lower, found.upper])
    draws = solved["default"].panels["mcmc"].native["posterior"]["rate"]
    for end, prob in zip(credible, (0.1, 0.9), strict=True):
        exact = stats.gamma(SHAPE + Y.sum(), scale=1 / (RATE + Y.size)).ppf(prob)
        assert abs(end - exact) < 4 * float(az.mcse(draws, method="quantile", prob=prob))
    assert row["width_ratio"] == pytest.approx(np.ptp(credible) / np.ptp(confidence), rel=1e-8)
    shared = min(credible[1], confidence[1]) - max(credible[0], confidence[0])
    covered = max(credible[1], confidence[1]) - min(credible[0], confidence[0])
    assert 0 < shared
    assert row["overlap"] == pytest.approx(shared / covered, rel=1e-8)


def interval(lower: float, upper: float) -> Row:
    estimate = (lower + upper) / 2 if math.isfinite(lower + upper) else 0.0
    return Row("s", "v", "mle", "x", "", estimate, "maximum", 1.0, lower, upper, 0.95, "wald", Status.OK, "")


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ((0, 2), (0, 2), 1.0),
        ((0, 2), (1, 3), 1 / 3),
        ((0, 4), (1, 2), 1 / 4),
        ((0, 1), (2, 5), 0.0),
        ((-3, -1), (-2, 2), 1 / 5),
    ],
)
def test_overlap_is_what_is_shared_of_what_is_covered(one: Any, other: Any, share: float) -> None:
    assert overlap(interval(*one), interval(*other)) == pytest.approx(share)
    assert overlap(interval(*other), interval(*one)) == pytest.approx(share)


@pytest.mark.parametrize("missing", [(math.nan, math.nan), (0.0, math.inf)])
def test_without_two_finite_intervals_there_is_no_overlap(missing: tuple[float, float]) -> None:
    assert math.isnan(overlap(interval(0, 1), interval(*missing)))


def test_where_a_panel_has_no_estimate_the_contrast_says_which_and_why() -> None:
    with pm.Model() as model:
        pm.Bernoulli("y", logit_p=pm.Normal("slope", 0, 2) * np.arange(-4.5, 5), observed=np.arange(-4.5, 5) > 0)
    row = triptych.compare(model, draws=300, tune=300, profile=False).contrasts.iloc[0]
    assert row["status"] == "at_infinity"
    assert row["reason"].startswith("MLE: ")
    assert np.isnan([row[c] for c in ("mode_shift", "total", "mode_shift_sd", "width_ratio", "overlap")]).all()
    assert row["mean_minus_mode"] > 0  # the posterior of a positive slope leans to the right


def test_a_constant_has_no_unit_to_measure_shifts_by() -> None:
    """As the diagonal of a correlation matrix: the shifts are none, and in standard deviations they do not exist."""
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1)
        pm.Deterministic("constant", 0 * a + 1.0)
        pm.Normal("y", a, 1, observed=Y)
    row = triptych.compare(model, draws=100, tune=100, profile=False).contrasts.set_index("estimand").loc["constant"]
    assert (row["mode_shift"], row["mean_minus_mode"], row["posterior_sd"]) == (0, 0, 0)
    assert np.isnan([row[c] for c in ("mode_shift_sd", "mean_minus_mode_sd", "total_sd", "width_ratio")]).all()
