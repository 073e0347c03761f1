"""Scenarios solved side by side: this process takes them from one end of the list, a second from the other."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

from triptych.base.environment import lacking
from triptych.base.interrupt import held
from triptych.base.progress import Progress
from triptych.problem.scenario import Scenario

COLLECT = 2_000_000  # new objects that trigger garbage collection; a run makes fewer, so that none is done
# From its first statement on, a thread of the second process waits for the first one to end, and then ends it.
WORK = """
import json, os, sys, threading
threading.Thread(target=lambda: (os.read(int(sys.argv[2]), 1), os._exit(1)), daemon=True).start()
sys.path[:] = json.loads(sys.argv[3])
from triptych.api.second_process import work
work(int(sys.argv[1]))
"""
Solve = Callable[[Scenario, Progress | None], Any]


def own_process() -> None:
    """Make garbage collection rare: nearly all objects of a process that only solves live until its end."""
    import gc

    gc.set_threshold(COLLECT)


def _import_first() -> None:
    """Import ArviZ before other libraries: it searches all loaded modules, which takes longer when there are more."""
    import arviz_base  # noqa: F401


@contextmanager
def second_process() -> Iterator[Any]:
    """Start a process that waits for scenarios, and end it; the value is the connection to it.

    It imports what it needs meanwhile, as the first process does. None is left, however this one ends.
    """
    from multiprocessing import Pipe

    here, there = Pipe()
    ends, lives = os.pipe()  # the second process reads the end of this pipe when the first, its only writer, ends
    process = None
    try:
        # Only the first process handles interrupts: here they wait until the second one can be ended.
        with held(), _masked():
            given = [str(there.fileno()), str(ends), json.dumps(sys.path)]
            kept = (there.fileno(), ends)
            process = subprocess.Popen([sys.executable, "-c", WORK, *given], pass_fds=kept, stdin=subprocess.DEVNULL)
        there.close()
        _import_first()
        yield here
    finally:
        if process is not None:
            process.kill()
            process.wait()
        os.close(lives)
        os.close(ends)
        here.close()


@contextmanager
def _masked() -> Iterator[None]:
    """Block interrupts, as does a process that is started meanwhile, from its start to its end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def solve_beside(
    other: Any, chosen: Sequence[Scenario], solve: Solve, progress: Callable[[int], Progress | None]
) -> list[Any]:
    """Solve scenarios here and in a second process.

    Parameters
    ----------
    other
        The connection to it, from :func:`second_process`.
    chosen
        What to solve.
    solve
        Solves one into a comparison; a module's function, or a partial of one, so that the other process
        finds it.
    progress
        Position of a scenario to what is called with its progress.

    Returns
    -------
    list
        Comparisons in the order of ``chosen``. Those of the other process are as pickling leaves them: complete in what
        is reported, without their engine and statsmodels' results.
    """
    todo = deque(range(len(chosen)))
    done: dict[int, Any] = {}
    returned: list[int] = []

    def take(end: Callable[[], int]) -> Iterator[int]:
        with suppress(IndexError):
            while True:
                yield end()

    def feed() -> None:
        for position in take(todo.popleft):
            try:
                done[position] = _ask(other, solve, chosen[position], progress(position))
            except (pickle.PicklingError, AttributeError, EOFError, OSError, ImportError):
                # The scenario or its result does not pickle, or the second process ended: solved here later.
                returned.append(position)

    feeder = Thread(target=feed, daemon=True)
    feeder.start()
    for position in take(todo.pop):
        done[position] = solve(chosen[position], progress(position))
    feeder.join()
    for position in returned:
        done[position] = solve(chosen[position], progress(position))
    return [done[position] for position in range(len(chosen))]


def _ask(connection: Any, solve: Solve, scenario: Scenario, progress: Progress | None) -> Any:
    connection.send((solve, scenario, progress is not None))
    while True:
        kind, content = connection.recv()
        if kind == "progress":
            if progress is not None:
                progress(*content)
        elif kind == "error":
            raise ImportError(content)
        else:
            return content


def work(channel: int) -> None:
    """Answer the first process, by the connection whose file has this number, until it ends."""
    from multiprocessing.connection import Connection

    from triptych.engine import caches

    connection = Connection(channel)
    caches.speaks = False  # the first process prints the same lines
    own_process()
    _import_first()
    from triptych.problem.registry import scenarios

    with suppress(Exception):  # a scenario that cannot be imported is reported by the first process
        scenarios()
    while True:
        try:
            solve, scenario, wanted = connection.recv()
        except EOFError:
            return
        except (ImportError, AttributeError) as error:
            connection.send(("error", str(error)))
            continue
        try:
            comparison = solve(scenario, (lambda *said: connection.send(("progress", said))) if wanted else None)
        except Exception as error:
            if not (fault := lacking(error)):
                raise
            connection.send(("error", fault))  # the first process tries it alone
            continue
        try:
            connection.send(("done", comparison))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            connection.send(("error", str(error)))
