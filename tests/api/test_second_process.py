"""Scenarios solved in two processes: all of them, in order, whatever becomes of the second one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from triptych.api.second_process import second_process, solve_beside
from triptych.problem.registry import scenarios
from triptych.problem.scenario import Scenario

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


def starved(scenario: Scenario, progress: Any, *, first: int) -> tuple[str, int]:
    if os.getpid() != first:
        raise MemoryError
    return scenario.name, os.getpid()


def test_both_take_part_and_the_order_is_kept() -> None:
    chosen = list(scenarios().values())
    said: list[tuple[str, float]] = []
    with second_process() as other:
        done = solve_beside(other, chosen, partial(who, first=HERE), lambda k: lambda *words: said.append(words))
    assert [name for name, _ in done] == [s.name for s in chosen]
    assert len({process for _, process in done}) == 2
    assert sorted(said) == sorted((s.name, 0.5) for s in chosen)


def test_the_second_process_ends_with_the_first() -> None:
    """Busy for minutes as it is; while it lives it holds the stream that this waits for."""
    code = (
        "import os, time\nfrom functools import partial\nfrom triptych.api.second_process import second_process\n"
        "busy = partial(eval, '__import__(\"time\").sleep(300)')\n"
        "with second_process() as other:\n"
        "    other.send((busy, {}, False))\n    time.sleep(6)\n    os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)


def processes(session: int) -> list[int]:
    """Return the processes of a session that are not yet gone."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, of = place.read_text().rpartition(")")[2].split()[:4]
            found += [int(place.parent.name)] if int(of) == session and state not in "ZX" else []
    return found


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are counted in /proc")
@pytest.mark.parametrize("ending", ["interrupt", "interrupt at the start", "kill", "error", "end"])
def test_no_process_is_left_when_a_command_ends(ending: str) -> None:
    """The second one is busy, or is still being started."""
    busy = "other.send((partial(eval, '__import__(\"time\").sleep(300)'), {}, False))"
    after = {"interrupt at the start": "os.kill(os.getpid(), signal.SIGINT)"}.get(ending, "pass")
    code = (
        "import os, signal, subprocess, sys, time\nfrom functools import partial\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from triptych.api.second_process import second_process\n"
        f"start = subprocess.Popen.__init__\ndef init(*a, **k):\n    start(*a, **k)\n    {after}\n"
        "subprocess.Popen.__init__ = init\n"
        f"with second_process() as other:\n    {busy}\n    print('ready', flush=True)\n"
        f"    assert {ending != 'error'}\n    time.sleep(0 if {ending == 'end'} else 300)\n"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert first.stdout is not None
    if first.stdout.readline():
        assert ending != "interrupt at the start"
        if ending in ("interrupt", "kill"):
            assert len(processes(first.pid)) == 2
            os.killpg(first.pid, signal.SIGINT) if ending == "interrupt" else first.kill()
    _, said = first.communicate(timeout=60)
    if ending == "kill":  # the other one has to notice
        begun = time.monotonic()
        while processes(first.pid) and time.monotonic() < begun + 20:
            time.sleep(0.1)
    assert processes(first.pid) == []
    assert said.count("Traceback") == {"kill": 0, "end": 0}.get(ending, 1), said


def test_a_process_without_memory_leaves_the_work_to_the_first() -> None:
    chosen = list(scenarios().values())[:2]
    with second_process() as other:
        done = solve_beside(other, chosen, partial(starved, first=HERE), lambda k: None)
    assert done == [(s.name, HERE) for s in chosen]


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
