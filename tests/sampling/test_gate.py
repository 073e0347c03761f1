"""The gate on either side of each threshold, the moments a posterior may lack, and ArviZ's figures in the summary."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import arviz as az
import numpy as np
import pymc as pm
import pytest
import xarray as xr
from scipy.optimize import brentq
from scipy.signal import lfilter

import triptych
from triptych.problem.table import Status
from triptych.sampling.gate import (
    FIRST_LOOK,
    PILOT,
    PLANS,
    REQUIRED,
    Diagnosis,
    Required,
    bounded,
    diagnose,
    enough,
    status_of,
    tail_index,
)

CHAINS, DRAWS = 4, 2000
Build = Callable[[np.random.Generator, float], tuple[np.ndarray, np.ndarray]]


def noise(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(CHAINS, DRAWS))


def diagnosed(x: np.ndarray, energy: np.ndarray, diverging: int = 0, required: Required = REQUIRED) -> Diagnosis:
    flags = np.zeros(x.size, bool)
    flags[:diverging] = True
    groups = {"posterior": {"x": x}, "sample_stats": {"diverging": flags.reshape(x.shape), "energy": energy}}
    return diagnose(az.from_dict(groups), x[..., None], required=required)


def one_chain_apart(rng: np.random.Generator, by: float) -> tuple[np.ndarray, np.ndarray]:
    return noise(rng) + np.array([[by], [0], [0], [0]]), noise(rng)


def correlated(rng: np.random.Generator, by: float) -> tuple[np.ndarray, np.ndarray]:
    return lfilter([1], [1, -by], noise(rng), axis=1), noise(rng)


def tails_in_runs(rng: np.random.Generator, by: float) -> tuple[np.ndarray, np.ndarray]:
    return np.sign(noise(rng)) * np.exp(lfilter([1], [1, -by], noise(rng), axis=1)), noise(rng)


def sluggish_energy(rng: np.random.Generator, by: float) -> tuple[np.ndarray, np.ndarray]:
    return noise(rng), lfilter([1], [1, -by], noise(rng), axis=1)


def bfmi(x: np.ndarray, energy: np.ndarray) -> float:
    """Squared steps over squared deviations, of the worst chain (Betancourt 2016)."""
    deviation = energy - energy.mean(axis=1, keepdims=True)
    return float(np.min(np.sum(np.diff(energy, axis=1) ** 2, axis=1) / np.sum(deviation**2, axis=1)))


# What fails, draws that fail it the more the greater a number is, two such numbers, the figure, and its threshold.
THRESHOLDS: dict[str, tuple[Build, float, float, Callable[..., float], float]] = {
    "R-hat": (one_chain_apart, 0.0, 1.0, lambda x, _: float(az.rhat(x)), 1.01),
    "bulk ESS": (correlated, 0.5, 0.99, lambda x, _: float(az.ess(x, method="bulk")), 400),
    "tail ESS": (tails_in_runs, 0.5, 0.99, lambda x, _: float(az.ess(x, method="tail", prob=(0.05, 0.95))), 400),
    "BFMI": (sluggish_energy, 0.5, 0.99, bfmi, 0.3),
}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", THRESHOLDS)
def test_each_threshold_lets_pass_on_one_side_only(name: str, seed: int) -> None:
    _lets_pass_on_one_side_only(name, seed, THRESHOLDS[name][-1], REQUIRED)


@pytest.mark.parametrize(("name", "threshold"), [("R-hat", 1.05), ("bulk ESS", 200)])
def test_a_first_look_asks_for_a_hundred_draws_a_chain(name: str, threshold: float) -> None:
    _lets_pass_on_one_side_only(name, 1, threshold, FIRST_LOOK)


def _lets_pass_on_one_side_only(name: str, seed: int, threshold: float, required: Required) -> None:
    build, low, high, figure, _ = THRESHOLDS[name]

    def over(by: float) -> float:
        return figure(*build(np.random.default_rng(seed), by)) - threshold

    at = brentq(over, low, high, xtol=1e-9)
    for by in (at - 2e-4, at + 2e-4):
        draws = build(np.random.default_rng(seed), by)
        fails = over(by) > 0 if name == "R-hat" else over(by) < 0
        assert abs(over(by)) < 0.02 * threshold
        assert fails == (by > at)
        assert any(said.startswith(name) for said in diagnosed(*draws, required=required).gate) == fails


def test_good_draws_pass_and_one_divergence_does_not() -> None:
    x, energy = noise(np.random.default_rng(1)), noise(np.random.default_rng(2))
    assert diagnosed(x, energy).gate == []
    one = diagnosed(x, energy, diverging=1)
    assert one.gate == ["1 divergent transitions"]
    assert one.divergences == 1


def test_chains_are_lost_that_stand_still_or_mostly_diverge() -> None:
    x, energy = noise(np.random.default_rng(1)), noise(np.random.default_rng(2))
    half = x.size // 2
    assert not diagnosed(x, energy, diverging=half).lost
    assert diagnosed(x, energy, diverging=half + 1).lost
    x[3] = 0.5
    assert diagnosed(x, energy).lost


def test_chains_in_different_places_are_said_to_be_apart() -> None:
    x, energy = noise(np.random.default_rng(1)), noise(np.random.default_rng(2))
    assert not diagnosed(x, energy).apart
    assert diagnosed(x + 20 * np.arange(4)[:, None], energy).apart


def clean() -> Diagnosis:
    return diagnosed(noise(np.random.default_rng(1)), noise(np.random.default_rng(2)))


def test_a_heavy_tail_leaves_no_variance_and_a_heavier_one_no_mean() -> None:
    said = {k: status_of(clean(), k, None) for k in (0.69, 0.71, 0.89, 0.91, np.nan)}
    assert [str(status) for status, _ in said.values()] == ["ok", "no_moment", "no_moment", "no_moment", "ok"]
    assert "a variance" in said[0.71][1]
    assert "a variance" in said[0.89][1]
    assert "a mean" in said[0.91][1]
    assert "a variance" not in said[0.91][1]


def test_a_failed_gate_comes_before_a_missing_moment() -> None:
    x, energy = noise(np.random.default_rng(1)), noise(np.random.default_rng(2))
    status, reason = status_of(diagnosed(x, energy, diverging=3), 2.0, None)
    assert status is Status.UNRELIABLE
    assert "3 divergent transitions" in reason


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("index", [0.3, 0.8, 1.5])
def test_the_tail_index_is_that_of_a_pareto_distribution(index: float, seed: int) -> None:
    draws = np.exp(index * np.random.default_rng(seed).exponential(size=(4, 5000)))
    found = tail_index(xr.DataArray(draws, dims=("chain", "draw")))
    # Fitted to the m = 3 sqrt(n) largest; the maximum-likelihood index has deviation (1 + k) / sqrt(m).
    assert abs(found[0] - index) < 4 * (1 + index) / np.sqrt(3 * np.sqrt(draws.size))


def test_draws_that_overflow_have_an_infinite_tail_index() -> None:
    draws = np.random.default_rng(1).standard_normal((4, 100))
    draws[2, 7] = np.inf
    assert tail_index(xr.DataArray(draws, dims=("chain", "draw")))[0] == np.inf


@pytest.fixture(scope="module")
def heavy() -> Any:
    """An exponential variable that the data say nothing of; exp(a * x) is Pareto with tail index a."""
    with pm.Model() as model:
        x = pm.Exponential("x", 1)
        for name, a in (("light", 0.2), ("heavy", 1.6)):
            pm.Deterministic(name, pm.math.exp(a * x))
        pm.Normal("y", pm.Normal("mu", 0, 1, shape=2), 1, observed=np.array([0.3, 1.2]))
    return triptych.compare(model, methods=("mcmc",), random_seed=1)["default"]


def test_what_has_no_mean_has_no_estimate_but_a_median_and_an_interval(heavy: Any) -> None:
    draws = heavy.draws("heavy")[:, 0]
    row = heavy.row("mcmc", "heavy")
    assert row.status == "no_moment"
    assert "a mean" in row.reason
    assert np.isnan([row.estimate, row.std_error]).all()
    assert [row.lower, row.upper] == pytest.approx(np.quantile(draws, [0.025, 0.975]), rel=1e-12)
    median = next(r for r in heavy.panels["mcmc"].intervals if (r.estimand, r.estimate_kind) == ("heavy", "median"))
    assert (median.status, median.estimate) == ("ok", pytest.approx(np.median(draws), rel=1e-12))
    light = heavy.row("mcmc", "light")
    error = next(e for e in heavy.panels["mcmc"].diagnostics["summary"] if e["estimand"] == "light")
    assert light.status == "ok"
    assert abs(light.estimate - 1 / (1 - 0.2)) < 4 * error["mcse_mean"]  # the mean of that Pareto distribution


def test_the_summary_is_arvizs(heavy: Any) -> None:
    posterior = heavy.panels["mcmc"].native["posterior"]
    found = heavy.panels["mcmc"].diagnostics
    for entry in found["summary"]:
        draws = posterior[entry["estimand"]].values
        draws = draws[..., int(entry["label"])] if entry["label"] else draws
        assert entry["mcse_mean"] == pytest.approx(float(az.mcse(draws, method="mean")), rel=1e-10)
        assert entry["r_hat"] == pytest.approx(float(az.rhat(draws)), rel=1e-10)
        assert entry["ess_bulk"] == pytest.approx(float(az.ess(draws, method="bulk")), rel=1e-10)
        tail = float(az.ess(draws, method="tail", prob=(0.05, 0.95)))
        assert entry["ess_tail"] == pytest.approx(tail, rel=1e-10)
    assert found["max_rhat"] == max(e["r_hat"] for e in found["summary"])
    assert found["min_ess_bulk"] == min(e["ess_bulk"] for e in found["summary"])
    assert found["min_ess_tail"] == min(e["ess_tail"] for e in found["summary"])
    energy = heavy.panels["mcmc"].native["sample_stats"]["energy"].values
    assert found["min_bfmi"] == pytest.approx(bfmi(energy, energy), rel=1e-10)


def test_ratios_and_reciprocals_have_no_mean() -> None:
    """The denominator may be zero, so the tails go as one over the square, however few draws come near."""
    with pm.Model() as model:
        a, b = pm.Normal("a", 0, 2), pm.Normal("b", 0, 2)
        pm.Normal("y", a + b * np.array([1.0, 2, 3, 4]), 1, observed=[1.0, 1.4, 1.2, 1.9])
        pm.Deterministic("root", -a / b)
        pm.Deterministic("inverse", 1 / b)
        pm.Deterministic("share", pm.math.invlogit(a))
    solution = triptych.compare(model, methods=("mcmc",), draws=500, tune=500)["default"]
    statuses = {name: solution.row("mcmc", name).status for name in ("root", "inverse", "share", "a")}
    assert statuses == {"root": "no_moment", "inverse": "no_moment", "share": "ok", "a": "ok"}


def with_rhat(wanted: float) -> Diagnosis:
    """Return what is said of draws of which one chain, or each, is so far from the others."""

    def shifted(by: float) -> Diagnosis:
        x, energy = noise(np.random.default_rng(1)), noise(np.random.default_rng(2))
        return diagnosed(x + by * np.arange(CHAINS)[:, None], energy)

    def over(by: float) -> float:
        return float(shifted(by).rhat["x"]) - wanted

    return shifted(brentq(over, 0.0, 20.0, xtol=1e-6))


def test_a_pilot_has_seen_enough_when_its_chains_disagree() -> None:
    """A first short look is followed by another attempt up to an R-hat of 1.1, above which all would be in vain."""
    assert not enough(PILOT, 0, with_rhat(1.09))
    assert enough(PILOT, 0, with_rhat(1.11))
    assert not enough(PLANS[0], 0, with_rhat(1.11))


def test_chains_with_an_rhat_of_two_stand_in_different_places() -> None:
    near, far = with_rhat(1.9), with_rhat(2.1)
    assert (near.apart, far.apart) == (False, True)
    # They may come together under another adaptation, and no further attempt is made when they do not.
    assert [enough(PLANS[k], k, one) for k, one in ((0, far), (1, near), (1, far))] == [False, False, True]


def test_a_standard_deviation_is_known_to_a_tenth() -> None:
    said = [str(status_of(clean(), 0.88, None, unsure=unsure)[0]) for unsure in (0.095, 0.105)]
    assert said == ["ok", "unreliable"]


def reach(value: Callable[[np.ndarray], np.ndarray], size: int = 1) -> bool:
    """Whether a function of standard coordinates is seen to be bounded."""
    engine = SimpleNamespace(
        graph=SimpleNamespace(start=np.zeros(size)), size=size, natural_values_many=lambda z: {"it": value(z)}
    )
    return bool(np.all(bounded(engine, "it")))  # type: ignore[arg-type]


def test_a_bound_is_seen_where_it_is_reached_thirty_units_away() -> None:
    """tanh(x / 10) is 0.995 at thirty units and 0.905 at fifteen; a power grows by the same ratio for ever."""
    assert reach(lambda z: np.tanh(z / 10))
    # From ten units to thirty these grow by 3 and 7 in a hundred; largest values under a bound differ by 5.
    slow, faster = (np.log(ratio) / np.log(3) for ratio in (1.03, 1.07))
    assert reach(lambda z: np.abs(z) ** slow)
    assert not reach(lambda z: np.abs(z) ** faster)
    assert not reach(np.exp)


def test_a_bound_is_seen_that_few_directions_reach() -> None:
    """A cosine in five dimensions is above 0.95 in one direction of some hundred."""
    assert reach(lambda z: z[:, 0] / np.linalg.norm(z, axis=1), size=5)
