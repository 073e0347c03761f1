"""Figures do not depend on where a study runs, nor on what becomes of those who run it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import triptych
from tests.comparisons.study.toys import toy
from triptych.comparisons.study.executors import Dask, Here, Processes, executor_of

FILES = ("replicates.parquet", "performance.parquet", "performance.csv")
ROOT = Path(__file__).parents[3]
OPTIONS: dict[str, Any] = {"methods": ("mle",), "intervals": ("wald",), "n": 3}


def contents(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in FILES}


def start(out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.comparisons.study.killed_run", str(out)], cwd=ROOT)


def killed_at_random(out: Path, moments: int, seed: int) -> int:
    """Start a study again and again, each time killed at a random moment of its work; return how often it was."""
    rng = np.random.default_rng(seed)
    kills = 0
    for _ in range(moments):
        before = sum(1 for _ in out.rglob("*.parquet"))
        process = start(out)
        while process.poll() is None and sum(1 for _ in out.rglob("*.parquet")) <= before:
            time.sleep(0.002)
        time.sleep(float(rng.uniform(0, 0.08)))
        if process.poll() is None:
            process.kill()
            kills += 1
        process.wait()
    return kills


def check_killed(tmp_path: Path, moments: int) -> None:
    kills = killed_at_random(tmp_path / "killed", moments, seed=moments)
    assert kills > moments // 2
    assert start(tmp_path / "killed").wait() == 0
    assert start(tmp_path / "whole").wait() == 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    assert list((tmp_path / "killed").rglob(".*.parquet.*")) == []


def test_a_study_killed_at_random_moments_ends_with_the_same_bytes(tmp_path: Path) -> None:
    check_killed(tmp_path, 2)


@pytest.mark.slow
def test_a_study_killed_twenty_times_ends_with_the_same_bytes(tmp_path: Path) -> None:
    check_killed(tmp_path, 20)


def test_processes_leave_the_same_bytes(tmp_path: Path) -> None:
    for name, executor in (("one", None), ("two", 2)):
        triptych.study(toy, replicates=70, out=tmp_path / name, executor=executor, progressbar=False, **OPTIONS)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.slow
def test_dask_leaves_the_same_bytes_after_a_worker_was_killed(tmp_path: Path) -> None:
    """A scheduler and two worker processes on loopback, of which one is killed half-way."""
    from distributed import LocalCluster

    replicates = 64 * 6
    triptych.study(toy, replicates=replicates, out=tmp_path / "here", progressbar=False, **OPTIONS)
    killed: list[int] = []
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        workers = [worker.process.pid for worker in cluster.workers.values()]

        def kill_one(what: str, share: float) -> None:
            if "replicates" in what and not killed:
                killed.append(workers[0])
                os.kill(workers[0], signal.SIGKILL)

        address = cluster.scheduler_address
        triptych.study(
            toy, replicates=replicates, out=tmp_path / "there", executor=address, progressbar=kill_one, **OPTIONS
        )
    assert killed
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_what_may_be_an_executor() -> None:
    assert isinstance(executor_of(None), Here)
    assert isinstance(executor_of(1), Here)
    assert executor_of(3) == Processes(3)
    assert executor_of("tcp://10.0.0.1:8786") == Dask("tcp://10.0.0.1:8786")
    for wrong in (0, -1, True, 2.5, object()):
        with pytest.raises(triptych.InputError, match="use None for this process"):
            executor_of(wrong)


def test_a_scheduler_that_does_not_answer_is_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")

    def refuses(address: str, timeout: str) -> Any:
        raise OSError("timed out")

    monkeypatch.setattr(distributed, "Client", refuses)
    with pytest.raises(triptych.InputError, match="no Dask scheduler answers at"):
        list(Dask("tcp://127.0.0.1:9").run(None, []))  # type: ignore[arg-type]
