"""Streams that cannot be written: closed before the start, or full."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from triptych.base.errors import EnvironmentFault


class Closed(io.TextIOBase):
    """A stream in place of one that was closed before the start; writing to it raises OSError."""

    encoding = "utf-8"

    def __init__(self, name: str) -> None:
        self._name = name

    def write(self, text: str) -> int:
        """Raise, as a full stream does."""
        raise EnvironmentFault(f"{self._name} is closed; send it to a file or to {os.devnull}")


class Stdout(io.TextIOWrapper):
    """The standard output; it says its name when it cannot be written."""

    def write(self, text: str) -> int:
        """Write, unless it is full."""
        with _named():
            return super().write(text)

    def flush(self) -> None:
        """Write what is left, unless it is full."""
        with _named():
            super().flush()


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # the reader has closed its end
        raise
    except OSError as error:
        raise EnvironmentFault(f"stdout cannot be written: {error.strerror}") from error


def open_streams() -> None:
    """Open the null device in place of closed standard streams; else the next file would get their descriptor."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it gets the lowest descriptor that is free
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper):
        settings = {"encoding": out.encoding, "errors": out.errors, "line_buffering": out.line_buffering}
        sys.stdout = Stdout(out.detach(), **settings)  # type: ignore[arg-type]
    sys.stdout, sys.stderr = sys.stdout or Closed("stdout"), sys.stderr or Closed("stderr")


def flush() -> None:
    """Write what is left to write to stdout; a reader that has gone wants no more.

    Raises
    ------
    OSError
        When it cannot be written; it is given up then.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return
    except OSError:
        give_up()
        raise


def give_up() -> None:
    """Send what is still buffered for stdout to the null device, so that Python's exit does not fail on it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(message: str) -> bool:
    """Write a line to stderr; return whether it arrived."""
    try:
        sys.stderr.write(f"triptych: {message}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return False
    return True
