"""The sampler on both of its backends, against a closed form."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytest

import triptych
from triptych.errors import InputError

Y = np.array([2.1, 1.4, 3.0, 2.6, 1.9, 2.2])


def normal_mean() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 2)
        pm.Normal("y", mu, 1, observed=pm.Data("seen", Y))
    return model


@pytest.mark.parametrize("backend", ["jax", "numba"])
def test_each_backend_draws_from_the_conjugate_posterior(backend: str) -> None:
    precision = Y.size + 1 / 4
    comparison = triptych.compare(normal_mean(), methods=("mcmc",), random_seed=3, backend=backend)
    row = comparison["default"].row("mcmc", "mu")
    found = comparison["default"].panels["mcmc"].diagnostics
    error = found["summary"][0]["mcse_mean"]
    assert found["sampler"].endswith(backend)
    assert abs(row.estimate - Y.sum() / precision) < 4 * error
    assert abs(row.std_error * np.sqrt(precision) - 1) < 0.08  # 4 standard errors of a deviation from 1,500 draws


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(InputError, match="'auto', 'jax' or 'numba'"):
        triptych.compare(normal_mean(), methods=("mcmc",), backend="stan")
