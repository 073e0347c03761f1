"""A PyMC model in a Python file, named as ``path/to/file.py:model``."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from triptych.base.errors import InputError, path_of
from triptych.base.options import nearest
from triptych.base.text import cited
from triptych.problem.scenario import Scenario

if TYPE_CHECKING:
    import pymc as pm


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn an exception of the user's file into an InputError with its type; an interrupt stays one."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise InputError(f"{what} fails: {type(error).__name__}: {error}") from error


def load_model(reference: str) -> pm.Model:
    """Execute a file and return the model it names; a function of no arguments is called.

    Raises
    ------
    InputError
        As :func:`load_problem`, and for a scenario.
    """
    import pymc as pm

    found = load_problem(reference)
    if not isinstance(found, pm.Model):
        raise InputError(f"{reference!r} is a scenario, not a pm.Model; triptych study takes it")
    return found


def load_problem(reference: str) -> pm.Model | Scenario:
    """Execute a file and return the model or scenario it names; a function of no arguments is called.

    Parameters
    ----------
    reference
        ``path/to/file.py:name``.

    Raises
    ------
    InputError
        When there is no such file, it fails, or the name is neither.
    """
    path, separator, name = reference.rpartition(":")
    if not separator or not path or not name:
        raise InputError(f"{reference!r}: name a model as path/to/file.py:model")
    place = path_of(path)
    try:
        there = place.is_file()
    except OSError as fault:
        raise InputError(f"{cited(path)} cannot be the path of a file: {fault.strerror}") from fault
    if not there:
        raise InputError(f"there is no file {path!r}")
    spec = importlib.util.spec_from_file_location(place.stem, place)
    if spec is None or spec.loader is None:
        raise InputError(f"{path!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(place.parent.resolve()))
    try:
        with _told(repr(path)):
            spec.loader.exec_module(module)
        found = getattr(module, name, None)
        if found is None:
            own = [word for word in vars(module) if not word.startswith("_")]
            raise InputError(f"{path!r} has no {name!r}; {nearest(name, own)}")
        import pymc as pm

        if callable(found) and not isinstance(found, pm.Model | Scenario):
            with _told(f"{name}() in {path!r}"):
                found = found()
    finally:
        sys.path.pop(0)
    if not isinstance(found, pm.Model | Scenario):
        raise InputError(f"{name!r} in {path!r} is of type {type(found).__name__}, not a pm.Model")
    return found
