"""The rounding errors of all steps of a computation, as they add up in its result.

Each intermediate result ``v`` is off by at most half a unit in its last digit, which moves the end result ``f`` by
``|v df/dv|`` times that. Reverse differentiation gives all these derivatives at the cost of one gradient (Linnainmaa
1976, BIT 16, 146-160). Differences of nearby values may miss the error, because values that are rounded may be constant
over a long way; the derivatives do not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.fg import FunctionGraph, Output
from pytensor.graph.op import Op
from pytensor.graph.traversal import ancestors
from pytensor.scalar import basic as scalar
from pytensor.tensor.basic import Alloc, Join, MakeVector, ScalarFromTensor, Split, TensorFromScalar
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.shape import Reshape, SpecifyShape
from pytensor.tensor.subtensor import AdvancedSubtensor, Subtensor

UNIT = np.finfo(float).eps / 2  # relative rounding error of one operation, at most
# What moves numbers about, or takes one of several, does not round.
MOVING = (
    Alloc, AdvancedSubtensor, DimShuffle, Join, MakeVector, Reshape, ScalarFromTensor, SpecifyShape, Split, Subtensor,
    TensorFromScalar,
)  # fmt: skip
CHOOSING = (
    scalar.Abs, scalar.Cast, scalar.Clip, scalar.Identity, scalar.Neg, scalar.ScalarMaximum, scalar.ScalarMinimum,
    scalar.Second, scalar.Sign, scalar.Switch,
)  # fmt: skip


class Marked(Op):  # type: ignore[misc]
    """Its first input, unchanged; the derivative by the second one is the sum of ``|v df/dv|``."""

    __props__ = ()

    def make_node(self, value: Any, probe: Any) -> Apply:
        """Return the node of an intermediate result and the probe that all of them share."""
        return Apply(self, [value, probe], [value.type()])

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        """Return the value."""
        del node
        output_storage[0][0] = inputs[0]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Return the derivative by the value, and by the probe: what is not finite has no digits to be rounded."""
        del outputs
        (slope,) = cotangents
        share = pt.abs(inputs[0] * slope)
        return [slope, pt.sum(pt.switch(pt.lt(share, np.inf), share, 0.0))]


def mark(graph: FunctionGraph, wanted: int) -> None:
    """Mark what rounds and depends on the first input; the last input is the probe, which no value depends on.

    The first outputs, ``wanted`` in number, are those whose rounding is asked for; the others are the natural values of
    the parameters.
    """
    probe, ways = graph.inputs[-1], Ways(graph, wanted)
    exempt = ways.places()
    for node in graph.toposort():
        if isinstance(node.op, MOVING) or (isinstance(node.op, Elemwise) and isinstance(node.op.scalar_op, CHOOSING)):
            continue
        for one in node.outputs:
            if one not in ways.views or one in exempt or getattr(one.type, "dtype", "") != "float64":
                continue
            users = list(graph.clients[one])
            marked = Marked()(one, probe)
            graph.import_var(marked, reason="marked", import_missing=True)
            for user, k in users:
                graph.change_node_input(user, k, marked, reason="marked", check=False)


class Ways:
    """How the coordinates, the first input of a graph, enter its first outputs.

    Attributes
    ----------
    views
        For each variable that depends on the coordinates, the parts of them through which it does. A part is what moves
        their numbers about and computes nothing.
    """

    def __init__(self, graph: FunctionGraph, wanted: int) -> None:
        self.graph, self.wanted = graph, wanted
        z = graph.inputs[0]
        self.views: dict[Any, frozenset[Any]] = {z: frozenset([z])}
        parts = {z}
        for node in graph.toposort():
            reached = [one for one in node.inputs if one in self.views]
            if not reached:
                continue
            moves = isinstance(node.op, MOVING) and all(one in parts for one in reached)
            whole = frozenset[Any]().union(*(self.views[one] for one in reached))
            for one in node.outputs:
                self.views[one] = frozenset([one]) if moves else whole
                parts |= {one} if moves else set()

    def places(self) -> set[Any]:
        """Return the variables whose rounding is a change of place: the outputs are right for coordinates close by.

        These are the natural value of a parameter, where the parameter enters through that alone, and what is computed
        of it step by step, up to where it is used twice or meets another one.
        """
        exempt: set[Any] = set()
        for part in {one for found in self.views.values() if len(found) == 1 for one in found}:
            natural = [one for one in self.graph.outputs[self.wanted :] if self.views.get(one) == frozenset([part])]
            last = next((one for one in natural if self._all_pass(part, one)), part)
            while (following := self._only_step(last)) is not None:
                last = following
            exempt |= {one for one in ancestors([last]) if one in self.views}
        return exempt

    def _users(self, one: Any) -> set[Any]:
        """Return the nodes that compute something wanted, or a wanted output, of a variable."""
        users = {user for user, _ in self.graph.clients[one]}
        return {user for user in users if not (isinstance(user.op, Output) and user.op.idx >= self.wanted)}

    def _all_pass(self, part: Any, through: Any) -> bool:
        """Whether all ways from a part to the wanted outputs pass another variable."""
        seen, ahead = {part, through}, [part]
        while ahead:
            for user in self._users(ahead.pop()):
                if isinstance(user.op, Output):
                    return False
                new = [one for one in user.outputs if one not in seen]
                seen.update(new)
                ahead += new
        return True

    def _only_step(self, one: Any) -> Any:
        """Return the only result computed of a variable, if no other coordinates enter it and it is as large."""
        users = self._users(one)
        if len(users) != 1:
            return None
        (user,) = users
        if len(user.outputs) != 1 or [other for other in user.inputs if other in self.views] != [one]:
            return None
        return user.outputs[0] if _same_size(user.outputs[0], one) else None


def _same_size(one: Any, other: Any) -> bool:
    """Whether two variables are known to have equally many numbers."""
    shapes = [variable.type.shape for variable in (one, other)]
    return all(None not in shape for shape in shapes) and int(np.prod(shapes[0])) == int(np.prod(shapes[1]))


def new_probe() -> Any:
    """Return the symbol of the probe."""
    return pt.scalar("probe", dtype="float64")


def marked_in_jax() -> Callable[[Any, Any], Any]:
    """Return the translation of :class:`Marked` with its derivatives."""
    import jax
    import jax.numpy as jnp

    def marked(value: Any, probe: Any) -> Any:
        del probe
        return value

    def forward(value: Any, probe: Any) -> Any:
        del probe
        return value, value

    def backward(value: Any, slope: Any) -> Any:
        share = value * slope
        return slope, jnp.sum(jnp.where(jnp.isfinite(share), jnp.abs(share), 0.0))

    translated = jax.custom_vjp(marked)
    translated.defvjp(forward, backward)
    function: Callable[[Any, Any], Any] = translated
    return function
