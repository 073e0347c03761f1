"""What is said where an answer could be misread: potentials, conditional maxima, posteriors that failed the gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pymc as pm
import pytest

import triptych
from triptych.cli.main import main

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


def classes(*, apart: bool) -> dict[str, Any]:
    """Two classes that x separates, or that one level of z does."""
    x = np.arange(1.0, 13.0)
    y = x > 6 if apart else np.tile([0, 1, 1], 4)
    z = np.where(np.arange(12) % 3 == 1, "high", "low")
    return {"x": x, "y": y.astype(int), "z": z, "w": np.cos(x)}


def test_where_separation_leads_is_said_in_the_coefficients_of_the_table() -> None:
    """The table's intercept goes down as the slope rises, though that of the centred model stays."""
    solution = triptych.fit(classes(apart=True), "y ~ x", family="bernoulli", **POINTS)["default"]
    for row in solution.rows("mle", "coef"):
        assert row.status == "at_infinity"
        assert "coef[x] goes to +infinity" in row.reason
        assert "coef[Intercept] goes to -infinity" in row.reason
        assert "beta" not in row.reason


def test_a_coefficient_that_stays_finite_is_not_named_where_another_goes() -> None:
    solution = triptych.fit(classes(apart=False), "y ~ z + w", family="bernoulli", **POINTS)["default"]
    names = {row.label: row for row in solution.rows("mle", "coef")}
    going = {name for name, row in names.items() if row.status == "at_infinity"}
    assert going == {"Intercept", "z[T.low]"}
    assert "coef[w]" not in names["Intercept"].reason
    assert names["w"].status == "ok"


def test_what_is_not_identified_is_named_as_in_the_table() -> None:
    table = {**classes(apart=True), "twice": 2 * np.arange(1.0, 13.0) + 1}
    solution = triptych.fit(table, "w ~ x + twice", prior="flat", **POINTS)["default"]
    assert "a direction of coef[Intercept], coef[twice], coef[x]:" in solution.row("mle", "coef", "x").reason


def test_a_slope_whose_own_scale_goes_to_zero_is_on_an_edge_at_the_mode() -> None:
    """Of the horseshoe's scales the mode is zero: nothing is left of the slope, nor of its uncertainty."""
    rng = np.random.default_rng(3)
    table = {"y": rng.normal(size=40), "x": rng.normal(size=40)}
    comparison = triptych.fit(table, "y ~ x", prior="horseshoe", **POINTS)
    row = comparison["default"].row("map", "coef", "x")
    assert (row.status, row.estimate, row.interval_kind) == ("at_boundary", 0.0, "none")
    assert "where this is 0" in row.reason
    assert comparison.results["map"].status == "at_boundary"
    assert row.reason == comparison.results["map"].reason
    assert comparison.ok


def test_a_probability_goes_to_its_limit_and_not_to_infinity() -> None:
    """The logit goes to minus infinity, and is not reported; what has no limit there goes to infinity."""
    with pm.Model() as model:
        logit = pm.Normal("logit", -2, 2)
        odds = pm.Deterministic("odds_against", pm.math.exp(-logit))
        pm.Deterministic("millionth", logit / 1e6)
        pm.Binomial("y", 10, pm.Deterministic("p", 1 / (1 + odds)), observed=0)
    for names, heading in (
        (["p"], "as p goes to its lower limit, where this is 0:"),
        (["p", "odds_against"], "as p goes to its lower limit, odds_against goes to +infinity, where this is 0:"),
        (["p", "millionth"], "as p goes to its lower limit, millionth goes to -infinity, where this is 0:"),
        (["p", "logit"], "as logit goes to -infinity, where this is 0:"),
    ):
        solution = triptych.compare(model, estimands=names, methods=("mle",))["default"]
        row = solution.row("mle", "p")
        assert row.status == "at_boundary"
        assert heading in row.reason
    with pm.Model() as all_of_them:
        pm.Binomial("y", 10, pm.Deterministic("p", pm.math.invlogit(pm.Normal("logit", -2, 2))), observed=10)
    row = triptych.compare(all_of_them, estimands=["p"], methods=("mle",))["default"].row("mle", "p")
    assert "as p goes to its upper limit, where this is 1:" in row.reason


@pytest.mark.parametrize(("made", "named"), [(lambda s: 2 * s, "f"), (lambda s: s**2, "s"), (lambda s: 1 / s**2, "s")])
def test_where_a_rise_without_limit_leads_is_said_of_what_goes_there_and_as_fast(made: Any, named: str) -> None:
    """The log-likelihood of one value rises by log(1/s): by half of that per unit of the logarithm of a square."""
    with pm.Model() as model:
        s = pm.HalfNormal("s", 1)
        pm.Deterministic("f", made(s))
        pm.Normal("y", pm.Normal("mu", 0, 1), s, observed=[1.0])
    row = triptych.compare(model, estimands=["f"], methods=("mle",))["default"].row("mle", "f")
    assert row.status == "unbounded"
    assert f"as {named} goes to its lower limit, by 1 per unit of its logarithm" in row.reason


def test_only_a_profile_interval_that_is_there_is_pointed_to() -> None:
    with pm.Model() as model:
        pm.Poisson("y", pm.HalfFlat("rate"), observed=[0, 0, 0])
    for profile in (True, False):
        row = triptych.compare(model, methods=("mle",), profile=profile)["default"].row("mle", "rate")
        assert row.status == "at_boundary"
        assert ("see the profile interval" in row.reason) == profile


def test_what_is_identified_on_a_ridge_is_not_named_among_what_is_not() -> None:
    """Of a hierarchy the groups' means are known, of whatever location, scale and effects they are made."""
    with pm.Model() as model:
        mu, tau = pm.Normal("mu", 0, 10), pm.HalfNormal("tau", 5)
        theta = pm.Deterministic("theta", mu + tau * pm.Normal("z", 0, 1, shape=2))
        pm.Normal("y", theta[np.array([0, 0, 1, 1])], 1, observed=Y)
    solution = triptych.compare(model, estimands=["mu", "tau", "theta"], **POINTS)["default"]
    assert "a direction of mu, tau, z[0], z[1]:" in solution.row("mle", "mu").reason
    assert solution.statuses("mle", "theta") == ["ok", "ok"]


def test_a_likelihood_that_no_parameter_moves_is_said_so() -> None:
    with pm.Model() as model:
        pm.Normal("mu", 0, 1)
        pm.Normal("y", 3.0, 1, observed=Y)
    comparison = triptych.compare(model, **POINTS)
    assert comparison["default"].row("mle", "mu").status == "not_in_likelihood"
    assert comparison["default"].row("map", "mu").estimate == pytest.approx(0, abs=1e-12)
    assert comparison.results["mle"].status == "not_in_likelihood"


def test_functions_of_what_the_likelihood_does_not_know_are_told_from_constants(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The slope of a cube vanishes where the model starts, and that of a constant everywhere."""
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1)
        pm.Deterministic("cube", a**3)
        pm.Deterministic("three", 3.0 + 0.0 * a)
        pm.Normal("y", 3.0, 1, observed=Y)
    solution = triptych.compare(model, methods=("mle",))["default"]
    assert solution.statuses("mle", "cube") == ["not_in_likelihood"]
    assert (solution.row("mle", "three").status, solution.row("mle", "three").estimate) == ("ok", 3.0)
    assert capfd.readouterr() == ("", "")  # LAPACK speaks of empty matrices


def test_medians_of_an_even_number_are_a_range_and_are_sampled() -> None:
    """Between the middle values all is level: there the sampler finds a slope of zero, and goes on."""
    solution = triptych.fit({"y": [1.0, 2, 3, 4, 5.5, 7]}, "y ~ 1", family="laplace", draws=200, tune=200)["default"]
    row = solution.row("mle", "coef", "Intercept")
    assert row.status == "not_identified"
    assert "level over a range of coef[Intercept]" in row.reason
    assert solution.row("mcmc", "coef", "Intercept").status in ("ok", "unreliable")


def test_a_direction_that_many_scalars_share_is_followed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each level has a range of medians, so that every coefficient is level along as many directions as there are."""
    from triptych.estimates.reasons import Reasons

    followed: list[tuple[int, bytes]] = []
    values = Reasons._values_along
    monkeypatch.setattr(
        Reasons,
        "_values_along",
        lambda self, name, v: followed.append((id(self), v.tobytes())) or values(self, name, v),
    )
    levels = 8
    table = {"y": np.random.default_rng(2).normal(size=4 * levels), "g": np.repeat(list("abcdefgh"), 4)}
    rows = triptych.fit(table, "y ~ C(g)", family="laplace", prior="flat", **POINTS)["default"].panels["mle"].estimates
    level = [row for row in rows if row.status == "not_identified"]
    assert len(level) == levels
    assert 0 < len(followed) <= 3 * len(set(followed))
