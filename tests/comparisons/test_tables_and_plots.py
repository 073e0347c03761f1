"""What a comparison hands to papers and notebooks: tables side by side, plots, and the MAP's own methods."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pymc as pm
import pytest
from matplotlib.colors import to_hex

import triptych
from triptych.reports import matplotlib_plots
from triptych.reports.matplotlib_plots import COLOURS

mpl.use("Agg")


@pytest.fixture(scope="module")
def solved():
    """A straight line with a known deviation under N(0, 1) priors: the posterior is normal, its covariance known."""
    x = np.linspace(-1.0, 2.0, 12)
    y = 0.5 + 0.8 * x + np.resize([0.3, -0.2, -0.1], 12)
    with pm.Model(coords={"term": ["one", "x_%"]}) as model:
        b = pm.Normal("b", 0.0, 1.0, dims="term")
        pm.Deterministic("twice", 2 * b[1])
        pm.HalfNormal("idle", 1.0)
        pm.Normal("y", b[0] + b[1] * x, 0.5, observed=y)
    comparison = triptych.compare(model, draws=400, tune=400, random_seed=2, progressbar=False)
    design = np.column_stack([np.ones(12), x])
    covariance = np.linalg.inv(design.T @ design / 0.25 + np.eye(2))
    return comparison, covariance, covariance @ design.T @ y / 0.25


def test_the_mode_has_the_covariance_of_everything_that_is_reported(solved):
    comparison, covariance, mean = solved
    mode = comparison.results["map"]
    assert not hasattr(mode, "conf_int") or comparison["default"].row("map", "idle").status == "at_boundary"
    # The half-normal's mode lies on its edge, so the whole has no regular mode; each row still has its own.
    assert [row.estimate for row in comparison["default"].rows("map", "b")] == pytest.approx(list(mean), abs=1e-8)
    assert comparison["default"].std_errors("map", "b") == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-8)


def test_a_regular_mode_answers_like_a_fitted_model(solved):
    _, covariance, mean = solved
    x = np.linspace(-1.0, 2.0, 12)
    with pm.Model() as model:
        b = pm.Normal("b", 0.0, 1.0, shape=2)
        pm.Deterministic("twice", 2 * b[1])
        pm.Normal("y", b[0] + b[1] * x, 0.5, observed=0.5 + 0.8 * x + np.resize([0.3, -0.2, -0.1], 12))
    mode = triptych.compare(model, methods=("map",), progressbar=False).results["map"]
    slopes = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 2.0]])
    np.testing.assert_allclose(mode.cov_params(), slopes @ covariance @ slopes.T, rtol=1e-8)
    assert list(mode.cov_params().columns) == ["b[0]", "b[1]", "twice"]
    summary = mode.summary()
    np.testing.assert_allclose(summary["estimate"], slopes @ mean, atol=1e-8)
    half = 1.959963984540054 * summary["std_error"]
    np.testing.assert_allclose(mode.conf_int()["upper"] - summary["estimate"], half, rtol=1e-6)
    assert len(repr(mode)) < 100


def test_the_wide_table_has_a_row_a_scalar_and_columns_a_panel(solved):
    comparison, *_ = solved
    table = comparison.summary()
    assert list(table.index) == ["b[one]", "b[x_%]", "idle", "twice"]
    assert list(dict.fromkeys(table.columns.get_level_values(0))) == ["MLE", "MAP", "posterior"]
    row = comparison["default"].row("map", "twice")
    assert table.loc["twice", ("MAP", "upper")] == row.upper
    assert table.loc["idle", ("MLE", "status")] == "not_in_likelihood"
    assert np.isnan(table.loc["idle", ("MLE", "estimate")])


def test_markdown_and_latex_say_the_same(solved):
    comparison, *_ = solved
    row = comparison["default"].row("mle", "twice")
    said = f"{row.estimate:.3g} [{row.lower:.3g}, {row.upper:.3g}]"
    lines = comparison.to_markdown().splitlines()
    assert len(lines) == 2 + 4
    assert said in lines[-1]
    assert "not_in_likelihood" in lines[4]
    text = comparison.to_latex()
    assert said in text
    assert r"b[x\_\%]" in text
    assert r"\toprule" in text
    assert re.search(r"not\\_in\\_likelihood", text)


def test_plots_show_every_scalar_and_only_those_asked_for(solved):
    import matplotlib.pyplot as plt

    comparison, *_ = solved
    forest = comparison.plot_forest()
    assert [tick.get_text() for tick in forest.get_yticklabels()] == ["b[one]", "b[x_%]", "idle", "twice"]
    # Each panel has the colour that it has on the page, and what belongs to none is grey.
    css = (Path(matplotlib_plots.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
    of_page = set(re.findall(r"--(?:mle|map|mcmc): (#\w+)", css.partition("@media")[0]))
    assert of_page == set(COLOURS.values())
    assert {line.get_color() for line in forest.lines} == {*of_page, "0.7"}
    few = comparison.plot_forest(var_names=["twice"])
    assert [tick.get_text() for tick in few.get_yticklabels()] == ["twice"]
    why = comparison.plot_why(var_names=["b"])
    widths = [bar.get_width() for bar in why.patches]
    table = comparison.contrasts.query("estimand == 'b'")
    np.testing.assert_allclose(widths, [*table["mode_shift_sd"], *table["mean_minus_mode_sd"]])
    axes = comparison.plot_posterior(var_names=["b", "twice"])
    assert [ax.get_title() for ax in axes.flat] == ["b[one]", "b[x_%]", "twice"]
    assert {line.get_color() for ax in axes.flat for line in ax.lines} <= of_page
    assert {to_hex(bar.get_facecolor()) for bar in why.patches} <= of_page
    plt.close("all")


def test_an_unknown_variant_or_estimand_is_named(solved):
    comparison, *_ = solved
    with pytest.raises(triptych.InputError, match="no estimand gone; it has b, idle, twice"):
        comparison.plot_forest(var_names=["gone"])
    for call in (comparison.summary, comparison.explain, comparison.to_latex, comparison.plot_why):
        with pytest.raises(triptych.InputError, match="not solved in variant 'other'"):
            call("other")


def test_the_posterior_goes_by_both_names(solved):
    comparison, *_ = solved
    assert comparison.results["posterior"] is comparison.results["mcmc"]


def test_what_is_typed_in_a_console_is_shown_in_one_line(solved):
    comparison, *_ = solved
    solution = comparison["default"]
    shown = [comparison, solution, solution.engine, solution.data, comparison.scenario, comparison.explain()]
    shown += solution.panels.values()
    assert {type(one).__name__ for one in shown if len(repr(one)) > 120 or "\n" in repr(one)} == set()
    assert repr(solution) == "<Solution model, default: mle, map, mcmc>"
    assert repr(solution.engine) == "<Engine of b, idle>"
    assert repr(solution.panels["map"]) == "<Panel map: 4 scalars>"
    assert repr(triptych.Data({"x": [[1.0, 2.0]]})) == "<Data x (1, 2)>"


def test_the_package_lists_its_public_names_only():
    assert dir(triptych) == sorted([*triptych.__all__, "__version__"])
