"""The options that several commands have: what each is on the command line, and its name in Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from inspect import Parameter, signature
from typing import Annotated, Any

import typer

from triptych.base.options import level
from triptych.base.whole_number import LARGEST, WholeNumber
from triptych.panels.settings import CHAINS, CI_PROB, DRAWS, SEED, TUNE, Density, Interval


class Output(StrEnum):
    """What to print on stdout."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def whole_option(option: WholeNumber, name: str, help: str = "") -> Any:
    """Return what typer makes of an option that is a whole number."""
    most = None if option.most == LARGEST else option.most
    return typer.Option(f"--{name}", min=option.least, max=most, help=help or option.help)


Format = Annotated[Output, typer.Option("--format", help="What to print.")]
Seed = Annotated[int, whole_option(SEED, "seed")]
Draws = Annotated[int, whole_option(DRAWS, "draws")]
CiProb = Annotated[float, typer.Option("--ci-prob", help="Level of all intervals, e.g. 0.95.")]


@dataclass(frozen=True)
class Shared:
    """One of the settings that ``run``, ``compare`` and ``fit`` share."""

    keyword: str  # in Python
    annotation: Any
    default: Any


SETTINGS = {
    "seed": Shared("random_seed", Seed, SEED.default),
    "draws": Shared("draws", Draws, DRAWS.default),
    "tune": Shared("tune", Annotated[int, whole_option(TUNE, "tune")], TUNE.default),
    "chains": Shared("chains", Annotated[int, whole_option(CHAINS, "chains")], CHAINS.default),
    "ci_prob": Shared("ci_prob", CiProb, CI_PROB),
    "ci_kind": Shared(
        "ci_kind",
        Annotated[Interval, typer.Option("--ci-kind", help="Equal-tailed or highest-density.")],
        Interval.ETI,
    ),
    "backend": Shared(
        "backend",
        Annotated[
            Density,
            typer.Option("--backend", help="What the sampler runs on: numba is slow to start and fast per draw."),
        ],
        Density.AUTO,
    ),
}


def takes_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of :data:`SETTINGS` in the place of its parameter ``settings``, a mapping of them."""
    own = signature(command, eval_str=True)
    parameters: list[Parameter] = []
    for name, parameter in own.parameters.items():
        if name == "settings":
            parameters += [
                Parameter(option, Parameter.KEYWORD_ONLY, default=shared.default, annotation=shared.annotation)
                for option, shared in SETTINGS.items()
            ]
        else:
            parameters.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))

    @wraps(command)
    def called(**given: Any) -> None:
        settings = {name: given.pop(name) for name in SETTINGS}
        command(**given, settings=settings)

    called.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return called


def in_python(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of the command line by their names in Python.

    Raises
    ------
    InputError
        For a level of intervals that is none.
    """
    found = {**settings, "ci_prob": level("--ci-prob ", settings["ci_prob"])}
    plain = {name: str(value) if isinstance(value, StrEnum) else value for name, value in found.items()}
    return {SETTINGS[name].keyword: value for name, value in plain.items()}
