"""What the page says of one scenario, as plain data for the templates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.numbers import significant
from triptych.base.text import sentence
from triptych.comparisons.explanation.sentences import Sentence
from triptych.comparisons.notices import far_from_the_prior
from triptych.problem.scenario import DEFAULT
from triptych.problem.table import Status
from triptych.reports import cells
from triptych.reports.circles import Circle
from triptych.reports.densities import front_title, pictures
from triptych.reports.figures import evidence
from triptych.reports.forest import forests
from triptych.reports.marks import Chart
from triptych.reports.mathematics import code, mathml, pretty
from triptych.reports.plots import Plot, predictive_plots, rank_plots
from triptych.reports.scenario_figures import special
from triptych.reports.small_data import small_data
from triptych.reports.trust import predictions, trust
from triptych.reports.view import (
    BRIEFLY,
    IS,
    TITLES,
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
    words,
)

if TYPE_CHECKING:
    from triptych.comparisons.comparison import Comparison

MOST_PATHS = 3
WORDS, LEAST = 140, 2  # words, and sentences, of reasons that are not folded: half a minute
LEAST_TO_REPORT = 3  # sentences on what to report: which number, what it takes as known, what does not follow from it
COLUMNS_OF, MOST_COLUMNS = 2, 60  # axes of an array that is shown column by column, and columns that are
# In a table of more rows than this, estimands of several scalars are folded, but not that on which panels differ most.
MOST_OPEN, FOLDED = 12, 3


def scenario(comparison: Comparison) -> dict[str, Any]:
    """Return the section of one scenario.

    Parameters
    ----------
    comparison
        A solved scenario, or one that failed.
    """
    source = comparison.scenario
    figures, broken = _specials(comparison)
    first = comparison.solutions.get(DEFAULT)
    return {
        "name": source.name,
        "question": source.question,
        "about": source.about,
        "as_given": source.as_given,
        "front_title": front_title(comparison, first),
        "answer": comparison.answer,
        "questions": comparison.questions,
        "source": source.source,
        "ok": comparison.ok,
        "error": comparison.error,
        "skipped": sentence(comparison.skipped) if comparison.skipped else "",
        "problems": list(comparison.problems),
        "mathematics": [mathml(line) for line in source.mathematics],
        "code": code(source.model if source.code is None else source.code),
        "data": data_summary(first.data, source.columns) if first is not None else None,
        "few": small_data(first) if first is not None and not source.columns else None,
        "variants": [_variant(comparison, name) for name in comparison.solutions],
        "figures": figures,
        "tables": [table for table in comparison.tables if not isinstance(table, str)],
        "broken": [*broken, *(table for table in comparison.tables if isinstance(table, str))],
        "claims": cells.claims(comparison),
        "held": held(comparison),
        "facts": [fact.text for fact in source.facts],
        "priors": [{"name": prior.name, "text": pretty(prior.text)} for prior in source.priors],
        "notices": far_from_the_prior(comparison.solutions, source.priors),
        "why": list(source.why),
        "states": states(comparison),
    }


def states(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the statuses of each panel over all variants, for the front table."""
    rows = comparison.estimates.to_dict("records")
    return [{"method": m, "tally": _tally(comparison, [r for r in rows if r["method"] == m])} for m in methods(rows)]


def _tally(comparison: Comparison, rows: list[dict[Any, Any]]) -> list[dict[str, Any]]:
    found = []
    for status, count in tally(rows).items():
        these = [row for row in rows if str(row["status"]) == status]
        known = all(expected(comparison, row) for row in these)
        found.append({"status": status, "count": count, "expected": known})
    return found


def data_summary(data: Any, columns: Mapping[str, np.ndarray] | None = None) -> dict[str, Any]:
    """Summarise data, a row a column: shape, axes, range and a few labels.

    Parameters
    ----------
    data
        What the model reads.
    columns
        The columns of the user's table; the arrays that are read otherwise are shown without them.
    """
    arrays = [_array(name, values, ()) for name, values in (columns or {}).items()]
    for name, value in data.arrays.items() if not columns else ():
        axes = data.dims.get(name, ())
        labels = data.coords.get(axes[-1], ()) if len(axes) == value.ndim == COLUMNS_OF else ()
        if 0 < len(labels) <= MOST_COLUMNS and len(labels) == value.shape[-1]:
            arrays += [_array(f"{name}[{label}]", value[:, k], axes[:1]) for k, label in enumerate(labels)]
        elif value.ndim:
            arrays.append(_array(name, value, axes))
    used = {axis for axes in data.dims.values() for axis in axes}
    coords = [
        {"axis": axis, "size": len(labels), "labels": [str(label) for label in labels[:12]]}
        for axis, labels in data.coords.items()
        if (axis in used or not used) and [*map(str, labels)] != [str(i) for i in range(len(labels))]
    ]
    constants = [{"name": name, "value": str(value)} for name, value in data.constants.items()]
    return {"arrays": arrays, "coords": coords, "constants": constants}


def _array(name: str, value: np.ndarray, axes: Sequence[str]) -> dict[str, str]:
    numbers = value[np.isfinite(value)] if np.issubdtype(value.dtype, np.number) else np.zeros(0)
    filled = numbers.size
    return {
        "name": name,
        "shape": " by ".join(map(str, value.shape)),
        "axes": ", ".join(axes),
        "low": pretty(significant(numbers.min())) if filled else "",
        "mean": pretty(significant(_mean(numbers))) if filled else "",
        "high": pretty(significant(numbers.max())) if filled else "",
    }


def _mean(numbers: np.ndarray) -> float:
    """Return the mean; that of centred numbers is zero, and not the rounding error of their sum."""
    mean = float(numbers.mean())
    return mean if abs(mean) > 8 * np.finfo(float).eps * float(np.abs(numbers).max()) else 0.0


def summary(comparison: Comparison) -> dict[str, Any]:
    """Return what a notebook shows of one scenario: panels, forests, claims, problems.

    Parameters
    ----------
    comparison
        A solved scenario, or one that failed.
    """
    return {
        "name": comparison.scenario.name,
        "question": comparison.scenario.question,
        "answer": comparison.answer,
        "ok": comparison.ok,
        "error": comparison.error,
        "skipped": sentence(comparison.skipped) if comparison.skipped else "",
        "problems": list(comparison.problems),
        "variants": [_panels(comparison, name) for name in comparison.solutions],
        "claims": cells.claims(comparison),
        "held": held(comparison),
    }


def _panels(comparison: Comparison, name: str) -> dict[str, Any]:
    """Return the three panels of one variant."""
    solution = comparison.solutions[name]
    rows = select(comparison.estimates, name)
    groups = scalars(rows)
    key = f"{comparison.scenario.name}-{name}"
    alone = len(comparison.solutions) == 1  # what the scenario says of its own stands among the reasons then
    return {
        "name": name,
        "key": key,
        "settings": {str(k): str(v) for k, v in solution.settings.items()},
        "cards": [_card(comparison, solution, groups, rows, m) for m in methods(rows)],
        "methods": methods(rows),
        "groups": groups,
        "why": told(comparison.explanations[name].reasons, comparison.scenario.why if alone else ()),
        "follows": told(comparison.explanations[name].consequences, least=LEAST_TO_REPORT),
        "doubt": any(str(row["status"]) != "ok" and math.isfinite(row["estimate"]) for row in rows),
        "rows": groups,
        "trust": trust(comparison, solution),
        "blocks": _blocks(comparison, solution, groups, methods(rows)),
    }


def told(sentences: Sequence[Sentence], own: Sequence[str] = (), least: int = LEAST) -> dict[str, list[dict[str, str]]]:
    """Return sentences with what they begin with, those that are shown and those that are folded.

    Parameters
    ----------
    sentences
        In the order in which they are told.
    own
        What stands before them.
    least
        How many are shown at least; more are up to ``WORDS`` words.
    """
    parts = [{"lead": s.lead, "rest": s.text[len(s.lead) :]} for s in sentences]
    words = np.cumsum([sum(len(text.split()) for text in own), *(len(s.text.split()) for s in sentences)])[1:]
    shown = max(int(np.sum(words <= WORDS)), least)
    return {"shown": parts[:shown], "folded": parts[shown:]}


def _blocks(comparison: Comparison, solution: Any, groups: list[Scalar], shown: list[str]) -> list[dict[str, Any]]:
    """Return the table with its bars: the scalars of each estimand, on an axis of their own."""
    drawn = forests([Circle(solution, group).scalar(group) for group in groups])
    rest = iter(groups)
    headline = comparison.explanations[solution.variant].headline.partition("[")[0]
    long = len(groups) > MOST_OPEN
    return [
        {
            "title": block.estimand if len(block.lines) > 1 else "",
            "unit": comparison.scenario.units.get(block.estimand, ""),
            "note": block.note,
            "folded": long and len(block.lines) >= FOLDED and block.estimand != headline,
            "ticks": block.ticks,
            "rows": [cells.panel_row(next(rest), shown) | {"line": line} for line in block.lines],
        }
        for block in drawn
    ]


def _variant(comparison: Comparison, name: str) -> dict[str, Any]:
    """Return everything about one variant."""
    solution = comparison.solutions[name]
    panels = _panels(comparison, name)
    groups, key = panels["groups"], panels["key"]
    optima = select(comparison.optima, name)
    intervals = select(comparison.intervals, name)
    of_rows = [row for panel in solution.panels.values() for row in panel.intervals]
    open_ends = {_place(vars(row)): row.open_ends for row in of_rows}
    contrasts = select(comparison.contrasts, name)
    posterior = solution.panels.get("mcmc")
    doubtful = posterior is not None and bool(posterior.diagnostics.get("gate"))
    first = name == DEFAULT
    looked_at = posterior is not None and ((first and not comparison.quick) or doubtful)
    return {
        **panels,
        "doubtful": doubtful,
        **pictures(comparison, name, groups, contrasts, key),
        "evidence": _evidence(solution, key),
        "optima": [cells.line(row, groups) for row in optima],
        "intervals": [cells.line(row, groups, open_ends.get(_place(row), ())) for row in intervals],
        "contrasts": [cells.contrast(row) for row in contrasts],
        "predicted": sentence(said.removesuffix(".")) if (said := predictions(comparison, name)) else "",
        "scores": [cells.score(row) for row in select(comparison.scores, name)],
        "facts": [cells.facts(method, panel) for method, panel in solution.panels.items()],
        "convergence": cells.convergence(posterior) if posterior is not None else [],
        "seconds": {k: significant(v, 2) for k, v in solution.seconds.items()},
        "chains": _ranks(posterior, key) if posterior is not None and looked_at else [],
        "predictions": predictive_plots(posterior.native, f"{key}-p") if posterior is not None and first else [],
        "ranks_left_out": comparison.quick and posterior is not None and not looked_at,
        "unpredicted": _unpredicted(posterior) if posterior is not None and first else [],
    }


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what tells an interval from the others of a variant."""
    return tuple(row[name] for name in ("method", "estimand", "label", "interval_kind"))


def _ranks(posterior: Any, key: str) -> list[Plot]:
    return rank_plots(posterior.native, posterior.diagnostics.get("summary", ()), f"{key}-r")


def _unpredicted(posterior: Any) -> list[str]:
    """Say which predictive draws there are not, and why."""
    kinds = ("posterior_predictive", "prior_predictive")
    return [
        f"No {words(kind)} draws: {posterior.diagnostics[f'no_{kind}']}."
        for kind in kinds
        if f"no_{kind}" in posterior.diagnostics
    ]


def _card(
    comparison: Comparison,
    solution: Any,
    groups: list[Scalar],
    rows: list[dict[str, Any]],
    method: str,
) -> dict[str, Any]:
    """Return the head of one panel: what it gives, statuses with reasons, the gate."""
    mine = [row for row in rows if row["method"] == method]
    found = notes(mine)
    every = [group.name for group in groups]
    gathered = [
        (
            note,
            {
                "status": note.status,
                "briefly": BRIEFLY.get(Status(note.status), ""),
                "names": note.brief(every),
                "reason": note.reason,
                "every": note.rest(every),
            },
        )
        for note in found
    ]
    facts = solution.panels[method].diagnostics if method in solution.panels else {}
    return {
        "method": method,
        "title": TITLES[method],
        "is": IS[method],
        "described": described(mine),
        "taken": _taken(solution, comparison.explanations[solution.variant].headline, method),
        "notes": [told for note, told in gathered if note.status != "ok"],
        "remarks": [told for note, told in gathered if note.status == "ok"],
        "headline": _headline(groups, comparison.explanations[solution.variant].headline, method),
        "gate": [str(failure) for failure in facts.get("gate", ())],
        "optima": [
            cells.line(row, groups) for row in select(comparison.optima, solution.variant) if row["method"] == method
        ],
    }


def _taken(solution: Any, name: str, method: str) -> str:
    """Say what a panel's interval of one scalar takes as known; nothing where it takes nothing."""
    panel = solution.panels.get(method)
    held = panel.held if panel is not None else {}
    known = [
        what for (estimand, label), what in held.items() if full_name({"estimand": estimand, "label": label}) == name
    ]
    return f"The interval supposes {known[0].as_equations()}" if known else ""


def _headline(groups: list[Scalar], name: str, method: str) -> dict[str, Any] | None:
    """Return one panel's estimate of the scalar on which the panels differ most."""
    scalar = next((group for group in groups if group.name == name), None)
    if scalar is None or method not in scalar.rows:
        return None
    return {"name": name, **cells.cell(scalar.rows[method], scalar.style)}


def _evidence(solution: Any, key: str) -> list[Chart]:
    """Draw the paths that decided a status, a few of each panel."""
    return [
        evidence(path, method, f"{key}-{method}-e{i}")
        for method, panel in solution.panels.items()
        for i, path in enumerate(panel.paths[:MOST_PATHS])
        if len(path.values)
    ]


def _specials(comparison: Comparison) -> tuple[list[Chart], list[str]]:
    """Draw the scenario's own figures; one that fails is said to have failed."""
    charts, broken = [], []
    for i, figure in enumerate(comparison.figures):
        if isinstance(figure, str):
            broken.append(figure)
        else:
            charts.append(special(figure, f"{comparison.scenario.name}-s{i}"))
    return charts, broken
