"""How much memory this process may use."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

GROUP = Path("/sys/fs/cgroup/memory.max")  # Linux's limit for a container, see its cgroup-v2 documentation


def usable_memory() -> int | None:
    """Return the bytes that this process may use at most: the machine's memory, or less by a limit; None if unknown."""
    found: list[int] = []
    with suppress(AttributeError, OSError, ValueError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError, ValueError):
        found.append(int(GROUP.read_text()))  # it reads `max` where there is no limit, which is no number
    with suppress(ImportError, OSError, ValueError):
        import resource

        found += [limit for limit in resource.getrlimit(resource.RLIMIT_AS) if limit != resource.RLIM_INFINITY]
    return min((size for size in found if size > 0), default=None)


def size_said(size: float) -> str:
    """Return a number of bytes in the largest unit of which there is one, to two digits."""
    for unit, name in ((1e18, "EB"), (1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}" if size / unit < 1000 else f"{size / unit:.1e} {name}"
    return f"{size:.0f} bytes"
