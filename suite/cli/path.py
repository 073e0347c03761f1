"""``triptych path``: one scenario's data solved along a range of a setting, or along growing subsets of their rows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triptych.api.path import POINTS, TWO_CHAINS
from triptych.base.errors import InputError, path_of
from triptych.base.memory import require_space
from triptych.cli.options import (
    SCENARIOS,
    CiProb,
    Format,
    Formula,
    Output,
    Seed,
    numbers_of,
    stated,
    takes_shared,
    whole_option,
)
from triptych.cli.streams import say
from triptych.panels.settings import CI_PROB, EACH_DRAWS, EACH_TUNE, SEED

if TYPE_CHECKING:
    from triptych.comparisons.path.walk import Path

DEFAULT_OUT = "triptych-path"


@takes_shared
def path(
    context: typer.Context,
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO|DATA",
            help="A scenario; with --formula a CSV or Parquet file.",
            autocompletion=SCENARIOS,
        ),
    ],
    formula: Formula = None,
    along: Annotated[
        str | None, typer.Option("--along", metavar="NAME", help="A setting; the prior's scale when none is named.")
    ] = None,
    start: Annotated[float | None, typer.Option("--from", help="Where the path begins.")] = None,
    stop: Annotated[float | None, typer.Option("--to", help="Where it ends.")] = None,
    points: Annotated[int, whole_option(POINTS, "points")] = POINTS.default,
    n: Annotated[
        str | None, typer.Option("--n", help="In place of a setting: numbers of first rows, e.g. 10,20,50.")
    ] = None,
    variant: Annotated[str, typer.Option("--variant", help="The variant of the scenario.")] = "default",
    *,
    regression: dict[str, Any],
    ci_prob: CiProb = CI_PROB,
    draws: Annotated[int, whole_option(EACH_DRAWS, "draws")] = EACH_DRAWS.default,
    tune: Annotated[int, whole_option(EACH_TUNE, "tune")] = EACH_TUNE.default,
    chains: Annotated[int, whole_option(TWO_CHAINS, "chains")] = TWO_CHAINS.default,
    seed: Seed = SEED.default,
    out: Annotated[str, typer.Option("--out", help="Folder for the table, the figures and the page.")] = DEFAULT_OUT,
    format: Format = Output.TABLE,
) -> None:
    """Solve one data set along a range of a prior's scale, and say where each criterion would choose.

    triptych path lasso

    triptych path data.csv --formula "y ~ x1 + C(group)" --prior ridge
    """
    from triptych.api.path import path as solve
    from triptych.reports.path_files import write_path

    if not out.strip():
        raise InputError("--out is empty; name a folder, or . for this one")
    require_space()
    folder = path_of(out)
    for above in (folder, *folder.parents):
        if above.exists() and not above.is_dir():
            raise InputError(f"--out {out}: {str(above)!r} is a file")
    found = solve(
        scenario,
        formula,
        along=along,
        start=start,
        stop=stop,
        points=points,
        n=None if n is None else _sizes(n),
        variant=variant,
        ci_prob=ci_prob,
        draws=draws,
        tune=tune,
        chains=chains,
        random_seed=seed,
        **_regression(context, list(regression)),
    )
    write_path(found, folder)
    _print(found, format)
    sys.stdout.flush()
    say(f"path written to {folder / 'path.html'}")


def _regression(context: typer.Context, names: list[str]) -> dict[str, Any]:
    """Return the options that were given of those that say what is fitted."""
    given = {name: context.params[name] for name in names if name in stated(context)}
    if given and context.params["formula"] is None:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise InputError(f"{options}: what is fitted to a table needs --formula; a scenario has its own model")
    return numbers_of(given)


def _sizes(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise InputError(f"--n {text!r}: use whole numbers, e.g. 10,20,50") from None


def _print(found: Path, format: Output) -> None:
    from triptych.reports.path_files import path_csv, path_json
    from triptych.reports.path_page import choices

    if format is Output.CSV:
        sys.stdout.write(path_csv(found))
    elif format is Output.JSON:
        sys.stdout.write(path_json(found))
    else:
        sys.stdout.write("\n".join([*choices(found), *found.notes]) + "\n")
