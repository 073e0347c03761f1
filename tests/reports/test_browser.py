"""The page in a real browser: nothing is fetched, nothing fails, everything can be seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reports.browser import Page, browse
from triptych.reports.html import render

pytestmark = pytest.mark.browser

WIDTHS = (390, 1400)
# What of a scenario takes room on the page: its heading and its drawings.
SEEN = """
Array.from(document.querySelectorAll("section.scenario"), section => ({
  name: section.dataset.scenario,
  heading: section.querySelector("h2").getBoundingClientRect().height,
  drawings: Array.from(section.querySelectorAll("figure > svg, td.bars > svg"), svg => svg.getBoundingClientRect())
    .filter(box => box.width > 100 && box.height > 20).length,
}))
"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def report(comparisons: list[Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(comparisons), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def page(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browse(chromium, tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_scenario_is_seen_and_nothing_is_fetched(
    page: Page, report: Path, comparisons: list[Any], width: int, dark: bool, script: bool
) -> None:
    page.open(report, width=width, dark=dark, script=script)
    seen = {section["name"]: section for section in page.evaluate(SEEN)}
    assert list(seen) == [c.scenario.name for c in comparisons]
    for comparison in comparisons:
        section = seen[comparison.scenario.name]
        assert section["heading"] > 10
        assert section["drawings"] >= 3 * (comparison.error is None)
    assert page.evaluate(OVERFLOW) <= 0
    assert page.requests() == []
    assert page.complaints() == []


def test_a_request_would_be_noticed(page: Page, report: Path, tmp_path: Path) -> None:
    # The check above is worth something only if it can fail.
    leaky = tmp_path / "leaky.html"
    leaky.write_text('<img src="file:///nowhere.png"><script>nope()</script>', encoding="utf-8")
    page.open(leaky)
    assert page.requests() == ["file:///nowhere.png"]
    assert any("nope" in complaint for complaint in page.complaints())


def test_without_script_all_variants_are_open_and_with_it_tabs_choose(page: Page, report: Path) -> None:
    shown = "Array.from(document.querySelectorAll('#lasso .variant'), v => v.getBoundingClientRect().height > 0)"
    page.open(report, script=False)
    assert page.evaluate(shown) == [True, True]
    page.open(report)
    assert page.evaluate(shown) == [True, False]
    page.evaluate("document.querySelectorAll('#lasso [role=tab]')[1].click()")
    assert page.evaluate(shown) == [False, True]


def test_a_table_is_sorted_and_filtered(page: Page, report: Path) -> None:
    first = "document.querySelector('#lasso table.panels tbody tr:not([hidden], .axis) th').textContent"
    page.open(report)
    assert page.evaluate(first) == "beta[age]"
    page.evaluate("document.querySelectorAll('#lasso table.panels thead button')[1].click()")
    assert page.evaluate(first) == "beta[s1]"  # the smallest MLE
    page.evaluate(
        """(() => { const box = document.querySelector('#lasso .tools input');
        box.value = 'sigma'; box.dispatchEvent(new Event('input')); })()"""
    )
    assert page.evaluate(first) == "sigma"


# Of every drawn bar of the lasso's table: its panel, its height less that of the words of that panel in its row.
BESIDE = """
Array.from(document.querySelector("#lasso table.panels").querySelectorAll("tr:not(.axis)")).flatMap(row =>
  Array.from(row.querySelectorAll("line.bar"), bar => {
    const method = ["mle", "map", "mcmc"].find(m => bar.classList.contains(m));
    const words = row.querySelector(`td.${method}:not(.bars)`).getBoundingClientRect();
    const box = bar.getBoundingClientRect(), whole = row.getBoundingClientRect();
    return [(box.top + box.bottom) / 2 - (words.top + words.bottom) / 2, whole.top < box.top && box.top < whole.bottom];
  }))
"""
ZEROS = """
Array.from(document.querySelector("#lasso table.panels tbody").querySelectorAll("line.zero"),
  line => line.getBoundingClientRect().left)
"""


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_number_and_its_bar_are_on_one_row_and_zero_is_one_line(
    page: Page, report: Path, width: int, script: bool
) -> None:
    page.open(report, width=width, script=script)
    beside = page.evaluate(BESIDE)
    assert len(beside) > 25
    assert all(inside for _, inside in beside)
    if width == WIDTHS[0]:  # on a phone the panels are under one another, each beside its own bar
        assert max(abs(gap) for gap, _ in beside) < 6
    zeros = page.evaluate(ZEROS)
    assert len(zeros) == 10
    assert max(zeros) - min(zeros) < 0.5


def test_text_stays_text(page: Page, report: Path) -> None:
    page.open(report)
    assert '<script>alert("x")</script>' in page.evaluate("document.querySelector('#lasso .question').textContent")


def test_words_stand_out_from_the_paper(page: Page, report: Path) -> None:
    # WCAG 2.2, contrast of text: at least 4.5 to 1.
    ratio = """
    (() => {
      const light = (text) => {
        const [r, g, b] = text.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
          .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const paper = light(getComputedStyle(document.body).backgroundColor);
      const words = document.querySelectorAll("main p, main th, main td, main h4, main dt, main dd, figcaption, li");
      return Math.min(...Array.from(words, word => {
        const ink = light(getComputedStyle(word).color);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      }));
    })()
    """
    for dark in (False, True):
        page.open(report, dark=dark)
        assert page.evaluate(ratio) >= 4.5


@pytest.mark.parametrize("width", [390, 700, 1300])
def test_what_is_too_wide_scrolls_by_itself_and_from_the_keyboard(
    page: Page, report: Path, tmp_path: Path, width: int
) -> None:
    wide = tmp_path / "wide.html"
    text = report.read_text(encoding="utf-8").replace(">beta[bmi]<", f">beta[{'bmi_' * 30}]<")
    wide.write_text(text.replace("<pre tabindex", f"<pre>{'x' * 400}</pre><pre tabindex", 1), encoding="utf-8")
    scrolling = """
    Array.from(document.querySelectorAll("main *"))
      .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === "auto")
      .map(e => [e.tagName, e.tabIndex, getComputedStyle(e).backgroundImage.includes("gradient")])
    """
    page.open(wide, width=width, script=False)
    assert page.evaluate(OVERFLOW) <= 0
    found = page.evaluate(scrolling)
    assert ["PRE", -1, True] in found  # the one put in above
    assert all(shaded and (reached == 0 or tag == "PRE") for tag, reached, shaded in found)
    assert (width > 390) or any(tag == "DIV" for tag, _, _ in found)
