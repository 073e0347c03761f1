"""The page of a study in a real browser, and its figures for a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import triptych
from tests.comparisons.study.toys import Formulas, toy
from tests.reports.browser import browse

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SEEN = """Array.from(document.querySelectorAll("section"), section => [section.id,
  Array.from(section.querySelectorAll("figure svg")).filter(svg => svg.getBoundingClientRect().width > 200).length])"""
SMALLEST = "Math.min(...Array.from(document.querySelectorAll('.plot text'), t => t.getBoundingClientRect().height))"


@pytest.fixture(scope="module")
def fixed() -> Any:
    return triptych.study(toy, n=(3, 10), replicates=100, executor=Formulas(), progressbar=False)


@pytest.fixture(scope="module")
def calibrated() -> Any:
    options: dict[str, Any] = {"settings": {"scale": (1.0, 2.0)}, "prior_draws": True, "progressbar": False}
    return triptych.study(toy, n=3, replicates=100, executor=Formulas(), **options)


@pytest.mark.browser
def test_the_page_shows_every_part_and_fetches_nothing(
    fixed: Any, calibrated: Any, chromium: str, tmp_path: Path
) -> None:
    others = {"intervals": 5, "statuses": 1, "numbers": 0, "provenance": 0}
    with browse(chromium, tmp_path / "profile") as page:
        for study, wanted in (
            (fixed, {"performance": 5, **others}),
            (
                calibrated,
                {"calibration": 2, "performance": 4, "intervals": 5, "statuses": 1, "numbers": 0, "provenance": 0},
            ),
        ):
            place = study.to_html(tmp_path / f"{study.plan.average}.html")
            for width, dark in ((1400, False), (390, True)):
                page.open(place, width=width, dark=dark)
                assert dict(page.evaluate(SEEN)) == wanted
                assert page.evaluate(OVERFLOW) <= 0
                assert page.evaluate(SMALLEST) >= 11
                assert page.requests() == []
                assert page.complaints() == []


def test_the_two_averages_are_never_called_by_each_others_name(fixed: Any, calibrated: Any) -> None:
    assert "Performance at a fixed truth" in fixed.page()
    assert "Calibration over the prior" not in fixed.page()
    assert "Performance averaged over the prior" in calibrated.page()
    assert "at a fixed truth</h2>" not in calibrated.page()


def test_each_figure_can_be_drawn_in_a_notebook(fixed: Any, calibrated: Any) -> None:
    for name, axes in (("performance", 3), ("zip", 5), ("estimates", 1), ("efficiency", 1), ("statuses", 1)):
        assert len(getattr(fixed, f"plot_{name}")().axes) == axes, name
    assert len(calibrated.plot_calibration().axes) == 2
    with pytest.raises(triptych.InputError, match="prior_draws"):
        fixed.plot_calibration()


def test_the_bound_is_one_over_n_and_missing_over_a_prior(fixed: Any, calibrated: Any) -> None:
    assert [bound for (bound,) in fixed.plan.bounds] == pytest.approx([3**-0.5, 10**-0.5])
    assert all(bound != bound for (bound,) in calibrated.plan.bounds)
