"""Which rule of the table decides the status of a scalar."""

from __future__ import annotations

import numpy as np
import pytest

from tests.gallery import CASES
from triptych.engine.engine import LIKELIHOOD, Engine
from triptych.engine.estimands import resolve
from triptych.estimates.optimum import Optimum
from triptych.estimates.reasons import Reasons
from triptych.estimates.scalar import Scalar
from triptych.estimates.status_rules import RULES, decide
from triptych.existence.search import find
from triptych.optimise.objective import make_objective
from triptych.problem.table import Status

BY_NAME = {case.name: case for case in CASES}


@pytest.mark.parametrize(
    ("name", "rule", "status"),
    [
        ("ridge", "", Status.OK),
        ("complete_separation", "along_a_ray", Status.AT_INFINITY),
        ("exact_parabola", "without_limit", Status.UNBOUNDED),
        ("duplicated_column", "level", Status.NOT_IDENTIFIED),
        ("uniform_upper_end", "on_an_edge_of_the_domain", Status.AT_BOUNDARY),
        ("column_of_zeros", "not_known", Status.NOT_IN_LIKELIHOOD),
        ("empty_category_dirichlet_1", "on_the_edge_of_a_simplex", Status.AT_BOUNDARY),
    ],
)
def test_the_first_rule_that_applies_decides(name: str, rule: str, status: Status) -> None:
    engine = Engine.build(BY_NAME[name].build())
    objective, unknown = make_objective(engine, LIKELIHOOD)
    optimum = Optimum(find(objective, seed=1), unknown)
    estimands = resolve(engine)
    said = Reasons(optimum, estimands, "mle")
    seen = []
    for estimand in estimands:
        gradient, values = estimand.slopes(optimum.jacobian), optimum.natural_values[estimand.name].ravel()
        for i, value in enumerate(values):
            scalar = Scalar(optimum, estimand, i, gradient[i], float(value))
            decided = decide(scalar, said)
            first = next((r.__name__ for r in RULES if r(scalar, said) is not None), "")
            seen.append((first, decided.status))
            assert bool(decided.reason) == bool(first)
            assert np.isfinite(decided.estimate) == (decided.status in (Status.OK, Status.AT_BOUNDARY))
    assert (rule, status) in seen
    assert {decided for by, decided in seen if by == rule} == {status}
