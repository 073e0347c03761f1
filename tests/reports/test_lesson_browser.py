"""The lesson in a real browser: it agrees with the engine and with quadrature, and answers hands, keys and readers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

from tests.reports import lesson_answers
from tests.reports.browser import Page, browse
from triptych.problem.table import METHODS
from triptych.reports.lesson.act import NAMES, get
from triptych.reports.lesson.lesson import render_lesson
from triptych.reports.lesson.states import read

pytestmark = pytest.mark.browser

EXACT, SAMPLED = 1e-6, 5
FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# JSON has no infinity: it travels as text, as it does in the states.
SOLVED = """
(() => {
  const found = lesson.acts[%s].solve(%s, %s);
  const keep = (v) => (v === undefined ? null : Number.isFinite(v) ? v : v > 0 ? "inf" : "-inf");
  const part = (m) => ({ status: found[m].status, value: keep(found[m].value), lower: keep(found[m].lower), upper: keep(found[m].upper) });
  return { mle: part("mle"), map: part("map"), mcmc: part("mcmc") };
})()
"""  # noqa: E501


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lesson") / "lesson.html"
    path.write_text(render_lesson(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def page(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browse(chromium, tmp_path_factory.mktemp("profile")) as tab:
        yield tab


def until(page: Page, condition: str) -> None:
    """Wait until a JavaScript expression is true; the browser's own patience ends it otherwise."""
    page.evaluate(
        f"new Promise((done) => {{ const look = () => ({condition}) ? done() : setTimeout(look, 20); look(); }})"
    )


def solved(page: Page, name: str, given: Any, switch: str = "") -> Any:
    return page.evaluate(SOLVED % (json.dumps(name), json.dumps(given), json.dumps(switch)))


def shown(page: Page, name: str) -> dict[str, list[str]]:
    """Return what the three panels say: the estimate and the interval."""
    page.evaluate(FRAMES)
    words = page.evaluate(
        f"[...document.querySelectorAll('#{name} .panel')].map((p) => "
        "[p.querySelector('.big').textContent, p.querySelector('.small').textContent])"
    )
    return dict(zip(METHODS, words, strict=True))


def bench(page: Page, name: str, **changes: Any) -> None:
    page.evaluate(f"lesson.benches.{name}.set({json.dumps(changes)})")


@pytest.mark.parametrize(("width", "dark"), [(390, False), (1400, True)])
def test_nothing_is_fetched_and_nothing_fails(page: Page, lesson: Path, width: int, dark: bool) -> None:
    page.open(lesson, width=width, dark=dark)
    until(page, "document.documentElement.dataset.checked")
    assert page.requests() == []
    assert page.complaints() == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert page.evaluate("[...document.querySelectorAll('section.act')].map((act) => act.id)") == list(NAMES)
    page.evaluate("document.querySelectorAll('.unveil button').forEach((b) => b.click())")
    heights = page.evaluate("[...document.querySelectorAll('.panel svg')].map((s) => s.getBoundingClientRect().height)")
    assert len(heights) == 3 * len(NAMES)
    assert min(heights) > 100


def test_the_page_says_how_many_states_it_checked(page: Page, lesson: Path) -> None:
    page.open(lesson)
    until(page, "document.documentElement.dataset.checked")
    total = sum(len(read(name)) for name in NAMES)
    assert page.evaluate("({...document.documentElement.dataset})") == {"checked": str(total), "faults": "0"}
    assert f"{total} positions" in page.evaluate("document.querySelector('.checked-all').textContent")
    for name in NAMES:
        said = page.evaluate(f"document.querySelector('#{name} .checked').textContent")
        assert said.startswith(f"{len(read(name))} positions of this bench were compared")


@pytest.mark.parametrize("name", NAMES)
def test_the_page_agrees_with_the_engine(page: Page, lesson: Path, name: str) -> None:
    page.open(lesson)
    for state in read(name):
        found = solved(page, name, state["given"], state["switch"])
        for method in METHODS:
            own, engine = found[method], state[method]
            if engine["status"] == "unreliable":
                continue
            where = (name, method, state["switch"], state["given"])
            assert own["status"] == engine["status"], where
            for part, key in enumerate(("value", "lower", "upper")):
                if engine[key] is None or isinstance(engine[key], str):
                    assert own[key] == engine[key], (*where, key)
                    continue
                room = SAMPLED * engine["errors"][part] if method == "mcmc" else EXACT * max(1, abs(engine[key]))
                assert abs(own[key] - engine[key]) <= room, (*where, key)


def integrable(name: str) -> list[dict[str, Any]]:
    """Return every fifth state of an act, and those whose posterior the engine cannot sample, if there is one."""
    kept = [state for state in read(name) if state["mcmc"]["status"] != "no_posterior"]
    return [state for k, state in enumerate(kept) if k % 5 == 0 or state["mcmc"]["status"] != "ok"]


@pytest.mark.parametrize("name", [name for name in NAMES if hasattr(lesson_answers, name)])
def test_the_posterior_is_the_integral(page: Page, lesson: Path, name: str) -> None:
    page.open(lesson)
    for state in integrable(name):
        found = solved(page, name, state["given"], state["switch"])["mcmc"]
        exact = getattr(lesson_answers, name)(state["given"], state["switch"])
        assert [found["value"], found["lower"], found["upper"]] == pytest.approx(exact, rel=1e-6, abs=1e-6), state


def drawn(page: Page, name: str, given: Any, switch: str = "", **bench_: Any) -> dict[str, np.ndarray]:
    """Return the points of each curve that an act draws over its data."""
    call = f"lesson.acts.{name}, JSON.parse(document.getElementById('benches').textContent).{name}"
    curves = page.evaluate(
        f"((act, config) => act.curves(act.solve({json.dumps(given)}, {json.dumps(switch)}), {json.dumps(given)}, "
        f"{json.dumps(bench_)}, config))({call})"
    )
    return {curve["kind"]: np.array(curve["points"]) for curve in curves}


def test_the_curves_of_chance_are_the_fits(page: Page, lesson: Path) -> None:
    page.open(lesson)
    given = read("separation")[0]["given"]
    x, y = np.array(given["x"]), np.array(given["y"])

    def fit(weight: np.ndarray) -> np.ndarray:  # the weights are the precisions of the priors of intercept and slope
        def loss(b: np.ndarray) -> float:
            return float(np.logaddexp(0, (1 - 2 * y) * (b[0] + b[1] * x)).sum() + 0.5 * weight @ b**2)

        return np.asarray(optimize.minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-8}).x)

    found = drawn(page, "separation", given)
    for kind, weight in (("mle", np.zeros(2)), ("map", np.array([1 / 25, given["prior"] ** -2]))):
        values, chances = found[kind].T
        intercept, slope = fit(weight)
        assert chances == pytest.approx(1 / (1 + np.exp(-intercept - slope * values)), abs=1e-4), kind
    values, chances = found["mcmc"].T
    assert chances == pytest.approx(lesson_answers.chances(given, values), abs=1e-6)
    apart = drawn(page, "separation", read("separation")[1]["given"])["mle"]  # the step stands between -0.4 and -0.2
    assert apart[1:3].tolist() == [[pytest.approx(-0.3), 0], [pytest.approx(-0.3), 1]]


@pytest.mark.parametrize("sigma", [1.0, 0.2, 1e-9])
def test_the_components_over_the_data_are_in_proportion(page: Page, lesson: Path, sigma: float) -> None:
    page.open(lesson)
    given = read("mixture")[0]["given"]
    found = drawn(page, "mixture", given, "half_normal", extra=sigma)
    top = stats.norm.pdf(0)
    for kind, centre_, width in (("known", 0, 1), ("marked", given["y"][1], sigma)):
        values, heights = found[kind].T
        assert heights.max() == pytest.approx(0.25 / width)
        assert min(heights[0], heights[-1]) < 1e-4  # it comes down to the axis, or nothing would be drawn
        if width > 1e-6:  # below it the values are told apart by their rounding
            assert heights == pytest.approx(stats.norm.pdf(values, centre_, width) / top / 4, rel=1e-9)


@pytest.mark.parametrize("k", [0, 1, 2, 4, 10])
def test_the_second_weight_is_the_ridge_solution(page: Page, lesson: Path, k: int) -> None:
    page.open(lesson)
    given = read("weight_decay")[k]["given"]
    said = page.evaluate(f"lesson.acts.weight_decay.solve({json.dumps(given)}, '')")
    x, y = np.column_stack([given["first"], given["second"]]), np.array(given["y"])
    for method, precision in (("mle", 0.0), ("map", given["prior"] ** -2), ("mcmc", given["prior"] ** -2)):
        lines = said[method].get("more", [])
        if said[method]["status"] == "not_identified":
            known = np.allclose(given["first"], given["second"])  # one predictor twice: the sum is its weight
            assert [line.split(" (")[0][:11] for line in lines] == ["sum of both"] * known
            combinations, gram, target = [np.ones(1)], x[:, :1].T @ x[:, :1], x[:, :1].T @ y
        else:
            assert [line[:11] for line in lines] == ["second weig", "sum of both"]
            combinations, gram, target = [np.array([0, 1]), np.ones(2)], x.T @ x + precision * np.eye(2), x.T @ y
        for line, which in zip(lines, combinations, strict=False):
            at, spread = which @ np.linalg.solve(gram, target), np.sqrt(which @ np.linalg.inv(gram) @ which)
            told = [float(word) for word in re.findall(r"-?\d+\.\d+", line.replace("\u2212", "-"))]
            assert told == pytest.approx([at, at - 1.96 * spread, at + 1.96 * spread], rel=6e-3, abs=6e-3)


@pytest.mark.parametrize("correlation", [-1, -0.9, 0, 0.5, 0.8, 0.95, 1])
def test_the_correlation_is_that_of_the_dots_on_the_screen(page: Page, lesson: Path, correlation: float) -> None:
    page.open(lesson)
    centres = (
        "[...document.querySelectorAll('#weight_decay .side circle')]"
        ".map((dot) => [+dot.getAttribute('cx'), -dot.getAttribute('cy')])"
    )
    title = "document.querySelector('#weight_decay .side text').textContent.replace('\u2212', '-')"
    for n in (10, 4, 2):
        bench(page, "weight_decay", extra=correlation, n=n)
        page.evaluate(FRAMES)
        found = np.corrcoef(np.transpose(page.evaluate(centres)))[0, 1]
        if n == 10:
            assert found == pytest.approx(correlation, abs=1e-9)
        said = re.search(r"correlation (\S+)", page.evaluate(title))
        assert (said is not None) == (n > 2)
        if said is not None:
            assert float(said[1]) == pytest.approx(found, abs=6e-3)


def test_a_printed_state_of_two_predictors_can_be_computed_again(page: Page, lesson: Path) -> None:
    page.open(lesson)
    bench(page, "weight_decay")
    page.evaluate(FRAMES)
    state = page.evaluate("document.querySelector('#weight_decay .state').textContent").replace("\u2212", "-")
    parts = [
        re.search(rf"{name} ((?:-?[\d.]+,? ?)+)", state) for name in ("data", "first predictor", "second predictor")
    ]
    y, *x = ([float(v) for v in part[1].rstrip(". ").split(",")] for part in parts if part)
    weights = np.linalg.lstsq(np.column_stack(x), np.array(y), rcond=None)[0]
    assert float(shown(page, "weight_decay")["mle"][0].replace("\u2212", "-")) == pytest.approx(weights[0], abs=0.03)


def test_the_probability_above_zero_is_the_integral(page: Page, lesson: Path) -> None:
    page.open(lesson)
    for state in read("lasso"):
        y, prior = np.array(state["given"]["y"]), state["given"]["prior"]
        # Likelihood times each half of the prior is a normal curve, shifted by the prior's slope.
        shift, sd = 1 / (prior * y.size), y.size**-0.5
        halves = [
            stats.norm.logsf(0, y.mean() - shift, sd) - y.mean() / prior,
            stats.norm.logcdf(0, y.mean() + shift, sd) + y.mean() / prior,
        ]
        exact = 1 / (1 + np.exp(halves[1] - halves[0]))
        found = page.evaluate(f"lesson.acts.lasso.solve({json.dumps(state['given'])}, '').positive")
        assert found == pytest.approx(exact, abs=1e-9), state["given"]


def test_the_lines_of_the_outlier_are_the_answers_with_it_there(page: Page, lesson: Path) -> None:
    page.open(lesson)
    hidden = "document.querySelector('#outlier .side').getBoundingClientRect().height"
    assert page.evaluate(hidden) == 0
    bench(page, "outlier")
    page.evaluate(FRAMES)
    lines = "[...document.querySelectorAll('#outlier .side .curve-label')].map((t) => t.textContent)"
    assert page.evaluate(lines) == ["normal"]  # an answer is not given before its errors were chosen
    for switch in get("outlier").switches:
        gaps = page.evaluate(
            f"""(() => {{
              const [act, b] = [lesson.acts.outlier, {{ ...lesson.benches.outlier.start, switch: "{switch}" }}];
              const given = act.given(b);
              const {{ lines }} = act.side(act.solve(given, b.switch), given, b);
              return lines.find((line) => line.kind === "now").points.map(([place, height]) => {{
                const there = {{ ...given, y: [...given.y.slice(0, -1), place] }};
                return Math.abs(act.solve(there, b.switch).mle.value - height);
              }});
            }})()"""
        )
        assert len(gaps) == 71
        assert max(gaps) < 1e-9, switch


def test_the_red_value_is_none_of_the_known_component_s(page: Page, lesson: Path) -> None:
    page.open(lesson)
    red = page.evaluate("[...document.querySelectorAll('#mixture .dot')].findIndex((d) => d.matches('.marked'))")
    assert stats.norm.sf(get("mixture").bench["start"]["y"][red]) < 0.025
    bench(page, "mixture", n=3)
    page.evaluate(FRAMES)
    assert page.evaluate("document.querySelectorAll('#mixture .dot.marked:not(.out)').length") == 1


def test_a_height_without_end_is_told_beside_its_curve(page: Page, lesson: Path) -> None:
    page.open(lesson)
    notes = "[...document.querySelectorAll('#mixture .panel .note')].map((n) => n.textContent)"
    assert page.evaluate(notes) == ["↑ grows without limit", "↑ grows without limit", ""]
    bench(page, "mixture", switch="inverse_gamma")
    page.evaluate(FRAMES)
    assert page.evaluate(notes) == ["↑ grows without limit", "", ""]
    assert page.evaluate("document.querySelector('#mixture .panel.mle .here').textContent") == "here"


@pytest.mark.parametrize(
    ("name", "changes", "proper", "rate"),
    [
        ("small_n", {"n": 2, "y": [1.3] * 10}, {"n": 1}, "like 1/sigma as"),
        ("small_n", {"n": 4, "switch": "log_sigma", "y": [1.3] * 10}, {"y": [1.3] * 3 + [1.4] * 7}, "like 1/sigma³ as"),
        ("mixture", {"n": 3, "y": [0.3, 2.1, 0.3] + [1.0] * 7}, {"switch": "inverse_gamma"}, "like 1/sigma as"),
        ("mixture", {"y": [0.3, 2.1, 0.3, 0.3, *range(1, 7)]}, {"y": [0.1 * k for k in range(10)]}, "like 1/sigma² as"),
    ],
)
def test_a_posterior_that_does_not_exist_has_no_number_and_no_curve(
    page: Page, lesson: Path, name: str, changes: dict[str, Any], proper: dict[str, Any], rate: str
) -> None:
    page.open(lesson)
    panel = f"document.querySelector('#{name} .panel.mcmc')"
    paths = f"['.line', '.area'].map((part) => {panel}.querySelector(part).getAttribute('d'))"
    seen = f"['.own', '.bar'].map((part) => {panel}.querySelector(part).getAttribute('visibility'))"
    why = f"document.querySelector('#{name} .why').textContent"
    bench(page, name, **changes)
    assert shown(page, name)["mcmc"] == ["no posterior: the area is infinite", "no interval"]
    assert page.evaluate(paths) == ["", ""]
    assert page.evaluate(seen) == ["hidden", "hidden"]
    told = page.evaluate(why)
    assert rate in told
    assert "no posterior and no average" in told
    bench(page, name, **proper)
    assert re.fullmatch(r"\d[\d.]+", shown(page, name)["mcmc"][0])
    assert all(page.evaluate(paths))
    assert "no posterior" not in page.evaluate(why)


def test_values_of_an_address_lie_on_the_steps_of_the_bench(page: Page, lesson: Path) -> None:
    page.open(lesson)
    page.evaluate("location.hash = '#mixture?y=2.1,2.1000001,0.3,1.9,0.9,2.6,-1.3,1.7,0.2,2.3'")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert page.evaluate("lesson.benches.mixture.current().y")[:2] == [2.1, 2.1]
    assert shown(page, "mixture")["mcmc"][0].startswith("no posterior")


def test_one_patient_leaves_the_prior_and_the_sentence_says_both_averages(page: Page, lesson: Path) -> None:
    page.open(lesson)
    for scale in (0.5, 1.0):
        bench(page, "small_n", n=1, prior=scale)
        average = float(shown(page, "small_n")["mcmc"][0])
        told = page.evaluate("document.querySelector('#small_n .why').textContent")
        before = stats.halfnorm.mean(scale=scale)
        assert average == pytest.approx(before, rel=0.02)  # the teacher is told: nearly the prior
        assert told.endswith(f"the average is {average:.2f}, that of the prior {before:.2f}.")


def test_a_prior_far_below_the_data_is_told_with_its_probability(page: Page, lesson: Path) -> None:
    page.open(lesson)
    why = "document.querySelector('#small_n .why').textContent"
    assert stats.halfnorm.sf(2.0) == pytest.approx(0.05, abs=0.005)
    for scale, far in ((1.0, False), (0.6, False), (0.5, True)):  # the MLE is 1.17
        bench(page, "small_n", prior=scale)
        page.evaluate(FRAMES)
        assert ("about 5\u00a0% probability to a sigma above" in page.evaluate(why)) == far, scale


def test_a_mode_between_two_values_has_the_interval_of_the_prior_and_the_sentence_says_so(
    page: Page, lesson: Path
) -> None:
    page.open(lesson)
    why = "document.querySelector('#outlier .why').textContent"
    for n, scale, flat in ((2, 3.0, True), (2, 0.5, True), (9, 3.0, False)):
        bench(page, "outlier", switch="laplace", n=n, prior=scale)
        page.evaluate(FRAMES)
        found = page.evaluate(
            "(() => { const b = lesson.benches.outlier; return b.answers(b.current()).found.map; })()"
        )
        if flat:
            half = stats.norm.ppf(0.975) * scale
            assert [found["lower"], found["upper"]] == pytest.approx([found["value"] - half, found["value"] + half])
        assert ("the mode's interval is that of the prior alone" in page.evaluate(why)) == flat


def test_a_flat_top_has_no_single_number_and_the_interval_of_the_page_s_rule(page: Page, lesson: Path) -> None:
    page.open(lesson)
    y = np.array(get("outlier").bench["start"]["y"])
    for n in (2, 10):
        bench(page, "outlier", switch="laplace", n=n)

        def fall(centre: float, n: int = n) -> float:
            far = np.abs(y[:n] - centre).sum() - np.abs(y[:n] - np.median(y[:n])).sum()
            return float(far - stats.chi2.ppf(0.95, 1) / 2)

        ends = [optimize.brentq(fall, np.median(y[:n]), np.median(y[:n]) + side * 9) for side in (-1, 1)]
        big, small = (text.replace("\u2212", "-") for text in shown(page, "outlier")["mle"])
        left, right = np.sort(y[:n])[n // 2 - 1 : n // 2 + 1]
        assert big == f"flat from {left:.2f} to {right:.2f}: all equally good"
        assert [float(word) for word in small.split(" to ")] == pytest.approx(ends, abs=0.006)
        bar = "document.querySelector('#outlier .panel.mle .bar').getAttribute('visibility')"
        assert page.evaluate(bar) == "visible"
        box = "document.querySelector('#outlier .side .{0}').getBoundingClientRect().height"
        assert page.evaluate(box.format("band.now")) > 5
        assert page.evaluate(box.format("marker")) > 5
    page.evaluate("document.querySelector('#outlier .repeat button').click()")
    words = "document.querySelector('#outlier .study.mle p').textContent"
    until(page, f"{words}.includes('of 100')")
    told = re.match(r"(\d+) of 100", page.evaluate(words))
    assert told is not None
    assert int(told[1]) > 60
    assert "none" not in page.evaluate(words)


def value(page: Page, name: str, method: str, **changes: Any) -> float:
    return float(page.evaluate(f"lesson.benches.{name}.answers({json.dumps(changes)}).found.{method}.value"))


def test_figures_in_the_texts_are_those_of_the_page(page: Page, lesson: Path) -> None:
    page.open(lesson)
    text = {name: page.evaluate(f"document.querySelector('#{name} .prose').textContent") for name in NAMES}
    because = {name: [prediction.because for prediction in get(name).predictions] for name in NAMES}

    def sums(scale: float) -> str:
        found = f"lesson.benches.weight_decay.answers({{prior: {scale}}}).found.map"
        return f"{page.evaluate(f'{found}.value + {found}.other'):.2f}"

    wide, tight = (f"{value(page, 'weight_decay', 'map', prior=p):.2f}".replace("-", "\u2212") for p in (20, 1))
    plain = " ".join(text["weight_decay"].split())
    assert f"the sum goes from {sums(20)} to {sums(1)} and the first weight from {wide} to {tight}" in plain
    assert f"to {sums(0.2)} at scale 0.2" in plain
    mode = value(page, "small_n", "map")
    top = page.evaluate(
        "(() => { const f = lesson.benches.small_n.answers({}).found.density;"
        " return Array.from({length: 2000}, (_, k) => 0.5 + k / 1000).reduce((a, b) => (f(b) > f(a) ? b : a)); })()"
    )
    assert f"the mode, {mode:.2f}, is not where the green curve has its top, {top:.2f}" in text["small_n"]
    averages = [value(page, "mixture", "mcmc", switch=prior) for prior in get("mixture").switches]
    assert because["mixture"][2].startswith(f"It goes from {averages[0]:.2f} to {averages[1]:.2f}.")
    local = page.evaluate("lesson.benches.mixture.answers({}).found.interior().x")
    assert f"at sigma {local:.2f}" in get("mixture").predictions[0].choices[0]
    ask = get("outlier").predictions[2]
    back = [value(page, "outlier", "mle", **there) for there in (ask.start, {**ask.start, **ask.move})]
    assert because["outlier"][2].endswith(f"goes back from {back[0]:.2f} to {back[1]:.2f}.")
    assert f"median, {value(page, 'outlier', 'mle', switch='laplace')}." in because["outlier"][1]


@pytest.mark.parametrize(("n", "tenths"), [(5, 6), (10, 2)])
def test_groups_without_a_finite_slope_are_as_many_as_the_question_says(
    page: Page, lesson: Path, n: int, tenths: int
) -> None:
    page.open(lesson)
    times, words = 2000, {6: "six of ten groups of five", 2: "two of ten groups of ten"}
    assert words[tenths] in get("separation").predictions[2].because
    drawn_ = page.evaluate(
        f"Array.from({{length: {times}}}, (_, k) =>"
        f" lesson.acts.separation.simulate(lesson.random(k), {{n: {n}, prior: 2}}, 1.5))"
    )
    infinite = 0
    for study in drawn_:
        x, passed = np.array(study["x"]), np.array(study["y"]) == 1
        one = passed.all() or not passed.any()
        infinite += one or x[passed].min() > x[~passed].max() or x[passed].max() < x[~passed].min()
    assert infinite / times == pytest.approx(tenths / 10, abs=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_names_of_curves_stand_inside_their_picture_on_a_phone(page: Page, lesson: Path, name: str) -> None:
    page.open(lesson, width=390)
    changes = {"extra": 1e-9} if name == "mixture" else {}
    bench(page, name, **changes)
    page.evaluate(FRAMES)
    out = page.evaluate(
        f"[...document.querySelectorAll('#{name} :is(.curve-label, .here, .note)')].filter((t) => t.textContent)"
        ".map((t) => [t.getBoundingClientRect(), t.ownerSVGElement.getBoundingClientRect()])"
        ".map(([own, all]) => Math.max(all.left - own.left, own.right - all.right))"
    )
    assert max(out, default=0) <= 1


CROSSED = """
(() => {
  const label = document.querySelector("%s").getBoundingClientRect();
  const inside = (x, y) => x > label.left + 1 && x < label.right - 1 && y > label.top + 3 && y < label.bottom - 3;
  return [...document.querySelectorAll("%s")].filter((path) => {
    const box = path.ownerSVGElement.getBoundingClientRect();
    const long = path.getTotalLength();
    return path.getAttribute("visibility") !== "hidden"
      && Array.from({ length: 2000 }, (_, k) => path.getPointAtLength(long * k / 1999)).some((p) => inside(box.left + p.x, box.top + p.y));
  }).length;
})()
"""  # noqa: E501


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("sigma", [3.0, 1.0, 0.5, 0.31, 0.1, 0.01, 1e-5, 1e-9])
def test_the_word_at_the_red_point_lies_on_no_curve(page: Page, lesson: Path, width: int, sigma: float) -> None:
    page.open(lesson, width=width)
    for switch in get("mixture").switches:
        bench(page, "mixture", extra=sigma, switch=switch)
        page.evaluate(FRAMES)
        crossed = CROSSED % ("#mixture .panel.mle .here", "#mixture .panel.mle :is(.line, .ghost)")
        assert page.evaluate(crossed) == 0, switch


def test_names_of_curves_lie_on_no_curve_on_a_phone(page: Page, lesson: Path) -> None:
    page.open(lesson, width=390)
    for changes in ({}, {"prior": 0.2}, {"x": [-1.4, 1, -0.4, *[-0.2, -2.1, 1.6, -0.9, 2.3, -0.5, 0.7]]}, {"n": 3}):
        bench(page, "separation", **changes)
        page.evaluate(FRAMES)
        for kind in METHODS:
            crossed = CROSSED % (f"#separation .data .curve-label.{kind}", "#separation .data .curve")
            assert page.evaluate(crossed) == 0, (changes, kind)


def test_the_menu_of_a_phone_has_all_acts_in_view(page: Page, lesson: Path) -> None:
    page.open(lesson, width=390, height=844)
    boxes = (
        "[...document.querySelectorAll('.toc li a, .toc .projector')].map((a) => a.getBoundingClientRect().toJSON())"
    )
    for box in page.evaluate(boxes):
        assert (box["left"] >= 0, box["right"] <= 390, box["bottom"] <= 90, box["height"] >= 24) == (True,) * 4
    page.evaluate("document.getElementById('separation').scrollIntoView()")
    edge = "document.querySelector('{}').getBoundingClientRect().{}"
    assert page.evaluate(edge.format("#separation h2", "top")) >= page.evaluate(edge.format(".toc", "bottom"))


def test_the_maximum_and_the_calculator_divide_by_different_numbers(page: Page, lesson: Path) -> None:
    page.open(lesson)
    y = get("small_n").bench["start"]["y"]
    for n in (10, 3):
        bench(page, "small_n", n=n)
        assert shown(page, "small_n")["mle"][0] == f"{np.std(y[:n]):.2f}"
        told = page.evaluate("document.querySelector('#small_n .panel.mle .more').textContent")
        assert told == f"it divides by n; a calculator, by n \u2212 1: {np.std(y[:n], ddof=1):.2f}"
    text = " ".join(page.evaluate("document.querySelector('#small_n .prose').textContent").split())
    assert f"{np.std(y):.2f} and {np.std(y, ddof=1):.2f} at the start" in text
    bench(page, "small_n", n=1)
    page.evaluate(FRAMES)
    assert page.evaluate("document.querySelector('#small_n .panel.mle .more').textContent") == ""


def test_two_averages_have_two_names(page: Page, lesson: Path) -> None:
    page.open(lesson)
    for changes in ({}, {"x": [-1.4, 1, -0.4, *[-0.2, -2.1, 1.6, -0.9, 2.3, -0.5, 0.7]]}, {"x": [0.4] * 10}):
        bench(page, "separation", **changes)
        page.evaluate(FRAMES)
        assert "average slope" in page.evaluate("document.querySelector('#separation .why').textContent"), changes
        assert page.evaluate("document.querySelector('#separation .curve-label.mcmc').textContent") == "average chance"


def test_a_projector_shows_story_and_questions_and_not_the_teacher_s_answers(page: Page, lesson: Path) -> None:
    page.open(lesson)
    tall = "document.querySelector('#{} .prose {}').getBoundingClientRect().height"
    big = "document.documentElement.classList.contains('big')"
    page.evaluate("document.querySelector('.projector').click()")
    click(page, ".stage .ask")
    for k, name in enumerate(NAMES):
        if k:
            page.evaluate("document.querySelector('.stage [data-step=\"1\"]').click()")
        text = page.evaluate(f"document.querySelector('#{name} .prose').innerText")
        assert "Ask your class" in text
        assert "For the teacher" not in text
        bottom = page.evaluate(
            f"[...document.querySelectorAll('#{name} .prose > p')].at(-1).getBoundingClientRect().bottom"
        )
        assert bottom <= 900
    for left in (True, False):
        page.send("Input.dispatchKeyEvent", type="keyDown", key="Escape")  # the story goes first, then the projector
        assert page.evaluate(big) == left
    page.evaluate("document.querySelector('.projector').click()")
    assert page.evaluate(tall.format(NAMES[0], "p")) == 0


@pytest.mark.parametrize("name", ["small_n", "lasso", "mixture", "outlier"])
def test_no_dot_of_a_line_covers_another(page: Page, lesson: Path, name: str) -> None:
    page.open(lesson)
    bench(page, name)
    page.evaluate(FRAMES)
    centres = np.array(
        page.evaluate(
            f"[...document.querySelectorAll('#{name} .dot:not(.out) .body')].map((d) => d.getBoundingClientRect())"
            ".map((box) => [box.x + box.width / 2, box.y + box.height / 2])"
        )
    )
    gaps = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
    assert gaps[np.triu_indices(len(centres), 1)].min() > 11  # the radius is 9: more than half of each is seen


@pytest.mark.parametrize("place", [0.4, 0.0, -2.0])
def test_people_at_one_value_are_no_split(page: Page, lesson: Path, place: float) -> None:
    page.open(lesson)
    bench(page, "separation", x=[place] * 10)
    assert shown(page, "separation")["mle"] == ["flat: many values are equally good", "no interval"]
    told = page.evaluate("document.querySelector('#separation .why').textContent")
    assert told.startswith("All people stand at one value")
    assert "every slope fits equally well" in told
    for word in ("split", "steep", "infinity"):
        assert word not in told


@pytest.mark.parametrize(
    ("x", "status"), [([0.4] * 3, "not_identified"), ([0.4, -1.0, 0.3], "at_infinity")], ids=["one value", "apart"]
)
def test_outcomes_of_one_kind_leave_no_interval_of_the_slope(
    page: Page, lesson: Path, x: list[float], status: str
) -> None:
    page.open(lesson)  # a repeated study may draw them
    for outcome in (0, 1):
        found = solved(page, "separation", {"x": x, "y": [outcome] * 3, "prior": 2.0})
        assert found["mle"] == {"status": status, "value": None, "lower": None, "upper": None}
        assert found["mcmc"]["lower"] < found["mcmc"]["value"] < found["mcmc"]["upper"]


@pytest.mark.parametrize(
    ("correlation", "prior", "words"),
    [
        (0.95, 1.0, "The data hardly tell the two weights apart, so the prior decides: it moves"),
        (-0.99, 1.0, "The data hardly tell the two weights apart, so the prior decides: it moves"),
        (0.95, 20.0, "The data hardly tell the two weights apart, and the prior is too wide to decide: it moves"),
        (0.0, 0.1, "The data tell the two weights apart, but the prior is tight: it moves"),
        (0.0, 3.0, "Weight decay moves"),
    ],
)
def test_the_cause_is_the_correlation_or_the_prior(
    page: Page, lesson: Path, correlation: float, prior: float, words: str
) -> None:
    page.open(lesson)
    bench(page, "weight_decay", extra=correlation, prior=prior)
    page.evaluate(FRAMES)
    assert page.evaluate("document.querySelector('#weight_decay .why').textContent").startswith(words)


@pytest.mark.parametrize(
    ("name", "changes", "pair"),
    [
        ("small_n", {"prior": 10}, ("mle", "map")),
        ("small_n", {"switch": "log_sigma", "prior": 1.2}, ("mle", "map")),
        ("weight_decay", {"extra": 0, "prior": 20}, ("mle", "map")),
        ("separation", {"prior": 20, "x": [-1, 1, 1, -1, -2, 2, 2, -2, 0.5, 1]}, ("mle", "map")),
        ("separation", {"n": 2, "prior": 0.2}, ("map", "mcmc")),
        ("separation", {"prior": 0.2}, ("map", "mcmc")),
    ],
)
def test_no_figure_moves_to_itself(
    page: Page, lesson: Path, name: str, changes: dict[str, Any], pair: tuple[str, str]
) -> None:
    page.open(lesson)
    bench(page, name, **changes)
    figures = [shown(page, name)[method][0] for method in pair]
    assert figures[0] == figures[1]  # or there is nothing to test
    told = page.evaluate(f"document.querySelector('#{name} .why').textContent")
    assert "the digits shown" in told
    assert not re.search(r"(\d[\d.]*\d) (to|by|at) \1", told.replace(figures[0], "0.123")), told


CORRUPTED = {
    "an estimate": lambda state: state["mle"].update(value=state["mle"]["value"] * (1 + 3e-6) + 3e-6),
    "an end": lambda state: state["map"].update(upper=state["map"]["upper"] + 3e-6 * max(1, state["map"]["upper"])),
    "a status": lambda state: state["map"].update(status="unbounded"),
    "an average": lambda state: state["mcmc"].update(value=state["mcmc"]["value"] + 11 * state["mcmc"]["errors"][0]),
    "what is missing": lambda state: state["mle"].update(lower=None),
}


@pytest.mark.parametrize("kind", CORRUPTED)
def test_a_corrupted_state_is_told(page: Page, lesson: Path, tmp_path: Path, kind: str) -> None:
    text = lesson.read_text(encoding="utf-8")
    found = re.search(r'(<script type="application/json" id="states">)(.*?)(</script>)', text, re.DOTALL)
    assert found is not None
    states = json.loads(found[2])
    CORRUPTED[kind](states["small_n"][0])
    path = tmp_path / "corrupted.html"
    path.write_text(text[: found.start(2)] + json.dumps(states) + text[found.end(2) :], encoding="utf-8")
    page.open(path)
    until(page, "document.documentElement.dataset.checked")
    assert page.evaluate("document.documentElement.dataset.faults") == "1"
    assert "disagree" in page.evaluate("document.querySelector('.checked-all').textContent")
    assert "position 1" in page.evaluate("document.querySelector('#small_n .checked').textContent")


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_to_each_question_is_what_the_page_computes(page: Page, lesson: Path, name: str) -> None:
    page.open(lesson)
    right = page.evaluate(
        f"[...document.querySelectorAll('#{name} fieldset[data-asked]')].map((q, k) => "
        f"judged(lesson.acts.{name}, lesson.benches.{name}.answers, JSON.parse(q.dataset.asked), k).right)".replace(
            "judged", "lesson.judged"
        )
    )
    assert right == [prediction.right for prediction in get(name).predictions]


def test_a_question_is_answered_and_the_bench_moves(page: Page, lesson: Path) -> None:
    page.open(lesson)
    page.evaluate("document.querySelectorAll('#small_n fieldset[data-asked] input')[0].click()")
    page.evaluate("document.querySelector('#small_n fieldset[data-asked] button').click()")
    verdict = "document.querySelector('#small_n .verdict').textContent"
    until(page, verdict)
    words = page.evaluate(verdict)
    assert words.startswith("It is: down")
    assert page.evaluate("lesson.benches.small_n.current().n") == 3


def test_answers_are_veiled_until_a_question_is_answered_or_the_bench_moves(page: Page, lesson: Path) -> None:
    page.open(lesson)
    tall = "document.querySelector('#{0} .{1}').getBoundingClientRect().height"
    for name in NAMES:
        assert {page.evaluate(tall.format(name, part)) for part in ("why", "panels", "repeat")} == {0}, name
        page.evaluate(f"document.querySelector('#{name} fieldset[data-asked] input').focus()")
        page.evaluate(FRAMES)
        assert page.evaluate(tall.format(name, "panels")) == 0, name  # the bench is set, not shown
    page.evaluate("document.querySelector('#lasso fieldset[data-asked] input').click()")
    page.evaluate("document.querySelector('#lasso fieldset[data-asked] button').click()")
    page.evaluate("document.querySelector('#mixture .unveil button').click()")
    page.evaluate("document.querySelector('#outlier .controls button').click()")
    page.evaluate(FRAMES)
    until(page, "!document.querySelector('#lasso .next').hidden")
    why = "getComputedStyle(document.querySelector('#lasso .why')).visibility"
    assert page.evaluate(why) == "visible"
    page.evaluate("document.querySelector('#lasso .next').click()")
    assert page.evaluate(why) == "hidden"  # the sentence could answer the next question
    bench(page, "lasso", prior=1)
    assert page.evaluate(why) == "visible"
    seen = [name for name in NAMES if page.evaluate(tall.format(name, "panels")) > 100]
    assert seen == ["lasso", "mixture", "outlier"]


def centre(page: Page, name: str, k: int) -> tuple[float, float]:
    dot = f"document.querySelectorAll('#{name} .dot')[{k}]"
    page.evaluate(f"{dot}.scrollIntoView({{block: 'center'}})")
    box = page.evaluate(f"{dot}.querySelector('.body').getBoundingClientRect().toJSON()")
    return float(box["x"] + box["width"] / 2), float(box["y"] + box["height"] / 2)


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_a_dot_is_dragged(page: Page, lesson: Path, touch: bool) -> None:
    page.open(lesson, width=390 if touch else 1400)
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    before = shown(page, "small_n")
    x, y = centre(page, "small_n", 4)
    if touch:
        page.send("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        page.send("Input.dispatchTouchEvent", type="touchMove", touchPoints=[{"x": x + 60, "y": y}])
        page.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    else:
        for kind, to in (("mousePressed", x), ("mouseMoved", x + 60), ("mouseReleased", x + 60)):
            page.send("Input.dispatchMouseEvent", type=kind, x=to, y=y, button="left", buttons=1, clickCount=1)
    width = page.evaluate("document.querySelector('#small_n .data').clientWidth")
    moved = page.evaluate("lesson.benches.small_n.current().y[4]")
    lo, hi = get("small_n").bench["range"]
    assert moved == pytest.approx(60 * (hi - lo) / (width - 32), abs=0.11)  # it started from zero
    assert shown(page, "small_n") != before


def test_a_dot_is_moved_by_keys_and_says_where_it_is(page: Page, lesson: Path) -> None:
    page.open(lesson)
    dot = "document.querySelectorAll('#small_n .dot')[0]"
    page.evaluate(f"{dot}.focus()")
    for key in ("ArrowRight", "ArrowRight", "PageUp", "ArrowLeft"):
        page.send("Input.dispatchKeyEvent", type="keyDown", key=key)
    page.evaluate(FRAMES)
    assert page.evaluate(f"[{dot}.getAttribute('role'), {dot}.getAttribute('aria-valuenow')]") == ["slider", "2.3"]


def test_readers_hear_the_sentence_when_the_bench_is_at_rest(page: Page, lesson: Path) -> None:
    page.open(lesson)
    bench(page, "small_n", n=1)
    until(page, "document.querySelector('#small_n .spoken').textContent.includes('one patient')")
    heard = page.evaluate("document.querySelector('#small_n .spoken').textContent")
    assert heard == page.evaluate("document.querySelector('#small_n .why').textContent")
    assert "no maximum of the likelihood and no mode" in heard
    labels = page.evaluate(
        "[...document.querySelectorAll('#small_n .panel svg')].map((s) => s.getAttribute('aria-label'))"
    )
    assert labels[0].startswith("Maximum likelihood: no maximum")


def test_only_the_mode_jumps_when_the_prior_is_written_on_log_sigma(page: Page, lesson: Path) -> None:
    page.open(lesson)
    before = shown(page, "small_n")
    bench(page, "small_n", switch="log_sigma")
    after = shown(page, "small_n")
    assert [method for method in METHODS if before[method] != after[method]] == ["map"]


def heights(page: Page, name: str, method: str, part: str) -> dict[float, float]:
    """Return the heights of a drawn curve above the axis, by their place."""
    path = page.evaluate(f"document.querySelector('#{name} .panel.{method} .{part}').getAttribute('d')")
    return {float(x): 150 - float(y) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)}


@pytest.mark.parametrize(
    ("name", "switch"), [(name, switch) for name in ("small_n", "mixture") for switch in get(name).switches]
)
def test_the_orange_curve_is_the_blue_one_times_the_dotted_prior(
    page: Page, lesson: Path, name: str, switch: str
) -> None:
    page.open(lesson)
    bench(page, name, switch=switch)
    page.evaluate(FRAMES)
    blue, orange = heights(page, name, "mle", "line"), heights(page, name, "map", "line")
    dotted = heights(page, name, "map", "prior")
    clear = [x for x in blue if x in orange and x in dotted and min(blue[x], orange[x], dotted[x]) > 6]
    clear = [x for x in clear if x > max(blue) / 2] if name == "mixture" else clear  # sigma above 0.003
    assert len(clear) > 8
    ratios = np.log([orange[x] / (blue[x] * dotted[x]) for x in clear])
    assert np.ptp(ratios) < 0.25  # the mean has a wide prior too, and pixels have a width


@pytest.mark.parametrize("name", ["small_n", "mixture"])
def test_beside_the_posterior_stands_the_prior_of_what_it_is_a_density_of(page: Page, lesson: Path, name: str) -> None:
    page.open(lesson)
    axis = get(name).bench["axis"]
    for switch in get(name).switches:
        bench(page, name, switch=switch)
        page.evaluate(FRAMES)
        dotted = heights(page, name, "mcmc", "prior")
        shares = np.array(list(dotted)) / max(dotted)
        if name == "small_n":  # half-normal of scale one, whatever the switch
            density = stats.halfnorm.pdf(axis["lo"] + (axis["hi"] - axis["lo"]) * shares)
        else:
            sigma = axis["lo"] * (axis["hi"] / axis["lo"]) ** shares
            of_sigma = stats.halfnorm.pdf if switch == "half_normal" else stats.invgamma(3, scale=3).pdf
            density = of_sigma(sigma) * sigma
        found = np.array(list(dotted.values()))
        assert found / found.max() == pytest.approx(density / density.max(), abs=0.02), switch


@pytest.mark.parametrize("name", NAMES)
def test_lines_stand_where_the_axis_has_their_values(page: Page, lesson: Path, name: str) -> None:
    page.open(lesson)
    axis = get(name).bench["axis"]
    ends = np.array([axis["lo"], axis["hi"]])
    for state in read(name)[:6]:
        changes = {key: value for key, value in state["given"].items() if key == get(name).bench["drag"]}
        start = page.evaluate(f"lesson.benches.{name}.start")
        full = {key: [*value, *start[key][len(value) :]] for key, value in changes.items()}
        switch = {"switch": state["switch"]} if state["switch"] else {}
        n = len(next(iter(changes.values())))
        bench(page, name, n=n, prior=state["given"]["prior"], **full, **switch)
        page.evaluate(FRAMES)
        found = page.evaluate(
            f"(() => {{ const b = lesson.benches.{name}; const f = b.answers(b.current()).found;"
            " return [f.mle, f.map, f.mcmc].map((a) => a.value ?? null); })()"
        )
        for method, value in zip(METHODS, found, strict=True):
            line = f"document.querySelector('#{name} .panel.{method} .own')"
            seen = page.evaluate(f"[+{line}.getAttribute('x1'), {line}.ownerSVGElement.viewBox.baseVal.width]")
            visible = page.evaluate(f"{line}.getAttribute('visibility')") == "visible"
            assert visible == (value is not None and ends[0] <= value <= ends[1]), (method, value)
            if visible:
                low, at, high = (np.log if axis.get("log") else np.asarray)([ends[0], value, ends[1]])
                assert seen[0] == pytest.approx((at - low) / (high - low) * seen[1], abs=0.01)


def test_the_address_brings_the_state_back(page: Page, lesson: Path) -> None:
    page.open(lesson)
    page.evaluate("document.querySelector('#small_n .controls input[value=log_sigma]').click()")
    slider = "document.querySelector('#small_n .controls input[type=range]')"
    page.evaluate(f"{slider}.value = 3; {slider}.dispatchEvent(new Event('input', {{bubbles: true}}))")
    until(page, "location.hash.includes('n=3')")
    hash_ = page.evaluate("location.hash")
    assert hash_ == "#small_n?n=3&switch=log_sigma"
    before = shown(page, "small_n")
    page.open(lesson)
    assert shown(page, "small_n") != before
    page.evaluate(f"location.hash = {json.dumps(hash_)}")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert shown(page, "small_n") == before


@pytest.mark.parametrize(
    "hash_",
    ["#small_n?n=99&prior=-5", "#small_n?n=x&y=1,2&switch=other&zz=1", "#small_n?%", "#nothing?n=3", "#constructor"],
)
def test_an_address_that_does_not_fit_is_put_right(page: Page, lesson: Path, hash_: str) -> None:
    page.open(lesson)
    page.evaluate(f"location.hash = {json.dumps(hash_)}")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    now = page.evaluate("lesson.benches.small_n.current()")
    assert 1 <= now["n"] <= 10
    assert 0.1 <= now["prior"] <= 10
    assert now["switch"] in ("sigma", "log_sigma")
    assert page.complaints() == []


def test_without_script_texts_answers_and_engine_are_there(page: Page, lesson: Path) -> None:
    page.open(lesson, script=False)
    shown_ = page.evaluate(
        "[...document.querySelectorAll('.bench, .projector')].map((b) => b.getBoundingClientRect().height)"
    )
    assert set(shown_) == {0}
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    for name in NAMES:
        act, text = get(name), page.evaluate(f"document.getElementById('{name}').innerText")
        for prediction in act.predictions:
            assert prediction.question in text
            assert f"The answer is: {prediction.choices[prediction.right]}." in text
        for state in read(name):
            assert state["label"] in text


def test_projector_mode_shows_one_act_and_steps_through_them(page: Page, lesson: Path) -> None:
    page.open(lesson)
    acts = "[...document.querySelectorAll('section.act')]"
    seen = f"{acts}.filter((a) => a.getBoundingClientRect().height > 0).map((a) => a.id)"
    page.evaluate("document.querySelector('.projector').click()")
    assert page.evaluate(seen) == [NAMES[0]]
    page.evaluate("document.querySelector('.stage [data-step=\"1\"]').click()")
    assert page.evaluate(seen) == [NAMES[1 % len(NAMES)]]
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    for _ in NAMES[1:]:
        page.evaluate("document.querySelector('.stage [data-step=\"1\"]').click()")
    assert page.evaluate(seen) == []
    ending = "document.getElementById('ending').getBoundingClientRect()"
    assert page.evaluate(f"[{ending}.top >= 0, {ending}.bottom <= innerHeight]") == [True, True]
    assert page.evaluate("location.hash") == "#ending"
    page.evaluate("document.querySelector('.stage [data-step=\"1\"]').click()")
    assert page.evaluate(seen) == [NAMES[0]]
    page.evaluate("document.querySelector('.projector').click()")
    assert page.evaluate(seen) == list(NAMES)


def click(page: Page, selector: str) -> None:
    """Press and let go the mouse's left button in the middle of an element, as it stands in the window."""
    box = page.evaluate(f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().toJSON()")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind in ("mousePressed", "mouseReleased"):
        page.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (1920, 1080), (390, 844)])
def test_a_projector_opens_the_act_at_the_top_of_the_window(page: Page, lesson: Path, width: int, height: int) -> None:
    seen = "[...document.querySelectorAll('section.act')].filter((a) => a.getBoundingClientRect().height > 0)"
    for name in NAMES:
        page.open(lesson, width=width, height=height)
        page.evaluate(f"document.getElementById('{name}').scrollIntoView({{behavior: 'instant'}})")
        page.evaluate("document.querySelector('.toc').scrollLeft = 1e4")  # on a phone the button is at the menu's end
        page.evaluate(FRAMES)
        click(page, ".projector")
        assert page.evaluate(f"{seen}.map((a) => a.id)") == [name]
        assert page.evaluate("location.hash") == f"#{name}"


def test_a_projector_keeps_the_address_and_escape_leaves_it(page: Page, lesson: Path) -> None:
    page.open(lesson, fragment="small_n?n=3")
    page.evaluate("document.querySelector('.projector').click()")
    assert page.evaluate("location.hash") == "#small_n?n=3"
    page.evaluate("document.querySelector('.stage [data-step=\"1\"]').click()")
    assert page.evaluate("location.hash") == f"#{NAMES[1]}"
    page.evaluate("document.querySelector('.stage [data-step=\"-1\"]').click()")
    assert page.evaluate("location.hash") == "#small_n?n=3"
    page.send("Input.dispatchKeyEvent", type="keyDown", key="Escape")
    assert page.evaluate("document.documentElement.classList.contains('big')") is False
    assert page.evaluate("document.querySelector('.projector').getAttribute('aria-pressed')") == "false"
    page.send("Input.dispatchKeyEvent", type="keyDown", key="Escape")  # it opens nothing
    assert page.evaluate("document.documentElement.classList.contains('big')") is False


def test_the_address_of_an_act_alone_shows_no_answer(page: Page, lesson: Path) -> None:
    page.open(lesson, fragment="lasso")
    page.evaluate(FRAMES)
    assert page.evaluate("document.querySelector('#lasso .panels').getBoundingClientRect().height") == 0
    bench(page, "lasso", prior=0.2)
    page.evaluate("document.querySelector('.toc a[href=\"#mixture\"]').click()")
    page.evaluate("document.querySelector('.toc a[href=\"#lasso\"]').click()")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert page.evaluate("lesson.benches.lasso.current().prior") == 0.2


@pytest.mark.parametrize(
    ("hash_", "told"), [("act=mixture", True), ("mixtur?n=3", True), ("mixture", False), ("ending", False)]
)
def test_an_address_without_an_act_is_told(page: Page, lesson: Path, hash_: str, told: bool) -> None:
    page.open(lesson, fragment=hash_)
    line = "document.querySelector('.lost').textContent"
    assert (hash_ in page.evaluate(line)) == told
    page.evaluate("location.hash = '#mixture'")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert page.evaluate(line) == ""


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (1920, 1080), (1366, 768)])
def test_a_projector_has_curves_and_buttons_in_view(page: Page, lesson: Path, width: int, height: int) -> None:
    page.open(lesson, width=width, height=height)
    page.evaluate("document.querySelector('.projector').click()")
    boxes = (
        "[...document.querySelectorAll('#{0} :is(.panel svg, .why, .data svg, .controls, .predict), .stage button')]"
        ".map((part) => part.getBoundingClientRect()).map((box) => [box.top, box.right, box.bottom, box.height])"
    )
    for name in NAMES:
        tied = {"mixture": {"n": 3, "y": [0.3] * 10}, "small_n": {"n": 3, "y": [0.3] * 10}}.get(name, {})
        bench(page, name, **tied)
        page.evaluate(FRAMES)
        for asked in (False, True):
            if asked:
                question = f"document.querySelector('#{name} fieldset[data-asked]')"
                page.evaluate(f"{question}.querySelector('input').click(); {question}.querySelector('button').click()")
                until(page, f"!document.querySelector('#{name} .next').hidden")
                page.evaluate(FRAMES)
            top, right, bottom, tall = np.transpose(page.evaluate(boxes.format(name)))
            assert (top.min(), tall.min()) > (0, 0), (name, asked)
            assert (right.max() <= width, bottom.max() <= height) == (True, True), (name, asked, bottom.max())
        page.evaluate("document.querySelector('.stage [data-step=\"1\"]').click()")


def test_a_projector_as_narrow_as_a_phone_is_not_wider_than_it(page: Page, lesson: Path) -> None:
    page.open(lesson, width=390, height=844)
    page.evaluate("document.querySelector('.projector').click()")
    for name in NAMES:
        bench(page, name)
        page.evaluate(FRAMES)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
        page.evaluate("document.querySelector('.stage [data-step=\"1\"]').click()")


def test_a_printed_page_states_its_bench(page: Page, lesson: Path) -> None:
    page.open(lesson)
    bench(page, "small_n", n=2)
    page.evaluate(FRAMES)
    page.send("Emulation.setEmulatedMedia", media="print")
    try:
        state = page.evaluate("document.querySelector('#small_n .state').innerText")
        assert "patients 2" in state
        assert "data 1.20, 2.40." in state
        assert state.endswith("lesson.html#small_n?n=2")
    finally:
        page.send("Emulation.setEmulatedMedia", media="")


def test_words_stand_out_from_the_paper(page: Page, lesson: Path) -> None:
    # WCAG 2.2, contrast of text: at least 4.5 to 1.
    ratio = """
    (() => {
      const light = (text) => {
        const [r, g, b] = text.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
          .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const paper = light(getComputedStyle(document.querySelector('.predict')).backgroundColor);
      const words = document.querySelectorAll("main p, main b, main label, main legend, main h3, main text");
      return Math.min(...Array.from(words, word => {
        const style = getComputedStyle(word);
        const ink = light(word.tagName === "text" ? style.fill : style.color);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      }));
    })()
    """
    for dark in (False, True):
        page.open(lesson, dark=dark)
        assert page.evaluate(ratio) >= 4.5


def coverage_of_the_profile_interval(n: int) -> float:
    """Return how often the likelihood's interval of sigma holds it: S / sigma^2 is chi-squared with n - 1 degrees."""
    drop = stats.chi2.ppf(0.95, 1) / 2

    def fall(w: float) -> float:  # of the profile, from its top to sigma; w is S / sigma^2
        return 0.5 * (w - n - n * math.log(w / n)) - drop

    lo, hi = optimize.brentq(fall, 1e-9, n), optimize.brentq(fall, n, 100 * n)
    return float(stats.chi2.cdf(hi, n - 1) - stats.chi2.cdf(lo, n - 1))


@pytest.mark.parametrize("n", [2, 5])
def test_the_repeated_study_covers_as_often_as_theory_says(page: Page, lesson: Path, n: int) -> None:
    page.open(lesson)
    times = 2000
    held = page.evaluate(
        f"""Array.from({{length: {times}}}, (_, k) => {{
          const given = lesson.acts.small_n.simulate(lesson.random(k), {{n: {n}, prior: 1}}, 1.2);
          const {{lower, upper}} = lesson.acts.small_n.solve(given, "sigma").mle;
          return lower <= 1.2 && 1.2 <= upper;
        }}).filter(Boolean).length"""
    )
    exact = coverage_of_the_profile_interval(n)
    assert abs(held / times - exact) < 4 * np.sqrt(exact * (1 - exact) / times)


def test_the_study_is_repeated_a_hundred_times_and_counted(page: Page, lesson: Path) -> None:
    page.open(lesson)
    bench(page, "small_n")
    page.evaluate("document.querySelector('#small_n .repeat button').click()")
    words = "[...document.querySelectorAll('#small_n .study p')].map((p) => p.textContent)"
    until(page, f"{words}.every((w) => w.includes('of 100'))")
    said = page.evaluate(words)
    for method, told in zip(METHODS, said, strict=True):
        held = page.evaluate(f"document.querySelectorAll('#small_n .study.{method} .holds').length")
        missed = page.evaluate(f"document.querySelectorAll('#small_n .study.{method} .misses').length")
        assert told == f"{held} of 100 intervals hold the truth", method
        assert held + missed == 100
        widths = f"[...document.querySelectorAll('#small_n .study.{method} line')].map((l) => l.getBBox().width)"
        assert sum(page.evaluate(widths)) > 1000
    bench(page, "small_n", n=1)
    assert page.evaluate("document.querySelectorAll('#small_n .study line').length") == 0


def repeated(page: Page, name: str, **changes: Any) -> dict[str, float]:
    """Return which share of the studies holds the truth, as the page counts it, and how many it counted."""
    bench(page, name, **changes)
    page.evaluate(f"document.querySelector('#{name} .repeat button').click()")
    until(page, f"document.querySelector('#{name} .repeat.counted')")
    told = page.evaluate(f"document.querySelector('#{name} .expect').textContent")
    found = re.search(r"Of (\d+) such .*? (\d+)\xa0%, .*? (\d+)\xa0%, .*? (\d+)\xa0%;", told)
    assert found is not None, told
    assert told.endswith(get(name).expect)
    return {"times": float(found[1])} | {m: float(p) / 100 for m, p in zip(METHODS, found.groups()[1:], strict=True)}


def near(found: dict[str, float], method: str, exact: float) -> bool:
    """Return whether a counted share is an exact one, to four standard errors and the rounding to a percent."""
    return abs(found[method] - exact) < 4 * math.sqrt(exact * (1 - exact) / found["times"]) + 0.005


@pytest.mark.parametrize("prior", [0.2, 1.0, 10.0])
def test_the_counted_intervals_of_a_weight_are_those_of_theory(page: Page, lesson: Path, prior: float) -> None:
    page.open(lesson)
    given = read("weight_decay")[1]["given"]
    x, truth = np.column_stack([given["first"], given["second"]]), np.array([0.8, 0.5])
    covariance = np.linalg.inv(x.T @ x + np.eye(2) / prior**2)
    pulled, varies = covariance @ x.T @ x @ truth, covariance @ x.T @ x @ covariance
    half, spread = 1.96 * math.sqrt(covariance[0, 0]), math.sqrt(varies[0, 0])
    exact = np.diff(stats.norm.cdf(truth[0] + np.array([-half, half]), pulled[0], spread))[0]
    found = repeated(page, "weight_decay", prior=prior)
    assert found["times"] == 1000
    assert near(found, "mle", 0.95)
    assert near(found, "map", exact)
    assert near(found, "mcmc", exact)
    assert (exact > 0.95) == (prior >= 1)  # as the page says why


def test_the_counted_intervals_under_normal_errors_are_those_of_theory(page: Page, lesson: Path) -> None:
    page.open(lesson)
    n, wide = 9, np.arange(10)  # of nine values any number may come with spread five
    spread = np.sqrt(n - wide + 25 * wide) / n
    exact = stats.binom.pmf(wide, n, 0.1) @ (1 - 2 * stats.norm.sf(1.96 / math.sqrt(n) / spread))
    assert near(repeated(page, "outlier"), "mle", float(exact))
    assert f"{math.sqrt(0.9 + 0.1 * 25):.2f} times" in get("outlier").expect


@pytest.mark.parametrize(
    ("name", "changes", "method", "more"),
    [
        ("small_n", {"n": 3}, "mle", False),
        ("small_n", {"n": 3}, "map", False),
        ("small_n", {"n": 3}, "mcmc", True),
        ("small_n", {"prior": 0.3}, "mcmc", False),
        ("lasso", {"prior": 0.05}, "mcmc", False),
        ("mixture", {"n": 6}, "mcmc", True),
        ("mixture", {"n": 6, "prior": 0.1}, "mcmc", False),
        ("separation", {}, "mle", False),
        ("separation", {}, "mcmc", True),
        ("separation", {"prior": 0.5}, "mcmc", False),
        ("separation", {"prior": 20}, "mcmc", False),
    ],
)
def test_intervals_hold_more_or_less_often_as_the_act_says(
    page: Page, lesson: Path, name: str, changes: dict[str, Any], method: str, more: bool
) -> None:
    page.open(lesson)
    found = repeated(page, name, **changes)
    assert found[method] != 0.95
    assert (found[method] > 0.95) == more, found


def test_studies_without_an_interval_are_told_apart_from_those_that_miss(page: Page, lesson: Path) -> None:
    page.open(lesson)
    repeated(page, "lasso", prior=0.2)
    told = page.evaluate("document.querySelector('#lasso .study.map p').textContent")
    parts = re.fullmatch(r"(\d+) of 100 hold the truth, (\d+) miss it, (\d+) have no interval", told)
    assert parts is not None
    assert sum(int(part) for part in parts.groups()) == 100
    assert int(parts[3]) > 50
