"""``triptych study``: many data sets of one scenario or model, here, in several processes, or on many machines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triptych.api.study import REPLICATES
from triptych.base.errors import InputError, path_of
from triptych.base.memory import require_space
from triptych.cli.options import SCENARIOS, CiProb, Format, Output, whole_option
from triptych.cli.streams import say
from triptych.panels.settings import CI_PROB, EACH_CHAINS, EACH_DRAWS, EACH_TUNE, SEED

if TYPE_CHECKING:
    from triptych.comparisons.study.study import Study

DEFAULT_OUT = "triptych-study"
INTERRUPTED = 130
_RUNNING = "Where it runs"


class Kept(SystemExit):
    """Exit after an interrupt of a study; the message on what was kept is printed before it is raised."""

    told = True


def study(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="SCENARIO",
            help="A scenario, or path/to/file.py:model; folders with --merge.",
            autocompletion=SCENARIOS,
        ),
    ],
    n: Annotated[str | None, typer.Option("--n", help="Numbers of observations, e.g. 10,30,100.")] = None,
    replicates: Annotated[int, whole_option(REPLICATES, "replicates")] = REPLICATES.default,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=V1,V2", help="A setting and its values; may be repeated.")
    ] = None,
    truth: Annotated[
        list[str] | None, typer.Option("--truth", metavar="NAME=V", help="A true value, or V1,V2,... of a vector.")
    ] = None,
    prior_draws: Annotated[
        bool, typer.Option("--prior-draws", help="Draw the truth of each replicate from the prior: calibration.")
    ] = False,
    methods: Annotated[str, typer.Option("--methods", help="Any of mle,map,mcmc.")] = "mle,map,mcmc",
    intervals: Annotated[str, typer.Option("--intervals", help="Any of wald,profile,laplace,eti,hdi.")] = (
        "wald,profile,laplace,eti,hdi"
    ),
    ci_prob: CiProb = CI_PROB,
    draws: Annotated[int, whole_option(EACH_DRAWS, "draws")] = EACH_DRAWS.default,
    tune: Annotated[int, whole_option(EACH_TUNE, "tune")] = EACH_TUNE.default,
    chains: Annotated[int, whole_option(EACH_CHAINS, "chains")] = EACH_CHAINS.default,
    seed: Annotated[int, whole_option(SEED, "seed", "Root of all seeds.")] = SEED.default,
    out: Annotated[
        str, typer.Option("--out", help="Folder of the study; the same command goes on there.")
    ] = DEFAULT_OUT,
    format: Format = Output.TABLE,
    processes: Annotated[
        int, typer.Option("--processes", min=1, help="Processes of this machine.", rich_help_panel=_RUNNING)
    ] = 1,
    dask: Annotated[
        str | None, typer.Option("--dask", metavar="ADDRESS", help="Of a Dask scheduler.", rich_help_panel=_RUNNING)
    ] = None,
    shard: Annotated[
        str | None, typer.Option("--shard", metavar="i/K", help="Solve the i-th of K shares.", rich_help_panel=_RUNNING)
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Put shards together: triptych study --merge DIR... --out DIR.")
    ] = False,
) -> None:
    """Solve many data sets of known truth three ways, and measure how the three perform.

    triptych study small_n_variance --n 5,10,30 --replicates 1000

    triptych study lasso --set rate=0.1,1 --processes 2
    """
    require_space()
    folder = _folder(out)
    if merge:
        _finish(_merged([path_of(name) for name in names], folder), format)
        return
    if len(names) != 1:
        raise InputError(f"study takes one scenario or model, not {len(names)}: {', '.join(names)}")
    if dask is not None and processes > 1:
        raise InputError("--dask and --processes exclude each other")
    part = _shard(shard)
    from triptych.api.study import study as solve

    try:
        done = solve(
            _loaded(names[0]),
            n=None if n is None else [_whole(text, "--n") for text in _listed(n)],
            replicates=replicates,
            settings=_pairs(settings, "--set"),
            truth={name: v[0] if len(v) == 1 else v for name, v in _pairs(truth, "--truth").items()},
            prior_draws=prior_draws,
            methods=_listed(methods),
            intervals=_listed(intervals),
            ci_prob=ci_prob,
            draws=draws,
            tune=tune,
            chains=chains,
            random_seed=seed,
            out=folder,
            executor=dask or processes,
            shard=part,
            name=names[0].rpartition(":")[2] or "model",
        )
    except KeyboardInterrupt:
        say(f"interrupted; what was solved is in {out}, and the same command goes on from there")
        raise Kept(INTERRUPTED) from None
    if done.found:
        say(f"{done.found} replicates were in {out} already")
    if part != (1, 1):
        say(f"shard {part[0]} of {part[1]} is in {out}; put all together with triptych study --merge DIR...")
        return
    _finish(done, format)


def _finish(done: Study, format: Output) -> None:
    from triptych.reports.study_files import performance_csv

    if format is Output.CSV:
        sys.stdout.write(performance_csv(done))
    elif format is Output.JSON:
        sys.stdout.write(done.performance.to_json(orient="records", indent=2, double_precision=15) + "\n")
    else:
        from rich.console import Console

        from triptych.reports.study_terminal import print_study

        print_study(done, Console())
    sys.stdout.flush()
    say(f"study written to {done.folder / 'study.html'}")


def _merged(folders: list[Path], out: Path) -> Study:
    from triptych.api.study import merge_studies

    return merge_studies(folders, out)


def _loaded(name: str) -> Any:
    if ":" not in name:
        return name
    from triptych.cli.model_file import load_problem

    return load_problem(name)


def _folder(out: str) -> Path:
    if not out.strip():
        raise InputError("--out is empty; name a folder, or . for this one")
    place = path_of(out)
    for above in (place, *place.parents):
        if above.exists() and not above.is_dir():
            raise InputError(f"--out {out}: {str(above)!r} is a file")
    return place


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _whole(text: str, option: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{option} {text!r}: use whole numbers, e.g. 10,30,100") from None


def _pairs(given: list[str] | None, option: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for text in given or []:
        name, separator, values = text.partition("=")
        if not separator or not name.strip() or not _listed(values):
            raise InputError(f"{option} {text!r}: write NAME=VALUE")
        if name.strip() in found:
            raise InputError(f"{option} names {name.strip()!r} twice")
        found[name.strip()] = [_value(one) for one in _listed(values)]
    return found


def _value(text: str) -> Any:
    """Return a number where it is one, a truth value where it says so, else the text."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _shard(text: str | None) -> tuple[int, int]:
    if text is None:
        return 1, 1
    share, separator, shares = text.partition("/")
    if not separator or not share.isdigit() or not shares.isdigit() or not 1 <= int(share) <= int(shares):
        raise InputError(f"--shard {text!r}: write i/K, with i from 1 to K")
    return int(share), int(shares)
