"""The figures by which two values of an objective are told apart."""

from __future__ import annotations

import numpy as np
import pytest

from triptych.existence.tolerance import MEASURED, Tolerance


@pytest.mark.parametrize("rounding", [0.0, 1e-15, 1e-9, 1e-3])
@pytest.mark.parametrize("size", [1.0, 1e4])
def test_the_more_is_asked_of_a_difference_the_larger_it_has_to_be(rounding: float, size: float) -> None:
    tolerance = Tolerance(rounding, size)
    assert MEASURED * rounding <= tolerance.same <= tolerance.reached <= tolerance.higher
    assert tolerance.same <= tolerance.level <= tolerance.higher


def test_differences_of_sums_of_many_terms_are_within_the_measured_rounding() -> None:
    """The error that is measured by shaking a point covers the spread of sums of the same terms in other orders."""
    rng = np.random.default_rng(1)
    terms = rng.normal(size=2000) * 1e4
    sums = [float(np.cumsum(rng.permutation(terms))[-1]) for _ in range(200)]
    measured = max(abs(one - sums[0]) for one in sums[1:7])
    assert np.ptp(sums) <= Tolerance(measured, 1 + abs(sums[0])).same
