"""Pieces of a study on disk: each is written whole or not at all, and known by what it depends on."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from triptych.base.errors import EnvironmentFault, InputError
from triptych.base.whole_files import write_whole
from triptych.comparisons.study.design import Piece
from triptych.comparisons.study.identity import changed, digest_of

CHUNKS = "chunks"
IDENTITY = "identity.json"
PIECE = re.compile(r"(\d+)-(\d+)\.parquet")
LOCK = ".lock"
READ = 4096  # replicates that are read at once


@dataclass(frozen=True)
class Store:
    """The chunks of a study in a folder.

    Attributes
    ----------
    folder
        The folder of the study; chunks are in ``chunks/<cell>-<digest>/<start>-<stop>.parquet``.
    identities
        For each cell everything that its figures depend on.
    """

    folder: Path
    identities: Sequence[dict[str, str]]

    def place(self, cell: int) -> Path:
        """Return the folder of the chunks of a cell."""
        return self.folder / CHUNKS / f"{cell:03d}-{digest_of(self.identities[cell])}"

    def refuse_others(self) -> None:
        """Raise when the folder has chunks of the same cells that depend on something else.

        Raises
        ------
        InputError
            Naming what has changed since they were written.
        """
        for cell, now in enumerate(self.identities):
            for other in sorted((self.folder / CHUNKS).glob(f"{cell:03d}-*")):
                if other == self.place(cell):
                    continue
                try:
                    before = json.loads((other / IDENTITY).read_text(encoding="utf-8"))
                except (OSError, ValueError):
                    before = {}
                what = "; ".join(changed(before, now)) or "what they depend on"
                raise InputError(
                    f"{str(self.folder)!r} has replicates of another study, and they are not mixed: changed since is "
                    f"{what}. Name another folder, or delete {str(self.folder / CHUNKS)!r}"
                )

    def done(self, cell: int, replicates: int) -> np.ndarray:
        """Return which replicates of a cell are on disk, ``(replicates,)``."""
        found = np.zeros(replicates, dtype=bool)
        for start, stop, _ in self.chunks(cell):
            found[start:stop] = True
        return found

    def chunks(self, cell: int) -> list[tuple[int, int, Path]]:
        """Return start, stop and file of each chunk of a cell, in order."""
        found = []
        for place in self.place(cell).glob("*.parquet"):
            if named := PIECE.fullmatch(place.name):
                found.append((int(named[1]), int(named[2]), place))
        return sorted(found)

    def write(self, piece: Piece, table: Any) -> None:
        """Keep the rows of a piece: a temporary file, synchronised, then given its name at once."""
        import pyarrow.parquet as pq

        text = io.BytesIO()
        pq.write_table(table, text, compression="zstd")
        folder = self.place(piece.cell.number)
        if not (folder / IDENTITY).exists():
            folder.mkdir(parents=True, exist_ok=True)
            said = json.dumps(self.identities[piece.cell.number], indent=1, ensure_ascii=False)
            write_whole(folder / IDENTITY, said.encode())
        write_whole(folder / f"{piece.start:09d}-{piece.stop:09d}.parquet", text.getvalue())

    def blocks(self, cell: int, replicates: int) -> Iterator[Any]:
        """Yield the rows of a cell in order, always in blocks of as many replicates, whatever the chunks are."""
        import pyarrow as pa

        waiting: list[Any] = []
        have, at = 0, 0
        for start, stop, place in self.chunks(cell):
            if stop <= at or start >= replicates:
                continue
            if start > at:
                break
            table = read_chunk(place)
            per = table.num_rows // (stop - start)
            end = min(stop, replicates)
            table = table.slice((at - start) * per, (end - at) * per)
            waiting.append(table)
            have, at = have + end - at, end
            while have >= READ:
                whole = pa.concat_tables(waiting)
                yield whole.slice(0, READ * per)
                waiting, have = [whole.slice(READ * per)], have - READ
        if have:
            yield pa.concat_tables(waiting)


def read_chunk(place: Path) -> Any:
    """Return the rows of a chunk.

    Raises
    ------
    EnvironmentFault
        When the file cannot be read any more: it was written whole.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(place, partitioning=None)
    except (OSError, pa.ArrowInvalid) as error:
        raise EnvironmentFault(
            f"{str(place)!r} was written whole and cannot be read now ({error}): delete it, and run the same command "
            "again to solve its replicates once more"
        ) from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder of chunks for this process, and remove what one that was killed left half-written.

    Raises
    ------
    InputError
        When another process is writing there.
    """
    chunks = folder / CHUNKS
    chunks.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(chunks / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _alone(descriptor):
            raise InputError(f"another study is being written to {str(folder)!r}; wait for it, or name another folder")
        for left in chunks.glob("*/.*.parquet.*"):
            with suppress(OSError):
                left.unlink()
        yield
    finally:
        os.close(descriptor)


def _alone(descriptor: int) -> bool:
    """Whether the lock is this process's; it ends with the process, however that ends."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # the file system has no locks
        return True
    return True
