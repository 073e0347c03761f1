"""The report as files: HTML, JSON, CSV and NetCDF, all of them or none."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triptych.base.environment import told
from triptych.base.errors import EnvironmentFault, InputError, path_of
from triptych.base.options import nearest
from triptych.base.text import cited
from triptych.comparisons.notices import far_from_the_prior
from triptych.problem.table import COLUMNS
from triptych.reports.csv_cells import csv_text
from triptych.reports.html import render
from triptych.reports.netcdf import write_tree
from triptych.reports.plain import plain, provenance, records
from triptych.reports.staging import MANIFEST, put_in_place, staged

if TYPE_CHECKING:
    from triptych.comparisons.comparison import Comparison

SCHEMA = 1
FORMATS = ("html", "json", "csv", "nc")
FACT_COLUMNS = ("scenario", "kind", "name", "value", "text")


def _scenario(comparison: Comparison) -> dict[str, Any]:
    scenario = comparison.scenario
    return {
        "name": scenario.name,
        "question": scenario.question,
        "answer": comparison.answer,
        "source": scenario.source,
        "code": scenario.code,
        "facts": [plain(fact.plain()) for fact in scenario.facts],
        "priors": [plain(prior.plain()) for prior in scenario.priors],
        "notices": far_from_the_prior(comparison.solutions, scenario.priors),
        "estimates": records(comparison.estimates, COLUMNS),
        "intervals": records(comparison.intervals, COLUMNS),
        "optima": records(comparison.optima, COLUMNS),
        "contrasts": records(comparison.contrasts),
        "explanations": [row for e in comparison.explanations.values() for row in records(e.frame())],
        "scores": records(comparison.scores),
        "tables": [plain(vars(table)) for table in comparison.tables if not isinstance(table, str)],
        "claims": records(comparison.claims.drop(columns="scenario")),
        "skipped": _skipped(comparison),
        "diagnostics": plain(comparison.diagnostics),
        "problems": plain(comparison.problems),
        "error": comparison.error,
    }


def _skipped(comparison: Comparison) -> list[dict[str, str]]:
    """Return the claims that were not measured, and why."""
    if not comparison.skipped:
        return []
    claims = comparison.scenario.claims
    said = [(claim.__name__, getattr(claim, "statement", claim.__name__)) for claim in claims]
    return [{"name": name, "statement": statement, "reason": comparison.skipped} for name, statement in said]


def results_json(comparisons: Sequence[Comparison]) -> str:
    """Return everything measured as JSON (no NaN literals: what does not exist is null).

    Parameters
    ----------
    comparisons
        The solved scenarios.
    """
    document = {
        "schema": SCHEMA,
        "provenance": provenance(comparisons),
        "scenarios": [_scenario(comparison) for comparison in comparisons],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def estimates_csv(comparisons: Sequence[Comparison]) -> str:
    """Return the headline rows of all scenarios as CSV; what does not exist is an empty cell.

    Texts that a spreadsheet would run are marked: see :mod:`triptych.reports.csv_cells`, which reads them back.

    Parameters
    ----------
    comparisons
        The solved scenarios.
    """
    return csv_text(COLUMNS, [row for c in comparisons for row in c.estimates[list(COLUMNS)].itertuples(index=False)])


def facts_csv(comparisons: Sequence[Comparison]) -> str:
    """Return what stands beside the numbers as CSV: successes, reference levels, dropped rows, priors, notices.

    Parameters
    ----------
    comparisons
        The solved scenarios.
    """
    rows: list[tuple[str, str, str, str, str]] = []
    for comparison in comparisons:
        scenario = comparison.scenario
        if comparison.skipped:
            rows.append((scenario.name, "skipped", "claims", "", comparison.skipped))
        rows += [(scenario.name, f.kind, f.name, _value(f.value), f.text) for f in scenario.facts]
        rows += [(scenario.name, "prior", p.name, p.text, f"{p.name} ~ {p.text}") for p in scenario.priors]
        rows += [
            (scenario.name, "notice", "", "", n) for n in far_from_the_prior(comparison.solutions, scenario.priors)
        ]
    return csv_text(FACT_COLUMNS, rows)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def _has_tree(comparison: Comparison) -> bool:
    return comparison.error is None and bool(comparison.solutions)


def _write(comparisons: Sequence[Comparison], folder: Path, formats: Sequence[str]) -> list[str]:
    names: list[str] = []

    def put(name: str, text: str) -> None:
        (folder / name).write_bytes(text.encode("utf-8", errors="replace"))
        names.append(name)

    if "html" in formats:
        put("report.html", render(comparisons))
    if "json" in formats:
        put("results.json", results_json(comparisons))
    if "csv" in formats:
        put("estimates.csv", estimates_csv(comparisons))
        put("facts.csv", facts_csv(comparisons))
    if "nc" in formats:
        for comparison in comparisons:
            if _has_tree(comparison):
                name = f"{comparison.scenario.name}.nc"
                write_tree(comparison.to_datatree(), folder / name)
                names.append(name)
    return names


def write_report(comparisons: Sequence[Comparison], out: Path | str, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write the report; an error or an interrupt leaves the folder as it was.

    Everything is written in a hidden folder inside ``out`` first and moved into place only when
    all of it is complete. Other files in ``out`` stay.

    Parameters
    ----------
    comparisons
        The solved scenarios.
    out
        The folder, created when it is not there.
    formats
        Any of ``html`` (report.html), ``json`` (results.json), ``csv`` (estimates.csv and
        facts.csv) and ``nc`` (one NetCDF file for each scenario that was solved).

    Returns
    -------
    list of Path
        The files written; the last one lists the others with their digests, as ``sha256sum --check`` reads it.

    Raises
    ------
    InputError
        When ``out`` cannot be a folder for a report.
    EnvironmentFault
        When the disk does not take it.
    """
    if unknown := sorted(set(formats) - set(FORMATS)):
        raise InputError(f"unknown report format {unknown[0]!r}; {nearest(unknown[0], FORMATS)}")
    if not str(out).strip():
        raise InputError("the folder for the report is empty; name one, or . for this one")
    out = require_folder(path_of(out), [c.scenario.name for c in comparisons])
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        with staged(out) as staging:
            names = put_in_place(staging, out, _write(comparisons, staging, formats))
    except BaseException as error:
        for folder in made:
            # Only folders made here, and only while nothing else has been put in them.
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        if isinstance(error, OSError):
            raise EnvironmentFault(f"the report could not be written in {cited(str(out))}: {told(error)}") from error
        raise
    return [out / name for name in names]


def require_folder(out: Path, scenarios: Sequence[str] = ()) -> Path:
    """Refuse a target that cannot be the folder of a report on these scenarios; return one that can."""
    place = out
    try:
        while not place.exists(follow_symlinks=False) and place != place.parent:
            place = place.parent
        fault = _fault(out, place, scenarios)
    except OSError as error:
        fault = str(error.strerror)
    if fault:
        raise InputError(f"cannot write the report in {cited(str(out))}: {fault}; name another folder (--out)")
    return out


def _fault(out: Path, place: Path, scenarios: Sequence[str]) -> str:
    """Say what is wrong with a folder, or with the innermost part of its path that is there."""
    if place.is_symlink() and not place.exists():
        return f"{str(place)!r} is a link to nothing"
    if not place.is_dir():
        return f"{str(place)!r} is a file"
    if not os.access(place, os.W_OK | os.X_OK):
        return f"nothing may be written in {str(place)!r}"
    for name in (
        "report.html",
        "results.json",
        "estimates.csv",
        "facts.csv",
        MANIFEST,
        *(f"{scenario}.nc" for scenario in scenarios),
    ):
        if (out / name).is_dir():
            return f"{name!r} in it is a folder"
    return ""
