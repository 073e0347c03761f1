"""The engine's densities and derivatives on both scales, against closed forms and differences of PyMC's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import stats

from triptych.engine.engine import Engine
from triptych.engine.natural_scale import natural_scale
from triptych.sampling.nuts import sample

Y = np.array([1.2, 0.4, 2.2, 1.9, 0.7])


def normal(family: Any = pm.Normal) -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10)
        sigma = pm.Exponential("sigma", 0.5)
        family("y", mu, sigma, observed=Y)
    return model


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.build(normal())


def test_likelihood_and_prior_in_natural_parameters_have_their_closed_forms(engine: Engine) -> None:
    mu, sigma = 0.9, 1.3
    params = np.array([mu, sigma])
    value, gradient, hessian = natural_scale(engine).derivatives(params)
    r, n = Y - mu, Y.size
    assert natural_scale(engine).names == ["mu", "sigma"]
    assert value[0] == pytest.approx(stats.norm(mu, sigma).logpdf(Y).sum(), rel=1e-12)
    assert value[1] == pytest.approx(stats.norm(0, 10).logpdf(mu) + stats.expon(scale=2).logpdf(sigma), rel=1e-12)
    assert gradient[0] == pytest.approx([r.sum() / sigma**2, -n / sigma + (r @ r) / sigma**3], rel=1e-11)
    assert gradient[1] == pytest.approx([-mu / 100, -0.5], rel=1e-11)
    cross = -2 * r.sum() / sigma**3
    curved = [[-n / sigma**2, cross], [cross, n / sigma**2 - 3 * (r @ r) / sigma**4]]
    assert hessian[0] == pytest.approx(np.array(curved), rel=1e-10)
    assert hessian[1] == pytest.approx(np.diag([-1 / 100, 0.0]), abs=1e-12)
    assert natural_scale(engine).value(params) == pytest.approx(value, rel=1e-13)
    assert natural_scale(engine).pointwise(params)["y"] == pytest.approx(stats.norm(mu, sigma).logpdf(Y), rel=1e-12)
    scores = natural_scale(engine).pointwise_jacobian(params)["y"]
    assert scores == pytest.approx(np.column_stack([r / sigma**2, -1 / sigma + r**2 / sigma**3]), rel=1e-11)


def test_natural_and_unconstrained_coordinates_are_each_others_inverse(engine: Engine) -> None:
    z = np.array([0.3, -1.7])
    assert natural_scale(engine).params(z) == pytest.approx([0.3, np.exp(-1.7)], rel=1e-14)
    assert natural_scale(engine).coordinates(natural_scale(engine).params(z)) == pytest.approx(z, rel=1e-13)
    assert np.all(natural_scale(engine).value(np.array([0.0, -1.0])) == -np.inf)


def test_the_sampled_density_has_the_jacobian_and_its_derivatives(engine: Engine) -> None:
    z = np.array([0.9, np.log(1.3)])
    found = engine.sampled(z)
    assert found[0] == pytest.approx(engine.value(z).sum() + z[1], rel=1e-13)  # d sigma / dz = sigma
    by_hand = [differences(lambda at: engine.sampled(at)[0], z, j) for j in range(2)]
    assert found[1:] == pytest.approx(by_hand, rel=1e-6)
    slopes = [differences(lambda at: engine.sampled(at)[1:], z, j) for j in range(2)]
    assert engine.sampled_hessian(z) == pytest.approx(np.array(slopes), rel=1e-6, abs=1e-7)


def differences(function: Any, z: np.ndarray, j: int) -> Any:
    step = np.zeros_like(z)
    step[j] = 1e-5
    return (function(z + step) - function(z - step)) / 2e-5


def bounded_by_another() -> pm.Model:
    with pm.Model() as model:
        top = pm.Exponential("top", 1)
        pm.Normal("y", pm.Uniform("below", 0, top), 1, observed=Y)
    return model


def jointly_constrained() -> pm.Model:
    with pm.Model() as model:
        pm.Multinomial("n", 10, pm.Dirichlet("p", np.ones(3)), observed=[5, 3, 2])
    return model


def without_second_derivative() -> pm.Model:
    with pm.Model() as model:
        pm.VonMises("y", pm.Normal("mu", 0, 1), pm.Exponential("kappa", 1), observed=Y / 3)
    return model


@pytest.mark.parametrize("build", [normal, bounded_by_another, jointly_constrained, without_second_derivative])
def test_every_derivative_is_the_difference_of_its_function(build: Any) -> None:
    engine = Engine.build(build())
    rng = np.random.default_rng(3)
    params = natural_scale(engine).params(engine.graph.start + 0.3 * rng.standard_normal(engine.size))
    _, gradient, hessian = natural_scale(engine).derivatives(params)
    for j in range(engine.size):
        slope = differences(natural_scale(engine).value, params, j)
        assert gradient[:, j] == pytest.approx(slope, rel=1e-5, abs=1e-6)
        bend = differences(lambda at: natural_scale(engine).derivatives(at)[1], params, j)
        assert hessian[:, :, j] == pytest.approx(bend, rel=1e-4, abs=1e-4)
        for name, rows in natural_scale(engine).pointwise_jacobian(params).items():
            each = differences(lambda at, name=name: natural_scale(engine).pointwise(at)[name], params, j)
            assert rows[..., j] == pytest.approx(each, rel=1e-5, abs=1e-6)
    z = engine.graph.start
    slopes = [differences(lambda at: engine.sampled(at)[1:], z, j) for j in range(engine.size)]
    assert engine.sampled_hessian(z) == pytest.approx(np.array(slopes), rel=1e-4, abs=1e-4)


def test_weights_count_observations(engine: Engine) -> None:
    weights = np.array([0.0, 1.0, 2.0, 1.0, 0.5])
    params = np.array([0.9, 1.3])
    weighted = natural_scale(engine.with_weights({"y": weights})).value(params)[0]
    assert weighted == pytest.approx(weights @ stats.norm(0.9, 1.3).logpdf(Y), rel=1e-12)


def test_it_samples_its_own_density(engine: Engine) -> None:
    options: dict[str, Any] = {"draws": 500, "tune": 500, "chains": 4, "random_seed": 2, "adaptation": "low_rank"}
    drawn = sample(engine, **options)
    assert drawn.z.shape == (4, 500, 2)
    assert np.array_equal(drawn.z, sample(engine, **options).z)
    assert abs(drawn.z[..., 0].mean() - Y.mean()) < 0.3


def test_a_hessian_in_pieces_is_the_hessian(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(40, 5)), rng.integers(0, 2, 40)
    found = []
    for at_once in (10_000, 80, 1):
        monkeypatch.setattr("triptych.engine.jax_backend.AT_ONCE", at_once)
        with pm.Model() as model:
            pm.Bernoulli("y", logit_p=x @ pm.Normal("beta", 0, 1, shape=5), observed=y)
        found.append(Engine.build(model).derivatives(np.linspace(-1, 1, 5)))
    for pieces in found[1:]:
        for one, whole in zip(pieces, found[0], strict=True):
            assert one == pytest.approx(whole, rel=1e-12, abs=1e-12)
