"""The options that several commands have: what each is on the command line, and its name in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from inspect import Parameter, signature
from typing import Annotated, Any

import typer

from triptych.base.errors import InputError
from triptych.base.options import level
from triptych.base.whole_number import LARGEST, WholeNumber
from triptych.panels.settings import CHAINS, CI_PROB, DRAWS, SEED, TUNE, Density, Interval
from triptych.regression.names import family_names, prior_names


class Output(StrEnum):
    """What to print on stdout."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def whole_option(option: WholeNumber, name: str, help: str = "") -> Any:
    """Return what typer makes of an option that is a whole number."""
    most = None if option.most == LARGEST else option.most
    return typer.Option(f"--{name}", min=option.least, max=most, help=help or option.help)


def starting(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return what completes the beginning of a name in a shell."""

    def complete(incomplete: str) -> list[str]:
        return [name for name in names() if name.startswith(incomplete)]

    return complete


def _scenarios() -> list[str]:
    from triptych.problem.registry import installed

    return installed()


FAMILY = f"One of {', '.join(family_names())}."
PRIOR = f"One of {', '.join(prior_names())}; the scale of ridge, lasso and elastic_net goes with sigma."
PRIOR_SCALE = "A positive number, or auto: 2.5 sd(y) / sd(x) for measured outcomes under a prior free of sigma."

Formula = Annotated[str | None, typer.Option("--formula", help='E.g. "y ~ x1 + C(group)".')]
Family = Annotated[str, typer.Option(help=FAMILY, autocompletion=starting(family_names))]
Prior = Annotated[str, typer.Option(help=PRIOR, autocompletion=starting(prior_names))]
SCENARIOS = starting(_scenarios)
PriorScale = Annotated[str, typer.Option(help=PRIOR_SCALE)]
Standardize = Annotated[bool, typer.Option("--standardize/--no-standardize", help="Scale of the priors.")]
DropMissing = Annotated[bool, typer.Option("--drop-missing", help="Leave out rows with missing values.")]
Trials = Annotated[str | None, typer.Option(help="Column of the number of trials (binomial).")]
L1Ratio = Annotated[str, typer.Option(help="Laplace share of an elastic net; auto is 0.5.")]
Freedom = Annotated[str, typer.Option(help="Degrees of freedom of Student errors; auto is 4; or estimate.")]
Format = Annotated[Output, typer.Option("--format", help="What to print.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no table; JSON and CSV where asked for.")]
Walk = Annotated[bool, typer.Option("--path", help="Move the page along the prior's scale, which takes longer.")]
Open = Annotated[bool, typer.Option("--open", help="Open the report in the browser.")]
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


def stated(context: typer.Context) -> set[str]:
    """Return the names of the parameters that are on the command line, or in the environment."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source and source.name not in ("DEFAULT", "DEFAULT_MAP")}


def numbers_of(regression: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that say what is fitted, those that are numbers as such.

    Raises
    ------
    InputError
        For a text that is neither a number nor one of the option's words.
    """
    words = {"prior_scale": ("auto",), "l1_ratio": ("auto",), "nu": ("auto", "estimate")}
    return {name: _number(name, value, words[name]) if name in words else value for name, value in regression.items()}


def _number(name: str, value: str | float, words: tuple[str, ...]) -> float | str:
    if value in words:
        return value
    try:
        return float(value)
    except ValueError:
        option = f"--{name.replace('_', '-')}"
        raise InputError(f"{option} {value!r}: use {' or '.join(words)} or a number") from None
