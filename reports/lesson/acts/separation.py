"""Separation: a logistic regression whose maximum likelihood goes to infinity when one value splits the outcomes.

Albert and Anderson (1984), "On the existence of maximum likelihood estimates in logistic regression models",
Biometrika 71(1), 1-10.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from triptych.reports.lesson.act import Act, Prediction, State

# Made up for the lesson: hours of practice above or below the usual, and who passed.
HOURS = (-1.4, 1.0, 0.4, -0.2, -2.1, 1.6, -0.9, 2.3, -0.5, 0.7)
PASSED = (0, 1, 0, 1, 0, 1, 0, 1, 0, 1)
LEVEL_SD = 5.0


def model(data: Any, switch: str) -> None:
    """Bernoulli outcome, logit a + b x; the prior is that of the slope b."""
    import pymc as pm

    level = pm.Normal("level", 0, LEVEL_SD)
    slope = pm.Normal("slope", 0, data.prior)
    pm.Bernoulli("y", logit_p=level + slope * data.x, observed=data.y)


def _state(prior: float, x: Sequence[float] = HOURS, label: str = "") -> State:
    return State({"x": tuple(x), "y": PASSED[: len(x)], "prior": prior}, "", label)


def states() -> list[State]:
    """Return overlapping, separated and just touching outcomes, all at one value, under tight and wide priors."""
    rng = np.random.default_rng(1984)
    apart = (*HOURS[:2], -0.4, *HOURS[3:])
    touching = (*HOURS[:2], -0.2, *HOURS[3:])
    found = [
        _state(2.0, label="who passed and who failed overlap"),
        _state(2.0, apart, "one value moved: they are separated"),
        _state(10.0, apart, "separated, a wide prior"),
        _state(0.5, apart, "separated, a tight prior"),
        _state(2.0, touching, "they touch in one value"),
        _state(2.0, HOURS[:2], "two people"),
    ]
    found += [_state(p, HOURS[:n]) for n in (4, 6, 10) for p in (0.5, 5.0)]
    found += [_state(p, x) for x in (apart, touching) for p in (1.0, 5.0)]
    for n in (2, 3, 4, 5, 6, 8, 9, 10):
        x = np.round(rng.uniform(-3, 3, n), 1).tolist()
        found += [_state(1.0, x), _state(4.0, x)]
    found.append(_state(2.0, (0.4,) * 3, "three people at one value"))
    return found


act = Act(
    name="separation",
    title="Pass or fail, and one person moved",
    short="separation",
    estimand="slope",
    unit="per hour",
    model=model,
    states=states,
    bench={
        "start": {"x": HOURS, "y": PASSED},
        "drag": "x",
        "layout": "lanes",
        "range": (-3, 3),
        "step": 0.1,
        "noun": "person",
        "outlier": 2.9,
        "height": 160,
        "data": "hours of practice above or below the usual; those who passed are in the upper row. The curves show "
        "the probability of passing",
        "n": {"min": 2, "max": 10, "start": 10, "label": "people"},
        "prior": {"lo": 0.2, "hi": 20, "start": 2, "label": "scale of the normal prior of the slope"},
        "axis": {"lo": -2, "hi": 10, "ticks": (-2, 0, 2, 4, 6, 8, 10), "label": "slope: log odds per hour"},
        "truth": 1.5,
    },
    study="Hours are drawn from Normal(0, 1.3); the log odds of passing are 1.5 times the hours.",
    expect="The rule of 1.92 is exact for many people only: few often fit a steeper curve better than the true one. "
    "A group that all passed or all failed has no blue interval. The green one is exact on average over "
    "slopes drawn from the prior: a prior that is much tighter or wider than this slope, 1.5, expects others, "
    "and its interval misses it.",
    predictions=(
        Prediction(
            "The person who failed at 0.4 hours above the usual is moved to 0.4 below, left of all who passed. "
            "Where does the MLE go?",
            ("down", "up", "to infinity"),
            2,
            {"n": 10, "prior": 2, "x": HOURS},
            {"x": (*HOURS[:2], -0.4, *HOURS[3:])},
            "Now one value of the hours separates the two groups. Every steeper curve fits better, so no finite slope "
            "is best.",
        ),
        Prediction(
            "The groups are separated. The scale of the prior goes from 2 to 20. What does the MAP mode do?",
            ("it becomes several times as large", "it hardly changes"),
            0,
            {"n": 10, "prior": 2, "x": (*HOURS[:2], -0.4, *HOURS[3:])},
            {"prior": 20},
            "These data bound the slope from below only. From above the prior alone bounds it, so the mode grows with "
            "the prior's scale.",
        ),
        Prediction(
            "Only the first two people are kept: one failed, the other passed. Is there a finite MLE?",
            ("yes", "no"),
            1,
            {"n": 10, "prior": 2, "x": HOURS},
            {"n": 2},
            "Two people at different values are always separated. When the study below is repeated, there is no finite "
            "MLE in six of ten groups of five people, and in two of ten groups of ten.",
        ),
    ),
)
