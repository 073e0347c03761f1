"""What is done to a model's densities before they are differentiated."""

from __future__ import annotations

from typing import Any

import numpy as np


def ready_to_differentiate(outputs: list[Any]) -> list[Any]:
    """Return densities whose derivatives can be trusted wherever the densities are finite."""
    from pymc.pytensorf import rewrite_pregrad

    plain = rewrite_pregrad(corners_as_absolute_values(checks_as_domain(outputs)))
    return powers_of_zero(guarded(list(plain)))


def checks_as_domain(outputs: list[Any]) -> list[Any]:
    """Make the density zero where a distribution's parameters are not valid, as PyMC's own functions do."""
    from pymc.logprob.utils import local_check_parameter_to_ninf_switch, local_remove_check_parameter
    from pytensor.graph.fg import FunctionGraph
    from pytensor.graph.replace import clone_replace
    from pytensor.graph.rewriting.basic import dfs_rewriter

    graph = FunctionGraph(outputs=clone_replace(outputs), clone=False)  # a frozen model keeps its own
    for rewriter in (local_check_parameter_to_ninf_switch, local_remove_check_parameter):
        dfs_rewriter(rewriter).rewrite(graph)
    return list(graph.outputs)


def corners_as_absolute_values(outputs: list[Any]) -> list[Any]:
    """Write the asymmetric Laplace's ``u sign(u) k^sign(u)`` as ``|u| (k + 1/k)/2 + u (k - 1/k)/2``.

    Then its corner is an absolute value, which can be lifted; a power of a sign hides it.
    """
    import pytensor.tensor as pt
    from pytensor.graph.replace import clone_replace
    from pytensor.graph.traversal import ancestors

    found = {}
    for variable in ancestors(outputs):
        factors = elementwise(variable, "Mul")
        power = elementwise(factors[1], "Pow") if len(factors) == 2 else []
        left = elementwise(factors[0], "Mul") if power else []
        if len(left) != 2:
            continue
        signs = [elementwise(v, "Sign") for v in (power[1], left[1])]
        inner = elementwise(left[0], "Mul")
        if signs[0] and signs[0] == signs[1] and len(inner) == 2 and elementwise(inner[0], "Neg") == signs[0]:
            (u,), k = signs[0], power[0]
            found[variable] = -inner[1] * (pt.abs(u) * (k + 1 / k) + u * (k - 1 / k)) / 2
    return list(clone_replace(outputs, found)) if found else outputs


# Functions with an infinite value or derivative somewhere, and a place where they have neither.
HARMLESS = {"Log": 1.0, "Log1p": 0.0, "Log1mexp": -1.0, "Exp": 0.0, "Expm1": 0.0, "Sqrt": 1.0, "GammaLn": 1.0}
PASSED = ("Add", "Sub", "Mul", "Neg", "TrueDiv", "Cast")


def guarded(outputs: list[Any]) -> list[Any]:
    """Keep the branch of a switch that is not taken from spoiling the derivative of the one that is.

    ``switch(y, log(p), log1p(-p))`` is 0 at y = p = 1; the derivative of its other branch is infinite there,
    and zero times it is not a number.
    """
    from pytensor.graph.replace import clone_replace
    from pytensor.graph.traversal import ancestors

    found = {}
    for variable in ancestors(outputs):
        branches = elementwise(variable, "Switch")
        if not branches:
            continue
        condition, *sides = branches
        safe = [_harmless(side, condition, taken) for side, taken in zip(sides, (True, False), strict=True)]
        if any(new is not old for new, old in zip(safe, sides, strict=True)):
            found[variable] = variable.owner.op(condition, *safe)
    return list(clone_replace(outputs, found)) if found else outputs


def _harmless(side: Any, condition: Any, taken: bool) -> Any:
    """Return a branch whose functions see their argument only where the branch is taken."""
    import pytensor.tensor as pt

    kind = kind_of(side)
    if kind in HARMLESS:
        (argument,) = side.owner.inputs
        spare = pt.constant(HARMLESS[kind], dtype=argument.dtype)
        return side.owner.op(pt.switch(condition, argument, spare) if taken else pt.switch(condition, spare, argument))
    if kind not in PASSED:
        return side
    inputs = [_harmless(part, condition, taken) for part in side.owner.inputs]
    if all(new is old for new, old in zip(inputs, side.owner.inputs, strict=True)):
        return side
    return side.owner.op(*inputs)


def powers_of_zero(outputs: list[Any]) -> list[Any]:
    """Make ``0**a`` constant in ``a``: its derivative by a base that cannot move is zero times infinity for a < 1."""
    import pytensor.tensor as pt
    from pytensor.graph.basic import Constant
    from pytensor.graph.replace import clone_replace
    from pytensor.graph.traversal import ancestors

    found = {}
    for variable in ancestors(outputs):
        operands = elementwise(variable, "Pow")
        if operands and not isinstance(operands[1], Constant):
            base, exponent = operands
            zero = pt.eq(base, 0)
            at_zero = pt.switch(exponent > 0, 0.0, pt.switch(pt.eq(exponent, 0), 1.0, np.inf)).astype(variable.dtype)
            found[variable] = pt.switch(zero, at_zero, variable.owner.op(pt.switch(zero, 1.0, base), exponent))
    return list(clone_replace(outputs, found)) if found else outputs


def elementwise(variable: Any, operation: str) -> list[Any]:
    """Return the inputs of an elementwise operation of that name, or nothing when it is another."""
    return list(variable.owner.inputs) if kind_of(variable) == operation else []


def kind_of(variable: Any) -> str:
    """Return the name of the elementwise operation that makes a variable; empty when it is none."""
    scalar = getattr(variable.owner.op, "scalar_op", None) if variable.owner is not None else None
    return type(scalar).__name__ if scalar is not None else ""
