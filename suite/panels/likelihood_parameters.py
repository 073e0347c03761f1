"""Parameters of the statsmodels results: the reported scalars where they determine the likelihood, else the model's.

A regression is solved on centred and standardised predictors and reported on the user's scale; its coefficients there
are a linear function of those here, and the derivatives follow.
"""

from __future__ import annotations

import numpy as np

from triptych.base.errors import ModelError
from triptych.engine.estimands import Estimand
from triptych.engine.natural_scale import natural_scale
from triptych.estimates.optimum import Optimum

LINEAR = 1e-9  # relative change of a derivative that is rounding
SHIFT = 0.1  # unconstrained units from the maximum at which a derivative is compared with the one there


def parameters(optimum: Optimum, estimands: list[Estimand]) -> Parameters:
    """Return the parameters of the likelihood at a maximum.

    They are the scalars that are reported, if these are as many as the coordinates that the likelihood knows and a
    linear function of them; else those coordinates: natural where PyMC transforms them element by element, and
    unconstrained where a vector is constrained jointly.
    """
    slopes = _linear(optimum, estimands)
    if slopes is None:
        own = natural_scale(optimum.engine).params(optimum.z)[optimum.active]
        return Parameters(optimum, [optimum.names[k] for k in optimum.active], np.eye(own.size), own)
    names = [name for estimand in estimands for name in estimand.variable.names]
    return Parameters(
        optimum, names, slopes, np.concatenate([optimum.natural_values[e.name].ravel() for e in estimands])
    )


def _linear(optimum: Optimum, estimands: list[Estimand]) -> np.ndarray | None:
    """Return what takes the coordinates to what is reported, ``(p, p)``; None where that is no such matrix."""
    size = optimum.active.size
    if sum(e.variable.size for e in estimands) != size or all(e.positions is not None for e in estimands):
        return None
    here = _slopes(optimum, estimands, optimum.z)
    z = optimum.z.copy()
    z[optimum.active] += SHIFT * np.random.default_rng(0).standard_normal(size)
    there = _slopes(optimum, estimands, z)
    across, along = (np.linalg.norm(here, axis=axis, keepdims=True) for axis in (1, 0))
    if not (np.all(across > 0) and np.all(along > 0) and np.all(np.abs(there - here) <= LINEAR * across)):
        return None
    return here if np.linalg.matrix_rank(here / across) == size else None


def _slopes(optimum: Optimum, estimands: list[Estimand], z: np.ndarray) -> np.ndarray:
    """Return the derivatives of what is reported by the natural parameters, shape ``(p, p)``."""
    jacobian = optimum.engine.natural_jacobian(z)
    rows = np.vstack([e.slopes(jacobian)[:, optimum.active] for e in estimands])
    own = natural_scale(optimum.engine).slopes(z)[np.ix_(optimum.active, optimum.active)]
    return np.asarray(np.linalg.solve(own.T, rows.T).T)


def _held_covariance(optimum: Optimum, slopes: np.ndarray) -> np.ndarray:
    gradient = np.zeros((len(slopes), optimum.z.size))
    own = natural_scale(optimum.engine).slopes(optimum.z)[np.ix_(optimum.active, optimum.active)]
    gradient[:, optimum.active] = slopes @ own
    covariance = gradient[:, optimum.active] @ optimum.covariance @ gradient[:, optimum.active].T
    none = np.isnan(optimum.deviation(gradient))
    covariance[none], covariance[:, none] = np.nan, np.nan
    return np.asarray(covariance)


class Parameters:
    """The log-likelihood in parameters that are linear in those of the model; what it does not know stays.

    Attributes
    ----------
    names
        Of the parameters.
    start
        Their values at the maximum.
    held
        At a kink, the covariance with the kink held; NaN where it leaves no error, as in the table.
    """

    def __init__(self, optimum: Optimum, names: list[str], slopes: np.ndarray, start: np.ndarray) -> None:
        self.engine, self.active, self.names, self.start = optimum.engine, optimum.active, names, start
        self._back = np.linalg.inv(slopes)
        self._anchor = natural_scale(self.engine).params(optimum.z)
        corner = optimum.verdict.corner
        self.held = _held_covariance(optimum, slopes) if corner is not None and corner.jacobian.size else None

    def _all(self, params: np.ndarray) -> np.ndarray:
        whole = self._anchor.copy()
        # Offsets from the maximum are transformed, so that the maximum itself is exact.
        whole[self.active] += self._back @ (params - self.start)
        return whole

    def value(self, params: np.ndarray) -> float:
        """Return the log-likelihood."""
        value = float(natural_scale(self.engine).value(self._all(params))[0])
        return value if not np.isnan(value) else -np.inf

    def terms(self, params: np.ndarray) -> np.ndarray:
        """Return the log-likelihood terms, flat."""
        found = natural_scale(self.engine).pointwise(self._all(params))
        return np.concatenate([np.ravel(t) for t in found.values()])

    def derivatives(self, params: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return score and Hessian."""
        _, gradient, hessian = natural_scale(self.engine).derivatives(self._all(params))
        back = self._back
        return back.T @ gradient[0, self.active], back.T @ hessian[0][np.ix_(self.active, self.active)] @ back

    def terms_jacobian(self, params: np.ndarray) -> np.ndarray:
        """Return the derivative of each term by each parameter."""
        found = natural_scale(self.engine).pointwise_jacobian(self._all(params))
        rows = [jacobian.reshape(-1, jacobian.shape[-1]) for jacobian in found.values()]
        return np.asarray(np.vstack(rows)[:, self.active] @ self._back)

    def require_rows(self) -> None:
        """Raise unless the likelihood's terms are independent rows.

        Raises
        ------
        ModelError
            When a term covers more than one observation, or the maximum is at a kink, so that no sandwich can be
            formed.
        """
        if self.held is not None:
            raise ModelError("robust covariance needs curvature, and this is a kink; use the default cov_type")
        for name, weight in self.engine.weights.items():
            if weight.ndim == 0 or weight.size <= 1:
                raise ModelError(
                    f"robust covariance needs independent rows, but the likelihood of {name!r} is a single "
                    "term; use the default cov_type"
                )
        if sum(w.size for w in self.engine.weights.values()) <= self.active.size:
            raise ModelError("robust covariance needs more likelihood terms than parameters")
