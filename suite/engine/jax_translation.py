"""From PyTensor to JAX: translations that keep their derivatives, and JAX's settings."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from triptych.engine import accumulated_rounding
from triptych.engine.gamma_derivatives import log_gamma
from triptych.engine.xla_cache import use_xla_cache


def jaxify(inputs: list[Any], outputs: list[Any]) -> Callable[..., Any]:
    """Return PyTensor's graphs as a function that JAX can trace."""
    return _translated(_rewritten(inputs, outputs))


def jaxify_marked(inputs: list[Any], outputs: list[Any], natural: list[Any]) -> Callable[..., Any]:
    """Return the same with one number more as its last argument, by which the derivative tells of rounding.

    See :mod:`triptych.engine.accumulated_rounding`. ``natural`` are the natural values of the parameters.
    """
    graph = _rewritten([*inputs, accumulated_rounding.new_probe()], [*outputs, *natural])
    accumulated_rounding.mark(graph, len(outputs))
    function = _translated(graph)
    return lambda *given: function(*given)[: len(outputs)]


def _rewritten(inputs: list[Any], outputs: list[Any]) -> Any:
    """Return a graph as it is to be translated."""
    from pytensor.compile.mode import JAX
    from pytensor.graph.fg import FunctionGraph

    graph = FunctionGraph(inputs=inputs, outputs=outputs, clone=True)
    JAX.optimizer.rewrite(graph)
    _widen(graph)
    return graph


def _translated(graph: Any) -> Callable[..., Any]:
    import jax
    from pytensor.link.jax.dispatch import jax_funcify

    # Constants have to be arrays and not tracers, although this runs while a program is traced.
    with warnings.catch_warnings(), jax.ensure_compile_time_eval():
        warnings.filterwarnings("ignore", message="Skipping|Split node", category=UserWarning)
        function: Callable[..., Any] = jax_funcify(graph)
    return function


def _widen(graph: Any) -> None:
    """Cast what is narrower than double precision and alone makes double precision: integers, PyTensor's constants.

    JAX would compute logarithms and gamma functions of 32-bit counts in single precision, and the sum of a count and
    of 2.5, which PyTensor keeps in single precision.
    """
    import pytensor.tensor as pt
    from pytensor.scalar import Cast
    from pytensor.tensor.elemwise import Elemwise

    for node in graph.toposort():
        if not isinstance(node.op, Elemwise) or isinstance(node.op.scalar_op, Cast):
            continue
        if "float64" in {one.type.dtype for one in node.inputs}:
            continue
        if all(one.type.dtype == "float64" for one in node.outputs):
            for k, one in enumerate(node.inputs):
                if one.type.dtype != "bool":
                    graph.change_node_input(node, k, pt.cast(one, "float64"), reason="widened", check=False)


def _log1mexp(x: Any) -> Any:
    """Return ``log(1 - exp(x))`` for x < 0; each formula sees only the arguments that it is for."""
    import jax.numpy as jnp

    far = x < -np.log(2.0)
    return jnp.where(far, jnp.log1p(-jnp.exp(jnp.where(far, x, -1.0))), jnp.log(-jnp.expm1(jnp.where(far, -1.0, x))))


def configure() -> None:
    """Run small programs in the calling thread, and keep compiled ones between processes."""
    import jax
    from pytensor.link.jax.dispatch import jax_funcify
    from pytensor.scalar import Clip, Softplus
    from pytensor.scalar.math import GammaLn, Log1mexp

    # PyTensor's own have the value but no gradient beyond 709, where exp overflows, and near zero, where it is one.
    jax_funcify.register(Softplus)(lambda op, **_: jax.nn.softplus)
    jax_funcify.register(Log1mexp)(lambda op, **_: _log1mexp)
    jax_funcify.register(GammaLn)(lambda op, **_: log_gamma())
    jax_funcify.register(accumulated_rounding.Marked)(lambda op, **_: accumulated_rounding.marked_in_jax())
    # XLA may compute an argument twice, rounded in two ways. Where a kernel's distance is clipped at its
    # zero diagonal the two disagree about the clipping, and the gradient of a Gaussian process is wrong.
    barrier = jax.lax.optimization_barrier
    jax_funcify.register(Clip)(lambda op, **_: lambda x, low, high: jax.numpy.clip(barrier(x), low, high))
    jax.config.update("jax_cpu_enable_async_dispatch", False)

    if jax.config.jax_compilation_cache_dir is None and use_xla_cache():
        # An entry that is being written by another process, or that a full disk does not take, costs only time.
        warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation cache entry")
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
