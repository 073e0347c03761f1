"""As many digits as the uncertainty supports."""

from __future__ import annotations

import math

import numpy as np
import pytest

from triptych.base.numbers import significant, style
from triptych.reports.cells import cell

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (3, "3"),
        (2.3e-9, "2.300e-9"),
        (-0.012345, "-0.01235"),
        (1234.56, "1235"),
        (-3482258.6, "-3.482e6"),
        (NAN, ""),
        (-math.inf, "-∞"),
        (np.float64(0.5), "0.5000"),
        (np.bool_(True), "yes"),
        ("unbounded", "unbounded"),
    ],
)
def test_significant(value: object, text: str) -> None:
    assert significant(value) == text


def _row(estimate: float, error: float) -> dict[str, float]:
    bounds = {"lower": estimate - 2 * error, "upper": estimate + 2 * error}
    return {"estimate": estimate, "std_error": error, **bounds}


def test_the_smallest_error_of_the_panels_sets_the_digits() -> None:
    write = style([_row(519.8213, 66.5), _row(525.1, 0.53), _row(NAN, NAN)])
    assert [write(519.8213), write(0.0), write(NAN)] == ["519.82", "0", ""]
    coarse = style([_row(-10.0, 55.0)])
    # Beside an exact zero what is none does not look like one, unless it is rounding.
    assert [coarse(-0.212), coarse(0.0), coarse(1e-17), coarse(-10.0)] == ["-0.2", "0", "0", "-10"]


def test_large_and_small_numbers_are_scientific_and_digits_are_bounded() -> None:
    assert style([_row(-3482258.6, 890420.4)])(-3482258.6) == "-3.48e6"
    assert style([_row(3.21e-9, 1e-10)])(3.21e-9) == "3.21e-9"
    assert style([_row(12345.678901, 1e-9)])(12345.678901) == "12345.7"


def test_an_interval_with_an_end_at_infinity_is_written_with_a_round_bracket() -> None:
    row = {"status": "ok", "reason": "", "estimate": 2.0}
    ends = [(1.5, np.inf), (-np.inf, 1.5), (-np.inf, np.inf), (np.nan, np.nan), (1.5, 2.5)]
    written = [cell(row | {"lower": low, "upper": high}, str)["interval"] for low, high in ends]
    assert [text.replace("\u2212", "-") for text in written] == ["[1.5, ∞)", "(-∞, 1.5]", "(-∞, ∞)", "", "[1.5, 2.5]"]
