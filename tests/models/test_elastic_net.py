"""What the claims of the elastic net would notice."""

from __future__ import annotations

from typing import Any

import pytest

from triptych.models import elastic_net as net


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    comparison = solved("elastic_net")
    assert comparison.problems == []
    assert not any(isinstance(figure, str) for figure in comparison.figures)
    return comparison


def test_claims_notice_another_rate(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "RATE", 30.0)
    for claim in (net.map_is_sklearn, net.sigma_is_stationary, net.posterior_has_no_mean_slope):
        assert not claim(run).holds, claim.__name__


def test_claims_notice_another_weight(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "WEIGHT", 80.0)
    for claim in (net.sigma_is_stationary, net.posterior_has_no_mean_slope, net.posterior_has_the_right_sigma):
        assert not claim(run).holds, claim.__name__


def test_claims_notice_a_constant_that_is_missing(run: Any) -> None:
    exchanged = {"default": run["dropped"], "dropped": run["default"]}
    for claim in (net.sigma_is_stationary, net.dropping_moves_the_mode, net.reweighting_explains_it):
        assert not claim(exchanged).holds, claim.__name__
