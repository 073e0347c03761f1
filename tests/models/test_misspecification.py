"""What the claims of the wrong model would notice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from triptych.models import misspecification as wrong
from triptych.problem.scenario import Data


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    comparison = solved("misspecification")
    assert comparison.problems == []
    return comparison


def test_coverage_is_that_of_the_research_table(monkeypatch: pytest.MonkeyPatch) -> None:
    # Summed independently beforehand: .7423 at n = 1000 (Wald), .7323 at n = 10; limit .7422.
    assert wrong._coverage()[0] == pytest.approx(0.7423, abs=5e-5)
    assert wrong._limit() == pytest.approx(0.7422, abs=5e-5)
    monkeypatch.setattr(wrong, "SIMULATED", 10)
    assert wrong._coverage.__wrapped__()[0] == pytest.approx(0.7323, abs=5e-5)


def test_claims_notice_another_prior(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrong, "PERSONS", 200.0)
    for claim in (wrong.map_is_conjugate, wrong.mean_is_conjugate, wrong.interval_is_conjugate):
        assert not claim(run).holds, claim.__name__


def test_claims_notice_a_cell_that_is_counted_wrongly(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    default, d = run["default"], run["default"].data
    total = d.total.copy()
    total[0] += 50
    other = {"default": replace(default, data=Data({**d.arrays, "total": total}, dims=d.dims, coords=d.coords))}
    for claim in (wrong.map_is_conjugate, wrong.training_likelihood_does_not):
        assert not claim(other).holds, claim.__name__
    health, coinsurance, visits = wrong._visits()
    monkeypatch.setattr(wrong, "_visits", lambda: (health, coinsurance, visits + (coinsurance == 0)))
    monkeypatch.setattr(wrong, "_glm", wrong._glm.__wrapped__)
    for claim in (wrong.mle_is_the_glm, wrong.errors_are_the_glms, wrong.mle_is_the_closest):
        assert not claim(run).holds, claim.__name__
