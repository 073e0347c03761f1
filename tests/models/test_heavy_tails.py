"""What the claims of heavy tails would notice, and the published lines of all predictors' data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from triptych.models import heavy_tails as tails


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    comparison = solved("heavy_tails")
    assert comparison.problems == []
    return comparison


def test_claims_notice_other_degrees_of_freedom(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "FREEDOM", 4.2)
    for claim in (tails.student_is_em, tails.student_map_is_em):
        assert not claim(run).holds, claim.__name__


def test_claims_notice_another_move(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "MOVE", 31.0)
    assert not tails.normal_has_no_bound(run).holds


def test_claims_notice_another_posterior(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = tails._exact
    monkeypatch.setattr(tails, "_exact", lambda d, family: (exact(d, family)[0] + 0.02, exact(d, family)[1]))
    assert not tails.posteriors_are_the_integrals(run).holds


def test_the_normal_integral_is_students_t() -> None:
    d = tails.data()
    mean, sd = tails._exact(d, "normal")
    rest = d.loss - tails._ols(d)[0] - tails._ols(d)[1] * d.air
    freedom = d.air.size - 2
    error = np.sqrt(rest @ rest / freedom / (d.air @ d.air))
    assert mean[1] == pytest.approx(tails._ols(d)[1], abs=1e-9)
    # The grid ends at nine standard errors, where Student's tail still holds a little.
    assert sd[1] == pytest.approx(error * np.sqrt(freedom / (freedom - 2)), rel=1e-4)


def test_the_best_line_through_two_days_is_the_linear_programme() -> None:
    import statsmodels.api as sm

    for moved in (0.0, 30.0, -45.0):
        d = tails.data(moved)
        total = np.abs(d.loss - tails._vertex(d) @ np.stack([np.ones(d.air.size), d.air])).sum()
        fitted = sm.QuantReg(d.loss, sm.add_constant(d.air)).fit(q=0.5, max_iter=5000, p_tol=1e-9)
        assert total <= np.abs(fitted.resid).sum() + 1e-9
        assert total == pytest.approx(np.abs(fitted.resid).sum(), rel=1e-4)
