"""A quick run is a first look: fewer draws and variants, no claims, and every output says so."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import triptych
from triptych.engine.engine import POSTERIOR, Engine
from triptych.existence.probes import pushed_coordinates
from triptych.existence.search import find
from triptych.optimise.objective import make_objective
from triptych.problem.claims import Claim, at_most, claim
from triptych.problem.scenario import Data, Figure, Scenario
from triptych.reports.files import write_report
from triptych.reports.terminal import print_summary

SAID = (
    "Quick run: 2 chains of 800 draws, no profile intervals, no claims, no predictive checks, a shorter search for "
    "maxima; variants left out: wide."
)


@claim("The profile interval of mu is narrow in the variant wide (width)")
def narrow(comparison: Any) -> Claim:
    row = comparison["wide"].interval("mle", "profile", "mu")
    return at_most(row.upper - row.lower, 2.0)


def body(data: Data, width: float = 1.0) -> None:
    import pymc as pm

    mu = pm.Normal("mu", 0.0, width)
    pm.Normal("y", mu, 1.0, observed=data.y)


def data() -> Data:
    return Data({"y": [0.5, 1.5, -0.25, 2.0]}, dims={"y": ("row",)})


def answer(comparison: Any) -> str:
    return f"In wide it is {comparison['wide'].value('mle', 'mu')}."


def figure(comparison: Any) -> Figure:
    raise AssertionError("a figure of a quick run was drawn")


scenario = Scenario(
    name="of_mine",
    question="Where is mu?",
    source="made up",
    model=body,
    data=data,
    estimands=("mu",),
    variants={"wide": {"width": 5.0}},
    claims=(narrow,),
    answer=answer,
    figures=(figure,),
)


@pytest.fixture(scope="module")
def quick() -> Any:
    return triptych.run(scenario, quick=True, progressbar=False)


def test_it_solves_the_default_variant_without_profiles(quick: Any) -> None:
    assert list(quick.solutions) == ["default"]
    assert "profile" not in set(quick.intervals["interval_kind"])
    assert quick.estimates.set_index("method")["estimate"]["mle"] == pytest.approx(0.9375, abs=1e-9)
    assert quick["default"].panels["mcmc"].diagnostics["draws"] % 800 == 0
    assert [quick.provenance[name] for name in ("chains", "draws", "tune")] == [2, 800, 200]


def test_claims_are_skipped_and_none_fails(quick: Any) -> None:
    assert quick.claims.empty
    assert quick.figures == []
    assert "wide" not in quick.answer
    assert quick.ok
    assert quick.problems == []


def test_the_prior_is_drawn_and_no_data_sets_are(quick: Any, tmp_path: Path) -> None:
    groups = quick["default"].panels["mcmc"].native.children
    assert "prior" in groups
    assert set(groups["prior"].data_vars) == {"mu"}
    assert not {"posterior_predictive", "prior_predictive"} & set(groups)
    page = quick.to_html(tmp_path / "page.html").read_text()
    assert "No posterior predictive draws: they were not asked for" in page
    assert "A quick run draws no ranks of the chains" in page
    assert "Do the chains agree?" not in page


def test_a_brief_search_pushes_the_least_curved_coordinates_only(monkeypatch: pytest.MonkeyPatch) -> None:
    import pymc as pm

    with pm.Model() as many:
        pm.Poisson("y", pm.HalfNormal("rate", 10.0, shape=9), observed=np.arange(1, 10))
    objective, _ = make_objective(Engine.build(many), POSTERIOR)
    pushed: list[int] = []
    path = pushed_coordinates.pushed_path

    def noted(objective: Any, end: Any, j: int, sign: float, **rest: Any) -> Any:
        pushed.append(j)
        return path(objective, end, j, sign, **rest)

    monkeypatch.setattr(pushed_coordinates, "pushed_path", noted)
    whole = find(objective)
    assert set(pushed) == set(range(9))
    pushed.clear()
    brief = find(objective, brief=True)
    # In logarithms a rate is curved by its count and more, so that the smallest counts are the least curved.
    assert set(pushed) == set(range(6))
    assert brief.point.z == pytest.approx(whole.point.z)


def test_every_output_says_that_it_is_quick(quick: Any, tmp_path: Path) -> None:
    write_report([quick], tmp_path, ("html", "json", "csv"))
    page = (tmp_path / "report.html").read_text()
    assert '<strong class="quick">quick run</strong>' in page
    assert f'<p class="note">{SAID}</p>' in page
    document = json.loads((tmp_path / "results.json").read_text())
    assert document["provenance"]["quick"] is True
    (skipped,) = document["scenarios"][0]["skipped"]
    assert skipped["name"] == "narrow"
    assert skipped["reason"].startswith("quick run")
    assert "quick run" in (tmp_path / "facts.csv").read_text()
    assert SAID in quick._repr_html_()
    assert "quick" in repr(quick)
    text = StringIO()
    print_summary([quick], Console(file=text, width=120))
    assert SAID in " ".join(text.getvalue().split())
    assert "quick run, no claim was measured" in text.getvalue()
    assert "skipped" in text.getvalue()


def test_numbers_of_chains_and_draws_that_were_asked_for_stay() -> None:
    found = triptych.run(scenario, quick=True, draws=60, tune=70, chains=3, methods=("mle",), progressbar=False)
    assert [found.provenance[name] for name in ("chains", "draws", "tune")] == [3, 60, 70]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"profile": False}, "without profile intervals"),
        ({"variants": ["default"]}, "without the variants wide"),
        ({"methods": ("mle", "map")}, "without posterior"),
    ],
)
def test_what_is_left_out_is_why_claims_are_not_measured(options: dict[str, Any], reason: str) -> None:
    found = triptych.run(scenario, **{"draws": 60, "tune": 60, "chains": 2, **options}, progressbar=False)
    assert found.claims.empty
    assert found.questions == []
    assert re.search(reason, found.skipped)
    assert not found.quick
    assert "quick" not in found.provenance


def test_a_whole_run_skips_nothing() -> None:
    found = triptych.run(scenario, draws=60, tune=60, chains=2, progressbar=False)
    assert found.skipped == ""
    assert list(found.claims["name"]) == ["narrow"]
