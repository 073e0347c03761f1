"""Regressions on a factor of 10 to 400 levels: MLE and MAP by triptych, and statsmodels' own fit of the same table.

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
        "student": lambda: eta + rng.standard_t(4, size=g.size),
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
    return {"total": spent, "ok": float(ok)}


def by_statsmodels(levels: int, family: str) -> dict[str, float]:
    """Return the processor seconds of statsmodels' fit, formula included."""
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    frame = table(levels, family)
    began = time.process_time()
    if family in ("gaussian", "student"):
        smf.ols("y ~ x + C(g)", frame).fit()
    elif family == "negative_binomial":
        smf.negativebinomial("y ~ x + C(g)", frame).fit(disp=0, maxiter=200)
    else:
        kind = sm.families.Poisson() if family == "poisson" else sm.families.Binomial()
        smf.glm("y ~ x + C(g)", frame, family=kind).fit()
    return {"total": time.process_time() - began}


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
    print(f"{'family':18} {'levels':>6} {'triptych':>9} {'statsmodels':>11} {'allowed':>8} {'power of levels':>15}")
    for family in given.families:
        before: tuple[int, float] | None = None
        for levels in given.levels:
            child("triptych", levels, family)  # compiles
            ours = child("triptych", levels, family)
            theirs = child("statsmodels", levels, family)["total"]
            power = np.log(ours["total"] / before[1]) / np.log(levels / before[0]) if before else float("nan")
            allowed = TIMES * theirs + SECONDS
            mark = "" if ours["total"] <= allowed else " too slow"
            print(
                f"{family:18} {levels:6} {ours['total']:9.1f} {theirs:11.1f} {allowed:8.1f} {power:15.1f}{mark}",
                flush=True,
            )
            before = (levels, ours["total"])


if __name__ == "__main__":
    main()
