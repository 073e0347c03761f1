"""Memory that draws take, told before anything is computed."""

from __future__ import annotations

from triptych.base.errors import InputError
from triptych.base.memory import size_said, usable_memory
from triptych.base.text import counted

NUMBER = 8  # bytes; pinned by test_what_is_asked_for_is_at_least_what_the_kept_arrays_take
# STATISTICS is pinned by test_what_is_asked_for_is_at_least_what_the_kept_arrays_take.
STATISTICS = 16  # numbers that the sampler keeps of each draw beside the draw
LEAST = 4  # fewest draws of a chain; pinned by test_fewer_than_four_draws_of_a_chain_are_not_advised
# COPIES is pinned by test_what_is_asked_for_is_at_least_what_the_kept_arrays_take.
COPIES = 2  # of the unconstrained coordinates: the sampler's and those that are kept


def bytes_for(draws: int, chains: int, size: int, shown: int) -> int:
    """Return the bytes that draws take at least.

    Parameters
    ----------
    draws, chains
        As in ``pm.sample``.
    size
        Number of unconstrained coordinates.
    shown
        Number of scalars that are computed from them.
    """
    return NUMBER * draws * chains * (COPIES * size + shown + STATISTICS)


def too_large(draws: int, chains: int, size: int, shown: int) -> str:
    """Say that draws do not fit in the memory that there is; empty where they do, or where nobody knows."""
    there, needed = usable_memory(), bytes_for(draws, chains, size, shown)
    if there is None or needed <= there:
        return ""
    scalars = f"{shown} scalars" if shown > 1 else "one scalar"
    return (
        f"{draws} draws of {scalars} in {counted(chains, 'chain')} take at least {size_said(needed)} ({needed} bytes), "
        f"and this machine lets a process use {size_said(there)}"
    )


def refuse_beyond_memory(draws: int, chains: int, size: int = 1, shown: int = 1) -> None:
    """Raise InputError where draws do not fit in the memory that there is; with neither number, those of any model."""
    if why := too_large(draws, chains, size, shown):
        most = (usable_memory() or 0) // bytes_for(1, chains, size, shown)
        use = f"draws={most} at most" if most >= LEAST else f"fewer chains than {chains}"
        raise InputError(f"draws={draws}, chains={chains}: {why}; use {use}")
