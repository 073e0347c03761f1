"""The gallery: models of known answer, regular and hard, as data for the tests."""

from __future__ import annotations

from . import boundaries, families, infinity, regressions
from .case import Case, Refusal
from .refused import REFUSED

CASES: tuple[Case, ...] = (
    *regressions.CASES,
    *families.CASES,
    *boundaries.CASES,
    *infinity.CASES,
)

__all__ = ["CASES", "REFUSED", "Case", "Refusal"]
