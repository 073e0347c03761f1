"""How many simulated data sets a second are solved by all three methods, against the loops that a user writes.

    python tests/benchmarks/bench_study.py [--replicates 512] [--rival 3] [--scenario NAME]

Two rivals run on the same data sets in the same process. The first builds a new PyMC model for each, calls
``pm.find_MAP``, ``pm.sample`` and ``az.summary``. The second compiles once with nutpie, puts new data in, samples, and
calls ``az.summary``. Ours gives maxima, posterior, statuses, intervals and summaries; compile time is apart, in its own
column, except for the first rival, who compiles for every data set. All is processor time, compilers that are called
included, so that a busy machine counts for nothing.

Last, a whole study of 1000 data sets at each of three n, as the command line runs it with what an earlier one compiled,
stands against ten data sets of the first rival.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from processes import cost

import triptych
from triptych.batch.lanes import BLOCK
from triptych.comparisons.study.problem import Options, Sets
from triptych.comparisons.study.replicates import BATCHED, STATUSES
from triptych.comparisons.study.solver import solve_sets
from triptych.graph.from_scenario import build_model
from triptych.panels.problem import compiled
from triptych.problem.scenario import Data, Scenario
from triptych.problem.table import Status

CASES = (("small_n_variance", 10, 1000, 10), ("lasso", 100, 500, 5))  # with the ratios that are asked for
STUDIED = CASES[0][0]
DRAWS = {"draws": 500, "tune": 500, "chains": 2}


def data_sets(scenario: Scenario, n: int, count: int) -> list[Data]:
    assert scenario.simulate is not None
    return [scenario.simulate(np.random.default_rng([1, k]), n=n)[0] for k in range(count)]


def now() -> float:
    """Return the processor time of this process and of those that it has started, in seconds."""
    return sum(os.times()[:4])


def seconds(run: Callable[[], Any]) -> float:
    begin = now()
    run()
    return now() - begin


def ours(scenario: Scenario, data: list[Data], options: Options) -> tuple[float, float, float]:
    """Return seconds to compile, seconds for a data set, and the share that the serial engine solved."""
    count = len(data)
    seeds = np.random.default_rng(1).integers(0, 2**32, (count, 2), dtype=np.uint32)
    begin = now()
    problem = compiled(scenario, {}, data[0])
    sets = Sets([d.arrays for d in data], seeds, np.full((count, len(problem.scalars)), np.nan))
    for _ in range(2):  # the second time in case a block of those that are extended was not among the first
        solve_sets(problem, sets.some(np.arange(BLOCK)), options)
    compiling = now() - begin
    begin = now()
    found = solve_sets(problem, sets, options)
    took = (now() - begin) / count
    failed = np.mean(np.any(found.status != STATUSES.index(Status.OK), axis=(0, 2)))
    print(f"  data sets of which an estimate is not ok: {failed:.2%}")
    return compiling, took, float(np.mean(found.engine[0] != BATCHED))


def by_hand(scenario: Scenario, data: Data) -> None:
    """Solve one data set as a user does who writes a loop."""
    import arviz as az
    import pymc as pm

    with build_model(scenario, data, {}):
        pm.find_MAP(progressbar=False)
        az.summary(pm.sample(**DRAWS, cores=1, random_seed=1, progressbar=False))


def compiled_once(scenario: Scenario, data: list[Data]) -> tuple[float, float]:
    """Return seconds to compile and seconds for a data set of the loop over one model compiled by nutpie."""
    import arviz as az
    import nutpie

    with build_model(scenario, data[0], {}) as model:
        begin = now()
        once = nutpie.compile_pymc_model(model, backend="numba", freeze_model=False)

    def one(arrays: dict[str, np.ndarray]) -> None:
        known = {name: values for name, values in arrays.items() if name in once.shared_data}
        az.summary(nutpie.sample(once.with_data(**known), **DRAWS, cores=1, seed=1, progress_bar=False))

    one(data[0].arrays)
    compiling = now() - begin
    return compiling, seconds(lambda: [one(d.arrays) for d in data]) / len(data)


def whole_study() -> float:
    """Return processor seconds of a study of 3 x 1000 data sets, files and pages included, from a warm cache."""
    command = [sys.executable, "-m", "triptych", "study", STUDIED, "--n", "10,30,100", "--replicates"]
    with tempfile.TemporaryDirectory() as folder:
        cost([*command, str(BLOCK), "--out", f"{folder}/first"], Path(folder))
        return cost([*command, "1000", "--seed", "2", "--out", f"{folder}/second"], Path(folder)).processor


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("--replicates", type=int, default=512)
    given.add_argument("--rival", type=int, default=3)
    given.add_argument("--scenario", choices=[name for name, *_ in CASES])
    options = given.parse_args()
    for name, n, first_asked, second_asked in CASES:
        if options.scenario not in (None, name):
            continue
        scenario = triptych.scenarios()[name]
        data = data_sets(scenario, n, options.replicates)
        print(f"{name}, n = {n}")
        by_hand(scenario, data[0])  # imports and caches
        loop = seconds(lambda: [by_hand(scenario, d) for d in data[: options.rival]]) / options.rival  # noqa: B023
        print(f"  a new model each, find_MAP, sample, summary: {1 / loop:9.3f} a second")
        compiling, once = compiled_once(scenario, data[: 5 * options.rival])
        print(f"  nutpie compiled once, with_data, summary:    {1 / once:9.3f} a second ({compiling:.1f} s to compile)")
        for kinds in (("wald", "laplace", "eti", "hdi"), ("wald", "profile", "laplace", "eti", "hdi")):
            compiling, took, serial = ours(scenario, data, Options(intervals=kinds))
            print(
                f"  triptych, {', '.join(kinds)}: {1 / took:9.1f} a second ({compiling:.1f} s to compile, "
                f"{serial:.1%} by the serial engine)\n"
                f"    {loop / took:.0f} times the first (asked: {first_asked}), {once / took:.1f} times the second "
                f"(asked: {second_asked})"
            )
        if name == STUDIED:
            study = whole_study()
            print(f"  a study of 3 x 1000: {study:.0f} s, ten data sets of the first rival: {10 * loop:.0f} s")


if __name__ == "__main__":
    main()
