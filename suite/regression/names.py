"""Names of families and priors: those of the files in ``families/`` and ``priors/``; none of them is loaded."""

from __future__ import annotations

from pkgutil import iter_modules

from triptych.regression import families, priors


def family_names() -> tuple[str, ...]:
    """Return the names of all families, in alphabetical order."""
    return tuple(sorted(module.name for module in iter_modules(families.__path__)))


def prior_names() -> tuple[str, ...]:
    """Return the names of all priors, in alphabetical order."""
    return tuple(sorted(module.name for module in iter_modules(priors.__path__)))
