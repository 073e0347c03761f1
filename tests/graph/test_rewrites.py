"""Densities are differentiated right where a branch that is not taken, or a power of zero, has no derivative."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from pymc.math import logdiffexp
from scipy import special, stats

from triptych.engine.engine import Engine
from triptych.engine.jax_translation import jaxify
from triptych.engine.natural_scale import natural_scale
from triptych.graph.rewrites import ready_to_differentiate


def derivative(output: Any, by: Any, at: dict[Any, float]) -> float:
    """Differentiate as XLA does, which multiplies the slope of a branch that is not taken by zero."""
    function = jaxify(list(at), ready_to_differentiate([output]))
    slope = jax.grad(lambda *values: function(*values)[0], argnums=list(at).index(by))
    return float(slope(*(jax.numpy.asarray(value) for value in at.values())))


# A function, where it or its derivative is infinite, and its derivative somewhere else.
SINGULAR = {
    "log": (pt.log, 0.0, 2.0, 1 / 2),
    "log1p": (pt.log1p, -1.0, 2.0, 1 / 3),
    "log1mexp": (pt.log1mexp, 0.0, -1.0, -np.exp(-1) / -np.expm1(-1)),
    "exp": (pt.exp, 1e4, 2.0, np.exp(2)),
    "expm1": (pt.expm1, 1e4, 2.0, np.exp(2)),
    "sqrt": (pt.sqrt, 0.0, 4.0, 1 / 4),
    "gammaln": (pt.gammaln, 0.0, 3.0, special.digamma(3)),
}


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("name", SINGULAR)
def test_a_branch_that_is_not_taken_does_not_spoil_the_other(name: str, taken: bool) -> None:
    function, bad, good, slope = SINGULAR[name]
    x, y = pt.dscalar("x"), pt.dscalar("y")
    inner = 3 * function(x) - 1
    output = pt.switch(y > 0, inner, 5 * x) if taken else pt.switch(y > 0, 5 * x, inner)
    chosen, other = (1.0, -1.0) if taken else (-1.0, 1.0)
    assert derivative(output, x, {x: bad, y: other}) == 5
    assert derivative(output, x, {x: good, y: chosen}) == pytest.approx(3 * slope, rel=1e-12)


def test_a_sure_success_has_the_derivative_of_its_logarithm() -> None:
    p, y = pt.dscalar("p"), pt.dscalar("y")
    output = pt.switch(y, pt.log(p), pt.log1p(-p))
    assert derivative(output, p, {p: 1.0, y: 1.0}) == 1
    assert derivative(output, p, {p: 0.0, y: 0.0}) == -1
    assert derivative(output, p, {p: 0.2, y: 0.0}) == pytest.approx(-1 / 0.8)


@pytest.mark.parametrize(("exponent", "value"), [(0.5, 0.0), (3.0, 0.0), (0.0, 1.0), (-1.0, np.inf)])
def test_a_power_of_zero_stands_still(exponent: float, value: float) -> None:
    base, a = pt.dscalar("base"), pt.dscalar("a")
    found = pytensor.function([base, a], ready_to_differentiate([base**a]), mode="FAST_COMPILE")
    assert found(0.0, exponent)[0] == value
    assert derivative(base**a, a, {base: 0.0, a: exponent}) == 0


def test_any_other_power_keeps_its_derivatives() -> None:
    base, a = pt.dscalar("base"), pt.dscalar("a")
    at = {base: 1.7, a: 0.6}
    assert derivative(base**a, a, at) == pytest.approx(1.7**0.6 * np.log(1.7), rel=1e-12)
    assert derivative(base**a, base, at) == pytest.approx(0.6 * 1.7**-0.4, rel=1e-12)
    assert derivative(base**3 + base, base, {base: 0.0}) == 1


def test_a_dose_of_zero_in_a_power_curve() -> None:
    """y ~ Normal(top * dose^h, 1) with an untreated group: score and information are those of the treated rows."""
    dose, y = np.array([0.0, 0.0, 1.0, 2.0, 4.0]), np.array([0.1, -0.2, 1.1, 1.4, 2.3])
    with pm.Model() as model:
        h, top = pm.Uniform("h", 0, 3), pm.Normal("top", 0, 10)
        pm.Normal("y", top * dose**h, 1, observed=y)
    params = np.array([0.6, 1.2])
    _, gradient, hessian = natural_scale(Engine.build(model)).derivatives(params)
    d, r = dose[2:], y[2:] - 1.2 * dose[2:] ** 0.6
    curve, log = d**0.6, np.log(d)
    assert gradient[0] == pytest.approx([np.sum(r * 1.2 * curve * log), np.sum(r * curve)], rel=1e-10)
    by_h = np.sum(r * 1.2 * curve * log**2 - (1.2 * curve * log) ** 2)
    cross = np.sum(r * curve * log - 1.2 * curve**2 * log)
    assert hessian[0] == pytest.approx(np.array([[by_h, cross], [cross, -np.sum(curve**2)]]), rel=1e-10)


def test_a_sum_in_a_branch_keeps_its_terms() -> None:
    """A Poisson mean that adds up two exponentials along an axis, with zero counts: the density is SciPy's."""
    from scipy import stats

    t, counts = np.linspace(0, 4, 9), np.array([7, 5, 2, 1, 1, 0, 1, 0, 0])
    with pm.Model() as model:
        a, k = pm.HalfNormal("a", 5, shape=2), pm.HalfNormal("k", 2, shape=2)
        pm.Poisson("y", (a * pt.exp(-k * t[:, None])).sum(axis=1) + 0.1, observed=counts)
    params = np.array([4.0, 2.0, 0.3, 1.1])
    mean = (params[:2] * np.exp(-params[2:] * t[:, None])).sum(axis=1) + 0.1
    value, gradient, _ = natural_scale(Engine.build(model)).derivatives(params)
    assert value[0] == pytest.approx(stats.poisson.logpmf(counts, mean).sum(), rel=1e-12)
    assert gradient[0, 0] == pytest.approx(np.sum((counts / mean - 1) * np.exp(-0.3 * t)), rel=1e-12)


TAILS = {
    "Poisson": (lambda r: pm.Poisson.dist(r), lambda r: stats.poisson(r)),
    "binomial": (lambda r: pm.Binomial.dist(n=6, p=r), lambda r: stats.binom(6, r)),
    "negative binomial": (lambda r: pm.NegativeBinomial.dist(mu=r, alpha=2.0), lambda r: stats.nbinom(2, 2 / (2 + r))),
    "gamma": (lambda r: pm.Gamma.dist(3.0, 1 / r), lambda r: stats.gamma(3.0, scale=r)),
}


@pytest.mark.parametrize("name", TAILS)
def test_survival_functions_keep_their_digits_where_they_are_small(name: str) -> None:
    """One minus a distribution function that is nearly one is rounding; SciPy has the survival function itself."""
    ours, theirs = TAILS[name]
    observed = np.array([2, 3])
    with pm.Model() as model:
        rate = pm.Uniform("rate", 0, 1)
        pm.Truncated("y", ours(rate), lower=2, observed=observed)
    engine = Engine.build(model)
    lowest = 2.0 if name == "gamma" else 1.0
    for r in (0.7, 0.1, 0.02, *([] if name == "gamma" else [1e-9])):
        density = theirs(r).logpdf if name == "gamma" else theirs(r).logpmf
        want = float(np.sum(density(observed) - theirs(r).logsf(lowest)))
        assert engine.value(np.array([special.logit(r)]))[0] == pytest.approx(want, rel=1e-7), r


# Where the functions themselves are zero in double precision, whole shapes make them sums of Poisson chances.
DEEP_TAILS = {
    "upper": (pt.gammaincc, [(1, 800.0), (2, 1e7), (700, 3000.0)], lambda a: np.arange(a)),
    "lower": (pt.gammainc, [(200, 1.0), (400, 30.0), (10_000, 3000.0)], lambda a: np.arange(a, a + 500)),
}


@pytest.mark.parametrize("name", DEEP_TAILS)
def test_tails_of_a_gamma_have_logarithms_where_they_are_none_themselves(name: str) -> None:
    tail, places, counts = DEEP_TAILS[name]
    shape, x = pt.dscalar("shape"), pt.dscalar("x")
    found = jaxify([shape, x], ready_to_differentiate([pt.log(tail(shape, x))]))
    for a, at in places:

        def known(argument: float, a: int = a) -> float:
            return float(special.logsumexp(stats.poisson.logpmf(counts(a), argument)))

        assert tail(float(a), at).eval() == 0
        assert float(found(float(a), at)[0]) == pytest.approx(known(at), rel=1e-12)
        by_x = (known(at * (1 + 1e-5)) - known(at * (1 - 1e-5))) / (2e-5 * at)
        assert derivative(pt.log(tail(shape, x)), x, {shape: float(a), x: at}) == pytest.approx(by_x, rel=1e-5)


@pytest.mark.parametrize("rate", [0.5, 30.0, 900.0])
def test_the_chance_between_two_bounds_keeps_its_digits_where_most_lies_below_both(rate: float) -> None:
    """Of the exponential law it is ``exp(-r) - exp(-2 r)``."""
    r = pt.dscalar("r")
    output = logdiffexp(pt.log1mexp(-2 * r), pt.log1mexp(-r))
    found = jaxify([r], ready_to_differentiate([output]))
    assert float(found(rate)[0]) == pytest.approx(-rate + np.log(-np.expm1(-rate)), rel=1e-14)
    assert derivative(output, r, {r: rate}) == pytest.approx(-1 - np.exp(-rate) / np.expm1(-rate), rel=1e-12)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_functions_of_counts_keep_double_precision(dtype: str) -> None:
    counts = pt.vector("counts", dtype=dtype)
    given = np.array([60, 40, 3], dtype=dtype)
    function = jaxify([counts], [pt.gammaln(counts + 1), pt.log(counts), counts / (counts + 1), counts // 7])
    gamma, log, share, seventh = (np.asarray(one) for one in function(jax.numpy.asarray(given)))
    assert gamma == pytest.approx(special.gammaln(given + 1.0), rel=1e-14)
    assert log == pytest.approx(np.log(given.astype(float)), rel=1e-15)
    assert share == pytest.approx(given / (given + 1.0), rel=1e-15)
    assert seventh.tolist() == [8, 5, 0]


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_counts_beside_a_constant_that_pytensor_keeps_in_single_precision_keep_double(dtype: str) -> None:
    """JAX adds a 64-bit integer and 2.5, which single precision holds, in single precision."""
    counts, more = pt.vector("counts", dtype=dtype), pt.as_tensor(2.5)
    assert more.dtype == "float32"
    given = np.array([60, 40, 3], dtype=dtype)
    # The choice has a condition, which stays what it is.
    outputs = [pt.gammaln(counts + more), pt.switch(pt.gt(counts, 9), counts * 1.1, counts + more)]
    gamma, chosen = (np.asarray(one) for one in jaxify([counts], outputs)(jax.numpy.asarray(given)))
    assert gamma == pytest.approx(special.gammaln(given + 2.5), rel=1e-15)
    assert chosen == pytest.approx(np.where(given > 9, given * 1.1, given + 2.5), rel=1e-15)
