"""Interrupts that reach the command although a library swallows KeyboardInterrupt or must not be interrupted.

A library's callback that runs when an interrupt arrives may swallow it, as one of JAX's does in the garbage
collector: the exception is gone then, but what is noted here is not.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_pressed = False


@contextmanager
def noted() -> Iterator[None]:
    """Remember an interrupt besides raising KeyboardInterrupt.

    Raises
    ------
    KeyboardInterrupt
        Also where a library made another error of it, as an import that was interrupted in compiled code does.
    """
    global _pressed
    _pressed = False
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return

    def press(*_: Any) -> None:
        global _pressed
        _pressed = True
        raise KeyboardInterrupt

    def swallowed(what: Any) -> None:
        if not issubclass(what.exc_type, KeyboardInterrupt):
            report(what)

    before, report = signal.signal(signal.SIGINT, press), sys.unraisablehook
    sys.unraisablehook = swallowed
    try:
        yield
    except Exception:
        if _pressed:
            raise KeyboardInterrupt from None
        raise
    finally:
        _pressed = False
        signal.signal(signal.SIGINT, before)
        sys.unraisablehook = report


@contextmanager
def held() -> Iterator[None]:
    """Delay an interrupt until the end of a block that would otherwise leave a lock taken.

    A lock that a library takes and gives back by hand, as xarray's around a file, stays taken for ever when an
    interrupt comes between the two, and whoever waits for it next hangs.
    """
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    arrived: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: arrived.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if arrived:
            signal.raise_signal(signal.SIGINT)


def raise_if_interrupted() -> None:
    """Raise KeyboardInterrupt when one was remembered; long computations call this again and again."""
    if _pressed:
        raise KeyboardInterrupt
