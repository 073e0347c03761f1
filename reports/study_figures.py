"""Figures of a study: each a function of the study and of axes to draw on, in the colours that it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import InputError
from triptych.comparisons.study.problem import METHOD_OF
from triptych.problem.table import SHORT
from triptych.reports.study_terminal import HEADLINE, rooted

if TYPE_CHECKING:
    from triptych.comparisons.study.sources import Cell
    from triptych.comparisons.study.study import Study

Draw = Callable[..., None]  # called with the axes and the colours
MEASURES = ("bias", "rmse", "coverage")
MARKERS = {"mle": "o", "map": "D", "mcmc": "s"}
MOST_SCALARS = 4  # drawn; the tables have all
MOST_LINES = 100  # intervals of a zip plot; of more, one of every so many
MOST_VALUES = 20_000  # estimates of a sampling distribution
ERRORS = 1.96  # Monte Carlo standard errors of an error bar, on either side
APART = 0.06  # of the step between two positions, from one method to the next


@dataclass(frozen=True)
class Colours:
    """What figures are drawn in; those of a page stand for its own, which change with its theme."""

    mle: str = "#0b66b0"
    map: str = "#b0520a"
    mcmc: str = "#0a7d5f"
    ink: str = "#1d2329"
    soft: str = "#59636e"
    faint: str = "#8b949e"

    def of(self, method: str) -> str:
        """Return the colour of a method."""
        return str(getattr(self, method))


def drawn_scalars(study: Study) -> list[tuple[str, str]]:
    """Return the scalars of the figures: the first of each estimand, then others, up to :data:`MOST_SCALARS`."""
    every = list(study.plan.scalars)
    first = [s for k, s in enumerate(every) if s[0] not in [name for name, _ in every[:k]]]
    picked = [*first, *(s for s in every if s not in first)][:MOST_SCALARS]
    return [s for s in every if s in picked]


def name_of(scalar: tuple[str, str]) -> str:
    """Return a scalar for reading."""
    return f"{scalar[0]}[{scalar[1]}]" if scalar[1] else scalar[0]


@dataclass(frozen=True)
class Axis:
    """Along what cells stand in a figure: n where it varies, else the first numeric setting that does, else names.

    Attributes
    ----------
    label
        What is varied.
    places
        Position of each cell.
    ticks
        Their labels; None where positions say it.
    log
        Whether positions are on a logarithmic scale.
    groups
        For each cell what else tells it from others, for reading: cells of one group are joined by lines.
    """

    label: str
    places: list[float]
    ticks: list[str] | None
    log: bool
    groups: list[str]


def axis_of(cells: tuple[Cell, ...]) -> Axis:
    """Return along what the cells of a study stand."""
    columns = {"n": [cell.n for cell in cells], **{k: [c.settings[k] for c in cells] for k in cells[0].settings}}
    varied = {k: v for k, v in columns.items() if len(set(map(str, v))) > 1}
    numeric = [k for k, v in varied.items() if all(isinstance(x, int | float) and not isinstance(x, bool) for x in v)]
    if not numeric:
        places = [float(k) for k in range(len(cells))]
        return Axis("cell", places, [c.name or "all" for c in cells], False, [""] * len(cells))
    along = numeric[0]
    rest = [k for k in varied if k != along]
    groups = [", ".join(f"{k} = {columns[k][i]}" for k in rest) for i in range(len(cells))]
    return Axis(along, [float(x) for x in columns[along]], None, min(columns[along]) > 0, groups)


def measured(
    study: Study, scalar: tuple[str, str], method: str, measure: str, kind: str = "none"
) -> tuple[np.ndarray, np.ndarray]:
    """Return value and Monte Carlo error of a measure in every cell."""
    table = study.performance
    own = table[(table["estimand"] == scalar[0]) & (table["label"] == scalar[1]) & (table["method"] == method)]
    own = own[(own["measure"] == measure) & (own["interval_kind"] == kind)].set_index("cell")
    cells = [cell.number for cell in study.plan.cells]
    return own["value"].reindex(cells).to_numpy(), own["mcse"].reindex(cells).to_numpy()


def draw_measure(study: Study, scalar: tuple[str, str], measure: str, axes: Any, colours: Colours) -> None:
    """Draw bias, RMSE or coverage of all methods over the cells, with error bars of the Monte Carlo error."""
    axis, plan = axis_of(study.plan.cells), study.plan
    places = np.array(axis.places)
    groups = list(dict.fromkeys(axis.groups))
    for m, method in enumerate(plan.methods):
        kinds = [k for k in HEADLINE[method] if k in plan.kinds] if measure == "coverage" else ["none"]
        for k, kind in enumerate(kinds):
            value, mcse = measured(study, scalar, method, "mse" if measure == "rmse" else measure, kind)
            if measure == "rmse":
                value, mcse = np.array([rooted(v, e) for v, e in zip(value, mcse, strict=True)]).T
            moved = _moved(places, axis.log, (m - (len(plan.methods) - 1) / 2) * APART)
            for g, group in enumerate(groups):
                own = np.array([other == group for other in axis.groups]) & np.isfinite(value)
                order = np.argsort(places[own])
                axes.errorbar(
                    moved[own][order], value[own][order], ERRORS * np.nan_to_num(mcse[own][order]),
                    color=colours.of(method), marker=MARKERS[method], markersize=4.5, linewidth=1.4, capsize=0,
                    linestyle=("-", "--")[k] if len(groups) == 1 else ("-", "--", ":", "-.")[g % 4],
                    markerfacecolor=colours.of(method) if k == 0 else "none",
                    label=f"{SHORT[method]}{f', {kind}' if measure == 'coverage' else ''}" if g == 0 else None,
                )  # fmt: skip
    target = {"coverage": plan.ci_prob, "bias": 0.0}.get(measure)
    if target is not None:
        axes.axhline(target, color=colours.soft, linewidth=0.8, zorder=0)
    if measure == "rmse":
        axes.set_ylim(bottom=0)
    if axis.log:
        axes.set_xscale("log")
    axes.set_xticks(sorted(set(axis.places)), _tick_labels(axis), rotation=20 if axis.ticks else 0)
    axes.minorticks_off()
    axes.set_xlabel(axis.label)
    unit = plan.units.get(scalar[0], "")
    words = {"bias": "bias", "rmse": "RMSE", "coverage": f"coverage of {plan.ci_prob:.0%} intervals"}[measure]
    axes.set_ylabel(f"{words}, {unit}" if unit and measure != "coverage" and len(unit) < 20 else words)


def _tick_labels(axis: Axis) -> list[str]:
    order = np.argsort(axis.places, kind="stable")
    if axis.ticks is not None:
        return [axis.ticks[k] for k in order]
    return [f"{x:g}" for x in sorted(set(axis.places))]


def _moved(places: np.ndarray, log: bool, share: float) -> np.ndarray:
    """Return positions of one method a little beside the others', so that error bars do not cover each other."""
    if len(set(places)) < 2:
        return places * (1 + share / 3) if log else places + share
    on = np.log(places) if log else places
    step = np.min(np.diff(np.unique(on)))
    moved = on + share * step
    return np.asarray(np.exp(moved) if log else moved)


def draw_zip(study: Study, scalar: tuple[str, str], kind: str, cell: int, axes: Any, colours: Colours) -> None:
    """Draw intervals by the centile of their distance from the truth (Morris, White and Crowther 2019, figure 4)."""
    s, m = study.plan.scalars.index(scalar), study.plan.methods.index(METHOD_OF[kind])
    lower, upper, z = [], [], []
    for block in study.blocks(cell):
        truth = block.truth[:, m, s]
        low, high = (end[:, s] - truth for end in block.ends[kind])
        with np.errstate(all="ignore"):
            z.append(np.abs((block.estimate[:, m, s] - truth) / block.std_error[:, m, s]))
        lower.append(low)
        upper.append(high)
        if sum(map(len, lower)) > MOST_VALUES:
            break
    low, high, away = (np.concatenate(part) for part in (lower, upper, z))
    there = np.isfinite(low) & np.isfinite(high)
    order = np.argsort(np.where(np.isfinite(away), away, np.maximum(np.abs(low), np.abs(high))))
    order = order[there[order]]
    if not order.size:
        axes.text(0.5, 0.5, "no intervals", transform=axes.transAxes, ha="center", color=colours.soft)
        return
    centile = 100 * (np.arange(order.size) + 0.5) / order.size
    step = max(1, order.size // MOST_LINES)
    for covers, colour in ((True, colours.faint), (False, colours.of(METHOD_OF[kind]))):
        mine = ((low[order] <= 0) & (high[order] >= 0)) == covers
        picked = np.flatnonzero(mine)[:: step if covers else max(1, step // 2)]
        axes.hlines(centile[picked], low[order][picked], high[order][picked], color=colour, linewidth=1.0)
    axes.axvline(0, color=colours.ink, linewidth=0.8)
    axes.axhline(100 * study.plan.ci_prob, color=colours.soft, linewidth=0.8, linestyle="--")
    ends = np.concatenate([low[order], high[order]])
    reach = np.quantile(np.abs(ends), 0.99)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(0, 100)
    axes.set_xlabel("interval less truth")
    axes.set_ylabel("centile of |z|")


def draw_estimates(study: Study, scalar: tuple[str, str], cell: int, axes: Any, colours: Colours) -> None:
    """Draw the distribution of each method's estimates less the truth, and the average posterior."""
    s, plan = study.plan.scalars.index(scalar), study.plan
    found: dict[str, list[np.ndarray]] = {method: [] for method in plan.methods}
    draws: list[np.ndarray] = []
    for block in study.blocks(cell):
        for m, method in enumerate(plan.methods):
            found[method].append(block.estimate[:, m, s] - block.truth[:, m, s])
        draws.append(block.draw[:, s] - block.truth[:, 0, s])
        if sum(map(len, draws)) > MOST_VALUES:
            break
    curves = {method: _finite(parts) for method, parts in found.items()}
    posterior = _finite(draws)
    every = np.concatenate([*curves.values(), posterior])
    if every.size < 2 or np.ptp(every) == 0:
        axes.text(0.5, 0.5, "no estimates", transform=axes.transAxes, ha="center", color=colours.soft)
        return
    low, high = np.quantile(every, (0.005, 0.995))
    bins = np.linspace(low, high, int(np.clip(np.sqrt(every.size / len(curves)), 12, 40)) + 1)
    if posterior.size:
        share = np.histogram(posterior, bins)[0] / posterior.size / np.diff(bins)
        axes.stairs(share, bins, fill=True, color=colours.mcmc, alpha=0.18, label="average posterior")
    for method, values in curves.items():
        if values.size:
            share = np.histogram(values, bins)[0] / values.size / np.diff(bins)
            axes.stairs(share, bins, color=colours.of(method), linewidth=1.5, label=_estimator(method))
    axes.axvline(0, color=colours.ink, linewidth=0.8)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("estimate less truth")


def _estimator(method: str) -> str:
    return {"mle": "MLE", "map": "MAP", "mcmc": "posterior mean"}[method]


def _finite(parts: list[np.ndarray]) -> np.ndarray:
    values = np.concatenate(parts) if parts else np.zeros(0)
    return values[np.isfinite(values)]


def draw_statuses(study: Study, axes: Any, colours: Colours) -> None:
    """Draw the share of each method's scalars that are ok, in every cell."""
    axis = axis_of(study.plan.cells)
    places = np.arange(len(study.plan.cells))
    table = study.performance
    width = 0.8 / len(study.plan.methods)
    for m, method in enumerate(study.plan.methods):
        own = table[(table["method"] == method) & (table["measure"] == "share_ok")].groupby("cell")["value"].mean()
        at = places + (m - (len(study.plan.methods) - 1) / 2) * width
        axes.bar(at, 100 * own.reindex(range(len(places))), 0.9 * width, color=colours.of(method), label=SHORT[method])
    axes.set_ylim(0, 105)
    names = [cell.name or "all" for cell in study.plan.cells]
    axes.set_xticks(places, names, rotation=30 if sum(map(len, names)) > 40 else 0)
    axes.set_ylabel("estimates that are ok, %")
    axes.set_xlabel("" if axis.label == "cell" else "cell")


def draw_calibration(curve: Any, axes: Any, colours: Colours) -> None:
    """Draw the distribution function of ranks less the uniform one, with its simultaneous bands."""
    from triptych.comparisons.study.calibration import LEVEL, POINTS

    axes.fill_between(POINTS, curve.lower, curve.upper, color=colours.faint, alpha=0.3, linewidth=0, step="mid",
                      label=f"{LEVEL:.0%} simultaneous band")  # fmt: skip
    axes.step(POINTS, curve.difference, where="mid", color=colours.mcmc, linewidth=1.4, label="ranks")
    axes.axhline(0, color=colours.soft, linewidth=0.8)
    axes.set_xlabel("rank of the truth among the draws, as a share")
    axes.set_ylabel("ECDF less uniform")


def figure(study: Study, name: str) -> Any:
    """Return one of the figures of a study for a notebook, as a matplotlib figure.

    Parameters
    ----------
    study
        The study.
    name
        One of ``performance``, ``zip``, ``estimates``, ``efficiency``, ``statuses``, ``calibration``.

    Raises
    ------
    InputError
        Where the study has not what the figure shows.
    """
    scalars, kinds, last = drawn_scalars(study), study.plan.kinds, study.plan.cells[-1].number
    lines: list[list[tuple[str, Draw]]]
    if name == "performance":
        lines = [[(name_of(s), partial(draw_measure, study, s, q)) for q in MEASURES] for s in scalars]
    elif name == "zip":
        if not kinds:
            raise InputError("no intervals were computed, so there are none to draw")
        lines = [[(f"{name_of(s)}, {k}", partial(draw_zip, study, s, k, last)) for k in kinds] for s in scalars]
    elif name == "estimates":
        lines = [[(name_of(s), partial(draw_estimates, study, s, last))] for s in scalars]
    elif name == "efficiency":
        lines = [[(name_of(s), partial(draw_efficiency, study, s))] for s in scalars]
    elif name == "statuses":
        lines = [[("", partial(draw_statuses, study))]]
    else:
        from triptych.comparisons.study.calibration import curves

        shown = [c for c in curves(study) if (c.estimand, c.label) in scalars]
        lines = [[(f"{name_of((c.estimand, c.label))}, {c.cell.name}", partial(draw_calibration, c))] for c in shown]
    return _grid(lines)


def draw_efficiency(study: Study, scalar: tuple[str, str], axes: Any, colours: Colours) -> None:
    """Draw the Cramer-Rao bound over each method's mean squared error, in every cell."""
    axis, s = axis_of(study.plan.cells), study.plan.scalars.index(scalar)
    bound = np.array(study.plan.bounds)[:, s]
    places = np.array(axis.places)
    for m, method in enumerate(study.plan.methods):
        value, mcse = measured(study, scalar, method, "mse")
        with np.errstate(all="ignore"):
            efficiency, error = bound**2 / value, bound**2 / value**2 * mcse
        moved = _moved(places, axis.log, (m - (len(study.plan.methods) - 1) / 2) * APART)
        order = np.argsort(places)
        axes.errorbar(
            moved[order], efficiency[order], ERRORS * np.nan_to_num(error[order]), color=colours.of(method),
            marker=MARKERS[method], markersize=4.5, linewidth=1.4 if len(set(axis.groups)) == 1 else 0,
            label=_estimator(method),
        )  # fmt: skip
    axes.axhline(1, color=colours.soft, linewidth=0.8)
    axes.set_ylim(bottom=0)
    if axis.log:
        axes.set_xscale("log")
    axes.set_xticks(sorted(set(axis.places)), _tick_labels(axis))
    axes.minorticks_off()
    axes.set_xlabel(axis.label)
    axes.set_ylabel("bound / mean squared error")


def _grid(lines: list[list[tuple[str, Draw]]]) -> Any:
    from matplotlib.figure import Figure

    rows, columns = len(lines), max(map(len, lines))
    made = Figure(figsize=(4.2 * columns, 3.1 * rows), layout="constrained")
    grid = made.subplots(rows, columns, squeeze=False)
    for i, line in enumerate(lines):
        for j, (title, draw) in enumerate(line):
            draw(axes=grid[i, j], colours=Colours())
            grid[i, j].set_title(title, fontsize=10, loc="left")
    handles, labels = grid[0, -1].get_legend_handles_labels()
    if handles:
        grid[0, -1].legend(handles, labels, fontsize=8, frameon=False)
    return made
