"""Directions that rows leave free, and the scales of coordinates."""

from __future__ import annotations

import numpy as np

from triptych.base.linalg import equilibrate, independent, null_space, unit_rows
from triptych.base.text import counted, join, join_all, listed, numbered, said, sentence

RNG = np.random.default_rng(1)


def test_rows_of_any_length_leave_the_same_directions_free() -> None:
    rows = RNG.normal(size=(2, 5))
    sized = rows * np.array([[1e12], [1e-12]])  # a rank by their own lengths would count one row only
    free = null_space(sized)
    assert free.shape == (5, 3)
    np.testing.assert_allclose(free.T @ free, np.eye(3), atol=1e-14)
    np.testing.assert_allclose(rows @ free, 0, atol=1e-14)
    assert independent(sized) == 2
    assert independent(np.vstack([sized, sized[0] * 1e-20 + sized[1] * 1e4])) == 2


def test_rows_of_zeros_and_no_rows_leave_everything_free() -> None:
    assert null_space(np.zeros((2, 3))).shape == (3, 3)
    np.testing.assert_array_equal(null_space(np.zeros((0, 3))), np.eye(3))
    np.testing.assert_array_equal(unit_rows(np.zeros((1, 3))), np.zeros((1, 3)))
    assert independent(np.zeros((2, 3))) == 0


def test_a_coordinate_without_curvature_has_the_scale_one() -> None:
    np.testing.assert_array_equal(equilibrate(np.diag([-4.0, 0.0, 0.25])), [0.5, 1.0, 2.0])


def test_lists_are_cut_and_say_by_how_many() -> None:
    assert join(["a", "b"]) == "a, b"
    assert join(list("abcd"), 2) == "a, b and 2 more"
    assert listed(["a", 2], 1) == "'a' and 1 more"
    assert [join_all(names) for names in ([], ["a"], ["a", "b"], list("abc"))] == ["", "a", "a and b", "a, b and c"]
    assert numbered([3]) == "row 3"
    assert numbered(list(range(10))) == "rows 0, 1, 2, 3, 4, 5, 6, 7 and 2 more"


def test_numbers_and_values_stand_in_sentences() -> None:
    assert (counted(1, "row"), counted(2, "row")) == ("1 row", "2 rows")
    assert sentence("nothing fell") == "Nothing fell."
    assert said("x" * 60) == "'" + "x" * 36 + "..."
    assert said(10**5000) == "a long int"
