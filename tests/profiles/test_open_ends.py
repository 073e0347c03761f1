"""Open ends of profiles are told where the deviance is seen to come to a limit, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest

import triptych
from triptych.optimise.objective import Objective


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
