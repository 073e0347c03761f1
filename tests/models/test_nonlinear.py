"""What the claims of the nonlinear curves would notice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import dblquad

from triptych.models import nonlinear as curves


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    comparison = solved("nonlinear")
    assert comparison.problems == []
    return comparison


def test_claims_notice_another_prior(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "MEDIAN", 0.8)
    for claim in (curves.modes_are_roots, curves.rates_are_integrals, curves.intervals_are_integrals):
        assert not claim(run).holds, claim.__name__


def test_claims_notice_another_measurement(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "CERTIFIED", curves.CERTIFIED * (1 + 1e-8))
    monkeypatch.setattr(curves, "CERTIFIED_SD", curves.CERTIFIED_SD * (1 + 1e-8))
    for claim in (curves.mle_is_certified, curves.sd_is_certified, curves.no_posterior_is_told):
        assert not claim(run).holds, claim.__name__


def test_claims_notice_another_slope_or_curve(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    share = curves._share
    monkeypatch.setattr(curves, "_share", lambda curve, rate, x: share(curve, rate, x) ** 1.01)
    for claim in (curves.modes_are_roots, curves.profile_ends_are_roots, curves.open_intervals_begin_at_roots):
        assert not claim(run).holds, claim.__name__


def test_the_posterior_of_the_rate_is_the_integral_over_response_and_sigma(run: Any) -> None:
    """The closed form against a double integral of likelihood times prior, at two rates."""
    solved = run["assay_low"]
    x, y = solved.data.x, solved.data.y

    def integrated(rate: float) -> float:
        share = curves._share("assay", rate, x)

        def density(log_sigma: float, last: float) -> float:
            rest = (y - last * share / share[-1]) / np.exp(log_sigma)
            return float(np.exp(-y.size * (log_sigma + 4.5) - rest @ rest / 2))

        middle = curves._plateau(solved, rate) * share[-1]
        prior = np.exp(-((np.log(rate / curves.MEDIAN) / curves.PRIOR_SD) ** 2) / 2)
        return float(prior * dblquad(density, middle - 0.1, middle + 0.1, -6.5, -1.0, epsrel=1e-8)[0])

    closed = curves._posterior(solved, np.log([0.3, 0.9]))
    assert closed[0] / closed[1] == pytest.approx(integrated(0.3) / integrated(0.9), rel=1e-4)
