"""The design matrix: the right-hand side of a formula as labelled columns, built once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import InputError
from triptych.base.text import cited, listed
from triptych.design.categories import require_categories
from triptych.design.columns import is_text, levels, numbers, require_column
from triptych.design.expressions import Basis, Expression, Levels, evaluate, quoted
from triptych.design.formula import Formula, plain_message
from triptych.problem.told import Fact

if TYPE_CHECKING:
    import pandas as pd

MOST_CELLS = 50_000_000
INTERCEPT = "Intercept"


@dataclass(frozen=True)
class Matrix:
    """The right-hand side as numbers: one labelled column per coefficient, no intercept among them."""

    columns: np.ndarray
    labels: list[str]
    intercept: bool
    facts: tuple[Fact, ...]


def build_matrix(formula: Formula, table: pd.DataFrame) -> Matrix:
    """Evaluate the right-hand side over a complete table, once, with formulaic.

    Categorical predictors get treatment contrasts against their first (or the named) level, so
    the design has full rank as far as the structure of the formula goes.
    """
    import pandas as pd

    frame: dict[str, Any] = {}
    texts: dict[str, str] = {}
    level_texts: dict[str, dict[str, str]] = {}
    groups: dict[str, list[str]] = {}
    facts: list[Fact] = []
    reference: dict[str, str] = {}
    for index in sorted(formula.used):
        alias, factor = f"v{index}", formula.factors[index]
        value = _factor(factor, table)
        text = factor if isinstance(factor, str) else factor.text
        texts[alias] = text
        if isinstance(value, Levels):
            order = [value.reference, *(k for k in range(len(value.names)) if k != value.reference)]
            frame[alias] = pd.Categorical.from_codes(  # type: ignore[call-overload]
                np.argsort(order)[value.codes], categories=[f"k{k}" for k in range(len(order))]
            )
            level_texts[alias] = {f"k{k}": value.names[old] for k, old in enumerate(order)}
            reference[alias] = value.names[order[0]]
            if len(order) == 1:
                raise InputError(f"predictor {cited(text)} is constant: its one level is {value.names[0]!r}")
        elif isinstance(value, Basis):
            groups[alias] = [f"{alias}b{k}" for k in range(len(value.names))]
            for name, label, column in zip(groups[alias], value.names, value.columns.T, strict=True):
                frame[name], texts[name] = column, label
        else:
            frame[alias] = value
    matrix = _materialise(formula, pd.DataFrame(frame, index=range(len(table))), groups)
    names = [str(name) for name in matrix.columns]
    intercept = INTERCEPT in names
    for alias, level in reference.items():
        whole = any(f"{alias}[k0]" in name.split(":") for name in names)
        each = "each of its levels has a coefficient" if whole else f"its reference level is {level}"
        said = f"{texts[alias]} is categorical; {each}."
        facts.append(Fact("reference", texts[alias], None if whole else level, said))
    keep = [name for name in names if name != INTERCEPT]
    labels = [_label(name, texts, level_texts) for name in keep]
    if len(set(labels)) != len(labels) or INTERCEPT in labels:
        exact = {alias: f"`{text}`" if text == INTERCEPT else quoted(text) for alias, text in texts.items()}
        labels = [_label(name, exact, level_texts) for name in keep]
    if len(set(labels)) != len(labels):
        repeated = sorted({label for label in labels if labels.count(label) > 1})
        raise InputError(f"{cited(formula.text)} gives several predictors the name {listed(repeated)}")
    values = np.ascontiguousarray(matrix[keep].to_numpy(dtype=float))
    kept = _without_empty_cells(values, labels, [":" in name and "[" in name for name in keep], facts)
    if len(kept) < len(labels):
        values = np.ascontiguousarray(values[:, kept])
    return Matrix(values, [labels[j] for j in kept], intercept, tuple(facts))


def _without_empty_cells(values: np.ndarray, labels: list[str], crossed: list[bool], facts: list[Fact]) -> list[int]:
    """Return which columns to keep: levels that never occur together make columns that nobody wrote."""
    kept: list[int] = []
    first: dict[bytes, str] = {}
    for j, column in enumerate(values.T):
        key = np.ascontiguousarray(column + 0.0).tobytes()  # + 0.0 makes -0.0 equal to 0.0
        if crossed[j] and not column.any():
            said = f"{labels[j]} is left out: it is zero in every row, so the data say nothing of it."
            facts.append(Fact("left_out", labels[j], None, said))
        elif crossed[j] and key in first:
            said = f"{labels[j]} is left out: in these rows it cannot be told from {first[key]}."
            facts.append(Fact("left_out", labels[j], first[key], said))
        else:
            kept.append(j)
            first.setdefault(key, labels[j])
    return kept


def _factor(factor: str | Expression, table: pd.DataFrame) -> np.ndarray | Levels | Basis:
    if isinstance(factor, Expression):
        return evaluate(factor, table)
    column = require_column(table, factor)
    if not is_text(column):
        return numbers(column)
    if column.dtype != "category":
        require_categories(column)
    return Levels(*levels(column))


def _materialise(formula: Formula, frame: pd.DataFrame, groups: dict[str, list[str]]) -> pd.DataFrame:
    from formulaic import Formula as Terms
    from formulaic.errors import FormulaicError

    right = formula.right
    for alias, members in groups.items():
        right = re.sub(rf"\b{alias}\b", "(" + " + ".join(members) + ")", right)
    if not re.fullmatch(r"(?:v\d+(?:b\d+)?|\d|\*\*|[-+*/:()]|\s)*", right):
        raise InputError(f"{cited(formula.text)} cannot be read as a formula")
    try:
        terms = Terms(right)
        _refuse_too_large(formula, terms, frame)
        built: pd.DataFrame = terms.get_model_matrix(frame, context={}, output="pandas")
    except InputError:
        raise
    except (FormulaicError, ValueError, TypeError, AttributeError, RecursionError) as fault:
        reason = plain_message(fault, formula.factors)
        raise InputError(f"{cited(formula.text)} cannot be read as a formula: {reason}") from fault
    if built.shape[1] == 0:
        raise InputError(f"{cited(formula.text)} has neither an intercept nor a predictor")
    return built


def _refuse_too_large(formula: Formula, terms: Any, frame: pd.DataFrame) -> None:
    """Count columns before making them: crossed categories multiply."""
    import pandas as pd

    sizes = {
        str(name): len(frame[name].cat.categories) if isinstance(frame[name].dtype, pd.CategoricalDtype) else 1
        for name in frame.columns
    }
    count = sum(float(np.prod([float(sizes.get(str(factor.expr), 1)) for factor in term.factors])) for term in terms)
    if count * len(frame) > MOST_CELLS:
        raise InputError(
            f"{cited(formula.text)} makes about {count:.0f} columns of {len(frame)} rows, which is "
            "too many to hold; a column of names or identifiers is not a predictor"
        )


def _label(name: str, texts: dict[str, str], level_texts: dict[str, dict[str, str]]) -> str:
    """Translate ``v0:v1[T.k2]`` back into the user's words."""
    parts = []
    for part in name.split(":"):
        match = re.fullmatch(r"(v\d+(?:b\d+)?)(?:\[(T\.)?(k\d+)\])?", part)
        if match is None:
            raise InputError(f"cannot name the predictor {name!r}")
        alias, treatment, level = match.groups()
        text = texts[alias]
        parts.append(f"{text}[{treatment or ''}{level_texts[alias][level]}]" if level else text)
    return ":".join(parts)
