"""What the claims of the regularisers would notice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from triptych.models import regularisers as hidden


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    comparison = solved("regularisers")
    assert comparison.problems == []
    return comparison


@pytest.mark.parametrize(
    ("name", "value", "claims"),
    [
        ("STEPS", 59, ("stopping_is_a_mode", "stopping_is_a_mean")),
        ("SIZE", 0.06, ("stopping_is_a_mode",)),
        ("KEPT", 0.81, ("dropout_is_a_mode",)),
        ("KEPT", 0.6, ("disguises_are_means",)),
        ("NOISE", 0.51, ("noise_is_a_mode",)),
        ("SIGMA", 0.85, ("variances_are_closed",)),
    ],
)
def test_claims_notice_another_setting(
    run: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: float, claims: tuple[str, ...]
) -> None:
    # The steps of the claim on the mean differ by less than Monte Carlo error unless many are left out.
    monkeypatch.setattr(hidden, name, 20 if claims[-1] == "stopping_is_a_mean" else value)
    for claim in claims:
        assert not getattr(hidden, claim)(run).holds, claim


def test_noise_that_is_normal_costs_what_signs_cost(run: Any) -> None:
    # Gauss-Hermite nodes of each coordinate: the average over normal noise, up to degree five.
    d = run["noise"].data
    nodes, weights = np.polynomial.hermite_e.hermegauss(3)
    places = np.stack(np.meshgrid(*[nodes] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    chances = np.prod(np.stack(np.meshgrid(*[weights / weights.sum()] * 4, indexing="ij"), axis=-1), axis=-1).ravel()
    found = hidden._stacked(d, hidden.NOISE * places, chances, add=True)
    assert found == pytest.approx(hidden._noisy(d), abs=1e-10)


def test_a_loss_of_another_kind_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without focus the focal loss is the cross-entropy, to which a prior may be added.
    monkeypatch.setattr(hidden, "FOCUS", 0.0)
    assert hidden._kinds()["focal loss"] == "a prior"
    monkeypatch.setattr(hidden, "CLASS_WEIGHT", 1.0)
    assert hidden._kinds()["class weights"] == "a prior"


def test_claims_notice_other_losses(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    outright = hidden._outright
    monkeypatch.setattr(hidden, "_outright", lambda z, decay, rate: outright(z, decay, rate + 1e-6))
    assert not hidden.outright_priors_are_sklearn(run).holds
    monkeypatch.setattr(hidden, "_factor_bound", lambda: 0.9)
    assert not hidden.risk_is_near(run).holds
