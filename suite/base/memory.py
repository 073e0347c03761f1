"""How much memory this process may use."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from triptych.base.errors import EnvironmentFault

# Bytes of address space that PyMC, JAX and numba reserve as they are loaded: in 2.5 GB libllvmlite could not be loaded
# on a machine of two processors. With more processors more is reserved.
LEAST_SPACE = 3e9
GROUP = Path("/sys/fs/cgroup/memory.max")  # Linux's limit for a container, see its cgroup-v2 documentation


def usable_memory() -> int | None:
    """Return the bytes that this process may use at most: the machine's memory, or less by a limit; None if unknown."""
    found: list[int] = []
    with suppress(AttributeError, OSError, ValueError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError, ValueError):
        found.append(int(GROUP.read_text()))  # it reads `max` where there is no limit, which is no number
    if (space := address_space()) is not None:
        found.append(space)
    return min((size for size in found if size > 0), default=None)


def address_space() -> int | None:
    """Return the bytes to which the address space of this process is limited; None where it is not."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        limits = [limit for limit in resource.getrlimit(resource.RLIMIT_AS) if limit != resource.RLIM_INFINITY]
        return min(limits, default=None)
    return None


def require_space() -> None:
    """Refuse to load the libraries that solve where a limit leaves them too little: some end the process themselves.

    Raises
    ------
    EnvironmentFault
        When the address space is limited to less than they reserve.
    """
    space = address_space()
    if space is not None and space < LEAST_SPACE:
        raise EnvironmentFault(
            "there is too little memory to load the libraries: a limit (ulimit -v) leaves this process "
            f"{size_said(space)} of address space, and they reserve {size_said(LEAST_SPACE)} and more; raise the limit"
        )


def size_said(size: float) -> str:
    """Return a number of bytes in the largest unit of which there is one, to two digits."""
    for unit, name in ((1e18, "EB"), (1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}" if size / unit < 1000 else f"{size / unit:.1e} {name}"
    return f"{size:.0f} bytes"
