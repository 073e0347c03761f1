"""What the claims about symbols and divergences would notice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from triptych.models import kl_projection as projection


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    comparison = solved("kl_projection")
    assert comparison.problems == []
    return comparison


def test_claims_notice_another_smoothing(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "SMOOTHING", 2.0)
    for claim in (projection.map_is_additive_smoothing, projection.mean_is_additive_smoothing):
        assert not claim(run).holds, claim.__name__


def test_claims_notice_another_mixture(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    projection._forward(), projection._reverse(-2.0), projection._reverse(2.0)
    monkeypatch.setattr(projection, "SHARE", 0.6)
    assert not projection.forward_is_the_moments(run).holds
    assert not projection.reverse_is_stationary(run).holds


def test_claims_notice_shares_that_are_not_the_pages(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page = projection._page(run)
    monkeypatch.setattr(projection, "_page", lambda comparison: np.roll(page, 1))
    for claim in (
        projection.mle_is_the_page,
        projection.surprise_is_entropy_and_divergence,
        projection.likelihood_is_the_cross_entropy,
        projection.perplexity_is_the_exponential,
    ):
        assert not claim(run).holds, claim.__name__


def test_a_blank_stands_between_two_words_and_nowhere_else() -> None:
    assert "".join(projection.SYMBOLS[k] for k in projection._symbols("  One, two --\nthree. ")) == "one two three"


def test_pairs_are_counted_by_the_letter_before() -> None:
    page = projection._symbols(projection.PAGE)
    pairs = projection._tables()["letters after a letter"][0]
    text = "".join(projection.SYMBOLS[k] for k in page)
    for pair in ("th", "e ", "qu", "ee"):
        rows = [projection.SYMBOLS.index(c) for c in pair]
        assert pairs[rows[0], rows[1]] == sum(text[k : k + 2] == pair for k in range(len(text)))
