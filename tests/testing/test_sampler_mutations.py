"""Mistakes in the code of a sampler, each found at default settings; what only costs time is none.

The sampler is that of studies, whose source is changed in one place and which then draws for the panel; what concerns
NUTS is changed in the density that is handed to it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pymc as pm
import pytest

import triptych
from tests.testing.mutants import HARMLESS_SAMPLERS, SAMPLER_MUTANTS, STAYS_IN_A_MODE, Mutant, sampler_of
from triptych.panels import mcmc
from triptych.testing import Agreement, Baseline
from triptych.testing.of_comparison import of_comparison

Y = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])


def normal() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        sigma = pm.HalfNormal("sigma", 1)
        pm.Normal("y", mu, sigma, observed=Y)
    return model


def two_modes() -> pm.Model:
    """A root of which the sign is hardly known: two modes, between which a sampler comes and goes."""
    with pm.Model() as model:
        root = pm.Normal("root", 0.15, 1)
        pm.Normal("y", root**2, 1, observed=np.array([1.4, 0.9]))
    return model


class Case:
    """A model with its baseline, at the settings that a user has who sets none."""

    def __init__(self, model: pm.Model) -> None:
        self.comparison = triptych.compare(model, methods=("map", "mcmc"), profile=False, progressbar=False)
        self.baseline = Baseline.of(self.comparison)

    def held(self, sampler: Any, monkeypatch: pytest.MonkeyPatch) -> Agreement:
        """Sample with another sampler, and hold what comes against the baseline."""
        given = of_comparison(self.comparison)
        variant = given.variants["default"]
        assert variant.redraw is not None
        with monkeypatch.context() as patched:
            patched.setattr(mcmc, "sample", sampler)
            again = replace(given, variants={"default": replace(variant, sampled=variant.redraw(1, 5))})
            return self.baseline.compare(again)  # which draws again where the first look is suspicious


@pytest.fixture(scope="module")
def plain() -> Case:
    return Case(normal())


@pytest.fixture(scope="module")
def forked() -> Case:
    return Case(two_modes())


@pytest.mark.parametrize("mutant", SAMPLER_MUTANTS, ids=str)
def test_a_mistake_in_the_sampler_is_found(plain: Case, mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    found = plain.held(sampler_of(mutant), monkeypatch)
    assert (found.verdict, found.causes) == ("disagree", mutant.causes)


def test_chains_that_never_leave_a_mode_are_found(forked: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    found = forked.held(sampler_of(STAYS_IN_A_MODE), monkeypatch)
    assert (found.verdict, found.causes) == ("disagree", ("sampler",))


@pytest.mark.parametrize("mutant", HARMLESS_SAMPLERS, ids=str)
def test_what_only_costs_draws_is_no_mistake(plain: Case, mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    found = plain.held(sampler_of(mutant), monkeypatch)
    assert (found.verdict, found.causes) == ("agree", ())
