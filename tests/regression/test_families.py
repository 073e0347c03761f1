"""The regression models: densities against closed forms, scales and their way back."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import stats

from triptych.base.errors import InputError
from triptych.design.design import Design, build_design
from triptych.design.outcome import Kind
from triptych.graph.from_scenario import build_model
from triptych.problem.table import Status
from triptych.regression.build import build_scenario
from triptych.regression.catalogue import family_of
from triptych.regression.existence import existence
from triptych.regression.model import regression_data, regression_model
from triptych.regression.names import family_names, prior_names
from triptych.regression.prior import AUTO_SCALE
from triptych.regression.priors.horseshoe import SLAB_DF, SLAB_SCALE
from triptych.regression.priors.student import PRIOR_DF
from triptych.regression.regression import Regression

N = 24
LEFT = {"bernoulli": "b", "binomial": "s / m", "poisson": "k", "negative_binomial": "k"}


def table(seed: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    trials = rng.integers(3, 9, N)
    return {
        "y": rng.normal(40.0, 7.0, N),
        "x": rng.normal(100.0, 20.0, N),
        "g": ["u", "v", "w"] * (N // 3),
        "k": rng.poisson(3.0, N),
        "m": trials,
        "s": rng.binomial(trials, 0.4),
        "b": ["no", "yes"] * (N // 2),
    }


def design_of(family: str, right: str = "x + g", **options: Any) -> Design:
    return build_design(table(), f"{LEFT.get(family, 'y')} ~ {right}", family=family_of(family), **options)


def built(design: Design, regression: Regression) -> pm.Model:
    data = regression_data(design, regression)
    with pm.Model(coords=data.coords) as model:
        wrapped = {k: pm.Data(k, v, dims=data.dims.get(k)) for k, v in data.arrays.items()}
        regression_model(design, regression)(SimpleNamespace(**wrapped))
    return model


def log_likelihood(regression: Regression, design: Design, point: dict[str, Any]) -> float:
    """The same in SciPy, from the coefficients on the user's own scale."""
    coef = point["coef"]
    eta = design.columns @ coef[design.intercept :] + (coef[0] if design.intercept else 0.0)
    y = design.outcome
    logp = {
        "gaussian": lambda: stats.norm.logpdf(y, eta, point["sigma"]),
        "laplace": lambda: stats.laplace.logpdf(y, eta, point["sigma"]),
        "student": lambda: stats.t.logpdf(y, regression.nu or 2 + point["nu_above_2"], eta, point["sigma"]),
        "bernoulli": lambda: stats.bernoulli.logpmf(y, 1 / (1 + np.exp(-eta))),
        "binomial": lambda: stats.binom.logpmf(y, design.trials, 1 / (1 + np.exp(-eta))),
        "poisson": lambda: stats.poisson.logpmf(y, np.exp(eta)),
        "negative_binomial": lambda: stats.nbinom.logpmf(
            y, point["alpha"], point["alpha"] / (point["alpha"] + np.exp(eta))
        ),
    }[regression.family]()
    return float(np.sum(logp))


def slope_errors(regression: Regression, design: Design) -> np.ndarray:
    """What one slope's standard error would be without the others."""
    y = design.outcome
    if regression.measured:
        full = np.column_stack([np.ones(N), design.columns])
        noise = np.sqrt(np.linalg.lstsq(full, y)[1][0] / (N - full.shape[1])) / design.outcome_scale
    elif regression.family in ("poisson", "negative_binomial"):
        noise = 1 / np.sqrt(y.mean())
    else:
        trials = np.ones(N) if design.trials is None else design.trials
        share = y.sum() / trials.sum()
        noise = 1 / np.sqrt(share * (1 - share) * trials.mean())
    spread = (design.columns - design.columns.mean(axis=0)) / design.scale
    return np.asarray(noise / np.sqrt(np.sum(spread**2, axis=0)))


def log_prior(regression: Regression, design: Design, point: dict[str, Any]) -> float:
    total, scale = 0.0, regression.scale(design)
    noise = point["sigma"] / design.outcome_scale if regression.measured else 1.0
    # On the user's own scale: b is a slope of y / sd(y) on x / sd(x).
    width = scale * noise if regression.prior in ("ridge", "lasso", "elastic_net") else scale
    if regression.measured and regression.prior == "flat":
        total -= np.log(point["sigma"])
    elif regression.measured:
        total += stats.expon.logpdf(point["sigma"], scale=design.spread)
    if regression.family == "negative_binomial":
        total += stats.expon.logpdf(point["alpha"])
    if "nu_above_2" in point:
        total += stats.gamma.logpdf(point["nu_above_2"], 2, scale=10)
    if regression.prior == "horseshoe":
        half = stats.halfcauchy.logpdf
        total += half(point["tau"]) + half(point["lambda"]).sum()
        total += stats.invgamma.logpdf(point["slab"], SLAB_DF / 2, scale=SLAB_DF / 2)
        # The slopes are normal given their scales; ``raw`` is each of them times what does not depend on it.
        spread = scale * noise * point["tau"] * point["lambda"]
        shrunk = spread / np.sqrt(1 + spread**2 / (SLAB_SCALE**2 * point["slab"]))
        wide = np.sqrt(1 + (shrunk / slope_errors(regression, design)) ** 2)
        slopes = point["raw"] * shrunk / wide
        own = design.outcome_scale * slopes / design.scale
        np.testing.assert_allclose(point["coef"][design.intercept :], own, rtol=1e-10)
        return float(total + np.sum(stats.norm.logpdf(slopes, 0, shrunk) + np.log(shrunk / wide)))
    beta = point["beta"]
    prior = {
        "flat": lambda: 0.0 * beta,
        **dict.fromkeys(("normal", "ridge"), lambda: stats.norm.logpdf(beta, 0, width)),
        **dict.fromkeys(("laplace", "lasso"), lambda: stats.laplace.logpdf(beta, 0, width)),
        "student": lambda: stats.t.logpdf(beta, PRIOR_DF, 0, width),
        "elastic_net": lambda: (
            stats.laplace.logpdf(beta, 0, width / regression.l1_ratio)
            - (1 - regression.l1_ratio) * (beta / width) ** 2 / 2
        ),
    }[regression.prior]()
    return float(total + np.sum(prior))


@pytest.mark.parametrize("prior", prior_names())
@pytest.mark.parametrize("family", family_names())
def test_density_is_the_closed_form_at_random_points(family: str, prior: str) -> None:
    regression = Regression(family, prior, nu=None, prior_scale="auto" if prior == "flat" else 0.7)
    design = design_of(family)
    model = built(design, regression)
    density = model.compile_logp(jacobian=False, mode="FAST_COMPILE")
    coef = pm.compile(
        [model.rvs_to_values[rv] for rv in model.free_RVs],
        model.replace_rvs_by_values([model["coef"]])[0],
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )
    rng = np.random.default_rng(1)
    for _ in range(3):
        start = model.initial_point()
        free = {name: value + rng.normal(size=np.shape(value)) * 0.3 for name, value in start.items()}
        point = {
            name.removesuffix("_log__"): np.exp(value) if name.endswith("_log__") else value
            for name, value in free.items()
        }
        point["coef"] = coef(**free)
        expected = log_likelihood(regression, design, point) + log_prior(regression, design, point)
        # Each of N terms is rounded, and the way back to raw columns costs a few digits more.
        # PyMC's half-Cauchy adds its log 2 in single precision, once for each scalar.
        single = abs(float(np.float32(np.log(2.0))) - np.log(2.0))
        halves = 1 + len(design.labels) if prior == "horseshoe" else 0
        assert density(free) == pytest.approx(expected, rel=0, abs=1e-9 + halves * single)


@pytest.mark.parametrize("right", ["x + g", "0 + x", "0 + g", "1", "poly(x, 2) * g"])
@pytest.mark.parametrize("standardize", [True, False])
def test_coefficients_on_the_users_scale_give_the_same_predictions(right: str, standardize: bool) -> None:
    design = design_of("gaussian", right, standardize=standardize)
    inner = np.asarray(np.random.default_rng(0).normal(size=design.full.shape[1]))
    coef = design.to_user(inner)
    np.testing.assert_allclose(design.to_standardised(coef), inner, rtol=1e-9, atol=1e-12)
    ones = [np.ones((design.n, 1))] if design.intercept else []
    predicted = np.hstack([*ones, design.columns]) @ coef
    expected = design.outcome_centre + design.outcome_scale * (design.full @ inner)
    np.testing.assert_allclose(predicted, expected, rtol=1e-10)


def test_standardising_is_what_it_says() -> None:
    design = design_of("gaussian")
    np.testing.assert_allclose(design.z.mean(axis=0), 0.0, atol=1e-14)
    np.testing.assert_allclose(design.z.std(axis=0, ddof=1), 1.0, rtol=1e-14)
    assert design.outcome_scale == pytest.approx(np.std(design.outcome, ddof=1), rel=1e-14)
    raw = design_of("gaussian", standardize=False)
    np.testing.assert_array_equal(raw.scale, 1.0)
    assert raw.outcome_scale == 1.0
    no_intercept = design_of("gaussian", "0 + x")
    np.testing.assert_array_equal(no_intercept.centre, 0.0)
    assert no_intercept.outcome_centre == 0.0


@pytest.mark.parametrize("factor", [1e12, 1e-12, -3.0])
def test_units_change_coefficients_and_nothing_else(factor: float) -> None:
    plain = table()
    scaled = {**plain, "x": np.asarray(plain["x"]) * factor, "y": np.asarray(plain["y"]) * factor}
    one, other = (build_design(t, "y ~ x + g") for t in (plain, scaled))
    sign = np.array([np.sign(factor), 1.0, 1.0])
    np.testing.assert_allclose(one.z * sign, other.z, rtol=1e-9)
    assert other.outcome_scale == pytest.approx(one.outcome_scale * abs(factor), rel=1e-12)


def test_automatic_scales() -> None:
    design = design_of("gaussian")
    for prior in ("normal", "laplace", "student", "ridge", "lasso", "elastic_net"):
        assert Regression(prior=prior).scale(design) == AUTO_SCALE
    p, n = 3, N
    relevant = 1.0
    assert Regression(prior="horseshoe").scale(design) == pytest.approx(relevant / (p - relevant) / np.sqrt(n))
    counts = design_of("poisson")
    assert Regression("poisson", "horseshoe").scale(counts) == pytest.approx(
        relevant / (p - relevant) / np.sqrt(n * counts.outcome.mean())
    )
    assert SLAB_SCALE == 2.5


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"family": "gauss"}, "--family"),
        ({"prior": "gauss"}, "--prior"),
        ({"prior_scale": 0}, "--prior-scale"),
        ({"prior_scale": float("nan")}, "--prior-scale"),
        ({"prior_scale": "wide"}, "--prior-scale"),
        ({"prior_scale": True}, "--prior-scale"),
        ({"prior": "flat", "prior_scale": 1.0}, "flat prior has no scale"),
        ({"prior": "elastic_net", "l1_ratio": 1.0}, "--l1-ratio"),
        ({"nu": 0.5}, "--nu"),
        ({"nu": "4"}, "--nu must be a number"),
        ({"nu": True}, "--nu must be a number"),
        ({"l1_ratio": None}, r"--l1-ratio must lie between 0 and 1 \(1e-100 at least\), not be None"),
        ({"l1_ratio": "a"}, "--l1-ratio"),
        ({"l1_ratio": 1e-320}, "--l1-ratio"),
        ({"prior_scale": 10**400}, "--prior-scale must be auto or a positive number"),
        ({"prior_scale": 10**5000}, "not a long int"),
        ({"prior_scale": np.array([1.0, 2.0])}, "--prior-scale"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        Regression(**options)


def test_numbers_of_every_kind_are_numbers() -> None:
    regression = Regression("student", "elastic_net", np.int64(2), np.float32(0.25), np.int32(5))  # type: ignore[arg-type]
    assert (regression.prior_scale, regression.l1_ratio, regression.nu) == (2.0, 0.25, 5.0)
    assert {type(value) for value in (regression.prior_scale, regression.l1_ratio, regression.nu)} == {float}


@pytest.mark.parametrize("family", family_names())
def test_regular_data_raise_no_alarm(family: str) -> None:
    right = "x" if family == "laplace" else "x + g"  # even groups have no unique median
    # Counts drawn as Poisson may well vary less than Poisson, which is a finding about alpha.
    expected = dict(existence(design_of(family, right), Regression(family)).expected.get("mle", {}))
    expected.pop("alpha", None)
    assert expected == {}
    assert Regression(family).estimands[0] == "coef"
    assert ("sigma" in Regression(family).estimands) == (family_of(family).kind is Kind.MEASUREMENT)


@pytest.mark.parametrize(("tails", "expected"), [(3.0, "ok"), (None, "at_infinity")])
def test_estimated_degrees_of_freedom_may_be_infinite(tails: float | None, expected: str) -> None:
    # Quantiles, so that the kurtosis is sure: heavy for Student's t, below 3 for a normal sample.
    grid = (np.arange(200) + 0.5) / 200
    y = stats.norm.ppf(grid) if tails is None else stats.t.ppf(grid, tails)
    found = existence(
        build_design({"y": y, "x": np.arange(200) % 7}, "y ~ x", family=family_of("student")),
        Regression("student", nu=None),
    )
    assert found.expected.get("mle", {}).get("nu", Status.OK) == expected


@pytest.mark.parametrize(
    ("data", "formula", "family", "expected"),
    [
        ({"y": [0, 0, 0, 1, 1, 1], "x": [1, 2, 3, 4, 5, 6]}, "y ~ x", "bernoulli", "at_infinity"),
        ({"y": [0, 0, 1, 0, 1, 1], "x": [1, 2, 3, 3, 4, 5]}, "y ~ x", "bernoulli", "at_infinity"),
        ({"y": [0, 1, 0, 1, 0, 1], "x": [1, 2, 3, 4, 5, 6]}, "y ~ x", "bernoulli", "ok"),
        ({"y": [0, 0, 0, 1, 2, 3], "g": list("aaabbb")}, "y ~ g", "poisson", "at_infinity"),
        ({"y": [0, 0, 1, 1, 2, 3], "g": list("aaabbb")}, "y ~ g", "poisson", "ok"),
        ({"y": [1, 2, 3, 4, 5, 6], "x": [2, 4, 6, 8, 10, 12]}, "y ~ x", "gaussian", "unbounded"),
        ({"y": [1, 5, 2], "x": [1, 2, 9], "z": [3, 1, 7]}, "y ~ x + z", "gaussian", "unbounded"),
        (
            {"y": [1, 5, 2, 8, 3, 9], "x": [1, 2, 4, 3, 5, 6], "z": [2, 4, 8, 6, 10, 12.0]},
            "y ~ x + z",
            "gaussian",
            "not_identified",
        ),
        ({"y": [1.0, 2, 5, 9], "g": list("aabb")}, "y ~ g", "laplace", "not_identified"),
        ({"y": [3.0, 3, 3, 3, 3, 3, 3, 3, 1], "x": range(9)}, "y ~ 1", "student", "unbounded"),
    ],
)
def test_what_does_not_exist_is_known_before_fitting(
    data: dict[str, Any], formula: str, family: str, expected: str
) -> None:
    design = build_design(data, formula, family=family_of(family))
    found = existence(design, Regression(family))
    assert found.expected.get("mle", {}).get("coef", Status.OK) == expected
    assert found.mle_exists() == (expected == "ok")
    if expected == "not_identified" and family == "gaussian":
        assert design.undetermined == ["x", "z"]
    if expected != "ok" and not (family == "laplace" or family == "student"):
        flat = existence(design, Regression(family, "flat"))
        assert not flat.map_exists()
        assert flat.no_posterior is not None
        assert flat.no_posterior[0] is Status.NO_POSTERIOR
        assert set(flat.expected["mcmc"]) == set(Regression(family).estimands)


def test_a_scale_beyond_single_precision_is_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        scenario = build_scenario({"y": [1.0, 2.0, 4.0, 3.0], "x": [0.0, 1.0, 3.0, 2.5]}, "y ~ x", prior_scale=1e99)
        build_model(scenario, scenario.data(), {})
