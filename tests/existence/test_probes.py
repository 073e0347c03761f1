"""Each probe is one file, finds what it is for, and stands beside its findings in the verdict."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from tests.gallery import CASES
from triptych.engine.engine import LIKELIHOOD, Engine
from triptych.existence import probes
from triptych.existence.findings import Edge, Finding, LevelPath, Place, Rays, Rise, Unidentified
from triptych.existence.probe import Probe
from triptych.existence.search import PROBES, find
from triptych.existence.verdict import Verdict
from triptych.optimise.objective import make_objective

STALLED, EDGE, WALK = "random steps where an ascent stalled", "edge of the domain", "directions followed"
BY_NAME = {case.name: case for case in CASES}


def of_likelihood(name: str) -> Verdict:
    return find(make_objective(Engine.build(BY_NAME[name].build()), LIKELIHOOD)[0], seed=1)


def test_every_probe_is_one_file_and_is_asked_once() -> None:
    listed = [type(probe) for probe in PROBES]
    assert len(set(listed)) == len(listed)
    assert len({probe.name for probe in PROBES}) == len(PROBES)
    for module in pkgutil.iter_modules(probes.__path__):
        kinds = vars(importlib.import_module(f"{probes.__name__}.{module.name}")).values()
        own = [k for k in kinds if isinstance(k, type) and issubclass(k, Probe) and k.__module__.endswith(module.name)]
        assert len(own) == 1, module.name
        assert own[0] in listed


def test_the_cases_of_a_probe_are_in_the_gallery() -> None:
    assert {name for probe in PROBES for name in probe.cases} <= set(BY_NAME)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ridge", []),
        ("exact_parabola", [("ascent that ran away", Rise)]),
        ("complete_separation", [(WALK, Rays)]),
        ("median_of_even", [(WALK, Unidentified)]),
        ("zero_counts_gamma_1", [("coordinates pushed away", LevelPath), (WALK, Rays)]),
        ("uniform_upper_end", [(STALLED, Place), (EDGE, Place), (WALK, Edge)]),
        ("mode_of_a_triangle", [("kink beside a stalled ascent", Place)]),
    ],
)
def test_the_verdict_says_which_probe_found_what(name: str, expected: list[tuple[str, type[Finding]]]) -> None:
    verdict = of_likelihood(name)
    assert [(finding.by, type(finding)) for finding in verdict.findings] == expected
    assert verdict.record.count("(") == len(expected)
    for by, kind in expected:
        assert f"{kind.what} ({by})" in verdict.record


def test_a_verdict_is_frozen_and_a_further_finding_makes_another() -> None:
    verdict = of_likelihood("complete_separation")
    with pytest.raises(FrozenInstanceError):
        verdict.settled = False
    with pytest.raises(FrozenInstanceError):
        verdict.findings[0].by = "another"
    place = Place(verdict.objective.at(np.zeros(verdict.objective.size)), rounding_error=0.5)
    longer = verdict.having(place, Edge(np.eye(verdict.objective.size)[:1]), by="hand")
    assert longer.cliff.shape == (1, verdict.objective.size)
    assert np.array_equal(longer.point.z, np.zeros(verdict.objective.size))
    assert longer.rounding_error == 0.5
    assert [finding.by for finding in longer.findings] == [WALK, "hand", "hand"]
    assert verdict.cliff.shape == (0, verdict.objective.size)


def test_findings_are_carried_to_other_coordinates() -> None:
    ray = Rays(np.array([[1.0, 0.0]]), by="hand")
    to_three = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    assert np.array_equal(ray.mapped(to_three, np.ones(3)).directions, [[0.0, 0.0, 1.0]])
    path = LevelPath(0, np.array([2.0, 1.0])).mapped(to_three, np.ones(3))
    assert path.position == 2
    assert np.array_equal(path.direction, [0.0, 1.0, 2.0])
