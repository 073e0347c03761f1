"""JAX's own cache of compiled programs in a folder of ours: looked through before JAX executes what is in there."""

from __future__ import annotations

import zlib
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from triptych.base.trust import read_own, sizes_inside, write_own
from triptych.engine.caches import cache_folder, not_used

ENTRY = "-cache"  # how the name of an entry ends
WHOLE = "whole"  # file with name and size of each entry that was found complete
ZSTANDARD = b"\x28\xb5\x2f\xfd"


def xla_folder() -> Path | None:
    """Return the folder for JAX's cache, without the entries that were cut off when they were written.

    JAX writes in place, tells of a damaged entry at each start, and never writes it again. It reads whatever is there,
    so one file that somebody else can have written makes the folder one that is not used.
    """
    folder = cache_folder("xla", make=True)
    if folder is None:
        return None
    sizes, fault = sizes_inside(folder)
    if fault:
        not_used(fault)
        return None
    _sweep(folder, {name: size for name, size in sizes.items() if name.endswith(ENTRY)})
    return folder


def _sweep(folder: Path, sizes: dict[str, int]) -> None:
    """Remove entries that are not whole; each is looked into once."""
    seen = set(read_own(folder / WHOLE)[0].decode(errors="replace").splitlines())
    entries = {name: f"{size} {name}" for name, size in sizes.items()}
    whole = set()
    for name, entry in entries.items():
        if entry in seen or _is_whole(read_own(folder / name)[0]):
            whole.add(entry)
        else:
            with suppress(OSError):
                (folder / name).unlink()
    if whole != seen:
        with suppress(OSError):  # if the list cannot be written, the next process checks the entries again
            write_own(folder / WHOLE, "\n".join(sorted(whole)).encode())


def _is_whole(content: bytes) -> bool:
    """Whether JAX can decompress an entry with what is installed."""
    if content.startswith(ZSTANDARD):
        return _zstandard_is_whole(content)
    try:
        zlib.decompress(content)
    except zlib.error:
        return False
    return True


def _zstandard_is_whole(content: bytes) -> bool:
    for name in ("compression.zstd", "zstandard"):
        with suppress(ImportError):
            library = import_module(name)
            try:
                library.decompress(content)
            except (library.ZstdError, EOFError):
                return False
            return True
    return False
