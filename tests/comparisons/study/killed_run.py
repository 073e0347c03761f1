"""A study in a process of its own, for tests that end it at any moment: ``python -m ... FOLDER``."""

from __future__ import annotations

import sys

import triptych
from tests.comparisons.study.toys import Formulas, toy

REPLICATES = 64 * 40

if __name__ == "__main__":
    triptych.study(toy, n=(3, 8), replicates=REPLICATES, out=sys.argv[1], executor=Formulas(), progressbar=False)
