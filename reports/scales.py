"""From numbers to places on a chart: linear and logarithmic axes with readable ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from triptych.base.numbers import significant

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Scale:
    """One axis: data from ``low`` to ``high`` drawn from ``start`` to ``stop``.

    Ticks begin at ``first``, where ``low`` makes room for labels only.
    """

    low: float
    high: float
    start: float
    stop: float
    log: bool = False
    first: float | None = None

    def __call__(self, value: float) -> float:
        """Return the place of a value; what lies far outside is kept just outside."""
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + max(-0.5, min(1.5, share)) * (self.stop - self.start)

    def holds(self, value: float) -> bool:
        """Whether a value lies on the axis (a little beyond its ends is still on it)."""
        slack = 0.0 if self.log else 1e-9 * (self.high - self.low)
        return math.isfinite(value) and self.low - slack <= value <= self.high + slack

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Places and labels of the ticks."""
        first = self.low if self.first is None else self.first
        most = max(3, round(abs(self.stop - self(first)) / 60))
        values = _log_ticks(first, self.high) if self.log else _ticks(first, self.high, most)
        return [(self(value), label) for value, label in values]


def _ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    from matplotlib.ticker import MaxNLocator

    found = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    values = [float(v) for v in found if low <= v <= high]
    if len(values) < 2:
        return [(value, significant(value, 6)) for value in values]
    step = values[1] - values[0]
    largest = max(abs(value) for value in values)
    if largest >= 1e6 or largest < 1e-3:
        digits = 1 + max(0, math.floor(math.log10(largest)) - math.floor(math.log10(step * 1.001)))
        return [
            (
                v,
                "0" if v == 0 else _powers(f"{v:.{digits - 1}e}"),
            )
            for v in values
        ]
    decimals = max(0, -math.floor(math.log10(step * 1.001)))
    if abs(step * 10**decimals - round(step * 10**decimals)) > 1e-6:
        decimals += 1
    return [(value, f"{value:.{decimals}f}") for value in values]


def _powers(number: str) -> str:
    """``1.5e-07`` with a real power of ten: text in a drawing takes no markup."""
    mantissa, exponent = number.split("e")
    return f"{mantissa}\N{MULTIPLICATION SIGN}10{str(int(exponent)).translate(RAISED)}"


def _log_ticks(low: float, high: float) -> list[tuple[float, str]]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first < 1:
        values = [m * 10.0**e for e in range(first - 1, last + 1) for m in (1, 2, 5)]
        return [(v, f"{v:g}") for v in values if low <= v <= high]
    step = max(1, math.ceil((last - first) / 5))
    powers = range(first, last + 1, step)
    return [(10.0**e, f"{10.0**e:g}" if -3 <= e <= 4 else f"10{str(e).translate(RAISED)}") for e in powers]


def spread(values: Iterable[float], margin: float = 0.04, *, log: bool = False) -> tuple[float, float]:
    """Return the range of the finite values with a margin, never empty.

    Parameters
    ----------
    values
        The data.
    margin
        Share of the range added at both ends.
    log
        Whether the axis is logarithmic; then only positive values count.
    """
    kept = np.array([v for v in values if math.isfinite(v) and (v > 0 or not log)], dtype=float)
    if kept.size == 0:
        return (1.0, 10.0) if log else (0.0, 1.0)
    if log:
        low, high = spread(np.log10(kept), margin)
        return 10.0**low, 10.0**high
    low, high = float(kept.min()), float(kept.max())
    pad = margin * (high - low) or abs(high) * 0.1 or 1.0
    return low - pad, high + pad
