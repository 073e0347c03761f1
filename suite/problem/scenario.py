"""What a scenario is: a question, its source, a model, data, a simulator, estimands, claims."""

from __future__ import annotations

import pickle
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import Any

import numpy as np

from triptych.base.text import join
from triptych.problem.claims import Claim
from triptych.problem.table import METHODS, Status
from triptych.problem.told import Density, Fact
from triptych.problem.varied import Question, Range

DEFAULT = "default"
LONGEST_NAME = 100  # characters, as the name is part of a file's name
CHAPTERS = ("losses", "regularisers", "failures", "limits")  # in the order in which the catalogue is read


class Data:
    """Named arrays with the coordinates of their axes.

    Parameters
    ----------
    arrays
        Name to array. Inside a model the suite replaces each by a ``pm.Data`` container of that
        name, so ``data.X`` is symbolic there and a NumPy array everywhere else.
    dims
        Name of an array to the names of its axes.
    coords
        Name of an axis to its labels.
    constants
        Plain Python values that the model reads and that are not data (never made symbolic).
    """

    def __init__(
        self,
        arrays: Mapping[str, Any],
        *,
        dims: Mapping[str, Sequence[str]] | None = None,
        coords: Mapping[str, Sequence[Any]] | None = None,
        constants: Mapping[str, Any] | None = None,
    ) -> None:
        self.arrays = {name: np.asarray(value) for name, value in arrays.items()}
        self.dims = {name: tuple(axes) for name, axes in (dims or {}).items()}
        self.coords = {name: list(labels) for name, labels in (coords or {}).items()}
        self.constants = dict(constants or {})

    def __getattr__(self, name: str) -> Any:
        for place in ("arrays", "constants"):
            values = self.__dict__.get(place, {})
            if name in values:
                return values[name]
        raise AttributeError(f"the data have no {name!r}; they have {sorted(self.names)}")

    def __repr__(self) -> str:
        sizes = [f"{name} {array.shape}" for name, array in self.__dict__.get("arrays", {}).items()]
        return f"<Data {join(sizes)}>"

    @property
    def names(self) -> list[str]:
        """Names of the arrays and the constants."""
        return [*self.__dict__.get("arrays", {}), *self.__dict__.get("constants", {})]


@dataclass(frozen=True)
class Relabel:
    """The one rule for exchangeable components: sort them by ``by`` along ``dim``."""

    by: str
    dim: str
    variables: tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """One curve, set of points or histogram of a figure.

    ``panel`` is the method (``mle``, ``map``, ``mcmc``) whose colour it has; empty is that with whose name the label
    begins, and context where it begins with none. ``accent`` tells series of context apart: where some have it, these
    are drawn in the hue of context and all others in one grey.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float] = ()
    kind: str = "line"  # line | points | histogram (x holds the sample) | vline (x holds positions)
    panel: str = ""
    accent: bool = False


@dataclass(frozen=True)
class Figure:
    """A figure special to a scenario, as data; the reports draw it."""

    title: str
    caption: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    x_log: bool = False
    y_log: bool = False


@dataclass(frozen=True)
class Table:
    """A table special to a scenario, as data; the reports show it. The first cell of each row names the row."""

    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if wrong := [row for row in self.rows if len(row) != len(self.columns)]:
            raise ValueError(f"table {self.title!r} has {len(self.columns)} columns, and the row {wrong[0]} has not")


@dataclass(frozen=True)
class Scenario:
    """A statistical problem, defined once.

    Parameters
    ----------
    name
        Lower-case identifier, unique among the installed scenarios.
    question
        The question in one sentence, ending in a question mark.
    source
        Where problem and data come from.
    model
        ``model(data, **settings)``: the body of a ``pm.Model``. The suite opens the model, gives
        it the coordinates of the data and wraps the arrays in ``pm.Data``.
    data
        ``data(**settings)`` or ``data()`` returning a :class:`Data`.
    estimands
        Names of the free variables or deterministics that the scenario is about.
    claims
        Functions made by :func:`triptych.claim`.
    simulate
        ``simulate(rng, n=..., truth=None, **settings)`` returning ``(Data, truth)``: data of ``n`` observations, with
        a default, and a mapping of the name of each estimand, and of each other parameter that the simulator takes, to
        the true value in its natural shape. What the argument ``truth`` names has that value, the rest the
        simulator's own. The arrays' shapes depend on ``n`` and the settings alone.
    variants
        Name to settings; ``default`` is added with no settings when it is not there.
    expect
        The statuses that the scenario expects where they are not ``ok``: variant to method to
        either one status or a mapping from estimand, or one scalar of it as in ``"beta[age]"``, to
        status. None, for a status or for the whole of a model, is not known beforehand: whatever
        says that an estimate exists or not is then an answer.
    no_posterior
        Status (``no_posterior``, or ``no_moment`` where it has no mean or variance) and reason where theory says that
        there is no posterior, or none with a mean and a variance: the model is then not sampled. A mapping says so of
        some variants only.
    no_maximum
        Method (``mle`` or ``map``) to the reason where theory says that its objective rises without limit: a maximum
        that the search finds all the same is a local one.
    facts
        What every output says beside the numbers: which class is the success, reference levels, dropped rows.
    priors
        The priors of the scalars that are reported, in the user's units, for every output.
    likelihood
        A scenario with the same likelihood and estimands in other parameters, in which the MLE is sought where those of
        the model serve the prior; None is this one.
    relabel
        The rule for exchangeable components, if there are any.
    holdout
        ``holdout(data)`` returning a boolean mask of the observations kept back for the log
        score, or a sentence that says why there is none.
    mathematics
        The model as LaTeX lines, for the report.
    code
        The lines that define the problem, for the report; None shows the source of ``model``.
    why
        Why the panels differ, in plain paragraphs, for the report.
    figures
        Functions of the solved scenario that return a :class:`Figure`.
    tables
        Functions of the solved scenario that return a :class:`Table`.
    varies
        Numeric settings of the model that a study or a path may vary, with their ranges; the scale of the prior stands
        first.
    null
        Name of an estimand to the value that stands for no effect, where one is meant: studies report how often each
        interval leaves it out.
    chapter
        The part of the catalogue to which the scenario belongs: one of ``CHAPTERS``, or another, which comes later.
    position
        Its place within the chapter, from 1; zero comes last.
    answer
        The answer to the question in one sentence: a function of the solved scenario that puts its figures in.
    units
        Name of an estimand to its unit.
    questions
        What a class is asked before it sees the figures.
    about
        What the data are and what the names in the tables mean, in two or three sentences.
    columns
        Name to column of the user's table, for the report, where the arrays that the model reads are on another scale.
    """

    name: str
    question: str
    source: str
    model: Callable[..., None]
    data: Callable[..., Data]
    estimands: tuple[str, ...]
    claims: tuple[Callable[..., Claim], ...] = ()
    simulate: Callable[..., tuple[Data, Mapping[str, Any]]] | None = None
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    expect: Mapping[str, Mapping[str, Any]] | None = field(default_factory=dict)
    no_posterior: tuple[Status, str] | Mapping[str, tuple[Status, str]] | None = None
    no_maximum: Mapping[str, str] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    priors: tuple[Density, ...] = ()
    likelihood: Scenario | None = None
    relabel: Relabel | None = None
    holdout: Callable[[Data], np.ndarray] | str = "the scenario declares no hold-out split"
    mathematics: tuple[str, ...] = ()
    code: str | None = None
    why: tuple[str, ...] = ()
    figures: tuple[Callable[..., Figure], ...] = ()
    tables: tuple[Callable[..., Table], ...] = ()
    varies: Mapping[str, Range] = field(default_factory=dict)
    null: Mapping[str, float] = field(default_factory=dict)
    chapter: str = ""
    position: int = 0
    answer: Callable[..., str] | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    about: str = ""
    columns: Mapping[str, np.ndarray] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if fault := fault_of_name(self.name):
            raise ValueError(f"scenario name {fault}")
        if not self.estimands:
            raise ValueError(f"scenario {self.name!r} has no estimands; name at least one")
        variants = {DEFAULT: {}, **self.variants}
        object.__setattr__(self, "variants", MappingProxyType(variants))
        for said in ("null", "units"):
            if unknown := set(getattr(self, said)) - set(self.estimands):
                raise ValueError(
                    f"scenario {self.name!r}: {said} names {sorted(unknown)}, which are no estimands of it"
                )
        if self.expect is None:
            return
        object.__setattr__(self, "expect", MappingProxyType(dict(self.expect)))
        for variant, methods in self.expect.items():
            if variant not in variants:
                raise ValueError(f"scenario {self.name!r} expects of an unknown variant {variant!r}")
            if unknown := set(methods) - set(METHODS):
                raise ValueError(f"scenario {self.name!r} expects of unknown methods {unknown}")

    def __repr__(self) -> str:
        return f"<Scenario {self.name}: {self.question}>"

    @property
    def as_given(self) -> bool:
        """Whether it stands for a model that was given, so that it has no settings and its own body is never run."""
        return self.code == ""

    def __reduce__(self) -> Any:
        """Pickle by reference: the module of the model, and the name under which the scenario stands there."""
        module = self.model.__module__
        for name, value in vars(sys.modules[module]).items():
            if value is self:
                return _stands_in, (module, name)
        raise pickle.PicklingError(f"scenario {self.name!r} stands in no module, so no other process finds it")

    def without_posterior(self, variant: str) -> tuple[Status, str] | None:
        """Return status and reason where theory says that a variant has no posterior."""
        said = self.no_posterior
        return said.get(variant) if isinstance(said, Mapping) else said

    def expected(self, variant: str, method: str, estimand: str, label: str = "") -> Status | None:
        """Return the status that this scenario expects of one scalar of an estimand; None leaves it open."""
        expected = (self.expect or {}).get(variant, {}).get(method, Status.OK)
        if isinstance(expected, Mapping):
            expected = expected.get(f"{estimand}[{label}]", expected.get(estimand, Status.OK))
        return None if expected is None else Status(expected)

    def accepts(self, variant: str, method: str, estimand: str, label: str, status: str) -> bool:
        """Whether a status is the expected one; where none is expected, whether it is no failure."""
        expected = None if self.expect is None else self.expected(variant, method, estimand, label)
        if expected is None:
            return status not in (Status.UNRELIABLE, Status.FAILED)
        return expected == status


def _stands_in(module: str, name: str) -> Scenario:
    found: Scenario = getattr(import_module(module), name)
    return found


def fault_of_name(name: str) -> str:
    """Say why a text is not the name of a scenario, which is that of its files too; empty when it is one."""
    if len(name) > LONGEST_NAME:
        return f"{name[:40]!r}... is longer than {LONGEST_NAME} characters; choose a shorter one"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return f"{name!r}: use lower-case letters, digits and underscores"
    return ""
