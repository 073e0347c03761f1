"""Newton's step of many data sets: by a Cholesky factor where all eigenvalues are positive, else by eigenvalues."""

from __future__ import annotations

import numpy as np
import pytest

from triptych.batch.newton import newton_step
from triptych.engine.jax_translation import configure
from triptych.optimise.newton import EIGENVALUE_FLOOR

RNG = np.random.default_rng(5)


@pytest.fixture(autouse=True, scope="module")
def _double_precision() -> None:
    configure()


def expected(gradient: np.ndarray, hessian: np.ndarray) -> np.ndarray:
    d = 1 / np.sqrt(np.abs(np.diag(hessian)))
    values, vectors = np.linalg.eigh(-(d[:, None] * hessian * d))
    size = np.maximum(np.abs(values), EIGENVALUE_FLOOR * max(1.0, np.abs(values).max()))
    return np.asarray(d * (vectors @ (vectors.T @ (d * gradient) / size)))


def hessians(size: int) -> np.ndarray:
    """Return a negative definite, a badly scaled, an ill-conditioned, an indefinite and a singular matrix."""
    root = RNG.normal(size=(size, size))
    definite = -root @ root.T - np.eye(size)
    scale = 10.0 ** RNG.uniform(-6, 6, size)
    thin = np.linalg.qr(root)[0]
    ill = -thin @ np.diag(np.geomspace(1, 1e-8, size)) @ thin.T
    flat = -root[:, 1:] @ root[:, 1:].T
    return np.array([definite, scale[:, None] * definite * scale, ill, root + root.T, flat])


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_step_divides_by_the_absolute_eigenvalues_whichever_way_it_is_computed(size: int) -> None:
    import jax

    found = hessians(size)[: 4 if size > 1 else 2]
    gradients, free = RNG.normal(size=(len(found), size)), np.ones(size)
    steps = jax.jit(jax.vmap(newton_step, in_axes=(0, 0, None)))(gradients, found, free)
    for step, gradient, hessian in zip(steps, gradients, found, strict=True):
        assert step == pytest.approx(expected(gradient, hessian), rel=1e-6)


def test_a_lane_does_not_depend_on_those_beside_it() -> None:
    import jax

    definite, *others = hessians(4)
    gradient, free = RNG.normal(size=4), np.ones(4)
    nested = jax.jit(jax.vmap(jax.vmap(newton_step, in_axes=(None, 0, None)), in_axes=(0, None, None)))
    gradients = np.tile(gradient, (3, 1))
    alone = nested(gradients, np.tile(definite, (5, 1, 1)), free)
    beside = nested(gradients, np.array([definite, *others]), free)
    assert np.isfinite(beside[:, :4]).all()
    assert np.array_equal(alone[:, 0], beside[:, 0])
