"""``triptych check``, ``triptych baseline`` and ``triptych diff``: whether estimates still agree."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triptych.base.errors import InputError, path_of
from triptych.base.memory import require_space
from triptych.base.text import cited
from triptych.cli.broken_pipe import PatientGroup
from triptych.cli.options import SCENARIOS, Draws, Seed
from triptych.panels.settings import DRAWS, SEED

if TYPE_CHECKING:
    from triptych.testing.check import Target

FOLDER = "baselines"
INCONCLUSIVE = 3

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...",
        help="Scenarios, or path/to/file.py:model; all scenarios when none is named.",
        autocompletion=SCENARIOS,
    ),
]
Folder = Annotated[
    str | None, typer.Option("--baseline", metavar="DIR", help=f"Folder of baselines; {FOLDER} where there is one.")
]

baseline = typer.Typer(
    cls=PatientGroup,
    help="Write, show and compare baselines.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


def check(
    names: Names = None,
    folder: Folder = None,
    fast: Annotated[bool, typer.Option("--fast", help="Density, MLE and MAP only: no sampler, no claims.")] = False,
    junit: Annotated[
        str | None, typer.Option("--junit", metavar="FILE", help="Write the outcome as JUnit XML.")
    ] = None,
    seed: Seed = SEED.default,
    draws: Draws = DRAWS.default,
) -> None:
    """Evaluate claims, and compare estimates with their baselines.

    Exit code 0: all agree; 1: a claim fails or estimates disagree; 2: usage or bad input; 3: inconclusive; 4: the
    environment.
    """
    targets = _targets(names, seed, draws)
    place = _place(folder)
    target = None if junit is None else _junit(junit)
    from triptych.testing.check import by_cause
    from triptych.testing.check import check as check_one
    from triptych.testing.check import junit as as_junit
    from triptych.testing.records import write_text

    outcomes = []
    for one in targets:
        outcomes.append(check_one(one, place, fast=fast, share=len(targets)))
        sys.stdout.write(f"{outcomes[-1]}\n")
        sys.stdout.flush()
    if len(outcomes) > 1:
        sys.stdout.write(by_cause(outcomes))
    if target is not None:
        write_text(target, as_junit(outcomes))
    _end([outcome.verdict for outcome in outcomes])


@baseline.command()
def update(names: Names = None, folder: Folder = None, seed: Seed = SEED.default, draws: Draws = DRAWS.default) -> None:
    """Solve, and write baselines anew, with 8 times the draws; say what moved."""
    targets = _targets(names, seed, draws)
    place = _named(folder)
    from triptych.testing.check import update as update_one

    for target in targets:
        path, moved = update_one(target, place)
        said = "written" if moved is None else f"written anew. Against the one before: {moved}"
        sys.stdout.write(f"{path}: {said}\n")
        sys.stdout.flush()


@baseline.command()
def show(names: Names = None, folder: Folder = None) -> None:
    """Print what baselines hold."""
    from triptych.testing.baseline import Baseline

    for path in _kept(names, folder):
        found = Baseline.load(path)
        versions = ", ".join(f"{name} {version}" for name, version in sorted(found.versions.items()))
        sys.stdout.write(f"{path}: {found.estimates.what} ({versions})\n")
        for row in found.record()["estimates"]:
            if row["method"] == "mcmc":
                mean, error, _ = row["mean"]
                said = (
                    "no mean" if error is None else f"{mean:.6g} (Monte Carlo error {error:.2g}), sd {row['sd'][0]:.6g}"
                )
            else:
                value = "none" if row["estimate"] is None else f"{row['estimate']:.10g}"
                said = f"{value} ({row['status']})"
            sys.stdout.write(f"  {row['variant']:<16} {row['method']:<5} {row['name']:<24} {said}\n")


@baseline.command()
def diff(
    names: Names = None,
    folder: Folder = None,
    against: Annotated[str | None, typer.Option("--against", metavar="DIR", help="The other folder.")] = None,
) -> None:
    """Compare the baselines of two folders, such as those of two versions of a library."""
    if against is None:
        raise InputError("baseline diff compares two folders: name the other with --against DIR")
    from triptych.testing.agree import agreement
    from triptych.testing.baseline import Baseline

    verdicts = []
    to = _named(against, "--against")
    for path in _kept(names, folder):
        other = to / path.name
        one, two = Baseline.load(path), Baseline.load(other)
        if one.estimates.what != two.estimates.what:
            raise InputError(f"{path} is a {one.estimates.what}, and {other} a {two.estimates.what}")
        found = agreement(one.estimates, two.estimates)
        moved = [
            f"{n} {v} and {two.versions.get(n)}" for n, v in sorted(one.versions.items()) if two.versions.get(n) != v
        ]
        sys.stdout.write(f"{path.stem}: {found}\n" + (f"  versions: {', '.join(moved)}\n" if moved else ""))
        verdicts.append(found.verdict)
    _end(verdicts)


def diff_runs(
    a: Annotated[str, typer.Argument(metavar="A/results.json", help="Of one run.")],
    b: Annotated[str, typer.Argument(metavar="B/results.json", help="Of the other.")],
    everything: Annotated[bool, typer.Option("--all", help="Print what agrees too.")] = False,
) -> None:
    """Say what moved between two runs (versions, seeds, settings, estimates), and whether it matters."""
    from triptych.testing.agreement_table import Verdict, as_text
    from triptych.testing.runs_diff import runs_diff

    found = runs_diff(path_of(a), path_of(b))
    for said in (*found.circumstances, *found.only):
        sys.stdout.write(f"{said}\n")
    lines = [line for line in found.lines if everything or line.verdict != Verdict.AGREE]
    if lines:
        sys.stdout.write(as_text(lines) + "\n")
    agreeing = sum(line.verdict == Verdict.AGREE for line in found.lines)
    sys.stdout.write(f"{agreeing} of {len(found.lines)} estimates agree within their errors\n")
    _end([found.verdict])


def _targets(names: list[str] | None, seed: int, draws: int) -> list[Target]:
    """Return what is named; every name is looked up before anything is solved."""
    require_space()
    from triptych.problem.registry import get, scenarios
    from triptych.testing.check import model_target, scenario_target

    options: dict[str, Any] = {"random_seed": seed, "draws": draws}
    found = []
    for name in dict.fromkeys(names or scenarios()):
        if ":" in name:
            from triptych.cli.model_file import load_model

            found.append(model_target(load_model(name), name.rpartition(":")[2], **options))
        else:
            get(name)
            found.append(scenario_target(name, **options))
    return found


def _named(folder: str | None, option: str = "--baseline") -> Path:
    """Return the folder that is named, or the usual one."""
    if folder is not None and not folder.strip():
        raise InputError(f"{option} is empty; name a folder, such as {FOLDER}")
    return path_of(FOLDER if folder is None else folder)


def _place(folder: str | None) -> Path | None:
    """Return the folder of baselines; None where none is named and there is none of the usual name."""
    place = _named(folder)
    if folder is None and not place.is_dir():
        return None
    if not place.is_dir():
        raise InputError(f"there is no folder {str(place)!r}; make it with triptych baseline update --baseline {place}")
    return place


def _kept(names: list[str] | None, folder: str | None) -> list[Path]:
    from triptych.testing.check import baseline_path

    place = _place(folder) or _named(None)
    if names:
        return [baseline_path(place, name.rpartition(":")[2]) for name in names]
    found = sorted(place.glob("*.json"))
    if not found:
        raise InputError(f"there are no baselines in {str(place)!r}; name a folder with --baseline")
    return found


def _junit(given: str) -> Path:
    """Return the file for the outcome; refuse what cannot be one before anything is solved."""
    place = path_of(given)
    if not given.strip():
        raise InputError("--junit is empty; name a file, such as junit.xml")
    if place.is_dir():
        raise InputError(f"--junit {cited(given)} is a folder; name a file, such as {cited(str(place / 'junit.xml'))}")
    if place.exists() and not place.is_file():
        # The outcome is written beside it and renamed, which would put a file in its place.
        raise InputError(f"--junit {cited(given)} is a device or a pipe; name a file, such as 'junit.xml'")
    above = next((folder for folder in place.parents if folder.exists()), place)
    if not above.is_dir():
        raise InputError(f"--junit {cited(given)} cannot be written: {cited(str(above))} is a file")
    return place


def _end(verdicts: list[Any]) -> None:
    if "disagree" in verdicts:
        raise SystemExit(1)
    if "inconclusive" in verdicts:
        raise SystemExit(INCONCLUSIVE)
