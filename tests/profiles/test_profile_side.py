"""Decisions on the way along a profile: another branch, a limit of the deviance, a step, a maximum that was none.

Each figure is one on either side of its threshold, closer to it than a factor of two.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from triptych.problem.table import Status
from triptych.profiles import holding, profile
from triptych.profiles.open_ends import Place
from triptych.profiles.profile_side import ProfileSide


def side(*roots: float, rounding: float = 0.0) -> ProfileSide:
    """Return a side whose level has the root one, and whose path has these roots a unit apart."""
    objective = SimpleNamespace(
        rounding_error=lambda _: rounding, roughness=lambda _: 0.0, origin=np.zeros(1), active=np.array([0])
    )
    verdict: Any = SimpleNamespace(
        objective=objective, point=SimpleNamespace(value=0.0), rounding_error=rounding, diverging=np.zeros((0, 1))
    )
    scalar: Any = SimpleNamespace(
        unit=np.ones(1),
        period=0.0,
        centre=0.0,
        reach=0.0,
        limited=lambda step: step,
        evaluate=lambda x: (float(x[0]), np.ones(1)),
    )
    found = ProfileSide(verdict, scalar, 1.0, 1.0)
    found.path = [Place(np.array([float(k)]), float(k), r) for k, r in enumerate(roots)]
    return found


@pytest.mark.parametrize(("rise", "none"), [(0.9e-3, False), (1.1e-3, True)])
def test_a_maximum_is_none_if_a_profile_is_higher_by_a_thousandth(rise: float, none: bool) -> None:
    assert np.isnan(side(0.0)._root(rise)) == none


def beyond(path: ProfileSide, root: float) -> bool:
    step = np.ones(1)
    return path._jumps(Place(path.path[-1].x + step, path.path[-1].at + 1, root), step)


def test_a_root_that_rises_by_two_and_a_half_times_what_is_foreseen_is_of_another_branch() -> None:
    """From the maximum a root of one is foreseen, and a fifth of the level is always allowed."""
    assert [beyond(side(0.0), root) for root in (2.6, 2.8)] == [False, True]
    assert [beyond(side(0.95, 0.95), root) for root in (1.13, 1.17)] == [False, True]


@pytest.mark.parametrize(("error", "hidden"), [(0.009, False), (0.011, True)])
def test_a_crossing_is_hidden_by_rounding_of_a_hundredth_of_the_level(error: float, hidden: bool) -> None:
    found = side(0.0, rounding=error)
    assert found._is_rounding(found.path[0]) == hidden


@pytest.mark.parametrize(("limit", "told"), [(0.97, True), (0.985, False)])
def test_an_end_is_open_if_the_limit_of_the_deviance_is_clearly_below_the_level(limit: float, told: bool) -> None:
    found = side(*np.sqrt(limit * (1 - 0.5 ** np.arange(6.0))))
    found._look_ahead()
    assert np.isfinite(found.limit) == told


@pytest.mark.parametrize(("risen", "step"), [(0.5, 1.05), (0.3, 2.0)])
def test_a_step_is_a_little_longer_than_asked_for_and_at_most_twice_the_last(risen: float, step: float) -> None:
    """A root of 0.5 after a unit asks for one more unit, to pass the level by a twentieth; one of 0.3 for 2.45."""
    assert side(0.0, risen)._next().tolist() == [pytest.approx(step)]


@pytest.mark.parametrize(("root", "gain", "fresh"), [(0.029, 25.0, True), (0.031, 25.0, False), (0.029, 19.0, False)])
def test_where_the_likelihood_is_level_a_fresh_step_is_taken_that_gains_ten_times_as_much(
    root: float, gain: float, fresh: bool
) -> None:
    """The last step, twice as long, gains two: a fresh one has to gain more than twenty."""
    found = side(0.0, root)
    found.scalar.first = lambda *_: np.array([gain])  # type: ignore[method-assign]
    assert (found._next()[0] == gain) == fresh


@pytest.mark.parametrize(("slope", "freed"), [(-0.9e-7, False), (-1.1e-7, True), (0.9e-3, False), (1.1e-3, True)])
def test_what_diverges_is_freed_where_the_objective_pulls_it_back_or_pushes_it_on(
    slope: float, freed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def held(*given: Any) -> tuple[np.ndarray, float]:
        tried.append(len(given[-1]))
        return np.zeros(2), -1.0

    monkeypatch.setattr(holding, "_hold_coordinate", held)
    monkeypatch.setattr(holding, "out_alone", lambda *_: {1: 1.0})
    monkeypatch.setattr(holding, "together", lambda *_: [])
    objective = SimpleNamespace(derivatives=lambda _: (0.0, np.array([0.0, slope]), np.eye(2)))
    scalar: Any = SimpleNamespace(alone=0, evaluate=lambda _: (0.0, np.array([1.0, 0.0])))
    verdict: Any = SimpleNamespace(objective=objective)
    holding.hold(verdict, scalar, np.zeros(2), 0.0)
    assert tried == ([1, 0] if freed else [1])


@pytest.mark.parametrize(("scalars", "profiled"), [(40, True), (41, False)])
def test_up_to_forty_scalars_have_a_profile(scalars: int, profiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Followed(Exception):
        """Raised where the profiles begin."""

    def follow(*_: Any) -> None:
        raise Followed

    monkeypatch.setattr(profile, "pulled_back", follow)
    verdict = SimpleNamespace(objective=SimpleNamespace(size=scalars), without_redundant=None)
    optimum: Any = SimpleNamespace(verdict=verdict)
    rows: Any = [SimpleNamespace(status=Status.OK, estimand=f"x{k}", label="") for k in range(scalars)]
    frame: Any = SimpleNamespace(ci_prob=0.95)
    if profiled:
        with pytest.raises(Followed):
            profile.profile_rows(optimum, frame, [], rows)
    else:
        assert profile.profile_rows(optimum, frame, [], rows).rows == []
