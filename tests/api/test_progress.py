"""Progress is shown on stderr where someone looks, after a moment, and nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress

import pymc as pm

import triptych
from triptych.base.progress import watched

WORK = (
    "import sys, time\nfrom triptych.base.progress import MOMENT, watched\n"
    "with watched(True) as report:\n"
    "    if report: report('sampling', 0.3)\n"
    "    time.sleep(float(sys.argv[1]) * MOMENT)\n"
    "    if report: report('sampling', 0.6)\n"
    "    time.sleep(0.3)\n"
)


def seen_in_a_terminal(moments: str) -> tuple[str, str]:
    """Return what goes to stdout and what a terminal on stderr shows."""
    main, other = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-c", WORK, moments],
        stdout=subprocess.PIPE,
        stderr=other,
        text=True,
        env=environment,
        check=True,
    )
    os.close(other)
    shown = b""
    with suppress(OSError):  # a terminal that is closed on the other side ends so
        while part := os.read(main, 65536):
            shown += part
    os.close(main)
    return done.stdout, shown.decode()


def test_long_work_says_what_is_done_and_the_time_left() -> None:
    printed, shown = seen_in_a_terminal("1.5")
    assert printed == ""
    assert "sampling" in shown
    assert "0:00:0" in shown  # elapsed and left


def test_a_moment_shows_nothing() -> None:
    assert "sampling" not in seen_in_a_terminal("0.1")[1]


def test_nothing_is_shown_where_nobody_looks() -> None:
    for colours in ({}, {"FORCE_COLOR": "1"}):  # as a notebook sets it for the commands it starts
        environment = {**os.environ, **colours}
        done = subprocess.run(
            [sys.executable, "-c", WORK, "1.5"], capture_output=True, text=True, check=True, env=environment
        )
        assert (done.stdout, done.stderr) == ("", "")


def test_a_function_of_ones_own_is_called() -> None:
    heard: list[tuple[str, float]] = []
    with watched(lambda what, share: heard.append((what, share))) as report:
        assert report is not None
        report("sampling", 0.5)
    assert heard == [("sampling", 0.5)]
    with watched(False) as report:
        assert report is None


def test_each_panel_tells_how_far_it_is() -> None:
    heard: dict[str, list[float]] = {}
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, 10), pm.HalfNormal("sigma", 5)
        pm.Normal("y", mu, sigma, observed=[1.0, 3.0, 2.0, 5.0])
    triptych.compare(model, draws=50, tune=50, progressbar=lambda what, share: heard.setdefault(what, []).append(share))
    ends = 0.0
    for words, least in (("maximum likelihood", 8), ("MAP mode", 6), ("sampling", 1)):
        shares = next(s for what, s in heard.items() if what.endswith(words))
        assert len(set(shares)) >= least, words
        assert shares == sorted(shares)
        assert min(shares) >= ends
        ends = max(shares)
    assert ends <= 1
