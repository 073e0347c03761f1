"""Families and priors by their names: one file each in ``families/`` and ``priors/``, loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from triptych.base.errors import InputError
from triptych.base.options import nearest
from triptych.regression import families, priors
from triptych.regression.family import Family
from triptych.regression.names import family_names, prior_names
from triptych.regression.prior import Prior


def family_of(name: str) -> Family:
    """Return a family by its name.

    Raises
    ------
    InputError
        There is no file of that name.
    """
    found = _load(families, "family", name, family_names())
    assert isinstance(found, Family)
    return found


def prior_of(name: str) -> Prior:
    """Return a prior by its name.

    Raises
    ------
    InputError
        There is no file of that name.
    """
    found = _load(priors, "prior", name, prior_names())
    assert isinstance(found, Prior)
    return found


def _load(folder: ModuleType, kind: str, name: str, known: tuple[str, ...]) -> object:
    if name not in known:
        raise InputError(f"--{kind}: there is no {name!r}; {nearest(name, known)}")
    return getattr(import_module(f"{folder.__name__}.{name}"), kind)
