"""What the claims about large samples would notice."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from scipy.stats import gamma, norm, pareto

import triptych
from triptych.base.errors import InputError
from triptych.models import asymptotics


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    comparison = solved("asymptotics")
    assert comparison.problems == []
    return comparison


def test_claims_notice_another_prior(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asymptotics, "SHAPE", 4.0)
    for claim in (asymptotics.map_is_closed, asymptotics.mean_is_closed, asymptotics.map_error_is_the_integral):
        assert not claim(run).holds, claim.__name__


def test_claims_notice_another_variance_or_coverage(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mse, bound = asymptotics._relative_mse, asymptotics._over_the_bound
    monkeypatch.setattr(asymptotics, "_relative_mse", lambda n: 2 * mse(n))
    monkeypatch.setattr(asymptotics, "_over_the_bound", lambda n: 2 * bound(n))
    monkeypatch.setattr(asymptotics, "_wald_coverage", lambda n: 0.9)
    for claim in (asymptotics.error_is_closed, asymptotics.variance_is_closed, asymptotics.coverage_is_closed):
        assert not claim(run).holds, claim.__name__


def test_the_total_variation_is_half_the_integral_of_the_absolute_difference() -> None:
    one, other = gamma(50, scale=0.02), norm(1, 0.14)
    x = np.linspace(-1, 4, 2_000_001)
    summed = np.abs(one.pdf(x) - other.pdf(x)).sum() * (x[1] - x[0]) / 2
    assert asymptotics._variation(one, other, 0.01, 2.5) == pytest.approx(summed, abs=1e-6)
    # A normal has mass where a Pareto distribution has none.
    one, other = pareto(20), norm(pareto(20).mean(), pareto(20).std())
    x = np.linspace(0.5, 5, 2_000_001)
    summed = np.abs(one.pdf(x) - other.pdf(x)).sum() * (x[1] - x[0]) / 2
    assert asymptotics._pareto_from_normal(20) == pytest.approx(summed, abs=1e-4)


def test_a_comparison_studies_its_scenario_with_the_seed_of_its_run(run: Any) -> None:
    options: dict[str, Any] = {"n": 12, "replicates": 8, "methods": ("mle",), "intervals": ("wald",)}
    ours = run.study(**options).replicates
    theirs = triptych.study("asymptotics", random_seed=11, progressbar=False, **options).replicates
    assert np.array_equal(ours["estimate"], theirs["estimate"])


def test_a_comparison_from_another_process_says_where_studies_are(run: Any) -> None:
    with pytest.raises(InputError, match=r"triptych\.study"):
        pickle.loads(pickle.dumps(run)).study(n=12)
