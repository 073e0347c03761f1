"""The commands: ``triptych list | run | compare | fit | study | path | check | penalty | teach``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triptych.base.environment import told
from triptych.base.errors import EnvironmentFault, InputError, path_of
from triptych.base.memory import require_space
from triptych.cli.broken_pipe import PatientGroup
from triptych.cli.check import baseline, check, diff_runs
from triptych.cli.list_scenarios import list_scenarios
from triptych.cli.options import (
    SCENARIOS,
    Format,
    Formula,
    Open,
    Output,
    Quiet,
    Walk,
    in_python,
    numbers_of,
    stated,
    takes_shared,
)
from triptych.cli.path import path
from triptych.cli.penalty import penalty
from triptych.cli.streams import say
from triptych.cli.study import study
from triptych.cli.teach import teach

if TYPE_CHECKING:
    from triptych.comparisons.comparison import Comparison

DEFAULT_OUT = "triptych-report"

app = typer.Typer(
    cls=PatientGroup,
    help="One statistical problem in three panels: maximum likelihood, the MAP mode, the posterior.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"triptych {version('triptych')}\n")
        raise typer.Exit


@app.callback()
def of_the_whole(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """One statistical problem in three panels: maximum likelihood, the MAP mode, the posterior."""


Out = Annotated[str, typer.Option("--out", help="Folder for the report.")]
Claims = Annotated[bool, typer.Option("--claims", help="List every claim with its figure.")]
Quick = Annotated[
    bool, typer.Option("--quick", help="A first look: default variants, few draws, no claims, no files of draws.")
]
Processes = Annotated[int, typer.Option("--processes", min=1, max=2, help="Scenarios solved at once.")]


@app.command()
@takes_shared
def run(
    names: Annotated[
        list[str] | None, typer.Argument(help="Scenarios; all when none is named.", autocompletion=SCENARIOS)
    ] = None,
    out: Out = DEFAULT_OUT,
    format: Format = Output.TABLE,
    *,
    settings: dict[str, Any],
    processes: Processes = 2,
    quick: Quick = False,
    claims: Claims = False,
    quiet: Quiet = False,
    open: Open = False,
    walk: Walk = False,
) -> None:
    """Solve scenarios three ways and write the report."""
    require_space()
    from triptych.api.runs import run_all

    folder = _folder(out, *(names or ()))
    options = {**in_python(settings), "quick": quick}
    solved = run_all(names or None, processes=processes, drawn=True, progressbar=not quiet, **options)
    if walk:
        _walk(solved, settings, quiet)
    _finish(solved, folder, Shown(format, claims, quiet, open), draws=not quick)


@app.command()
@takes_shared
def compare(
    model: Annotated[str, typer.Argument(help="A pm.Model in a file: path/to/file.py:name.")],
    estimand: Annotated[
        list[str] | None, typer.Option("--estimand", help="Report this variable; may be repeated.")
    ] = None,
    likelihood: Annotated[
        list[str] | None, typer.Option("--likelihood", help="Count this potential as likelihood.")
    ] = None,
    out: Out = DEFAULT_OUT,
    format: Format = Output.TABLE,
    *,
    question: Annotated[str, typer.Option("--question", help="The question that the report begins with.")] = "",
    about: Annotated[
        str, typer.Option("--about", help="What the data and the unknowns are, in sentences for the report.")
    ] = "",
    settings: dict[str, Any],
    quiet: Quiet = False,
    open: Open = False,
    walk: Walk = False,
) -> None:
    """Solve a PyMC model of yours three ways; its file is executed."""
    from triptych.cli.model_file import load_model

    require_space()
    folder = _folder(out)
    loaded = load_model(model)
    from triptych.api.compare import compare as solve

    name = model.rpartition(":")[2]
    given: dict[str, Any] = {"estimands": estimand or None, "likelihood": likelihood or (), "name": name}
    words: dict[str, Any] = {"question": question, "about": about}
    done = solve(loaded, **given, **words, progressbar=not quiet, **in_python(settings))
    if walk:
        _walk([done], settings, quiet)
    _finish([done], folder, Shown(format, quiet=quiet, open=open))


@app.command()
@takes_shared
def fit(
    context: typer.Context,
    data: Annotated[str | None, typer.Argument(help="A CSV or Parquet file.")] = None,
    formula: Formula = None,
    *,
    regression: dict[str, Any],
    name: Annotated[str, typer.Option(help="What to call the fit.")] = "fit",
    config: Annotated[
        str | None, typer.Option("--config", metavar="PATH", help="TOML file with any of these options.")
    ] = None,
    out: Out = DEFAULT_OUT,
    format: Format = Output.TABLE,
    settings: dict[str, Any],
    quiet: Quiet = False,
    open: Open = False,
    walk: Walk = False,
) -> None:  # fmt: skip
    """Fit a regression to a table three ways."""
    require_space()
    given = _configured(context, config)
    table, expression = given.pop("data"), given.pop("formula")
    if not table or not expression:
        missing = "DATA" if not table else "--formula"
        raise InputError(f"{missing} is missing: give it on the command line or in --config")
    from triptych.problem.scenario import fault_of_name

    if fault := fault_of_name(given["name"]):
        raise InputError(f"--name {fault}")
    folder = _folder(given["out"], given["name"])
    shown = Shown(Output(given["format"]), quiet=quiet, open=open)
    asked = {option: given[option] for option in settings}
    options = {**numbers_of({option: given[option] for option in regression}), **in_python(asked)}
    from triptych.api.runs import fit as solve

    done = solve(table, expression, name=given["name"], progressbar=not quiet, **options)
    if walk:
        _walk([done], asked, quiet)
    _finish([done], folder, shown)


app.command(name="list")(list_scenarios)
app.command()(study)
app.command()(path)
app.command()(check)
app.add_typer(baseline, name="baseline")
app.command(name="diff")(diff_runs)
app.command()(penalty)
app.command()(teach)


def _configured(context: typer.Context, config: str | None) -> dict[str, Any]:
    """Return the options: the command line overrides the file and the file the defaults."""
    from triptych.cli.config import read_config

    if config is not None and not config.strip():
        raise InputError("--config is empty; name a TOML file, such as fit.toml")
    found = {} if config is None else read_config(config).given()
    return dict(context.params) | {key: value for key, value in found.items() if key not in stated(context)}


def _folder(out: str, *scenarios: str) -> Path:
    """Return the folder for the report; refuse what cannot be one before anything is computed."""
    from triptych.problem.scenario import fault_of_name
    from triptych.reports.files import require_folder

    if not out.strip():
        raise InputError("--out is empty; name a folder, or . for this one")
    # What is no scenario's name, and may be none of a file, is refused by its own message.
    return require_folder(path_of(out), [name for name in scenarios if not fault_of_name(name)])


STEPS = 21  # of a path on the page of its scenario


def _walk(done: list[Comparison], settings: Mapping[str, Any], quiet: bool) -> None:
    """Give each scenario or model that was solved a path along its prior's scale; say of which there is none."""
    from triptych.api.path import path as solve

    for comparison in done:
        if comparison.error is None:
            same = {"random_seed": settings["seed"], "ci_prob": settings["ci_prob"]}
            try:
                comparison.walked = solve(comparison, points=STEPS, progressbar=not quiet, **same)
            except InputError as fault:
                say(f"{comparison.scenario.name} has no path: {fault}")


@dataclass(frozen=True)
class Shown:
    """What a command shows of what it has done."""

    format: Output
    claims: bool = False
    quiet: bool = False
    open: bool = False


def _finish(done: list[Comparison], out: Path, shown: Shown, *, draws: bool = True) -> None:
    """Write the report, print the summary, and exit 1 when something is not as it should be.

    What was computed is printed also where the report cannot be written. ``draws`` says whether they are written too.
    """
    from triptych.base.progress import watched
    from triptych.reports.files import FORMATS, write_report

    fault: EnvironmentFault | None = None
    with watched(not shown.quiet) as progress:
        for k, comparison in enumerate(done):
            if progress is not None:
                progress(f"{comparison.scenario.name}: held-out score and figures", k / len(done))
            comparison.drawn  # noqa: B018 - solved already by a run of several, and not by a fit
        try:
            write_report(done, out, [name for name in FORMATS if draws or name != "nc"])
        except EnvironmentFault as error:
            fault = error
    place = out / "report.html"
    try:
        _print(done, shown)
        sys.stdout.flush()
    except OSError as error:
        if isinstance(error, BrokenPipeError) and fault is None:
            raise
        raise fault or EnvironmentFault(f"{told(error)}; the report is {place}") from error
    if fault is not None:
        raise fault
    if not shown.quiet and not say(f"report written to {place}"):
        raise EnvironmentFault(f"stderr cannot be written; the report is {place}")
    if shown.open:
        typer.launch(place.resolve().as_uri())
    if not all(comparison.ok for comparison in done):
        raise SystemExit(1)


def _print(done: list[Comparison], shown: Shown) -> None:
    if shown.format is Output.JSON:
        from triptych.reports.files import results_json

        sys.stdout.write(results_json(done) + "\n")
    elif shown.format is Output.CSV:
        from triptych.reports.files import estimates_csv

        sys.stdout.write(estimates_csv(done))
    elif not shown.quiet:
        from rich.console import Console

        from triptych.reports.terminal import print_summary

        print_summary(done, Console(), claims=shown.claims)
