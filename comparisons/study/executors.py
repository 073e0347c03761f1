"""Where the pieces of a study are solved: in this process, in processes of this machine, or by Dask on many machines.

An executor is any object with ``run(solve, pieces)``, which yields each piece with what solving it gave, in any order.
The figures do not depend on it.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol

from triptych.base.errors import EnvironmentFault, InputError
from triptych.comparisons.study.design import Design, Piece, solve_piece
from triptych.comparisons.study.sources import is_installed

Solve = Callable[[Piece], Any]
AHEAD = 3  # pieces for each worker that are on their way at once
LOST = 3  # times that a piece is given to another worker after its own has gone


class Executor(Protocol):
    """What solves the pieces of a study somewhere."""

    def run(self, design: Design, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, Any]]:
        """Yield each piece with its table, in the order in which they are done."""


class Here:
    """Solves one piece after the other in this process."""

    def run(self, design: Design, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, Any]]:
        """Yield each piece with its table."""
        for piece in pieces:
            yield piece, solved_table(design, piece)


@dataclass(frozen=True)
class Processes:
    """Solves pieces in several processes of this machine, by joblib.

    Attributes
    ----------
    count
        How many.
    """

    count: int

    def run(self, design: Design, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, Any]]:
        """Yield each piece with its table, as they come."""
        from joblib import Parallel, delayed

        carried = carry(design)
        parallel = Parallel(n_jobs=self.count, return_as="generator_unordered", pre_dispatch="2*n_jobs", batch_size=1)
        yield from parallel(delayed(solve_carried)(carried, piece) for piece in pieces)


@dataclass(frozen=True)
class Dask:
    """Solves pieces by the workers of a Dask scheduler.

    Attributes
    ----------
    address
        Of the scheduler, such as ``tcp://10.0.0.1:8786``; or a ``distributed.Client``.
    """

    address: Any

    def run(self, design: Design, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, Any]]:
        """Yield each piece with its table, as they come; those of a worker that has gone are solved by another."""
        client, own = self._client()
        try:
            yield from self._run(client, carry(design), pieces)
        finally:
            if own:
                client.close()

    def _client(self) -> tuple[Any, bool]:
        try:
            from distributed import Client
        except ImportError:
            raise InputError("Dask is not installed; install triptych[dask]") from None
        if not isinstance(self.address, str):
            return self.address, False
        try:
            return Client(self.address, timeout="20s"), True
        except (OSError, ValueError) as error:
            raise InputError(f"no Dask scheduler answers at {self.address!r}: {error}") from error

    def _run(self, client: Any, carried: bytes, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, Any]]:
        from distributed import as_completed

        # The design goes to the workers once; a piece itself is a few numbers.
        shared = client.scatter(carried, broadcast=True, hash=False)
        rest = iter(pieces)

        def submit(count: int) -> list[Any]:
            return [
                client.submit(solve_carried, shared, piece, pure=False, retries=LOST) for piece in islice(rest, count)
            ]

        workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
        coming = as_completed(submit(AHEAD * workers), with_results=False)
        for future in coming:
            with suppress(KeyError):
                coming.update(submit(1))
            if future.status != "finished":
                self._raise(future)
            yield future.result()
            future.release()

    def _raise(self, future: Any) -> None:
        from distributed.scheduler import KilledWorker

        try:
            future.result()
        except KilledWorker as error:
            raise EnvironmentFault(
                f"a piece of the study was lost with {LOST + 1} workers one after the other ({error}): look whether "
                "they run out of memory"
            ) from error


def executor_of(given: Any) -> Executor:
    """Return an executor: None is this process, a number that many processes, a text the address of a scheduler.

    Raises
    ------
    InputError
        For anything else.
    """
    if given is None:
        return Here()
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return Processes(given) if given > 1 else Here()
    if isinstance(given, str) or type(given).__name__ == "Client":
        return Dask(given)
    if hasattr(given, "run"):
        found: Executor = given
        return found
    raise InputError(
        f"executor={given!r}: use None for this process, a number of processes, the address of a Dask scheduler, a "
        "distributed.Client, or an object with run(design, pieces)"
    )


def carry(design: Design) -> bytes:
    """Return a design as other processes read it, with the code of modules that they could not import."""
    import cloudpickle

    scenario = design.source.scenario
    functions = (scenario.model, scenario.data, scenario.simulate)
    names = {getattr(function, "__module__", None) for function in functions} - {None, "__main__"}
    sent = [sys.modules[name] for name in names if name in sys.modules and not is_installed(name)]
    for module in sent:
        cloudpickle.register_pickle_by_value(module)
    try:
        text: bytes = cloudpickle.dumps(design)
    finally:
        for module in sent:
            cloudpickle.unregister_pickle_by_value(module)
    return text


@lru_cache(maxsize=2)
def _arrived(carried: bytes) -> Design:
    found: Design = pickle.loads(carried)
    return found


def solve_carried(carried: bytes, piece: Piece) -> tuple[Piece, Any]:
    """Solve a piece in another process, which keeps the design and what it compiled for the next one."""
    return piece, solved_table(_arrived(carried), piece)


def solved_table(design: Design, piece: Piece) -> Any:
    """Solve a piece and return its rows as an Arrow table."""
    from triptych.comparisons.study.columns import table_of

    found, truth = solve_piece(design, piece)
    return table_of(found, truth, piece)
