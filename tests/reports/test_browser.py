"""The page in a real browser: nothing is fetched, nothing fails, everything can be seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reports.browser import Page, browse
from triptych.problem.scenario import LONGEST_NAME
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


def test_the_longest_name_stays_within_the_column_of_the_menu(page: Page, report: Path) -> None:
    longest = ("cross_entropy_" * LONGEST_NAME)[:LONGEST_NAME]
    page.open(report, width=1280)
    page.evaluate(f"document.querySelector('.toc ol a').textContent = '{longest}'")
    menu = "document.querySelector('.toc')"
    assert page.evaluate(f"{menu}.scrollWidth - {menu}.clientWidth") <= 0


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


@pytest.mark.parametrize("width", [360, 414])
def test_on_a_phone_nothing_is_wider_than_the_screen_and_an_axis_has_all_its_numbers(
    page: Page, report: Path, width: int
) -> None:
    # The table scrolls where it is too wide, which cuts off what stands beyond its edge.
    cut = """
    Array.from(document.querySelectorAll("td.bars text.tick")).filter(e => {
      const box = e.getBoundingClientRect(), edge = e.closest(".scroll").getBoundingClientRect();
      return box.width > 0 && (box.right > edge.right + 0.5 || box.left < edge.left - 0.5);
    }).map(e => e.textContent)
    """
    page.open(report, width=width)
    assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate(cut) == []


@pytest.fixture(scope="module")
def alone(lasso: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of one scenario with two variants."""
    path = tmp_path_factory.mktemp("alone") / "report.html"
    path.write_text(render([lasso]), encoding="utf-8")
    return path


def test_a_scenario_is_printed_on_two_pages_with_its_folds_closed_and_nothing_cut_off(page: Page, alone: Path) -> None:
    page.open(alone)
    assert page.printed() <= 2
    page.open(alone, width=700)  # what A4 leaves between its margins
    page.send("Emulation.setEmulatedMedia", media="print")
    inside = "Array.from(document.querySelectorAll('table.panels'), t => t.getBoundingClientRect().right)"
    shown = "Array.from(document.querySelectorAll('details:not(.note)'), d => d.getBoundingClientRect().height > 0)"
    assert max(page.evaluate(inside)) <= 700
    assert not any(page.evaluate(shown))
    page.evaluate("document.querySelector('.scenario > details').open = true")
    assert any(page.evaluate(shown))
    page.send("Emulation.setEmulatedMedia", media="")


def test_the_first_screen_holds_question_answer_and_picture(page: Page, alone: Path) -> None:
    page.open(alone, width=1280, height=800)
    ends = "['h1', '.answer', '.picture svg'].map(s => document.querySelector(s).getBoundingClientRect().bottom)"
    assert max(page.evaluate(ends)) <= 800


def test_a_variant_has_an_address_and_is_chosen_from_the_keyboard(page: Page, alone: Path) -> None:
    shown = "Array.from(document.querySelectorAll('#lasso .variant'), v => v.getBoundingClientRect().height > 0)"
    page.open(alone, fragment="lasso-wide")
    assert page.evaluate(shown) == [False, True]
    page.open(alone, fragment="lasso-wide-estimates")  # a part of a variant
    assert page.evaluate(shown) == [False, True]
    page.open(alone)
    assert page.evaluate(shown) == [True, False]
    page.evaluate("document.querySelector('[role=tab]').focus()")
    page.key("ArrowRight")
    assert page.evaluate(shown) == [False, True]
    assert page.evaluate("location.hash") == "#lasso-wide"
    page.open(alone, fragment="lasso-model")  # a fold
    assert page.evaluate("document.getElementById('lasso-model').open")
    page.evaluate("document.querySelector('#lasso-checks summary').focus()")
    page.key("Enter")
    assert page.evaluate("document.getElementById('lasso-checks').open")


def test_badges_are_no_tab_stops_and_what_is_pressed_is_large_enough(page: Page, report: Path) -> None:
    # WCAG 2.2, 2.5.8: at least 24 px each way.
    small = """
    Array.from(document.querySelectorAll("button, summary, input, [role=tab], .toc a"))
      .map(e => [e, e.getBoundingClientRect()])
      .filter(([e, box]) => box.width > 0 && (box.width < 24 || box.height < 24)).map(([e]) => e.outerHTML.slice(0, 99))
    """
    for width in WIDTHS:
        page.open(report, width=width)
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert page.evaluate(small) == []
        assert page.evaluate("document.querySelectorAll('.badge[tabindex], .warn[tabindex]').length") == 0


def test_no_word_is_smaller_than_eleven_pixels_on_a_phone(page: Page, report: Path) -> None:
    # A drawing shrinks with the screen, and its words with it.
    smallest = """
    Math.min(...Array.from(document.querySelectorAll("main *"))
      .filter(e => Array.from(e.childNodes).some(n => n.nodeType === 3 && n.data.trim()) && e.getClientRects().length
        && !e.closest(".sr, title, desc, sup, sub, math"))
      .map(e => parseFloat(getComputedStyle(e).fontSize) * (e.getScreenCTM ? Math.abs(e.getScreenCTM().a || 1) : 1)))
    """
    page.open(report, width=390)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.evaluate(smallest) >= 10.95


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
