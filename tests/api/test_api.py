"""What a person finds in Python: the tables, statsmodels' own results, a notebook's display."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import pymc as pm
import pytest
import statsmodels.api as sm
from statsmodels.tools.numdiff import approx_fprime

import triptych
from triptych.base.errors import InputError, ModelError
from triptych.problem.table import COLUMNS

RNG = np.random.default_rng(20)
X = np.column_stack([np.ones(60), RNG.normal(size=60), RNG.normal(size=60)])
# Unequal spread, so that robust and classical covariances differ.
Y = X @ [1.0, 2.0, -0.5] + RNG.normal(size=60) * np.exp(0.5 * X[:, 1])
TABLE = {"y": Y, "x": X[:, 1]}
BOTH: dict[str, Any] = {"methods": ("mle", "map"), "profile": False}


def regression() -> pm.Model:
    with pm.Model(coords={"term": ["const", "a", "b"]}) as model:
        beta = pm.Normal("beta", 0, 100, dims="term")
        sigma = pm.HalfNormal("sigma", 100)
        pm.Normal("y", pm.math.dot(X, beta), sigma, observed=Y)
    return model


def separated() -> pm.Model:
    with pm.Model() as model:
        slope = pm.Normal("slope", 0, 2)
        pm.Bernoulli("y", logit_p=slope * np.arange(-4.5, 5), observed=np.arange(-4.5, 5) > 0)
    return model


@pytest.fixture(scope="module")
def solved() -> Any:
    return triptych.compare(regression(), draws=300, tune=300, truth={"beta": [1.0, 2.0, -0.5]})


@pytest.fixture(scope="module")
def mle(solved: Any) -> Any:
    return solved.results["mle"]


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, triptych\ndir(triptych)\n"
        "heavy = {'pymc', 'arviz', 'statsmodels', 'jax', 'pandas', 'scipy', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_everything_offered_is_there() -> None:
    for name in triptych.__all__:
        assert getattr(triptych, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = triptych.nothing


def test_the_tables_have_their_columns(solved: Any) -> None:
    for table in (solved.estimates, solved.intervals, solved.optima):
        assert isinstance(table, pd.DataFrame)
        assert tuple(table.columns) == COLUMNS
    assert set(solved.estimates["method"]) == {"mle", "map", "mcmc"}
    assert set(solved.intervals["interval_kind"]) >= {"profile", "hdi"}
    assert len(solved.contrasts) == 4
    assert solved.claims.empty


def test_the_mle_is_statsmodels_own_result(mle: Any) -> None:
    ols = sm.OLS(Y, X).fit()
    assert isinstance(mle, sm.regression.linear_model.base.LikelihoodModelResults)
    assert mle.params[:3] == pytest.approx(ols.params, rel=1e-9)
    assert mle.params[3] == pytest.approx(np.sqrt(ols.ssr / 60), rel=1e-9)
    # The information divides by n, OLS by n - 3.
    assert mle.bse[:3] == pytest.approx(ols.bse * np.sqrt(57 / 60), rel=1e-7)
    assert mle.bse[3] == pytest.approx(mle.params[3] / np.sqrt(120), rel=1e-7)
    assert mle.llf == pytest.approx(ols.llf, rel=1e-12)
    assert mle.nobs == 60
    assert np.array_equal(mle.model.endog, Y)
    assert mle.conf_int(alpha=0.05)[1] == pytest.approx(mle.params[1] + np.array([-1, 1]) * 1.959964 * mle.bse[1])


def test_its_summary_and_tests_work(mle: Any) -> None:
    text = str(mle.summary())
    for name in ("beta[const]", "beta[a]", "beta[b]", "sigma"):
        assert name in text
    assert float(mle.t_test([0, 1, 0, 0]).pvalue) < 1e-10
    assert float(mle.wald_test([[0, 1, 0, 0], [0, 0, 1, 0]], scalar=True).pvalue) < 1e-10


def test_a_regression_is_summed_up_on_the_scale_of_its_table() -> None:
    """Solved on standardised predictors, it has the coefficients, errors and criteria of OLS on the columns."""
    table = sm.datasets.longley.load_pandas().data
    formula = "TOTEMP ~ GNPDEFL + GNP + UNEMP"
    ours = triptych.fit(table, formula, **BOTH).results["mle"]
    ols = sm.OLS.from_formula(formula, table).fit()
    n, p = len(table), len(ols.params)
    assert ours.model.data.param_names == [*(f"coef[{name}]" for name in ols.params.index), "sigma"]
    np.testing.assert_allclose(ours.params[:p], ols.params, rtol=1e-8)
    np.testing.assert_allclose(ours.bse[:p], ols.bse * np.sqrt((n - p) / n), rtol=1e-6)
    elsewhere = ours.params * 1.01
    np.testing.assert_allclose(
        ours.model.score(elsewhere), approx_fprime(elsewhere, ours.model.loglike, centered=True), rtol=1e-5
    )
    np.testing.assert_allclose(ours.model.fit(cov_type="HC0").bse[:p], ols.get_robustcov_results("HC0").bse, rtol=1e-6)
    assert ours.aic == pytest.approx(ols.aic + 2, rel=1e-9)  # sigma counts as a parameter
    assert (ours.df_model, ours.df_resid) == (p + 1, n - p - 1)
    with pytest.raises(NotImplementedError, match="to_datatree"):
        ours.predict()


def test_at_a_kink_the_errors_are_those_of_the_table() -> None:
    comparison = triptych.fit(TABLE, "y ~ x", family="laplace", **BOTH)
    mle = comparison.results["mle"]
    table = comparison.estimates.query("method == 'mle'")
    np.testing.assert_allclose(mle.bse, table["std_error"], rtol=1e-12)
    assert np.isnan(mle.bse[:2]).all()
    assert mle.bse[2] == pytest.approx(mle.params[2] / np.sqrt(60), rel=1e-7)
    with pytest.raises(ModelError, match="this is a kink"):
        mle.model.fit(cov_type="HC0")


def test_robust_covariance_is_that_of_ols(mle: Any) -> None:
    ours = mle.model.fit(cov_type="HC0").bse[:3]
    assert ours == pytest.approx(sm.OLS(Y, X).fit(cov_type="HC0").bse, rel=1e-6)
    assert np.abs(ours / mle.bse[:3] - 1).max() > 0.02


def test_robust_covariance_is_refused_where_terms_are_not_rows() -> None:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10)
        pm.MvNormal("y", mu * np.ones(5), np.eye(5), observed=np.arange(5.0))
    results = triptych.compare(model, **BOTH).results["mle"]
    assert results.params[0] == pytest.approx(2.0)
    with pytest.raises(ModelError, match="independent rows"):
        results.model.fit(cov_type="HC0")


def test_what_does_not_exist_has_no_parameters_to_misread() -> None:
    nothing = triptych.compare(separated(), **BOTH).results["mle"]
    assert nothing.status == "at_infinity"
    assert "slope goes to +infinity" in str(nothing)
    for name in ("params", "bse", "llf", "conf_int"):
        assert not hasattr(nothing, name)


def test_an_answer_is_no_problem_where_nothing_is_expected() -> None:
    comparison = triptych.compare(separated(), **BOTH)
    assert comparison.problems == []
    assert comparison.ok
    assert "ok" in repr(comparison)


def test_truth_gives_error_and_coverage(solved: Any) -> None:
    table = solved.recovery
    assert len(table) == 9
    assert np.allclose(table["error"], table["estimate"] - table["truth"])
    assert set(table["covered"]) <= {True, False}
    with pytest.raises(InputError, match="gamma"):
        triptych.compare(regression(), truth={"gamma": 1.0}, **BOTH)
    with pytest.raises(InputError, match=r"truth\['beta'\] has the shape \(2,\)"):
        triptych.compare(regression(), truth={"beta": [1.0, 2.0]}, **BOTH)


def test_numpys_whole_numbers_count_and_others_are_refused() -> None:
    whole: dict[str, Any] = {"random_seed": np.int64(3), "draws": np.int32(200)}
    found = triptych.compare(regression(), methods=("mle",), **whole)
    assert found.provenance["random_seed"] == 3
    for wrong in ({"draws": 200.0}, {"chains": True}, {"cores": 0}, {"random_seed": True}, {"random_seed": 2**32}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            triptych.compare(regression(), methods=("mle",), **wrong)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"standardize": "no"}, "standardize='no': use True or False"),
        ({"drop_missing": "no"}, "drop_missing='no': use True or False"),
        ({"ci_prob": "0.9"}, "ci_prob='0.9': use a probability"),
        ({"ci_prob": None}, "ci_prob=None: use a probability"),
        ({"name": None}, "name=None: use a text"),
        ({"trials": 3}, "trials=3: use the name of the column"),
        ({"random_seed": 10**5000}, "random_seed=a long int: use a whole number from 0"),
    ],
)
def test_options_of_the_wrong_kind_are_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        triptych.fit(TABLE, "y ~ x", **{"methods": ("mle",), **options})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: triptych.fit(TABLE, "y ~ x", seed=3), "fit has no option seed; did you mean random_seed"),
        (lambda: triptych.fit(TABLE, "y ~ x", familly="poisson"), "did you mean family"),
        (
            lambda: triptych.run("lasso", chain=3),  # type: ignore[call-arg]
            "run has no option chain; did you mean chains",
        ),
        (
            lambda: triptych.compare(regression(), nuts="x"),  # type: ignore[call-arg]
            "compare has no option nuts; there are model, estimands",
        ),
    ],
)
def test_an_option_that_there_is_not_is_told_from_those_that_there_are(call: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()


def test_the_freedom_of_student_errors_is_estimated_by_that_word() -> None:
    found = triptych.fit(TABLE, "y ~ x", family="student", nu="estimate", **BOTH)
    assert "nu" in set(found.estimates["estimand"])


def test_what_compare_cannot_take_is_named() -> None:
    with pytest.raises(InputError, match=r"compare takes a pm\.Model, not 3"):
        triptych.compare(3)
    with pytest.raises(InputError, match="no estimands are named; name some of beta, sigma"):
        triptych.compare(regression(), estimands=[], **BOTH)
    with pytest.raises(InputError, match="name=None"):
        triptych.compare(regression(), name=None, **BOTH)  # type: ignore[arg-type]
    assert triptych.compare(regression(), name="é" * 200, **BOTH).scenario.name == "model_"


def test_the_datatree_is_arvizs(solved: Any) -> None:
    tree = solved.to_datatree()
    assert list(az.summary(tree, var_names=["beta"]).index) == ["beta[const]", "beta[a]", "beta[b]"]
    assert tree["mle"]["beta"].sel(term="a").item() == solved["default"].row("mle", "beta", "a").estimate
    assert tree["observed_data"]["y"].shape == (60,)


def test_a_binary_outcome_is_in_the_tree() -> None:
    table = pd.DataFrame({"y": (Y > 1).astype(int), "x": X[:, 1]})
    comparison = triptych.fit(table, "y ~ x", family="bernoulli", methods=("mcmc",), draws=200, tune=200)
    tree = comparison.to_datatree()
    assert np.array_equal(tree["observed_data"]["y_observed"], table["y"])
    assert set(np.unique(tree["posterior_predictive"]["y_observed"])) <= {0, 1}


def test_a_notebook_shows_it_without_scripts(solved: Any) -> None:
    shown = solved._repr_html_()
    assert "beta[const]" in shown
    assert "<script" not in shown


def test_to_html_writes_one_file(solved: Any, tmp_path: Any) -> None:
    path = solved.to_html(tmp_path / "one.html")
    assert path.read_text(encoding="utf-8").lstrip().startswith("<!doctype html>")
    assert [p.name for p in tmp_path.iterdir()] == ["one.html"]


def test_a_model_without_words_of_its_own_is_told_by_what_is_seen_unknown_and_computed() -> None:
    from triptych.api.model_scenario import model_scenario

    with pm.Model(coords={"school": list("ABC")}) as model:
        mu = pm.Normal("mu", 0, 5)
        z = pm.Normal("z", 0, 1, dims="school")
        theta = pm.Deterministic("theta", mu + z, dims="school")
        pm.Normal("y", theta, 1.0, observed=[1.0, 2.0, 3.0], dims="school")
        pm.Normal("w", mu, 1.0, observed=[1.0, 2.0])
    seen = "Observed: y (3 values, one per school) and w (2 values). Unknown: mu and z (3 values, one per school)."
    made = model_scenario(model, ["mu", "theta"], "schools")
    assert made.about == f"{seen} Computed from them: theta (3 values, one per school)."
    assert made.question == "What do MLE, MAP and posterior say about the model schools?"
    plain = model_scenario(model, None, "model")
    assert plain.about == made.about
    assert model_scenario(model, ["mu"], "schools").about == seen
    assert plain.question == "What do MLE, MAP and posterior say about this model?"
