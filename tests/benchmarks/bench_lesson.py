"""How long the lesson takes to answer and to draw: ``python tests/benchmarks/bench_lesson.py``, with chromium.

Every act is moved to positions drawn at random over its sliders, switch and data, one a frame, as a hand moves them,
three times over. Of each position the fastest time counts, so that what else the machine does is left out. Aims: an
answer within 100 ms, a drawing within 16 ms. ``frame`` is from a move until it is painted, with the browser's own
layout and paint in it; headless chromium paints every 16.7 ms at most.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.reports.browser import browse
from triptych.reports.lesson.act import NAMES, get
from triptych.reports.lesson.lesson import render_lesson

MOVES, TIMES = 60, 3
AIMS = {"answer": 100.0, "draw": 16.0}
MOVE = """(async () => {
  const [bench, section] = [lesson.benches.%(name)s, document.getElementById("%(name)s")];
  section.scrollIntoView();
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const times = [];
  await frame();
  for (const moved of %(states)s) {
    bench.set(moved);
    const began = await frame(); // the bench answers and draws in this frame, and is painted before the next
    const painted = await frame();
    times.push([+section.dataset.solve, +section.dataset.draw, painted - began]);
  }
  return times;
})()"""


def moves(name: str, count: int) -> list[dict[str, Any]]:
    """Return positions of a bench, anywhere that its controls reach."""
    rng, bench = np.random.default_rng(1), get(name).bench

    def between(control: dict[str, Any], log: bool) -> float:
        low, high = float(control["lo"]), float(control["hi"])
        return float(10 ** rng.uniform(np.log10(low), np.log10(high)) if log else rng.uniform(low, high))

    found, (low, high) = [], bench["range"]
    for _ in range(count):
        one = {
            "n": int(rng.integers(bench["n"]["min"], bench["n"]["max"], endpoint=True)),
            "prior": between(bench["prior"], log=True),
            bench["drag"]: rng.uniform(low, high, size=len(bench["start"][bench["drag"]])).round(1).tolist(),
        }
        if "extra" in bench:
            one["extra"] = between(bench["extra"], bench["extra"].get("log", False))
        if "switch" in bench:
            one["switch"] = str(rng.choice([value for value, _ in bench["switch"]["options"]]))
        found.append(one)
    return found


def main() -> None:
    """Print one line for each act, and say which aims are missed."""
    chromium = shutil.which("chromium")
    assert chromium, "the benchmark needs chromium"
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lesson.html"
        path.write_text(render_lesson(), encoding="utf-8")
        with browse(chromium, Path(folder) / "profile") as page:
            page.open(path)
            page.evaluate("new Promise((done) => setTimeout(done, 3000))")  # the page has compared itself by then
            print(f"{'ms':14}{'answer':>16}{'draw':>16}{'frame':>16}   (median, largest)")
            for name in NAMES:
                states = json.dumps(moves(name, MOVES))
                times = np.min([page.evaluate(MOVE % {"name": name, "states": states}) for _ in range(TIMES)], axis=0)
                middle, most = np.median(times, axis=0), times.max(axis=0)
                print(f"{name:14}" + "".join(f"{a:8.1f}{b:8.1f}" for a, b in zip(middle, most, strict=True)))
                missed += [f"{name}: {what}" for what, figure in zip(AIMS, most, strict=False) if figure > AIMS[what]]
    print("missed: " + ", ".join(missed) if missed else "every answer and every drawing is within its aim")


if __name__ == "__main__":
    main()
