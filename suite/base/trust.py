"""Whether another user can have written a file. Cached programs are executed, so that such a file is not used."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path

DIGEST = 32  # bytes of a SHA-256
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def fault_of_parents(folder: Path) -> str:
    """Say why someone else could put another folder in the place of this one; empty when nobody can.

    Each folder on the way down belongs to this user or to root and cannot be written by others, unless it is one like
    ``/tmp``, in which nobody can rename what belongs to another. Links on the way are this user's or root's.

    Parameters
    ----------
    folder
        An absolute path; what is missing at its end is no fault.
    """
    for path in (folder, Path(os.path.realpath(folder))):
        for place in (*reversed(path.parents), path):
            try:
                found = place.lstat()
            except FileNotFoundError:
                break
            if found.st_uid not in (os.geteuid(), 0):
                return f"{str(place)!r} belongs to another user ({found.st_uid})"
            linked, sticky = stat.S_ISLNK(found.st_mode), found.st_mode & stat.S_ISVTX
            if not linked and found.st_mode & OTHERS_WRITE and not sticky:
                return f"others may write in {str(place)!r}"
    return ""


def fault_of(place: Path, found: os.stat_result, kind: str) -> str:
    """Say why a file or folder is not this user's alone to write; empty when it is.

    Parameters
    ----------
    place
        Its path, for the message.
    found
        What ``lstat`` or ``fstat`` says of it.
    kind
        ``file`` or ``folder``.
    """
    right = stat.S_ISREG if kind == "file" else stat.S_ISDIR
    if not right(found.st_mode):
        return f"{str(place)!r} is {'a link' if stat.S_ISLNK(found.st_mode) else f'not a {kind}'}"
    if found.st_uid != os.geteuid():
        return f"{str(place)!r} belongs to another user ({found.st_uid})"
    return f"others may write in {str(place)!r}" if found.st_mode & OTHERS_WRITE else ""


def own_folder(place: Path, make: bool) -> str:
    """Say why a folder is not this user's alone; empty when it is, or is missing and is not to be made.

    A folder that others may only read is closed to them.
    """
    try:
        found = place.lstat()
    except FileNotFoundError:
        if not make:
            return ""
        place.mkdir(mode=stat.S_IRWXU, exist_ok=True)  # another process may make it as well
        found = place.lstat()
    fault = fault_of(place, found, "folder")
    if not fault and found.st_mode & OTHERS:
        with suppress(OSError):  # the medium may be read-only
            place.chmod(stat.S_IRWXU)
    return fault


def sizes_inside(folder: Path) -> tuple[dict[str, int], str]:
    """Return the sizes of the files in a folder, and why one of them, or a folder among them, is not this user's."""
    sizes = {}
    for entry in os.scandir(folder):
        try:
            found = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # another process may remove it
            continue
        kind = "folder" if stat.S_ISDIR(found.st_mode) else "file"
        if fault := fault_of(folder / entry.name, found, kind):
            return {}, fault
        sizes[entry.name] = found.st_size
    return sizes, ""


def read_own(file: Path) -> tuple[bytes, str]:
    """Return the content of a file, or why it is not trusted; two empty values when the file does not exist."""
    try:
        # Links are not followed, and opening a pipe does not block.
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return b"", ""
    except OSError as error:
        linked = file.is_symlink()
        return b"", f"{str(file)!r} is a link" if linked else f"{str(file)!r} cannot be read: {error.strerror}"
    with open(descriptor, "rb") as opened:
        fault = fault_of(file, os.fstat(descriptor), "file")
        return (b"" if fault else opened.read()), fault


def write_own(file: Path, content: bytes) -> None:
    """Write a file so that another process finds all of it or nothing.

    Raises
    ------
    OSError
        When it cannot be written; nothing of it is left then.
    """
    import threading

    beside = file.with_name(f"{file.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as opened:
            opened.write(content)
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def sealed(name: str, content: bytes) -> bytes:
    """Return content behind a digest of it and of its name, which tells it from damaged and from other content."""
    return _digest(name, content) + content


def unsealed(name: str, kept: bytes) -> bytes | None:
    """Return the content of what was kept under a name; None where it is damaged or was kept under another."""
    content = kept[DIGEST:]
    return content if _digest(name, content) == kept[:DIGEST] else None


def _digest(name: str, content: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + content).digest()
