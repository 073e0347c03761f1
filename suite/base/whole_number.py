"""Options that are whole numbers: description, default and range of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.base.errors import InputError
from triptych.base.text import said

LARGEST = 2**63 - 1  # of a 64-bit integer


@dataclass(frozen=True)
class WholeNumber:
    """An option that is a whole number.

    Attributes
    ----------
    help
        What it is, for the command line.
    default
        What it is unless it is given.
    least, most
        The range that is allowed.
    """

    help: str
    default: int
    least: int
    most: int = LARGEST

    def check(self, name: str, value: Any) -> None:
        """Raise InputError unless a value is a whole number in the range."""
        whole(name, value, self.least, self.most)


def whole(name: str, value: Any, least: int, most: int) -> None:
    """Raise InputError unless an option is a whole number in a range."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
        allowed = f"of at least {least}, and below 2**63" if most == LARGEST else f"from {least} to {most}"
        raise InputError(f"{name}={said(value)}: use a whole number {allowed}")
