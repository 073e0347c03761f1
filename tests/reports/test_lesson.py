"""The lesson's file and what stands behind it: its states are those of the acts, and the engine still says them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.reports import lesson_answers
from triptych.base.errors import InputError
from triptych.cli.main import main
from triptych.problem.table import METHODS
from triptych.reports.lesson.act import NAMES, get
from triptych.reports.lesson.lesson import render_lesson
from triptych.reports.lesson.states import answers, read

FEWEST = 30


@pytest.mark.parametrize("name", NAMES)
def test_kept_states_are_those_of_the_act(name: str) -> None:
    act, kept = get(name), read(name)
    wanted = [json.loads(json.dumps([s.label, s.switch, dict(s.given)])) for s in act.states()]
    assert [[state["label"], state["switch"], state["given"]] for state in kept] == wanted
    assert len(kept) >= FEWEST
    assert {state["switch"] for state in kept} == set(act.switches)
    for state in kept:
        if state["mcmc"]["status"] == "no_posterior":
            assert [state["mcmc"][key] for key in ("value", "lower", "upper")] == [None] * 3
        else:
            assert len(state["mcmc"]["errors"]) == 3


@pytest.mark.parametrize("name", ["small_n", "mixture"])
def test_there_is_no_posterior_where_the_integral_diverges(name: str) -> None:
    act = get(name)
    assert act.no_posterior is not None
    improper = 0
    for state in act.states():
        exponent = lesson_answers.exponent_at_zero(name, state.given, state.switch)
        diverges = exponent < -1 + 1e-3  # the integral of sigma^k from zero is finite if k > -1
        assert bool(act.no_posterior(state.given, state.switch)) == diverges, (state, exponent)
        improper += diverges
    assert improper >= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_question_has_one_of_its_choices_for_an_answer(name: str) -> None:
    act = get(name)
    assert len(act.predictions) >= 2
    for prediction in act.predictions:
        assert 0 <= prediction.right < len(prediction.choices)
        known = {"n", "prior", "extra", "switch", act.bench["drag"]}
        assert set(prediction.start) | set(prediction.move) <= known


def test_the_page_has_the_acts_asked_for_in_their_order() -> None:
    page = render_lesson([NAMES[-1], NAMES[0]])
    assert re.findall(r'<section class="act" id="(\w+)"', page) == list(dict.fromkeys([NAMES[-1], NAMES[0]]))
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page


def test_an_unknown_act_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"'lesson'.*small_n"):
        render_lesson(["lesson"])


def test_teach_writes_one_file_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new folder" / "class.html"
    with pytest.raises(SystemExit) as ended:
        main(["teach", NAMES[0], "--out", str(out)])
    assert not ended.value.code
    assert [path.name for path in out.parent.iterdir()] == ["class.html"]
    assert out.read_text(encoding="utf-8") == render_lesson([NAMES[0]])
    assert str(out) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["teach", "nothing"], "nothing"),
        (["teach", "--out", "."], "folder"),
        (["teach", "--out", ""], "--out"),
        (["teach", "--out", "file/lesson.html"], "file"),
    ],
    ids=["act", "folder", "empty", "below a file"],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_written(
    arguments: list[str],
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("taken", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert named in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_engine_says_again_what_was_kept(name: str) -> None:
    act, kept = get(name), read(name)
    random = np.random.default_rng(len(name)).choice(len(kept), 2, replace=False)
    without = [k for k, state in enumerate(kept) if state["mcmc"]["status"] == "no_posterior"]  # nothing is sampled
    chosen = [*random, *without]
    states = act.states()
    for k, again in zip(chosen, answers(act, [states[k] for k in chosen]), strict=True):
        for method in METHODS:
            before, now = kept[k][method], again[method]
            assert now["status"] == before["status"], (k, method)
            for part, key in enumerate(("value", "lower", "upper")):
                if before[key] is None or isinstance(before[key], str):
                    assert now[key] == before[key], (k, method, key)
                elif method == "mcmc":
                    room = 5 * np.hypot(before["errors"][part], now["errors"][part])
                    assert abs(now[key] - before[key]) <= room, (k, method, key)
                else:
                    assert now[key] == pytest.approx(before[key], rel=1e-7, abs=1e-7), (k, method, key)
