"""The lasso's corner: one effect under a Laplace prior, measured with errors of known spread one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from triptych.reports.lesson.act import Act, Prediction, State

CHANGES = (0.9, -0.4, 1.6, 0.3, -1.1, 1.2, 0.1, 0.8, -0.2, 0.6)  # made up for the lesson


def model(data: Any, switch: str) -> None:
    """Normal changes with spread one around an effect that is Laplace(0, prior)."""
    import pymc as pm

    effect = pm.Laplace("effect", 0, data.prior)
    pm.Normal("y", effect, 1, observed=data.y)


def _state(prior: float, y: Sequence[float] = CHANGES, label: str = "") -> State:
    return State({"y": tuple(y), "prior": prior}, "", label)


def states() -> list[State]:
    """Return effects on both sides of the corner, under tight and wide priors, on few and many people."""
    rng = np.random.default_rng(1996)
    found = [
        _state(1.0, label="ten people"),
        _state(0.2, label="a tight prior: the mode is zero"),
        _state(0.2, (*CHANGES[:9], 3.2), "the same, one person dragged out of the corner"),
        _state(5.0, label="a wide prior"),
        _state(0.2, CHANGES[:1], "one person"),
    ]
    found += [_state(p, CHANGES[:n]) for n in (1, 2, 5, 10) for p in (0.1, 0.5, 3.0)]
    for n in (1, 2, 3, 4, 6, 8, 10):
        y = np.round(rng.uniform(-3, 3, n), 1).tolist()
        found += [_state(0.3, y), _state(1.5, y)]
    return found


act = Act(
    name="lasso",
    title="A Laplace prior, and the lasso",
    short="the lasso",
    estimand="effect",
    unit="points",
    model=model,
    states=states,
    bench={
        "start": {"y": CHANGES},
        "drag": "y",
        "layout": "line",
        "range": (-4, 5),
        "step": 0.1,
        "noun": "person",
        "outlier": 4.5,
        "data": "change of each person's score, one dot a person",
        "n": {"min": 1, "max": 10, "start": 10, "label": "people"},
        "prior": {"lo": 0.05, "hi": 10, "start": 3, "label": "scale of the Laplace prior"},
        "axis": {"lo": -2, "hi": 2.5, "ticks": (-2, -1, 0, 1, 2), "label": "effect, points"},
        "truth": 0.3,
    },
    study="People are drawn around an effect of 0.3, with spread one.",
    expect="The blue interval is exact, because the errors are normal with a known spread. A mode of zero has no "
    "interval. The green one is exact on average over effects drawn from the prior: this one, 0.3, is held "
    "less often where the prior is much tighter.",
    predictions=(
        Prediction(
            "The prior becomes tight: its scale goes from 3 to 0.2. Which answers become exactly zero?",
            ("MAP mode and posterior's average", "the MAP mode only", "neither"),
            1,
            {"n": 10, "prior": 3, "y": CHANGES},
            {"prior": 0.2},
            "From zero towards the mean the prior now falls faster than the likelihood rises, so the top is at zero. "
            "The average takes in all effects, and those on the side of the data weigh more.",
        ),
        Prediction(
            "The scale of the prior is 0.2. The last person is dragged to the right, from 0.6 to 4.5. "
            "Where is the mode then?",
            ("still zero", "between zero and the mean", "on the mean"),
            1,
            {"n": 10, "prior": 0.2, "y": CHANGES},
            {"y": (*CHANGES[:9], 4.5)},
            "The mean is now farther from zero than 1/(n times the scale), which is 0.5. The mode lies nearer to zero "
            "than the mean by exactly 0.5: soft thresholding.",
        ),
        Prediction(
            "The scale of the prior is 1. Only the first person is kept, whose change is 0.9. Is the mode zero?",
            ("yes", "no"),
            0,
            {"n": 10, "prior": 1, "y": CHANGES},
            {"n": 1},
            "The mode is zero for a mean of up to 1/(n times the scale): 1 for one person, 0.1 for ten. With fewer "
            "people the same prior counts for more.",
        ),
    ),
)
