"""A PyMC model as equations: each variable's distribution, and each deterministic's expression where it is short."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pymc as pm

LONGEST = 160  # characters of LaTeX; a longer expression is written as a function of its variables
MOST_NUMBERS = 10  # of a constant that are written out
SUM, PRODUCT, ATOM = 0, 1, 2  # how strongly the outermost operation of an expression binds

# Operations that change nothing that is written.
COPIES = ("ViewOp", "ExpandDims", "Squeeze", "TensorFromScalar", "DeepCopyOp")
# What the numbers of a distribution are where they are not those of PyMC's call: a scale is one over its rate.
NOT_PYMCS = {"Exponential": (r"\text{scale }",), "Gamma": (r"\text{shape }", r"\text{scale }")}

Written = tuple[str, int]


class TooLong(Exception):
    """An expression has an operation without a notation here, or is too long."""


# Scalar operations that are written as a function of one argument.
FUNCTIONS = {
    "exp": r"\exp",
    "log": r"\log",
    "sigmoid": r"\mathrm{logit}^{-1}",
    "softplus": r"\mathrm{softplus}",
    "sin": r"\sin",
    "cos": r"\cos",
    "tanh": r"\tanh",
}


def equations(model: pm.Model) -> list[str]:
    """Return a model as LaTeX lines: what is unknown, what is computed from it, what was observed, and potentials.

    Parameters
    ----------
    model
        Any PyMC model. Where PyTensor's graph has an operation that is not written here, or the expression is long,
        the line names the variables on which it depends.
    """
    writer = _Writer(model)
    lines = [writer.distribution(rv) for rv in model.free_RVs]
    lines += [writer.definition(one) for one in model.deterministics]
    lines += [writer.distribution(rv) for rv in model.observed_RVs]
    return [*lines, *(rf"{writer.symbol(one)} = {writer.short(one)} \quad \text{{(potential)}}"
                      for one in model.potentials)]  # fmt: skip


def plain_priors(model: pm.Model, variables: Iterable[Any]) -> dict[str, str]:
    """Return the priors of free variables as plain text, ``mu ~ Normal(0, 5)``, by their names.

    Parameters
    ----------
    model
        The model to which they belong.
    variables
        Some of its free variables.
    """
    writer = _Writer(model)
    found = {}
    for rv in variables:
        name, _, text = writer.distribution(rv).partition(r" \sim ")
        found[writer.named[rv]] = f"{_plain(name)} ~ {_plain(text)}"
    return found


def plain_factor(model: pm.Model, potential: Any) -> str:
    """Return by which factor a potential multiplies the density, as plain text: ``1 / sigma``; empty where it is long.

    Parameters
    ----------
    model
        The model to which it belongs.
    potential
        One of its potentials, the logarithm of that factor.
    """
    try:
        text = _plain(_Writer(model).written(potential, inside=True)[0])
    except TooLong:
        return ""
    power = re.fullmatch(r"(-?)log\((\w+)\)", text)
    if power:
        return f"1 / {power[2]}" if power[1] else power[2]
    return f"exp({text})"


class _Writer:
    def __init__(self, model: pm.Model) -> None:
        self.model = model
        # A single number among the data is written as its value: a name alone would leave it open.
        told = [v for v in model.named_vars.values() if v.ndim or v.owner is not None or not hasattr(v, "get_value")]
        self.named = {v: str(v.name).removeprefix(f"{model.name}::") for v in told}

    def symbol(self, variable: Any) -> str:
        """Return a variable's name with its axes as a subscript."""
        return _upright(self.named[variable]) + self._axes(variable)

    def _axes(self, variable: Any) -> str:
        if not variable.ndim:
            return ""
        dims = self.model.named_vars_to_dims.get(variable.name) or [None] * variable.ndim
        return rf"_{{{', '.join(_upright(str(d)) if d else 'ijkl'[k % 4] for k, d in enumerate(dims))}}}"

    def distribution(self, rv: Any) -> str:
        """Return the line of a random variable."""
        try:
            text = self._drawn(rv)
        except TooLong:
            name = getattr(rv.owner.op, "_print_name", None)
            text = self._of(name[1] if name else "p", rv.owner.inputs)
        return rf"{self.symbol(rv)} \sim {text}"

    def _drawn(self, rv: Any) -> str:
        """Return a distribution with its parameters, ``Normal(mu, 1)``."""
        op = rv.owner.op
        name = getattr(op, "_print_name", None)
        try:
            given = op.dist_params(rv.owner)
        except (
            AttributeError,
            NotImplementedError,
            ValueError,
        ):  # a distribution that does not say which inputs they are
            raise TooLong from None
        if name is None:
            raise TooLong
        said = NOT_PYMCS.get(name[0], ())
        parts = [f"{said[k] if k < len(said) else ''}{self.written(one)[0]}" for k, one in enumerate(given)]
        return f"{name[1]}({', '.join(parts)})"

    def definition(self, variable: Any) -> str:
        """Return the line of a deterministic."""
        return f"{self.symbol(variable)} = {self.short(variable)}"

    def short(self, variable: Any) -> str:
        """Return the expression behind a variable, or a function of what it depends on."""
        try:
            # A deterministic is a named copy of its expression.
            return self.written(variable, inside=True)[0]
        except TooLong:
            return self._of("f", variable.owner.inputs)

    def _of(self, function: str, inputs: Iterable[Any]) -> str:
        names: dict[str, None] = {}
        waiting = list(inputs)
        while waiting:
            one = waiting.pop(0)
            if one in self.named:
                names.setdefault(self.symbol(one))
            elif one.owner is not None:
                waiting += one.owner.inputs
        return f"{function}({', '.join(names)})"

    def written(self, variable: Any, *, inside: bool = False) -> Written:
        """Return an expression and how strongly it binds."""
        from pytensor.graph.basic import Constant

        if not inside and variable in self.named:
            return self.symbol(variable), ATOM
        if isinstance(variable, Constant):
            return _constant(np.asarray(variable.data))
        if variable.owner is None:
            if hasattr(variable, "get_value"):
                return _constant(np.asarray(variable.get_value(borrow=True)))
            raise TooLong
        drawn = hasattr(variable.owner.op, "_print_name")
        found = (self._drawn(variable), ATOM) if drawn else self._operation(variable)
        if len(found[0]) > LONGEST:
            raise TooLong
        return found

    def _operation(self, variable: Any) -> Written:
        from pytensor.tensor.basic import Alloc, Join, MakeVector
        from pytensor.tensor.blockwise import Blockwise
        from pytensor.tensor.elemwise import DimShuffle, Elemwise
        from pytensor.tensor.math import Dot, Sum
        from pytensor.tensor.shape import Reshape, SpecifyShape
        from pytensor.tensor.subtensor import AdvancedSubtensor, Subtensor

        op, inputs = variable.owner.op, variable.owner.inputs
        core = op.core_op if isinstance(op, Blockwise) else op
        if isinstance(op, DimShuffle | Alloc | Reshape | SpecifyShape) or type(op).__name__ in COPIES:
            return self.written(inputs[0])
        if isinstance(op, Elemwise):
            if self._known(variable):
                return _constant(np.asarray(variable.eval(mode="FAST_COMPILE")))
            return self._elementwise(op.scalar_op, inputs)
        if isinstance(core, Dot) or type(core).__name__ in ("MatMul", "MatrixVectorDot"):
            return self._joined(inputs[:2], r"\,"), PRODUCT
        if isinstance(op, Sum):
            return rf"\textstyle\sum {self._factor(inputs[0])}", PRODUCT
        if isinstance(op, AdvancedSubtensor | Subtensor):
            return self._element(op, inputs)
        if isinstance(op, MakeVector | Join):
            parts = inputs[1:] if isinstance(op, Join) else inputs
            return f"({', '.join(self.written(one)[0] for one in parts)})", ATOM
        raise TooLong

    def _elementwise(self, scalar_op: Any, inputs: list[Any]) -> Written:
        name = type(scalar_op).__name__.lower()
        special: dict[str, Callable[[], Written]] = {
            "add": lambda: (_plus([self.written(one)[0] for one in inputs]), SUM),
            "sub": lambda: (f"{self.written(inputs[0])[0]} - {self._factor(inputs[1])}", SUM),
            "mul": lambda: (self._joined(self._but_one(inputs), r" \cdot "), PRODUCT),
            "truediv": lambda: (rf"{self._factor(inputs[0])} / {self._factor(inputs[1], ATOM)}", PRODUCT),
            "neg": lambda: (f"-{self._factor(inputs[0])}", SUM),
            "sqr": lambda: (f"{{{self._factor(inputs[0], ATOM)}}}^2", ATOM),
            "sqrt": lambda: (rf"\sqrt{{{self.written(inputs[0])[0]}}}", ATOM),
            "pow": lambda: (f"{{{self._factor(inputs[0], ATOM)}}}^{{{self.written(inputs[1])[0]}}}", ATOM),
            "abs": lambda: (f"|{self.written(inputs[0])[0]}|", ATOM),
            "cast": lambda: self.written(inputs[0]),
            "identity": lambda: self.written(inputs[0]),
            "second": lambda: self.written(inputs[1]),
            "reciprocal": lambda: (f"1 / {self._factor(inputs[0], ATOM)}", PRODUCT),
        }
        if name in special:
            return special[name]()
        if name in FUNCTIONS:
            return f"{FUNCTIONS[name]}({self.written(inputs[0])[0]})", ATOM
        raise TooLong

    def _but_one(self, inputs: Sequence[Any]) -> Sequence[Any]:
        """Return the factors of a product without those that are one, unless all are."""
        return [one for one in inputs if self.written(one)[0] != "1"] or inputs[:1]

    def _known(self, variable: Any) -> bool:
        """Whether an expression is made of numbers alone, so that its value can be written."""
        from pytensor.graph.basic import Constant
        from pytensor.graph.traversal import ancestors

        above = list(ancestors([variable]))
        if any(one in self.named or hasattr(getattr(one.owner, "op", None), "_print_name") for one in above):
            return False
        return all(isinstance(one, Constant) or hasattr(one, "get_value") for one in above if one.owner is None)

    def _factor(self, variable: Any, binding: int = PRODUCT) -> str:
        text, own = self.written(variable)
        return f"({text})" if own < binding else text

    def _joined(self, inputs: Iterable[Any], between: str) -> str:
        return between.join(self._factor(one) for one in inputs)

    def _element(self, op: Any, inputs: list[Any]) -> Written:
        """Return ``a[group]`` as ``a`` with the subscript ``group``."""
        from pytensor.graph.basic import Constant

        base, *indices = inputs
        if base not in self.named or not indices or any(isinstance(one, slice) for one in op.idx_list):
            raise TooLong
        said = []
        for index in indices:
            if index in self.named:
                said.append(_upright(self.named[index]))
            elif isinstance(index, Constant) and np.ndim(index.data) == 0:
                said.append(str(int(index.data)))
            else:
                raise TooLong
        return rf"{_upright(self.named[base])}_{{{', '.join(said)}}}", ATOM


def _plus(parts: list[str]) -> str:
    return " + ".join(parts).replace("+ -", "- ")


def _constant(values: np.ndarray) -> Written:
    """Return numbers: one, or all where they are the same, or a list; of many only how many there are."""
    if not np.issubdtype(values.dtype, np.number) and values.dtype != bool:
        raise TooLong
    flat = values.ravel()
    if flat.size and np.all(flat == flat[0]):
        return _number(float(flat[0])), ATOM if flat[0] >= 0 else SUM
    if values.ndim == 1 and flat.size <= MOST_NUMBERS:
        return rf"({', '.join(_number(float(one)) for one in flat)})", ATOM
    return rf"[\text{{{' by '.join(map(str, values.shape))} numbers}}]", ATOM


def _plain(latex: str) -> str:
    """Return a line of this notation without its commands and without the axes of variables."""
    text = re.sub(r"_\{(\d+)\}", r"[\1]", latex)
    text = re.sub(r"_\{(?:\\mathrm\{[^{}]*\}|[^{}])*\}", "", text)
    text = re.sub(r"\\(?:mathrm|text|operatorname)\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)", text)
    for command, sign in (("infty", "inf"), ("cdot", "*"), ("times", "*"), (",", " ")):
        text = text.replace(f"\\{command}", sign)
    return text.replace("\\", "").replace("{", "").replace("}", "").replace("()", "")


def _number(value: float) -> str:
    text = f"{value:.4g}"
    if "inf" in text:
        return text.replace("inf", r"\infty")
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else text


def _upright(name: str) -> str:
    return rf"\mathrm{{{re.sub(r'([_%&#$])', r'\\\1', name)}}}"
