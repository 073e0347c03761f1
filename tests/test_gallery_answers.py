"""The gallery's own answers, held against PyMC's log-density without the engine under test."""

from __future__ import annotations

import pytest

from tests.gallery import CASES, REFUSED, Case, Refusal
from tests.gallery.case import BOTH
from tests.gallery.verify import check_along, check_deterministics, check_known
from tests.some import one_in


@pytest.mark.parametrize("case", one_in(3, CASES), ids=lambda case: case.name)
def test_the_answers_are_right(case: Case) -> None:
    model = case.build()
    checked = [check_known(case, method, model) for method in BOTH]
    for method in BOTH:
        check_deterministics(case, method, model)
    for path in case.along:
        check_along(model, path, tuple(case.options.get("likelihood", ())))
    assert any(checked) or case.along, "nothing about this case was checked"


def test_names_are_unique() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_expectation_names_something_in_the_model(case: Case) -> None:
    model = case.build()
    known = {v.name for v in (*model.free_RVs, *model.deterministics)}
    named = {name for e in case.expect.values() if not isinstance(e, str) for name in e}
    named |= {name for _, name in case.answers} | set(case.estimands or ())
    assert named <= known
    by_label = [
        (name, set(status))
        for e in case.expect.values()
        if not isinstance(e, str)
        for name, status in e.items()
        if not isinstance(status, str)
    ]
    for name, labels in by_label:
        (dim,) = model.named_vars_to_dims[name]
        assert labels <= set(model.coords[dim])


@pytest.mark.parametrize("refusal", REFUSED, ids=lambda refusal: refusal.name)
def test_a_model_to_refuse_can_be_built(refusal: Refusal) -> None:
    model = refusal.build()
    parts = (*model.basic_RVs, *model.deterministics, *model.data_vars, *model.potentials)
    names = {v.name for v in parts}
    words = {"observed", "free", *refusal.options.get("estimands", ())}
    words |= set(refusal.options.get("likelihood", ()))
    assert any(refusal.names in name for name in names | words)
