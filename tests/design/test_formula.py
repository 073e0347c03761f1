"""Formulas: what they mean, and that they never run anything."""

from __future__ import annotations

import builtins
import importlib
import os
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triptych.base.errors import InputError
from triptych.design.design import build_design
from triptych.design.expressions import evaluate, parse, quoted
from triptych.design.formula import parse_formula
from triptych.design.matrix import build_matrix
from triptych.design.read_table import read_table
from triptych.regression.words import question

ODD = "<b>é` \\\"'"
TABLE = read_table(
    {
        "y": [1.0, 4.0, 2.0, 8.0, 5.0, 7.0],
        "x": [1.0, 2.0, 4.0, 3.0, 6.0, 9.0],
        "a b": [2, 3, 5, 7, 11, 13],
        "g": ["u", "v", "w", "u", "v", "w"],
        "class": [1, 2, 2, 1, 3, 3],
        "flag": [True, False, True, True, False, False],
        ODD: [3.0, 1.0, 4.0, 1.0, 5.0, 9.0],
    }
)


def columns(formula: str) -> pd.DataFrame:
    matrix = build_matrix(parse_formula(formula), TABLE)
    frame = pd.DataFrame(matrix.columns, columns=matrix.labels)
    if matrix.intercept:
        frame.insert(0, "Intercept", 1.0)
    return frame


@pytest.mark.parametrize(
    ("right", "labels"),
    [
        ("x", ["Intercept", "x"]),
        ("1", ["Intercept"]),
        ("x - 1", ["x"]),
        ("0 + g", ["g[u]", "g[v]", "g[w]"]),
        ("g", ["Intercept", "g[T.v]", "g[T.w]"]),
        (
            "C(g, reference='v')",
            ["Intercept", "C(g, reference='v')[T.u]", "C(g, reference='v')[T.w]"],
        ),
        ("C(`class`)", ["Intercept", "C(`class`)[T.2]", "C(`class`)[T.3]"]),
        ("class", ["Intercept", "class"]),
        ("x * `a b`", ["Intercept", "x", "a b", "x:a b"]),
        (
            "(x + `a b` + class)**2 - x:class",
            ["Intercept", "x", "a b", "class", "x:a b", "a b:class"],
        ),
        ("poly(x, 2)**2", ["Intercept", "poly(x, 2)[1]", "poly(x, 2)[2]", "poly(x, 2)[1]:poly(x, 2)[2]"]),
        ("x + poly(`a b`, 2) + g - poly(`a b`, 2) - x", ["Intercept", "g[T.v]", "g[T.w]"]),
        ("x / class", ["Intercept", "x", "x:class"]),
        ("x:g", ["Intercept", "x:g[u]", "x:g[v]", "x:g[w]"]),
        ("poly(x, 2)", ["Intercept", "poly(x, 2)[1]", "poly(x, 2)[2]"]),
        ("log(x) + log( x )", ["Intercept", "log(x)"]),
    ],
)
def test_terms_and_their_names(right: str, labels: list[str]) -> None:
    assert list(columns(f"y ~ {right}").columns) == labels


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("I(x**2 - 2*x/3)", TABLE["x"] ** 2 - 2 * TABLE["x"] / 3),
        ("{-x + `a b`}", TABLE["a b"] - TABLE["x"]),
        ("log10(x)", np.log10(TABLE["x"])),
        ("exp(sqrt(x))", np.exp(np.sqrt(TABLE["x"]))),
        ("scale(x)", (TABLE["x"] - TABLE["x"].mean()) / TABLE["x"].std()),
        ("center(x)", TABLE["x"] - TABLE["x"].mean()),
        ("flag", TABLE["flag"].astype(float)),
        (f"I({quoted(ODD)} + 1)", TABLE[ODD] + 1),
    ],
)
def test_expressions_mean_what_they_say(expression: str, expected: pd.Series[float]) -> None:
    np.testing.assert_allclose(columns(f"y ~ 0 + {expression}").iloc[:, 0], expected, rtol=1e-15)


def test_names_of_any_kind_reach_the_table_unchanged() -> None:
    assert list(columns(f"y ~ {quoted(ODD)}").columns) == ["Intercept", ODD]


@pytest.mark.parametrize("right", ["poly(x, 3)", "bs(x, df=4)"])
@pytest.mark.parametrize("unit", [2.0**1000, 2.0**-1000, 1e300, -1e250, 1e-250])
def test_bases_do_not_know_the_unit_of_their_variable(right: str, unit: float) -> None:
    x = np.array([0.3, -1.2, 0.7, 2.2, -0.4, 1.1, 1.9])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, other = (
            build_matrix(parse_formula(f"y ~ {right}"), read_table({"x": values})).columns for values in (x, unit * x)
        )
    if right.startswith("poly"):
        sign = np.sign(unit) ** np.arange(1, 4)
        np.testing.assert_allclose(other, one * sign, rtol=1e-9, atol=1e-12)
    elif unit > 0:
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12)


def test_a_basis_of_values_too_different_in_size_is_a_sentence_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match="differ too much in size"):
            build_matrix(parse_formula("y ~ poly(x, 7)"), read_table({"x": [1.0, 2, 3, 4, 5, 1.7e308, -1.7e308, 8]}))


def test_polynomials_and_splines_span_what_they_should() -> None:
    for right, powers in (("poly(x, 3)", 3), ("bs(x, df=3)", 3)):
        ours = columns(f"y ~ {right}").to_numpy()
        theirs = np.vander(TABLE["x"].to_numpy(), powers + 1)
        assert np.linalg.matrix_rank(np.hstack([ours, theirs])) == powers + 1
        assert np.linalg.matrix_rank(ours) == powers + 1


ATTACKS = [
    "__import__('os').system('true')",
    "open('/etc/passwd')",
    "eval('1')",
    "I(__import__)",
    "().__class__.__bases__",
    "x.__class__",
    "I(x.__class__)",
    "{x.mean()}",
    "I((lambda: x)())",
    "{[v for v in x]}",
    "{(v for v in x)}",
    "{x if x else x}",
    "{f'{x}'}",
    "{x[0]}",
    "x[0]",
    "{a := x}",
    "{x and x}",
    "{x < 1}",
    "{x @ x}",
    "{x // 2}",
    "{~x}",
    "{'text'}",
    "log('text')",
    "log(x, out=x)",
    "log(*x)",
    "log(**x)",
    "np.log(x)",
    "I(np.log(x))",
    "C(x, contr.treatment)",
    "C(x, levels=[1])",
    "hashed(x)",
    "lag(x)",
    "poly(x, degree=x)",
    "I(True)",
    "I(1j)",
    "@x",
    "$x",
    "x | y",
    "[x ~ y]",
    "x %in% y",
    ".",
    "x; y",
    "__x__",
    "I(__builtins__)",
    "I(log)",
    "log",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_outside_the_language_is_accepted(attack: str) -> None:
    for formula in (f"y ~ {attack}", f"y ~ x + {attack}", f"{attack} ~ x"):
        with pytest.raises(InputError) as refused:
            build_design(TABLE, formula)
        assert "\n" not in str(refused.value)


@pytest.fixture
def no_evaluation(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record every call of ``eval`` and ``exec`` from here on."""
    called: list[str] = []

    def watch(name: str) -> Any:
        def watched(code: Any, *rest: Any, **words: Any) -> Any:
            called.append(f"{name}: {code!r}")
            raise AssertionError(f"{name} was called")

        return watched

    for name in ("eval", "exec"):
        monkeypatch.setattr(builtins, name, watch(name))
    return called


def test_formulaic_is_never_asked_to_evaluate(no_evaluation: list[str]) -> None:
    importlib.import_module("formulaic")
    build_design(TABLE, f"log(y) ~ poly(x, 2) + C(g) * scale(`a b`) + {quoted(ODD)} + I(x**2)")
    assert no_evaluation == []


def test_names_of_functions_in_the_callers_scope_are_columns_or_nothing() -> None:
    secret = os.environ  # formulaic would look into the caller's frame
    assert secret is not None
    with pytest.raises(InputError, match="no column 'secret'"):
        build_design(TABLE, "y ~ secret")


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ " + "*".join(["x"] * 60),
        "y ~ (x + class + g + flag)**5**5",
        "y ~ " + "(" * 500 + "x" + ")" * 500,
        "y ~ I(" + "(" * 400 + "x" + ")" * 400 + ")",
        "y ~ I(" + "-" * 900 + "x)",
        "y ~ I(" + "9**" * 200 + "9)",
        "y ~ I(" + "9" * 900 + ")",
        "y ~ x" + "+x" * 20_000,
        "y ~ " + ":".join(f"C(`{name}`)" for name in ("y", "x", "a b", ODD)),
    ],
)
def test_formulas_that_would_explode_are_refused(formula: str) -> None:
    with pytest.raises(InputError) as refused:
        build_design(TABLE, formula)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("", "empty"),
        ("y", "one ~"),
        ("~ x", "one ~"),
        ("y ~ x ~ g", "one ~"),
        ("y ~", "nothing stands right"),
        ("y ~ 0", "neither an intercept nor a predictor"),
        ("y ~ 2:x", "not a term"),
        ("y ~ 0:x", "0 is not a term here"),
        ("y ~ x:1", "1 is not a term here"),
        ("y ~ x/1", r"1 is not a term here; .* arithmetic goes into I\(...\)"),
        ("y ~ 1*x", "1 is not a term here"),
        ("y ~ 2**x", "2 is not a term here"),
        ("y ~ -x", "taken away again"),
        ("y ~ x + g - (g + x)", "taken away again"),
        ("y ~ x - typo", "no column 'typo'"),
        ("y ~ x**2", r"'x' to a power of terms is the same term; .* I\(x\*\*2\)"),
        ("y ~ (x - 1)**2", "to a power of terms is the same term"),
        ("y ~ g + log(x)**3", r"'log\(x\)' to a power of terms"),
        ("y ~ ** x", "cannot be read"),
        ("y ~ I(x^2)", r"a power is written \*\*"),
        ("y ~ x^2", r"powers are written \*\*"),
        ("y / 10 ~ x", r"'10' is no column; put arithmetic left of ~ in I\(...\)"),
        ("10 ~ x", "'10' is no column"),
        ("y ~ X", "did you mean 'x'"),
        ("y ~ log(x - 1)", "not finite in 1 of 6 rows, first in row 1"),
        ("y ~ log(class)", "class is a word of Python; a column of that name stands in backticks"),
        ("y ~ log(a b)", "names that are not plain words in backticks"),
        ("a b ~ x", "names that are not plain words in backticks"),
        ("y ~ log(g)", "must hold numbers"),
        ("y ~ C(g, reference='z')", "no level 'z'"),
        ("y ~ I(x - x)", "constant"),
        ("y ~ x + I(x * 1)", "duplicated"),
        ("y ~ x + y", "'y' stands on both sides"),
        ("log(y) ~ x + y", "'y' stands on both sides"),
        ("y / x ~ g", "takes no trials"),
        ("y ~ poly(`class`, 3)", "different values"),
        ("g ~ x", "must hold numbers"),
        ("I(y - y) ~ x", "constant"),
    ],
)
def test_refusals_say_what_is_wrong(formula: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        build_design(TABLE, formula)


LEAVES = st.sampled_from(["x", "`a b`", "1", "2.5", "1e3", quoted(ODD), "flag"])
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda e: f"-{e}"),
        st.tuples(st.sampled_from(["abs", "sqrt", "exp"]), inner).map(lambda t: f"{t[0]}({t[1]})"),
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(EXPRESSIONS)
def test_our_evaluation_agrees_with_numpys(code: str) -> None:
    names = {"x": "x", "`a b`": "ab", quoted(ODD): "odd", "flag": "flag"}
    plain = code
    for name, alias in sorted(names.items(), key=lambda pair: -len(pair[0])):
        plain = plain.replace(name, alias) if name.startswith("`") else plain
    scope = {
        "x": TABLE["x"].to_numpy(),
        "ab": TABLE["a b"].to_numpy(dtype=float),
        "odd": TABLE[ODD].to_numpy(),
        "flag": TABLE["flag"].to_numpy(dtype=float),
        "abs": np.abs,
        "sqrt": np.sqrt,
        "exp": np.exp,
    }
    with np.errstate(all="ignore"):
        try:
            expected = np.broadcast_to(np.asarray(eval(plain, {}, scope), dtype=float), len(TABLE))
        except (ArithmeticError, TypeError, ValueError):
            expected = None  # Python's own numbers raise or turn complex
    try:
        found = evaluate(parse(f"I({code})"), TABLE)
    except InputError as refused:
        assert "not finite" in str(refused)
        assert expected is None or not np.isfinite(expected).all()
        return
    assert isinstance(found, np.ndarray)
    if expected is not None:
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_term_that_is_taken_away_again_is_neither_read_nor_asked_about() -> None:
    table = {**TABLE, "gap": [None, "a", "b", "c", "a", None]}
    design = build_design(table, "y ~ gap + x + log(`a b`) - gap - log(`a b`)")
    assert (design.n, design.terms) == (6, ["Intercept", "x"])
    assert question(design) == "How does y depend on x?"
    with pytest.raises(InputError, match="2 of 6 rows"):
        build_design(table, "y ~ x + x:gap - gap")


def test_a_name_of_two_lines_makes_no_message_of_two_lines() -> None:
    table = {"y": np.arange(20.0) ** 2, "a\nb": [f"{k},5" for k in range(20)]}
    with pytest.raises(InputError, match="numbers as text") as refused:
        build_design(table, "y ~ `a\nb`")
    assert "\n" not in str(refused.value)
