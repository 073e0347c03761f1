"""``triptych list``: the installed scenarios by chapter, or which of them shows which failure."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from triptych.cli.options import Format, Output

LISTED = ("name", "chapter", "question", "source")  # columns of `triptych list --format csv`


def list_scenarios(
    format: Format = Output.TABLE,
    map: Annotated[bool, typer.Option("--map", help="Which scenario shows which failure in which panel.")] = False,
) -> None:
    """List the installed scenarios, by chapter."""
    from triptych.problem.registry import scenarios

    if map:
        _show_failures(format)
        return
    rows: list[dict[str, Any]] = [
        {
            "name": s.name,
            "chapter": s.chapter,
            "question": s.question,
            "source": s.source,
            "variants": list(s.variants),
        }
        for s in scenarios().values()
    ]
    if format is Output.JSON:
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
        return
    if format is Output.CSV:
        from triptych.reports.csv_cells import csv_text

        lines = [(*(row[name] for name in LISTED), " ".join(row["variants"])) for row in rows]
        sys.stdout.write(csv_text((*LISTED, "variants"), lines))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("chapter", "scenario", "question", "variants"):
        table.add_column(column, no_wrap=column == "scenario")
    for before, row in zip([{"chapter": None}, *rows], rows, strict=False):
        chapter = row["chapter"] if row["chapter"] != before["chapter"] else ""
        table.add_row(chapter, row["name"], row["question"], ", ".join(row["variants"]))
    Console().print(table)


def _show_failures(format: Output) -> None:
    """Write which scenario shows which failure in which panel."""
    from triptych.problem.failures import FAILURES, failures
    from triptych.problem.registry import scenarios

    rows = failures(scenarios().values())
    if format is Output.JSON:
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
        return
    if format is Output.CSV:
        from triptych.reports.csv_cells import csv_text

        sys.stdout.write(csv_text(FAILURES, [tuple(row.values()) for row in rows]))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in FAILURES:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(value) for value in row.values()))
    Console().print(table)
