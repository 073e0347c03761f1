"""Uncentred hierarchies by maximum likelihood: each group is its own, and some have no successes or nothing else.

The likelihood knows ``mu + sigma z[k]`` of each group with data, and two numbers fewer than there are parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import stats

import triptych

TRIALS = np.array([47, 148, 119, 810, 211, 196])
DEATHS = np.array([0, 18, 8, 46, 8, 13])
LEVEL = float(stats.chi2.ppf(0.95, 1))


def hierarchy(groups: int, flat: bool, likelihood: Callable[[Any], Any]) -> pm.Model:
    """Return a model of ``b = mu + sigma z``; the priors do not concern the likelihood."""
    with pm.Model(coords={"group": [str(k) for k in range(groups)]}) as model:
        mu = pm.Flat("mu") if flat else pm.Normal("mu", 0, 10)
        sigma = pm.HalfFlat("sigma") if flat else pm.HalfNormal("sigma", 2)
        z = pm.Normal("z", 0, 1, dims="group")
        likelihood(pm.Deterministic("b", mu + sigma * z, dims="group"))
    return model


def estimates(model: pm.Model) -> Any:
    table = triptych.compare(model, methods=("mle",), profile=False, random_seed=1).estimates
    return table.set_index("estimand").sort_values("label", kind="stable")


def assert_unknown(table: Any) -> None:
    for name in ("mu", "sigma", "z"):
        assert set(np.ravel(table.loc[[name], "status"])) == {"not_identified"}, name


def binomial(trials: np.ndarray, successes: np.ndarray) -> Callable[[Any], None]:
    def likelihood(b: Any) -> None:
        p = pm.Deterministic("p", pm.math.invlogit(b), dims="group")
        pm.Binomial("y", trials, p, observed=successes)

    return likelihood


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize(
    ("trials", "successes"),
    [
        (TRIALS, DEATHS),
        (TRIALS[:4], np.array([0, 5, 0, 9])),
        (TRIALS[:4], np.array([0, 5, 119, 9])),
        (TRIALS[:3], np.array([5, 148, 8])),
    ],
)
def test_a_binomial_group_at_its_edge_is_there_and_the_others_are_regular(
    trials: np.ndarray, successes: np.ndarray, flat: bool
) -> None:
    table = estimates(hierarchy(len(trials), flat, binomial(trials, successes)))
    assert_unknown(table)
    share = successes / trials
    inside = (share > 0) & (share < 1)
    b, p = table.loc["b"], table.loc["p"]
    assert list(b["status"]) == list(np.where(inside, "ok", "at_infinity"))
    assert list(p["status"]) == list(np.where(inside, "ok", "at_boundary"))
    assert p["estimate"].to_numpy() == pytest.approx(share, rel=1e-6, abs=1e-12)
    error = np.sqrt(share * (1 - share) / trials)
    assert p["std_error"].to_numpy()[inside] == pytest.approx(error[inside], rel=1e-5)
    assert not any("holds fixed" in reason for reason in table["reason"])  # no group's interval hangs on another's


def test_the_profile_of_a_group_without_successes_is_its_own() -> None:
    """Of 0 in n the interval ends where ``-2 n log(1 - p)`` is at the level."""
    found = triptych.compare(hierarchy(6, False, binomial(TRIALS, DEATHS)), methods=("mle",), random_seed=1)
    profile = found["default"].interval("mle", "profile", "p", "0")
    assert (profile.lower, profile.upper) == pytest.approx((0.0, -np.expm1(-LEVEL / (2 * TRIALS[0]))), rel=1e-6)


@pytest.mark.parametrize("full", [(), (0, 1, 2, 3), (1, 3)])
@pytest.mark.parametrize("flat", [False, True])
def test_of_groups_that_are_all_at_an_edge_the_parameters_are_not_known(full: tuple[int, ...], flat: bool) -> None:
    """The supremum is reached with any one of mu, sigma and z left anywhere: the others go far enough."""
    trials = TRIALS[:4]
    share = np.isin(np.arange(4), full).astype(float)
    table = estimates(hierarchy(4, flat, binomial(trials, (share * trials).astype(int))))
    assert_unknown(table)
    assert set(table.loc["b", "status"]) == {"at_infinity"}
    assert set(table.loc["p", "status"]) == {"at_boundary"}
    assert list(table.loc["p", "estimate"]) == list(share)


def test_two_rates_of_a_sum_are_both_zero_without_a_count() -> None:
    """The mean is ``a + b``, of which no part can make up for the other: a redundancy that ends in one place."""
    with pm.Model() as model:
        a, b = pm.HalfFlat("a"), pm.HalfFlat("b")
        pm.Poisson("y", a + b, observed=[0])
    table = estimates(model)
    assert list(table["status"]) == ["at_boundary", "at_boundary"]
    assert list(table["estimate"]) == [0.0, 0.0]


def test_poisson_groups_of_which_one_is_empty() -> None:
    exposure, counts = np.array([1.0, 2.0, 3.0]), np.array([0, 3, 5])

    def likelihood(b: Any) -> None:
        rate = pm.Deterministic("rate", pm.math.exp(b), dims="group")
        pm.Poisson("y", exposure * rate, observed=counts)

    table = estimates(hierarchy(3, False, likelihood))
    assert_unknown(table)
    assert list(table.loc["b", "status"]) == ["at_infinity", "ok", "ok"]
    assert list(table.loc["rate", "status"]) == ["at_boundary", "ok", "ok"]
    assert table.loc["rate", "estimate"].to_numpy() == pytest.approx(counts / exposure, rel=1e-6, abs=1e-12)


def test_rows_in_place_of_counts_give_the_same() -> None:
    group = np.repeat(np.arange(3), 3)

    def likelihood(b: Any) -> None:
        pm.Bernoulli("y", logit_p=b[group], observed=[0, 0, 0, 1, 0, 0, 1, 1, 0])

    table = estimates(hierarchy(3, False, likelihood))
    assert_unknown(table)
    assert list(table.loc["b", "status"]) == ["at_infinity", "ok", "ok"]
    assert table.loc["b", "estimate"].to_numpy()[1:] == pytest.approx([-np.log(2), np.log(2)], rel=1e-6)


def test_normal_groups_of_one_datum_are_their_data() -> None:
    y = np.array([1.0, 2.0, 5.0])
    table = estimates(hierarchy(3, False, lambda b: pm.Normal("y", b, 2.0, observed=y)))
    assert_unknown(table)
    assert set(table.loc["b", "status"]) == {"ok"}
    assert table.loc["b", "estimate"].to_numpy() == pytest.approx(y, rel=1e-9)
    assert table.loc["b", "std_error"].to_numpy() == pytest.approx([2.0] * 3, rel=1e-6)
