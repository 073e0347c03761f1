"""Scenarios solved side by side: this process takes them from one end of the list, a second from the other."""

from __future__ import annotations

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

from triptych.progress import Progress
from triptych.scenario import Scenario

COLLECT = 2_000_000  # objects that are made between looks for garbage: more than a run makes in all
Solve = Callable[[Scenario, Progress | None], Any]


def own_process() -> None:
    """Set up a process that does nothing but solve: what it makes is mostly kept to its end."""
    import gc

    gc.set_threshold(COLLECT)


def _import_first() -> None:
    """Import what takes longer the more is loaded: ArviZ looks through all modules for one that is not there."""
    import arviz_base  # noqa: F401


@contextmanager
def second_process() -> Iterator[Any]:
    """Start a process that waits for scenarios, and end it; the value is the connection to it.

    It imports what it needs meanwhile, as the first process does.
    """
    from multiprocessing import get_context

    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(there,), daemon=True)
    process.start()
    there.close()
    _import_first()
    try:
        yield here
    finally:
        process.kill()


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
                # It cannot go there, or did not come back: solved here in its turn.
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


def _work(connection: Any) -> None:
    """Answer the other process until it ends."""
    import signal

    # An interrupt is the first process's to handle; it ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    own_process()
    _import_first()
    Thread(target=_end_with_parent, daemon=True).start()
    from triptych.registry import scenarios

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
        comparison = solve(scenario, (lambda *said: connection.send(("progress", said))) if wanted else None)
        try:
            connection.send(("done", comparison))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            connection.send(("error", str(error)))


def _end_with_parent() -> None:
    """End this process, whatever it is doing, when the first one is gone without a word."""
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
