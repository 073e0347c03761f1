"""What a graph computes, as a short text: two graphs with the same fingerprint are the same program."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from types import FunctionType
from typing import Any

import numpy as np

# Operations of these libraries are identified by class and properties, by which PyTensor itself merges nodes.
OWNERS = ("pytensor", "pymc")
NO_MATTER = (
    "name",
    "output_types_preference",
    "nfunc_spec",
)  # properties of scalar operations that change no result; each node lists its types


class UnknownOperation(ValueError):
    """An operation that cannot be told from others of its kind."""


def fingerprint(inputs: Sequence[Any], outputs: Sequence[Any]) -> str:
    """Return a digest of what ``outputs`` are as functions of ``inputs``.

    It covers operations with their properties, types and constants, and leaves out names. PyTensor merges two
    nodes when operation and properties are the same, and so does this.

    Raises
    ------
    UnknownOperation
        When an operation is not PyTensor's or PyMC's own, or has a property that is not plain data.
    """
    digest = hashlib.sha256()
    for line in _lines(inputs, outputs):
        digest.update(repr(line).encode())
    return digest.hexdigest()


def _lines(inputs: Sequence[Any], outputs: Sequence[Any]) -> list[Any]:
    """Return one entry for each input and node; what a node takes is told by its place."""
    from pytensor.graph.traversal import io_toposort

    place: dict[Any, Any] = {variable: ("input", i) for i, variable in enumerate(inputs)}
    lines: list[Any] = [_said(variable.type) for variable in inputs]

    def told(variable: Any) -> Any:
        if variable not in place:
            place[variable] = ("constant", _said(variable.type), _said(_data(variable)))
        return place[variable]

    for k, node in enumerate(io_toposort(inputs, outputs)):
        types = [_said(out.type) for out in node.outputs]
        lines.append((_operation(node.op), [told(variable) for variable in node.inputs], types))
        place |= {out: ("node", k, i) for i, out in enumerate(node.outputs)}
    lines.append([told(variable) for variable in outputs])
    return lines


def _data(variable: Any) -> Any:
    if not hasattr(variable, "data"):
        raise UnknownOperation(f"{variable} is neither an input nor a constant")
    return variable.data


def _operation(op: Any) -> Any:
    """Return the kind of an operation with its properties, and with the graph inside if it has one."""
    from pytensor.compile.builders import OpFromGraph
    from pytensor.graph.op import HasInnerGraph
    from pytensor.link.jax.dispatch import jax_funcify
    from pytensor.scalar.basic import ScalarOp
    from pytensor.scan.op import Scan

    kind = type(op)
    translation = jax_funcify.dispatch(kind)
    for written in (kind, translation):
        if _owner(written) not in (*OWNERS, "triptych"):
            raise UnknownOperation(f"{kind.__qualname__}, written in {written.__module__}")
    if isinstance(op, Scan):
        properties = [op.info, op.truncate_gradient, str(op.mode)]
    elif isinstance(op, OpFromGraph) and translation is jax_funcify.dispatch(OpFromGraph):
        properties = []  # an operation with an inner graph is identified by that graph
    elif hasattr(kind, "__props__"):
        properties = [getattr(op, name) for name in kind.__props__ if name != "fgraph"]
    elif isinstance(op, ScalarOp):
        properties = [(name, value) for name, value in vars(op).items() if name not in NO_MATTER]
    else:
        raise UnknownOperation(f"{kind.__module__}.{kind.__qualname__} has no properties")
    inner = [op.fgraph] if isinstance(op, HasInnerGraph) else []
    return (kind.__module__, kind.__qualname__, [_said(value) for value in [*properties, *inner]])


def _said(value: Any) -> Any:
    """Return plain data that tell a value from every other one.

    Raises
    ------
    UnknownOperation
        For what has no such form.
    """
    from pytensor.graph.fg import AbstractFunctionGraph
    from pytensor.graph.op import Op
    from pytensor.graph.type import Type

    match value:
        case None | bool() | int() | float() | complex() | str() | bytes() | slice():
            return (type(value).__name__, repr(value))
        case np.ndarray() | np.generic():
            found = np.asarray(value)
            if found.dtype.hasobject:
                raise UnknownOperation("a constant that is not an array of numbers")
            return ("array", str(found.dtype), found.shape, hashlib.sha256(np.ascontiguousarray(found)).hexdigest())
        case np.dtype():
            return ("dtype", str(value))
        case tuple() | list():
            return (type(value).__name__, [_said(one) for one in value])
        case Mapping():
            return ("dict", sorted(repr((_said(k), _said(v))) for k, v in value.items()))
        case set() | frozenset():
            return ("set", sorted(repr(_said(one)) for one in value))
        case Enum():
            return (_path(type(value)), value.name)
        case type() | FunctionType():
            return ("named", _path(value))
        case AbstractFunctionGraph():
            return ("graph", _lines(value.inputs, value.outputs))
        case Op():
            return _operation(value)
        case Type():
            return ("type", _path(type(value)), [(k, _said(v)) for k, v in sorted(vars(value).items()) if k != "name"])
    if is_dataclass(value):
        return (_path(type(value)), [(field.name, _said(getattr(value, field.name))) for field in fields(value)])
    raise UnknownOperation(f"a property of type {_path(type(value))}")


def _path(named: Any) -> str:
    """Return where a class or function is found by its name."""
    if _owner(named) not in (*OWNERS, "builtins", "numpy") or "<" in named.__qualname__:
        raise UnknownOperation(f"{named.__module__}.{named.__qualname__} is not PyTensor's own")
    return f"{named.__module__}.{named.__qualname__}"


def _owner(named: Any) -> str:
    """Return the library that a class or function is from."""
    return (named.__module__ or "").split(".")[0]
