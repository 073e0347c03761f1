"""How long all three panels take on new data behind sliders: ``python tests/benchmarks/bench_live.py [SCENARIO ...]``.

The aim is 100 ms. Compiling is apart. Wall times are of this machine as it is; ``processor`` is the work itself.
"""

from __future__ import annotations

import sys
import time

import numpy as np

import triptych
from triptych.comparisons.bench import Bench

MOVES = 20


def main(names: list[str]) -> None:
    """Print one line for each scenario."""
    print(f"{'ms':20}{'compile':>10}{'fastest':>10}{'median':>10}{'processor':>11}  engine")
    for name in names:
        began = time.perf_counter()
        bench = Bench.of_scenario(triptych.scenarios()[name])
        bench.solve()
        compiled = time.perf_counter() - began
        array = next(n for n, a in bench.data.items() if a.dtype.kind == "f")
        given, wall, own, engines = bench.data[array], [], [], set()
        for k in range(MOVES):
            moved = given.copy()
            moved.ravel()[0] += 0.02 * (k + 1) * np.ptp(given)
            at = time.perf_counter(), time.process_time()
            table = bench.solve({array: moved})
            wall.append(time.perf_counter() - at[0])
            own.append(time.process_time() - at[1])
            engines |= set(table["engine"])
        figures = 1e3 * np.array([compiled, min(wall), np.median(wall), np.median(own)])
        print(f"{name:20}" + "".join(f"{f:10.0f}" for f in figures) + f"   {', '.join(sorted(engines))}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["small_n_variance", "weight_decay", "lasso"])
