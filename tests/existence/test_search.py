"""Where a model starts: outside its domain the search looks on; with nowhere to go it says so and ends cleanly."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import arviz as az
import numpy as np
import pymc as pm
import pytest
from scipy import optimize, stats

import triptych
from triptych.engine.engine import LIKELIHOOD, POSTERIOR, Engine
from triptych.existence import search
from triptych.existence.search import find
from triptych.optimise.objective import make_objective

FEW: dict[str, Any] = {"draws": 200, "tune": 200, "chains": 2, "random_seed": 1}


def test_an_initial_point_outside_the_domain_is_looked_beyond() -> None:
    with pm.Model() as model:
        smallest = pm.Uniform("smallest", 0, 500)  # its middle is above the data, where the density is zero
        pm.Pareto("y", alpha=2.0, m=smallest, observed=[1.2, 1.5, 2.2, 3.1, 1.9])
    comparison = triptych.compare(model, **FEW)
    estimates: Any = comparison.estimates.set_index("method")
    assert estimates.loc["mle", "status"] == "at_boundary"
    assert estimates.loc["mle", "estimate"] == pytest.approx(1.2, abs=1e-6)
    # Under the flat prior the posterior is the tenth power of the scale up to the smallest datum.
    error = float(az.mcse(comparison.results["mcmc"]["posterior"]["smallest"], method="mean"))
    assert abs(estimates.loc["mcmc", "estimate"] - 1.2 * 11 / 12) < 4 * error


def test_a_density_without_a_finite_value_fails_and_leaves_no_thread_behind() -> None:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        pm.Potential("nowhere", pm.math.switch(mu > 1e6, 0.0, -np.inf))
        pm.Normal("y", mu, 1, observed=[1.0, 2.0])
    estimates: Any = triptych.compare(model, methods=("map", "mcmc"), **FEW).estimates.set_index("method")
    assert list(estimates["status"]) == ["failed", "failed"]
    assert "no starting point with a finite density" in estimates.loc["mcmc", "reason"]
    if sys.platform == "linux":
        # A sampler's thread that outlives its run aborts the process when the interpreter ends.
        names = [Path(f"/proc/self/task/{task}/comm").read_text().strip() for task in os.listdir("/proc/self/task")]
        assert not any(name.startswith("nutpie") for name in names)


def test_a_start_where_probabilities_are_one_to_all_digits_is_passed_over() -> None:
    """Without standardising, a slope of one carries a predictor in the hundreds to where nothing has a slope."""
    table = {"x": [-493.51, -230.51, 1340.91, -425.04, 571.55, 436.94], "y": [1, 0, 1, 1, 0, 0]}
    comparison = triptych.fit(table, "y ~ x", family="bernoulli", standardize=False, **FEW | {"chains": 4})
    assert "stopped" not in str(comparison["default"].panels["mcmc"].diagnostics["attempts"])
    assert np.all(np.isfinite(comparison["default"].values("mcmc", "coef")))


@pytest.mark.parametrize("lowest", [1, 2, 5])
def test_a_limit_is_seen_from_every_start_where_the_density_ends_in_rounding(lowest: int) -> None:
    with pm.Model() as model:
        rate = pm.HalfFlat("rate")
        pm.Truncated("y", pm.Poisson.dist(rate), lower=lowest, observed=np.full(6, lowest))
    engine = Engine.build(model)
    objective, _ = make_objective(engine, np.array([1.0, 1.0]))
    found = [find(objective, seed).diverging.tolist() for seed in range(8)]
    assert found == [[[-1.0]]] * 8


def test_a_mode_on_one_of_few_data_is_found_from_every_seed() -> None:
    """Starts that none of the dispersed ones may be: each of two data is best for a component of its own."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        sigma = pm.InverseGamma("sigma", 3, 1.5)
        parts = [pm.Normal.dist(0, 1), pm.Normal.dist(mu, sigma)]
        pm.Mixture("y", w=[0.9, 0.1], comp_dists=parts, observed=[5.0, -4.9, 0.1, 0.2])
    engine = Engine.build(model)
    joint, likelihood = (make_objective(engine, parts)[0] for parts in (POSTERIOR, LIKELIHOOD))
    ends = [find(joint, seed=seed).point for seed in range(8)]

    # By SciPy from a grid of starts, of which one mode on each outer datum and a broad one are the best.
    def fall(p: np.ndarray) -> float:
        y = np.array([5.0, -4.9, 0.1, 0.2])
        terms = np.log(0.9 * stats.norm.pdf(y) + 0.1 * stats.norm.pdf(y, p[0], np.exp(p[1])))
        return -float(terms.sum() + stats.norm.logpdf(p[0], 0, 5) + stats.invgamma.logpdf(np.exp(p[1]), 3, scale=1.5))

    starts = [(a, b) for a in (-5.0, 0.0, 5.0) for b in (-1.0, 1.0)]
    best = min((optimize.minimize(fall, start, method="Nelder-Mead") for start in starts), key=lambda end: end.fun)
    assert [end.value for end in ends] == pytest.approx([-best.fun] * 8, abs=1e-4)
    assert all(find(likelihood, seed=seed).unbounded is not None for seed in range(8))


@pytest.mark.parametrize("data", [[-1.0, 0.3, 0.3, 2.5], [3.0, 3.0, 3.0, 1.0, 1.0, 7.0]])
def test_ascents_that_all_end_in_rounding_are_heard_behind_a_low_point_that_does_not(data: list[float]) -> None:
    """A component on tied data: its ends are rounding, and each round led back to one component without weight."""
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, 10, shape=2), pm.HalfNormal("sigma", 5, shape=2)
        weight = pm.Beta("weight", 1, 1)
        pm.NormalMixture("y", w=pm.math.stack([weight, 1 - weight]), mu=mu, sigma=sigma, observed=data)
    rows = triptych.compare(model, methods=("map",), profile=False, random_seed=1)["default"].panels["map"].estimates
    assert {str(row.status) for row in rows} == {"unbounded"}


@pytest.mark.parametrize(("gap", "two"), [(0.009, False), (0.011, True)])
def test_ends_are_two_maxima_a_hundredth_of_a_standard_error_apart(
    gap: float, two: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "turns", lambda _: np.zeros(1))
    objective: Any = SimpleNamespace(engine=None, active=np.array([0]))
    one, other = (SimpleNamespace(z=np.array([at]), hessian=-np.eye(1)) for at in (0.0, gap))
    assert search.apart(objective, one, [other]) == two  # type: ignore[arg-type, list-item]


@pytest.mark.parametrize(("fall", "share"), [(95.0, 1.0), (105.0, 0.5)])
def test_a_start_in_many_coordinates_is_moved_from_a_hundred_below_the_maximum_each(fall: float, share: float) -> None:
    """Half the way is low no more."""
    size = 40
    objective: Any = SimpleNamespace(size=size, value=lambda x: -fall * size if x[0] > 0.6 else 0.0)
    top: Any = SimpleNamespace(usable=True, value=0.0)
    assert search._not_too_low(objective, np.zeros(size), np.ones(size), top).tolist() == [share] * size


def tied(data: list[float], free_share: bool, scale: Any) -> pm.Model:
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, 10, shape=2), scale()
        share = pm.Uniform("share", 0, 1) if free_share else 0.5
        pm.NormalMixture("y", w=pm.math.stack([share, 1 - share]), mu=mu, sigma=sigma, observed=data)
    return model


@pytest.mark.parametrize("free_share", [True, False])
@pytest.mark.parametrize(
    ("shape", "rate"),
    # A component on three equal data gains three per unit of its sigma's logarithm, of which Gamma(shape) takes
    # shape - 1; one on the other datum gains one. Under Gamma(5) neither gains.
    [(1.0, (1.0, 3.0)), (2.0, (2.0,)), (3.0, (1.0,)), (5.0, ())],
)
def test_each_scale_that_vanishes_at_a_rate_of_its_own_is_heard_alone(
    shape: float, rate: tuple[float, ...], free_share: bool
) -> None:
    """Where both components leave for their data at once, no path on which the rest is at its best has a rate."""
    model = tied([2.0, 2.0, 2.0, 5.0], free_share, lambda: pm.Gamma("sigma", shape, 1, shape=2))
    objective = make_objective(Engine.build(model), POSTERIOR)[0]
    for seed in range(4):
        verdict = find(objective, seed=seed)
        assert (verdict.unbounded is not None) == bool(rate)
        assert verdict.regular or rate
        if rate:
            assert min(abs(verdict.rate - one) for one in rate) < 1e-3


@pytest.mark.parametrize("free_share", [True, False])
def test_components_on_equal_data_are_unbounded_and_no_redundancy(free_share: bool) -> None:
    """One of them gains four per unit of its sigma's logarithm, wherever the other is."""
    for scale in (lambda: pm.HalfNormal("sigma", 5, shape=2), lambda: pm.InverseGamma("sigma", 3, 2, shape=2)):
        engine = Engine.build(tied([2.0] * 4, free_share, scale))
        for seed in range(3):
            verdict = find(make_objective(engine, LIKELIHOOD)[0], seed=seed)
            assert verdict.rate == pytest.approx(4, rel=1e-3)
            assert not len(verdict.unidentified)


@pytest.mark.parametrize(
    ("family", "sigmas"),
    [(pm.Normal, ()), (pm.StudentT, (2,)), (pm.Laplace, (2,))],
    ids=["shared", "student", "laplace"],
)
def test_a_rise_on_few_values_that_no_single_datum_draws_to_is_found(family: Any, sigmas: tuple[int, ...]) -> None:
    """One sigma vanishes where each component stands on one of two values: n per unit of its logarithm.

    With a sigma each the one on three equal data vanishes at three; a maximum of one component was called ok.
    """
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, 10, shape=2), pm.HalfNormal("sigma", 5, shape=sigmas)
        weight = pm.Dirichlet("weight", np.ones(2))
        of = {"nu": 4.0} if family is pm.StudentT else {}
        location = "b" if family is pm.Laplace else "sigma"
        parts = family.dist(mu=mu, **{location: sigma}, **of)
        pm.Mixture("y", w=weight, comp_dists=parts, observed=[2.0, 2.0, 2.0, 5.0])
    engine = Engine.build(model)
    for seed in range(3):
        verdict = find(make_objective(engine, POSTERIOR)[0], seed=seed)
        assert verdict.unbounded is not None
        assert engine.blocks[1].start <= verdict.unbounded.position < engine.blocks[1].stop
        if family is pm.Normal:
            assert verdict.rate == pytest.approx(4, rel=1e-3)


@pytest.mark.parametrize("seed", range(1, 6))
def test_of_two_maxima_as_high_every_seed_and_every_panel_takes_the_same(seed: int) -> None:
    """The square is known, so that both signs are maxima: of 2.5 without a prior, of 2.5 - 1/6 under N(0, 1)."""
    with pm.Model() as model:
        root = pm.Normal("root", 0, 1)
        pm.Normal("y", root**2, 1, observed=[2.0, 3.0, 2.5])
    table = triptych.compare(model, methods=("mle", "map"), profile=False, random_seed=seed).estimates
    assert list(table["estimate"]) == pytest.approx([np.sqrt(2.5), np.sqrt(2.5 - 1 / 6)], rel=1e-8)
    assert all("one of several maxima as high" in reason for reason in table["reason"])
