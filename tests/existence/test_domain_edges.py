"""Shares of a whole of which some are zero: each is on the edge of the support, however many there are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest

import triptych


def solved(counts: list[int]) -> Any:
    with pm.Model() as model:
        pm.Multinomial("n", sum(counts), pm.Dirichlet("p", np.ones(len(counts))), observed=counts)
    return triptych.compare(model, methods=("mle", "map"), profile=False)["default"]


@pytest.mark.parametrize("counts", [[5, 3, 0, 0], [0, 0, 5, 3], [0, 5, 0, 3], [0, 3, 0, 2, 0]])
def test_unseen_categories_are_at_zero_and_the_others_have_their_shares(counts: list[int]) -> None:
    solution = solved(counts)
    for method in ("mle", "map"):  # under a uniform prior the mode is the same
        assert solution.statuses(method, "p") == ["ok" if count else "at_boundary" for count in counts]
        found, exact = solution.values(method, "p"), np.array(counts) / sum(counts)
        assert np.all(found[exact == 0] == 0)
        assert found == pytest.approx(exact, rel=1e-9)
        for row, count in zip(solution.rows(method, "p"), counts, strict=True):
            said = "the interval holds fixed" if count else "0, the edge of the support"
            assert said in row.reason


def test_a_category_that_has_all_is_at_one() -> None:
    solution = solved([5, 0, 0, 0])
    for method in ("mle", "map"):
        assert solution.statuses(method, "p") == ["at_boundary"] * 4
        assert list(solution.values(method, "p")) == [pytest.approx(1.0, abs=1e-12), 0.0, 0.0, 0.0]
