"""Moments that are known to exist are not denied by the tail of some draws; those that are not known stay doubtful."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

import triptych
from tests.sampling.test_gate import clean
from triptych.engine.engine import Engine
from triptych.graph.moments import with_every_moment
from triptych.panels.circumstances import is_bounded
from triptych.sampling.gate import error_of_deviation, status_of

Make = Callable[[], Any]

# By theory: a log-normal variable has every moment and so has one over it; exp(a X) of an exponential X has those below
# 1 / a; Student's t those below its degrees of freedom; ratios of normals, and what a rate near zero spreads, none.
EVERY: dict[str, Make] = {
    "normal": lambda: pm.Normal("x", 0, 5),
    "exp of a normal": lambda: pt.exp(pm.Normal("x", 0, 5)),
    "one over it": lambda: 1 / pt.exp(pm.Normal("x", 0, 5)),
    "log of a log-normal": lambda: pt.log(pm.LogNormal("x", 0, 2)),
    "one over a log-normal": lambda: pm.LogNormal("x", 0, 2) ** -2,
    "normal of a normal mean and half-normal scale": lambda: pm.Normal("x", pm.Normal("m"), pm.HalfNormal("s")),
    "square": lambda: pm.Laplace("x", 0, 1) ** 2,
    "product": lambda: pm.Normal("x") * pm.Gamma("g", 2, 3),
    "bounded whatever follows": lambda: pm.math.invlogit(pm.Cauchy("x", 0, 1)),
    "exp of what is bounded": lambda: pt.exp(pm.Uniform("x", -3, 3) * 2),
    "sum of squares": lambda: (pm.Normal("x", 0, 1, shape=3) ** 2).sum(),
    "linear in several": lambda: pt.dot(np.ones((2, 3)), pm.Normal("x", 0, 1, shape=3))[1],
    "ratio to a log-normal": lambda: pm.Normal("x") / pm.LogNormal("s", 0, 1),
    "one over a uniform off zero": lambda: 1 / pm.Uniform("x", 1, 2),
    "softplus": lambda: pm.math.log1pexp(pm.Normal("x", 0, 3)),
}
NOT_ALL: dict[str, Make] = {
    "student": lambda: pm.StudentT("x", nu=5, mu=0, sigma=1),
    "exp of an exponential": lambda: pt.exp(1.6 * pm.Exponential("x", 1)),
    "exp of a squared normal": lambda: pt.exp(pm.Normal("x") ** 2),
    "exp of a product of normals": lambda: pt.exp(pm.Normal("x") * pm.Normal("z")),
    "ratio of normals": lambda: pm.Normal("x") / pm.Normal("z"),
    "one over a uniform from zero": lambda: 1 / pm.Uniform("x", 0, 1),
    "one over a gamma": lambda: 1 / pm.Gamma("x", 2, 1),
    "inverse gamma": lambda: pm.InverseGamma("x", 3, 1),
    "half-cauchy scale": lambda: pm.Normal("x", 0, pm.HalfCauchy("s", 1)),
    "exponential of a half-normal rate": lambda: pm.Exponential("x", pm.HalfNormal("s")),
    "log-normal of a half-normal scale": lambda: pm.LogNormal("x", 0, pm.HalfNormal("s")),
    "negative power": lambda: pm.Normal("x") ** -2,
    "product of exponentials of exponentials": lambda: pt.exp(pm.Exponential("x", 1, shape=2)).prod(),
    "flat": lambda: pm.Flat("x"),
}


@pytest.mark.parametrize("name", [*EVERY, *NOT_ALL])
def test_a_graph_tells_what_has_every_moment(name: str) -> None:
    with pm.Model() as model:
        pm.Deterministic("shown", {**EVERY, **NOT_ALL}[name]())
    assert ("shown" in with_every_moment(model)) == (name in EVERY)


def test_a_potential_or_a_flat_prior_leaves_nothing_known() -> None:
    for spoil in (lambda: pm.Potential("p", pt.constant(1.0)), lambda: pm.Flat("other")):
        with pm.Model() as model:
            pm.Normal("x")
            spoil()
        assert with_every_moment(model) == set()


def test_a_likelihood_is_bounded_or_not() -> None:
    """Two different data under one mean keep sigma off zero; one datum does not."""
    for data, bounded in (([1.0, 2.0], True), ([1.0], False)):
        with pm.Model() as model:
            pm.Normal("y", pm.Normal("mu", 0, 5), pm.HalfNormal("sigma", 1), observed=data)
        engine = Engine.build(model)
        assert is_bounded(engine, None) == bounded
        mle = triptych.compare(model, methods=("mle",), profile=False)["default"].panels["mle"]
        assert is_bounded(engine, mle) == bounded


def test_a_long_tail_does_not_overrule_what_is_known() -> None:
    said = [status_of(clean(), 0.88, None, unsure=unsure) for unsure in (None, 0.05, 0.3)]
    assert [str(status) for status, _ in said] == ["no_moment", "ok", "unreliable"]
    assert "its own error is 30%" in said[2][1]
    assert "a prior with lighter tails" not in status_of(clean(), 0.88, None, free=False)[1]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_error_of_a_standard_deviation_is_that_over_many_samples(seed: int) -> None:
    """Of exponential samples the kurtosis is 9, so that the error is sqrt(8 / n) / 2."""
    samples = np.random.default_rng(seed).exponential(size=(4000, 500))
    truth = float(np.std(samples.std(axis=1)) / samples.std())
    assert truth == pytest.approx(np.sqrt(8 / 500) / 2, rel=0.1)
    found = [error_of_deviation(draws, 500) for draws in samples[:400]]
    assert np.mean(found) == pytest.approx(truth, rel=0.25)
    assert error_of_deviation(np.zeros(9), 9) == np.inf


def test_moments_that_exist_and_that_draws_cannot_estimate_are_unreliable() -> None:
    """Of the mean exp(50) of a log-normal variable, whose logarithm has deviation ten, no draw comes near."""
    with pm.Model() as model:
        eta = pm.Normal("eta", 0, 10)
        pm.Deterministic("odds", pt.exp(eta))
        pm.Deterministic("inverse", 1 / eta)
        pm.Bernoulli("y", pm.math.invlogit(0.001 * eta), observed=[0, 1])
    solution = triptych.compare(model, methods=("mcmc",), draws=500, tune=500)["default"]
    rows = {name: solution.row("mcmc", name) for name in ("eta", "odds", "inverse")}
    assert {name: str(row.status) for name, row in rows.items()} == {
        "eta": "ok", "odds": "unreliable", "inverse": "no_moment",
    }  # fmt: skip
    assert "the prior has all moments and the likelihood is bounded" in rows["odds"].reason
    assert np.log([rows["odds"].lower, rows["odds"].upper]) == pytest.approx([-19.6, 19.6], abs=3)
    medians = {r.estimand: r for r in solution.panels["mcmc"].intervals if r.estimate_kind == "median"}
    assert medians["odds"].status == "ok"
    assert np.log(medians["odds"].estimate) == pytest.approx(0.0, abs=2)
