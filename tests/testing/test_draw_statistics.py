"""The error of a difference between figures of two sets of draws of one distribution."""

from __future__ import annotations

import numpy as np

from triptych.testing.statistics import Figures, describe, difference_errors


def independent(seed: int, draws: int, scalars: int = 400) -> np.ndarray:
    """Return draws of an exponential distribution, whose mean and deviation are one, ``(scalars, 4, draws)``."""
    return np.random.default_rng(seed).exponential(size=(scalars, 4, draws))


def test_the_error_is_that_of_the_distribution_that_both_have() -> None:
    """Of an exponential the variance is 1 and that of a squared distance 8: a deviation's is (8 / 4) / n."""
    a = describe(independent(1, 4000))
    b = describe(independent(2, 250), a.places)
    errors, _ = difference_errors(a, b)
    n, m = 16000, 1000
    wanted = np.sqrt(np.array([1, 2, 0.09, 0.09]) * (1 / n + 1 / m))
    assert np.abs(np.median(errors, axis=0) / wanted - 1).max() < 0.03
    # The few draws' own error varies with their tail; that of the pooled variance hardly does.
    apart = np.hypot(a.errors, b.errors)
    assert errors[:, 1].std() < 0.6 * apart[:, 1].std()


def test_few_draws_without_a_tail_do_not_alarm() -> None:
    """The deviation of skewed draws is low where the tail was missed, and its own error then is low as well."""
    a = describe(independent(3, 4000))
    b = describe(independent(4, 50), a.places)
    errors, _ = difference_errors(a, b)
    away = (b.values[:, 1] - a.values[:, 1]) / errors[:, 1]
    apart = (b.values[:, 1] - a.values[:, 1]) / np.hypot(a.errors, b.errors)[:, 1]
    assert np.mean(apart < -1.96) > 2 * 0.025  # what it was
    assert np.mean(away < -1.96) < 2 * 0.025


def figures(errors: list[float], sizes: list[float]) -> Figures:
    return Figures(np.array([[1.0, 1.0, 0.1, 0.1]]), np.array([errors]), np.array([sizes]), np.zeros((1, 2)))


def test_what_has_no_error_gets_none() -> None:
    one = figures([0.1, np.nan, np.nan, 0.01], [100, np.nan, 100, 100])
    other = figures([0.0, 0.1, 0.01, 0.01], [np.nan, 100, 100, 100])
    errors, _ = difference_errors(one, other)
    assert errors[0, 0] == 0.1  # the other is a constant
    assert np.isnan(errors[0, 1:3]).all()
    assert np.isclose(errors[0, 3], np.sqrt(0.09 * 2 / 100))
