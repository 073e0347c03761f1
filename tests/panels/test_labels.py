"""Exchangeable components are found by permuting them, and sorted by one rule in all panels, whatever the seed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy import stats
from scipy.optimize import least_squares, minimize
from scipy.special import softmax

from tests.panels.problems import problem_of
from tests.some import one_in
from triptych.components.exchange import Along, Kin, Mirror
from triptych.components.relabelled import carried
from triptych.components.symmetry import exchanges
from triptych.engine.engine import LIKELIHOOD, Engine
from triptych.existence.search import find
from triptych.optimise.objective import make_objective
from triptych.panels.labels import Labels, labels_of
from triptych.panels.settings import Settings
from triptych.panels.solve import solve_problem
from triptych.problem.scenario import Relabel

T = np.linspace(0, 6, 25)


def two_decays() -> np.ndarray:
    """Return the sum of two exponentials with noise."""
    return 3 * np.exp(-0.4 * T) + 2 * np.exp(-2.5 * T) + 0.05 * np.random.default_rng(34).normal(size=25)


def lengths() -> np.ndarray:
    """Return three well separated normal samples."""
    rng = np.random.default_rng(2)
    return np.r_[rng.normal(-4, 0.5, 20), rng.normal(0, 0.5, 20), rng.normal(5, 1, 30)]


def decays(y: np.ndarray | None = None) -> pm.Model:
    with pm.Model() as model:
        a, k, s = pm.HalfNormal("A", 5, shape=2), pm.HalfNormal("k", 3, shape=2), pm.HalfNormal("s", 1)
        pm.Deterministic("half_life", np.log(2) / k)
        pm.Deterministic("total", a.sum())
        mean = a[0] * pt.exp(-k[0] * T) + a[1] * pt.exp(-k[1] * T)
        pm.Normal("y", mean, s, observed=two_decays() if y is None else y)
    return model


def decays_one_by_one() -> pm.Model:
    with pm.Model() as model:
        a1, k2 = pm.HalfNormal("a1", 5), pm.HalfNormal("k2", 3)
        k1, a2 = pm.HalfNormal("k1", 3), pm.HalfNormal("a2", 5)
        pm.Normal("y", a1 * pt.exp(-k1 * T) + a2 * pt.exp(-k2 * T), pm.HalfNormal("s", 1), observed=two_decays())
    return model


def three_normals() -> pm.Model:
    """Return a mixture whose standard deviations are declared in another order than its means."""
    with pm.Model() as model:
        w = pm.Dirichlet("w", [2.0, 2, 2])
        mu = [pm.Normal(f"mu{i}", 0, 5) for i in (1, 2, 3)]
        sd = [pm.InverseGamma(f"sd{i}", 3, 1) for i in (3, 1, 2)]
        pm.NormalMixture("y", w, pt.stack(mu), pt.stack([sd[1], sd[2], sd[0]]), observed=lengths())
    return model


def unequal_weights() -> pm.Model:
    """Return a mixture in which the prior singles one of three components out."""
    with pm.Model() as model:
        w, mu = pm.Dirichlet("w", [2.0, 2, 6]), pm.Normal("mu", 0, 5, shape=3)
        pm.NormalMixture("y", w, mu, 1.0, observed=lengths())
    return model


def summed_potential() -> pm.Model:
    with pm.Model() as model:
        mu, w = pm.Normal("mu", 0, 5, shape=2), pm.Beta("w", 2, 2)
        terms = pt.log(pt.stack([w, 1 - w])) + pm.logp(pm.Normal.dist(mu, 1.0), lengths()[:, None])
        pm.Potential("terms", pm.math.logsumexp(terms, axis=1).sum())
    return model


def two_mixtures() -> pm.Model:
    with pm.Model() as model:
        for name, shift in (("a", 0.0), ("b", 1.0)):
            w, mu = pm.Beta(f"w_{name}", 2, 2), pm.Normal(f"mu_{name}", 0, 5, shape=2)
            pm.NormalMixture(f"y_{name}", pt.stack([w, 1 - w]), mu, 1.0, observed=lengths() + shift)
    return model


def positive_factors() -> pm.Model:
    rng = np.random.default_rng(5)
    with pm.Model() as model:
        loading, score = pm.HalfNormal("loading", 1, shape=(4, 2)), pm.Normal("score", 0, 1, shape=(12, 2))
        pm.Normal("y", score @ loading.T, 0.5, observed=rng.normal(size=(12, 4)))
    return model


def hidden_states() -> pm.Model:
    """Return a hidden Markov model: its transition matrix is permuted along both axes at once."""
    rng = np.random.default_rng(9)
    with pm.Model() as model:
        moves, mu = pm.Dirichlet("moves", np.ones(2), shape=(2, 2)), pm.Normal("mu", 0, 3, shape=2)
        density = pt.exp(pm.logp(pm.Normal.dist(mu, 1.0), rng.normal(size=6)[:, None]))
        ahead, total = density[0] / 2, 0.0
        for i in range(1, 6):
            size = ahead.sum()
            ahead, total = (ahead / size) @ moves * density[i], total + pt.log(size)
        pm.Potential("terms", total + pt.log(ahead.sum()))
    return model


def item_response() -> pm.Model:
    rng = np.random.default_rng(4)
    with pm.Model() as model:
        ability = pm.Normal("ability", 0, 1, shape=6)
        slope, difficulty = pm.Normal("slope", 0, 1, shape=4), pm.Normal("difficulty", 0, 1, shape=4)
        pm.Bernoulli("y", logit_p=slope * (ability[:, None] - difficulty), observed=rng.random((6, 4)) < 0.5)
    return model


def equal_counts() -> pm.Model:
    with pm.Model() as model:
        pm.Binomial("y", 10, pm.Beta("p", 1, 1, shape=2), observed=[4, 4])
    return model


def equal_counts_in_one_term() -> pm.Model:
    with pm.Model() as model:
        a = pm.Gamma("a", 2, 1, shape=2)
        pm.Multinomial("y", 8, a / a.sum(), observed=[4, 4])
    return model


def equal_counts_summed() -> pm.Model:
    with pm.Model() as model:
        p = pm.Beta("p", 1, 1, shape=2)
        pm.Potential("terms", pm.logp(pm.Binomial.dist(10, p), np.array([4, 4])).sum())
    return model


def equal_values_correlated() -> pm.Model:
    with pm.Model() as model:
        pm.MvNormal("y", pm.Normal("theta", 0, 3, shape=3), np.eye(3) + 0.3, observed=[1.0, 1.0, 1.0])
    return model


def schools() -> pm.Model:
    with pm.Model() as model:
        theta = pm.Normal("theta", pm.Normal("mu", 0, 10), pm.HalfCauchy("tau", 5), shape=8)
        pm.Normal("y", theta, 10.0, observed=np.full(8, 7.0))
    return model


def sum_of_two() -> pm.Model:
    with pm.Model() as model:
        parts, scales = pm.Normal("parts", 0, 3, shape=3), pm.HalfNormal("scales", 3, shape=2)
        mean = pm.Normal("a", 0, 10) + pm.Normal("b", 0, 10) + parts.sum()
        pm.Normal("y", mean, scales.sum(), observed=[1.0, 2.0])
    return model


def ordered_means() -> pm.Model:
    with pm.Model() as model:
        order = pm.distributions.transforms.ordered
        w, mu = pm.Beta("w", 2, 2), pm.Normal("mu", 0, 5, shape=2, transform=order, initval=[-1.0, 1.0])
        pm.NormalMixture("y", pt.stack([w, 1 - w]), mu, 1.0, observed=lengths())
    return model


def new_groups() -> pm.Model:
    """Return groups of which there are no data yet: the likelihood knows nothing of them."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10)
        pm.Normal("new", mu, 1.0, shape=3)
        pm.Normal("y", mu, 1.0, observed=[1.0, 2.0, 4.0])
    return model


def fixed_logit(place: int, covariance: np.ndarray | None) -> pm.Model:
    """Return a mixture of three with two logits beside one that is zero."""
    with pm.Model() as model:
        logits = pm.Flat("logits", shape=2) if covariance is None else pm.MvNormal("logits", np.zeros(2), covariance)
        parts = [logits[:place], pt.zeros(1), logits[place:]]
        w, mu = pm.math.softmax(pt.concatenate(parts)), pm.Normal("mu", 0, 5, shape=3)
        pm.NormalMixture("y", w, mu, pm.InverseGamma("sd", 3, 1, shape=3), observed=lengths())
    return model


def first_logit_fixed() -> pm.Model:
    return fixed_logit(0, None)


def middle_logit_fixed() -> pm.Model:
    """Differences of three independent normal numbers to one of them have this covariance."""
    return fixed_logit(1, np.eye(2) + 1)


def independent_logits() -> pm.Model:
    """Return logits whose independent prior tells the component at zero from the others."""
    return fixed_logit(2, np.eye(2))


def odds_beside_one() -> pm.Model:
    with pm.Model() as model:
        odds, mu = pm.HalfFlat("odds", shape=2), [pm.Normal(f"mu{i}", 0, 5) for i in range(3)]
        w = pt.concatenate([odds, pt.ones(1)])
        pm.NormalMixture("y", w / w.sum(), pt.stack(mu), 1.0, observed=lengths())
    return model


def zero_sum_logits() -> pm.Model:
    with pm.Model() as model:
        w, mu = pm.math.softmax(pm.ZeroSumNormal("logits", shape=3)), pm.Normal("mu", 0, 5, shape=3)
        pm.NormalMixture("y", w, mu, 1.0, observed=lengths())
    return model


def zero_sum_means() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("centre", 0, 5) + pm.ZeroSumNormal("about", 3.0, shape=3)
        pm.NormalMixture("y", np.full(3, 1 / 3), mu, 1.0, observed=lengths())
    return model


def zero_sum_groups() -> pm.Model:
    """Return groups with data of their own, which are no labels."""
    with pm.Model() as model:
        about = pm.ZeroSumNormal("about", 3.0, shape=3)
        pm.Normal("y", about[np.arange(9) % 3], 1.0, observed=np.ones(9))
    return model


def broken_sticks() -> pm.Model:
    """Return a truncated Dirichlet process, whose prior expects the first component to be the largest."""
    with pm.Model() as model:
        v, mu = pm.Beta("v", 1, 2, shape=2), pm.Normal("mu", 0, 5, shape=3)
        w = pt.concatenate([v, pt.ones(1)]) * pt.concatenate([pt.ones(1), pt.cumprod(1 - v)])
        pm.NormalMixture("y", w, mu, 1.0, observed=lengths())
    return model


def one_known(place: int = 0) -> pm.Model:
    """Return a mixture of three of which one component is known."""
    with pm.Model() as model:
        w = pm.Dirichlet("w", [2.0, 2, 2])
        mu, sd = pm.Normal("mu", 0, 5, shape=2), pm.InverseGamma("sd", 3, 1, shape=2)
        means, deviations = ([v[:place], pt.constant([at]), v[place:]] for v, at in ((mu, 0.0), (sd, 0.5)))
        pm.NormalMixture("y", w, pt.concatenate(means), pt.concatenate(deviations), observed=lengths())
    return model


def known_in_the_middle() -> pm.Model:
    return one_known(1)


FOUND: dict[Callable[[], pm.Model], list[list[str]]] = {
    decays: [["A", "k"]],
    decays_one_by_one: [["a1 a2", "k1 k2"]],
    three_normals: [["w", "mu1 mu2 mu3", "sd1 sd2 sd3"]],
    unequal_weights: [["w 0 1", "mu 0 1"]],
    summed_potential: [["mu", "w turned"]],
    two_mixtures: [["mu_a", "w_a turned"], ["mu_b", "w_b turned"]],
    positive_factors: [["loading", "score"]],
    hidden_states: [["moves", "mu"]],
    item_response: [],
    equal_counts: [],
    equal_counts_in_one_term: [],
    equal_counts_summed: [],
    equal_values_correlated: [],
    schools: [],
    sum_of_two: [],
    ordered_means: [],
    new_groups: [],
    first_logit_fixed: [["logits beside 0", "mu", "sd"]],
    middle_logit_fixed: [["logits beside 1", "mu", "sd"]],
    independent_logits: [["logits beside 2 0 1", "mu 0 1", "sd 0 1"]],
    odds_beside_one: [["mu0 mu1 mu2", "odds beside 2"]],
    zero_sum_logits: [["logits", "mu"]],
    zero_sum_means: [["about"]],
    zero_sum_groups: [],
    broken_sticks: [],
    one_known: [["w 1 2", "mu beside 0 1 2", "sd beside 0 1 2"]],
    known_in_the_middle: [["w 0 2", "mu beside 1 0 2", "sd beside 1 0 2"]],
}


@cache
def built(make: Callable[[], pm.Model]) -> Engine:
    model = make()
    return Engine.build(model, likelihood=tuple(p.name for p in model.potentials))


def named(member: Any) -> str:
    """Return the variables of a member, with the places of its components where there are others beside them."""
    if isinstance(member, Kin):
        return " ".join(sorted(block.variable.name for block in member.blocks))
    name = str(member.block.variable.name)
    if isinstance(member, Mirror):
        return f"{name} turned"
    whole = len(member.places) == member.size
    if member.contrasts is not None and member.contrasts.hidden is not None:
        name += f" beside {member.contrasts.hidden}"
    return name if whole else f"{name} {' '.join(map(str, member.places))}"


@pytest.mark.parametrize("make", one_in(3, FOUND), ids=lambda make: make.__name__)
def test_exchangeable_components_are_found_with_all_that_goes_along(make: Callable[[], pm.Model]) -> None:
    groups = [sorted(map(named, group.members)) for group in exchanges(built(make))]
    assert sorted(groups) == sorted(sorted(group) for group in FOUND[make])


def test_the_members_of_a_component_belong_together() -> None:
    """The first mean has the first standard deviation though these were declared in another order."""
    (group,) = exchanges(built(three_normals))
    names = {
        m.blocks[0].variable.name[:2]: [b.variable.name[-1] for b in m.blocks]
        for m in group.members
        if isinstance(m, Kin)
    }
    (w,) = (m for m in group.members if isinstance(m, Along))
    assert names["mu"] == names["sd"] == [str(place + 1) for place in w.places]


def test_a_transition_matrix_is_permuted_along_both_axes() -> None:
    (group,) = exchanges(built(hidden_states))
    assert [m.axes for m in group.members if isinstance(m, Along)] == [(0, 1), (0,)]


def solved(make: Callable[[], pm.Model], seed: int, methods: tuple[str, ...] = ("mle", "map", "mcmc")) -> Any:
    settings = Settings(methods, draws=500, tune=500, random_seed=seed, profile=False)
    return solve_problem(problem_of(built(make)), settings)


@pytest.fixture(scope="module")
def by_seed() -> dict[int, Any]:
    return {seed: solved(decays, seed) for seed in (1, 2, 3)}


def estimates(panel: Any, name: str) -> np.ndarray:
    return np.array([row.estimate for row in panel.estimates if row.estimand == name])


def test_all_panels_mean_the_same_component_whatever_the_seed(by_seed: dict[int, Any]) -> None:
    def residuals(p: np.ndarray) -> np.ndarray:
        return p[0] * np.exp(-p[2] * T) + p[1] * np.exp(-p[3] * T) - two_decays()

    best = least_squares(residuals, [3, 2, 0.4, 2.5], xtol=1e-15, ftol=1e-15, gtol=1e-15).x
    for panels in by_seed.values():
        np.testing.assert_allclose(estimates(panels["mle"], "A"), best[:2], rtol=1e-6)
        np.testing.assert_allclose(estimates(panels["mle"], "k"), best[2:], rtol=1e-6)
        for name, low, high in (("k", 0, 1), ("A", 1, 0), ("half_life", 1, 0)):
            for panel in panels.values():
                values = estimates(panel, name)
                assert values[low] < values[high], (name, panel.method)
        assert {row.status for panel in panels.values() for row in panel.estimates} == {"ok"}


def test_draws_are_sorted_and_what_depends_on_no_label_is_what_it_was(by_seed: dict[int, Any]) -> None:
    for panels in by_seed.values():
        draws = panels["mcmc"].native["posterior"]
        assert float(draws["k"].diff("k_dim_0").min()) > 0
        np.testing.assert_allclose(draws["half_life"] * draws["k"].values, np.log(2))
        np.testing.assert_allclose(draws["total"], draws["A"].sum("A_dim_0"))


def test_r_hat_is_that_of_sorted_draws_and_the_panel_says_by_what(by_seed: dict[int, Any]) -> None:
    figures = [panels["mcmc"].diagnostics for panels in by_seed.values()]
    assert max(f["max_rhat_before_relabelling"] for f in figures) > 1.05  # some chains found the other labels
    assert all(f["max_rhat"] < 1.01 and "components are sorted by k" in f["labels"] for f in figures)


def test_rows_say_by_what_rule_they_have_their_labels(by_seed: dict[int, Any]) -> None:
    for panel in by_seed[1].values():
        for row in panel.estimates:
            assert row.reason.count("components are sorted by k") == (row.estimand in ("A", "k", "half_life")), row


def test_the_mirror_image_of_an_estimate_is_no_other_maximum(by_seed: dict[int, Any]) -> None:
    assert not any(panel.optima for panels in by_seed.values() for panel in panels.values())


def overlapping() -> pm.Model:
    """Return two components where there is one sample."""
    with pm.Model() as model:
        w, mu = pm.Dirichlet("w", [2.0, 2.0]), pm.Normal("mu", 0, 2, shape=2, initval=[-0.1, 0.1])
        pm.Deterministic("mean", (w * mu).sum())
        pm.Deterministic("gap", mu[1] - mu[0])
        pm.NormalMixture("y", w, mu, 1.0, observed=np.random.default_rng(7).normal(size=30))
    return model


def test_components_that_overlap_have_no_labels_and_the_rest_has_its_estimate() -> None:
    panels = solved(overlapping, 1)
    for panel in (panels["map"], panels["mcmc"]):
        rows = {row.name: row for row in panel.estimates}
        for name in ("w[0]", "w[1]", "mu[0]", "mu[1]", "gap"):
            assert rows[name].status == "not_identified", (panel.method, name)
            assert "labels of the components are not identified" in rows[name].reason
            assert not np.isfinite([rows[name].estimate, rows[name].lower, rows[name].upper]).any()
        assert rows["mean"].status == "ok"
    assert abs({r.name: r for r in panels["mcmc"].estimates}["mean"].estimate) < 1


@pytest.mark.slow
def test_a_redundant_component_leaves_what_does_not_depend_on_labels() -> None:
    """Of one exponential written as two the sum of the amplitudes is that of the fit of one."""
    y = 3 * np.exp(-0.8 * T) + 0.05 * np.random.default_rng(34).normal(size=25)
    one = least_squares(lambda p: p[0] * np.exp(-p[1] * T) - y, [3, 1], xtol=1e-15, ftol=1e-15, gtol=1e-15).x
    panels = solved(lambda: decays(y), 1, methods=("mle", "map"))
    for panel in panels.values():
        for row in panel.estimates:
            assert (row.status == "ok") == (row.estimand in ("total", "s")), (panel.method, row)
    assert estimates(panels["mle"], "total")[0] == pytest.approx(one[0], rel=1e-6)


@pytest.mark.parametrize("make", one_in(2, [one_known, known_in_the_middle]))
def test_components_beside_a_known_one_are_sorted_by_what_separates_them(make: Callable[[], pm.Model]) -> None:
    """Their weights are nearly the same, and their means far apart; the mode is that of a simplex search."""

    def fall(p: np.ndarray) -> float:
        w, mu, sd = softmax([0.0, *p[:2]]), np.array([0.0, *p[2:4]]), np.array([0.5, *np.exp(p[4:])])
        terms = np.log(np.sum(w * stats.norm.pdf(lengths()[:, None], mu, sd), axis=1))
        prior = stats.norm.logpdf(p[2:4], 0, 5).sum() + stats.invgamma.logpdf(sd[1:], 3, scale=1).sum()
        return -float(terms.sum() + np.log(w).sum() + prior)

    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 5000, "maxfev": 5000}
    best = minimize(fall, [0.0, 0.0, -4.0, 5.0, 0.0, 0.0], method="Nelder-Mead", options=options).x
    rows = {row.name: row for row in solved(make, 1, methods=("map",))["map"].estimates}
    assert {row.status for row in rows.values()} == {"ok"}
    for name, value in (("mu[0]", best[2]), ("mu[1]", best[3]), ("sd[0]", np.exp(best[4])), ("sd[1]", np.exp(best[5]))):
        assert rows[name].estimate == pytest.approx(value, rel=1e-5)
        assert "components are sorted by mu" in rows[name].reason


def on_one_value(dirichlet: bool) -> pm.Model:
    """Return two components on data of one value: one of them explains all, and the other is that of the prior."""
    with pm.Model() as model:
        share = pm.Dirichlet("w", [1.0, 1.0]) if dirichlet else pm.Beta("w", 1, 1)
        w = share if dirichlet else pt.stack([share, 1 - share])
        mu, sd = pm.Normal("mu", 0, 10, shape=2), pm.InverseGamma("sd", 3, 2, shape=2)
        pm.NormalMixture("y", w, mu, sd, observed=np.full(4, 2.0))
    return model


@pytest.mark.parametrize("dirichlet", one_in(2, [False, True]))
def test_a_share_of_two_sorts_as_shares_of_a_simplex_do(dirichlet: bool) -> None:
    """The mode of an inverse gamma density is at b / (a + 1); four data on the mean add four to the power."""
    engine = Engine.build(on_one_value(dirichlet))
    settings = Settings(("map",), random_seed=1, profile=False)
    rows = {row.name: row for row in solve_problem(problem_of(engine), settings)["map"].estimates}
    empty = rows["w[0]" if dirichlet else "w"]
    assert (empty.status, empty.estimate) == ("at_boundary", 0.0)
    for name, value in (("mu[0]", 0.0), ("mu[1]", 2.0), ("sd[0]", 2 / 4), ("sd[1]", 2 / 8)):
        assert rows[name].status == "ok"
        assert rows[name].estimate == pytest.approx(value, abs=1e-3)
        assert "components are sorted by w" in rows[name].reason


def signs() -> pm.Model:
    """Return two components beside a parameter whose sign is not known."""
    with pm.Model(coords={"part": ["one", "two"]}) as model:
        mu, b = pm.Normal("mu", 0, 5, dims="part", initval=[-1.0, 1.0]), pm.Normal("b", 0, 2, initval=0.7)
        pm.NormalMixture("y", [0.5, 0.5], mu, 1.0, observed=np.r_[lengths()[:20], lengths()[40:]])
        pm.Normal("x", b**2, 0.5, observed=[1.0, 1.2, 0.9])
    return model


def test_tied_maxima_are_told_one_by_one() -> None:
    """The other sign is a maximum as high, and the other labels are none: each one stands there whole."""
    panels = solved(signs, 1, methods=("mle",))
    here = {row.name: row.estimate for row in panels["mle"].estimates}
    there = [(row.name, row.estimate) for row in panels["mle"].optima if "as high" in row.reason]
    assert len(there) == len(dict(there)) == 3
    assert dict(there) == pytest.approx({**here, "b": -here["b"]}, rel=1e-6)


def test_a_declared_rule_goes_before_a_choice_and_sorts_where_priors_differ() -> None:
    def unequal() -> pm.Model:
        with pm.Model(coords={"part": ["one", "two"]}) as model:
            mu = pm.Normal("mu", [3.0, -3.0], 5, dims="part", initval=[5.0, -4.0])
            w = pm.Dirichlet("w", np.ones(2), dims="part")
            pm.NormalMixture("y", w, mu, 1.0, observed=np.r_[lengths()[:20], lengths()[40:]])
        return model

    rule = Relabel(by="mu", dim="part", variables=("mu", "w"))
    engine = Engine.build(unequal())
    assert not exchanges(engine)
    labels = labels_of(engine, rule, 1)
    assert labels is not None
    z = engine.graph.start + np.random.default_rng(1).normal(size=(50, engine.size))
    before, after = engine.natural_values_many(z), engine.natural_values_many(labels.draws(z))
    order = np.argsort(before["mu"], axis=1)
    for name in ("mu", "w"):
        np.testing.assert_allclose(after[name], np.take_along_axis(before[name], order, axis=1))


def test_a_verdict_carried_to_other_labels_is_that_of_the_other_maximum() -> None:
    """Shares of one are no permutation of coordinates: slopes and curvature follow by the chain rule."""
    engine = built(unequal_weights)
    (group,) = exchanges(engine)
    objective, _ = make_objective(engine, LIKELIHOOD)
    verdict = find(objective, seed=1)
    moved = carried(verdict, group.matrix(np.array([1, 0]), engine.size), objective)
    value, gradient, hessian = objective.derivatives(moved.point.z)
    assert not np.allclose(moved.point.z, verdict.point.z)
    assert value == pytest.approx(verdict.point.value)
    np.testing.assert_allclose(moved.point.hessian, hessian, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(moved.point.gradient, gradient, atol=1e-6)
    np.testing.assert_allclose(moved.covariance, np.linalg.inv(-hessian), rtol=1e-6, atol=1e-9)


def test_the_rule_does_not_depend_on_the_labels_at_which_it_is_chosen() -> None:
    engine = built(decays)
    (group,) = exchanges(engine)
    labels = labels_of(engine, None, 1)
    assert isinstance(labels, Labels)
    other = carried(labels.mode, group.matrix(np.array([1, 0]), engine.size), labels.mode.objective)
    one, two = labels.verdict(labels.mode, "map"), labels.verdict(other, "map")
    np.testing.assert_allclose(one.point.z, two.point.z, rtol=1e-9)
