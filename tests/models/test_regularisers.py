"""What the claims of the regularisers would notice."""

from __future__ import annotations

from pathlib import Path
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
    assert hidden._of_shares()["focal loss"].kind()[0] == "a prior"
    monkeypatch.setattr(hidden, "CLASS_WEIGHT", 1.0)
    assert hidden._of_shares()["class weights"].kind()[0] == "a prior"


def test_kinds_of_made_up_objectives() -> None:
    def squares(w: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray(0.5 * np.sum((y - w @ x.T) ** 2, axis=1))

    rng = np.random.default_rng(3)
    x, w = rng.standard_normal((6, 2)), rng.standard_normal((9, 2))
    outcomes = rng.standard_normal((2, 6))

    def kind(total: Any) -> tuple[str, str]:
        return hidden.Objective(total, squares, w, x, 2 * x, (outcomes[0], outcomes[1])).kind()

    alone = "nothing but its own constants"
    assert kind(lambda w, x, y: squares(w, x, y) + np.sum(w**4, axis=1)) == ("a prior", alone)
    assert kind(lambda w, x, y: 3 * squares(w, x, y) + np.sum(w**4, axis=1)) == ("a prior", alone)
    # Zellner's prior grows with the information of the predictors; a penalty by their mean square does not.
    told = ("a prior", "the predictors and the number of rows")
    assert kind(lambda w, x, y: squares(w, x, y) + np.sum((w @ x.T) ** 2, axis=1)) == told
    mean = kind(lambda w, x, y: squares(w, x, y) + np.mean((w @ x.T) ** 2, axis=1))
    assert mean == ("a prior", "the predictors")
    assert kind(lambda w, x, y: squares(w, x, y) + len(x) * w[:, 0] ** 2) == ("a prior", "the number of rows")
    # A penalty that an outcome enters is no prior.
    assert kind(lambda w, x, y: squares(w, x, y) + y[0] * w[:, 0] ** 2) == ("neither", "")


def test_the_table_says_what_each_is_and_stands_on_the_page(run: Any, tmp_path: Path) -> None:
    (table,) = run.tables
    kinds = {row[0]: row[1] for row in table.rows}
    assert len(kinds) == 10
    assert kinds["class weights"] == "another likelihood"
    assert kinds["focal loss"] == "neither"
    page = run.to_html(tmp_path / "page.html").read_text()
    assert f"<h3>{table.title}</h3>" in page
    for row in table.rows:
        assert f'<th scope="row">{row[0]}</th><td>{row[1]}</td>' in page


def test_claims_notice_other_losses(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    outright = hidden._outright
    monkeypatch.setattr(hidden, "_outright", lambda z, decay, rate: outright(z, decay, rate + 1e-6))
    assert not hidden.outright_priors_are_sklearn(run).holds
    monkeypatch.setattr(hidden, "_factor_bound", lambda: 0.9)
    assert not hidden.risk_is_near(run).holds
