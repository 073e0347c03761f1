"""Small n and the spread: n differences from one normal distribution, mean and standard deviation unknown.

The differences are Student's (1908, Biometrika 6(1), p. 20), as in the scenario ``small_n_variance``. The mean has the
prior Normal(0, 10), the spread a half-normal one. Written on log sigma, the same prior has the same posterior: the
density of log sigma is that of sigma times sigma, and only the mode moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from triptych.reports.lesson.act import Act, Prediction, State

HOURS = (1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4)
MEAN_SD = 10.0


def model(data: Any, switch: str) -> None:
    """Normal differences; the switch says on which scale the prior of the spread is written."""
    import pymc as pm

    mu = pm.Normal("mu", 0, MEAN_SD)
    pm.Normal("y", mu, _sigma(data, switch), observed=data.y)


def marginal(data: Any, switch: str) -> None:
    """Write the same model without the mean: the differences then share its variance."""
    import pymc as pm
    import pytensor.tensor as pt

    n = data.y.shape[0]
    covariance = _sigma(data, switch) ** 2 * pt.eye(n) + MEAN_SD**2 * pt.ones((n, n))
    pm.MvNormal("y", pt.zeros(n), cov=covariance, observed=data.y)


def _sigma(data: Any, switch: str) -> Any:
    import pymc as pm
    import pytensor.tensor as pt

    if switch == "sigma":
        return pm.HalfNormal("sigma", data.prior)
    log_sigma = pm.Flat("log_sigma")
    sigma = pm.Deterministic("sigma", pt.exp(log_sigma))
    half_normal = 0.5 * np.log(2 / np.pi) - pt.log(data.prior) - 0.5 * (sigma / data.prior) ** 2
    pm.Potential("half_normal_of_sigma", half_normal + log_sigma)
    return sigma


def no_posterior(given: Mapping[str, Any], switch: str) -> str:
    """Say why there is no posterior where all of two or more values are equal; empty where there is one.

    The likelihood of ``n`` values ``c`` is proportional to ``sigma^-n exp(-n (c - mu)^2 / (2 sigma^2))``. Integrated
    over ``mu``, whose prior is positive at ``c``, it goes like ``sigma^(1 - n)`` as sigma falls to zero. The prior of
    sigma is positive at zero, so the integral of the product is finite for one value alone. It is the same in log
    sigma.
    """
    y = given["y"]
    if len(y) == 1 or len(set(y)) > 1:
        return ""
    return f"the density of sigma goes like sigma^{1 - len(y)} towards zero, and its integral there is infinite"


def states() -> list[State]:
    """Return few and many patients under tight and wide priors, dragged ones, an outlier, and all on one spot."""
    rng = np.random.default_rng(1908)
    found = [
        State({"y": HOURS, "prior": 1.0}, "sigma", "ten patients"),
        State({"y": HOURS, "prior": 1.0}, "log_sigma", "ten patients, prior a density of log sigma"),
        State({"y": HOURS[:3], "prior": 1.0}, "sigma", "three patients"),
        State({"y": HOURS[:3], "prior": 1.0}, "log_sigma", "three patients, prior a density of log sigma"),
        State({"y": HOURS[:2], "prior": 1.0}, "sigma", "two patients"),
        State({"y": HOURS[:1], "prior": 1.0}, "sigma", "one patient", marginal=True),
        State({"y": HOURS[:1], "prior": 1.0}, "log_sigma", "one patient, prior a density of log sigma", marginal=True),
        State({"y": (*HOURS[:9], 8.5), "prior": 1.0}, "sigma", "an outlier"),
    ]
    for n, prior in ((10, 0.2), (10, 5.0), (5, 0.3), (5, 1.0), (5, 3.0), (2, 0.3), (2, 3.0), (3, 4.0), (1, 3.0)):
        found += [State({"y": HOURS[:n], "prior": prior}, switch, marginal=n == 1) for switch in act.switches]
    for n in (2, 4, 6, 9):
        dragged = tuple(np.round(rng.uniform(-3, 8, n), 1).tolist())
        found += [State({"y": dragged, "prior": 2.0}, switch) for switch in act.switches]
    found += [
        State({"y": HOURS[2:4], "prior": 1.0}, "sigma", "two patients on one spot"),
        State({"y": (2.5,) * 10, "prior": 0.3}, "log_sigma", "ten patients on one spot, prior a density of log sigma"),
    ]
    return found


act = Act(
    name="small_n",
    title="Few observations, and the spread",
    short="few observations",
    estimand="sigma",
    unit="hours",
    model=model,
    states=states,
    bench={
        "start": {"y": HOURS},
        "drag": "y",
        "layout": "line",
        "range": (-4, 10),
        "step": 0.1,
        "noun": "patient",
        "outlier": 8.5,
        "data": "extra hours of sleep, one dot a patient",
        "n": {"min": 1, "max": 10, "start": 10, "label": "patients"},
        "prior": {"lo": 0.1, "hi": 10, "start": 1, "label": "scale of the prior of sigma"},
        "switch": {"label": "prior is a density of", "options": (("sigma", "sigma"), ("log_sigma", "log sigma"))},
        "axis": {"lo": 0.005, "hi": 4, "ticks": (0, 1, 2, 3, 4), "label": "sigma, hours"},
        "truth": 1.2,
    },
    study="Patients are drawn from a normal distribution with mean 1.5 and spread 1.2.",
    expect="The rule of 1.92 is exact for many patients only, so with few the blue interval holds too seldom. The "
    "orange one lies around a mode that few patients and the prior pull down. The green one is exact on "
    "average over spreads drawn from the prior: this one, 1.2, is held more often where the prior's scale is "
    "about as large, and less often where it is small.",
    predictions=(
        Prediction(
            "Only the first three patients are kept (1.2, 2.4 and 1.3 hours). "
            "Where does the posterior's average of sigma go?",
            ("up", "it stays", "down"),
            2,
            {"n": 10, "prior": 1, "switch": "sigma", "y": HOURS},
            {"n": 3},
            "These three values differ less than all ten, so the average falls. It falls less than the MLE, because "
            "three values leave large spreads plausible.",
        ),
        Prediction(
            "The same prior is expressed as a density of log sigma instead of sigma. "
            "Which of the three answers changes?",
            ("the MLE", "the MAP mode", "the posterior's average"),
            1,
            {"n": 3, "prior": 1, "switch": "sigma", "y": HOURS},
            {"switch": "log_sigma"},
            "The density of log sigma is that of sigma multiplied by sigma, so its top lies elsewhere. The probability "
            "of each range of sigma is the same, and so is the average. The likelihood is not a density of sigma.",
        ),
        Prediction(
            "Only the first patient is kept. Which of the three answers still exist?",
            ("all three", "MAP and posterior", "the posterior only", "none"),
            2,
            {"n": 2, "prior": 1, "switch": "sigma", "y": HOURS},
            {"n": 1},
            "With the mean on the one value and sigma going to zero, the likelihood grows without limit, and so does "
            "its product with this prior. The area under the product is finite, so the posterior exists.",
        ),
    ),
    switches=("sigma", "log_sigma"),
    marginal=marginal,
    no_posterior=no_posterior,
)
