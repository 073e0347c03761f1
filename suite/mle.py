"""The MLE panel: a statsmodels result whose log-likelihood, score and Hessian are the graph's own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from triptych.engine import LIKELIHOOD, Engine
from triptych.errors import ModelError
from triptych.estimands import Estimand
from triptych.existence import find
from triptych.map import evidence, no_estimate, other_optima, search_diagnostics
from triptych.objective import make_objective
from triptych.parameters import parameters
from triptych.progress import Share, between, unheard
from triptych.rows import Frame, Optimum
from triptych.solution import Panel
from triptych.table import Row, Status

SEARCHED = 0.5  # share of the work that is done when the maximum is found, if there are profiles to follow


def solve_mle(
    engine: Engine,
    estimands: list[Estimand],
    *,
    scenario: str,
    variant: str,
    ci_prob: float,
    random_seed: int,
    profile: bool = True,
    progress: Share = unheard,
) -> Panel:
    """Maximise the likelihood; say so when it has no maximum."""
    objective, unknown = make_objective(engine, LIKELIHOOD)
    verdict = find(objective, seed=random_seed, progress=between(progress, 0.0, SEARCHED))
    optimum = Optimum(verdict, unknown)
    frame = Frame(scenario, variant, "mle", "maximum", "wald", ci_prob)
    rows = [_conditional(engine, row) for row in optimum.rows(frame, estimands)]
    native = statsmodels_results(optimum, estimands) if optimum.exists else no_estimate(optimum, frame, rows)
    intervals: list[Row] = []
    profiles: dict[tuple[str, str], list[tuple[float, float]]] = {}
    found = search_diagnostics(verdict)
    if profile and verdict.unbounded is None and verdict.starts:
        from triptych.profile import MOST, profile_rows

        share = between(progress, SEARCHED, 1.0)
        intervals, profiles = profile_rows(optimum, frame, estimands, rows, progress=share)
        rows = _pointing(rows, intervals)
        if len(rows) > MOST and not intervals:
            found["profile_intervals"] = f"not computed for more than {MOST} scalars; name fewer estimands"
    optima = other_optima(verdict, unknown, frame, estimands)
    if optima and verdict.unbounded is not None:
        rows = [
            row.but(reason=f"{row.reason}; see the local maxima in optima") if row.status is Status.UNBOUNDED else row
            for row in rows
        ]
    return Panel(
        "mle",
        rows,
        intervals=intervals,
        optima=optima,
        native=native,
        diagnostics=found,
        paths=evidence(verdict, optimum, rows),
        profiles=profiles,
        z=optimum.z if optimum.exists else None,
    )


def _pointing(rows: list[Row], intervals: list[Row]) -> list[Row]:
    """Point to the profile interval where there is one and no other."""
    profiles = {(row.estimand, row.label): row for row in intervals}
    pointed = []
    for row in rows:
        there = profiles.get((row.estimand, row.label))
        finite = 0 if there is None else int(np.isfinite([there.lower, there.upper]).sum())
        if row.interval_kind == "none" and finite:
            kind = "profile interval" if finite == 2 else "one-sided profile interval"
            row = row.but(reason="; ".join(filter(None, (row.reason, f"see the {kind}"))))
        pointed.append(row)
    return pointed


def _conditional(engine: Engine, row: Row) -> Row:
    """Say of a latent variable's MLE that it is not the mixed model's."""
    if row.status is Status.OK and row.estimand in latent(engine):
        said = "conditional on the latent variables (no pooling): not the marginal likelihood of a mixed model"
        return row.but(reason="; ".join(filter(None, (said, row.reason))))
    return row


def latent(engine: Engine) -> set[str]:
    """Names of free variables whose prior depends on parameters that the likelihood does not know."""
    from pytensor.graph.traversal import ancestors

    if "latent" not in engine.memo:
        model, known = engine.model, set(engine.graph.known)
        hyper = {rv for rv in model.free_RVs if rv.name not in known}
        engine.memo["latent"] = {
            rv.name for rv in model.free_RVs if rv.name in known and hyper & (set(ancestors([rv])) - {rv})
        }
    result: set[str] = engine.memo["latent"]
    return result


def statsmodels_results(optimum: Optimum, estimands: list[Estimand]) -> Any:
    """Return statsmodels' results object at the maximum, in the parameters that :mod:`triptych.parameters` chooses."""
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
            # One entry a term: the observation where they correspond, its log-likelihood where they do not.
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
    """Stand for an optimiser: the start is the maximum that the panel found and checked."""
    del fargs, kwargs, rest
    gradient = score(start)
    value = f(start)
    return start, {"fopt": value, "converged": True, "iterations": 0, "gopt": gradient}


def _covariance(model: Any, params: np.ndarray, retvals: Any) -> np.ndarray:
    """Invert the equilibrated information: the raw one may span twenty orders of magnitude."""
    from triptych.newton import equilibrate

    del retvals
    hessian = model.hessian(params)
    d = equilibrate(hessian)
    inverse = np.linalg.pinv(-(d[:, None] * hessian * d), hermitian=True)
    return np.asarray(d[:, None] * inverse * d)
