"""What the claims of the Gaussian mean would notice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from triptych.models import gaussian_mean
from triptych.problem.claims import close_to_exact


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    comparison = solved("gaussian_mean")
    assert comparison.problems == []  # evaluated before a test changes what the claims compare with
    return comparison


def test_claims_notice_other_data(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian_mean, "SPEEDS", gaussian_mean.SPEEDS + 0.01)
    for claim in (
        gaussian_mean.likelihood_is_a_sum,
        gaussian_mean.map_counts_the_guess,
        gaussian_mean.laplace_is_exact,
    ):
        assert not claim(run).holds, claim.__name__


def test_claims_notice_another_guess(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian_mean, "GUESS", 15.0)
    for claim in (
        gaussian_mean.map_counts_the_guess,
        gaussian_mean.posterior_mean_is_conjugate,
        gaussian_mean.posterior_interval_is_normal,
    ):
        assert not claim(run).holds, claim.__name__


def test_the_product_is_zero_though_no_factor_is(run: Any) -> None:
    terms, _ = gaussian_mean._underflow()
    factors = np.exp(np.tile(gaussian_mean._terms(9.09), 100))[:terms]
    assert factors.min() > 1e-3
    assert np.prod(factors) == 0 < np.prod(factors[:-1])


@pytest.mark.parametrize("shift", [0.0, 0.2])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_close_to_exact_knows_the_monte_carlo_error(seed: int, shift: float) -> None:
    draws = np.random.default_rng(seed).standard_normal((4, 1000, 3)) + shift
    assert close_to_exact(draws, np.zeros(3)).holds == (shift == 0)
    assert close_to_exact(draws, np.full(3, 1.2816), prob=0.9).holds == (shift == 0)
    assert close_to_exact(draws[..., 0], 0.0).holds == (shift == 0)
