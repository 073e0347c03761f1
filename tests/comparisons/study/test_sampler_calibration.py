"""Ranks of truths among draws of the batched sampler: uniform where all is right, and not where one part is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pymc as pm
import pytest

from triptych.batch.hmc import sample
from triptych.batch.lanes import Lanes, lanes
from triptych.comparisons.study.calibration import curve_of
from triptych.comparisons.study.problem import RANKED
from triptych.comparisons.study.replicates import rank_among
from triptych.comparisons.study.sources import Cell
from triptych.engine.backend import Traced
from triptych.engine.engine import Engine

SETS, ROWS = 512, 4
SCALE, SHAPE = 0.5, 4.0  # of mu's normal prior, which tells as much as the data, and of sigma's gamma prior of mean one
ESTIMANDS = ("mu", "sigma")


@pytest.fixture(scope="module")
def engine() -> Engine:
    """Four normal observations under proper priors; sigma is sampled by its logarithm."""
    with pm.Model() as model:
        y = pm.Data("y", np.array([0.3, -1.2, 0.8, 0.1]))
        mu, sigma = pm.Normal("mu", 0, SCALE), pm.Gamma("sigma", SHAPE, SHAPE)
        pm.Normal("obs", mu, sigma, observed=y)
    return Engine.build(model)


def simulated(seed: int, scale: float = SCALE, noise: float = 1.0) -> tuple[list[dict[str, np.ndarray]], np.ndarray]:
    """Return data sets and the truths that they were drawn from, ``(sets, 2)``."""
    rng = np.random.default_rng([4, seed])
    truth = np.column_stack([rng.normal(0, scale, SETS), rng.gamma(SHAPE, 1 / SHAPE, SETS)])
    y = truth[:, :1] + noise * truth[:, 1:] * rng.normal(size=(SETS, ROWS))
    return [{"y": row} for row in y], truth


def uniform(batch: Lanes, truth: np.ndarray, seed: int) -> dict[str, bool]:
    """Return of each estimand whether the ranks of its truths keep to the bands."""
    starts = np.tile(batch.engine.graph.start, (batch.count, 1))
    seeds = np.random.default_rng([5, seed]).integers(0, 2**32, (batch.count, 2), dtype=np.uint32)
    drawn = sample(batch, starts, seeds, draws=500, tune=200)
    assert drawn.at_mode.all()
    draws = np.stack([drawn.natural_values[name].reshape(batch.count, -1) for name in ESTIMANDS], axis=2)
    ranks = np.array([rank_among(*pair, RANKED) for pair in zip(draws, truth, strict=True)])
    cell = Cell(0, ROWS)
    return {name: curve_of(ranks[:, s], cell, name).uniform for s, name in enumerate(ESTIMANDS)}


class WithoutJacobian:
    """A backend whose density of logarithms lacks the factor by which these stretch."""

    def __init__(self, engine: Engine) -> None:
        import jax

        whole = engine.backend.traced
        kept: dict[str, Any] = {}
        assert whole is not None
        logarithms = engine.transformed.astype(float)

        def density(z: Any, *rest: Any) -> Any:
            return whole.density(z, *rest) - logarithms @ z

        def program(name: str, function: Callable[..., Any]) -> Any:
            return kept.setdefault(name, jax.jit(function))

        self.traced: Traced = replace(whole, density=density, program=program)


def test_ranks_of_a_right_model_are_uniform(engine: Engine) -> None:
    data, truth = simulated(1)
    assert uniform(lanes(engine, data), truth, 1) == {"mu": True, "sigma": True}


def test_truths_from_a_wider_prior_are_caught(engine: Engine) -> None:
    data, truth = simulated(1, scale=2 * SCALE)
    assert not uniform(lanes(engine, data), truth, 1)["mu"]


def test_noise_that_the_likelihood_does_not_have_is_caught(engine: Engine) -> None:
    data, truth = simulated(1, noise=1.5)
    assert not uniform(lanes(engine, data), truth, 1)["sigma"]


def test_a_sampler_without_the_jacobian_is_caught(engine: Engine) -> None:
    """Its density of log sigma lacks the factor sigma."""
    data, truth = simulated(1)
    backend: Any = WithoutJacobian(engine)
    wrong = replace(engine, backend=backend)
    assert not uniform(replace(lanes(engine, data), engine=wrong), truth, 1)["sigma"]
