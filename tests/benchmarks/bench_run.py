"""``triptych run`` beside the same scenarios done by hand: whole processes, cold and warm caches, in one run.

python tests/benchmarks/bench_run.py

By hand twice: the default variant of each scenario, and every variant, which is what triptych solves.

Aims: from empty compile caches at most 1/4 of the time by hand, from warm ones 2/3, the report included;
at most 1.5 GB.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from processes import Cost, cost

HERE = Path(__file__).resolve().parent
AIMS = {"cold": 1 / 4, "warm": 2 / 3}
MOST_MEMORY = 1.5e9


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    commands = {
        "four by hand": [sys.executable, str(HERE / "by_hand.py")],
        "all by hand": [sys.executable, str(HERE / "by_hand.py"), "--all"],
        "triptych": [sys.executable, "-m", "triptych", "run", "--out", "report"],
    }
    found: dict[tuple[str, str], Cost] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for state in AIMS:
            for who, command in commands.items():
                # Exit code 1 is a claim that does not hold: a matter of the tests, not of the clock.
                found[who, state] = cost(command, Path(scratch) / who.replace(" ", "_"), accept=(0, 1))
                print(f"{who:12} {state}  {found[who, state]}", flush=True)
    for state, aim in AIMS.items():
        spent = {who: found[who, state].wall for who in commands}
        print(
            f"{state}: triptych / by hand = {spent['triptych'] / spent['four by hand']:.2f} (four default variants), "
            f"{spent['triptych'] / spent['all by hand']:.2f} (every variant); aim: at most {aim:.2f}"
        )
    peak = max(found["triptych", state].peak for state in AIMS)
    print(f"largest memory of triptych run: {peak / 1e9:.2f} GB (aim: at most {MOST_MEMORY / 1e9:.1f})")


if __name__ == "__main__":
    main()
