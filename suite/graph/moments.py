"""Which scalars have every moment under the prior, told from the model's graph.

Where the prior is proper and the likelihood bounded by M, a moment under the posterior is at most M / p(y) times that
under the prior: what has every moment before the data has every moment after them, however long a tail its draws show.
Classes are closed under what a graph is made of: sums, products and powers of variables with every moment have every
moment; so has the exponential of one with every exponential moment, as a normal variable has.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

from triptych.graph.priors import distribution, is_proper
from triptych.graph.rewrites import kind_of


class Tail(IntEnum):
    """What is known of a variable's tails; each class is a subset of the one before."""

    UNKNOWN = 0
    MOMENTS = 1  # E |x|^k is finite for every k
    EXPONENTIAL = 2  # E exp(c |x|) is finite for every c
    BOUNDED = 3


# Distributions that are bounded whatever their parameters.
WITHIN = ("Beta", "Kumaraswamy", "LogitNormal", "Dirichlet", "VonMises", "LKJCorr", "_lkjcorr", "StickBreakingWeights")
# Location-scale families, with the class of their tails at fixed parameters.
LOCATED = {
    "Normal": Tail.EXPONENTIAL,
    "HalfNormal": Tail.EXPONENTIAL,
    "Laplace": Tail.MOMENTS,
    "Logistic": Tail.MOMENTS,
    "Gumbel": Tail.MOMENTS,
    "Moyal": Tail.MOMENTS,
    "Exponential": Tail.MOMENTS,
    "Uniform": Tail.BOUNDED,
    "Triangular": Tail.BOUNDED,
    "ZeroSumNormal": Tail.EXPONENTIAL,
}
# Families whose moments are polynomials in PyTensor's parameters (a gamma's scale, not its rate).
POLYNOMIAL = ("Gamma",)
# Families whose tails are known only at fixed parameters.
FIXED = {
    "TruncatedNormal": Tail.EXPONENTIAL,
    "SkewNormal": Tail.EXPONENTIAL,
    "MultivariateNormal": Tail.EXPONENTIAL,
    "Weibull": Tail.MOMENTS,
    "Wald": Tail.MOMENTS,
    "ExGaussian": Tail.MOMENTS,
    "AsymmetricLaplace": Tail.MOMENTS,
    "Rice": Tail.EXPONENTIAL,
    "Interpolated": Tail.BOUNDED,
    "Maxwell": Tail.EXPONENTIAL,
}
SAME = ("Neg", "Abs", "Identity", "Cast", "Softplus", "Trunc", "RoundHalfToEven")
KEEPS = ("Neg", "Abs", "Identity", "Cast")  # operations that change neither the class of x nor that of 1/x
WITHIN_BOUNDS = (
    "Sigmoid", "Tanh", "Erf", "Erfc", "Sin", "Cos", "ArcTan", "Sign", "LT", "LE", "GT", "GE", "EQ", "NEQ",
)  # fmt: skip
EITHER = ("Add", "Sub", "Maximum", "Minimum")
SHAPED = (
    "DimShuffle", "Reshape", "Subtensor", "AdvancedSubtensor", "AdvancedSubtensor1", "Join", "MakeVector", "ViewOp",
    "Alloc", "SpecifyShape", "Max", "Min", "ExtractDiag", "SortOp", "ScalarFromTensor", "TensorFromScalar",
)  # fmt: skip
SUMS = ("Sum", "Mean", "IncSubtensor", "AdvancedIncSubtensor", "AdvancedIncSubtensor1")
PRODUCTS = ("Dot", "Prod", "Dot22", "BatchedDot", "CumOp")
SHARES = ("Softmax", "Shape", "Shape_i", "ARange")


def with_every_moment(model: Any) -> set[str]:
    """Return the free variables and deterministics that have every moment under a proper prior; none under another."""
    if not is_proper(model):
        return set()
    shown = [*model.free_RVs, *model.deterministics]
    known = _classes(shown)
    return {str(v.name) for v in shown if known[v] >= Tail.MOMENTS}


def _classes(outputs: list[Any]) -> dict[Any, Tail]:
    """Return the class of every variable from which the outputs are made."""
    from pytensor.graph.traversal import io_toposort

    known: dict[Any, Tail] = {}
    inverse: dict[Any, Tail] = {}  # the class of 1/x

    def of(variable: Any) -> Tail:
        return known.get(variable, Tail.BOUNDED if variable.owner is None else Tail.UNKNOWN)

    def over(variable: Any) -> Tail:
        if variable.owner is None:
            return Tail.BOUNDED if _is_off_zero(variable) else Tail.UNKNOWN
        return inverse.get(variable, Tail.UNKNOWN)

    for node in io_toposort([], outputs):
        for output in node.outputs:
            known[output], inverse[output] = _class_of(node, output, of, over)
    return {v: of(v) for v in outputs}


def _is_off_zero(variable: Any) -> bool:
    """Whether all entries of a constant are nonzero; unknown, hence false, for data that may be replaced."""
    data = getattr(variable, "data", None)
    return isinstance(data, np.ndarray) and data.dtype.kind in "iuf" and bool(np.all(data != 0))


def _class_of(node: Any, output: Any, of: Any, over: Any) -> tuple[Tail, Tail]:
    """Return the class of one node's output x, and that of 1/x."""
    if name := distribution(output):
        return _of_distribution(node, name, of)
    inputs = [v for v in node.inputs if hasattr(v.type, "dtype")]
    tails = [of(v) for v in inputs]
    kind, name = kind_of(node), type(node.op).__name__
    if name == "Blockwise":
        name = type(node.op.core_op).__name__
    if kind and name == "Elemwise":
        return _of_function(kind, node, tails, [over(v) for v in inputs])
    if name in SHARES:
        return Tail.BOUNDED, Tail.UNKNOWN
    if name in SHAPED:
        inverses = [over(v) for v in inputs if str(v.type.dtype).startswith("float")]
        return min(tails, default=Tail.UNKNOWN), min(inverses, default=Tail.UNKNOWN)
    if name in SUMS:
        return min(tails, default=Tail.UNKNOWN), Tail.UNKNOWN
    if name in PRODUCTS:  # a product over an axis multiplies the entries of one argument
        return _product(tails if len(tails) > 1 else [*tails, *tails]), Tail.UNKNOWN
    return Tail.UNKNOWN, Tail.UNKNOWN


def _product(tails: list[Tail]) -> Tail:
    """Return the class of a product: a bounded factor keeps the other's class, and two tails give a heavier one."""
    unbounded = [tail for tail in tails if tail is not Tail.BOUNDED]
    if not unbounded:
        return Tail.BOUNDED
    return unbounded[0] if len(unbounded) == 1 else min(Tail.MOMENTS, min(unbounded))


def _of_distribution(node: Any, name: str, of: Any) -> tuple[Tail, Tail]:
    parameters = node.op.dist_params(node)
    tails = [of(p) for p in parameters]
    fixed = all(tail is Tail.BOUNDED for tail in tails)
    if name in WITHIN:
        return Tail.BOUNDED, Tail.UNKNOWN
    if name == "LogNormal":
        exponent = _located(tails, Tail.EXPONENTIAL)
        both = Tail.MOMENTS if exponent >= Tail.EXPONENTIAL else Tail.UNKNOWN
        return both, both
    if name in LOCATED:
        inverse = Tail.BOUNDED if name == "Uniform" and _is_positive(parameters[0]) else Tail.UNKNOWN
        return _located(tails, LOCATED[name]), inverse
    if name in POLYNOMIAL:
        return (Tail.MOMENTS if min(tails) >= Tail.MOMENTS else Tail.UNKNOWN), Tail.UNKNOWN
    if name in FIXED and fixed:
        return FIXED[name], Tail.UNKNOWN
    return Tail.UNKNOWN, Tail.UNKNOWN


def _is_positive(variable: Any) -> bool:
    """Whether a variable is a constant above zero."""
    return variable.owner is None and hasattr(variable, "data") and bool(np.all(variable.data > 0))


def _located(tails: list[Tail], own: Tail) -> Tail:
    """Return the class of location plus scale times a variable whose tails are known."""
    *location, scale = tails
    return min(*location, _product([scale, own])) if location else _product([scale, own])


def _of_function(kind: str, node: Any, tails: list[Tail], inverses: list[Tail]) -> tuple[Tail, Tail]:
    least, none = min(tails, default=Tail.UNKNOWN), Tail.UNKNOWN
    if kind in WITHIN_BOUNDS:
        return Tail.BOUNDED, none
    if kind == "Clip":
        return (Tail.BOUNDED if min(tails[1:]) is Tail.BOUNDED else none), none
    if kind in EITHER:
        return least, none
    if kind == "Switch":
        return min(tails[1:]), min(inverses[1:])
    if kind in SAME:
        return least, inverses[0] if kind in KEEPS else none
    if kind == "Second":
        return tails[-1], inverses[-1]
    if kind in ("Exp", "Expm1", "Exp2"):
        grown = {Tail.BOUNDED: Tail.BOUNDED, Tail.EXPONENTIAL: Tail.MOMENTS}.get(least, none)
        return grown, grown if kind != "Expm1" else none
    if kind == "Mul":
        return _product(tails), _product(inverses)
    if kind in ("TrueDiv", "Reciprocal"):
        above, below = (tails[0], inverses[0]) if kind == "TrueDiv" else (Tail.BOUNDED, Tail.BOUNDED)
        return _product([above, inverses[-1]]), _product([below, tails[-1]])
    if kind == "Sqr":
        return _product([tails[0], tails[0]]), _product([inverses[0], inverses[0]])
    if kind == "Sqrt":
        return min(least, Tail.MOMENTS) if least is not Tail.BOUNDED else least, min(inverses[0], Tail.MOMENTS)
    if kind == "Pow":
        return _power(node, tails[0], inverses[0])
    if kind in ("Log", "Log2", "Log10"):
        # |log x|^k is at most a constant times x + 1/x.
        return min(tails[0], inverses[0], Tail.MOMENTS), none
    return none, none


def _power(node: Any, tail: Tail, inverse: Tail) -> tuple[Tail, Tail]:
    """Return the class of a power with a constant exponent; that of a negative one is of one over its base."""
    from pytensor.graph.basic import Constant

    exponent = node.inputs[1]
    while exponent.owner is not None and len(exponent.owner.inputs) == 1:
        exponent = exponent.owner.inputs[0]
    if not isinstance(exponent, Constant):
        return Tail.UNKNOWN, Tail.UNKNOWN
    signs = {bool(value < 0) for value in np.ravel(exponent.data)}
    up = min(inverse if negative else tail for negative in signs)
    down = min(tail if negative else inverse for negative in signs)
    return _product([up, up]), _product([down, down])
