"""What is kept between processes: compiled programs, and the source that PyTensor writes for them.

Compiled code is executed when it is loaded, so what is kept is used only where nobody else can have written it.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from triptych.base.trust import fault_of_parents, own_folder, sizes_inside

ROOM = 2**24  # bytes that generated source may take
UNKEPT = "the next start takes longer"
_said: set[str] = set()
speaks = True  # whether this process prints; of two processes only the first does


def cache_folder(*names: str, make: bool = False) -> Path | None:
    """Return a folder of ours in the user's cache.

    Parameters
    ----------
    *names
        The path below our own folder.
    make
        Whether to make it, with what is missing above it, for this user alone.

    Returns
    -------
    Path or None
        None where somebody else could write or where it cannot be made: nothing is kept, and stderr says why, once.
    """
    base = _base() if os.name == "posix" else None
    if base is None:
        _tell("nothing is kept", "no folder is known to be this user's alone", UNKEPT)
        return None
    top = base / "triptych"
    try:
        fault = fault_of_parents(base) or _made(base, make)
        top = (
            Path(os.path.realpath(base)) / "triptych"
        )  # resolved once, so that a link cannot be replaced between two looks
        folders = [top.joinpath(*names[:depth]) for depth in range(len(names) + 1)]
        fault = fault or next((said for folder in folders if (said := own_folder(folder, make))), "")
    except OSError as error:
        fault = f"{error.filename!r}: {error.strerror}"
    if fault:
        _tell(f"nothing is kept in {str(top)!r}", fault, f"{UNKEPT}; XDG_CACHE_HOME can name a folder of your own")
        return None
    return folders[-1]


def keep_generated_source() -> None:
    """Let PyTensor keep generated source in one place; by default it leaves a new file behind for each function."""
    import pytensor

    if pytensor.config.generated_src_dir:
        return
    folder = cache_folder("source", make=True)
    if folder is None or not os.access(folder, os.W_OK) or shutil.disk_usage(folder).free < ROOM:
        return  # PyTensor then keeps its source where it does by default
    if fault := sizes_inside(folder)[1]:
        not_used(fault)
    else:
        pytensor.config.generated_src_dir = str(folder)


def not_used(fault: str) -> None:
    """Say once that something in the cache is not used, and why."""
    _tell("part of what was kept is not used", fault, "remove it if it is not yours")


def not_kept(error: OSError) -> None:
    """Say once that something could not be written to the cache."""
    _tell("a compiled program could not be kept", str(error.strerror), UNKEPT)


def _base() -> Path | None:
    """Return the user's folder for caches. A relative path in a variable is no answer, by the XDG specification."""
    stated, home = os.environ.get("XDG_CACHE_HOME", ""), os.environ.get("HOME", "")
    if os.path.isabs(stated):
        return Path(stated)
    if not os.path.isabs(home):
        import pwd

        try:
            home = pwd.getpwuid(os.geteuid()).pw_dir
        except KeyError:  # the user has no entry in the password database
            return None
    return Path(home) / ".cache" if os.path.isabs(home) else None


def _made(base: Path, make: bool) -> str:
    """Make what is missing of the path to the cache, for this user alone."""
    for place in (*reversed(base.parents), base) if make else ():
        if not place.exists():
            place.mkdir(mode=0o700, exist_ok=True)
    return "" if base.is_dir() or not base.exists() else f"{str(base)!r} is not a folder"


def _tell(what: str, fault: str, then: str) -> None:
    """Write one line to stderr, once for each kind of trouble."""
    if what in _said or not speaks:
        return
    _said.add(what)
    with suppress(OSError, ValueError, AttributeError):  # a stderr that cannot be written must not end the work
        sys.stderr.write(f"triptych: {what}: {fault}; {then}\n")
