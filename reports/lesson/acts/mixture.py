"""A mixture: half of the values are Normal(0, 1), the other half comes from a component that is not known.

The likelihood has no maximum (Kiefer and Wolfowitz 1956, Ann. Math. Stat. 27, p. 887): put the unknown component's mean
on one value and let its spread go to zero. An inverse-gamma prior of the spread closes that way, a half-normal one does
not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from triptych.reports.lesson.act import Act, Prediction, State

VALUES = (-0.6, 2.1, 0.3, 1.9, 0.9, 2.6, -1.3, 1.7, 0.2, 2.3)  # made up for the lesson
MEAN_SD = 5.0
SHAPE = 3.0  # of the inverse-gamma prior, whose scale is three times the prior's


def model(data: Any, switch: str) -> None:
    """Half Normal(0, 1), half Normal(mu, sigma); the switch is the prior of sigma."""
    import pymc as pm
    import pytensor.tensor as pt

    mu = pm.Normal("mu", 0, MEAN_SD)
    if switch == "half_normal":
        sigma = pm.HalfNormal("sigma", data.prior)
    else:
        sigma = pm.InverseGamma("sigma", SHAPE, SHAPE * data.prior)
    pm.NormalMixture("y", np.array([0.5, 0.5]), pt.stack([0.0, mu]), pt.stack([1.0, sigma]), observed=data.y)


def no_posterior(given: Mapping[str, Any], switch: str) -> str:
    """Say why there is no posterior where values are equal under the half-normal prior; empty where there is one.

    The likelihood is a sum over the choices of the values that belong to the unknown component. A choice of ``m``
    values that are all equal leaves, integrated over ``mu``, a term like ``sigma^(1 - m)`` as sigma falls to zero; one
    with two different values falls like ``exp(-c / sigma^2)``. The half-normal prior is positive at zero, so the
    integral is finite if no ``m`` is above one. The inverse-gamma prior falls faster than any power of sigma.
    """
    y = given["y"]
    most = max(y.count(value) for value in y)
    if switch == "inverse_gamma" or most == 1:
        return ""
    return f"the density of sigma goes like sigma^{1 - most} towards zero, and its integral there is infinite"


def _state(switch: str, prior: float, y: Sequence[float] = VALUES, label: str = "") -> State:
    return State({"y": tuple(y), "prior": prior}, switch, label)


def states() -> list[State]:
    """Return both priors, tight and wide, on few and many values, dragged ones, and equal ones."""
    rng = np.random.default_rng(1956)
    found = [
        _state("half_normal", 1.0, label="ten values, half-normal prior"),
        _state("inverse_gamma", 1.0, label="ten values, inverse-gamma prior"),
        _state("inverse_gamma", 0.1, label="a tight inverse-gamma prior"),
        _state("half_normal", 1.0, VALUES[:4], "four values, half-normal prior"),
        _state("inverse_gamma", 1.0, VALUES[:4], "four values, inverse-gamma prior"),
    ]
    found += [_state(s, p) for s in act.switches for p in (0.3, 3.0)]
    found += [_state("inverse_gamma", p, VALUES[:n]) for n in (3, 6, 8) for p in (0.5, 2.0)]
    found += [_state("half_normal", 1.0, VALUES[:n]) for n in (6, 8)]
    for n in (3, 4, 5, 7, 9, 10):
        y = np.round(rng.uniform(-3, 7, n), 1).tolist()
        found += [_state("inverse_gamma", 0.5, y), _state("inverse_gamma", 1.5, y)]
    found += [_state("inverse_gamma", 1.0, VALUES[:5]), _state("inverse_gamma", 3.0, VALUES[:4])]
    found.append(_state("half_normal", 0.5, VALUES[:7]))
    tied = (*VALUES[:3], VALUES[1], *VALUES[4:])
    found += [
        _state("half_normal", 1.0, tied, "two equal values, half-normal prior"),
        _state("inverse_gamma", 1.0, tied, "two equal values, inverse-gamma prior"),
    ]
    return found


act = Act(
    name="mixture",
    title="A mixture with one unknown component",
    short="a mixture",
    estimand="sigma",
    unit="",
    model=model,
    states=states,
    bench={
        "start": {"y": VALUES},
        "drag": "y",
        "layout": "line",
        "range": (-4, 8),
        "step": 0.1,
        "noun": "value",
        "outlier": 7.5,
        "height": 150,
        "data": "values, and the two components; the mean of the unknown one is the red value, "
        "its sigma that of the slider",
        "n": {"min": 3, "max": 10, "start": 10, "label": "values"},
        "prior": {"lo": 0.1, "hi": 10, "start": 1, "label": "scale of the prior of sigma"},
        "extra": {"label": "sigma of the unknown component", "lo": 1e-9, "hi": 3, "log": True, "start": 1},
        "switch": {
            "label": "prior of sigma",
            "options": (("half_normal", "half-normal"), ("inverse_gamma", "inverse-gamma")),
        },
        "axis": {
            "lo": 1e-6,
            "hi": 10,
            "log": True,
            "ticks": (1e-6, 1e-4, 0.01, 1),
            "label": "sigma of the unknown component (logarithmic)",
        },
        "truth": 0.5,
    },
    study="Each value is drawn from Normal(0, 1) or Normal(2, 0.5), with probability one half each.",
    expect="There is no maximum and so no blue interval, and an orange one under the inverse-gamma prior only. The "
    "green one is exact on average over truths drawn from the prior: this sigma, 0.5, is held more often "
    "under a prior that expects it, and less often under one of much smaller scale.",
    predictions=(
        Prediction(
            "The mean of the unknown component is the red value. Its sigma falls from 1 to 1e\u22129. "
            "Which log-likelihood is higher?",
            ("that of the local maximum, at sigma 0.31", "that of sigma 1e\u22129 on the red value"),
            1,
            {"n": 10, "prior": 1, "switch": "half_normal", "extra": 1, "y": VALUES},
            {"extra": 1e-9},
            "The known component keeps the density at all other values above zero. The density at the red value grows "
            "like 1/sigma, and the likelihood with it.",
        ),
        Prediction(
            "An inverse-gamma prior of sigma takes the place of the half-normal one. Is there a mode?",
            ("yes", "no"),
            0,
            {"n": 10, "prior": 1, "switch": "half_normal", "extra": 0.1, "y": VALUES},
            {"switch": "inverse_gamma"},
            "As sigma goes to zero, the inverse-gamma density falls faster than any power of sigma, and the likelihood "
            "grows like 1/sigma only. The half-normal density is highest at zero.",
        ),
        Prediction(
            "The same change of the prior. By how much does the posterior's average of sigma change?",
            ("by less than half of it", "by more than half of it"),
            0,
            {"n": 10, "prior": 1, "switch": "half_normal", "extra": 0.1, "y": VALUES},
            {"switch": "inverse_gamma"},
            "It goes from 0.63 to 0.83. Values of sigma near zero hold next to no area under either prior, so the "
            "average exists under both.",
        ),
    ),
    switches=("half_normal", "inverse_gamma"),
    no_posterior=no_posterior,
)
