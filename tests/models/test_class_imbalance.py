"""What the claims of rare classes would notice, and Firth's estimate on other data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from triptych.models import class_imbalance as rare
from triptych.panels.settings import Settings
from triptych.panels.solve import solve


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    comparison = solved("class_imbalance")
    assert comparison.problems == []
    return comparison


def test_claims_notice_other_priors(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rare, "SLOPE_SD", 3.5)
    for claim in (rare.modes_are_found, rare.normal_posterior_is_the_integral):
        assert not claim(run).holds, claim.__name__


def test_claims_notice_another_count(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = rare._counts(run) + np.array([[1, 0], [0, 0]])
    monkeypatch.setattr(rare, "_counts", lambda c: counts)
    for claim in (rare.warm_is_finite, rare.jeffreys_adds_halves, rare.jeffreys_posterior_is_beta):
        assert not claim(run).holds, claim.__name__


def test_claims_notice_another_focus(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    off = rare._focal(rare._base(run))
    monkeypatch.setattr(rare, "FOCUS", 2.1)
    assert abs(rare._recovered(off) - rare._base(run)) > 1e-3


def test_jeffreys_is_firth_with_a_continuous_predictor_too() -> None:
    alone = replace(rare.scenario, variants={"firth": {"prior": "jeffreys"}}, expect={}, no_posterior=None, claims=())
    found = solve(alone, "firth", settings=Settings(methods=("map",), profile=False))
    theta = [found.row("map", name).estimate for name in ("level", "slope")]
    assert theta == pytest.approx(rare._firth(found.data), abs=1e-8)
