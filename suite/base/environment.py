"""What the environment lacks: room on a disk, memory, files that can be opened."""

from __future__ import annotations

import errno

from triptych.base.errors import EnvironmentFault

DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
REMEDY = "PYTENSOR_FLAGS=base_compiledir=FOLDER names another"
LACKING = (*DISK, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN)


def lacking(error: BaseException) -> str:
    """Return what the environment lacks where that caused an error; empty for any other error.

    Parameters
    ----------
    error
        Whatever was raised: Python's and NumPy's errors, or JAX's, which tells a lack of memory by a word.
    """
    if isinstance(error, EnvironmentFault):
        return str(error)
    text = str(error)
    if isinstance(error, MemoryError) or (
        type(error).__name__.endswith("RuntimeError") and "RESOURCE_EXHAUSTED" in text
    ):
        detail = f": {text.splitlines()[0]}" if text else ""
        return f"there is too little memory{detail}; take fewer rows, draws or chains, or another machine"
    if isinstance(error, ValueError) and "compiledir" in text:
        return f"PyTensor keeps what it compiles in a folder that cannot be written ({text}); {REMEDY}"
    return told(error) if isinstance(error, OSError) and error.errno in LACKING else ""


def told(error: OSError) -> str:
    """Return an error of the system with the file that it is about."""
    what = error.strerror or str(error)
    if error.filename:
        return f"{str(error.filename)!r}: {what}"
    return f"a file could not be written: {what}" if error.errno in DISK else what
