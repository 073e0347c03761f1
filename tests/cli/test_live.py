"""The live bench: exact answers on moved data, compiled once; the notebook runs without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from triptych.base.errors import InputError
from triptych.cli import live
from triptych.cli.main import main
from triptych.comparisons.bench import Bench
from triptych.problem.scenario import Data, Scenario
from triptych.problem.varied import Range
from triptych.reports.bench_figure import draw_bench

Y = np.array([0.3, 1.9, -0.4, 2.2, 1.1])
COUNTS = (
    "import pymc as pm\n"
    "with pm.Model() as counts:\n"
    "    pm.Poisson('y', pm.Gamma('rate', 2, 1), observed=[3, 5, 4, 1, 0, 2])\n"
)


def normal(data: Data, scale: Any = 1.0) -> None:
    import pymc as pm

    pm.Normal("y", pm.Normal("mu", 0, scale), 1.0, observed=data.y)


@pytest.fixture(scope="module")
def bench() -> Bench:
    """A normal mean of known spread, whose prior's scale is the dial."""
    return Bench.of_scenario(
        Scenario(
            name="centre", question="Where?", source="made up", model=normal, data=lambda: Data({"y": Y}),
            estimands=("mu",), varies={"scale": Range(100.0, 0.01, "prior scale")},
        )
    )  # fmt: skip


def answers(table: Any) -> dict[str, float]:
    assert set(table["engine"]) == {"batched"}
    return dict(zip(table["method"], table["estimate"], strict=True))


@pytest.mark.parametrize("scale", [0.2, 3.0])
@pytest.mark.parametrize("moved", [-0.4, 9.0])
def test_moved_data_and_dial_have_the_conjugate_answer(bench: Bench, scale: float, moved: float) -> None:
    y = np.where(np.arange(5) == 2, moved, Y)
    found = bench.solve({"y": y}, dial=scale)
    precision = 5 + 1 / scale**2
    said = answers(found)
    assert said["mle"] == pytest.approx(y.mean(), abs=1e-9)
    assert said["map"] == pytest.approx(y.sum() / precision, abs=1e-9)
    assert said["mcmc"] == pytest.approx(y.sum() / precision, abs=5 / np.sqrt(400 * precision))
    wald = found[found["method"] == "mle"].iloc[0]
    assert [wald["lower"], wald["upper"]] == pytest.approx(y.mean() + np.array([-1, 1]) * 1.959963985 / np.sqrt(5))


def test_nothing_moved_is_the_data_as_given(bench: Bench) -> None:
    assert bench.solve()["estimate"].tolist() == bench.solve({"y": Y})["estimate"].tolist()


def test_what_cannot_be_moved_is_refused(bench: Bench) -> None:
    with pytest.raises(InputError, match=r"'z' \(5,\) is not one of the data that can be moved: y \(5,\)"):
        bench.solve({"z": Y})
    with pytest.raises(InputError, match=r"'y' \(3,\)"):
        bench.solve({"y": Y[:3]})
    with pytest.raises(InputError, match=r"scale goes from 100 to 0\.01"):
        bench.solve(dial=1e6)
    for opened in (live.open_bench, live.run_live):  # the second one before a browser is opened
        with pytest.raises(InputError, match=r"no scenario 'laso' \(a model is file.py:name\); did you mean 'lasso'\?"):
            opened("laso")


def test_the_notebook_runs_on_a_model_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("marimo")
    from triptych.cli.notebook import app

    (tmp_path / "counts.py").write_text(COUNTS, encoding="utf-8")
    monkeypatch.setattr(live, "DEFAULT_SUBJECT", f"{tmp_path / 'counts.py'}:counts")
    outputs, defined = app.run()
    assert any("Solved in" in getattr(output, "text", "") for output in outputs)
    said = answers(defined["answer"])
    assert said["mle"] == pytest.approx(15 / 6, abs=1e-8)
    assert said["map"] == pytest.approx((2 + 15 - 1) / (1 + 6), abs=1e-8)
    assert said["mcmc"] == pytest.approx(17 / 7, abs=5 * np.sqrt(17) / 7 / 20)


def test_a_picture_says_what_does_not_exist(bench: Bench) -> None:
    table = bench.solve()
    table.loc[0, "estimate"], table.loc[0, "status"] = np.nan, "at_infinity"
    (axes,) = draw_bench(table, bench.solve()).axes
    assert [text.get_text() for text in axes.texts] == ["MLE: at infinity"]
    assert len(axes.lines) == 3 + 2 + 2  # rings as given, two estimates with their intervals


def test_without_marimo_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as end:
        main(["teach", "--live", "lasso"])
    assert end.value.code == 4
    assert "triptych[teach]" in capsys.readouterr().err
