"""Of several outcomes of one claim the one that tells against it is reported."""

from __future__ import annotations

import numpy as np

from triptych.problem.claims import at_most, worst


def test_the_one_that_measured_most_is_reported() -> None:
    outcomes = [at_most(1.0, 4.0), at_most(3.0, 4.0), at_most(2.0, 4.0)]
    assert worst(outcomes) is outcomes[1]


def test_one_that_does_not_hold_is_reported_whatever_the_others_measured() -> None:
    """Bounds differ where the numbers of scalars do, and a figure that is not a number is larger than none."""
    wider = at_most(4.5, 4.8)
    assert not worst([at_most(4.4, 4.2), wider]).holds
    for outcomes in ([wider, at_most(np.nan, 4.0)], [at_most(np.nan, 4.0), wider]):
        assert not worst(outcomes).holds
