"""The catalogue is read in an order: by chapter, and by position within it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import triptych
from triptych.cli.main import main
from triptych.problem import registry
from triptych.problem.failures import failures
from triptych.problem.scenario import CHAPTERS


class Entry:
    def __init__(self, scenario: Any) -> None:
        self.name, self.scenario = scenario.name, scenario

    def load(self) -> Any:
        return self.scenario


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Entry points with a scenario of an own chapter, one of none, and one in the middle of the first chapter."""
    coin = triptych.scenarios()["lasso"]
    given = [
        replace(coin, name="of_none", chapter="", position=1),
        replace(coin, name="own", chapter="appendix", position=1),
        replace(coin, name="last_of_losses", chapter="losses", position=0),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda **_: [Entry(one) for one in given])
    registry.scenarios.cache_clear()
    yield registry.scenarios()
    registry.scenarios.cache_clear()


def test_chapters_stand_in_their_order_and_positions_within_them(others: Any) -> None:
    found = list(others.values())
    known = [CHAPTERS.index(s.chapter) for s in found if s.chapter in CHAPTERS]
    assert known == sorted(known)
    assert list(others)[-2:] == ["own", "of_none"]
    losses = [s.name for s in found if s.chapter == "losses"]
    assert losses[0] == "gaussian_mean"
    assert losses[-1] == "last_of_losses"


def test_every_scenario_that_ships_has_a_place_of_its_own_an_answer_and_three_questions() -> None:
    ours = [s for s in triptych.scenarios().values() if s.model.__module__.startswith("triptych.models")]
    assert all(s.chapter in CHAPTERS and s.position > 0 for s in ours)
    assert [s.name for s in ours if s.answer is None or len(s.questions) != 3] == []
    assert len({(s.chapter, s.position) for s in ours}) == len(ours)


def test_the_map_names_each_failure_that_is_expected_with_its_panel() -> None:
    scenario = replace(
        triptych.scenarios()["small_n_variance"],
        variants={"one": {"n": 1}, "two": {"n": 2}},
        expect={"one": {"mle": "unbounded", "map": {"mu": "ok", "sigma": "at_boundary"}}, "two": {"mcmc": None}},
    )
    rows = failures([scenario])
    assert [tuple(row.values()) for row in rows] == [
        ("small_n_variance", "one", "mle", "", "unbounded"),
        ("small_n_variance", "one", "map", "sigma", "at_boundary"),
    ]


def test_the_map_is_printed_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("table", "csv", "json"):
        with pytest.raises(SystemExit) as ended:
            main(["list", "--map", "--format", form])
        assert ended.value.code == 0
        said = capsys.readouterr().out
        assert "class_imbalance" in said
        assert "at_infinity" in said
        # A narrow terminal folds the label.
        assert "level[s" in said
