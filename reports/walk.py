"""A path as steps of one table: at each value of the setting the three answers, on axes that stay."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from triptych.base.numbers import significant
from triptych.reports import cells
from triptych.reports.forest import Block, Line, differ, forests
from triptych.reports.view import Scalar, methods, scalars

if TYPE_CHECKING:
    from triptych.comparisons.path.walk import Path

# What is best at the value at which a criterion is highest.
BEST = {
    "held_out_mle": "here the MLE predicts the held-out rows best",
    "held_out_map": "here the MAP predicts the held-out rows best",
    "held_out_mcmc": "here the posterior predicts the held-out rows best",
    "loo": "here the posterior predicts each row from the others best",
    "log_marginal": "here the data are most probable, on average over the prior",
}
MOST = 30  # scalars; the files of a path have all
OWN_AXES = "These scalars differ too much in size for one axis: each row has its own, on which the line is zero."


def steps(path: Path) -> dict[str, Any]:
    """Return what was computed along a path, one step a value; nothing lies between two steps.

    Parameters
    ----------
    path
        A solved path.

    Returns
    -------
    dict
        ``along`` and ``meaning`` of the setting; ``methods``; ``steps``, each with its value as text, what is chosen
        there, and blocks of rows as in the table of estimates; ``left_out``, how many more scalars the files have.
    """
    table = path.table
    values = [float(value) for value in path.values]
    found = [_scalars(table[table[path.along] == value])[:MOST] for value in values]
    shown = methods(table.to_dict("records"))
    places = range(len(found[0]))
    blocks: list[list[dict[str, Any]]] = [[] for _ in values]
    for estimand, group in groupby(places, key=lambda i: found[0][i].estimand):
        mine = list(group)
        lines, ticks, note = _lines(found, mine)
        for k, every in enumerate(found):
            rows = [cells.panel_row(every[i], shown) | {"line": lines[i][k]} for i in mine]
            title, unit = estimand if len(mine) > 1 else "", path.scenario.units.get(estimand, "")
            blocks[k].append({"title": title, "unit": unit, "ticks": ticks, "note": note, "rows": rows})
    return {
        "along": path.along,
        "meaning": path.meaning,
        "methods": shown,
        "steps": [
            {"at": at, "value": significant(value, 4), "chosen": _chosen(path, value), "blocks": blocks_at}
            for at, (value, blocks_at) in enumerate(zip(values, blocks, strict=True))
        ],
        "left_out": max(0, len(path.found.scalars) - MOST),
    }


def _lines(found: list[list[Scalar]], mine: list[int]) -> tuple[dict[int, list[Line]], list[tuple[float, str]], str]:
    """Return the bars of some scalars of one estimand at all steps, the ticks of their axis, and what is to be known.

    The axis is that of all steps, or a bar would move because its axis does. Scalars that differ much in size have one
    each, without ticks.
    """
    if differ([found[0][i] for i in mine]):
        return {i: _block([every[i] for every in found]).lines for i in mine}, [], OWN_AXES
    block = _block([every[i] for i in mine for every in found])
    steps = len(found)
    lines = {i: block.lines[j * steps : (j + 1) * steps] for j, i in enumerate(mine)}
    return lines, block.ticks, block.note


def _block(scalars: list[Scalar]) -> Block:
    (block,) = forests(scalars, common=True)
    return block


def _scalars(rows: Any) -> list[Scalar]:
    return scalars({str(name): value for name, value in row.items()} for row in rows.to_dict("records"))


def _chosen(path: Path, value: float) -> str:
    """Say which criteria are highest at a value."""
    return "; ".join(BEST[name] for name, at in path.choices.items() if at == value)
