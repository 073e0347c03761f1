"""What an act of the lesson is, and which acts there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from triptych.base.errors import InputError

FOLDER = Path(__file__).parent
# The order of the lesson; each has a file of its name in acts/ (model and questions), a script, a text and its states.
NAMES = ("small_n", "weight_decay", "lasso", "mixture", "separation", "outlier")


@dataclass(frozen=True)
class State:
    """One position of the bench, for which the engine's answers are kept.

    Attributes
    ----------
    given
        The arrays and numbers that the model takes as data.
    switch
        The position of the act's switch, one of :attr:`Act.switches`; empty where it has none.
    label
        What to call it in the table of the printed page; empty for one that is only checked.
    marginal
        Whether the posterior is sampled from the ``marginal`` of the act, as draws of its model do not pass the gate.
    """

    given: Mapping[str, Any]
    switch: str = ""
    label: str = ""
    marginal: bool = False


@dataclass(frozen=True)
class Prediction:
    """What a class is asked before the panels move.

    Attributes
    ----------
    question
        What will happen.
    choices
        Answers to choose from.
    right
        Position of the right one. The page finds it again from its own figures, and a test compares.
    start, move
        What of the bench is set before the question is asked, and what is changed when it is answered.
    because
        Why it is so, in one or two sentences.
    """

    question: str
    choices: tuple[str, ...]
    right: int
    start: Mapping[str, Any]
    move: Mapping[str, Any]
    because: str


@dataclass(frozen=True)
class Act:
    """One act: a small model whose exact answers the page computes itself.

    Attributes
    ----------
    name
        Lower-case identifier; also the name of its files.
    title, short
        The heading, and its words in the list of acts.
    estimand, unit
        The scalar on the axis of the three panels, and its unit.
    model
        ``model(data, switch)``: the body of a ``pm.Model``.
    states
        Function that returns the positions of the bench that are held against the engine.
    bench
        What the page needs to set the bench up: the data (``start``), the array that is dragged (``drag``), how it
        is drawn (``layout``) and within which ``range``, the sliders, the axis, and the truth of simulated studies.
    study
        What is drawn when the study is repeated, in one sentence.
    expect
        Why more or fewer than 95 of 100 intervals hold the truth in this act. The page counts how many do.
    predictions
        What is asked before it is shown.
    switches
        Positions of the act's switch.
    marginal
        ``marginal(data, switch)``: a model of the estimand alone, the other parameters integrated out by formula. It
        has the same posterior, and is sampled at the states that say so.
    no_posterior
        ``no_posterior(given, switch)``: the reason where theory says that there is no posterior, or an empty text; the
        engine does not sample there.
    """

    name: str
    title: str
    short: str
    estimand: str
    unit: str
    model: Callable[[Any, str], None]
    states: Callable[[], list[State]]
    bench: Mapping[str, Any]
    study: str
    expect: str
    predictions: tuple[Prediction, ...]
    switches: tuple[str, ...] = ("",)
    marginal: Callable[[Any, str], None] | None = None
    no_posterior: Callable[[Mapping[str, Any], str], str] | None = None


def get(name: str) -> Act:
    """Return an act by its name.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    if name not in NAMES:
        raise InputError(f"there is no act {name!r} of the lesson; there are {', '.join(NAMES)}")
    act: Act = import_module(f"triptych.reports.lesson.acts.{name}").act
    return act
