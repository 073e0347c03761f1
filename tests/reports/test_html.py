"""The page as text: one file, everything escaped, figures drawn from what was computed."""

from __future__ import annotations

import re
from typing import Any

import arviz as az
import numpy as np
import pytest

from triptych.reports.html import fragment, render
from triptych.reports.predictions import checks


@pytest.fixture(scope="module")
def page(comparisons: list[Any]) -> str:
    return render(comparisons)


def test_the_page_names_no_address_to_load(page: str) -> None:
    assert not re.findall(r"(?:src|srcset|action)=|@import|url\(", page)
    assert re.findall(r'<link[^>]*href="([^"]*)"', page) == ["data:,"]


def test_what_users_write_is_escaped(page: str, lasso: Any) -> None:
    assert '<script>alert("x")</script>' not in page
    assert '<script>alert("x")</script>' not in fragment(lasso)
    assert "&lt;script&gt;alert" in page


def test_a_notebook_gets_the_panels_without_scripts(lasso: Any, failed: Any) -> None:
    shown = fragment(lasso)
    assert "<script" not in shown
    assert "<html" not in shown
    assert "beta[s1]" in shown
    assert "the sampler panicked" in fragment(failed)


def test_what_is_not_ok_is_marked_wherever_it_appears(page: str) -> None:
    shaky = page[page.index('data-scenario="shaky"') :]
    assert shaky.count("unreliable") > 8
    assert "R-hat 1.53" in shaky


def _tree(**groups: np.ndarray) -> Any:
    return az.from_dict({name: {"y": values} for name, values in groups.items()})


def _paths(chart: Any, css: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the curves of a class in the units of the chart's axes."""
    found = []
    for mark in chart.marks:
        if mark.css == css:
            places = np.array([[float(v) for v in p.split()] for p in mark.attrs["d"].strip("MZ").split("L")])
            x = chart.x.low + (places[:, 0] - chart.x.start) * (chart.x.high - chart.x.low) / (
                chart.x.stop - chart.x.start
            )
            found.append((x, (places[:, 1] - chart.y.start) / (chart.y.stop - chart.y.start)))
    return found


def test_a_predictive_check_draws_the_distributions_of_data_and_draws() -> None:
    rng = np.random.default_rng(1)
    data, draws = rng.normal(size=50), rng.normal(size=(2, 100, 50))
    (chart,) = checks(_tree(observed_data=data, posterior_predictive=draws), "k")
    x, share = _paths(chart, "ink line")[0]
    # A tenth of a pixel of 160 is the resolution of the drawing.
    assert np.all(np.isin(np.round(share * 50, 1), np.round(share * 50)))
    assert share[-1] == 1
    x, median = _paths(chart, "mcmc line")[0]
    from scipy.stats import norm

    # The median share below x over 200 replicates of 50: 0.5 in a share is 4 standard errors.
    assert np.abs(median - norm.cdf(x)).max() < 4 * 1.2533 * 0.5 / np.sqrt(50 * 200) + 1 / 50


def test_the_prior_does_not_stretch_the_axis() -> None:
    rng = np.random.default_rng(2)
    groups = {
        "observed_data": rng.normal(size=30),
        "posterior_predictive": rng.normal(size=(2, 60, 30)),
        "prior_predictive": 1000 * rng.normal(size=(1, 60, 30)),
    }
    (chart,) = checks(_tree(**groups), "k")
    assert -6 < chart.x.low < chart.x.high < 6
    assert [label for _, _, label in chart.legend] == [
        "prior predictive, 95 % of draws",
        "posterior predictive, 95 % of draws",
        "data",
    ]


def test_without_predictive_draws_there_is_no_check() -> None:
    assert checks(_tree(observed_data=np.zeros(3)), "k") == []
    assert checks(None, "k") == []
