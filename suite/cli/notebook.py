"""The live notebook: ``triptych teach --live SUBJECT``, or ``marimo edit`` this file.

Sliders move one value of the data and the scale of the prior; each move solves all three panels anew with the engine.
"""

import marimo

app = marimo.App(width="medium", app_title="triptych, live")


@app.cell
def _():
    import time

    import marimo as mo
    import numpy as np

    from triptych.cli.live import DEFAULT_SUBJECT, open_bench
    from triptych.reports.bench_figure import draw_bench

    return DEFAULT_SUBJECT, draw_bench, mo, np, open_bench, time


@app.cell
def _(DEFAULT_SUBJECT, mo):
    subject = mo.cli_args().get("subject") or DEFAULT_SUBJECT
    return (subject,)


@app.cell
def _(mo, open_bench, subject):
    with mo.status.spinner(f"compiling {subject} once"):
        bench = open_bench(subject)
        before = bench.solve()
    return before, bench


@app.cell
def _(bench, mo):
    scenario = bench.problem.scenario
    mo.md(f"# {scenario.question}\n\n{scenario.source}")
    return


@app.cell
def _(bench, mo, np):
    names = list(bench.data)
    mo.stop(not names, mo.md("This model has no data that can be moved."))
    array = mo.ui.dropdown(names, value=names[0], label="data")
    reach = bench.reach
    ends = [reach.start, reach.stop] if reach else [0.0, 1.0]
    start, stop = np.log10(ends) if reach and reach.log else ends
    dial = mo.ui.slider(
        min(start, stop), max(start, stop), (max(start, stop) - min(start, stop)) / 100, value=start,
        label=reach.meaning if reach else "",
    )  # fmt: skip
    return array, dial


@app.cell
def _(array, bench, mo):
    values = bench.data[array.value]
    which = mo.ui.slider(0, values.size - 1, 1, label="which value", show_value=True)
    return values, which


@app.cell
def _(mo, values, which):
    low, high = float(values.min()), float(values.max())
    whole = values.dtype.kind != "f"
    beyond = 0.0 if whole else (high - low) or 1.0
    moved = mo.ui.slider(
        low - beyond, high + beyond, 1 if whole else (high - low + 2 * beyond) / 200,
        value=float(values.ravel()[which.value]), label="moved to", show_value=True,
    )  # fmt: skip
    return (moved,)


@app.cell
def _(array, before, bench, dial, draw_bench, mo, moved, np, time, values, which):
    now = values.copy()
    now.ravel()[which.value] = moved.value
    turned = None if bench.reach is None else float(10**dial.value if bench.reach.log else dial.value)
    began = time.perf_counter()
    answer = bench.solve({array.value: now}, dial=turned)
    took = time.perf_counter() - began
    engine = ", ".join(sorted(set(answer["engine"])))
    shown = answer[["method", "estimand", "label", "estimate", "lower", "upper", "status", "reason"]]
    mo.vstack(
        [
            mo.hstack([array, which, moved], justify="start"),
            mo.hstack([dial, mo.md(f"{turned:.3g}")], justify="start") if bench.reach else mo.md(""),
            draw_bench(answer, before),
            mo.md(f"Rings: the data as given. Solved in {1e3 * took:.0f} ms ({engine} engine)."),
            mo.ui.table(shown.round(4), selection=None),
        ]
    )
    return answer, took


if __name__ == "__main__":
    app.run()
