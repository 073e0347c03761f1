"""Pieces of sentences: values, names and numbers as messages and reports write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

LONGEST = 8  # row numbers that a sentence names


def said(value: Any) -> str:
    """Return any value as a message shows it, cut when it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write integers of more than 4,300 digits
        return f"a long {type(value).__name__}"
    return text if len(text) <= 40 else f"{text[:37]}..."


def cited(text: str, longest: int = 100) -> str:
    """Return a text between quotes, cut when it is long."""
    return repr(text if len(text) <= longest else text[: longest - 3] + "...")


def listed(names: Iterable[Any], limit: int = 8, write: Callable[[str], str] = repr) -> str:
    """``'a', 'b' and 3 more``: names between quotes, or written otherwise; a long list is cut and says by how many."""
    return join([write(str(name)) for name in names], limit)


def join(names: Sequence[str], most: int = 6) -> str:
    """``a, b and 3 more``: names as they are; a long list is cut and says by how many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def join_all(names: Sequence[str], word: str = "and", most: int | None = None) -> str:
    """``a, b and c``, or with another word before the last; of more than ``most`` names as :func:`join` writes them."""
    if most is not None and len(names) > most:
        return join(names, most)
    return f" {word} ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def numbered(rows: Sequence[int]) -> str:
    """``rows 1, 2 and 30 more``, or ``row 1``."""
    return f"{'row' if len(rows) == 1 else 'rows'} {join([str(row) for row in rows], LONGEST)}"


def counted(number: int, what: str) -> str:
    """``1 row`` or ``2 rows``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def sentence(clause: str) -> str:
    """Return a clause with a capital first and a full stop last."""
    return clause[0].upper() + clause[1:] + "."
