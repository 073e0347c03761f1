"""The results object that statsmodels makes of a maximum: its log-likelihood, score and Hessian are the graph's own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from triptych.base.errors import ModelError
from triptych.engine.estimands import Estimand
from triptych.estimates.optimum import Optimum
from triptych.panels.likelihood_parameters import parameters


def statsmodels_results(optimum: Optimum, estimands: list[Estimand]) -> Any:
    """Return statsmodels' results object at the maximum.

    Its parameters are those that :mod:`triptych.panels.likelihood_parameters` chooses.
    """
    model = _model_class()(optimum, estimands)
    return model.fit()


@lru_cache(maxsize=1)
def _model_class() -> Any:
    from statsmodels.base.model import GenericLikelihoodModel

    class GraphLikelihood(GenericLikelihoodModel):  # type: ignore[misc]
        """The likelihood of a PyMC model as statsmodels sees one."""

        def __init__(self, optimum: Optimum, estimands: list[Estimand]) -> None:
            self.scale_map = parameters(optimum, estimands)
            terms = optimum.engine.pointwise(optimum.z)
            seen = optimum.engine.observed
            # One entry per term: the observation, or the log-likelihood where their numbers differ.
            observed = [np.ravel(seen[n] if n in seen and seen[n].size == np.size(t) else t) for n, t in terms.items()]
            names = self.scale_map.names
            super().__init__(np.concatenate(observed), None, extra_params_names=names)
            self.k_extra, self.df_model, self.df_resid = 0, float(len(names)), float(self.endog.size - len(names))
            self.data.ynames = ", ".join(optimum.engine.graph.likelihood)
            self.start_params = self.scale_map.start

        def loglike(self, params: np.ndarray) -> float:
            return self.scale_map.value(params)

        def loglikeobs(self, params: np.ndarray) -> np.ndarray:
            return self.scale_map.terms(params)

        def nloglike(self, params: np.ndarray) -> float:
            return -self.loglike(params)

        def score(self, params: np.ndarray) -> np.ndarray:
            return self.scale_map.derivatives(params)[0]

        def hessian(self, params: np.ndarray) -> np.ndarray:
            return self.scale_map.derivatives(params)[1]

        def predict(self, params: np.ndarray, exog: Any = None, *args: Any, **kwargs: Any) -> Any:
            raise NotImplementedError(
                "the likelihood of a PyMC model has no design to predict from; predictive draws of all observed "
                "variables are in Comparison.to_datatree()"
            )

        def score_obs(self, params: np.ndarray, **kwds: Any) -> np.ndarray:
            return self.scale_map.terms_jacobian(params)

        def fit(
            self,
            start_params: Any = None,
            method: str = "equilibrated_newton",
            maxiter: int = 200,
            full_output: int = 1,
            disp: int = 0,
            callback: Any = None,
            retall: int = 0,
            **kwargs: Any,
        ) -> Any:
            """Fit from the maximum already found; ``cov_type`` as elsewhere in statsmodels."""
            kind = str(kwargs.get("cov_type", "nonrobust"))
            if kind.upper() in ("HC1", "HC2", "HC3"):
                raise ModelError(
                    f"cov_type={kind!r} corrects for the degrees of freedom of a linear regression, which a likelihood "
                    "at large does not have; use 'HC0', the sandwich"
                )
            if kind != "nonrobust":
                self.scale_map.require_rows()
            if method == "equilibrated_newton":
                kwargs.setdefault("cov_params_func", _covariance)
                kwargs["extra_fit_funcs"] = {method: _already_there}
            return super().fit(start_params, method, maxiter, full_output, disp, callback, retall, **kwargs)

    return GraphLikelihood


def _already_there(f: Any, score: Any, start: np.ndarray, fargs: Any, kwargs: Any, **rest: Any) -> Any:
    """Return the start as the optimum, in the form of an optimiser: it is the maximum that the panel found."""
    del fargs, kwargs, rest
    gradient = score(start)
    value = f(start)
    return start, {"fopt": value, "converged": True, "iterations": 0, "gopt": gradient}


def _covariance(model: Any, params: np.ndarray, retvals: Any) -> np.ndarray:
    """Invert the equilibrated information: the raw one may span twenty orders of magnitude."""
    from triptych.base.linalg import equilibrate

    del retvals
    if model.scale_map.held is not None:
        return np.asarray(model.scale_map.held)
    hessian = model.hessian(params)
    d = equilibrate(hessian)
    inverse = np.linalg.pinv(-(d[:, None] * hessian * d), hermitian=True)
    return np.asarray(d[:, None] * inverse * d)
