"""What all tests share: quiet libraries, and the browser where there is one."""

from __future__ import annotations

import os
import shutil

import pytest
from hypothesis import settings

# The time that an example takes says nothing on a machine that is shared.
settings.register_profile("any speed", deadline=None)
settings.load_profile("any speed")

# Before anything imports them: tests draw no progress bars and open no windows.
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("NO_COLOR", "1")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; tests that need one are skipped without it, never on the build machine."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("there is no chromium; .ci/run installs it")
        pytest.skip("there is no chromium")
    return path
