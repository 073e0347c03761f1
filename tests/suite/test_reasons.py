"""What is said where an answer could be misread: potentials, conditional maxima, posteriors that failed the gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pymc as pm
import pytest

import triptych
from triptych.cli import main

Y = np.array([1.2, 0.4, 2.2, 1.9])
POINTS: dict[str, Any] = {"methods": ("mle", "map"), "profile": False}


def with_potentials() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 3)
        pm.Potential("pull", -0.5 * mu**2)
        pm.Potential("evidence", -0.5 * (4 - mu) ** 2)
        pm.Normal("y", mu, 1, observed=Y)
    return model


def test_potentials_count_as_prior_and_the_report_says_so(tmp_path: Path) -> None:
    comparison = triptych.compare(with_potentials(), **POINTS)
    said = "The potentials pull, evidence count as prior."
    assert said in comparison.scenario.why
    assert said in comparison.to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    assert comparison["default"].row("mle", "mu").estimate == pytest.approx(Y.mean(), rel=1e-9)
    mode = (Y.sum() + 4) / (Y.size + 1 + 1 + 1 / 9)
    assert comparison["default"].row("map", "mu").estimate == pytest.approx(mode, rel=1e-9)


def test_of_one_named_as_likelihood_it_is_not_said() -> None:
    comparison = triptych.compare(with_potentials(), likelihood=("evidence",), **POINTS)
    assert "The potentials pull count as prior." in comparison.scenario.why
    assert comparison["default"].row("mle", "mu").estimate == pytest.approx((Y.sum() + 4) / (Y.size + 1), rel=1e-9)
    both = triptych.compare(with_potentials(), likelihood=("evidence", "pull"), **POINTS)
    assert not any("potential" in line for line in both.scenario.why)


def test_the_mle_of_latent_variables_is_said_to_be_conditional_on_them() -> None:
    with pm.Model() as model:
        mu, tau, sigma = pm.Normal("mu", 0, 5), pm.HalfNormal("tau", 5), pm.HalfNormal("sigma", 5)
        shift = pm.Normal("shift", 0, 1)
        theta = pm.Normal("theta", mu, tau, shape=2)
        pm.Normal("y", theta[np.array([0, 0, 1, 1])] + shift * np.array([1, -1, 1, -1]), sigma, observed=Y)
    solution = triptych.compare(model, **POINTS)["default"]
    for row in solution.rows("mle", "theta"):
        assert row.status == "ok"
        assert "conditional on the latent variables (no pooling)" in row.reason
    assert solution.values("mle", "theta") == pytest.approx([Y[:2].mean(), Y[2:].mean()], rel=1e-8)
    for name in ("shift", "sigma"):
        assert solution.row("mle", name).reason == ""
    for name in ("mu", "tau"):
        assert solution.row("mle", name).status == "not_in_likelihood"
    assert not any("conditional" in row.reason for row in solution.panels["map"].estimates)


def test_a_posterior_that_failed_the_gate_is_a_problem_and_exit_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.py").write_text(
        "import pymc as pm\nwith pm.Model() as plain:\n"
        f"    pm.Normal('y', pm.Normal('mu', 0, 1), 1, observed={Y.tolist()})\n"
    )
    # However well they mix, 160 draws have an effective size of at most 160 log10(160) = 353.
    few = ["--draws", "10", "--tune", "100", "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as ended:
        main(["compare", f"{tmp_path / 'model.py'}:plain", *few])
    assert ended.value.code == 1
    assert "unreliable" in capsys.readouterr().out
    with pm.Model() as model:
        pm.Normal("y", pm.Normal("mu", 0, 1), 1, observed=Y)
    comparison = triptych.compare(model, draws=10, tune=100)
    assert not comparison.ok
    assert [p.split(":")[0] for p in comparison.problems] == ["posterior"]
    assert "mu is unreliable: the posterior failed the gate" in comparison.problems[0]
