"""What all tests share: quiet libraries, how the work is shared, and the browser where there is one."""

from __future__ import annotations

import gc
import os
import shutil
from typing import Any

import pytest
from hypothesis import settings

from tests.sharing_work import Units, order, processes

# The time that an example takes says nothing on a machine that is shared.
settings.register_profile("any speed", deadline=None)
settings.load_profile("any speed")

# Before anything imports them: tests draw no progress bars and open no windows.
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("NO_COLOR", "1")

# A traced model is hundreds of thousands of objects that live on: looking for unreachable ones among them as
# often as Python does by default takes a twentieth of a test's time.
gc.set_threshold(20_000, 10, 10)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Return how many processes ``-n auto`` stands for; None leaves it to xdist, which reads the variable."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else processes()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share units among the processes where files are asked for, as pyproject.toml does; see ``tests.sharing_work``."""
    return Units(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)  # after pytest has put side by side what shares a fixture
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: order(item.nodeid))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; tests that need one are skipped without it, never on the build machine."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("there is no chromium; .ci/run installs it")
        pytest.skip("there is no chromium")
    return path
