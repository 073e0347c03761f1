"""Coordinates in which a part of the parameters that is normal given the others is standard normal.

Under a normal likelihood with a linear mean and normal priors the coefficients ``c`` are normal given the scales ``s``,
with precision ``A(s)`` and mean ``m(s)``. With ``c = m + inverse(L') v``, ``A = L L'``, the density of ``(v, s)`` is
that of a standard normal ``v`` times the marginal density of ``s``: no neck is left where a scale goes to zero (Gelman
et al. 2013, Bayesian Data Analysis, section 5.4; Papaspiliopoulos, Roberts and Skold 2007, Statistical Science 22,
59-73).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from triptych.base.linalg import equilibrate
from triptych.engine.angles import turns
from triptych.engine.engine import Engine

# MOST is pinned by test_up_to_ninety_nine_coordinates_are_normal_together.
MOST = 100  # coordinates of which a Hessian is taken for every draw
POINTS, REACHES = 3, (1.0, 30.0)  # values of the others at which the curvature is computed, and steps around them
SAME = 1e-8  # relative difference of two curvatures up to which they are one
SINGULAR = 1e-13  # least eigenvalue of the precision, in its own units, of which enough digits are left
# STEPS is pinned by test_a_density_ends_that_falls_by_eight_within_sixty_units.
# FALLEN is pinned by test_a_density_ends_that_falls_by_eight_within_sixty_units.
STEPS, FALLEN = 60, 8.0  # units that the others are followed from their mode, and how far their density falls there
# FEW is pinned by test_one_draw_in_a_thousand_may_lie_where_digits_end.
FEW = 1e-3  # share of draws that may lie beyond that fall
# MOST_DRAWS is pinned by test_one_draw_in_a_thousand_may_lie_where_digits_end.
MOST_DRAWS = 400  # draws of which the precision is looked at: enough to tell a share of a few in a thousand from none
OUT_OF_DOMAIN = 1e300  # stands for an infinite fall of the density: the minimisation needs a number


@dataclass(frozen=True)
class Conditional:
    """The map ``(v, s)`` to ``z``: both have the places of ``c`` and ``s``.

    Attributes
    ----------
    engine
        The compiled model.
    normal
        Which coordinates are normal given the others, ``(p,)``.
    """

    engine: Engine
    normal: np.ndarray

    reach = 1.0

    @property
    def centre(self) -> np.ndarray:
        """Where chains start, ``(p,)``."""
        return np.where(self.normal, 0.0, self.engine.graph.start)

    def z(self, u: np.ndarray) -> np.ndarray:
        """Return the unconstrained coordinates of ``u``, shape ``(..., p)``."""
        rows = u.reshape(-1, u.shape[-1])
        found = np.array([self._at(row) for row in rows])
        return found.reshape(u.shape)

    def density(self, _: Callable[[np.ndarray], np.ndarray] | None) -> Callable[[np.ndarray], np.ndarray]:
        """Return what computes the log-density of ``u`` with its gradient, shape ``(1 + p,)``."""
        size, others = self.engine.size, ~self.normal

        def found(u: np.ndarray) -> np.ndarray:
            value, gradient = self._marginal(u[others])
            out = np.empty(1 + size)
            out[0] = float(value) - 0.5 * float(u[self.normal] @ u[self.normal])
            out[1:][others], out[1:][self.normal] = np.asarray(gradient), -u[self.normal]
            return out

        return found

    def ends(self) -> bool:
        """Whether the marginal density of the others falls, on each side of its mode, before digits are lost.

        Where a posterior cannot be normalised, as under a flat prior of the logarithm of a scale, it does not.
        """
        from scipy.optimize import minimize

        others = ~self.normal

        def falls(s: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = self._marginal(s)
            finite = np.isfinite(value) and np.all(np.isfinite(gradient))
            return (-float(value), -np.asarray(gradient)) if finite else (OUT_OF_DOMAIN, np.zeros_like(s))

        found = minimize(falls, self.engine.graph.start[others], jac=True, method="L-BFGS-B")
        for j in range(found.x.size):
            for sign in (-1.0, 1.0):
                s = found.x.copy()
                for _ in range(STEPS):
                    s[j] += sign
                    if not self.trusted(self._at(self._joined(s))[None]):
                        return False
                    if falls(s)[0] > found.fun + FALLEN:
                        break
                else:
                    return False
        return True

    def _joined(self, s: np.ndarray) -> np.ndarray:
        u = np.zeros(self.engine.size)
        u[~self.normal] = s
        return u

    def trusted(self, z: np.ndarray) -> bool:
        """Whether the precision has digits left at nearly all draws ``(..., p)``.

        Where a posterior cannot be normalised, its scales may go to where the precision overflows; what ends there ends
        for that reason alone.
        """
        rows = z.reshape(-1, z.shape[-1])
        some = rows[:: max(1, len(rows) // MOST_DRAWS)]
        bad = [not _has_digits(-self.engine.sampled_hessian(row)[np.ix_(self.normal, self.normal)]) for row in some]
        return bool(np.mean(bad) <= FEW)

    def _at(self, u: np.ndarray) -> np.ndarray:
        from scipy.linalg import solve_triangular

        mean, root = (np.asarray(part) for part in self._places(u[~self.normal]))
        z = u.copy()
        z[self.normal] = mean + solve_triangular(root, u[self.normal], lower=True, trans="T", check_finite=False)
        return z

    @cached_property
    def _places(self) -> Any:
        return self._compiled[0]

    @cached_property
    def _marginal(self) -> Any:
        return self._compiled[1]

    @cached_property
    def _compiled(self) -> tuple[Any, Any]:
        """Return mean and root of the precision, and the marginal log-density with its gradient, as functions of s."""
        import jax
        import jax.numpy as jnp
        from jax.scipy.linalg import cho_solve

        engine, normal, others = self.engine, np.flatnonzero(self.normal), np.flatnonzero(~self.normal)
        traced = engine.backend.traced
        assert traced is not None  # :func:`conditional` takes no other
        given = engine.device_weights, engine.device_data, engine.sums

        def joint(c: Any, s: Any) -> Any:
            z = jnp.zeros(engine.size).at[normal].set(c).at[others].set(s)
            return traced.density(z, *given)

        def places(s: Any) -> Any:
            nothing = jnp.zeros(len(normal))
            root = jnp.linalg.cholesky(-jax.hessian(joint)(nothing, s))
            return cho_solve((root, True), jax.grad(joint)(nothing, s)), root

        def marginal(s: Any) -> Any:
            mean, root = places(s)
            # The joint density at its maximum over c has no slope in c, so that derivative drops out.
            return joint(jax.lax.stop_gradient(mean), s) - jnp.sum(jnp.log(jnp.diag(root)))

        return jax.jit(places), jax.jit(jax.value_and_grad(marginal))


def conditional(engine: Engine) -> Conditional | None:
    """Return the coordinates, or None where they do not apply.

    That is where no part is normal given the rest, where that part is all or too large, and where the rest has no end.
    All untransformed parameters are the part: whether it is normal is told by its curvature, which is then the same
    wherever it is itself, and by slopes that change as that curvature says.
    """
    normal = ~engine.transformed & ~turns(engine)
    if not engine.backend.samples_itself or engine.backend.traced is None or engine.graph.kinks:
        return None
    if engine.backend.second_derivatives != "exact" or not 0 < normal.sum() < min(engine.size, MOST):
        return None
    rng = np.random.default_rng(0)
    for _ in range(POINTS):
        z = engine.graph.start + rng.standard_normal(engine.size)
        precision = -engine.sampled_hessian(z)[np.ix_(normal, normal)]
        slope = engine.sampled(z)[1:][normal]
        if not _has_digits(precision):
            return None
        d = equilibrate(precision)
        for reach in REACHES:
            there = z.copy()
            there[normal] += reach * rng.standard_normal(int(normal.sum()))
            other = -engine.sampled_hessian(there)[np.ix_(normal, normal)]
            expected = slope - precision @ (there - z)[normal]
            size = np.abs(precision) @ np.abs(there - z)[normal] + np.abs(slope)
            bent = np.max(np.abs(d[:, None] * (other - precision) * d))
            if not bent < SAME or np.any(np.abs(engine.sampled(there)[1:][normal] - expected) > SAME * size):
                return None
    found = Conditional(engine, normal)
    return found if found.ends() else None


def _has_digits(precision: np.ndarray) -> bool:
    if not np.all(np.isfinite(precision)):
        return False
    d = equilibrate(precision)
    return bool(np.linalg.eigvalsh(d[:, None] * precision * d).min() > SINGULAR)
