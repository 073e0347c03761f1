"""The gallery: models of known answer, regular and hard, as data for the tests."""

from __future__ import annotations

from . import (
    boundaries,
    composite,
    domains,
    families,
    flat,
    hierarchies,
    infinity,
    kinks,
    latent,
    mixtures,
    regressions,
    scales,
    unbounded,
)
from .case import Case, Refusal
from .refused import REFUSED

CASES: tuple[Case, ...] = (
    *regressions.CASES,
    *families.CASES,
    *composite.CASES,
    *scales.CASES,
    *kinks.CASES,
    *boundaries.CASES,
    *domains.CASES,
    *infinity.CASES,
    *unbounded.CASES,
    *mixtures.CASES,
    *flat.CASES,
    *hierarchies.CASES,
    *latent.CASES,
)

__all__ = ["CASES", "REFUSED", "Case", "Refusal"]
