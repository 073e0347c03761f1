"""What the page says of one scenario, as plain data for the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.reports import cells
from triptych.reports.chains import ranks
from triptych.reports.figures import density, evidence, special
from triptych.reports.forest import forests
from triptych.reports.marks import Chart
from triptych.reports.mathematics import code, mathml, pretty
from triptych.reports.numbers import significant
from triptych.reports.view import (
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
)
from triptych.scenario import DEFAULT

if TYPE_CHECKING:
    from triptych.comparisons.comparison import Comparison

MOST_DENSITIES = {True: 6, False: 3}


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
        "source": source.source,
        "ok": comparison.ok,
        "error": comparison.error,
        "problems": list(comparison.problems),
        "mathematics": [mathml(line) for line in source.mathematics],
        "code": code(source.model),
        "data": _data(first.data) if first is not None else None,
        "variants": [_variant(comparison, name) for name in comparison.solutions],
        "figures": figures,
        "broken": broken,
        "claims": cells.claims(comparison),
        "held": held(comparison),
        "why": list(source.why),
        "states": states(comparison),
    }


def states(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the statuses of each panel over all variants, for the front table."""
    rows = comparison.estimates.to_dict("records")
    return [
        {"method": m, "tally": _tally(comparison, [r for r in rows if r["method"] == m])}
        for m in methods(rows)
    ]


def _tally(comparison: Comparison, rows: list[dict[Any, Any]]) -> list[dict[str, Any]]:
    found = []
    for status, count in tally(rows).items():
        these = [row for row in rows if str(row["status"]) == status]
        known = all(expected(comparison, row) for row in these)
        found.append({"status": status, "count": count, "expected": known})
    return found


def _data(data: Any) -> dict[str, Any]:
    """Summarise arrays: shape, axes, range and a few labels."""
    arrays = []
    for name, value in data.arrays.items():
        axes = data.dims.get(name, ())
        numbers = value[np.isfinite(value)] if np.issubdtype(value.dtype, np.number) else None
        filled = numbers is not None and numbers.size
        arrays.append(
            {
                "name": name,
                "shape": " by ".join(map(str, value.shape)) or "scalar",
                "axes": ", ".join(axes),
                "low": pretty(significant(numbers.min())) if filled else "",
                "mean": pretty(significant(numbers.mean())) if filled else "",
                "high": pretty(significant(numbers.max())) if filled else "",
            }
        )
    used = {axis for axes in data.dims.values() for axis in axes}
    coords = [
        {"axis": axis, "size": len(labels), "labels": [str(label) for label in labels[:12]]}
        for axis, labels in data.coords.items()
        if axis in used or not used
    ]
    constants = [{"name": name, "value": str(value)} for name, value in data.constants.items()]
    return {"arrays": arrays, "coords": coords, "constants": constants}


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
        "ok": comparison.ok,
        "error": comparison.error,
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
    return {
        "name": name,
        "key": key,
        "settings": {str(k): str(v) for k, v in solution.settings.items()},
        "cards": [_card(comparison, solution, rows, method) for method in methods(rows)],
        "methods": methods(rows),
        "rows": [cells.panel_row(group, methods(rows)) for group in groups],
        "groups": groups,
        "forests": forests(groups, f"{key}-f"),
    }


def _variant(comparison: Comparison, name: str) -> dict[str, Any]:
    """Return everything about one variant."""
    solution = comparison.solutions[name]
    panels = _panels(comparison, name)
    groups, key = panels["groups"], panels["key"]
    optima = select(comparison.optima, name)
    posterior = solution.panels.get("mcmc")
    doubtful = posterior is not None and bool(posterior.diagnostics.get("gate"))
    looked_at = posterior is not None and (name == DEFAULT or doubtful)
    estimands = comparison.scenario.estimands
    return {
        **panels,
        "doubtful": doubtful,
        "densities": _densities(solution, groups, optima, key, MOST_DENSITIES[name == DEFAULT]),
        "evidence": _evidence(solution, key),
        "optima": [cells.line(row, groups) for row in optima],
        "intervals": [cells.line(row, groups) for row in select(comparison.intervals, name)],
        "contrasts": [cells.contrast(row) for row in select(comparison.contrasts, name)],
        "scores": [cells.score(row) for row in select(comparison.scores, name)],
        "facts": [cells.facts(method, panel) for method, panel in solution.panels.items()],
        "seconds": {k: significant(v, 2) for k, v in solution.seconds.items()},
        "chains": ranks(posterior.native, estimands, f"{key}-r") if looked_at else [],
    }


def _card(
    comparison: Comparison, solution: Any, rows: list[dict[str, Any]], method: str
) -> dict[str, Any]:
    mine = [row for row in rows if row["method"] == method]
    found = notes(mine)
    facts = solution.panels[method].diagnostics if method in solution.panels else {}
    return {
        "method": method,
        "title": TITLES[method],
        "described": described(mine),
        "tally": _tally(comparison, mine),
        "notes": sorted(found, key=lambda note: note.status == "ok"),
        "facts": cells.headline(facts),
        "gate": [str(failure) for failure in facts.get("gate", ())],
        "optima": [
            {"name": full_name(row), "value": pretty(significant(row["estimate"]))}
            for row in select(comparison.optima, solution.variant)
            if row["method"] == method
        ],
    }


def _densities(
    solution: Any, groups: list[Scalar], optima: list[dict[str, Any]], key: str, most: int
) -> list[Chart]:
    charts: list[Chart] = []
    places: dict[str, int] = {}
    profiles = {}
    if "mle" in solution.panels:
        profiles = solution.panels["mle"].diagnostics.get("profiles", {})
    for scalar in groups:
        place = places.get(scalar.estimand, 0)
        places[scalar.estimand] = place + 1
        if len(charts) >= most or "mcmc" not in scalar.rows:
            continue
        draws = solution.draws(scalar.estimand).reshape(-1, _size(solution, scalar))[:, place]
        finite = draws[np.isfinite(draws)]
        if finite.size < 2 or finite.min() == finite.max():
            continue
        curve = profiles.get(scalar.name)
        mine = [
            row
            for row in optima
            if row["method"] == "mle"
            and (row["estimand"], row["label"]) == (scalar.estimand, scalar.label)
        ]
        pair = (curve["values"], curve["log_likelihood"]) if curve else None
        charts.append(density(scalar, finite, mine, pair, f"{key}-d{len(charts)}"))
    return charts


def _size(solution: Any, scalar: Scalar) -> int:
    draws = solution.draws(scalar.estimand)
    return int(np.prod(draws.shape[1:])) if draws.ndim > 1 else 1


def _evidence(solution: Any, key: str) -> list[Chart]:
    paths = [path for panel in solution.panels.values() for path in panel.paths]
    return [evidence(path, f"{key}-e{i}") for i, path in enumerate(paths[:4]) if len(path.values)]


def _specials(comparison: Comparison) -> tuple[list[Chart], list[str]]:
    """Draw the scenario's own figures; one that fails is said to have failed."""
    charts, broken = [], []
    for i, make in enumerate(comparison.scenario.figures if comparison.error is None else ()):
        try:
            charts.append(special(make(comparison), f"{comparison.scenario.name}-s{i}"))
        except Exception as error:  # third parties write figures; one must not cost the page
            name = getattr(make, "__name__", "figure")
            broken.append(f"{name} could not be drawn: {type(error).__name__}: {error}")
    return charts, broken
