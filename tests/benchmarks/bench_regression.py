"""Regressions by ``triptych.fit`` and by hand with the same draws: whole processes, cold and warm caches.

python tests/benchmarks/bench_regression.py [CASE ...]

Prints wall time in total and per effective draw (the smallest bulk ESS of any coefficient), and what each
panel costs. Cases: logistic-1000, logistic-10000, logistic-100000 (10 predictors), lasso-500 (200).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from processes import Cost, cost

CASES = ("logistic-1000", "logistic-10000", "logistic-100000", "lasso-500")
SAMPLING: dict[str, Any] = {"draws": 1000, "tune": 1000, "chains": 4, "random_seed": 1}
PRIOR_SD, LAPLACE_SCALE = 2.5, 0.1


def table(case: str) -> tuple[np.ndarray, np.ndarray]:
    """Return standardised predictors and the outcome."""
    kind, n = case.split("-")
    rng = np.random.default_rng(7)
    x = rng.standard_normal((int(n), 10 if kind == "logistic" else 200))
    x = (x - x.mean(0)) / x.std(0)
    if kind == "logistic":
        slopes = np.linspace(-1, 1, 10)
        return x, (rng.random(int(n)) < 1 / (1 + np.exp(-(x @ slopes - 0.5)))).astype(float)
    slopes = np.where(np.arange(200) < 10, 1.0, 0.0)
    return x, x @ slopes + rng.standard_normal(int(n))


def by_triptych(case: str) -> dict[str, Any]:
    import pandas as pd

    import triptych

    x, y = table(case)
    names = [f"x{j}" for j in range(x.shape[1])]
    frame = pd.DataFrame(x, columns=names).assign(y=y)
    logistic = case.startswith("logistic")
    comparison = triptych.fit(
        frame,
        "y ~ " + " + ".join(names),
        family="bernoulli" if logistic else "gaussian",
        prior="normal" if logistic else "lasso",
        prior_scale=PRIOR_SD if logistic else LAPLACE_SCALE,
        **SAMPLING,
    )
    mcmc = comparison["default"].panels["mcmc"].diagnostics
    return {
        "seconds": comparison["default"].seconds,
        "ess": mcmc["min_ess_bulk"],
        "note": f"{mcmc['sampler']}; {len(mcmc['attempts'])} attempt(s)",
    }


def by_hand(case: str) -> dict[str, Any]:
    import arviz as az
    import pymc as pm
    import statsmodels.api as sm

    x, y = table(case)
    logistic = case.startswith("logistic")
    seconds, began = {}, time.perf_counter()
    (sm.Logit(y, sm.add_constant(x)).fit(disp=0) if logistic else sm.OLS(y, sm.add_constant(x)).fit())
    seconds["mle"] = time.perf_counter() - began
    with pm.Model():
        intercept = pm.Flat("intercept")
        if logistic:
            beta = pm.Normal("beta", 0, PRIOR_SD, shape=x.shape[1])
            pm.Bernoulli("y", logit_p=intercept + x @ beta, observed=y)
        else:
            sigma = pm.Exponential("sigma", scale=float(y.std()))
            beta = pm.Laplace("beta", 0, LAPLACE_SCALE * sigma, shape=x.shape[1])
            pm.Normal("y", intercept + x @ beta, sigma, observed=y)
        began = time.perf_counter()
        pm.find_MAP(progressbar=False)
        seconds["map"] = time.perf_counter() - began
        began = time.perf_counter()
        draws = pm.sample(**SAMPLING, progressbar=False)
        seconds["mcmc"] = time.perf_counter() - began
    smallest = az.ess(draws.posterior.to_dataset(), method="bulk").to_array().min()
    return {"seconds": seconds, "ess": float(smallest), "note": "pm.sample"}


def report(case: str, who: str, state: str, spent: Cost) -> float:
    """Print one line; return the wall time for a thousand effective draws."""
    said = json.loads(spent.printed.splitlines()[-1])
    each = 1000 * spent.wall / said["ess"]
    panels = " ".join(f"{name} {value:.2f}" for name, value in said["seconds"].items())
    print(
        f"{case:16} {who:9} {state}  {spent}  ESS {said['ess']:6.0f}  {each:6.2f} s per 1000  {panels}  {said['note']}"
    )
    sys.stdout.flush()
    return each


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--side", choices=("by hand", "triptych"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if unknown := set(arguments.case) - set(CASES):
        parser.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    if arguments.side:
        solve = by_hand if arguments.side == "by hand" else by_triptych
        print(json.dumps(solve(arguments.case[0])))
        return
    for case in arguments.case or CASES:
        with tempfile.TemporaryDirectory() as scratch:
            for state in ("cold", "warm"):
                wall, each = {}, {}
                for who in ("by hand", "triptych"):
                    command = [sys.executable, str(Path(__file__).resolve()), case, "--side", who]
                    spent = cost(command, Path(scratch) / who.replace(" ", "_"))
                    wall[who], each[who] = spent.wall, report(case, who, state, spent)
                whole, single = (figures["triptych"] / figures["by hand"] for figures in (wall, each))
                print(f"{case:16} {state}: triptych / by hand = {whole:.2f} in total, {single:.2f} per effective draw")


if __name__ == "__main__":
    main()
