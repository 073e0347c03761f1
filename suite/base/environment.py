"""What the environment lacks: room on a disk, memory, files that can be opened."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

from triptych.base.errors import EnvironmentFault
from triptych.base.memory import address_space, size_said

DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
REMEDY = "PYTENSOR_FLAGS=base_compiledir=FOLDER names another"
LACKING = (*DISK, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN)
# What the system's loader says where memory ends while a library is loaded; libraries raise their own errors from it.
NOT_LOADED = ("failed to map segment from shared object", "cannot allocate memory")


def lacking(error: BaseException) -> str:
    """Return what the environment lacks where that caused an error; empty for any other error.

    Parameters
    ----------
    error
        Whatever was raised: Python's and NumPy's errors, or JAX's, which tells a lack of memory by a word. Of an error
        that was raised while another was handled, the other counts as well where it is the loader's.
    """
    if isinstance(error, EnvironmentFault):
        return str(error)
    text = str(error)
    if isinstance(error, MemoryError) or (
        type(error).__name__.endswith("RuntimeError") and "RESOURCE_EXHAUSTED" in text
    ):
        detail = f": {text.splitlines()[0]}" if text else ""
        return f"there is too little memory{detail}{_limited()}; allow more, or close programs"
    loader = next((str(one) for one in _chain(error) if any(word in str(one).lower() for word in NOT_LOADED)), "")
    if loader:
        return f"there is too little memory to load a library: {loader.splitlines()[0]}; allow more, or close programs"
    if isinstance(error, ValueError) and "compiledir" in text:
        return f"PyTensor keeps what it compiles in a folder that cannot be written ({text}); {REMEDY}"
    return told(error) if isinstance(error, OSError) and error.errno in LACKING else ""


def _limited() -> str:
    """Say to what the address space is limited; empty where it is not."""
    space = address_space()
    return "" if space is None else f"; a limit (ulimit -v) leaves this process {size_said(space)} of address space"


def _chain(error: BaseException) -> Iterator[OSError | ImportError]:
    """Yield the errors of files and imports that led to an error, itself first."""
    one: BaseException | None = error
    while one is not None:
        if isinstance(one, (OSError, ImportError)):
            yield one
        one = one.__cause__ or one.__context__


def told(error: OSError) -> str:
    """Return an error of the system with the file that it is about."""
    if error.errno == errno.ENOENT and not error.filename and _without_directory():
        return "the working directory is no more; change to another"
    what = error.strerror or str(error)
    if error.filename:
        return f"{str(error.filename)!r}: {what}"
    return f"a file could not be written: {what}" if error.errno in DISK else what


def _without_directory() -> bool:
    """Whether the working directory was removed; it still opens then, and has no path."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False
