"""Expressions over columns: a small language, read with Python's grammar and never run as Python."""

from __future__ import annotations

import ast
import keyword
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import InputError
from triptych.base.options import nearest
from triptych.base.text import cited
from triptych.design.columns import level_name, levels, missing, numbers, require_column, row_number

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 1000
DEEPEST = 40


def _scale(x: np.ndarray) -> np.ndarray:
    """Centre and divide by the sample standard deviation (n - 1)."""
    return np.asarray((x - x.mean()) / x.std(ddof=1))


ELEMENTWISE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "center": lambda x: np.asarray(x - x.mean()),
    "scale": _scale,
    "standardize": _scale,
    "I": lambda x: x,
}
BASES = {"poly": (1, 10), "bs": (3, 30)}
FUNCTIONS = (*ELEMENTWISE, *BASES, "C")

OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}


@dataclass(frozen=True)
class Levels:
    """A categorical value: codes, names of the levels, the level that is the reference."""

    codes: np.ndarray
    names: list[str]
    reference: int = 0


@dataclass(frozen=True)
class Basis:
    """Several columns that one expression stands for."""

    columns: np.ndarray
    names: list[str]


@dataclass(frozen=True)
class Expression:
    """A checked expression: its text, its tree, and the columns it reads."""

    text: str
    tree: ast.expr
    names: Mapping[str, str]  # identifier in the tree -> column

    @property
    def columns(self) -> list[str]:
        """Names of the columns that the expression reads, in order, without repeats."""
        found = [self.names.get(node.id, node.id) for node in _leaves(self.tree)]
        return list(dict.fromkeys(found))


def parse(code: str) -> Expression:
    """Check an expression against the language.

    The language has numbers, column names (in backticks when they are no identifiers), the
    operators ``+ - * / **``, parentheses and the functions in ``FUNCTIONS``. Everything else that
    Python's grammar allows is refused here, and nothing is ever handed to ``eval``.

    Raises
    ------
    InputError
        The text is not an expression of the language.
    """
    if len(code) > LONGEST:
        raise InputError(f"the expression starting {code[:40]!r} is longer than {LONGEST}")
    plain, names = _lift_backticks(code)
    if unicodedata.normalize("NFKC", plain) != plain:
        # Python would silently read such a name as another one.
        raise InputError(f"{cited(code)}: put column names with unusual letters in backticks")
    try:
        tree = ast.parse(plain.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        if words := [word for word in re.findall(r"\w+", plain) if keyword.iskeyword(word)]:
            raise InputError(
                f"{cited(code)}: {words[0]} is a word of Python; a column of that name stands in backticks"
            ) from fault
        raise InputError(
            f"{cited(code)} is not an expression over columns; put column names that are not plain words in backticks"
        ) from fault
    _check(tree, code, depth=0, outermost=True)
    text = ast.unparse(tree)
    for identifier, column in names.items():
        text = text.replace(identifier, quoted(column))
    return Expression(text, tree, names)


def quoted(column: str) -> str:
    """Return a column name as a formula writes it: in backticks unless it is a plain word."""
    plain = column.isidentifier() and not keyword.iskeyword(column) and not column.startswith("__")
    if plain and unicodedata.normalize("NFKC", column) == column:
        return column
    return "`" + column.replace("\\", "\\\\").replace("`", "\\`") + "`"


def unquoted(name: str) -> str:
    """Return the column that the text between two backticks names."""
    return re.sub(r"\\(.)", r"\1", name, flags=re.DOTALL)


def _lift_backticks(code: str) -> tuple[str, dict[str, str]]:
    """Replace each name in backticks by an identifier that occurs nowhere in the text."""
    stem = "q"
    while stem in code:
        stem += "q"
    names: dict[str, str] = {}

    def lift(match: re.Match[str]) -> str:
        identifier = f"{stem}{len(names)}z"
        names[identifier] = unquoted(match.group(1))
        return f" {identifier} "

    return re.sub(r"`((?:[^`\\]|\\.)*)`", lift, code, flags=re.DOTALL), names


def _check(node: ast.AST, code: str, depth: int, outermost: bool = False) -> None:
    if depth > DEEPEST:
        raise InputError(f"{cited(code)} is nested too deeply")
    match node:
        case ast.Name(id=name):
            if name.startswith("__"):
                raise InputError(f"{cited(code)}: names that start with two underscores need backticks")
        case ast.Constant(value=value) if isinstance(value, int | float) and value is not True:
            if value is False:
                raise InputError(f"{cited(code)}: True and False are no numbers here")
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATORS:
            _check(left, code, depth + 1)
            _check(right, code, depth + 1)
        case ast.BinOp(op=ast.BitXor()):
            raise InputError(f"{cited(code)}: ^ is no operator here; a power is written **, as in I(x**2)")
        case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
            _check(operand, code, depth + 1)
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
            _check_call(node, name, code, depth, outermost)
        case ast.Call(func=ast.Attribute(attr=name)) if name in FUNCTIONS:
            raise InputError(f"{cited(code)}: functions are named without a module; write {name}(...)")
        case ast.Call(func=ast.Name(id=name)):
            raise InputError(f"{cited(code)}: no function {name!r}; {nearest(name, FUNCTIONS)}")
        case _:
            raise InputError(
                f"{cited(code)} is not allowed in a formula, whose expressions are made of columns, numbers, "
                f"+ - * / ** and the functions {', '.join(FUNCTIONS)}"
            )


def _check_call(node: ast.Call, name: str, code: str, depth: int, outermost: bool) -> None:
    if name in (*BASES, "C") and not outermost:
        raise InputError(f"{cited(code)}: {name}(...) must stand alone, not inside an expression")
    if not node.args or isinstance(node.args[0], ast.Starred):
        raise InputError(f"{cited(code)}: {name}(...) needs a column or an expression")
    _check(node.args[0], code, depth + 1)
    rest = list(node.args[1:])
    options = {word.arg: word.value for word in node.keywords}
    if name == "C":
        _option(options.pop("reference", None), code, "reference", (str, int, float))
    elif name in BASES:
        option = "degree" if name == "poly" else "df"
        given = rest.pop(0) if rest else options.pop(option, None)
        if given is None:
            raise InputError(f"{cited(code)}: {name} needs {option}, as in {name}(x, {option}=3)")
        value = _option(given, code, option, (int,))
        low, high = BASES[name]
        if not low <= value <= high:
            raise InputError(f"{cited(code)}: {option} must be from {low} to {high}")
    if rest or options:
        taken = {"C": "a column and reference", **dict.fromkeys(BASES, "an expression and one number")}.get(
            name, "one expression"
        )
        raise InputError(f"{cited(code)}: {name}(...) takes {taken}")


def _option(node: ast.expr | None, code: str, name: str, kinds: tuple[type, ...]) -> Any:
    if node is None:
        return None
    if not isinstance(node, ast.Constant) or type(node.value) not in kinds:
        allowed = " or ".join(kind.__name__ for kind in kinds)
        raise InputError(f"{cited(code)}: {name} must be a plain {allowed}")
    return node.value


def _leaves(node: ast.expr) -> list[ast.Name]:
    if isinstance(node, ast.Call):
        return [leaf for argument in node.args for leaf in _leaves(argument)]
    if isinstance(node, ast.BinOp):
        return _leaves(node.left) + _leaves(node.right)
    if isinstance(node, ast.UnaryOp):
        return _leaves(node.operand)
    return [node] if isinstance(node, ast.Name) else []


def evaluate(expression: Expression, table: pd.DataFrame) -> np.ndarray | Levels | Basis:
    """Evaluate a checked expression over a complete table.

    Returns
    -------
    numpy.ndarray or Levels or Basis
        One column of floats, or a categorical value, or the columns of ``poly`` and ``bs``.
    """
    tree = expression.tree
    name = tree.func.id if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) else ""
    if isinstance(tree, ast.Call) and name == "C":
        return _categories(expression, tree, table)
    if isinstance(tree, ast.Call) and name in BASES:
        return _basis(expression, name, tree, table)
    return _column(expression, tree, table)


def _column(expression: Expression, tree: ast.expr, table: pd.DataFrame) -> np.ndarray:
    with np.errstate(all="ignore"):
        value = _value(tree, expression, table)
    column = np.array(np.broadcast_to(value, len(table)), dtype=float)
    bad = ~np.isfinite(column)
    if bad.any():
        raise InputError(
            f"{expression.text!r} is not finite in {int(bad.sum())} of {len(table)} rows, "
            f"first in row {row_number(table, int(np.argmax(bad)))}"
        )
    return column


def _value(node: ast.expr, expression: Expression, table: pd.DataFrame) -> Any:
    match node:
        case ast.Name(id=name):
            return numbers(require_column(table, expression.names.get(name, name)))
        case ast.Constant(value=value) if isinstance(value, int | float):
            try:
                return np.float64(value)
            except OverflowError as fault:
                raise InputError(f"{expression.text[:40]!r}: a number is too large") from fault
        case ast.UnaryOp(op=operator, operand=operand):
            inner = _value(operand, expression, table)
            return -inner if isinstance(operator, ast.USub) else inner
        case ast.BinOp(left=left, op=binary, right=right):
            first, second = (_value(side, expression, table) for side in (left, right))
            return OPERATORS[type(binary)](first, second)
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            inner = np.broadcast_to(_value(argument, expression, table), len(table))
            return ELEMENTWISE[name](inner)
    raise InputError(f"{expression.text!r} is not an expression over columns")


def _categories(expression: Expression, call: ast.Call, table: pd.DataFrame) -> Levels:
    import pandas as pd

    first = call.args[0]
    if isinstance(first, ast.Name):
        column = require_column(table, expression.names.get(first.id, first.id))
    else:
        column = pd.Series(_column(expression, first, table))
    if missing(column).any():
        raise InputError(f"{expression.text!r} has missing values")
    codes, names = levels(column)
    reference = 0
    for option in call.keywords:
        if isinstance(option.value, ast.Constant):
            wanted = level_name(option.value.value)
            if wanted not in names:
                raise InputError(f"{expression.text!r}: there is no level {wanted!r}; {nearest(wanted, names)}")
            reference = names.index(wanted)
    return Levels(codes, names, reference)


def _basis(expression: Expression, name: str, call: ast.Call, table: pd.DataFrame) -> Basis:
    from formulaic.transforms import basis_spline, poly

    x = _column(expression, call.args[0], table)
    option = call.args[1] if len(call.args) > 1 else call.keywords[0].value
    size = option.value if isinstance(option, ast.Constant) else None
    if not isinstance(size, int):
        raise InputError(f"{expression.text!r}: the number of columns must be a whole number")
    if len(np.unique(x)) <= size:
        raise InputError(
            f"{expression.text!r} needs more than {size} different values, and there are {len(np.unique(x))}"
        )
    # A basis does not depend on its variable's unit: a power of two as unit changes no digit and keeps powers finite.
    x = np.ldexp(x, -int(np.frexp(np.abs(x).max())[1]))
    with np.errstate(all="ignore"):
        if name == "poly":
            columns = np.asarray(poly(x, degree=size), dtype=float)
        else:
            splines = basis_spline(x, df=size)
            columns = np.column_stack([np.asarray(splines[key], dtype=float) for key in splines])
    if not np.isfinite(columns).all():
        raise InputError(f"{expression.text!r} has no digits: the values of its variable differ too much in size")
    return Basis(columns, [f"{expression.text}[{j + 1}]" for j in range(columns.shape[1])])
