"""What a model says of its own prior: which variables have an improper one, and whether the whole is proper."""

from __future__ import annotations

from typing import Any

IMPROPER = ("Flat", "HalfFlat")
UNTOLD = ("CustomDist", "ICAR")  # densities that may not integrate to one


def improper(model: Any) -> tuple[str, ...]:
    """Return the free variables whose prior is flat over an infinite range, or starts from one that is."""
    return tuple(rv.name for rv in model.free_RVs if any(name in IMPROPER for name in _distributions(model, rv)))


def is_proper(model: Any) -> bool:
    """Whether the prior is known to integrate to one: no flat one, no potential, no density of the user's own."""
    if model.potentials:
        return False
    found = [name for rv in model.free_RVs for name in _distributions(model, rv)]
    return not any(name in IMPROPER or name.startswith(UNTOLD) for name in found)


def distribution(variable: Any) -> str:
    """Return the name of the distribution that a random variable has, as PyMC prints it; empty for any other."""
    names = getattr(getattr(variable.owner, "op", None), "_print_name", ("",))
    return str(names[0])


def _distributions(model: Any, rv: Any) -> list[str]:
    """Return the names of the distributions that a free variable is made of, up to other free ones."""
    from pytensor.graph.traversal import ancestors

    others = [other for other in model.free_RVs if other is not rv]
    return [name for above in ancestors([rv], blockers=others) if (name := distribution(above)) and above not in others]
