"""A study in a terminal: for each cell and scalar the measures that tell the three panels apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.numbers import significant
from triptych.base.text import join
from triptych.problem.table import SHORT

if TYPE_CHECKING:
    from rich.console import Console

    from triptych.comparisons.study.study import Study

HEADLINE = {"mle": ("wald", "profile"), "map": ("laplace",), "mcmc": ("eti", "hdi")}
MEASURES = ("bias", "rmse", "coverage")
COLUMNS = ("", "", "bias", "RMSE", "coverage", "of", "ok")


def with_error(value: float, mcse: float) -> str:
    """Return a measure with its Monte Carlo error, as many digits as this leaves."""
    if np.isnan(value):
        return ""
    if not np.isfinite(mcse) or mcse <= 0:
        return significant(value, 3)
    decimals = max(0, int(np.ceil(-np.log10(mcse))))
    if decimals > 6 or abs(value) >= 1e6:
        return f"{significant(value, 3)} ± {significant(mcse, 1)}"
    return f"{value:.{decimals}f} ± {mcse:.{decimals}f}"


def headline(study: Study) -> list[dict[str, Any]]:
    """Return one row for each cell, scalar and method: measure to value and Monte Carlo error.

    The interval whose coverage is told is the first of its method's kinds that was computed.
    """
    table = study.performance
    found = []
    for cell in study.plan.cells:
        own = table[table["cell"] == cell.number]
        for estimand, label in study.plan.scalars:
            of_scalar = own[(own["estimand"] == estimand) & (own["label"] == label)]
            for method in study.plan.methods:
                rows = of_scalar[of_scalar["method"] == method]
                kind = next((k for k in HEADLINE[method] if k in study.plan.kinds), "none")
                figures: dict[str, Any] = {}
                for measure, value, mcse in zip(rows["measure"], rows["value"], rows["mcse"], strict=True):
                    figures.setdefault(measure, (value, mcse))
                covered = rows[(rows["measure"] == "coverage") & (rows["interval_kind"] == kind)]
                figures["coverage"] = (
                    (float(covered["value"].iloc[0]), float(covered["mcse"].iloc[0])) if len(covered) else (np.nan,) * 2
                )
                figures["rmse"] = rooted(*figures["mse"])
                name = f"{estimand}[{label}]" if label else estimand
                found.append({"cell": cell, "name": name, "method": method, "kind": kind, "figures": figures})
    return found


def rooted(mse: float, mcse: float) -> tuple[float, float]:
    """Return the root of a mean squared error, and its Monte Carlo error by the delta method."""
    root = float(np.sqrt(mse))
    return root, float(mcse / (2 * root)) if root > 0 else float("nan")


def caveats(study: Study) -> list[str]:
    """Return what a reader of the measures has to know."""
    plan = study.plan
    over = (
        "data sets of one fixed truth"
        if plan.average == "fixed truth"
        else "truths drawn from the prior and data sets of each: coverage here is no coverage at a fixed truth"
    )
    said = [f"Averages over {over}; ± is one Monte Carlo standard error."]
    if counts := study.unsound:
        listed = join([f"{count} {status}" for status, count in counts.items()])
        said.append(f"Estimates that are not ok, over all cells, methods and scalars: {listed}.")
    return said


def print_study(study: Study, console: Console) -> None:
    """Print the measures that tell the panels apart, and what has to be known of them."""
    from rich.table import Table
    from rich.text import Text

    plan = study.plan
    # Names go into texts: in a string Rich takes the label of beta[x] for markup.
    console.print(Text.assemble((plan.name, "bold"), f": {plan.replicates} replicates in each cell"))
    last = None
    table: Any = None
    for row in headline(study):
        if row["cell"] != last:
            if table is not None:
                console.print(table)
            last = row["cell"]
            table = Table(
                title=Text(last.name or plan.name, "table.title"), box=None, padding=(0, 2, 0, 0), title_justify="left"
            )
            for column in COLUMNS:
                table.add_column(column, no_wrap=bool(column))
        figures = row["figures"]
        cells = [with_error(*figures.get(m, (np.nan, np.nan))) for m in MEASURES]
        share = figures["share_ok"][0]
        name = row["name"] if row["method"] == plan.methods[0] else ""
        table.add_row(Text(name), SHORT[row["method"]], *cells, row["kind"] if cells[-1] else "", f"{share:.1%}")
    if table is not None:
        console.print(table)
    for line in caveats(study):
        console.print(Text(line))
