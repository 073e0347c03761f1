"""JAX's own cache of compiled programs in a folder of ours; an entry is checked before JAX executes it."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from triptych.base.trust import read_own, sealed, sizes_inside, unsealed, write_own
from triptych.engine.caches import cache_folder, not_used

ENTRY = "-cache"  # how the name of an entry ends
DAY = 86_400  # seconds after which an unfinished entry is removed: no process still writes it


def use_xla_cache() -> bool:
    """Let JAX keep its programs in a folder of ours; return whether it does.

    JAX reads whatever is there, in place of what it looks for, so one file that somebody else can have written makes
    the folder one that is not used, and an entry is believed only under the name under which it was written.
    """
    import jax
    from jax._src import compilation_cache

    folder = xla_folder()
    if folder is None or not hasattr(compilation_cache, "get_file_cache"):  # a JAX that keeps them in another way
        return False
    compilation_cache.get_file_cache = lambda path: (SealedEntries(Path(path)), path)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    return True


def xla_folder() -> Path | None:
    """Return the folder for JAX's cache, without what killed processes began to write there."""
    folder = cache_folder("xla", make=True)
    if folder is None:
        return None
    sizes, fault = sizes_inside(folder)
    if fault:
        not_used(fault)
        return None
    for name in sizes:
        with suppress(OSError):  # another process may remove it as well
            if f"{ENTRY}." in name and (folder / name).stat().st_mtime < time.time() - DAY:
                (folder / name).unlink()
    return folder


class SealedEntries:
    """The part of JAX's cache that reads and writes files, which begin with a digest of their name and content.

    Parameters
    ----------
    folder
        Where the files are.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder  # by this name JAX says where its cache is

    def get(self, key: str) -> bytes | None:
        """Return an entry; None when there is none, or it is damaged or another one's."""
        kept, fault = read_own(self._path / f"{key}{ENTRY}")
        if fault:
            not_used(fault)
        return unsealed(key, kept)

    def put(self, key: str, value: bytes) -> None:
        """Write an entry, in place of a damaged one."""
        write_own(self._path / f"{key}{ENTRY}", sealed(key, value))
