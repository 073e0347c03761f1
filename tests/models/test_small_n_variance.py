"""Student's sleep differences: published figures, what the simulator hides, what the claims would notice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import arviz as az
import numpy as np
import pytest
from scipy import stats

import triptych
from triptych.engine.engine import Engine
from triptych.models import small_n_variance as sleep
from triptych.models.small_n_variance import scenario
from triptych.panels.settings import Settings
from triptych.panels.solve import solve
from triptych.sampling.nuts import sample


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    return solved(scenario.name)


def test_it_is_clean(run: Any) -> None:
    assert run.problems == []
    assert len(run.claims) == len(scenario.claims)


def test_every_posterior_passes_the_gate(run: Any) -> None:
    assert set(run.solutions) == set(scenario.variants)
    for solved in run.solutions.values():
        assert solved.panels["mcmc"].diagnostics["gate"] == []


def test_the_data_are_students(run: Any) -> None:
    # R's t.test(extra ~ group, paired): t = -4.0621, 95 % from -2.4598858 to -0.7001142, first minus second drug.
    y = scenario.data().hours
    assert stats.ttest_1samp(y, 0).statistic == pytest.approx(4.0621, abs=5e-5)
    row = run["default"].interval("mcmc", "eti", "mu")
    draws = run["default"].panels["mcmc"].native["posterior"]["mu"]
    for end, published, prob in ((row.lower, 0.7001142, 0.025), (row.upper, 2.4598858, 0.975)):
        assert abs(end - published) <= 5 * float(az.mcse(draws, method="quantile", prob=prob))


def test_sigma_has_its_chi_square_quantiles(run: Any) -> None:
    # (n - 1) s^2 / sigma^2 is chi-square with n - 1 degrees of freedom: 0.8460341975 to 2.2454922787.
    row = run["default"].interval("mcmc", "eti", "sigma")
    draws = run["default"].panels["mcmc"].native["posterior"]["sigma"]
    for end, exact, prob in ((row.lower, 0.8460341975, 0.025), (row.upper, 2.2454922787, 0.975)):
        assert abs(end - exact) <= 5 * float(az.mcse(draws, method="quantile", prob=prob))


def test_the_mle_is_the_closed_form(run: Any) -> None:
    assert run["default"].row("mle", "sigma").estimate == pytest.approx(1.1668761716651856, rel=1e-9)
    assert run["default"].row("mle", "mu").estimate == pytest.approx(1.58, rel=1e-9)
    assert run["default"].row("mle", "sigma").std_error == pytest.approx(1.1668761716651856 / np.sqrt(20), rel=1e-6)


def test_at_n_1_there_is_nothing_to_misread(run: Any) -> None:
    native = run["n1_half_normal"].panels["map"].native
    assert native.status == "unbounded"
    assert not hasattr(native, "params")
    path = run["n1_half_normal"].panels["map"].paths[0]
    assert path.coordinate == "sigma"
    assert path.values[-1] < 1e-6 < path.values[0]


def test_sigma_and_mu_share_the_spike_at_n_1(run: Any) -> None:
    for variant in ("n1_half_normal", "n1_inverse_gamma"):
        assert {r.status.value for r in run[variant].panels["mle"].estimates} == {"unbounded"}
        assert all(np.isnan(r.estimate) for r in run[variant].panels["mle"].estimates)


def test_the_marginal_density_integrates_mu_out() -> None:
    y, grid = sleep.DIFFERENCES[:2], np.linspace(-2.0, 2.0, 20_001)
    for sigma in (0.3, 1.7):
        joint = stats.norm.pdf(grid, 0, sleep.SCEPTIC_SD) * np.prod(stats.norm.pdf(y[:, None], grid, sigma), axis=0)
        assert sleep._marginal(y, sigma) == pytest.approx(np.trapezoid(joint, grid), rel=1e-8)


def test_the_simulator_is_recovered() -> None:
    data, truth = scenario.simulate(np.random.default_rng(4), n=20_000)
    solved = solve(scenario, settings=Settings(methods=("mle",), profile=False), data=data)
    for name, value in truth.items():
        row = solved.row("mle", name)
        assert abs(row.estimate - value) <= 4.5 * row.std_error


def test_the_panel_divides_by_n_on_simulated_samples() -> None:
    rng = np.random.default_rng(6)
    for _ in range(4):
        data, _truth = scenario.simulate(rng, n=3)
        solved = solve(scenario, settings=Settings(methods=("mle",), profile=False), data=data)
        spread = np.sum((data.hours - data.hours.mean()) ** 2)
        assert solved.row("mle", "variance").estimate == pytest.approx(spread / 3, rel=1e-8)


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [
        ("mle_is_shrunk", {"hours": sleep.DIFFERENCES + np.r_[0.01, np.zeros(9)]}),
        ("mode_on_sigma", {"hours": sleep.DIFFERENCES * 1.001}),
        ("wald_is_the_rule", {"hours": sleep.DIFFERENCES + 0.001}),
        ("interval_is_students", {"hours": sleep.DIFFERENCES + 0.2}),
        ("posterior_stays", {"hours": sleep.DIFFERENCES * 1.1}),
    ],
)
def test_claims_notice_other_data(run: Any, claim: str, wrong: dict[str, Any]) -> None:
    """A panel that had solved something else would be found out."""
    other = replace(run["default"], data=triptych.Data(wrong))
    altered = {**run.solutions, "default": other}
    assert not getattr(sleep, claim)(altered).holds


def test_claims_notice_another_prior(run: Any) -> None:
    """At n = 1 the posterior means are those of their own prior and not of the other's."""
    swapped = {
        "n1_half_normal": replace(run["n1_half_normal"], settings=run["n1_inverse_gamma"].settings),
        "n2": replace(run["n2"], settings=run["n1_half_normal"].settings),
    }
    assert not sleep.n1_half_normal_has_a_posterior(swapped).holds
    assert not sleep.n2_posterior_is_right(swapped).holds


def test_a_vague_mean_leaves_the_neck_open() -> None:
    """What the scenario says of a vaguer prior: the same observation, and NUTS fails its gate."""
    import pymc as pm

    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, 5), pm.HalfNormal("sigma", 0.5)
        pm.Normal("y", mu, sigma, observed=sleep.DIFFERENCES[:1])
    engine = Engine.build(model)
    drawn = sample(engine, draws=500, tune=500, chains=4, random_seed=1, adaptation="low_rank")
    assert drawn.statistics["diverging"].sum() > 0
