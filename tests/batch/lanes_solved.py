"""What the tests of this folder share besides fixtures."""

from __future__ import annotations

import numpy as np

from triptych.batch.lanes import Lanes
from triptych.batch.modes import Modes, modes
from triptych.optimise.objective import Objective, make_objective

ROWS = 10  # observations of a lane of the normal model


def observed(lanes: Lanes) -> np.ndarray:
    """Return the observations of all lanes, ``(lanes, rows)``."""
    return np.asarray(lanes.data[0])


def lasso_predictors() -> np.ndarray:
    """Return the predictors of the lasso's lanes, ``(rows, 4)``."""
    x = np.random.default_rng(40).normal(size=(30, 4))
    return np.asarray(x - x.mean(axis=0))


def maximum(batch: Lanes, parts: np.ndarray) -> tuple[Modes, Objective]:
    """Return the maxima of all lanes, and the objective."""
    objective, _ = make_objective(batch.engine, parts)
    return modes(batch, objective), objective
