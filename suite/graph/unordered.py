"""Observed variables whose values have no order: categories, and angles."""

from __future__ import annotations

from typing import Any

from triptych.graph.priors import distribution

UNORDERED = ("Categorical", "VonMises")  # distributions of a category's number, and of an angle


def unordered(model: Any) -> tuple[str, ...]:
    """Return the names of the observed variables of which a largest value or a mean says nothing."""
    return tuple(rv.name for rv in model.observed_RVs if distribution(rv) in UNORDERED)
