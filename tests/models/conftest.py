"""Each scenario solved once for all tests in this folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest

import triptych

SEED = 11


@pytest.fixture(scope="session")
def solved() -> Callable[[str], Any]:
    """Return the comparison of a scenario by its name."""
    return lru_cache(lambda name: triptych.run(name, random_seed=SEED))
