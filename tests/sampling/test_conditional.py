"""Coordinates without a neck: saturated fits against quadrature, and where there are no such coordinates."""

from __future__ import annotations

from types import SimpleNamespace

import arviz as az
import numpy as np
import pymc as pm
import pytest
from scipy.special import logsumexp

import triptych
from triptych.engine.engine import Engine
from triptych.sampling.conditional import Conditional, conditional

RNG = np.random.default_rng(5)
SCALE, RATE = np.array([2.0, 1.0, 3.0, 0.7, 1.5]), 0.8


def saturated(n: int, p: int) -> tuple[pm.Model, np.ndarray, np.ndarray]:
    """Return a regression with a flat intercept and a prior free of sigma, and its predictors and outcome."""
    x = RNG.normal(size=(n, p))
    y = x[:, 0] + RNG.normal(size=n)
    with pm.Model() as model:
        start = pm.Flat("start")
        slopes = pm.Normal("slopes", 0, SCALE[:p], shape=p)
        sigma = pm.Exponential("sigma", RATE)
        pm.Normal("y", start + x @ slopes, sigma, observed=y)
    return model, x, y


def by_quadrature(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Integrate the coefficients in closed form, by generalised least squares, and sigma on a grid of its logarithm."""
    grid, cov = np.linspace(-12, 5, 3000), x @ np.diag(SCALE[: x.shape[1]] ** 2) @ x.T
    ones, height, starts, slopes = np.ones(len(y)), [], [], []
    for log_sigma in grid:
        inverse = np.linalg.inv(np.exp(2 * log_sigma) * np.eye(len(y)) + cov)
        weight, start = ones @ inverse @ ones, ones @ inverse @ y / (ones @ inverse @ ones)
        left = y - start
        height.append(
            0.5 * np.linalg.slogdet(inverse)[1]
            - 0.5 * np.log(weight)
            - 0.5 * left @ inverse @ left
            - RATE * np.exp(log_sigma)
            + log_sigma
        )
        starts.append(start)
        slopes.append(SCALE[: x.shape[1]] ** 2 * (x.T @ inverse @ left))
    share = np.exp(np.array(height) - logsumexp(height))
    return {"start": share @ np.array(starts), "slopes": share @ np.array(slopes), "sigma": share @ np.exp(grid)}


@pytest.mark.parametrize(("n", "p"), [(4, 3), (4, 5)])
def test_a_saturated_fit_has_the_posterior_of_quadrature(n: int, p: int) -> None:
    model, x, y = saturated(n, p)
    found = triptych.compare(model, methods=("map", "mcmc"), random_seed=3, progressbar=False)
    table = found.estimates.set_index("method")[["status"]]
    assert set(table["status"]["mcmc"]) == {"ok"}
    assert "ok" not in set(table["status"]["map"])
    posterior = found.results["mcmc"]["posterior"].to_dataset()
    error = az.mcse(posterior, method="mean")
    for name, value in by_quadrature(x, y).items():
        gap = np.abs(posterior[name].mean(("chain", "draw")).to_numpy() - value)
        assert np.all(gap < 4.5 * np.asarray(error[name])), (name, gap / np.asarray(error[name]))


def schools(tau: str) -> pm.Model:
    y = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
    with pm.Model() as model:
        mean = pm.Normal("mean", 0, 10)
        scale = pm.HalfNormal("tau", 10) if tau == "proper" else pm.HalfFlat("tau")
        if tau == "improper":
            pm.Potential("flat_on_the_logarithm", -pm.math.log(scale))
        effects = pm.Normal("effects", mean, scale, shape=8)
        pm.Normal("y", effects, 12.0, observed=y)
    return model


def test_the_density_is_that_of_the_model_with_the_jacobian() -> None:
    engine = Engine.build(schools("proper"))
    found = conditional(engine)
    assert found is not None
    assert found.normal.sum() == 9
    density = found.density(None)
    for seed in range(3):
        u = np.random.default_rng(seed).normal(size=engine.size)
        step = 1e-5 * np.eye(engine.size)
        jacobian = np.array([(found.z(u + h) - found.z(u - h)) / 2e-5 for h in step]).T
        want = engine.sampled(found.z(u))[0] + np.linalg.slogdet(jacobian)[1]
        slopes = [(density(u + h)[0] - density(u - h)[0]) / 2e-5 for h in step]
        assert density(u)[0] == pytest.approx(want, abs=1e-6)
        assert density(u)[1:] == pytest.approx(slopes, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(("size", "there"), [(99, True), (100, False)])
def test_up_to_ninety_nine_coordinates_are_normal_together(
    size: int, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Conditional, "ends", lambda _: True)
    with pm.Model() as model:
        pm.Normal("y", pm.Normal("x", 0, 1, shape=size), pm.HalfNormal("scale", 1), observed=np.zeros(size))
    assert (conditional(Engine.build(model)) is not None) == there


def made_by_hand(fall: float = 1.0, width: float = 1.0) -> Conditional:
    """Return coordinates of which the first is normal with the second as its precision, which falls by so much."""
    engine = SimpleNamespace(
        graph=SimpleNamespace(start=np.zeros(2)), size=2, sampled_hessian=lambda z: -np.diag(z[::-1])
    )
    found = Conditional(engine, np.array([True, False]))  # type: ignore[arg-type]

    def marginal(s: np.ndarray) -> tuple[float, np.ndarray]:
        square = (s / width) ** 2
        return float(-fall * (square / (1 + square))[0]), -fall * 2 * s / width**2 / (1 + square) ** 2

    vars(found).update(_marginal=marginal, _places=lambda _: (np.zeros(1), np.ones((1, 1))))
    return found


@pytest.mark.parametrize(
    ("fall", "width", "end"), [(9.0, 1.0, True), (7.0, 1.0, False), (16.0, 50.0, True), (16.0, 70.0, False)]
)
def test_a_density_ends_that_falls_by_eight_within_sixty_units(
    fall: float, width: float, end: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Conditional, "trusted", lambda *_: True)
    assert made_by_hand(fall, width).ends() == end


@pytest.mark.parametrize(
    ("count", "bad", "good"), [(799, 0, False), (2000, 5, False), (2000, 6, True), (2000, None, True)]
)
def test_one_draw_in_a_thousand_may_lie_where_digits_end(count: int, bad: int | None, good: bool) -> None:
    """Of 799 draws all are looked at, of 2,000 every fifth."""
    draws = np.ones((count, 2))
    if bad is not None:
        draws[bad] = np.nan
    assert made_by_hand().trusted(draws) == good


def test_what_is_not_normal_given_the_rest_keeps_its_coordinates() -> None:
    y = RNG.normal(size=9)
    for likelihood in ("student", "logistic", "exponential"):
        with pm.Model() as model:
            slope, scale = pm.Normal("slope", 0, 1), pm.HalfNormal("scale", 1)
            if likelihood == "student":
                pm.StudentT("y", 4, mu=slope, sigma=scale, observed=y)
            elif likelihood == "logistic":
                pm.Bernoulli("y", logit_p=slope + scale, observed=(y > 0).astype(int))
            else:
                pm.Normal("y", pm.math.exp(slope), scale, observed=y)
        assert conditional(Engine.build(model)) is None


def test_a_posterior_that_cannot_be_normalised_keeps_its_coordinates() -> None:
    """Under a flat prior of log tau draws would end only where digits end."""
    assert conditional(Engine.build(schools("improper"))) is None
    found = conditional(Engine.build(schools("proper")))
    assert isinstance(found, Conditional)
    draws = np.tile(found.centre, (50, 1))
    position = int(np.flatnonzero(~found.normal)[0])
    draws[:, position] = np.linspace(-2, 2, 50)
    assert found.trusted(draws)
    draws[:, position] = np.linspace(-60, 2, 50)
    assert not found.trusted(draws)
