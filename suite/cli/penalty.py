"""``triptych penalty``: a prior in every library's scaling, or a library's penalty as a prior."""

from __future__ import annotations

import csv
import json
import math
import sys
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triptych.base.errors import InputError
from triptych.cli.options import Format, Output, choice

if TYPE_CHECKING:
    from triptych.penalties import Prior
    from triptych.penalties.table import Setting


class PriorName(StrEnum):
    """The priors that a penalty can be."""

    NORMAL = "normal"
    LAPLACE = "laplace"
    ELASTIC_NET = "elastic_net"


_SETTING = "A library's setting"
_PRIOR = "A prior"


def penalty(
    n: Annotated[int, typer.Option("--n", help="Number of observations.")],
    sigma: Annotated[
        float | None,
        typer.Option(help="Residual standard deviation, where the likelihood has one."),
    ] = None,
    prior: Annotated[PriorName | None, choice(PriorName, help="Print its settings.", panel=_PRIOR)] = None,
    scale: Annotated[
        float | None,
        typer.Option(help="Normal: its sd. Laplace: its scale.", rich_help_panel=_PRIOR),
    ] = None,
    l1: Annotated[
        float | None,
        typer.Option("--l1", help="Elastic net: the weight of |b|.", rich_help_panel=_PRIOR),
    ] = None,
    l2: Annotated[
        float | None,
        typer.Option("--l2", help="Elastic net: the weight of b^2/2.", rich_help_panel=_PRIOR),
    ] = None,
    library: Annotated[str | None, typer.Option(help="One library, e.g. sklearn.Ridge or glmnet.gaussian.")] = None,
    alpha: Annotated[float | None, typer.Option(rich_help_panel=_SETTING)] = None,
    l1_wt: Annotated[float | None, typer.Option("--l1-wt", "--L1_wt", rich_help_panel=_SETTING)] = None,
    l1_ratio: Annotated[float | None, typer.Option("--l1-ratio", "--l1_ratio", rich_help_panel=_SETTING)] = None,
    c: Annotated[float | None, typer.Option("--C", "--c", rich_help_panel=_SETTING)] = None,
    lambda_: Annotated[float | None, typer.Option("--lambda", rich_help_panel=_SETTING)] = None,
    weight_decay: Annotated[
        float | None, typer.Option("--weight-decay", "--weight_decay", rich_help_panel=_SETTING)
    ] = None,
    sgd_penalty: Annotated[
        str | None,
        typer.Option("--penalty", help="SGDRegressor's l1, l2, elasticnet.", rich_help_panel=_SETTING),
    ] = None,
    family: Annotated[str | None, typer.Option(help="For statsmodels.GLM.")] = None,
    loss: Annotated[str | None, typer.Option(help="For torch: mse, bce or gaussian_nll.")] = None,
    reduction: Annotated[str | None, typer.Option(help="For torch: mean or sum.")] = None,
    y_sd: Annotated[float | None, typer.Option("--y-sd", help="For glmnet: the sd of y, with 1/n.")] = None,
    x_sd: Annotated[
        float | None,
        typer.Option("--x-sd", help="For glmnet, standardize=TRUE: the predictor's sd, with 1/n."),
    ] = None,
    output: Format = Output.TABLE,
) -> None:
    """Convert between a prior and a library's penalty, exactly, in either direction.

    triptych penalty --prior normal --scale 0.5 --sigma 1 --n 100

    triptych penalty --library sklearn.Ridge --alpha 3 --sigma 1 --n 100
    """
    setting = {
        "alpha": alpha,
        "L1_wt": l1_wt,
        "l1_ratio": l1_ratio,
        "C": c,
        "lambda": lambda_,
        "weight_decay": weight_decay,
        "penalty": sgd_penalty,
    }
    setting = {key: value for key, value in setting.items() if value is not None}
    options = {"family": family, "loss": loss, "reduction": reduction, "y_sd": y_sd, "x_sd": x_sd}
    options = {key: value for key, value in options.items() if value is not None}
    if prior is not None:
        if setting:
            raise InputError(f"--prior and --{next(iter(setting))} exclude each other")
        _print_settings(_prior(prior, scale, l1, l2), n, sigma, library, options, output)
    elif library is not None and (scale, l1, l2) == (None, None, None):
        _print_prior(library, n, sigma, {**options, **setting}, output)
    else:
        raise InputError("give --prior with its --scale, or --library with its setting")


def _prior(name: PriorName, scale: float | None, l1: float | None, l2: float | None) -> Prior:
    from triptych.penalties import ElasticNet, Laplace, Normal

    if name is PriorName.ELASTIC_NET:
        if l1 is None or l2 is None or scale is not None:
            raise InputError("--prior elastic_net takes --l1 and --l2, and no --scale")
        return ElasticNet(l1, l2)
    if scale is None or l1 is not None or l2 is not None:
        raise InputError(f"--prior {name} takes --scale, and no --l1 or --l2")
    return Normal(scale) if name is PriorName.NORMAL else Laplace(scale)


def _print_settings(
    prior: Prior,
    n: int,
    sigma: float | None,
    library: str | None,
    options: dict[str, Any],
    output: Output,
) -> None:
    from triptych.penalties import LIBRARIES
    from triptych.penalties.table import settings

    lines = settings(prior, n=n, sigma=sigma, library=library, **options)
    if output is Output.TABLE:
        _settings_table(prior, n, sigma, lines)
        return
    records = []
    for line in lines:
        found = LIBRARIES[line.library]
        record = {name: value for name, value in asdict(line).items() if name != "why"}
        more = {"call": found.call, "derivation": found.derivation, "note": found.note}
        records.append({**record, **more})
    head = {"prior": type(prior).__name__, **asdict(prior), "n": n, "sigma": sigma}
    if output is Output.JSON:
        typer.echo(json.dumps(_finite({**head, "settings": records}), indent=2, allow_nan=False))
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["library", "options", "argument", "value", "value_at_2n", "reason"])
    for line in lines:
        said = " ".join(f"{key}={value}" for key, value in line.options.items())
        if line.arguments is None or line.doubled is None:
            writer.writerow([line.library, said, "", "", "", line.reason])
            continue
        for key, value in line.arguments.items():
            writer.writerow([line.library, said, key, value, line.doubled[key], ""])


def _settings_table(prior: Prior, n: int, sigma: float | None, lines: list[Setting]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from triptych.penalties import LIBRARIES

    given = "" if sigma is None else f", sigma = {sigma:g}"
    table = Table(
        title=Text(f"{prior} as a penalty, n = {n}{given}"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )
    table.add_column("library", min_width=26)
    table.add_column("setting")
    table.add_column(f"at n = {2 * n}")
    rows: dict[tuple[str, str, str], list[str]] = {}
    below: dict[str, list[str]] = {}  # notes and refusals, each said once
    for line in lines:
        options = " ".join(map(str, line.options.values()))
        if line.arguments is None or line.doubled is None:
            cells = (options, "none, see below", "")
            remark = line.why
        else:
            cells = (options, _said(line.arguments), _said(line.doubled))
            remark = LIBRARIES[line.library].note
        for names in (rows.setdefault(cells, []), below.setdefault(remark, [])):
            if line.library not in names:
                names.append(line.library)
    for (options, now, then), names in rows.items():
        name = Text(", ".join(names))
        if options:
            name.append(f" {options}", "dim")
        table.add_row(name, Text(now), Text(then))
    console = Console()
    console.print(table)
    for remark, names in below.items():
        console.print(Text(f"{', '.join(names)}: {remark.rstrip('.')}.", "dim"))


def _print_prior(library: str, n: int, sigma: float | None, given: dict[str, Any], output: Output) -> None:
    from triptych.penalties import find_library, to_prior

    prior = to_prior(library, n=n, sigma=sigma, **given)
    found = find_library(library)
    l1, l2 = prior.weights
    if output is Output.TABLE:
        from rich.console import Console
        from rich.text import Text

        console = Console()
        console.print(Text(f"{prior}", "bold"))
        console.print(Text(f"minus log density: {l1:.10g}*|b| + {l2:.10g}*b^2/2 + constant"))
        console.print(Text(f"{found.name}: {found.derivation}", "dim"))
        console.print(Text(f"{found.name}: {found.note}.", "dim"))
        return
    record = {"library": found.name, **given, "n": n, "sigma": sigma}
    record |= {"prior": type(prior).__name__, **asdict(prior), "l1": l1, "l2": l2}
    if output is Output.JSON:
        more = {"derivation": found.derivation, "note": found.note}
        typer.echo(json.dumps(_finite({**record, **more}), indent=2, allow_nan=False))
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(record)
    writer.writerow(record.values())


def _said(arguments: dict[str, Any]) -> str:
    return ", ".join(
        f"{key}={value:.10g}" if isinstance(value, float) else f"{key}={value}" for key, value in arguments.items()
    )


def _finite(value: Any) -> Any:
    """JSON has no infinity: the flat prior's is written as a word."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return "Infinity" if isinstance(value, float) and math.isinf(value) else value
