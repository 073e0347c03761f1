"""The sampler on both of its backends, against a closed form."""

from __future__ import annotations

from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import arviz as az
import numpy as np
import pymc as pm
import pytest

import triptych
from triptych.base.errors import InputError
from triptych.engine import jax_backend as backend_jax
from triptych.engine.engine import Engine
from triptych.sampling.densities import starting_points
from triptych.sampling.nuts import adaptation_for, sample

Y = np.array([2.1, 1.4, 3.0, 2.6, 1.9, 2.2])


def normal_mean() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 2)
        pm.Normal("y", mu, 1, observed=pm.Data("seen", Y))
    return model


@pytest.mark.parametrize("backend", ["jax", "numba"])
def test_each_backend_draws_from_the_conjugate_posterior(backend: str) -> None:
    precision = Y.size + 1 / 4
    comparison = triptych.compare(normal_mean(), methods=("mcmc",), random_seed=3, backend=backend)
    row = comparison["default"].row("mcmc", "mu")
    found = comparison["default"].panels["mcmc"].diagnostics
    error = found["summary"][0]["mcse_mean"]
    assert found["sampler"].endswith(backend)
    assert abs(row.estimate - Y.sum() / precision) < 4 * error
    assert abs(row.std_error * np.sqrt(precision) - 1) < 0.08  # 4 standard errors of a deviation from 1,500 draws


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(InputError, match="'auto', 'jax' or 'numba'"):
        triptych.compare(normal_mean(), methods=("mcmc",), backend="stan")


class PanicException(BaseException):
    """As nutpie's: a panic in Rust, which does not derive from Exception."""


class Panicking:
    def wait(self, timeout: float) -> None:
        raise PanicException("assertion failed: the density is a mess")

    def cancel(self) -> None:
        raise PanicException("poisoned")


def test_a_panic_in_the_sampler_is_one_panel_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    import nutpie

    monkeypatch.setattr(nutpie, "sample", lambda *_, **__: Panicking())
    solution = triptych.compare(normal_mean(), profile=False)["default"]
    assert (solution.row("mle", "mu").status, solution.row("map", "mu").status) == ("ok", "ok")
    row = solution.row("mcmc", "mu")
    assert row.status == "failed"
    assert "assertion failed: the density is a mess" in row.reason
    assert np.isnan(row.estimate)


def test_a_call_that_the_sampler_refuses_says_nothing_of_the_posterior(monkeypatch: pytest.MonkeyPatch) -> None:
    import nutpie

    def older(model: Any, *, draws: int, tune: int) -> None: ...

    monkeypatch.setattr(nutpie, "sample", older)
    row = triptych.compare(normal_mean(), methods=("mcmc",))["default"].row("mcmc", "mu")
    assert row.status == "failed"
    assert f"nutpie {version('nutpie')} refused the call: " in row.reason
    assert "unexpected keyword argument" in row.reason
    assert "prior" not in row.reason


def test_an_interrupt_while_sampling_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    import nutpie

    class Interrupted(Panicking):
        def wait(self, timeout: float) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(nutpie, "sample", lambda *_, **__: Interrupted())
    with pytest.raises(KeyboardInterrupt):
        triptych.compare(normal_mean(), methods=("mcmc",))


@pytest.mark.parametrize("seed", range(20))
def test_a_domain_seven_units_from_the_start_is_reached(seed: int) -> None:
    """The jitter widens up to twelve units over eighty tries, of which the last half may get there."""
    engine = SimpleNamespace(
        graph=SimpleNamespace(start=np.zeros(1), kinks=()),
        sampled=lambda u: np.array([0.0, 1.0]) if u[0] > 6.5 else np.array([-np.inf, np.nan]),
    )
    assert starting_points(engine, None)(seed)[0] > 6.5  # type: ignore[arg-type]


def test_low_rank_adaptation_comes_first_up_to_thirty_dimensions() -> None:
    assert [adaptation_for(30, attempt) for attempt in range(3)] == ["low_rank", "diag", "low_rank"]
    assert [adaptation_for(31, attempt) for attempt in range(3)] == ["diag", "low_rank", "diag"]


def test_no_tuning_is_refused() -> None:
    with pytest.raises(InputError, match="tune=0"):
        triptych.compare(normal_mean(), methods=("mcmc",), tune=0)


@pytest.mark.parametrize("kept", [True, False])
def test_the_density_of_a_thread_follows_each_point(kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its points are written into memory that the program reads, or handed over where that cannot be."""
    if not kept:
        monkeypatch.setattr(backend_jax.JaxBackend, "_key", lambda self: None)
        monkeypatch.setattr(backend_jax, "_shared", lambda size: (place := np.zeros(size), place))
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 2, shape=3)
        pm.Normal("y", mu.sum(), pm.HalfNormal("sigma", 1), observed=Y)
    engine = Engine.build(model)
    first, second = engine.density(), engine.density()
    points = np.random.default_rng(1).standard_normal((20, 4))
    found = [(first(z), second(-z), first(z)) for z in points]
    for z, (one, other, again) in zip(points, found, strict=True):
        np.testing.assert_array_equal(one, engine.sampled(z))
        np.testing.assert_array_equal(other, engine.sampled(-z))
        np.testing.assert_array_equal(again, one)


@pytest.mark.parametrize("rows", [6, 600])
def test_chains_side_by_side_do_not_disturb_each_other(rows: int) -> None:
    """Of many rows the sums are sampled from."""
    with pm.Model() as model:
        pm.Normal("y", pm.Normal("mu", 0, 2), pm.HalfNormal("sigma", 1), observed=np.resize(Y, rows))
    engine = Engine.build(model)
    options: dict[str, Any] = {
        "draws": 200, "tune": 200, "chains": 4, "random_seed": 5, "adaptation": "low_rank"
    }  # fmt: skip
    several, one = (sample(engine, cores=cores, **options).z for cores in (4, 1))
    np.testing.assert_array_equal(several, one)


def test_a_density_with_one_slope_is_sampled_at_the_scale_of_its_draws() -> None:
    """The largest of three uniform data under a flat prior of their end: Pareto, beyond log 4 an exponential of rate 2.

    Scales that are draws' spread over slopes' had no bound, so that every draw took 1023 gradients and moved nowhere.
    """
    with pm.Model() as model:
        end = pm.HalfFlat("end")
        pm.Uniform("y", 0, end, observed=[1.0, 2.0, 4.0])
    engine = Engine.build(model)
    for adaptation in ("low_rank", "diag"):
        drawn = sample(engine, draws=2000, tune=500, chains=4, random_seed=3, adaptation=adaptation)
        beyond = drawn.z[..., 0] - np.log(4)
        error = float(az.mcse(beyond, method="mean"))
        assert drawn.adaptation == "draw_diag"
        assert error < 0.05
        assert abs(beyond.mean() - 0.5) < 4 * error
        assert drawn.statistics["n_steps"].mean() < 50


def test_a_slope_that_changes_leaves_the_adaptation_as_it_was_asked_for() -> None:
    with pm.Model() as model:
        pm.Exponential("rate", 2.0)
        pm.Normal("y", 0.0, 1.0, observed=[0.3])
    drawn = sample(Engine.build(model), draws=20, tune=20, chains=1, random_seed=3, adaptation="low_rank")
    assert drawn.adaptation == "low_rank"
