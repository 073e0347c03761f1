"""An ascent that went far is told from one that comes to an end by whether it still rises as it did before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from triptych.existence import findings
from triptych.existence import verdict as verdicts
from triptych.existence.findings import Trace, before_rounding
from triptych.existence.probes import ran_away as probe
from triptych.existence.verdict import Verdict


def seen(monkeypatch: pytest.MonkeyPatch, *, late: float = 1.0, points: int = 20) -> bool:
    """Whether an ascent of so many points over 40 units, which rose by one a unit and at last by ``late``, ran away."""
    slopes = np.repeat([1.0, late], 8)
    values = np.concatenate([[0.0], np.cumsum(slopes)])
    way = Trace(0, np.arange(17.0)[::-1], values[::-1], np.zeros((17, 1)))
    monkeypatch.setattr(probe, "climb_beside", lambda *_: SimpleNamespace(usable=True))
    monkeypatch.setattr(probe, "pushed_path", lambda *_, **__: way)
    objective: Any = SimpleNamespace(logarithmic=np.array([True]))
    return probe._still_as_steep(objective, np.linspace(0, 40, points)[:, None], 34.0) is not None


@pytest.mark.parametrize(("late", "found"), [(0.94, False), (0.96, True)])
def test_a_rise_without_limit_does_not_fade_by_a_twentieth(
    late: float, found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seen(monkeypatch, late=late) == found


def test_an_ascent_of_fewer_than_eight_points_has_not_run_away(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [seen(monkeypatch, points=points) for points in (7, 8)] == [False, True]


@pytest.mark.parametrize(("clear", "kept"), [(4, 7), (5, 5)])
def test_a_rate_is_measured_before_rounding_where_four_units_are_left(clear: int, kept: int) -> None:
    steps = np.arange(7.0)
    objective: Any = SimpleNamespace(rounding_error=lambda x: 0.011 if x[0] >= clear else 0.009)
    path = Trace(0, steps, steps, steps[:, None])
    assert len(before_rounding(objective, path).steps) == kept


@pytest.mark.parametrize(("rounding", "ways"), [(0.025, [34.0]), (0.035, [17.0, 17.0])])
def test_an_ascent_into_rounding_has_run_away_on_half_the_way(
    rounding: float, ways: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rounding error of 0.03 hides any maximum; before it an ascent has to have gone 34 units and to rise still."""
    asked: list[float] = []
    monkeypatch.setattr(probe, "_still_as_steep", lambda *given: asked.append(given[2]))
    objective = SimpleNamespace(rounding_error=lambda _: rounding)
    point = SimpleNamespace(trail=np.zeros((2, 1)), decrement=1.0)
    verdict: Any = SimpleNamespace(objective=objective, point=point, rounding_error=rounding)
    assert probe.ran_away(verdict) is None
    assert asked == ways


@pytest.mark.parametrize(("times", "position"), [(2.9, 0), (3.1, 1)])
def test_a_path_is_that_of_a_coordinate_that_goes_three_times_as_far(times: float, position: int) -> None:
    steps = np.arange(9.0)
    objective: Any = SimpleNamespace(logarithmic=np.ones(3, dtype=bool), origin=np.zeros(3), active=np.arange(3))
    path = Trace(0, steps, steps, np.column_stack([steps, times * steps, 9 * steps - 90]))  # the last one comes back
    found = findings._of_the_fastest(objective, path)
    assert found.position == position
    assert np.array_equal(found.steps, path.points[:, position])


@pytest.mark.parametrize(("change", "rate"), [(0.04, 2.0), (0.06, 3.0)])
def test_a_rate_has_settled_where_it_changes_by_less_than_a_twentieth(
    change: float, rate: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is that of the last units; one that has not settled before rounding gives way to that of the whole path."""
    whole, seen = object(), object()
    monkeypatch.setattr(verdicts, "before_rounding", lambda *_: seen)
    monkeypatch.setattr(verdicts, "_rates", lambda path: (3.0, 3.0) if path is whole else (2.0 * (1 - change), 2.0))
    verdict: Any = SimpleNamespace(unbounded=whole, objective=None, _rise_alone=lambda _: None)
    assert Verdict.rate.func(verdict) == rate  # type: ignore[attr-defined]
