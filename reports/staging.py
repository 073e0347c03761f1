"""A report that is written beside its place and put there file by file, with a list of the files last."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

MANIFEST = "manifest.sha256"  # what ``sha256sum --check`` reads: the digest and the name of each file of a report
POSIX = os.name == "posix"
STAGING = re.compile(r"\.triptych-[a-z0-9_]{8}")
OURS = re.compile(r"[a-z][a-z0-9_]*\.(html|json|csv|nc|sha256)")  # what is written into a staging folder


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Yield a new folder inside ``out`` that is this process's; it is removed at the end.

    Those of processes that were killed are removed first: the lock on a folder ends with the process that holds it.
    """
    if POSIX:
        sweep(out)
    staging, lock = _locked(out)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def sweep(out: Path) -> None:
    """Remove folders that a report was written in by a process that is no more."""
    for folder in out.iterdir():
        if not STAGING.fullmatch(folder.name) or folder.is_symlink() or not folder.is_dir():
            continue
        with suppress(OSError):  # another user's, or gone meanwhile
            lock = os.open(folder, os.O_RDONLY)
            try:
                if _lock(lock) and all(OURS.fullmatch(file.name) for file in folder.iterdir()):
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _locked(out: Path) -> tuple[Path, int | None]:
    """Return a new folder that no other process takes for a left one, and its lock; elsewhere folders have none."""
    while True:
        staging = Path(tempfile.mkdtemp(prefix=".triptych-", dir=out))
        if not POSIX:
            return staging, None
        lock = os.open(staging, os.O_RDONLY)
        _lock(lock)
        if staging.exists():  # no other process swept it before it was locked
            return staging, lock
        os.close(lock)


def _lock(descriptor: int) -> bool:
    """Whether a folder is locked for this process now, and was for no other."""
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # another process holds it, or the file system has no locks
        return False
    return True


def put_in_place(staging: Path, out: Path, names: Sequence[str]) -> list[str]:
    """Move the files of a report, all of them, and their list last; an interrupt in between comes too late.

    Each is on the disk before it is moved. While the list is the one of an earlier report, or a process was killed in
    between, digests tell which files are not of that report.

    Returns
    -------
    list of str
        What was put there.
    """
    digests = [f"{hashlib.sha256((staging / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (staging / MANIFEST).write_text("".join(digests), encoding="utf-8")
    every = [*names, MANIFEST]
    for name in every:
        with open(staging / name, "rb+") as file:
            os.fsync(file)
    for _ in range(2):
        with suppress(KeyboardInterrupt):
            for name in every:
                if (staging / name).exists():
                    os.replace(staging / name, out / name)
    with suppress(OSError):  # some file systems do not do this for folders
        _folder_to_disk(out)
    return every


def _folder_to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
