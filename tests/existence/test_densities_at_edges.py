"""Data on the edge of a truncation: the densities rise without limit, and where they do they are rounding only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

import triptych
from triptych.base.errors import ModelError

N = 3
AT_ONE = np.ones(N)
ABOVE, BELOW, MIDDLE = np.array([0.5, 1.3, 1.9]), np.array([0.2, 0.5, 1.3]), np.array([0.5, 1.0, 1.5])
UPPER = 2.0
Build = Callable[[], Any]


def solved(build: Build, methods: tuple[str, ...] = ("mle",), likelihood: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the row of the only parameter by method."""
    with pm.Model() as model:
        build()
    found = triptych.compare(model, methods=methods, random_seed=1, profile=False, likelihood=likelihood)
    return {row.method: row for row in found.estimates.itertuples()}


def only_row(build: Build, likelihood: tuple[str, ...] = ()) -> Any:
    return solved(build, likelihood=likelihood)["mle"]


def truncated(dist: Callable[[], Any], y: Any = AT_ONE, lower: float | None = 1.0, upper: float = UPPER) -> Build:
    return lambda: pm.Truncated("y", dist(), lower=lower, upper=None if lower else upper, observed=y)


def between(dist: Callable[[], Any]) -> Build:
    return lambda: pm.Truncated("y", dist(), lower=1.0, upper=UPPER, observed=AT_ONE)


def normal_between() -> None:
    sigma = pm.HalfFlat("r")
    pm.TruncatedNormal("y", -1.0, sigma, lower=1.0, upper=UPPER, observed=AT_ONE)


# What is left of a truncated density on its bound is the hazard there. As the scale goes to zero the hazard of the
# exponential is 1/scale, that of Weibull(2) 2/scale^2, that of the half-normal 1/scale^2; that of Normal(mu, 1)
# goes as |mu|. By a logarithm of these the log-likelihood gains n or 2n.
WITHOUT_LIMIT: dict[str, tuple[Build, int, str]] = {
    "rate": (truncated(lambda: pm.Exponential.dist(pm.HalfFlat("r"))), N, "upper limit"),
    "scale": (truncated(lambda: pm.Exponential.dist(scale=pm.HalfFlat("r"))), N, "lower limit"),
    "rate in other units": (
        truncated(lambda: pm.Exponential.dist(pm.HalfFlat("r")), 100 * AT_ONE, 100.0), N, "upper limit"),
    "logarithm of the rate": (
        truncated(lambda: pm.Exponential.dist(pm.math.exp(pm.Flat("r")))), N, "upper limit"),
    "one datum": (truncated(lambda: pm.Exponential.dist(pm.HalfFlat("r")), AT_ONE[:1]), 1, "upper limit"),
    "zeros below an upper bound": (
        truncated(lambda: pm.Exponential.dist(pm.HalfFlat("r")), 0 * AT_ONE, None), N, "upper limit"),
    "Weibull": (truncated(lambda: pm.Weibull.dist(2.0, pm.HalfFlat("r"))), 2 * N, "lower limit"),
    "spread of a normal": (truncated(lambda: pm.Normal.dist(0.0, pm.HalfFlat("r"))), 2 * N, "lower limit"),
    "mean of a normal": (truncated(lambda: pm.Normal.dist(pm.Flat("r"), 1.0)), N, "-infinity"),
    "gamma": (truncated(lambda: pm.Gamma.dist(2.0, pm.HalfFlat("r"))), N, "upper limit"),
    "lower of two bounds": (between(lambda: pm.Exponential.dist(pm.HalfFlat("r"))), N, "upper limit"),
    "Weibull on the lower of two": (between(lambda: pm.Weibull.dist(2.0, pm.HalfFlat("r"))), 2 * N, "lower limit"),
    "normal on the lower of two": (normal_between, 2 * N, "lower limit"),
    "gamma on its upper bound": (
        truncated(lambda: pm.Gamma.dist(pm.HalfFlat("r"), 1.0), AT_ONE, None, 1.0), N, "upper limit"),
    "Pareto": (lambda: pm.Pareto("y", pm.HalfFlat("r"), 1.0, observed=AT_ONE), N, "upper limit"),
    "written out": (
        lambda: pm.Potential("y", (lambda r: pt.log(r) - r * AT_ONE + r)(pm.HalfFlat("r"))), N, "upper limit"),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT_LIMIT)
def test_a_density_on_its_bound_rises_without_limit(name: str) -> None:
    build, rate, limit = WITHOUT_LIMIT[name]
    row = only_row(build, ("y",) if name == "written out" else ())
    assert row.status == "unbounded"
    assert f"goes to {'its ' if 'limit' in limit else ''}{limit}, by {rate} per unit" in row.reason


def test_one_datum_on_the_lower_of_two_bounds_of_a_normal() -> None:
    """``|mu| / sigma^2`` is the density there for mu below the bound: mu and sigma both lift it without limit."""
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, 5), pm.HalfNormal("sigma", 5)
        pm.TruncatedNormal("y", mu, sigma, lower=0.0, upper=UPPER, observed=[0.0])
    found = triptych.compare(model, methods=("mle",), random_seed=1, profile=False).estimates
    assert list(found["status"]) == ["unbounded", "unbounded"]


INFINITE: dict[str, tuple[Callable[[Any, Any], Any], float]] = {
    "Weibull": (lambda r, y: pm.Weibull("y", 0.5, r, observed=y), 0.0),
    "beta at zero": (lambda r, y: pm.Beta("y", r, 2.0, observed=y), 0.0),
    "beta at one": (lambda r, y: pm.Beta("y", 2.0, r, observed=y), 1.0),
}


@pytest.mark.parametrize("name", INFINITE)
def test_a_density_that_is_infinite_or_zero_is_refused_and_the_datum_named(name: str) -> None:
    """At zero x^(r-1) is infinite for r < 1 and zero for r > 1."""
    observe, datum = INFINITE[name]
    with pm.Model() as model:
        observe(pm.HalfNormal("r", 2), np.array([0.3, 0.6, datum, 0.5]))
    with pytest.raises(ModelError, match="density at observation 2 is infinite where it is not zero"):
        triptych.compare(model, methods=("mle",))


def test_a_prior_stops_the_rise_where_theory_says() -> None:
    """``r^n`` under Exponential(1) has its mode at n."""
    build = truncated(lambda: pm.Exponential.dist(pm.Exponential("r", 1.0)))
    by_method = solved(build, ("mle", "map"))
    assert by_method["mle"].status == "unbounded"
    assert by_method["map"].status == "ok"
    assert by_method["map"].estimate == pytest.approx(N, rel=1e-8)


def test_data_close_to_the_bound_have_a_maximum() -> None:
    """One over the mean excess, as far as the data hold its digits."""
    y = np.array([1.0, 1.0, 1.0 + 2.0**-20])
    row = only_row(truncated(lambda: pm.Exponential.dist(pm.HalfFlat("r")), y))
    assert row.status == "ok"
    assert row.estimate == pytest.approx(N * 2.0**20, rel=1e-6)


def either_sign(y: np.ndarray) -> Build:
    """The exponential density between 0 and 2 with a rate of either sign; at zero it is the uniform one."""

    def build() -> None:
        b = pm.Flat("b")
        small = pt.abs(b) < 1e-3
        rate = pt.switch(small, 1.0, b)
        far = pt.log(pt.abs(rate)) - pt.maximum(rate * UPPER, 0.0) - pt.log1p(-pt.exp(-pt.abs(rate) * UPPER))
        near = -np.log(UPPER) - b * UPPER / 2 - (b * UPPER) ** 2 / 24
        pm.Potential("y", pt.switch(small, near, far) + b * y)

    return build


@pytest.mark.parametrize(("side", "limit"), [(UPPER, "+infinity"), (0.0, "-infinity")])
def test_a_rate_of_either_sign_goes_to_infinity_at_both_edges(side: float, limit: str) -> None:
    row = only_row(either_sign(np.full(N, side)), ("y",))
    assert row.status == "unbounded"
    assert f"as b goes to {limit}, by {N} per unit of the logarithm of its size" in row.reason


@pytest.mark.parametrize("y", [ABOVE, BELOW, MIDDLE])
def test_a_rate_of_either_sign_is_the_root_of_its_equation(y: np.ndarray) -> None:
    """The mean is ``U / (1 - exp(-b U)) - 1 / b``, at b = 0 the middle."""
    from scipy.optimize import brentq

    row = only_row(either_sign(y), ("y",))
    middle = np.isclose(y.mean(), UPPER / 2)
    root = 0.0 if middle else brentq(
        lambda b: UPPER / -np.expm1(-b * UPPER) - 1 / b - y.mean(), *((1e-2, 9.0) if y.mean() > 1 else (-9.0, -1e-2))
    )  # fmt: skip
    assert row.status == "ok"
    assert row.estimate == pytest.approx(root, abs=1e-7)


@pytest.mark.parametrize("y", [ABOVE, MIDDLE, np.full(N, UPPER)])
def test_a_positive_rate_is_zero_where_the_data_lie_above_the_middle(y: np.ndarray) -> None:
    """There the likelihood falls from the uniform density on, which is that of rate zero and of an infinite scale."""
    by_rate = only_row(truncated(lambda: pm.Exponential.dist(pm.HalfFlat("r")), y, None))
    by_scale = only_row(truncated(lambda: pm.Exponential.dist(scale=pm.HalfFlat("r")), y, None))
    assert (by_rate.status, by_rate.estimate) == ("at_boundary", 0.0)
    assert by_scale.status == "at_infinity"


def test_censored_data_beyond_their_bound_send_the_rate_to_zero() -> None:
    """The chance of surviving to the bound is ``exp(-2 n rate)``."""
    late = np.full(N, UPPER)
    row = only_row(lambda: pm.Censored("y", pm.Exponential.dist(pm.HalfFlat("r")), None, UPPER, observed=late))
    assert (row.status, row.estimate) == ("at_boundary", 0.0)


def test_an_upper_bound_that_moves_lies_on_the_largest_datum_and_the_rate_at_zero() -> None:
    """Under the bound 2 the mean lies above the middle; a step beyond the rate's edge has no density and no error."""
    y = np.array([0.5, 1.8, 2.0])
    with pm.Model() as model:
        pm.Truncated("y", pm.Exponential.dist(pm.HalfFlat("r")), upper=pm.HalfFlat("end"), observed=y)
    found = triptych.compare(model, methods=("mle",), random_seed=1)
    rows = {row.estimand: row for row in found.estimates.itertuples()}
    assert (rows["r"].status, rows["r"].estimate) == ("at_boundary", 0.0)
    assert rows["end"].status == "at_boundary"
    assert rows["end"].estimate == pytest.approx(2.0, rel=1e-9)
