"""Mistakes that have been made in statistical code, each found by the density with its part and its size.

The sizes are those of docs/agreement.md; draws alone would need up to a million effective draws for some of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

import triptych
from tests.testing.mutants import HARMLESS_SCENARIOS, SCENARIO_MUTANTS, Mutant, mutated
from triptych.graph.from_scenario import build_model, model_settings, scenario_data
from triptych.optimise.newton import newton
from triptych.testing import Baseline, Fingerprint
from triptych.testing.density_change import DensityChange
from triptych.testing.terms import LIKELIHOOD, PRIOR

BASELINES = Path(__file__).parents[1] / "baselines"


def model_of(scenario: Any, **given: Any) -> pm.Model:
    return build_model(scenario, scenario_data(scenario, given), model_settings(scenario, given))


def held(scenario: Any) -> DensityChange:
    """Hold a scenario's model against the baseline that ships."""
    kept = Baseline.load(BASELINES / f"{scenario.name}.json").estimates.variants["default"].fingerprint
    assert kept is not None
    return kept.compare(model_of(scenario))


@pytest.mark.parametrize("mutant", SCENARIO_MUTANTS, ids=str)
def test_a_mistake_in_a_scenario_is_found(mutant: Mutant) -> None:
    change = held(mutated(mutant.module, (mutant.right, mutant.wrong)).scenario)
    assert change.causes == mutant.causes


@pytest.mark.parametrize("mutant", HARMLESS_SCENARIOS, ids=str)
def test_what_leaves_the_density_is_told_and_no_mistake(mutant: Mutant) -> None:
    change = held(mutated(mutant.module, (mutant.right, mutant.wrong)).scenario)
    assert change.agrees
    assert change.told


def test_a_dropped_jacobian_of_a_scenario_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from pymc.logprob.transforms import LogTransform

    monkeypatch.setattr(LogTransform, "log_jac_det", lambda self, value, *inputs: pt.zeros_like(value))
    assert held(triptych.scenarios()["small_n_variance"]).causes == ("jacobian",)


def test_an_optimiser_that_stops_early_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert newton.__kwdefaults__ is not None
    monkeypatch.setitem(newton.__kwdefaults__, "tolerance", 1e-5)
    monkeypatch.setitem(newton.__kwdefaults__, "polish", 0)
    early = triptych.run("small_n_variance", methods=("mle", "map"), progressbar=False)
    found = Baseline.load(BASELINES / "small_n_variance.json").compare(early, fast=True)
    # By some 1e-4 of a standard error, which no table shows.
    assert 1e-5 < found.table["errors"].abs().max() < 1e-3
    assert found.causes == ("optimiser",)


def sample_of(n: int) -> np.ndarray:
    return np.random.default_rng(n).normal(1.0, 2.0, n)


def deviation(n: int, power: int) -> pm.Model:
    """The marginal likelihood of sigma is sigma^-(n-1) exp(-S / 2 sigma^2); with n in its place a degree is lost."""
    squares = float(np.sum((sample_of(n) - sample_of(n).mean()) ** 2))
    with pm.Model() as model:
        sigma = pm.HalfNormal("sigma", 3.0)
        pm.Potential("likelihood", -power * pt.log(sigma) - squares / (2 * sigma**2))
    return model


@pytest.mark.parametrize("n", [10, 100, 1000])
def test_n_for_n_minus_one_is_a_whole_logarithm_at_every_n(n: int) -> None:
    kept = Fingerprint.of(deviation(n, n - 1), likelihood=("likelihood",))
    change = kept.compare(deviation(n, n))
    assert change.causes == (LIKELIHOOD,)
    term = next(t for t in change.terms if t.changed)
    # The difference is log sigma itself, up to a constant, which does not shrink with n.
    spread = np.log(kept.points["sigma"])
    assert 0 < term.largest <= np.ptp(spread) * (1 + 1e-9)
    assert term.largest > 1e3 * term.allowed


X = np.random.default_rng(3).normal(size=(50, 4))
OUTCOME = X @ [1.0, 0.0, 0.5, 0.0] + np.random.default_rng(4).normal(size=50)


def ridge(penalty: float) -> pm.Model:
    with pm.Model() as model:
        beta = pm.Normal("beta", 0, penalty**-0.5, shape=4)
        pm.Normal("y", X @ beta, 1.0, observed=OUTCOME)
    return model


def mixture(weights: tuple[float, float] = (0.3, 0.7), centres: tuple[float, float] = (0.0, 2.0)) -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", np.array(centres), 1, shape=2)
        pm.NormalMixture("y", np.array(weights), mu, 1.0, observed=OUTCOME)
    return model


@pytest.mark.parametrize(
    ("right", "wrong", "cause", "size"),
    [
        pytest.param(lambda: ridge(50 * 0.1), lambda: ridge(0.1), PRIOR, 1.0, id="a penalty without its n"),
        pytest.param(lambda: ridge(1.0), lambda: ridge(1.001**-2), PRIOR, 1e-4, id="a prior scale 0.1 % off"),
        pytest.param(mixture, lambda: mixture((0.7, 0.3)), LIKELIHOOD, 1.0, id="the weights of components swapped"),
        pytest.param(mixture, lambda: mixture(centres=(2.0, 0.0)), PRIOR, 1.0, id="the priors of components swapped"),
    ],
)
def test_a_mistake_is_found_in_its_part(
    right: Callable[[], pm.Model], wrong: Callable[[], pm.Model], cause: str, size: float
) -> None:
    kept = Fingerprint.of(right())
    assert kept.compare(right()).agrees
    change = kept.compare(wrong())
    assert change.causes == (cause,)
    assert max(t.largest for t in change.terms if t.changed) > size
