"""Long lists of like cases: some run every time, the others with the slow tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def one_in(n: int, cases: Iterable[Any]) -> list[Any]:
    """Return the cases as parameters, of which all but the first of each ``n`` are slow.

    Parameters
    ----------
    n
        How many cases stand for one that runs every time.
    cases
        Values, tuples of values of several arguments, or parameters with marks of their own. In their list like cases
        stand side by side, so that one of each kind is left.
    """
    found = []
    for k, case in enumerate(cases):
        marked = hasattr(case, "marks")
        values = case.values if marked else case if isinstance(case, tuple) else (case,)
        marks, name = (case.marks, case.id) if marked else ((), None)
        slow = (pytest.mark.slow,) if k % n else ()
        found.append(pytest.param(*values, marks=[*marks, *slow], id=name))
    return found
