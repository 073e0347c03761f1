"""Regular regressions: every panel has an answer, and a library or a formula knows it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pymc as pm
from scipy import special

from .case import Answers, Case, Near, least_squares, same, zero_of

PREDICTOR = ["one", "x1", "x2"]


def design(n: int, seed: int) -> np.ndarray:
    """Return a design with an intercept and two correlated predictors."""
    rng = np.random.default_rng(seed)
    x1 = rng.normal(size=n)
    return np.column_stack([np.ones(n), x1, 0.5 * x1 + rng.normal(size=n)])


def stackloss() -> tuple[np.ndarray, np.ndarray]:
    import statsmodels.api as sm

    data = sm.datasets.stackloss.load_pandas().data.to_numpy(float)
    return np.column_stack([np.ones(len(data)), data[:, 1:]]), data[:, 0]


def linear_flat() -> pm.Model:
    X, y = stackloss()
    with pm.Model(coords={"predictor": ["one", "air", "water", "acid"]}) as model:
        beta = pm.Flat("beta", dims="predictor", initval=np.zeros(4))
        sigma = pm.HalfFlat("sigma")
        pm.Normal("y", X @ beta, sigma, observed=y)
    return model


def linear_flat_known() -> Answers:
    beta, sigma = least_squares(*stackloss())
    return same({"beta": beta, "sigma": sigma})


def ridge_data() -> tuple[np.ndarray, np.ndarray]:
    X = design(25, 1)
    return X, X @ [1.0, 2.0, -1.0] + np.random.default_rng(2).normal(0, 1.5, 25)


def ridge() -> pm.Model:
    X, y = ridge_data()
    with pm.Model(coords={"predictor": PREDICTOR}) as model:
        beta = pm.Normal("beta", 0, 0.5, dims="predictor")
        pm.Normal("y", X @ beta, 1.5, observed=y)
    return model


def ridge_known() -> Answers:
    X, y = ridge_data()
    penalty = 1.5**2 / 0.5**2 * np.eye(3)
    return {
        ("mle", "beta"): least_squares(X, y)[0],
        ("map", "beta"): np.linalg.solve(X.T @ X + penalty, X.T @ y),
    }


def spector() -> tuple[np.ndarray, np.ndarray]:
    import statsmodels.api as sm

    data = sm.datasets.spector.load_pandas()
    X = data.exog[["GPA", "TUCE", "PSI"]].to_numpy(float)
    return np.column_stack([np.ones(len(X)), X]), data.endog.to_numpy(float)


def logistic() -> pm.Model:
    X, y = spector()
    with pm.Model(coords={"predictor": ["one", "GPA", "TUCE", "PSI"]}) as model:
        beta = pm.Normal("beta", 0, 5, dims="predictor")
        pm.Bernoulli("y", logit_p=X @ beta, observed=y.astype(int))
    return model


def logistic_known() -> Answers:
    import statsmodels.api as sm

    X, y = spector()
    mle = sm.Logit(y, X).fit(disp=0, tol=1e-14).params
    mode = zero_of(lambda b: X.T @ (y - special.expit(X @ b)) - b / 25, mle / 2)
    return {("mle", "beta"): mle, ("map", "beta"): mode}


DOBSON = np.array([18, 17, 15, 20, 10, 20, 25, 13, 12])


def dobson_design() -> np.ndarray:
    outcome = np.tile([0, 1, 2], 3)
    return np.column_stack([np.ones(9), outcome == 1, outcome == 2]).astype(float)


def poisson() -> pm.Model:
    X = dobson_design()
    with pm.Model(coords={"predictor": ["one", "outcome2", "outcome3"]}) as model:
        beta = pm.Normal("beta", 0, 1, dims="predictor")
        pm.Poisson("y", pm.math.exp(X @ beta), observed=DOBSON)
    return model


def poisson_known() -> Answers:
    X = dobson_design()
    means = np.log([DOBSON[k::3].mean() for k in range(3)])
    mle = np.array([means[0], means[1] - means[0], means[2] - means[0]])
    mode = zero_of(lambda b: X.T @ (DOBSON - np.exp(X @ b)) - b, mle)
    return {("mle", "beta"): mle, ("map", "beta"): mode}


def counts() -> tuple[np.ndarray, np.ndarray]:
    X = design(80, 3)
    rng = np.random.default_rng(4)
    mean = np.exp(X @ [1.0, 0.5, -0.3])
    return X, rng.poisson(mean * rng.gamma(2, 0.5, 80))


def negative_binomial() -> pm.Model:
    X, y = counts()
    with pm.Model(coords={"predictor": PREDICTOR}) as model:
        beta = pm.Flat("beta", dims="predictor", initval=np.zeros(3))
        alpha = pm.HalfFlat("alpha")
        pm.NegativeBinomial("y", mu=pm.math.exp(X @ beta), alpha=alpha, observed=y)
    return model


def negative_binomial_known() -> Answers:
    import statsmodels.api as sm

    X, y = counts()
    start = sm.NegativeBinomial(y, X).fit(disp=0).params

    def score(p: np.ndarray) -> np.ndarray:
        mean, a = np.exp(X @ p[:3]), p[3]
        by_alpha = special.digamma(y + a) - special.digamma(a) + np.log(a / (a + mean)) + 1 - (y + a) / (a + mean)
        return np.append(X.T @ (a * (y - mean) / (a + mean)), by_alpha.sum())

    solved = zero_of(score, [*start[:3], 1 / start[3]])
    return same({"beta": solved[:3], "alpha": solved[3]})


def probit() -> pm.Model:
    X, y = spector()
    with pm.Model(coords={"predictor": ["one", "GPA", "TUCE", "PSI"]}) as model:
        beta = pm.Flat("beta", dims="predictor", initval=np.zeros(4))
        pm.Bernoulli("y", p=pm.math.invprobit(X @ beta), observed=y.astype(int))
    return model


def probit_known() -> Answers:
    import statsmodels.api as sm

    X, y = spector()
    return same({"beta": sm.Probit(y, X).fit(disp=0, method="newton", tol=1e-14).params})


LONGLEY_NAMES = ["one", "GNPDEFL", "GNP", "UNEMP", "ARMED", "POP", "YEAR"]
LONGLEY_CERTIFIED = [
    -3482258.63459582, 15.0618722713733, -0.0358191792925910, -2.02022980381683,
    -1.03322686717359, -0.0511041056535807, 1829.15146461355,
]  # fmt: skip


def longley() -> pm.Model:
    import statsmodels.api as sm

    data = sm.datasets.longley.load_pandas()
    X = np.column_stack([np.ones(16), data.exog[LONGLEY_NAMES[1:]].to_numpy(float)])
    with pm.Model(coords={"predictor": LONGLEY_NAMES}) as model:
        beta = pm.Flat("beta", dims="predictor", initval=np.zeros(7))
        sigma = pm.HalfFlat("sigma")
        pm.Normal("y", X @ beta, sigma, observed=data.endog.to_numpy(float))
    return model


def longley_known() -> Answers:
    # The certified residual standard deviation divides by n - p = 9; maximum likelihood by n = 16.
    sigma = 304.854073561965 * np.sqrt(9 / 16)
    return same({"beta": Near(LONGLEY_CERTIFIED, rtol=1e-9), "sigma": sigma})


ORDINAL_X = np.repeat([0.0, 1.0], 20)
ORDINAL_Y = np.repeat([0, 1, 2, 0, 1, 2], [10, 6, 4, 4, 6, 10])


def ordered_logit() -> pm.Model:
    with pm.Model(coords={"cut": ["low", "high"]}) as model:
        slope = pm.Normal("slope", 0, 10)
        cuts = pm.Normal(
            "cuts", 0, 10, dims="cut", transform=pm.distributions.transforms.ordered,
            initval=[-1.0, 1.0],
        )  # fmt: skip
        pm.OrderedLogistic("y", slope * ORDINAL_X, cuts, observed=ORDINAL_Y, compute_p=False)
    return model


def ordered_logit_score(p: np.ndarray, precision: float) -> np.ndarray:
    """Return the score by (slope, low, high)."""
    s, cuts = p[0], np.array([-np.inf, p[1], p[2], np.inf])
    upper = special.expit(cuts[ORDINAL_Y + 1] - s * ORDINAL_X)
    lower = special.expit(cuts[ORDINAL_Y] - s * ORDINAL_X)
    du, dl = upper * (1 - upper), lower * (1 - lower)
    share = upper - lower
    by_cut = [
        np.sum(du[ORDINAL_Y == k] / share[ORDINAL_Y == k]) - np.sum(dl[ORDINAL_Y == k + 1] / share[ORDINAL_Y == k + 1])
        for k in (0, 1)
    ]
    return np.array([np.sum(-ORDINAL_X * (du - dl) / share), *by_cut]) - precision * p


def ordered_logit_known() -> Answers:
    out: dict[tuple[str, str], Any] = {}
    for method, precision in (("mle", 0.0), ("map", 0.01)):
        p = zero_of(partial(ordered_logit_score, precision=precision), [1.0, 0.0, 1.5])
        out |= {(method, "slope"): p[0], (method, "cuts"): p[1:]}
    return out


def gamma_glm_data() -> tuple[np.ndarray, np.ndarray]:
    X = design(40, 5)
    return X, np.random.default_rng(6).gamma(3, np.exp(X @ [0.5, 0.4, 0.2]) / 3)


def gamma_regression() -> pm.Model:
    X, y = gamma_glm_data()
    with pm.Model(coords={"predictor": PREDICTOR}) as model:
        beta = pm.Flat("beta", dims="predictor", initval=np.zeros(3))
        shape = pm.HalfFlat("shape")
        pm.Gamma("y", alpha=shape, beta=shape / pm.math.exp(X @ beta), observed=y)
    return model


def gamma_regression_known() -> Answers:
    import statsmodels.api as sm

    X, y = gamma_glm_data()
    family = sm.families.Gamma(sm.families.links.Log())
    start = sm.GLM(y, X, family=family).fit().params
    beta = zero_of(lambda b: X.T @ (y * np.exp(-X @ b) - 1), start)
    ratio = y * np.exp(-X @ beta)
    gap = float(np.mean(ratio - np.log(ratio) - 1))
    shape = zero_of(lambda a: np.log(a) - special.digamma(a) - gap, [0.5 / gap])[0]
    return same({"beta": beta, "shape": shape})


CASES = (
    Case("linear_flat_priors", linear_flat, {}, known=linear_flat_known,
         note="Flat priors leave the likelihood: least squares, and sigma with denominator n."),
    Case("ridge", ridge, {}, known=ridge_known,
         note="Normal prior and known sigma: the mode is ridge regression in closed form."),
    Case("logistic_spector", logistic, {}, known=logistic_known,
         note="Spector and Mazzeo's data overlap: sm.Logit; the mode solves the penalised score."),
    Case("poisson_dobson", poisson, {}, known=poisson_known,
         note="A saturated factor: fitted means are the level means (Dobson's counts in R's glm)."),
    Case("negative_binomial_regression", negative_binomial, {}, known=negative_binomial_known,
         note="sm.NegativeBinomial's optimum (alpha is one over its own), polished on the score."),
    Case("probit_spector", probit, {}, known=probit_known, note="sm.Probit, concave likelihood."),
    Case("longley_raw", longley, {}, known=longley_known,
         note="NIST StRD's certified coefficients for Longley's data as they are, unscaled."),
    Case("ordered_logit", ordered_logit, {}, known=ordered_logit_known,
         note="All categories occur at both levels, the likelihood is concave: one root."),
    Case("gamma_regression", gamma_regression, {}, known=gamma_regression_known,
         note="The coefficients solve the gamma score whatever the shape; then log a - psi(a)."),
)  # fmt: skip
