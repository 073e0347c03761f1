"""Files that are there as a whole or not at all: written beside their place, synced, and moved into it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def write_whole(place: Path, content: bytes) -> None:
    """Write a file such that it is there as a whole or not at all, even after a power cut."""
    with written_whole(place) as file:
        file.write(content)


@contextmanager
def written_whole(place: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside a path; at the end of the block it is synced and renamed to that path."""
    temporary = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, place)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(place)
        raise
    with suppress(OSError):  # some file systems cannot sync a folder
        descriptor = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
