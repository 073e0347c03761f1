"""The options that several commands have: what each is on the command line, and its name in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from inspect import Parameter, signature
from typing import Annotated, Any, Literal

import typer

from triptych.base.errors import InputError
from triptych.base.options import HIGHEST, LOWEST, level, meant, nearest
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


def choice(kind: type[StrEnum], *names: str, help: str = "", panel: str | None = None) -> Any:
    """Return what typer makes of an option that is one of some words; a misspelt one is told which is meant."""
    words = [str(one) for one in kind]

    def chosen(value: str) -> StrEnum:
        if value not in words:
            raise typer.BadParameter(f"there is no {value!r}; {nearest(value, words)}")
        return kind(value)

    metavar = f"<{'|'.join(words)}>"
    complete = starting(lambda: words)
    return typer.Option(
        *names, parser=chosen, metavar=metavar, autocompletion=complete, help=help, rich_help_panel=panel
    )


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
SCENARIOS = starting(_scenarios)
Format = Annotated[Output, choice(Output, "--format", help="What to print.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no table; JSON and CSV where asked for.")]
Walk = Annotated[bool, typer.Option("--path", help="Move the page along the prior's scale, which takes longer.")]
Open = Annotated[bool, typer.Option("--open", help="Open the report in the browser.")]
Seed = Annotated[int, whole_option(SEED, "seed")]
Draws = Annotated[int, whole_option(DRAWS, "draws")]
CiProb = Annotated[float, typer.Option("--ci-prob", help="Level of all intervals, e.g. 0.95.")]


@dataclass(frozen=True)
class Shared:
    """An option that several commands have, and a configuration file.

    Attributes
    ----------
    keyword
        Its name in Python.
    annotation, default
        Those of the commands' parameter.
    in_file
        Its type in a file.
    limits
        Its range there, as keywords of pydantic's ``Field``.
    words
        The words that may stand in the place of a number.
    """

    keyword: str
    annotation: Any
    default: Any
    in_file: Any
    limits: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()


def _range(option: WholeNumber) -> dict[str, Any]:
    """Return the limits of a whole number."""
    return {"ge": option.least} if option.most == LARGEST else {"ge": option.least, "le": option.most}


AUTO, AUTO_OR_ESTIMATE = ("auto",), ("auto", "estimate")
# What is fitted to a table: the options of ``fit`` that ``path`` has as well.
REGRESSION = {
    "family": Shared(
        "family",
        Annotated[str, typer.Option(help=FAMILY, autocompletion=starting(family_names))],
        "gaussian",
        Literal[family_names()],
    ),
    "prior": Shared(
        "prior",
        Annotated[str, typer.Option(help=PRIOR, autocompletion=starting(prior_names))],
        "normal",
        Literal[prior_names()],
    ),
    "prior_scale": Shared("prior_scale", Annotated[str, typer.Option(help=PRIOR_SCALE)], "auto", float, words=AUTO),
    "standardize": Shared(
        "standardize",
        Annotated[bool, typer.Option("--standardize/--no-standardize", help="Scale of the priors.")],
        True,
        bool,
    ),
    "drop_missing": Shared(
        "drop_missing",
        Annotated[bool, typer.Option("--drop-missing", help="Leave out rows with missing values.")],
        False,
        bool,
    ),
    "trials": Shared(
        "trials", Annotated[str | None, typer.Option(help="Column of the number of trials (binomial).")], None, str
    ),
    "l1_ratio": Shared(
        "l1_ratio",
        Annotated[str, typer.Option(help="Laplace share of an elastic net; auto is 0.5.")],
        "auto",
        float,
        {"gt": 0, "lt": 1},
        AUTO,
    ),
    "nu": Shared(
        "nu",
        Annotated[str, typer.Option(help="Degrees of freedom of Student errors; auto is 4; or estimate.")],
        "auto",
        float,
        words=AUTO_OR_ESTIMATE,
    ),
}
# What ``run``, ``compare`` and ``fit`` share.
SETTINGS = {
    "seed": Shared("random_seed", Seed, SEED.default, int, _range(SEED)),
    "draws": Shared("draws", Draws, DRAWS.default, int, _range(DRAWS)),
    "tune": Shared("tune", Annotated[int, whole_option(TUNE, "tune")], TUNE.default, int, _range(TUNE)),
    "chains": Shared("chains", Annotated[int, whole_option(CHAINS, "chains")], CHAINS.default, int, _range(CHAINS)),
    "ci_prob": Shared("ci_prob", CiProb, CI_PROB, float, {"ge": LOWEST, "le": HIGHEST}),
    "ci_kind": Shared(
        "ci_kind",
        Annotated[Interval, choice(Interval, "--ci-kind", help="Equal-tailed or highest-density.")],
        Interval.ETI,
        Literal[tuple(map(str, Interval))],
    ),
    "backend": Shared(
        "backend",
        Annotated[
            Density,
            choice(Density, "--backend", help="What the sampler runs on: numba is slow to start and fast per draw."),
        ],
        Density.AUTO,
        Literal[tuple(map(str, Density))],
    ),
}
GROUPS = {"regression": REGRESSION, "settings": SETTINGS}  # by the parameter of a command that they stand in for


def takes_shared(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of each of :data:`GROUPS` in the place of the parameter of that name, a mapping."""
    own = signature(command, eval_str=True)
    parameters: list[Parameter] = []
    for name, parameter in own.parameters.items():
        if name in GROUPS:
            parameters += [
                Parameter(option, Parameter.KEYWORD_ONLY, default=shared.default, annotation=shared.annotation)
                for option, shared in GROUPS[name].items()
            ]
        else:
            parameters.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))
    groups = {name: options for name, options in GROUPS.items() if name in own.parameters}

    @wraps(command)
    def called(**given: Any) -> None:
        mappings = {name: {option: given.pop(option) for option in options} for name, options in groups.items()}
        command(**given, **mappings)

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
    words = {name: REGRESSION[name].words for name in regression}
    return {name: _number(name, value, words[name]) if words[name] else value for name, value in regression.items()}


def _number(name: str, value: str | float, words: tuple[str, ...]) -> float | str:
    if value in words:
        return value
    try:
        return float(value)
    except ValueError:
        option, near = f"--{name.replace('_', '-')}", meant(str(value), words)
        hint = f"did you mean {near}?" if near else f"use {' or '.join(words)} or a number"
        raise InputError(f"{option} {value!r}: {hint}") from None
