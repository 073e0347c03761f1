"""Ordered values and PyMC's coordinates of them: one and the same, with derivatives that differences confirm."""

from __future__ import annotations

import numpy as np
import pytest

from triptych.existence.ordered_values import Chain

FIVE = np.arange(5)


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("unseen", [[], [0], [0, 1], [3, 4], [2], [1, 2], [0, 2, 4]], ids=str)
@pytest.mark.parametrize("closed", [-20.0, -0.5])
def test_ordered_values_have_coordinates_of_their_own(positive: bool, unseen: list[int], closed: float) -> None:
    z = np.array([0.4, -1.0, 0.3, -0.8, 0.2])
    chain = Chain.of_values(FIVE, positive).told_by(z, closed, np.isin(FIVE, unseen))
    w = chain.unchained(z)
    again, first, second = chain.chained(w)
    np.testing.assert_allclose(again, z, rtol=1e-12, atol=1e-12)
    values, slopes = chain.natural_values(w)
    np.testing.assert_allclose(values, chain.values(z), rtol=1e-12)
    np.testing.assert_allclose(chain.gaps(values), z, rtol=1e-11, atol=1e-11)
    for j in range(5):
        step = 1e-5 * (np.arange(5) == j)
        ahead, back = chain.chained(w + step), chain.chained(w - step)
        np.testing.assert_allclose((ahead[0] - back[0]) / 2e-5, first[:, j], rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose((ahead[1] - back[1]) / 2e-5, second[:, :, j], rtol=1e-6, atol=1e-6)
        difference = (chain.natural_values(w + step)[0] - chain.natural_values(w - step)[0]) / 2e-5
        np.testing.assert_allclose(difference, slopes[:, j], rtol=1e-6, atol=1e-7)


def test_a_known_value_does_not_move_with_one_that_the_likelihood_does_not_know() -> None:
    z = np.array([0.4, -1.0, 0.3, -0.8, 0.2])
    chain = Chain.of_values(FIVE, False).told_by(z, -20.0, np.isin(FIVE, [0, 2, 4]))
    w = chain.unchained(z)
    for k in (0, 2, 4):
        moved = w + np.where(FIVE == k, [2.0], 0.0)
        values, before = chain.natural_values(moved)[0], chain.natural_values(w)[0]
        np.testing.assert_array_equal(values[[1, 3]], before[[1, 3]])
        assert values[k] != before[k]
        assert np.all(np.diff(values) > 0)


def test_values_out_of_order_have_no_coordinates() -> None:
    chain = Chain.of_values(FIVE, False)
    assert np.all(np.isnan(chain.chained(np.array([0.0, 1.0, 0.5, 2.0, 3.0]))[0]))


@pytest.mark.parametrize(("k", "neighbours"), [(0, (None, 1)), (2, (1, 3)), (4, (3, None))])
def test_an_unknown_value_is_between_the_next_known_ones(k: int, neighbours: tuple[int | None, int | None]) -> None:
    chain = Chain.of_values(FIVE, False).told_by(np.zeros(5), -20.0, np.isin(FIVE, [0, 2, 4]))
    assert chain.neighbours(k) == neighbours
