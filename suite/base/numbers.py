"""Numbers as a reader wants them: as many digits as the uncertainty supports, and no more."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

NUMERIC = ("estimate", "lower", "upper")
MOST_DIGITS = 6
ROUNDING = 1e-4  # of the last digit shown


def _exponent(value: float) -> int:
    return math.floor(math.log10(value))


def _clip(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))


def significant(value: Any, digits: int = 4) -> str:
    """Return a number at a few significant digits; NaN is an empty string.

    Parameters
    ----------
    value
        A number, or text (returned as it is).
    digits
        Significant digits.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    number = float(value)
    if math.isnan(number):
        return ""
    if math.isinf(number):
        return "∞" if number > 0 else "-∞"
    if number.is_integer() and abs(number) < 1e6:
        return str(int(number))
    size = _exponent(abs(number))
    if size < -4 or size >= 6:
        return _scientific(number, digits)
    return f"{number:.{max(0, digits - 1 - size)}f}"


def _scientific(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


@dataclass(frozen=True)
class Style:
    """How the numbers of one scalar are written, the same in all three panels."""

    digits: int
    scientific: bool = False

    def __call__(self, value: Any) -> str:
        """Return the number; NaN is an empty string, and ``0`` is an exact zero or rounding.

        A number that the digits would hide beside one keeps its first.
        """
        number = float(value)
        if not math.isfinite(number) or number == 0:
            return significant(number)
        if self.scientific:
            return _scientific(number, self.digits)
        text = f"{number:.{self.digits}f}"
        if float(text) != 0:
            return text
        hidden = abs(number) > ROUNDING * 10.0**-self.digits
        return f"{number:.{-_exponent(abs(number))}f}" if hidden else text.lstrip("-")


def style(rows: Iterable[Mapping[str, Any]]) -> Style:
    """Choose the digits for the rows of one scalar.

    The smallest standard error (a quarter of the interval where there is none) is shown to two
    significant digits and nothing is shown to more than six.

    Parameters
    ----------
    rows
        Rows of the one table, as mappings.
    """
    sizes: list[float] = []
    errors: list[float] = []
    for row in rows:
        sizes += [abs(float(row[name])) for name in NUMERIC]
        errors += [float(row["std_error"]), (float(row["upper"]) - float(row["lower"])) / 4]
    sizes = [size for size in sizes if math.isfinite(size) and size > 0]
    errors = [error for error in errors if math.isfinite(error) and error > 0]
    if not sizes:
        return Style(digits=4)
    largest = _exponent(max(sizes))
    decimals = 1 - _exponent(min(errors)) if errors else 3 - largest
    if largest >= 6 or largest < -3:
        return Style(digits=_clip(largest + decimals + 1, 3, MOST_DIGITS), scientific=True)
    return Style(digits=_clip(decimals, 0, max(0, MOST_DIGITS - 1 - largest)))
