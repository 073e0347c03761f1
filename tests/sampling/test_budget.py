"""Attempts at sampling: which further ones are made, and what is told of those that are not."""

from __future__ import annotations

from dataclasses import replace

import arviz as az
import numpy as np
import pymc as pm
import pytest
import xarray as xr
from scipy.signal import lfilter

import triptych
from triptych.problem.table import Status
from triptych.sampling.budget import Spent, rounded, why_not
from triptych.sampling.gate import PILOT, PLANS, Diagnosis, diagnose

FIRST, SECOND, THIRD = PLANS
CHAINS = 4


def spent(*steps: float, plans: tuple = PLANS, asked: int = 1000) -> list[Spent]:
    """Return attempts whose draws took so many gradients each."""
    return [
        Spent.of(plan, np.full((CHAINS, round(asked * plan.draws)), each), round(asked * plan.tune))
        for plan, each in zip(plans, steps, strict=False)
    ]


def correlated(by: float) -> Diagnosis:
    """Return what ArviZ says of 2,000 draws of an autoregression: an effective share of (1 - by) / (1 + by)."""
    rng = np.random.default_rng(1)
    x = lfilter([1], [1, -by], rng.normal(size=(CHAINS, 2000)), axis=1)
    flags = np.zeros(x.shape, bool)
    groups = {"posterior": {"x": x}, "sample_stats": {"diverging": flags, "energy": rng.normal(size=x.shape)}}
    return diagnose(az.from_dict(groups), x[..., None])


def test_gradients_are_counted_and_foretold() -> None:
    (one,) = spent(15.0)
    assert one.total == 15 * CHAINS * 2000
    # Twice the draws and the tuning, and steps shorter by the root of 0.2 / 0.1.
    assert one.expected(SECOND) == pytest.approx(one.total * 2 * np.sqrt(2))
    assert one.expected(THIRD) == pytest.approx(one.total * 3 * np.sqrt(20))
    # What was sampled with short steps is not expected to get cheaper.
    assert spent(15.0, plans=(THIRD,))[0].expected(FIRST) == pytest.approx(15 * CHAINS * 2000)
    assert [rounded(n) for n in (980.0, 57_400.0, 2.34e6, 4e9)] == ["980", "57,000", "2.3 million", "4 billion"]


def test_draws_that_yield_next_to_nothing_are_not_drawn_again_and_again() -> None:
    slow, fair = correlated(0.999), correlated(0.9)
    said = why_not(spent(20, 20), THIRD, slow, 30)
    assert "effective size of about" in said
    assert said.endswith("of 400")
    assert why_not(spent(20, 20), THIRD, fair, 30) == ""
    # Another adaptation than the first may change everything, after a pilot too.
    assert why_not(spent(20), SECOND, slow, 30) == ""
    assert why_not(spent(20, 20, plans=(PILOT, FIRST)), SECOND, slow, 30) == ""


def test_the_first_look_and_the_rows_limit_what_a_further_attempt_may_cost() -> None:
    fair = correlated(0.9)
    # 250 gradients a draw: 2 million asked for, and 13 million for the third attempt after the second's 4 million.
    assert why_not(spent(10, 250), THIRD, fair, 30).endswith("that follow from the first look")
    # So much may follow from a first look that took as much itself.
    assert why_not(spent(250, 250), THIRD, fair, 30) == ""
    # With a hundred thousand rows a gradient costs more, and less is allowed.
    assert why_not(spent(10, 30), THIRD, fair, 30) == ""
    assert why_not(spent(10, 30), THIRD, fair, 100_000) != ""


@pytest.mark.parametrize(
    ("seen", "per_draw", "rows", "made"),
    [
        (0.01, 50, 0, True),  # 3.8 million gradients, of 4 million
        (0.01, 55, 0, False),
        (0.01, 25, 1000, True),  # half as many where a gradient takes twice the time
        (0.01, 28, 1000, False),
        (100, 100, 0, True),  # 7.6 million, of ten times the 800 000 of the first look
        (100, 110, 0, False),
    ],
)
def test_the_limit_of_a_further_attempt(seen: float, per_draw: float, rows: int, made: bool) -> None:
    """The third attempt takes 1.5 times the draws of the second one and sqrt(10) times the steps."""
    tried = spent(seen, per_draw)
    assert tried[-1].expected(THIRD) == pytest.approx(per_draw * CHAINS * 4000 * 1.5 * np.sqrt(10))
    assert (why_not(tried, THIRD, correlated(0.9), rows) == "") == made


def test_twice_the_draws_may_be_eight_times_as_efficient() -> None:
    """So an effective size above 25 may become one of 400, and one below does not."""
    for size, made in ((24.0, False), (26.0, True)):
        sizes = xr.Dataset({"x": size})
        diagnosis = replace(correlated(0.9), ess_bulk=sizes, ess_tail=sizes)
        assert (why_not(spent(20, 20), THIRD, diagnosis, 30) == "") == made


def test_a_posterior_that_cannot_pass_is_given_up_and_says_what_was_tried() -> None:
    with pm.Model() as model:  # two wells with 50 units between them, which no chain crosses
        turn = pm.Normal("turn", 0, 10)
        pm.Normal("y", turn**2, 0.1, observed=[1.0] * 2)
    posterior = triptych.compare(model, methods=("mcmc",), draws=150, tune=150, random_seed=3)["default"].panels["mcmc"]
    figures = posterior.diagnostics
    assert len(figures["attempts"]) == 2
    assert figures["gradients"] > 2 * 300 * CHAINS
    assert "another attempt of 2 times the draws would take about" in figures["stopped"]
    for row in [*posterior.estimates, *posterior.intervals]:
        assert row.status is Status.UNRELIABLE
        assert row.reason.endswith(f"2 attempts took {rounded(figures['gradients'])} gradients; {figures['stopped']}")
