"""What stays when parameters leave: estimated as if these were not there, against fits of the models without them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
import statsmodels.api as sm
from scipy import optimize, special, stats
from statsmodels.miscmodels.ordinal_model import OrderedModel

import triptych
from tests.some import one_in
from triptych.existence.limit_problem import carried_along

ORDERED = pm.distributions.transforms.ordered
FALL = float(stats.chi2.ppf(0.95, 1))
X = np.random.default_rng(41).normal(size=60)
DESIGN = sm.add_constant(X)


def solved(model: pm.Model) -> Any:
    return triptych.compare(model, methods=("mle",), random_seed=1)


def row(comparison: Any, name: str, label: str = "", kind: str | None = None) -> Any:
    """Return the headline row of a scalar, or that of another interval."""
    table = comparison.estimates if kind is None else comparison.intervals
    rows = table[(table["estimand"] == name) & (table["label"] == label)]
    rows = rows if kind is None else rows[rows["interval_kind"] == kind]
    (found,) = list(rows.itertuples())
    return found


def stays(comparison: Any, name: str, label: str, estimate: float, error: float) -> None:
    """Hold that a scalar is estimated, with the error of the model without what leaves."""
    found = row(comparison, name, label)
    assert found.status == "ok", (name, label, found.reason)
    assert found.estimate == pytest.approx(estimate, rel=1e-6, abs=1e-6 * error)
    assert found.std_error == pytest.approx(error, rel=1e-6)


def ends(comparison: Any, name: str, label: str, lower: float, upper: float) -> None:
    """Hold that a profile interval is the one known."""
    found = row(comparison, name, label, "profile")
    assert found.lower == pytest.approx(lower, rel=1e-5, abs=1e-6)
    assert found.upper == pytest.approx(upper, rel=1e-5, abs=1e-6)


def logit_ends(k: int, n: int) -> tuple[float, float]:
    """Return the log-odds at which a binomial log-likelihood has fallen by the level of a profile."""
    at = special.logit(k / n)

    def fallen(eta: float) -> float:
        def height(e: float) -> float:
            return float(k * special.log_expit(e) + (n - k) * special.log_expit(-e))

        return 2 * (height(at) - height(eta)) - FALL

    return optimize.brentq(fallen, at - 20, at, xtol=1e-12), optimize.brentq(fallen, at, at + 20, xtol=1e-12)


def logit_error(k: int, n: int) -> float:
    return float(np.sqrt(n / (k * (n - k))))


def ordinal_model(counts: list[int]) -> pm.Model:
    cuts = len(counts) - 1
    with pm.Model() as model:
        start = np.linspace(-1, 1, cuts)
        cut = pm.Normal("cut", 0, 10, shape=cuts, transform=ORDERED, initval=start)
        observed = np.repeat(np.arange(len(counts)), counts)
        pm.OrderedLogistic("y", eta=0.0, cutpoints=cut, compute_p=False, observed=observed)
    return model


def ordinal(counts: list[int]) -> Any:
    return solved(ordinal_model(counts))


def supremum_falls(n: int) -> float:
    """Return the log-odds of a category without observations at which n log-likelihoods have fallen too far."""
    return float(special.logit(1 - np.exp(-FALL / (2 * n))))


@pytest.mark.parametrize(
    "counts",
    one_in(3, [[0, 1, 1, 1], [0, 0, 2, 3, 4], [2, 3, 4, 0, 0], [3, 3, 0, 3, 3], [3, 3, 0, 0, 3, 3], [0, 3, 0, 3, 4]]),
    ids=lambda c: "".join(map(str, c)),
)
def test_cutpoints_of_an_ordinal_model_with_empty_categories_are_logits_of_the_others(counts: list[int]) -> None:
    """Each cutpoint is the logit of a cumulative share, and its likelihood with the rest profiled is binomial."""
    comparison = ordinal(counts)
    n, below = sum(counts), np.cumsum(counts)[:-1]
    for k, less in enumerate(below):
        if less in (0, n):
            found = row(comparison, "cut", str(k))
            assert (found.status, np.isnan(found.estimate)) == ("at_infinity", True), found
            open_ends = (-np.inf, supremum_falls(n)) if less == 0 else (-supremum_falls(n), np.inf)
            ends(comparison, "cut", str(k), *open_ends)
            continue
        stays(comparison, "cut", str(k), float(special.logit(less / n)), logit_error(int(less), n))
        ends(comparison, "cut", str(k), *logit_ends(int(less), n))


@pytest.mark.parametrize(
    "counts", one_in(3, [[3, 0, 0, 5], [3, 0, 2, 5], [4, 0, 0, 0]]), ids=lambda c: "".join(map(str, c))
)
def test_probabilities_of_categories_without_data_are_zero(counts: list[int]) -> None:
    """Each probability has a binomial profile; the others have the errors of the model without the empty ones."""
    with pm.Model() as model:
        p = pm.Dirichlet("p", np.full(len(counts), 1.5))
        pm.Categorical("y", p=p, observed=np.repeat(np.arange(len(counts)), counts))
    comparison, n = solved(model), sum(counts)
    least = float(np.exp(-FALL / (2 * n)))
    for k, count in enumerate(counts):
        if count in (0, n):
            found = row(comparison, "p", str(k))
            assert (found.status, found.estimate) == ("at_boundary", count / n), found
            ends(comparison, "p", str(k), *((least, 1.0) if count else (0.0, 1 - least)))
        else:
            stays(comparison, "p", str(k), count / n, float(np.sqrt(count * (n - count) / n**3)))
            ends(comparison, "p", str(k), *special.expit(logit_ends(count, n)))


@pytest.mark.parametrize("seed", one_in(4, range(2, 6)))
def test_a_cutpoint_that_leaves_is_found_at_any_seed(seed: int) -> None:
    """A slow ascent that ended before it showed a ray gave the lowest cutpoint a value."""
    comparison = triptych.compare(ordinal_model([0, 3, 0, 3, 4]), methods=("mle",), random_seed=seed)
    lowest = row(comparison, "cut", "0")
    assert (lowest.status, np.isnan(lowest.estimate)) == ("at_infinity", True), lowest
    stays(comparison, "cut", "1", float(special.logit(0.3)), logit_error(3, 10))


@pytest.mark.parametrize(
    "categories",
    one_in(
        3,
        [
            pytest.param(c, id=name)
            for c, name in (((0, 1, 2), "highest"), ((1, 2, 3), "lowest"), ((0, 2, 3), "middle"))
        ],
    ),
)
def test_a_slope_does_not_see_an_empty_category(categories: tuple[int, ...]) -> None:
    latent = 0.9 * X + np.random.default_rng(3).logistic(size=X.size)
    grade = (latent > -1).astype(int) + (latent > 0.7)
    seen = []
    for cuts, y in ((3, np.array(categories)[grade]), (2, grade)):
        with pm.Model() as model:
            slope = pm.Normal("slope", 0, 5)
            cut = pm.Normal("cut", 0, 10, shape=cuts, transform=ORDERED, initval=np.linspace(-1, 1, cuts))
            pm.OrderedLogistic("y", eta=slope * X, cutpoints=cut, compute_p=False, observed=y)
        seen.append(solved(model))
    whole, plain = seen
    fit = OrderedModel(grade, X[:, None], distr="logit").fit(method="bfgs", disp=False, gtol=1e-7)
    assert row(plain, "slope").estimate == pytest.approx(float(fit.params[0]), rel=1e-5)
    assert row(plain, "slope").std_error == pytest.approx(float(fit.bse[0]), rel=1e-3)
    kept = [("slope", "", "slope", "")]
    kept += [("cut", str(k), "cut", str(j)) for j, k in enumerate({1: (1, 2), 0: (0, 1)}[categories[0]])]
    if categories == (0, 2, 3):
        kept = [
            ("slope", "", "slope", ""),
            ("cut", "0", "cut", "0"),
            ("cut", "1", "cut", "0"),
            ("cut", "2", "cut", "1"),
        ]
    for name, label, other, its in kept:
        known, interval = row(plain, other, its), row(plain, other, its, "profile")
        stays(whole, name, label, known.estimate, known.std_error)
        ends(whole, name, label, interval.lower, interval.upper)


def graded(written: bool, grade: np.ndarray, x: np.ndarray, cuts: int) -> pm.Model:
    """Return an ordinal regression, as PyMC has it or with the probabilities written out."""
    with pm.Model() as model:
        cut = pm.Normal("cut", 0, 5, shape=cuts, transform=ORDERED, initval=np.linspace(-2, 1, cuts))
        slope = pm.Normal("slope", 0, 2)
        eta = slope * x
        if written:
            below = pm.math.invlogit(cut[None, :] - eta[:, None])
            shares = [below[:, :1], below[:, 1:] - below[:, :-1], 1 - below[:, -1:]]
            pm.Categorical("y", p=pt.concatenate(shares, axis=1), observed=grade)
        else:
            pm.OrderedLogistic("y", eta=eta, cutpoints=cut, compute_p=False, observed=grade)
    return model


@pytest.mark.parametrize(
    ("written", "below", "above"), one_in(2, [(False, 2, 0), (True, 0, 2)]), ids=("lowest", "highest")
)
def test_an_ordinal_regression_does_not_see_two_empty_categories_at_an_end(
    written: bool, below: int, above: int
) -> None:
    """The second cutpoint leaves, and the first, which no datum knows, has to go along; the rest is as without them.

    Held at a value it leaves to the data next to it what is on its other side: that profile is maximised with SciPy.
    """
    rng = np.random.default_rng(3)
    x = rng.normal(size=40)
    grade = (x + rng.logistic(size=40) > -0.5).astype(int) + (x + rng.logistic(size=40) > 1.5)
    whole, plain = (
        solved(graded(written, grade + shift, x, 2 + more)) for shift, more in ((below, below + above), (0, 0))
    )
    fit = OrderedModel(grade, x[:, None], distr="logit").fit(method="bfgs", disp=False, gtol=1e-7)
    cuts = fit.model.transform_threshold_params(fit.params)[1:-1]
    kept = [("slope", "", "slope", ""), ("cut", str(below), "cut", "0"), ("cut", str(below + 1), "cut", "1")]
    for (name, label, other, its), known in zip(kept, [fit.params[0], *cuts], strict=True):
        alone, interval = row(plain, other, its), row(plain, other, its, "profile")
        assert alone.estimate == pytest.approx(known, rel=1e-5)
        stays(whole, name, label, alone.estimate, alone.std_error)
        ends(whole, name, label, interval.lower, interval.upper)
    assert row(whole, "slope").std_error == pytest.approx(fit.bse[0], rel=1e-3)

    def fallen(end: float) -> float:
        """Return by how much the deviance has risen where a cutpoint has this value, the rest profiled."""

        def negative(theta: np.ndarray) -> float:
            edges = [special.expit(cut - theta[0] * x) for cut in sorted([*theta[1:], end])]
            shares = np.diff(np.vstack([0 * x, *edges, 0 * x + 1]), axis=0)[grade + (below > 0), np.arange(40)]
            return -float(np.sum(np.log(np.maximum(shares, 1e-300))))

        start = [fit.params[0], *(cuts + (0.5 if below else -0.5))]
        options = {"xatol": 1e-9, "fatol": 1e-10, "maxiter": 2000}
        return 2 * (fit.llf + optimize.minimize(negative, start, method="Nelder-Mead", options=options).fun)

    for label in "01" if below else "23":
        assert row(whole, "cut", label).status == "at_infinity"
        found = row(whole, "cut", label, "profile")
        assert (found.lower if below else found.upper) == (-np.inf if below else np.inf)
        assert fallen(found.upper if below else found.lower) == pytest.approx(FALL, rel=1e-5)


@pytest.mark.slow
def test_a_probit_has_an_end_for_each_cutpoint_of_empty_categories() -> None:
    with pm.Model() as model:
        cut = pm.Normal("cut", 0, 5, shape=4, transform=ORDERED, initval=np.linspace(-1, 1, 4))
        y = np.repeat([2, 3, 4], [3, 4, 5])
        pm.OrderedProbit("y", eta=0.0, cutpoints=cut, compute_p=False, observed=y)
    comparison = solved(model)
    for label in "01":
        assert row(comparison, "cut", label).status == "at_infinity"
        ends(comparison, "cut", label, -np.inf, float(special.ndtri(1 - np.exp(-FALL / 24))))
    for label, share in (("2", 3 / 12), ("3", 7 / 12)):
        at = float(special.ndtri(share))
        stays(comparison, "cut", label, at, float(np.sqrt(share * (1 - share) / 12) / stats.norm.pdf(at)))
        ends(comparison, "cut", label, *special.ndtri(special.expit(logit_ends(round(12 * share), 12))))


def test_a_function_of_a_cutpoint_that_no_datum_knows_is_told_where_all_its_values_come_to_one_end() -> None:
    with pm.Model() as model:
        cut = pm.Normal("cut", 0, 5, shape=3, transform=ORDERED, initval=[-1, 0, 1])
        pm.Deterministic("share", pm.math.invlogit(cut[0]))
        pm.Deterministic("gap", cut[1] - cut[0])
        pm.OrderedLogistic("y", eta=0.0, cutpoints=cut, compute_p=False, observed=np.repeat([2, 3], [3, 5]))
    comparison = solved(model)
    assert (row(comparison, "share").status, row(comparison, "share").estimate) == ("at_boundary", 0.0)
    assert row(comparison, "gap").status == "not_in_likelihood"
    stays(comparison, "cut", "2", float(special.logit(3 / 8)), logit_error(3, 8))


def test_an_ordered_mean_between_two_others_is_not_in_the_likelihood_and_disturbs_no_other() -> None:
    y = np.array([[0.1, -0.4, 0.2], [2.1, 1.7, 2.2]])
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5, shape=3, transform=ORDERED, initval=[-1, 0, 1])
        pm.Normal("a", mu[0], 1, observed=y[0])
        pm.Normal("b", mu[2], 1, observed=y[1])
    comparison = solved(model)
    for label, part in (("0", y[0]), ("2", y[1])):
        stays(comparison, "mu", label, float(part.mean()), 3**-0.5)
    assert row(comparison, "mu", "1").status == "not_in_likelihood"


def test_a_gamma_regression_does_not_see_the_hurdle_that_no_day_took() -> None:
    y = np.random.default_rng(42).gamma(1.7, np.exp(1 + 0.5 * X) / 1.7)
    with pm.Model() as model:
        g, b = pm.Normal("g", 0, 2, shape=2), pm.Normal("b", 0, 3, shape=2)
        shape = pm.Exponential("shape", 0.5)
        mean = pt.exp(b[0] + b[1] * X)
        pm.HurdleGamma("y", psi=pm.math.invlogit(g[0] + g[1] * X), alpha=shape, beta=shape / mean, observed=y)
    comparison = solved(model)
    fit = sm.GLM(y, DESIGN, family=sm.families.Gamma(sm.families.links.Log())).fit(tol=1e-14, maxiter=200)
    ratio = y / fit.fittedvalues
    spare = float(np.mean(ratio - np.log(ratio) - 1))  # log k - digamma(k) at the maximum
    k = optimize.brentq(lambda v: np.log(v) - special.digamma(v) - spare, 1e-3, 1e3, xtol=1e-14)
    error = np.sqrt(np.diag(np.linalg.inv(k * (DESIGN * ratio[:, None]).T @ DESIGN)))
    for j in (0, 1):
        stays(comparison, "b", str(j), float(fit.params[j]), float(error[j]))
        assert row(comparison, "g", str(j)).status == "at_infinity"
    stays(comparison, "shape", "", k, float((y.size * (special.polygamma(1, k) - 1 / k)) ** -0.5))

    def fallen(v: float) -> float:
        def height(s: float) -> float:
            return float(y.size * (s * np.log(s) - special.gammaln(s) - s * (1 + spare)))

        return 2 * (height(k) - height(v)) - FALL

    ends(comparison, "shape", "", optimize.brentq(fallen, k / 9, k), optimize.brentq(fallen, k, 9 * k))


def rest_of_zero_inflation() -> tuple[pm.Model, Any, str, dict[str, str]]:
    y = np.maximum(np.random.default_rng(7).poisson(np.exp(1.6 + 0.3 * X)), 1)
    with pm.Model() as model:
        b, g = pm.Normal("b", 0, 3, shape=2), pm.Normal("g", 0, 3, shape=2)
        inside = pm.math.invlogit(g[0] + g[1] * X)
        pm.ZeroInflatedPoisson("y", psi=inside, mu=pt.exp(b[0] + b[1] * X), observed=y)
    return model, sm.Poisson(y, DESIGN).fit(disp=False, tol=1e-14), "b", {"g": "at_infinity"}


def rest_of_an_empty_class() -> tuple[pm.Model, Any, str, dict[str, str]]:
    y = (np.random.default_rng(9).random(X.size) < special.expit(0.5 + X)).astype(int)
    with pm.Model() as model:
        b, never = pm.Normal("b", 0, 3, shape=2), pm.Normal("never", 0, 3, shape=2)
        eta = pt.stack([pt.zeros(X.size), b[0] + b[1] * X, never[0] + never[1] * X], axis=1)
        pm.Categorical("y", logit_p=eta, observed=y)
    return model, sm.Logit(y, DESIGN).fit(disp=False, tol=1e-14), "b", {"never": "at_infinity"}


def rest_of_overdispersion() -> tuple[pm.Model, Any, str, dict[str, str]]:
    y = np.random.default_rng(10).binomial(20, special.expit(-1 + 0.5 * X))
    with pm.Model() as model:
        b, alpha = pm.Normal("b", 0, 3, shape=2), pm.HalfNormal("alpha", 50)
        pm.Deterministic("dispersion", 1 / alpha)
        pm.NegativeBinomial("y", mu=pt.exp(b[0] + b[1] * X), alpha=alpha, observed=y)
    gone = {"alpha": "at_infinity", "dispersion": "at_boundary"}
    return model, sm.Poisson(y, DESIGN).fit(disp=False, tol=1e-14), "b", gone


def rest_of_separation() -> tuple[pm.Model, Any, str, dict[str, str]]:
    y = (np.random.default_rng(21).random(X.size) < special.expit(0.3 + 0.8 * X)).astype(int)
    treated = np.arange(X.size) < 10
    y[treated] = 1
    with pm.Model() as model:
        b, effect = pm.Normal("b", 0, 3, shape=2), pm.Normal("effect", 0, 3)
        pm.Deterministic("p", pm.math.invlogit(b[0] + effect))
        pm.Deterministic("association", pm.math.tanh(2 * effect))
        pm.Bernoulli("y", logit_p=b[0] + b[1] * X + effect * treated, observed=y)
    plain = sm.Logit(y[~treated], DESIGN[~treated]).fit(disp=False, tol=1e-14)
    return model, plain, "b", {"effect": "at_infinity", "p": "at_boundary", "association": "at_boundary"}


@pytest.mark.parametrize(
    "case", one_in(2, [rest_of_zero_inflation, rest_of_an_empty_class, rest_of_separation, rest_of_overdispersion])
)
def test_coefficients_that_stay_are_those_of_the_model_without_what_leaves(
    case: Callable[[], tuple[pm.Model, Any, str, dict[str, str]]],
) -> None:
    model, fit, name, gone = case()
    comparison = solved(model)
    for j in range(2):
        stays(comparison, name, str(j), float(fit.params[j]), float(fit.bse[j]))
    for other, status in gone.items():
        rows = comparison.estimates[comparison.estimates["estimand"] == other]
        assert set(rows["status"]) == {status}, list(rows["reason"])


@pytest.fixture(scope="module")
def underdispersed() -> Any:
    """Data less dispersed than the binomial: a and b go to infinity, and their share is the binomial's."""
    y = np.array([6, 7, 5, 6, 6, 7, 6, 5, 6, 6])
    with pm.Model() as model:
        a, b = pm.HalfNormal("a", 50), pm.HalfNormal("b", 50)
        pm.Deterministic("mean", a / (a + b))
        pm.Deterministic("log_odds", pm.math.log(a / b))
        pm.Deterministic("correlation", 1 / (1 + a + b))
        pm.BetaBinomial("y", alpha=a, beta=b, n=20, observed=y)
    return solved(model)


def test_a_function_of_parameters_that_leave_is_estimated_in_its_limit(underdispersed: Any) -> None:
    stays(underdispersed, "mean", "", 0.3, float(np.sqrt(0.3 * 0.7 / 200)))
    assert "in the limit as a, b go to their upper limit" in row(underdispersed, "mean").reason
    gone = row(underdispersed, "correlation")
    assert (gone.status, gone.estimate) == ("at_boundary", 0.0)


def test_a_function_of_parameters_that_leave_has_the_profile_of_its_limit(underdispersed: Any) -> None:
    """With a and b held together that of the mean is the binomial's, and so is that of its logit."""
    ends(underdispersed, "mean", "", *special.expit(logit_ends(60, 200)))
    ends(underdispersed, "log_odds", "", *logit_ends(60, 200))


def test_shares_of_an_underdispersed_dirichlet_multinomial_are_the_multinomials() -> None:
    y = np.array([[4, 3, 3], [4, 4, 2], [4, 3, 3], [5, 3, 2], [4, 3, 3]])
    with pm.Model() as model:
        a = pm.HalfNormal("a", 50, shape=3)
        pm.Deterministic("p", a / a.sum())
        pm.DirichletMultinomial("y", n=10, a=a, observed=y)
    comparison = solved(model)
    for label, k in zip("012", y.sum(axis=0), strict=True):
        assert row(comparison, "a", label).status == "at_infinity"
        stays(comparison, "p", label, k / 50, float(np.sqrt(k * (50 - k) / 50**3)))
        ends(comparison, "p", label, *special.expit(logit_ends(int(k), 50)))


def test_a_rate_of_underdispersed_counts_has_the_profile_of_a_poisson() -> None:
    y = np.array([3, 4, 3, 4, 3, 4, 3, 3])
    with pm.Model() as model:
        a, b = pm.HalfNormal("a", 50), pm.HalfNormal("b", 50)
        pm.Deterministic("rate", a / b)
        pm.NegativeBinomial("y", alpha=a, p=b / (1 + b), observed=y)
    comparison = solved(model)
    total, n = int(y.sum()), y.size
    at = total / n

    def fallen(rate: float) -> float:
        return 2 * (total * np.log(at / rate) - n * (at - rate)) - FALL

    stays(comparison, "rate", "", at, float(np.sqrt(total) / n))
    ends(comparison, "rate", "", optimize.brentq(fallen, at / 3, at), optimize.brentq(fallen, at, 3 * at))


def bent(curve: Callable[[Any, Any], Any], x: np.ndarray, y: np.ndarray) -> pm.Model:
    """Return ``y = a + b curve(c, x)`` with a positive ``c``; as it goes to zero the curve becomes a straight line."""
    with pm.Model() as model:
        a, b, c = pm.Normal("a", 0, 10), pm.Normal("b", 0, 10), pm.HalfNormal("c", 2)
        s = pm.HalfNormal("s", 2)
        pm.Normal("y", a + b * curve(c, x), s, observed=y)
    return model


@pytest.mark.parametrize("case", one_in(2, ["power", "exponential"]))
def test_a_curve_that_becomes_a_line_in_the_limit_has_the_fit_of_that_line(case: str) -> None:
    """Of a + b x^c the limit is a line in log x, of a + b exp(-c x) one in x; with c held the rest is least squares."""
    noise = np.random.default_rng(4).normal(0, 0.3, 25)
    if case == "power":
        x = np.linspace(1, 10, 25)
        line, y, model = np.log(x), 2 + noise + 3 / x, bent(lambda c, x: x**c, x, 2 + noise + 3 / x)
    else:
        x = np.linspace(0, 5, 25)
        line, y = -x, 2 + noise + np.exp(0.5 * x)
        model = bent(lambda c, x: pm.math.exp(-c * x), x, y)
    comparison = solved(model)

    def spread(column: np.ndarray) -> float:
        return float(sm.OLS(y, sm.add_constant(column)).fit().ssr)

    deviation = float(np.sqrt(spread(line) / 25))
    stays(comparison, "s", "", deviation, deviation / np.sqrt(50))
    assert [row(comparison, name).status for name in "abc"] == ["at_infinity", "at_infinity", "at_boundary"]
    assert row(comparison, "c").estimate == 0.0

    def fallen(c: float) -> float:
        return 25 * np.log(spread(np.expm1(c * line) / c) / spread(line)) - FALL

    def fit_at(c: float) -> np.ndarray:
        return np.asarray(sm.OLS(y, sm.add_constant(np.exp(c * line))).fit().params)

    edge = optimize.brentq(fallen, 1e-4, 1)
    ends(comparison, "c", "", 0.0, edge)
    # With a held too low c would have to be larger: its profile ends near where that of c does, and is open above.
    a, b = row(comparison, "a", "", "profile"), row(comparison, "b", "", "profile")
    up = fit_at(0.5 * edge)[0] > 0
    assert (a.upper if up else a.lower) == (np.inf if up else -np.inf)
    assert (b.lower if up else b.upper) == (-np.inf if up else np.inf)

    def profiled(value: float, which: int) -> float:
        def height(log_c: float) -> float:
            column = np.exp(np.exp(log_c) * line)
            known, rest = (np.ones(25), column) if which == 0 else (column, np.ones(25))
            left = y - value * known
            return float(25 * np.log(np.sum((left - rest * (rest @ left) / (rest @ rest)) ** 2) / spread(line)))

        grid = np.linspace(-9, 1, 2001)
        at = grid[int(np.argmin([height(v) for v in grid]))]
        return optimize.minimize_scalar(height, bracket=(at - 0.01, at, at + 0.01), tol=1e-12).fun

    for which, found in enumerate((a, b)):
        (end,) = (v for v in (found.lower, found.upper) if np.isfinite(v))
        assert profiled(end, which) == pytest.approx(FALL, rel=1e-4)


def test_a_ratio_of_what_vanishes_together_has_no_value_of_its_own() -> None:
    rows, columns = np.divmod(np.arange(12), 4)
    y = np.random.default_rng(1).normal(size=(3, 4))
    for _ in range(50):
        y -= y.mean(axis=0)
        y -= y.mean(axis=1, keepdims=True)
    same_row, same_column = rows[:, None] == rows, columns[:, None] == columns
    with pm.Model() as model:
        s, t = pm.HalfNormal("s", 5, shape=2), pm.HalfNormal("t", 5)
        pm.Deterministic("share", s[0] / (s[0] + s[1]))
        pm.Deterministic("total", pt.sqrt(s[0] ** 2 + s[1] ** 2 + t**2))
        cov = t**2 * pt.eye(12) + s[0] ** 2 * same_row + s[1] ** 2 * same_column
        pm.MvNormal("y", pt.zeros(12), cov=cov, observed=y.ravel())
    comparison = triptych.compare(model, methods=("mle",), random_seed=1, profile=False)
    found = row(comparison, "share")
    assert (found.status, np.isnan(found.estimate)) == ("not_identified", True)
    deviation = float(np.sqrt(np.mean(y**2)))
    stays(comparison, "total", "", deviation, deviation / np.sqrt(24))


def constrained(build: Callable[[], None]) -> Any:
    with pm.Model() as model:
        build()
    return solved(model)


@pytest.mark.parametrize("groups", one_in(2, [2, 3]))
def test_an_order_written_as_a_potential_is_an_edge_of_the_domain(groups: int) -> None:
    """Neighbours that are out of order are pooled (Barlow et al. 1972)."""
    rng = np.random.default_rng(6)
    y = [rng.normal(m, 1, 15) for m in (1.0, 0.3, 0.2)[:groups]]
    assert np.all(np.diff([np.mean(part) for part in y]) < 0), "the data are out of order"

    def build() -> None:
        a = pm.Normal("a", 0, 10, shape=groups, initval=np.linspace(-1, 1, groups))
        s = pm.HalfNormal("s", 3)
        pm.Potential("order", pt.switch(pt.all(a[:-1] < a[1:]), 0.0, -np.inf))
        for k in range(groups):
            pm.Normal(f"y{k}", a[k], s, observed=y[k])

    comparison = constrained(build)
    pooled, deviation = float(np.mean(y)), float(np.std(y))
    for label in "012"[:groups]:
        found = row(comparison, "a", label)
        assert found.status == "at_boundary", found.reason
        assert found.estimate == pytest.approx(pooled, rel=1e-6)
        assert np.isnan([found.std_error, found.lower, found.upper]).all()
    stays(comparison, "s", "", deviation, deviation / np.sqrt(2 * 15 * groups))


def test_an_order_that_the_data_keep_is_not_felt() -> None:
    rng = np.random.default_rng(5)
    y = [rng.normal(m, 1, 15) for m in (0.0, 2.0)]

    def build() -> None:
        a, s = pm.Normal("a", 0, 10, shape=2, initval=[-1.0, 1]), pm.HalfNormal("s", 3)
        pm.Potential("order", pt.log(a[0] < a[1]))
        for k in range(2):
            pm.Normal(f"y{k}", a[k], s, observed=y[k])

    comparison = constrained(build)
    deviation = float(np.sqrt(np.mean([np.var(part) for part in y])))
    for k in range(2):
        stays(comparison, "a", str(k), float(np.mean(y[k])), deviation / np.sqrt(15))


def test_a_potential_that_only_weighs_does_not_bound_the_likelihood() -> None:
    def build() -> None:
        p, q = pm.Beta("p", 1, 1), pm.Beta("q", 1, 1)
        pm.Potential("weighs", -50 * (p + q - 1) ** 2)
        pm.Binomial("y", 10, p, observed=7)
        pm.Binomial("z", 10, q, observed=6)

    comparison = constrained(build)
    stays(comparison, "p", "", 0.7, float(np.sqrt(0.021)))


@pytest.mark.parametrize(("left", "parts"), [(0.04, [[1.0, 0.1], [1.0, -0.1]]), (0.06, [])])
def test_a_direction_that_keeps_a_twentieth_of_its_curvature_stays(left: float, parts: list[list[float]]) -> None:
    """One that loses it is a ray in a part of a tenth, added to the ray on which it is lost or taken from it."""
    far = -np.diag([0.0, left])
    objective = SimpleNamespace(size=2, derivatives=lambda _: (0.0, np.zeros(2), far))
    verdict: Any = SimpleNamespace(
        objective=objective,
        point=SimpleNamespace(z=np.zeros(2), hessian=-np.eye(2)),
        diverging=np.array([[1.0, 0.0]]),
        basis=np.eye(2),
    )
    found = [row.tolist() for row in carried_along(verdict) if row[1] != 0]
    assert sorted(found) == sorted(parts)
