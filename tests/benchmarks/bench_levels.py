"""Regressions on a factor of 10 to 400 levels: MLE and MAP by triptych, and another fit of the same table.

The other is statsmodels' own: least squares, GLM, NegativeBinomial, QuantReg at the median for Laplace errors; and for
Student errors of 4 degrees the EM algorithm of Lange, Little & Taylor (1989), written out here.

python tests/benchmarks/bench_levels.py [--families gaussian poisson ...] [--levels 10 50 100 200 400]

Prints processor seconds after libraries are imported, each case in a process of its own, with programs compiled in an
earlier one. Aims: no more than three times statsmodels' fit plus 5 seconds, and a cost that is at most quadratic in the
levels at 32 rows for each.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from typing import Any

import numpy as np

FAMILIES = ("gaussian", "poisson")
LEVELS = (10, 50, 100, 200, 400)
ROWS = 32  # for each level
NU = 4.0  # degrees of freedom of Student errors, fit's own default
SETTLED = 1e-10  # relative change of the scale at which the EM algorithm ends
TIMES, SECONDS = 3.0, 5.0


def table(levels: int, family: str) -> Any:
    """Return the outcome, a predictor and the factor; every level has 32 rows."""
    import pandas as pd

    rng = np.random.default_rng(levels)
    g = np.repeat(np.arange(levels), ROWS)
    x = rng.normal(size=g.size)
    eta = 0.5 + 0.4 * x + 0.4 * rng.normal(size=levels)[g]
    draw = {
        "gaussian": lambda: eta + rng.normal(size=g.size),
        "student": lambda: eta + rng.standard_t(NU, size=g.size),
        "laplace": lambda: eta + rng.laplace(size=g.size),
        "poisson": lambda: rng.poisson(np.exp(eta)),
        "bernoulli": lambda: (rng.random(g.size) < 1 / (1 + np.exp(-eta))).astype(int),
        "negative_binomial": lambda: rng.negative_binomial(2, 2 / (2 + np.exp(eta))),
    }[family]
    return pd.DataFrame({"y": draw(), "x": x, "g": [f"g{i:03d}" for i in g]})


def by_triptych(levels: int, family: str) -> dict[str, float]:
    """Return the processor seconds of the whole, from formula to both estimates, and of each panel."""
    import arviz  # noqa: F401
    import jax  # noqa: F401
    import pymc  # noqa: F401
    import statsmodels.api  # noqa: F401

    from triptych.panels.settings import Settings
    from triptych.panels.solve import solve
    from triptych.regression.build import build_scenario

    frame = table(levels, family)
    began = time.process_time()
    solution = solve(build_scenario(frame, "y ~ x + C(g)", family=family), settings=Settings(methods=("mle", "map")))
    spent = time.process_time() - began
    ok = sum(row.status.value == "ok" for panel in solution.panels.values() for row in panel.estimates)
    slope = next(row.estimate for row in solution.panels["mle"].estimates if row.label == "x")
    return {"total": spent, "ok": float(ok), "slope": slope}


def by_em(frame: Any) -> float:
    """Return the slope at the maximum of the Student likelihood, as a weighted mean of squares converges to it."""
    from formulaic import model_matrix

    design = model_matrix("x + C(g)", frame)
    columns, y = design.to_numpy(dtype=float), frame["y"].to_numpy()
    weights, scale = np.ones(y.size), np.inf
    while True:
        root = np.sqrt(weights)[:, None]
        coefficients = np.linalg.lstsq(root * columns, root[:, 0] * y, rcond=None)[0]
        squares = (y - columns @ coefficients) ** 2
        before, scale = scale, float(np.mean(weights * squares))
        if abs(scale - before) <= SETTLED * scale:
            return float(coefficients[list(design.columns).index("x")])
        weights = (NU + 1) / (NU + squares / scale)


def by_statsmodels(levels: int, family: str) -> dict[str, float]:
    """Return the processor seconds of the other fit, formula included, and its slope."""
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    frame = table(levels, family)
    began = time.process_time()
    kinds = {"poisson": sm.families.Poisson, "bernoulli": sm.families.Binomial}
    fits = {
        "gaussian": lambda: smf.ols("y ~ x + C(g)", frame).fit().params["x"],
        "student": lambda: by_em(frame),
        "laplace": lambda: smf.quantreg("y ~ x + C(g)", frame).fit(q=0.5).params["x"],
        "negative_binomial": lambda: smf.negativebinomial("y ~ x + C(g)", frame).fit(disp=0, maxiter=200).params["x"],
        **{k: lambda: smf.glm("y ~ x + C(g)", frame, family=kinds[family]()).fit().params["x"] for k in kinds},
    }
    slope = fits[family]()
    return {"total": time.process_time() - began, "slope": float(slope)}


def child(who: str, levels: int, family: str) -> dict[str, float]:
    """Run one case in a process of its own."""
    said = subprocess.run(
        [sys.executable, __file__, "--child", who, str(levels), family], capture_output=True, text=True, check=True
    ).stdout
    result: dict[str, float] = json.loads(said.strip().splitlines()[-1])
    return result


def main() -> None:
    """Print a line for each case."""
    if sys.argv[1:2] == ["--child"]:
        who, levels, family = sys.argv[2:]
        print(json.dumps((by_triptych if who == "triptych" else by_statsmodels)(int(levels), family)))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", nargs="+", default=FAMILIES)
    parser.add_argument("--levels", nargs="+", type=int, default=LEVELS)
    given = parser.parse_args()
    heads = f"{'family':18} {'levels':>6} {'triptych':>9} {'other fit':>11} {'allowed':>8} {'power of levels':>15}"
    print(f"{heads} {'slopes differ by':>17}")
    for family in given.families:
        before: tuple[int, float] | None = None
        for levels in given.levels:
            child("triptych", levels, family)  # compiles
            ours = child("triptych", levels, family)
            other = child("statsmodels", levels, family)
            theirs, apart = other["total"], abs(other["slope"] - ours["slope"])
            power = np.log(ours["total"] / before[1]) / np.log(levels / before[0]) if before else float("nan")
            allowed = TIMES * theirs + SECONDS
            mark = "" if ours["total"] <= allowed else " too slow"
            figures = f"{ours['total']:9.1f} {theirs:11.1f} {allowed:8.1f} {power:15.1f} {apart:17.1e}"
            print(f"{family:18} {levels:6} {figures}{mark}", flush=True)
            before = (levels, ours["total"])


if __name__ == "__main__":
    main()
