"""The verdicts on the gallery: the right status and, where it is known, the right value."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
import pytest

import triptych
from tests.gallery import CASES, REFUSED, Case, Refusal
from tests.gallery.case import BOTH
from tests.gallery.facts import is_flat, jumps, nearly_dependent
from tests.some import one_in
from triptych.base.errors import InputError
from triptych.problem.advice import Advice


@pytest.fixture(scope="module", params=one_in(3, CASES), ids=lambda case: case.name)
def solved(request: pytest.FixtureRequest) -> tuple[Case, Any]:
    """One case and the table of its estimates; compiled once for all that is asked of it."""
    case: Case = request.param
    model = case.build()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        comparison = triptych.compare(model, estimands=case.estimands, methods=BOTH, random_seed=1, **case.options)
    # What is wrong with a model is in its statuses; a library's warning tells the user nothing to act on.
    assert not said, [f"{w.category.__name__}: {w.message}" for w in said]
    return case, comparison.estimates


def test_the_statuses_are_right(solved: tuple[Case, Any]) -> None:
    case, table = solved
    assert set(table["method"]) == set(BOTH)
    wrong = [
        f"{row.method} {row.estimand}[{row.label}]: {row.status}, not {want} ({row.reason})"
        for row in table.itertuples()
        if row.status != (want := case.expected(row.method, row.estimand, row.label))
    ]
    assert not wrong, "\n".join([case.note, *wrong])


def test_the_values_are_right(solved: tuple[Case, Any]) -> None:
    case, table = solved
    for (method, estimand), answer in case.answers.items():
        rows = table[(table["method"] == method) & (table["estimand"] == estimand)]
        if rows.empty and case.estimands is not None:
            continue  # known for the check of the answers, not asked for here
        known = np.ravel(np.asarray(answer.value, float))
        assert len(rows) == known.size, (method, estimand)
        asked = np.isfinite(known)
        found = rows["estimate"].to_numpy(float)
        # A part in a million of the value or of its standard error, whichever is the larger.
        width = np.nan_to_num(rows["std_error"].to_numpy(float))
        allowed = answer.rtol * np.maximum(np.abs(known), width) + answer.atol
        gap = np.abs(found - known)
        assert np.all(gap[asked] <= allowed[asked]), (method, estimand, found, known)


FACTS: dict[str, Callable[[Case, pm.Model], bool]] = {
    "improper": lambda _, model: any(is_flat(rv) for rv in model.free_RVs),
    "proper": lambda _, model: not model.potentials and not any(is_flat(rv) for rv in model.free_RVs),
    "dependent": lambda _, model: nearly_dependent(model),
    "not proper": lambda _, model: bool(model.potentials) or any(is_flat(rv) for rv in model.free_RVs),
    "unbounded": lambda case, _: case.expected("map", "") == "unbounded",
    "jump": lambda case, model: jumps(model, tuple(case.options.get("likelihood", ()))),
}


def test_advice_rests_on_what_is_so(solved: tuple[Case, Any]) -> None:
    """A proper prior is advised only where one is improper, centring only where columns nearly depend, and so on."""
    case, table = solved
    model = case.build()
    said = {advice for advice in Advice if any(advice in reason for reason in table["reason"])}
    wrong = [advice for advice in said if advice.supposes and not FACTS[advice.supposes](case, model)]
    assert not wrong
    assert not any("unconstrained" in reason for reason in table["reason"])


@pytest.mark.parametrize(
    ("name", "jump", "dependent"),
    [
        ("switch_point", True, False),
        ("longley_raw", False, True),
        ("ridge", False, False),
        ("steep_step", False, False),
        ("median_of_odd", False, False),
        ("uniform_upper_end", False, False),
    ],
)
def test_the_facts_are_derived_from_the_model(name: str, jump: bool, dependent: bool) -> None:
    """Steps of a switch are told from kinks and steep slopes, and powers of a trend from a design that is sound."""
    model = next(case for case in CASES if case.name == name).build()
    assert (jumps(model), nearly_dependent(model)) == (jump, dependent)


@pytest.mark.parametrize("refusal", REFUSED, ids=lambda refusal: refusal.name)
def test_what_cannot_be_done_is_refused_by_name(refusal: Refusal) -> None:
    model = refusal.build()
    with pytest.raises(InputError) as caught:
        triptych.compare(model, methods=BOTH, random_seed=1, **refusal.options)
    assert refusal.names in str(caught.value)
