"""Regression models: a family for the outcome, a prior for the slopes, one PyMC model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from triptych.design.design import Design
from triptych.problem.scenario import Data
from triptych.regression.regression import Regression


def regression_data(design: Design, regression: Regression) -> Data:
    """Return the arrays and labels that the model reads."""
    whole = not regression.measured
    arrays: dict[str, Any] = {
        "y": design.outcome.astype(np.int64) if whole else design.outcome,
        "y_centre": np.float64(design.outcome_centre),
        "y_scale": np.float64(design.outcome_scale),
        "y_spread": np.float64(design.spread),
    }
    dims: dict[str, tuple[str, ...]] = {"y": ("observation",)}
    coords: dict[str, list[Any]] = {
        "observation": list(range(design.n)),
        "term": design.terms,
    }
    if design.labels:
        arrays |= {"X": design.z, "x_centre": design.centre, "x_scale": design.scale}
        dims |= {"X": ("observation", "predictor")}
        dims |= {"x_centre": ("predictor",), "x_scale": ("predictor",)}
        coords["predictor"] = list(design.labels)
        if np.any((unit := regression.relative(design)) != 1.0):
            arrays["b_unit"], dims["b_unit"] = unit, ("predictor",)
        if (turned := regression.components(design)) is not None:
            arrays |= {"X": turned.columns, "back": turned.back}
            dims |= {"X": ("observation", "component"), "back": ("predictor", "component")}
            coords["component"] = list(range(1, len(design.labels) + 1))
        if regression.slopes.hierarchical:
            arrays["x_error"] = regression.slope_errors(design)
            dims["x_error"] = ("predictor",)
    if design.trials is not None:
        arrays["trials"] = design.trials.astype(np.int64)
        dims["trials"] = ("observation",)
    return Data(arrays, dims=dims, coords=coords)


def regression_model(design: Design, regression: Regression) -> Callable[..., None]:
    """Return the body of the PyMC model.

    Free variables: ``intercept`` (of the centred predictors, flat), ``beta`` (the slopes of the
    standardised predictors; ``rotated``, along their principal components, where they nearly depend
    on each other), and ``sigma`` (on the outcome's own scale), ``alpha`` or ``nu`` by family. The
    deterministic ``coef`` holds intercept and slopes on the user's own scale. The setting ``prior_scale`` takes
    the place of the regression's own.
    """
    stated = np.float64(regression.scale(design))
    intercept, slopes = design.intercept, bool(design.labels)

    def model(data: Any, prior_scale: Any = None) -> None:
        import pymc as pm
        import pytensor.tensor as pt

        sigma = _sigma(data, regression) if regression.measured else None
        scale = stated if prior_scale is None else prior_scale
        a = pm.Flat("intercept") if intercept else 0.0
        beta = _slopes(regression, scale, sigma, data) if slopes else None
        along = 0.0
        if beta is not None:
            along = data.X @ beta
            if hasattr(data, "back"):
                beta = pm.Deterministic("beta", data.back @ beta, dims="predictor")
        mu = data.y_centre + data.y_scale * (a + along)
        # An intercept alone is a scalar.
        regression.likelihood.likelihood(regression, data, mu + 0.0 * data.y, sigma)
        own = data.y_scale * beta / data.x_scale if beta is not None else pt.zeros(0)
        if intercept:
            shift = (own * data.x_centre).sum() if beta is not None else 0.0
            first = data.y_centre + data.y_scale * a - shift
            own = pt.join(0, pt.atleast_1d(first), own)
        pm.Deterministic("coef", own, dims="term")

    return model


def _sigma(data: Any, regression: Regression) -> Any:
    import pymc as pm
    import pytensor.tensor as pt

    if regression.slopes.flat:
        sigma = pm.HalfFlat("sigma", initval=data.y_spread)
        pm.Potential("sigma_prior", -pt.log(sigma))  # p(sigma) ~ 1 / sigma, the classical choice
        return sigma
    return pm.Exponential("sigma", scale=data.y_spread)


def _slopes(regression: Regression, scale: Any, sigma: Any, data: Any) -> Any:
    """Return the slopes of the standardised predictors, called ``beta`` in every model."""
    name, dims = ("rotated", "component") if hasattr(data, "back") else ("beta", "predictor")
    noise = sigma / data.y_scale if sigma is not None else 1.0
    width = scale * noise if regression.conditional else scale
    if hasattr(data, "b_unit") and name == "beta":
        width = width * data.b_unit
    return regression.slopes.slopes(name, width, noise, regression, data, dims)
