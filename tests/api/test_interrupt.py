"""An interrupt that a library swallows still ends the work."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from triptych.base.interrupt import held, noted, raise_if_interrupted


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Let an interrupt raise, also where the tests were started with interrupts ignored, as ``nohup`` does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    sum(range(10))  # Python raises between two instructions


def test_an_interrupt_swallowed_by_the_garbage_collector_is_raised_at_the_next_look(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: Any) -> None:
        gc.callbacks.remove(interrupted)
        press()

    with noted():
        gc.callbacks.append(interrupted)
        gc.collect()
        with pytest.raises(KeyboardInterrupt):
            raise_if_interrupted()
    raise_if_interrupted()
    assert "Traceback" not in capsys.readouterr().err


def test_what_was_there_before_is_there_again() -> None:
    before = signal.getsignal(signal.SIGINT)
    with noted():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_is_held_until_the_end() -> None:
    done = []

    def work() -> None:
        with noted(), held():
            press()
            press()
            done.append("the rest")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["the rest"]
    raise_if_interrupted()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_was_held_does_not_hide_an_error() -> None:
    def work() -> None:
        with held():
            press()
            raise OSError("the disk is full")

    with pytest.raises(KeyboardInterrupt) as raised:
        work()
    assert isinstance(raised.value.__context__, OSError)


def test_where_interrupts_are_ignored_they_stay_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with noted(), held():
        press()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    raise_if_interrupted()


def test_in_another_thread_nothing_is_held() -> None:
    """Python interrupts the main thread alone, and lets no other set who is told."""
    done = []

    def work() -> None:
        with held():
            done.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [signal.default_int_handler]


def test_interrupts_while_netcdf_is_written_never_hang() -> None:
    """At 40 moments of a write; one in eight left a lock of xarray's taken, for which the next write waited."""
    code = (
        "import os, pathlib, random, signal, sys, tempfile, threading, time\n"
        "import numpy as np, xarray as xr\n"
        "from triptych.base.interrupt import noted; from triptych.reports.netcdf import write_tree\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "tree = xr.DataTree.from_dict({f'/g{k}': xr.Dataset({f'v{i}': ('x', np.ones(9)) for i in range(6)})"
        " for k in range(3)})\n"
        "path, chance, pressed = pathlib.Path(tempfile.mkdtemp()) / 'tree.nc', random.Random(1), 0\n"
        "write_tree(tree, path); begun = time.perf_counter(); write_tree(tree, path)\n"
        "took = time.perf_counter() - begun\n"
        "for _ in range(40):\n"
        "    timer = threading.Timer(took * chance.random(), os.kill, (os.getpid(), signal.SIGINT))\n"
        "    try:\n"
        "        with noted():\n"
        "            timer.start()\n"
        "            write_tree(tree, path)\n"
        "            timer.join()\n"
        "    except KeyboardInterrupt:\n"
        "        pressed += 1\n"
        "    with xr.open_datatree(path) as read:\n"
        "        assert read['g2']['v5'].sum() == 9\n"
        "print(pressed)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.returncode) == ("40", 0), done.stderr
