"""Directions in which no term of an objective changes anywhere: the prior is one term in many directions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest

from triptych.engine.engine import LIKELIHOOD, POSTERIOR, Engine
from triptych.existence.null_space import null_directions, structural_null
from triptych.optimise.objective import make_objective


def wide(prior: str) -> Engine:
    """Return a regression of two rows on twelve predictors, the last two of which say the same and have flat priors."""
    x = np.random.default_rng(0).normal(size=(2, 12))
    x[:, 11] = x[:, 10]
    with pm.Model() as model:
        held = {"normal": pm.Normal, "laplace": pm.Laplace}[prior]("held", 0, 1, shape=10)
        free = pm.Flat("free", shape=2)
        pm.Normal("y", x[:, :10] @ held + x[:, 10:] @ free, 1, observed=np.zeros(2))
    return Engine.build(model)


@pytest.mark.parametrize("prior", ["normal", "laplace"])
def test_a_prior_holds_every_direction_that_it_knows(prior: str) -> None:
    engine = wide(prior)
    (only,) = structural_null(make_objective(engine, POSTERIOR)[0])
    np.testing.assert_allclose(only / only[10], np.r_[np.zeros(10), 1, -1], atol=1e-8)
    assert len(structural_null(make_objective(engine, LIKELIHOOD)[0])) == 10


def test_equal_data_rule_out_every_direction_that_their_term_knows() -> None:
    """Four equal terms rule out one direction at each point: a mixture's five have to be looked at from five."""
    with pm.Model() as mixture:
        share = pm.Uniform("share", 0, 1)
        mu, sigma = pm.Normal("mu", 0, 10, shape=2), pm.HalfNormal("sigma", 5, shape=2)
        pm.NormalMixture("y", w=pm.math.stack([share, 1 - share]), mu=mu, sigma=sigma, observed=np.full(4, 2.0))
    assert not len(structural_null(make_objective(Engine.build(mixture), LIKELIHOOD)[0]))
    with pm.Model() as a_sum:
        a, b, c = (pm.Normal(name, 0, 10) for name in "abc")
        pm.Normal("y", a + b - c, pm.HalfNormal("sigma", 5), observed=np.full(4, 2.0))
    flat = structural_null(make_objective(Engine.build(a_sum), LIKELIHOOD)[0])
    assert np.linalg.matrix_rank(flat) == len(flat) == 2
    np.testing.assert_allclose(flat @ [1, 1, -1, 0], 0, atol=1e-10)
    np.testing.assert_allclose(flat[:, 3], 0, atol=1e-10)


def test_null_directions_of_many_rows_are_those_of_a_matrix_with_as_many_rows_as_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The singular vectors of 3,000 rows on 400 columns are a square of all rows: minutes, and never asked for."""
    rows = np.random.default_rng(0).normal(size=(400, 5)) * [1e-6, 1, 1, 1e5, 1]
    rows[:, 4] = 2 * rows[:, 1] - 3 * rows[:, 2]
    decomposed: list[tuple[int, ...]] = []
    compute = np.linalg.svd

    def recorded(matrix: np.ndarray) -> Any:
        decomposed.append(matrix.shape)
        return compute(matrix)

    monkeypatch.setattr(np.linalg, "svd", recorded)
    flat = null_directions(rows)
    assert decomposed == [(5, 5)]
    assert len(flat) == 1
    np.testing.assert_allclose(flat[0] / flat[0, 4], [0, -2, 3, 0, 1], rtol=1e-12, atol=1e-20)
    # With fewer rows than columns nothing is smaller, and what no row tells is found as well.
    assert len(null_directions(rows[:2, :4])) == 2
    assert decomposed[-1] == (2, 4)
