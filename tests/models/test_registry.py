"""The registry finds the scenarios, and each can build its data and simulate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import triptych
from triptych.api.runs import run_all
from triptych.problem import registry

NAMES = {"lasso", "mixture", "small_n_variance", "weight_decay"}


def test_all_scenarios_are_found() -> None:
    assert set(triptych.scenarios()) >= NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_simulates_what_its_model_reads(name: str) -> None:
    scenario = triptych.scenarios()[name]
    data, truth = scenario.simulate(np.random.default_rng(1))
    assert set(data.arrays) == set(scenario.data().arrays)
    assert set(scenario.estimands) <= set(truth)


def test_an_unknown_scenario_is_named() -> None:
    with pytest.raises(triptych.InputError, match="no scenario 'lassso'"):
        triptych.run("lassso")


@pytest.mark.parametrize("name", ["lasso", "weight_decay"])
def test_the_simulator_is_recovered(name: str) -> None:
    scenario = triptych.scenarios()[name]
    from triptych.panels.settings import Settings
    from triptych.panels.solve import solve

    data, truth = scenario.simulate(np.random.default_rng(3), n=20_000)
    solved = solve(scenario, settings=Settings(methods=("mle",), profile=False), data=data)
    for estimand in scenario.estimands:
        value = truth[estimand]
        gap = np.abs(solved.values("mle", estimand) - np.ravel(value))
        assert np.all(gap <= 5 * solved.std_errors("mle", estimand))


class Entry:
    def __init__(self, name: str, load: Any) -> None:
        self.name, self.load = name, load


@pytest.fixture
def with_entries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Entry points of other packages: one right, one that cannot be imported, one that is no scenario, one again."""

    def missing() -> Any:
        raise ModuleNotFoundError("No module named 'elsewhere'")

    right = replace(registry.scenarios()["lasso"], name="theirs")
    entries = [
        Entry("theirs", lambda: right),
        Entry("Gone-away", missing),
        Entry("number", lambda: 3),
        Entry("twice", lambda: right),
    ]
    registry.scenarios.cache_clear()
    monkeypatch.setattr(registry, "entry_points", lambda group: entries if group == "triptych.scenarios" else [])
    yield
    monkeypatch.undo()
    registry.scenarios.cache_clear()


def test_scenarios_of_other_packages_are_found_and_broken_ones_take_none_down(with_entries: None) -> None:
    found = registry.scenarios()
    assert set(found) >= {*NAMES, "theirs", "gone_away", "number", "twice"}
    for name, reason in (
        ("gone_away", "elsewhere"),
        ("number", "not a triptych.Scenario"),
        ("twice", "exists already"),
    ):
        assert reason in found[name].question
        (comparison,) = run_all([name])
        assert comparison.error is not None
        assert reason in comparison.error
        assert not comparison.ok


@pytest.mark.parametrize("name", sorted(triptych.scenarios()))
def test_a_scenario_says_what_its_data_are_and_names_its_first_estimand(name: str) -> None:
    scenario = triptych.scenarios()[name]
    assert scenario.about.endswith(".")
    assert scenario.estimands[0] in scenario.about


JOINING = {"and", "because", "both", "but", "hence", "or", "so", "such", "that", "then", "therefore", "which", "whose"}
REFERRING = {"it", "its", "so", "their", "them", "these", "they", "this", "those"}


def leans(text: str) -> bool:
    """Say whether a text needs the one before it: its first word joins on, or a pronoun comes before its noun."""
    words = [word.lower() for word in re.findall(r"[\w']+", text.split("(")[0])]
    joins = words[0] in JOINING and not text.endswith("?")  # a question may begin with which
    return joins or not text[0].isupper() or not REFERRING.isdisjoint(words[:6])


@pytest.mark.parametrize("name", sorted(triptych.scenarios()))
def test_a_statement_stands_alone(name: str) -> None:
    """Statements and questions begin with a capital letter and say what they are about before they refer to it."""
    scenario = triptych.scenarios()[name]
    said = [vars(claim)["statement"] for claim in scenario.claims] + [q.text for q in scenario.questions]
    assert [text for text in said if leans(text)] == []


@pytest.mark.parametrize(
    "statement",
    [
        "and gives a mode",
        "where the residual sum of squares is several times as large (ratio)",
        "which is not small (least of n = 1e2, 1e4 and 1e6)",
        "The panel says so: every coefficient that sets setosa apart has its MLE at infinity",
        "Leaving it out makes sigma larger (MAP: ratio less one)",
        "So do the standard errors (largest difference)",
        "That of the level stays",
    ],
)
def test_a_statement_that_leans_is_seen(statement: str) -> None:
    assert leans(statement)
