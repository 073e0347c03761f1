"""What the claims of tiny data would notice, and a posterior that only some variants lack."""

from __future__ import annotations

from typing import Any

import pytest

from triptych.models import tiny_data
from triptych.panels.problem import compiled
from triptych.problem.table import Status


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    comparison = solved("tiny_data")
    assert comparison.problems == []
    return comparison


def test_claims_notice_another_prior(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiny_data, "SHAPE", 3.5)
    for claim in (tiny_data.mode_is_conjugate, tiny_data.mean_is_conjugate):
        assert not claim(run).holds, claim.__name__
    monkeypatch.undo()
    monkeypatch.setattr(tiny_data, "WORTH", 20.0)
    assert not tiny_data.interval_is_students(run).holds


def test_claims_notice_another_constant(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiny_data, "CONSTANT", 0.0101)
    for claim in (tiny_data.constant_is_a_prior, tiny_data.constant_is_the_answer):
        assert not claim(run).holds, claim.__name__


def test_four_observations_have_a_posterior_under_the_constant() -> None:
    # Its tail falls like variance^(-1/2) per unit of the logarithm: each factor of e holds exp(-1/2) of the one before.
    masses = [tiny_data._mass(4, (10.0**k, 10.0 ** (k + 1))) for k in (8, 9, 10)]
    assert masses[1] / masses[0] == pytest.approx(10**-0.5, rel=1e-6)
    assert masses[2] / masses[1] == pytest.approx(10**-0.5, rel=1e-6)


def test_a_study_knows_which_settings_have_no_posterior() -> None:
    scenario = tiny_data.scenario
    known = {name: scenario.without_posterior(name) for name in scenario.variants}
    assert {name for name, said in known.items() if said is not None} == {"constant_n3", "constant_n1"}
    with_constant = compiled(scenario, scenario.variants["constant_n3"], tiny_data.data(3))
    assert with_constant.no_posterior is not None
    assert with_constant.no_posterior[0] is Status.NO_POSTERIOR
    assert compiled(scenario, {}, tiny_data.data(3)).no_posterior is None
