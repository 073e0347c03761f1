"""What whole runs of `fit` and `compare` cost by rows, slopes, levels and scalars: processor seconds and memory.

python tests/benchmarks/bench_sizes.py [NAME ...]

Each case is a process of its own, from imports to the posterior, profiles included, with the default draws; programs
may have been compiled by an earlier one. What it prints is in docs/files.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np

# Family, rows and slopes of a table; or a number of normal means with data of their own, which share a scale.
TABLES: dict[str, tuple[str, int, int]] = {
    "rows 1e3": ("gaussian", 1_000, 3),
    "rows 1e4": ("gaussian", 10_000, 3),
    "rows 1e5": ("gaussian", 100_000, 3),
    "rows 1e6": ("gaussian", 1_000_000, 3),
    "counts 1e4": ("poisson", 10_000, 3),
    "counts 1e5": ("poisson", 100_000, 3),
    "slopes 10": ("gaussian", 2_000, 10),
    "slopes 50": ("gaussian", 2_000, 50),
    "slopes 200": ("gaussian", 2_000, 200),
}
SCALARS: dict[str, int] = {"scalars 10": 10, "scalars 100": 100, "scalars 400": 400}


def solved(name: str) -> Any:
    """Solve one case and return its comparison."""
    import pandas as pd

    import triptych

    rng = np.random.default_rng(1)
    if name in SCALARS:
        import pymc as pm

        size = SCALARS[name]
        group = np.repeat(np.arange(size), 8)
        truth = rng.normal(size=size)
        with pm.Model() as model:
            between, within = pm.HalfNormal("between", 2), pm.HalfNormal("within", 2)
            level = pm.Normal("level", 0, between, shape=size)
            pm.Normal("y", level[group], within, observed=truth[group] + rng.normal(size=group.size))
        return triptych.compare(model, random_seed=1, progressbar=False)
    family, rows, slopes = TABLES[name]
    x = rng.normal(size=(rows, slopes))
    eta = 0.5 + x @ rng.normal(0, 0.5 / np.sqrt(slopes), slopes)
    y = rng.poisson(np.exp(eta)) if family == "poisson" else eta + rng.normal(size=rows)
    frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(slopes)]).assign(y=y)
    formula = "y ~ " + " + ".join(frame.columns[:-1])
    return triptych.fit(frame, formula, family=family, random_seed=1, progressbar=False)


def one(name: str) -> None:
    """Solve a case in this process and print how its estimates ended."""
    estimates = solved(name).estimates
    print(json.dumps({"statuses": estimates["status"].value_counts().to_dict()}))


def main(names: list[str]) -> None:
    """Print a table of the cases."""
    print("| case | processor seconds | memory, GB | statuses |\n|---|---|---|---|")
    for name in names or [*TABLES, *SCALARS]:
        process = subprocess.Popen([sys.executable, __file__, "--one", name], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        said = process.stdout.read()
        _, code, usage = os.wait4(process.pid, 0)
        seconds, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6
        ended = json.loads(said.splitlines()[-1])["statuses"] if code == 0 and said else f"code {code}"
        print(f"| {name} | {seconds:.0f} | {memory:.2f} | {ended} |", flush=True)


if __name__ == "__main__":
    one(sys.argv[2]) if sys.argv[1:2] == ["--one"] else main(sys.argv[1:])
