"""The bound of a claim: a formula in tables, the same in words on the page."""

from __future__ import annotations

import pickle

import pytest

from triptych.problem.claims import Bound, Claim, at_least, at_most, between, equal


@pytest.mark.parametrize(
    ("outcome", "formula", "words"),
    [
        (at_most(1.0, 1e-8), "<= 1e-08", "at most 1e-08"),
        (at_least(1.0, 0.25), ">= 0.25", "at least 0.25"),
        (between(1.0, 0.5, 1.5), "in [0.5, 1.5]", "in [0.5, 1.5]"),
        (equal("ok", "ok"), "== ok", "exactly ok"),
        (equal(3, 3), "== 3", "exactly 3"),
        (equal(0.5, 1 / 3), "== 0.333333", "exactly 0.333333"),
        (equal("<= 3 rows", "<= 3 rows"), "== <= 3 rows", "exactly <= 3 rows"),
    ],
)
def test_a_bound_is_written_as_a_formula_and_in_words(outcome: Claim, formula: str, words: str) -> None:
    assert (outcome.bound, outcome.bound.words) == (formula, words)
    assert f"{outcome.bound}" == formula


def test_a_bound_keeps_its_words_between_processes() -> None:
    copy = pickle.loads(pickle.dumps(at_most(1.0, 2.0)))
    assert (copy.bound, copy.bound.words) == ("<= 2", "at most 2")


def test_a_text_as_bound_is_its_own_words() -> None:
    claim = Claim("small", "It is small.", 1.0, "<= 2 or so", True)  # type: ignore[arg-type]
    assert isinstance(claim.bound, Bound)
    assert claim.bound.words == "<= 2 or so"
