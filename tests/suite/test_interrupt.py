"""An interrupt that a library swallows still ends the work."""

from __future__ import annotations

import gc
import os
import signal
from typing import Any

import pytest

from triptych.interrupt import look, noted


def test_an_interrupt_swallowed_by_the_garbage_collector_is_raised_at_the_next_look(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: Any) -> None:
        gc.callbacks.remove(interrupted)
        os.kill(os.getpid(), signal.SIGINT)
        sum(range(10))  # Python raises between two instructions

    with noted():
        gc.callbacks.append(interrupted)
        gc.collect()
        with pytest.raises(KeyboardInterrupt):
            look()
    look()
    assert "Traceback" not in capsys.readouterr().err


def test_what_was_there_before_is_there_again() -> None:
    before = signal.getsignal(signal.SIGINT)
    with noted():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
