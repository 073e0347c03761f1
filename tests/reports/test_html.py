"""The page as text: one file, everything escaped, figures drawn from what was computed."""

from __future__ import annotations

import re
from typing import Any

import arviz as az
import numpy as np
import pytest
from markupsafe import escape

from tests.reports.conftest import row
from triptych.base.numbers import style
from triptych.problem.scenario import Data
from triptych.problem.table import COLUMNS, OpenEnd, frame
from triptych.regression.build import build_scenario
from triptych.reports import sections
from triptych.reports.cells import cell, line
from triptych.reports.html import fragment, render
from triptych.reports.mathematics import breakable, mathml, pretty
from triptych.reports.plots import predictive_plots, rank_plots
from triptych.reports.sections import data_summary
from triptych.reports.view import Note, abridged, select


@pytest.fixture(scope="module")
def page(comparisons: list[Any]) -> str:
    return render(comparisons)


def test_the_page_names_no_address_to_load(page: str) -> None:
    assert not re.findall(r"(?:src|srcset|action)=|@import|url\((?!#)", page)
    assert re.findall(r'<link[^>]*href="([^"]*)"', page) == ["data:,"]


def test_the_mean_of_centred_data_is_zero() -> None:
    x = np.array([0.1, 0.2, 0.4, -0.7])
    assert x.mean() != 0
    shown = {a["name"]: a["mean"] for a in data_summary(Data({"x": x, "small": x * 1e-12 + 1e-14}))["arrays"]}
    assert shown["x"] == "0"
    assert "14</sup>" in shown["small"]


def test_the_data_are_shown_column_by_column_and_those_of_a_table_on_its_own_scale() -> None:
    x = np.array([[1.0, 10.0], [3.0, 30.0]])
    dims, coords = {"X": ("row", "predictor"), "y": ("row",)}, {"predictor": ["a", "b"]}
    shown = data_summary(Data({"X": x, "y": np.array([0.0, 1.0])}, dims=dims, coords=coords))["arrays"]
    assert [(a["name"], a["mean"], a["axes"]) for a in shown] == [
        ("X[a]", "2", "row"),
        ("X[b]", "20", "row"),
        ("y", "0.5000", "row"),
    ]
    table = {"y": [0, 1, 1, 0], "dose": [100.0, 200.0, 300.0, 600.0]}
    scenario = build_scenario(table, "y ~ dose", family="bernoulli")
    dose = next(a for a in data_summary(scenario.data(), scenario.columns)["arrays"] if a["name"] == "dose")
    assert (dose["low"], dose["mean"], dose["high"]) == ("100", "300", "600")


def test_what_users_write_is_escaped(page: str, lasso: Any) -> None:
    assert '<script>alert("x")</script>' not in page
    assert '<script>alert("x")</script>' not in fragment(lasso)
    assert "&lt;script&gt;alert" in page


def test_a_notebook_gets_the_panels_without_scripts(lasso: Any, failed: Any) -> None:
    shown = fragment(lasso)
    assert "<script" not in shown
    assert "<html" not in shown
    assert "beta[s1]" in shown
    assert "<b>beta</b>" in shown
    assert 'class="mle bar"' in shown
    assert "the sampler panicked" in fragment(failed)


def test_what_is_not_ok_is_marked_wherever_it_appears(page: str) -> None:
    shaky = page[page.index('data-scenario="shaky"') :]
    assert shaky.count("unreliable") > 8
    assert "R-hat 1.53" in shaky


def test_a_long_name_keeps_its_end_and_many_names_are_all_within_reach() -> None:
    assert abridged("C(region_of_residence)[T.North]", 20) == "C(regi…nce)[T.North]"
    assert abridged("sigma", 20) == "sigma"
    assert breakable("C(a_b)[<x>]") == "C(a_<wbr>b)<wbr>[&lt;x&gt;]"
    many = Note("mle", "unbounded", [f"beta[{i}]" for i in range(9)], "why")
    assert many.names == "beta[0], beta[1], beta[2], beta[3], beta[4], beta[5] and 3 more"
    # A heading that names a whole estimand leaves nothing out, so that its names are not written twice.
    assert many.brief(many.scalars) == "beta (all 9)"
    assert not many.rest(many.scalars)
    assert many.brief([*many.scalars, "beta[9]"]) == "beta[0], beta[1], beta[2], beta[3] and 5 more"
    assert many.rest([*many.scalars, "beta[9]"]).endswith("beta[7], beta[8]")


def test_a_distribution_stands_against_its_parenthesis() -> None:
    assert "<mi>Normal</mi>" in mathml(r"x \sim \operatorname{Normal}(0,~5)")
    assert "<mo>logit</mo>" in mathml(r"\operatorname{logit} p")


def _tree(**groups: np.ndarray) -> Any:
    return az.from_dict({name: {"y": values} for name, values in groups.items()})


def _curves(svg: str, colour: str) -> list[np.ndarray]:
    """Return the drawn lines of a colour, in the picture's units."""
    found = re.findall(rf'<path d="([^"]*)"[^>]*stroke: var\(--{colour}\)', svg)
    return [np.array([[float(v) for v in p.split()] for p in re.split("[ML]", d) if p.strip()]) for d in found]


def test_predictive_checks_draw_the_data_over_draws_of_both_kinds() -> None:
    rng = np.random.default_rng(1)
    groups = {
        "observed_data": rng.normal(size=50),
        "posterior_predictive": rng.normal(size=(2, 100, 50)),
        "prior_predictive": 1000 * rng.normal(size=(1, 60, 50)),
    }
    posterior, prior = predictive_plots(_tree(**groups), "k")
    assert posterior.caption == "y: cumulative distribution of the data (bold) and of posterior predictive draws"
    assert prior.caption == "y: cumulative distribution of the data (bold) and of prior predictive draws"
    assert len(_curves(posterior.svg, "mcmc")) == 40
    assert len(_curves(prior.svg, "faint")) >= 40
    # Of 50 data the distribution rises from one to fifty; steps closer than a pixel are drawn as one.
    (data,) = (c for c in _curves(posterior.svg, "ink") if len(c) > 40)
    steps = 49 * (data[:, 1].max() - data[:, 1]) / np.ptp(data[:, 1])
    assert np.abs(steps - np.round(steps)).max() < 0.01
    assert np.unique(np.round(steps)).size > 25
    assert "#0" not in posterior.svg


def test_of_many_rows_one_of_every_few_is_drawn_and_that_is_said() -> None:
    rng = np.random.default_rng(2)
    groups = {"observed_data": rng.normal(size=2500), "posterior_predictive": rng.normal(size=(1, 50, 2500))}
    (plot,) = predictive_plots(_tree(**groups), "k")
    assert plot.caption.endswith("of one row in 3")


def test_ends_of_an_interval_in_powers_of_ten_are_no_markup_on_the_page() -> None:
    row = {"status": "ok", "reason": "", "estimate": -3.48e6, "lower": -4.79e6, "upper": 2.17e-9, "std_error": 7e5}
    shown = cell(row, style([row]))
    for text in (shown["estimate"], shown["interval"]):
        assert "<sup>" in escape(text)
        assert "&lt;" not in escape(text)


def test_without_predictive_draws_there_is_no_check() -> None:
    assert predictive_plots(_tree(observed_data=np.zeros(3)), "k") == []
    assert predictive_plots(None, "k") == []


def test_ranks_are_those_of_draws_that_are_nearly_independent() -> None:
    """Ranks of draws that depend on each other are not uniform although all chains have one distribution."""
    rng = np.random.default_rng(8)
    chains = np.zeros((4, 1000))
    for k in range(1, 1000):  # an autocorrelation of .9: one of 19 draws is worth one
        chains[:, k] = 0.9 * chains[:, k - 1] + rng.normal(size=4)
    tree = az.from_dict({"posterior": {"b": chains}})
    ess = {name: float(az.ess(tree["posterior"].to_dataset(), method=name)["b"]) for name in ("bulk", "tail")}
    summary = [{"estimand": "b", "label": "", "r_hat": 1.0, "ess_bulk": ess["bulk"], "ess_tail": ess["tail"]}]
    (plot,) = rank_plots(tree, summary, "k")
    step = int(plot.caption.split("one of every ")[1].split()[0])
    assert step == min(int(np.ceil(4000 / min(ess.values()))), 1000 // 20)
    p = float(re.findall(r"p=(\d\.\d\d)", plot.svg)[0])
    (every,) = rank_plots(tree, [{**summary[0], "ess_bulk": 4000.0, "ess_tail": 4000.0}], "k")
    assert float(re.findall(r"p=(\d\.\d\d)", every.svg)[0]) < 0.01 < p


def test_a_percent_sign_stays_on_the_line_of_its_number() -> None:
    assert str(pretty("a 95 % interval of 3 cases")) == "a 95\N{NO-BREAK SPACE}% interval of 3 cases"


def test_ranks_are_drawn_of_the_scalars_that_mix_worst() -> None:
    rng = np.random.default_rng(3)
    draws = rng.normal(size=(4, 200, 3))
    draws[1, :, 2] += 1
    tree = az.from_dict({"posterior": {"b": draws}}, dims={"b": ["k"]}, coords={"k": ["u", "v", "w"]})
    rhat = az.rhat(tree["posterior"].to_dataset())["b"].values
    summary = [{"estimand": "b", "label": k, "r_hat": r, "ess_bulk": 100.0} for k, r in zip("uvw", rhat, strict=True)]
    plots = rank_plots(tree, summary, "k")
    assert [p.caption.split(":")[0] for p in plots] == ["b[w]", f"b[{'uv'[int(np.argmax(rhat[:2]))]}]"]
    assert all(len(_curves(p.svg, f"chain{i}")) == 1 for p in plots for i in range(4))
    ids = [set(re.findall(r'id="([^"]*)"', p.svg)) for p in plots]
    assert not ids[0] & ids[1]
    assert rank_plots(tree, [{**row, "r_hat": np.nan} for row in summary[:1]], "k")


def test_predictive_checks_of_a_binary_variable_are_its_calibration_and_its_share(recwarn: Any) -> None:
    rng = np.random.default_rng(5)
    drawn = rng.integers(0, 2, (2, 60, 30))
    groups = {"posterior_predictive": {"y": drawn}, "prior_predictive": {"y": drawn}}
    tree = az.from_dict({**groups, "observed_data": {"y": rng.integers(0, 2, 30)}})
    after, before = predictive_plots(tree, "k")
    assert after.caption == "y: observed frequency against predicted probability"
    assert before.caption == "y: the share of ones in prior predictive draws"
    for plot in (after, before):
        assert plot.svg.startswith("<svg")
    assert not [w for w in recwarn if "binary" in str(w.message)]


def test_in_a_scenario_figure_the_panels_keep_their_colours_and_lines_are_labelled_at_their_ends() -> None:
    from triptych.problem.scenario import Figure, Series
    from triptych.reports.scenario_figures import special

    falling = Series("MAP of a", [3.0, 2.0, 1.0], [0.0, 4.0, 9.0])  # given from right to left
    level = Series("penalty", [1.0, 2.0, 3.0], [0.0, 0.0, 0.0])
    dots = Series("posterior mean", [2.0], [4.0], kind="points")
    chart = special(Figure("t", "c", "x", "y", (falling, level, dots)), "k")
    ends = {mark.text: mark for mark in chart.marks if mark.css.endswith(" end")}
    assert list(ends) == ["MAP of a", "penalty"]
    assert ends["MAP of a"].css == "map end"
    assert ends["penalty"].css == "n0 end"
    # Their left ends lie further apart: there the falling line is high on the page and the level one on the axis.
    assert ends["MAP of a"].attrs["x"] < chart.x(1.0) - 10
    assert ends["MAP of a"].attrs["y"] < 30 < ends["penalty"].attrs["y"]
    assert chart.legend == [("mcmc", "square", "posterior mean")]
    # The room for the labels has no ticks: no figure lies there.
    assert min(place for place, _ in chart.x.ticks) >= chart.x(1.0) - 10 > chart.x.start + 40
    # A label need not begin with the panel's name, and a second line of a panel is told apart by its dashes.
    line = ([1.0, 2.0], [0.0, 1.0])
    wald, profile = Series("Wald", *line, panel="mle"), Series("likelihood", *line)
    chart = special(Figure("t", "c", "x", "y", (profile, wald, Series("at the MLE", *line))), "k")
    assert [mark.css for mark in chart.marks if " line" in mark.css] == ["mle line", "mle dashed line", "n0 line"]
    assert [mark.css for mark in chart.marks if mark.css.endswith(" end")] == ["mle end", "mle end", "n0 end"]
    zeros = Series("MAP, zero", [2.0], [4.0], kind="points")
    # Labels before lines that lie apart at their left ends stand in their order, one line of text apart, outside of
    # the lines; one hue tells some lines apart.
    crowd = tuple(Series(k, [1.0, 3.0], [a, 3.0], accent=k == "b") for k, a in zip("abc", (1.0, 1.1, 5.0),
                                                                               strict=True))  # fmt: skip
    chart = special(Figure("t", "c", "x", "y", crowd), "k")
    before = [mark for mark in chart.marks if mark.css.endswith(" end")]
    assert [mark.text for mark in before] == ["c", "b", "a"]
    assert np.all(np.diff([mark.attrs["y"] for mark in before]) >= 12.9)
    assert {mark.attrs["text-anchor"] for mark in before} == {"end"}
    assert chart.x.start < min(mark.attrs["x"] for mark in before) < chart.x(1.0) - 10
    assert {mark.css.split()[0] for mark in before if mark.text != "b"} == {"n2"}
    assert [mark.css for mark in before if mark.text == "b"] == ["n1 end"]
    others = Series("lasso", [2.0], [4.0], kind="points")
    chart = special(Figure("t", "c", "x", "y", (zeros, others)), "k")
    assert chart.legend == [("map", "diamond", "MAP, zero"), ("n0", "circle", "lasso")]
    lines = [special(Figure("t", "c", "x", "y", tuple(level for _ in range(n))), "k") for n in (1, 13)]
    assert [len(one.legend) for one in lines] == [1, 13]


def test_a_page_says_of_an_interval_where_it_is_open_by_its_facts_and_not_by_its_reason() -> None:
    end = OpenEnd("above", np.inf, 0.5, 1.92)
    said = "open above: on the way to +infinity the log-likelihood falls by 0.5 in all, and 1.92 would end it"
    opened = row(
        estimand="nu", estimate=3.0, lower=1.0, upper=np.inf, interval_kind="profile", reason="one; two"
    ).opened(end)
    assert opened.reason == f"one; two; {said}"
    table = frame([opened])
    assert list(table.columns) == list(COLUMNS)
    assert not {"open_ends", "whole_circle"} & set(COLUMNS)
    (shown,) = select(table, "default")
    assert line(shown, [], opened.open_ends)["open"] == said
    assert line(shown, [])["open"] == ""


def test_an_end_at_a_pole_and_one_at_a_limit_say_so() -> None:
    assert OpenEnd("below", -np.inf, np.nan, 1.92).sentence == (
        "open below: it passes a pole where the log-likelihood is above the level"
    )
    assert "on the way to its limit 0.25 the" in OpenEnd("below", 0.25, 1.0, 1.92).sentence


def test_a_page_of_one_scenario_is_called_by_its_question(lasso: Any, mixture: Any) -> None:
    alone, both = render([lasso]), render([lasso, mixture])
    question = str(escape(lasso.scenario.question))
    assert f"<title>{question} | triptych</title>" in alone
    assert f'<a href="#{lasso.scenario.name}">the answer</a>' in alone
    assert f"<title>{lasso.scenario.name}, {mixture.scenario.name} | triptych</title>" in both
    assert f'<a href="#{lasso.scenario.name}">{lasso.scenario.name}</a>' in both


def test_what_to_report_shows_three_sentences_however_long() -> None:
    from triptych.comparisons.explanation.sentences import Sentence

    long = [Sentence(f"rule{k}", " ".join(["word"] * 100), ()) for k in range(4)]
    assert [len(part) for part in sections.told(long).values()] == [2, 2]
    assert [len(part) for part in sections.told(long, least=sections.LEAST_TO_REPORT).values()] == [3, 1]
