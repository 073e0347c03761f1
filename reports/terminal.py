"""The report for a terminal: a front table, then three panels for each scenario."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from triptych.base.numbers import significant
from triptych.base.text import join, sentence
from triptych.comparisons.notices import far_from_the_prior
from triptych.problem.scenario import DEFAULT
from triptych.problem.table import SHORT
from triptych.reports.view import (
    Scalar,
    described,
    expected,
    full_name,
    held,
    methods,
    notes,
    scalars,
    select,
    tally,
    verdict,
    words,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from triptych.comparisons.comparison import Comparison

MOST_PRIORS = 8
COLOURS = {"mle": "blue", "map": "yellow", "mcmc": "green"}


def print_summary(comparisons: Sequence[Comparison], console: Console, *, claims: bool = False) -> None:
    """Print a summary of solved scenarios.

    Parameters
    ----------
    comparisons
        The solved scenarios.
    console
        Where to print: any width from 60 columns, colour or none, UTF-8 or ASCII.
    claims
        Whether to list every claim; one that does not hold is listed in any case.
    """
    console.print(_front(comparisons, console))
    for comparison in comparisons:
        _scenario(comparison, console, claims)
    fine, said = verdict(comparisons)
    console.print()
    console.print(_mark(fine, console), _text(said, "bold"))


def _text(content: Any, look: str = "") -> Text:
    """Make text in which neither markup nor control characters of user data have any effect."""
    from rich.text import Text

    clean = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in str(content))
    return Text(clean, style=look)


def _mark(good: bool, console: Console) -> Text:
    if console.options.ascii_only:
        return _text("ok" if good else "NO", "green" if good else "bold red")
    return _text("✓" if good else "✗", "green" if good else "bold red")


def _table(console: Console, *headers: tuple[str, str]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    for header, look in headers:
        table.add_column(_text(header, f"bold {look}".strip()), overflow="fold")
    return table


def _front(comparisons: Sequence[Comparison], console: Console) -> Table:
    table = _table(console, ("scenario", ""), ("question", ""), ("estimates", ""), ("claims", ""), ("", ""))
    for comparison in comparisons:
        rows = comparison.estimates.to_dict("records")
        kept, total = held(comparison)
        if comparison.error is not None:
            state = _text("failed", "bold red")
        else:
            state = _statuses(comparison, rows)
        table.add_row(
            _text(comparison.scenario.name, "bold"),
            _text(comparison.scenario.question),
            state,
            _text(
                f"{kept}/{total}" if total else "skipped" if comparison.skipped else "none",
                "" if kept == total else "bold red",
            ),
            _mark(comparison.ok, console),
        )
    return table


def _statuses(comparison: Comparison, rows: list[dict[Any, Any]]) -> Text:
    """``22 ok, 4 unbounded (expected)``: how many headline rows have which status."""
    parts = []
    for status, count in tally(rows).items():
        these = [row for row in rows if str(row["status"]) == status]
        known = all(expected(comparison, row) for row in these)
        note = " (expected)" if known and status != "ok" and comparison.scenario.expect is not None else ""
        look = "" if status == "ok" else ("yellow" if known else "bold red")
        parts.append(_text(f"{count} {words(status)}{note}", look))
    return _text(", ").join(parts)


def _scenario(comparison: Comparison, console: Console, claims: bool) -> None:
    from rich.padding import Padding
    from rich.rule import Rule

    console.print()
    name = _text(comparison.scenario.name, "bold")
    console.print(Rule(name, align="left", style="dim"))
    console.print(_text(comparison.scenario.question, "italic"))
    if comparison.skipped:
        console.print(_text(sentence(comparison.skipped), "yellow"))
    if comparison.answer:
        console.print(_text(comparison.answer, "bold"))
    if comparison.error is not None:
        console.print(_text("failed: ", "bold red") + _text(comparison.error))
    for variant in comparison.solutions:
        rows = select(comparison.estimates, variant)
        if variant == DEFAULT:
            console.print()
            console.print(_panels(rows, console))
            beside = [*_facts(comparison), *_priors(comparison), *_notices(comparison)]
            lines = [_caption(rows), *_why(comparison), *beside, *_reasons(rows), *_optima(comparison)]
            lines += _scores(comparison)
            for line in lines:
                console.print(Padding(line, (0, 0, 0, 2), expand=False))
    others = [variant for variant in comparison.solutions if variant != DEFAULT]
    if others:
        console.print()
        console.print(_variants(comparison, others, console))
    if len(comparison.claims):
        console.print()
        console.print(_claims(comparison, console) if claims else _held(comparison, console))
    for problem in comparison.problems:
        console.print(_text("problem: ", "bold red") + _text(problem))


def _panels(rows: list[dict[str, Any]], console: Console) -> Table:
    """Three panels side by side: on one line each where the width allows, else on two."""
    shown = methods(rows)
    groups = scalars(rows)
    one = [[_cell(scalar, method, " ") for method in shown] for scalar in groups]
    widths = [max((len(line[i]) for line in one), default=0) for i in range(len(shown))]
    names = max((len(scalar.name) for scalar in groups), default=0)
    wide = names + sum(widths) + 3 * (len(shown) + 1) <= console.width
    table = _table(console, ("", ""), *((SHORT[m], COLOURS[m]) for m in shown))
    for column in table.columns[1:]:
        column.justify = "right" if wide else "left"
        column.no_wrap = wide
    for scalar in groups:
        cells = [_text(_cell(scalar, method, " " if wide else "\n"), _look(scalar, method)) for method in shown]
        table.add_row(_text(scalar.name), *cells)
    return table


def _caption(rows: list[dict[str, Any]]) -> Text:
    """Say which estimate and which interval each panel gives."""
    parts = []
    for method in methods(rows):
        mine = [row for row in rows if row["method"] == method]
        parts.append(f"{SHORT[method]}: {described(mine)}")
    return _text("; ".join(parts), "dim")


def _cell(scalar: Scalar, method: str, between: str) -> str:
    row = scalar.rows.get(method)
    if row is None:
        return ""
    style = scalar.style
    status = str(row["status"])
    if not math.isfinite(row["estimate"]):
        return words(status)
    text = style(row["estimate"])
    if math.isfinite(row["lower"]) or math.isfinite(row["upper"]):
        text += f"{between}[{style(row['lower'])}, {style(row['upper'])}]"
    elif row["interval_kind"] == "none":
        text += f"{between}(no interval)"
    return text if status == "ok" else f"{text}{between}{words(status)}"


def _look(scalar: Scalar, method: str) -> str:
    row = scalar.rows.get(method)
    if row is None or str(row["status"]) == "ok":
        return ""
    return "bold red" if str(row["status"]) in ("unreliable", "failed") else "yellow"


def _reasons(rows: list[dict[str, Any]]) -> list[Text]:
    lines = []
    for note in notes(rows):
        kind = "" if note.status == "ok" else f" {words(note.status)}"
        start = _text(f"{SHORT[note.method]} {note.names}{kind}: ", "yellow" if kind else "dim")
        lines.append(start + _text(note.reason, "" if kind else "dim"))
    return lines


def _why(comparison: Comparison) -> list[Text]:
    """Why the panels of the default variant differ, and what follows."""
    explanation = comparison.explanations[DEFAULT]
    lines = [_text("why: ", "bold") + _text(sentence.text) for sentence in explanation.reasons]
    return [*lines, *(_text("so: ", "bold") + _text(sentence.text) for sentence in explanation.consequences)]


def _facts(comparison: Comparison) -> list[Text]:
    """Which class is the success, reference levels, dropped rows: the sign of every coefficient hangs on them."""
    return [_text(fact.text) for fact in comparison.scenario.facts]


def _priors(comparison: Comparison) -> list[Text]:
    known = [f"{prior.name} ~ {prior.text}" for prior in comparison.scenario.priors]
    if not known:
        return []
    coefficients = [i for i, prior in enumerate(comparison.scenario.priors) if prior.coefficient]
    left_out = coefficients[MOST_PRIORS:]
    said = [line for i, line in enumerate(known) if i not in left_out]
    if left_out:
        said.insert(MOST_PRIORS, f"{len(left_out)} more coefficients (facts.csv)")
    return [_text(f"priors: {', '.join(said)}", "dim")]


def _notices(comparison: Comparison) -> list[Text]:
    return [_text(line, "yellow") for line in far_from_the_prior(comparison.solutions, comparison.scenario.priors)]


def _optima(comparison: Comparison) -> list[Text]:
    """Local maxima that are nobody's estimate, said to be just that."""
    rows = select(comparison.optima, DEFAULT)
    lines = []
    for method in methods(rows):
        mine = [row for row in rows if row["method"] == method]
        values = [f"{full_name(row)} = {significant(row['estimate'])}" for row in mine]
        lines.append(_text(f"local maximum, not the {SHORT[method]}: {join(values)}"))
    return lines


def _scores(comparison: Comparison) -> list[Text]:
    rows = select(comparison.scores, DEFAULT)
    good = [row for row in rows if str(row["status"]) == "ok"]
    if not good:
        return []
    values = [f"{SHORT[row['method']]} {row['log_score']:.1f} (s.e. {row['std_error']:.1f})" for row in good]
    return [_text(f"log score of {good[0]['n_held_out']} held-out rows: {', '.join(values)}")]


def _variants(comparison: Comparison, variants: list[str], console: Console) -> Table:
    """How the panels of the other variants stand, a line each."""
    shown = methods(comparison.estimates.to_dict("records"))
    table = _table(console, ("other variants", ""), *((SHORT[m], COLOURS[m]) for m in shown))
    for variant in variants:
        rows = select(comparison.estimates, variant)
        cells = [_statuses(comparison, [r for r in rows if r["method"] == m]) for m in shown]
        table.add_row(_text(variant), *cells)
    return table


def _held(comparison: Comparison, console: Console) -> Text | Table:
    """Say on one line how many claims hold; list those that do not."""
    kept, total = held(comparison)
    if kept < total:
        return _claims(comparison, console, failed=True)
    return _mark(True, console) + _text(f" {total} claims hold; the report lists them, and so does --claims")


def _claims(comparison: Comparison, console: Console, failed: bool = False) -> Table:
    """Return the claims, or only those that do not hold."""
    table = _table(console, ("", ""), ("claim", ""), ("measured", ""), ("bound", ""))
    table.columns[2].no_wrap = table.columns[3].no_wrap = console.width >= 80
    for claim in comparison.claims.to_dict("records"):
        if failed and claim["holds"]:
            continue
        table.add_row(
            _mark(bool(claim["holds"]), console),
            _text(claim["statement"]),
            _text(significant(claim["measured"]) or "nan"),
            _text(claim["bound"]),
        )
    return table
