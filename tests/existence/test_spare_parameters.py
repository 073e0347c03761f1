"""Parameters to spare, and those that only look so: the parts of a sum whose best value is zero."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pymc as pm
import pytest

import triptych
from triptych.existence import spare_parameters


def rate(how: str, a: Any, b: Any) -> Any:
    """Return a rate that is the sum of two non-negative parts, or a function of it."""
    return {"sum": a + b, "saturating": 1 - pm.math.exp(-a - b), "beside another": a + b}[how]


@pytest.mark.parametrize("how", ["sum", "saturating", "beside another"])
def test_parts_of_a_sum_are_each_zero_where_its_maximum_is_zero(how: str) -> None:
    """With no event the likelihood falls in a + b, which is zero where a and b are, and nowhere else."""
    other, events = np.zeros(4), np.zeros(4, dtype=int)
    with pm.Model() as model:
        a, b = pm.HalfFlat("a"), pm.HalfFlat("b")
        mean = rate(how, a, b)
        if how == "beside another":
            other, events = np.array([0.0, 0, 0, 1, 1]), np.array([0, 0, 0, 3, 5])
            mean = mean + pm.HalfFlat("c") * other
        pm.Deterministic("total", a + b)
        pm.Poisson("y", mean + np.zeros(len(events)), observed=events)
    found = triptych.compare(model, methods=("mle", "map"), random_seed=1).estimates
    for method in ("mle", "map"):
        rows = found[found["method"] == method].set_index("estimand")
        for name in ("a", "b", "total"):
            assert (rows["status"][name], rows["estimate"][name]) == ("at_boundary", 0.0)
            assert np.isnan(rows["std_error"][name])
        if how == "beside another":
            # c alone has the last two counts: mean four, standard error sqrt(8) / 2.
            assert rows["status"]["c"] == "ok"
            assert rows["estimate"]["c"] == pytest.approx(4, rel=1e-6)
            assert rows["std_error"]["c"] == pytest.approx(np.sqrt(2), rel=1e-5)


@pytest.mark.parametrize("y", [[2, 5, 2], [3, 3, 3], [1, 1, 1], [0, 1, 2], [0, 0, 1]])
def test_of_a_sum_that_is_positive_the_parts_are_not_identified_and_the_total_is(y: list[int]) -> None:
    """Whether each term is fitted exactly, and whether one part is the total where the model starts, is no matter."""
    with pm.Model() as model:
        a, b = pm.HalfFlat("a"), pm.HalfFlat("b")
        pm.Deterministic("total", a + b)
        pm.Poisson("y", a + b, observed=y)
    rows = triptych.compare(model, methods=("mle",), random_seed=1).estimates.set_index("estimand")
    assert list(rows["status"][["a", "b", "total"]]) == ["not_identified", "not_identified", "ok"]
    assert rows["estimate"]["total"] == pytest.approx(np.mean(y), rel=1e-6)
    assert rows["std_error"]["total"] == pytest.approx(np.sqrt(np.mean(y) / len(y)), rel=1e-4)


@pytest.mark.parametrize(("slow", "way", "holds"), [(True, 9.0, True), (True, 11.0, False), (False, 11.0, True)])
def test_what_an_endless_ascent_carries_off_by_ten_units_is_not_held(
    monkeypatch: pytest.MonkeyPatch, slow: bool, way: float, holds: bool
) -> None:
    end: Any = SimpleNamespace(usable=True, slow=slow, z=np.array([-way, 0.0]))
    monkeypatch.setattr(spare_parameters, "climb", lambda *_: (end, None))
    monkeypatch.setattr(spare_parameters, "replace", lambda fewer, origin: fewer)
    whole: Any = SimpleNamespace(
        origin=np.zeros(2), active=np.arange(2), transformed=np.ones(2, dtype=bool), full=lambda x: x
    )
    fewer: Any = SimpleNamespace(origin=np.zeros(2), active=np.array([1]))
    assert (spare_parameters.held_elsewhere(whole, fewer) is not None) == holds
