"""Posteriors of many data sets are the exact ones, and their draws depend on nothing but data and seed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaln

from tests.batch.lanes_solved import ROWS, observed
from triptych.batch.hmc import Posterior, extend, sample
from triptych.batch.lanes import Lanes, lanes
from triptych.batch.summaries import summarise


def seeds_of(count: int, root: int = 1) -> np.ndarray:
    return np.array([np.random.SeedSequence(root, spawn_key=(0, k)).generate_state(2) for k in range(count)])


@pytest.fixture(scope="module")
def drawn(normal_lanes: Lanes) -> Posterior:
    starts = np.tile(normal_lanes.engine.graph.start, (normal_lanes.count, 1))
    return sample(normal_lanes, starts, seeds_of(normal_lanes.count), draws=500, tune=200)


def standardised(draws: np.ndarray, exact: np.ndarray) -> np.ndarray:
    found = summarise(draws, (0.5,))
    return np.asarray((found.mean - exact) / found.mcse_mean)


def test_means_miss_the_exact_ones_by_their_monte_carlo_error(normal_lanes: Lanes, drawn: Posterior) -> None:
    y = observed(normal_lanes)
    half = (ROWS - 1) / 2
    sigma = y.std(axis=1, ddof=1) * np.sqrt(half) * np.exp(gammaln(half - 0.5) - gammaln(half))
    variance = y.var(axis=1, ddof=1) * (ROWS - 1) / (ROWS - 3)
    for name, exact in (("mu", y.mean(axis=1)), ("sigma", sigma), ("variance", variance)):
        z = standardised(drawn.natural_values[name], exact)
        # Of 100 lanes: a standard normal's mean within 4 of its errors, its spread within that of a chi-square.
        assert abs(z.mean()) < 4 / np.sqrt(z.size), name
        assert 0.7 < z.std() < 1.3, name


def test_shares_below_the_exact_quantiles_are_what_they_should_be(normal_lanes: Lanes, drawn: Posterior) -> None:
    y = observed(normal_lanes)
    for prob in (0.025, 0.25, 0.9):
        ends = stats.t.ppf(prob, ROWS - 1, y.mean(axis=1), y.std(axis=1, ddof=1) / np.sqrt(ROWS))
        z = standardised((drawn.natural_values["mu"] <= ends[:, None, None]).astype(float), np.full(len(y), prob))
        assert abs(z.mean()) < 4 / np.sqrt(z.size), prob


def test_every_lane_starts_at_its_mode_and_none_diverges(drawn: Posterior) -> None:
    assert drawn.at_mode.all()
    assert drawn.divergences.sum() == 0
    assert (drawn.accepted > 0.6).all()


def test_the_same_seed_gives_the_same_draws_in_any_company(normal_lanes: Lanes, drawn: Posterior) -> None:
    some = [99, 0, 64]
    picked = lanes(normal_lanes.engine, [{"y": observed(normal_lanes)[k]} for k in some])
    starts = np.tile(normal_lanes.engine.graph.start, (len(some), 1))
    again = sample(picked, starts, seeds_of(normal_lanes.count)[some], draws=500, tune=200)
    for name, draws in again.natural_values.items():
        np.testing.assert_array_equal(draws, drawn.natural_values[name][some])
    other = sample(picked, starts, seeds_of(3, root=2), draws=100, tune=100)
    assert not np.array_equal(other.natural_values["mu"], again.natural_values["mu"][:, :, :100])


def test_an_extended_chain_goes_on_where_it_was(normal_lanes: Lanes, drawn: Posterior) -> None:
    longer = extend(normal_lanes, drawn, 900)
    assert longer.energy.shape[2] == 900
    for name, draws in longer.natural_values.items():
        np.testing.assert_array_equal(draws[:, :, :500], drawn.natural_values[name])
    starts = np.tile(normal_lanes.engine.graph.start, (normal_lanes.count, 1))
    at_once = sample(normal_lanes, starts, seeds_of(normal_lanes.count), draws=900, tune=200)
    np.testing.assert_array_equal(longer.natural_values["mu"], at_once.natural_values["mu"])
