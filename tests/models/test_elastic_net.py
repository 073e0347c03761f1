"""What the claims of the elastic net would notice."""

from __future__ import annotations

from typing import Any

import numpy as np
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
    for claim in (
        net.sigma_is_stationary,
        net.dropping_moves_the_mode,
        net.reweighting_explains_it,
        net.posterior_sigma_is_the_integral,
    ):
        assert not claim(exchanged).holds, claim.__name__


def test_claims_notice_another_prior_density(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    of = net._density
    monkeypatch.setattr(net, "_density", lambda b: of(b) * (1 + 1e-7 * b))
    assert not net.prior_is_a_scale_mixture(run).holds
    solve = net._sklearn
    monkeypatch.setattr(net, "_sklearn", lambda d, sigma, rate, weight: solve(d, sigma, rate, 1.02 * weight))
    assert not net.sklearn_is_glmnet(run).holds


def test_the_integral_over_sigma_does_not_depend_on_its_steps() -> None:
    d = net.data()
    given = (d.X.tobytes(), d.progression.tobytes())
    # A hundredth of a Monte Carlo error of four thousand draws.
    assert net._means_of_sigma(*given, step=0.5) == pytest.approx(net._means_of_sigma(*given), abs=4e-6)


def test_the_integral_over_sigma_is_the_same_in_every_run() -> None:
    d, found = net.data(), []
    for state in (1, 2):  # of NumPy's global generator, which a new process draws anew
        np.random.seed(state)  # noqa: NPY002
        found.append(net._means_of_sigma.__wrapped__(d.X.tobytes(), d.progression.tobytes()))
    assert found[0] == found[1]
