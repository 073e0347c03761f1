"""Other data and weights are put into a compiled model, and the panels end where they would if it were new."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest

import triptych
from tests.panels.problems import problem_of
from triptych.engine.engine import Engine
from triptych.panels.problem import Problem, compiled
from triptych.panels.refit import refit_mode
from triptych.panels.settings import Settings
from triptych.panels.solve import solve_problem
from triptych.problem.table import Status

Y = np.array([1.3, -0.4, 2.2, 0.9, 3.1, 0.2])
OTHER = np.array([0.5, 1.5, -2.0, 4.0, 0.1, 1.0])
KEPT = np.array([1.0, 1, 0, 1, 1, 0])
MODES = Settings(methods=("mle", "map"), profile=False)


def body(data: triptych.Data) -> None:
    mu = pm.Normal("mu", 0, 2)
    pm.Normal("y", mu, 1.5, observed=data.y)


def doubled(data: triptych.Data) -> None:
    half = pm.Flat("half")
    pm.Deterministic("mu", 2 * half)
    pm.Normal("y", 2 * half, 1.5, observed=data.y)


SCENARIO: dict[str, Any] = {"name": "mean", "question": "Which mean?", "source": "made up", "estimands": ("mu",)}


@pytest.fixture(scope="module")
def problem() -> Problem:
    data = triptych.Data({"y": Y})
    flat = triptych.Scenario(model=doubled, data=lambda: data, **SCENARIO)
    scenario = triptych.Scenario(model=body, data=lambda: data, likelihood=flat, **SCENARIO)
    return compiled(scenario, {}, data)


def mode(y: np.ndarray, weights: np.ndarray) -> float:
    """The mean of a normal sample of variance 1.5^2 under a normal prior of variance 4."""
    return float(weights @ y / 2.25 / (weights.sum() / 2.25 + 1 / 4))


@pytest.mark.parametrize("weights", [np.ones(6), KEPT])
@pytest.mark.parametrize("y", [Y, OTHER])
def test_both_engines_of_a_problem_are_put_on_the_data_and_weights(
    problem: Problem, y: np.ndarray, weights: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Engine, "build", lambda *_, **__: pytest.fail("the model was compiled again"))
    own = problem.on({"y": y, "of another model": y}, {"y": weights})
    panels = solve_problem(own, MODES)
    assert own.mle_engine is not None
    assert panels["mle"].estimates[0].estimate == pytest.approx(np.average(y, weights=weights), rel=1e-9)
    assert panels["map"].estimates[0].estimate == pytest.approx(mode(y, weights), rel=1e-9)


def test_other_data_keep_the_weights(problem: Problem) -> None:
    own = problem.on(weights={"y": KEPT}).on({"y": OTHER})
    np.testing.assert_array_equal(own.engine.weights["y"], KEPT)
    np.testing.assert_array_equal(own.engine_of("mle").data["y"], OTHER)
    np.testing.assert_array_equal(problem.engine.data["y"], Y)


@pytest.mark.parametrize("n", [1, 4, 11])
def test_data_may_have_another_length(problem: Problem, n: int) -> None:
    y = np.random.default_rng(n).normal(size=n)
    panels = solve_problem(problem.on({"y": y}), MODES)
    assert panels["mle"].estimates[0].estimate == pytest.approx(y.mean(), abs=1e-9)
    assert panels["map"].estimates[0].estimate == pytest.approx(mode(y, np.ones(n)), abs=1e-9)


def test_a_refit_ends_where_a_new_fit_does(problem: Problem) -> None:
    panels = solve_problem(problem, MODES)
    own = problem.on(weights={"y": KEPT})
    for method, exact in (("mle", np.average(Y, weights=KEPT)), ("map", mode(Y, KEPT))):
        found = refit_mode(own.engine_of(method), panels[method], MODES)
        assert found.status is Status.OK
        assert own.engine_of(method).natural_values(found.z)["mu"] == pytest.approx(exact, rel=1e-9)  # type: ignore[arg-type]


def test_a_refit_says_why_nothing_is_left_to_estimate() -> None:
    """Without the only success among the rows of one group, its log-odds go to minus infinity."""
    success = np.array([1, 0, 0, 1, 0, 1])
    with pm.Model() as model:
        slope = pm.Flat("slope")
        pm.Bernoulli("y", logit_p=slope, observed=success)
    problem = problem_of(Engine.build(model))
    panels = solve_problem(problem, Settings(methods=("mle",), profile=False))
    without = problem.on(weights={"y": 1.0 - success})
    found = refit_mode(without.engine, panels["mle"], MODES)
    assert found.z is None
    assert found.status is Status.AT_INFINITY
    assert "no maximum" in found.reason
