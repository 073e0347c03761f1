"""The MLE as a statsmodels result: scores, Hessian and robust covariances are those of statsmodels' own models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest
import statsmodels.api as sm

import triptych
from triptych.base.errors import ModelError

RNG = np.random.default_rng(8)
X = np.column_stack([np.ones(50), RNG.normal(size=50), RNG.uniform(size=50)])
COUNTS = RNG.negative_binomial(2, 0.4, 50)  # spread wider than Poisson's, so that the sandwich is another matrix
WON = (RNG.logistic(size=50) + X @ [0.2, 1.0, -0.5] > 0).astype(int)


def poisson(eta: Any) -> None:
    pm.Poisson("y", pm.math.exp(eta), observed=COUNTS)


def logit(eta: Any) -> None:
    pm.Bernoulli("y", logit_p=eta, observed=WON)


LIBRARY = {poisson: lambda: sm.Poisson(COUNTS, X), logit: lambda: sm.Logit(WON, X)}


def results(likelihood: Any) -> Any:
    with pm.Model() as model:
        likelihood(pm.math.dot(X, pm.Normal("beta", 0, 10, shape=3)))
    return triptych.compare(model, methods=("mle",), profile=False).results["mle"]


@pytest.fixture(scope="module", params=[poisson, logit])
def pair(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    return results(request.param), LIBRARY[request.param]()


def test_estimates_and_standard_errors(pair: Any) -> None:
    ours, library = pair
    theirs = library.fit(disp=0)
    assert ours.params == pytest.approx(theirs.params, rel=1e-6)
    assert ours.bse == pytest.approx(theirs.bse, rel=1e-6)
    assert ours.llf == pytest.approx(theirs.llf, rel=1e-10)


def test_score_and_hessian_anywhere(pair: Any) -> None:
    ours, library = pair
    at = ours.params + np.array([0.3, -0.2, 0.1])
    assert ours.model.loglike(at) == pytest.approx(library.loglike(at), rel=1e-10)
    assert ours.model.loglikeobs(at) == pytest.approx(library.loglikeobs(at), rel=1e-8)
    assert ours.model.score(at) == pytest.approx(library.score(at), rel=1e-8)
    assert ours.model.score_obs(at) == pytest.approx(library.score_obs(at), rel=1e-8, abs=1e-10)
    assert ours.model.hessian(at) == pytest.approx(library.hessian(at), rel=1e-8)


def test_the_sandwich(pair: Any) -> None:
    ours, library = pair
    robust = ours.model.fit(cov_type="HC0")
    theirs = library.fit(disp=0, cov_type="HC0")
    assert robust.cov_params() == pytest.approx(theirs.cov_params(), rel=1e-5)
    assert np.abs(robust.bse / ours.bse - 1).max() > 0.02


@pytest.mark.parametrize("kind", ["HC1", "HC2", "HC3", "hc1"])
def test_corrections_of_linear_regression_are_refused(pair: Any, kind: str) -> None:
    with pytest.raises(ModelError, match=f"cov_type='{kind}'.*use 'HC0'"):
        pair[0].model.fit(cov_type=kind)


def autoregression() -> None:
    pm.AR("y", pm.Normal("rho", 0, 1, shape=1), sigma=1, init_dist=pm.Normal.dist(0, 1), observed=RNG.normal(size=20))


def two_rows_and_two_parameters() -> None:
    pm.Normal("y", pm.Normal("mu", 0, 1), pm.HalfNormal("sigma", 1), observed=[1.0, 2.0])


@pytest.mark.parametrize(
    ("build", "said"), [(autoregression, "independent rows"), (two_rows_and_two_parameters, "more likelihood terms")]
)
def test_without_independent_rows_there_is_no_sandwich(build: Any, said: str) -> None:
    with pm.Model() as model:
        build()
    found = triptych.compare(model, methods=("mle",), profile=False).results["mle"]
    with pytest.raises(ModelError, match=said):
        found.model.fit(cov_type="HC0")
