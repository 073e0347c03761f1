"""The files of a study beside its chunks: replicates, performance, the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triptych.base.whole_files import write_whole, written_whole
from triptych.reports.csv_cells import csv_text

if TYPE_CHECKING:
    from triptych.comparisons.study.study import Study

FILES = ("replicates.parquet", "performance.parquet", "performance.csv", "study.html")


def write_files(study: Study) -> list[str]:
    """Write the files of a study into its folder, each whole or not at all.

    Returns
    -------
    list of str
        Their names.
    """
    import io

    folder, performance = study.folder, study.performance
    _write_replicates(study)
    content = io.BytesIO()
    performance.to_parquet(content, index=False)
    write_whole(folder / "performance.parquet", content.getvalue())
    write_whole(folder / "performance.csv", performance_csv(study).encode())
    write_whole(folder / "study.html", study.page().encode())
    return list(FILES)


def performance_csv(study: Study) -> str:
    """Return the performance as CSV, numbers with all their digits and what is missing empty."""
    table = study.performance
    missing = table.isna()
    rows = [
        tuple("" if gone else value for value, gone in zip(row, lacks, strict=True))
        for row, lacks in zip(table.itertuples(index=False), missing.itertuples(index=False), strict=True)
    ]
    return csv_text(tuple(table.columns), rows)


def _write_replicates(study: Study) -> None:
    """Write all replicates, a bounded number of them in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with written_whole(study.folder / "replicates.parquet") as file:
        writer = None
        for cell in study.plan.cells:
            for table in study.tables(cell.number):
                count = table.num_rows
                table = table.add_column(1, "n", pa.array([cell.n] * count, pa.int64()))
                for k, name in enumerate(study.plan.settings):
                    table = table.add_column(2 + k, name, pa.array([cell.settings[name]] * count))
                table = table.unify_dictionaries()
                writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
                writer.write_table(table.cast(writer.schema))
        if writer is not None:
            writer.close()
