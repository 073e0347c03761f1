"""Errors that are the user's to mend; the command line turns them into exit code 2."""

from __future__ import annotations


class InputError(ValueError):
    """Bad input: the message names the thing, says what is wrong and what to do next."""


class ModelError(InputError):
    """A model that cannot be solved as it stands; raised before anything is compiled."""


def shown(text: str, longest: int = 100) -> str:
    """Return a text between quotes, cut when it is long."""
    return repr(text if len(text) <= longest else text[: longest - 3] + "...")
