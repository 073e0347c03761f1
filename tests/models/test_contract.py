"""What holds of every scenario, whoever wrote it; a new one is held to it without a word here."""

from __future__ import annotations

import importlib
import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import triptych
from tests.reports.browser import browse
from triptych.cli.main import main
from triptych.graph.from_scenario import build_model, model_settings, scenario_data
from triptych.problem.scenario import Data, Scenario
from triptych.problem.table import COLUMNS, METHODS, Status
from triptych.reports.files import results_json
from triptych.reports.html import render

NAMES = sorted(triptych.scenarios())
GROUPS = {"posterior", "posterior_predictive", "sample_stats", "log_likelihood", "observed_data", "mle", "map"}


def check_definition(scenario: Scenario) -> None:
    """Hold what can be said of a scenario before it is solved."""
    assert scenario.question.endswith("?")
    assert scenario.source.strip()
    assert scenario.claims
    assert len({c.__name__ for c in scenario.claims}) == len(scenario.claims)
    for settings in scenario.variants.values():
        data = scenario_data(scenario, dict(settings))
        model = build_model(scenario, data, model_settings(scenario, dict(settings)))
        assert set(scenario.estimands) <= {v.name for v in (*model.free_RVs, *model.deterministics)}
    held = scenario.holdout if isinstance(scenario.holdout, str) else scenario.holdout(scenario_data(scenario, {}))
    assert held.strip() if isinstance(held, str) else held.dtype == bool
    check_simulator(scenario)
    check_settings(scenario)


def check_simulator(scenario: Scenario) -> None:
    """Hold the simulator to its seed, its number of observations and the truth that it is given."""
    simulate = scenario.simulate
    assert simulate is not None
    (one, truth), (two, _) = (simulate(np.random.default_rng(5)) for _ in range(2))
    assert isinstance(one, Data)
    assert set(scenario.estimands) <= set(truth)
    assert all(np.array_equal(one.arrays[k], two.arrays[k]) for k in one.arrays)
    for settings in scenario.variants.values():
        rest = {k: v for k, v in settings.items() if k != "n"}
        (few, _), (again, _) = (simulate(np.random.default_rng(seed), n=12, **rest) for seed in (1, 2))
        many, _ = simulate(np.random.default_rng(1), n=17, **rest)
        assert {k: v.shape for k, v in few.arrays.items()} == {k: v.shape for k, v in again.arrays.items()}
        assert any(few.arrays[k].shape != many.arrays[k].shape for k in few.arrays)
        assert not all(np.array_equal(few.arrays[k], again.arrays[k]) for k in few.arrays)
    taken = 0
    for name, value in truth.items():
        halved, told = simulate(np.random.default_rng(5), truth={name: np.asarray(value) / 2})
        if np.array_equal(told[name], np.asarray(value) / 2) and np.any(np.asarray(value) != 0):
            taken += 1
            assert any(not np.array_equal(halved.arrays[k], one.arrays[k]) for k in one.arrays), name
    assert taken, "the simulator takes no true value"


def check_settings(scenario: Scenario) -> None:
    """Hold what may be varied to the model, which takes each such setting as a symbolic scalar too."""
    import pytensor

    data = scenario_data(scenario, {})
    for name, span in scenario.varies.items():
        assert model_settings(scenario, {name: 1.0}) == {name: 1.0}, f"the model has no setting {name}"
        assert span.meaning.strip()
        symbolic = pytensor.shared(np.float64(np.sqrt(span.start * span.stop) if span.log else span.start))
        walked = build_model(scenario, data, {**model_settings(scenario, {}), name: symbolic})
        density = walked.compile_logp(mode="FAST_COMPILE")
        before = density(walked.initial_point())
        symbolic.set_value(np.float64(span.stop))
        assert density(walked.initial_point()) != before, f"{name} changes nothing"
    assert set(scenario.null) <= set(scenario.estimands)
    assert set(scenario.units) <= set(scenario.estimands)
    assert scenario.answer is None or callable(scenario.answer)


def check_solved(comparison: Any) -> None:
    """Hold what can be said of a solved scenario."""
    scenario = comparison.scenario
    assert comparison.problems == []
    assert list(comparison.claims["holds"]) == [True] * len(scenario.claims)
    for table in (comparison.estimates, comparison.intervals, comparison.optima):
        assert tuple(table.columns) == COLUMNS
        missing = table[table["estimate"].isna() | (table["status"] != Status.OK)]
        assert (missing["status"] != Status.OK).all()
        assert missing["reason"].str.len().gt(0).all()
        bounded = table[table["interval_kind"] != "none"]
        assert (bounded["lower"] <= bounded["upper"]).all()
        without = table[table["interval_kind"] == "none"]
        assert without[["lower", "upper"]].isna().all(axis=None)
    found = comparison.estimates.groupby(["variant", "method", "estimand"]).size()
    wanted = {(v, m, e) for v in scenario.variants for m in METHODS for e in scenario.estimands}
    assert set(found.index) == wanted
    tree = comparison.to_datatree()
    assert set(tree.children) >= GROUPS
    document = json.loads(results_json([comparison]), parse_constant=pytest.fail)
    assert document["scenarios"][0]["name"] == scenario.name
    assert scenario.answer is None or scenario.answer(comparison).strip()
    assert all(question.answer(comparison).strip() for question in scenario.questions)


@pytest.mark.parametrize("name", NAMES)
def test_the_definition_keeps_the_contract(name: str) -> None:
    check_definition(triptych.scenarios()[name])


@pytest.mark.parametrize("name", sorted({"lasso", "mixture", "small_n_variance", "weight_decay"}))
def test_a_scenario_that_ships_has_a_prior_scale_to_walk_along(name: str) -> None:
    assert triptych.scenarios()[name].varies


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_keeps_the_contract(name: str, solved: Any) -> None:
    check_solved(solved(name))


@pytest.mark.parametrize("name", NAMES)
def test_another_process_sends_the_whole_report(name: str, solved: Any) -> None:
    bare = pickle.loads(pickle.dumps(solved(name)))
    assert render([bare]) == render([solved(name)])
    drawn = pickle.loads(pickle.dumps(bare))
    assert "drawn" in vars(drawn)
    assert render([drawn]) == render([bare])


# Where question, answer, picture and, of one variant, the three answers end below the top of the page.
FRONT = """
["h1", ".answer", ".picture", ".front.beside .card"].flatMap(s => [...document.querySelectorAll(s)])
  .map(e => [e.className || e.tagName, e.getBoundingClientRect().bottom])
"""
# Strokes and fills of all drawings, and the colours that they may have: those of the panels, greys, and one hue.
INKS = """
[...new Set([...document.querySelectorAll("main svg *")].filter(e => e.getClientRects().length && !e.closest("defs"))
  .flatMap(e => [getComputedStyle(e).stroke, e.matches("path, circle, rect, text, tspan, polygon, ellipse")
    ? getComputedStyle(e).fill : "none"]).filter(c => c !== "none"))]
"""
PALETTE = """
(() => {
  const probe = document.createElement("i");
  document.querySelector("main").append(probe);
  const names = ["mle", "map", "mcmc", "ink", "soft", "faint", "rule", "paper", "raised", "context", "band",
    "chain0", "chain1", "chain2", "chain3"].map(name => `var(--${name})`);
  return [...names, "color-mix(in srgb, var(--context) 55%, var(--faint))"].map(colour => {
    probe.style.color = colour;
    return getComputedStyle(probe).color;
  });
})()
"""
FOLDED = "document.querySelector('main').innerText.split(/\\s+/).length"
SCREEN = (1366, 768)  # pixels, of many laptops
MOST_WORDS = 1500  # names and numbers of tables among them, folds closed: a few minutes of reading
PAPER = 2  # sheets of A4


@pytest.mark.browser
@pytest.mark.parametrize("name", NAMES)
def test_the_page_tells_the_answer_on_one_screen_in_few_words_and_the_panels_own_colours(
    name: str, solved: Any, chromium: str, tmp_path: Path
) -> None:
    solved(name).to_html(tmp_path / "page.html")
    with browse(chromium, tmp_path / "profile") as page:
        page.open(tmp_path / "page.html", width=SCREEN[0], height=SCREEN[1])
        assert [(what, end) for what, end in page.evaluate(FRONT) if end > SCREEN[1]] == []
        assert page.evaluate(FOLDED) <= MOST_WORDS
        assert page.printed() <= PAPER
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert set(page.evaluate(INKS)) - {"rgba(0, 0, 0, 0)"} <= set(page.evaluate(PALETTE))


# `solved` has a seed of its own, and `triptych run` the default one, so that three are looked at without the slow ones.
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
@pytest.mark.parametrize("name", NAMES)
def test_claims_hold_at_other_seeds(name: str, seed: int) -> None:
    assert triptych.run(name, random_seed=seed).problems == []


@pytest.mark.parametrize("name", NAMES)
def test_the_simulator_is_recovered(name: str) -> None:
    """Solved on simulated data, the posterior's 99.9 % intervals cover the truth of the default variant."""
    scenario = triptych.scenarios()[name]
    assert scenario.simulate is not None
    data, truth = scenario.simulate(np.random.default_rng(8))
    simulated = replace(scenario, variants={}, expect={}, claims=(), data=lambda: data, holdout="none")
    table = triptych.run(simulated, methods=("mcmc",), ci_prob=0.999).estimates
    assert (table["status"] == Status.OK).all()
    for estimand in scenario.estimands:
        rows = table[table["estimand"] == estimand]
        known = np.ravel(truth[estimand])
        assert (rows["lower"].to_numpy() <= known).all(), estimand
        assert (known <= rows["upper"].to_numpy()).all(), estimand


def fifth_scenario() -> str:
    """Return the file that README tells newcomers to write."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    section = readme.split("## Adding a scenario", 1)[1]
    return section.split("```python\n", 1)[1].split("```", 1)[0]


@pytest.fixture
def fifth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put one more file into the room of scenarios."""
    import triptych.models
    from triptych.problem import registry

    (tmp_path / "coin.py").write_text(fifth_scenario(), encoding="utf-8")
    monkeypatch.setattr(triptych.models, "__path__", [*triptych.models.__path__, str(tmp_path)])
    registry.scenarios.cache_clear()
    yield tmp_path
    registry.scenarios.cache_clear()


def test_a_fifth_scenario_is_one_new_file(fifth: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = triptych.scenarios()
    assert sorted(found) == sorted([*NAMES, "coin"])
    check_definition(found["coin"])
    check_solved(triptych.run("coin", draws=500, tune=500))
    with pytest.raises(SystemExit) as ended:
        main(["list"])
    assert ended.value.code == 0
    assert "coin" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main(["run", "coin", "--out", str(fifth / "out"), "--draws", "500", "--tune", "500"])
    assert ended.value.code == 0
    assert "coin" in capsys.readouterr().out
    assert "Is the coin fair?" in (fifth / "out" / "report.html").read_text(encoding="utf-8")
    assert (fifth / "out" / "coin.nc").exists()


def test_another_prior_moves_map_and_posterior_and_nothing_else(solved: Any) -> None:
    """One word changed in the model of a scenario: the standard deviation of its prior."""
    scenario = triptych.scenarios()["weight_decay"]

    def tighter(data: Data, **settings: Any) -> None:
        scenario.model(data, **{**settings, "decay_sd": 0.05})

    before = solved("weight_decay")["default"]
    changed = replace(scenario, model=tighter, variants={}, expect={}, claims=())
    after = triptych.run(changed, random_seed=11, profile=False)["default"]
    assert np.array_equal(after.values("mle", "weight"), before.values("mle", "weight"))
    for method in ("map", "mcmc"):
        gap = np.abs(after.values(method, "weight") - before.values(method, "weight"))
        assert gap.max() > 0.5 * before.std_errors("mcmc", "weight").max()


@pytest.mark.parametrize(
    ("name", "before", "after", "shown"),
    [
        ("lasso", "RATE = 0.237", "RATE = 0.5", r"\lambda = 0.5"),
        ("weight_decay", "DECAY_SD = 1.0", "DECAY_SD = 0.05", r"\tau = 0.05"),
        (
            "mixture",
            "INVERSE_GAMMA, HALF_NORMAL_SD = (3.0, 1.0)",
            "INVERSE_GAMMA, HALF_NORMAL_SD = (4.0, 2.0)",
            "(4, 2)",
        ),
        ("small_n_variance", "SCEPTIC_SD = 0.15", "SCEPTIC_SD = 0.3", "Normal}(0, 0.3)"),
    ],
)
def test_a_prior_changed_in_its_file_is_changed_in_its_mathematics(
    name: str, before: str, after: str, shown: str
) -> None:
    source = Path(str(importlib.import_module(f"triptych.models.{name}").__file__)).read_text(encoding="utf-8")
    assert before in source
    changed = ModuleType("changed")
    exec(compile(source.replace(before, after), f"{name}.py", "exec"), changed.__dict__)
    assert any(shown in line for line in changed.scenario.mathematics)
    assert not any(shown in line for line in triptych.scenarios()[name].mathematics)
