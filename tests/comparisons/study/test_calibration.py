"""Ranks of truths from the prior: uniform where all is right, and seen not to be where something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import triptych
from tests.comparisons.study.toys import Formulas, simulate, toy
from triptych.comparisons.study.calibration import bands, curve_of
from triptych.comparisons.study.problem import RANKED
from triptych.comparisons.study.replicates import NO_RANK
from triptych.comparisons.study.sources import Cell

CELL = Cell(0, 3)
OPTIONS: dict[str, Any] = {"replicates": 400, "n": 3, "prior_draws": True, "progressbar": False}


def calibrated(scenario: Any = toy) -> Any:
    return triptych.study(scenario, executor=Formulas(), **OPTIONS)


def test_uniform_ranks_leave_the_bands_as_often_as_their_level_says() -> None:
    rng = np.random.default_rng(3)
    kept = [curve_of(rng.integers(0, RANKED + 1, 500), CELL).uniform for _ in range(2000)]
    # 99 %, less the error of the simulated bands (0.3 %), of these 2000 (0.2 %), and discreteness in favour.
    assert 0.98 < np.mean(kept) <= 1.0
    lower, upper = bands(500)
    assert np.all(lower < upper)


def test_ranks_of_a_right_model_are_uniform_and_their_table_says_so() -> None:
    study = calibrated()
    table = study.calibration
    assert table["uniform"].tolist() == [True]
    assert table["replicates"].tolist() == [400]
    assert set(study.performance["average"]) == {"prior"}
    # Averaged over the prior, a 95 % posterior interval covers 95 %.
    covered = study.of("coverage").query("interval_kind == 'eti'")
    assert abs(covered["value"].item() - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 400)


def wrong_prior(rng: np.random.Generator, n: int = 3, truth: Mapping[str, Any] | None = None, **_: Any) -> Any:
    data, true = simulate(rng, n, truth={"mu": 0.5 * float((truth or {"mu": 1.0})["mu"])})
    return data, {"mu": (truth or {"mu": 1.0})["mu"]} if truth else true


def wrong_likelihood(rng: np.random.Generator, n: int = 3, truth: Mapping[str, Any] | None = None, **_: Any) -> Any:
    mu = float((truth or {"mu": 1.0})["mu"])
    return triptych.Data({"y": rng.normal(mu, 2.0, n)}), {"mu": mu}


@pytest.mark.parametrize("wrong", [wrong_prior, wrong_likelihood])
def test_a_simulator_that_is_not_the_model_is_caught(wrong: Any) -> None:
    table = calibrated(replace(toy, simulate=wrong)).calibration
    assert table["uniform"].tolist() == [False]
    assert table["beyond"].item() > 0


def test_truths_that_lie_low_among_the_draws_lift_the_curve() -> None:
    rng = np.random.default_rng(4)
    low = curve_of(rng.integers(0, RANKED // 2, 300), CELL)
    assert low.difference[np.argmax(np.abs(low.difference))] > 0.3
    missing = curve_of(np.array([NO_RANK, NO_RANK, 4]), CELL)
    assert (missing.replicates, missing.without_rank) == (1, 2)


def test_no_calibration_without_prior_draws_or_a_proper_prior() -> None:
    fixed = triptych.study(toy, replicates=2, n=3, executor=Formulas(), progressbar=False)
    with pytest.raises(triptych.InputError, match="prior_draws"):
        fixed.calibration  # noqa: B018
    with pytest.raises(triptych.InputError, match="the prior of mu, sigma is improper"):
        triptych.study("small_n_variance", prior_draws=True, replicates=2)
