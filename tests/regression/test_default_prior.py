"""The default prior: free of sigma, in the outcome's and the predictors' units, and what does not exist under it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import triptych
from tests.some import one_in
from triptych.comparisons.notices import far_from_the_prior
from triptych.design.design import build_design
from triptych.regression.build import build_scenario
from triptych.regression.catalogue import family_of
from triptych.regression.existence import existence, without_posterior
from triptych.regression.families.negative_binomial import alpha_holds
from triptych.regression.regression import Regression

MODES: dict[str, Any] = {"methods": ("mle", "map"), "profile": False}
FREE = ("normal", "laplace", "student")


def table(n: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    x, z = rng.normal(3, 2, n), rng.normal(-1, 0.5, n)
    return pd.DataFrame({"x": x, "z": z, "y": 4 + 1.5 * x - 0.2 * z + 0.3 * rng.normal(size=n)})


@pytest.mark.parametrize("prior", one_in(3, FREE))
def test_the_units_of_the_table_change_nothing_but_the_units(prior: str) -> None:
    """Other units, another origin, and the user's own scale give one mode: the automatic scale is sd(y) / sd(x)."""
    data = table()
    plain = triptych.fit(data, "y ~ x + z", prior=prior, **MODES)["default"].values("map", "coef")
    moved = data.assign(x=data["x"] * 1e-5, z=data["z"] * 1e4 + 7, y=data["y"] * 1e3 - 50)
    for standardize in (True, False):
        found = triptych.fit(moved, "y ~ x + z", prior=prior, standardize=standardize, **MODES)["default"]
        b = found.values("map", "coef")
        np.testing.assert_allclose([b[1] * 1e-8, b[2] * 10], plain[1:], rtol=1e-7)
        assert (b[0] + 50 + 7 * b[2]) / 1e3 == pytest.approx(plain[0], rel=1e-7)


@pytest.mark.parametrize("prior", ["ridge", "lasso"])
def test_a_prior_that_goes_with_sigma_keeps_its_scale_whatever_the_noise(prior: str) -> None:
    from sklearn import linear_model

    data = table()
    z = (data - data.mean()) / data.std()
    solved = triptych.fit(data, "y ~ x + z", prior=prior, prior_scale=0.2, **MODES)["default"]
    sigma = solved.row("map", "sigma").estimate / data["y"].std()
    fit = (
        linear_model.Ridge(alpha=0.2**-2)
        if prior == "ridge"
        else linear_model.Lasso(alpha=sigma / (30 * 0.2), tol=1e-14, max_iter=10**6)
    )
    theirs = fit.fit(z[["x", "z"]], z["y"]).coef_
    ours = solved.values("map", "coef")[1:] * data[["x", "z"]].std() / data["y"].std()
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_ridge_without_a_sigma_is_the_normal_prior() -> None:
    data = table().assign(k=np.random.default_rng(1).poisson(3, 30))
    for one, other in (("ridge", "normal"), ("lasso", "laplace")):
        modes = [
            triptych.fit(data, "k ~ x + z", family="poisson", prior=prior, prior_scale=0.3, **MODES)["default"]
            for prior in (one, other)
        ]
        np.testing.assert_array_equal(modes[0].values("map", "coef"), modes[1].values("map", "coef"))


def test_the_fits_priors_are_told_in_the_users_units() -> None:
    data = table()
    told = {d.name: d for d in build_scenario(data, "y ~ x + z").priors}
    assert told["coef[Intercept]"].density == "flat"
    for name in ("x", "z"):
        assert told[f"coef[{name}]"].scale == pytest.approx(2.5 * data["y"].std() / data[name].std(), rel=1e-12)
        assert not told[f"coef[{name}]"].times_sigma
    assert told["sigma"].scale == pytest.approx(data["y"].std(), rel=1e-12)
    ridge = {d.name: d for d in build_scenario(data, "y ~ x + z", prior="ridge", prior_scale=0.5).priors}
    assert ridge["coef[x]"].scale == pytest.approx(0.5 / data["x"].std(), rel=1e-12)
    assert ridge["coef[x]"].times_sigma
    own = {d.name: d for d in build_scenario(data, "y ~ x", prior_scale=7.0, standardize=False).priors}
    assert own["coef[x]"].scale == 7.0


def test_estimates_far_from_the_priors_centre_are_told() -> None:
    data = table()
    for prior, scale, told in (("normal", "auto", False), ("normal", 0.1, True), ("ridge", "auto", True)):
        solved = triptych.fit(data, "y ~ x + z", prior=prior, prior_scale=scale, **MODES)
        said = far_from_the_prior(solved.solutions, solved.scenario.priors)
        assert bool(said) == told
        assert not told or ("coef[x]" in said[0] and "coef[z]" not in said[0])
        assert not told or ("goes with sigma" in said[0]) == (prior == "ridge")
    scales = abs(solved["default"].row("mle", "coef", "x").estimate) / (
        2.5 / data["x"].std() * solved["default"].row("mle", "sigma").estimate
    )
    assert f"{scales:.3g} by the MLE" in said[0]


def log_marginal(y: np.ndarray, x: np.ndarray, regression: Regression, sigma: float) -> float:
    """Log of the likelihood times Normal(0, 1) of one slope, integrated over it; the exact fit is at a slope of 1."""
    nodes = np.linspace(-1, 1, 40_003)[1:-1]
    # The tangent maps (-1, 1) onto the line, in units of sigma.
    u, jacobian = np.tan(np.pi / 2 * nodes), np.pi / 2 / np.cos(np.pi / 2 * nodes) ** 2
    b = 1 + sigma * u
    r = (y[:, None] - x[:, None] * b) / sigma
    log_density = {
        "gaussian": stats.norm.logpdf,
        "laplace": stats.laplace.logpdf,
        "student": lambda v: stats.t.logpdf(v, regression.nu),
    }[regression.family]
    height = log_density(r).sum(axis=0) - len(y) * np.log(sigma) + stats.norm.logpdf(b)
    return float(special.logsumexp(height + np.log(jacobian * sigma / 20_001)))


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
@pytest.mark.parametrize(("family", "nu"), [("gaussian", None), ("laplace", None), ("student", 1.0), ("student", 2.0)])
def test_the_power_of_sigma_at_an_exact_fit_is_that_of_the_integral(family: str, nu: float | None, rows: int) -> None:
    """One slope through the origin and ``rows`` rows on the line; of Student errors one more that is not."""
    x = y = np.arange(1.0, rows + 1)
    if family == "student":
        x, y = np.r_[x, 2.0], np.r_[y, 7.0]
    regression = Regression(family, "normal", nu=nu if nu is not None else 4.0)
    at = [log_marginal(y, x, regression, s) for s in (1e-5, 1e-7)]
    slope = (at[0] - at[1]) / np.log(100)
    power = float((nu or 0.0) - rows) if family == "student" else float(-rows)
    assert slope == pytest.approx(power + 1, abs=0.01)  # the coefficients within sigma add the rank
    if family != "student":
        if rows > 1:
            (fit,) = regression.likelihood.exact_fits(
                build_design({"x": x, "y": y}, "y ~ 0 + x", family=family_of(family)), regression
            )
            assert (fit.power, fit.rank) == (power, 1)
        return
    tied = {"y": [*[0.5] * rows, 7.0], "x": [*range(1, rows + 1), 3]}
    fits = regression.likelihood.exact_fits(build_design(tied, "y ~ 1", family=family_of("student")), regression)
    assert (power, 1) in [(fit.power, fit.rank) for fit in fits]


LINE = {"x": [0.0, 1, 2, 3, 5], "y": [1.0, 3, 5, 7, 11], "z": [1.0, 0, 2, 1, 4]}
SPARE = {"x": [0.0, 1, 2], "y": [1.0, 3, 5]}
SATURATED = {"y": [0.3, -1.2, 0.8, 2.0], "g": list("abcd")}
NOISY = {"x": [0.0, 1, 2, 3, 5], "y": [1.0, 3.5, 4, 7, 11]}
TIED = {"x": np.arange(10.0), "y": [*[2.0] * 8, 5.0, 9.0]}  # of ten rows eight: nu * 2 - 8
PAIRED = {"x": np.arange(10.0), "y": [*[2.0] * 7, 5.0, 9.0, 4.0]}  # seven of ten, nu = 2: power -1, and one more


@pytest.mark.parametrize(
    ("data", "formula", "family", "prior", "nu", "mode", "posterior"),
    [
        *((LINE, "y ~ x", family, prior, 4.0, False, False) for family in ("gaussian", "laplace") for prior in FREE),
        *((LINE, "y ~ x", "student", prior, 4.0, False, False) for prior in FREE),
        *((LINE, "y ~ x", family, "ridge", 4.0, True, True) for family in ("gaussian", "laplace", "student")),
        *((LINE, "y ~ x", "gaussian", prior, 4.0, True, True) for prior in ("lasso", "elastic_net")),
        (LINE, "y ~ x", "gaussian", "horseshoe", 4.0, False, False),
        (SPARE, "y ~ x", "gaussian", "normal", 4.0, False, False),  # sigma^-1
        (SPARE, "y ~ x", "gaussian", "horseshoe", 4.0, False, True),  # sigma^0: the global scale's tail
        (LINE, "y ~ x", "gaussian", "flat", 4.0, False, False),
        *((SATURATED, "y ~ 0 + C(g)", family, prior, 4.0, False, True) for family in ("gaussian", "student", "laplace")
          for prior in FREE),
        (SATURATED, "y ~ C(g)", "gaussian", "ridge", 4.0, True, True),
        *((NOISY, "y ~ x", family, prior, 4.0, True, True) for family in ("gaussian", "student") for prior in FREE),
        (TIED, "y ~ x", "student", "normal", 4.0, True, True),  # power 0
        (TIED, "y ~ x", "student", "normal", 3.0, False, True),  # power -2, and two coefficients
        (TIED, "y ~ 1", "student", "normal", 3.0, False, False),  # power -2, and one: sigma^-1
        (TIED, "y ~ x", "student", "normal", 2.0, False, False),  # power -4
        (TIED, "y ~ x", "student", "ridge", 4.0, False, True),  # power 0, over one slope
        (TIED, "y ~ x", "student", "ridge", 3.0, False, False),  # power -2, and the intercept
        (PAIRED, "y ~ 1", "student", "normal", 2.0, False, True),  # power -1, and one
        (PAIRED, "y ~ x", "student", "normal", None, False, True),
    ],
)  # fmt: skip
def test_what_exists_beside_exact_fits(
    data: dict[str, Any], formula: str, family: str, prior: str, nu: float | None, mode: bool, posterior: bool
) -> None:
    regression = Regression(family, prior, nu=nu)
    found = existence(build_design(data, formula, family=family_of(family)), regression)
    assert found.map_exists() == mode
    assert ("map" in found.no_maximum) == (not mode)
    assert (found.no_posterior is None) == posterior
    if not posterior:
        assert found.no_posterior is not None
        # A prior that does not know sigma is no way out of an exact fit, and a ridge prior is.
        assert ("--prior normal" in found.no_posterior[1]) is False


def test_a_horseshoe_that_two_rows_determine_has_a_mode_that_theory_leaves_open() -> None:
    """Two rows give sigma^-2, which the global scale's tail takes back: sigma^2 as it goes as 1 / sigma."""
    design = build_design({"x": [0.0, 1.0], "y": [1.0, 3.0]}, "y ~ x")
    regression = Regression(prior="horseshoe")
    assert (
        regression.slopes.mode_unbounded(regression.likelihood.exact_fits(design, regression), len(design.labels))
        is None
    )
    assert without_posterior(design, regression) is None


@pytest.mark.parametrize(
    ("family", "prior", "scale", "data", "formula"),
    [
        ("student", "student", 9e-5, SATURATED, "y ~ C(g) + 0"),
        ("gaussian", "normal", 1e-6, SATURATED, "y ~ C(g)"),
        ("laplace", "laplace", 1e-3, LINE, "y ~ x + z"),
        ("gaussian", "normal", 2.5, LINE, "y ~ x"),
    ],
)
def test_a_rise_that_no_search_reaches_is_no_mode(
    family: str, prior: str, scale: float, data: dict[str, Any], formula: str
) -> None:
    """A tiny prior makes the density fall by ``(b / scale)^2 / 2`` on the way to a rise that has no end."""
    solved = triptych.fit(data, formula, family=family, prior=prior, prior_scale=scale, **MODES)
    assert set(solved.estimates["status"]) == {"unbounded"}
    assert solved.estimates["estimate"].isna().all()
    mode = solved.estimates[solved.estimates["method"] == "map"]
    assert mode["reason"].str.len().min() > 0
    assert solved.problems == []
    assert "no estimate (unbounded)" in str(solved.results["map"])


@pytest.mark.parametrize(
    ("y", "x", "dimension"),
    [
        ([3, 0, 0], None, 1),
        ([3, 1, 0], None, 1),
        ([3, 0, 0], [0.0, 1.0, -1.0], 2),
        ([3, 2, 0], [0.0, 1.0, -1.0], 2),
    ],
)
def test_counts_that_leave_alpha_to_itself_have_no_posterior(
    y: list[int], x: list[float] | None, dimension: int
) -> None:
    """The likelihood integrated over flat coefficients goes as alpha^(m - d), by summation over a fine grid."""
    v = np.linspace(-60, 60, 1201)
    at = np.meshgrid(v, v, indexing="ij") if x is not None else [v]

    def log_integral(alpha: float) -> float:
        height = np.zeros_like(at[0])
        for i, count in enumerate(y):
            u = (at[0] + (at[1] * x[i] if x is not None else 0.0)) / alpha - np.log(alpha)
            height += special.gammaln(count + alpha) - special.gammaln(alpha) - special.gammaln(count + 1)
            height += -alpha * np.logaddexp(0, u) - count * np.logaddexp(0, -u)
        return float(special.logsumexp(height)) - dimension * np.log(alpha)

    slope = (log_integral(1e-4) - log_integral(1e-6)) / np.log(100)
    above = sum(count > 0 for count in y)
    assert slope == pytest.approx(above - dimension, abs=0.01)
    table = {"y": y} if x is None else {"y": y, "x": x}
    design = build_design(table, "y ~ 1" if x is None else "y ~ x", family=family_of("negative_binomial"))
    assert alpha_holds(design) == (slope > -0.5)
    found = existence(design, Regression("negative_binomial", "flat"))
    assert (found.no_posterior is None) == (slope > -0.5)


def test_a_cone_of_fewer_dimensions_leaves_alpha_a_posterior() -> None:
    """Without an intercept two counts may hold each other: x = 1 and x = -1 leave the slope no way to go."""
    data = {"y": [2, 3, 0], "x": [1.0, -1.0, 0.5], "z": [0.0, 0.0, 1.0]}
    assert alpha_holds(build_design(data, "y ~ 0 + x", family=family_of("negative_binomial")))


@pytest.mark.parametrize(("rows", "predictors"), [(5, 4)])
def test_draws_of_a_neck_that_fail_the_gate_say_what_theory_knows(rows: int, predictors: int) -> None:
    """The posterior exists, as q + r = 0 > -1: neither a flat intercept nor too few draws are what is behind it."""
    rng = np.random.default_rng(5)
    data = pd.DataFrame({f"x{i}": rng.normal(size=rows) for i in range(predictors)})
    data["y"] = rng.normal(size=rows) + 2 * data["x0"]
    formula = "y ~ " + " + ".join(f"x{i}" for i in range(predictors))
    solved = triptych.fit(data, formula, methods=("map", "mcmc"), draws=50, tune=200, profile=False)
    estimates = solved.estimates
    assert set(estimates.query("method == 'map'")["status"]) == {"unbounded"}
    rows_of_draws = estimates.query("method == 'mcmc'")
    assert set(rows_of_draws["status"]) == {"unreliable"}
    for reason in rows_of_draws["reason"]:
        assert "some coefficients fit all rows exactly" in reason
        assert "use fewer predictors, or --prior ridge" in reason
        assert "improper" not in reason
        assert "reparameterise" not in reason


@pytest.mark.parametrize("prior", one_in(2, ["laplace", "normal"]))
def test_more_predictors_than_rows_leave_no_mode_and_nothing_level(prior: str) -> None:
    """Along the exact fits the density falls with their prior and rises without limit with one over sigma.

    Under a normal prior all ways up lead to the exact fit of least length, in the slopes' prior scales.
    """
    rng = np.random.default_rng(8)
    data = pd.DataFrame({f"x{i}": rng.normal(size=4) for i in range(10)})
    data["y"] = rng.normal(size=4)
    x, y = data.drop(columns="y").to_numpy(), data["y"].to_numpy()
    solved = triptych.fit(data, "y ~ " + " + ".join(data.columns[:10]), prior=prior, methods=("map",), profile=False)
    rows = solved.estimates.query("method == 'map'")
    assert set(rows["status"]) == {"unbounded"}, rows["reason"].tolist()
    if prior == "normal":
        scale = x.std(axis=0, ddof=1)
        shortest = np.linalg.pinv((x - x.mean(axis=0)) / scale) @ (y - y.mean()) / scale
        told = [float(reason.split("tends to ")[1].split(" on ")[0]) for reason in rows["reason"][1:11]]
        assert told == pytest.approx(shortest, rel=1e-4)
