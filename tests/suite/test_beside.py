"""Scenarios solved in two processes: all of them, in order, whatever becomes of the second one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from triptych.beside import second_process, solve_beside
from triptych.registry import scenarios
from triptych.scenario import Scenario

HERE = os.getpid()


def who(scenario: Scenario, progress: Callable[[str, float], None] | None, *, first: int) -> tuple[str, int]:
    """Stand for a solve: say which process it was, slowly enough for both to have a turn."""
    if progress is not None:
        progress(scenario.name, 0.5)
    if os.getpid() == first:
        time.sleep(3)
    return scenario.name, os.getpid()


def dies(scenario: Scenario, progress: Any, *, first: int) -> tuple[str, int]:
    if os.getpid() != first:
        os._exit(3)
    return scenario.name, os.getpid()


def test_both_take_part_and_the_order_is_kept() -> None:
    chosen = list(scenarios().values())
    said: list[tuple[str, float]] = []
    with second_process() as other:
        done = solve_beside(other, chosen, partial(who, first=HERE), lambda k: lambda *words: said.append(words))
    assert [name for name, _ in done] == [s.name for s in chosen]
    assert len({process for _, process in done}) == 2
    assert sorted(said) == [(s.name, 0.5) for s in chosen]


def test_the_second_process_ends_with_the_first() -> None:
    """Busy for minutes as it is; while it lives it holds the stream that this waits for."""
    code = (
        "import os, time\nfrom functools import partial\nfrom triptych.beside import second_process\n"
        "busy = partial(eval, '__import__(\"time\").sleep(300)')\n"
        "with second_process() as other:\n"
        "    other.send((busy, {}, False))\n    time.sleep(6)\n    os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)


def test_what_stands_in_no_module_is_solved_here() -> None:
    first, last = list(scenarios().values())[:2]
    with second_process() as other:
        done = solve_beside(other, [replace(first, name="copy"), last], partial(who, first=HERE), lambda k: None)
    assert done[0] == ("copy", HERE)


def test_when_the_second_process_dies_everything_is_solved_here() -> None:
    chosen = list(scenarios().values())[:2]
    with second_process() as other:
        done = solve_beside(other, chosen, partial(dies, first=HERE), lambda k: None)
    assert done == [(s.name, HERE) for s in chosen]
