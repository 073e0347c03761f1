"""Rewrites of a model's densities that make their derivatives finite where the densities are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

# A rewrite of one node: from the node and its rewritten inputs to a new output, or None where it does not apply.
Change = Callable[[Any, list[Any]], Any]

NO_CHANCE = -800.0  # logarithm of a share that is zero in double precision
DEEP, FRACTION = 1e-200, 8  # incomplete gamma functions below this, and terms of their continued fractions that suffice


def ready_to_differentiate(outputs: list[Any]) -> list[Any]:
    """Return densities whose derivatives can be trusted wherever the densities are finite."""
    from pymc.pytensorf import rewrite_pregrad

    for change in (in_double_precision, corner_as_absolute_value, chance_above):
        outputs = rebuilt(outputs, change)
    outputs = list(rewrite_pregrad(checks_as_domain(outputs)))
    for change in (complement_of_complement, tail_of_a_gamma, guarded, power_of_zero):
        outputs = rebuilt(outputs, change)
    return outputs


def rebuilt(outputs: list[Any], change: Change) -> list[Any]:
    """Build a graph again from its inputs on, with a change wherever there is one to be made."""
    from pytensor.graph.traversal import toposort

    done: dict[Any, Any] = {}
    for node in toposort(outputs):
        inputs = [done.get(i, i) for i in node.inputs]
        new = change(node, inputs)
        if new is not None:
            done[node.outputs[0]] = new
        elif any(one is not other for one, other in zip(inputs, node.inputs, strict=True)):
            copy = node.clone_with_new_inputs(inputs, strict=False)
            done |= dict(zip(node.outputs, copy.outputs, strict=True))
    return [done.get(output, output) for output in outputs]


def in_double_precision(node: Any, inputs: list[Any]) -> Any:
    """Compute functions of constants in double precision: PyTensor keeps 10 and 0.5 in fewer digits, and their logs."""
    import pytensor.tensor as pt

    if kind_of(node) and node.outputs[0].dtype == "float32":
        return node.op(*[pt.cast(i, "float64") for i in inputs])
    return None


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


def corner_as_absolute_value(node: Any, inputs: list[Any]) -> Any:
    """Write the asymmetric Laplace's ``u sign(u) k^sign(u)`` as ``|u| (k + 1/k)/2 + u (k - 1/k)/2``.

    Then its corner is an absolute value, which can be lifted; a power of a sign hides it.
    """
    import pytensor.tensor as pt

    factors = inputs if kind_of(node) == "Mul" else []
    power = operands(factors[1], "Pow") if len(factors) == 2 else []
    left = operands(factors[0], "Mul") if power else []
    if len(left) != 2:
        return None
    signs = [operands(v, "Sign") for v in (power[1], left[1])]
    inner = operands(left[0], "Mul")
    if signs[0] and signs[0] == signs[1] and len(inner) == 2 and operands(inner[0], "Neg") == signs[0]:
        (u,), k = signs[0], power[0]
        return -inner[1] * (pt.abs(u) * (k + 1 / k) + u * (k - 1 / k)) / 2
    return None


def chance_above(node: Any, inputs: list[Any]) -> Any:
    """Take the chance between two bounds from survival functions, where most of the chance lies below both.

    PyMC's ``log(exp(a) - exp(b))`` of two distribution functions is ``log(0)`` where both are one in double precision;
    there the survival functions still have all their digits.
    """
    import pytensor.tensor as pt

    condition, upper, difference = inputs if kind_of(node) == "Switch" else (None, None, None)
    summands = operands(difference, "Add")
    gap = operands(summands[1], "Log1mexp") if len(summands) == 2 and summands[0] is upper else []
    lower, subtracted = (operands(gap[0], "Sub") if gap else []) or (None, None)
    if subtracted is not upper or lower is None:
        return None
    high, (above_upper, above_lower) = lower > np.log(0.5), [pt.log1mexp(part) for part in (upper, lower)]
    both = high & (above_upper > -np.inf)
    ratio = pt.switch(both, above_upper - above_lower, pt.switch(high, NO_CHANCE, lower - upper))
    return pt.switch(condition, upper, pt.switch(high, above_lower, upper) + pt.log1mexp(ratio))


def complement_of_complement(node: Any, inputs: list[Any]) -> Any:
    """Take the logarithm of one minus a probability, a survival function by way of the distribution's, without the way.

    ``log(1 - exp(log(1 - exp(x))))`` is ``x``: where ``exp(x)`` is one or none in double precision, the way there and
    back has no derivative. One minus an incomplete gamma or beta function is the other one, which has all its digits
    where the first is nearly one (DLMF 8.2.5 and 8.17.4).
    """
    return _complement(inputs[0], node.op) if kind_of(node) == "Log1mexp" else None


def _complement(variable: Any, log1mexp: Any) -> Any:
    import pytensor.tensor as pt
    from pytensor.tensor.basic import Alloc

    if inner := operands(variable, "Log1mexp"):
        return inner[0]
    if (other := _other_tail(*operands(variable, "Log"))) is not None:
        return pt.log(other)
    if isinstance(getattr(variable.owner, "op", None), Alloc):
        inner, *shape = variable.owner.inputs
        found = _complement(inner, log1mexp)
        return None if found is None else pt.alloc(found, *shape)
    condition, *sides = operands(variable, "Switch") or (None,)
    found = [_complement(side, log1mexp) for side in sides]
    if all(side is None for side in found):
        return None
    return pt.switch(condition, *[log1mexp(s) if f is None else f for f, s in zip(found, sides, strict=True)])


def _other_tail(probability: Any = None) -> Any:
    """Return one minus an incomplete gamma or beta function; None for anything else."""
    import pytensor.tensor as pt

    if shape_and_argument := operands(probability, "GammaInc"):
        return pt.gammaincc(*shape_and_argument)
    if shape_and_argument := operands(probability, "GammaIncC"):
        return pt.gammainc(*shape_and_argument)
    if arguments := operands(probability, "BetaInc"):
        a, b, x = arguments
        return pt.betainc(b, a, _one_minus(x))
    return None


def _one_minus(share: Any) -> Any:
    """Return one minus a share, with all digits where it is ``1 - p``, ``a / (a + b)`` or a logistic function."""
    import pytensor.tensor as pt

    if logit := operands(share, "Sigmoid"):
        return pt.sigmoid(-logit[0])
    one, *part = operands(share, "Sub") or (None,)
    if one is not None and _is_one(one):
        return part[0]
    ratio = operands(share, "TrueDiv")
    summands = operands(ratio[1], "Add") if ratio else []
    if len(summands) == 2 and ratio[0] in summands:
        return summands[1 - summands.index(ratio[0])] / ratio[1]
    return 1 - share


def _is_one(variable: Any) -> bool:
    from pytensor.graph.basic import Constant
    from pytensor.tensor.elemwise import DimShuffle

    while variable.owner is not None and isinstance(variable.owner.op, DimShuffle):
        (variable,) = variable.owner.inputs
    return isinstance(variable, Constant) and bool(np.all(variable.data == 1))


def tail_of_a_gamma(node: Any, inputs: list[Any]) -> Any:
    """Take the logarithm of an incomplete gamma function also where the function itself is zero in double precision.

    There it is a power, an exponential and a continued fraction (DLMF 8.9.1 and 8.9.2), of which few terms are all.
    """
    import pytensor.tensor as pt

    if kind_of(node) != "Log":
        return None
    lower, upper = (operands(inputs[0], kind) for kind in ("GammaInc", "GammaIncC"))
    if not lower and not upper:
        return None
    shape, argument = lower or upper
    deep = inputs[0] < DEEP
    x = pt.switch(deep, argument, shape / 2 if lower else shape + 1)
    if lower:
        rest = 0.0
        for k in range(FRACTION, 0, -1):
            rest = -(shape + k - 1) * x / (shape + (2 * k - 1) + k * x / (shape + 2 * k + rest))
        fraction = shape + rest
    else:
        fraction = x + (2 * FRACTION + 1) - shape
        for k in range(FRACTION, 0, -1):
            fraction = x + (2 * k - 1) - shape + k * (shape - k) / fraction
    return pt.switch(deep, shape * pt.log(x) - x - pt.gammaln(shape) - pt.log(fraction), pt.log(inputs[0]))


# Functions with an infinite value or derivative somewhere, and a place where they have neither.
HARMLESS = {"Log": 1.0, "Log1p": 0.0, "Log1mexp": -1.0, "Exp": 0.0, "Expm1": 0.0, "Sqrt": 1.0, "GammaLn": 1.0}
PASSED = ("Add", "Sub", "Mul", "Neg", "TrueDiv", "Cast")


def guarded(node: Any, inputs: list[Any]) -> Any:
    """Keep the branch of a switch that is not taken from spoiling the derivative of the one that is.

    ``switch(y, log(p), log1p(-p))`` is 0 at y = p = 1; the derivative of its other branch is infinite there,
    and zero times it is not a number.
    """
    if kind_of(node) != "Switch":
        return None
    condition, *sides = inputs
    safe = [_harmless(side, condition, taken) for side, taken in zip(sides, (True, False), strict=True)]
    return node.op(condition, *safe) if any(n is not o for n, o in zip(safe, sides, strict=True)) else None


def _harmless(side: Any, condition: Any, taken: bool) -> Any:
    """Return a branch whose functions see their argument only where the branch is taken."""
    import pytensor.tensor as pt
    from pytensor.tensor.elemwise import Elemwise

    kind = kind_of(side.owner)
    if kind in HARMLESS:
        (argument,) = side.owner.inputs
        spare = pt.constant(HARMLESS[kind], dtype=argument.dtype)
        return side.owner.op(pt.switch(condition, argument, spare) if taken else pt.switch(condition, spare, argument))
    # A sum over an axis has another shape than what it adds up, on which the condition does not lie.
    if kind not in PASSED or not isinstance(side.owner.op, Elemwise):
        return side
    inputs = [_harmless(part, condition, taken) for part in side.owner.inputs]
    if all(new is old for new, old in zip(inputs, side.owner.inputs, strict=True)):
        return side
    return side.owner.op(*inputs)


def power_of_zero(node: Any, inputs: list[Any]) -> Any:
    """Make ``0**a`` constant in ``a``: its derivative by a base that cannot move is zero times infinity for a < 1."""
    import pytensor.tensor as pt
    from pytensor.graph.basic import Constant

    if kind_of(node) != "Pow" or isinstance(inputs[1], Constant):
        return None
    base, exponent = inputs
    zero = pt.eq(base, 0)
    at_zero = pt.switch(exponent > 0, 0.0, pt.switch(pt.eq(exponent, 0), 1.0, np.inf)).astype(node.outputs[0].dtype)
    return pt.switch(zero, at_zero, node.op(pt.switch(zero, 1.0, base), exponent))


def operands(variable: Any, operation: str) -> list[Any]:
    """Return the inputs of an elementwise operation of that name, or nothing when it is another, or no variable."""
    node = getattr(variable, "owner", None)
    return list(node.inputs) if node is not None and kind_of(node) == operation else []


def kind_of(node: Any) -> str:
    """Return the name of an elementwise operation; empty when a node is none."""
    scalar = getattr(node.op, "scalar_op", None) if node is not None else None
    return type(scalar).__name__ if scalar is not None else ""
