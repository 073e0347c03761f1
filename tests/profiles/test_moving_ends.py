"""Where the likelihood jumps to zero at the maximum: which reference its fall has, and intervals in closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy import stats
from scipy.optimize import brentq

import triptych
from triptych.panels.solution import Solution
from triptych.profiles.exponentials import fall_quantile

ONE, TWO, FOUR = (float(stats.chi2.ppf(0.95, d)) for d in (1, 2, 4))
RUNS = 20_000
Falls = Callable[[np.random.Generator], np.ndarray]


def uniform(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y = rng.random((RUNS, n))
    return y.min(axis=1), y.max(axis=1)


def upper_end(rng: np.random.Generator) -> np.ndarray:
    return -2 * 5 * np.log(uniform(rng, 5)[1])


def lower_of_two(rng: np.random.Generator) -> np.ndarray:
    low, high = uniform(rng, 400)
    return 2 * 400 * np.log(high / (high - low))


def width(rng: np.random.Generator) -> np.ndarray:
    low, high = uniform(rng, 400)
    return -2 * 400 * np.log(high - low)


def middle(rng: np.random.Generator) -> np.ndarray:
    low, high = uniform(rng, 400)
    return 2 * 400 * np.log(2 * np.maximum(high - 0.5, 0.5 - low) / (high - low))


def between_once_and_twice(rng: np.random.Generator) -> np.ndarray:
    return 2 * 400 * np.log(2 / (1 + uniform(rng, 400)[1]))


def shift_of_exponential(rng: np.random.Generator) -> np.ndarray:
    y = rng.exponential(size=(RUNS, 200))
    return 2 * 200 * np.log(y.mean(axis=1) / (y.mean(axis=1) - y.min(axis=1)))


def scale_of_shifted_exponential(rng: np.random.Generator) -> np.ndarray:
    y = rng.exponential(size=(RUNS, 200))
    scale = y.mean(axis=1) - y.min(axis=1)
    return 2 * 200 * (scale - 1 - np.log(scale))


def least_of_pareto(rng: np.random.Generator) -> np.ndarray:
    logs = rng.exponential(size=(RUNS, 200)) / 3  # of y over its least value, at shape 3
    return 2 * 200 * np.log(logs.mean(axis=1) / (logs.mean(axis=1) - logs.min(axis=1)))


@pytest.mark.parametrize(
    ("falls", "quantile"),
    [
        (upper_end, TWO),
        (lower_of_two, TWO),
        (width, FOUR),
        (middle, TWO),
        (between_once_and_twice, TWO / 2),
        (shift_of_exponential, TWO),
        (scale_of_shifted_exponential, ONE),
        (least_of_pareto, TWO),
    ],
)
def test_the_fall_at_the_truth_has_the_level_that_is_claimed(falls: Falls, quantile: float) -> None:
    """By the closed form of each profile, on many data sets; 0.003 is for what n = 200 leaves of the limit."""
    covered = float(np.mean(falls(np.random.default_rng(5)) <= quantile))
    assert abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / RUNS) + (0.0 if falls is upper_end else 0.003)


@pytest.mark.parametrize(
    ("room", "cost"),
    [
        ([1.0], [1.0]),
        ([-2.0], [0.5]),
        ([1.0, 1.0], [1.0, 1.0]),
        ([1.0, -3.0], [1.0, 1.0]),
        ([1.0, 0.5, -0.3, 0.2], [1.0, 1.0, 1.0, 0.6]),
        ([0.7, -0.7, -0.7], [1.0, 1.0, 1.0]),
    ],
)
@pytest.mark.parametrize("ci_prob", [0.5, 0.95])
def test_the_quantile_is_that_of_simulated_rooms(room: list[float], cost: list[float], ci_prob: float) -> None:
    a, c = np.array(room), np.array(cost)
    total = np.random.default_rng(8).exponential(size=(200_000, a.size)) @ a
    least = {s: min((k / (s * r) for r, k in zip(a, c, strict=True) if s * r > 0), default=0.0) for s in (1, -1)}
    falls = 2 * np.where(total > 0, least[1] * total, -least[-1] * total)
    share = np.mean(falls <= fall_quantile(a, c, ci_prob))
    assert abs(share - ci_prob) < 4 * np.sqrt(ci_prob * (1 - ci_prob) / total.size)


@pytest.mark.parametrize("apart", [0.0, 2e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-10])
@pytest.mark.parametrize("mean", [0.1418, 1.0, 3.3])
def test_rounding_that_tells_two_means_apart_does_not_move_the_quantile(mean: float, apart: float) -> None:
    """SciPy's exponential of the triangular matrix was 6 % off at 2e-16."""
    room = mean * np.array([1.0, 1.0 + apart])
    assert fall_quantile(room, np.ones(2), 0.95) == pytest.approx(FOUR, rel=1e-9)


def test_the_quantile_of_ends_that_count_the_same_is_chi_squared() -> None:
    for ends in (1, 2, 3):
        assert fall_quantile(np.ones(ends), np.ones(ends), 0.95) == pytest.approx(stats.chi2.ppf(0.95, 2 * ends))


Y = np.random.default_rng(0).uniform(0, 3, 12)
N, LOW, HIGH = Y.size, Y.min(), Y.max()
RANGE = HIGH - LOW


def solved(model: pm.Model) -> Solution:
    return triptych.compare(model, methods=("mle",), random_seed=1)["default"]


def check(solution: Solution, expected: dict[str, tuple[float, float]], words: str) -> None:
    for name, ends in expected.items():
        row = solution.interval("mle", "profile", *name.split("/"))
        assert (row.lower, row.upper) == pytest.approx(ends, rel=1e-5), name
        assert words in row.reason


def test_the_upper_end_of_a_uniform_has_its_exact_interval_on_every_scale() -> None:
    with pm.Model() as model:
        end = pm.HalfNormal("end", 50, initval=9.0)
        pm.Deterministic("log", pt.log(end))
        pm.Deterministic("inverse", 1 / end)
        pm.Uniform("y", 0, end, observed=Y)
    top = HIGH * 0.05 ** (-1 / N)
    expected = {"end": (HIGH, top), "log": (np.log(HIGH), np.log(top)), "inverse": (1 / top, 1 / HIGH)}
    solution = solved(model)
    check(solution, expected, "chi-square with 2 degrees of freedom")
    assert solution.statuses("mle", "end") == ["at_boundary"]


def test_the_interval_of_an_end_stops_where_its_prior_does() -> None:
    with pm.Model() as model:
        end = pm.Uniform("end", 0, HIGH + 0.1, initval=HIGH + 0.05)
        pm.Uniform("y", 0, end, observed=Y)
    check(solved(model), {"end": (HIGH, HIGH + 0.1)}, "2 degrees of freedom")


def test_both_ends_of_a_uniform_their_distance_and_their_middle() -> None:
    with pm.Model() as model:
        low, high = pm.Flat("low", initval=-3.0), pm.Flat("high", initval=9.0)
        pm.Deterministic("width", high - low)
        pm.Deterministic("middle", (low + high) / 2)
        pm.Uniform("y", low, high, observed=Y)
    solution = solved(model)
    far, half = RANGE * np.exp(TWO / (2 * N)), RANGE * (np.exp(TWO / (2 * N)) - 1) / 2
    centre = (LOW + HIGH) / 2
    expected = {"low": (HIGH - far, LOW), "high": (HIGH, LOW + far), "middle": (centre - half, centre + half)}
    check(solution, expected, "chi-square with 2 degrees of freedom")
    check(solution, {"width": (RANGE, RANGE * np.exp(FOUR / (2 * N)))}, "chi-square with 4 degrees of freedom")


WAITS = 2 + np.random.default_rng(1).exponential(1.5, 15)
SCALE = WAITS.mean() - WAITS.min()


def regular_ends() -> tuple[float, float]:
    """The profile of an exponential's scale, the shift on the least datum."""

    def beyond(scale: float) -> float:
        return 2 * WAITS.size * (np.log(scale / SCALE) + SCALE / scale - 1) - ONE

    return brentq(beyond, SCALE / 5, SCALE), brentq(beyond, SCALE, 9 * SCALE)


def test_a_shifted_exponential_by_its_mean_and_scale() -> None:
    """The end is slanted: mean minus scale. The regular parameters keep one degree of freedom, the end has two."""
    with pm.Model() as model:
        mean, scale = pm.Flat("mean", initval=5.0), pm.HalfFlat("scale", initval=6.0)
        pm.Deterministic("shift", mean - scale)
        pm.CustomDist(
            "y", mean, scale, logp=lambda v, m, s: pm.logp(pm.Exponential.dist(scale=s), v - m + s), observed=WAITS
        )
    solution = solved(model)
    low, high = regular_ends()
    check(solution, {"scale": (low, high)}, "chi-square with one degree of freedom")
    check(solution, {"mean": (WAITS.min() + low, WAITS.min() + high)}, "chi-square with one degree of freedom")
    end = WAITS.mean() - SCALE * np.exp(TWO / (2 * WAITS.size))
    check(solution, {"shift": (end, WAITS.min())}, "chi-square with 2 degrees of freedom")


def test_an_end_that_moves_at_both_sides_of_the_data() -> None:
    """Data between theta and twice theta: the lower end takes half of the slope, and bounds the interval."""
    share = np.random.default_rng(2).random(12)
    for y in (2 + 2 * share, 2 + 2 * np.r_[0.05, share]):
        with pm.Model() as model:
            theta = pm.HalfNormal("theta", 50, initval=2.0)
            pm.Uniform("y", theta, 2 * theta, observed=y)
        top = min(y.max() / 2 * np.exp(TWO / 4 / y.size), y.min())
        check(solved(model), {"theta": (y.max() / 2, top)}, f"quantile {TWO / 2:.4g}")


def test_the_ends_of_two_groups_and_their_ratio() -> None:
    group = np.repeat([0, 1], [8, 10])
    y = np.random.default_rng(3).random(18) * np.array([2.0, 5.0])[group]
    with pm.Model() as model:
        end = pm.HalfNormal("end", 50, shape=2, initval=[9.0, 9.0])
        pm.Deterministic("ratio", end[1] / end[0])
        pm.Uniform("y", 0, end[group], observed=y)
    solution = solved(model)
    tops = [y[group == k].max() for k in (0, 1)]
    far = [t * np.exp(TWO / 2 / n) for t, n in zip(tops, (8, 10), strict=True)]
    expected = {"end/0": (tops[0], far[0]), "end/1": (tops[1], far[1]), "ratio": (tops[1] / far[0], far[1] / tops[0])}
    check(solution, expected, "chi-square with 2 degrees of freedom")
    assert solution.statuses("mle", "ratio") == ["at_boundary"]


def test_ends_that_hang_on_a_predictor_have_no_interval() -> None:
    """The limit is that of a linear programme on a Poisson process (Smith 1994), not of independent exponentials."""
    x = np.repeat([0.0, 1, 2], 6)
    y = (1 + 0.5 * x) * np.random.default_rng(4).random(18)
    with pm.Model() as model:
        a, b = pm.HalfNormal("a", 10, initval=9.0), pm.HalfNormal("b", 10, initval=5.0)
        pm.Uniform("y", 0, a + b * x, observed=y)
    panel = solved(model).panels["mle"]
    assert panel.intervals == []
    for row in panel.estimates:
        assert row.status == "at_boundary"
        assert "no profile interval: the supports of the data end in more ways" in row.reason


def test_an_edge_of_the_parameter_space_keeps_one_degree_of_freedom() -> None:
    """The mean is not defined below zero: no datum's support ends there."""
    y = np.random.default_rng(6).normal(0, 1, 20)
    y = y - y.mean() - 0.3
    with pm.Model() as model:
        a = pm.Normal("a", 1, 5, initval=1.0)
        pm.Normal("y", pt.switch(pt.ge(a, 0), a, np.nan), 1, observed=y)
    row = solved(model).interval("mle", "profile", "a")
    top = y.mean() + np.sqrt(y.mean() ** 2 + ONE / y.size)
    assert row.upper == pytest.approx(top, rel=1e-5)
    assert row.lower == pytest.approx(0, abs=1e-9)
    assert "support" not in row.reason


def test_a_truncation_point_and_the_regular_parameters_beside_it() -> None:
    """The profile at the ends that are reported, by a search of its own."""
    from scipy.optimize import minimize

    z = np.random.default_rng(7).normal(0, 1, 200)
    z = z[z < 0.6][:40]
    with pm.Model() as model:
        mu, s, b = pm.Normal("mu", 0, 5), pm.HalfNormal("s", 5), pm.Normal("b", 0, 5, initval=3.0)
        pm.TruncatedNormal("y", mu, s, upper=b, observed=z)
    solution = solved(model)

    def falls(mu: float, log_s: float, b: float) -> float:
        s = np.exp(log_s)
        return float(-2 * np.sum(stats.norm.logpdf(z, mu, s) - stats.norm.logcdf(b, mu, s)))

    def least(held: Callable[[np.ndarray], tuple[float, float, float]], start: list[float]) -> float:
        return float(minimize(lambda q: falls(*held(q)), start, method="BFGS", options={"gtol": 1e-7}).fun)

    best = least(lambda q: (q[0], q[1], z.max()), [0.0, 0.0])
    for name, quantile in (("mu", ONE), ("s", ONE), ("b", TWO)):
        row = solution.interval("mle", "profile", name)
        for end in {"b": [row.upper]}.get(name, [row.lower, row.upper]):
            held: dict[str, Any] = {
                "mu": lambda q, e=end: (e, q[0], z.max()),
                "s": lambda q, e=end: (q[0], np.log(e), z.max()),
                "b": lambda q, e=end: (q[0], q[1], e),
            }
            fall = least(held[name], [0.0, 0.0] if name == "b" else [0.0]) - best
            assert fall == pytest.approx(quantile, rel=1e-4), (name, end)


def test_an_end_that_is_an_exponential_of_its_parameter() -> None:
    """The log-likelihood is straight up to the edge: no curvature tells how far a step may go."""
    with pm.Model() as model:
        a = pm.Normal("a", 0, 10, initval=3.0)
        pm.Deterministic("end", pt.exp(a))
        pm.Deterministic("half", pt.exp(a) / 2)
        pm.Uniform("y", 0, pt.exp(a), observed=Y)
    top = HIGH * 0.05 ** (-1 / N)
    expected = {"a": (np.log(HIGH), np.log(top)), "end": (HIGH, top), "half": (HIGH / 2, top / 2)}
    check(solved(model), expected, "chi-square with 2 degrees of freedom")
