"""The fingerprint of a density: each part against its closed form, and each change against the part that it is in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from pymc.distributions import transforms as tr
from pymc.logprob.transforms import LogTransform
from scipy import stats

from triptych.base.errors import EnvironmentFault, InputError, ModelError
from triptych.testing import Fingerprint

RNG = np.random.default_rng(18)
X = RNG.normal(size=(40, 3))
Y = X @ [1.0, 0.0, -2.0] + RNG.normal(size=40)
ORDER = RNG.permutation(40)


def changed(array: np.ndarray, relative: float) -> np.ndarray:
    """Return the array with one datum off by a relative amount."""
    out = array.copy()
    out.flat[7] *= 1 + relative
    return out


def regression(
    X: np.ndarray = X,
    y: np.ndarray = Y,
    scale: float = 0.5,
    sigma_sd: float = 2.0,
    mean: float = 1.0,
    upper: float = 3.0,
    variance_for_sd: bool = False,
    fence: float = 0.3,
    constant: float = 0.0,
    transform: Any = None,
) -> pm.Model:
    with pm.Model() as model:
        sigma = pm.HalfNormal("sigma", sigma_sd, **({} if transform is None else {"default_transform": transform}))
        beta = pm.Laplace("beta", 0, scale, shape=3)
        top = pm.Uniform("top", 0, upper)
        pm.Uniform("below", 0, top)
        pm.Potential("fence", -fence * top**2)
        if constant:
            pm.Potential("constant", pt.constant(constant))
        pm.Normal("y", mean * (X @ beta), sigma**2 if variance_for_sd else sigma, observed=y)
    return model


@pytest.fixture(scope="module")
def kept() -> Fingerprint:
    return Fingerprint.of(regression())


def values(fingerprint: Fingerprint, part: str, name: str) -> np.ndarray:
    place = next(k for k, key in enumerate(fingerprint.keys) if (key.part, key.name) == (part, name))
    return fingerprint.values[:, place]


def test_each_part_is_its_closed_form(kept: Fingerprint) -> None:
    sigma, beta, top, below = (kept.points[name] for name in ("sigma", "beta", "top", "below"))
    assert len(sigma) == 30
    residual = Y - beta @ X.T
    closed = {
        ("likelihood", "y"): stats.norm.logpdf(residual, 0, sigma[:, None]).sum(axis=1),
        ("prior", "sigma"): stats.halfnorm.logpdf(sigma, scale=2.0),
        ("prior", "beta"): stats.laplace.logpdf(beta, 0, 0.5).sum(axis=1),
        ("prior", "top"): np.full(30, -np.log(3.0)),
        ("prior", "below"): -np.log(top),
        ("prior", "fence"): -0.3 * top**2,
        ("jacobian", "sigma"): np.log(sigma),
        ("jacobian", "top"): np.log(top * (3 - top) / 3),
        ("jacobian", "below"): np.log(below * (top - below) / top),
    }
    assert {(key.part, key.name) for key in kept.keys if key.part != "coordinates"} == set(closed)
    for (part, name), exact in closed.items():
        room = 3e-8 if name == "top" else 1e-10  # PyMC folds the logarithm of its constant range in single precision
        np.testing.assert_allclose(values(kept, part, name), exact, rtol=1e-10, atol=room)


def test_the_same_model_agrees_with_no_difference_at_all(kept: Fingerprint) -> None:
    change = kept.compare(regression())
    assert change.agrees
    assert change.told == ()
    assert change.table["largest"].max() == 0


@pytest.mark.parametrize(
    ("settings", "cause", "named"),
    [
        ({"scale": 0.5 * 1.05}, "prior", "log-prior of beta"),
        ({"scale": 0.5 * 1.001}, "prior", "log-prior of beta"),
        ({"sigma_sd": 2.0 * 1.001}, "prior", "log-prior of sigma"),
        ({"mean": 1.0001}, "likelihood", "log-likelihood of y"),
        ({"variance_for_sd": True}, "likelihood", "log-likelihood of y"),
        ({"fence": 0.301}, "prior", "log-prior of fence"),
        ({"upper": 3.3}, "prior", "support of top moved"),
        ({"upper": 1.6}, "prior", "support of top moved"),
        ({"y": changed(Y, 1e-6)}, "data", "y has other values"),
        ({"X": changed(X, 1e-6)}, "data", "shape 40x3 has other values"),
        ({"X": X[:39], "y": Y[:39]}, "data", "y has the shape (39,), before (40,)"),
        ({"y": Y[ORDER]}, "data", "y has its values in another order"),
    ],
)
def test_a_change_is_found_in_its_part(kept: Fingerprint, settings: dict[str, Any], cause: str, named: str) -> None:
    change = kept.compare(regression(**settings))
    assert change.causes == (cause,)
    assert named in str(change)
    assert not change.agrees


def test_two_changes_are_both_found(kept: Fingerprint) -> None:
    change = kept.compare(regression(scale=0.51, y=changed(Y, 1e-5)))
    assert change.causes == ("data", "prior")
    assert change.cause == "data"


def test_a_constant_is_told_and_moves_nothing(kept: Fingerprint) -> None:
    change = kept.compare(regression(constant=12.5))
    assert change.agrees
    assert change.told == ("The log-prior of constant is shifted by the constant 12.5, which moves no estimate.",)


def test_rows_in_another_order_are_told_where_they_are_independent(kept: Fingerprint) -> None:
    change = kept.compare(regression(X=X[ORDER], y=Y[ORDER]))
    assert change.agrees
    assert len(change.told) == 2
    assert all("in another order" in one for one in change.told)


def test_rows_in_another_order_alarm_in_an_autoregression() -> None:
    def autoregression(y: np.ndarray) -> pm.Model:
        with pm.Model() as model:
            rho = pm.Normal("rho", 0, 1)
            pm.AR("y", rho, sigma=1.0, init_dist=pm.Normal.dist(0, 1), observed=y)
        return model

    kept = Fingerprint.of(autoregression(Y))
    assert kept.compare(autoregression(Y)).agrees
    change = kept.compare(autoregression(Y[ORDER]))
    assert change.causes == ("data",)
    assert "in another order" in str(change)


@contextmanager
def without_jacobian(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(LogTransform, "log_jac_det", lambda self, value, *inputs: pt.zeros_like(value))
        yield


def test_a_dropped_jacobian_is_found(kept: Fingerprint, monkeypatch: pytest.MonkeyPatch) -> None:
    with without_jacobian(monkeypatch):
        change = kept.compare(regression())
    assert change.causes == ("jacobian",)
    assert "log-Jacobian of sigma" in str(change)


def test_another_coordinate_of_the_same_variable_is_told(kept: Fingerprint) -> None:
    change = kept.compare(regression(transform=tr.log_exp_m1))
    assert change.agrees
    assert "sigma is sampled in another coordinate (LogTransform and LogExpM1)" in str(change)


def eight_schools(centred: bool) -> pm.Model:
    y, sd = np.array([28.0, 8, -3, 7, -1, 1, 18, 12]), np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
    with pm.Model() as model:
        mu, tau = pm.Normal("mu", 0, 10), pm.HalfNormal("tau", 10)
        theta = pm.Normal("theta", mu, tau, shape=8) if centred else mu + tau * pm.Normal("eta", 0, 1, shape=8)
        pm.Normal("y", theta, sd, observed=y)
    return model


def test_another_parameterisation_is_told_as_such() -> None:
    change = Fingerprint.of(eight_schools(True)).compare(eight_schools(False))
    assert change.causes == ()
    assert not change.agrees
    assert "without theta, with eta instead" in change.reparameterised


def test_a_prior_split_into_a_flat_one_and_a_potential_is_one_prior() -> None:
    def normal(split: bool, sd: float = 2.0) -> pm.Model:
        with pm.Model() as model:
            if split:
                mu = pm.Flat("mu", initval=0.3)
                pm.Potential("prior_of_mu", -(mu**2) / (2 * sd**2))
            else:
                mu = pm.Normal("mu", 0, sd)
            pm.Normal("y", mu, 1, observed=[0.3, 0.5])
        return model

    kept = Fingerprint.of(normal(False))
    assert kept.compare(normal(True)).agrees
    assert kept.compare(normal(True, 2.01)).causes == ("prior",)


def test_a_potential_can_be_likelihood() -> None:
    def model(slope: float) -> pm.Model:
        with pm.Model() as model:
            pm.Potential("loss", -slope * pm.Normal("mu", 0, 1) ** 2)
        return model

    kept = Fingerprint.of(model(1.0), likelihood=("loss",))
    assert kept.compare(model(1.001)).causes == ("likelihood",)
    with pytest.raises(InputError, match="names no potential"):
        Fingerprint.of(model(1.0), likelihood=("lost",))


def swapped_weights(first: float) -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", [0, 3], 1, shape=2)
        pm.NormalMixture("y", [first, 1 - first], mu, 1, observed=Y)
    return model


def unusual(kind: str, scale: float) -> pm.Model:
    with pm.Model() as model:
        if kind == "joint":
            pm.LKJCholeskyCov("L", n=3, eta=1.0, sd_dist=pm.Exponential.dist(scale))
            pm.Dirichlet("w", np.ones(3))
            pm.ZeroSumNormal("z", scale, shape=3)
            mu = pm.Normal("mu", 0, 1, shape=3, transform=tr.ordered, initval=[-1.0, 0.0, 1.0])
            pm.MvNormal("y", mu, np.eye(3), observed=Y[:30].reshape(10, 3))
        elif kind == "many discrete":
            z = pm.Bernoulli("z", pm.Beta("p", scale, 1), shape=len(X))
            pm.Normal("y", 2 * z, 1, observed=X[:, 0])
        elif kind == "discrete":
            k = pm.Poisson("k", 3 * scale)
            pm.Binomial("y", 20, 1 / (1 + k), observed=[3, 4])
        elif kind == "missing":
            pm.Normal("y", pm.Normal("mu", 0, scale), 1, observed=[0.4, np.nan, 1.2])
        elif kind == "censored":
            mu = pm.Normal("mu", 0, scale)
            pm.Censored("y", pm.Normal.dist(mu, 1), lower=None, upper=1.0, observed=np.minimum(Y, 1.0))
        elif kind == "recursion":
            pm.GARCH11("y", pm.Exponential("omega", scale), 0.2, 0.5, 1.0, observed=Y)
        else:
            pm.VonMises("angle", 0, scale)
            pm.Gamma("y", pm.Truncated("a", pm.Normal.dist(2, scale), lower=0), 1, observed=np.abs(Y))
    return model


@pytest.mark.parametrize(
    ("build", "cause"),
    [
        pytest.param(lambda s: unusual("joint", s), "prior", id="covariance, simplex, zero sum, ordered"),
        pytest.param(lambda s: unusual("discrete", s), "prior", id="discrete"),
        pytest.param(lambda s: unusual("many discrete", s), "prior", id="many discrete"),
        pytest.param(lambda s: unusual("missing", s), "prior", id="missing data"),
        pytest.param(lambda s: unusual("censored", s), "prior", id="censored"),
        pytest.param(lambda s: unusual("recursion", s), "prior", id="recursion"),
        pytest.param(lambda s: unusual("angle", s), "prior", id="angle, truncated"),
        pytest.param(lambda s: swapped_weights(0.3 if s == 1 else 0.7), "likelihood", id="components swapped"),
    ],
)
def test_models_of_every_kind(build: Callable[[float], pm.Model], cause: str, tmp_path: Path) -> None:
    kept = Fingerprint.load(Fingerprint.of(build(1.0)).save(tmp_path / "kept.json"))
    assert kept.compare(build(1.0)).agrees
    assert cause in kept.compare(build(1.001)).causes


def test_points_are_taken_as_given() -> None:
    with pm.Model() as model:
        pm.Normal("y", pm.Normal("mu", 0, 1), 1e-3, observed=[5.0])
    kept = Fingerprint.of(model, points={"mu": [5.0, 5.001]})
    assert kept.points["mu"][:2].tolist() == [5.0, 5.001]
    assert len(kept.points["mu"]) == 30
    with pytest.raises(InputError, match=r"has the shape \(2, 1\), not \(2,\)"):
        Fingerprint.of(model, points={"mu": [[5.0], [5.1]]})
    with pytest.raises(InputError, match="lacks the free variables mu"):
        Fingerprint.of(model, points={"nu": [5.0]})


def test_what_has_no_fingerprint_is_refused() -> None:
    with pytest.raises(InputError, match=r"of a pm\.Model, not of 3"):
        Fingerprint.of(3)
    with pm.Model() as nothing:
        pm.Normal("y", 0, 1, observed=[1.0])
    with pytest.raises(ModelError, match="no free variable"):
        Fingerprint.of(nothing)
    with pm.Model() as nowhere:
        pm.Uniform("y", 0, pm.HalfNormal("top", 1), observed=[1e6])
    with pytest.raises(ModelError, match="finite at no point"):
        Fingerprint.of(nowhere)


def test_fingerprints_of_different_points_are_refused(kept: Fingerprint) -> None:
    assert kept.compare(kept).agrees
    with pytest.raises(InputError, match="different points"):
        kept.compare(Fingerprint.of(regression(), random_seed=2))


def test_it_is_read_as_it_was_written(kept: Fingerprint, tmp_path: Path) -> None:
    read = Fingerprint.load(kept.save(tmp_path / "kept.json"))
    assert read.compare(kept).table["largest"].max() == 0
    assert read.record() == kept.record()
    assert (tmp_path / "kept.json").read_text().count('{"part": ') == len(kept.keys)  # a term a line


def edited(change: Callable[[dict[str, Any]], None]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        record = json.loads(text)
        change(record)
        return json.dumps(record)

    return edit


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: "", "is empty"),
        (lambda text: text[: len(text) // 2], "damaged or truncated"),
        (lambda text: "[1, 2]", "is not a triptych fingerprint"),
        (lambda text: '{"schema": 1, "scenarios": []}', "is not a triptych fingerprint"),
        (edited(lambda r: r.update(schema=99)), "schema 99, and this triptych reads up to 1"),
        (edited(lambda r: r.pop("terms")), "has no 'terms'"),
        (edited(lambda r: r["terms"][0]["values"].pop()), "29 values for 30 points"),
        (edited(lambda r: r["terms"][0]["values"].__setitem__(3, None)), "not a number"),
        (lambda text: text.replace('"values": [', '"values": [NaN, ', 1), "NaN is no number of JSON"),
        (edited(lambda r: r["variables"][0].update(points="AAAA")), "points of sigma are damaged"),
        (edited(lambda r: r["variables"][0].update(shape="three")), "'shape' is a str and not a list"),
    ],
)
def test_a_damaged_file_is_refused(
    kept: Fingerprint, tmp_path: Path, damage: Callable[[str], str], message: str
) -> None:
    place = kept.save(tmp_path / "kept.json")
    place.write_text(damage(place.read_text()))
    with pytest.raises(InputError, match=message):
        Fingerprint.load(place)


def test_a_file_that_cannot_be_read_or_written_is_told(kept: Fingerprint, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        Fingerprint.load(tmp_path / "none.json")
    (tmp_path / "latin.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="no UTF-8"):
        Fingerprint.load(tmp_path / "latin.json")
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match="could not be written"):
        kept.save(tmp_path / "file" / "kept.json")
