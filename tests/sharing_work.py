"""How the tests are shared among processes: what shares a solution stays together, what takes longest starts first.

A scenario is solved once for all tests of ``tests/models`` that ask for it, a case of the gallery once for its tests,
and the fixtures of a file once for the file, so each of these is a unit that one process runs. A unit that takes long
and starts last keeps one process busy while the others have nothing left to do, so the long ones start first, and the
cases of the gallery, of which there are many short ones, fill what is left.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

MEMORY = 3e9  # bytes that one process takes at most: 2.5e9 were measured in the second half of a run, and some room
MOST = 4  # processes; what is gained by more was not measured
GALLERY = "tests/test_gallery.py"
SEVERAL = ("cross_entropy_is_categorical", "mae_is_laplace", "mse_is_gaussian")  # tests/models/test_losses.py has three

# Files whose tests take more than 20 s of processor time together, measured one after the other with cold caches.
LONGEST_FIRST = (
    "tests/regression/test_fit_hard.py",
    "tests/sampling/test_advice.py",
    "tests/profiles/test_profile_sets.py",
    "tests/panels/test_labels.py",
    "tests/test_gallery_answers.py",
    "tests/regression/test_fuzz.py",
    "tests/engine/test_programs.py",
    "tests/existence/test_limit_problem.py",
    "tests/existence/test_limits.py",
    "tests/regression/test_default_prior.py",
    "tests/testing/test_plugin.py",
    "tests/test_examples.py",
    "tests/models/",
    "tests/comparisons/study/",
    "tests/batch/",
)


def unit_of(nodeid: str) -> str:
    """Return the name of the unit to which a test belongs; all tests of a unit run in one process."""
    file, _, rest = nodeid.partition("::")
    case = rest.partition("[")[2].rstrip("]")
    if file == GALLERY and case:
        return f"{file}[{case}]"
    if file.startswith("tests/models/") and (scenario := _scenario(Path(file).stem.removeprefix("test_"), case)):
        return f"tests/models of {scenario}"
    return file


def _scenario(stem: str, case: str) -> str:
    """Return the scenario that a file is about, or the one that a parametrised test is given; empty for neither."""
    known = {file.stem for file in (Path(__file__).parents[1] / "models").glob("[!_]*.py")}
    given = stem if stem in known else case.partition("-")[0]
    if stem == "losses" or given in SEVERAL:
        return "losses"
    return given if given in known else ""


def order(nodeid: str) -> int:
    """Return the place of a test's unit among the units: the longest first, the cases of the gallery last."""
    file = nodeid.partition("::")[0]
    if file == GALLERY:
        return len(LONGEST_FIRST) + 1
    return next((k for k, start in enumerate(LONGEST_FIRST) if file.startswith(start)), len(LONGEST_FIRST))


def processes() -> int:
    """Return how many processes run the tests: one for each processor, as far as there is memory for them."""
    if hasattr(os, "sched_getaffinity"):
        processors = len(os.sched_getaffinity(0))
    else:
        processors = os.cpu_count() or 1
    return max(1, min(processors, MOST, int(_memory() / MEMORY)))


def _memory() -> float:
    """Return the bytes of memory that this process and its children may have."""
    try:
        own = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):  # a system that does not tell
        return float("inf")
    limit = Path("/sys/fs/cgroup/memory.max")  # of a container
    said = limit.read_text().strip() if limit.is_file() else "max"
    return min(own, float(said)) if said.isdigit() else own


class Units(LoadScopeScheduling):
    """Units in the order in which they were collected, each to the process that is free."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
