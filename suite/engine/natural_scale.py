"""The densities in the natural parameters, the scale on which a model is written."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from triptych.engine.engine import Engine
from triptych.engine.estimands import coordinate_names, elementwise
from triptych.engine.once import once, once_for_model


@once
def natural_scale(engine: Engine) -> NaturalScale:
    """Return the densities of a compiled model in its natural parameters."""
    return NaturalScale(engine)


class NaturalScale:
    """Log-likelihood and log-prior with their derivatives, by the chain rule from the unconstrained coordinates.

    The vector ``params`` has one entry for each unconstrained coordinate, in the order of the model's free
    variables: the natural parameter where PyMC transforms a variable element by element, and the unconstrained
    coordinate itself where a vector is constrained jointly (simplex, ordered, Cholesky factor). Jacobians of the
    transforms are no part of the densities.

    Parameters
    ----------
    engine
        The compiled model with its data and weights.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.names = coordinate_names(engine)
        self._positions = elementwise(engine)
        self._last: tuple[np.ndarray, np.ndarray] | None = None

    def params(self, z: np.ndarray) -> np.ndarray:
        """Return ``params``, shape ``(p,)``, for unconstrained coordinates ``(p,)``."""
        shown = self.engine.natural_values(z)
        params = np.array(z, dtype=float)
        for name, at in self._positions.items():
            params[at] = shown[name].ravel()
        self._last = params.copy(), np.array(z, dtype=float)
        return params

    def coordinates(self, params: np.ndarray) -> np.ndarray:
        """Return the unconstrained coordinates ``(p,)`` for ``params`` ``(p,)``; NaN outside the support."""
        last = self._last
        if last is not None and np.array_equal(params, last[0]):
            return last[1].copy()  # these params were made from this point: returned as it was, without rounding
        z = np.array(params, dtype=float)
        shapes = self.engine.variables
        natural = [z[at].reshape(shapes[name].shape) for name, at in self._positions.items()]
        with np.errstate(all="ignore"):
            found = self._forward(*natural)
        for at, back in zip(self._positions.values(), found, strict=True):
            z[at] = np.ravel(back)
        return z

    def value(self, params: np.ndarray) -> np.ndarray:
        """Return ``[log-likelihood, log-prior]``, shape ``(2,)``; minus infinity outside the support."""
        z = self.coordinates(params)
        return self.engine.value(z) if np.all(np.isfinite(z)) else np.full(2, -np.inf)

    def pointwise(self, params: np.ndarray) -> dict[str, np.ndarray]:
        """Return the unweighted log-likelihood terms of each observed variable."""
        return self.engine.pointwise(self.coordinates(params))

    def derivatives(self, params: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return both parts ``(2,)``, their gradients ``(2, p)`` and Hessians ``(2, p, p)``."""
        z = self.coordinates(params)
        value, by_z, curved = self.engine.derivatives(z)
        slopes = self.slopes(z)
        first = np.diag(slopes)
        if np.any(slopes != np.diag(first)):
            return value, self._gradient(params), self._differences(params)
        gradient = by_z / first
        second = self._second(z)
        inner = curved - np.array([np.diag(g * second) for g in gradient])
        return value, gradient, inner / np.outer(first, first)

    def pointwise_jacobian(self, params: np.ndarray) -> dict[str, np.ndarray]:
        """Return the derivative of each term by ``params``, the term's shape by ``(p,)``."""
        z = self.coordinates(params)
        slopes = self.slopes(z)
        return {
            name: np.linalg.solve(slopes.T, rows.reshape(-1, z.size).T).T.reshape(rows.shape)
            for name, rows in self.engine.pointwise_jacobian(z).items()
        }

    def slopes(self, z: np.ndarray) -> np.ndarray:
        """Derivative of ``params`` by ``z``; diagonal unless a bound depends on another parameter."""
        slopes = np.eye(z.size)
        jacobian = self.engine.natural_jacobian(z)
        for name, at in self._positions.items():
            slopes[at] = jacobian[name].reshape(at.size, -1)
        return slopes

    def _second(self, z: np.ndarray) -> np.ndarray:
        """Second derivative of each entry of ``params`` by its own coordinate."""
        second = np.zeros(z.size)
        curvature = self.engine.natural_curvature(z)
        for name, at in self._positions.items():
            second[at] = curvature[name].ravel()
        return second

    def _gradient(self, params: np.ndarray) -> np.ndarray:
        z = self.coordinates(params)
        return np.asarray(np.linalg.solve(self.slopes(z).T, self.engine.derivatives(z)[1].T).T)

    def _differences(self, params: np.ndarray) -> np.ndarray:
        """Hessians by central differences of the exact gradient, where a bound depends on a parameter."""
        from triptych.engine.differences import difference_hessian

        return difference_hessian(self._gradient, np.asarray(params, dtype=float))

    @cached_property
    def _forward(self) -> Any:
        """The function from natural values to PyMC's value variables (identity without transform)."""
        return _compile_forward(self.engine, tuple(self._positions))


@once_for_model
def _compile_forward(engine: Engine, names: tuple[str, ...]) -> Any:
    import pytensor
    from pytensor.graph.replace import clone_replace

    model = engine.model
    rvs = [model[name] for name in names]
    symbols = {rv: rv.type(name=rv.name) for rv in rvs}
    outputs = []
    for rv in rvs:
        transform = model.rvs_to_transforms.get(rv)
        outputs.append(transform.forward(symbols[rv], *rv.owner.inputs) if transform is not None else symbols[rv])
    outputs = clone_replace(outputs, dict(symbols), rebuild_strict=False)
    return pytensor.function([*symbols.values()], outputs, mode="FAST_COMPILE", on_unused_input="ignore")
