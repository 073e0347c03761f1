"""Formulas: what depends on what, as terms over checked expressions; no Python is ever run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from triptych.base.errors import InputError
from triptych.base.text import cited
from triptych.design.expressions import Expression, parse, quoted, unquoted

LONGEST = 20_000
MOST_TERMS = 10_000
BASES_OPEN = ("poly(", "bs(")  # these stand for several terms
SYMBOLS = {"+", "-", "*", "/", ":", "**"}
QUOTED = re.compile(r"`(?:[^`\\]|\\.)*`|'[^']*'|\"[^\"]*\"", re.DOTALL)


@dataclass(frozen=True)
class Formula:
    """A checked formula.

    Parameters
    ----------
    text
        The formula as the user wrote it.
    outcome
        The one expression on the left, or two: successes and trials.
    right
        The right-hand side over aliases: ``v0 + v1:v2``, safe to hand to formulaic.
    factors
        What each alias stands for: a column's name, or an expression.
    used
        Positions of the factors that no later ``-`` takes away again.
    """

    text: str
    outcome: tuple[Expression, ...]
    right: str
    factors: tuple[str | Expression, ...]
    used: frozenset[int]

    @property
    def named(self) -> list[str]:
        """Every column that is named on the right, without repeats."""
        return _columns(self.factors)

    @property
    def read(self) -> list[str]:
        """The columns that the right-hand side is made of: those of terms that stay."""
        return _columns([self.factors[k] for k in sorted(self.used)])

    @property
    def predictors(self) -> list[str]:
        """The factors on the right that stay, as the user would write them."""
        return [_written(self.factors[k]) for k in sorted(self.used)]


def _columns(factors: Sequence[str | Expression]) -> list[str]:
    return list(dict.fromkeys(name for f in factors for name in ([f] if isinstance(f, str) else f.columns)))


def _written(factor: str | Expression) -> str:
    return factor if isinstance(factor, str) else factor.text


def parse_formula(text: str) -> Formula:
    """Read ``outcome ~ terms``.

    Terms are columns and expressions joined by ``+ - * / : **`` and parentheses; the intercept is
    there unless ``- 1`` or ``+ 0`` takes it away. Binomial counts are ``successes / trials`` or,
    as in R, ``cbind(successes, failures)`` on the left.

    Raises
    ------
    InputError
        The text is not such a formula.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError('the formula is empty; write for example "y ~ x1 + x2"')
    if len(text) > LONGEST:
        raise InputError(f"the formula is longer than {LONGEST} characters")
    tokens = _tokens(text)
    tildes = [i for i, (kind, token) in enumerate(tokens) if (kind, token) == ("operator", "~")]
    if len(tildes) != 1 or tildes[0] == 0:
        raise InputError(f'{cited(text)}: a formula is "outcome ~ predictors", with one ~')
    left, right = tokens[: tildes[0]], tokens[tildes[0] + 1 :]
    if not right:
        raise InputError(f"{cited(text)}: nothing stands right of ~; for the intercept alone write 1")
    rewritten, factors = _right(right, text)
    return Formula(text, _left(left, text), rewritten, factors, _used(rewritten, factors, text))


def _used(right: str, factors: tuple[str | Expression, ...], text: str) -> frozenset[int]:
    """Return which factors are in the terms that are left when ``-`` has taken others away."""
    from formulaic import Formula as Terms
    from formulaic.errors import FormulaicError

    try:
        terms = Terms(right)
    except (FormulaicError, ValueError, TypeError, AttributeError, RecursionError) as fault:
        raise InputError(f"{cited(text)} cannot be read as a formula: {plain_message(fault, factors)}") from fault
    left = {factor.expr for term in terms for factor in term.factors}
    used = frozenset(k for k in range(len(factors)) if f"v{k}" in left)
    if factors and not used:
        raise InputError(
            f"{cited(text)}: every predictor right of ~ is taken away again; leave one, or write 1 for the intercept "
            "alone"
        )
    return used


def _tokens(text: str) -> list[tuple[str, str]]:
    """Split with formulaic's tokenizer, which only cuts the text up and evaluates nothing."""
    from formulaic.errors import FormulaicError
    from formulaic.parser.algos.tokenize import tokenize

    if "%" in QUOTED.sub("", text):  # the tokenizer would read %*% as *
        raise InputError(f"{cited(text)}: % is not part of a formula; what R writes a %in% b is a:b here")
    try:
        found = [(token.kind.value if token.kind else "", token.token) for token in tokenize(text)]
    except FormulaicError as fault:
        raise InputError(f"{cited(text)} cannot be read as a formula: {plain_message(fault)}") from fault
    tokens: list[tuple[str, str]] = []
    for kind, token in found:
        # The tokenizer glues operators that touch, as in "~-1"; ** is the only long one here.
        split = re.findall(r"\*\*|.", token, flags=re.DOTALL) if kind == "operator" else [token]
        tokens += [(kind, part) for part in split]
    return tokens


def _left(tokens: list[tuple[str, str]], text: str) -> tuple[Expression, ...]:
    sides: list[list[tuple[str, str]]] = [[]]
    for token in tokens:
        if token == ("operator", "/"):
            sides.append([])
        else:
            sides[-1].append(token)
    if len(sides) > 2 or any(len(side) != 1 for side in sides):
        raise InputError(
            f"{cited(text)}: left of ~ stands one column or expression such as log(y), or "
            "successes / trials; put arithmetic in I(...), and column names that are not plain words in backticks"
        )
    if len(sides) == 1 and (pair := _cbind(sides[0][0], text)):
        return pair
    for kind, written in (side[0] for side in sides):
        if kind not in ("name", "python"):
            raise InputError(
                f"{cited(text)}: {written!r} is no column; put arithmetic left of ~ in I(...), as in I(y / 10)"
            )
    return tuple(_expression(*side[0]) for side in sides)


def _cbind(token: tuple[str, str], text: str) -> tuple[Expression, ...]:
    """Return successes and trials of R's ``cbind(successes, failures)``."""
    kind, code = token
    match = re.fullmatch(r"cbind\s*\((.*)\)", code, flags=re.DOTALL)
    if kind != "python" or not match:
        return ()
    parts = re.findall(r"(?:`(?:[^`\\]|\\.)*`|[^,`])+", match.group(1))
    if len(parts) != 2:
        raise InputError(f"{cited(text)}: cbind takes two columns: successes and failures")
    successes, _ = (parse(part.strip()) for part in parts)
    return successes, parse(f"({parts[0].strip()}) + ({parts[1].strip()})")


def _expression(kind: str, token: str) -> Expression:
    return parse(quoted(unquoted(token)) if kind == "name" else token)


def _right(tokens: list[tuple[str, str]], text: str) -> tuple[str, tuple[str | Expression, ...]]:
    """Rewrite the right-hand side over aliases, so that formulaic never sees the user's text."""
    factors: dict[str, str | Expression] = {}
    aliases: dict[str, str] = {}
    rewritten: list[str] = []
    depth = 0
    for place, (kind, token) in enumerate(tokens):
        if kind in ("name", "python"):
            factor: str | Expression = unquoted(token) if kind == "name" else parse(token)
            key = quoted(factor) if isinstance(factor, str) else f"({factor.text})"
            alias = aliases.setdefault(key, f"v{len(aliases)}")
            factors.setdefault(alias, factor)
            rewritten.append(alias)
        elif kind == "value":
            before = tokens[place - 1][1] if place else ""
            after = tokens[place + 1][1] if place + 1 < len(tokens) else ""
            rewritten.append(_number(token, before, after, text))
        elif kind == "context" and token in "()":
            depth += 1 if token == "(" else -1
            if not 0 <= depth <= 50:
                raise InputError(f"{cited(text)}: the parentheses do not match or nest too deeply")
            rewritten.append(token)
        elif kind == "operator" and token in SYMBOLS:
            rewritten.append(token)
        else:
            power = "; powers are written **" if token == "^" else ""
            raise InputError(
                f"{cited(text)}: {token!r} is not part of a formula; terms are joined by + - * / : **{power}"
            )
    if depth:
        raise InputError(f"{cited(text)}: a parenthesis is not closed")
    _refuse_explosion(rewritten, text)
    _refuse_idle_powers(rewritten, tuple(factors.values()), text)
    return " ".join(rewritten), tuple(factors.values())


def _number(token: str, before: str, after: str, text: str) -> str:
    if before == "**":
        if token in ("1", "2", "3", "4", "5"):
            return token
        raise InputError(f"{cited(text)}: the power of terms is a whole number from 1 to 5")
    if token not in ("0", "1") or {before, after} & {"*", "/", ":", "**"}:
        raise InputError(
            f"{cited(text)}: {token} is not a term here; only + 1, + 0 and - 1 stand for the intercept, and arithmetic "
            "goes into I(...)"
        )
    return token


def _refuse_idle_powers(tokens: list[str], factors: Sequence[str | Expression], text: str) -> None:
    """The power of one term is that term, which nobody means who writes it."""
    for place, token in enumerate(tokens):
        if token != "**" or place == 0:
            continue
        start = place - 1
        if tokens[start] == ")":
            depth = 1
            while depth:
                start -= 1
                depth += {")": 1, "(": -1}.get(tokens[start], 0)
        names = {t for t in tokens[start:place] if t.startswith("v")}
        written = [_written(factors[int(name[1:])]) for name in names]
        if len(written) == 1 and not written[0].startswith(BASES_OPEN):
            raise InputError(
                f"{cited(text)}: {cited(written[0])} to a power of terms is the same term; for the power of its values "
                "write I(x**2)"
            )


def _refuse_explosion(tokens: list[str], text: str) -> None:
    """``a * b * c ...`` and powers multiply terms; bound them before formulaic expands them."""
    crossings = sum(token in ("*", "/") for token in tokens)
    bound = 2.0**crossings
    names = sum(token.startswith("v") for token in tokens) + 1
    for place, token in enumerate(tokens):
        if token == "**" and place + 1 < len(tokens) and tokens[place + 1].isdigit():
            bound *= float(names) ** int(tokens[place + 1])
    if bound * (names if crossings else 1) > 100 * MOST_TERMS:
        raise InputError(f"{cited(text)} would expand into too many terms; write them out")


def plain_message(fault: Exception, factors: Sequence[str | Expression] = ()) -> str:
    """Return the first line of a message, in the user's names."""
    lines = [line for line in str(fault).splitlines() if line.strip()]
    line = re.sub(r"\x1b\[[0-9;]*m", "", lines[0]) if lines else type(fault).__name__
    for alias in range(len(factors) - 1, -1, -1):
        line = line.replace(f"`v{alias}`", f"`{_written(factors[alias])}`")
    return re.sub(r"Term already seen.*", "1 is part of a product; write the intercept as a term of its own", line)
