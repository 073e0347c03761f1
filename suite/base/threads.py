"""Linear algebra in one thread.

The matrices of one model are small, and processes share the machine: threads of a BLAS that wait for each other cost
several times the work itself as soon as one of them has to wait for a processor. One thread also rounds the same way
whatever the number of processors.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any


def in_one_thread[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Return the function with the threads of BLAS and LAPACK limited to one while it runs."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _one():
            return function(*args, **kwargs)

    return limited


def _one() -> Any:
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="blas")
