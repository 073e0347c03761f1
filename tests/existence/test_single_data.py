"""Which pushes a single datum may make up for, and which rises that it draws to are more than rounding."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import optimize, stats

import triptych
from triptych.engine.engine import POSTERIOR, Engine
from triptych.existence.probes.single_data import SingleData, _above_rounding, _point_on_a_datum, _ruinous
from triptych.existence.verdict import Verdict
from triptych.optimise.kinks import climb
from triptych.optimise.objective import make_objective


def pushed(losses: np.ndarray, size: int = 1) -> Any:
    """Return a verdict at zero, where a push of the first coordinate costs each datum so much."""
    engine = SimpleNamespace(pointwise=lambda z: {"y": -losses * (z[0] != 0)})
    objective = SimpleNamespace(engine=engine, size=size, full=lambda x: x)
    return SimpleNamespace(objective=objective, point=SimpleNamespace(z=np.zeros(size)))


@pytest.mark.parametrize(("ruined", "found"), [(7, False), (8, True)])
@pytest.mark.parametrize(("loss", "large"), [(0.9e4, False), (1.1e4, True)])
def test_a_push_is_ruinous_that_costs_three_quarters_of_the_data_ten_thousand(
    ruined: int, found: bool, loss: float, large: bool
) -> None:
    losses = np.where(np.arange(10) < ruined, loss, 0.0)
    assert _ruinous(pushed(losses), 0, 1.0) == (found and large)


def test_a_push_that_costs_every_datum_is_ruinous() -> None:
    """Eighteen units at the least slope of a rise without limit, 0.2 a unit."""
    assert [_ruinous(pushed(np.full(10, loss)), 0, 1.0) for loss in (3.5, 3.7)] == [False, True]


def test_two_data_a_parameter_may_be_fitted_exactly() -> None:
    assert [_ruinous(pushed(np.full(count, 1e9), size=5), 0, 1.0) for count in (10, 11)] == [False, True]


@pytest.mark.parametrize(("rise", "rounding", "found"), [(0.9, 1.0, False), (1.1, 1.0, True), (1e-6, 1e-8, True)])
def test_a_rise_of_one_is_none_of_rounding(rise: float, rounding: float, found: bool) -> None:
    objective = SimpleNamespace(rounding_error=lambda _: rounding)
    verdict: Any = SimpleNamespace(objective=objective, point=SimpleNamespace(value=0.0))
    end: Any = SimpleNamespace(value=rise, z=np.zeros(1))
    assert _above_rounding(verdict, end) == found


@pytest.mark.parametrize(("times", "found"), [(19.0, False), (21.0, True)])
def test_a_rise_of_twenty_rounding_errors_is_none_of_them(times: float, found: bool) -> None:
    objective = SimpleNamespace(rounding_error=lambda _: 1e-3)
    verdict: Any = SimpleNamespace(objective=objective, point=SimpleNamespace(value=0.0))
    assert _above_rounding(verdict, SimpleNamespace(value=times * 1e-3, z=np.zeros(1))) == found  # type: ignore[arg-type]


@pytest.mark.parametrize(("scales", "needed"), [(0, False), (6, True), (7, False)])
def test_single_data_are_tried_for_up_to_six_scales(scales: int, needed: bool) -> None:
    verdict: Any = SimpleNamespace(objective=SimpleNamespace(discrete=False, logarithmic=np.ones(scales, dtype=bool)))
    assert SingleData().needed(verdict) == needed


CLUSTER = [-1.0913, -1.3552, 0.2248, -1.1093, 1.1703, 0.7166, -1.9978, 0.2721, -1.1017, 0.0331]


@pytest.mark.parametrize(
    ("y", "flat"),
    [
        ([-0.2, -0.1, 0.1, 0.3], False),
        (list(stats.norm.ppf((np.arange(20) + 0.5) / 20) + 0.01), False),
        (list(np.linspace(0.1, 2.1, 11)), False),
        ([0.33204570105428116, -1.018593026094492, -1.051590655838181], False),
        ([-1.2894187467538587, 0.0206903940375912], False),
        (CLUSTER, False),
        ([3.9, -1.5, -3.9], True),
    ],
    ids=[
        "few",
        "many",
        "each better than the one before",
        "two that are close",
        "drawn from the other",
        "on three",
        "too narrow at the start",
    ],
)
def test_a_component_far_narrower_than_the_data_are_apart_is_on_the_best_of_them(y: list[float], flat: bool) -> None:
    """Between the data the density is level in the component's mean but for its prior, which has a mode of its own."""
    with pm.Model() as model:
        mu, sigma = pm.Flat("mu") if flat else pm.Normal("mu", 0, 5), pm.InverseGamma("sigma", 3, 0.01)
        pm.Mixture("y", w=[0.9, 0.1], comp_dists=[pm.Normal.dist(0, 1), pm.Normal.dist(mu, sigma)], observed=y)

    def fall(p: np.ndarray) -> float:
        terms = np.log(0.9 * stats.norm.pdf(y) + 0.1 * stats.norm.pdf(y, p[0], np.exp(p[1])))
        prior = (0.0 if flat else stats.norm.logpdf(p[0], 0, 5)) + stats.invgamma.logpdf(np.exp(p[1]), 3, scale=0.01)
        return -float(terms.sum() + prior)

    options = {"xatol": 1e-10, "fatol": 1e-13}
    starts = [[at, np.log(scale)] for at in (0.0, *y) for scale in (0.003, 0.01, 0.3)]
    ends = [optimize.minimize(fall, start, method="Nelder-Mead", options=options) for start in starts]
    best = min(ends, key=lambda end: end.fun).x
    found = triptych.compare(model, methods=("map",), random_seed=1).estimates
    assert list(found["status"]) == ["ok", "ok"]
    assert found["estimate"].to_numpy() == pytest.approx([best[0], np.exp(best[1])], rel=1e-5)


def test_of_all_data_the_best_is_returned() -> None:
    """From the prior's mode an ascent leads to each of them; the rounds of a search are few."""
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, 5), pm.InverseGamma("sigma", 3, 0.01)
        parts = [pm.Normal.dist(0, 1), pm.Normal.dist(mu, sigma)]
        pm.Mixture("y", w=[0.9, 0.1], comp_dists=parts, observed=[0.126, -0.132, 0.64, 0.105])
    objective = make_objective(Engine.build(model), POSTERIOR)[0]
    point, corner = climb(objective, objective.origin[objective.active])
    found = _point_on_a_datum(Verdict(objective, point, corner, objective.rounding_error(point.z), 1))
    assert found is not None
    assert found[0] == pytest.approx(0.64, abs=1e-3)
