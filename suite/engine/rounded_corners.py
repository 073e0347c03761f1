"""Absolute values whose corner is rounded, or left for one of its sides, with derivatives written out.

``s u + k sqrt(u^2 + eps^2)``, with a sign ``s``, or ``k = 1`` where no side is taken. JAX would carry a handful of
factors along for every row and every direction of a Hessian; here a direction takes one multiplication for each
derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def rounded_corner() -> Callable[[Any, Any, Any, Any], Any]:
    """Return the function of ``(u, s, k, eps)`` for JAX; only ``u`` has derivatives, up to the second."""
    import jax
    import jax.numpy as jnp

    @jax.custom_jvp  # type: ignore[untyped-decorator]
    def size(u: Any, s: Any, k: Any, eps: Any) -> Any:
        return s * u + k * jnp.sqrt(u * u + eps * eps)

    @jax.custom_jvp  # type: ignore[untyped-decorator]
    def slope(u: Any, s: Any, k: Any, eps: Any) -> Any:
        return s + k * u / jnp.sqrt(u * u + eps * eps)

    @size.defjvp  # type: ignore[untyped-decorator]
    def _(at: Any, moves: Any) -> Any:
        return size(*at), slope(*at) * moves[0]

    @slope.defjvp  # type: ignore[untyped-decorator]
    def _(at: Any, moves: Any) -> Any:
        u, _, k, eps = at
        radius = jnp.sqrt(u * u + eps * eps)
        share = eps / radius
        return slope(*at), k * share * share / radius * moves[0]

    function: Callable[[Any, Any, Any, Any], Any] = size
    return function
