"""Angles: estimates, arcs and posteriors do not depend on where the circle is cut."""

from __future__ import annotations

from typing import Any

import arviz as az
import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy import special, stats
from scipy.optimize import brentq, minimize

from tests.panels.problems import problem_of
from triptych.comparisons.contrast import contrasts, overlap
from triptych.engine.angles import periods, wrapped
from triptych.engine.engine import Engine
from triptych.engine.estimands import resolve
from triptych.panels.mle import solve_mle
from triptych.panels.settings import Settings
from triptych.panels.solution import Panel, Solution
from triptych.panels.solve import solve_problem
from triptych.problem.table import Row, Status
from triptych.reports.circles import Circle
from triptych.reports.view import scalars
from triptych.sampling.circular import Directions
from triptych.sampling.gate import diagnose

TURN = 2 * np.pi
LEVEL = stats.chi2.ppf(0.95, 1)
NOISE = np.random.default_rng(29).vonmises(0, 8, 30)
SHIFTS = (np.pi - 0.05, 0.0, -np.pi / 2, 5.0)
FRAME: dict[str, Any] = {"scenario": "s", "variant": "v"}


def round_(angle: Any) -> Any:
    """Return angles between minus pi and pi."""
    return np.angle(np.exp(1j * np.asarray(angle)))


@pytest.fixture(scope="module")
def engine() -> Engine:
    with pm.Model() as model:
        data = pm.Data("data", NOISE)
        mu, kappa = pm.VonMises("mu", 0, 1e-9), pm.HalfNormal("kappa", 20)
        for name, value in {
            "later": mu + 1,
            "mirrored": 0.5 - mu,
            "degrees": mu * 180 / np.pi,
            "twice": 2 * mu,
            "turned": pt.arctan2(pt.sin(mu + 2), pt.cos(mu + 2)),
            "cosine": pt.cos(mu),
            "product": mu * kappa,
        }.items():
            pm.Deterministic(name, value)
        pm.VonMises("y", mu, kappa, observed=data)
    return Engine.build(model)


def at(engine: Engine, shift: float) -> Engine:
    return engine.with_data(data=round_(NOISE + shift))


@pytest.fixture(scope="module")
def fits(engine: Engine) -> list[Panel]:
    """The MLE of the same data turned by several angles."""
    wanted = resolve(engine, ["mu", "kappa", "later", "degrees", "mirrored"])
    return [solve_mle(at(engine, shift), wanted, Settings(), **FRAME) for shift in SHIFTS]


def rows(panel: Panel, kind: str) -> dict[str, Row]:
    return {row.estimand: row for row in [*panel.estimates, *panel.intervals] if row.interval_kind == kind}


def test_what_gains_a_constant_on_a_turn_is_an_angle(engine: Engine) -> None:
    found = {name: float(p[0]) for name, p in periods(engine).items()}
    turn = {"mu": TURN, "later": TURN, "mirrored": TURN, "degrees": 360.0, "twice": 2 * TURN, "turned": TURN}
    assert found == pytest.approx(turn, rel=1e-9)


def test_a_model_without_angles_has_no_periods() -> None:
    with pm.Model() as model:
        a, b = pm.HalfNormal("a"), pm.Uniform("b", -np.pi, 1)
        p = pm.Dirichlet("p", np.ones(3))
        pm.Normal("y", a + b + p[0] + pt.sin(b), 1, observed=[0.3])
    assert periods(Engine.build(model)) == {}


def test_the_mle_and_its_arcs_are_those_of_the_unrolled_likelihood(fits: list[Panel]) -> None:
    """The mean direction; kappa with A(kappa) = R; 1/sqrt(n R kappa); the profile by a search for kappa."""
    n, length = NOISE.size, np.hypot(np.cos(NOISE).sum(), np.sin(NOISE).sum()) / NOISE.size

    def best(r: float) -> float:
        return brentq(lambda k: special.i1e(k) / special.i0e(k) - r, 1e-6, 500) if r > 1e-6 else 0.0

    def height(r: float) -> float:
        k = best(r)
        return n * (k * r - np.log(special.i0e(k)) - k)

    half = brentq(lambda w: 2 * (height(length) - height(length * np.cos(w))) - LEVEL, 0.01, 1.5)
    error = 1 / np.sqrt(n * length * best(length))
    centre = np.angle(np.exp(1j * NOISE).sum())
    for shift, panel in zip(SHIFTS, fits, strict=True):
        for kind, way in (("wald", stats.norm.ppf(0.975) * error), ("profile", half)):
            row = rows(panel, kind)["mu"]
            assert row.status is Status.OK
            assert not row.reason
            assert abs(wrapped(row.estimate - centre - shift, TURN)) < 1e-6
            assert row.estimate - row.lower == pytest.approx(way, rel=1e-5)
            assert row.upper - row.estimate == pytest.approx(way, rel=1e-5)
        assert panel.optima == []


@pytest.mark.parametrize("kind", ["wald", "profile"])
def test_turning_the_data_turns_estimates_and_arcs(fits: list[Panel], kind: str) -> None:
    first = rows(fits[1], kind)
    for shift, panel in zip(SHIFTS, fits, strict=True):
        for name, row in rows(panel, kind).items():
            unit = {"degrees": 360 / TURN, "mirrored": -1.0, "kappa": 0.0}.get(name, 1.0)
            turn = shift * unit
            gap = row.estimate - first[name].estimate
            assert wrapped(gap - turn, abs(unit) * TURN) == pytest.approx(0, abs=1e-4), name
            for end in ("lower", "upper"):
                way = getattr(row, end) - row.estimate
                assert way == pytest.approx(getattr(first[name], end) - first[name].estimate, rel=1e-4), name
            assert row.lower < row.estimate < row.upper


def test_an_arc_that_rules_out_nothing_is_told_to_be_the_whole_circle(engine: Engine) -> None:
    even = np.linspace(-np.pi, np.pi, 30, endpoint=False)
    panel = solve_mle(engine.with_data(data=even + 0.05 * np.sin(even)), resolve(engine, ["mu"]), Settings(), **FRAME)
    for kind in ("wald", "profile"):
        row = rows(panel, kind)["mu"]
        assert row.upper - row.lower == pytest.approx(TURN)
        assert row.lower < row.estimate < row.upper
        assert "whole circle" in row.reason


@pytest.fixture(scope="module")
def around_pi(engine: Engine) -> Solution:
    here = at(engine, SHIFTS[0])
    problem = problem_of(here, ["mu", "kappa", "later", "cosine"])
    panels = solve_problem(problem, Settings(draws=500, tune=500, profile=False))
    return Solution("s", "v", {}, None, here, panels)  # type: ignore[arg-type]


def test_the_posterior_around_pi_has_the_circular_mean_and_deviation(around_pi: Solution) -> None:
    """By quadrature on a grid of mean direction and kappa, in coordinates about pi."""
    mu, kappa = np.linspace(np.pi - 0.6, np.pi + 0.6, 401), np.linspace(0.05, 40, 800)
    y = round_(NOISE + SHIFTS[0])
    direction = np.exp(1j * y).sum()
    heights = np.real(direction * np.exp(-1j * mu))[:, None] * kappa
    heights = heights - y.size * (np.log(special.i0e(kappa)) + kappa) - kappa**2 / 800
    weights = np.exp(heights - heights.max()).sum(axis=1)
    weights /= weights.sum()
    moment = np.sum(weights * np.exp(1j * mu))
    entry = next(e for e in around_pi.panels["mcmc"].diagnostics["summary"] if e["estimand"] == "mu")
    row = around_pi.row("mcmc", "mu")
    exact = float(np.sqrt(-2 * np.log(abs(moment))))
    assert row.status is Status.OK
    assert abs(wrapped(row.estimate - np.angle(moment), TURN)) < 4 * entry["mcse_mean"]
    assert entry["mcse_mean"] < 0.1 * exact
    assert row.std_error == pytest.approx(exact, abs=4 * exact / np.sqrt(2 * entry["ess_bulk"]))
    cumulated = np.cumsum(weights)
    for end, prob in (("lower", 0.025), ("upper", 0.975)):
        place = float(np.interp(prob, cumulated, mu))
        assert wrapped(getattr(row, end) - place, TURN) == pytest.approx(0, abs=0.03)
    draws = around_pi.draws("mu")[:, 0]
    assert draws.min() < 0 < draws.max(), "the draws lie on both sides of the seam"
    assert wrapped(row.estimate - stats.circmean(draws), TURN) == pytest.approx(0, abs=1e-12)
    assert row.std_error == pytest.approx(stats.circstd(draws), rel=1e-9)
    assert wrapped(around_pi.row("mcmc", "later").estimate - row.estimate - 1, TURN) == pytest.approx(0, abs=1e-12)


def test_every_arc_around_pi_holds_its_estimate(around_pi: Solution) -> None:
    for panel in around_pi.panels.values():
        for row in [*panel.estimates, *panel.intervals]:
            assert row.lower <= row.estimate <= row.upper, row
            if row.estimand == "mu":
                assert row.upper - row.lower < 0.4
                assert -np.pi <= row.estimate <= np.pi


def test_contrasts_of_angles_are_the_short_way_round(around_pi: Solution) -> None:
    found = {c.estimand: c for c in contrasts(around_pi)}
    for name in ("mu", "later"):
        assert abs(found[name].total_sd) < 0.5
        assert found[name].mode_shift + found[name].mean_minus_mode == pytest.approx(found[name].total, abs=1e-12)
        assert found[name].overlap > 0.8


def test_figures_have_all_panels_on_one_side_of_the_cut(around_pi: Solution) -> None:
    headline = [row for panel in around_pi.panels.values() for row in panel.estimates]
    scalar = next(s for s in scalars([vars(row) for row in headline]) if s.estimand == "mu")
    # A panel may say minus pi where another says pi.
    other = scalar.rows["map"]
    scalar.rows["map"] = other | {k: other[k] - TURN for k in ("lower", "estimate", "upper")}
    circle = Circle(around_pi, scalar)
    drawn = circle.scalar(scalar).rows
    assert np.ptp([row["estimate"] for row in drawn.values()]) < 0.1
    assert max(r["upper"] for r in drawn.values()) - min(r["lower"] for r in drawn.values()) < 0.4
    assert np.ptp(circle.draws(around_pi.draws("mu")[:, 0])) < 1.0
    profile = circle.profile([(other["estimate"] - TURN, 0.0)], scalar.rows["map"])
    assert profile is not None
    assert profile[0][0] == pytest.approx(drawn["map"]["estimate"])


def test_overlap_on_the_circle_counts_both_ends() -> None:
    def arc(lower: float, upper: float) -> Row:
        middle = (lower + upper) / 2
        return Row("s", "v", "mle", "x", "", middle, "maximum", 1.0, lower, upper, 0.95, "wald", Status.OK, "")

    assert overlap(arc(3, 3.4), arc(3.2 - TURN, 3.6 - TURN), TURN) == pytest.approx(0.2 / 0.6)
    # Each is three quarters of the circle, and they share a quarter at either end.
    one, other = arc(0, 0.75 * TURN), arc(0.5 * TURN, 1.25 * TURN)
    assert overlap(one, other, TURN) == pytest.approx(0.5)
    assert overlap(arc(0, 1), arc(TURN, TURN + 1)) == 0.0


def test_convergence_does_not_depend_on_where_the_circle_is_cut() -> None:
    rng = np.random.default_rng(0)
    way = 0.3 * rng.normal(size=(4, 500)) + np.array([[0.0], [0.0], [0.02], [0.0]])

    def diagnosed(angle: np.ndarray, period: bool) -> Any:
        flags, energy = np.zeros(angle.shape, bool), rng.normal(size=angle.shape)
        groups = {"posterior": {"x": angle}, "sample_stats": {"diverging": flags, "energy": energy}}
        found = diagnose(az.from_dict(groups), angle[..., None], {"x": np.array([TURN])} if period else None)
        return [float(d["x"]) for d in (found.rhat, found.ess_bulk, found.ess_tail, found.mcse)]

    here = diagnosed(round_(way), True)
    assert diagnosed(round_(way + np.pi), True) == pytest.approx(here, rel=1e-9)
    plain = diagnosed(way, False)
    assert here[0] >= plain[0] - 1e-3
    assert here[3] == pytest.approx(plain[3], rel=0.1)
    stuck = diagnosed(round_(way + np.pi + np.array([[0.0], [0.0], [0.0], [2.0]])), True)
    assert stuck[0] > 1.5


def test_draws_spread_evenly_have_no_mean_direction() -> None:
    rng = np.random.default_rng(1)
    even, tilted = rng.uniform(-np.pi, np.pi, 4000), rng.vonmises(0, 0.4, 4000)
    found = Directions.of(np.column_stack([even, tilted]), np.full(2, TURN))
    linear = [Row("s", "v", "mcmc", "x", "", 0.1, "mean", 1.8, -3, 3, 0.95, "eti", Status.OK, "")]
    (row,) = found.rows(0, linear, 4000.0)
    assert row.status is Status.NO_MOMENT
    assert "evenly" in row.reason
    assert np.all(np.isnan([row.estimate, row.std_error, row.lower, row.upper]))
    (row,) = found.rows(1, linear, 4000.0)
    assert row.status is Status.OK
    assert row.estimate == pytest.approx(stats.circmean(tilted, high=np.pi, low=-np.pi), abs=1e-12)
    (row,) = found.rows(1, linear, 20.0)  # so few effective draws as might come from an even spread
    assert row.status is Status.NO_MOMENT


X = np.random.default_rng(3).normal(size=25)
WAYS = round_(
    np.array([2.9, -3.0]) + 2 * np.arctan(0.6 * X)[:, None] + np.random.default_rng(4).vonmises(0, 10, (25, 2))
)


def falls(p: np.ndarray) -> float:
    """Return minus the log-likelihood of two directions, a slope and log kappa."""
    gap = WAYS - p[:2] - 2 * np.arctan(p[2] * X)[:, None]
    k = np.exp(p[3])
    return float(-np.sum(k * np.cos(gap)) + WAYS.size * (np.log(special.i0e(k)) + k))


def test_regressions_on_angles_have_the_profile_of_the_unrolled_likelihood() -> None:
    """Two directions near the seam that share a slope; what is held is put in the place of a direction."""
    with pm.Model() as model:
        mu = pm.VonMises("mu", 0, 0.01, shape=2)
        b, k = pm.Normal("b", 0, 1), pm.HalfNormal("kappa", 20)
        pm.Deterministic("at_two", mu[0] + 2 * pt.arctan(2 * b))
        pm.Deterministic("gap", mu[0] - mu[1])
        pm.VonMises("y", mu + 2 * pt.arctan(b * X)[:, None], k, observed=WAYS)
    panel = solve_mle(Engine.build(model), resolve(Engine.build(model)), Settings(), **FRAME)
    start = np.array([2.9, -3.0, 0.6, 2.0])
    best = minimize(falls, start, method="BFGS", options={"gtol": 1e-8})
    exact = {"mu[0]": best.x[0], "mu[1]": best.x[1], "at_two": best.x[0] + 2 * np.arctan(2 * best.x[2])}
    exact["gap"] = best.x[0] - best.x[1]
    held = {
        "mu[0]": lambda q, at: np.r_[at, q],
        "mu[1]": lambda q, at: np.r_[q[0], at, q[1:]],
        "at_two": lambda q, at: np.r_[at - 2 * np.arctan(2 * q[1]), q],
        "gap": lambda q, at: np.r_[at + q[0], q],
    }
    profiles = {row.name: row for row in panel.intervals}
    for name, value in exact.items():
        row = profiles[name]
        assert wrapped(row.estimate - value, TURN) == pytest.approx(0, abs=1e-5)
        assert row.lower < row.estimate < row.upper
        for end in (row.lower, row.upper):
            place = end - row.estimate + value
            rest = np.delete(start, 1 if name == "mu[1]" else 0)
            at_end = minimize(lambda q, n=name, a=place: falls(held[n](q, a)), rest, method="BFGS")
            assert 2 * (at_end.fun - best.fun) == pytest.approx(LEVEL, rel=1e-3), name
