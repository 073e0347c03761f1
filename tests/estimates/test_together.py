"""Functions of parameters that go to their edges side by side: some have one limit, others take any value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy import stats

import triptych

LEVEL = float(stats.chi2.ppf(0.95, 1))
Functions = dict[str, Callable[[Any], Any]]

# In a ratio the pace counts, and in a difference, a mean or a product it does not.
AT_ZERO: Functions = {
    "ratio": lambda p: p[0] / p[1],
    "logarithm": lambda p: pt.log(p[0] / p[1]),
    "odds_ratio": lambda p: p[0] / (1 - p[0]) / (p[1] / (1 - p[1])),
    "part": lambda p: p[0] / (p[0] + p[1]),
    "difference": lambda p: p[0] - p[1],
    "mean": lambda p: (p[0] + p[1]) / 2,
    "product": lambda p: p[0] * p[1],
    "of_the_rest": lambda p: p[0] / (1 - p[1]),
    "ratio_of_the_rest": lambda p: (1 - p[0]) / (1 - p[1]),
}
AT_ONE: Functions = {
    "ratio": lambda p: (1 - p[0]) / (1 - p[1]),
    "odds_ratio": lambda p: p[0] / (1 - p[0]) / (p[1] / (1 - p[1])),
    "difference": lambda p: p[0] - p[1],
    "ratio_of_p": lambda p: p[0] / p[1],
}
ANY = {"ratio", "logarithm", "odds_ratio", "part"}


def rows(functions: Functions, successes: list[int], profile: bool = False) -> Any:
    with pm.Model() as model:
        p = pm.Uniform("p", 0, 1, shape=2)
        for name, of in functions.items():
            pm.Deterministic(name, of(p))
        pm.Binomial("y", np.array([8, 9]), p, observed=successes)
    return triptych.compare(model, methods=("mle",), profile=profile, random_seed=1)


@pytest.mark.parametrize(
    ("functions", "successes", "limits"),
    [
        (AT_ZERO, [0, 0], {"difference": 0, "mean": 0, "product": 0, "of_the_rest": 0, "ratio_of_the_rest": 1}),
        (AT_ONE, [8, 9], {"difference": 0, "ratio_of_p": 1}),
    ],
)
def test_what_hangs_on_the_pace_is_not_identified(
    functions: Functions, successes: list[int], limits: dict[str, float]
) -> None:
    table = rows(functions, successes).estimates.set_index("estimand")
    for name in functions:
        row = table.loc[name]
        if name in ANY:
            assert row["status"] == "not_identified"
            assert "any of several values" in row["reason"]
            assert np.isnan(row["estimate"])
        else:
            assert (row["status"], row["estimate"]) == ("at_boundary", pytest.approx(limits[name], abs=1e-12))


def test_the_difference_of_two_shares_without_successes_has_the_profile_of_both() -> None:
    """The difference is highest where one share is zero; ``(1 - d)^n`` is the likelihood there."""
    found = rows({"difference": lambda p: p[0] - p[1]}, [0, 0], profile=True)
    row = found["default"].interval("mle", "profile", "difference")
    assert (row.lower, row.upper) == pytest.approx((np.exp(-LEVEL / 18) - 1, 1 - np.exp(-LEVEL / 16)), rel=1e-6)


def test_an_empty_category_has_no_share_in_any_row() -> None:
    """Two cutpoints meet; in some rows the slopes of the share between them are rounding that does not shrink."""
    with pm.Model() as model:
        slope = pm.Normal("slope", 0, 10)
        ordered = pm.distributions.transforms.ordered
        cuts = pm.Normal("cuts", 0, 10, shape=3, transform=ordered, initval=[-1, 0, 1])
        answers = [0, 0, 2, 2, 3, 3, 3, 0, 2]
        pm.OrderedLogistic("y", eta=slope * np.linspace(-1, 1, 9), cutpoints=cuts, observed=answers)
    table = triptych.compare(model, methods=("mle",), profile=False, random_seed=1).estimates
    empty = table[(table["estimand"] == "y_probs") & table["label"].str.endswith(", 1")]
    assert len(empty) == 9
    assert set(empty["status"]) == {"at_boundary"}
    assert set(empty["estimate"]) == {0.0}
