"""Run whole processes with caches of their own, and say what they cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Wall time, processor time of the process and its children, largest resident size, what it printed."""

    wall: float
    processor: float
    peak: float  # bytes
    printed: str

    def __str__(self) -> str:
        return f"{self.wall:7.1f} s wall {self.processor:7.1f} s processor {self.peak / 1e9:5.2f} GB"


def environment(caches: Path) -> dict[str, str]:
    """Return an environment whose compile caches live in one folder and nowhere else."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "JAX_COMPILATION_CACHE_DIR")}
    return kept | {
        "XDG_CACHE_HOME": str(caches / "cache"),
        "NUMBA_CACHE_DIR": str(caches / "numba"),
        "PYTENSOR_FLAGS": f"base_compiledir={caches / 'pytensor'}",
        "PYTHONWARNINGS": "ignore",
    }


def cost(command: Sequence[str], caches: Path, accept: Sequence[int] = (0,)) -> Cost:
    """Run a command to its end; its stderr goes to a file beside the caches."""
    caches.mkdir(parents=True, exist_ok=True)
    output, errors = caches / "stdout", caches / "stderr"
    with output.open("w") as out, errors.open("w") as err:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, env=environment(caches), cwd=caches)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accept:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{errors.read_text()[-2000:]}")
    # Linux counts kilobytes, macOS bytes.
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Cost(wall, used.ru_utime + used.ru_stime, float(peak), output.read_text())
