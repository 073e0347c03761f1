"""A path of a model as it is given goes along a number of its prior, and says why where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path as Folder
from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import stats

import triptych
from tests.reports.browser import browse
from triptych.comparisons.comparison import Comparison
from triptych.comparisons.path.scales import REACH, prior_scales
from triptych.comparisons.path.walk import Path
from triptych.engine.engine import Engine

Y = np.array([1.2, 0.3, 2.2, 1.9, 0.8])
WIDTH = 2.0


def measured() -> pm.Model:
    """A normal mean with a normal prior whose centre and width are both data of the model."""
    with pm.Model() as model:
        centre = pm.Data("centre", 1.0)
        width = pm.Data("width", WIDTH)
        mu = pm.Normal("mu", centre, width)
        pm.Normal("y", mu, 1.0, observed=Y)
    return model


def fixed() -> pm.Model:
    """The same with numbers that are written into it."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 1.0, WIDTH)
        pm.Normal("y", mu, 1.0, observed=Y)
    return model


def in_the_likelihood() -> pm.Model:
    with pm.Model() as model:
        noise = pm.Data("noise", 1.5)
        mu = pm.Normal("mu", 0.0, noise)
        pm.Normal("y", mu, noise, observed=Y)
    return model


def whole_number() -> pm.Model:
    with pm.Model() as model:
        width = pm.Data("width", 2)
        mu = pm.Normal("mu", 0.0, width)
        pm.Normal("y", mu, 1.0, observed=Y)
    return model


def probability() -> pm.Model:
    """A number of the prior that is refused when it is a hundred times as large."""
    with pm.Model() as model:
        share = pm.Data("share", 0.3)
        pair = pm.Dirichlet("pair", pm.math.stack([share, 1 - share]))
        pm.Normal("y", pair[0], 1.0, observed=Y)
    return model


def tight_when_large() -> pm.Model:
    """A rate: the larger it is, the narrower is the prior; a flat variable beside it has no width at all."""
    with pm.Model() as model:
        rate = pm.Data("rate", 0.5)
        mu = pm.Flat("mu")
        sigma = pm.Exponential("sigma", rate)
        pm.Normal("y", mu, sigma, observed=Y)
    return model


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return triptych.compare(measured(), name="measured", progressbar=False)


@pytest.fixture(scope="module")
def path(comparison: Comparison) -> Path:
    return triptych.path(comparison, points=5, progressbar=False)


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (measured, {"width": (WIDTH * REACH, WIDTH / REACH)}),
        (fixed, {}),
        (in_the_likelihood, {}),
        (whole_number, {"width": (WIDTH * REACH, WIDTH / REACH)}),
        (probability, {}),
        (tight_when_large, {"rate": (0.5 / REACH, 0.5 * REACH)}),
    ],
)
def test_a_number_is_a_scale_where_the_prior_alone_widens_with_it(
    make: Callable[[], pm.Model], found: dict[str, tuple[float, float]]
) -> None:
    spans = prior_scales(Engine.build(make()))
    assert {name: (span.start, span.stop) for name, span in spans.items()} == found


def test_each_step_is_the_conjugate_posterior_at_its_width(path: Path) -> None:
    """Precision n + 1/s^2, mean (sum of y + centre/s^2) over it; the marginal of y is normal too."""
    assert path.along == "width"
    assert path.meaning == "a number of the prior of mu, 2 in the model as given"
    np.testing.assert_allclose(path.values, np.geomspace(WIDTH * REACH, WIDTH / REACH, 5))
    precision = len(Y) + path.values**-2
    mean, sd = (Y.sum() + path.values**-2) / precision, precision**-0.5
    rows = {method: group for method, group in path.table.groupby("method")}
    np.testing.assert_allclose(rows["map"]["estimate"], mean, rtol=1e-9)
    np.testing.assert_allclose(rows["mle"]["estimate"], Y.mean(), rtol=1e-9)
    assert np.all(np.abs(rows["mcmc"]["estimate"] - mean) < 5 * sd / np.sqrt(400))
    exact = [
        stats.multivariate_normal(np.ones(5), np.eye(5) + width**2 * np.ones((5, 5))).logpdf(Y) for width in path.values
    ]
    np.testing.assert_allclose([one.value for one in path.criteria["log_marginal"]], exact, rtol=1e-9)
    assert path.choices["log_marginal"] == path.values[int(np.argmax(exact))]


def test_growing_rows_of_a_model_are_its_first_rows(comparison: Comparison) -> None:
    found = triptych.path(comparison, n=(2, 5), progressbar=False)
    modes = found.table.query("method == 'map'")["estimate"]
    precision = WIDTH**-2
    wanted = [(Y[:n].sum() + precision) / (n + precision) for n in (2, 5)]
    np.testing.assert_allclose(modes, wanted, rtol=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"along": "centre"}, "measured does not vary 'centre'; there are 'width'"),
        ({"start": 1e9}, "width goes from 0.02 to 200 in measured, and 1e[+]09 is outside"),
        ({"settings": {"width": 1.0}}, "has no setting 'width'"),
        ({"formula": "y ~ x"}, "measured is a scenario"),
    ],
)
def test_what_a_model_does_not_have_is_refused(comparison: Comparison, options: dict[str, Any], message: str) -> None:
    with pytest.raises(triptych.InputError, match=message):
        triptych.path(comparison, progressbar=False, **options)


def test_a_model_of_constants_is_told_how_its_scale_can_be_moved() -> None:
    solved = triptych.compare(fixed(), name="fixed", methods=["map"], progressbar=False)
    with pytest.raises(triptych.InputError, match=r'write it as pm.Data\("scale", 2.5\)'):
        triptych.path(solved, progressbar=False)


@pytest.mark.browser
def test_the_page_of_a_model_moves_by_keyboard_and_shows_all_steps_without_script(
    chromium: str, comparison: Comparison, path: Path, tmp_path: Folder
) -> None:
    comparison.walked = path
    comparison.to_html(tmp_path / "report.html")
    comparison.walked = None
    shown = "[...new Set([...document.querySelectorAll('.walk tbody:not([hidden])')].map(b => b.dataset.step))]"
    estimate = "document.querySelector('.walk tbody:not([hidden]) td.map .est').textContent"
    modes = path.table.query("method == 'map'")["estimate"].to_numpy()
    with browse(chromium, tmp_path / "profile") as page:
        page.open(tmp_path / "report.html", script=False)
        assert page.evaluate(shown) == [str(k) for k in range(5)]
        page.open(tmp_path / "report.html")
        assert page.printed() <= 2  # a path is for the screen
        for width in (360, 1366):
            page.open(tmp_path / "report.html", width=width, fragment="measured-path")
            page.evaluate("document.querySelector('.slider input').value = 1")
            page.evaluate("document.querySelector('.slider input').dispatchEvent(new Event('input'))")
            page.evaluate("document.querySelector('.slider input').focus()")
            for k in (2, 3, 4):
                page.key("ArrowRight")
                assert page.evaluate(shown) == [str(k)]
                assert float(page.evaluate(estimate)) == pytest.approx(modes[k], abs=0.006)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.complaints() == page.requests() == []
