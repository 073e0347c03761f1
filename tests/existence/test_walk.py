"""How far a direction is followed, which fall along it counts, and which directions say the same.

Each figure is one on either side of its threshold, closer to it than a factor of two.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from triptych.existence.probes import walk
from triptych.existence.probes.walk import (
    _at_plain_rates,
    _distinct,
    _exactly,
    _levels_off,
    _moved,
    _on_ridges,
    _owed_to,
    _same_way,
    _walk,
    _within,
)


def along(value: Callable[[float], float], *, rounding: float = 0.0, logarithm: bool = False) -> Any:
    """Return a verdict at zero, with standard error one, on an objective of one coordinate that is zero there."""
    objective = SimpleNamespace(
        value=lambda x: value(float(x[0])),
        transformed=np.array([logarithm]),
        origin=np.zeros(1),
        active=np.array([0]),
        size=1,
        rounding_error=lambda _: rounding,
        leaps=lambda *_: False,
    )
    point = SimpleNamespace(z=np.zeros(1), hessian=-np.eye(1), value=0.0)
    tolerance = SimpleNamespace(same=1e-10, higher=1e-6)
    return SimpleNamespace(objective=objective, point=point, tolerance=tolerance, rounding_error=rounding)


def falls(verdict: Any, curvature: float = 1.0) -> bool:
    return _walk(verdict, np.ones(1), curvature)[0]


@pytest.mark.parametrize(("begins", "found"), [(1000.0, True), (1050.0, False)])
def test_a_direction_is_followed_for_a_thousand_standard_errors(begins: float, found: bool) -> None:
    assert falls(along(lambda x: -1.0 if x > begins else 0.0)) == found


@pytest.mark.parametrize(("begins", "found"), [(0.9e6, True), (1.1e6, False)])
def test_one_without_curvature_is_followed_for_a_million(begins: float, found: bool) -> None:
    assert falls(along(lambda x: -1.0 if x > begins else 0.0), curvature=0.0) == found


@pytest.mark.parametrize(("begins", "found"), [(11.0, True), (13.0, False)])
def test_a_logarithm_is_followed_for_twelve_units(begins: float, found: bool) -> None:
    assert falls(along(lambda x: -1.0 if x > begins else 0.0, logarithm=True)) == found


@pytest.mark.parametrize(("fall", "found"), [(0.09, False), (0.11, True)])
def test_along_a_direction_without_curvature_a_fall_is_one_of_a_tenth(fall: float, found: bool) -> None:
    assert falls(along(lambda x: -fall if x > 10 else 0.0), curvature=0.0) == found


@pytest.mark.parametrize(("times", "found"), [(7.0, False), (9.0, True)])
def test_a_fall_is_one_of_eight_rounding_errors(times: float, found: bool) -> None:
    assert falls(along(lambda x: -times * 1e-6 if x > 10 else 0.0, rounding=1e-6)) == found


@pytest.mark.parametrize(("curvature", "level"), [(3.5e-10, False), (4.5e-10, True)])
def test_a_level_up_to_overflow_is_seen_where_four_times_rounding_was_promised(curvature: float, level: bool) -> None:
    """The walk overflows from half a unit on; a quarter promises a fall of a 32nd of the curvature."""
    verdict = along(lambda x: np.nan if x > 0.3 else 0.0)
    assert _levels_off(verdict, np.array([0.5]), 32 * curvature, 1e-10) == level


def test_rates_of_logarithms_are_twelfths_to_a_hundredth() -> None:
    logarithms = np.array([True, True])
    for rate, plain in ((1 / 12, True), (0.75, True), (1 / 24, False), (1 / 6, True), (1 / 5, False)):
        near = np.array([1.0, rate + 0.0091 / 12])
        assert (_at_plain_rates(near, logarithms)[1] == pytest.approx(rate, abs=1e-12)) == plain
    far = np.array([1.0, 0.75 + 0.011 / 12])
    assert _at_plain_rates(far, logarithms) is far


@pytest.mark.parametrize(
    ("other", "count"),
    [([1.0, 0.5 + 0.009], 1), ([1.0, 0.5 + 0.011], 2), ([1.0, 0.5, 0.0009], 1), ([1.0, 0.5, 0.0011], 2)],
)
def test_rays_are_one_that_differ_by_a_hundredth_or_in_other_parts_by_a_thousandth(
    other: list[float], count: int
) -> None:
    one = np.zeros(len(other))
    one[:2] = 1.0, 0.5
    assert len(_distinct([one, np.array(other)])) == count


def test_a_part_of_a_thousandth_is_rounding() -> None:
    assert _moved(np.array([2.0, 0.0018, -0.0022])).tolist() == [True, False, True]


@pytest.mark.parametrize(("left", "found"), [(0.9e-6, True), (1.1e-6, False)])
def test_a_direction_is_a_combination_of_others_but_for_a_millionth(left: float, found: bool) -> None:
    assert _within(np.array([[1.0, 0.0]]), np.array([1.0, left])) == found


@pytest.mark.parametrize(("part", "owed"), [(0.45, False), (0.55, True)])
def test_a_direction_is_level_for_a_step_that_is_half_of_its_longest_part(part: float, owed: bool) -> None:
    assert _owed_to(np.array([False, True]), np.array([-1.0, part])) == owed


@pytest.mark.parametrize(("fall", "same"), [(0.9e-3, True), (1.1e-3, False)])
def test_a_direction_is_a_ray_but_for_what_costs_a_thousandth(fall: float, same: bool) -> None:
    """Over twelve units of the ray the other coordinate goes one standard error times the root of twice the fall."""
    objective = SimpleNamespace(transformed=np.array([True, False]))
    verdict: Any = SimpleNamespace(objective=objective, point=SimpleNamespace(hessian=-np.eye(2)))
    assert _same_way(verdict, np.array([1.0, np.sqrt(2 * fall) / 12]), np.array([1.0, 0.0])) == same


@pytest.mark.parametrize(("cosine", "kept"), [(0.88, 1), (0.93, 0)])
def test_a_ridge_that_is_all_but_a_ray_is_that_ray_bent(
    cosine: float, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_ridge", lambda *_: True)
    ridge = np.array([cosine, np.sqrt(1 - cosine**2)])
    verdict: Any = None
    assert len(_on_ridges(verdict, [ridge], [np.array([1.0, 0.0])], np.ones(2))) == kept


@pytest.mark.parametrize(("cosine", "replaced"), [(0.988, False), (0.993, True)])
def test_a_level_direction_is_the_exact_one_beside_it(cosine: float, replaced: bool) -> None:
    found, exact = np.array([cosine, np.sqrt(1 - cosine**2)]), np.array([[1.0, 0.0]])
    (after,) = _exactly([found], exact, np.ones(2))
    assert (after is not found) == replaced
