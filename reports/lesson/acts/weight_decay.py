"""Weight decay on two correlated predictors: a normal prior on both weights, errors of known spread one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from triptych.reports.lesson.act import Act, Prediction, State

# Made up for the lesson: ten weeks, two predictors and the outcome. FIRST and OTHER have mean zero, no correlation and
# one length, so that a mixture of both has with FIRST exactly the correlation that it is mixed for.
FIRST = (-1.5, 1.1, -0.4, 0.8, -1.0, 1.5, 0.2, -0.7, 0.5, -0.5)
OTHER = (0.3, 1.0, -1.3, -0.5, -0.4, -0.1, 1.6, 0.7, -1.5, 0.2)
OUTCOME = (-2.3, 2.6, -1.6, 0.4, -1.4, 1.3, 1.2, -0.1, 0.3, -1.1)


def second(correlation: float) -> np.ndarray:
    """Return the second predictor: the first, mixed with what is unlike it."""
    return np.asarray(correlation * np.array(FIRST) + np.sqrt(1 - correlation**2) * np.array(OTHER))


def model(data: Any, switch: str) -> None:
    """Normal outcome with spread one; both weights are Normal(0, prior)."""
    import pymc as pm

    first = pm.Normal("first", 0, data.prior)
    other = pm.Normal("second", 0, data.prior)
    pm.Normal("y", data.first * first + data.second * other, 1, observed=data.y)


def _state(correlation: float, prior: float, y: Sequence[float] = OUTCOME, label: str = "") -> State:
    n = len(y)
    given = {"y": tuple(y), "first": FIRST[:n], "second": tuple(second(correlation)[:n].tolist()), "prior": prior}
    return State(given, "", label)


def states() -> list[State]:
    """Return predictors from unrelated to one and the same, under tight and wide priors, on few and many weeks."""
    rng = np.random.default_rng(1967)
    found = [
        _state(0.0, 1.0, label="unrelated predictors"),
        _state(0.95, 1.0, label="correlated predictors"),
        _state(0.95, 10.0, label="the same under a wide prior"),
        _state(0.95, 0.2, label="the same under a tight prior"),
        _state(1.0, 1.0, label="one predictor twice"),
        _state(0.95, 1.0, OUTCOME[:1], "one week"),
    ]
    found += [_state(c, p) for c in (0.0, 0.5, 0.9, 0.99, -0.8) for p in (0.3, 3.0)]
    found += [_state(c, 2.0, OUTCOME[:n]) for c in (0.3, 0.98) for n in (2, 3, 6)]
    found += [_state(1.0, 3.0), _state(0.5, 0.5, OUTCOME[:1])]
    found += [_state(0.9, 1.0, np.round(rng.uniform(-4, 4, n), 1).tolist()) for n in (2, 3, 5, 7, 8, 9, 10)]
    return found


act = Act(
    name="weight_decay",
    title="Weight decay on two correlated predictors",
    short="weight decay",
    estimand="first",
    unit="",
    model=model,
    states=states,
    bench={
        "start": {"y": OUTCOME, "first": FIRST, "other": OTHER},
        "drag": "y",
        "layout": "scatter",
        "range": (-5, 5),
        "step": 0.1,
        "noun": "week",
        "outlier": 4.5,
        "data": "outcome (up) against the first predictor (right), one dot a week",
        "n": {"min": 1, "max": 10, "start": 10, "label": "weeks"},
        "prior": {"lo": 0.05, "hi": 20, "start": 1, "label": "scale of the prior of both weights"},
        "extra": {
            "label": "correlation of the predictors, all ten weeks",
            "lo": -1,
            "hi": 1,
            "step": 0.01,
            "start": 0.95,
        },
        "axis": {"lo": -3, "hi": 4, "ticks": (-3, -2, -1, 0, 1, 2, 3, 4), "label": "weight of the first predictor"},
        "truth": 0.8,
        "other": 0.5,
    },
    study="Outcomes are drawn with weights 0.8 and 0.5 and errors of spread one; the predictors stay the same.",
    expect="The blue interval is exact, because the errors are normal with a known spread. The other two are exact "
    "on average over weights drawn from the prior: these weights are held more often where they lie well "
    "inside its scale, and less often where the prior is tight.",
    predictions=(
        Prediction(
            "The seventh week's outcome goes up by two, from 1.2 to 3.2. Which answer moves more?",
            ("the MLE", "the MAP mode", "both alike"),
            0,
            {"n": 10, "prior": 1, "extra": 0.95, "y": OUTCOME},
            {"y": (*OUTCOME[:6], 3.2, *OUTCOME[7:])},
            "The predictors are correlated, so the data determine the difference of the weights badly, and one week "
            "changes the MLE by much. The prior holds the difference near zero.",
        ),
        Prediction(
            "The second predictor becomes an exact copy of the first. Which of the three answers still exist?",
            ("all three", "MAP and posterior", "the posterior only"),
            1,
            {"n": 10, "prior": 1, "extra": 0.95, "y": OUTCOME},
            {"extra": 1},
            "Only the sum of the weights enters the likelihood, which is flat along their difference. The prior makes "
            "both weights equal.",
        ),
        Prediction(
            "The prior becomes tight: its scale goes from 1 to 0.2. Where does the posterior's average lie then?",
            ("on the MAP mode", "above the MAP mode", "below the MAP mode"),
            0,
            {"n": 10, "prior": 1, "extra": 0.95, "y": OUTCOME},
            {"prior": 0.2},
            "Normal errors and a normal prior make a normal posterior, and its top is its average. Of the other acts "
            "only the last one has such a posterior, and only under normal errors.",
        ),
    ),
)
