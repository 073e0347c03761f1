"""Advice is given on facts: what a reason asserts of priors, jumps, tails and scales is so of the model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest

import triptych
from tests.sampling.test_gate import clean
from tests.some import one_in
from triptych.engine.engine import Engine
from triptych.graph.priors import improper, is_proper
from triptych.panels.circumstances import circumstances, endless
from triptych.problem.advice import Advice
from triptych.problem.table import Status
from triptych.sampling.circumstances import Circumstances
from triptych.sampling.gate import LEVEL, advice, beyond

POINTS: dict[str, Any] = {"methods": ("mle", "map"), "profile": False}
YEARS = np.arange(1950.0, 2020.0, 2)


def draws(engine: Engine, width: float = 1.0) -> np.ndarray:
    """Points around the start, in the place of draws."""
    return engine.graph.start + width * np.random.default_rng(1).standard_normal((400, engine.size))


def groups(count: int, *, flat_mean: bool = True) -> pm.Model:
    with pm.Model() as model:
        tau = pm.HalfFlat("tau")
        mu = pm.Flat("mu") if flat_mean else pm.Normal("mu", 0, 10)
        theta = pm.Normal("theta", mu, tau, shape=count)
        pm.Normal("y", theta, 1.0, observed=np.arange(count) * 2.0)
    return model


def normal(n: int, power: float) -> pm.Model:
    """Normal data under a flat mean and a prior sigma ** -power."""
    with pm.Model() as model:
        mu, sigma = pm.Flat("mu"), pm.HalfFlat("sigma")
        pm.Potential("prior", -power * pm.math.log(sigma))
        pm.Normal("y", mu, sigma, observed=np.arange(float(n)) ** 2)
    return model


def counts(mean: float) -> pm.Model:
    with pm.Model() as model:
        pm.Poisson("y", pm.math.exp(pm.Flat("eta")), observed=[mean, 0.0])
    return model


# The integral over the others goes as tau ** -(J - 1), and so as sigma ** -(n - 1 + power), of which that over mu is a
# like power: finite above one. That of
# exp(-2 exp(eta)) over eta is infinite below, and one event makes it finite.
@pytest.mark.parametrize(
    ("build", "end"),
    [
        (lambda: groups(2), "tau goes to +infinity"),
        (lambda: groups(3), ""),
        (lambda: groups(2, flat_mean=False), ""),
        (lambda: groups(1, flat_mean=False), "tau goes to +infinity"),
        (lambda: normal(2, 0.0), "mu goes to +infinity"),
        (lambda: normal(2, 1.0), ""),
        (lambda: normal(3, 0.0), ""),
        (lambda: normal(2, 0.03), "mu goes to +infinity"),  # finite, and too close to what is not to be told from it
        (lambda: normal(2, 0.07), ""),
        (lambda: counts(0), "eta goes to -infinity"),
        (lambda: counts(1), ""),
    ],
)
def test_an_improper_posterior_is_told_by_its_density_far_out(build: Any, end: str) -> None:
    engine = Engine.build(build())
    assert endless(engine, draws(engine)) == end


def test_priors_are_told_to_be_proper_or_not() -> None:
    with pm.Model() as proper:
        pm.Normal("y", pm.Normal("mu", pm.Cauchy("centre", 0, 1), 1), pm.HalfCauchy("sigma", 1), observed=[1.0])
    with pm.Model() as walk:
        steps = pm.GaussianRandomWalk("walk", sigma=pm.HalfNormal("step", 1), init_dist=pm.Flat.dist(), steps=2)
        pm.Normal("y", steps, 1, observed=[1.0, 2.0, 3.0])
    with pm.Model() as own:
        pm.Normal("y", pm.CustomDist("mu", logp=lambda value: 0 * value), 1, observed=[1.0])
    assert (improper(proper), is_proper(proper)) == ((), True)
    assert (improper(walk), is_proper(walk)) == (("walk",), False)
    assert (improper(own), is_proper(own)) == ((), False)
    assert (improper(groups(2)), is_proper(groups(2))) == (("tau", "mu"), False)
    assert improper(normal(2, 1.0)) == ("mu", "sigma")


def change(mean: Any) -> pm.Model:
    y = np.r_[np.full(12, 4), np.full(8, 1)]
    with pm.Model() as model:
        tau = pm.Uniform("tau", 0, 19)
        pm.Poisson("y", mean(np.arange(20.0), tau, pm.Exponential("early", 1), pm.Exponential("late", 1)), observed=y)
    return model


@pytest.mark.parametrize(
    ("mean", "names"),
    [
        (lambda t, tau, a, b: pm.math.switch(t < tau, a, b), ("tau",)),
        (lambda t, tau, a, b: a + (b - a) * pm.math.sigmoid(4 * (t - tau)), ()),
        (lambda t, tau, a, b: a + b * pm.math.floor(tau) / 19 + 0 * t, ("tau",)),
        (lambda t, tau, a, b: a + b * pm.math.maximum(t - tau, 0.0), ()),
    ],
    ids=["switch", "smooth step", "rounded", "joint of two lines"],
)
def test_what_jumps_is_told_from_what_is_smooth_or_has_a_kink(mean: Any, names: tuple[str, ...]) -> None:
    engine = Engine.build(change(mean))
    found = circumstances(engine, draws(engine))
    assert found == Circumstances((), True, names, "")


@pytest.mark.slow
def test_a_change_point_is_not_advised_to_have_a_proper_prior() -> None:
    """All its priors are proper: it is the steps of the density that no gradient shows."""
    model = change(lambda t, tau, a, b: pm.math.switch(t < tau, a, b))
    solution = triptych.compare(model, draws=100, tune=100, random_seed=2)["default"]
    for row in solution.panels["mcmc"].estimates:
        assert row.status == "unreliable"
        assert "the joint density jumps in tau" in row.reason
        assert Advice.SMOOTH_STEP in row.reason
        assert Advice.USE_PROPER not in row.reason


@pytest.mark.parametrize("degree", one_in(2, [3, 5]))
def test_powers_of_a_year_are_to_be_centred(degree: int) -> None:
    """Between themselves the powers are as good as equal: that is neither a redundancy nor a kink."""
    y = 3 + 0.01 * (YEARS - 1985) + np.cos(YEARS)
    with pm.Model() as model:
        b = pm.Normal("b", 0, 1e6, shape=degree + 1)
        mean = sum(b[k] * YEARS**k for k in range(degree + 1))
        pm.Normal("y", mean, pm.HalfNormal("sigma", 10), observed=y)
    rows = triptych.compare(model, **POINTS)["default"].rows("mle", "b")
    for row in rows:
        assert row.status in ("not_identified", "failed")
        assert "nearly depend on each other" in row.reason
        assert Advice.CENTRE in row.reason
        assert Advice.REDUNDANCY not in row.reason
        assert "smooth" not in row.reason


def test_a_redundancy_is_left_to_a_prior_only_where_there_is_one() -> None:
    said = {}
    for name, prior in (("flat", pm.Flat), ("normal", lambda n: pm.Normal(n, 0, 1))):
        with pm.Model() as model:
            pm.Normal("y", prior("a") + prior("b"), 1, observed=[1.0, 2.0, 4.0])
        said[name] = triptych.compare(model, **POINTS)["default"].row("mle", "a").reason
    assert said["flat"].endswith(f"{Advice.REDUNDANCY}, or {Advice.PROPER_PRIORS}")
    assert said["normal"].endswith(f"{Advice.REDUNDANCY}, or {Advice.PRIOR_DECIDES}")


def test_a_cutpoint_that_leaves_goes_by_its_own_name() -> None:
    with pm.Model() as model:
        cut = pm.Normal(
            "cut", 0, 10, shape=3, transform=pm.distributions.transforms.ordered, initval=np.array([-1.0, 0, 1])
        )
        pm.OrderedLogistic("y", eta=0.0, cutpoints=cut, compute_p=False, observed=[0, 0, 1, 1, 2, 2])
    row = triptych.compare(model, **POINTS)["default"].row("mle", "cut", "2")
    assert row.status == "at_infinity"
    assert "as cut[2] goes to +infinity:" in row.reason


def test_a_figure_shows_on_which_side_of_its_limit_it_is() -> None:
    assert beyond(1.0100004, 1.01, 3) == "1.0100004"
    assert beyond(1.0149, 1.01, 3) == "1.015"
    assert beyond(0.29996, 0.3, 2) == "0.29996"
    assert beyond(0.004, 0.3, 2) == "0.00"


@pytest.mark.parametrize("mode", [None, Status.NOT_IDENTIFIED, Status.AT_INFINITY, Status.UNBOUNDED])
@pytest.mark.parametrize(
    "known",
    [
        Circumstances((), True),
        Circumstances(("b",), False),
        Circumstances((), False),
        Circumstances((), True, ("tau",)),
        Circumstances(("b",), False, (), "b goes to +infinity"),
    ],
)
def test_draws_that_failed_are_advised_by_what_is_known(mode: Status | None, known: Circumstances) -> None:
    said = advice(clean(), mode, known)
    assert (Advice.USE_PROPER in said) == bool(known.endless or (known.improper and mode in LEVEL))
    assert ("improper" in said) == (Advice.USE_PROPER in said)
    assert (Advice.SMOOTH_STEP in said) == bool(known.jumps)
    assert (Advice.CHECK_PRIORS in said) == (mode in LEVEL and not known.proper and not known.improper)
    assert Advice.VANISHING_PRIOR not in said  # of chains that neither stand still nor are apart
