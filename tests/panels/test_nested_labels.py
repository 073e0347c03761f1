"""Components of components: those of each level are found, and sorted by one rule from the lowest level on."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pymc as pm
import pytest
from scipy import stats
from scipy.optimize import minimize
from scipy.special import expit

import triptych
from triptych.components.exchange import Along, Kin
from triptych.components.symmetry import exchanges
from triptych.engine.engine import Engine
from triptych.panels.labels import labels_of


@cache
def measured() -> np.ndarray:
    """Return two narrow clusters and two wide ones."""
    rng = np.random.default_rng(0)
    sizes, means, spreads = (15, 10, 20, 12), (-3, 1, 6, 13), (0.3, 0.3, 1.2, 1.2)
    return np.concatenate([rng.normal(m, s, n) for n, m, s in zip(sizes, means, spreads, strict=True)])


def nested(*, one_by_one: bool) -> pm.Model:
    """Return a mixture of two mixtures of two, each with a spread of its own."""
    with pm.Model() as model:
        w, s = pm.Dirichlet("w", np.ones(2)), pm.InverseGamma("s", 5, 4, shape=2)
        if one_by_one:
            mu = [pm.Normal(f"mu{i}", 0, 10, shape=2) for i in range(2)]
            v = [pm.Dirichlet(f"v{i}", np.ones(2)) for i in range(2)]
        else:
            mu, v = pm.Normal("mu", 0, 10, shape=(2, 2)), pm.Dirichlet("v", np.ones((2, 2)))
        inner = [pm.Mixture.dist(w=v[i], comp_dists=pm.Normal.dist(mu[i], s[i], shape=2)) for i in range(2)]
        pm.Mixture("y", w=w, comp_dists=inner, observed=measured())
    return model


def two_samples(*, shares: bool) -> pm.Model:
    """Return two samples of which each has components of its own; their shares may be common."""
    with pm.Model() as model:
        mu, s = pm.Normal("mu", 0, 10, shape=(2, 2)), pm.HalfNormal("s", 3)
        w = pm.Dirichlet("w", np.ones(2)) if shares else np.full(2, 0.5)
        for i, y in enumerate((measured()[:25], measured()[25:])):
            pm.NormalMixture(f"y{i}", w=w, mu=mu[i], sigma=s, observed=y)
    return model


def described(model: pm.Model) -> list[set[str]]:
    groups = []
    for group in exchanges(Engine.build(model)):
        names = set()
        for m in group.members:
            if isinstance(m, Kin):
                names.add("-".join(b.variable.name for b in m.blocks))
            elif isinstance(m, Along):
                at = "" if m.within is None else f"{m.within[1]}"
                names.add(f"{m.block.variable.name}{at} along {m.axes[0]}")
        groups.append(names)
    return groups


def test_the_components_of_each_level_are_found() -> None:
    assert described(nested(one_by_one=False)) == [
        {"mu0 along 1", "v0 along 1"},
        {"mu1 along 1", "v1 along 1"},
        {"w along 0", "s along 0", "mu along 0", "v along 0"},
    ]
    assert described(nested(one_by_one=True)) == [
        {"mu0 along 0", "v0 along 0"},
        {"mu1 along 0", "v1 along 0"},
        {"w along 0", "s along 0", "mu0-mu1", "v0-v1"},
    ]


def test_two_sets_in_one_variable_are_exchanged_apart_where_nothing_joins_them() -> None:
    """Common shares join the components of both samples: exchanging those of one alone changes its terms."""
    assert described(two_samples(shares=False)) == [{"mu0 along 1"}, {"mu1 along 1"}]
    assert described(two_samples(shares=True)) == [{"mu along 1", "w along 0"}]


@pytest.mark.parametrize("one_by_one", [False, True])
def test_all_eight_ways_to_label_a_point_come_to_one(one_by_one: bool) -> None:
    engine = Engine.build(nested(one_by_one=one_by_one))
    labels = labels_of(engine, None, 0)
    assert labels is not None
    z = engine.graph.start + np.random.default_rng(1).standard_normal((20, engine.size))
    once = labels.draws(z)
    inner, other, outer = (order.exchange for order in labels.orders)
    for exchanged in product((False, True), repeat=3):
        moved = z
        for group, change in zip((inner, other, outer), exchanged, strict=True):
            moved = group.moved(moved, np.tile([1, 0] if change else [0, 1], (len(z), 1)))
        np.testing.assert_allclose(labels.draws(moved), once, rtol=1e-9, atol=1e-12)


def best() -> np.ndarray:
    """Return the mode: share, spreads, means, shares within, of the narrow component first."""
    y = measured()

    def fall(p: np.ndarray) -> float:
        w, s, mu, v = expit(p[0]), np.exp(p[1:3]), p[3:7].reshape(2, 2), expit(p[7:])
        inner = [
            v[i] * stats.norm.pdf(y, mu[i, 0], s[i]) + (1 - v[i]) * stats.norm.pdf(y, mu[i, 1], s[i]) for i in range(2)
        ]
        prior = stats.norm.logpdf(mu, 0, 10).sum() + stats.invgamma.logpdf(s, 5, scale=4).sum()
        return -float(np.log(w * inner[0] + (1 - w) * inner[1]).sum() + prior)

    start = np.array([0, -1, 0.2, -3, 1, 6, 13, 0, 0], dtype=float)
    p = minimize(fall, start, method="BFGS", options={"gtol": 1e-7}).x
    w, v = expit(p[0]), expit(p[7:])
    return np.r_[w, 1 - w, np.exp(p[1:3]), p[3:7], np.stack([v, 1 - v], axis=1).ravel()]


@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_mixture_of_mixtures_has_one_estimate_whatever_the_seed(one_by_one: bool) -> None:
    for seed in (0, 2):
        found = triptych.compare(nested(one_by_one=one_by_one), methods=("map",), random_seed=seed).estimates
        assert set(found["status"]) == {"ok"}
        assert not found["reason"].str.contains("as high").any()
        assert found["estimate"].to_numpy() == pytest.approx(best(), rel=1e-4)
