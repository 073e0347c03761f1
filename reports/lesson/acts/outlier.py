"""An outlier under normal, Laplace and Student errors: one centre, errors of known scale one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from triptych.reports.lesson.act import Act, Prediction, State

VALUES = (0.4, -0.9, 1.3, -0.3, 0.8, 1.1, 0.1, 0.5, -0.4, 1.0)  # made up for the lesson
FREEDOM = 4.0


def model(data: Any, switch: str) -> None:
    """Values around a centre that is Normal(0, prior); the switch is the distribution of the errors."""
    import pymc as pm

    centre = pm.Normal("centre", 0, data.prior)
    if switch == "normal":
        pm.Normal("y", centre, 1, observed=data.y)
    elif switch == "laplace":
        pm.Laplace("y", centre, 1, observed=data.y)
    else:
        pm.StudentT("y", FREEDOM, mu=centre, sigma=1, observed=data.y)


def _states(prior: float, y: Sequence[float], label: str = "") -> list[State]:
    return [
        State({"y": tuple(y), "prior": prior}, switch, f"{label}, {switch} errors" if label else "")
        for switch in act.switches
    ]


def states() -> list[State]:
    """Return an outlier near and far, few and many values, tight and wide priors, for each kind of error."""
    rng = np.random.default_rng(1964)
    found = _states(3.0, VALUES[:9], "nine values") + _states(3.0, (*VALUES[:8], 9.0), "one of nine far away")
    for prior, n in ((3.0, 10), (0.3, 9), (0.5, 5), (5.0, 1), (2.0, 2), (2.0, 3)):
        found += _states(prior, VALUES[:n])
    found += _states(3.0, (*VALUES[:8], 3.0)) + _states(1.0, (*VALUES[:4], 9.0))
    for n in (3, 5, 6, 7):
        found += _states(4.0, np.round(rng.uniform(-3, 6, n), 1).tolist())
    return found


act = Act(
    name="outlier",
    title="An outlier under three kinds of error",
    short="an outlier",
    estimand="centre",
    unit="",
    model=model,
    states=states,
    bench={
        "start": {"y": VALUES},
        "drag": "y",
        "layout": "line",
        "range": (-4, 10),
        "step": 0.1,
        "noun": "value",
        "outlier": 9,
        "data": "measured values, one dot each; the last that counts is red, and a pale one does not count",
        "n": {"min": 1, "max": 10, "start": 9, "label": "values"},
        "prior": {"lo": 0.1, "hi": 20, "start": 3, "label": "scale of the prior of the centre"},
        "switch": {
            "label": "errors",
            "options": (("normal", "normal"), ("laplace", "Laplace"), ("student", "Student, 4 degrees")),
        },
        "axis": {"lo": -2, "hi": 4, "ticks": (-2, -1, 0, 1, 2, 3, 4), "label": "centre"},
        "truth": 0.5,
    },
    study="Values are drawn around 0.5 with normal errors of spread one, or of spread five for about one in ten.",
    expect="One value in ten has spread five, which no model here knows. Under normal errors the mean varies 1.84 "
    "times as much as its interval allows for, so fewer hold the truth; Laplace and Student errors expect "
    "distant values. A mode on one of the values has no interval.",
    predictions=(
        Prediction(
            "Normal errors. The last of nine values is dragged from \u22120.4 to 9. How far does the MLE go?",
            ("far (more than 0.3)", "a little", "not at all"),
            0,
            {"n": 9, "prior": 3, "switch": "normal", "y": VALUES},
            {"y": (*VALUES[:8], 9, VALUES[9])},
            "The MLE is the mean, which moves by one ninth of that distance, and by more if the value goes farther.",
        ),
        Prediction(
            "Laplace errors. The largest value, 1.3, is dragged out to 9. Does the MLE move?",
            ("no", "yes"),
            0,
            {"n": 9, "prior": 3, "switch": "laplace", "y": VALUES},
            {"y": (*VALUES[:2], 9, *VALUES[3:])},
            "The MLE is the median, 0.4. Four values lie above it, before and after.",
        ),
        Prediction(
            "Student errors. The last value stands at 3 and is dragged on to 9. Which way does the MLE go?",
            ("back, towards the other values", "on, after the last value"),
            0,
            {"n": 9, "prior": 3, "switch": "student", "y": (*VALUES[:8], 3, VALUES[9])},
            {"y": (*VALUES[:8], 9, VALUES[9])},
            "The pull of a value is largest at a distance of 2 and falls beyond. At 9 the value pulls less than at 3, "
            "and the MLE goes back from 0.57 to 0.48.",
        ),
    ),
    switches=("normal", "laplace", "student"),
)
