"""The files of a path: its table as Parquet and CSV, everything as JSON, and the page."""

from __future__ import annotations

import io
import json
from pathlib import Path as Folder
from typing import TYPE_CHECKING

import numpy as np

from triptych.comparisons.study.store import write_whole
from triptych.reports.csv_cells import csv_text
from triptych.reports.plain import plain, records

if TYPE_CHECKING:
    from triptych.comparisons.path.walk import Path

SCHEMA = 1
FILES = ("path.parquet", "path.csv", "path.json", "path.html")


def write_path(path: Path, folder: Folder) -> list[str]:
    """Write the files of a path into a folder, each whole or not at all; return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    path.table.to_parquet(content, index=False)
    texts = (path_csv(path), path_json(path), path.to_html())
    for name, data in zip(FILES, (content.getvalue(), *(text.encode() for text in texts)), strict=True):
        write_whole(folder / name, data)
    return list(FILES)


def path_csv(path: Path) -> str:
    """Return the table as CSV; what does not exist is an empty cell."""
    table = path.table
    missing = table.isna()
    rows = [
        tuple("" if gone else value for value, gone in zip(row, lacks, strict=True))
        for row, lacks in zip(table.itertuples(index=False), missing.itertuples(index=False), strict=True)
    ]
    return csv_text(tuple(table.columns), rows)


def path_json(path: Path) -> str:
    """Return everything as JSON; what does not exist is null."""
    document = {
        "schema": SCHEMA,
        "scenario": path.scenario.name,
        "along": path.along,
        "meaning": path.meaning,
        "settings": plain(dict(path.settings)),
        "values": np.asarray(path.values).tolist(),
        "choices": path.choices,
        "notes": list(path.notes),
        "estimates": records(path.table),
        "scores": records(path.scores),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
