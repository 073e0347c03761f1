"""Open ends of profiles are told where the deviance is seen to come to a limit, and nowhere else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pymc as pm
import pytest

import triptych
from triptych.optimise.objective import Objective
from triptych.profiles.open_ends import Place, is_hidden, leads_back, limit_of, runs


def saturating() -> pm.Model:
    """Return a model whose deviance comes to 1 either way."""
    with pm.Model() as model:
        t = pm.Normal("t", 0, 5)
        pm.Normal("y", pm.math.tanh(t), 1, observed=np.array([0.0]))
    return model


def profile(comparison: Any) -> Any:
    table = comparison.intervals
    return list(table[(table["estimand"] == "t") & (table["interval_kind"] == "profile")].itertuples())


def test_a_deviance_that_comes_to_a_limit_below_the_level_leaves_a_profile_open() -> None:
    (found,) = profile(triptych.compare(saturating(), methods=("mle",)))
    assert (found.lower, found.upper) == (-np.inf, np.inf)
    assert "falls by 0.5 in all" in found.reason


@pytest.mark.parametrize("far", [2.0, 1.0])
def test_no_limit_is_told_of_a_deviance_whose_rises_may_be_rounding(monkeypatch: Any, far: float) -> None:
    """From where the log-likelihood has an error of 0.01 on, what is left of its rise tells nothing."""
    measured = Objective.roughness

    def roughness(self: Objective, x: np.ndarray) -> float:
        return 0.01 if np.any(np.abs(x) > far) else measured(self, x)

    monkeypatch.setattr(Objective, "roughness", roughness)
    comparison = triptych.compare(saturating(), methods=("mle",))
    assert not profile(comparison)
    (row,) = comparison.estimates.itertuples()
    assert "no profile interval: the search for its lower and upper end stopped" in str(row.reason)


@pytest.mark.parametrize(("ratio", "limit"), [(0.88, 1 / 0.12), (0.93, np.inf)])
def test_changes_that_shrink_by_a_tenth_each_time_have_a_limit(ratio: float, limit: float) -> None:
    values = np.cumsum([0.0, *(ratio ** np.arange(5.0))])
    assert limit_of(values, 0.0) == pytest.approx(limit)


def places(*ways: float) -> list[Place]:
    return [Place(np.array([at]), at, 0.0) for at in np.cumsum([0.0, *ways])]


def test_a_run_has_four_places_and_no_way_shorter_than_the_one_before() -> None:
    unit = np.ones(1)
    assert next(runs(places(1.0, 1.0, 1.0), unit), None) is not None
    assert next(runs(places(1.0, 1.0), unit), None) is None
    assert next(runs(places(1.0, 0.992, 0.992), unit), None) is not None
    assert next(runs(places(1.0, 0.985, 0.985), unit), None) is None
    # Of ways in turn longer and shorter every second place may make a run.
    assert next(runs(places(*[1.0, 0.5] * 3), unit), None) is not None


@pytest.mark.parametrize(
    ("error", "rise", "hidden"), [(0.9, 1e-9, False), (1.1, 1e-9, True), (1.1, 1.05, True), (1.1, 1.2, False)]
)
def test_a_rise_is_hidden_by_errors_of_a_ten_thousandth_of_the_level(error: float, rise: float, hidden: bool) -> None:
    """Four rounding errors of the log-likelihood are one of a rise of the deviance."""
    verdict: Any = SimpleNamespace(objective=SimpleNamespace(roughness=lambda _: error * 1e-4 / 4))
    run = [Place(np.zeros(1), 0.0, np.sqrt(1e-4 * rise * k)) for k in range(4)]
    assert is_hidden(verdict, run, 1.0) == hidden


@pytest.mark.parametrize(("cosine", "back"), [(-0.08, False), (-0.12, True)])
def test_a_step_leads_back_whose_cosine_to_the_ray_is_below_minus_a_tenth(cosine: float, back: bool) -> None:
    objective = SimpleNamespace(origin=np.zeros(2), active=np.arange(2))
    verdict: Any = SimpleNamespace(objective=objective, diverging=np.array([[1.0, 1e-9]]))
    step = np.array([cosine, np.sqrt(1 - cosine**2)])
    path = [Place(x, 0.0, 0.0) for x in (np.array([5.0, 0.0]), np.array([5.0, 0.0]) + step)]
    assert leads_back(verdict, path) == back
