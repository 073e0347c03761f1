"""``triptych run`` beside the same scenarios done by hand: whole processes, cold and warm caches, in one run.

python tests/benchmarks/bench_run.py [--all]    (--all: by hand too every variant; triptych always solves all)

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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every variant by hand, not the default ones alone")
    hand = [sys.executable, str(HERE / "by_hand.py"), *(["--all"] if parser.parse_args().all else [])]
    found: dict[tuple[str, str], Cost] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for state in AIMS:
            # Exit code 1 is a claim that does not hold: a matter of the tests, not of the clock.
            for who, command in (
                ("by hand", hand),
                ("triptych", [sys.executable, "-m", "triptych", "run", "--out", "report"]),
            ):
                found[who, state] = cost(command, Path(scratch) / who.replace(" ", "_"), accept=(0, 1))
                print(f"{who:9} {state}  {found[who, state]}", flush=True)
    for state, aim in AIMS.items():
        ratio = found["triptych", state].wall / found["by hand", state].wall
        print(f"{state}: triptych / by hand = {ratio:.2f} (aim: at most {aim:.2f})")
    peak = max(found["triptych", state].peak for state in AIMS)
    print(f"largest memory of triptych run: {peak / 1e9:.2f} GB (aim: at most {MOST_MEMORY / 1e9:.1f})")


if __name__ == "__main__":
    main()
