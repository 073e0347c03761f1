"""Normal likelihoods sampled from their sums of squares: the same density, whatever the number of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

import triptych
from triptych.engine.engine import Engine

N = 3000
RNG = np.random.default_rng(3)
X = RNG.normal(size=(N, 8)) @ RNG.normal(size=(8, 8)) + 5
GROUP = RNG.integers(0, 12, N)
Y = 40 + X @ np.arange(8.0) + RNG.normal(0, 2, N)


def regression() -> None:
    sigma = pm.HalfNormal("sigma", 5)
    beta = pm.Laplace("beta", 0, sigma, shape=8)
    pm.Normal(
        "y", pm.Data("centre", 3.0) + pm.Data("unit", 2.0) * (pm.Flat("a") + pm.Data("X", X) @ beta), sigma, observed=Y
    )


def varying_intercepts() -> None:
    level = pm.Normal("level", 0, 50)
    intercept = level + pm.HalfNormal("spread", 3) * pm.Normal("raw", 0, 1, shape=12)
    slope = pm.Normal("slope", 0, 9)
    pm.Normal("y", intercept[GROUP] - slope * X[:, 0] / 2, pm.HalfNormal("sigma", 5), observed=Y)


def known_sigma_beside_counts() -> None:
    beta = pm.Normal("beta", 0, 9, shape=8)
    pm.Poisson("count", pt.exp(beta[0] / 9), observed=GROUP)
    pm.Normal("y", X @ pt.tanh(beta), 1.5, observed=Y)


def bent() -> None:
    pm.Normal("y", pt.exp(X @ pm.Normal("beta", 0, 0.1, shape=8)), pm.HalfNormal("sigma", 5), observed=Y)


def own_sigmas() -> None:
    pm.Normal("y", X @ pm.Normal("beta", 0, 9, shape=8), 1 + pm.HalfNormal("sigma", 5) * np.abs(X[:, 0]), observed=Y)


def collinear() -> None:
    twice = np.column_stack([X, X[:, 0] * (1 + 1e-9 * X[:, 1])])
    pm.Normal("y", twice @ pm.Normal("beta", 0, 9, shape=9), pm.HalfNormal("sigma", 5), observed=Y)


def few_rows() -> None:
    pm.Normal("y", X[:49] @ pm.Normal("beta", 0, 9, shape=8), pm.HalfNormal("sigma", 5), observed=Y[:49])


def built(body: Any) -> Engine:
    with pm.Model() as model:
        body()
    return Engine.build(model)


@pytest.mark.parametrize("body", [regression, varying_intercepts, known_sigma_beside_counts])
def test_the_sums_give_the_density_and_its_gradient(body: Any) -> None:
    engine = built(body)
    weights = RNG.choice([0.0, 1.0, 2.5], N)
    for one in (engine, engine.with_weights({"y": weights})):
        assert any(one.sums)
        for scale in (0.0, 0.3, 2.0):
            z = one.graph.start + scale * RNG.standard_normal(one.size)
            rows = one.sampled(z)
            assert one.density()(z) == pytest.approx(rows, rel=1e-10, abs=1e-10 * np.abs(rows).max())


def test_other_data_have_other_sums() -> None:
    engine = built(regression)
    z = engine.graph.start + 0.1
    shifted = engine.with_data(centre=-7.0)
    assert shifted.density()(z) == pytest.approx(shifted.sampled(z), rel=1e-10)
    assert abs(shifted.density()(z)[0] - engine.density()(z)[0]) > 1


@pytest.mark.parametrize("body", [bent, own_sigmas, collinear, few_rows])
def test_what_the_sums_cannot_give_is_computed_from_the_rows(body: Any) -> None:
    engine = built(body)
    assert not any(engine.sums)
    z = engine.graph.start + 0.01
    assert np.array_equal(engine.density()(z), engine.sampled(z))


@pytest.mark.parametrize("body", [regression, varying_intercepts, known_sigma_beside_counts, collinear, few_rows])
def test_a_factor_of_the_rows_gives_the_parts_and_their_slopes(body: Any) -> None:
    import jax

    engine = built(body)
    traced, data = engine.backend.traced, tuple(engine.data.values())
    assert traced is not None
    weights = tuple(RNG.choice([0.0, 1.0, 2.5], w.shape) for w in engine.weights.values())
    factors = traced.sums(weights, data)
    assert any(factors)

    def given(z: Any, t: Any, sums: Any) -> Any:
        return traced.parts(z, t, weights, data, sums), jax.jacrev(traced.parts)(z, t, weights, data, sums)

    both = jax.jit(given)
    for scale in (0.0, 0.3, 2.0):
        z = engine.graph.start + scale * RNG.standard_normal(engine.size)
        t = tuple(np.abs(u) for u in traced.arguments(z, *data))
        rows, slopes = (np.asarray(a) for a in both(z, t, ()))
        from_factor, its_slopes = (np.asarray(a) for a in both(z, t, factors))
        assert from_factor == pytest.approx(rows, rel=1e-11)
        assert its_slopes == pytest.approx(slopes, rel=1e-10, abs=1e-11 * np.abs(slopes).max())


def folded() -> None:
    pm.Normal("y", X @ pt.abs(pm.Normal("beta", 0, 9, shape=8)), 2.0, observed=Y)


def wide() -> None:
    pm.Normal("y", X[:15] @ pm.Normal("beta", 0, 9, shape=8), 2.0, observed=Y[:15])


@pytest.mark.parametrize("body", [bent, own_sigmas, folded, wide])
def test_no_factor_stands_for_the_rows_of_what_is_not_linear_or_kinked_or_no_shorter(body: Any) -> None:
    engine = built(body)
    traced = engine.backend.traced
    assert traced is not None
    assert not any(traced.sums(tuple(engine.weights.values()), tuple(engine.data.values())))


def test_a_regression_sampled_from_sums_has_the_posterior_of_the_closed_form() -> None:
    with pm.Model() as model:
        beta = pm.Normal("beta", 0, 2, shape=8)
        pm.Normal("y", X @ beta, 2.0, observed=Y)
    found = triptych.compare(model, methods=("mcmc",), random_seed=4)["default"]
    precision = X.T @ X / 4 + np.eye(8) / 4
    mean = np.linalg.solve(precision, X.T @ Y / 4)
    summary = found.panels["mcmc"].diagnostics["summary"]
    for row, m, v, said in zip(
        found.rows("mcmc", "beta"), mean, np.diag(np.linalg.inv(precision)), summary, strict=True
    ):
        assert abs(row.estimate - m) < 4 * said["mcse_mean"]
        assert row.std_error == pytest.approx(np.sqrt(v), rel=0.08)
