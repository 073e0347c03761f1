"""The bars beside the numbers: places in per cent of an axis, against places computed by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from triptych.reports.forest import CUT, OWN_SCALES, Bar, forests
from triptych.reports.view import Scalar

NAN = math.nan


def _row(estimate: float, lower: float = NAN, upper: float = NAN, error: float = 1.0, status: str = "ok") -> Any:
    return {"estimate": estimate, "lower": lower, "upper": upper, "std_error": error, "status": status}


def _bars(scalars: list[Scalar]) -> list[list[Bar]]:
    (block,) = forests(scalars)
    return [line.bars for line in block.lines]


def test_places_are_shares_of_an_axis_with_a_margin_of_four_per_cent() -> None:
    (block,) = forests([Scalar("a", "", {"mle": _row(1.0, 0.0, 4.0), "mcmc": _row(2.0, 0.5, 3.0)})])
    (line,) = block.lines
    place = lambda value: 100 * (value + 0.16) / 4.32  # noqa: E731
    assert line.zero == pytest.approx(place(0.0))
    mle, mcmc = line.bars
    assert (mle.low, mle.point, mle.high) == pytest.approx([place(0.0), place(1.0), place(4.0)])
    assert (mcmc.low, mcmc.point, mcmc.high) == pytest.approx([place(0.5), place(2.0), place(3.0)])
    assert (mle.y, mcmc.y) == (25.0, 75.0)
    assert [(label, at) for at, label in block.ticks] == [(str(v), pytest.approx(place(v))) for v in (0, 2, 4)]


def test_what_does_not_exist_is_not_drawn_and_keeps_its_line() -> None:
    ((mle, mode, mcmc),) = _bars(
        [Scalar("a", "", {"mle": _row(NAN, status="unbounded"), "map": _row(1.0), "mcmc": _row(2.0, 1.0, 3.0)})]
    )
    assert not mle.drawn
    assert not mle.pointed
    assert (mode.drawn, mode.pointed) == (False, True)
    assert mcmc.drawn
    assert mcmc.y == pytest.approx(500 / 6)
    (nothing,) = forests([Scalar("a", "", {"mle": _row(NAN, status="failed")})])
    assert nothing.ticks == []
    assert not nothing.lines[0].zeroed


def test_an_end_at_infinity_and_an_interval_that_would_squeeze_the_others_go_on_beyond_the_axis() -> None:
    ((mle, mcmc),) = _bars([Scalar("a", "", {"mle": _row(5.0, 4.0, math.inf), "mcmc": _row(5.0, 3.0, 6.0)})])
    assert (mle.below, mle.above) == (False, True)
    assert mle.high == pytest.approx(100)
    (block,) = forests([Scalar("a", "", {"mle": _row(0.0, -500.0, 400.0), "mcmc": _row(0.0, -1.0, 1.0)})])
    mle, mcmc = block.lines[0].bars
    assert (mle.low, mle.high) == pytest.approx([0, 100])
    assert mle.below
    assert mle.above
    assert not mcmc.below
    assert block.note == CUT


def test_scalars_of_very_different_size_have_scales_of_their_own_and_each_its_zero() -> None:
    small = {"mcmc": _row(0.002, 0.0, 0.004, 0.001)}
    large = {"mcmc": _row(300.0, 100.0, 500.0, 100.0)}
    (block,) = forests([Scalar("b", "u", small), Scalar("b", "v", large)])
    assert block.note == OWN_SCALES
    # In posterior standard deviations around the mean the two are -2 to 2, with zero 2 and 3 below it.
    (u,), (v,) = (line.bars for line in block.lines)
    assert (u.low, u.point, u.high) == pytest.approx((v.low, v.point, v.high))
    assert block.lines[0].zero == pytest.approx(u.low)
    assert not block.lines[1].zeroed
    alike = [
        Scalar("b", "u", {"mcmc": _row(1.0, 0.0, 2.0, 0.5)}),
        Scalar("b", "v", {"mcmc": _row(3.0, -7.0, 13.0, 5.0)}),
    ]
    (common,) = forests(alike)
    assert common.note == ""
    assert common.lines[0].zero == common.lines[1].zero
