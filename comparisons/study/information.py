"""The Cramer-Rao bound of each scalar at the true values, from the Fisher information of simulated data sets.

The information is minus the mean of the log-likelihood's Hessian at the truth over data sets (Lehmann and Casella 1998,
Theory of Point Estimation, sections 2.5 and 2.6). No unbiased estimator has a smaller variance; a biased one may have a
smaller mean squared error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from triptych.comparisons.study.design import Design, compiled_problem
from triptych.comparisons.study.sources import Cell
from triptych.engine.engine import LIKELIHOOD, Engine
from triptych.engine.natural_scale import natural_scale
from triptych.optimise.objective import make_objective
from triptych.panels.problem import Problem

AVERAGED = 64  # data sets over which the information is averaged
SINGULAR = 1e-12  # of an equilibrated information: the scalar is not identified by it


def bound_of(design: Design, cell: Cell) -> np.ndarray:
    """Return the least standard error of an unbiased estimator of each scalar, ``(scalars,)``.

    Missing where the truths are drawn from the prior, where they do not tell every parameter that the likelihood knows,
    and where the information is singular.
    """
    problem = compiled_problem(design, cell)
    nothing = np.full(len(problem.scalars), np.nan)
    if design.prior_draws:
        return nothing
    informations, jacobians = [], []
    for replicate in range(min(AVERAGED, max(design.replicates, 1))):
        data, _, true, _ = design.drawn(cell, replicate)
        engine = (problem.mle_engine or problem.engine).with_data(
            **{k: v for k, v in data.arrays.items() if k in (problem.mle_engine or problem.engine).data}
        )
        known = _active(engine)
        z = _coordinates(engine, true, known)
        if z is None:
            return nothing
        informations.append(-engine.derivatives(z)[2][0][np.ix_(known, known)])
        jacobians.append(_slopes(problem, engine, z)[:, known])
    return _least_error(np.mean(informations, axis=0), np.mean(jacobians, axis=0))


def _active(engine: Engine) -> np.ndarray:
    """Return the coordinates that the likelihood knows."""
    objective, _ = make_objective(engine, LIKELIHOOD)
    return np.asarray(objective.active)


def _coordinates(engine: Engine, truth: Mapping[str, Any], known: np.ndarray) -> np.ndarray | None:
    """Return the unconstrained coordinates of the truth; None where it does not tell all that the likelihood knows."""
    scale = natural_scale(engine)
    params = scale.params(engine.graph.start)
    told = np.zeros(engine.size, dtype=bool)
    for block in engine.blocks:
        name = block.variable.name
        if name in truth and block.stop - block.start == np.size(truth[name]):
            params[block.slice] = np.ravel(np.asarray(truth[name], dtype=float))
            told[block.slice] = True
    z = scale.coordinates(params)
    # A variable that is constrained jointly has no coordinate of each of its scalars.
    natural = engine.natural_values(z)
    for block in engine.blocks:
        name = block.variable.name
        if name in truth and told[block.start]:
            told[block.slice] = np.allclose(np.ravel(natural[name]), np.ravel(truth[name]), rtol=1e-8, atol=0)
    return z if np.all(told[known]) and np.all(np.isfinite(z)) else None


def _slopes(problem: Problem, engine: Engine, z: np.ndarray) -> np.ndarray:
    jacobian = engine.natural_jacobian(z)
    return np.concatenate([jacobian[e.name].reshape(e.variable.size, -1) for e in problem.estimands])


def _least_error(information: np.ndarray, jacobian: np.ndarray) -> np.ndarray:
    diagonal = np.diag(information)
    if not np.all(np.isfinite(information)) or np.any(diagonal <= 0):
        return np.full(len(jacobian), np.nan)
    scale = 1 / np.sqrt(diagonal)
    scaled = scale[:, None] * information * scale
    if np.linalg.eigvalsh(scaled)[0] < SINGULAR:
        return np.full(len(jacobian), np.nan)
    rows = jacobian * scale
    return np.asarray(np.sqrt(np.sum(rows * np.linalg.solve(scaled, rows.T).T, axis=1)))
