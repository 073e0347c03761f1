"""Generalised linear models as statsmodels solves them."""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.design.design import Design
from triptych.regression.measures import Reference, reference


def generalised(design: Design, family: Any, outcome: np.ndarray) -> Reference:
    """``statsmodels.GLM`` (Logit and Poisson solve the same problems), iterated to the end."""
    import statsmodels.api as sm

    # The design is centred on the mean rate already; the offset puts that back.
    offset = np.full(design.n, design.outcome_centre)
    fit = sm.GLM(outcome, design.full, family=family, offset=offset).fit(tol=1e-14, maxiter=200)
    weights = fit.model.iweights * fit.model.n_trials * fit.model.family.weights(fit.mu)
    root = np.linalg.pinv(np.sqrt(weights)[:, None] * design.full)
    return reference(design, "statsmodels GLM", np.asarray(fit.params), root)
