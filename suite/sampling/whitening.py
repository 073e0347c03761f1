"""Coordinates in which a badly scaled posterior is round: centred on the mode, in units of the curvature there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from triptych.base.linalg import equilibrate
from triptych.engine.engine import POSTERIOR, Engine
from triptych.optimise.kinks import climb
from triptych.optimise.objective import make_objective

# SMALL is pinned by test_deviations_from_a_thousandth_to_a_thousand_need_no_other_coordinates.
# LARGE is pinned by test_deviations_from_a_thousandth_to_a_thousand_need_no_other_coordinates.
SMALL, LARGE = 1e-3, 1e3  # deviations at the mode that a sampler's adaptation copes with
# FAR is pinned by test_a_start_a_thousand_deviations_from_the_mode_needs_other_coordinates.
FAR = 1e3  # deviations between the model's initial point and the mode, likewise
# SEARCHED is pinned by test_a_mode_that_is_not_known_is_looked_for_in_up_to_thirty_dimensions.
SEARCHED = 30  # dimensions up to which the mode is looked for when it is not known
SINGULAR = 1e-13  # least eigenvalue of the equilibrated information that gives a scale: smaller ones are rounding


@dataclass(frozen=True)
class Whitening:
    """The map ``z = mode + root @ u``; its Jacobian is constant."""

    mode: np.ndarray
    root: np.ndarray

    reach = 2.0  # spread of the chains' starts about the centre, in standard deviations

    @property
    def centre(self) -> np.ndarray:
        """Where chains start, ``(p,)``."""
        return np.zeros_like(self.mode)

    def density(self, of_z: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
        """Return what computes the log-density of ``u`` with its gradient, shape ``(1 + p,)``, from that of ``z``."""

        def found(u: np.ndarray) -> np.ndarray:
            out = of_z(self.z(u))
            return np.concatenate([out[:1], out[1:] @ self.root])

        return found

    def z(self, u: np.ndarray) -> np.ndarray:
        """Return the unconstrained coordinates of ``u``, shape ``(..., p)``."""
        return np.asarray(self.mode + u @ self.root.T)


def whitening(engine: Engine, mode: np.ndarray | None) -> Whitening | None:
    """Return the coordinates in which to sample a posterior whose scales the sampler would not learn.

    None where its own coordinates do, which is the rule, where there is no mode to start from, and where
    numba samples PyMC's own density.

    Parameters
    ----------
    engine
        The compiled model.
    mode
        The MAP in the unconstrained coordinates, shape ``(p,)``, if it is known.
    """
    objective, _ = make_objective(engine, POSTERIOR)
    if not engine.backend.samples_itself or objective.size != engine.size:
        return None
    if mode is None:
        if engine.size > SEARCHED:
            return None
        point, _ = climb(objective, engine.graph.start)
        if not point.usable or point.slow:
            return None
        mode, hessian = point.z, point.hessian
    else:
        hessian = objective.derivatives(mode)[2]
    d = equilibrate(hessian)
    eigenvalues, vectors = np.linalg.eigh(-(d[:, None] * hessian * d))
    if not np.all(np.isfinite(eigenvalues)) or eigenvalues.min() < SINGULAR:
        return None
    root = d[:, None] * vectors / np.sqrt(eigenvalues)
    deviations = np.linalg.norm(root, axis=1)
    away = engine.graph.start - mode
    distance = np.sqrt(max(0.0, float(-(away @ hessian @ away))))
    if deviations.min() > SMALL and deviations.max() < LARGE and distance < FAR:
        return None
    return Whitening(mode, root)
