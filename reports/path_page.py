"""The report on a path as one HTML file that needs no network."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.numbers import significant
from triptych.comparisons.path.walk import CRITERIA, SAYS
from triptych.comparisons.study.replicates import STATUSES
from triptych.problem.table import SHORT, Status
from triptych.reports.html import _environment
from triptych.reports.plots import FAINT, MAP, MCMC, MLE, Plot, inlined
from triptych.reports.walk import steps

if TYPE_CHECKING:
    from triptych.comparisons.path.walk import Path

COLOURS = {"mle": MLE, "map": MAP, "mcmc": MCMC}
STYLES = {"mle": "--", "map": "-", "mcmc": "-"}
SIZE = (4.4, 3.0)
MOST = 12  # scalars drawn; the table has all
DIGITS = 5


def render(path: Path) -> str:
    """Return the page on a path."""
    scalars = path.found.scalars
    return (
        _environment()
        .get_template("path.html.j2")
        .render(
            title=f"path of {path.scenario.name} | triptych",
            path=path,
            question=path.scenario.question,
            choices=choices(path),
            walk=steps(path),
            criteria=[_plot(partial(draw_criterion, path, name), f"c{name}", SAYS[name]) for name in _drawn(path)],
            estimates=[
                _plot(partial(draw_scalar, path, k), f"e{k}", f"{named_scalar(s)} along {path.along}")
                for k, s in enumerate(scalars[:MOST])
            ],
            left_out=max(0, len(scalars) - MOST),
            missing=_missing(path),
            columns=(path.along, *(SAYS[name] for name in CRITERIA)),
            rows=_rows(path),
        )
    )


def named_scalar(scalar: tuple[str, str]) -> str:
    """Return a scalar for reading."""
    return f"{scalar[0]}[{scalar[1]}]" if scalar[1] else scalar[0]


def choices(path: Path) -> list[str]:
    """Say for each criterion where it is highest, and where that is an end of the path; or why it chooses nothing."""
    said, ends = [], (path.values[0], path.values[-1])
    for name in CRITERIA:
        if name in path.choices:
            at = path.choices[name]
            best = max((one for one in path.criteria[name] if np.isfinite(one.value)), key=lambda one: one.value)
            end = ", an end of the path: the best may lie beyond" if at in ends else ""
            said.append(f"The {SAYS[name]} is highest, {significant(best.value, DIGITS)}, at "
                        f"{path.along} = {significant(at, 4)}{end}.")  # fmt: skip
        else:
            reasons = [one.reason for one in path.criteria[name] if one.reason and not np.isfinite(one.value)]
            why = reasons[0] if reasons else "it is the same at all points"
            said.append(f"The {SAYS[name]} chooses no point: {why}.")
    return said


def _drawn(path: Path) -> list[str]:
    return [name for name in CRITERIA if any(np.isfinite(one.value) for one in path.criteria[name])]


def _plot(draw: Any, key: str, title: str) -> Plot:
    def figure() -> Any:
        from matplotlib.figure import Figure

        made = Figure(figsize=SIZE, layout="constrained")
        axes = made.subplots()
        caption.append(draw(axes))
        handles, labels = axes.get_legend_handles_labels()
        if handles:
            made.legend(handles, labels, loc="outside upper left", ncols=3, frameon=False, fontsize=9)
        return made

    caption: list[str] = []
    drawn = inlined(figure, key)
    return Plot(drawn, title, caption[0])


def draw_scalar(path: Path, s: int, axes: Any, colours: dict[str, str] | None = None) -> str:
    """Draw the estimates of one scalar by all methods, and the posterior's interval; return the caption."""
    colours, found = colours or COLOURS, path.found
    for m, method in enumerate(found.methods):
        ok = found.status[m, :, s] == STATUSES.index(Status.OK)
        if ok.any():
            values = np.where(ok, found.estimate[m, :, s], np.nan)
            axes.plot(path.values, values, STYLES[method], color=colours[method], label=SHORT[method])
        if method == "mcmc" and "eti" in found.kinds and ok.any():
            k = found.kinds.index("eti")
            ends = [np.where(ok, end[k, :, s], np.nan) for end in (found.lower, found.upper)]
            axes.fill_between(path.values, *ends, color=colours[method], alpha=0.2, linewidth=0)
    _dressed(path, axes, named_scalar(found.scalars[s]))
    return f"{named_scalar(found.scalars[s])}: MLE, mode, and posterior mean with its interval, along {path.along}."


def draw_criterion(path: Path, name: str, axes: Any, colours: dict[str, str] | None = None) -> str:
    """Draw one criterion with its standard error; return the caption."""
    colours = colours or COLOURS
    every = path.criteria[name]
    values, errors = (np.array([getattr(one, figure) for one in every]) for figure in ("value", "std_error"))
    colour = colours[{"held_out_mle": "mle", "held_out_map": "map"}.get(name, "mcmc")]
    axes.plot(path.values, values, color=colour)
    if name == "log_marginal":  # of scores the errors are those of their differences' worst case, and say little
        axes.fill_between(path.values, values - 2 * errors, values + 2 * errors, color=colour, alpha=0.2, linewidth=0)
    if name in path.choices:
        axes.axvline(path.choices[name], color=FAINT, linewidth=0.8, linestyle=":")
    _dressed(path, axes, SAYS[name])
    kinds = sorted({one.kind for one in every if np.isfinite(one.value)})
    return f"{SAYS[name]} ({', '.join(kinds)}); higher is better. The dotted line is where it is highest."


def _dressed(path: Path, axes: Any, label: str) -> None:
    if path.log:
        axes.set_xscale("log")
    if path.values[0] > path.values[-1]:
        axes.invert_xaxis()
    axes.set_xlabel(path.along)
    axes.set_ylabel(label)


def _missing(path: Path) -> list[str]:
    """Say which estimates do not exist at some points, and why."""
    said, found = [], path.found
    for m, method in enumerate(found.methods):
        for s, scalar in enumerate(found.scalars):
            bad = np.flatnonzero(found.status[m, :, s] != STATUSES.index(Status.OK))
            if bad.size:
                k = int(bad[0])
                reason = found.reasons.get((m, k, s), "")
                said.append(f"{SHORT[method]} of {named_scalar(scalar)}: {STATUSES[found.status[m, k, s]]} at "
                            f"{bad.size} of {len(path.values)} points; {reason}.")  # fmt: skip
    return said


def _rows(path: Path) -> list[list[str]]:
    rows = []
    for k, value in enumerate(path.values):
        figures = [path.criteria[name][k] for name in CRITERIA]
        rows.append([significant(float(value), 4), *(_cell(one.value, one.std_error) for one in figures)])
    return rows


def _cell(value: float, error: float) -> str:
    if not np.isfinite(value):
        return ""
    return significant(value, DIGITS) + (f" ± {significant(error, 2)}" if np.isfinite(error) and error > 0 else "")
