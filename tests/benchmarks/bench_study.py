"""How many simulated data sets a second are solved by all three methods, against the loops that a user writes.

    python tests/benchmarks/bench_study.py [--replicates 512] [--rival 3]

Two rivals run on the same data sets in the same process. The first builds a new PyMC model for each, calls
``pm.find_MAP``, ``pm.sample`` and ``az.summary``. The second compiles once with nutpie, puts new data in, samples, and
calls ``az.summary``. Ours gives maxima, posterior, statuses, intervals and summaries; compile time is apart, in its own
column, except for the first rival, who compiles for every data set.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

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
DRAWS = {"draws": 500, "tune": 500, "chains": 2}


def data_sets(scenario: Scenario, n: int, count: int) -> list[Data]:
    assert scenario.simulate is not None
    return [scenario.simulate(np.random.default_rng([1, k]), n=n)[0] for k in range(count)]


def seconds(run: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def ours(scenario: Scenario, data: list[Data], options: Options) -> tuple[float, float, float]:
    """Return seconds to compile, seconds for a data set, and the share that the serial engine solved."""
    count = len(data)
    seeds = np.random.default_rng(1).integers(0, 2**32, (count, 2), dtype=np.uint32)
    begin = time.perf_counter()
    problem = compiled(scenario, {}, data[0])
    sets = Sets([d.arrays for d in data], seeds, np.full((count, len(problem.scalars)), np.nan))
    for _ in range(2):  # the second time in case a block of those that are extended was not among the first
        solve_sets(problem, sets.some(np.arange(BLOCK)), options)
    compiling = time.perf_counter() - begin
    begin = time.perf_counter()
    found = solve_sets(problem, sets, options)
    took = (time.perf_counter() - begin) / count
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
        begin = time.perf_counter()
        once = nutpie.compile_pymc_model(model, backend="numba", freeze_model=False)

    def one(arrays: dict[str, np.ndarray]) -> None:
        known = {name: values for name, values in arrays.items() if name in once.shared_data}
        az.summary(nutpie.sample(once.with_data(**known), **DRAWS, cores=1, seed=1, progress_bar=False))

    one(data[0].arrays)
    compiling = time.perf_counter() - begin
    return compiling, seconds(lambda: [one(d.arrays) for d in data]) / len(data)


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("--replicates", type=int, default=512)
    given.add_argument("--rival", type=int, default=3)
    options = given.parse_args()
    for name, n, first_asked, second_asked in CASES:
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


if __name__ == "__main__":
    main()
