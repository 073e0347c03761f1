"""The report on a study as one HTML file that needs no network."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.comparisons.study.problem import METHOD_OF
from triptych.problem.table import SHORT
from triptych.reports.html import _environment, _pairs
from triptych.reports.plots import FAINT, INK, MAP, MCMC, MLE, SOFT, Plot, inlined
from triptych.reports.study_figures import (
    Colours,
    Draw,
    draw_calibration,
    draw_efficiency,
    draw_estimates,
    draw_measure,
    draw_statuses,
    draw_zip,
    drawn_scalars,
    name_of,
)
from triptych.reports.study_terminal import caveats, headline, with_error

if TYPE_CHECKING:
    from triptych.comparisons.study.study import Study

PAGE_COLOURS = Colours(MLE, MAP, MCMC, INK, SOFT, FAINT)
SIZE = (4.4, 3.0)
CONVENTIONS = (
    "Bias, standard errors, mean squared error, coverage and rejection are those of Morris, White and Crowther (2019), "
    "Statistics in Medicine 38, 2074-2102, table 6. Error bars are 1.96 Monte Carlo standard errors, which tell how "
    "far another study of the same size may be, and nothing of a single analysis.",
    "Each measure rests on the replicates that have what it needs: an estimate without a standard error counts for "
    "bias and not for coverage. Numbers of unreliable or failed replicates are not counted; their share stands beside.",
    "A replicate has its data and everything random in solving it from SeedSequence(random_seed, spawn_key=(cell, "
    "replicate)), whichever machine solves it.",
    "Held-out scores are mean log predictive densities of another data set of the same truth; higher is better.",
)


def render(study: Study) -> str:
    """Return the page on a study."""
    plan = study.plan
    environment = _environment()
    return environment.get_template("study.html.j2").render(
        title=f"study of {plan.name} | triptych",
        plan=plan,
        fixed=plan.average == "fixed truth",
        answer=_answer(study),
        caveats=caveats(study),
        sections=[(name_of(s), _measures(study, s, k)) for k, s in enumerate(drawn_scalars(study))],
        left_out=len(plan.scalars) - len(drawn_scalars(study)),
        zips=_zips(study),
        statuses=_statuses(study),
        calibration=_calibration(study),
        table_rows=_table(study),
        headings=("cell", "scalar", "method", "bias", "RMSE", "SE of estimates", "SE reported", "coverage", "of", "ok"),
        scores=_scores(study),
        conventions=CONVENTIONS,
        provenance=[*_pairs(plan.provenance)],
    )


def _plot(draw: Draw, key: str, title: str, caption: str, *, legend: bool = True) -> Plot:
    def figure() -> Any:
        from matplotlib.figure import Figure

        made = Figure(figsize=SIZE, layout="constrained")
        axes = made.subplots()
        draw(axes=axes, colours=PAGE_COLOURS)
        handles, labels = axes.get_legend_handles_labels()
        if legend and handles:
            columns = 3 if len(handles) < 5 else 2
            made.legend(handles, labels, loc="outside upper left", ncols=columns, frameon=False, fontsize=9)
        return made

    return Plot(inlined(figure, key), title, caption)


def _measures(study: Study, scalar: tuple[str, str], place: int) -> list[Plot]:
    """Return bias, RMSE, coverage, sampling distribution and efficiency of one scalar."""
    name, plan, found = name_of(scalar), study.plan, []
    says = {
        "bias": f"Bias of {name}: mean estimate less truth.",
        "rmse": f"Root of the mean squared error of {name}.",
        "coverage": f"Share of the {plan.ci_prob:.0%} intervals of {name} that hold the truth.",
    }
    for measure, caption in says.items():
        if measure != "coverage" or plan.kinds:
            draw = partial(draw_measure, study, scalar, measure)
            found.append(_plot(draw, f"m{place}{measure}", f"{measure} of {name}", caption))
    last = plan.cells[-1]
    said = (
        f"Lines: the estimates of {name} over all data sets{f' ({last.name})' if last.name else ''}. Area: the average "
        "of their posteriors, of which each data set gives one draw."
    )
    found.append(_plot(partial(draw_estimates, study, scalar, last.number), f"e{place}", f"estimates of {name}", said))
    if np.any(np.isfinite(np.array(plan.bounds)[:, plan.scalars.index(scalar)])):
        said = (
            f"Cramer-Rao bound of {name} over the mean squared error. An unbiased estimator stays at or below 1; a "
            "biased one may be above."
        )
        found.append(_plot(partial(draw_efficiency, study, scalar), f"c{place}", f"efficiency for {name}", said))
    return found


def _zips(study: Study) -> list[Plot]:
    """Return the zip plots of the first scalar, one for each kind of interval, in the last cell."""
    plan = study.plan
    scalar, cell, found = drawn_scalars(study)[0], plan.cells[-1], []
    for kind in plan.kinds:
        said = (
            f"{kind} intervals of {name_of(scalar)} by the {SHORT[METHOD_OF[kind]]}"
            f"{f', {cell.name}' if cell.name else ''}: those that miss the truth are coloured."
        )
        draw = partial(draw_zip, study, scalar, kind, cell.number)
        found.append(_plot(draw, f"z{kind}", f"zip plot of {kind} intervals", said, legend=False))
    return found


def _statuses(study: Study) -> Plot:
    said = "Share of all scalars whose status is ok, by cell and method."
    return _plot(partial(draw_statuses, study), "st", "share of estimates that are ok", said)


def _calibration(study: Study) -> list[Plot]:
    if study.plan.average != "prior" or "mcmc" not in study.plan.methods:
        return []
    from triptych.comparisons.study.calibration import curves

    shown, found = drawn_scalars(study), []
    for k, curve in enumerate(curves(study)):
        scalar = (curve.estimand, curve.label)
        if scalar not in shown:
            continue
        where = ", ".join(filter(None, (name_of(scalar), curve.cell.name)))
        lost = f"; {curve.without_rank} had no draws" if curve.without_rank else ""
        kept = "keep to" if curve.uniform else "leave"
        said = f"{where}: the ranks of {curve.replicates} truths {kept} the band{lost}."
        found.append(_plot(partial(draw_calibration, curve), f"r{k}", f"ranks of {name_of(scalar)}", said))
    return found


def _table(study: Study) -> list[tuple[str, ...]]:
    """Return the cells of the table of measures."""
    found = []
    for row in headline(study):
        figures = row["figures"]
        nothing = (float("nan"), float("nan"))
        cells = [with_error(*figures.get(m, nothing)) for m in ("bias", "rmse", "empirical_se", "model_se", "coverage")]
        found.append(
            (
                row["cell"].name or study.plan.name, row["name"], SHORT[row["method"]], *cells,
                row["kind"] if cells[-1] else "", f"{figures['share_ok'][0]:.1%}",
            )
        )  # fmt: skip
    return found


def _scores(study: Study) -> list[tuple[str, ...]]:
    table = study.of("log_score")
    names = {cell.number: cell.name or study.plan.name for cell in study.plan.cells}
    return [
        (names[cell], SHORT[method], with_error(value, mcse), str(count))
        for cell, method, value, mcse, count in zip(
            *(table[c] for c in ("cell", "method", "value", "mcse", "replicates")), strict=True
        )
    ]


def _answer(study: Study) -> str:
    """Return the headline in one sentence: which intervals keep what they promise."""
    plan = study.plan
    if not plan.kinds:
        return f"{plan.replicates} data sets in each of {len(plan.cells)} cells."
    table, level = study.of("coverage"), plan.ci_prob
    room = 3 * np.sqrt(level * (1 - level) / table["replicates"])
    off = table[np.abs(table["value"] - level) > room]
    if not len(off):
        return f"All {len(table)} coverages are {level:.0%} up to three Monte Carlo standard errors."
    worst = off.loc[np.abs(off["value"] - level).idxmax()]
    cell = next(c for c in plan.cells if c.number == worst["cell"])
    name = name_of((str(worst["estimand"]), str(worst["label"])))
    return (
        f"{len(off)} of {len(table)} coverages differ from {level:.0%} by more than three Monte Carlo standard errors. "
        f"The furthest is {worst['value']:.1%}, of the {worst['interval_kind']} interval of {name}"
        f"{f' at {cell.name}' if cell.name else ''}."
    )
