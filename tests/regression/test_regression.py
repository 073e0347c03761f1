"""From any table and any formula to a scenario or to one clear sentence, and nothing else."""

from __future__ import annotations

import string
import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triptych.base.errors import InputError
from triptych.design.design import build_design
from triptych.design.expressions import quoted
from triptych.problem.scenario import DEFAULT, Scenario
from triptych.problem.table import Status
from triptych.regression import reference_fits as reference
from triptych.regression.build import build_scenario
from triptych.regression.catalogue import family_of
from triptych.regression.families.binomial import logistic
from triptych.regression.families.gaussian import least_squares
from triptych.regression.families.poisson import log_linear
from triptych.regression.names import family_names, prior_names
from triptych.regression.regression import Regression


def sample(n: int = 40) -> dict[str, Any]:
    rng = np.random.default_rng(5)
    x = rng.normal(50.0, 9.0, n)
    trials = rng.integers(2, 9, n)
    return {
        "y": 3.0 + 0.2 * x + rng.normal(size=n),
        "x": x,
        "z": rng.normal(size=n),
        "g": list("abcd") * (n // 4),
        "b": rng.choice(["lost", "won"], n),
        "k": rng.poisson(4.0, n),
        "m": trials,
        "s": rng.binomial(trials, 0.5),
    }


LEFT = {"bernoulli": "b", "binomial": "s / m", "poisson": "k", "negative_binomial": "k"}


def scale_note(formula: str, **options: Any) -> str:
    why = build_scenario(sample(), formula, **options).why
    return next(line for line in why if "Coefficients are reported" in line)


def test_the_scale_of_the_prior_is_told_as_it_is() -> None:
    for prior in prior_names():
        times_sigma = "times sigma" in scale_note("y ~ x + z", prior=prior)
        assert times_sigma == (prior in ("ridge", "lasso", "elastic_net", "horseshoe"))
        assert "times sigma" not in scale_note("k ~ x + z", prior=prior, family="poisson")
    assert "with scale 2.5 sd(y) / sd(x) for each" in scale_note("y ~ x + z", standardize=False)
    assert "neither centred (there is no intercept) nor rescaled; the" in scale_note("y ~ 0 + x", standardize=False)
    assert "centred but not rescaled" in scale_note("y ~ x", standardize=False)


@pytest.mark.parametrize("family", family_names())
def test_nothing_is_said_of_predictors_or_slopes_that_are_not_there(family: str) -> None:
    for standardize in (True, False):
        why = build_scenario(sample(), f"{LEFT.get(family, 'y')} ~ 1", family=family, standardize=standardize).why
        assert not any(word in line.lower() for line in why for word in ("predictor", "prior", "slope"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"l1_ratio": 0.3}, "--l1-ratio is a setting of the elastic net, and the prior is normal"),
        ({"nu": 7}, "--nu is a setting of Student errors, and the family is gaussian"),
        ({"nu": None}, "--nu is a setting of Student errors"),
        ({"l1_ratio": 0.5}, "--l1-ratio is a setting of the elastic net"),
        ({"nu": 4.0}, "--nu is a setting of Student errors"),
        ({"trials": "x"}, "--trials is the column of the trials of binomial counts, and the family is gaussian"),
    ],
)
def test_settings_without_a_use_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        build_scenario(sample(), "y ~ x", **options)


def test_an_elastic_net_that_is_all_but_ridge_has_a_reference_without_a_warning() -> None:
    design = build_design(sample(), "y ~ x + z")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net = reference.penalised(design, Regression(prior="elastic_net", l1_ratio=1e-90), 1.0)
    ridge = reference.penalised(design, Regression(prior="ridge"), 1.0)
    assert net is not None
    assert ridge is not None
    np.testing.assert_allclose(net.coef, ridge.coef, rtol=1e-10)


@pytest.mark.parametrize("prior", prior_names())
@pytest.mark.parametrize("family", family_names())
def test_every_family_and_prior_is_a_whole_scenario(family: str, prior: str) -> None:
    scenario = build_scenario(sample(), f"{LEFT.get(family, 'y')} ~ x + z + g", family=family, prior=prior)
    assert scenario.question.startswith("How does ")
    assert scenario.question.endswith(" depend on x, z and g?")
    assert scenario.estimands[0] == "coef"
    data = scenario.data()
    assert data.coords["term"] == ["Intercept", "x", "z", "g[T.b]", "g[T.c]", "g[T.d]"]
    assert len(scenario.mathematics) >= 4
    assert any("never penalised" in line for line in scenario.why)
    assert any("reference level is a" in fact.text for fact in scenario.facts)
    assert callable(scenario.holdout)
    mask = scenario.holdout(data)
    assert mask.sum() == len(data.y) // 5
    names = [measure.__name__ for measure in scenario.claims]
    assert len(set(names)) == len(names) >= 1


def test_binomial_counts_are_written_three_ways() -> None:
    table = {**sample(), "f": np.asarray(sample()["m"]) - np.asarray(sample()["s"])}
    for formula, trials in (("s / m ~ x", None), ("cbind(s, f) ~ x", None), ("s ~ x", "m")):
        design = build_design(table, formula, family=family_of("binomial"), trials=trials)
        np.testing.assert_array_equal(design.outcome, table["s"])
        np.testing.assert_array_equal(design.trials, table["m"])
    with pytest.raises(InputError, match="given twice"):
        build_design(table, "s / m ~ x", family=family_of("binomial"), trials="m")


@pytest.mark.parametrize(
    ("values", "success"),
    [
        ([0, 1], "1"),
        ([False, True], "True"),
        (["no", "yes"], "yes"),
        ([1, 2], "2"),
        (pd.Categorical(["sick", "fit"] * 20, categories=["sick", "fit"]), "fit"),
    ],
)
def test_which_class_is_the_success_is_said(values: Any, success: str) -> None:
    column = values if len(values) == 40 else list(values) * 20
    design = build_design({**sample(), "c": column}, "c ~ x", family=family_of("bernoulli"))
    assert design.outcome.tolist() == [0.0, 1.0] * 20
    assert f"c = {success} " in design.facts[0].text


@pytest.mark.parametrize(
    ("changes", "formula", "options", "words"),
    [
        ({"y": 1.0}, "y ~ x", {}, "outcome 'y' is constant"),
        ({"b": "won"}, "b ~ x", {"family": "bernoulli"}, "one class only"),
        ({"s": 0}, "s / m ~ x", {"family": "binomial"}, "one class only"),
        ({"g": "a"}, "y ~ g", {}, "predictor 'g' is constant"),
        ({"z": 7.0}, "y ~ x + z", {}, "predictor 'z' is constant"),
        ({"k": -1}, "k ~ x", {"family": "poisson"}, "'k' is -1 in row 1"),
        ({"k": 1.5}, "k ~ x", {"family": "negative_binomial"}, "'k' is 1.5 in row 1"),
        ({}, "g ~ x", {"family": "bernoulli"}, "two classes, but 'g' has 4"),
        ({"s": 99}, "s / m ~ x", {"family": "binomial"}, "exceeds the trials 'm'"),
        ({"m": 0}, "s / m ~ x", {"family": "binomial"}, "trials 'm' are zero"),
        ({}, "s ~ x", {"family": "binomial"}, "--trials"),
        ({}, "s ~ x", {"family": "binomial", "trials": "n"}, "no column 'n'"),
        ({}, "y ~ x", {"name": "My Fit"}, "scenario name"),
        ({"x": np.nan}, "y ~ x", {}, "40 of 40 rows"),
        ({"x": 1e400}, "y ~ x", {}, "40 of 40 rows"),
        ({"x": "text"}, "y ~ log(x)", {}, "must hold numbers"),
    ],
)
def test_bad_input_is_one_clear_sentence(
    changes: dict[str, Any], formula: str, options: dict[str, Any], words: str
) -> None:
    table = sample()
    for name, value in changes.items():
        table[name] = [value] * 40
    with pytest.raises(InputError, match=words) as refused:
        build_scenario(table, formula, **options)
    assert "\n" not in str(refused.value)


def test_more_predictors_than_rows_runs_and_says_what_it_means() -> None:
    rng = np.random.default_rng(0)
    table = {"y": rng.normal(size=6), **{f"x{j}": rng.normal(size=6) for j in range(9)}}
    formula = "y ~ " + " + ".join(f"x{j}" for j in range(9))
    scenario = build_scenario(table, formula)
    assert scenario.expected(DEFAULT, "mle", "coef") is Status.NOT_IDENTIFIED
    assert scenario.expected(DEFAULT, "mle", "sigma") is Status.UNBOUNDED
    assert scenario.expected(DEFAULT, "map", "coef") is Status.UNBOUNDED
    assert build_scenario(table, formula, prior="ridge").expected(DEFAULT, "map", "coef") is Status.OK
    assert any("10 coefficients and 6 rows" in line for line in scenario.why)
    assert any("there is no posterior mode" in line for line in scenario.why)
    assert not any("mode and posterior exist" in line for line in scenario.why)
    flat = build_scenario(table, formula, prior="flat")
    assert flat.expected(DEFAULT, "map", "coef") is Status.NOT_IDENTIFIED
    assert isinstance(flat.no_posterior, tuple)
    assert flat.no_posterior[0] is Status.NO_POSTERIOR
    assert "10 coefficients and 6 rows" in flat.no_posterior[1]
    assert "--prior normal" in flat.no_posterior[1]


def test_units_of_any_size_are_fine() -> None:
    for factor in (1e12, 1e-12):
        table = sample()
        table["y"], table["x"] = np.asarray(table["y"]) * factor, np.asarray(table["x"]) * factor
        assert build_scenario(table, "y ~ x").expected(DEFAULT, "mle", "coef") is Status.OK


def test_names_of_any_kind_are_kept() -> None:
    name = '<script>alert(1)</script> `ü" %s {x}'
    table = {"y": [1.0, 2, 4, 3, 5], name: [2.0, 1, 4, 3, 9]}
    scenario = build_scenario(table, f"y ~ {quoted(name)}")
    assert scenario.data().coords["predictor"] == [name]


def test_references_keep_the_digits_of_nearly_dependent_predictors() -> None:
    """Against the inverse of the cross products in rational arithmetic, where doubles keep none of its digits."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=30) + 10
    table = {"y": x + rng.normal(size=30), "x1": x, "x2": x + 1e-7 * rng.normal(size=30)}
    ours = least_squares(build_design(table, "y ~ x1 + x2"))
    raw = [[Fraction(float(v)) for v in row] for row in np.column_stack([np.ones(30), x, table["x2"]])]
    (a, b, c), (_, d, e), (_, _, f) = [[sum(r[i] * r[j] for r in raw) for j in range(3)] for i in range(3)]
    whole = a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d)
    diagonal = np.array([(d * f - e * e) / whole, (a * f - c * c) / whole, (a * d - b * b) / whole], dtype=float)
    np.testing.assert_allclose(ours.std_error, np.sqrt(diagonal * ours.other["rss"] / 27), rtol=1e-7)


@pytest.mark.parametrize("family", ["gaussian", "bernoulli", "binomial", "poisson"])
def test_references_solve_the_same_problem_in_raw_columns(family: str) -> None:
    """The references work on the standardised design: hold their way back to a plain fit."""
    import statsmodels.api as sm

    design = build_design(sample(), f"{LEFT.get(family, 'y')} ~ x + z", family=family_of(family))
    raw = np.column_stack([np.ones(design.n), design.columns])
    if family == "gaussian":
        plain, ours = sm.OLS(design.outcome, raw).fit(), least_squares(design)
    else:
        kind = sm.families.Poisson() if family == "poisson" else sm.families.Binomial()
        y = design.outcome
        if design.trials is not None:
            y = np.column_stack([y, design.trials - y])
        plain = sm.GLM(y, raw, family=kind).fit(tol=1e-14, maxiter=100)
        ours = (log_linear if family == "poisson" else logistic)(design)
    # GLM recomputes its weights one step behind its parameters, which costs the errors digits.
    np.testing.assert_allclose(ours.coef, plain.params, rtol=1e-8)
    np.testing.assert_allclose(ours.std_error, plain.bse, rtol=1e-6)


@pytest.mark.parametrize("prior", ["normal", "laplace", "ridge", "lasso", "elastic_net"])
def test_penalised_references_minimise_the_negative_log_posterior(prior: str) -> None:
    """scikit-learn's answer is a minimum of our own objective at fixed sigma."""
    design = build_design(sample(), "y ~ x + z + g")
    regression = Regression("gaussian", prior, 0.1)
    sigma = 1.3
    found = reference.penalised(design, regression, sigma)
    assert found is not None
    target = (design.outcome - design.outcome_centre) / design.outcome_scale
    noise = sigma / design.outcome_scale

    def objective(standardised: np.ndarray) -> float:
        u = standardised[1:] / (0.1 * (1.0 if prior in ("normal", "laplace") else noise))
        share = {"normal": 0.0, "ridge": 0.0, "elastic_net": regression.l1_ratio}.get(prior, 1.0)
        loss = np.sum((target - design.full @ standardised) ** 2) / (2 * noise**2)
        return float(loss + share * np.abs(u).sum() + (1 - share) * np.sum(u**2) / 2)

    best = design.to_standardised(found.coef)
    here = objective(best)
    rng = np.random.default_rng(2)
    for size in (1e-1, 1e-3, 1e-5):
        for _ in range(50):
            moved = objective(best + size * rng.normal(size=len(best)))
            assert moved > here - 1e-11 * here  # convex: no neighbour lies lower, but for rounding


NAMES = st.text(
    st.one_of(st.sampled_from(string.ascii_letters + " `'\"\\<>&:[]{}~+*%_."), st.characters()),
    min_size=1,
    max_size=6,
)
CELLS = st.one_of(
    st.integers(-3, 12),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, 1.0, 1e12, 1e-12, 1e300, 1e-300, -1.0]),
    st.sampled_from(["a", "b", "3", "", "<b>"]),
    st.none(),
    st.booleans(),
)
KINDS = st.sampled_from(["float", "count", "binary", "text", "wild", "constant", "huge", "dates"])


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[Any]]:
    rows = draw(st.integers(0, 14))
    names = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True))
    table: dict[str, list[Any]] = {}
    for name in names:
        cell: st.SearchStrategy[Any] = {
            "float": st.floats(-100, 100),
            "count": st.integers(0, 6),
            "binary": st.integers(0, 1),
            "text": st.sampled_from(["a", "b", "c"]),
            "wild": CELLS,
            "constant": st.just(draw(CELLS)),
            "huge": st.floats(allow_nan=False, allow_infinity=False),
            "dates": st.datetimes(),
        }[draw(KINDS)]
        table[name] = draw(st.lists(cell, min_size=rows, max_size=rows))
    return table


@st.composite
def formulas(draw: st.DrawFn, names: list[str]) -> str:
    if draw(st.integers(0, 9)) == 0:
        return draw(st.text(st.sampled_from("y~x+-*/:()|`'{}[]. 0123\\%@\x00é"), max_size=25))
    column = st.sampled_from([quoted(name) for name in names] + ["absent"])
    factor = st.one_of(
        column,
        column,
        st.tuples(st.sampled_from(["C", "log", "exp", "sqrt", "scale", "center", "I", "abs"]), column).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
        column.map(lambda c: f"poly({c}, 2)"),
        column.map(lambda c: f"I({c}**2 - 1/{c})"),
        st.sampled_from(["0", "1"]),
    )
    terms = draw(st.lists(factor, min_size=1, max_size=4))
    joins = draw(st.lists(st.sampled_from([" + ", " * ", ":", " - "]), min_size=4, max_size=4))
    right = terms[0] + "".join(j + t for j, t in zip(joins, terms[1:], strict=False))
    left = draw(st.one_of(column, column.map(lambda c: f"log({c})")))
    if draw(st.integers(0, 5)) == 0:
        left = f"{left} / {draw(column)}"
    return f"{left} ~ {right}"


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(data=st.data())
def test_any_table_and_any_formula_give_a_scenario_or_a_sentence(data: st.DataObject) -> None:
    table = data.draw(tables())
    formula = data.draw(formulas(list(table)))
    options: dict[str, Any] = {
        "family": data.draw(st.sampled_from(family_names())),
        "prior": data.draw(st.sampled_from(prior_names())),
        "standardize": data.draw(st.booleans()),
        "drop_missing": data.draw(st.booleans()),
    }
    try:
        scenario = build_scenario(table, formula, **options)
    except InputError as refused:
        assert str(refused)
        return
    assert isinstance(scenario, Scenario)
    arrays = scenario.data().arrays
    for name, values in arrays.items():
        assert np.isfinite(values).all(), name
    assert len(scenario.data().coords["term"]) >= 1
    if "X" in arrays and options["standardize"]:
        spread = np.std(arrays["X"], axis=0, ddof=1) if len(arrays["X"]) > 1 else np.ones(1)
        has_intercept = scenario.data().coords["term"][0] == "Intercept"
        if has_intercept:
            np.testing.assert_allclose(spread, 1.0, rtol=1e-6)


OUTCOMES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("gaussian", "student", "laplace"), st.floats(-1e6, 1e6)),
    "bernoulli": st.sampled_from(["no", "yes"]),
    **dict.fromkeys(("poisson", "negative_binomial", "binomial"), st.integers(0, 7)),
}
PREDICTORS = st.sampled_from([st.floats(-100, 100), st.integers(0, 6), st.booleans(), st.sampled_from("abc")])


@settings(max_examples=300, derandomize=True)
@given(data=st.data(), family=st.sampled_from(family_names()), prior=st.sampled_from(prior_names()))
def test_sound_tables_give_scenarios_whose_numbers_are_the_tables(data: st.DataObject, family: str, prior: str) -> None:
    rows = data.draw(st.integers(8, 16))
    cells = {f"x{j} ü": data.draw(PREDICTORS) for j in range(data.draw(st.integers(1, 4)))}
    table: dict[str, list[Any]] = {
        name: data.draw(st.lists(cell, min_size=rows, max_size=rows)) for name, cell in cells.items()
    }
    table["y"] = data.draw(st.lists(OUTCOMES[family], min_size=rows, max_size=rows))
    trials = "m" if family == "binomial" else None
    table["m"] = [9] * rows
    right = data.draw(st.sampled_from([" + ", "*", ":"])).join(quoted(name) for name in cells)
    try:
        scenario = build_scenario(table, f"y ~ {right}", family=family, prior=prior, trials=trials)
    except InputError as refused:
        expected = ("constant", "duplicated", "one class", "--prior flat", "improper", "too little", "double precision")
        assert any(word in str(refused) for word in expected), refused
        return
    built = scenario.data()
    if "predictor" not in built.coords:  # every column was left out
        return
    arrays, labels = built.arrays, built.coords["predictor"]
    turned = arrays.get("back", np.eye(len(labels)))  # principal components, where predictors nearly depend
    digits = 1e-13 * np.linalg.cond(turned)
    back = np.linalg.solve(turned.T, arrays["X"].T).T * arrays["x_scale"] + arrays["x_centre"]
    for name, values in table.items():
        if name in labels and not isinstance(values[0], str):
            numbers = np.asarray(values, dtype=float)
            slack = digits * (np.abs(numbers).max() + np.abs(arrays["x_centre"]).max())
            np.testing.assert_allclose(back[:, labels.index(name)], numbers, rtol=0, atol=slack)
        for level in set(values) if isinstance(values[0], str) else ():
            label = f"{name}[T.{level}]"
            if label in labels:
                dummy = [float(value == level) for value in values]
                np.testing.assert_allclose(back[:, labels.index(label)], dummy, rtol=0, atol=digits)
    coded = [float(v == "yes") if isinstance(v, str) else float(v) for v in table["y"]]
    np.testing.assert_array_equal(arrays["y"], coded)
    assert scenario.claims or scenario.expected(DEFAULT, "mle", "coef") is None


def test_columns_that_separate_and_depend_on_each_other_leave_no_posterior_under_a_flat_prior() -> None:
    table = {"x": [0.0] * 8 + [1.0], "z": [0.0] * 8 + [2.0], "k": [0] * 7 + [1, 0]}
    found = build_scenario(table, "k ~ x + z", family="poisson", prior="flat").no_posterior
    assert isinstance(found, tuple)
    assert "no posterior exists under a flat prior" in found[1]


def test_a_posterior_without_a_variance_is_said_to_be_there_and_not_to_be_sampled() -> None:
    scenario = build_scenario({"y": [1.0, 2.0]}, "y ~ 1", prior="flat")
    assert isinstance(scenario.no_posterior, tuple)
    assert scenario.no_posterior[0] is Status.NO_MOMENT
    assert "so that it is not sampled" in scenario.no_posterior[1]
    assert scenario.holdout == "no posterior was sampled, so there are no three predictive distributions to compare"
    none = build_scenario({"y": [1.0, 2.0], "x": [0, 1]}, "y ~ x", prior="flat")
    assert "no posterior exists" in str(none.holdout)


def test_the_mathematics_are_those_of_the_scale_that_is_used() -> None:
    shown = " ".join(build_scenario(sample(), "y ~ x", standardize=False).mathematics)
    assert "s_y b" not in shown
    assert "/ s_j)" not in shown.replace(r"s_y / s_j)", "")
    assert r"Normal}(0, 2.5\,s_y / s_j)" in shown
    ridge = " ".join(build_scenario(sample(), "y ~ x", standardize=False, prior="ridge").mathematics)
    assert r"Normal}(0, 2.5\,\sigma)" in ridge
    assert r"\eta_i = \bar y + s_y a" in build_scenario(sample(), "y ~ 1").mathematics


def test_levels_without_an_intercept_have_no_reference() -> None:
    scenario = build_scenario(sample(), "y ~ 0 + g")
    assert [fact.text for fact in scenario.facts] == ["g is categorical; each of its levels has a coefficient."]
    assert not any("intercept is never penalised" in line for line in scenario.why)


@pytest.mark.parametrize("family", ["gaussian", "bernoulli"])
def test_the_slab_of_a_horseshoe_is_told_in_the_units_of_the_data(family: str) -> None:
    """Where nothing else holds a slope, it has the slab's scale: 2.5 sd(y) / sd(x), or 2.5 / sd(x)."""
    table = sample()
    table["x"] *= 1000.0
    scenario = build_scenario(table, f"{LEFT.get(family, 'y')} ~ x", family=family, prior="horseshoe")
    unit = float(np.std(table["y"], ddof=1)) if family == "gaussian" else 1.0
    text = next(prior.text for prior in scenario.priors if prior.name == "coef[x]")
    assert text.endswith(f"slab scale {2.5 * unit / np.std(table['x'], ddof=1):.4g})")


def test_a_spike_of_the_likelihood_need_not_be_one_of_the_posterior() -> None:
    """Five coefficients fit five of eight rows: sigma to the power 1 * 3 - 5 + 5 goes to zero with sigma."""
    rng = np.random.default_rng(1)
    table = {name: rng.normal(size=8) for name in "abcdy"}
    few = build_scenario(table, "y ~ a + b + c + d", family="student", prior="flat", nu=1)
    assert few.no_posterior is None
    tied = {"y": [0.0, 0, 0, 0, 0, 0, 1, 2], "x": table["a"]}
    assert build_scenario(tied, "y ~ x", family="student", prior="flat", nu=1).no_posterior is not None
