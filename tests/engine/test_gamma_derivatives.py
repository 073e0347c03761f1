"""The trigamma function has all digits, and second derivatives of densities with gamma functions are made of it."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytest
from scipy.special import digamma, gammaln, polygamma

from triptych.engine.engine import Engine
from triptych.engine.gamma_derivatives import log_gamma, trigamma
from triptych.engine.jax_translation import configure


def test_the_trigamma_function_has_all_digits() -> None:
    import jax

    configure()
    x = np.concatenate([np.logspace(-12, 12, 241), np.linspace(0.01, 30, 997), [1e-150, 1e150]])
    np.testing.assert_allclose(jax.vmap(trigamma)(x), polygamma(1, x), rtol=3e-15)
    # Psi'(1) = pi^2 / 6, psi'(1/2) = pi^2 / 2; by reflection psi'(-1/2) = pi^2 / 2 + 4.
    for at, exact in ((1.0, np.pi**2 / 6), (0.5, np.pi**2 / 2), (-0.5, np.pi**2 / 2 + 4)):
        assert float(trigamma(at)) == pytest.approx(exact, rel=1e-15)


def test_derivatives_of_the_log_gamma_function() -> None:
    import jax

    configure()
    for x in (1e-3, 0.7, 1.4616, 5.0, 123.4, 1e8):
        assert float(log_gamma()(x)) == pytest.approx(gammaln(x), rel=1e-14, abs=1e-14)
        assert float(jax.grad(log_gamma())(x)) == pytest.approx(digamma(x), rel=1e-13, abs=1e-15)
        assert float(jax.grad(jax.grad(log_gamma()))(x)) == pytest.approx(polygamma(1, x), rel=1e-14)
        third = jax.grad(jax.grad(jax.grad(log_gamma())))(x)
        assert float(third) == pytest.approx(polygamma(2, x), rel=1e-11)


def test_the_hessian_of_a_gamma_likelihood_is_made_of_trigamma_functions() -> None:
    y = np.array([0.3, 1.2, 2.5, 4.0])
    with pm.Model() as model:
        pm.Gamma("y", pm.Flat("a"), 1.0, observed=y)
    engine = Engine.build(model)
    for a in (0.4, 3.0, 70.0):
        value, slope, curvature = engine.derivatives(np.array([a]))
        assert value[0] == pytest.approx(np.sum((a - 1) * np.log(y) - y) - 4 * gammaln(a), rel=1e-13)
        assert slope[0, 0] == pytest.approx(np.sum(np.log(y)) - 4 * digamma(a), rel=1e-13)
        assert curvature[0, 0, 0] == pytest.approx(-4 * polygamma(1, a), rel=1e-14)
