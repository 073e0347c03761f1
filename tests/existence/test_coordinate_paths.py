"""What is read off a path: a rise without limit, a fall that leads nowhere, a level, and what goes on with it.

Each figure is one on either side of its threshold, closer to it than a factor of two.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from triptych.existence import curved_rays as curved
from triptych.existence.coordinate_paths import _hopeless, _next, endless, going_on, level
from triptych.existence.findings import Trace


def trace(*values: float) -> Trace:
    """Return a path of which only the heights matter."""
    steps = np.arange(float(len(values)))
    return Trace(0, steps, np.array(values), steps[:, None])


def rising(*slopes: float) -> Trace:
    return trace(*np.concatenate([[0.0], np.cumsum(slopes)]))


@pytest.mark.parametrize(("slope", "found"), [(0.19, False), (0.21, True)])
def test_a_rise_without_limit_is_one_of_a_fifth_per_unit(slope: float, found: bool) -> None:
    assert endless(rising(*[slope] * 18)) == found


@pytest.mark.parametrize(("range_of_slopes", "found"), [(0.045, True), (0.055, False)])
def test_a_rate_is_settled_if_its_last_slopes_differ_by_a_twentieth(range_of_slopes: float, found: bool) -> None:
    assert endless(rising(*[1.0, 1.0 + range_of_slopes] * 9)) == found


@pytest.mark.parametrize(("last", "found"), [(7, False), (8, True)])
def test_a_rate_is_settled_over_eight_steps(last: int, found: bool) -> None:
    assert endless(rising(*[3.0] * (18 - last), *[1.0] * last)) == found


@pytest.mark.parametrize(("ratio", "found"), [(1.7, False), (1.9, True)])
def test_falls_that_grow_by_four_fifths_lead_nowhere(ratio: float, found: bool) -> None:
    assert _hopeless(-(ratio ** np.arange(6.0)), 100.0) == found


@pytest.mark.parametrize(("spread", "found"), [(0.9e-5, True), (1.1e-5, False)])
def test_falls_at_one_rate_lead_nowhere(spread: float, found: bool) -> None:
    assert _hopeless(-3.0 * np.array([1.0, 1.0, 1.0 - spread, 1.0]), 100.0) == found


@pytest.mark.parametrize(("fallen", "found"), [(9.0, False), (11.0, True)])
def test_a_path_may_fall_by_ten_on_its_way_to_another_maximum(fallen: float, found: bool) -> None:
    assert _hopeless(-(2.0 ** np.arange(4.0)), fallen) == found


def test_a_fall_is_seen_to_go_on_after_four_steps() -> None:
    assert [_hopeless(-(2.0 ** np.arange(float(steps))), 100.0) for steps in (3, 4)] == [False, True]


@pytest.mark.parametrize(("ratio", "goes_on"), [(0.88, False), (0.93, True)])
def test_what_moves_by_a_tenth_less_at_each_step_settles(ratio: float, goes_on: bool) -> None:
    other = np.concatenate([[0.0], np.cumsum(ratio ** np.arange(17.0))])
    points = np.column_stack([np.arange(18.0), other])
    assert (going_on(points, 0, np.zeros(2))[1] != 0) == goes_on


def flat(rounding: float) -> Any:
    objective = SimpleNamespace(rounding_error=lambda _: rounding)
    return SimpleNamespace(objective=objective, point=SimpleNamespace(value=0.0), rounding_error=rounding)


def test_a_path_is_level_over_two_units() -> None:
    assert [level(flat(1e-12), trace(*[0.0] * steps), whole=True) for steps in (2, 3)] == [0, 2]


def test_a_path_is_seen_to_be_level_where_rounding_is_a_millionth() -> None:
    assert [level(flat(rounding), trace(0.0, 0.0, 0.0), whole=True) for rounding in (0.9e-6, 1.1e-6)] == [2, 0]


@pytest.mark.parametrize(
    ("moves", "gain", "goes_along"), [(3.9, 1.0, True), (4.1, 1.0, False), (1.0, 0.09, False), (1.0, 0.11, True)]
)
def test_the_rest_goes_along_by_up_to_four_units_for_a_gain_of_a_tenth(
    moves: float, gain: float, goes_along: bool
) -> None:
    objective: Any = SimpleNamespace(transformed=np.array([True, True]), value=lambda x: gain * (x[1] > moves))
    points = [np.array([0.0, 0.0]), np.array([1.0, moves])]
    start = _next(objective, SimpleNamespace(z=np.zeros(2)), points, 0, 1.0)  # type: ignore[arg-type]
    assert start.tolist() == [2.0, 2 * moves if goes_along else moves]


def led_back(monkeypatch: pytest.MonkeyPatch, way: float, falls: np.ndarray) -> list[np.ndarray]:
    """Return the bent ways to a point so far from the start, from which the objective falls so on the way back."""
    back = Trace(0, np.arange(falls.size + 1.0), -np.cumsum([0.0, *falls]), np.arange(falls.size + 1.0)[:, None])
    monkeypatch.setattr(curved, "pushed_path", lambda *_, **__: back)
    objective = SimpleNamespace(transformed=np.array([True]), origin=np.array([-way]), active=np.array([0]))
    verdict: Any = SimpleNamespace(
        objective=objective, point=SimpleNamespace(z=np.zeros(1)), tolerance=SimpleNamespace(level=1e-6)
    )
    return curved.curved_rays(verdict)


def test_a_bent_way_is_led_back_from_six_units_and_seen_by_six_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    falls = 1e-5 * 2.0 ** np.arange(6)
    assert len(led_back(monkeypatch, 6.1, falls)) == 1
    assert not led_back(monkeypatch, 5.9, falls)
    assert not led_back(monkeypatch, 6.1, falls[:5])
    # The falls are to grow by a ninth at least, from one step to the next.
    assert len(led_back(monkeypatch, 6.1, 1e-5 * (1 / 0.88) ** np.arange(6))) == 1
    assert not led_back(monkeypatch, 6.1, 1e-5 * (1 / 0.93) ** np.arange(6))
