"""Posterior means under powers of the prior: closed forms of a conjugate model, and what is not told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pymc as pm
import pytest
from scipy.stats import expon, norm

import triptych
from triptych.comparisons.explanation.measured import posterior_draws
from triptych.comparisons.explanation.power_scaling import power_scaled
from triptych.engine.numba_backend import NumbaBackend

Y = np.array([3.0, 5.0, 4.0, 6.0])
CENTRE, SCALE, ERROR = 1.0, 0.8, 2.0


@pytest.fixture(scope="module")
def solved():
    """A normal mean of known error under a normal prior, and an exponential rate that no other knows."""
    with pm.Model() as model:
        mu = pm.Normal("mu", CENTRE, SCALE)
        rate = pm.Exponential("rate", 2.0)
        pm.Normal("y", mu, ERROR, observed=Y)
        pm.Exponential("t", rate, observed=np.array([0.5, 2.0, 1.5]))
    return triptych.compare(model, draws=1000, tune=500, random_seed=3, profile=False, progressbar=False)["default"]


def _known(power):
    """Return the mean of ``mu`` under a normal prior to a power, whose precision it multiplies."""
    prior, data = power / SCALE**2, Y.size / ERROR**2
    return (prior * CENTRE + data * Y.mean()) / (prior + data)


def test_means_are_those_of_conjugate_posteriors(solved):
    found = power_scaled(solved, posterior_draws(solved, "mu", 0))
    assert found.known
    moved = {"weaker": _known(0.8) - _known(1), "stronger": _known(1.25) - _known(1)}
    for name, exact in moved.items():
        assert abs(getattr(found, name) - found.mean - exact) < 4 * found.error < abs(exact), name
    # A gamma posterior: an exponential prior to a power is exponential with the rate times that power.
    rate = power_scaled(solved, posterior_draws(solved, "rate", 0))
    for name, power in (("weaker", 0.8), ("stronger", 1.25)):
        exact = 4 / (2 + 4.0) - (power * 0 + 4) / (2 * power + 4.0)
        assert abs(rate.mean - getattr(rate, name) - exact) < 4 * rate.error < abs(exact), name
    assert found.shift == pytest.approx(
        max(abs(found.weaker - found.mean), abs(found.stronger - found.mean)) / found.sd
    )


def test_the_group_is_the_log_density_of_the_prior_at_each_draw(solved):
    tree = solved.panels["mcmc"].native
    mu, rate = (tree["posterior"][name].values for name in ("mu", "rate"))
    exact = norm(CENTRE, SCALE).logpdf(mu) + expon(scale=0.5).logpdf(rate)
    assert tree["log_prior"]["lprior"].values == pytest.approx(exact, abs=1e-12)
    engine, z = solved.engine, solved.panels["mcmc"].draws.reshape(-1, 2)[:5]
    *terms, prior = NumbaBackend(engine.graph).pointwise_many(z, tuple(engine.data.values()))
    assert prior == pytest.approx(engine.densities_many(z)[1], abs=1e-12)
    for mine, theirs in zip(terms, engine.pointwise_many(z).values(), strict=True):
        assert mine == pytest.approx(theirs, abs=1e-12)


def test_nothing_is_told_where_the_draws_do_not_know(solved):
    draws = posterior_draws(solved, "mu", 0)
    panel = solved.panels["mcmc"]
    failed = replace(panel, diagnostics={**panel.diagnostics, "gate": ["a reason"]})
    assert not power_scaled(replace(solved, panels={"mcmc": failed}), draws).known
    assert not power_scaled(replace(solved, panels={}), draws).known
    assert not power_scaled(solved, np.zeros((0, 0))).known
    flat = panel.native.copy(deep=True)
    flat["log_prior"]["lprior"][:] = -1.0
    assert not power_scaled(replace(solved, panels={"mcmc": replace(panel, native=flat)}), draws).known
    # A few draws that have nearly all the weight tell no mean.
    steep = panel.native.copy(deep=True)
    steep["log_prior"]["lprior"][:] = -np.exp(np.random.default_rng(1).normal(size=draws.shape) * 3) * 20
    assert not power_scaled(replace(solved, panels={"mcmc": replace(panel, native=steep)}), draws).known
