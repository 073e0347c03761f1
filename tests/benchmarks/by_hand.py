"""The scenarios as a user would do them by hand: a statsmodels fit, pm.find_MAP, pm.sample, library defaults.

python tests/benchmarks/by_hand.py [--all]    (--all: every variant, not the default ones alone)
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import statsmodels.api as sm
from scipy.stats import norm
from sklearn.datasets import load_diabetes, load_iris
from statsmodels.base.model import GenericLikelihoodModel

SLEEP = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
Problem = tuple[str, Callable[[], Any], Callable[[], pm.Model]]


def standardised(x: np.ndarray) -> np.ndarray:
    return (x - x.mean(0)) / x.std(0)


def weight_decay(sd: float = 1.0, known: bool = False) -> Problem:
    table = sm.datasets.longley.load_pandas()
    x, y = standardised(table.exog.to_numpy()), standardised(table.endog.to_numpy())

    def model() -> pm.Model:
        with pm.Model() as built:
            sigma = pt.constant(0.1) if known else pm.HalfNormal("sigma", 1)
            width = (6,)
            weight = pm.Flat("weight", shape=width) if np.isinf(sd) else pm.Normal("weight", 0, sd * sigma, shape=width)
            pm.Normal("y", x @ weight, sigma, observed=y)
        return built

    return f"weight_decay, sd {sd}, sigma known {known}", lambda: sm.OLS(y, x).fit(), model


def lasso() -> Problem:
    bunch = load_diabetes(scaled=False)
    x, y = standardised(bunch.data), bunch.target - bunch.target.mean()

    def model() -> pm.Model:
        with pm.Model() as built:
            sigma = pm.HalfNormal("sigma", 200)
            beta = pm.Laplace("beta", 0, sigma / 4, shape=10)
            pm.Normal("y", x @ beta, sigma, observed=y)
        return built

    return "lasso", lambda: sm.OLS(y, x).fit(), model


def small_n_variance(prior: str = "reference", n: int = 10) -> Problem:
    y = SLEEP[:n]

    def model() -> pm.Model:
        with pm.Model() as built:
            if prior == "reference":
                mu, sigma = pm.Flat("mu"), pm.HalfFlat("sigma")
                pm.Potential("one_over_sigma", -pt.log(sigma))
            elif prior == "log_sigma":
                mu, sigma = pm.Flat("mu"), pt.exp(pm.Flat("log_sigma"))
            else:
                mu = pm.Normal("mu", 0, 5)
                sigma = pm.HalfNormal("sigma", 2) if prior == "half_normal" else pm.InverseGamma("sigma", 3, 3)
            pm.Deterministic("variance", sigma**2)
            pm.Normal("y", mu, sigma, observed=y)
        return built

    return f"small_n_variance, {prior}, n {n}", lambda: sm.OLS(y, np.ones(n)).fit(), model


class TwoNormals(GenericLikelihoodModel):
    """The mixture's likelihood in statsmodels: logit of the weight, means, log standard deviations."""

    def nloglikeobs(self, params: np.ndarray) -> np.ndarray:
        share, first, second, u, v = params
        w = 1 / (1 + np.exp(-share))
        y = self.endog
        return -np.log(w * norm.pdf(y, first, np.exp(u)) + (1 - w) * norm.pdf(y, second, np.exp(v)))


def mixture(prior: str = "inverse_gamma") -> Problem:
    y = load_iris().data[:, 2]

    def model() -> pm.Model:
        with pm.Model() as built:
            w = pm.Dirichlet("w", np.array([2.0, 2.0]))
            mu = pm.Normal("mu", 3.5, 2, shape=2, initval=np.array([1.5, 5.0]))
            if prior == "inverse_gamma":
                sigma = pm.InverseGamma("sigma", 3, 1, shape=2)
            else:
                sigma = pm.HalfNormal("sigma", 1, shape=2)
            pm.NormalMixture("y", w, mu, sigma, observed=y)
        return built

    names = ["logit_w", "mu1", "mu2", "log_sd1", "log_sd2"]
    start = np.array([-0.7, 1.5, 5.0, -1.5, 0.0])
    fit = TwoNormals(y, None, extra_params_names=names)
    return f"mixture, {prior}", lambda: fit.fit(start_params=start, disp=0), model


def problems(everything: bool) -> list[Problem]:
    found = [weight_decay(), lasso(), small_n_variance(), mixture()]
    if everything:
        found += [weight_decay(known=True), weight_decay(sd=np.inf), mixture("half_normal")]
        found += [small_n_variance("log_sigma"), small_n_variance("inverse_gamma", 2)]
        found += [small_n_variance("half_normal", 1), small_n_variance("inverse_gamma", 1)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every variant, not the default ones alone")
    for name, fit, build in problems(parser.parse_args().all):
        began = time.perf_counter()
        fit()
        fitted = time.perf_counter()
        with build():
            pm.find_MAP(progressbar=False)
            found = time.perf_counter()
            pm.sample(random_seed=1, progressbar=False)
        sampled = time.perf_counter()
        steps = (("statsmodels", fitted - began), ("find_MAP", found - fitted), ("sample", sampled - found))
        print(f"{name}: {', '.join(f'{step} {spent:.1f} s' for step, spent in steps)}", flush=True)


if __name__ == "__main__":
    main()
