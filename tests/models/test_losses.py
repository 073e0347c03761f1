"""Losses as likelihoods: published figures, and what the claims would notice."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from triptych.models import cross_entropy_is_categorical as entropy
from triptych.models import mae_is_laplace as mae
from triptych.models import mse_is_gaussian as mse
from triptych.panels.settings import Settings
from triptych.panels.solve import solve
from triptych.problem.scenario import Data


def _clean(comparison: Any) -> Any:
    """Return a comparison whose claims were evaluated before a test changes what they compare with."""
    assert comparison.problems == []
    return comparison


def test_the_median_line_is_what_stata_prints(solved: Any) -> None:
    # Stata 12, qreg on these households, as statsmodels' own tests hold it; in francs, income not centred.
    from statsmodels.datasets import engel

    default = solved("mae_is_laplace")["default"]
    level, slope, b = (default.row("mle", name).estimate for name in ("level", "slope", "b"))
    income = engel.load_pandas().data["income"].to_numpy()
    assert slope == pytest.approx(0.5601805, abs=1e-7)
    assert 1000 * level - slope * income.mean() == pytest.approx(81.48233, abs=2e-4)
    assert 1000 * b * income.size == pytest.approx(17559.93220318131, rel=1e-7)


def test_the_seven_parties_have_the_likelihood_that_stata_prints() -> None:
    # statsmodels' own tests hold Stata's mlogit on these voters with all five predictors: -1461.922747312.
    from statsmodels.datasets import anes96

    table = anes96.load_pandas().data
    names = ["logpopul", "selfLR", "age", "educ", "income"]
    classes = [str(k) for k in range(7)]
    data = entropy._data(table[names].to_numpy(float), table["PID"].to_numpy(), names, classes)
    alone = replace(entropy.scenario, variants={}, expect={}, claims=())
    found = solve(alone, settings=Settings(methods=("mle",), profile=False), data=data)
    assert found.panels["mle"].native.llf == pytest.approx(-1461.922747312, abs=1e-7)


def test_sums_of_squares_notice_other_data(solved: Any) -> None:
    comparison = _clean(solved("mse_is_gaussian"))
    default = comparison["default"]
    food = default.data.food.copy()
    food[0] += 0.05
    other = {"default": replace(default, data=Data({**default.data.arrays, "food": food}, dims=default.data.dims))}
    for claim in (
        mse.loss_is_likelihood,
        mse.mle_minimises_the_loss,
        mse.mle_is_ols,
        mse.descent_ends_at_mle,
        mse.variance_is_the_loss,
        mse.height_is_the_log_of_the_loss,
        mse.wald_is_ols_with_n,
        mse.map_divides_by_one_more,
    ):
        assert not claim(other).holds, claim.__name__


def test_claims_notice_a_flat_prior_of_sigma(solved: Any) -> None:
    def flat(data: Any) -> None:
        import pymc as pm

        level, slope, sigma = pm.Flat("level"), pm.Flat("slope"), pm.HalfFlat("sigma")
        pm.Deterministic("mse", sigma**2)
        pm.Normal("y", level + slope * data.income, sigma, observed=data.food, dims="household")

    # Few households, so that one power of sigma shows in the draws.
    d = mse.data()
    few = Data({"income": d.income[:8], "food": d.food[:8]}, dims=d.dims)
    for model, holds in ((mse.model, True), (flat, False)):
        alone = replace(mse.scenario, model=model, claims=())
        c = {"default": solve(alone, data=few, settings=Settings(profile=False))}
        assert mse.map_divides_by_one_more(c).holds == holds
        assert mse.posterior_divides_by_four_less(c).holds == holds


def test_absolute_errors_notice_other_data(solved: Any) -> None:
    default = _clean(solved("mae_is_laplace"))["default"]
    food = default.data.food.copy()
    on = np.abs(mae._residuals(default.data, mae._vertex(default.data))) < 1e-10
    food[on] += 0.01
    other = {"default": replace(default, data=Data({**default.data.arrays, "food": food}, dims=default.data.dims))}
    for claim in (
        mae.loss_is_likelihood,
        mae.mle_is_the_vertex,
        mae.mle_is_quantreg,
        mae.descent_ends_at_mle,
        mae.passes_through_two,
        mae.scale_is_the_loss,
        mae.profile_ends_are_roots,
        mae.far_points_do_not_pull,
        mae.map_is_the_line,
    ):
        assert not claim(other).holds, claim.__name__


def test_the_integral_of_the_median_line_does_not_depend_on_its_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    d = mae.data()
    given = (tuple(d.income), tuple(d.food))
    mean, variance, b = mae._integrals(*given)
    monkeypatch.setattr(mae, "POINTS", 241)
    monkeypatch.setattr(mae, "WIDTH", 10.0)
    finer = mae._integrals.__wrapped__(*given)
    # A tenth of a Monte Carlo error of four thousand draws.
    assert np.max(np.abs(finer[0] - mean) / np.sqrt(variance)) < 0.0015
    assert finer[1] == pytest.approx(variance, rel=0.002)
    assert finer[2] == pytest.approx(b, rel=1e-4)


def test_cross_entropy_notices_another_prior(solved: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = _clean(solved("cross_entropy_is_categorical"))
    monkeypatch.setattr(entropy, "PRIOR_SD", 1.3)
    for claim in (entropy.map_is_sklearn, entropy.posterior_has_no_mean_slope):
        assert not claim(comparison).holds, claim.__name__


def test_cross_entropy_notices_labels_that_are_exchanged(solved: Any) -> None:
    comparison = _clean(solved("cross_entropy_is_categorical"))
    wrong = copy(comparison)
    wrong.solutions = {}
    for variant, solution in comparison.solutions.items():
        d = solution.data
        label = np.roll(d.label, 5)
        wrong.solutions[variant] = replace(
            solution, data=Data({**d.arrays, "label": label}, dims=d.dims, coords=d.coords, constants=d.constants)
        )
    for claim in (
        entropy.loss_is_likelihood,
        entropy.log_loss_is_the_likelihood,
        entropy.mle_is_mnlogit,
        entropy.errors_are_mnlogits,
        entropy.mle_minimises_the_loss,
        entropy.descent_ends_at_mle,
        entropy.map_is_sklearn,
        entropy.posterior_has_no_mean_slope,
        entropy.voters_have_no_mean_slope,
        entropy.flowers_separate,
        entropy.loss_has_no_minimiser,
        entropy.the_rest_is_two_classes,
    ):
        assert not claim(wrong).holds, claim.__name__
