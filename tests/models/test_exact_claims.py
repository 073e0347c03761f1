"""How many claims of the scenarios that ship are exact, counted from the bounds that stand in their code."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import triptych
from triptych.problem.claims import Claim, at_least, at_most, claim

EXACT = 1e-8  # largest difference of an exact claim
LEAST = 40  # exact claims of all scenarios together


def bounds(made: Callable[..., Claim]) -> list[float | None]:
    """Return what each ``return`` of a claim asks its figure not to exceed; None where it asks something else."""
    measure = inspect.unwrap(made)
    tree = ast.parse(textwrap.dedent(inspect.getsource(measure)))
    returned = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return)]
    return [_bound(value, measure.__globals__) for value in returned]


def _bound(value: ast.expr | None, names: dict[str, Any]) -> float | None:
    """Return the second argument of a call of ``at_most`` that the module's constants give."""
    match value:
        case ast.Call(func=ast.Name(id="at_most"), args=[_, bound]):
            try:
                return float(eval(compile(ast.Expression(bound), "bound", "eval"), names))
            except NameError:  # it hangs on what is measured
                return None
    return None


def exact(made: Callable[..., Claim]) -> bool:
    """Whether a claim holds its figure, wherever it returns, to a difference that is none but for rounding."""
    found = bounds(made)
    return bool(found) and all(bound is not None and bound <= EXACT for bound in found)


def test_forty_claims_are_exact() -> None:
    shipped = [s for s in triptych.scenarios().values() if s.model.__module__.startswith("triptych.models.")]
    counted = {s.name: sum(map(exact, s.claims)) for s in shipped}
    assert sum(counted.values()) >= LEAST, counted


@claim("A difference is none but for rounding")
def rounding(comparison: Any) -> Claim:
    return at_most(comparison, EXACT)


@claim("A difference is small")
def small(comparison: Any) -> Claim:
    return at_most(comparison, 10 * EXACT)


@claim("A figure is large")
def large(comparison: Any) -> Claim:
    return at_least(comparison, EXACT)


@claim("A difference is as small as another one")
def measured(comparison: Any) -> Claim:
    other = comparison / 2
    return at_most(comparison, other)


@claim("A difference is none in one case and small in the other")
def either(comparison: Any) -> Claim:
    if comparison:
        return at_most(comparison, EXACT)
    return at_most(comparison, 1e-3)


def test_a_bound_is_read_as_it_is_measured() -> None:
    for made in (rounding, small):
        (bound,) = bounds(made)
        assert made(0.0).bound == f"<= {bound:.4g}"
    assert [exact(made) for made in (rounding, small, large, measured, either)] == [True, False, False, False, False]
