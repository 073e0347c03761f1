"""Errors that are the user's to mend, which the command line turns into exit code 2, or the environment's (4)."""

from __future__ import annotations

import os
from pathlib import Path

from triptych.base.text import cited


class InputError(ValueError):
    """Bad input: the message names the thing, says what is wrong and what to do next."""


class ModelError(InputError):
    """A model that cannot be solved as it stands; raised before anything is compiled."""


class EnvironmentFault(OSError):
    """What the environment lacks, such as room on a disk; the message says what, and what became of the work."""


def path_of(given: str | os.PathLike[str]) -> Path:
    """Return a path.

    Raises
    ------
    InputError
        For a text that cannot be one here: with a NUL, or not UTF-8, as arguments of other encodings arrive.
    """
    text = os.fspath(given)
    if "\0" in text:
        raise InputError(f"{cited(text)} cannot be a path: it has a NUL character in it")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(f"{cited(text)} is a path that is not UTF-8; rename it") from None
    return Path(text)
