"""Checks of options that are flags, numbers or texts, and of the names of options."""

from __future__ import annotations

import math
from collections.abc import Callable
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, signature
from numbers import Real
from typing import Any

import numpy as np

from triptych.base.errors import InputError
from triptych.base.text import said

# Names of options on the command line or in other libraries, with their names here.
ELSEWHERE = {"seed": "random_seed", "random_state": "random_seed", "data": "table", "hdi_prob": "ci_prob"}
# Levels of intervals: below, an HDI would hold no draw; above, normal quantiles run out of digits.
LOWEST, HIGHEST = 0.01, 0.999999999


def named[**P, R](*others: Callable[..., Any]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Refuse options that a function does not have, naming the nearest; it may pass some on to others."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        parameters = [p for f in (function, *others) for p in signature(f).parameters.values()]
        known = list(dict.fromkeys(p.name for p in parameters if p.kind is not Parameter.VAR_KEYWORD))

        @wraps(function)
        def checked(*args: P.args, **options: P.kwargs) -> R:
            for name in options:
                if name not in known:
                    raise InputError(f"{function.__name__} has no option {name}; {nearest(name, known)}")
            return function(*args, **options)

        return checked

    return decorate


def nearest(name: str, known: list[str]) -> str:
    """Return the known name that is meant, or all of them."""
    near = [ELSEWHERE[name]] if ELSEWHERE.get(name) in known else get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"


def flag(name: str, value: Any) -> bool:
    """Return an option that is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name}={said(value)}: use True or False")
    return bool(value)


def word(name: str, value: Any, use: str) -> str:
    """Return an option that is a text."""
    if not isinstance(value, str):
        raise InputError(f"{name}={said(value)}: use {use}")
    return value


def level(name: str, value: Any) -> float:
    """Return the level of intervals."""
    found = real(value)
    if found is None or not LOWEST <= found <= HIGHEST:
        raise InputError(f"{name}{said(value)}: use a probability from {LOWEST} to {HIGHEST}, e.g. 0.95")
    return found


def real(value: Any) -> float | None:
    """Return a finite number of any kind as a float, and None for anything else."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
